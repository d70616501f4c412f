"""Where a person is in the checkup: replayed from the answers on every request, never from history."""

from __future__ import annotations

from dataclasses import dataclass

from apps import scoring
from apps.checkup.sheet import AnswerSheet
from apps.editions.compiled import CompiledEdition


@dataclass(frozen=True)
class Path:
    """The questions on screen with the answers of a sheet, in order."""

    questions: tuple[str, ...]
    answered: frozenset[str]

    def position(self, question: str) -> int:
        """Return the place of a question on the path, 1 for the first."""
        return self.questions.index(question) + 1

    def before(self, question: str) -> str | None:
        """Return the question before this one, None for the first."""
        place = self.questions.index(question)
        return self.questions[place - 1] if place else None

    def next_open(self, question: str | None = None) -> str | None:
        """Return the next question without an answer, after the given one or from the start; None if there is none."""
        start = self.questions.index(question) + 1 if question else 0
        return next((later for later in self.questions[start:] if later not in self.answered), None)

    @property
    def missing(self) -> tuple[str, ...]:
        """The questions on screen that have no answer yet."""
        return tuple(question for question in self.questions if question not in self.answered)


def path_of(edition: CompiledEdition, sheet: AnswerSheet, *, after_result: bool = False) -> Path:
    """Return the path of a sheet: the scored part, or the questions that are asked after the result."""
    on_screen = scoring.on_screen(edition.questionnaire, sheet.record(), after_result=after_result)
    return Path(tuple(question.id for question in on_screen), frozenset(sheet.answers))


def nearest(edition: CompiledEdition, path: Path, question: str) -> str | None:
    """Return where to go from a question that is not on screen: the first on the path that comes after it."""
    order = list(edition.questions)
    place = order.index(question)
    return next((later for later in path.questions if order.index(later) > place), None)
