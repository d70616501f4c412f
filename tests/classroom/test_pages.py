"""Classes through their pages: what a teacher and a pupil can do, what they are told, and what nobody is shown."""

from __future__ import annotations

import csv
import html
import io
import logging
import re

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from apps.classroom import codes, limits, refusals
from apps.classroom.models import Class, OpenRound, Round
from apps.website.logs import PrivateFormatter
from tests.classroom.people import NEW, Pupil, Teacher

pytestmark = pytest.mark.django_db(databases="__all__")

PEOPLE = ("liang", "maya", "rosa", "daniel", "george", "sam")


@pytest.fixture(autouse=True)
def _shipped(edition):
    return edition


def fill(edition, teacher, count, number=1):
    """Let so many pupils add theirs, half of them as an invented person."""
    pupils = [Pupil(teacher) for _ in range(count)]
    for place, pupil in enumerate(pupils):
        someone = PEOPLE[place % len(PEOPLE)]
        response = pupil.join_and_add(edition, someone, someone if place % 2 else "me")
        assert response.status_code == 303, response.content.decode()[-2000:]
    return pupils


def words(response):
    text = re.sub(r"<(style|script|svg).*?</\1>|<[^>]*>", " ", response.content.decode(), flags=re.S)
    return " ".join(text.split())


# --- Opening ---------------------------------------------------------------------------------------------


def test_opening_shows_the_secret_link_once_with_ways_to_keep_it():
    teacher = Teacher()
    page = teacher.page
    assert teacher.link in page
    assert 'data-copy="manage-link"' in page
    assert "data-print" in page
    kept = teacher.post("keep-link/", secret=teacher.secret)
    assert kept["Content-Disposition"] == f'attachment; filename="privacycheck-class-{teacher.code}.txt"'
    assert teacher.link in kept.content.decode("utf-8-sig")
    for name in ("", "screen/", "close/", "results/", "delete/"):
        assert teacher.secret not in teacher.get(name).content.decode(), name


def test_the_secret_link_lies_closed_because_the_page_may_be_on_a_projector():
    page = Teacher().page
    closed = re.search(r"<details>(.*?)</details>", page, flags=re.S)
    assert closed
    assert 'id="manage-link"' in closed[1]
    outside = page.replace(closed[0], "")
    assert not re.search(r">[^<]*/manage/[^<]*<", outside)
    assert "data-copy" in outside


def test_a_lost_link_is_announced_before_the_class_is_opened():
    assert "a lost link cannot be recovered" in words(Client().get(NEW))


def test_the_manage_link_sets_the_cookie_and_leaves_no_secret_in_the_address():
    teacher, other = Teacher(), Client()
    response = other.get(teacher.link)
    assert (response.status_code, response["Location"]) == (303, teacher.home)
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    cookie = response.cookies[settings.COOKIE_PREFIX + "class-" + teacher.code]
    assert cookie["httponly"]
    assert cookie["path"] == "/"
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]
    assert teacher.secret not in cookie.value
    assert other.get(teacher.home).status_code == 200


def test_a_class_takes_the_topics_that_suit_its_age_group_unless_others_are_ticked(edition):
    assert Teacher(age_group="11-14").klass.topics == ["t1", "t3", "t6", "t10"]
    assert Teacher(age_group="11-14", topics=["t2", "t5"]).klass.topics == ["t2", "t5"]


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"size": "9"}, "this small"),
        ({"size": "1"}, "this small"),
        ({"size": "0"}, "up to 40 people"),
        ({"size": "41"}, "up to 40 people"),
        ({"size": "-3"}, "up to 40 people"),
        ({"size": "many"}, "whole number"),
        ({"size": ""}, "Type a number"),
        ({"rounds": "4"}, "Choose one of the answers in the list"),
        ({"rounds": "0"}, "Choose one of the answers in the list"),
        ({"age_group": "children"}, "Choose one of the answers in the list"),
        ({"topics": ["t99"]}, "Choose one of the answers in the list"),
        ({"label": "x" * 61}, "up to 60 characters"),
        ({"label": "two\u2028lines"}, "up to 60 characters"),
    ],
)
def test_a_class_that_cannot_be_is_refused_with_what_to_do_and_keeps_the_form(wish, told):
    response = Client().post(NEW, {"age_group": "14-18", "size": "25", "rounds": "2", "label": "mine", **wish})
    assert response.status_code == 422
    assert (told in words(response) and 'value="14-18" checked' in response.content.decode()) or "age_group" in wish
    assert not Class.objects.exists()


