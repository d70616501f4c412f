"""The invariants I1 to I12 of the method, section 8, on random valid editions and random records."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import apps.scoring
from apps.scoring import (
    Answer,
    Band,
    Kind,
    Option,
    Question,
    Questionnaire,
    Range,
    Record,
    State,
    after_ticks,
    band_of,
    contributions,
    gain,
    most_open_topic,
    on_screen,
    plan,
    problems,
    score,
    shares,
    topic_shares,
    worth_checking,
)
from tests.scoring import brute_force as brute
from tests.scoring.editions import answers_to, editions, few, records, runs

Run = tuple[Questionnaire, Record]
CORE = Path(apps.scoring.__file__).parent


def printed(questionnaire: Questionnaire, record: Record) -> tuple[object, ...]:
    """Return everything that a page prints of a record, apart from raw points."""
    result = score(questionnaire, record)
    exact = result.points.is_exact
    steps = plan(questionnaire, record)
    by_drop = plan(questionnaire, record, by="drop")
    return (
        result.shown,
        result.middle,
        result.bands,
        {topic: result.topic_shown(topic) for topic in result.topics if result.topic_maximum[topic]},
        most_open_topic(result),
        dict(shares(questionnaire, record)) if exact else None,
        dict(topic_shares(questionnaire, record)) if exact else None,
        [part.question for part in worth_checking(questionnaire, record)],
        [(step.action, step.about_as_good) for step in (*steps.steps, *by_drop.steps)],
        (steps.finding_out, steps.offered, steps.best_three, steps.first_step, steps.most_open_has_step),
    )


def raw(questionnaire: Questionnaire, record: Record) -> tuple[object, ...]:
    """Return every number in points as well, in an order that does not depend on the edition's."""
    return (
        score(questionnaire, record),
        sorted(contributions(questionnaire, record), key=lambda part: part.question),
        plan(questionnaire, record),
        printed(questionnaire, record),
    )


@few
@given(editions())
def test_the_random_editions_are_valid(questionnaire: Questionnaire) -> None:
    assert [problem for problem in problems(questionnaire) if not problem.warning] == []


@few
@given(runs())
def test_i1_bounded(run: Run) -> None:
    result = score(*run)
    assert 0 <= result.points.low <= result.points.high <= result.maximum
    low, high = result.shown
    assert 0 <= low <= high <= 100
    assert result.maximum == brute.maximum(*run)


@few
@given(editions())
def test_i1_all_closed_is_0_and_all_open_is_100(questionnaire: Questionnaire) -> None:
    for end, wanted in ((min, 0), (max, 100)):
        answers: dict[str, Answer] = {}
        for root in questionnaire.roots:
            branch = brute.branch_questions(questionnaire, root, Record({}))
            # Options of one level may open different follow-ups, so that every choice among them is tried.
            ways = [
                answers | dict(zip([question.id for question in branch], chosen, strict=True))
                for chosen in product(*(_extremes(question, end) for question in branch))
            ]
            answers = end(ways, key=lambda way: score(questionnaire, Record(way)).points.total)
        assert score(questionnaire, Record(answers)).shown == (wanted, wanted)


def _extremes(question: Question, end: Callable[[Iterable[int]], int]) -> list[Answer]:
    every = brute.all_answers(question)
    wanted = end([brute.level_of(question, picks) for picks in every])
    return [Answer.known(*picks) for picks in every if brute.level_of(question, picks) == wanted]


@few
@given(runs(), st.data())
def test_i2_monotone(run: Run, data: st.DataObject) -> None:
    questionnaire, record = run
    known = [
        question
        for question in on_screen(questionnaire, record)
        if question.id in record.answers and record.answers[question.id].state is State.KNOWN
    ]
    assume(known)
    question = data.draw(st.sampled_from(known))
    picks = record.answers[question.id].picks
    level = brute.level_of(question, picks)
    if question.kind is Kind.SINGLE:
        higher = [frozenset({option.id}) for option in question.options if option.level > level]
    else:
        higher = [picks - {"none"} | {option.id} for option in question.ordinary if option.id not in picks]
    assume(higher)
    raised = Answer.known(*data.draw(st.sampled_from(higher)))
    before, after = score(*run).points, score(questionnaire, _with(record, question, raised)).points
    assert after.low >= before.low
    assert after.high >= before.high


