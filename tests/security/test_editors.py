"""Passwords and sessions of editors: what may be chosen, what is stored, and when a session ends."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.contrib.auth.hashers import get_hashers, identify_hasher, make_password
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from apps.desk.roles import Role, create_editor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fast_hasher")]

NAME = "ann-of-the-desk"
PASSWORD = "five plain words in a row"
OTHER = "another five plain words"
ANY_PAGE = "/editor/password/"


@pytest.fixture
def fast_hasher(settings) -> None:
    """Argon2 takes a quarter of a second, and these tests sign in often."""
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
    ],
)
def test_a_short_common_or_own_name_is_no_password(client, ann, password):
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
    stored = make_password(PASSWORD, hasher=get_hashers()[1].algorithm)  # the first is that of these tests
    hasher = identify_hasher(stored)
    assert hasher.algorithm == "argon2"
    # The least that OWASP's guidance on password storage asks for: 19 MiB, two passes.
    assert hasher.memory_cost >= 19 * 1024
    assert hasher.time_cost >= 2
    assert PASSWORD not in stored


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