def test_a_class_too_small_for_totals_is_offered_the_made_up_one():
    response = Client().post(NEW, {"age_group": "14-18", "size": "6", "rounds": "1"})
    assert "/en/classes/made-up/" in response.content.decode()


# --- Joining ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["{}", " {} ", "{lower}", "{half} {rest}", "{half}-{rest}", "https://a/en/join/{}/"])
def test_a_code_is_found_however_it_is_typed(typed):
    code = Teacher().code
    text = typed.format(code, lower=code.lower(), half=code[:3], rest=code[3:])
    response = Client().post("/en/join/", {"code": text})
    assert (response.status_code, response["Location"]) == (303, f"/en/join/{code}/")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("K7Q2M0", "D, Q"),
        ("K7Q2MI", "J, 7"),
        ("K7Q", "six letters and digits"),
        ("", "Type the code"),
        ("K7Q2M!", "“!”"),
    ],
)
def test_what_can_be_no_code_is_explained(typed, told):
    response = Client().post("/en/join/", {"code": typed})
    assert response.status_code == 422
    assert told in words(response)


def test_an_address_in_small_letters_leads_to_the_class():
    code = Teacher().code
    response = Client().get(f"/en/join/{code.lower()}/")
    assert (response.status_code, response["Location"]) == (302, f"/en/join/{code}/")


def test_joining_says_what_the_teacher_sees_and_shows_the_teachers_screen():
    teacher = Teacher(label="Tuesday")
    page, screen = (
        Client().get(f"/en/{address}/").content.decode()
        for address in (f"join/{teacher.code}", f"classes/{teacher.code}/screen")
    )
    assert (
        page.count(
            "<li>", page.index('class="class-promise"'), page.index("</ol>", page.index('class="class-promise"'))
        )
        == 3
    )
    inside = re.compile(r'<section class="class-join".*?</section>', re.S)
    same = [re.sub(r"</?h[23]", "", inside.search(text)[0]) for text in (page, screen)]
    assert same[0] == same[1]
    assert "Fewer than 10 people" in same[0]


def test_an_invented_person_is_offered_with_the_weight_of_oneself(edition):
    page = Client().get(f"/en/join/{Teacher().code}/").content.decode()
    ways = re.findall(r'<button class="([^"]*)" type="submit" name="as" value="([^"]*)"', page)
    assert {kind for kind, _ in ways} == {"button quiet"}
    assert [who for _, who in ways] == ["me", *(one.id for one in edition.pack.personas if one.practice)]


def test_a_class_is_asked_its_own_topics_and_not_what_its_age_leaves_out(edition):
    teacher = Teacher(age_group="11-14", topics=["t4", "t6"])
    asked = Pupil(teacher).walk(edition, "maya")
    assert {edition.topic_of[one].id for one in asked} == {"t4", "t6"}
    assert "q12" not in asked
    assert "q12" in Pupil(Teacher(age_group="14-18", topics=["t4", "t6"])).walk(edition, "maya")


def test_answers_that_are_somebody_elses_can_be_left_behind(edition):
    teacher = Teacher()
    pupil = Pupil(teacher)
    pupil.walk(edition, "maya")
    assert "Are they yours?" in words(pupil.browser.get(pupil.home))
    assert pupil.begin("me").endswith("/checkup/review/")
    assert not pupil.begin("fresh").endswith("/checkup/review/")


def test_choosing_topics_of_ones_own_leaves_the_class(edition):
    pupil = Pupil(Teacher())
    pupil.walk(edition, "maya")
    assert 'id="class"' in pupil.browser.get("/en/result/").content.decode()
    pupil.browser.post("/en/checkup/", {"topic": "whole", "who": "me", "place": "", "situation": ["nothing"]})
    assert 'id="class"' not in pupil.browser.get("/en/result/").content.decode()


def test_the_class_keeps_its_edition_when_another_is_published(edition, monkeypatch):
    from apps.editions import current, services

    teacher, pupil = Teacher(), None
    pupil = Pupil(teacher)
    pupil.walk(edition, "maya")
    newer = edition.pack.model_copy(update={"glossary": edition.pack.glossary[:-1]})
    services.publish(newer, "Second edition")
    current.forget()
    late = Pupil(teacher)
    late.walk(edition, "sam")
    assert late.form()["edition"] == pupil.form()["edition"] == "1"
    assert "See what changed" not in words(late.browser.get("/en/result/"))
    assert pupil.press().status_code == late.press().status_code == 303
    assert OpenRound.objects.get().n == 2


