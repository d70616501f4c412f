"""Which answers a question offers."""

from __future__ import annotations

import pytest

from apps.scoring import Answer, AnswerError, State, check_answer, score
from tests.scoring.worked import WORKED, base


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("A1", Answer.known("friends")),
        ("A1", Answer.not_sure()),
        ("A1", Answer.prefer_not()),
        ("B1", Answer.known("none")),
        ("B1", Answer.known("filter", "guess")),
        ("B1", Answer.partly("filter")),
        ("B1", Answer.partly("filter", "avatar", "swap", "guess")),
    ],
)
def test_offered(question: str, answer: Answer) -> None:
    check_answer(WORKED.question(question), answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        pytest.param("A1", Answer.known("everyone"), id="no such option"),
        pytest.param("A1", Answer.known("friends", "anyone"), id="two picks on a single"),
        pytest.param("A1", Answer.known(), id="no pick"),
        pytest.param("A1", Answer.known("none"), id="none on a single that has none"),
        pytest.param("A1", Answer.partly("friends"), id="partly sure on a single"),
        pytest.param("A1", Answer(State.NOT_SURE, frozenset({"friends"})), id="not sure, with a pick"),
        pytest.param("A1", Answer(State.PREFER_NOT_TO_SAY, frozenset({"friends"})), id="prefer not, with a pick"),
        pytest.param("B1", Answer.known("filter", "none"), id="none with others"),
        pytest.param("B1", Answer.known(), id="no pick on a multi"),
        pytest.param("B1", Answer.partly(), id="partly sure without picks"),
        pytest.param("B1", Answer.partly("none"), id="partly sure of none"),
        pytest.param("B1", Answer.partly("filter", "none"), id="partly sure of none and others"),
        pytest.param("B1", Answer.known("filter", "swop"), id="one pick unknown"),
    ],
)
def test_refused(question: str, answer: Answer) -> None:
    with pytest.raises(AnswerError) as caught:
        check_answer(WORKED.question(question), answer)
    assert caught.value.question == question


def test_a_score_is_never_made_of_an_answer_that_is_not_offered() -> None:
    with pytest.raises(AnswerError, match="question A1"):
        score(WORKED, base(A1="everyone"))
    # Off screen it is ignored like any other recorded answer.
    assert score(WORKED, base(A1="nopost", A2="everyone")).points.low == 23
