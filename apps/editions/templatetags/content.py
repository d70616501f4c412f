"""Template filters that show a pack's texts in the reader's language."""

from __future__ import annotations

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_bidi

from apps.editions.compiled import ORIGINAL, CompiledEdition
from apps.editions.schema import Markdown, Text

register = template.Library()


def in_language(text: Text, language: str | None = None) -> tuple[str, str]:
    """Return a text and the language it is in: the reader's, or the original where it is not translated.

    Whoever shows many texts may look up the reader's language once and say it.
    """
    language = language or get_language() or ORIGINAL
    return (text[language], language) if language in text else (text[ORIGINAL], ORIGINAL)


@register.filter
def say(text: Text | None) -> SafeString | str:
    """Show a short text; one in another language than the page is marked with that language."""
    if not text:
        return ""
    wanted = get_language() or ORIGINAL
    words, language = in_language(text, wanted)
    if language == wanted:
        return conditional_escape(words)
    return format_html('<span lang="{}"{}>{}</span>', language, _direction(), words)


def _direction() -> SafeString:
    """Return the attribute for a text in the original language, where the page is written from right to left."""
    return SafeString(' dir="ltr"' if get_language_bidi() else "")  # nosec B703


@register.filter
def as_published(name: str) -> SafeString | str:
    """Show a source's title or publisher, which keep their own words; on a translated page they are marked."""
    if name.isascii() and (get_language() or ORIGINAL) != ORIGINAL:
        return format_html('<span lang="{}"{}>{}</span>', ORIGINAL, _direction(), name)
    return conditional_escape(name)


@register.filter
def words(text: Text | None) -> str:
    """Give a short text without a language mark, for titles and attributes, where no element can stand."""
    return in_language(text)[0] if text else ""


@register.simple_tag
def rich(edition: CompiledEdition, text: Markdown, cited: tuple[str, ...] = ()) -> SafeString:
    """Show a Markdown text of an edition, rendered and made safe when the edition was compiled.

    `cited` are the claims that the page has numbered already.
    """
    language = get_language() or ORIGINAL
    html = SafeString(edition.html(text, language, cited).html)  # apps.editions.markdown has made it safe  # nosec B703
    return html if language in text else format_html('<div lang="{}"{}>{}</div>', ORIGINAL, _direction(), html)