@few
@given(runs())
def test_i3_the_interval_is_exact(run: Run) -> None:
    points = score(*run).points
    assert (points.low, points.high) == brute.ends(*run, brute.points)
    for topic, here in score(*run).topics.items():
        alone = replace(run[1], topics=frozenset({topic}))
        assert (here.low, here.high) == brute.ends(run[0], alone, brute.points)


@few
@given(runs(), st.data())
def test_i3_answering_never_widens(run: Run, data: st.DataObject) -> None:
    questionnaire, record = run
    open_ones = [
        question
        for question in on_screen(questionnaire, record)
        if question.id not in record.answers or record.answers[question.id].state is not State.KNOWN
    ]
    assume(open_ones)
    question = data.draw(st.sampled_from(open_ones))
    before = score(*run).points
    answer = data.draw(answers_to(question, known=True))
    assert answer is not None
    said = record.answers.get(question.id)
    if said and said.state is State.PARTLY_SURE:
        answer = Answer.known(*said.picks, *(answer.picks - {"none"}))  # what was sure stays
    after = score(questionnaire, _with(record, question, answer)).points
    assert before.low <= after.low <= after.high <= before.high


@few
@given(runs(), st.data())
def test_i3_saying_not_sure_or_partly_sure_never_widens(run: Run, data: st.DataObject) -> None:
    questionnaire, record = run
    silent = (None, Answer.prefer_not())
    unsaid = [question for question in on_screen(questionnaire, record) if record.answers.get(question.id) in silent]
    assume(unsaid)
    question = data.draw(st.sampled_from(unsaid))
    answer = data.draw(answers_to(question)) or Answer.not_sure()
    before = score(*run).points
    after = score(questionnaire, _with(record, question, answer)).points
    assert before.low <= after.low <= after.high <= before.high


@few
@given(runs())
def test_i4_attribution_adds_up(run: Run) -> None:
    result = score(*run)
    parts = contributions(*run)
    assert sum((part.points for part in parts), Range(0, 0)) == result.points
    assert sum(result.topics.values(), Range(0, 0)) == result.points
    assert sum(result.topic_maximum.values()) == result.maximum
    assert len({part.question for part in parts}) == len(parts)


@few
@given(runs(complete=True))
def test_i4_printed_shares_add_up_to_the_shown_score(run: Run) -> None:
    result = score(*run)
    assert result.points.is_exact
    for printed_shares in (shares(*run), topic_shares(*run)):
        assert sum(printed_shares.values()) == result.shown[0]
        assert min(printed_shares.values(), default=0) >= 0


@few
@given(runs(), st.data())
def test_i5_order_free(run: Run, data: st.DataObject) -> None:
    questionnaire, record = run
    shuffled = data.draw(st.permutations(questionnaire.questions))
    parents_first: list[Question] = []
    while shuffled:
        placed = {question.id for question in parents_first}
        ready = next(question for question in shuffled if question.parent is None or question.parent in placed)
        parents_first.append(ready)
        shuffled.remove(ready)
    other = Questionnaire(questionnaire.topics, tuple(parents_first), questionnaire.actions)
    answers = dict(data.draw(st.permutations(list(record.answers.items()))))
    assert raw(other, replace(record, answers=answers)) == raw(questionnaire, record)


@few
@given(runs(), st.data())
def test_i6_answers_off_screen_change_nothing(run: Run, data: st.DataObject) -> None:
    questionnaire, record = run
    asked = {question.id for question in on_screen(questionnaire, record)}
    asked |= {question.id for question in on_screen(questionnaire, record, after_result=True)}
    hidden = [question for question in questionnaire.questions if question.id not in asked]
    assume(hidden)
    answers = dict(record.answers)
    for question in hidden:
        answer = data.draw(answers_to(question))
        answers.pop(question.id, None)
        if answer:
            answers[question.id] = answer
    assert raw(questionnaire, replace(record, answers=answers)) == raw(questionnaire, record)


