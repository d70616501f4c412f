"""Who may open which page of the desk, signing in and out, and what the rest of the site knows of it: nothing."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from apps.desk.limits import DAY, MOST_FOR_ACCOUNT, MOST_FOR_ADDRESS, MOST_IN_A_DAY, SECONDS, wait_before_sign_in
from apps.desk.models import SignInTries
from apps.desk.roles import Role, create_editor, set_role
from apps.website.middleware import CONTENT_SECURITY_POLICY
from tests.desk.desks import make_draft, make_editor
from tests.desk.pages import signed_in

pytestmark = pytest.mark.django_db

PASSWORD = "five plain words in a row"
READING = (
    "/editor/",
    "/editor/items/question/",
    "/editor/items/question/new/",
    "/editor/items/question/q1/edit/",
    "/editor/items/question/q1/history/",
    "/editor/items/question/q1/remove/",
    "/editor/problems/",
    "/editor/queue/",
    "/editor/map/",
    "/editor/log/",
    "/editor/log/people/",
    "/editor/publish/",
    "/editor/exchange/",
    "/editor/exchange/draft.zip",
    "/editor/exchange/edition-1.zip",
    "/editor/password/",
    "/editor/preview/en/",
    "/editor/preview/en/checkup/",
)
WRITING = (
    "/editor/items/question/new/",
    "/editor/items/question/q1/edit/",
    "/editor/items/question/q1/move/",
    "/editor/items/question/q1/remove/",
    "/editor/log/1/restore/",
    "/editor/markdown/",
    "/editor/exchange/import/",
    "/editor/exchange/edition/",
    "/editor/publish/ask/",
    "/editor/publish/sensitivity/",
)
PUBLISHING = (
    "/editor/publish/now/",
    "/editor/publish/approve/",
    "/editor/publish/scheduled/1/cancel/",
    "/editor/publish/back/1/",
)
PEOPLE = "/editor/admin/auth/user/"
EVERYBODY = (*READING, *WRITING, *PUBLISHING, PEOPLE)


def left_at(client: Client, answer) -> str:
    """Return where a redirection ends; the admin sends people to its own sign-in page first."""
    address = answer["Location"]
    return client.get(address)["Location"] if address.startswith("/editor/admin/login/") else address


@pytest.mark.parametrize("address", EVERYBODY)
def test_nobody_without_an_account_gets_in_by_address_or_by_a_forged_form(edition, client, address):
    make_draft()
    for answer in (client.get(address), client.post(address, {"x": "1"})):
        assert answer.status_code in (302, 405)
        if answer.status_code == 302:
            assert urlsplit(left_at(client, answer)).path == "/editor/sign-in/"
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("address", EVERYBODY)
def test_an_account_without_a_role_gets_in_nowhere(edition, address):
    make_draft()
    client = signed_in()
    User.objects.get().groups.clear()
    for answer in (client.get(address), client.post(address, {"x": "1"})):
        assert answer.status_code in (403, 405) or left_at(client, answer) == "/editor/"  # the admin sends people away


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("address", READING)
def test_every_role_reads_every_page_and_no_cache_keeps_one(edition, role, address):
    answer = signed_in(role).get(address)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("address", PUBLISHING)
def test_a_writer_publishes_by_no_form(edition, address):
    assert signed_in(Role.WRITER).post(address, {"note": "x", "hash": "x"}).status_code == 403
    assert signed_in(Role.PUBLISHER).post(address, {"note": "x", "hash": "x"}).status_code in (303, 404, 422)


def test_only_administrators_look_after_people(edition):
    for role in (Role.WRITER, Role.PUBLISHER):
        client = signed_in(role)
        assert left_at(client, client.get(PEOPLE)) == "/editor/"
        forged = client.post(f"{PEOPLE}add/", {"username": "eve", "role": "administrator"})
        assert left_at(client, forged) == "/editor/"
    assert not User.objects.filter(username="eve").exists()
    assert signed_in(Role.ADMINISTRATOR).get(PEOPLE).status_code == 200


def test_an_administrator_makes_an_account_and_is_told_its_link_once(edition):
    client = signed_in(Role.ADMINISTRATOR)
    form = {"username": "eve", "email": "", "role": "publisher", "is_active": "on"}
    told = client.post(f"{PEOPLE}add/", form, follow=True).content.decode()
    eve = User.objects.get(username="eve")
    assert eve.has_perm("desk.publish")
    assert not eve.has_perm("auth.add_user")
    assert "/editor/set-password/" in told
    assert "/editor/set-password/" not in client.get(PEOPLE).content.decode()
    client.post(f"{PEOPLE}{eve.pk}/change/", {**form, "role": "writer"})
    assert not User.objects.get(username="eve").has_perm("desk.publish")


# --- Signing in ----------------------------------------------------------------------------------------


def ready(name: str = "ann-of-the-desk", role: Role = Role.WRITER) -> User:
    user = make_editor(name, role)
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(
    client: Client, name: str = "ann-of-the-desk", password: str = PASSWORD, address: str = "192.0.2.1", **more: str
):
    return client.post("/editor/sign-in/", {"username": name, "password": password, **more}, REMOTE_ADDR=address)


def test_the_session_stays_below_the_desk_and_public_pages_stay_free_of_cookies(edition, client):
    ready()
    answer = sign_in(client)
    morsel = answer.cookies["editor"]
    assert (morsel["path"], morsel["httponly"], morsel["samesite"]) == ("/editor/", True, "Lax")
    assert not morsel["max-age"]  # it ends with the browser
    for address in ("/en/", "/en/guides/", "/en/method/"):
        public = client.get(address)  # this client sends all its cookies everywhere; a browser would not
        assert not public.cookies
        assert "Cookie" not in public.get("Vary", "")
        assert "ann-of-the-desk" not in public.content.decode()


def test_signing_in_leads_back_and_never_to_another_site(edition, client):
    ready()
    assert sign_in(client, next="/editor/log/")["Location"] == "/editor/log/"
    for address in (
        "https://evil.example/editor/",
        "//evil.example/editor/",
        "/en/",
        "javascript:alert(1)",
        "/editor\\x",
    ):
        client.logout()
        assert sign_in(client, next=address)["Location"] == "/editor/"


def test_a_wrong_name_and_a_wrong_password_get_one_answer(edition, client):
    ready()
    wrong = sign_in(client, password="wrong")
    unknown = sign_in(client, name="eve", password="wrong")
    assert wrong.status_code == unknown.status_code == 422
    assert (
        wrong.content.decode().replace("ann-of-the-desk", "eve").split("csrf")[0]
        == unknown.content.decode().split("csrf")[0]
    )


def test_guessing_ends_in_429_and_does_not_lock_the_editor_out_elsewhere(edition, client):
    ready()
    answers = [sign_in(client, password="wrong").status_code for _ in range(MOST_FOR_ACCOUNT + 1)]
    assert answers == [422] * MOST_FOR_ACCOUNT + [429]
    assert sign_in(client).status_code == 429  # the right password no longer tells itself apart
    assert sign_in(client, address="198.51.100.7").status_code == 303


NOON = dt.datetime(2030, 1, 1, 12, 1, tzinfo=dt.timezone.utc)


def test_tries_are_counted_by_network_whatever_the_name():
    waits = [wait_before_sign_in(f"name{n}", f"192.0.2.{n}", at=NOON) for n in range(MOST_FOR_ADDRESS + 1)]
    assert waits == [0] * MOST_FOR_ADDRESS + [SECONDS - 60]
    assert not wait_before_sign_in("name", "2001:db8::1", at=NOON)
    assert not wait_before_sign_in("name", "192.0.2.1", at=NOON + dt.timedelta(seconds=SECONDS))


def test_what_is_counted_holds_no_name_or_address_and_goes_with_its_time():
    wait_before_sign_in("ann", "192.0.2.1", at=NOON)
    kept = str(list(SignInTries.objects.values_list()))
    assert "ann" not in kept
    assert "192.0" not in kept
    wait_before_sign_in("ben", "198.51.100.7", at=NOON + dt.timedelta(seconds=SECONDS))
    assert SignInTries.objects.count() == 4  # of the first one only the count of the day is left
    wait_before_sign_in("ben", "198.51.100.7", at=NOON + dt.timedelta(seconds=DAY))
    assert SignInTries.objects.count() == 3


def elsewhere(number: int) -> str:
    """Return an address in a network of its own."""
    return f"203.{number}.113.1"


def guessed_from_everywhere(name: str, tries: int = MOST_IN_A_DAY) -> list[int]:
    return [wait_before_sign_in(name, elsewhere(n)) for n in range(tries)]


def test_many_networks_together_have_a_ceiling_for_one_account_in_a_day():
    waits = [wait_before_sign_in("ann", elsewhere(n), at=NOON) for n in range(MOST_IN_A_DAY + 1)]
    assert waits == [0] * MOST_IN_A_DAY + [DAY // 2 - 60]  # until midnight
    assert wait_before_sign_in("ＡＮＮ", elsewhere(200), at=NOON)  # the same name to Django, in other letters
    assert not wait_before_sign_in("ben", elsewhere(200), at=NOON)
    assert not wait_before_sign_in("ann", elsewhere(200), at=NOON + dt.timedelta(seconds=DAY // 2 - 60))


def test_one_network_alone_does_not_use_up_the_day_of_an_account():
    for _ in range(MOST_IN_A_DAY * 2):
        wait_before_sign_in("ann", "192.0.2.1", at=NOON)
    assert not wait_before_sign_in("ann", elsewhere(1), at=NOON)


@pytest.mark.parametrize("name", ["ann-of-the-desk", "nobody-of-this-name"])
def test_the_ceiling_is_said_alike_whether_there_is_such_an_account_or_not(edition, client, name):
    ready()
    guessed_from_everywhere(name)
    answer = sign_in(client, name=name, address=elsewhere(200))
    assert answer.status_code == 429
    assert SECONDS < int(answer["Retry-After"]) <= DAY or dt.datetime.now(dt.timezone.utc).hour == 23
    assert not answer.cookies.get("editor")


def test_who_has_signed_in_with_a_browser_before_gets_in_with_it_whatever_strangers_try(edition, client):
    ready()
    sign_in(client)
    mark = client.cookies["device"]
    assert (mark["path"], mark["httponly"], mark["samesite"]) == ("/editor/sign-in/", True, "Lax")
    client.post("/editor/sign-out/")
    guessed_from_everywhere("ann-of-the-desk")
    assert sign_in(Client(), address=elsewhere(200)).status_code == 429
    assert sign_in(client, address=elsewhere(201)).status_code == 303


def test_the_mark_of_a_browser_opens_nothing_and_frees_nobody_from_the_limit_of_a_network(edition, client):
    ready()
    ready("ben-of-the-desk")
    sign_in(client)
    mark = client.cookies["device"].value
    other = Client()
    other.cookies["device"] = mark
    assert other.get("/editor/").status_code == 302
    answers = [sign_in(other, password="wrong", address=elsewhere(9)).status_code for _ in range(MOST_FOR_ACCOUNT + 1)]
    assert answers == [422] * MOST_FOR_ACCOUNT + [429]
    guessed_from_everywhere("ben-of-the-desk")
    assert sign_in(other, name="ben-of-the-desk", address=elsewhere(201)).status_code == 429  # it is not Ben's


@pytest.mark.parametrize("spoilt", ["password", "inactive", "forged", "key"])
def test_a_mark_is_worth_nothing_once_its_password_or_key_is_gone(edition, client, settings, spoilt):
    user = ready()
    sign_in(client)
    client.post("/editor/sign-out/")
    if spoilt == "password":
        user.set_password(PASSWORD)  # the same words, with another salt
        user.save()
    elif spoilt == "inactive":
        User.objects.update(is_active=False)
    elif spoilt == "forged":
        client.cookies["device"] = client.cookies["device"].value[::-1]
    else:
        settings.SECRET_KEY = "another key, with nothing to fall back on " * 2
    guessed_from_everywhere("ann-of-the-desk")
    assert sign_in(client, address=elsewhere(200)).status_code == 429


def test_a_mark_of_an_older_key_counts_as_long_as_the_key_does(edition, client, settings):
    ready()
    sign_in(client)
    client.post("/editor/sign-out/")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, with the old one to fall back on " * 2
    guessed_from_everywhere("ann-of-the-desk")
    assert sign_in(client, address=elsewhere(200)).status_code == 303


def test_a_new_link_lets_its_owner_in_although_strangers_guess(edition):
    _, link = create_editor("ann-of-the-desk", Role.WRITER)
    guessed_from_everywhere("ann-of-the-desk")
    owner = Client()
    form = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    owner.post(owner.get(link, follow=True).redirect_chain[-1][0], form)
    assert sign_in(Client(), address=elsewhere(200)).status_code == 429
    assert sign_in(owner, address=elsewhere(201)).status_code == 303


def test_who_changes_their_password_stays_known_to_the_browser(edition, client):
    ready()
    sign_in(client)
    changed = PASSWORD + " and more"
    form = {"old_password": PASSWORD, "new_password1": changed, "new_password2": changed}
    assert client.post("/editor/password/", form).status_code == 302
    client.post("/editor/sign-out/")
    guessed_from_everywhere("ann-of-the-desk")
    assert sign_in(client, password=changed, address=elsewhere(201)).status_code == 303


def test_guessing_the_old_password_in_a_session_of_somebody_else_ends_too(edition, client):
    user = ready()
    client.force_login(user)
    form = {"old_password": "wrong", "new_password1": "x" * 20, "new_password2": "x" * 20}
    answers = [client.post("/editor/password/", form) for _ in range(MOST_FOR_ACCOUNT + 1)]
    assert [answer.status_code for answer in answers] == [200] * MOST_FOR_ACCOUNT + [429]
    assert 0 < int(answers[-1]["Retry-After"]) <= SECONDS
    right = {**form, "old_password": PASSWORD}
    assert client.post("/editor/password/", right).status_code == 429
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_link_sets_a_password_once_and_looking_at_it_uses_nothing_up(edition, client):
    _, link = create_editor("ann-of-the-desk", Role.WRITER)
    Client().get(link)  # somebody's preview of links
    page = client.get(link, follow=True)
    form = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert (
        client.post(page.redirect_chain[-1][0], {"new_password1": "short", "new_password2": "short"}).status_code == 200
    )
    assert client.post(page.redirect_chain[-1][0], form)["Location"] == "/editor/sign-in/"
    assert sign_in(client).status_code == 303
    assert "has been used" in Client().get(link, follow=True).content.decode()


@pytest.mark.parametrize("change", ["password", "inactive", "role"])
def test_what_an_administrator_takes_away_ends_at_once(edition, client, change):
    user = ready()
    sign_in(client)
    assert client.get("/editor/").status_code == 200
    if change == "password":
        user.set_password(PASSWORD + " and more")
        user.save()
    elif change == "inactive":
        User.objects.update(is_active=False)
    else:
        set_role(user, Role.WRITER)
        user.groups.clear()
    assert client.get("/editor/").status_code == (403 if change == "role" else 302)


def test_signing_out_takes_a_form_and_ends_the_session(edition, client):
    ready()
    sign_in(client)
    assert client.get("/editor/sign-out/").status_code == 405
    assert client.post("/editor/sign-out/").status_code == 303
    assert client.get("/editor/").status_code == 302


def test_every_form_of_the_desk_needs_its_token(edition):
    ready()
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client).status_code == 403
    client.force_login(User.objects.get())
    for address in (*WRITING, *PUBLISHING, "/editor/sign-out/", f"{PEOPLE}add/"):
        assert client.post(address, {"note": "x"}).status_code == 403
    for kind in ("application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded"):
        assert client.generic("POST", WRITING[0], b"\xff\xfe=1", content_type=kind).status_code in (400, 403)


def test_large_bodies_are_for_editors_who_are_signed_in(edition, client, settings):
    big = {"username": "x" * 300_000}
    assert client.post("/editor/sign-in/", big, content_type="application/x-www-form-urlencoded").status_code == 400
    assert client.post("/en/checkup/", data="x" * 300_000, content_type="text/plain").status_code == 413
    too_big = "x" * (settings.MAX_EDITOR_BODY_BYTES + 1)
    assert client.post("/editor/sign-in/", too_big, content_type="text/plain").status_code == 413
    many = "&".join(f"f{n}=1" for n in range(6_000))
    editor = signed_in()
    assert editor.post("/editor/markdown/", many, content_type="application/x-www-form-urlencoded").status_code == 400


def test_a_public_page_asks_the_database_for_no_session(edition, client, django_assert_num_queries):
    client.cookies["editor"] = "anything"
    client.get("/en/")
    with django_assert_num_queries(0):
        client.get("/en/method/")
    assert connection.queries_limit
