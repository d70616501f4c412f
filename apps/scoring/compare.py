"""Before and after: how much of a change is the person's, and how much is a changed edition's.

Scores of different editions are never subtracted. The new answers are scored with the old edition
as well, which splits the difference exactly. Source: method, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from apps.scoring.answers import AnswerError, Record, check_answer
from apps.scoring.branches import Range
from apps.scoring.model import Questionnaire
from apps.scoring.routing import on_screen, scope_of
from apps.scoring.score import Score, score


@dataclass(frozen=True, slots=True)
class Ends:
    """The low and the high end of a score, or how far each has moved, on the scale of 0 to 100, unrounded.

    Moved ends are each end's own difference, so `low` may be above `high`.
    """

    low: Fraction
    high: Fraction

    @property
    def is_exact(self) -> bool:
        """Whether both ends are equal."""
        return self.low == self.high

    @property
    def printed(self) -> tuple[int, int]:
        """Both ends as whole numbers, half rounded away from 0, so that up and down read alike."""
        return _whole(self.low), _whole(self.high)

    def __add__(self, other: Ends) -> Ends:
        """Add, end by end."""
        return Ends(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Ends) -> Ends:
        """Return how far each end lies above the other's."""
        return Ends(self.low - other.low, self.high - other.high)


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between two runs, split so that `before + you + ruler == after`, exactly.

    `you` is what changed because the answers did, `ruler` what changed because the edition did. Both
    are None where the two runs cannot be compared: then only the new score is shown.
    """

    before: Ends
    after: Ends
    you: Ends | None
    ruler: Ends | None


def compare(
    old_questionnaire: Questionnaire,
    old_record: Record,
    new_questionnaire: Questionnaire,
    new_record: Record,
) -> Change:
    """Return the change from the old run to the new one.

    The runs cannot be compared where their scopes differ, or where an answer that counts in the new
    edition is not one that the old edition offers. Within one edition the ruler moves nothing.

    Raise ValueError if a scope holds no scored question.
    """
    before = _ends(score(old_questionnaire, old_record))
    after = _ends(score(new_questionnaire, new_record))
    carried = _in_terms_of(old_questionnaire, new_questionnaire, new_record)
    if carried is None or not _same_scope(old_questionnaire, old_record, carried):
        return Change(before, after, None, None)
    between = _ends(score(old_questionnaire, carried))
    return Change(before, after, you=between - before, ruler=after - between)


def _in_terms_of(old: Questionnaire, new: Questionnaire, record: Record) -> Record | None:
    """Return a record of the new edition as one of the old edition, or None if it cannot be one.

    Answers that count for nothing in the new edition come along where the old one offers them:
    its branching may ask for them.
    """
    counting = {question.id for question in on_screen(new, record) if question.is_scored}
    answers = {}
    for question_id, answer in record.answers.items():
        try:
            check_answer(old.question(question_id), answer)
        except (KeyError, AnswerError):
            if question_id in counting:
                return None
        else:
            answers[question_id] = answer
    if record.topics is not None and not set(scope_of(new, record)) <= set(old.scored_topics):
        return None
    return Record(answers, record.situation, record.topics, record.left_out)


def _same_scope(questionnaire: Questionnaire, one: Record, other: Record) -> bool:
    return one.left_out == other.left_out and scope_of(questionnaire, one) == scope_of(questionnaire, other)


def _ends(total: Score) -> Ends:
    if total.maximum == 0:
        raise ValueError("a scope without scored questions has no score to compare")
    return _hundredths(total.points, total.maximum)


def _hundredths(points: Range, maximum: int) -> Ends:
    return Ends(Fraction(100 * points.low, maximum), Fraction(100 * points.high, maximum))


def _whole(value: Fraction) -> int:
    size = abs(value)
    rounded = (2 * size.numerator + size.denominator) // (2 * size.denominator)
    return rounded if value >= 0 else -rounded
