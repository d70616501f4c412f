"""What drives the score: exact contributions, and whole-number shares that add up to it.

Source: method, section 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from apps.scoring.answers import Record
from apps.scoring.branches import Branch, Range, branches_in_scope, points, range_of
from apps.scoring.model import Questionnaire
from apps.scoring.score import Score, score, shown_score


@dataclass(frozen=True, slots=True)
class Contribution:
    """The points that one question accounts for. `is_known` is False where it stands for its whole branch."""

    question: str
    points: Range
    is_known: bool = True


def contributions(questionnaire: Questionnaire, record: Record) -> tuple[Contribution, ...]:
    """Return what each scored question on screen contributes, walking from the roots.

    A known answer contributes its points and the walk goes on into the follow-ups that it opens. Any
    other answer contributes the range of its whole branch, and its follow-ups have no entry. The low
    ends add up to the low end of the score, the high ends to the high end, exactly.
    """
    return contributions_of(questionnaire, branches_in_scope(questionnaire, record))


def contributions_of(questionnaire: Questionnaire, branches: Iterable[Branch]) -> tuple[Contribution, ...]:
    """Return the same from branches that are made already."""
    return tuple(
        contribution
        for branch in branches
        for contribution in _walk(branch)
        if questionnaire.question(contribution.question).is_scored
    )


def worth_checking(questionnaire: Questionnaire, record: Record) -> tuple[Contribution, ...]:
    """Return the branches with open answers whose range has a width, widest first, ties by question id."""
    return worth_checking_of(contributions(questionnaire, record))


def worth_checking_of(parts: Iterable[Contribution]) -> tuple[Contribution, ...]:
    """Return the same from contributions that are made already."""
    unknown = [part for part in parts if not part.is_known and part.points.width]
    return tuple(sorted(unknown, key=lambda part: (-part.points.width, part.question)))


def shares(questionnaire: Questionnaire, record: Record) -> Mapping[str, int]:
    """Return each question's printed share of an exact score, by question id in walk order.

    The shares are whole, never negative, and add up to the shown score. Raise ValueError where open
    answers leave the score a range, or where the scope holds no scored question.
    """
    return shares_of(score(questionnaire, record), contributions(questionnaire, record))


def shares_of(total: Score, parts: Iterable[Contribution]) -> Mapping[str, int]:
    """Return the same from a score and contributions that are made already."""
    return largest_remainder({part.question: part.points.low for part in parts}, total.maximum, _exact(total))


def topic_shares(questionnaire: Questionnaire, record: Record) -> Mapping[str, int]:
    """Return each topic's printed share of an exact score, by topic id in edition order.

    The same rule as `shares`, with the same errors. Because both are rounded, a topic's share can
    differ a little from the sum of its questions' shares.
    """
    total = score(questionnaire, record)
    parts = {topic: points_of_topic.low for topic, points_of_topic in total.topics.items()}
    return largest_remainder(parts, total.maximum, _exact(total))


def largest_remainder(parts: Mapping[str, int], maximum: int, total: int) -> dict[str, int]:
    """Return whole numbers, one for each part, that add up to `total`.

    Each part gets `100 * points / maximum` rounded down; the units still missing go to the largest
    remainders, ties by id. Raise ValueError if the parts cannot be rounded to that total.
    """
    if maximum <= 0:
        raise ValueError("a maximum of 0 has no shares")
    printed = {name: 100 * part // maximum for name, part in parts.items()}
    missing = total - sum(printed.values())
    if not 0 <= missing <= len(parts):
        raise ValueError(f"the parts do not round to {total}")
    by_remainder = sorted(parts, key=lambda name: (-(100 * parts[name] % maximum), name))
    for name in by_remainder[:missing]:
        printed[name] += 1
    return printed


def _walk(branch: Branch) -> Iterator[Contribution]:
    if not branch.is_known:
        yield Contribution(branch.question.id, range_of(branch), is_known=False)
        return
    [(level, _, opened)] = branch.outcomes
    own = points(branch.question)[level]
    yield Contribution(branch.question.id, Range(own, own))
    for place, child in enumerate(branch.children):
        if child is not None and opened >> place & 1:
            yield from _walk(child)


def _exact(total: Score) -> int:
    if not total.points.is_exact:
        raise ValueError("open answers leave the score a range, which has no printed shares")
    return shown_score(total.points.low, total.maximum)
