"""What publishing would do: hand-checked on a small pack, and bands recounted without the code of the method."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from apps import scoring
from apps.desk.consequences import (
    BANDS,
    SAMPLE,
    BandMoves,
    Consequences,
    MissingText,
    PathLengths,
    PersonaRow,
    consequences,
    stored_sensitivity,
    translations,
)
from apps.editions import calibration, checks
from apps.editions.convert import questionnaire_of
from apps.editions.schema import Pack
from tests.conftest import PACK
from tests.editions.packs import CHECKED, TODAY, Data, item, make_pack, option, question, text, topic

FEW, SOME, HALF, MANY, MOST = BANDS

Edit = Callable[[Data], object]


def told(*edits: Edit, old: Pack | None = None, sample: int = 60, **given: Any) -> Consequences:
    """Return the consequences of the edits to the small pack."""
    return consequences(old or make_pack(), make_pack(*edits), sample=sample, today=TODAY, **given)


def persona(found: Consequences, identity: str) -> PersonaRow:
    return next(row for row in found.personas if row.id == identity)


def moves(*edits: Edit, sample: int = 300) -> BandMoves:
    found = told(*edits, sample=sample).moves
    assert found is not None
    return found


def heavier(question_id: str = "q1", value: int = 4) -> Edit:
    """Give a question another rating s: with 4, its weight is 8 and no longer 6."""
    return lambda data: question(data, question_id)["ratings"].update(s={"value": value, "reason": text("It lasts.")})


def set_level(question_id: str, option_id: str, level: int) -> Edit:
    return lambda data: option(data, question_id, option_id).update(level=level)


def add_question(data: Data) -> None:
    topic(data, "t3")["questions"].append({**question(data, "q5"), "id": "q12"})


def drop_question(data: Data) -> None:
    """Take out the last question of topic t2, with all that speaks of it."""
    topic(data, "t2")["questions"].pop()
    for action in data["actions"]:
        action["caps"].pop("q4", None)
        action["helps"].pop("q4", None)
    for person in data["personas"]:
        person["answers"].pop("q4", None)


def rename_option(data: Data) -> None:
    option(data, "q5", "b")["id"] = "bb"
    for action in data["actions"]:
        action["helps"] = {asked: ["c", "unsure"] if asked == "q5" else ids for asked, ids in action["helps"].items()}


def add_option_to_multi(data: Data) -> None:
    options = question(data, "q10")["options"]
    options.insert(0, {**options[0], "id": "a"})


def add_situation(data: Data) -> None:
    data["situations"].append({"id": "study", "name": text("I study")})


# --- Nothing changed -----------------------------------------------------------------------------------


def test_equal_packs_change_nothing(shipped_pack: Pack) -> None:
    for pack in (make_pack(), shipped_pack):
        found = consequences(pack, pack)
        assert (found.changes, found.size, found.can_be_scored) == ((), "patch", True)
        assert [row.id for row in found.personas] == [person.id for person in pack.personas]
        assert all(row.before is not None and row.before == row.after and row.moved == () for row in found.personas)
        assert found.moves is not None
        assert (found.moves.people, found.moves.same, found.moves.changed) == (SAMPLE, SAMPLE, 0)
        assert (found.moves.unclear, found.moves.asked_more) == (0, 0)
        assert found.paths == found.paths_before


def test_another_wording_moves_nobody_and_is_a_patch() -> None:
    found = told(lambda data: question(data, "q3").update(text=text("Who else sees it?")))
    assert [(change.kind, change.id, change.size) for change in found.changes] == [("question", "q3", "patch")]
    assert found.moves is not None
    assert (found.moves.same, found.moves.people) == (60, 60)
    assert not any(row.moved for row in found.personas)


def test_the_same_packs_give_the_same_figures() -> None:
    assert told(heavier(), add_question) == told(heavier(), add_question)


# --- Changes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "kind", "identity", "size"),
    [
        (heavier(), "question", "q1", "minor"),
        (add_question, "question", "q12", "major"),
        (lambda data: item(data, "actions", "a1").update(minutes=20), "action", "a1", "minor"),
        (lambda data: item(data, "guides", "law").update(title=text("Laws")), "guide", "law", "patch"),
    ],
)
def test_changes_are_told_with_their_size(edit: Edit, kind: str, identity: str, size: str) -> None:
    found = told(edit)
    assert [(change.kind, change.id, change.size) for change in found.changes] == [(kind, identity, size)]
    assert found.size == size


# --- Personas ------------------------------------------------------------------------------------------


def test_a_persona_is_told_before_and_after() -> None:
    """Eva has 48 points: 12 for q3, 24 for q6, 12 for q9. The maximum is 240 and, with q1 heavier, 248."""
    row = persona(told(heavier()), "eva")
    assert row.before is not None
    assert row.after is not None
    assert (row.before.low, row.before.high, row.before.bands) == (20, 20, (SOME,))
    assert (row.after.low, row.after.high, row.after.bands) == (19, 19, (FEW,))
    # Half of topic 3 is open, a quarter of topics 2 and 5. The step there is a3, which caps q6 at 2.
    for standing in (row.before, row.after):
        assert standing.most_open is not None
        assert standing.first_step is not None
        assert (standing.most_open.id, standing.most_open.name) == ("t3", {"en": "Topic 3"})
        assert (standing.first_step.id, standing.first_step.name) == ("a3", {"en": "Change the setting"})
    assert row.moved == ("score", "bands")


def test_a_persona_can_get_another_topic_and_another_first_step() -> None:
    """With level 4 for Eva's answer to q3, topic 2 is as open as topic 3, and its id comes first."""
    row = persona(told(set_level("q3", "b", 4)), "eva")
    assert row.after is not None
    assert row.after.most_open is not None
    assert row.after.first_step is not None
    assert (row.after.low, row.after.bands) == (25, (SOME,))
    assert (row.after.most_open.id, row.after.first_step.id) == ("t2", "a2")
    assert row.moved == ("score", "most_open", "first_step")