# --- Adding ----------------------------------------------------------------------------------------------


def test_the_card_shows_exactly_what_is_sent_and_both_buttons_have_one_size(edition):
    pupil = Pupil(Teacher())
    pupil.walk(edition, "maya")
    page = pupil.browser.get("/en/result/").content.decode()
    card = page[page.index('id="class"') :].partition("</section>")[0]
    assert len(re.findall("<dt>", card)) == 3
    assert set(pupil.form()) == {"round", "edition", "pick-band", "pick-topic", "pick-step"}
    assert re.findall(r'<button class="([^"]*)"', card) == ["button quiet", "button quiet"]
    shown = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", card))
    assert shown["The most open topic"] == edition.topics[pupil.form()["pick-topic"]].name["en"].replace("'", "&#x27;")


def test_nothing_is_sent_without_the_press(edition):
    pupil = Pupil(Teacher())
    pupil.walk(edition, "maya")
    pupil.browser.get("/en/result/")
    response = pupil.browser.post(pupil.home + "add/", {**pupil.form(), "no": "1"})
    assert response.status_code == 303
    assert OpenRound.objects.get().n == 0
    assert "Nothing was sent" in words(pupil.browser.get("/en/result/"))
    assert pupil.press().status_code == 303
    assert OpenRound.objects.get().n == 1


def test_one_device_adds_once_a_round_even_by_a_replayed_form(edition):
    pupil = Pupil(Teacher())
    pupil.walk(edition, "maya")
    form, cookies = {**pupil.form(), "add": "1"}, pupil.browser.cookies.copy()
    assert pupil.browser.post(pupil.home + "add/", form).status_code == 303
    again = pupil.browser.post(pupil.home + "add/", form)
    assert again.status_code == 409
    assert "already in" in words(again)
    pupil.browser.cookies = cookies  # as if the answer to the first press had never arrived
    assert pupil.browser.post(pupil.home + "add/", form).status_code == 409
    assert OpenRound.objects.get().n == 1
    assert "Yours is in for round 1" in words(pupil.browser.get("/en/result/"))


def test_a_device_refuses_a_fourth_contribution_with_the_same_questions(edition):
    teacher, second = Teacher(rounds="3", size="10"), Teacher()
    pupil = Pupil(teacher)
    fill(edition, teacher, 9)
    for number in (1, 2, 3):
        assert pupil.join_and_add(edition, "maya").status_code == 303
        teacher.close(number)
        teacher.post("next-round/")
    pupil.code, pupil.home = second.code, f"/en/join/{second.code}/"
    pupil.walk(edition, "maya")
    assert "which is the most" in words(pupil.browser.get("/en/result/"))
    before = OpenRound.objects.get(round__klass=second.klass).n
    response = pupil.browser.post(pupil.home + "add/", {"round": "1", "edition": "1", "add": "1"})
    assert response.status_code == 409
    assert OpenRound.objects.get(round__klass=second.klass).n == before


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"pick-band": "hidden"}, 422),
        ({"pick-secret": "x"}, 422),
        ({"pick-band": ["few", "most"]}, 422),
        ({"pick-band": []}, 422),
        ({"edition": "2"}, 409),
        ({"edition": "first"}, 409),
        ({"round": "2"}, 409),
        ({"round": "x"}, 409),
    ],
)
def test_a_malformed_contribution_changes_nothing(edition, change, status):
    pupil = Pupil(Teacher())
    pupil.walk(edition, "maya")
    before = OpenRound.objects.values().get()
    response = pupil.press(**change)
    assert response.status_code == status
    assert "Nothing was added" in words(response)
    assert OpenRound.objects.values().get() == before


def test_a_browser_that_has_not_joined_adds_nothing():
    teacher = Teacher()
    response = Client().post(f"/en/join/{teacher.code}/add/", {"round": "1", "add": "1"})
    assert response.status_code == 409
    assert "Join it again" in words(response)


def test_adding_after_closing_is_refused_kindly_and_the_totals_stay(edition):
    teacher = Teacher()
    late = Pupil(teacher)
    late.walk(edition, "sam")
    form = {**late.form(), "add": "1"}
    fill(edition, teacher, 10)
    teacher.close()
    table = Round.objects.get().table
    response = late.browser.post(late.home + "add/", form)
    assert response.status_code == 409
    assert "Your own result stays yours" in words(response)
    assert Round.objects.get().table == table


