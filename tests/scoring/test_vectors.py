"""The test vectors of the method, section 9, as tables."""

from __future__ import annotations

import pytest

from apps.scoring import (
    Answer,
    Band,
    Questionnaire,
    Range,
    Record,
    Topic,
    after_ticks,
    band_of,
    contributions,
    gain,
    most_open_topic,
    plan,
    problems,
    score,
    shares,
    shown_score,
    topic_shares,
)
from tests.scoring.worked import NOT_SURE, PREFER_NOT, WORKED, answers, base, make_action, make_question

CLOSED = Record(answers(A1="nopost", B1="none", B2="no", C1="no", C3="rarely"))
OPEN = Record(
    answers(
        A1="anyone",
        A2="auto",
        B1=Answer.known("filter", "avatar", "swap", "guess"),
        B2="apps",
        C1="all",
        C2="cannot",
        C3="daily",
    )
)
FEW, SOME, HALF, MANY, MOST = Band


@pytest.mark.parametrize(
    ("record", "points", "shown", "middle", "bands"),
    [
        pytest.param(CLOSED, (0, 0), (0, 0), 0, (FEW, FEW), id="TV1 all closed"),
        pytest.param(OPEN, (161, 161), (100, 100), 100, (MOST, MOST), id="TV2 all open"),
        pytest.param(base(), (71, 71), (44, 44), 44, (HALF, HALF), id="TV3 base"),
        pytest.param(base(C1=NOT_SURE), (71, 139), (44, 87), None, (HALF, MOST), id="TV4 C2 missing"),
        pytest.param(base(C1=NOT_SURE, C2="hard"), (71, 125), (44, 78), None, (HALF, MANY), id="TV5 C2 hard"),
        pytest.param(base(C1=PREFER_NOT, C2="hard"), (71, 139), (44, 87), None, (HALF, MOST), id="TV5b C2 ignored"),
        pytest.param(base(A1="nopost"), (23, 23), (14, 14), 14, (FEW, FEW), id="TV6 A2 ignored"),
        pytest.param(
            base(B1=Answer.partly("filter", "avatar")),
            (71, 81),
            (44, 51),
            47,
            (HALF, HALF),
            id="TV7 partly sure",
        ),
        pytest.param(
            base(B1=Answer.known("filter", "swap", "guess")),
            (81, 81),
            (50, 50),
            50,
            (HALF, HALF),
            id="TV8 five levels count as four",
        ),
        pytest.param(Record({}), (0, 161), (0, 100), None, (FEW, MOST), id="TV9 nothing answered"),
    ],
)
def test_a_record_has_its_score(
    record: Record,
    points: tuple[int, int],
    shown: tuple[int, int],
    middle: int | None,
    bands: tuple[Band, Band],
) -> None:
    result = score(WORKED, record)
    assert (result.points, result.maximum) == (Range(*points), 161)
    assert (result.shown, result.middle, result.bands) == (shown, middle, bands)


def test_the_worked_edition_breaks_no_rule_but_size() -> None:
    blocking = [problem for problem in problems(WORKED) if not problem.warning]
    assert [(problem.rule, problem.item) for problem in blocking] == [("model", "topics")]


def test_tv3_by_hand() -> None:
    result = score(WORKED, base())
    assert result.topic_maximum == {"photos": 56, "devices": 28, "places": 77}
    assert {topic: points.low for topic, points in result.topics.items()} == {
        "photos": 48,
        "devices": 14,
        "places": 9,
    }
    assert [result.topic_shown(topic) for topic in result.topics] == [(86, 86), (50, 50), (12, 12)]
    assert most_open_topic(result) == "photos"
    assert {part.question: part.points.low for part in contributions(WORKED, base())} == {
        "A1": 24,
        "A2": 24,
        "B1": 10,
        "B2": 4,
        "C1": 0,
        "C3": 9,
    }


def test_tv3_shares_add_up_to_44() -> None:
    assert shares(WORKED, base()) == {"A1": 15, "A2": 15, "B1": 6, "B2": 2, "C1": 0, "C3": 6}
    assert topic_shares(WORKED, base()) == {"photos": 30, "devices": 9, "places": 5}


