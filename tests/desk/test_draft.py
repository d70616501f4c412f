"""The draft as a whole: the same checker as `check_pack`, a way from each problem to its field, kept in memory."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.desk.draft import DraftUnreadable, Place, draft, draft_pack, draft_problems, places_of
from apps.desk.exchange import import_pack
from apps.desk.items import get_item, move_item, save_item
from apps.desk.models import DraftItem
from apps.desk.shapes import KINDS, Data, digest_of, stored_form, texts_of
from apps.editions import calibration, checks
from apps.editions.pack_files import PackProblem, content_hash
from apps.editions.pack_items import located_texts
from apps.editions.schema import Pack
from tests.conftest import PACK
from tests.desk.desks import data_of, make_draft
from tests.editions.packs import item, make_pack, option, question, text

pytestmark = pytest.mark.django_db


def test_the_problems_are_those_that_check_pack_tells(shipped_pack: Pack):
    import_pack(shipped_pack, None)
    stored = (PACK / "calibration.json").read_text(encoding="utf-8")
    assert draft_problems() == checks.problems(shipped_pack) + calibration.stored_problems(shipped_pack, stored)


def test_a_change_by_anybody_is_seen_and_going_back_finds_what_was_kept(monkeypatch: pytest.MonkeyPatch):
    make_draft()
    first, before = draft(), draft_problems()
    data = data_of("family", "settings")
    save_item("family", "settings", data | {"name": text("Danger!")}, 1, None)
    assert draft().content_hash != first.content_hash
    assert draft_pack().families[0].name == text("Danger!")
    assert any("alarms" in problem.reason for problem in draft_problems())
    save_item("family", "settings", data, 2, None)
    monkeypatch.setattr(checks, "problems", None)  # nothing is looked for again
    assert draft() is first
    assert draft_problems() == before


def test_asking_again_costs_a_small_query_or_two():
    make_draft()
    draft_problems()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        draft_problems()
        draft_pack()
    assert len(queries) == 3  # what state the draft is in, twice, and whether its scores were tried
    assert not any("data" in query["sql"].split("FROM")[0] for query in queries)


def test_a_move_is_another_draft():
    make_draft()
    before = draft().content_hash
    move_item("persona", "cem", 0, None)
    assert draft().content_hash != before


def test_stored_data_that_no_longer_fits_is_told_with_its_item():
    make_draft()
    row = get_item("question", "q3")
    row.data["options"][1]["level"] = 7
    row.digest = digest_of(row.data)
    row.save()
    with pytest.raises(DraftUnreadable, match="option b of question q3: `level` is 7, which is too high"):
        draft_pack()
    (problem,) = draft_problems()
    assert not problem.warning
    assert places_of(problem) == (Place("question", "q3", "options.b.level"),)


def test_a_question_without_its_topic_is_told():
    make_draft()
    DraftItem.objects.filter(kind="question", item_id="q3").update(parent="gone")
    (problem,) = draft_problems()
    assert (problem.item, problem.reason) == ("question q3", "its topic gone does not exist")


def test_every_problem_of_a_pack_broken_in_many_ways_leads_to_an_item_that_exists():
    def break_it(data: Data) -> None:
        question(data, "q3")["claims"] = ["f9-9"]
        question(data, "q5")["parent"] = "q99"
        option(data, "q7", "b")["help_now"] = "a99"
        question(data, "q8")["why"] = text("See [this](guide:nowhere).")
        item(data, "actions", "a1")["family"] = "gone"
        item(data, "letters", "l1")["body"] = text("{nothing}")
        item(data, "rights", "uk")["laws"] = ["gone"]
        item(data, "personas", "cem")["answers"]["q3"] = "z"
        item(data, "platforms", "phone")["steps"][0]["title"] = {"fr": "x"}
        data["article"][0]["questions"] = []

    make_draft(break_it)
    found, pack = draft_problems(), draft_pack()
    assert len([problem for problem in found if not problem.warning]) >= 10
    keys = set(DraftItem.objects.values_list("kind", "item_id"))
    for problem in found:
        places = places_of(problem, pack)
        assert places or problem.item in {"sensitivity", "calibration", "personas"} or problem.warning, problem
        for place in places:
            assert (place.kind, place.item_id) in keys


PLACES = [
    (
        "topics/t1.yaml",
        "question q3",
        "`ratings.claim` names claim f9, which does not exist",
        [("question", "q3", "ratings.claim")],
    ),
    ("topics/t1.yaml", "option b of question q3", "`text` has 13 words", [("question", "q3", "options.b.text")]),
    ("topics/t1.yaml", "option b of question q3", "no action answers it", [("question", "q3", "options.b")]),
    ("topics/t1.yaml", "question q3, for a child", "its reading level is grade 9.0", [("question", "q3", "")]),
    (
        "rights/uk.yaml",
        "regulator ico of rights uk",
        "the field `name` has no text in `en`",
        [("rights", "uk", "regulators.ico.name")],
    ),
    (
        "letters/l1.yaml",
        "option face of field holds of letter l1",
        "`text` is empty",
        [("letter", "l1", "fields.holds.options.face.text")],
    ),
    ("platforms.yaml", "platform step phone-lock", "no action shows it", [("platform", "phone", "steps.phone-lock")]),
    ("actions/t1.yaml", "action a1, action a2", "not yet checked by us", [("action", "a1", ""), ("action", "a2", "")]),
    ("prompts.yaml", "prompt p1 of prompts t1", "`text` is empty", [("prompts", "t1", "prompts.p1.text")]),
    ("lessons/one.yaml", "part a of lesson one", "`title` has 13 words", [("lesson", "one", "parts.a.title")]),
    ("handouts/one.yaml", "the whole file", "two items", [("handout", "one", "")]),
    ("pack.yaml", "article point ar1", "it links to no question", [("article point", "ar1", "")]),
    ("pack.yaml", "language en", "English is not among", [("language", "en", "")]),
    ("guides/t1.en.md", "the whole file", "two items", [("guide", "t1", "")]),
    ("pack.yaml", "pack", "`note` is empty", [("pack", "pack", "note")]),
    ("personas.yaml", "personas", "there are 3", []),
]


@pytest.mark.parametrize(("file", "name", "reason", "places"), PLACES)
def test_a_problem_leads_to_its_field(file: str, name: str, reason: str, places: list[tuple[str, str, str]]):
    problem = PackProblem(file, name, reason, "")
    assert places_of(problem, make_pack()) == tuple(Place(*place) for place in places)


def test_the_kinds_cover_every_list_of_a_pack():
    lists = {kind.pack_field for kind in KINDS.values()} - {""}
    assert lists | {"schema_version", "method", "note"} == set(Pack.model_fields)


def test_the_texts_followed_for_translation_are_those_that_the_checks_know(shipped_pack: Pack):
    ours = sum(
        len(texts_of(kind.name, stored_form(entry)))
        for kind in KINDS.values()
        if kind.pack_field
        for entry in getattr(shipped_pack, kind.pack_field)
    )
    ours += sum(len(texts_of("question", stored_form(q))) for t in shipped_pack.topics for q in t.questions)
    assert ours == len(list(located_texts(shipped_pack))) + len(shipped_pack.glossary)  # and a term's spellings


def test_the_hash_is_that_of_the_pack():
    pack = make_draft()
    assert draft().content_hash == content_hash(pack)
