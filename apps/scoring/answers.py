"""What a person answered: five answer states, and the record that holds them.

Source: method, section 2, "Answer states" and "Scope and situation".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from apps.scoring.model import NONE, Kind, Question


class AnswerError(ValueError):
    """An answer that its question does not offer. `question` is the question's id."""

    def __init__(self, question: str, reason: str) -> None:
        """Keep the question's id beside the reason."""
        super().__init__(f"question {question}: {reason}")
        self.question = question
        self.reason = reason


class State(Enum):
    """How much of an answer is known. The fifth state, missing, is having no answer at all."""

    KNOWN = "known"
    PARTLY_SURE = "partly sure"
    NOT_SURE = "not sure"
    PREFER_NOT_TO_SAY = "prefer not to say"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its state and, where it is known or partly sure, the options picked."""

    state: State
    picks: frozenset[str] = frozenset()

    @classmethod
    def known(cls, *option_ids: str) -> Answer:
        """Return an answer that is fully known: one option, or a multi's whole selection."""
        return cls(State.KNOWN, frozenset(option_ids))

    @classmethod
    def partly(cls, *option_ids: str) -> Answer:
        """Return a multi's answer "these, not sure about the rest"."""
        return cls(State.PARTLY_SURE, frozenset(option_ids))

    @classmethod
    def not_sure(cls) -> Answer:
        """Return "not sure": every option is left open, and follow-ups listing `unsure` are asked."""
        return cls(State.NOT_SURE)

    @classmethod
    def prefer_not(cls) -> Answer:
        """Return "prefer not to say": every option is left open, and nothing more is asked."""
        return cls(State.PREFER_NOT_TO_SAY)


@dataclass(frozen=True, slots=True)
class Record:
    """A person's answers by question id; a question without an entry is missing.

    `situation` is None where it was skipped and empty where none of the situations is true.
    `topics` are the chosen topics, None for all. `left_out` are questions taken out of the scope;
    each takes its whole branch with it. Answers to questions that are not on screen may stay: they
    are ignored.
    """

    answers: Mapping[str, Answer]
    situation: frozenset[str] | None = None
    topics: frozenset[str] | None = None
    left_out: frozenset[str] = frozenset()


def check_answer(question: Question, answer: Answer) -> None:
    """Raise AnswerError unless the question offers this answer."""
    picks = answer.picks
    if answer.state in (State.NOT_SURE, State.PREFER_NOT_TO_SAY):
        if picks:
            raise AnswerError(question.id, f"`{answer.state.value}` picks no option")
        return
    if not picks:
        raise AnswerError(question.id, "no option is picked")
    offered = [option.id for option in question.options]
    if not picks.issubset(offered):
        raise AnswerError(question.id, f"there is no option {', '.join(sorted(picks.difference(offered)))}")
    if question.kind is Kind.SINGLE:
        if answer.state is State.PARTLY_SURE:
            raise AnswerError(question.id, "only a question with several answers can be partly sure")
        if len(picks) > 1:
            raise AnswerError(question.id, "only one option can be picked")
    elif NONE in picks:
        if len(picks) > 1:
            raise AnswerError(question.id, f"`{NONE}` stands alone")
        if answer.state is State.PARTLY_SURE:
            raise AnswerError(question.id, f"`{NONE}` leaves no rest to be unsure about")