def test_an_open_answer_gives_a_range_and_two_bands() -> None:
    """Not sure of q5: 36 points are known, and 24 more are possible: 15 to 25 of 100."""

    def unsure(data: Data) -> None:
        item(data, "personas", "eva")["answers"].update(q3="a", q5="unsure")

    row = persona(told(unsure), "eva")
    assert row.after is not None
    assert (row.after.low, row.after.high, row.after.bands) == (15, 25, (FEW, SOME))
    assert row.answers_changed
    assert not persona(told(unsure), "fay").answers_changed


def test_nothing_open_has_no_topic_and_no_step() -> None:
    row = persona(told(), "all-closed")
    assert row.after is not None
    assert (row.after.low, row.after.most_open, row.after.first_step) == (0, None, None)


def test_personas_that_came_or_went_are_told_too() -> None:
    def exchange(data: Data) -> None:
        item(data, "personas", "dee")["id"] = "deb"

    rows = told(exchange).personas
    assert [row.id for row in rows] == ["all-open", "ada", "ben", "cem", "deb", "eva", "fay", "all-closed", "dee"]
    came, went = rows[4], rows[-1]
    assert came.before is None
    assert came.after is not None
    assert went.after is None
    assert went.before == came.after
    assert (came.moved, went.moved, came.answers_changed) == ((), (), False)


# --- Bands ---------------------------------------------------------------------------------------------


def recounted(old: Pack, new: Pack, sample: int) -> tuple[Counter[tuple[Any, Any]], Counter[str]]:
    """Count band moves again from the packs' own data, with the rules of the method written out once more.

    It holds for the small pack, where q2 is the only follow-up and what is new has none.
    """
    table: Counter[tuple[Any, Any]] = Counter()
    sums: Counter[str] = Counter()
    for person in calibration.respondents(questionnaire_of(old), sample):
        picks = {asked: sorted(answer.picks) for asked, answer in person.answers.items()}
        was, _ = _band_ends(old, picks, person.situation, old)
        low, high = _band_ends(new, picks, person.situation, old)
        table[was, low if low == high else None] += 1
        if low > was:
            sums["up"] += 1
        elif high < was:
            sums["down"] += 1
        elif low == high:
            sums["same"] += 1
        else:
            sums["unclear"] += 1
    return table, sums


