"""The publish page: consequences, ticks with reasons, the second person, later, and back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from apps.desk.draft import draft
from apps.desk.models import Publication
from apps.desk.roles import Role
from apps.editions import checks, current, services
from apps.editions.models import Edition
from tests.desk.desks import all_ticked, make_draft
from tests.desk.pages import Browser, form_in, saved, signed_in
from tests.editions.packs import make_pack
from tests.effort import calls

pytestmark = pytest.mark.django_db

PAGE, NOW = "/editor/publish/", "/editor/publish/now/"


@pytest.fixture
def published():
    """The small pack as edition 1, and as the draft."""
    current.forget()
    make_draft()
    services.publish(make_pack(), "First edition")
    yield
    current.forget()


def form(**more: str) -> dict[str, str | list[str]]:
    """Return the form of the page with every warning ticked."""
    reasons = all_ticked()
    found: dict[str, str | list[str]] = {"hash": draft().content_hash, "note": "A clearer guide.", "when": "now"}
    found |= {"tick": list(reasons)} | {f"reason-{key}": reason for key, reason in reasons.items()}
    return found | more


def reword(client: Browser) -> None:
    saved(client, "/editor/items/guide/t1/edit/", d__title__en="A new title")


def reweigh(client: Browser) -> None:
    saved(client, "/editor/items/question/q1/edit/", d__ratings__s__value="4")


def test_nothing_new_is_told_and_cannot_be_published(published):
    client = signed_in(Role.PUBLISHER)
    assert "Nothing to publish" in client.get(PAGE).content.decode()
    assert client.post(NOW, form()).status_code == 422
    assert Edition.objects.count() == 1


def test_wording_is_published_by_one_person_with_every_warning_ticked_and_explained(published, settings):
    client = signed_in(Role.PUBLISHER)
    reword(client)
    page = client.get(PAGE).content.decode()
    for words in ("What changes", "guide t1", "patch", "The personas", "Length of the walk", "Languages"):
        assert words in page
    reasons = all_ticked()
    if reasons:
        refused = client.post(NOW, form(tick=[]))
        assert refused.status_code == 422
        assert "A clearer guide." in refused.content.decode()  # the note is not lost
    assert client.post(NOW, form(note=" ")).status_code == 422
    assert client.post(NOW, form()).status_code == 303
    edition = Edition.objects.order_by("-number").first()
    assert (edition.number, edition.note) == (2, "A clearer guide.")
    assert len(Publication.objects.get().accepted) == len(reasons)


def test_what_was_not_looked_at_is_not_published(published):
    client = signed_in(Role.PUBLISHER)
    reword(client)
    looked_at = form()
    saved(client, "/editor/items/guide/t1/edit/", d__title__en="Changed meanwhile")
    assert client.post(NOW, looked_at).status_code == 422
    assert Edition.objects.count() == 1


def test_problems_block_and_lead_to_the_field(published):
    client = signed_in(Role.PUBLISHER)
    saved(client, "/editor/items/question/q1/edit/", d__claims="f9-9")
    page = client.get(PAGE).content.decode()
    assert "These block publishing" in page
    assert "/editor/items/question/q1/edit/" in page
    assert 'action="/editor/publish/now/"' not in page
    assert client.post(NOW, form()).status_code == 422
    assert Edition.objects.count() == 1


def test_a_change_of_weights_needs_a_second_publisher_for_exactly_this_content(published):
    ann, ben = signed_in(Role.PUBLISHER, "ann"), signed_in(Role.PUBLISHER, "ben")
    reweigh(ann)
    page = ann.get(PAGE).content.decode()
    assert "Another publisher has to approve" in page
    assert "minor" in page
    assert ann.post(NOW, form()).status_code == 422
    assert ann.post("/editor/publish/ask/", {"note": "Please look."}).status_code == 303
    assert "Approve exactly" not in ann.get(PAGE).content.decode()
    assert ann.post("/editor/publish/approve/", {"hash": draft().content_hash}).status_code == 422
    assert ben.post("/editor/publish/approve/", {"hash": "other"}).status_code == 422
    assert "Please look." in ben.get(PAGE).content.decode()
    assert ben.post("/editor/publish/approve/", {"hash": draft().content_hash}).status_code == 303
    assert ben.post(NOW, form()).status_code == 422  # not the one who approved
    saved(ann, "/editor/items/guide/t1/edit/", d__title__en="Other content")
    assert ann.post(NOW, form()).status_code == 422  # nor anything but what was approved
    saved(ann, "/editor/items/guide/t1/edit/", d__title__en=make_pack().guides[0].title["en"])
    assert ann.post(NOW, form()).status_code == 303
    assert Publication.objects.get().approved_by_name == "ben"


def test_the_page_shows_who_moves(published, settings):
    client = signed_in(Role.PUBLISHER)
    reweigh(client)
    page = client.get(PAGE).content.decode()
    assert "made-up people, from band to band" in page
    assert "moves" in page


def test_an_edition_is_scheduled_and_taken_back(published):
    client = signed_in(Role.PUBLISHER)
    reword(client)
    later = timezone.now() + dt.timedelta(days=1)
    for said in ("", "soon", "2020-01-01T09:00"):
        assert client.post(NOW, form(when="later", at=said)).status_code == 422
    assert client.post(NOW, form(when="later", at=f"{later:%Y-%m-%dT%H:%M}")).status_code == 303
    waiting = Publication.objects.waiting().get()
    assert Edition.objects.count() == 1
    assert "Take it back" in client.get(PAGE).content.decode()
    client.post(f"/editor/publish/scheduled/{waiting.pk}/cancel/")
    assert not Publication.objects.waiting().exists()


def test_an_edition_is_brought_back_with_one_form_under_a_new_number(published):
    client = signed_in(Role.PUBLISHER)
    reword(client)
    client.post(NOW, form())
    assert client.post("/editor/publish/back/1/", {"note": ""}).status_code == 422
    assert client.post("/editor/publish/back/1/", {"note": "The title was wrong."}).status_code == 303
    first, third = Edition.objects.get(number=1), Edition.objects.get(number=3)
    assert third.content_hash == first.content_hash
    assert client.get("/editor/publish/back/99/").status_code == 404


def test_a_writer_sees_the_consequences_and_may_ask_but_not_publish(published):
    client = signed_in(Role.WRITER)
    reweigh(client)
    page = client.get(PAGE).content.decode()
    assert "What changes" in page
    assert "Your role may not publish" in page
    assert client.post(NOW, form()).status_code == 403
    assert client.post("/editor/publish/back/1/", {"note": "x"}).status_code == 403
    assert Edition.objects.count() == 1


def cost(work):
    """How many calls some work makes, in units of checking the shipped pack once."""
    pack = draft().pack
    once = calls(lambda: (checks.problems(pack), checks.report(pack)))
    return calls(work) / once


def test_the_page_costs_no_more_than_a_few_checks_of_the_whole_pack(edition):
    client = signed_in(Role.PUBLISHER)
    client.get("/editor/")
    reweigh(client)
    found = cost(lambda: client.get(PAGE))
    assert found < 2  # 0.6 here


def test_saving_an_item_costs_no_more_than_a_few_checks_of_the_whole_pack(edition):
    client = signed_in()
    client.get("/editor/")
    form_of_item = form_in(client.get("/editor/items/guide/t3/edit/").content.decode())
    form_of_item["d.title.en"] = ["A new title"]

    def save_and_look():
        assert client.post("/editor/items/guide/t3/edit/", form_of_item).status_code == 303
        assert client.get("/editor/items/guide/t3/edit/").status_code == 200

    found = cost(save_and_look)
    assert found < 2  # 1.0 here


def test_how_far_scores_hold_is_worked_out_by_a_press(published, monkeypatch):
    worked_out = []
    monkeypatch.setattr("apps.desk.views.publish.work_out", worked_out.append)
    client = signed_in(Role.WRITER)
    reweigh(client)
    assert "Not yet worked out" in client.get(PAGE).content.decode()
    assert client.get("/editor/publish/sensitivity/").status_code == 405
    client.post("/editor/publish/sensitivity/")
    assert worked_out == [draft().pack]
    saved(client, "/editor/items/question/q1/edit/", d__claims="f9-9")
    client.post("/editor/publish/sensitivity/")
    assert len(worked_out) == 1
