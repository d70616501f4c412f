"""What should be looked at again, and when: every item of an edition that carries a date of checking.

Source: the freshness contract of the issue on guidance; `editions.schema.Checked`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from apps.editions.compiled import CompiledEdition, is_due
from apps.editions.schema import Checked, Text


@dataclass(frozen=True)
class Kept:
    """One item to be kept fresh: its kind ("guide", "claim", ...), its name, where it is read, and its dates.

    `address` is empty for material that has no page of its own.
    """

    kind: str
    id: str
    name: Text
    address: str
    item: Checked

    def is_due(self, today: dt.date | None = None) -> bool:
        """Say whether it should be checked again by now."""
        return is_due(self.item.checked, self.item.due, today)


def kept_items(edition: CompiledEdition) -> Iterator[Kept]:
    """Yield every item with a date of checking, kind by kind."""
    for guide in edition.pack.guides:
        yield Kept("guide", guide.id, guide.title, reverse("guidance:guide", args=[guide.id]), guide)
    for action in edition.pack.actions:
        yield Kept("action", action.id, action.name, reverse("guidance:action", args=[action.id]), action)
    platforms = reverse("guidance:platforms")
    for _, step in edition.steps.values():
        yield Kept("step", step.id, step.title, f"{platforms}#{step.id}", step)
    for rights in edition.pack.rights:
        name = edition.places[rights.id].name
        yield Kept("rights", rights.id, name, reverse("guidance:rights", args=[rights.id]), rights)
    for letter in edition.pack.letters:
        yield Kept("letter", letter.id, letter.name, reverse("checkup:letter", args=[letter.id]), letter)
    for lesson in edition.pack.lessons:
        yield Kept("lesson", lesson.id, lesson.name, reverse("classroom:lesson", args=[lesson.id]), lesson)
    for handout in edition.pack.handouts:
        yield Kept("handout", handout.id, handout.name, reverse("classroom:handout", args=[handout.id]), handout)
    for claim in edition.pack.claims:
        yield Kept("claim", claim.id, claim.says, reverse("guidance:claim", args=[claim.id]), claim)


def due_items(edition: CompiledEdition, today: dt.date | None = None) -> list[Kept]:
    """Return what should be checked again by now: never checked first, then the longest overdue."""
    due = [item for item in kept_items(edition) if item.is_due(today)]
    return sorted(due, key=lambda item: item.item.due or dt.date.min)


def next_items(edition: CompiledEdition, days: int, today: dt.date | None = None) -> list[Kept]:
    """Return what falls due within so many days from now, the soonest first."""
    today = today or dt.date.today()
    last = today + dt.timedelta(days=days)
    soon = [item for item in kept_items(edition) if item.item.due and today < item.item.due <= last]
    return sorted(soon, key=lambda item: (item.item.due or last, item.kind))
