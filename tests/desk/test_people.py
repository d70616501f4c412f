"""Looking after people: within an hour of signing in, so often, in the sight of all, and never to be two oneself."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from apps.desk.draft import draft
from apps.desk.items import save_item
from apps.desk.limits import HOUR, MOST_CHANGES_OF_PEOPLE, wait_before_change_of_people
from apps.desk.models import PersonChange
from apps.desk.publishing import OwnWork, approve, needs_second_person, publish_draft, request_approval, schedule
from apps.desk.roles import (
    FRESH,
    Role,
    are_independent,
    create_editor,
    publishers_lost,
    remove_editor,
    renew_link,
    set_active,
    set_role,
)
from apps.desk.sessions import RECENT, SIGNED_IN_AT
from apps.editions.models import Edition
from apps.editions.services import publish
from tests.desk.desks import all_ticked, data_of, make_draft, make_editor, version_of
from tests.desk.pages import person, signed_in
from tests.editions.packs import make_pack, option, text

pytestmark = pytest.mark.django_db

PEOPLE = "/editor/admin/auth/user/"
LOG = "/editor/log/people/"
PASSWORD = "five plain words in a row"


def lines() -> list[tuple[str, str, str, str, str]]:
    """Return the log of people, the oldest first."""
    fields = ("person_name", "action", "role_before", "role_after", "user_name")
    return list(PersonChange.objects.order_by("pk").values_list(*fields))


def a_day_passes() -> None:
    for change in PersonChange.objects.all():
        change.at -= FRESH
        change.save()


def an_hour_passes(client: Client) -> None:
    kept = client.session
    kept[SIGNED_IN_AT] -= RECENT
    kept.save()


# --- Shortly after signing in --------------------------------------------------------------------------


def test_an_hour_after_signing_in_the_password_is_asked_for_again(edition):
    client = signed_in(Role.ADMINISTRATOR)
    administrator = person(client)
    administrator.set_password(PASSWORD)
    administrator.save()
    client.force_login(administrator)
    assert client.get(PEOPLE).status_code == 200
    an_hour_passes(client)
    for answer in (client.get(PEOPLE), client.post(f"{PEOPLE}add/", {"username": "eve", "role": "publisher"})):
        assert answer.status_code == 302
    assert not User.objects.filter(username="eve").exists()
    assert client.get("/editor/").status_code == 200  # the draft goes on as before

    page = client.get(PEOPLE, follow=True)
    address, status = page.redirect_chain[-1]
    assert (urlsplit(address).path, parse_qs(urlsplit(address).query), status) == ("/editor/sign-in/", {"next": [PEOPLE]}, 302)
    assert "Please sign in again" in page.content.decode()
    form = {"username": administrator.username, "password": PASSWORD, "next": PEOPLE}
    assert client.post("/editor/sign-in/", form)["Location"] == PEOPLE
    assert client.get(PEOPLE).status_code == 200


def test_a_sign_in_page_that_leads_to_people_sends_others_to_the_desk(edition):
    client = signed_in(Role.PUBLISHER)
    an_hour_passes(client)
    page = client.get(PEOPLE, follow=True)
    assert [urlsplit(address).path for address, _ in page.redirect_chain][-1] == "/editor/"
    assert client.get(f"/editor/sign-in/?next={PEOPLE}").status_code == 303


def test_somebody_changes_so_many_accounts_in_an_hour_and_no_more(edition):
    client = signed_in(Role.ADMINISTRATOR)
    at = person(client).pk
    for _ in range(MOST_CHANGES_OF_PEOPLE - 1):
        assert not wait_before_change_of_people(at)
    add = {"email": "", "role": "writer", "is_active": "on"}
    assert client.post(f"{PEOPLE}add/", {**add, "username": "eve"}).status_code == 302
    refused = client.post(f"{PEOPLE}add/", {**add, "username": "adam"})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= HOUR
    assert not User.objects.filter(username="adam").exists()
    assert client.get(PEOPLE).status_code == 200  # reading goes on
    assert not wait_before_change_of_people(at + 1)  # so do others


def test_the_admin_has_no_second_page_to_guess_a_password_at(edition):
    client = signed_in(Role.ADMINISTRATOR)
    for answer in (client.get("/editor/admin/password_change/"), client.post("/editor/admin/password_change/", {"x": "1"})):
        assert (answer.status_code, answer["Location"]) == (302, "/editor/password/")


# --- In the sight of all -------------------------------------------------------------------------------


def test_every_change_of_an_account_is_seen_by_every_editor(edition):
    client = signed_in(Role.ADMINISTRATOR, "nora")
    form = {"username": "eve", "email": "", "role": "publisher", "is_active": "on"}
    client.post(f"{PEOPLE}add/", form)
    eve = User.objects.get(username="eve")
    client.post(f"{PEOPLE}{eve.pk}/change/", {**form, "role": "writer"})
    client.post(f"{PEOPLE}{eve.pk}/change/", {**form, "role": "writer", "email": "eve@privacycheck.test"})
    client.post(f"{PEOPLE}{eve.pk}/change/", {**form, "role": "writer", "is_active": ""})
    client.post(f"{PEOPLE}{eve.pk}/change/", {**form, "role": "administrator"})
    client.post(PEOPLE, {"action": "new_link", "_selected_action": [str(eve.pk)]})
    client.post(f"{PEOPLE}{eve.pk}/delete/", {"post": "yes"})
    adam, _ = create_editor("adam", Role.WRITER)
    client.post(PEOPLE, {"action": "delete_selected", "_selected_action": [str(adam.pk)], "post": "yes"})
    assert User.objects.filter(is_active=True).count() == 1
    assert lines()[1:] == [
        ("eve", "made", "", "publisher", "nora"),
        ("eve", "new role", "publisher", "writer", "nora"),
        ("eve", "off", "writer", "writer", "nora"),
        ("eve", "new role", "writer", "administrator", "nora"),
        ("eve", "on again", "administrator", "administrator", "nora"),
        ("eve", "new link", "administrator", "administrator", "nora"),
        ("eve", "removed", "administrator", "", "nora"),
        ("adam", "made", "", "writer", ""),
        ("adam", "removed", "writer", "", "nora"),
    ]
    page = signed_in(Role.WRITER).get(LOG).content.decode()
    assert page.index("adam") < page.index("eve")
    for words in ("publisher → writer", "off", "new link", "command line", "nora"):
        assert words in page
    assert LOG in client.get("/editor/log/").content.decode()


def test_what_is_done_on_the_command_line_stands_there_too(capsys):
    call_command("create_editor", "ada", role="publisher")
    call_command("create_editor", "ada", new_link=True)
    assert lines() == [("ada", "made", "", "publisher", ""), ("ada", "new link", "publisher", "publisher", "")]


def test_the_log_holds_no_link_and_is_changed_by_no_page(edition):
    client = signed_in(Role.ADMINISTRATOR)
    _, link = create_editor("ada", Role.WRITER)
    page = client.get(LOG).content.decode()
    assert link not in page
    assert client.post(LOG, {"x": "1"}).status_code == 405
    assert client.get("/editor/admin/desk/personchange/").status_code == 404


# --- Never two oneself ---------------------------------------------------------------------------------


PACKS = make_pack(), make_pack(lambda data: option(data, "q3", "b").update(level=3))
"""Two packs that differ in a level."""


@pytest.fixture
def nora() -> User:
    """An administrator, and a draft whose weights are not those of the current edition."""
    publish(make_draft(), "First")
    data = data_of("question", "q3")
    data["ratings"]["r"] = {"value": 3, "reason": text("It spreads.")}
    save_item("question", "q3", data, version_of("question", "q3"), None)
    return make_editor("nora", Role.ADMINISTRATOR)


def agreed(publisher: User, approver: User) -> None:
    """Let one approve what another then publishes."""
    request_approval(publisher)
    approve(approver, draft().content_hash)
    publish_draft(publisher, "Weights", all_ticked())


def test_a_publisher_whom_one_has_just_made_does_not_approve_ones_work(nora):
    second, _ = create_editor("second", Role.PUBLISHER, by=nora)
    with pytest.raises(OwnWork, match="do not count as two people"):
        agreed(nora, second)
    with pytest.raises(OwnWork):
        schedule(nora, "Weights", timezone.now() + FRESH * 2, all_ticked())
    assert Edition.objects.count() == 1
    a_day_passes()  # in which everybody saw the new publisher in the log
    publish_draft(nora, "Weights", all_ticked())
    assert Edition.objects.count() == 2


def test_nor_does_it_help_to_publish_as_the_other(nora):
    second, _ = create_editor("second", Role.PUBLISHER, by=nora)
    with pytest.raises(OwnWork):
        agreed(second, nora)


def changed(how: str, person: User, by: User | None) -> None:
    if how == "raised":
        set_role(person, Role.PUBLISHER, by)
    elif how == "switched on":
        set_active(person, False)
        set_active(person, True, by)
    else:
        renew_link(person, by)


@pytest.mark.parametrize("how", ["raised", "switched on", "given a new link"])
def test_somebody_who_was_only_just_changed_counts_as_two_with_nobody_who_did_it(nora, how):
    role = Role.WRITER if how == "raised" else Role.PUBLISHER
    second, third = make_editor("second", role), make_editor("third", role)
    changed(how, second, nora)
    second = User.objects.get(pk=second.pk)
    assert not are_independent(nora, second)
    assert not are_independent(second, nora)
    assert are_independent(third, second)
    changed(how, third, nora)
    assert not are_independent(third, second)  # both may be the administrator
    assert are_independent(nora, second, at=timezone.now() + FRESH)


def test_what_was_done_on_the_command_line_makes_two_people_of_two(nora):
    second = make_editor("second", Role.PUBLISHER)
    renew_link(second)
    agreed(nora, second)
    assert Edition.objects.count() == 2


@pytest.mark.parametrize("how", ["lowered", "switched off", "removed"])
def test_nobody_publishes_alone_by_sending_the_other_out(nora, how):
    second = make_editor("second", Role.PUBLISHER)
    assert needs_second_person(*PACKS)
    if how == "lowered":
        set_role(second, Role.WRITER, nora)
    elif how == "switched off":
        set_active(second, False, nora)
    else:
        remove_editor(second, nora)
    assert publishers_lost() == 1
    assert needs_second_person(*PACKS)
    a_day_passes()
    assert not publishers_lost()
    assert not needs_second_person(*PACKS)


def test_changes_of_writers_ask_nobody_for_a_second_person(nora):
    writer, _ = create_editor("writer", Role.WRITER, by=nora)
    renew_link(writer, nora)
    set_active(writer, False, nora)
    remove_editor(writer, nora)
    renew_link(nora, nora)
    assert not publishers_lost()
    assert not needs_second_person(*PACKS)
