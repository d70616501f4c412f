"""Addresses without a language: the way in, and what programs ask for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from apps.editions.compiled import CompiledEdition
from apps.editions.public import public_page

TEXT = "text/plain; charset=utf-8"
SECURITY_TXT_DAYS = 360
STARTED = dt.datetime.now(dt.timezone.utc)
"""When this process began. Whoever runs it is taken to have looked at the contact address then."""

PAGES = (
    "website:home",
    "website:story",
    "website:method",
    "website:privacy",
    "website:about",
    "website:accessibility",
    "checkup:start",
    "checkup:practice",
    "checkup:paper",
    "website:changes",
    "guidance:guides",
    "guidance:platforms",
    "guidance:rights_by_place",
    "guidance:letters",
    "guidance:claims",
    "guidance:freshness",
    "guidance:glossary",
    "classroom:educators",
    "classroom:prompts",
    "classroom:persona_cards",
)
"""The pages that search engines may list, besides one for each item of the edition."""

PERSONAL = (
    "checkup:review",
    "checkup:result",
    "checkup:load",
    "checkup:resume",
    "checkup:upgrade",
    "checkup:erase",
    "website:self_audit",
    "classroom:new",
    "classroom:join",
)
"""Pages about the visitor's own answers and classes: of no use in a search engine."""


@require_safe
@vary_on_headers("Accept-Language")
@cache_control(public=True, max_age=300)
def to_language(request: HttpRequest) -> HttpResponse:
    """Send a visitor to the first page in the language that their browser asks for."""
    with translation.override(asked_language(request.headers.get("Accept-Language", ""))):
        return HttpResponseRedirect(reverse("website:home"))


def asked_language(header: str) -> str:
    """Return the first of our languages in an Accept-Language header, or the site's own. No cookie is read."""
    for wanted, _ in parse_accept_lang_header(header):
        if wanted == "*":
            break
        try:
            return translation.get_supported_language_variant(wanted)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


@require_safe
@cache_control(public=True, max_age=86_400)
def robots(request: HttpRequest) -> HttpResponse:
    """Tell search engines to leave personal pages alone, and where the list of pages is."""
    lines = ["User-agent: *"]
    for code, _ in settings.LANGUAGES:
        with translation.override(code):
            lines += [f"Disallow: {reverse(name)}" for name in PERSONAL]
    lines += ["", f"Sitemap: {settings.PUBLIC_ORIGIN}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type=TEXT)


@require_safe
@cache_control(public=True, max_age=86_400)
def security_txt(request: HttpRequest) -> HttpResponse:
    """Say where to report a weakness (RFC 9116); not there where no address is configured."""
    if not settings.CONTACT_EMAIL:
        raise Http404
    expires = STARTED + dt.timedelta(days=SECURITY_TXT_DAYS)
    lines = [
        f"Contact: mailto:{settings.CONTACT_EMAIL}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(code for code, _ in settings.LANGUAGES)}",
        f"Canonical: {settings.PUBLIC_ORIGIN}{reverse('security-txt')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type=TEXT)


@require_safe
@cache_control(public=True, max_age=86_400)
def favicon(request: HttpRequest) -> HttpResponse:
    """Send browsers that ask for the old name to the icon."""
    return HttpResponsePermanentRedirect(static("icons/favicon.svg"))


@public_page
def sitemap(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """List every public page in each language."""
    pages = [{code: _address(code, *page) for code, _ in settings.LANGUAGES} for page in _public_pages(edition)]
    context = {"pages": pages, "has_languages": len(settings.LANGUAGES) > 1}
    return render(request, "website/sitemap.xml", context, content_type="application/xml; charset=utf-8")


def _public_pages(edition: CompiledEdition) -> list[tuple[str, ...]]:
    """Return the name of each public page, with its item's id where it has one."""
    items: tuple[tuple[str, dict[str, Any]], ...] = (
        ("website:method_question", edition.questions),
        ("guidance:guide", edition.guides),
        ("guidance:action", edition.actions),
        ("guidance:rights", edition.rights),
        ("guidance:claim", edition.claims),
        ("guidance:term", edition.terms),
        ("classroom:lesson", {item.id: item for item in edition.pack.lessons}),
        ("classroom:handout", {item.id: item for item in edition.pack.handouts}),
    )
    return [(name,) for name in PAGES] + [(name, item) for name, found in items for item in found]


def _address(language: str, name: str, *ids: str) -> str:
    with translation.override(language):
        return settings.PUBLIC_ORIGIN + reverse(name, args=ids)
