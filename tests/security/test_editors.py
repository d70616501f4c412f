"""Passwords and sessions of editors: what may be chosen, what is stored, and when a session ends."""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, get_hashers, identify_hasher, make_password
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from apps.desk import passwords
from apps.desk.passwords import AT_ONCE, EditorPasswordHasher
from apps.desk.roles import Role, create_editor
from apps.desk.sessions import SIGNED_IN_AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fast_hasher")]

NAME = "ann-of-the-desk"
PASSWORD = "five plain words in a row"
OTHER = "another five plain words"
ANY_PAGE = "/editor/password/"


@pytest.fixture
def fast_hasher(settings) -> None:
    """Argon2 is slow on purpose, and these tests sign in often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture
def ann() -> User:
    user, _ = create_editor(NAME, Role.WRITER, "ann.archer@privacycheck.test")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, password: str = PASSWORD):
    return client.post("/editor/sign-in/", {"username": NAME, "password": password})


def choose(client: Client, old: str, new: str):
    return client.post("/editor/password/", {"old_password": old, "new_password1": new, "new_password2": new})


def is_in(client: Client) -> bool:
    return client.get(ANY_PAGE).status_code == 200


# --- Passwords -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    [
        "aaaaabbbbbccccc",  # 15 small letters: no rule about kinds
        "7462 1185 9930 2746",
        "四季折々の花が咲く庭を歩いていた",
        "  spaces at both ends count  ",
        "Ä" * 4 + " x" * 30,
        "w" * 63 + "z" * 65,
        "an editor with nine raisins",
        "a pass phrase of more than five hundred signs " * 12,
    ],
)
def test_any_long_password_may_be_chosen_and_is_taken_exactly_as_typed(client, ann, password):
    sign_in(client)
    assert choose(client, PASSWORD, password).status_code == 302
    for wrong in (password[:-1], password.strip() + "!", password.swapcase() + "?", password[:72] + "#"):
        assert sign_in(Client(), wrong).status_code == 422
    assert sign_in(Client(), password).status_code == 303


@pytest.mark.parametrize(
    "password",
    [
        "aaaaabbbbbcccc",  # 14
        "1q2w3e4r5t6y7u8i9o0p",  # common
        "1234567890qwertyuiop",
        "ann-of-the-desk",  # the name
        "ANN-of-the-desk1",
        "ann.archer@privacycheck.test",
        "PrivacyCheck-2026!",  # words of this site
        "editor editor editor",
        "administrator1234567",
        "Foundation of Greenhill 1",  # who runs it
    ],
)
def test_a_short_common_or_own_name_is_no_password(client, ann, settings, password):
    settings.OPERATOR_NAME = "Greenhill Foundation"
    sign_in(client)
    assert choose(client, PASSWORD, password).status_code == 200
    assert sign_in(Client(), password).status_code == 422
    assert sign_in(Client()).status_code == 303


def test_a_password_is_changed_with_the_old_one_only(client, ann):
    sign_in(client)
    assert choose(client, "not the old password", OTHER).status_code == 200
    assert sign_in(Client(), OTHER).status_code == 422
    assert choose(client, PASSWORD, OTHER).status_code == 302
    assert sign_in(Client(), PASSWORD).status_code == 422
    assert sign_in(Client(), OTHER).status_code == 303


def test_a_password_is_stored_as_a_slow_hash():
    stored = make_password(PASSWORD, hasher="argon2")
    hasher = identify_hasher(stored).decode(stored)
    assert PASSWORD not in stored
    # The least that OWASP's guidance on password storage asks for, and no more: each sign-in takes this memory.
    assert hasher["variety"] == "argon2id"
    assert (hasher["memory_cost"], hasher["time_cost"], hasher["parallelism"]) == (19 * 1024, 2, 1)


def test_new_passwords_are_hashed_so(settings):
    assert [hasher.algorithm for hasher in get_hashers()][1:] == ["argon2", "pbkdf2_sha256"]  # the first is of tests
    assert isinstance(get_hashers()[1], EditorPasswordHasher)


def test_a_hash_of_older_figures_opens_the_account_and_is_renewed(ann, settings):
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]
    ann.password = Argon2PasswordHasher().encode(PASSWORD, "salt" * 6)
    ann.save()
    assert "m=102400" in ann.password
    client = Client()
    assert sign_in(client).status_code == 303
    assert is_in(client)
    ann.refresh_from_db()
    assert "$m=19456,t=2,p=1$" in ann.password
    assert sign_in(Client()).status_code == 303


def test_no_more_than_two_are_hashed_at_once(monkeypatch):
    hasher, now, most, lock = EditorPasswordHasher(), 0, 0, threading.Lock()
    slow = Argon2PasswordHasher.encode

    def counted(self, password, salt):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        stored = slow(self, password, salt)
        with lock:
            now -= 1
        return stored

    monkeypatch.setattr(Argon2PasswordHasher, "encode", counted)
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda n: hasher.encode(f"{PASSWORD} {n}", "salt" * 6), range(8)))
    assert len(set(stored)) == 8
    assert most == AT_ONCE == 2


@pytest.mark.parametrize("address", ["/editor/sign-in/", "/editor/password/"])
def test_who_finds_no_turn_is_asked_to_come_back(ann, settings, monkeypatch, address):
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]
    ann.set_password(PASSWORD)
    ann.save()
    client = Client()
    sign_in(client)
    monkeypatch.setattr(passwords, "LONGEST_WAIT", 0.05)
    done = threading.Event()
    others = [passwords._turns.submit(done.wait, 20) for _ in range(AT_ONCE)]
    try:
        answer = sign_in(client, "wrong") if address == "/editor/sign-in/" else choose(client, PASSWORD, OTHER)
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) > 0
        assert "no-store" in answer["Cache-Control"]
        assert client.get("/editor/sign-in/").status_code in (200, 303)  # nothing else waits
    finally:
        done.set()
    assert all(other.result(timeout=20) for other in others)
    again = sign_in(client) if address == "/editor/sign-in/" else choose(client, PASSWORD, OTHER)
    assert again.status_code in (302, 303)


@pytest.mark.parametrize("address", ["/editor/sign-in/", "/editor/password/"])
def test_fields_for_passwords_are_masked_and_open_to_password_managers(ann, address):
    client = Client()
    if address != "/editor/sign-in/":
        sign_in(client)
    page = client.get(address).content.decode()
    fields = [field for field in re.findall(r"<input[^>]*>", page) if "password" in field]
    assert fields
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
        assert "maxlength" not in field
    assert "onpaste" not in page


def test_nobody_has_an_account_before_one_is_made():
    assert not User.objects.exists()


# --- Sessions ------------------------------------------------------------------------------------------


def test_signing_in_gives_a_new_long_random_key_and_the_old_one_is_worth_nothing(ann):
    other, _ = create_editor("somebody-else", Role.WRITER)
    planted, victim = Client(), Client()
    planted.force_login(other)
    known = planted.cookies["editor"].value
    victim.cookies["editor"] = known  # somebody put their own there
    sign_in(victim)
    fresh = victim.cookies["editor"].value
    assert fresh != known
    assert re.fullmatch(r"[a-z0-9]{32}", fresh)
    assert is_in(victim)
    assert not is_in(planted)


def test_a_key_that_we_did_not_make_is_not_taken_up(ann):
    client = Client()
    client.cookies["editor"] = "a" * 32
    sign_in(client)
    assert client.cookies["editor"].value != "a" * 32


def test_after_signing_out_the_key_opens_nothing(ann):
    client, copy = Client(), Client()
    sign_in(client)
    copy.cookies["editor"] = client.cookies["editor"].value
    assert is_in(copy)
    client.post("/editor/sign-out/")
    assert not is_in(copy)
    assert not Session.objects.exists()


def test_a_new_password_ends_all_other_sessions_and_keeps_ones_own(ann):
    own, other = Client(), Client()
    sign_in(own)
    sign_in(other)
    assert choose(own, PASSWORD, OTHER).status_code == 302
    assert is_in(own)
    assert not is_in(other)


def test_a_session_that_is_not_used_ends_within_twelve_hours(ann):
    client = Client()
    sign_in(client)
    session = Session.objects.get()
    assert session.expire_date <= timezone.now() + dt.timedelta(hours=12)
    session.expire_date = timezone.now() - dt.timedelta(seconds=1)
    session.save()
    assert not is_in(client)


def test_a_session_ends_twelve_hours_after_signing_in_although_it_is_used(ann):
    client = Client()
    sign_in(client)
    end = Session.objects.get().expire_date
    kept = client.session
    kept["something"] = "an editor is told"
    kept.save()
    assert is_in(client)
    assert Session.objects.get().expire_date == end
    assert choose(client, PASSWORD, OTHER).status_code == 302  # a new key, and the same end
    assert is_in(client)
    assert Session.objects.get().expire_date == end
    assert not client.cookies["editor"]["max-age"]  # and with the browser before that


def test_the_database_does_not_hold_what_opens_a_session(ann):
    client = Client()
    sign_in(client)
    key = client.cookies["editor"].value
    row = Session.objects.get()
    thief = Client()
    thief.cookies["editor"] = row.session_key
    assert not is_in(thief)
    assert key not in (row.session_key, row.session_data)
    assert is_in(client)


def test_who_signs_in_again_gets_a_new_key_and_a_new_end(ann):
    client, copy = Client(), Client()
    sign_in(client)
    copy.cookies["editor"] = client.cookies["editor"].value
    Session.objects.update(expire_date=timezone.now() + dt.timedelta(minutes=1))
    assert sign_in(client).status_code == 303
    assert client.cookies["editor"].value != copy.cookies["editor"].value
    assert is_in(client)
    assert not is_in(copy)
    assert Session.objects.get().expire_date > timezone.now() + dt.timedelta(hours=11)
    assert client.session[SIGNED_IN_AT] <= time.time()
