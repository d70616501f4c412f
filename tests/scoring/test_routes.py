"""Proofs about paths: examples really reach what they promise, and lengths are exact."""

from __future__ import annotations

from itertools import chain, combinations, product

from hypothesis import HealthCheck, given, settings

from apps.scoring import (
    Answer,
    Kind,
    PathLength,
    Question,
    Questionnaire,
    Record,
    Topic,
    example_reaching_action,
    example_reaching_option,
    example_reaching_question,
    gain,
    on_screen,
    path_lengths,
    plan,
)
from tests.scoring.editions import editions, few
from tests.scoring.worked import WORKED, make_action, make_question

YES_NO = {"no": 0, "yes": 1}


def on_any_screen(questionnaire: Questionnaire, record: Record) -> set[str]:
    """Return the ids on screen before or after the result."""
    return {question.id for after in (False, True) for question in on_screen(questionnaire, record, after)}


@few
@given(editions())
def test_every_question_option_and_action_has_an_example(questionnaire: Questionnaire) -> None:
    for question in questionnaire.questions:
        record = example_reaching_question(questionnaire, question.id)
        assert record is not None
        assert question.id in on_any_screen(questionnaire, record)
        for option in [*(option.id for option in question.options), "unsure"]:
            reached = example_reaching_option(questionnaire, question.id, option)
            assert reached is not None
            assert question.id in on_any_screen(questionnaire, reached)
            answer = reached.answers[question.id]
            assert answer == (Answer.not_sure() if option == "unsure" else Answer.known(option))
    for action in questionnaire.actions:
        reached = example_reaching_action(questionnaire, action.id)
        assert reached is not None
        helps = action.id in plan(questionnaire, reached).offered
        assert helps or gain(questionnaire, reached, [action.id]).low > 0


def test_what_nothing_reaches_has_no_example() -> None:
    questionnaire = Questionnaire(
        (Topic("t"),),
        (
            make_question("p", "t", 3, YES_NO),
            make_question("lost", "t", 3, YES_NO, "p"),
            make_question("below", "t", 3, YES_NO, "lost", ("yes",)),
            make_question("orphan", "t", 3, YES_NO, "missing", ("yes",)),
            make_question("own", "t", 3, YES_NO, "own", ("yes",)),
        ),
        (
            make_action("a1", 1, {"lost": 0}, below=("yes",)),
            make_action("a2"),
            make_action("a3", 1, {"p": 1}),
            make_action("a4", p=("no",)),
        ),
    )
    for lost in ("lost", "below", "orphan", "own"):
        assert example_reaching_question(questionnaire, lost) is None
        assert example_reaching_option(questionnaire, lost, "yes") is None
    reached = {action.id: example_reaching_action(questionnaire, action.id) for action in questionnaire.actions}
    assert [action for action, record in reached.items() if record] == ["a4"]


def test_an_example_names_the_situation_that_it_needs() -> None:
    questionnaire = Questionnaire(
        (Topic("t"),), (make_question("p", "t", 3, YES_NO, applies_to=("study", "carer")),), ()
    )
    record = example_reaching_question(questionnaire, "p")
    assert record is not None
    assert record.situation == frozenset({"carer"})


def test_the_paths_of_the_worked_edition() -> None:
    assert path_lengths(WORKED) == {None: PathLength(5, 7), frozenset(): PathLength(5, 7)}


def test_path_lengths_depend_on_the_situation() -> None:
    questionnaire = Questionnaire(
        (Topic("t"), Topic("after", after_result=True)),
        (
            make_question("p", "t", 3, YES_NO),
            make_question("study", "t", 3, YES_NO, applies_to=("study",)),
            make_question("more", "t", 3, YES_NO, "study", ("yes",)),
            make_question("job", "t", 3, YES_NO, applies_to=("job", "study")),
            make_question("late", "after", 0, YES_NO),
        ),
        (),
    )
    assert path_lengths(questionnaire) == {
        None: PathLength(3, 4),
        frozenset(): PathLength(1, 1),
        frozenset({"job"}): PathLength(2, 2),
        frozenset({"study"}): PathLength(3, 4),
        frozenset({"job", "study"}): PathLength(3, 4),
    }


def every_answer(question: Question) -> list[Answer | None]:
    """Return every answer that a question offers, and a missing one."""
    found: list[Answer | None] = [None, Answer.not_sure(), Answer.prefer_not()]
    found += [Answer.known(option.id) for option in question.options]
    if question.kind is Kind.MULTI:
        ids = [option.id for option in question.ordinary]
        for some in chain.from_iterable(combinations(ids, size) for size in range(1, len(ids) + 1)):
            found += [Answer.known(*some), Answer.partly(*some)]
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(editions())
def test_path_lengths_equal_the_enumeration(questionnaire: Questionnaire) -> None:
    for situation, length in path_lengths(questionnaire).items():
        shortest = longest = 0
        for topic in questionnaire.scored_topics:
            parents = [q for q in questionnaire.topic_questions(topic) if questionnaire.children(q.id)]
            lengths = {
                len(on_screen(questionnaire, _record(parents, chosen, situation, topic)))
                for chosen in product(*map(every_answer, parents))
            }
            shortest += min(lengths)
            longest += max(lengths)
        assert length == PathLength(shortest, longest)


def _record(
    parents: list[Question], chosen: tuple[Answer | None, ...], situation: frozenset[str] | None, topic: str
) -> Record:
    answers = {question.id: answer for question, answer in zip(parents, chosen, strict=True) if answer}
    return Record(answers, situation, frozenset({topic}))


def test_being_partly_sure_can_make_the_longest_path() -> None:
    questionnaire = Questionnaire(
        (Topic("t"),),
        (
            make_question("p", "t", 3, {"x": 1, "none": 0}, kind=Kind.MULTI),
            make_question("picked", "t", 3, YES_NO, "p", ("x",)),
            make_question("doubted", "t", 3, YES_NO, "p", ("unsure",)),
        ),
        (),
    )
    assert path_lengths(questionnaire)[None] == PathLength(1, 3)
