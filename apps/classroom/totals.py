"""Protected totals: counters that start at a secret random number, and the one table made of them at closing.

Plain Python without Django, clock or database, so that every rule can be tried on every value.
Source: method, section 10, R3 to R8.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

MINIMUM = 10
"""The fewest people that totals are ever published for. A server can ask for more, never for fewer."""

LARGEST_SIZE = 40
"""The largest size that a class can declare."""

MOST_ROUNDS = 3
DAYS_OPEN = 14
"""A round closes by itself on this day after the day it was opened."""

THIRD, HALF = 3, 2
"""How many sides the die of the secret start has: ratio 1/3, which is the rule, or the stricter 1/2."""

MOVED = {THIRD: 5, HALF: 8}
"""How many people a category must have moved by to be called changed.

Two wobbles alone differ by so many in about 2% of categories (2.1% for five, 1.9% for eight).
"""

LARGEST_DIFFERENCE = 3
"""If the numbers of people in two rounds differ by more than this, nothing is said about changes."""

Counters = tuple[tuple[int, ...], ...]
"""One counter for each category of each item, in the order of the class's items."""

ByteSource = Callable[[], int]
"""Gives one byte, 0 to 255, at a time."""


def secure_byte() -> int:
    """Return a byte that nobody can predict."""
    return secrets.token_bytes(1)[0]


def secret_start(byte: ByteSource = secure_byte, sides: int = THIRD) -> int:
    """Return the number that one counter starts at: the difference of two runs of zeros.

    With a die of three sides it is 0 half the time, one off in a third of all draws, and lies within 3 in 98%.
    Whole numbers only: noise made of fractions can be read off its last digits. Source: method, R4.
    """
    return _zeros_in_a_row(byte, sides) - _zeros_in_a_row(byte, sides)


def _zeros_in_a_row(byte: ByteSource, sides: int) -> int:
    count = 0
    while _roll(byte, sides) == 0:
        count += 1
    return count


def _roll(byte: ByteSource, sides: int) -> int:
    """Return 0 to sides - 1, each equally likely: a byte beyond the last whole multiple is drawn again."""
    whole = 256 - 256 % sides
    while (value := byte()) >= whole:
        pass
    return value % sides


def starting_counters(lengths: Sequence[int], byte: ByteSource = secure_byte, sides: int = THIRD) -> Counters:
    """Return fresh counters for items with so many categories each, every one with a draw of its own."""
    return tuple(tuple(secret_start(byte, sides) for _ in range(length)) for length in lengths)


def added(counters: Counters, places: Sequence[int]) -> Counters:
    """Return the counters with one contribution more: one category, by its place, in each item.

    Raise ValueError where the places do not fit the counters.
    """
    if len(places) != len(counters) or any(
        not 0 <= place < len(row) for row, place in zip(counters, places, strict=False)
    ):
        raise ValueError("a contribution has one category for each item")
    return tuple(
        tuple(value + (place == chosen) for place, value in enumerate(row))
        for row, chosen in zip(counters, places, strict=True)
    )


def progress(n: int, minimum: int = MINIMUM) -> int:
    """Return what an open round says about its size: 0 below the minimum, else n rounded down to fives.

    12 people are "10 or more". With a raised minimum of 12 they are "12 or more".
    """
    if n < minimum:
        return 0
    return max(minimum, n // 5 * 5)


class Label(Enum):
    """What is published about one category: a number, or one of the two ends."""

    FEW = "few"
    ABOUT = "about"
    NEARLY_ALL = "nearly-all"


@dataclass(frozen=True, slots=True)
class Cell:
    """One category of a published table. `about` is a number of people, only for the label ABOUT."""

    label: Label
    about: int | None = None

    def tenths(self, n: int) -> int:
        """Return ten times the number of people it stands for; a label counts as its edge, n/10 or 9n/10."""
        if self.about is not None:
            return 10 * self.about
        return n if self.label is Label.FEW else 9 * n

    def percent(self, n: int) -> int | None:
        """Return the share of n to the nearest five per cent, or None for a label."""
        if self.about is None:
            return None
        return (40 * self.about + n) // (2 * n) * 5


@dataclass(frozen=True, slots=True)
class Totals:
    """The table of a closed round: the number of people, and a cell for each category of each item.

    The cells of an item need not add up to n.
    """

    n: int
    rows: tuple[tuple[Cell, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """Return the table as plain values: {"n": 12, "rows": [["few", 8, "nearly-all"], ...]}."""
        rows = [[cell.label.value if cell.about is None else cell.about for cell in row] for row in self.rows]
        return {"n": self.n, "rows": rows}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Totals:
        """Return the table that `as_json` was made of."""
        rows = tuple(
            tuple(Cell(Label.ABOUT, cell) if isinstance(cell, int) else Cell(Label(cell)) for cell in row)
            for row in value["rows"]
        )
        return cls(value["n"], rows)


def release(counters: Counters, n: int, minimum: int = MINIMUM) -> Totals | None:
    """Return the one table of a round with n people at closing, or None where there are too few of them.

    A minimum below `MINIMUM` counts as `MINIMUM`. Source: method, R6.
    """
    if n < max(minimum, MINIMUM):
        return None
    return Totals(n, tuple(tuple(_cell(value, n) for value in row) for row in counters))


def _cell(counter: int, n: int) -> Cell:
    value = min(n, max(0, counter))
    if 10 * value <= n:
        return Cell(Label.FEW)
    if 10 * value >= 9 * n:
        return Cell(Label.NEARLY_ALL)
    return Cell(Label.ABOUT, value)


class Change(Enum):
    """What may be said about a category between two rounds."""

    UP = "up"
    DOWN = "down"
    NOT_CLEAR = "not-clear"


def changes(before: Totals, after: Totals, sides: int = THIRD) -> tuple[tuple[Change, ...], ...] | None:
    """Return what may be said to have changed, cell by cell, or None where nothing may be said at all.

    `sides` is the die of the round whose wobble is stronger, the one with fewer sides. Source: method, R8.
    """
    if abs(before.n - after.n) > LARGEST_DIFFERENCE:
        return None
    return tuple(
        tuple(
            _change(new.tenths(after.n) - old.tenths(before.n), 10 * MOVED[sides])
            for old, new in zip(old_row, new_row, strict=True)
        )
        for old_row, new_row in zip(before.rows, after.rows, strict=True)
    )


def _change(moved: int, least: int) -> Change:
    if abs(moved) < least:
        return Change.NOT_CLEAR
    return Change.UP if moved > 0 else Change.DOWN
