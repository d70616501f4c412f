"""The walk: what is asked next, and that nothing is lost or asked for. No test here may touch a database."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from apps import scoring
from apps.editions.convert import record_of
from tests.checkup.walking import REVIEW, announced, answer, begin, question_of, sentence, walk

PERSONAS = ("liang", "maya", "rosa", "daniel", "george", "sam", "all-open", "all-closed")


@pytest.mark.parametrize("persona_id", PERSONAS)
def test_a_whole_walk_gives_the_score_of_the_method_without_a_query(client, edition, persona_id):
    asked = walk(client, edition, persona_id)

    record = record_of(edition.personas[persona_id])
    assert asked == [question.id for question in scoring.on_screen(edition.questionnaire, record)]
    assert announced(client) == sentence(scoring.score(edition.questionnaire, record))


def test_each_option_of_each_question_leads_where_the_answers_say(edition):
    for question in edition.questionnaire.questions:
        if edition.topic_of[question.id].after_result:
            continue
        start = scoring.example_reaching_question(edition.questionnaire, question.id)
        for option in question.options:
            client = Client()
            begin(client, situation=sorted(start.situation) if start.situation else [])
            for earlier, given in start.answers.items():
                if earlier != question.id:
                    answer(client, earlier, *_values(given))
            landed = question_of(answer(client, question.id, option.id))

            answers = {**start.answers, question.id: scoring.Answer.known(option.id)}
            record = scoring.Record(answers=answers, situation=start.situation or None)
            path = [item.id for item in scoring.on_screen(edition.questionnaire, record)]
            later = path[path.index(question.id) + 1 :]
            assert landed == next((item for item in later if item not in answers), "")


def _values(given: scoring.Answer) -> list[str]:
    from apps.checkup.forms import values_of

    return values_of(given)


def test_nothing_is_preselected(client, edition):
    begin(client)
    for question in ("q1", "q17"):
        assert _ticked(client, question) == []
    assert not re.search(r"<input[^>]* checked", Client().get("/en/checkup/").content.decode())


def test_an_answer_given_before_is_ticked_on_coming_back(client, edition):
    begin(client)
    answer(client, "q1", "c")
    answer(client, "q17", "b", "d", "partly")
    assert _ticked(client, "q1") == ["c"]
    assert _ticked(client, "q17") == ["b", "d", "partly"]


def _ticked(client, question):
    page = client.get(f"/en/checkup/{question}/").content.decode()
    return re.findall(r'value="([^"]+)" checked', page)


def test_going_back_and_forth_loses_nothing(client, edition):
    begin(client)
    answer(client, "q1", "c")
    answer(client, "q2", "b")
    assert question_of(answer(client, "q1", "a")) != "q2"
    assert client.get("/en/checkup/q2/").status_code == 302
    answer(client, "q1", "b")
    assert _ticked(client, "q2") == ["b"]


def test_sending_the_same_answer_twice_changes_nothing(client, edition):
    begin(client)
    first = answer(client, "q1", "a")
    cookie = client.cookies["sheet"].value
    assert answer(client, "q1", "a") == first
    assert client.cookies["sheet"].value == cookie


def test_a_question_that_is_not_on_screen_leads_to_the_nearest_that_is(client, edition):
    begin(client, topic="t2")
    answer(client, "q5", "a")
    response = client.get("/en/checkup/q6/")
    assert (response.status_code, response["Location"]) == (302, REVIEW)


def test_one_topic_asks_only_its_own_questions(client, edition):
    address = begin(client, topic="t5")
    asked = []
    while question := question_of(address):
        asked.append(question)
        address = answer(client, question, "unsure")
    assert set(asked) <= {question.id for question in edition.topics["t5"].questions}
    assert address == REVIEW


def test_a_topic_can_be_chosen_by_link_and_is_then_shown_as_chosen(client, edition):
    page = client.get("/en/checkup/?topic=t2").content.decode()
    assert re.search(r'value="t2" checked', page)
    assert "checked" not in client.get("/en/checkup/?topic=nothing-like-it").content.decode()


def test_situation_decides_what_is_asked_and_skipping_it_asks_everything(client, edition):
    begin(client, situation=["nothing"])
    assert client.get("/en/checkup/q8/").status_code == 302
    begin(client, situation=["study"])
    assert client.get("/en/checkup/q8/").status_code == 200
    assert client.get("/en/checkup/q20/").status_code == 302
    begin(client)
    assert client.get("/en/checkup/q8/").status_code == 200
    assert client.get("/en/checkup/q20/").status_code == 200


def test_answering_for_a_child_changes_the_wording_only(edition):
    mine, childs = Client(), Client()
    for client, who in ((mine, "me"), (childs, "child")):
        walk(client, edition, "maya")
        client.post("/en/checkup/", {"topic": "whole", "who": who, "place": "uk", "situation": ["study"]})
    assert announced(mine) == announced(childs)
    first = edition.questions["q1"]
    assert first.child["en"] in childs.get("/en/checkup/q1/").content.decode().replace("&#x27;", "'")
    assert first.child["en"] not in mine.get("/en/checkup/q1/").content.decode().replace("&#x27;", "'")


def test_the_review_shows_every_answer_with_a_way_to_change_it(client, edition):
    asked = walk(client, edition, "daniel")
    page = client.get(REVIEW).content.decode()
    for question in asked:
        assert f'href="/en/checkup/{question}/"' in page


def test_every_question_offers_not_sure_and_rather_not_say(client, edition):
    begin(client)
    for question in edition.questions:
        page = client.get(f"/en/checkup/{question}/", follow=True).content.decode()
        if f"/en/checkup/{question}/" in page or 'name="answer"' in page:
            assert 'value="unsure"' in page
            assert 'value="prefer-not"' in page
    assert 'value="partly"' in client.get("/en/checkup/q17/").content.decode()


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("q1", []),
        ("q1", ["zz"]),
        ("q1", [""]),
        ("q1", ["a\x00"]),
        ("q1", ["a" * 20_000]),
        ("q17", []),
        ("q17", ["none", "b"]),
        ("q17", ["unsure", "b"]),
        ("q17", ["prefer-not", "none"]),
        ("q17", ["partly"]),
        ("q17", ["partly", "none"]),
        ("q17", ["b", "zz"]),
    ],
)
def test_an_answer_that_cannot_be_is_explained_and_nothing_is_lost(client, edition, question, values):
    begin(client)
    answer(client, "q3", "b")
    before = client.cookies["sheet"].value

    response = client.post(f"/en/checkup/{question}/", {"answer": values})

    page = response.content.decode()
    assert response.status_code == 422
    assert re.search(r"<title>Error:", page)
    assert 'class="error-summary"' in page
    assert 'href="#id_answer"' in page
    assert "a" * 1000 not in page
    assert client.cookies["sheet"].value == before


def test_the_same_field_twice_counts_as_its_last_value(client, edition):
    begin(client)
    answer(client, "q1", "c", "a")
    assert _ticked(client, "q1") == ["a"]


@pytest.mark.parametrize("address", ["/en/checkup/q99/", "/en/checkup/nothing/", "/en/checkup/q1/x.css"])
def test_an_unknown_question_is_a_page_of_ours_with_404(client, edition, address):
    response = client.get(address)
    assert response.status_code == 404
    assert "There is no page here" in response.content.decode()


def test_the_questions_after_the_result_are_asked_there_and_change_no_score(client, edition):
    walk(client, edition, "maya")
    before = announced(client)
    assert question_of(answer(client, "q27", "c")) == "q28"
    assert answer(client, "q28", "d") == "/en/result/"
    assert announced(client) == before
    assert client.get("/en/actions/a40/").status_code == 200
    assert "/en/actions/a40/" in client.get("/en/result/").content.decode()
