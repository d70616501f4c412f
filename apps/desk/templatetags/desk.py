"""Drawings, texts as the site shows them, and small words for templates of the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from apps.desk.draft import DraftUnreadable
from apps.desk.preview import html_of
from apps.desk.question_map import question_map_svg
from apps.desk.views.parts import address_of, in_words, one_of
from apps.editions.compiled import ORIGINAL
from apps.editions.schema import Pack

register = template.Library()


@register.simple_tag
def question_map(pack: Pack) -> SafeString:
    """Draw the questions. The drawing escapes every word of the draft itself; its tests hold it to that."""
    drawn = question_map_svg(pack, ORIGINAL, lambda question: address_of("question", question))
    return SafeString(drawn)


@register.simple_tag
def text_as_shown(text: str, language: str) -> SafeString:
    """Return a Markdown text as the site would show it: safe HTML from the one place that makes it."""
    try:
        return SafeString(html_of(text, language))
    except DraftUnreadable:
        return SafeString("")


@register.filter
def original(text: Mapping[str, str] | None) -> str:
    """Return a text in the original language, or in any that it has."""
    if not text:
        return ""
    return text.get(ORIGINAL) or next(iter(text.values()), "")


@register.filter
def kind_word(kind: str) -> str:
    """Return what one item of a kind is called."""
    return one_of(kind)


@register.filter
def told_value(value: Any) -> str:
    """Return a value as a table shows it."""
    return in_words(value)


@register.filter
def dotted(path: Iterable[str]) -> str:
    """Return a path as one word: "options.b.level"."""
    return ".".join(path)


@register.filter
def among(value: str, values: Iterable[str]) -> bool:
    """Say whether a value is among others."""
    return value in values
