"""What is on screen, and what scope and situation do to the score."""

from __future__ import annotations

import pytest

from apps.scoring import (
    Answer,
    Kind,
    Questionnaire,
    Range,
    Record,
    Topic,
    applies,
    does_not_apply,
    on_screen,
    score,
    unanswered,
)
from tests.scoring.worked import NOT_SURE, PREFER_NOT, WORKED, answers, base, make_question

YES_NO = {"no": 0, "yes": 4}
SCHOOL = Questionnaire(
    (Topic("home"), Topic("school"), Topic("choices", after_result=True)),
    (
        make_question("h", "home", 5, {"x": 1, "y": 2, "none": 0}, kind=Kind.MULTI),
        make_question("hx", "home", 3, YES_NO, "h", ("x", "y")),
        make_question("hy", "home", 3, YES_NO, "h", ("y", "unsure")),
        make_question("s", "school", 6, YES_NO, applies_to=("study", "carer")),
        make_question("sx", "school", 4, YES_NO, "s", ("yes",)),
        make_question("care", "home", 0, YES_NO),
        make_question("law", "choices", 0, YES_NO),
        make_question("ask", "choices", 0, YES_NO, "law", ("yes",)),
    ),
    (),
)


def ids(record: Record, after_result: bool = False) -> list[str]:
    """Return the ids on screen."""
    return [question.id for question in on_screen(SCHOOL, record, after_result)]


@pytest.mark.parametrize(
    ("answer", "opened"),
    [
        (Answer.known("x"), ["hx"]),
        (Answer.known("y"), ["hx", "hy"]),
        (Answer.known("none"), []),
        (Answer.partly("x"), ["hx", "hy"]),
        (Answer.not_sure(), ["hy"]),
        (Answer.prefer_not(), []),
        (None, []),
    ],
)
def test_each_answer_has_its_next_questions(answer: Answer | None, opened: list[str]) -> None:
    record = Record({"h": answer} if answer else {}, situation=frozenset())
    assert ids(record) == ["h", *opened, "care"]


@pytest.mark.parametrize(
    ("question", "answer", "asked"),
    [
        ("A1", "nopost", False),
        ("A1", "friends", True),
        ("A1", "followers", True),
        ("A1", "anyone", True),
        ("A1", NOT_SURE, False),
        ("A1", PREFER_NOT, False),
        ("C1", "no", False),
        ("C1", "choice", True),
        ("C1", "all", True),
        ("C1", NOT_SURE, True),
        ("C1", PREFER_NOT, False),
    ],
)
def test_the_worked_edition_step_by_step(question: str, answer: str | Answer, asked: bool) -> None:
    follow_up = {"A1": "A2", "C1": "C2"}[question]
    shown = [one.id for one in on_screen(WORKED, Record(answers(**{question: answer})))]
    assert (follow_up in shown) is asked


@pytest.mark.parametrize(
    ("situation", "asked"),
    [
        (None, True),
        (frozenset(), False),
        (frozenset({"job"}), False),
        (frozenset({"carer"}), True),
        (frozenset({"job", "study"}), True),
    ],
)
def test_the_situation_decides_whether_a_branch_is_asked(situation: frozenset[str] | None, asked: bool) -> None:
    record = Record(answers(s="yes", sx="yes"), situation)
    assert ("s" in ids(record)) is asked
    assert ("sx" in ids(record)) is asked
    assert applies(SCHOOL.question("s"), record) is asked
    assert does_not_apply(SCHOOL, record, "school") is not asked
    result = score(SCHOOL, record)
    assert result.topics["school"] == (Range(40, 40) if asked else Range(0, 0))
    assert result.topic_maximum["school"] == 40  # the denominator never depends on the path


def test_a_topic_left_out_of_the_scope_leaves_points_and_maximum() -> None:
    result = score(SCHOOL, Record(answers(s="yes", sx="no"), topics=frozenset({"school", "choices"})))
    assert (result.points, result.maximum, list(result.topics)) == (Range(24, 24), 40, ["school"])


@pytest.mark.parametrize(
    ("left_out", "points", "maximum", "shown"),
    [
        ("s", Range(0, 0), 0, []),
        ("sx", Range(24, 24), 24, ["s"]),
        ("h", Range(40, 40), 40, ["s", "sx"]),
    ],
)
def test_a_left_out_question_takes_its_branch_along(
    left_out: str, points: Range, maximum: int, shown: list[str]
) -> None:
    record = Record(answers(s="yes", sx="yes"), topics=frozenset({"school"}), left_out=frozenset({left_out}))
    result = score(SCHOOL, record)
    assert (result.points, result.maximum, ids(record)) == (points, maximum, shown)


def test_an_empty_scope_has_no_score() -> None:
    result = score(SCHOOL, Record({}, topics=frozenset()))
    assert (result.maximum, result.middle, result.topics) == (0, None, {})
    with pytest.raises(ValueError, match="of 0 points"):
        _ = result.shown


def test_topics_after_the_result_are_asked_apart_and_never_scored() -> None:
    record = Record(answers(law="yes"), topics=frozenset({"home"}))
    assert ids(record, after_result=True) == ["law", "ask"]
    assert not {"law", "ask"} & set(ids(record))
    assert list(score(SCHOOL, record).topics) == ["home"]


def test_unanswered_are_those_on_screen_without_any_answer() -> None:
    record = Record({"h": PREFER_NOT, "care": NOT_SURE}, situation=frozenset())
    assert unanswered(SCHOOL, record) == ()
    assert [question.id for question in unanswered(WORKED, base(C1="choice"))] == ["C2"]
    assert [question.id for question in unanswered(SCHOOL, record, after_result=True)] == ["law"]


def test_a_question_that_is_not_scored_is_asked_and_adds_nothing() -> None:
    record = Record(answers(h="none", care="yes"), situation=frozenset())
    assert "care" in ids(record)
    assert score(SCHOOL, record).points == Range(0, 0)


def test_a_topic_that_was_left_out_is_not_one_that_does_not_apply() -> None:
    record = Record({}, situation=frozenset(), left_out=frozenset({"s"}))
    assert not does_not_apply(SCHOOL, record, "school")
    with pytest.raises(KeyError):
        does_not_apply(SCHOOL, record, "nowhere")
