"""The one recursion: the range of a value over every answer that a record leaves open.

    range(q) = [min, max] over the concrete answers c that are left open
               of v(q, c) + the ranges of the follow-ups that c opens

The score, gains and what is left within reach are this recursion with different `v`.
Source: method, section 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from apps.scoring.answers import Record, State, check_answer
from apps.scoring.model import Outcome, Question, Questionnaire
from apps.scoring.routing import applies, opens, scope_of

Value: TypeAlias = Callable[[Question], Sequence[int]]
"""`v(q, c)`: for a question, the value of each level 0 to 4. It must never fall as the level rises."""


@dataclass(frozen=True, slots=True)
class Range:
    """An interval of whole points, both ends included; exact answers give equal ends."""

    low: int
    high: int

    @property
    def is_exact(self) -> bool:
        """Whether both ends are equal."""
        return self.low == self.high

    @property
    def width(self) -> int:
        """How much is not known: high less low."""
        return self.high - self.low

    @property
    def total(self) -> int:
        """Low and high together: twice the middle, as a whole number, for comparing ranges."""
        return self.low + self.high

    def __add__(self, other: Range) -> Range:
        """Add two independent ranges, the ends separately."""
        return Range(self.low + other.low, self.high + other.high)

    def __contains__(self, value: int) -> bool:
        """Return whether a value lies within the range."""
        return self.low <= value <= self.high


NOTHING = Range(0, 0)


@dataclass(frozen=True, slots=True)
class Branch:
    """A question as one record leaves it, with the follow-ups that may count.

    `is_known` is whether its answer is fully known. An outcome's bit mask is over `children`; a
    place holds None where that follow-up was left out or no outcome opens it.
    """

    question: Question
    is_known: bool
    outcomes: tuple[Outcome, ...]
    children: tuple[Branch | None, ...]


def points(question: Question) -> Sequence[int]:
    """Return the points of each level: `W * x`."""
    return question.points


def branch_of(questionnaire: Questionnaire, record: Record, question: Question, asked: bool = True) -> Branch:
    """Return a question's branch. `asked` is whether it is on screen: otherwise its record is ignored.

    Raise AnswerError for an answer on screen that its question does not offer.
    """
    facts = questionnaire.branching(question.id)
    answer = record.answers.get(question.id) if asked else None
    is_known = False
    outcomes = facts.when_open
    if answer is not None:
        check_answer(question, answer)
        if answer.state is State.KNOWN:
            is_known = True
            outcomes = (facts.outcome_of(answer.picks),)
        elif answer.state is State.PARTLY_SURE:
            outcomes = facts.outcomes_with(answer.picks)
    if not facts.children:
        return Branch(question, is_known, outcomes, ())
    reachable = 0
    for _, _, opened in outcomes:
        reachable |= opened
    children = tuple(
        branch_of(questionnaire, record, child, opens(answer, child))
        if reachable >> place & 1 and child.id not in record.left_out
        else None
        for place, child in enumerate(facts.children)
    )
    return Branch(question, is_known, outcomes, children)


def branches_in_scope(questionnaire: Questionnaire, record: Record) -> tuple[Branch, ...]:
    """Return the branch of every scored root in scope that concerns this person, in edition order."""
    return tuple(
        branch_of(questionnaire, record, root)
        for root in roots_in_scope(questionnaire, record)
        if applies(root, record)
    )


def roots_in_scope(questionnaire: Questionnaire, record: Record) -> Iterable[Question]:
    """Return the scored roots of the scope, in edition order, whatever the situation."""
    topics = scope_of(questionnaire, record)
    return (
        root
        for root in questionnaire.roots
        if root.is_scored and root.topic in topics and root.id not in record.left_out
    )


def range_of(branch: Branch, value: Value = points) -> Range:
    """Return the exact range of a value over everything that a branch leaves open."""
    return Range(*_ends(branch, value))


def _ends(branch: Branch, value: Value) -> tuple[int, int]:
    worth = value(branch.question)
    if not branch.children:
        return (
            min([worth[least] for least, _, _ in branch.outcomes]),
            max([worth[most] for _, most, _ in branch.outcomes]),
        )
    below = [None if child is None else _ends(child, value) for child in branch.children]
    lows, highs = [], []
    for least, most, opened in branch.outcomes:
        low, high = worth[least], worth[most]
        for place, ends in enumerate(below):
            if ends is not None and opened >> place & 1:
                low += ends[0]
                high += ends[1]
        lows.append(low)
        highs.append(high)
    return min(lows), max(highs)
