"""Error pages in the site's look. They need no edition, no database, no cookie and no request body."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

DATABASE_IS_AWAY = (OperationalError, InterfaceError, InternalError, ProgrammingError)
"""It does not answer, is locked, full or only to be read, or its tables are being changed: all pass by themselves."""

RETRY_SECONDS = 30


def error_page(request: HttpRequest, status: int, retry_after: int | None = None, kind: str = "") -> HttpResponse:
    """Return the page for a status code, in the language of the address or the site's own.

    `retry_after` is in seconds. `kind` chooses another wording for the same status (`csrf`, `editor`).
    """
    language = translation.get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
    with translation.override(language):
        title, message = _wording(status, kind)
        html = render_to_string(
            "website/error.html", {"status": status, "title": title, "message": message, "bare": True}
        )
    response = HttpResponse(html, status=status)
    response["Cache-Control"] = "no-store"
    response["Content-Language"] = language
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def _wording(status: int, kind: str) -> tuple[str, str]:
    words = {
        400: (
            _("This request could not be read"),
            _("Something in it was not as our pages send it. Go back, reload the page and try again."),
        ),
        403: (_("This page is not open to you"), _("If you followed a link, it may be out of date.")),
        404: (
            _("There is no page here"),
            _("The address may be mistyped, or the page has moved. Your answers are still where they were."),
        ),
        405: (
            _("This address does not work that way"),
            _("It can only be reached by pressing a button on one of our pages. Go back and use the button."),
        ),
        413: (
            _("That was too large to send"),
            _("A saved answers file from this site is only a few kilobytes. Choose that file and try again."),
        ),
        429: (_("Too many tries in a short time"), _("Please wait a minute, then try again.")),
        500: (
            _("Something went wrong on our side"),
            _("It is our fault, not yours. Your answers are still in your browser. Please try again in a minute."),
        ),
        503: (
            _("We cannot do this just now"),
            _("A part of the site is having a rest. Your answers are still in your browser. Try again in a minute."),
        ),
    }
    if kind == "editor":  # in English, as all of the desk
        return (
            "The site can store nothing just now",
            "Nothing was saved. Go back: what you typed is still in the form. Try again in a minute.",
        )
    if kind == "csrf":
        return (
            _("Please press that button again"),
            _(
                "We could not tell that the form came from your own browser. This happens when a page was open "
                "for a long time, or when cookies are switched off. Your saved answers are still there. "
                "Go back, reload the page and try again."
            ),
        )
    return words[status]


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that Django refuses. It never reads the body, which may be what is wrong."""
    return error_page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request for something that is not open to this visitor."""
    return error_page(request, 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request for an address where nothing is."""
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a request that failed by a fault of ours, or because the database does not do its work just now."""
    error = sys.exc_info()[1]
    # SQLite says no more of a damaged file than that something is wrong: the kind above all others.
    if isinstance(error, DATABASE_IS_AWAY) or type(error) is DatabaseError:
        is_editors = request.path_info.startswith("/editor/")
        return error_page(request, 503, RETRY_SECONDS, kind="editor" if is_editors else "")
    return error_page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "", **_unused: Any) -> HttpResponse:
    """Answer a form whose origin cannot be proved, in plain words."""
    return error_page(request, 403, kind="csrf")
