"""What the page around the content needs: the mark, the languages of this very page, what a shared link shows."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any, Final
from unicodedata import east_asian_width
from urllib.parse import quote

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, translate_url
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from apps.checkup.face import face_svg, logo_svg

register = template.Library()

SITE: Final = "PrivacyCheck"

SHARE_IMAGES: Final = {
    "home": gettext_lazy("How exposed is your face?"),
    "story": gettext_lazy("A card can stay in a pocket. A face cannot."),
    "checkup": gettext_lazy("One plain question at a time"),
    "guide": gettext_lazy("What happens, and what you can do"),
    "action": gettext_lazy("One step that you can take"),
    "claim": gettext_lazy("Who said it, and how sure is it?"),
    "letter": gettext_lazy("A letter, ready to send"),
    "rights": gettext_lazy("Your rights where you live"),
    "glossary": gettext_lazy("In plain words"),
    "method": gettext_lazy("How it works, open to be checked"),
}
"""The preview images, one for each kind of page, and the words on them (in English on every page)."""

SHARE_IMAGE_SIZE: Final = (1200, 630)

_KIND_OF_SECTION: Final = {
    # The first part of an address after its language. What is not here is somebody's own page.
    "": "home",
    "story": "story",
    "checkup": "checkup",
    "practice": "checkup",
    "educators": "guide",
    "paper": "checkup",
    "guides": "guide",
    "actions": "action",
    "platforms": "action",
    "claims": "claim",
    "freshness": "claim",
    "letters": "letter",
    "rights": "rights",
    "glossary": "glossary",
    "search": "glossary",
    "method": "method",
    "changes": "method",
    "privacy": "method",
    "about": "method",
    "accessibility": "method",
}
_PUBLIC_AT_THE_TOP_ONLY: Final = {"checkup", "practice"}
"""Sections whose first page is for everybody, while the pages below are a visitor's own way through them."""

# A column is as wide as a Latin letter; a Chinese character takes two.
SHORTEST_DESCRIPTION, LONGEST_DESCRIPTION = 50, 200


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


@dataclass(frozen=True)
class Share:
    """What a link to a page shows where it is pasted, and the address to share.

    A page of one's own shows and shares the site's first page in its place, so that nothing of it gets out.
    """

    is_public: bool
    title: str
    description: str
    subject: str
    address: str
    type: str
    image: str
    image_words: str
    width: int = SHARE_IMAGE_SIZE[0]
    height: int = SHARE_IMAGE_SIZE[1]


@register.simple_tag(takes_context=True)
def share_of(context: template.Context, title: str, description: str) -> Share | None:
    """Return what a link to this page shows; nothing on error pages, which are made without a request."""
    request: HttpRequest | None = context.get("request")
    if request is None:
        return None
    home = reverse("website:home")
    section, _slash, item = request.path.removeprefix(home).strip("/").partition("/")
    kind = _KIND_OF_SECTION.get(section, "") if request.path.startswith(home) else ""
    is_public = bool(kind) and not (item and section in _PUBLIC_AT_THE_TOP_ONLY)
    subject = title
    if not is_public:
        kind, item, title, description = "home", "", SITE, site_description()
        subject = _("How exposed is your face? A checkup without an account")
    return Share(
        is_public,
        title,
        description,
        subject,
        settings.PUBLIC_ORIGIN + (request.path if is_public else home),
        "article" if item or kind == "story" else "website",
        settings.PUBLIC_ORIGIN + static(f"share/{kind}.png"),
        str(SHARE_IMAGES[kind]),
    )


@register.simple_tag
def site_description() -> str:
    """Return what the site is, for pages that say nothing about themselves."""
    return _(
        "How exposed is your face, and what can you do about it? "
        "A free checkup without an account and without tracking."
    )


@register.filter
def as_description(text: str) -> str:
    """Return a text as long as search engines and previews show it.

    A short one gets what the site is after it, and a long one is cut between words.
    """
    if _columns(text) < SHORTEST_DESCRIPTION:
        text = f"{text} {site_description()}".strip()
    if _columns(text) <= LONGEST_DESCRIPTION:
        return text
    while _columns(text) >= LONGEST_DESCRIPTION:
        # Chinese has no spaces: there one character goes at a time.
        before, space, last = text.rpartition(" ")
        text = before if space and len(last) < SHORTEST_DESCRIPTION else text[:-1]
    return text.rstrip(" ,;:.。，；：") + "…"


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


class _CaptureNode(template.Node):
    def __init__(self, name: str, nodelist: template.NodeList) -> None:
        self.name = name
        self.nodelist = nodelist

    def render(self, context: template.Context) -> str:
        rendered = html.unescape(self.nodelist.render(context))
        context[self.name] = " ".join(rendered.split())
        return ""


@register.tag
def capture(parser: template.base.Parser, token: template.base.Token) -> template.Node:
    """Put a block's text into a variable, so that it can stand in several places: `{% capture page_title %}`.

    It is kept as plain text, without HTML's escapes, and is escaped again wherever it is shown.
    """
    try:
        _tag, name = token.split_contents()
    except ValueError:
        raise template.TemplateSyntaxError("capture takes one name") from None
    nodelist = parser.parse(("endcapture",))
    parser.delete_first_token()
    return _CaptureNode(name, nodelist)


@register.simple_tag
def full_address(name: str, *ids: str) -> str:
    """Return the address of a page of ours with scheme and host."""
    return settings.PUBLIC_ORIGIN + reverse(name, args=ids)


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
