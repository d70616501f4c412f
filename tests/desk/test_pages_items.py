"""Lists and forms of items: every kind, what cannot be saved, two people at once, history, problems."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest

from apps.desk.draft import draft_pack, draft_problems
from apps.desk.forms.items import Builder, Known, read_item, shape_of, title_of
from apps.desk.items import get_item, save_item
from apps.desk.models import DraftItem, Revision
from apps.desk.shapes import KINDS
from tests.desk.desks import data_of, everything, ids, make_draft, version_of
from tests.desk.pages import form_in, person, saved, signed_in

pytestmark = pytest.mark.django_db

Q1 = "/editor/items/question/q1/edit/"


def address_of(row: DraftItem) -> str:
    return f"/editor/items/{row.kind.replace(' ', '-')}/{row.item_id}/edit/"


def test_saving_the_form_of_any_shipped_item_as_it_is_changes_nothing(edition):
    client = signed_in()
    client.get("/editor/")  # fills the draft
    before = everything()
    assert len(before) > 300
    for row in DraftItem.objects.all():
        answer = saved(client, address_of(row))
        assert (row.kind, row.item_id, answer.status_code) == (row.kind, row.item_id, 303)
    assert everything() == before


def test_there_is_a_page_for_every_kind_and_a_shape_for_every_field(edition):
    client = signed_in()
    client.get("/editor/")
    for kind in KINDS.values():
        slug = kind.name.replace(" ", "-")
        for field in kind.model.model_fields:
            if (kind.name, field) != ("topic", "questions"):
                assert shape_of(kind.model, field)
        if kind.name != "pack":
            assert client.get(f"/editor/items/{slug}/").status_code == 200
            assert client.get(f"/editor/items/{slug}/new/").status_code == 200
            for row in DraftItem.objects.filter(kind=kind.name)[:1]:
                for page in ("edit", "history", "remove"):
                    assert client.get(f"/editor/items/{slug}/{row.item_id}/{page}/").status_code == 200
    assert client.get("/editor/items/pack/")["Location"] == "/editor/items/pack/pack/edit/"
    assert client.get("/editor/items/nothing/").status_code == 404
    assert client.get("/editor/items/question/nothing/edit/").status_code == 404


def test_a_change_is_saved_once_and_logged_with_its_author():
    make_draft()
    client = signed_in(name="ann")
    answer = saved(client, Q1, d__text__en="Who may see your face?")
    assert (answer.status_code, answer["Location"]) == (303, Q1)
    assert data_of("question", "q1")["text"] == {"en": "Who may see your face?"}
    revision = Revision.objects.first()
    assert (revision.item_id, revision.action, revision.user_name) == ("q1", "changed", "ann")


def test_the_scales_of_the_method_are_told_where_they_are_used():
    make_draft()
    page = signed_in().get(Q1).content.decode()
    for words in ("routinely, or anyone", "lasting, cannot be changed", "public, or searchable", "no practical say"):
        assert words in page


def test_parts_can_be_added_ordered_and_removed_and_nothing_else_is_lost():
    make_draft()
    client = signed_in()
    form = form_in(client.get(Q1).content.decode())
    form |= {"d.text.en": ["Written, not saved"], "add": ["d.options"]}
    page = client.post(Q1, form)
    assert data_of("question", "q1")["text"]["en"] != "Written, not saved"
    form = form_in(page.content.decode())
    assert form["d.text.en"] == ["Written, not saved"]
    form |= {"d.options.3.id": ["d"], "d.options.3.level": ["3"], "d.options.3.text.en": ["Sometimes"]}
    form |= {"d.options.3.reason.en": ["It can spread."], "d.options.3-order": ["0"], "d.options.0-remove": ["on"]}
    assert client.post(Q1, form).status_code == 303
    options = data_of("question", "q1")["options"]
    assert [(one["id"], one["level"]) for one in options] == [("d", 3), ("b", 2), ("c", 4)]


def test_an_empty_new_part_is_no_part():
    make_draft()
    client = signed_in()
    form = form_in(client.get(Q1).content.decode()) | {"add": ["d.options"]}
    form = form_in(client.post(Q1, form).content.decode())
    assert client.post(Q1, form).status_code == 303
    assert len(data_of("question", "q1")["options"]) == 3


def test_what_cannot_be_saved_comes_back_with_reasons_that_lead_to_the_fields():
    make_draft()
    before = everything()
    changes = {"d__options__1__id": "Not An Id", "d__text__en": "", "d__why__en": "Kept words"}
    answer = saved(signed_in(), Q1, **changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Kept words" in page
    assert 'value="Not An Id"' in page
    assert 'href="#at-text"' in page
    assert 'id="at-text"' in page
    assert everything() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("d__ratings__s__value", "4000"),
        ("d__ratings__s__value", "four"),
        ("d__options-count", "99999999999"),
        ("d__options-count", "-1"),
        ("d__text__en", "x" * 300_000),
        ("d__text__en", "nul \x00 here"),
        ("d__text__en", "turned \u202e round"),
        ("d__text__xx-yy-zz", "no such language"),
        ("d__options__0-order", "first"),
        ("version", "９"),
        ("version", "-1"),
        ("d__parent", "<script>alert(1)</script>"),
        ("d__kind", "triple"),
    ],
)
def test_bad_input_is_refused_in_words_and_never_breaks_the_page(name, value):
    make_draft()
    answer = saved(signed_in(), Q1, **{name: value})
    assert answer.status_code in (303, 409, 422)
    assert "<script>alert" not in answer.content.decode()
    assert get_item("question", "q1").data["options"]


@pytest.mark.parametrize("kind", ["question", "persona"])
def test_a_form_that_names_nothing_is_refused(kind):
    make_draft()
    row = DraftItem.objects.filter(kind=kind).first()
    before = everything()
    assert signed_in().post(address_of(row), {"version": "1"}).status_code == 422
    assert everything() == before


def test_two_people_save_the_same_item_and_nothing_is_lost():
    make_draft()
    ann, ben = signed_in(name="ann"), signed_in(name="ben")
    form = form_in(ben.get(Q1).content.decode())
    saved(ann, Q1, d__text__en="Ann’s words", d__hint__en="Ann’s hint")
    form |= {"d.text.en": ["Ben’s words"], "d.why.en": ["Ben’s reason"]}
    answer = ben.post(Q1, form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "ann changed this" in page
    for words in ("Ann’s words", "Ben’s words", "Ben’s reason", "Ann’s hint"):
        assert words in page
    assert data_of("question", "q1")["text"]["en"] == "Ann’s words"
    both = form_in(page)
    assert both["d.hint.en"] == ["Ann’s hint"]  # ben left it alone
    assert ben.post(Q1, both).status_code == 303
    data = data_of("question", "q1")
    assert (data["text"]["en"], data["hint"]["en"], data["why"]["en"]) == ("Ben’s words", "Ann’s hint", "Ben’s reason")


def test_an_item_that_was_removed_meanwhile_can_be_put_back_with_its_new_text():
    make_draft()
    ann, ben = signed_in(name="ann"), signed_in(name="ben")
    address = "/editor/items/term/template/edit/"
    form = form_in(ben.get(address).content.decode())
    ann.post("/editor/items/term/template/remove/", {"version": version_of("term", "template"), "anyway": "1"})
    form |= {"d.meaning.en": ["Ben’s meaning"]}
    answer = ben.post(address, form)
    assert answer.status_code == 409
    assert ids("term") == []
    assert ben.post(address, form_in(answer.content.decode())).status_code == 303
    assert data_of("term", "template")["meaning"] == {"en": "Ben’s meaning"}


def test_an_item_in_use_is_removed_only_when_one_insists():
    make_draft()
    client = signed_in()
    address = "/editor/items/claim/l1/remove/"
    answer = client.post(address, {"version": version_of("claim", "l1")})
    assert answer.status_code == 409
    assert "still in use" in answer.content.decode()
    assert "l1" in ids("claim")
    assert client.post(address, {"version": version_of("claim", "l1"), "anyway": "1"}).status_code == 303
    assert "l1" not in ids("claim")


def test_any_earlier_version_and_a_removed_item_can_be_brought_back():
    make_draft()
    client = signed_in()
    first = Revision.objects.get(kind="question", item_id="q1")
    saved(client, Q1, d__text__en="Other words")
    assert "Other words" in client.get("/editor/items/question/q1/history/").content.decode()
    assert client.post(f"/editor/log/{first.pk}/restore/").status_code == 303
    assert data_of("question", "q1")["text"]["en"] == "Who sees your face?"
    client.post("/editor/items/term/template/remove/", {"version": version_of("term", "template"), "anyway": "1"})
    removal = Revision.objects.get(kind="term", action="removed")
    client.post(f"/editor/log/{removal.pk}/restore/")
    assert ids("term") == ["template"]
    assert client.post("/editor/log/999999/restore/").status_code == 404


def test_a_new_question_with_its_action_can_be_added_by_forms_alone():
    make_draft()
    client = signed_in()
    copy = form_in(client.get("/editor/items/question/new/?copy=q2&topic=t1").content.decode())
    copy |= {"d.id": ["q12"], "parent": ["t1"], "d.parent": ["q1"], "d.show": ["b, c, unsure"]}
    answer = client.post("/editor/items/question/new/", copy)
    assert answer["Location"] == "/editor/items/question/q12/edit/"
    assert ids("question", "t1")[-1] == "q12"
    saved(client, "/editor/items/action/a1/edit/", **{"d__helps__0-key": "q12", "d__helps__0-value": "b, unsure"})
    assert data_of("action", "a1")["helps"]["q12"] == ["b", "unsure"]
    assert draft_pack()


def test_an_id_that_exists_is_refused():
    make_draft()
    client = signed_in()
    copy = form_in(client.get("/editor/items/claim/new/?copy=l1").content.decode()) | {"d.id": ["l1"]}
    answer = client.post("/editor/items/claim/new/", copy)
    assert answer.status_code == 422
    assert "already" in answer.content.decode()


def test_a_new_id_warns_that_answers_do_not_carry_over():
    make_draft()
    client = signed_in()
    answer = saved(client, Q1, d__id="q99")
    assert answer["Location"] == "/editor/items/question/q99/edit/"
    assert "will not carry over" in client.get(answer["Location"]).content.decode()


def test_a_question_is_moved_by_number_and_to_another_topic():
    make_draft()
    client = signed_in()
    client.post("/editor/items/question/q4/move/", {"position": "1", "parent": "t2"})
    assert ids("question", "t2") == ["q4", "q3"]
    client.post("/editor/items/question/q4/move/", {"position": "9", "parent": "t3"})
    assert ids("question", "t3")[-1] == "q4"
    client.post("/editor/items/question/q4/move/", {"position": "x", "parent": "nowhere"})
    assert ids("question", "t3")[-1] == "q4"


def test_lists_are_searched_and_filtered():
    make_draft(lambda data: data["claims"][0].pop("checked") and data["claims"][0].pop("due"))
    client = signed_in()

    def found(query: str) -> list[str]:
        page = client.get(f"/editor/items/claim/?{query}").content.decode()
        return [one for one in ids("claim") if f"/editor/items/claim/{one}/edit/" in page]

    assert found("") == ["f1-1", "l1"]
    assert found("q=L1") == ["l1"]
    assert "f1-1" in found("state=due")
    assert found("state=outdated") == []
    topics = client.get("/editor/items/question/?topic=t2").content.decode()
    assert "/q3/edit/" in topics
    assert "/q1/edit/" not in topics


def test_a_translation_that_is_older_than_its_original_is_marked_until_somebody_looks():
    make_draft(lambda data: data["languages"].append({"code": "zh-hans", "name": "Chinese"}))
    client = signed_in()
    saved(client, Q1, **{"d__text__zh-hans": "谁看得到你的脸？"})
    assert "older than its original" not in client.get(Q1).content.decode()
    saved(client, Q1, d__text__en="Who else sees your face?")
    page = client.get(Q1).content.decode()
    assert "older than its original" in page
    assert "/q1/edit/" in client.get("/editor/items/question/?state=outdated").content.decode()
    saved(client, Q1, confirm="text:zh-hans")
    assert "older than its original" not in client.get(Q1).content.decode()


def test_problems_lead_to_the_field_and_go_when_it_is_mended():
    make_draft()
    client = signed_in()
    saved(client, Q1, d__claims="f9-9")
    assert any("f9-9" in problem.reason for problem in draft_problems())
    page = unquote(client.get("/editor/problems/").content.decode())
    assert "f9-9" in page
    assert "/editor/items/question/q1/edit/" in page
    assert "f9-9" in client.get(Q1).content.decode().split("<form")[0]
    saved(client, Q1, d__claims="f1-1")
    assert "f9-9" not in client.get("/editor/problems/").content.decode()


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://evil.example/p.gif)",
        "<img src=x onerror=alert(1)>",
        "[x](//evil.example)",
        "{{ settings.SECRET_KEY }}",
        "<style>*{display:none}</style>",
    ],
)
def test_hostile_markdown_is_harmless_in_the_form_the_live_preview_and_the_draft(edition, words):
    client = signed_in()
    client.get("/editor/")
    shown = client.post("/editor/markdown/", {"text": words, "language": "en"}).content.decode()
    form = form_in(client.get(Q1).content.decode()) | {"d.why.en": [words], "show": ["d.why.en"]}
    page = client.post(Q1, form).content.decode()
    form.pop("show")
    client.post(Q1, form)
    public = client.get("/editor/preview/en/method/q1/").content.decode()
    for html in (shown, page, public):
        for bad in ("<script>alert", 'href="javascript', "<img src", 'gif"', 'href="//', "<style>", "only-for-tests"):
            assert bad not in html


def test_the_live_preview_is_what_the_page_shows(edition):
    client = signed_in()
    client.get("/editor/")
    text = "Some **words**, and [a step](action:a1)."
    shown = client.post("/editor/markdown/", {"text": text, "language": "en"}).content.decode()
    saved(client, "/editor/items/guide/t3/edit/", d__body__en=text)
    assert shown.strip() in client.get("/editor/preview/en/guides/t3/").content.decode()
    assert 'href="/editor/preview/en/actions/a1/"' in shown


def test_the_map_links_every_question_and_the_log_tells_who():
    make_draft()
    client = signed_in(name="ann")
    page = client.get("/editor/map/").content.decode()
    for topic in ids("topic"):
        for question in ids("question", topic):
            assert f"/editor/items/question/{question}/edit/" in page
    saved(client, Q1, d__text__en="By Ann")
    assert "By Ann" in client.get("/editor/log/?who=ann&kind=question").content.decode()
    assert "By Ann" not in client.get("/editor/log/?kind=term").content.decode()


@pytest.mark.parametrize(
    ("page", "leads_to"),
    [
        ("/en/guides/t3/", "/editor/items/guide/t3/edit/"),
        ("http://127.0.0.1:8000/en/method/q1/#options", "/editor/items/question/q1/edit/"),
        ("/en/checkup/q1/", "/editor/items/question/q1/edit/"),
        ("/editor/preview/en/actions/a1/", "/editor/items/action/a1/edit/"),
        ("/en/story/#ar2", "/editor/items/article-point/ar2/edit/"),
        ("/en/glossary/", "/editor/items/term/"),
        ("/en/", "/editor/items/topic/"),
        ("/en/guides/nothing/", "/editor/"),
        ("https://evil.example/", "/editor/"),
        ("//[", "/editor/"),
        ("", "/editor/"),
    ],
)
def test_any_page_leads_to_what_it_shows(edition, page, leads_to):
    client = signed_in()
    client.get("/editor/")
    assert client.get("/editor/at/", {"page": page})["Location"] == leads_to


def test_the_first_page_counts_what_waits(settings, tmp_path):
    make_draft()
    settings.SOURCES_STATE = str(tmp_path / "state")
    client = signed_in()
    assert "not looked at" in client.get("/editor/").content.decode()
    results = [
        {"address": "https://a.example/", "verdict": "dead", "reason": "404"},
        {"address": "https://a.example/", "verdict": "ok", "reason": ""},
        {"address": "https://b.example/", "verdict": "dead", "reason": "gone"},
    ]
    (tmp_path / "state").write_text("no json\n" + "\n".join(map(json.dumps, results)))
    page = client.get("/editor/queue/").content.decode()
    assert "https://b.example/" in page
    assert "https://a.example/" not in page


def test_a_kind_of_text_that_no_language_has_yet_gets_a_field_for_each():
    known = Known(("en", "zh-hans"))
    fields = Builder(known).fields_of("family", {})
    assert [words.language for words in fields[1].words] == ["en", "zh-hans"]
    assert title_of({}, "x") == "x"


def test_only_the_fields_of_an_item_are_read_from_a_form():
    from django.http import QueryDict

    form = QueryDict("d.id=x&d.name.en=X&d.evil=1&evil=2&d.name.en.deep=3")
    assert set(read_item("family", form)) == {"id", "name"}


def test_saving_as_another_person_is_checked_against_the_version_that_was_opened():
    make_draft()
    client = signed_in()
    form = form_in(client.get(Q1).content.decode())
    data = data_of("question", "q1") | {"hint": {"en": "Someone else"}}
    save_item("question", "q1", data, version_of("question", "q1"), person(client))
    assert client.post(Q1, form).status_code in (303, 409)
    assert data_of("question", "q1")["hint"] == {"en": "Someone else"}
