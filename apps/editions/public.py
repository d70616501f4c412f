"""Pages that are the same for everybody: they set no cookie, and browsers and shared caches may keep them.

`public_page` is for a page with an address of its own: rendered once for each edition, language and day, then
served as bytes. `public_answer` is for a page that also depends on its query string: made anew each time, and
nothing of it is kept here.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.editions.compiled import CompiledEdition
from apps.editions.current import EditionUnavailable, NoEdition, current_edition

MAX_AGE_SECONDS = 300

PublicView = Callable[..., HttpResponse]


@dataclass(frozen=True)
class _Page:
    day: dt.date
    body: bytes
    zipped: bytes
    etag: str
    content_type: str


def public_page(view: PublicView) -> Callable[..., HttpResponse]:
    """Give a view the current edition, and let browsers and shared caches keep its answer.

    The view must depend on nothing but the address, the language and the edition: no query string, no
    cookie, no form with a token. Http404 passes through and is not kept.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, edition: CompiledEdition, **kwargs: Any) -> HttpResponse:
        page = _page(view, request, edition, kwargs)
        if _is_held(request, page.etag):
            response: HttpResponse = HttpResponseNotModified()
        elif "gzip" in request.headers.get("Accept-Encoding", ""):
            response = HttpResponse(page.zipped, content_type=page.content_type)
            response["Content-Encoding"] = "gzip"
        else:
            response = HttpResponse(page.body, content_type=page.content_type)
        return _public(request, response, page.etag)

    return _with_edition(wrapped)


def public_answer(view: PublicView) -> Callable[..., HttpResponse]:
    """Give a view the current edition, and let browsers and shared caches keep its answer to a query string.

    The view must depend on nothing but the address, the query string, the language and the edition.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, edition: CompiledEdition, **kwargs: Any) -> HttpResponse:
        response = view(request, edition, **kwargs)
        etag = _etag(response.content)
        return _public(request, HttpResponseNotModified() if _is_held(request, etag) else response, etag)

    return _with_edition(wrapped)


def _with_edition(view: PublicView) -> Callable[..., HttpResponse]:
    """Let a view only be read, and give it the current edition; where there is none, the page says so."""

    @wraps(view)
    @require_safe
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            edition = current_edition()
        except (NoEdition, EditionUnavailable):
            response = render(request, "checkup/unavailable.html", {"trouble": "unavailable"}, status=503)
            response["Retry-After"] = "10"
            return response
        return view(request, edition, **kwargs)

    return wrapped


def _is_held(request: HttpRequest, etag: str) -> bool:
    """Say whether the asker has this very page already."""
    etags = request.headers.get("If-None-Match", "")
    return etag in (tag.strip().removeprefix("W/") for tag in etags.split(","))


def _public(request: HttpRequest, response: HttpResponse, etag: str) -> HttpResponse:
    """Put on an answer what lets others keep it. The tag is weak: zipped or not, the page is the same."""
    # Django renews a malformed CSRF cookie on any answer; on a shared one it would reach other people.
    request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)
    response["ETag"] = f"W/{etag}"
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def _page(view: PublicView, request: HttpRequest, edition: CompiledEdition, kwargs: dict[str, Any]) -> _Page:
    """Return the page from the edition's memo; made anew each day, because items fall due for a check."""
    today = dt.date.today()

    def make() -> _Page:
        answer = view(request, edition, **kwargs)
        zipped = gzip.compress(answer.content, 6, mtime=0)
        return _Page(today, answer.content, zipped, _etag(answer.content), answer["Content-Type"])

    pages: dict[tuple[str, str | None], _Page] = edition.memo("pages", dict)
    key = (request.path, get_language())
    page = pages.get(key)
    if page is None or page.day != today:
        page = pages[key] = make()
    return page
