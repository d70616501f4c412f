"""What one person adds to a class: at most three coarse items, one category of each, and nothing else.

Plain Python without Django. The items of a class are fixed when it is opened, so that all its rounds count the
same things. Source: method, section 10, R1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from apps import scoring

BAND, TOPIC, STEP = "band", "topic", "step"
"""The items: the band of the result, the most open topic, the kind of the first step."""

NONE = "none"
"""The category of no topic that is open, and of no step to take."""

NOT_ENOUGH = "not-enough"
"""The category of a result with too few answers for one number."""

MOST_ITEMS = 3
MOST_CATEGORIES = 12

Pick = tuple[str, str]
"""The id of an item and of the category picked in it: ("band", "half")."""


class PickError(ValueError):
    """Picks that do not fit the items of the class. The message never repeats them."""


class UnknownItem(PickError):
    """A pick names an item or a category that the class does not count."""


class PickedTwice(PickError):
    """Two picks are about the same item."""


class PickMissing(PickError):
    """An item of the class has no pick."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a class counts, with the ids of its categories in the order of the page."""

    id: str
    categories: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.categories) > MOST_CATEGORIES:
            raise ValueError(f"{self.id} has {len(self.categories)} categories; at most {MOST_CATEGORIES} are counted")
        if len(set(self.categories)) < len(self.categories):
            raise ValueError(f"{self.id} has a category twice")


def items_for(topics: Sequence[str], families: Sequence[str]) -> tuple[Item, ...]:
    """Return the items of a class about these topics, for an edition with these families of actions.

    A class about a single topic does not count the most open one: it would say nothing. Raise ValueError where
    there are more topics or families than one item may have categories.
    """
    bands = (*(band.value for band in scoring.Band), NOT_ENOUGH)
    items = [Item(BAND, bands)]
    if len(topics) > 1:
        items.append(Item(TOPIC, (*topics, NONE)))
    return (*items, Item(STEP, (*families, NONE)))


def picks_for(
    items: Iterable[Item], *, score: scoring.Score, most_open: str | None, family: str | None
) -> tuple[Pick, ...]:
    """Return what a person with this result would add, in the order of the items, to be shown before it is sent.

    `score` is the one on their page, `most_open` the topic and `family` the kind of the first step there. What
    the class does not count becomes "none".
    """
    band = NOT_ENOUGH if score.middle is None else scoring.band_of(score.middle).value
    wanted = {BAND: band, TOPIC: most_open, STEP: family}
    picks: list[Pick] = []
    for item in items:
        category = wanted[item.id]
        picks.append((item.id, category if category in item.categories else NONE))
    return tuple(picks)


def places_of(items: Sequence[Item], picks: Iterable[Pick]) -> tuple[int, ...]:
    """Return the place of the picked category in each item.

    Raise UnknownItem, PickedTwice or PickMissing. Nothing is guessed or put right.
    """
    by_id = {item.id: item for item in items}
    chosen: dict[str, int] = {}
    for item_id, category in picks:
        item = by_id.get(item_id)
        if item is None or category not in item.categories:
            raise UnknownItem("a pick names something that this class does not count")
        if item_id in chosen:
            raise PickedTwice("two picks are about the same item")
        chosen[item_id] = item.categories.index(category)
    if len(chosen) < len(by_id):
        raise PickMissing("an item has no pick")
    return tuple(chosen[item.id] for item in items)


def as_json(items: Iterable[Item]) -> list[list[Any]]:
    """Return items as plain values: [["band", ["few", ...]], ...]."""
    return [[item.id, list(item.categories)] for item in items]


def from_json(value: Iterable[Sequence[Any]]) -> tuple[Item, ...]:
    """Return the items that `as_json` was given."""
    return tuple(Item(item_id, tuple(categories)) for item_id, categories in value)