def _band_ends(pack: Pack, picks: Any, situation: Any, old: Pack) -> tuple[int, int]:
    known_before = {asked.id: asked for one in old.topics for asked in one.questions}
    if not {one.id for one in pack.situations} <= {one.id for one in old.situations}:
        situation = None
    low = high = maximum = 0
    levels: dict[str, int | None] = {}
    for one in pack.topics:
        for asked in one.questions:
            if asked.ratings is None:
                continue
            ordinary = {choice.id: choice.level for choice in asked.options if choice.id != "none"}
            added_up = asked.kind == "multi"
            most = min(4, sum(ordinary.values())) if added_up else max(ordinary.values())
            weight = asked.ratings.s.value + asked.ratings.r.value + asked.ratings.k.value
            maximum += weight * most
            if asked.applies_to and situation is not None and not set(asked.applies_to) & set(situation):
                continue
            if asked.parent is not None and not set(asked.show) & set(picks[asked.parent]):
                continue
            given = picks.get(asked.id)
            all_ids = {choice.id for choice in asked.options}
            ids_before = {choice.id for choice in known_before[asked.id].options} if asked.id in known_before else set()
            is_known = given is not None and set(given) <= all_ids and not (added_up and all_ids - ids_before)
            levels[asked.id] = min(4, sum(ordinary.get(pick, 0) for pick in given)) if is_known and given else None
            level = levels[asked.id]
            low += weight * (level if level is not None else 0)
            high += weight * (level if level is not None else most)
    if low == high:
        shown = (200 * low + maximum) // (2 * maximum)
        return min(shown // 20, 4), min(shown // 20, 4)
    ends = 100 * low // maximum, -(-100 * high // maximum)
    return min(ends[0] // 20, 4), min(ends[1] // 20, 4)


@pytest.mark.parametrize(
    "edits",
    [
        (heavier("q1"),),
        (heavier("q3"), heavier("q9", 1), heavier("q2")),
        (set_level("q3", "b", 4), set_level("q5", "b", 3), set_level("q7", "b", 3)),
        (set_level("q2", "c", 3), set_level("q9", "b", 1)),
        (set_level("q10", "b", 4),),
        (add_question,),
        (drop_question,),
        (rename_option,),
        (add_option_to_multi,),
        (add_situation,),
        (add_situation, add_question, heavier("q8")),
    ],
)
def test_bands_agree_with_an_independent_recount(edits: tuple[Edit, ...]) -> None:
    found = moves(*edits)
    table, sums = recounted(make_pack(), make_pack(*edits), 300)
    for row in found.rows:
        was = BANDS.index(row.band)
        assert row.to == tuple(table[was, now] for now in range(5))
        assert row.between == table[was, None]
        assert row.people == sum(count for (band, _), count in table.items() if band == was)
    assert [row.band for row in found.rows] == [MOST, MANY, HALF, SOME, FEW]
    assert (found.up, found.down, found.same, found.unclear) == tuple(
        sums[name] for name in ("up", "down", "same", "unclear")
    )
    assert found.people == 300
    assert found.changed == found.up + found.down
    assert found.changed + found.unclear > 0, "an edit that moves nobody proves nothing"


def test_lower_levels_move_bands_down_only_and_higher_ones_up_only() -> None:
    down = moves(set_level("q3", "b", 1), set_level("q5", "b", 1))
    assert down.down > 0
    assert (down.up, down.unclear) == (0, 0)
    up = moves(set_level("q3", "b", 3), set_level("q5", "b", 3))
    assert up.up > 0
    assert (up.down, up.unclear) == (0, 0)


def test_an_answer_that_does_not_carry_over_leaves_a_range() -> None:
    assert moves(heavier()).asked_more == 0
    assert moves(add_question).asked_more == 300
    assert moves(add_option_to_multi).asked_more == 300
    picked = [person.answers["q5"].picks for person in calibration.respondents(questionnaire_of(make_pack()), 300)]
    assert moves(rename_option).asked_more == picked.count(frozenset({"b"})) > 0


def test_a_changed_kind_is_asked_again() -> None:
    def to_single(data: Data) -> None:
        question(data, "q10").update(kind="single", options=question(data, "q9")["options"])
        item(data, "actions", "a5")["caps"]["q10"] = 2
        for person in data["personas"]:
            person["answers"]["q10"] = "a"

    assert moves(to_single).asked_more == 300


# --- Calibration ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stored() -> str:
    """A calibration of the small pack, made with two draws to be quick and signed as if with all of them."""
    return json.dumps(calibration.calibrate(make_pack(), draws=2) | {"draws": calibration.DRAWS})


def test_a_calibration_of_this_content_is_shown(stored: str) -> None:
    found = told(
        lambda data: question(data, "q3").update(text=text("Another wording?")), calibrations=["{}", None, stored]
    )
    assert found.sensitivity is not None
    assert [row.key for row in found.sensitivity] == ["weights", "topics", "levels", "equal"]
    assert found.sensitivity == found.sensitivity_before == calibration.rows_of(json.loads(stored))


def test_a_calibration_of_other_content_is_not_shown(stored: str) -> None:
    found = told(heavier(), calibrations=[stored])
    assert found.sensitivity is None
    assert found.sensitivity_before is not None
    other_answers = told(lambda data: item(data, "personas", "eva")["answers"].update(q3="a"), calibrations=[stored])
    assert other_answers.sensitivity is None


@pytest.mark.parametrize("text_of_file", ["", "[]", "no JSON", "{}", "[" * 100_000])
def test_an_unreadable_calibration_is_no_calibration(text_of_file: str) -> None:
    assert told(calibrations=[text_of_file]).sensitivity is None
    assert told().sensitivity is None


def test_a_table_with_failed_gates_is_shown_with_them(stored: str) -> None:
    result = json.loads(stored)
    result["sensitivity"][0]["moves_at_most"] = 9.0
    rows = stored_sensitivity(make_pack(), [json.dumps(result)])
    assert rows is not None
    assert "95% of scores move by up to 9.0 points" in rows[0].failed[0]


def test_the_tables_of_the_shipped_pack_are_those_stored_with_it(shipped_pack: Pack) -> None:
    text_of_file = (PACK / "calibration.json").read_text(encoding="utf-8")
    found = consequences(None, shipped_pack, calibrations=[text_of_file])
    result = json.loads(text_of_file)
    assert found.sensitivity is not None
    assert [row.moves_at_most for row in found.sensitivity] == [row["moves_at_most"] for row in result["sensitivity"]]
    assert found.dead_weight is not None
    assert [(use.question, use.swing, use.seen, use.moved) for use in found.dead_weight.questions] == [
        (use["question"], use["swing"], use["seen"], use["moved"]) for use in result["dead_weight"]["questions"]
    ]


def test_dead_weight_follows_the_new_pack() -> None:
    """Levels 0, 1, 1 and the least weight: at most 3 of some 220 points, 1.4 of 100."""

    def idle(data: Data) -> None:
        least = {"value": 1, "reason": text("It passes.")}
        question(data, "q7").update(ratings={"s": least, "r": least, "k": least, "claim": "f1-1"})
        set_level("q7", "b", 1)(data)
        set_level("q7", "c", 1)(data)

    def use_of(found: Consequences, question_id: str) -> calibration.QuestionUse:
        assert found.dead_weight is not None
        return next(use for use in found.dead_weight.questions if use.question == question_id)

    assert use_of(told(), "q7").swing == 10.0  # 24 of 240
    assert use_of(told(idle), "q7").swing == 1.4  # 3 of 219
    assert use_of(told(idle), "q7").moved < use_of(told(), "q7").moved


# --- Paths ---------------------------------------------------------------------------------------------


def test_paths_are_counted_before_and_after() -> None:
    """Nine questions and a follow-up; one of the nine is for those with a job only. Five of eight personas get all."""
    found = told(add_question)
    assert found.paths_before == PathLengths(shortest=8, typical=10, longest=10)
    assert found.paths == PathLengths(shortest=9, typical=11, longest=11)


def test_paths_are_those_of_the_report(shipped_pack: Pack) -> None:
    report = checks.report(shipped_pack)
    assert report is not None
    assert consequences(None, shipped_pack).paths == PathLengths(
        min(path.shortest for path in report.paths), report.typical, max(path.longest for path in report.paths)
    )


# --- Due items and translations ------------------------------------------------------------------------


def test_items_past_their_date_and_those_never_checked_are_told() -> None:
    def age(data: Data) -> None:
        item(data, "claims", "l1").update(due=TODAY.isoformat())
        data["platforms"][0]["steps"][0].update(due="2026-07-02")
        for name in CHECKED:
            del item(data, "guides", "law")[name]

    assert told().due == ()
    claim, guide = told(age).due
    assert (claim.kind, claim.id, claim.file, claim.due) == ("claim", "l1", "claims/law.yaml", TODAY)
    assert (guide.kind, guide.id, guide.due) == ("guide", "law", None)
    assert (claim.name, guide.name) == ({"en": "A test measured it."}, {"en": "A guide"})
    tomorrow = consequences(None, make_pack(age), sample=1, today=TODAY + dt.timedelta(days=1))
    assert [found.kind for found in tomorrow.due] == ["platform step", "claim", "guide"]


def test_untranslated_texts_are_told_for_each_language() -> None:
    def begin(data: Data) -> None:
        data["languages"].append({"code": "zh", "name": "中文"})
        question(data, "q3")["text"]["zh"] = "谁?"
        item(data, "glossary", "template")["forms"]["zh"] = ["模板"]

    english, chinese = translations(make_pack(begin))
    assert (english.language, english.name, english.is_complete, english.missing) == ("en", "English", True, ())
    assert (chinese.language, chinese.name, chinese.is_complete) == ("zh", "中文", False)
    assert chinese.texts == english.texts
    assert len(chinese.missing) == chinese.texts - 2
    assert MissingText("topics/t2.yaml", "question q3", "text") not in chinese.missing
    assert MissingText("topics/t2.yaml", "question q3", "why") in chinese.missing
    assert MissingText("guides/law.zh.md", "guide law", "body") in chinese.missing


def test_what_a_complete_language_lacks_is_what_stands_against_publishing() -> None:
    def begin(data: Data) -> None:
        data["languages"].append({"code": "zh", "name": "中文", "complete": True})
        question(data, "q3")["text"]["zh"] = "谁?"
        question(data, "q5")["text"] = {"zh": "谁?"}

    pack = make_pack(begin)
    english, chinese = told(begin).translations
    assert chinese.is_complete
    assert english.missing == (MissingText("topics/t3.yaml", "question q5", "text"),)
    blocking = [
        (problem.file, problem.item)
        for problem in checks.problems(pack, TODAY)
        if "which must be complete" in problem.reason
    ]
    assert sorted(blocking) == sorted((one.file, one.item) for one in (*english.missing, *chinese.missing))


# --- First editions, drafts with problems, and time ----------------------------------------------------


def test_a_first_edition_moves_nobody() -> None:
    found = consequences(None, make_pack(), sample=10)
    assert found.moves is None
    assert found.paths_before is None
    assert found.sensitivity_before is None
    assert {change.what for change in found.changes} == {"added"}
    assert all(row.before is None and row.after is not None for row in found.personas)


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: question(data, "q2").update(parent="q9"),
        lambda data: question(data, "q3").update(id="q5"),
        lambda data: question(data, "q10")["options"].pop(),
        lambda data: data.update(topics=[]),
        lambda data: item(data, "actions", "a1")["caps"].update(q1=3),
    ],
)
def test_a_draft_that_breaks_the_rules_is_told_as_far_as_it_goes(edit: Edit) -> None:
    found = told(edit)
    assert not found.can_be_scored
    assert (found.moves, found.dead_weight, found.paths) == (None, None, None)
    assert found.changes
    assert found.paths_before == PathLengths(8, 10, 10)
    assert all(row.after is None and row.before is not None for row in found.personas)
    assert [one.language for one in found.translations] == ["en"]


