"""Protected totals: the sampler, the one release, progress in fives, and what may be called a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.classroom.totals import (
    HALF,
    MINIMUM,
    MOVED,
    THIRD,
    Cell,
    Change,
    Label,
    Totals,
    added,
    changes,
    progress,
    release,
    secret_start,
    secure_byte,
    starting_counters,
)
from tests.classroom.classes import no_wobble, seeded

FEW, NEARLY_ALL = Cell(Label.FEW), Cell(Label.NEARLY_ALL)


def about(people: int) -> Cell:
    return Cell(Label.ABOUT, people)


class RanOut(Exception):
    """More dice were wanted than the script holds."""


def probability(wanted: int, sides: int, longest: int) -> tuple[Fraction, Fraction]:
    """Exact bounds of P(start = wanted), by running the sampler on every roll of so many dice."""
    found, left = Fraction(0), Fraction(0)
    for rolls in product(range(sides), repeat=longest):
        script: Iterator[int] = iter(rolls)

        def byte(script: Iterator[int] = script) -> int:
            for value in script:
                return value
            raise RanOut

        try:
            found += Fraction(secret_start(byte, sides) == wanted, sides**longest)
        except RanOut:
            left += Fraction(1, sides**longest)
    return found, found + left


@pytest.mark.parametrize(
    ("start", "expected"),
    [(0, Fraction(1, 2)), (1, Fraction(1, 6)), (-1, Fraction(1, 6)), (2, Fraction(1, 18)), (-3, Fraction(1, 54))],
)
def test_a_start_has_exactly_the_probability_of_the_method(start, expected):
    low, high = probability(start, THIRD, 9)
    assert low <= expected <= high
    assert high - low < Fraction(1, 500)


@pytest.mark.parametrize(("start", "expected"), [(0, Fraction(1, 3)), (1, Fraction(1, 6)), (-2, Fraction(1, 12))])
def test_the_stricter_start_has_ratio_one_half(start, expected):
    low, high = probability(start, HALF, 13)
    assert low <= expected <= high
    assert high - low < Fraction(1, 500)


def test_every_byte_counts_for_one_side_and_255_is_drawn_again():
    # One byte decides whether the first run goes on; the ones behind it end both runs at once.
    starts = Counter(secret_start(iter([byte, 1, 1, 1]).__next__) for byte in range(256))
    assert starts == {1: 85, 0: 171}  # 0, 3, ... 252 begin a run; 255 leaves it to the next byte
    assert secret_start(iter([255, 255, 0, 1, 1]).__next__) == 1


@pytest.mark.parametrize("byte", [seeded(7), secure_byte], ids=["seeded", "secure"])
def test_many_starts_spread_as_they_should(byte):
    many = 20_000
    starts = Counter(secret_start(byte) for _ in range(many))
    # Each share may be six standard deviations off: once in half a billion runs by chance.
    assert abs(starts[0] / many - 1 / 2) < 0.022
    assert abs((starts[1] + starts[-1]) / many - 1 / 3) < 0.020
    assert abs(sum(value * value * count for value, count in starts.items()) / many - 3 / 2) < 0.16
    assert abs(sum(value * count for value, count in starts.items()) / many) < 0.06


def test_every_counter_has_a_draw_of_its_own():
    counters = starting_counters([6, 11, 10], seeded(1))
    assert [len(row) for row in counters] == [6, 11, 10]
    assert len({value for row in counters for value in row}) > 2
    assert counters != starting_counters([6, 11, 10], seeded(2))


def test_the_worked_case_of_the_method():
    counters = starting_counters([5], no_wobble)
    for place in [0] * 4 + [2] * 8:
        counters = added(counters, [place])
    assert release(counters, 12) == Totals(12, ((about(4), FEW, about(8), FEW, FEW),))


def test_when_all_are_alike_only_the_ends_are_said():
    assert release(((25, 0, 0, 0, 0, 0, 0),), 25) == Totals(25, ((NEARLY_ALL, *[FEW] * 6),))


@pytest.mark.parametrize("n", range(MINIMUM))
def test_fewer_than_ten_give_nothing(n):
    assert release(((n, 0),), n) is None
    assert release(((n, 0),), n, minimum=0) is None


def test_the_minimum_can_be_raised_but_not_lowered():
    assert release(((12, 0),), 12, minimum=13) is None
    assert release(((9, 0),), 9, minimum=5) is None


@pytest.mark.parametrize("n", range(10, 41))
def test_the_ends_begin_where_the_method_says(n):
    shown = release((tuple(range(n + 1)),), n)
    assert shown
    for people, cell in enumerate(shown.rows[0]):
        if people / n <= 0.1:
            assert cell == FEW
        elif people / n >= 0.9:
            assert cell == NEARLY_ALL
        else:
            assert cell == about(people)


@given(st.integers(10, 40), st.integers(-20, 60))
def test_a_cell_says_a_number_only_away_from_the_ends(n, counter):
    table = release(((counter,),), n)
    assert table
    (cell,) = table.rows[0]
    value = min(n, max(0, counter))
    if 10 * value <= n:
        assert cell == FEW
    elif 10 * value >= 9 * n:
        assert cell == NEARLY_ALL
    else:
        assert cell == about(value)
        assert n / 10 < value < 9 * n / 10


@given(st.integers(10, 40), st.lists(st.lists(st.integers(-9, 49), min_size=1, max_size=12), min_size=1, max_size=3))
def test_a_table_survives_being_stored(n, rows):
    table = release(tuple(map(tuple, rows)), n)
    assert table
    assert Totals.from_json(table.as_json()) == table


@pytest.mark.parametrize(("v", "n", "percent"), [(8, 25, 30), (3, 12, 25), (13, 40, 35), (5, 12, 40), (11, 40, 30)])
def test_a_share_is_given_to_the_nearest_five(v, n, percent):
    assert about(v).percent(n) == percent
    assert FEW.percent(n) is None


@pytest.mark.parametrize(
    ("n", "shown"), [(0, 0), (1, 0), (9, 0), (10, 10), (14, 10), (15, 15), (19, 15), (39, 35), (40, 40)]
)
def test_progress_goes_in_fives_from_ten(n, shown):
    assert progress(n) == shown


def test_progress_follows_a_raised_minimum():
    assert [progress(n, 12) for n in (11, 12, 14, 15)] == [0, 12, 12, 15]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (about(8), about(12), Change.NOT_CLEAR),
        (about(8), about(13), Change.UP),
        (about(13), about(8), Change.DOWN),
        (FEW, about(7), Change.NOT_CLEAR),  # the edge is 2.5 people
        (FEW, about(8), Change.UP),
        (NEARLY_ALL, about(18), Change.NOT_CLEAR),  # the edge is 22.5 people
        (NEARLY_ALL, about(17), Change.DOWN),
        (FEW, FEW, Change.NOT_CLEAR),
        (FEW, NEARLY_ALL, Change.UP),
    ],
)
def test_a_change_is_said_only_from_five_people_on(before, after, expected):
    assert changes(Totals(25, ((before,),)), Totals(25, ((after,),))) == ((expected,),)


@pytest.mark.parametrize(("n", "is_said"), [(21, False), (22, True), (28, True), (29, False)])
def test_nothing_is_said_about_rounds_of_different_size(n, is_said):
    found = changes(Totals(25, ((about(5),),)), Totals(n, ((about(15),),)))
    assert (found is not None) == is_said


@pytest.mark.parametrize("sides", [THIRD, HALF])
def test_two_wobbles_alone_rarely_look_like_a_change(sides):
    ratio = Fraction(1, sides)
    start = {z: (1 - ratio) / (1 + ratio) * ratio ** abs(z) for z in range(-60, 61)}
    by_chance = sum(p * q for a, p in start.items() for b, q in start.items() if abs(a - b) >= MOVED[sides])
    assert Fraction(15, 1000) < by_chance < Fraction(22, 1000)


def test_the_stricter_wobble_asks_for_a_larger_move():
    before, after = Totals(25, ((about(5),),)), Totals(25, ((about(12),),))
    assert changes(before, after) == ((Change.UP,),)
    assert changes(before, after, HALF) == ((Change.NOT_CLEAR,),)


@pytest.mark.parametrize("places", [(), (0,), (0, 3), (0, -1), (0, 1, 2)])
def test_a_contribution_that_does_not_fit_is_refused(places):
    with pytest.raises(ValueError, match="one category for each item"):
        added(((0, 0), (0, 0, 0)), places)


@given(st.data())
def test_a_contribution_adds_one_to_one_counter_of_each_item(data):
    lengths = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    counters = starting_counters(lengths, seeded(data.draw(st.integers(0, 99))))
    places = [data.draw(st.integers(0, length - 1)) for length in lengths]
    after = added(counters, places)
    for row, new, chosen in zip(counters, after, places):
        assert [b - a for a, b in zip(row, new)] == [int(place == chosen) for place in range(len(row))]
