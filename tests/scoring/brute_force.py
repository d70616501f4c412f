"""The method by enumeration, written apart from `apps.scoring`: it shares no arithmetic with it.

Every complete set of answers that agrees with a record is written out, walked from the roots and
added up. Slow, and short enough to be checked by eye against the method, sections 2, 4 and 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, combinations, product

from apps.scoring.answers import Record, State
from apps.scoring.model import Action, Kind, Question, Questionnaire

Picks = frozenset[str]
Value = Callable[[Question, int], int]


def level_of(question: Question, picks: Picks) -> int:
    """Return the level of a concrete answer."""
    return min(4, sum(option.level for option in question.options if option.id in picks))


def all_answers(question: Question) -> list[Picks]:
    """Return every concrete answer of a question."""
    if question.kind is Kind.SINGLE:
        return [frozenset({option.id}) for option in question.options]
    ordinary = [option.id for option in question.options if option.id != "none"]
    subsets = chain.from_iterable(combinations(ordinary, size) for size in range(1, len(ordinary) + 1))
    return [frozenset({"none"}), *map(frozenset, subsets)]


def asked_now(questionnaire: Questionnaire, record: Record) -> set[str]:
    """Return the ids of the scored questions on screen."""
    after_result = {topic.id for topic in questionnaire.topics if topic.after_result}
    asked: set[str] = set()
    for question in questionnaire.questions:
        if question.topic in after_result or question.id in record.left_out:
            continue
        if record.topics is not None and question.topic not in record.topics:
            continue
        if question.parent is None:
            situation = record.situation
            if situation is None or not question.applies_to or question.applies_to & situation:
                asked.add(question.id)
            continue
        answer = record.answers.get(question.parent)
        if question.parent not in asked or answer is None:
            continue
        by_pick = answer.state in (State.KNOWN, State.PARTLY_SURE) and bool(answer.picks & question.show)
        by_doubt = answer.state in (State.NOT_SURE, State.PARTLY_SURE) and "unsure" in question.show
        if by_pick or by_doubt:
            asked.add(question.id)
    return asked


def left_open(question: Question, record: Record, asked: set[str]) -> list[Picks]:
    """Return the concrete answers that a record leaves open."""
    every = all_answers(question)
    answer = record.answers.get(question.id)
    if question.id not in asked or answer is None:
        return every
    if answer.state is State.KNOWN:
        return [picks for picks in every if picks == answer.picks]
    if answer.state is State.PARTLY_SURE:
        return [picks for picks in every if picks >= answer.picks]
    return every


def branch_questions(questionnaire: Questionnaire, root: Question, record: Record) -> list[Question]:
    """Return a root and everything below it that was not left out, parents first."""
    found = [root]
    for question in questionnaire.questions:
        if question.id not in record.left_out and any(question.parent == one.id for one in found):
            found.append(question)
    return found


def roots_that_count(questionnaire: Questionnaire, record: Record) -> list[Question]:
    """Return the scored roots in scope that concern this situation."""
    asked = asked_now(questionnaire, record)
    return [
        question
        for question in questionnaire.questions
        if question.parent is None and question.ratings and question.id in asked
    ]


def branch_totals(
    questionnaire: Questionnaire, record: Record, root: Question, values: tuple[Value, ...]
) -> set[tuple[int, ...]]:
    """Return the totals of some values over every completion of one branch."""
    asked = asked_now(questionnaire, record)
    questions = branch_questions(questionnaire, root, record)
    totals = set()
    for chosen in product(*(left_open(question, record, asked) for question in questions)):
        completion = {question.id: picks for question, picks in zip(questions, chosen, strict=True)}
        walked: list[Question] = []
        for question in questions:
            if question is root or (
                any(question.parent == one.id for one in walked) and completion[question.parent or ""] & question.show
            ):
                walked.append(question)
        levels = [(question, level_of(question, completion[question.id])) for question in walked]
        totals.add(tuple(sum(value(question, level) for question, level in levels) for value in values))
    return totals


def totals(questionnaire: Questionnaire, record: Record, *values: Value) -> set[tuple[int, ...]]:
    """Return the totals of some values over every completion of a record."""
    found: set[tuple[int, ...]] = {(0,) * len(values)}
    for root in roots_that_count(questionnaire, record):
        here = branch_totals(questionnaire, record, root, values)
        found = {tuple(a + b for a, b in zip(one, other, strict=True)) for one in found for other in here}
    return found


def ends(questionnaire: Questionnaire, record: Record, value: Value) -> tuple[int, int]:
    """Return the least and the most of one value over every completion."""
    found = [total for (total,) in totals(questionnaire, record, value)]
    return min(found), max(found)


def weight(question: Question) -> int:
    """Return a question's weight."""
    return 0 if question.ratings is None else sum(question.ratings)


def points(question: Question, level: int) -> int:
    """Return the points of a level."""
    return weight(question) * level


def taken_off(actions: list[Action], given: list[Action] | None = None) -> Value:
    """Return what a set of actions takes off a level, after those given."""
    before = points_left(given or [])
    after = points_left([*(given or []), *actions])
    return lambda question, level: before(question, level) - after(question, level)


def points_left(actions: list[Action]) -> Value:
    """Return what is left of a level's points after a set of actions, done one by one."""

    def value(question: Question, level: int) -> int:
        for action in actions:
            level = min(level, action.caps.get(question.id, 4))
        return weight(question) * level

    return value


def maximum(questionnaire: Questionnaire, record: Record) -> int:
    """Return the most points of a record's scope."""
    everyone = Record({}, None, record.topics, record.left_out)
    return ends(questionnaire, everyone, points)[1]


def sets_of_actions(action_ids: list[str], size: int) -> Iterator[tuple[str, ...]]:
    """Yield every set of one up to `size` actions, ids in order."""
    for count in range(1, size + 1):
        yield from combinations(sorted(action_ids), count)
