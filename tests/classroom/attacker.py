"""An attacker against protected totals: guesses one pupil's pick by the best rule, from all it may see.

It knows the method, the ratio of the wobble, how common each pick is, who the pupil is and when they pressed. It
works on the same code as the site; `Weakness` switches single protections off, to show that it can win.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from math import comb

from apps.classroom import totals
from apps.classroom.totals import Cell, Counters, Label, Totals

BANDS = (0.08, 0.24, 0.36, 0.24, 0.08)
"""How common each band is, as in the method's own simulation."""

YES_NO = (0.5, 0.5)

Chances = Sequence[float]


class Weakness(Enum):
    """A protection that is missing in the weakened version."""

    NO_WOBBLE = "counters start at 0"
    LIVE_COUNTS = "the counts are shown while the round is open"
    REOPENING = "a closed round can be opened again and keeps its counters"
    ONE_START = "all rounds of a class start at the same secret numbers"


@dataclass
class World:
    """One class with one item: what its pupils picked, in the order of their presses, and what was shown."""

    chances: Chances
    picked: list[int]
    random: random.Random
    weakness: Weakness | None = None

    def start(self) -> Counters:
        """Fresh counters of a round."""
        if self.weakness is Weakness.NO_WOBBLE:
            return totals.starting_counters([len(self.chances)], lambda: 1)
        return totals.starting_counters([len(self.chances)], lambda: self.random.randrange(256))

    def fill(self, counters: Counters, picked: Sequence[int]) -> tuple[Counters, list[tuple[object, ...]]]:
        """Add pupils one by one; return the counters and what the page showed after each."""
        shown: list[tuple[object, ...]] = []
        for n, pick in enumerate(picked, start=1):
            counters = totals.added(counters, [pick])
            live = counters if self.weakness is Weakness.LIVE_COUNTS else ()
            shown.append((totals.progress(n), *live))
        return counters, shown

    def close(self, counters: Counters, n: int) -> Totals:
        """The table at closing; every class here has ten people or more."""
        table = totals.release(counters, n)
        assert table is not None
        return table


def random_world(chances: Chances, n: int, draw: random.Random, weakness: Weakness | None = None) -> World:
    """A class of n pupils who picked at random, each category as often as it is common."""
    picked = draw.choices(range(len(chances)), chances, k=n)
    return World(chances, picked, draw, weakness)


# --- What the attacker works out ----------------------------------------------------------------------------


@cache
def start_chance(value: int, weakness: Weakness | None) -> float:
    """The chance that a counter starts at this number."""
    if weakness is Weakness.NO_WOBBLE:
        return float(value == 0)
    return 0.5 * (1 / 3) ** abs(value)


