"""The words for what a class counts. Names of topics and steps come from the class's edition."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps import scoring
from apps.checkup.wording import band_name
from apps.classroom.items import BAND, NONE, NOT_ENOUGH, TOPIC, Pick
from apps.classroom.totals import Cell, Change, Label
from apps.editions.compiled import CompiledEdition
from apps.editions.templatetags.content import words


def item_name(item: str) -> str:
    """Return what an item of a class is about."""
    if item == BAND:
        return _("How exposed, in words")
    return _("The most open topic") if item == TOPIC else _("The kind of the first step")


def category_name(edition: CompiledEdition, item: str, category: str) -> str:
    """Return the name of one category of an item."""
    if category == NOT_ENOUGH:
        return _("not enough answers")
    if category == NONE:
        return _("no topic is open") if item == TOPIC else _("no step to take")
    if item == BAND:
        return band_name(scoring.Band(category))
    if item == TOPIC:
        return words(edition.topics[category].name)
    return next(words(family.name) for family in edition.pack.families if family.id == category)


def picks_in_words(edition: CompiledEdition, picks: Iterable[Pick]) -> list[dict[str, str]]:
    """Return what one person would add: what it is about, in words, and as it is sent."""
    return [
        {
            "item": item,
            "category": category,
            "about": item_name(item),
            "words": category_name(edition, item, category),
        }
        for item, category in picks
    ]


def label_in_words(label: Label) -> str:
    """Return the kind of what is published about one category."""
    return {Label.FEW: _("few or none"), Label.ABOUT: _("about"), Label.NEARLY_ALL: _("nearly all")}[label]


def cell_in_words(cell: Cell, n: int) -> str:
    """Return what is published about one category: "about 8 (30%)", "few or none" or "nearly all"."""
    if cell.about is None:
        return label_in_words(cell.label)
    return _("about %(number)s (%(percent)s%%)") % {"number": cell.about, "percent": cell.percent(n)}


def change_in_words(change: Change | None) -> str:
    """Return what may be said about a category since the round before; empty where that is nothing."""
    return {Change.UP: _("changed: more"), Change.DOWN: _("changed: fewer")}.get(change, "") if change else ""


def progress_in_words(progress: int, minimum: int) -> str:
    """Return how many have added, as coarse as anybody may see it."""
    if not progress:
        return ngettext(
            "Fewer than %(number)s person has added theirs.", "Fewer than %(number)s people have added theirs.", minimum
        ) % {"number": minimum}
    return ngettext(
        "%(number)s or more person has added theirs.", "%(number)s or more people have added theirs.", progress
    ) % {"number": progress}
