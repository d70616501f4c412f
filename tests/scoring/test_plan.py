"""What is ranked, what is only found out or offered, and what stays when steps are ticked."""

from __future__ import annotations

from functools import partial

import pytest

from apps.scoring import (
    Answer,
    Kind,
    Option,
    Question,
    Questionnaire,
    Range,
    Record,
    Topic,
    after_ticks,
    gain,
    plan,
    score,
    worth_checking,
)
from tests.effort import calls
from tests.scoring.worked import NOT_SURE, PREFER_NOT, WORKED, answers, base, make_action, make_question

YES_NO = {"no": 0, "yes": 1}


def make_plan_edition(weights: dict[str, int], *actions: object) -> Questionnaire:
    """Return an edition of yes/no questions, one topic each, with these actions."""
    return Questionnaire(
        tuple(Topic(name) for name in weights),
        tuple(make_question(name, name, weight, YES_NO) for name, weight in weights.items()),
        tuple(actions),  # type: ignore[arg-type]
    )


def yes(*names: str) -> Record:
    """Return a record that answers yes to these questions and no to none."""
    return Record(answers(**dict.fromkeys(names, "yes")))


def test_near_ties_are_as_good_as_the_first() -> None:
    edition = make_plan_edition(
        {"p": 10, "q": 9, "r": 8},
        make_action("a", 1, {"p": 0}),
        make_action("b", 1, {"q": 0}),
        make_action("c", 1, {"r": 0}),
    )
    steps = plan(edition, yes("p", "q", "r")).steps
    assert [(step.action, step.about_as_good) for step in steps] == [("a", False), ("b", True), ("c", False)]


def test_ties_by_effort_go_to_the_larger_gain_and_then_the_id() -> None:
    edition = make_plan_edition(
        {"p": 5, "q": 10, "r": 5},
        make_action("c", 1, {"r": 0}),
        make_action("a", 1, {"p": 0}),
        make_action("b", 2, {"q": 0}),
    )
    assert [step.action for step in plan(edition, yes("p", "q", "r")).steps] == ["b", "a", "c"]


def test_ties_by_drop_go_to_less_effort_and_then_the_id() -> None:
    edition = make_plan_edition(
        {"p": 5, "q": 5, "r": 5},
        make_action("a", 2, {"p": 0}),
        make_action("c", 1, {"q": 0}),
        make_action("b", 1, {"r": 0}),
    )
    assert [step.action for step in plan(edition, yes("p", "q", "r"), by="drop").steps] == ["b", "c", "a"]


def test_best_three_ties_go_to_less_effort_and_then_the_ids() -> None:
    edition = make_plan_edition(
        {"p": 5},
        make_action("c", 1, {"p": 0}),
        make_action("b", 1, {"p": 0}),
        make_action("a", 2, {"p": 0}),
    )
    assert plan(edition, yes("p")).best_three == ("b",)


def test_the_first_step_is_in_the_most_open_topic() -> None:
    result = plan(WORKED, base(B1=Answer.known("swap", "guess"), B2="apps"))
    assert result.most_open == "devices"
    assert result.steps[0].action == "a2"
    assert (result.first_step, result.most_open_has_step) == ("a4", True)


def test_without_a_step_in_the_most_open_topic_the_best_one_overall_leads() -> None:
    edition = make_plan_edition({"p": 3, "q": 12}, make_action("a", 1, {"p": 0}))
    edition = Questionnaire(
        edition.topics,
        (
            edition.questions[0],
            Question("q", "q", Kind.SINGLE, (Option("no", 0), Option("yes", 1)), (4, 4, 4)),
        ),
        edition.actions,
    )
    both = Record(answers(p=NOT_SURE, q="yes"))
    assert plan(edition, both).finding_out == ("a",)
    assert (plan(edition, both).first_step, plan(edition, both).most_open_has_step) == (None, False)
    wider = Questionnaire(
        (Topic("p"), Topic("q")),
        (make_question("p", "p", 3, {"no": 0, "yes": 1, "more": 4}), edition.questions[1]),
        edition.actions,
    )
    result = plan(wider, yes("p", "q"))
    assert (result.most_open, result.first_step, result.most_open_has_step) == ("q", "a", False)


