"""The fast path of the calibration agrees with the method; its tables are repeatable and its gates hold."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from random import Random
from typing import Any

import pytest

from apps import scoring
from apps.editions import calibration
from apps.editions.calibration import Row, Ruler
from apps.editions.convert import questionnaire_of, record_of
from tests.editions.packs import make_pack, option, question, text

PACK = make_pack()
QUESTIONNAIRE = questionnaire_of(PACK)
PERSONAS = {persona.id: record_of(persona) for persona in PACK.personas}
PEOPLE = calibration.respondents(QUESTIONNAIRE)
GOOD = Row("weights", "weights", True, 200, 3.0, 0.9, 10.0, 50.0, 90.0)


def varied(seed: int) -> scoring.Questionnaire:
    """Return the small questionnaire with drawn ratings, efforts and caps on several questions."""
    random = Random(seed)
    questions = tuple(
        replace(asked, ratings=(random.randint(1, 4), random.randint(1, 4), random.randint(1, 4)))
        if asked.is_scored
        else asked
        for asked in QUESTIONNAIRE.questions
    )
    scored = [asked.id for asked in questions if asked.is_scored]
    actions = tuple(
        replace(
            action,
            effort=random.randint(1, 3),
            caps={asked: random.choice((0, 2)) for asked in random.sample(scored, random.randint(0, 4))},
        )
        for action in QUESTIONNAIRE.actions
    )
    return scoring.Questionnaire(QUESTIONNAIRE.topics, questions, actions)


@pytest.mark.parametrize("seed", range(8))
def test_the_fast_path_equals_the_method(seed: int) -> None:
    questionnaire = varied(seed)
    ruler = Ruler(questionnaire)
    for person in calibration.respondents(questionnaire, 25, seed):
        levels = ruler.levels(person)
        score = scoring.score(questionnaire, person)
        steps = scoring.plan(questionnaire, person).steps
        assert score.points == scoring.Range(ruler.points(levels), ruler.points(levels))
        assert score.maximum == ruler.maximum
        assert ruler.top(levels) == tuple(step.action for step in steps[:3])
        assert ruler.top(levels, 5) == tuple(step.action for step in steps[:5])


def test_respondents_know_every_answer_and_are_spread_over_the_scale() -> None:
    assert len(PEOPLE) == calibration.RESPONDENTS
    bands = set()
    for person in PEOPLE:
        assert not scoring.unanswered(QUESTIONNAIRE, person)
        for asked, answer in person.answers.items():
            scoring.check_answer(QUESTIONNAIRE.question(asked), answer)
        bands.add(scoring.score(QUESTIONNAIRE, person).band)
    assert bands == set(scoring.Band)


def test_respondents_choose_every_option() -> None:
    picked = {(asked, pick) for person in PEOPLE for asked, answer in person.answers.items() for pick in answer.picks}
    offered = {(q.id, o.id) for q in QUESTIONNAIRE.questions if q.is_scored for o in q.options}
    assert picked == offered


def test_tables_are_repeatable() -> None:
    first = calibration.sensitivity(QUESTIONNAIRE, draws=3, count=20)
    assert first == calibration.sensitivity(QUESTIONNAIRE, draws=3, count=20)
    assert first != calibration.sensitivity(QUESTIONNAIRE, seed=7, draws=3, count=20)
    assert [(row.key, row.gated, row.draws) for row in first] == [
        ("weights", True, 3),
        ("topics", True, 3),
        ("levels", False, 3),
        ("equal", False, 1),
    ]


def test_equal_weights_move_nothing_where_weights_are_equal() -> None:
    row = calibration.sensitivity(QUESTIONNAIRE, draws=1)[-1]
    assert (row.moves_at_most, row.tau, row.bands_changed, row.same_first) == (0.0, 1.0, 0.0, 100.0)


def test_a_row_agrees_with_the_method_done_slowly() -> None:
    """The line of equal weights, worked out again from `scoring.score` and `scoring.plan`."""
    questionnaire = varied(3)
    equal = scoring.Questionnaire(
        questionnaire.topics,
        tuple(replace(q, ratings=(1, 0, 0)) if q.is_scored else q for q in questionnaire.questions),
        questionnaire.actions,
    )
    people = calibration.respondents(questionnaire, 40)
    moves, changed, same = [], 0, 0
    for person in people:
        old, new = scoring.score(questionnaire, person), scoring.score(equal, person)
        here, there = Fraction(100 * old.points.low, old.maximum), Fraction(100 * new.points.low, new.maximum)
        moves.append(abs(here - there))
        changed += old.band is not new.band
        firsts = [scoring.plan(which, person).steps[:1] for which in (questionnaire, equal)]
        same += [step.action for step in firsts[0]] == [step.action for step in firsts[1]]
    row = calibration.sensitivity(questionnaire, draws=1, count=40)[-1]
    assert row.moves_at_most == pytest.approx(float(sorted(moves)[37]), abs=0.001)  # the 38th of 40 is 95%
    assert row.bands_changed == pytest.approx(100 * changed / 40, abs=0.1)
    assert row.same_first == pytest.approx(100 * same / 40, abs=0.1)


@pytest.mark.parametrize("seed", range(20))
def test_other_levels_keep_order_ends_and_promises(seed: int) -> None:
    other = calibration._other_levels(QUESTIONNAIRE, Random(seed))
    for old, new in zip(QUESTIONNAIRE.questions, other.questions, strict=True):
        pairs = sorted(zip([o.level for o in old.ordinary], [o.level for o in new.ordinary], strict=True))
        assert [level for _, level in pairs] == sorted(level for _, level in pairs)
        assert all(abs(before - after) <= 1 for before, after in pairs)
        if old.kind is scoring.Kind.SINGLE:
            assert pairs[0][0] == pairs[0][1]
            assert pairs[-1][0] == pairs[-1][1]
    assert not [rule for rule in scoring.problems(other) if rule.rule == "V5"]


@pytest.mark.parametrize("seed", range(30))
def test_kendall_tau_equals_counting_pairs(seed: int) -> None:
    random = Random(seed)
    left = [random.randint(0, 9) for _ in range(40)]
    right = [random.randint(0, 9) if random.random() < 0.5 else value for value in left]
    agreement = untied_left = untied_right = 0
    for (a, b), (c, d) in combinations(zip(left, right, strict=True), 2):
        agreement += (a > c) * (b > d) + (a < c) * (b < d) - (a > c) * (b < d) - (a < c) * (b > d)
        untied_left += a != c
        untied_right += b != d
    expected = agreement / (untied_left * untied_right) ** 0.5
    assert calibration.kendall_tau(left, right) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [([1, 2, 3], [4, 5, 6], 1.0), ([1, 2, 3], [6, 5, 4], -1.0), ([1, 1], [1, 2], 1.0), ([], [], 1.0)],
)
def test_kendall_tau_at_its_ends(left: list[int], right: list[int], expected: float) -> None:
    assert calibration.kendall_tau(left, right) == expected


def test_the_worst_case_is_the_methods_own() -> None:
    low, high = calibration.worst_case(Fraction(44, 100))
    assert [round(float(100 * end), 1) for end in (low, high)] == [32.0, 56.7]
    assert calibration.worst_case(Fraction(0)) == (0, 0)
    assert calibration.worst_case(Fraction(1)) == (1, 1)
    with pytest.raises(ValueError, match="share"):
        calibration.worst_case(Fraction(2))


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"moves_at_most": 3.001}, "move"),
        ({"tau": 0.899}, "Kendall"),
        ({"bands_changed": 10.1}, "bands"),
        ({"two_of_top_three": 89.9}, "top three"),
    ],
)
def test_each_gate_stands_against_publishing(values: dict[str, Any], word: str) -> None:
    assert calibration.gate_problems([GOOD]) == ()
    [problem] = calibration.gate_problems([replace(GOOD, **values)])
    assert word in problem.reason
    assert not problem.warning
    assert calibration.gate_problems([replace(GOOD, gated=False, **values)]) == ()


def test_importance_adds_up() -> None:
    shares = calibration.importance(QUESTIONNAIRE, PEOPLE)
    assert [share.of_maximum for share in shares] == [20.0] * 5
    assert sum(share.of_points for share in shares) == pytest.approx(100, abs=0.3)


def test_a_sound_questionnaire_has_no_dead_weight() -> None:
    found = calibration.dead_weight(QUESTIONNAIRE, PERSONAS, PEOPLE)
    assert found.flags == ()
    assert [use.swing for use in found.questions] == [10.0] * 10
    seen = {use.question: use.seen for use in found.questions}
    assert seen["q1"] == 100.0
    assert 0 < seen["q2"] < 100


def test_dead_weight_flags_what_changes_nothing() -> None:
    def break_it(data: dict[str, Any]) -> None:
        low = {"value": 1, "reason": text("So.")}
        high = {"value": 4, "reason": text("So.")}
        for topic in data["topics"]:
            for asked in topic["questions"]:
                if "ratings" in asked:
                    asked["ratings"].update(s=high, r=high, k=high)
        question(data, "q3")["ratings"].update(s=low, r=low, k=low)
        for letter, level in (("b", 1), ("c", 1)):
            option(data, "q3", letter)["level"] = level
        question(data, "q2")["show"] = ["missing"]
        data["actions"][1]["caps"] = {}

    pack = make_pack(break_it)
    questionnaire = questionnaire_of(pack)
    personas = {persona.id: record_of(persona) for persona in pack.personas}
    twins = {
        name: replace(person, answers={**person.answers, "q7": person.answers["q5"]})
        for name, person in personas.items()
    }
    flags = calibration.dead_weight(questionnaire, twins, calibration.respondents(questionnaire)).flags
    told = {(flag.item, flag.reason) for flag in flags}
    for item, words in (
        ("q3", "by 0.8 points"),
        ("q3", "changes the band"),
        ("q2", "only 0.0% are asked it"),
    ):
        assert [reason for name, reason in told if name == item and words in reason], told
    assert [reason for name, reason in told if name == "q5" and "together with q7" in reason], told


def test_dead_weight_counts_personas_with_open_answers() -> None:
    unsure = {"ada": scoring.Record({**PERSONAS["ada"].answers, "q3": scoring.Answer.not_sure()}, frozenset())}
    found = calibration.dead_weight(QUESTIONNAIRE, unsure, ())
    assert {use.question: use.seen for use in found.questions}["q4"] == 0.0
    assert {use.question: use.moved for use in found.questions}["q1"] == 100.0


def test_the_hash_follows_numbers_and_not_words() -> None:
    own = calibration.scoring_hash(QUESTIONNAIRE)

    def hash_with(change: Any) -> str:
        return calibration.scoring_hash(questionnaire_of(make_pack(change)))

    assert hash_with(lambda data: question(data, "q3").update(hint=text("Look."))) == own
    assert hash_with(lambda data: data["actions"][0].update(helps={})) == own
    assert hash_with(lambda data: option(data, "q3", "b").update(level=1)) != own
    assert hash_with(lambda data: question(data, "q3")["ratings"]["s"].update(value=3)) != own
    assert hash_with(lambda data: question(data, "q2").update(show=["c"])) != own
    assert hash_with(lambda data: data["actions"][0].update(caps={})) != own
    assert hash_with(lambda data: data["actions"][0].update(minutes=45)) != own


def test_a_stored_calibration_is_verified() -> None:
    stored = calibration.calibrate(PACK, draws=2, count=20) | {"draws": 200, "respondents": 208}
    passing = [
        row | {"moves_at_most": 1.0, "tau": 1.0, "bands_changed": 1.0, "two_of_top_three": 99.0}
        for row in stored["sensitivity"]
    ]
    stored["sensitivity"] = passing

    def told(text: str | None) -> list[bool]:
        return [problem.warning for problem in calibration.stored_problems(PACK, text)]

    assert told(calibration.calibration_text(stored)) == []
    assert json.loads(calibration.calibration_text(stored)) == json.loads(json.dumps(stored))
    assert told(None) == [True]
    for text_of_file in (
        "",
        "[]",
        "{}",
        "[" * 100_000,
        "null",
        '{"sensitivity": [1]}',
        '{"sensitivity": [{}]}',
    ):
        assert told(text_of_file) == [True]
    for key in ("version", "scoring_hash", "personas_hash", "draws", "respondents"):
        assert told(calibration.calibration_text(stored | {key: "other"})) == [True]
    assert told(calibration.calibration_text(stored | {"sensitivity": passing[1:]})) == [True]
    failing = [passing[0] | {"tau": 0.5}, *passing[1:]]
    assert told(calibration.calibration_text(stored | {"sensitivity": failing})) == [False]