@few
@given(runs(), st.data())
def test_i7_gains_equal_the_brute_force(run: Run, data: st.DataObject) -> None:
    questionnaire, record = run
    ids = [action.id for action in questionnaire.actions]
    chosen = data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=4))
    actions = [questionnaire.action(one) for one in chosen]
    gained = gain(questionnaire, record, chosen)
    assert (gained.low, gained.high) == brute.ends(questionnaire, record, brute.taken_off(actions))
    assert gain(questionnaire, record, [*reversed(chosen), chosen[0]]) == gained  # order-free, idempotent
    # In every single completion: never below 0, never above the points.
    for points, off in brute.totals(questionnaire, record, brute.points, brute.taken_off(actions)):
        assert 0 <= off <= points
    left = after_ticks(questionnaire, record, chosen)
    assert (left.points.low, left.points.high) == brute.ends(questionnaire, record, brute.points_left(actions))
    assert left.maximum == score(questionnaire, record).maximum


@few
@given(runs(complete=True), st.data())
def test_i7_answering_again_never_exceeds_the_promise(run: Run, data: st.DataObject) -> None:
    questionnaire, record = run
    action = data.draw(st.sampled_from(questionnaire.actions))
    promised = after_ticks(questionnaire, record, [action.id]).points.high
    answers = dict(record.answers)
    for question_id, cap in action.caps.items():
        question = questionnaire.question(question_id)
        picks = answers[question_id].picks
        if brute.level_of(question, picks) <= cap:
            continue
        if question.kind is Kind.SINGLE:
            kept: list[tuple[str, ...]] = [(option.id,) for option in question.options if option.level == cap]
        else:
            kept = [
                some
                for size in range(len(picks) + 1)
                for some in combinations(sorted(picks), size)
                if brute.level_of(question, frozenset(some)) <= cap
            ]
        answers[question_id] = Answer.known(*(data.draw(st.sampled_from(kept)) or ("none",)))
    assert score(questionnaire, replace(record, answers=answers)).points.high <= promised


@few
@given(runs())
def test_i7_extra_gain_never_grows_and_equals_the_brute_force(run: Run) -> None:
    questionnaire, record = run
    for by in ("effort", "drop"):
        steps = plan(questionnaire, record, by=by).steps
        for place, step in enumerate(steps):
            given = [questionnaire.action(before.action) for before in steps[:place]]
            value = brute.taken_off([questionnaire.action(step.action)], given)
            assert (step.drop.low, step.drop.high) == brute.ends(questionnaire, record, value)
            assert step.alone == gain(questionnaire, record, [step.action])
            assert step.drop.low <= step.alone.low
            assert 0 < step.drop.high <= step.alone.high


@few
@given(runs(complete=True))
def test_i7_greedy_by_drop_keeps_its_guarantee(run: Run) -> None:
    questionnaire, record = run
    steps = plan(questionnaire, record, by="drop").steps
    ids = [action.id for action in questionnaire.actions]
    for count in (1, 2, 3):
        greedy = sum(step.drop.low for step in steps[:count])
        exact = max(gain(questionnaire, record, some).low for some in brute.sets_of_actions(ids, count))
        assert greedy >= Fraction(632, 1000) * exact


@few
@given(runs(), st.integers(2, 7))
def test_i8_scale_free(run: Run, times: int) -> None:
    questionnaire, record = run
    questions = tuple(
        replace(question, ratings=_times(times, question.ratings)) for question in questionnaire.questions
    )
    scaled = Questionnaire(questionnaire.topics, questions, questionnaire.actions)
    assert printed(scaled, record) == printed(questionnaire, record)


def test_i9_deterministic_whatever_the_hash_seed_and_locale() -> None:
    code = (
        "from tests.scoring.test_invariants import raw; from tests.scoring.worked import *;"
        "records = [base(), base(C1=NOT_SURE), base(B1=Answer.partly('swap')), Record({})];"
        "print([repr(raw(WORKED, record)) for record in records])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale},
            cwd=CORE.parent.parent,
            capture_output=True,
            check=True,
        ).stdout
        for seed, locale in (("0", "C"), ("1", "C.UTF-8"), ("4711", "tr_TR.UTF-8"))
    }
    assert len(outputs) == 1


