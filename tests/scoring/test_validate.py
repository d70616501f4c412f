"""Each rule V1 to V7, and the plain rules of the table, refuse what breaks them and say where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.scoring import Kind, Questionnaire, Topic, problems
from tests.scoring.worked import make_action, make_question

YES_NO = {"no": 0, "yes": 4}
TOPICS = tuple(f"t{number}" for number in range(5))


def make_edition(**changes: object) -> Questionnaire:
    """Return an edition without any problem: five topics of two questions, a follow-up and two actions."""
    questions = tuple(
        make_question(f"{topic}{letter}", topic, 6, {"no": 0, "some": 2, "yes": 4})
        for topic in TOPICS
        for letter in "ab"
    )
    follow_up = make_question("t0c", "t0", 3, YES_NO, "t0a", ("some", "yes", "unsure"))
    multi = make_question("t1c", "t1", 3, {"x": 1, "y": 2, "none": 0}, kind=Kind.MULTI)
    after = make_question("z", "after", 0, YES_NO)
    parts: dict[str, object] = {
        "topics": (*(Topic(topic) for topic in TOPICS), Topic("after", after_result=True)),
        "questions": (*questions, follow_up, multi, after),
        "actions": (make_action("a1", 1, {"t0a": 2, "t1c": 3}), make_action("a2", 2, t0b=("yes", "unsure"))),
    }
    return Questionnaire(**{**parts, **changes})  # type: ignore[arg-type]


EDITION = make_edition()
QUESTIONS = {question.id: question for question in EDITION.questions}


def with_question(question_id: str, **changes: object) -> Questionnaire:
    """Return the edition with one question changed."""
    return make_edition(
        questions=tuple(
            replace(question, **changes) if question.id == question_id else question  # type: ignore[arg-type]
            for question in EDITION.questions
        )
    )


def with_more(*questions: object) -> Questionnaire:
    """Return the edition with questions added at the end."""
    return make_edition(questions=(*EDITION.questions, *questions))


def with_action(*actions: object) -> Questionnaire:
    """Return the edition with actions added."""
    return make_edition(actions=(*EDITION.actions, *actions))


def test_a_sound_edition_has_no_problem() -> None:
    assert [problem for problem in problems(EDITION) if problem.rule != "V7"] == []


BROKEN = [
    ("V1", "topic t0", make_edition(topics=(*EDITION.topics, Topic("t0")))),
    ("V1", "question t0b", with_more(QUESTIONS["t0b"])),
    ("V1", "option no of question t0b", with_question("t0b", options=QUESTIONS["t0b"].options * 2)),
    ("V1", "action a1", with_action(make_action("a1"))),
    ("V1", "question t0b", with_question("t0b", topic="nowhere")),
    ("V1", "question t0c", with_question("t0c", parent="missing")),
    ("V1", "question t0c", with_question("t0c", parent="t0c")),
    ("V1", "question t0a", with_question("t0a", parent="t0b", show=frozenset({"yes"}))),
    ("V1", "question t0c", with_question("t0c", parent="t1a")),
    ("V2", "question t0c", with_question("t0c", show=frozenset({"some", "yes", "perhaps"}))),
    ("V2", "question t0c", with_question("t0c", show=frozenset())),
    ("V2", "question t0b", with_question("t0b", show=frozenset({"yes"}))),
    ("V2", "question t1d", with_more(make_question("t1d", "t1", 3, YES_NO, "t1c", ("x", "y", "none")))),
    ("V3", "question t0c", with_question("t0c", show=frozenset({"some"}))),
    ("V3", "question t1d", with_more(make_question("t1d", "t1", 3, YES_NO, "t1c", ("x",)))),
    ("V4", "topic t2", with_more(make_question("t2c", "t2", 3, {"little": 1, "much": 4}))),
    ("V4", "topic t5", make_edition(topics=(*EDITION.topics, Topic("t5")))),
    ("V5", "action a3", with_action(make_action("a3", 1, {"t0a": 1}))),
    ("V5", "action a3", with_action(make_action("a3", 1, {"t0a": 4}))),
    ("V5", "action a3", with_action(make_action("a3", 1, {"t1c": 4}))),
    ("V5", "action a3", with_action(make_action("a3", 1, {"missing": 0}))),
    ("V6", "option unsure of question t2c", with_more(make_question("t2c", "t2", 3, {"no": 0, "unsure": 2}))),
    (
        "V6",
        "option prefer-not of question t2c",
        with_more(make_question("t2c", "t2", 3, {"no": 0, "prefer-not": 2})),
    ),
    ("model", "topics", make_edition(topics=EDITION.topics[1:])),
    ("model", "question z", with_question("z", ratings=(1, 1, 1))),
    ("model", "question t0c", with_question("t0a", ratings=None)),
    ("model", "question t0a", with_question("t0a", ratings=(0, 4, 4))),
    ("model", "question t0a", with_question("t0a", ratings=(5, 1, 1))),
    ("model", "question t0c", with_question("t0c", applies_to=frozenset({"job"}))),
    ("model", "option yes of question t2c", with_more(make_question("t2c", "t2", 3, {"no": 0, "yes": 5}))),
    ("model", "question t2c", with_more(make_question("t2c", "t2", 3, {"no": 0}))),
    ("model", "question t2c", with_more(make_question("t2c", "t2", 3, {"x": 1}, kind=Kind.MULTI))),
    ("model", "question t2c", with_more(make_question("t2c", "t2", 3, {"x": 1, "none": 1}, kind=Kind.MULTI))),
    (
        "model",
        "question t2c",
        with_more(make_question("t2c", "t2", 3, {**dict.fromkeys("abcdefghi", 1), "none": 0}, kind=Kind.MULTI)),
    ),
    (
        "model",
        "option x of question t2c",
        with_more(make_question("t2c", "t2", 3, {"x": 0, "y": 1, "none": 0}, kind=Kind.MULTI)),
    ),
    ("model", "action a3", with_action(make_action("a3", 4))),
    ("model", "action a3", with_action(make_action("a3", t0a=("perhaps",)))),
    ("model", "action a3", with_action(make_action("a3", missing=("yes",)))),
    (
        "model",
        "actions",
        with_action(*(replace(make_action(f"f{number}"), family=f"f{number}") for number in range(9))),
    ),
]


@pytest.mark.parametrize(("rule", "item", "questionnaire"), BROKEN)
def test_a_broken_rule_is_named_with_its_item(rule: str, item: str, questionnaire: Questionnaire) -> None:
    found = [problem for problem in problems(questionnaire) if (problem.rule, problem.item) == (rule, item)]
    assert found
    assert not found[0].warning
    assert found[0].reason
    assert found[0].mend


@pytest.mark.parametrize(
    ("rule", "item", "questionnaire"),
    [
        ("V7", "question big", with_more(make_question("big", "t3", 12, YES_NO))),
        ("V7", "topic t5", make_edition(
            topics=(*EDITION.topics, Topic("t5")),
            questions=(*EDITION.questions, make_question("t5a", "t5", 3, {"no": 0, "yes": 1})),
        )),
        ("V7", "topic t3", with_more(*(make_question(f"t3{letter}", "t3", 8, YES_NO) for letter in "cdef"))),
        ("V5", "action a3", with_action(make_action("a3", 1, {"z": 0}))),
    ],
)  # fmt: skip
def test_a_warning_does_not_block_publishing(rule: str, item: str, questionnaire: Questionnaire) -> None:
    found = [problem for problem in problems(questionnaire) if (problem.rule, problem.item) == (rule, item)]
    assert [problem.warning for problem in found] == [True]


def test_every_problem_is_named_at_once() -> None:
    questionnaire = make_edition(
        questions=(
            *EDITION.questions,
            make_question("t0d", "t0", 3, {"no": 0, "unsure": 1}, "t0a", ("perhaps",)),
            make_question("t0d", "t0", 3, {"no": 1, "yes": 9}),
        ),
        actions=(make_action("a1", 1, {"t0a": 3}),),
    )
    rules = {problem.rule for problem in problems(questionnaire) if not problem.warning}
    assert rules == {"model", "V1", "V2", "V5", "V6"}


def test_a_topic_after_the_result_is_not_counted() -> None:
    topics = tuple(Topic(topic) for topic in TOPICS)
    after = tuple(Topic(f"after{number}", after_result=True) for number in range(9))
    found = [problem.item for problem in problems(make_edition(topics=(*topics, *after, Topic("after", True))))]
    assert "topics" not in found
    assert not [item for item in found if item.startswith("topic after")]
