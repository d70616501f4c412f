"""The score: points out of the most anyone could get, as printed from 0 to 100, and its band.

Source: method, section 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from apps.scoring.answers import Record
from apps.scoring.branches import (
    NOTHING,
    Branch,
    Range,
    Value,
    branch_of,
    branches_in_scope,
    points,
    range_of,
    roots_in_scope,
)
from apps.scoring.model import Question, Questionnaire
from apps.scoring.routing import applies, scope_of

__all__ = [
    "Band",
    "Range",
    "Score",
    "band_of",
    "does_not_apply",
    "maximum_points",
    "middle_value",
    "most_open_topic",
    "near_edge",
    "score",
    "score_of",
    "shown_interval",
    "shown_score",
]


class Band(Enum):
    """A fifth of the scale, from the fewest doors open to the most. Iterating goes upwards."""

    FEW = "few"
    SOME = "some"
    HALF = "half"
    MANY = "many"
    MOST = "most"


BANDS = tuple(Band)
BAND_WIDTH = 20
EDGE = 2
"""A shown score this close to where a band begins is called close to the edge."""


@dataclass(frozen=True, slots=True)
class Score:
    """Points and their maximum, overall and by topic id; the topics are those in scope, in edition order.

    A scope that holds no scored question has a maximum of 0 and no score: `middle` is then None, and
    `shown` and `bands` raise ValueError.
    """

    points: Range
    maximum: int
    topics: Mapping[str, Range]
    topic_maximum: Mapping[str, int]

    @property
    def shown(self) -> tuple[int, int]:
        """The printed ends, 0 to 100; equal for an exact score."""
        if self.points.is_exact:
            exact = shown_score(self.points.low, self.maximum)
            return exact, exact
        return shown_interval(self.points.low, self.points.high, self.maximum)

    @property
    def middle(self) -> int | None:
        """The one number to use where one is needed, or None where too much is open."""
        if self.maximum == 0:
            return None
        return middle_value(self.points.low, self.points.high, self.maximum)

    @property
    def bands(self) -> tuple[Band, Band]:
        """The bands of the two printed ends; equal where one band holds both."""
        low, high = self.shown
        return band_of(low), band_of(high)

    @property
    def band(self) -> Band | None:
        """The band that holds both printed ends, or None where they fall in different bands."""
        low, high = self.bands
        return low if low is high else None

    def topic_shown(self, topic_id: str) -> tuple[int, int]:
        """Return the printed ends of one topic's score, 0 to 100 of that topic's own maximum."""
        points_of_topic, most = self.topics[topic_id], self.topic_maximum[topic_id]
        if points_of_topic.is_exact:
            exact = shown_score(points_of_topic.low, most)
            return exact, exact
        return shown_interval(points_of_topic.low, points_of_topic.high, most)


def score(questionnaire: Questionnaire, record: Record) -> Score:
    """Return the score of a record over its scope.

    Raise AnswerError for an answer on screen that its question does not offer.
    """
    return score_of(questionnaire, record, branches_in_scope(questionnaire, record))


def score_of(questionnaire: Questionnaire, record: Record, branches: Iterable[Branch], value: Value = points) -> Score:
    """Return the score of branches that are made already, with the points of each level given by `value`."""
    topics = dict.fromkeys(scope_of(questionnaire, record), NOTHING)
    for branch in branches:
        topics[branch.question.topic] += range_of(branch, value)
    maximum = maximum_points(questionnaire, record)
    return Score(sum(topics.values(), NOTHING), sum(maximum.values()), topics, maximum)


def maximum_points(questionnaire: Questionnaire, record: Record) -> dict[str, int]:
    """Return the most points of each topic in scope: the high end with nothing answered.

    It depends on the chosen topics and the left-out questions only, never on answers or situation.
    """
    most = dict.fromkeys(scope_of(questionnaire, record), 0)
    nothing = Record(answers={}, left_out=record.left_out)
    for root in roots_in_scope(questionnaire, record):
        if record.left_out:
            most[root.topic] += range_of(branch_of(questionnaire, nothing, root)).high
        else:
            most[root.topic] += questionnaire.open_ends(root.id)[1]
    return most


def shown_score(points: int, maximum: int) -> int:
    """Return an exact score as printed, 0 (none of the doors we ask about) to 100 (all of them).

    71 of 161 points is 44. Half a point rounds up, in whole numbers, so that every page prints the same.

    Raise ValueError if maximum is 0 or points lie outside 0 to maximum.

    Source: method, section 4, "Display".
    """
    _check(points, points, maximum)
    return (200 * points + maximum) // (2 * maximum)


def shown_interval(low: int, high: int, maximum: int) -> tuple[int, int]:
    """Return the printed ends of an open score: low rounded down, high rounded up.

    The printed interval contains the exact one. Raise ValueError unless 0 <= low <= high <= maximum, above 0.

    Source: method, section 4, "Display".
    """
    _check(low, high, maximum)
    return 100 * low // maximum, -(-100 * high // maximum)


def middle_value(low: int, high: int, maximum: int) -> int | None:
    """Return the middle of an open score as printed, or None if it is wider than a fifth of the maximum.

    None means "a few more answers are needed for one number". Raise ValueError as `shown_interval` does.

    Source: method, section 4, "Display".
    """
    _check(low, high, maximum)
    if 100 * (high - low) > 20 * maximum:
        return None
    return (200 * (low + high) + 2 * maximum) // (4 * maximum)


def band_of(shown: int) -> Band:
    """Return the band of a shown score. Raise ValueError outside 0 to 100."""
    if not 0 <= shown <= 100:
        raise ValueError(f"{shown} is not a shown score")
    return BANDS[min(shown // BAND_WIDTH, len(BANDS) - 1)]


def near_edge(shown: int) -> bool:
    """Return whether a shown score lies within 2 points of 20, 40, 60 or 80, where a band begins.

    Raise ValueError outside 0 to 100.
    """
    if not 0 <= shown <= 100:
        raise ValueError(f"{shown} is not a shown score")
    edges = range(BAND_WIDTH, BAND_WIDTH * len(BANDS), BAND_WIDTH)
    return any(abs(shown - edge) <= EDGE for edge in edges)


def most_open_topic(score: Score) -> str | None:
    """Return the topic with the largest share of its own maximum, or None if no topic has any points.

    Open topics are compared by low and high together; ties go to the id that sorts first.

    Source: method, section 4, "Display".
    """
    best: str | None = None
    for topic in sorted(score.topics):
        here = score.topics[topic].total
        if here and (
            best is None
            # here/most > best/most of best, multiplied out
            or here * score.topic_maximum[best] > score.topics[best].total * score.topic_maximum[topic]
        ):
            best = topic
    return best


def does_not_apply(questionnaire: Questionnaire, record: Record, topic: str) -> bool:
    """Return whether the stated situation closes every root of a topic.

    Such a topic contributes nothing and is labelled "does not apply", not "0". Raise KeyError for an
    unknown topic.
    """
    roots: list[Question] = [
        question
        for question in questionnaire.topic_questions(topic)
        if question.parent is None and question.id not in record.left_out
    ]
    return bool(roots) and not any(applies(root, record) for root in roots)


def _check(low: int, high: int, maximum: int) -> None:
    if maximum <= 0 or not 0 <= low <= high <= maximum:
        what = f"{low}" if low == high else f"{low} to {high}"
        raise ValueError(f"{what} of {maximum} points is not a score")
