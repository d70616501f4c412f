"""Keeping, moving and erasing one's own answers."""

from __future__ import annotations

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.checkup.walking import RESULT, announced, answer, begin, walk


def _code(client) -> str:
    return re.search(r'id="resume-code">([^<]+)<', client.get(RESULT).content.decode())[1]


def _file(body: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("answers.json", body, content_type="application/json")


def _load(client, body: bytes, purpose="continue"):
    return client.post("/en/result/load/", {"file": _file(body), "purpose": purpose})


def test_a_resume_code_brings_everything_back_in_another_browser(client, edition):
    walk(client, edition, "rosa")
    client.post("/en/plan/", {"step": "a9", "done": "1"})
    other = Client()
    response = other.post("/en/resume/", {"code": _code(client).lower().replace("-", " ")})
    assert (response.status_code, response["Location"]) == (303, RESULT)
    assert announced(other) == announced(client)


def test_an_unfinished_walk_goes_on_at_the_first_open_question(client, edition):
    begin(client)
    next_address = answer(client, "q1", "a")
    other = Client()
    assert other.post("/en/resume/", {"code": _code(client)})["Location"] == next_address


def test_a_mistyped_code_is_explained_and_the_answers_here_stay(client, edition):
    walk(client, edition, "maya")
    code, before = _code(client), client.cookies["sheet"].value
    wrong = ("3" if code[5] != "3" else "4").join((code[:5], code[6:]))
    for bad in (wrong, code + "Z", code[:-1], "", "O0IL", "!!!", "2" * 150, "x\x00y"):
        response = client.post("/en/resume/", {"code": bad})
        assert response.status_code == 422, bad
        assert 'class="error-summary"' in response.content.decode()
    assert client.cookies["sheet"].value == before


@pytest.mark.django_db
def test_a_code_of_an_edition_that_does_not_exist_is_refused(client, edition):
    from dataclasses import replace

    from apps.checkup import resume_code
    from apps.checkup.cookies import layout_of
    from apps.checkup.sheet import AnswerSheet

    foreign = replace(layout_of(edition), number=500)
    code = resume_code.make(AnswerSheet(edition=500), foreign)
    response = client.post("/en/resume/", {"code": code})
    assert response.status_code == 422
    assert "No edition of this site" in response.content.decode()


def test_a_saved_file_can_be_read_by_people_and_loaded_again(client, edition):
    walk(client, edition, "daniel")
    response = client.get("/en/result/save")
    assert "attachment" in response["Content-Disposition"]
    saved = json.loads(response.content)
    assert saved["edition"] == edition.number
    assert saved["in words"][0]["question"].startswith("In the past year")

    other = Client()
    assert _load(other, response.content)["Location"] == RESULT
    assert announced(other) == announced(client)


def test_comparing_shows_before_and_now_and_stores_nothing(client, edition):
    walk(client, edition, "daniel")
    old = client.get("/en/result/save").content
    answer(client, "q13", "d")
    before = client.cookies["sheet"].value
    response = _load(client, old, "compare")
    page = response.content.decode()
    assert response.status_code == 200
    assert "Answers that changed" in page
    assert "Both were made with the same questions" in page
    assert client.cookies["sheet"].value == before


def test_comparing_without_answers_here_says_what_to_do(client, edition):
    other = Client()
    walk(other, edition, "daniel")
    response = _load(client, other.get("/en/result/save").content, "compare")
    assert response.status_code == 422
    assert "There are no answers in this browser to compare with" in response.content.decode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'{"what": "something else"}',
        b"\xff\xfe\x00",
        b'{"version": 1, "edition": -1}',
        b'{"version": 1, "edition": 1, "answers": {"q1": "zz"}}',
        b'{"version": 1, "edition": 1, "answers": {"q1": ["a", "a"]}}',
        b'{"version": 1, "edition": 1e400}',
        b"[" * 5000,
        b'{"a":' * 5000,
        b'{"version": 1, "edition": 1, "answers": {"q1": "<script>alert(1)</script>"}}',
        b"x" * 70_000,
    ],
)
def test_a_file_that_is_not_ours_is_explained_and_nothing_is_lost(client, edition, body):
    walk(client, edition, "sam")
    before = client.cookies["sheet"].value
    response = _load(client, body)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'class="error-summary"' in page
    assert "<script>alert" not in page
    assert client.cookies["sheet"].value == before


def test_a_file_larger_than_any_of_ours_is_refused_before_it_is_read(client, edition):
    response = _load(client, b"x" * 3_000_000)
    assert response.status_code == 413
    assert "too large" in response.content.decode()


def test_erasing_takes_one_press_on_the_result_page_and_leaves_nothing(client, edition):
    walk(client, edition, "maya")
    assert 'action="/en/erase/"' in client.get(RESULT).content.decode()
    response = client.post("/en/erase/")
    assert "Your answers are erased" in response.content.decode()
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert response.cookies["sheet"]["max-age"] == 0
    assert response.cookies["practice"]["max-age"] == 0
    assert "There are no answers in this browser" in client.get(RESULT).content.decode()


def test_erasing_is_never_done_by_a_link(client, edition):
    walk(client, edition, "maya")
    client.get("/en/erase/")
    assert client.cookies["sheet"].value


def test_practice_never_touches_ones_own_answers(client, edition):
    walk(client, edition, "daniel")
    own, mine = client.cookies["sheet"].value, announced(client)
    client.post("/en/practice/liang/", {"result": "1"})
    assert announced(client) != mine
    assert "You are answering as Liang" in client.get(RESULT).content.decode()
    answer(client, "q1", "a")
    assert client.cookies["sheet"].value == own
    client.post("/en/practice/liang/", {"stop": "1"})
    assert announced(client) == mine


def test_a_practice_run_from_the_first_question_on(client, edition):
    response = client.post("/en/practice/maya/", {"begin": "1"})
    assert response["Location"] == "/en/checkup/q1/"
    assert client.get("/en/practice/").status_code == 200
    for unknown in ("nobody", "all-open"):
        assert client.get(f"/en/practice/{unknown}/").status_code == 404


def test_starting_ones_own_checkup_ends_practice(client, edition):
    client.post("/en/practice/liang/", {"result": "1"})
    begin(client)
    assert "You are answering as" not in client.get("/en/checkup/q1/").content.decode()


def test_going_back_to_ones_own_checkup_from_practice_loses_none_of_its_answers(client, edition):
    walk(client, edition, "daniel")
    mine = announced(client)
    client.post("/en/practice/liang/", {"result": "1"})
    persona = edition.personas["daniel"]
    begin(client, place=persona.place, situation=list(persona.situation))
    assert announced(client) == mine


def test_mass_assigned_fields_are_ignored(client, edition):
    begin(client, ticked="a1", answers="q1", persona="liang", edition="9", klass="ABC")
    page = client.get(RESULT).content.decode()
    assert "You are answering as" not in page
    assert "Nothing is answered yet" in page