def test_tv5_attributes_the_branch_to_its_first_open_question() -> None:
    parts = {part.question: part for part in contributions(WORKED, base(C1=NOT_SURE, C2="hard"))}
    assert (parts["C1"].points, parts["C1"].is_known) == (Range(0, 54), False)
    assert "C2" not in parts


def test_tv10_gains_alone() -> None:
    alone = {action.id: gain(WORKED, base(), [action.id]) for action in WORKED.actions}
    assert alone == {
        "a1": Range(16, 16),
        "a2": Range(24, 24),
        "a3": Range(48, 48),
        "a4": Range(10, 10),
        "a5": Range(0, 0),
        "a6": Range(4, 4),
    }


def test_tv10_ranking() -> None:
    by_effort, by_drop = plan(WORKED, base()), plan(WORKED, base(), by="drop")
    assert [(step.action, step.drop.low) for step in by_effort.steps] == [
        ("a2", 24),
        ("a1", 16),
        ("a4", 10),
        ("a6", 4),
        ("a3", 8),
    ]
    assert [(step.action, step.drop.low) for step in by_drop.steps] == [("a3", 48), ("a4", 10), ("a6", 4)]
    assert by_effort.steps[-1].alone == Range(48, 48)
    assert by_effort.first_step == "a2"


def test_tv10_together() -> None:
    assert gain(WORKED, base(), ["a3", "a4"]) == Range(58, 58)
    assert plan(WORKED, base()).best_three == ("a3", "a4", "a6")
    assert gain(WORKED, base(), [action.id for action in WORKED.actions]) == Range(62, 62)
    result = plan(WORKED, base())
    assert (result.within_reach, result.yours, result.others) == (Range(9, 9), Range(62, 62), Range(9, 9))
    everything = after_ticks(WORKED, base(), [action.id for action in WORKED.actions])
    assert everything.shown == (6, 6)


def test_tv10_an_open_answer_makes_a_finding_out_task() -> None:
    record = base(C1=NOT_SURE)
    assert gain(WORKED, record, ["a5"]) == Range(0, 28)
    result = plan(WORKED, record)
    assert result.finding_out == ("a5",)
    assert "a5" not in [step.action for step in result.steps]


def test_tv11_greedy_is_not_the_best() -> None:
    weights = {"u": 6, "v": 6, "w": 4, "x": 4}
    questionnaire = Questionnaire(
        (Topic("t"),),
        tuple(make_question(name, "t", weight, {"no": 0, "yes": 1}) for name, weight in weights.items()),
        (
            make_action("X", 1, {"u": 0, "v": 0}),
            make_action("Y", 1, {"u": 0, "w": 0}),
            make_action("Z", 1, {"v": 0, "x": 0}),
        ),
    )
    record = Record(answers(u="yes", v="yes", w="yes", x="yes"))
    greedy = plan(questionnaire, record, by="drop").steps[:2]
    assert [step.action for step in greedy] == ["X", "Y"]
    assert sum(step.drop.low for step in greedy) == 16
    assert gain(questionnaire, record, ["Y", "Z"]) == Range(20, 20)
    assert plan(questionnaire, record).best_three == ("Y", "Z")  # X adds nothing to these two


@pytest.mark.parametrize(("points", "maximum", "shown"), [(1, 200, 1), (49, 200, 25), (1, 201, 0), (199, 200, 100)])
def test_tv12_rounding(points: int, maximum: int, shown: int) -> None:
    assert shown_score(points, maximum) == shown


@pytest.mark.parametrize(
    ("shown", "band"),
    [
        (0, FEW),
        (19, FEW),
        (20, SOME),
        (39, SOME),
        (40, HALF),
        (59, HALF),
        (60, MANY),
        (79, MANY),
        (80, MOST),
        (100, MOST),
    ],
)
def test_tv12_band_edges(shown: int, band: Band) -> None:
    assert band_of(shown) is band


def test_the_same_person_is_not_scored_lower_for_opening_a_locked_account() -> None:
    """Section 4, "Skipping and branching": every other door open, without an account and with a locked one."""
    rest = {name: answer for name, answer in OPEN.answers.items() if not name.startswith("A")}
    without = score(WORKED, Record({**rest, **answers(A1="nopost")}))
    locked = score(WORKED, Record({**rest, **answers(A1="friends", A2="off")}))
    assert (without.shown, locked.shown) == ((65, 65), (70, 70))
