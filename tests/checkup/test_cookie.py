"""The cookie that carries the answers: signed, small, private, and harmless in a stranger's hands."""

from __future__ import annotations

import random
import re

import pytest
from django.conf import settings
from django.core.signing import Signer
from django.test import Client, override_settings

from apps.checkup import cookies
from apps.checkup.sheet import ALPHABET, AnswerSheet, encode
from apps.editions import current
from tests.checkup.walking import RESULT, announced, answer, begin, walk

NOT_READ = "We could not read the answers that your browser sent"


def test_no_cookie_is_set_before_it_is_needed(client, edition):
    for address in ("/en/", "/en/guides/", "/en/guides/t1/", "/en/method/", "/en/paper/", RESULT, "/en/practice/"):
        response = client.get(address)
        assert response.status_code == 200
        assert not response.cookies, address


def test_the_sheet_ends_with_the_browser_session_and_no_script_can_read_it(client, edition):
    begin(client)
    sheet = client.cookies["sheet"]
    assert sheet["httponly"]
    assert sheet["samesite"] == "Lax"
    assert sheet["path"] == "/"
    assert not sheet["max-age"]
    assert not sheet["expires"]
    assert not sheet["domain"]


def test_remember_me_keeps_it_for_six_months_and_can_be_taken_back(client, edition):
    begin(client, remember="on")
    assert client.cookies["sheet"]["max-age"] == cookies.REMEMBERED_SECONDS
    answer(client, "q1", "a")
    assert client.cookies["sheet"]["max-age"] == cookies.REMEMBERED_SECONDS
    client.post("/en/remember/", {})
    assert not client.cookies["sheet"]["max-age"]
    client.post("/en/remember/", {"remember": "on"})
    assert client.cookies["sheet"]["max-age"] == cookies.REMEMBERED_SECONDS


def test_it_stays_under_400_bytes_for_every_persona_with_every_step_ticked(edition):
    for persona in ("all-open", "liang"):
        client = Client()
        walk(client, edition, persona)
        for action in edition.actions:
            client.post("/en/plan/", {"step": action, "done": "1"})
        sheet = client.cookies["sheet"]
        assert len(f"sheet={sheet.value}") < 400


def test_any_changed_character_makes_it_no_sheet_and_never_an_error(client, edition):
    walk(client, edition, "maya")
    good = client.cookies["sheet"].value
    rng = random.Random(7)
    for place in [0, 1, len(good) - 1, *rng.sample(range(len(good)), 25)]:
        changed = "A" if good[place] != "A" else "B"
        client.cookies["sheet"] = good[:place] + changed + good[place + 1 :]
        response = client.get(RESULT)
        assert response.status_code == 200
        assert NOT_READ in response.content.decode(), place


@pytest.mark.parametrize(
    "value",
    ["x", ":", "a:b", "2" * 399, "2" * 5000, "\u00e4\u00f6", "22:22:22", "%00", "../../etc/passwd", "'--", "é" * 200],
)
def test_rubbish_is_no_sheet_with_a_polite_notice(client, edition, value):
    client.cookies["sheet"] = value
    response = client.get(RESULT)
    assert response.status_code == 200
    assert NOT_READ in response.content.decode()


def test_a_signature_for_another_cookie_does_not_count(client, edition):
    begin(client)
    text = client.cookies["sheet"].value.rsplit(":", 1)[0]
    client.cookies["sheet"] = Signer(salt="checkup.practice").sign(text)
    assert NOT_READ in client.get(RESULT).content.decode()


def test_a_signed_text_that_is_not_a_sheet_is_refused_too(client, edition):
    for text in ("", "2", "Z" * 50, ALPHABET * 3, "hello"):
        client.cookies["sheet"] = cookies.sign("sheet", text)
        assert client.get(RESULT).status_code in (200, 409), text


def test_after_a_key_change_the_old_key_still_opens_it_and_the_next_answer_is_signed_anew(client, edition):
    begin(client)
    old, new = settings.SECRET_KEY, "n" * 60
    with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[old]):
        assert NOT_READ not in client.get(RESULT).content.decode()
        answer(client, "q1", "a")
    with override_settings(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[]):
        assert NOT_READ not in client.get(RESULT).content.decode()


@pytest.mark.django_db
def test_an_unknown_edition_is_said_and_the_cookie_stays_untouched(client, edition):
    layout = cookies.layout_of(edition)
    text = encode(AnswerSheet(edition=edition.number), layout, full=True)
    foreign = encode(AnswerSheet(edition=77), _with_number(layout, 77), full=True)
    assert text != foreign
    client.cookies[cookies.OWN] = cookies.sign(cookies.OWN, foreign)
    for address in (RESULT, "/en/checkup/q1/", "/en/checkup/review/"):
        response = client.get(address)
        assert response.status_code == 409
        assert "untouched" in response.content.decode()
        assert cookies.OWN not in response.cookies
    assert client.get("/en/checkup/").status_code == 200
    assert client.get("/en/erase/").status_code == 200


def _with_number(layout, number):
    from dataclasses import replace

    return replace(layout, number=number)


def test_a_dead_database_leaves_the_cookie_untouched_and_questions_answer_as_before(client, edition, monkeypatch):
    begin(client)

    def dead(number):
        raise current.EditionUnavailable

    assert client.get("/en/checkup/q1/").status_code == 200
    foreign = encode(AnswerSheet(edition=77), _with_number(cookies.layout_of(edition), 77), full=True)
    client.cookies[cookies.OWN] = cookies.sign(cookies.OWN, foreign)
    monkeypatch.setattr(cookies, "edition_numbered", dead)
    response = client.get(RESULT)
    assert response.status_code == 503
    assert response["Retry-After"]
    assert cookies.OWN not in response.cookies


def test_personal_pages_are_kept_by_no_cache(client, edition):
    walk(client, edition, "daniel")
    for address in (
        RESULT,
        "/en/checkup/",
        "/en/checkup/q1/",
        "/en/checkup/review/",
        "/en/result/print/",
        "/en/erase/",
    ):
        assert client.get(address)["Cache-Control"] == "private, no-store", address


def test_no_answer_stands_in_any_address_of_the_walk(client, edition):
    walk(client, edition, "all-open")
    page = client.get(RESULT).content.decode()
    for address in re.findall(r'(?:href|action)="([^"]*)"', page):
        assert "answer" not in address
        assert not re.search(r"[?&](q\d+|unsure|sheet|code)=", address)


def test_forms_without_a_token_are_refused_in_plain_words_and_nothing_is_lost(edition):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/en/checkup/q1/", {"answer": "a"})
    assert response.status_code == 403
    assert "press that button again" in response.content.decode()
    assert "sheet" not in response.cookies


def test_announced_score_survives_a_new_browser_by_its_cookie_alone(client, edition):
    walk(client, edition, "rosa")
    other = Client()
    other.cookies["sheet"] = client.cookies["sheet"].value
    assert announced(other) == announced(client)
