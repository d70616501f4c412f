"""A run is pinned to its edition: it goes on unchanged when a newer one is published."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.checkup import cookies
from apps.editions import current, services
from apps.editions.schema import Pack
from tests.checkup.walking import RESULT, announced, answer, begin, walk

pytestmark = pytest.mark.django_db


def _publish(pack: Pack, note: str) -> int:
    edition, created = services.publish(pack, note)
    assert created
    current.refresh()
    return edition.number


def _with_other_weight(pack: Pack) -> Pack:
    """Return the pack with one rating changed, and one question worded differently."""
    data = json.loads(pack.model_dump_json(exclude_defaults=True))
    question = data["topics"][0]["questions"][0]
    question["ratings"]["s"]["value"] = 1
    return Pack.model_validate(data)


def _with_new_option(pack: Pack) -> Pack:
    """Return the pack with an option of q13 renamed, which counts as another answer."""
    data = json.loads(pack.model_dump_json(exclude_defaults=True))
    [question] = [q for t in data["topics"] for q in t["questions"] if q["id"] == "q13"]
    question["options"][3]["id"] = "z"
    for persona in data["personas"]:
        if persona["answers"].get("q13") == "d":
            persona["answers"]["q13"] = "z"
    for action in data["actions"]:
        if "q13" in action.get("helps", {}):
            action["helps"]["q13"] = [o if o != "d" else "z" for o in action["helps"]["q13"]]
    return Pack.model_validate(data)


@pytest.fixture
def published(shipped_pack):
    current.forget()
    number = _publish(shipped_pack, "First edition")
    yield current.edition_numbered(number)
    current.forget()


def test_publishing_the_same_content_again_makes_no_edition(published, shipped_pack):
    edition, created = services.publish(shipped_pack, "Again")
    assert (edition.number, created) == (published.number, False)


def test_a_walk_goes_on_over_two_publishes_and_loses_nothing(client, published, shipped_pack):
    begin(client)
    answer(client, "q1", "c")
    _publish(_with_other_weight(shipped_pack), "q1 weighs less")
    answer(client, "q2", "b")
    newest = _publish(_with_new_option(shipped_pack), "q13 has another answer")
    answer(client, "q13", "d")
    page = client.get("/en/checkup/q14/").content.decode()
    assert f"You are on edition {published.number}" in page
    assert f"Edition {newest} is out" in page
    text = cookies.unsign("sheet", client.cookies["sheet"].value)
    assert cookies.edition_of(text) == published.number


def test_the_upgrade_says_what_changed_and_asks_only_the_rest_again(client, published, shipped_pack):
    walk(client, published, "maya")
    answer(client, "q13", "d")
    newest = _publish(_with_new_option(shipped_pack), "q13 has another answer")
    page = client.get("/en/upgrade/").content.decode()
    assert "q13 has another answer" in page
    assert published.questions["q13"].text["en"].replace("'", "&#x27;") in page

    response = client.post("/en/upgrade/")
    assert response["Location"] == "/en/checkup/q13/"
    assert cookies.edition_of(cookies.unsign("sheet", client.cookies["sheet"].value)) == newest
    assert answer(client, "q13", "z") == "/en/checkup/review/"


def test_an_old_resume_code_still_works_on_its_own_edition(client, published, shipped_pack):
    import re

    walk(client, published, "daniel")
    before = announced(client)
    code = re.search(r'id="resume-code">([^<]+)<', client.get(RESULT).content.decode())[1]
    _publish(_with_other_weight(shipped_pack), "q1 weighs less")
    other = type(client)()
    other.post("/en/resume/", {"code": code})
    assert announced(other) == before


def test_comparing_across_editions_splits_you_from_the_ruler(client, published, shipped_pack):
    walk(client, published, "liang")
    old = client.get("/en/result/save").content
    _publish(_with_other_weight(shipped_pack), "q1 weighs less")
    client.post("/en/upgrade/")
    answer(client, "q13", "a")
    page = client.post(
        "/en/result/load/", {"file": SimpleUploadedFile("a.json", old), "purpose": "compare"}
    ).content.decode()
    assert "The ruler" in page
    assert "down" in page


def test_a_new_edition_is_taken_up_without_a_restart(client, published, shipped_pack):
    assert f"Edition {published.number}" in client.get("/en/paper/").content.decode()
    newest = _publish(_with_other_weight(shipped_pack), "q1 weighs less")
    assert f"Edition {newest}" in client.get("/en/paper/").content.decode()
