"""What several pages of the desk show: names of kinds, problems with links, values in words."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import Http404
from django.urls import reverse

from apps.desk.draft import DraftUnreadable, Place, draft_pack, draft_problems, places_of
from apps.desk.forms.items import title_of
from apps.desk.forms.words import KIND_TITLES, ONE
from apps.desk.models import DraftItem
from apps.desk.shapes import KINDS
from apps.desk.translations import translations
from apps.editions.compiled import is_due
from apps.editions.pack_files import PackProblem
from apps.editions.schema import Checked, Item, Pack, PlatformStep

LONGEST_VALUE = 400
"""Characters of a value in a table of differences."""


@dataclass(frozen=True)
class ToldProblem:
    """A problem with the links that lead to where it is mended, each with its words."""

    problem: PackProblem
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Listed:
    """An item as lists show it."""

    kind: str
    item_id: str
    parent: str
    position: int
    version: int
    title: str
    address: str
    topic: str
    is_due: bool
    has_problems: bool
    outdated: int
    missing: int
    words: str


def slug_of(kind: str) -> str:
    """Return a kind as it stands in an address."""
    return kind.replace(" ", "-")


def kind_of(slug: str) -> str:
    """Return the kind that an address names. Raise Http404 for none."""
    kind = slug.replace("-", " ")
    if kind not in KINDS:
        raise Http404
    return kind


def title_of_kind(kind: str) -> str:
    """Return what the list of a kind is called."""
    return str(KIND_TITLES.get(kind, kind))


def one_of(kind: str) -> str:
    """Return what one item of a kind is called inside a sentence."""
    return str(ONE.get(kind, kind))


def address_of(kind: str, item_id: str, field: str = "") -> str:
    """Return where an item is edited, at a field where one is named."""
    address = reverse("desk:item", args=[slug_of(kind), item_id])
    return f"{address}?at={quote(field)}#at-{quote(field)}" if field else address


def pack_or_none() -> Pack | None:
    """Return the pack that the draft makes, or None where it makes none."""
    try:
        return draft_pack()
    except DraftUnreadable:
        return None


def told(problems: Iterable[PackProblem], pack: Pack | None) -> tuple[ToldProblem, ...]:
    """Return problems with the links that lead to where each is mended."""
    return tuple(ToldProblem(problem, tuple(_links(problem, pack))) for problem in problems)


def _links(problem: PackProblem, pack: Pack | None) -> list[tuple[str, str]]:
    there = set(DraftItem.objects.values_list("kind", "item_id")) if pack is None else None
    links = []
    for place in places_of(problem, pack):
        if _is_there(place, pack, there):
            name = f"{one_of(place.kind)} {place.item_id}" if place.kind != "pack" else one_of("pack")
            links.append((f"{name}: {place.field}" if place.field else name, address_of(*_at(place))))
    return links


def _at(place: Place) -> tuple[str, str, str]:
    return place.kind, place.item_id, place.field


def _is_there(place: Place, pack: Pack | None, there: set[tuple[str, str]] | None) -> bool:
    if there is not None:
        return (place.kind, place.item_id) in there
    kind = KINDS.get(place.kind)
    if pack is None or kind is None:
        return False
    if place.kind == "pack":
        return True
    if place.kind == "question":
        return any(question.id == place.item_id for topic in pack.topics for question in topic.questions)
    return any(getattr(item, kind.id_field) == place.item_id for item in getattr(pack, kind.pack_field))


def problems_by_item(pack: Pack | None) -> dict[tuple[str, str], list[PackProblem]]:
    """Return the problems of the draft by the items that they are about."""
    found: dict[tuple[str, str], list[PackProblem]] = {}
    for problem in draft_problems():
        for place in places_of(problem, pack):
            found.setdefault((place.kind, place.item_id), []).append(problem)
    return found


def listed(kinds: Iterable[str] | None = None) -> list[Listed]:
    """Return items of the draft with their marks, in order; of all kinds, where none is named."""
    pack = pack_or_none()
    problems = problems_by_item(pack)
    codes = tuple(DraftItem.objects.filter(kind="language").values_list("item_id", flat=True))
    rows = DraftItem.objects.all() if kinds is None else DraftItem.objects.filter(kind__in=list(kinds))
    found = []
    for row in rows.order_by("kind", "parent", "position", "pk"):
        if row.kind not in KINDS:
            continue
        states = [state.state for state in translations(row.kind, row.data, row.translated_from, codes)]
        found.append(
            Listed(
                row.kind,
                row.item_id,
                row.parent,
                row.position,
                row.version,
                title_of(row.data, row.item_id),
                address_of(row.kind, row.item_id),
                _topic_of(row),
                due_in(row.kind, row.data),
                (row.kind, row.item_id) in problems,
                states.count("outdated"),
                states.count("missing"),
                json.dumps(row.data, ensure_ascii=False).casefold(),
            )
        )
    return found


def _topic_of(row: DraftItem) -> str:
    return row.item_id if row.kind == "topic" else row.parent or str(row.data.get("topic", ""))


def due_in(kind: str, data: dict[str, Any], today: dt.date | None = None) -> bool:
    """Say whether an item, or a step of a platform, is to be checked again."""
    model: type[Item] = KINDS[kind].model
    if issubclass(model, Checked):
        return _is_due(data, today)
    if kind == "platform" and issubclass(PlatformStep, Checked):
        return any(_is_due(step, today) for step in data.get("steps", ()))
    return False


def _is_due(data: dict[str, Any], today: dt.date | None) -> bool:
    checked, due = (_date(data.get(name)) for name in ("checked", "due"))
    return is_due(checked, due, today)


def _date(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def in_words(value: Any) -> str:
    """Return a value of a field as a table of differences shows it."""
    if value is None:
        return "–"
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        said = ", ".join(value)
    else:
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return said if len(said) <= LONGEST_VALUE else said[:LONGEST_VALUE] + "…"