def test_slips_let_in_each_once_and_a_wrong_one_loses_nothing(edition):
    teacher = Teacher(uses_slips="on")
    assert len(teacher.slips) == 12
    first, second = Pupil(teacher), Pupil(teacher)
    for pupil in (first, second):
        pupil.walk(edition, "maya")
    assert first.press().status_code == 422
    wrong = first.press(slip="2222 2222")
    assert wrong.status_code == 422
    assert 'name="slip"' in wrong.content.decode()
    assert all(f'name="{name}"' in wrong.content.decode() for name in first.form())
    assert first.press(slip=teacher.slips[0].lower()).status_code == 303
    assert second.press(slip=teacher.slips[0]).status_code == 422
    fresh = re.findall(r"<li><strong>([A-Z0-9 ]{9})</strong>", teacher.post("slips/").content.decode())
    assert second.press(slip=teacher.slips[1]).status_code == 422
    assert second.press(slip=fresh[0]).status_code == 303


# --- The teacher's device --------------------------------------------------------------------------------


TEACHERS = ("", "close/", "results/", "results.csv", "delete/")
POSTED = ("close/", "delete/", "next-round/", "slips/", "new-link/", "sign-out/")


def test_one_teachers_browser_cannot_reach_anothers_class():
    mine, other = Teacher(), Teacher(uses_slips="on")
    taken = mine.browser.cookies[settings.COOKIE_PREFIX + "class-" + mine.code].value
    for value in (None, taken, "x", taken[:-2] + "zz"):
        if value is not None:
            mine.browser.cookies[settings.COOKIE_PREFIX + "class-" + other.code] = value
        for name in TEACHERS:
            assert mine.browser.get(other.home + name).status_code == 403, (value, name)
        for name in POSTED:
            assert mine.browser.post(other.home + name, {"round": "1"}).status_code == 403, (value, name)
    assert other.klass
    assert Round.objects.get(klass=other.klass).outcome == ""


def test_whether_there_is_a_class_is_not_told_to_a_device_that_does_not_manage_it():
    there, nowhere = Teacher().code, "K7Q2MX"
    answers = [Client().get(f"/en/classes/{code}/") for code in (there, nowhere)]
    assert [one.status_code for one in answers] == [403, 403]
    assert answers[0].content.decode().replace(there, "") == answers[1].content.decode().replace(nowhere, "")


def test_unknown_expired_and_deleted_codes_get_one_answer(edition):
    expired, deleted = Teacher(), Teacher()
    Class.objects.filter(code=expired.code).update(opened_on="2020-01-01")
    deleted.post("delete/")
    pages = {Client().get(f"/en/join/{code}/").content for code in (expired.code, deleted.code, "K7Q2MX", "zz")}
    assert len({re.sub(rb"/(en|zh-hans)/join/[^/\"]*/?", b"", page) for page in pages}) == 1
    links = [Client().get(f"/en/classes/{one.code}/manage/{one.secret}/") for one in (expired, deleted)]
    assert [one.status_code for one in links] == [404, 404]


def test_signing_out_takes_the_class_from_this_device_only():
    teacher, home = Teacher(), Client()
    home.get(teacher.link)
    assert teacher.post("sign-out/").status_code == 303
    assert teacher.get().status_code == 403
    assert home.get(teacher.home).status_code == 200


def test_a_new_link_ends_the_old_one_and_all_other_devices():
    teacher, thief = Teacher(), Client()
    thief.get(teacher.link)
    page = teacher.post("new-link/").content.decode()
    assert teacher.secret not in page
    assert "/manage/" in page
    assert thief.get(teacher.home).status_code == 403
    assert Client().get(teacher.link).status_code == 404
    assert teacher.get().status_code == 200


def test_erasing_forgets_every_class_and_self_audit_lists_them_before(edition):
    teacher = Teacher()
    pupil = Pupil(teacher)
    pupil.browser = teacher.browser
    pupil.walk(edition, "maya")
    listed = words(teacher.browser.get("/en/self-audit/"))
    prefix = settings.COOKIE_PREFIX
    assert f"{prefix}class-{teacher.code}" in listed
    assert f"{prefix}joined-{teacher.code}" in listed
    assert "not ours" not in listed
    assert "only the manage link leads back" in words(teacher.browser.get("/en/erase/"))
    teacher.browser.post("/en/erase/")
    assert not any(
        one.value
        for one in teacher.browser.cookies.values()
        if one.key.startswith((f"{prefix}class", f"{prefix}joined"))
    )
    assert teacher.get().status_code == 403