def test_actions_without_a_number_are_offered_where_they_help() -> None:
    edition = Questionnaire(
        (Topic("t"), Topic("after", after_result=True)),
        (
            make_question("s", "t", 4, YES_NO),
            make_question("m", "t", 4, {"x": 1, "y": 1, "none": 0}, kind=Kind.MULTI),
            make_question("child", "t", 4, YES_NO, "s", ("yes",)),
            make_question("free", "t", 0, YES_NO),
            make_question("late", "after", 0, YES_NO),
        ),
        (
            make_action("on-yes", s=("yes",)),
            make_action("on-unsure", s=("unsure",)),
            make_action("on-x", m=("x",)),
            make_action("on-m-unsure", m=("unsure",)),
            make_action("on-child", child=("yes",)),
            make_action("on-free", free=("yes",)),
            make_action("on-late", late=("yes",)),
            make_action("capped", 1, {"s": 0}, s=("no", "yes")),
            make_action("on-none", m=("none",)),
        ),
    )

    def offered(**given: str | Answer) -> set[str]:
        return set(plan(edition, Record(answers(**given))).offered)

    assert offered() == set()
    assert offered(s="yes", m="none") == {"on-yes", "on-none"}
    assert offered(s="no", child="yes") == {"capped"}  # its cap takes nothing off a closed door
    assert offered(s="yes", child="yes", m="x") == {"on-yes", "on-child", "on-x"}
    assert offered(s=NOT_SURE, m=PREFER_NOT) == {"on-unsure"}
    assert offered(m=Answer.partly("x")) == {"on-x", "on-m-unsure"}
    assert offered(m=Answer.partly("y"), free="yes", late="yes") == {"on-m-unsure", "on-free", "on-late"}
    record = Record(answers(s="yes", m="none"))
    assert plan(edition, record, done=frozenset({"on-yes"})).offered == ("on-none",)


def test_ticked_steps_count_as_done() -> None:
    done = frozenset({"a2", "a1"})
    result = plan(WORKED, base(), done=done)
    assert [(step.action, step.drop.low) for step in result.steps] == [("a4", 10), ("a6", 4), ("a3", 8)]
    assert after_ticks(WORKED, base(), done).points == Range(31, 31)
    assert after_ticks(WORKED, base(), done).topics["photos"] == Range(8, 8)
    assert (result.yours, result.within_reach) == (Range(22, 22), Range(9, 9))
    assert after_ticks(WORKED, base(), []) == score(WORKED, base())


def test_everything_done_leaves_an_empty_plan() -> None:
    result = plan(WORKED, base(), done=frozenset(action.id for action in WORKED.actions))
    assert (result.steps, result.finding_out, result.best_three, result.first_step) == ((), (), (), None)
    assert (result.yours, result.others) == (Range(0, 0), Range(9, 9))


def test_with_open_answers_both_figures_are_ranges_of_their_own() -> None:
    """Two options of one level, of which one opens a follow-up: the ends do not subtract."""
    edition = Questionnaire(
        (Topic("t"),),
        (
            make_question("p", "t", 4, {"no": 0, "one": 2, "other": 2}),
            make_question("c", "t", 6, {"no": 0, "yes": 4}, "p", ("one",)),
        ),
        (make_action("a", 1, {"p": 0}),),
    )
    record = Record(answers(p=NOT_SURE))
    result = plan(edition, record)
    assert (score(edition, record).points, result.yours, result.others) == (
        Range(0, 32),
        Range(0, 8),
        Range(0, 24),
    )


@pytest.mark.parametrize("call", [gain, after_ticks])
def test_an_unknown_action_is_refused(call: object) -> None:
    with pytest.raises(KeyError):
        call(WORKED, base(), ["a99"])  # type: ignore[operator]
    with pytest.raises(KeyError):
        plan(WORKED, base(), done=frozenset({"a99"}))


def test_worth_checking_is_widest_first() -> None:
    record = base(A1=NOT_SURE, B2=PREFER_NOT, C1=NOT_SURE, B1=Answer.partly("swap", "guess"))
    parts = worth_checking(WORKED, record)
    # B1 holds all four levels already, so that nothing about it is left to find out.
    assert [(part.question, part.points.width) for part in parts] == [("C1", 68), ("A1", 56), ("B2", 8)]


def test_the_plan_of_a_large_edition_is_little_work() -> None:
    """30 questions and 40 overlapping actions, everything open: some 32,000 calls, 5 ms of most machines."""
    levels = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4}
    questions = []
    for place in range(30):
        parent = f"q{place - 1}" if place % 3 else None
        show = ("two", "three", "four", "unsure") if parent else ()
        questions.append(make_question(f"q{place}", f"t{place // 3}", 3 + place % 10, levels, parent, show))
    actions = tuple(
        make_action(f"a{place}", 1 + place % 3, {f"q{(7 * place + step) % 30}": step for step in range(3)})
        for place in range(40)
    )
    edition = Questionnaire(tuple(Topic(f"t{place}") for place in range(10)), tuple(questions), actions)
    for answer in (Answer.known("four"), Answer.not_sure()):
        record = Record({question.id: answer for question in questions})
        assert calls(partial(score, edition, record)) + calls(partial(plan, edition, record)) < 100_000