@cache
def cell_chance(cell: Cell, true: int, n: int, weakness: Weakness | None) -> float:
    """The chance that a counter with so many people is published as this cell."""
    if cell.label is Label.ABOUT:
        assert cell.about is not None
        return start_chance(cell.about - true, weakness)
    span = range(-30, n // 10 + 1) if cell.label is Label.FEW else range(-(-9 * n // 10), n + 31)
    return sum(start_chance(value - true, weakness) for value in span)


def best_guess(weights: Sequence[float]) -> int:
    """The pick with the greatest weight; ties go to the first."""
    return max(range(len(weights)), key=lambda pick: weights[pick])


def by_subtraction(world: World) -> int:
    """The watching teacher: what appeared when the last pupil pressed. Without numbers, the most common pick."""
    _, shown = world.fill(world.start(), world.picked)
    before, after = shown[-2], shown[-1]
    if len(after) > 1:
        (_, old), (_, new) = before, after
        assert isinstance(old, tuple)
        assert isinstance(new, tuple)
        return best_guess([b - a for a, b in zip(old, new, strict=True)])
    return best_guess(world.chances)


def by_knowing_the_others(world: World) -> int:
    """The organiser who sent all other entries: weighs the table for each pick that the pupil may have made."""
    counters, _ = world.fill(world.start(), world.picked)
    n = len(world.picked)
    (row,) = world.close(counters, n).rows
    return best_guess(
        _weights_given_others(world, lambda place, true: cell_chance(row[place], true, n, world.weakness))
    )


def by_a_stolen_copy_and_knowing_the_others(world: World) -> int:
    """A thief of one copy of the open counters who sent all other entries: more exact than the table."""
    counters, _ = world.fill(world.start(), world.picked)
    (row,) = counters
    return best_guess(_weights_given_others(world, lambda place, true: start_chance(row[place] - true, world.weakness)))


def by_a_stolen_copy(world: World) -> int:
    """A thief of one copy of the open counters who knows nobody: the largest counter for how common picks are."""
    counters, _ = world.fill(world.start(), world.picked)
    (row,) = counters
    n, others = len(world.picked), len(world.picked) - 1
    guesses = []
    for pick, chance in enumerate(world.chances):
        weight = chance
        for place, value in enumerate(row):
            weight *= sum(
                _binomial(others, count, world.chances[place])
                * start_chance(value - count - (place == pick), world.weakness)
                for count in range(n)
            )
        guesses.append(weight)
    return best_guess(guesses)


def by_absence(world: World) -> int:
    """A classmate who knows that one pupil was away in the second round, and that all others picked the same."""
    present, n = world.picked[:-1], len(world.picked)
    first_start = world.start()
    second_start = first_start if world.weakness is Weakness.ONE_START else world.start()
    first = world.close(world.fill(first_start, world.picked)[0], n)
    second = world.close(world.fill(second_start, present)[0], n - 1)
    if world.weakness is Weakness.ONE_START:
        moved = [_people(a, n) - _people(b, n - 1) for a, b in zip(first.rows[0], second.rows[0], strict=True)]
        return best_guess(moved)
    guesses = []
    for pick, chance in enumerate(world.chances):
        weight = chance
        for place, (old, new) in enumerate(zip(first.rows[0], second.rows[0], strict=True)):
            weight *= _chance_of_both(old, new, place == pick, n, world.chances[place], world.weakness)
        guesses.append(weight)
    return best_guess(guesses)


def by_reopening(world: World) -> int:
    """A teacher who closes before the last pupil presses, reads the table, and opens the round again if that works."""
    n = len(world.picked)
    before, _ = world.fill(world.start(), world.picked[:-1])
    early = world.close(before, n - 1)
    if world.weakness is not Weakness.REOPENING:
        return best_guess(world.chances)  # the last pupil is refused, and in no table
    late = world.close(totals.added(before, [world.picked[-1]]), n)
    moved = [_people(b, n) - _people(a, n - 1) for a, b in zip(early.rows[0], late.rows[0], strict=True)]
    if max(moved) >= 1:
        return best_guess(moved)
    # Nothing moved in sight, so the pick is behind an end label.
    hidden = [chance * (cell.about is None) for chance, cell in zip(world.chances, late.rows[0], strict=True)]
    return best_guess(hidden)


def _weights_given_others(world: World, chance_of: Callable[[int, int], float]) -> list[float]:
    others = [world.picked[:-1].count(place) for place in range(len(world.chances))]
    found = []
    for pick, chance in enumerate(world.chances):
        weight = chance
        for place, count in enumerate(others):
            weight *= chance_of(place, count + (place == pick))
        found.append(weight)
    return found


@cache
def _chance_of_both(old: Cell, new: Cell, is_picked: bool, n: int, chance: float, weakness: Weakness | None) -> float:
    return sum(
        _binomial(n - 1, count, chance)
        * cell_chance(old, count + is_picked, n, weakness)
        * cell_chance(new, count, n - 1, weakness)
        for count in range(n)
    )


@cache
def _binomial(of: int, count: int, chance: float) -> float:
    return comb(of, count) * chance**count * (1 - chance) ** (of - count)


def _people(cell: Cell, n: int) -> float:
    return cell.tenths(n) / 10


def success(
    attack: Callable[[World], int],
    chances: Chances,
    *,
    weakness: Weakness | None = None,
    n: int = 25,
    classes: int = 2500,
    seed: int = 1,
) -> float:
    """The share of random classes in which the attack names the last pupil's pick."""
    draw = random.Random(seed)
    worlds = (random_world(chances, n, draw, weakness) for _ in range(classes))
    return sum(attack(world) == world.picked[-1] for world in worlds) / classes