# --- Totals ----------------------------------------------------------------------------------------------


def test_before_closing_the_screen_says_no_more_than_fives(edition):
    teacher = Teacher(size="20")
    seen = []
    for _ in range(16):
        seen.append(re.search(r"(Fewer than 10|1[05] or more) people", words(teacher.get("screen/")))[1])
        fill(edition, teacher, 1)
    assert seen == ["Fewer than 10"] * 10 + ["10 or more"] * 5 + ["15 or more"]


def test_closing_asks_first_and_is_final(edition):
    teacher = Teacher()
    fill(edition, teacher, 11)
    assert "Closing is final" in words(teacher.get("close/"))
    assert OpenRound.objects.get().n == 11
    assert teacher.close().status_code == 303
    table, page = Round.objects.get().table, teacher.get("screen/").content
    assert teacher.close().status_code == 303
    assert Round.objects.get().table == table
    assert teacher.get("screen/").content == page
    assert not OpenRound.objects.exists()
    assert "11 people" in words(teacher.get())


def test_the_round_closes_by_itself_with_the_last_of_the_declared_size(edition):
    teacher = Teacher(size="10")
    fill(edition, teacher, 10)
    assert Round.objects.get().table["n"] == 10
    assert not OpenRound.objects.exists()
    late = Pupil(teacher).browser.get(f"/en/join/{teacher.code}/")
    assert "Nothing can be added any more" in words(late)
    assert 'name="as"' not in late.content.decode()


