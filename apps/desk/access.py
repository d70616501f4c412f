"""Who may open which page of the desk. Every page of it is private and kept by no cache."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.desk.exchange import start_draft
from apps.desk.roles import EDIT
from apps.editions.current import EditionUnavailable

View = Callable[..., HttpResponse]


class EditorRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


class SeeOther(HttpResponseRedirect):
    """303: the answer to a POST that worked, so that reloading the next page sends nothing twice."""

    status_code = 303


def private(view: View) -> View:
    """Keep a page out of every cache."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    return wrapped


def editor(view: View) -> View:
    """Open a page to everybody who may edit the draft. The first of them finds it filled from the current edition."""
    return allowed(EDIT)(view)


def allowed(permission: str) -> Callable[[View], View]:
    """Open a page to people with a permission. Others get 403; who is not signed in is sent to the sign-in page."""

    def decorate(view: View) -> View:
        @private
        @wraps(view)
        def wrapped(request: EditorRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                way_back = {"next": request.get_full_path()} if request.method in {"GET", "HEAD"} else {}
                address = reverse("desk:sign_in")
                return HttpResponseRedirect(f"{address}?{urlencode(way_back)}" if way_back else address)
            if not request.user.has_perm(permission):
                raise PermissionDenied
            _fill_draft()
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


def _fill_draft() -> None:
    with suppress(EditionUnavailable):  # an edition of a schema of the past: the draft waits for an import
        start_draft()
