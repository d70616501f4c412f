"""The draft as a pack and back: nothing is lost, and what is hostile or broken changes nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from apps.desk.difference import field_changes
from apps.desk.draft import DraftUnreadable, draft_pack
from apps.desk.exchange import (
    ItemDifference,
    UnknownEdition,
    export_pack,
    import_pack,
    import_zip,
    load_edition,
    start_draft,
)
from apps.desk.items import get_item, move_item, remove_item, save_item, translations_of
from apps.desk.models import DraftItem, Revision
from apps.desk.roles import NotAllowed, Role
from apps.editions import current
from apps.editions.pack_files import PackError, content_hash, pack_bytes, pack_of
from apps.editions.schema import Pack
from apps.editions.services import publish
from tests.conftest import PACK
from tests.desk.desks import data_of, everything, ids, make_draft, make_editor, version_of
from tests.editions.packs import Data, item, make_pack, question, text, topic

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_edition_in_memory():
    current.forget()
    yield
    current.forget()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_the_shipped_pack_goes_through_the_draft_without_a_byte_changed(shipped_pack: Pack):
    import_pack(shipped_pack, None)
    files = export_pack()
    on_disk = {name: (PACK / name).read_bytes() for name in files}
    assert files == on_disk
    assert {p.relative_to(PACK).as_posix() for p in PACK.rglob("*.*") if p.suffix != ".json"} == set(files)
    assert content_hash(draft_pack()) == content_hash(shipped_pack)


def test_a_dry_run_tells_what_an_import_would_do_and_does_nothing():
    make_draft()
    before, lines = everything(), Revision.objects.count()

    def change(data: Data) -> None:
        question(data, "q3")["text"] = text("Who hears your voice?")
        question(data, "q3")["options"][1]["level"] = 3
        data["glossary"].append(
            {"id": "face", "term": text("Face"), "forms": {"en": ["face"]}, "meaning": text("A face.")}
        )
        data["personas"].insert(1, data["personas"].pop(4))

    pack = make_pack(change)
    told = import_pack(pack, None, dry_run=True)
    assert {(d.kind, d.item_id, d.what) for d in told} == {
        ("question", "q3", "changed"),
        ("term", "face", "added"),
        ("persona", "dee", "moved"),
    }
    fields = {f.path: (f.before, f.after) for d in told if d.item_id == "q3" for f in d.fields}
    assert fields == {"text.en": ("Who sees your face?", "Who hears your voice?"), "options.b.level": (2, 3)}
    assert (everything(), Revision.objects.count()) == (before, lines)
    assert import_pack(pack, None) == told
    assert Revision.objects.count() == lines + 3
    assert import_pack(pack, None) == ()
    assert export_pack() == pack_bytes(pack)


def test_lesson_material_goes_through_the_draft_without_a_byte_changed():
    def teach(data: Data) -> None:
        dates = {"checked": "2026-06-30", "due": "2027-06-30"}
        data["ages"] = [{"id": "older", "name": text("14 to 18"), "note": text("Be calm."), "left_out": ["q3"]}]
        data["prompts"] = [{"id": name, "prompts": [{"id": "a", "text": text("Why?")}]} for name in ("t2", "t1", "law")]
        part = {"id": "begin", "minutes": 5, "title": text("Begin"), "body": text("Read.\n\nTalk.\n")}
        lesson = {"name": text("A lesson"), "summary": text("Short."), "ages": ["older"], "needs": text("Paper.")}
        data["lessons"] = [lesson | {"id": name, "parts": [part], **dates} for name in ("two", "one")]
        data["handouts"] = [
            {"id": "sheet", "name": text("Sheet"), "summary": text("One."), "body": text("Read."), **dates}
        ]

    pack = make_pack(teach)
    import_pack(pack, None)
    assert export_pack() == pack_bytes(pack)
    assert (ids("prompts"), ids("age group")) == (["t2", "t1", "law"], ["older"])
    assert import_pack(pack, None) == ()


def test_a_question_that_goes_to_another_topic_keeps_its_history():
    make_draft()

    def change(data: Data) -> None:
        topic(data, "t4")["questions"].append(topic(data, "t3")["questions"].pop())

    import_pack(make_pack(change), None)
    assert (ids("question", "t3"), ids("question", "t4")) == (["q5"], ["q7", "q8", "q6"])
    assert version_of("question", "q6") == 2


def test_an_import_removes_what_the_pack_lacks_and_it_can_be_brought_back():
    make_draft()
    told = import_pack(make_pack(lambda data: data["laws"].clear()), None)
    assert [(d.kind, d.item_id, d.what) for d in told] == [("law", "uk-gdpr", "removed")]
    line = Revision.objects.filter(kind="law", item_id="uk-gdpr").latest("number")
    assert line.before["data"]["name"] == {"en": "UK GDPR"}
    assert line.after is None


def test_a_translation_that_stays_while_its_original_changes_becomes_outdated():
    def languages(data: Data) -> None:
        data["languages"].append({"code": "fr", "name": "Français"})
        item(data, "places", "uk")["name"] = {"en": "United Kingdom", "fr": "Royaume-Uni"}

    make_draft(languages)
    states = {t.path: t.state for t in translations_of(get_item("place", "uk"))}
    assert states == {"name": "current"}

    def reword(data: Data) -> None:
        languages(data)
        item(data, "places", "uk")["name"]["en"] = "The United Kingdom"

    import_pack(make_pack(reword), None)
    assert {t.state for t in translations_of(get_item("place", "uk"))} == {"outdated"}


BROKEN: dict[str, dict[str, bytes]] = {
    "no pack.yaml": {"topics/t1.yaml": b"id: t1\n"},
    "a bomb of aliases": {"pack.yaml": b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"},
    "a way out": {"../../etc/passwd": b"x"},
    "another encoding": {"pack.yaml": "note: é\n".encode("utf-16")},
    "a wrong shape": {"pack.yaml": b"languages: yes\n"},
}


@pytest.mark.parametrize("files", BROKEN.values(), ids=BROKEN.keys())
def test_a_hostile_or_broken_pack_leaves_the_draft_unchanged(files: dict[str, bytes]):
    make_draft()
    before, lines = everything(), Revision.objects.count()
    whole = {**pack_bytes(make_pack(lambda data: data["laws"].clear())), **files}
    if "topics/t1.yaml" in files:
        del whole["pack.yaml"]
    with pytest.raises(PackError) as error:
        import_zip(zipped(whole), None)
    assert error.value.problems
    assert (everything(), Revision.objects.count()) == (before, lines)


def test_a_pack_with_an_id_twice_is_refused_because_one_would_be_lost():
    make_draft()
    before = everything()
    pack = make_pack(lambda data: data["claims"].append(dict(data["claims"][0], said_by=text("Another"))))
    with pytest.raises(PackError, match="stands 2 times"):
        import_pack(pack, None)
    twice = make_pack(lambda data: topic(data, "t2")["questions"].append(question(data, "q1")))
    with pytest.raises(PackError, match="question q1: this id stands 2 times"):
        import_pack(twice, None)
    assert everything() == before


def test_an_import_that_fails_half_way_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    make_draft()
    before, lines = everything(), Revision.objects.count()

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Revision.objects, "bulk_create", fail)
    with pytest.raises(RuntimeError):
        import_pack(make_pack(lambda data: data["laws"].clear()), None)
    monkeypatch.undo()
    assert (everything(), Revision.objects.count()) == (before, lines)


def test_an_empty_draft_is_filled_from_the_current_edition_once():
    assert not start_draft()
    with pytest.raises(DraftUnreadable, match="it is empty"):
        draft_pack()
    pack = make_pack()
    publish(pack, "First")
    assert start_draft()
    assert not start_draft()
    assert export_pack() == pack_bytes(pack)
    remove_item("law", "uk-gdpr", 1, None, anyway=True)
    assert not start_draft()


def test_an_edition_can_be_loaded_into_the_draft():
    pack = make_pack()
    publish(pack, "First")
    publish(make_pack(lambda data: data["families"].append({"id": "ask", "name": text("Ask")})), "Second")
    start_draft()
    assert ids("family") == ["settings", "ask"]
    gone = field_changes({"id": "ask", "name": text("Ask")}, None)
    assert load_edition(1, None) == (ItemDifference("family", "ask", "removed", gone),)
    assert export_pack() == pack_bytes(pack)
    with pytest.raises(UnknownEdition):
        load_edition(9, None)


def test_only_who_may_edit_imports():
    publish(make_pack(), "First")
    start_draft()
    before = everything()
    nobody = User.objects.create(username="nobody")
    for attempt in (
        lambda: import_pack(make_pack(lambda data: data["laws"].clear()), nobody),
        lambda: import_zip(b"", nobody),
        lambda: load_edition(1, nobody),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert everything() == before
    writer = make_editor("writer", Role.WRITER)
    assert import_pack(make_pack(lambda data: data["laws"].clear()), writer)
    assert Revision.objects.latest("pk").user == writer


def test_the_commands_write_the_draft_and_read_it_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pack = make_draft()
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "README").write_text("stays", encoding="utf-8")
    call_command("export_draft", tmp_path / "pack")
    assert read_pack_without_extra(tmp_path / "pack") == pack_bytes(pack)
    (tmp_path / "pack" / "README").unlink()
    data = data_of("family", "settings") | {"name": text("Turn it off")}
    save_item("family", "settings", data, 1, None)
    capsys.readouterr()
    call_command("import_draft", tmp_path / "pack", dry_run=True)
    assert "changed: family settings" in capsys.readouterr().out
    assert data_of("family", "settings")["name"] == text("Turn it off")
    call_command("import_draft", tmp_path / "pack")
    assert data_of("family", "settings")["name"] == text("Change a setting")
    (tmp_path / "pack" / "pack.yaml").write_text("languages: 1\n", encoding="utf-8")
    with pytest.raises(CommandError, match="languages"):
        call_command("import_draft", tmp_path / "pack")
    assert export_pack() == pack_bytes(pack)


def read_pack_without_extra(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.yaml")} | {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.md")
    }


def test_the_order_that_an_editor_chose_survives_the_files():
    make_draft()
    move_item("persona", "cem", 0, None)
    move_item("action", "a5", 0, None)
    move_item("question", "q4", 0, None)
    exported = export_pack()
    chosen = draft_pack()
    assert [p.id for p in chosen.personas][:2] == ["cem", "all-open"]
    DraftItem.objects.all().delete()
    import_pack(pack_of(exported), None)
    assert draft_pack() == chosen
    assert export_pack() == exported