def test_fewer_than_ten_leave_nothing_and_the_made_up_class_is_offered(edition):
    teacher = Teacher()
    fill(edition, teacher, 9)
    teacher.close()
    page = teacher.get()
    assert "Fewer than 10 people" in words(page)
    assert "/en/classes/made-up/" in page.content.decode()
    assert not OpenRound.objects.exists()
    assert Round.objects.get().table is None
    assert list(csv.reader(io.StringIO(teacher.get("results.csv").content.decode("utf-8-sig"))))[1:] == []


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_text_of_the_table_is_a_formula_to_a_spreadsheet(edition, monkeypatch, sign):
    monkeypatch.setattr("apps.classroom.views.teacher.category_name", lambda *_: f"{sign}HYPERLINK(1)")
    teacher = Teacher()
    fill(edition, teacher, 10)
    teacher.close()
    text = teacher.get("results.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["category"] for row in rows} == {f"'{sign}HYPERLINK(1)"}


def test_the_table_for_spreadsheets_holds_what_was_released_and_nothing_else(edition):
    teacher = Teacher(rounds="2", label="=cmd()")
    fill(edition, teacher, 10)
    teacher.close()
    response = teacher.get("results.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    table = Round.objects.get(number=1).table
    assert len(rows) == sum(len(item.categories) for item in teacher.klass.counted)
    assert {row["people"] for row in rows} == {"10"}
    assert table["n"] == 10
    assert {row["published"] for row in rows} <= {"about", "few or none", "nearly all"}
    shown = words(teacher.get("results/"))
    assert all(f"about {row['number']} ({row['percent']}%)" in shown for row in rows if row["number"])
    assert "=cmd()" not in response.content.decode("utf-8-sig")


def test_results_come_with_how_to_talk_and_questions_on_what_stood_out(edition):
    teacher = Teacher(topics=["t1", "t4"])
    for _ in range(10):
        assert Pupil(teacher).join_and_add(edition, "sam").status_code == 303
    teacher.close()
    page = teacher.get("results/").content.decode()
    counted = teacher.klass.counted[1]
    assert counted.id == "topic"
    order = re.findall(r'id="talk-(\w+)"', page)
    assert order[-1] == "law"
    assert set(order[:-1]) == {"t1", "t4"}
    assert "“About 8” may be 7 or 9" in words(teacher.get("results/"))


def test_the_screen_is_not_sent_again_while_nothing_has_changed(edition):
    teacher, anybody = Teacher(), Client()
    first = anybody.get(teacher.home + "screen/")
    etag = first["ETag"]
    assert f'data-etag="{html.escape(etag)}"' in first.content.decode()
    again = anybody.get(teacher.home + "screen/", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    fill(edition, teacher, 3)  # still fewer than ten: nobody may tell
    assert anybody.get(teacher.home + "screen/", headers={"if-none-match": etag}).status_code == 304
    fill(edition, teacher, 7)
    assert anybody.get(teacher.home + "screen/", headers={"if-none-match": etag}).status_code == 200


# --- Limits, caches, logs --------------------------------------------------------------------------------


def test_guessing_codes_ends_in_a_kind_429_for_that_network_only():
    teacher = Teacher()
    guesser = Client(REMOTE_ADDR="192.0.2.7")
    for _ in range(limits.WRONG_CODE.most):
        assert guesser.get("/en/join/K7Q2MX/").status_code == 404
    spent = Client(REMOTE_ADDR="192.0.2.99").post("/en/join/", {"code": "K7Q2MX"})
    assert spent.status_code == 429
    assert 1 <= int(spent["Retry-After"]) <= 60
    assert "Wait a minute" in words(spent)
    assert guesser.get(f"/en/join/{teacher.code}/").status_code == 429
    assert guesser.get(teacher.link).status_code == 429
    assert Client(REMOTE_ADDR="198.51.100.7").get(f"/en/join/{teacher.code}/").status_code == 200


def test_a_pupil_who_has_joined_is_not_held_up_by_a_neighbour_who_guesses(edition):
    teacher = Teacher()
    pupil = Pupil(teacher)
    pupil.walk(edition, "maya")
    for _ in range(limits.WRONG_CODE.most + 1):
        Client().get("/en/join/K7Q2MX/")
    assert pupil.press().status_code == 303
    assert teacher.get("screen/").status_code == 200


def test_opening_many_classes_is_limited():
    browser = Client()
    plan = {"age_group": "14-18", "size": "12", "rounds": "1"}
    answers = [browser.post(NEW, plan).status_code for _ in range(limits.OPEN_CLASS.most + 1)]
    assert answers == [200] * limits.OPEN_CLASS.most + [429]


def test_no_page_of_a_class_may_be_kept_by_a_cache_or_listed(edition):
    teacher = Teacher()
    pages = [teacher.get(name) for name in ("", "screen/", "close/", "results/", "results.csv", "delete/")]
    pages += [
        Client().get(one) for one in (NEW, "/en/join/", f"/en/join/{teacher.code}/", "/en/join/K7Q2MX/", teacher.link)
    ]
    for page in pages:
        assert {"no-store", "private"} <= set(page["Cache-Control"].split(", ")), page.request["PATH_INFO"]
        assert page["X-Robots-Tag"] == "noindex", page.request["PATH_INFO"]


def test_a_database_that_does_not_answer_is_told_as_our_fault(edition, monkeypatch):
    from django.db import OperationalError

    teacher = Teacher()

    def fail(*_args, **_more):
        raise OperationalError("gone")

    monkeypatch.setattr("apps.classroom.services.find_class", fail)
    response = teacher.get()
    assert response.status_code == 503
    assert response["Retry-After"]
    assert "The fault is ours" in words(response)


def test_the_result_of_a_pupil_needs_no_database(edition, django_assert_num_queries):
    pupil = Pupil(Teacher())
    pupil.walk(edition, "maya")
    with django_assert_num_queries(0, using=settings.CLASSROOM_DATABASE), django_assert_num_queries(0):
        assert pupil.browser.get("/en/result/").status_code == 200


def test_a_whole_class_leaves_no_row_address_or_answer_behind(edition, monkeypatch):
    log = io.StringIO()
    for handler in (*logging.getLogger("django").handlers, *logging.root.handlers):
        if isinstance(handler.formatter, PrivateFormatter):
            monkeypatch.setattr(handler, "stream", log)
    address = "203.0.113.77"
    teacher = Teacher(rounds="2")
    for _ in (1, 2):
        for place in range(10):
            pupil = Pupil(teacher, REMOTE_ADDR=address)
            assert pupil.join_and_add(edition, PEOPLE[place % 6]).status_code == 303
        teacher.close(_)
        teacher.post("next-round/")
    Client(REMOTE_ADDR=address).get("/en/join/K7Q2MX/")
    Client(REMOTE_ADDR=address).get(teacher.home)
    held = []
    for connection in connections.all():
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                if not table.startswith(("editions_", "django_migrations", "sqlite_")):
                    cursor.execute(f'SELECT * FROM "{table}"')  # names of our own tables
                    held += [repr(row) for row in cursor.fetchall()]
    everything = "\n".join(held)
    assert address not in everything
    assert "203.0.113" not in everything
    assert teacher.secret not in everything
    assert not re.search(r"\d\d:\d\d:\d\d", everything), "a time finer than a day"
    told = log.getvalue()
    assert "route=en/classes/<str:code>/" in told, "something was logged"
    assert address not in told
    assert teacher.code not in told
    assert teacher.secret not in told
    teacher.post("delete/")
    assert not Class.objects.exists()
    assert not Round.objects.exists()
    assert not OpenRound.objects.exists()


# --- A whole class ---------------------------------------------------------------------------------------


def test_thirty_browsers_take_a_class_through_two_rounds(edition):
    teacher = Teacher(size="30", rounds="2", label="Tuesday")
    pupils = fill(edition, teacher, 30)
    assert Round.objects.get(number=1).table["n"] == 30
    assert teacher.post("next-round/").status_code == 303
    assert teacher.post("next-round/").status_code == 409, "pressed twice, it opens one"
    for pupil in pupils[:28]:
        assert pupil.begin().endswith("/checkup/review/"), "the answers are still there"
        assert pupil.press().status_code == 303
    assert teacher.close(2).status_code == 303
    page = words(teacher.get("results/"))
    assert "Round 1 30 people" in page
    assert "Round 2 28 people" in page
    assert "Changed" in page
    assert teacher.post("next-round/").status_code == 409
    rows = list(csv.DictReader(io.StringIO(teacher.get("results.csv").content.decode("utf-8-sig"))))
    assert {row["round"] for row in rows} == {"1", "2"}
    assert teacher.post("delete/").status_code == 200
    assert teacher.get().status_code == 403
    assert Client().get(f"/en/join/{teacher.code}/").status_code == 404


def test_every_refusal_has_words_for_whoever_asked():
    kinds = [one for one in vars(refusals).values() if isinstance(one, type) and issubclass(one, refusals.Refused)]
    silent = [
        one.__name__ for one in kinds if not one.message and one not in (refusals.Refused, refusals.ContributionRefused)
    ]
    assert len(kinds) > 15
    assert silent == []


def test_no_real_class_gets_the_code_of_the_made_up_one(monkeypatch):
    drawn = iter([codes.MADE_UP, "K7Q2MX"])
    monkeypatch.setattr(codes, "new_join_code", lambda: next(drawn))
    assert Teacher().code == "K7Q2MX"


# --- The made-up class -----------------------------------------------------------------------------------

STEPS = ("opened", "join", "add", "progress", "closed", "second")


def test_a_teacher_can_walk_through_the_made_up_class_alone_and_nothing_is_stored(edition):
    browser = Client()
    address = re.search(
        r'<a class="button" href="([^"]+)">Begin', browser.get("/en/classes/made-up/").content.decode()
    )[1]
    walked = []
    while "made-up" in address:
        walked.append(address.split("/")[-2])
        page = browser.get(address).content.decode()
        address = re.search(r'<nav class="row".*?<a class="button" href="([^"]+)"', page, re.S)[1]
    assert tuple(walked) == STEPS
    assert address == NEW
    assert not browser.cookies
    assert not Class.objects.exists()
    assert browser.get("/en/classes/made-up/nowhere/").status_code == 404


def test_the_made_up_totals_are_within_the_wobble_of_the_truth_and_blurred_anew_each_time(edition):
    from apps.classroom import made_up

    truth = [n for row in made_up.truth(edition, 1).rows for n in row]
    assert sum(truth) == 3 * made_up.SIZE
    tables = [made_up.closed(edition, 1).table for _ in range(40)]
    assert len({str(table.as_json()) for table in tables}) > 1
    found = [[cell.tenths(table.n) / 10 for row in table.rows for cell in row] for table in tables]
    means = [sum(column) / len(tables) for column in zip(*found, strict=True)]
    low, high = made_up.SIZE / 10, made_up.SIZE * 0.9
    assert all(abs(mean - min(max(true, low), high)) < 2 for mean, true in zip(means, truth, strict=True))


def test_the_code_of_the_made_up_class_leads_to_it():
    response = Client().post("/en/join/", {"code": "made up"}, follow=True)
    assert response.redirect_chain[-1][0] == "/en/classes/made-up/join/"
    assert response.status_code == 200
