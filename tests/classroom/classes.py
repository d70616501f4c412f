"""What the tests of classes share: a small class with known items, people to add, and sources of bytes."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from apps.classroom import codes, services, totals
from apps.classroom.items import Item, Pick
from apps.classroom.models import OpenRound

if TYPE_CHECKING:
    from apps.editions.compiled import CompiledEdition

DAY = dt.date(2026, 3, 2)


def no_wobble() -> int:
    """A source of bytes that makes every counter start at 0."""
    return 1


def seeded(seed: int) -> totals.ByteSource:
    """A source of bytes that gives the same ones in every run."""
    draw = random.Random(seed)
    return lambda: draw.randrange(256)


def make_class(edition: CompiledEdition, **wishes: Any) -> services.Opened:
    """A class of twelve without a wobble, unless wished otherwise."""
    plan: dict[str, Any] = {"size": 12, "age_group": "14-18", "byte": no_wobble, "today": DAY} | wishes
    return services.open_class(edition, **plan)


def picks(items: Iterable[Item], *places: int) -> tuple[Pick, ...]:
    """The picks at these places of the items, the first category where none is given."""
    wanted = iter(places)
    return tuple((item.id, item.categories[next(wanted, 0)]) for item in items)


def add(opened: services.Opened, *places: int, **wishes: Any) -> str:
    """Add one person and return the token used."""
    klass = opened.klass
    given: dict[str, Any] = {
        "number": 1,
        "edition": klass.edition,
        "picks": picks(klass.counted, *places),
        "token": codes.new_token(),
        "today": DAY,
    } | wishes
    services.contribute(klass, **given)
    return str(given["token"])


def open_row(opened: services.Opened) -> OpenRound:
    """The counters of the class's open round, which only tests and `services` may look at."""
    return OpenRound.objects.get(round__klass=opened.klass)


def counters_of(opened: services.Opened) -> list[list[int]]:
    """The numbers in the counters of the class's open round."""
    return [[int(value) for value in row.split(",")] for row in open_row(opened).counters.split(";")]
