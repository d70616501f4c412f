"""Proofs about a questionnaire's paths: what can be reached, by which answers, and how long a path is.

These are facts of an edition for its editors. Nothing here is about a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from apps.scoring.answers import Answer, Record
from apps.scoring.model import UNSURE, Action, Kind, Question, Questionnaire
from apps.scoring.plan import gain, plan
from apps.scoring.routing import applies, on_screen


@dataclass(frozen=True, slots=True)
class PathLength:
    """The fewest and the most questions that can be on screen, both of them really reached."""

    shortest: int
    longest: int

    def __add__(self, other: PathLength) -> PathLength:
        """Add two independent parts of a path."""
        return PathLength(self.shortest + other.shortest, self.longest + other.longest)


def example_reaching_question(questionnaire: Questionnaire, question_id: str) -> Record | None:
    """Return a record with as few answers as can be that puts a question on screen, or None if none does.

    Raise KeyError for an unknown question.
    """
    question = questionnaire.question(question_id)
    answers: dict[str, Answer] = {}
    seen = {question.id}
    while question.parent is not None:
        if question.parent in seen or not questionnaire.has_question(question.parent):
            return None
        parent = questionnaire.question(question.parent)
        opening = [option.id for option in parent.ordinary if option.id in question.show]
        if opening:
            answers[parent.id] = Answer.known(opening[0])
        elif UNSURE in question.show:
            answers[parent.id] = Answer.not_sure()
        else:
            return None
        seen.add(parent.id)
        question = parent
    situation = frozenset(sorted(question.applies_to)[:1]) if question.applies_to else None
    record = Record(answers, situation)
    return record if _is_on_screen(questionnaire, record, question_id) else None


def example_reaching_option(questionnaire: Questionnaire, question_id: str, option_id: str) -> Record | None:
    """Return a record in which a question on screen is answered by this option, or None if none does.

    `option_id` may be `unsure`. Raise KeyError for an unknown question or option.
    """
    question = questionnaire.question(question_id)
    answer = Answer.not_sure() if option_id == UNSURE else Answer.known(question.option(option_id).id)
    return _answered(questionnaire, question_id, answer)


def example_reaching_action(questionnaire: Questionnaire, action_id: str) -> Record | None:
    """Return a record in which an action takes points off for sure, or else is offered, or None if none does.

    Raise KeyError for an unknown action.
    """
    action = questionnaire.action(action_id)
    for record in _candidates(questionnaire, action):
        if gain(questionnaire, record, [action_id]).low or action_id in plan(questionnaire, record).offered:
            return record
    return None


def path_lengths(questionnaire: Questionnaire) -> Mapping[frozenset[str] | None, PathLength]:
    """Return the length of the shortest and longest path before the result, by stated situation.

    The keys are None (situation skipped) and every set of the situations that questions name. The
    lengths are exact: follow-ups of different questions open independently, so each branch is counted
    once, over every set of follow-ups that one answer can open.
    """
    topics = set(questionnaire.scored_topics)
    roots = [root for root in questionnaire.roots if root.topic in topics]
    lengths = {root.id: _length(questionnaire, root) for root in roots}
    named = sorted(frozenset().union(*(root.applies_to for root in roots)))
    situations: list[frozenset[str] | None] = [None]
    situations += [frozenset(some) for size in range(len(named) + 1) for some in combinations(named, size)]
    return {
        situation: sum((lengths[root.id] for root in roots if applies(root, Record({}, situation))), PathLength(0, 0))
        for situation in situations
    }


def _length(questionnaire: Questionnaire, question: Question) -> PathLength:
    facts = questionnaire.branching(question.id)
    below = [_length(questionnaire, child) for child in facts.children]
    sums = [
        sum((part for place, part in enumerate(below) if opened >> place & 1), PathLength(1, 1))
        for opened in _follow_ups_opened(questionnaire, question)
    ]
    return PathLength(min(part.shortest for part in sums), max(part.longest for part in sums))


def _follow_ups_opened(questionnaire: Questionnaire, question: Question) -> set[int]:
    """Return every set of follow-ups that one answer puts on screen, as bit masks over the children."""
    facts = questionnaire.branching(question.id)
    if_unsure = sum(1 << place for place, child in enumerate(facts.children) if UNSURE in child.show)
    opened = {0, if_unsure}  # "prefer not to say" opens nothing
    if question.kind is Kind.SINGLE:
        return opened | set(facts.opens.values())
    picked = {0}
    for option in facts.ordinary:
        picked |= {mask | facts.opens[option] for mask in picked}
    # Partly sure: what the certain picks open, and what not being sure opens.
    return opened | picked | {mask | if_unsure for mask in picked}


def _candidates(questionnaire: Questionnaire, action: Action) -> Iterator[Record]:
    """Yield the records worth trying: first the most open answer to each capped question, then the helped."""
    for question in questionnaire.questions:
        if question.id in action.caps:
            if question.kind is Kind.MULTI:
                picks = tuple(option.id for option in question.ordinary)
            else:
                picks = (max(question.options, key=lambda option: option.level).id,)
            record = _answered(questionnaire, question.id, Answer.known(*picks))
            if record:
                yield record
    for question in questionnaire.questions:
        words = action.helps.get(question.id, frozenset())
        for word in (*(option.id for option in question.options), UNSURE):
            record = example_reaching_option(questionnaire, question.id, word) if word in words else None
            if record:
                yield record


def _answered(questionnaire: Questionnaire, question_id: str, answer: Answer) -> Record | None:
    reached = example_reaching_question(questionnaire, question_id)
    if reached is None:
        return None
    return Record({**reached.answers, question_id: answer}, reached.situation)


def _is_on_screen(questionnaire: Questionnaire, record: Record, question_id: str) -> bool:
    asked = (*on_screen(questionnaire, record), *on_screen(questionnaire, record, after_result=True))
    return any(question.id == question_id for question in asked)
