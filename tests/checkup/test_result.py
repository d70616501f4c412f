"""The result and its plan: honest numbers, in the right order, and a tick that shows at once."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from apps import scoring
from apps.checkup.result import Result
from apps.checkup.sheet import AnswerSheet
from apps.checkup.views.result import folded, months_later
from apps.editions.convert import record_of
from tests.checkup.walking import RESULT, announced, answer, begin, sentence, walk

PERSONAS = ("liang", "maya", "rosa", "daniel", "george", "sam", "all-open", "all-closed")


def _result(edition, persona_id, **more) -> Result:
    persona = edition.personas[persona_id]
    record = record_of(persona)
    sheet = AnswerSheet(edition=edition.number, answers=record.answers, situation=record.situation, **more)
    return Result(edition, sheet)


def _sections(page: str) -> list[str]:
    return re.findall(r'<h2 id="([a-z-]+)"', page)


def test_the_parts_stand_in_the_order_of_the_design(client, edition):
    walk(client, edition, "sam")
    page = client.get(RESULT).content.decode()
    wanted = ["help-now", "figures-heading", "plan", "decided", "where", "find-out", "well", "keep-heading", "after"]
    found = [section for section in _sections(page) if section in wanted]
    assert found == [section for section in wanted if section in found]
    assert {"figures-heading", "plan", "where", "keep-heading"} <= set(found)
    assert page.index("score-heading") < page.index("figures-heading")


def test_sam_has_the_lowest_middle_value_and_the_page_leads_with_the_open_door(client, edition):
    middles = {
        p: sum(_result(edition, p).score.points.low + _result(edition, p).score.points.high for _ in [0])
        for p in PERSONAS
    }
    people = {p: v for p, v in middles.items() if p not in {"all-open", "all-closed"}}
    assert min(people, key=people.get) == "sam"
    walk(client, edition, "sam")
    page = client.get(RESULT).content.decode()
    assert page.index('class="help-now"') < page.index('class="score"')
    assert _result(edition, "sam").most_open.id == "t4"


@pytest.mark.parametrize("persona_id", PERSONAS)
def test_yours_and_others_add_up_to_the_score_where_it_is_one_number(edition, persona_id):
    result = _result(edition, persona_id)
    if result.shown.is_one and result.yours.is_one:
        assert result.yours.low + result.others.low == result.shown.low


@pytest.mark.parametrize("persona_id", PERSONAS)
def test_printed_shares_add_up_to_the_score(edition, persona_id):
    result = _result(edition, persona_id)
    if result.score.points.is_exact:
        assert sum(answer.share.low for row in result.topics for answer in row.answers) == result.shown.low


def test_a_tick_shows_the_new_score_and_taking_it_back_shows_the_old_one(client, edition):
    walk(client, edition, "maya")
    before = announced(client)
    step = _result(edition, "maya").steps[0].action.id

    response = client.post("/en/plan/", {"step": step, "done": "1"})
    assert (response.status_code, response["Location"]) == (303, "/en/result/#plan")
    expected = scoring.after_ticks(edition.questionnaire, record_of(edition.personas["maya"]), {step})
    assert announced(client) == sentence(expected) != before
    client.post("/en/plan/", {"step": step, "done": "1"})
    assert announced(client) == sentence(expected)

    client.post("/en/plan/", {"step": step, "done": "0"})
    assert announced(client) == before


def test_every_number_of_the_plan_is_the_methods(edition):
    result = _result(edition, "liang")
    plan = scoring.plan(edition.questionnaire, result.record)
    assert [row.action.id for row in result.steps] == [step.action for step in plan.steps]
    for row, step in zip(result.steps, plan.steps, strict=True):
        low, high = (scoring.shown_score(end, result.score.maximum) for end in (step.drop.low, step.drop.high))
        assert row.drop.low <= low <= high <= row.drop.high


def test_sorting_by_drop_is_kept_when_a_step_is_ticked(client, edition):
    walk(client, edition, "liang")
    response = client.post("/en/plan/", {"step": "a9", "done": "1", "order": "drop"})
    assert response["Location"] == "/en/result/?order=drop#plan"


@pytest.mark.parametrize("step", ["", "a99", "q1", "a\x00", "x" * 5000])
def test_an_unknown_step_is_404(client, edition, step):
    begin(client)
    assert client.post("/en/plan/", {"step": step, "done": "1"}).status_code == 404


def test_the_plan_cannot_be_ticked_by_following_a_link(client, edition):
    assert client.get("/en/plan/").status_code == 405


def test_with_nothing_answered_no_number_is_shown(client, edition):
    begin(client)
    page = client.get(RESULT).content.decode()
    assert "Nothing is answered yet" in page
    assert 'class="score"' not in page
    assert "0 to 100" not in page


def test_mostly_not_sure_says_what_is_missing_instead_of_one_number(client, edition):
    begin(client)
    for question in [q.id for q in edition.questionnaire.roots if not edition.topic_of[q.id].after_result]:
        answer(client, question, "unsure")
    page = client.get(RESULT).content.decode()
    assert "A few more answers are needed for one number" in page
    assert re.search(r'class="score"><small>Between \d+ and \d+', page)
    assert 'id="find-out"' in page


def test_without_answers_the_page_says_how_to_get_a_result(client, edition):
    response = client.get(RESULT)
    assert response.status_code == 200
    assert "There are no answers in this browser" in response.content.decode()


def test_someone_with_every_door_closed_is_told_so_without_a_promise(client, edition):
    walk(client, edition, "all-closed")
    page = client.get(RESULT).content.decode()
    assert "None of the doors we ask about is open" in page
    assert "safe" not in page.lower()


def test_a_law_of_one_place_is_offered_only_there(edition):
    for place, offered in (("us-il", True), ("uk", False), (None, False)):
        names = {row.action.id for row in _result(edition, "rosa", place=place).offered}
        assert ("a30" in names) is offered


def test_the_face_has_one_dot_for_each_point(client, edition):
    walk(client, edition, "liang")
    page = client.get(RESULT).content.decode()
    lit = re.search(r'<path class="lit" d="([^"]+)"', page)[1].count("M")
    assert lit == _result(edition, "liang").shown.low


def test_the_reminder_is_a_calendar_file_six_months_ahead_without_any_answer(client, edition):
    walk(client, edition, "maya")
    response = client.get("/en/result/reminder.ics")
    body = response.content.decode()
    assert response["Content-Type"].startswith("text/calendar")
    day = months_later(dt.date.today(), 6)
    assert f"DTSTART;VALUE=DATE:{day:%Y%m%d}" in body
    assert all(len(line.encode()) <= 75 for line in body.split("\r\n"))
    assert client.cookies["sheet"].value not in body


def test_half_a_year_after_the_end_of_august_is_the_end_of_february():
    assert months_later(dt.date(2026, 8, 31), 6) == dt.date(2027, 2, 28)
    assert "".join(folded("é" * 100)).replace(" ", "") == "é" * 100


def test_the_print_view_shows_the_score_the_plan_and_the_resume_code(client, edition):
    walk(client, edition, "daniel")
    page = client.get("/en/result/print/").content.decode()
    code = re.search(r'class="code"[^>]*>([^<]+)<', page)[1]
    assert code in client.get(RESULT).content.decode()
