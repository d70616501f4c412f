"""The preview of the draft: the whole site for its editor, and not a trace of it for anybody else."""

from __future__ import annotations

import re
from threading import Thread

import pytest
from django.test import Client

from apps.checkup.cookies import OWN
from apps.desk.items import save_item
from apps.editions.current import current_edition, shown_instead
from tests.desk.desks import data_of, version_of
from tests.desk.pages import Browser, saved, signed_in

pytestmark = pytest.mark.django_db

MARK = "Words that only the draft has"
ROOT = "/editor/preview/"
START = {"topic": "whole", "who": "me", "place": "uk", "situation": ["study"]}


@pytest.fixture
def editor(edition) -> Browser:
    """An editor whose draft differs from what is published: in a guide, a question and an action."""
    client = signed_in()
    client.get("/editor/")
    for address, field in (
        ("guide/t3", "d__title__en"),
        ("question/q1", "d__text__en"),
        ("action/a1", "d__name__en"),
    ):
        assert saved(client, f"/editor/items/{address}/edit/", **{field: MARK}).status_code == 303
    return client


PAGES = ("guides/", "guides/t3/", "method/q1/", "actions/a1/", "checkup/", "", "changes/", "search/?q=words+draft")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_that_it_is_the_draft_and_keeps_its_reader_inside(editor, page):
    answer = editor.get(f"{ROOT}en/{page}")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "This is the draft" in html
    assert answer["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer
    assert re.findall(r'(?:href|action)="(/en/[^"]*)"', html) == []
    assert f'href="{ROOT}en/' in html


def test_the_draft_is_shown_and_one_click_leads_to_what_is_shown(editor):
    html = editor.get(f"{ROOT}en/guides/t3/").content.decode()
    assert MARK in html
    assert 'href="/editor/items/guide/t3/edit/"' in html
    assert MARK in editor.get(f"{ROOT}en/guides/").content.decode()


def test_what_an_editor_was_shown_is_not_given_again_to_anybody_else(editor, client):
    for address in (f"{ROOT}en/guides/t3/", "/en/guides/t3/", f"{ROOT}en/guides/t3/", "/en/guides/t3/"):
        response = client.get(address)
        assert (response.status_code, MARK in response.content.decode()) == (302 if ROOT in address else 200, False)
        assert (MARK in editor.get(address).content.decode()) is (ROOT in address)


def test_a_visitor_never_sees_any_of_it_nor_an_address_of_it(editor, client):
    for _ in range(2):  # what the preview would leave behind would show the second time
        for page in PAGES:
            editor.get(f"{ROOT}en/{page}")
            html = client.get(f"/en/{page}").content.decode()
            assert MARK not in html
            assert "/editor/" not in html
    assert MARK not in client.get("/api/editions/1.json").content.decode()


def test_the_whole_checkup_can_be_walked_with_answers_that_stay_in_the_preview(editor, client):
    walk = Browser()
    walk.cookies = editor.cookies
    answer = walk.post(f"{ROOT}en/checkup/", START)
    for _ in range(60):
        assert answer.status_code in (200, 302, 303), answer.content[:500]
        where = answer["Location"]
        assert where.startswith(ROOT)
        page = walk.get(where).content.decode()
        if "review" in where or "result" in where:
            break
        values = re.findall(r'name="answer"[^>]*value="([^"]+)"', page)
        assert values, where
        answer = walk.post(where, {"answer": [values[0]]})
    result = walk.get(f"{ROOT}en/result/")
    assert result.status_code == 200
    assert "This is the draft" in result.content.decode()
    ours = [name for name in walk.cookies if name.startswith("preview-")]
    assert len(ours) == 1
    assert walk.cookies[ours[0]]["path"] == ROOT
    assert not walk.cookies[ours[0]]["max-age"]
    assert OWN not in walk.cookies
    # The site proper knows nothing of these answers, though this client sends every cookie everywhere.
    assert "Location" in walk.get("/en/checkup/review/") or MARK not in walk.get("/en/result/").content.decode()
    assert client.get("/en/result/").content.decode().count("This is the draft") == 0


def test_answers_live_through_new_words_and_not_through_new_questions(editor):
    editor.post(f"{ROOT}en/checkup/", START)
    before = [name for name in editor.cookies if name.startswith("preview-")]
    editor.post(f"{ROOT}en/checkup/q1/", {"answer": ["a"]})
    saved(editor, "/editor/items/question/q1/edit/", d__text__en="New words")
    assert re.search(r'value="a"[^>]*checked', editor.get(f"{ROOT}en/checkup/q1/").content.decode())
    saved(editor, "/editor/items/question/q1/edit/", **{"d__options__2-remove": "on"})
    answer = editor.get(f"{ROOT}en/checkup/q1/")
    assert answer.status_code in (200, 302, 303)
    assert not re.search(r'value="a"[^>]*checked', answer.content.decode())
    assert before


def test_what_a_page_erases_is_its_own_cookie_and_never_the_session(editor):
    editor.post(f"{ROOT}en/checkup/", START)
    answer = editor.post(f"{ROOT}en/erase/", {})
    assert "Clear-Site-Data" not in answer
    assert all(morsel["path"] == ROOT for name, morsel in answer.cookies.items() if name != "csrftoken")
    assert editor.get("/editor/").status_code == 200


@pytest.mark.parametrize(
    "page", ["xx/", "en/nothing/", "en/../editor/", "en/guides/nothing/", "api/editions/", "editor/", "en/editor/"]
)
def test_what_is_no_page_for_visitors_is_not_shown(editor, page):
    assert editor.get(ROOT + page).status_code == 404


def test_a_draft_with_problems_is_shown_as_far_as_it_goes_and_never_fails(editor):
    data = data_of("question", "q1") | {"parent": "nothing", "show": ["a"], "claims": ["nothing"]}
    save_item("question", "q1", data, version_of("question", "q1"), None)
    for page in ("", "checkup/", "method/", "method/q1/", "guides/", "result/", "paper/"):
        answer = editor.get(f"{ROOT}en/{page}")
        assert answer.status_code in (200, 302, 303, 422)


def test_nobody_else_may_look(editor):
    assert Client().get(f"{ROOT}en/guides/t3/").status_code == 302


def test_another_thread_goes_on_seeing_what_is_published(edition):
    other = type(edition)(2, edition.pack)
    seen = []
    with shown_instead(other):
        assert current_edition() is other
        thread = Thread(target=lambda: seen.append(current_edition()))
        thread.start()
        thread.join()
    assert seen == [edition]
    assert current_edition() is edition
