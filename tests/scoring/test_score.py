"""How points are printed: rounding, intervals, the middle, edges of bands, the most open topic."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from apps.scoring import (
    Answer,
    Band,
    Questionnaire,
    Range,
    Record,
    Score,
    Topic,
    band_of,
    largest_remainder,
    middle_value,
    most_open_topic,
    near_edge,
    score,
    shares,
    shown_interval,
    shown_score,
)
from tests.scoring.worked import NOT_SURE, PREFER_NOT, WORKED, answers, base, make_question


@pytest.mark.parametrize("maximum", [1, 3, 7, 161, 200, 201, 999])
def test_printed_numbers_follow_the_exact_fractions(maximum: int) -> None:
    for low in range(maximum + 1):
        exact = Fraction(100 * low, maximum)
        assert -Fraction(1, 2) < shown_score(low, maximum) - exact <= Fraction(1, 2)
        floor, ceiling = shown_interval(low, maximum, maximum)
        assert floor <= exact < floor + 1
        assert ceiling == 100
        assert shown_interval(0, low, maximum)[1] - 1 < exact <= shown_interval(0, low, maximum)[1]
        assert middle_value(low, low, maximum) == shown_score(low, maximum)


@pytest.mark.parametrize(
    ("low", "high", "middle"),
    [(0, 20, 10), (0, 21, None), (80, 100, 90), (41, 42, 42), (30, 50, 40), (100, 100, 100)],
)
def test_one_number_needs_an_interval_of_at_most_a_fifth(low: int, high: int, middle: int | None) -> None:
    assert middle_value(low, high, 100) == middle


@pytest.mark.parametrize("call", [shown_interval, middle_value])
@pytest.mark.parametrize(("low", "high", "maximum"), [(-1, 2, 9), (3, 2, 9), (3, 10, 9), (0, 0, 0)])
def test_what_is_not_a_score_is_refused(
    call: Callable[[int, int, int], object], low: int, high: int, maximum: int
) -> None:
    with pytest.raises(ValueError, match="is not a score"):
        call(low, high, maximum)
    with pytest.raises(ValueError, match="is not a score"):
        shown_score(high + 1, min(high, maximum))


def test_close_to_the_edge_is_within_two_points_of_where_a_band_begins() -> None:
    near = [shown for shown in range(101) if near_edge(shown)]
    assert near == [edge + step for edge in (20, 40, 60, 80) for step in (-2, -1, 0, 1, 2)]


@pytest.mark.parametrize("call", [band_of, near_edge])
@pytest.mark.parametrize("shown", [-1, 101])
def test_outside_the_scale_there_is_no_band(call: Callable[[int], object], shown: int) -> None:
    with pytest.raises(ValueError, match="not a shown score"):
        call(shown)


def test_one_band_is_named_only_where_it_holds_both_ends() -> None:
    def of(low: int, high: int) -> Band | None:
        return Score(Range(low, high), 100, {}, {}).band

    assert of(40, 59) is Band.HALF
    assert of(39, 40) is None


@pytest.mark.parametrize(
    ("topics", "maximum", "most_open"),
    [
        ({"a": (0, 0), "b": (0, 0)}, {"a": 10, "b": 10}, None),
        ({"a": (5, 5), "b": (50, 50)}, {"a": 10, "b": 100}, "a"),  # a tie, in another order below
        ({"b": (50, 50), "a": (5, 5)}, {"a": 10, "b": 100}, "a"),
        ({"a": (5, 5), "b": (51, 51)}, {"a": 10, "b": 100}, "b"),
        ({"a": (0, 9), "b": (4, 6)}, {"a": 10, "b": 10}, "b"),  # low and high count together
        ({"a": (0, 1)}, {"a": 10}, "a"),
    ],
)
def test_the_most_open_topic(
    topics: dict[str, tuple[int, int]], maximum: dict[str, int], most_open: str | None
) -> None:
    ranges = {topic: Range(*ends) for topic, ends in topics.items()}
    total = sum(ranges.values(), Range(0, 0))
    assert most_open_topic(Score(total, sum(maximum.values()), ranges, maximum)) == most_open


def test_largest_remainder_breaks_ties_by_id() -> None:
    assert largest_remainder({"b": 1, "a": 1, "c": 1}, 3, 100) == {"b": 33, "a": 34, "c": 33}


@pytest.mark.parametrize(("maximum", "total"), [(0, 0), (3, 98), (3, 103)])
def test_parts_that_cannot_add_up_are_refused(maximum: int, total: int) -> None:
    with pytest.raises(ValueError, match=r"shares|round"):
        largest_remainder({"a": 1, "b": 1, "c": 1}, maximum, total)


def test_an_open_score_has_no_printed_shares() -> None:
    with pytest.raises(ValueError, match="range"):
        shares(WORKED, base(C1=NOT_SURE))


@pytest.mark.parametrize(
    ("heavy", "light", "points"),
    [
        ("yes", "no", Range(0, 40)),
        ("no", "yes", Range(0, 12)),
        ("yes", "yes", Range(12, 40)),
        (PREFER_NOT, PREFER_NOT, Range(0, 40)),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_options_of_one_level_may_open_different_follow_ups(
    heavy: str | Answer, light: str | Answer, points: Range, turned: bool
) -> None:
    """Neither the first nor the last option decides about the ends, but the least and the most of all."""
    follow_ups = (
        make_question("heavy", "t", 10, {"no": 0, "yes": 4}, "p", ("one", "unsure")),
        make_question("light", "t", 3, {"no": 0, "yes": 4}, "p", ("other", "unsure")),
    )
    root = make_question("p", "t", 4, {"one": 0, "other": 0})
    edition = Questionnaire((Topic("t"),), (root, *(follow_ups[::-1] if turned else follow_ups)), ())
    assert score(edition, Record(answers(p=NOT_SURE, heavy=heavy, light=light))).points == points
