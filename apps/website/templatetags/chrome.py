"""What the page around the content needs: the mark, the languages of this very page, addresses to write to."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_info

from apps.checkup.face import face_svg, logo_svg

register = template.Library()


@register.simple_tag
def logo() -> SafeString:
    """Draw the site's mark."""
    return logo_svg()


@register.simple_tag
def face(lit: int, label: str, size: str = "full") -> SafeString:
    """Draw the face of dots with some of them lit."""
    return face_svg(lit, label=label, size="logo" if size == "logo" else "full")


@register.simple_tag(takes_context=True)
def page_languages(context: template.Context) -> list[dict[str, Any]]:
    """Return the languages this page exists in, with its address in each; none where there is only one."""
    request: HttpRequest | None = context.get("request")
    if request is None or len(settings.LANGUAGES) < 2:
        return []
    return [
        {
            "code": code,
            "name": get_language_info(code)["name_local"] if code != "en" else "English",
            "address": translate_url(request.path, code),
            "absolute": settings.PUBLIC_ORIGIN + translate_url(request.path, code),
            "is_current": code == get_language(),
        }
        for code, _ in settings.LANGUAGES
    ]


@register.simple_tag(takes_context=True)
def canonical(context: template.Context) -> str:
    """Return the full address of this page, or nothing on pages made without a request."""
    request: HttpRequest | None = context.get("request")
    return settings.PUBLIC_ORIGIN + request.path if request else ""


@register.simple_tag
def operator() -> dict[str, str]:
    """Return who runs this site and where to write, as configured; both may be empty."""
    return {"name": settings.OPERATOR_NAME, "email": settings.CONTACT_EMAIL}


@register.simple_tag
def report_address(kind: str, item: str, edition: int) -> str:
    """Return a mailto: address for reporting an error in an item, or nothing where no address is configured."""
    if not settings.CONTACT_EMAIL:
        return ""
    subject = quote(f"PrivacyCheck: {kind} {item}, edition {edition}")
    return f"mailto:{settings.CONTACT_EMAIL}?subject={subject}"


@register.filter
def percent_of(part: int, whole: int) -> int:
    """Return a part as whole percent of a whole, for the width of a bar."""
    return 0 if not whole else (200 * part + whole) // (2 * whole)


@register.filter
def minus(left: int, right: int) -> int:
    """Return left minus right."""
    return left - right