@few
@given(runs(), st.data())
def test_i10_a_question_without_levels_changes_no_number(run: Run, data: st.DataObject) -> None:
    questionnaire, record = run
    options = (Option("o0", 0), Option("o1", 0))
    parent = data.draw(st.sampled_from([None, *(q for q in questionnaire.questions if q.is_scored)]))
    topic = parent.topic if parent else data.draw(st.sampled_from(questionnaire.scored_topics))
    show = frozenset(option.id for option in parent.ordinary) if parent else frozenset()
    idle = Question("idle", topic, Kind.SINGLE, options, (4, 4, 4), parent.id if parent else None, show)
    more = Questionnaire(questionnaire.topics, (*questionnaire.questions, idle), questionnaire.actions)
    answer = data.draw(answers_to(idle))
    answers = {**record.answers, **({"idle": answer} if answer else {})}
    again = replace(record, answers=answers)
    assert score(more, again) == score(questionnaire, record)
    assert plan(more, again) == plan(questionnaire, record)


def test_i11_bands_never_fall_when_the_score_rises() -> None:
    order = list(Band)
    places = [order.index(band_of(shown)) for shown in range(101)]
    assert places == sorted(places)
    assert set(places) == set(range(5))


STANDARD = {"__future__", "collections", "collections.abc", "dataclasses", "enum", "fractions", "itertools"}
STANDARD |= {"math", "typing"}


@pytest.mark.parametrize("path", sorted(CORE.glob("*.py")), ids=lambda path: path.name)
def test_i12_the_core_is_pure_and_uses_whole_numbers(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= STANDARD
        if isinstance(node, ast.ImportFrom):
            assert node.module in STANDARD or (node.module or "").startswith("apps.scoring.")
            if node.module == "math":
                assert {alias.name for alias in node.names} <= {"lcm"}
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
        assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "input", "print", "float", "round", "hash", "eval", "exec"}


@few
@given(runs(max_actions=9), st.booleans())
def test_the_best_three_equal_the_full_search(run: Run, some_done: bool) -> None:
    questionnaire, record = run
    done = frozenset({"a0"} if some_done else ())
    candidates = [
        action.id
        for action in questionnaire.actions
        if action.id not in done and gain(questionnaire, record, [action.id]).low
    ]
    given = [questionnaire.action(one) for one in done]

    def worth(some: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
        value = brute.taken_off([questionnaire.action(one) for one in some], given)
        total = sum(sum(ends) for ends in by_branch(value))
        return -total, sum(questionnaire.action(one).effort for one in some), some

    roots = brute.roots_that_count(questionnaire, record)

    def by_branch(value: brute.Value) -> list[tuple[int, int]]:
        found = []
        for root in roots:
            totals = brute.branch_totals(questionnaire, record, root, (value,))
            found.append((min(totals)[0], max(totals)[0]))
        return found

    best = min(map(worth, brute.sets_of_actions(candidates, 3)), default=(0, 0, ()))
    expected = best[2] if best[0] else ()
    assert plan(questionnaire, record, done=done).best_three == expected


@few
@given(runs(), st.data())
def test_ticking_the_first_steps_leaves_the_others_as_they_were(run: Run, data: st.DataObject) -> None:
    questionnaire, record = run
    whole = plan(questionnaire, record)
    count = data.draw(st.integers(0, len(whole.steps)))
    done = frozenset(step.action for step in whole.steps[:count])
    rest = plan(questionnaire, record, done=done)
    assert [replace(step, about_as_good=False) for step in rest.steps] == [
        replace(step, about_as_good=False) for step in whole.steps[count:]
    ]
    assert rest.within_reach == whole.within_reach
    every = list(questionnaire.actions)
    given = [action for action in every if action.id in done]
    assert (rest.yours.low, rest.yours.high) == brute.ends(questionnaire, record, brute.taken_off(every, given))


@few
@given(editions(), st.data())
def test_records_never_change_each_other(questionnaire: Questionnaire, data: st.DataObject) -> None:
    """Nothing about a person is kept: a record gives the same after another one was scored."""
    one, other = data.draw(records(questionnaire)), data.draw(records(questionnaire))
    before = (score(questionnaire, one), plan(questionnaire, one))
    score(questionnaire, other)
    plan(questionnaire, other)
    assert (score(questionnaire, one), plan(questionnaire, one)) == before


def _times(factor: int, ratings: tuple[int, int, int] | None) -> tuple[int, int, int] | None:
    return ratings and (factor * ratings[0], factor * ratings[1], factor * ratings[2])


def _with(record: Record, question: Question, answer: Answer) -> Record:
    return replace(record, answers={**record.answers, question.id: answer})
