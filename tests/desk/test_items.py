"""Changing items: nothing is lost, whatever is wrong is told, and every change can be taken back."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.desk.draft import draft_pack
from apps.desk.exchange import export_pack, import_pack
from apps.desk.items import (
    CannotMove,
    EditConflict,
    ItemExists,
    NoSuchItem,
    StillUsed,
    create_item,
    get_item,
    history_of,
    move_item,
    remove_item,
    restore,
    save_item,
    translations_of,
)
from apps.desk.models import DraftItem, Revision
from apps.desk.roles import NotAllowed, Role
from apps.desk.shapes import LONGEST_ITEM, BadShape
from apps.editions.pack_files import pack_bytes, pack_of
from tests.desk.desks import data_of, everything, ids, make_draft, make_editor, version_of
from tests.editions.packs import Data, item, make_data, make_pack, text

pytestmark = pytest.mark.django_db


def edited(kind: str, item_id: str, /, **fields: Any) -> dict[str, Any]:
    return data_of(kind, item_id) | fields


# --- Saving --------------------------------------------------------------------------------------------


def test_a_change_is_stored_and_logged_with_who_and_what_before_and_after():
    make_draft()
    ada = make_editor("ada", Role.WRITER)
    before = data_of("claim", "l1")
    saved = save_item("claim", "l1", edited("claim", "l1", says=text("A court decided it.")), 1, ada)
    assert saved.is_changed
    assert (saved.item.version, saved.item.updated_by) == (2, ada)
    line = history_of("claim", "l1")[0]
    assert (line.number, line.action, line.user, line.user_name) == (2, "changed", ada, "ada")
    assert (line.before["data"], line.after["data"]) == (before, before | {"says": text("A court decided it.")})
    assert draft_pack().claims[1].says == text("A court decided it.")


def test_the_log_keeps_the_name_of_someone_who_left():
    make_draft()
    ada = make_editor("ada", Role.WRITER)
    save_item("claim", "l1", edited("claim", "l1", says=text("A court decided it.")), 1, ada)
    ada.delete()
    line = history_of("claim", "l1")[0]
    assert (line.user, line.user_name) == (None, "ada")
    assert get_item("claim", "l1").updated_by is None


def test_saving_what_is_there_already_changes_and_logs_nothing():
    make_draft()
    before, lines = everything(), Revision.objects.count()
    saved = save_item("claim", "l1", data_of("claim", "l1"), 1, None)
    assert not saved.is_changed
    assert (everything(), Revision.objects.count()) == (before, lines)


def test_the_second_of_two_editors_is_shown_the_difference_and_nothing_is_lost():
    make_draft()
    ada, ben = make_editor("ada", Role.WRITER), make_editor("ben", Role.WRITER)
    base = data_of("question", "q3")
    theirs, yours = copy.deepcopy(base), copy.deepcopy(base)
    theirs["text"], theirs["options"][1]["level"] = text("Who hears you?"), 3
    yours["text"], yours["hint"] = text("Who knows you?"), text("Think of friends.")
    save_item("question", "q3", theirs, 1, ada)
    before, lines = everything(), Revision.objects.count()
    with pytest.raises(EditConflict) as caught:
        save_item("question", "q3", yours, 1, ben)
    conflict = caught.value
    assert (everything(), Revision.objects.count()) == (before, lines)
    assert (conflict.version, conflict.by, conflict.theirs, conflict.yours) == (2, "ada", theirs, yours)
    assert {(d.path, d.base, d.theirs, d.yours) for d in conflict.differences} == {
        ("text.en", "Who sees your face?", "Who hears you?", "Who knows you?"),
        ("hint.en", None, None, "Think of friends."),
        ("options.b.level", 2, 3, 2),
    }
    assert "ada has changed this" in str(conflict)
    assert save_item("question", "q3", conflict.yours, conflict.version, ben).item.version == 3


def test_two_editors_who_wrote_the_same_do_not_disturb_each_other():
    make_draft()
    data = edited("claim", "l1", says=text("A court decided it."))
    save_item("claim", "l1", data, 1, None)
    assert not save_item("claim", "l1", data, 1, None).is_changed


def test_an_item_that_was_only_moved_meanwhile_can_be_saved():
    make_draft()
    data = edited("persona", "cem", about=text("A cook."))
    move_item("persona", "cem", 0, None)
    assert save_item("persona", "cem", data, 1, None).item.version == 3
    assert ids("persona")[0] == "cem"


def test_saving_what_someone_removed_is_a_conflict_that_keeps_the_words():
    make_draft()
    data = edited("term", "template", meaning=text("A list of numbers."))
    remove_item("term", "template", 1, None, anyway=True)
    with pytest.raises(EditConflict) as caught:
        save_item("term", "template", data, 1, None)
    assert (caught.value.theirs, caught.value.yours) == (None, data)
    assert "removed" in str(caught.value)
    with pytest.raises(NoSuchItem):
        save_item("term", "unheard-of", data, 1, None)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a level out of range": (
        {"options": [{"id": "a", "level": 9, "text": text("x"), "reason": text("x")}] * 2},
        "`level` is 9, which is too high",
    ),
    "an empty text": ({"text": {"en": ""}}, "`text.en` is empty"),
    "a text of spaces": ({"why": {"en": " \n \n"}}, "is empty"),
    "an unknown field": ({"wieght": 3}, "does not belong here"),
    "a field that is missing": ({"why": None}, "`why`"),
    "a text that is none": ({"text": "Yes"}, "should be a text for each language"),
    "a NUL": ({"text": {"en": "a\0b"}}, "unwanted character"),
    "a lone surrogate": ({"text": {"en": "a\ud800b"}}, "unwanted character"),
    "a mark that turns letters round": ({"text": {"en": "a\u202eb"}}, "unwanted character"),
    "an unwanted character in a key": ({"a\0b": 1}, "unwanted character"),
    "a huge text": ({"why": {"en": "x" * LONGEST_ITEM}}, "longer than"),
    "a number where text belongs": ({"text": {"en": 3}}, "`text.en`"),
    "what JSON cannot hold": ({"text": {"en": object()}}, "cannot stand here"),
    "an id that is none": ({"id": "Q 3"}, "not an id"),
}


@pytest.mark.parametrize(("fields", "reason"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told_and_not_stored(fields: dict[str, Any], reason: str):
    make_draft()
    before = everything()
    with pytest.raises(BadShape) as caught:
        save_item("question", "q3", edited("question", "q3", **fields), 1, None)
    assert any(reason in problem.reason for problem in caught.value.problems)
    assert all("question q3" in problem.item and problem.file == "topics/t2.yaml" for problem in caught.value.problems)
    assert everything() == before


def test_deep_nesting_is_refused():
    make_draft()
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(BadShape):
        save_item("question", "q3", edited("question", "q3", text=deep), 1, None)


def test_every_reason_is_told_at_once():
    make_draft()
    with pytest.raises(BadShape) as caught:
        save_item("question", "q3", edited("question", "q3", text={}, kind="triple", claims="f1-1"), 1, None)
    assert {problem.reason.split("`")[1] for problem in caught.value.problems} >= {"kind", "claims"}


def test_line_ends_of_a_browser_and_trailing_spaces_make_no_difference():
    make_draft()
    body = {"en": "One.  \r\n\r\nTwo.[^f1-1]\r\n\r\n"}
    save_item("guide", "t1", edited("guide", "t1", body=body), 1, None)
    assert data_of("guide", "t1")["body"] == {"en": "One.\n\nTwo.[^f1-1]\n"}
    assert not save_item("guide", "t1", edited("guide", "t1", body=body), 2, None).is_changed
    assert import_pack(pack_of(export_pack()), None) == ()


def test_a_half_translated_item_can_be_saved():
    make_draft()
    save_item("place", "uk", edited("place", "uk", name={"en": "United Kingdom", "fr": "Royaume-Uni"}), 1, None)
    assert draft_pack().places[0].name["fr"] == "Royaume-Uni"


# --- Ids -----------------------------------------------------------------------------------------------


def test_another_id_removes_the_old_item_and_adds_a_new_one_with_a_warning():
    make_draft()
    saved = save_item("question", "q3", edited("question", "q3", id="q33"), 1, None)
    assert "will not carry over" in saved.warnings[0]
    assert ids("question", "t2") == ["q33", "q4"]
    assert [line.action for line in history_of("question", "q3")] == ["removed", "imported"]
    assert [line.action for line in history_of("question", "q33")] == ["created"]


def test_questions_follow_a_topic_that_is_renamed():
    make_draft()
    save_item("topic", "t2", edited("topic", "t2", id="t22"), 1, None)
    assert ids("question", "t22") == ["q3", "q4"]
    assert history_of("question", "q3")[0].action == "moved"
    assert [t.id for t in draft_pack().topics] == ["t1", "t3", "t4", "t5", "t22", "choices"]


def test_an_id_that_is_taken_is_refused():
    make_draft()
    before = everything()
    with pytest.raises(ItemExists):
        save_item("question", "q3", edited("question", "q3", id="q4"), 1, None)
    with pytest.raises(ItemExists):
        create_item("question", edited("question", "q3"), None, parent="t4")
    assert everything() == before


def test_an_option_that_goes_is_warned_about():
    make_draft()
    data = data_of("question", "q3")
    data["options"][2]["id"] = "d"
    saved = save_item("question", "q3", data, 1, None)
    assert saved.warnings == ("Answers that hold option c of question q3 will not carry over.",)


def test_a_version_number_is_never_used_twice():
    make_draft()
    data = data_of("law", "uk-gdpr")
    remove_item("law", "uk-gdpr", 1, None, anyway=True)
    create_item("law", data, None)
    assert [line.number for line in history_of("law", "uk-gdpr")] == [3, 2, 1]
    with pytest.raises(EditConflict):
        save_item("law", "uk-gdpr", data | {"what": text("No.")}, 2, None)


# --- Creating, removing, moving ------------------------------------------------------------------------


def test_a_new_question_stands_where_it_was_put():
    make_draft()
    create_item("question", edited("question", "q3", id="q34"), None, parent="t2", position=1)
    create_item("question", edited("question", "q3", id="q35"), None, parent="t2")
    assert ids("question", "t2") == ["q3", "q34", "q4", "q35"]
    assert [q.id for q in draft_pack().topics[1].questions] == ["q3", "q34", "q4", "q35"]
    for parent in ("", "t99"):
        with pytest.raises(CannotMove):
            create_item("question", edited("question", "q3", id="q36"), None, parent=parent)
    with pytest.raises(CannotMove):
        create_item("law", edited("law", "uk-gdpr", id="new"), None, parent="t2")
    with pytest.raises(NoSuchItem):
        create_item("recipe", {"id": "new"}, None)


def test_what_is_still_used_is_not_removed_unless_meant():
    make_draft()
    before = everything()
    with pytest.raises(StillUsed) as caught:
        remove_item("guide", "law", 1, None)
    assert ("guide t1", "`body` leads to guide law, which does not exist") in [
        (problem.item, problem.reason) for problem in caught.value.problems
    ]
    assert everything() == before
    remove_item("guide", "law", 1, None, anyway=True)
    assert ids("guide") == ["t1"]


def test_what_nothing_relies_on_is_removed_at_once():
    make_draft(lambda data: data["families"].append({"id": "ask", "name": text("Ask")}))
    assert remove_item("family", "ask", 1, None).item is None
    assert ids("family") == ["settings"]


def test_a_topic_with_questions_and_the_pack_itself_are_never_removed():
    make_draft()
    for kind, item_id in (("topic", "t2"), ("pack", "pack")):
        with pytest.raises(StillUsed):
            remove_item(kind, item_id, 1, None, anyway=True)


def test_what_was_changed_since_is_not_removed():
    make_draft()
    save_item("law", "uk-gdpr", edited("law", "uk-gdpr", what=text("You can object.")), 1, None)
    with pytest.raises(EditConflict):
        remove_item("law", "uk-gdpr", 1, None, anyway=True)
    assert ids("law") == ["uk-gdpr"]


def test_an_item_moves_among_its_siblings_only():
    make_draft()
    move_item("persona", "cem", 99, None)
    move_item("persona", "fay", -1, None)
    assert ids("persona") == ["fay", "all-open", "ada", "ben", "dee", "eva", "all-closed", "cem"]
    assert [line.action for line in history_of("persona", "cem")] == ["moved", "imported"]
    assert version_of("persona", "ada") == 1
    assert not move_item("persona", "fay", 0, None).is_changed
    assert history_of("persona", "fay")[0].number == 2
    for kind, item_id in (("topic", "t2"), ("guide", "t1"), ("rights", "uk"), ("letter", "l1")):
        with pytest.raises(CannotMove):
            move_item(kind, item_id, 0, None)


def test_a_question_moves_to_another_topic():
    make_draft()
    move_item("question", "q3", 1, None, parent="t4")
    assert (ids("question", "t2"), ids("question", "t4")) == (["q4"], ["q7", "q3", "q8"])
    with pytest.raises(CannotMove):
        move_item("question", "q3", 0, None, parent="t99")


# --- Restoring -----------------------------------------------------------------------------------------


def test_an_earlier_version_can_be_restored():
    make_draft()
    first = data_of("claim", "l1")
    save_item("claim", "l1", first | {"says": text("Second.")}, 1, None)
    save_item("claim", "l1", first | {"says": text("Third.")}, 2, None)
    restore(history_of("claim", "l1")[1], None)
    assert data_of("claim", "l1")["says"] == text("Second.")
    restore(history_of("claim", "l1")[-1], None)
    assert data_of("claim", "l1") == first
    assert [line.action for line in history_of("claim", "l1")][:2] == ["restored", "restored"]


def test_what_was_removed_comes_back_where_it_stood():
    make_draft()
    order, data = ids("persona"), data_of("persona", "cem")
    remove_item("persona", "cem", 1, None, anyway=True)
    restore(history_of("persona", "cem")[0], None)
    assert (ids("persona"), data_of("persona", "cem")) == (order, data)


def test_a_question_whose_topic_is_gone_is_not_restored_into_nowhere():
    make_draft()
    for question in ("q3", "q4"):
        remove_item("question", question, 1, None, anyway=True)
    remove_item("topic", "t2", 1, None, anyway=True)
    with pytest.raises(CannotMove):
        restore(history_of("question", "q3")[0], None)


# --- Translations --------------------------------------------------------------------------------------


def states(kind: str, item_id: str, languages: tuple[str, ...] = ("en", "fr")) -> dict[str, str]:
    return {t.path: t.state for t in translations_of(get_item(kind, item_id), languages)}


def test_a_translation_is_missing_then_current_then_outdated_then_current_again():
    make_draft()
    assert states("family", "settings") == {"name": "missing"}
    names = {"en": "Change a setting", "fr": "Changer un réglage"}
    save_item("family", "settings", edited("family", "settings", name=names), 1, None)
    assert states("family", "settings") == {"name": "current"}
    names = names | {"en": "Turn something off"}
    save_item("family", "settings", edited("family", "settings", name=names), 2, None)
    assert states("family", "settings") == {"name": "outdated"}
    names = names | {"fr": "Éteindre quelque chose"}
    save_item("family", "settings", edited("family", "settings", name=names), 3, None)
    assert states("family", "settings") == {"name": "current"}


def test_a_translation_that_is_still_right_can_be_confirmed():
    make_draft()
    names = {"en": "Change a setting", "fr": "Changer un réglage"}
    save_item("family", "settings", edited("family", "settings", name=names), 1, None)
    data = edited("family", "settings", name=names | {"en": "Change a setting."})
    save_item("family", "settings", data, 2, None)
    assert states("family", "settings") == {"name": "outdated"}
    assert save_item("family", "settings", data, 3, None, confirmed=[("name", "fr")]).is_changed
    assert states("family", "settings") == {"name": "current"}


def test_an_original_that_goes_back_makes_its_translation_current():
    make_draft()
    names = {"en": "Change a setting", "fr": "Changer un réglage"}
    save_item("family", "settings", edited("family", "settings", name=names), 1, None)
    save_item("family", "settings", edited("family", "settings", name=names | {"en": "Other"}), 2, None)
    save_item("family", "settings", edited("family", "settings", name=names), 3, None)
    assert states("family", "settings") == {"name": "current"}


def test_the_texts_of_options_steps_and_spellings_are_followed_by_id():
    make_draft()
    data = data_of("question", "q3")
    data["options"][1]["text"]["fr"] = "Quelques personnes"
    save_item("question", "q3", data, 1, None)
    data["options"].reverse()
    save_item("question", "q3", data, 2, None)
    found = states("question", "q3")
    assert found["options.b.text"] == "current"
    assert found["options.a.text"] == "missing"
    assert found["ratings.s.reason"] == "missing"
    data["options"][1]["text"]["en"] = "Some friends"
    save_item("question", "q3", data, 3, None)
    assert states("question", "q3")["options.b.text"] == "outdated"
    assert states("platform", "phone") == dict.fromkeys(
        ("name", "steps.phone-lock.title", "steps.phone-lock.body", "steps.phone-lock.basis"), "missing"
    )
    assert "forms" in states("term", "template")
    assert "law.uk" in states("letter", "l1")


# --- Who may -------------------------------------------------------------------------------------------


def test_only_who_may_edit_changes_the_draft():
    make_draft()
    nobody = User.objects.create(username="nobody")
    gone = make_editor("gone", Role.PUBLISHER)
    gone.is_active = False
    gone.save()
    before = everything()
    line = history_of("law", "uk-gdpr")[0]
    for user in (nobody, gone):
        for attempt in (
            lambda user=user: save_item("law", "uk-gdpr", edited("law", "uk-gdpr", what=text("No.")), 1, user),
            lambda user=user: create_item("law", edited("law", "uk-gdpr", id="new"), user),
            lambda user=user: remove_item("law", "uk-gdpr", 1, user, anyway=True),
            lambda user=user: move_item("persona", "cem", 0, user),
            lambda user=user: restore(line, user),
        ):
            with pytest.raises(NotAllowed):
                attempt()
    assert everything() == before


# --- Any sequence of edits -----------------------------------------------------------------------------

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cf", "Cn", "Zl", "Zp"]), min_size=1, max_size=12
)
STEP = st.one_of(
    st.tuples(st.just("word"), st.integers(0, 7), WORDS),
    st.tuples(st.just("body"), st.integers(0, 1), st.lists(WORDS, min_size=1, max_size=3).map(" \r\n".join)),
    st.tuples(st.just("move"), st.integers(0, 7), st.integers(0, 9)),
    st.tuples(st.just("remove"), st.integers(0, 7), st.none()),
    st.tuples(st.just("add"), st.integers(0, 9), WORDS),
    st.tuples(st.just("restore"), st.integers(0, 40), st.none()),
)


class Reference:
    """The personas and guides as a plain list and mapping say that they should be."""

    def __init__(self) -> None:
        data = make_data()
        self.personas: list[Data] = data["personas"]
        self.guides = {guide["id"]: guide for guide in data["guides"]}
        self.past: list[Data] = copy.deepcopy(self.personas)

    def pack(self) -> Any:
        def change(data: Data) -> None:
            data["personas"] = self.personas
            data["guides"] = [self.guides[guide["id"]] for guide in data["guides"]]

        return make_pack(change)

    def remember(self, persona: Data) -> None:
        self.past.append(copy.deepcopy(persona))


def take(reference: Reference, what: str, number: int, value: Any) -> None:
    """Do one step to the draft and to the reference."""
    personas = reference.personas
    if what == "body":
        guide = reference.guides[["t1", "law"][number]]
        if value.strip():
            guide["body"] = {"en": value}
            save_item("guide", guide["id"], guide, version_of("guide", guide["id"]), None)
        return
    if what == "add":
        new = {"id": f"new-{number}", "name": text("New"), "about": {"en": value}, "answers": {}}
        if value.strip() and all(one["id"] != new["id"] for one in personas):
            create_item("persona", new, None, position=number)
            personas.insert(number, new)
            reference.remember(new)
        return
    if what == "restore":
        old = copy.deepcopy(reference.past[number % len(reference.past)])
        line = next(
            line
            for line in Revision.objects.filter(kind="persona", item_id=old["id"])
            if line.after and line.after["data"]["about"] == {"en": old["about"]["en"].strip()}
        )
        here = next((at for at, one in enumerate(personas) if one["id"] == old["id"]), None)
        restore(line, None)
        if here is None:
            personas.insert(line.after["position"], old)
        else:
            personas[here] = old
        return
    if not personas:
        return
    persona = personas[number % len(personas)]
    if what == "word" and value.strip():
        persona["about"] = {"en": value}
        save_item("persona", persona["id"], persona, version_of("persona", persona["id"]), None)
        reference.remember(persona)
    elif what == "move":
        move_item("persona", persona["id"], value, None)
        personas.remove(persona)
        personas.insert(value, persona)
    elif what == "remove":
        remove_item("persona", persona["id"], version_of("persona", persona["id"]), None, anyway=True)
        personas.remove(persona)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(STEP, max_size=12))
def test_after_any_edits_the_export_is_what_a_plain_list_says(db: None, steps: list[tuple[str, int, Any]]):
    DraftItem.objects.all().delete()
    Revision.objects.all().delete()
    make_draft()
    reference = Reference()
    for step in steps:
        take(reference, *step)
    assert export_pack() == pack_bytes(reference.pack())
    assert import_pack(pack_of(export_pack()), None, dry_run=True) == ()
    for row in DraftItem.objects.filter(kind="persona"):
        lines = history_of("persona", row.item_id)
        assert [line.number for line in lines] == list(range(len(lines), 0, -1))
        assert lines[0].after["data"] == row.data
        for line in lines:
            restore(line, None)
            assert data_of("persona", row.item_id) == (line.after or line.before)["data"]


def test_the_reference_is_the_small_pack():
    assert pack_bytes(Reference().pack()) == pack_bytes(make_pack())
    assert item(make_data(), "personas", "cem")["id"] == "cem"
