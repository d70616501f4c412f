"""What a new editor does first, from the README alone, while somebody is in the middle of a checkup."""

from __future__ import annotations

from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client

from apps.checkup.forms import values_of
from apps.desk.roles import Role
from apps.editions import current
from apps.editions.convert import answer_of
from apps.editions.models import Edition
from tests.checkup.walking import RESULT, REVIEW, answer, begin, question_of
from tests.desk.pages import Browser, saved, signed_in

pytestmark = pytest.mark.django_db
PUBLISH = "/editor/publish/"
WORDS = "correct horse battery staple"


def _publish(client: Client, note: str) -> None:
    """Tick every warning with a reason and publish."""
    page = client.get(PUBLISH).content.decode()
    keys = [part.split('"')[0] for part in page.split('name="tick" value="')[1:]]
    form: dict[str, str | list[str]] = {"hash": _value(page, "hash"), "note": note, "when": "now", "tick": keys}
    form |= {f"reason-{key}": "It is dated on the page." for key in keys}
    response = client.post("/editor/publish/now/", form)
    assert response.status_code == 303, response.content.decode()[:2000]
    current.refresh()


def _value(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def test_a_link_from_the_command_line_lets_a_new_editor_in(edition):
    out = StringIO()
    call_command("create_editor", "ada", "--role", "publisher", stdout=out)
    link = urlsplit(out.getvalue().split()[-1]).path
    client = Browser()
    form = client.get(link, follow=True)
    assert form.status_code == 200
    address = form.redirect_chain[-1][0]
    assert client.post(address, {"new_password1": WORDS, "new_password2": WORDS}).status_code == 302
    assert client.post("/editor/sign-in/", {"username": "ada", "password": WORDS}).status_code == 303
    assert client.get("/editor/").status_code == 200
    assert Browser().get(link, follow=True).status_code == 200  # the page says that the link is used up
    assert "new_password1" not in Browser().get(link, follow=True).content.decode()


def test_a_running_checkup_stays_on_its_edition_through_two_publications_and_a_roll_back(edition):
    first = Edition.objects.get().number
    visitor = Client()
    persona = edition.personas["maya"]
    address = begin(visitor, place=persona.place, situation=list(persona.situation))
    editor = signed_in(Role.PUBLISHER)

    def go_on(questions: int) -> str:
        nonlocal address
        for _ in range(questions):
            question = question_of(address)
            if not question:
                break
            assert visitor.get(address).status_code == 200
            address = answer(visitor, question, *values_of(answer_of(persona.answers[question])))
        return address

    go_on(5)
    assert saved(editor, "/editor/items/question/q5/edit/", d__ratings__s__value="2").status_code in {302, 303}
    _publish(editor, "A lower rating")
    go_on(5)
    assert saved(editor, "/editor/items/guide/t2/edit/", d__summary__en="Another summary.").status_code in {302, 303}
    _publish(editor, "Better words")
    assert go_on(60) == REVIEW
    page = visitor.get(RESULT).content.decode()
    assert f"Edition {first}." in page  # the ruler of the day it began
    assert Edition.objects.first().number == first + 2

    assert editor.post(f"/editor/publish/back/{first}/", {"note": "The old rating was right"}).status_code == 303
    current.refresh()
    latest = Edition.objects.first()
    assert latest.number == first + 3
    assert latest.content_hash == Edition.objects.get(number=first).content_hash
    assert f"Edition {first}." in visitor.get(RESULT).content.decode()
    assert "The old rating was right" in Client().get("/en/changes/").content.decode()


def test_nothing_of_the_desk_is_sent_to_public_pages(edition):
    """Messages to an editor, too, stay in the session, whose cookie the browser keeps to /editor/."""
    editor = signed_in(Role.ADMINISTRATOR)
    made = editor.post("/editor/admin/auth/user/add/", {"username": "bob", "role": "writer", "is_active": "on"})
    assert made.status_code == 302
    assert "/editor/set-password/" in editor.get("/editor/admin/auth/user/").content.decode()
    saved(editor, "/editor/items/guide/t2/edit/", d__summary__en="Another summary.")
    beyond = {name for name, cookie in editor.cookies.items() if not cookie["path"].startswith("/editor/")}
    assert beyond <= {"csrftoken"}
