"""Template tags of classes: the card on a result with what would be added to the class."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django import template

from apps.checkup.result import Result
from apps.checkup.sheet import AnswerSheet
from apps.classroom import codes
from apps.classroom.cookies import ROUNDS_A_DEVICE, Joined, added_in_edition, read_joined
from apps.classroom.items import items_for, picks_for
from apps.classroom.wording import picks_in_words

register = template.Library()


class CardState(Enum):
    """How the card stands: what may be pressed, or what was."""

    OPEN = "open"
    ADDED = "added"
    DECLINED = "declined"
    SPENT = "spent"
    NOT_JOINED = "not-joined"


@dataclass(frozen=True)
class Card:
    """What the card shows. `picks` are the items that would be sent, in words and as they are sent."""

    code: str
    round: int
    edition: int
    state: CardState
    picks: list[dict[str, str]]
    uses_slips: bool = False

    @property
    def grouped(self) -> str:
        """The join code in two groups."""
        return codes.grouped(self.code)


@register.simple_tag(takes_context=True)
def class_card(context: dict[str, Any]) -> Card | None:
    """Return the card of the class that the sheet on this page takes part in; None where there is none.

    It asks no database: what the class counts follows from the cookie that joining left.
    """
    sheet: AnswerSheet | None = context.get("sheet")
    if sheet is None or not sheet.klass or not sheet.round:
        return None
    joined = read_joined(context["request"].COOKIES, sheet.klass)
    if joined is None or joined.edition != sheet.edition:
        return Card(sheet.klass, sheet.round, sheet.edition, CardState.NOT_JOINED, [])
    picks = picks_of(context["result"], joined.topic_ids(context["result"].edition))
    spent = added_in_edition(context["request"].COOKIES, sheet.edition) >= ROUNDS_A_DEVICE
    return Card(sheet.klass, sheet.round, sheet.edition, _state(joined, sheet.round, spent), picks, joined.uses_slips)


def _state(joined: Joined, number: int, is_spent: bool) -> CardState:
    if number in joined.added:
        return CardState.ADDED
    if is_spent:
        return CardState.SPENT
    return CardState.DECLINED if number in joined.declined else CardState.OPEN


def picks_of(result: Result, topics: list[str]) -> list[dict[str, str]]:
    """Return what somebody with this result would add to a class on these topics, in words."""
    edition = result.edition
    items = items_for(topics, [family.id for family in edition.pack.families])
    first = result.first_step
    picks = picks_for(
        items,
        score=result.after,
        most_open=result.most_open.id if result.most_open else None,
        family=first.action.family if first else None,
    )
    return picks_in_words(edition, picks)
