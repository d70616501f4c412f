"""Pages that are the same for everybody: they set no cookie, and browsers and shared caches may keep them.

`public_page` is for a page with an address of its own: rendered once for each edition, language and day, then
served as bytes; `answered_again` gives the whole answer again, headers and all. `public_answer` is for a page that also
depends on its query string: made anew each time, and nothing of it is kept here.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import ResponseHeaders
from django.shortcuts import render
from django.urls import ResolverMatch
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.editions.compiled import CompiledEdition
from apps.editions.current import EditionUnavailable, NoEdition, current_edition, edition_in_memory

MAX_AGE_SECONDS = 300
_VARY = "Accept-Encoding"

PublicView = Callable[..., HttpResponse]


@dataclass(frozen=True)
class _Page:
    day: dt.date
    body: bytes
    zipped: bytes
    etag: str
    content_type: str


@dataclass(frozen=True)
class _Answer:
    """An answer as it left the site, to be given again."""

    day: dt.date
    body: bytes
    headers: ResponseHeaders
    match: ResolverMatch | None

    def again(self, request: HttpRequest, status: int) -> HttpResponse:
        request.resolver_match = self.match
        response = HttpResponse(self.body, status=status)
        response.headers = self.headers
        return response


def answered_again(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give the answer of a public page again to whoever asks for it again, and spare the rest of the stack.

    It stands outside the middleware that says more about some answers than about others, and keeps with the edition
    what passed through it: for each address, with and without TLS, zipped or not. Whatever stands further out puts
    the same on every answer. No other part of a request bears on a public page; one whose answer names another,
    as the language that a browser asks for, is not kept.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        edition = edition_in_memory()
        if request.method != "GET" or edition is None or not _is_for_this_host(request):
            return get_response(request)
        answers: dict[tuple[int, tuple[str, bool, bool]], _Answer] = edition.memo("answers", dict)
        today = dt.date.today()
        zipped = _is_zipped(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        key = (request.path, request.is_secure(), zipped)
        whole = answers.get((200, key))
        if whole is not None and whole.day == today:
            is_held = _is_held(request.META.get("HTTP_IF_NONE_MATCH", ""), whole.headers["ETag"].removeprefix("W/"))
            status = 304 if is_held else 200
            answer = answers.get((status, key))
            if answer is not None and answer.day == today:
                return answer.again(request, status)
        response = get_response(request)
        if getattr(response, "public_page", None) == request.path and response["Vary"] == _VARY:
            made = _Answer(today, response.content, response.headers, request.resolver_match)
            answers[response.status_code, key] = made
        return response

    return middleware


def public_page(view: PublicView) -> Callable[..., HttpResponse]:
    """Give a view the current edition, and let browsers and shared caches keep its answer.

    The view must depend on nothing but the address, the language and the edition: no query string, no
    cookie, no form with a token. Http404 passes through and is not kept.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, edition: CompiledEdition, **kwargs: Any) -> HttpResponse:
        page = _page(view, request, edition, kwargs)
        if _is_held(request.headers.get("If-None-Match", ""), page.etag):
            response: HttpResponse = HttpResponseNotModified()
        elif _is_zipped(request.headers.get("Accept-Encoding", "")):
            response = HttpResponse(page.zipped, content_type=page.content_type)
            response["Content-Encoding"] = "gzip"
        else:
            response = HttpResponse(page.body, content_type=page.content_type)
        # The address says whose answer it is: a page shown inside another, as in a preview, is not that other page.
        response.public_page = request.path  # type: ignore[attr-defined]
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
        is_held = _is_held(request.headers.get("If-None-Match", ""), etag)
        return _public(request, HttpResponseNotModified() if is_held else response, etag)

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


def _is_held(etags: str, etag: str) -> bool:
    """Say whether who names these tags has this very page already."""
    return etag in etags and etag in (tag.strip().removeprefix("W/") for tag in etags.split(","))


def _is_for_this_host(request: HttpRequest) -> bool:
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def _is_zipped(accepted: str) -> bool:
    return "gzip" in accepted


def _public(request: HttpRequest, response: HttpResponse, etag: str) -> HttpResponse:
    """Put on an answer what lets others keep it. The tag is weak: zipped or not, the page is the same."""
    # Django renews a malformed CSRF cookie on any answer; on a shared one it would reach other people.
    request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)
    response["ETag"] = f"W/{etag}"
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    patch_vary_headers(response, [_VARY])
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