def test_a_persona_with_an_answer_that_is_not_offered_has_no_result() -> None:
    found = told(lambda data: item(data, "personas", "eva")["answers"].update(q3="zz"))
    assert found.can_be_scored
    assert found.dead_weight is not None
    assert [row.id for row in found.personas if row.after is None] == ["eva"]
    assert persona(found, "eva").answers_changed


def test_a_draft_without_personas_has_a_result(shipped_pack: Pack) -> None:
    found = told(lambda data: data.update(personas=[]))
    assert found.paths is not None
    assert found.paths.typical == 0
    assert all(row.after is None for row in found.personas)


def test_the_dead_weight_of_the_same_content_is_reckoned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what takes long. More drafts than are kept push the oldest out, and it is reckoned again."""
    reckoned = []
    real = calibration.dead_weight
    monkeypatch.setattr(calibration, "dead_weight", lambda *given: reckoned.append(given) or real(*given))
    weights = range(1, calibration.KEPT_DEAD_WEIGHTS + 1)
    before = [told(set_level("q3", "b", 3), heavier("q9", value), sample=1).dead_weight for value in weights]
    others = [told(set_level("q3", "b", 3), heavier("q8", value), sample=1).dead_weight for value in weights]
    assert None not in (*before, *others)
    assert len(reckoned) >= calibration.KEPT_DEAD_WEIGHTS
    count = len(reckoned)
    again = told(
        set_level("q3", "b", 3),
        heavier("q8", calibration.KEPT_DEAD_WEIGHTS),
        lambda data: question(data, "q3").update(text=text("Another wording?")),
        sample=1,
    )
    assert again.dead_weight == others[-1]
    assert len(reckoned) == count
    assert told(set_level("q3", "b", 3), heavier("q9", 1), sample=1).dead_weight == before[0]
    assert len(reckoned) == count + 1


def test_scores_are_those_of_the_method(shipped_pack: Pack) -> None:
    """A draft is scored as its edition would be."""
    found = consequences(None, shipped_pack)
    for row, person in zip(found.personas, shipped_pack.personas):
        assert row.after is not None
        assert row.name == person.name
        assert scoring.band_of(row.after.low) is row.after.bands[0]
        assert scoring.band_of(row.after.high) is row.after.bands[-1]
