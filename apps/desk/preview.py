"""The draft as visitors would see it: the site's own pages over an edition made of the draft.

The pages are called as they are, with the addresses that visitors use. Only afterwards are their links, and where
they send the reader, moved below /editor/preview/. So nothing that the site remembers (addresses, rendered texts)
ever holds an address of the preview, and no visitor can come upon one. Cookies are renamed and confined to it.
"""

from __future__ import annotations

import copy
import hashlib
import logging
import re
import threading
from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpHeaders, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils import timezone, translation

from apps.checkup.cookies import OWN, PRACTICE, layout_of
from apps.desk.draft import draft
from apps.editions.changes import changes
from apps.editions.compiled import CompiledEdition, Release
from apps.editions.current import EditionUnavailable, NoEdition, current_edition, shown_instead
from apps.editions.schema import Markdown

logger = logging.getLogger(__name__)

ROOT = "/editor/preview/"
"""Where every page of the preview is, and the path of its cookies."""

_SHOWN = frozenset({"website", "guidance", "checkup"})
"""The groups of addresses that a preview shows."""

_COOKIES = (OWN, PRACTICE)
_PREFIX = "__Secure-preview-" if settings.IS_HTTPS else "preview-"
_LANGUAGES = "|".join(re.escape(code) for code, _ in settings.LANGUAGES)
_LINK = re.compile(rf'(\s(?:href|action|formaction)=")/((?:{_LANGUAGES})/)')
_LEADS_TO = re.compile(rf"^/(?=(?:{_LANGUAGES})/)")

_kept: dict[tuple[str, int], CompiledEdition] = {}
_KEPT = 2
_lock = threading.Lock()


def draft_edition() -> CompiledEdition:
    """Return the draft as the edition that it would become. Raise DraftUnreadable where it makes no pack."""
    now = draft()
    try:
        current: CompiledEdition | None = current_edition()
    except (NoEdition, EditionUnavailable):
        current = None
    number = current.number + 1 if current else 1
    key = (now.content_hash, number)
    with _lock:
        if key in _kept:
            return _kept[key]
    found = changes(current.pack if current else None, now.pack)
    release = Release(number, "", timezone.now(), now.content_hash, found)
    edition = CompiledEdition(number, now.pack, (release, *(current.history if current else ())))
    with _lock:
        _kept[key] = edition
        while len(_kept) > _KEPT:
            _kept.pop(next(iter(_kept)))
    return edition


def html_of(text: str, language: str) -> str:
    """Return a Markdown text as the site would show it, as safe HTML; links lead into the preview.

    Nothing of it is kept. Raise DraftUnreadable where the draft makes no pack to look items up in.
    """
    once = CompiledEdition(0, draft().pack)
    words: Markdown = {language: text, "en": text}
    return _moved(once.html(words, language).html)


def page_of(request: HttpRequest, language: str, rest: str, banner: Callable[[str], str]) -> HttpResponse:
    """Return a page of the site over the draft. `banner` gives the HTML to put above it, by the page's own path.

    Raise Http404 for what is no page for visitors, DraftUnreadable, or whatever a page does with a broken draft.
    """
    if language not in dict(settings.LANGUAGES):
        raise Http404
    path = f"/{language}/{rest}"
    try:
        match = resolve(path)
    except Resolver404 as error:
        raise Http404 from error
    if not _SHOWN.intersection(match.app_names):
        raise Http404
    edition = draft_edition()
    names = _names(edition)
    inner = copy.copy(request)
    inner.path = inner.path_info = path
    inner.resolver_match = match
    # What the page must not know: the editor's session, what the browser keeps of other pages, and compression.
    inner.COOKIES = {name: request.COOKIES[ours] for name, ours in names.items() if ours in request.COOKIES}
    if settings.CSRF_COOKIE_NAME in request.COOKIES:
        inner.COOKIES[settings.CSRF_COOKIE_NAME] = request.COOKIES[settings.CSRF_COOKIE_NAME]
    not_passed = {"HTTP_IF_NONE_MATCH", "HTTP_ACCEPT_ENCODING", "HTTP_COOKIE"}
    inner.__dict__["headers"] = HttpHeaders({key: v for key, v in request.META.items() if key not in not_passed})
    with shown_instead(edition), translation.override(language):
        response: HttpResponse = match.func(inner, *match.args, **match.kwargs)
    _confine(response, request, names)
    if response.headers.get("Content-Type", "").startswith("text/html"):
        html = _moved(response.content.decode(response.charset))
        head = render_to_string("desk/_preview_head.html")
        html = html.replace("</head>", f"{head}</head>", 1).replace("</header>", f"</header>{banner(path)}", 1)
        response.content = html.encode(response.charset)
    return response


def _names(edition: CompiledEdition) -> dict[str, str]:
    """Return the preview's name of each cookie.

    A sheet is written in the order of an edition's questions and options. Where these change, the name does, and
    the walk begins anew; while only words change, it goes on.
    """
    layout = repr((edition.number, layout_of(edition)))
    mark = hashlib.sha256(layout.encode()).hexdigest()[:8]
    return {name: f"{_PREFIX}{mark}-{name.removeprefix(settings.COOKIE_PREFIX)}" for name in _COOKIES}


def _confine(response: HttpResponse, request: HttpRequest, names: dict[str, str]) -> None:
    """Keep what a page sets, and where it leads, below the preview; and the page out of every cache."""
    for name in list(response.cookies):
        morsel = response.cookies.pop(name)
        if name in names:
            response.set_cookie(
                names[name],
                morsel.value,
                max_age=0 if morsel["max-age"] == 0 else None,
                path=ROOT,
                secure=settings.IS_HTTPS,
                httponly=True,
                samesite="Lax",
            )
    for name in request.COOKIES:
        if name.startswith(_PREFIX) and name not in names.values():
            response.set_cookie(name, "", max_age=0, path=ROOT, secure=settings.IS_HTTPS, httponly=True, samesite="Lax")
    for header in ("ETag", "Clear-Site-Data", "Last-Modified"):
        response.headers.pop(header, None)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    if "Location" in response:
        response["Location"] = _LEADS_TO.sub(ROOT, response["Location"])


def _moved(html: str) -> str:
    """Return a page whose links to pages for visitors lead into the preview.

    Words of the draft are escaped, so a quotation mark can only be one of an attribute.
    """
    return _LINK.sub(rf"\1{ROOT}\2", html)
