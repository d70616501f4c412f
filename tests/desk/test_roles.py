"""Accounts and roles: each role holds the rights of the one before, and a link to set a password works once."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.core.management import CommandError, call_command
from django.utils.http import urlsafe_base64_decode

from apps.desk.roles import (
    EDIT,
    PUBLISH,
    BadName,
    EditorExists,
    Role,
    active_publishers,
    create_editor,
    ensure_roles,
    renew_link,
    role_of,
    set_role,
)
from tests.desk.desks import make_editor

pytestmark = pytest.mark.django_db

MAY = [
    (Role.WRITER, {EDIT}),
    (Role.PUBLISHER, {EDIT, PUBLISH}),
    (Role.ADMINISTRATOR, {EDIT, PUBLISH, "auth.add_user", "auth.change_user", "auth.view_user", "auth.delete_user"}),
]
ALL = {*MAY[2][1], "auth.add_group", "auth.change_permission", "desk.change_revision", "desk.change_publication"}


def works(path: str) -> bool:
    """Say whether a one-time link would let somebody set a password."""
    uid, token = path.strip("/").split("/")[-2:]
    user = User.objects.get(pk=urlsafe_base64_decode(uid).decode())
    return default_token_generator.check_token(user, token)


@pytest.mark.parametrize(("role", "may"), MAY)
def test_a_role_gives_exactly_its_rights(role: Role, may: set[str]):
    user = User.objects.get(pk=make_editor("ada", role).pk)
    assert {name for name in ALL if user.has_perm(name)} == may
    assert (user.is_staff, user.is_superuser, role_of(user)) == (True, False, role)


def test_a_person_has_one_role():
    user = make_editor("ada", Role.ADMINISTRATOR)
    set_role(user, Role.WRITER)
    assert list(user.groups.values_list("name", flat=True)) == ["writer"]


def test_roles_that_were_tampered_with_are_put_right():
    group = Group.objects.get(name="writer")
    group.permissions.add(*Group.objects.get(name="publisher").permissions.all())
    ensure_roles()
    assert not group.permissions.filter(codename="publish").exists()
    assert group.permissions.filter(codename="edit_draft").exists()


def test_publishers_are_those_who_can_publish_now():
    make_editor("writer", Role.WRITER)
    publisher, administrator = make_editor("publisher", Role.PUBLISHER), make_editor("boss", Role.ADMINISTRATOR)
    assert set(active_publishers()) == {publisher, administrator}
    publisher.is_active = False
    publisher.save()
    assert set(active_publishers()) == {administrator}


def test_a_link_works_until_a_password_is_set():
    user, path = create_editor("ada", Role.WRITER)
    assert not user.has_usable_password()
    assert works(path)
    user.set_password("a quite long passphrase")
    user.save()
    assert user.password.startswith("argon2")
    assert not works(path)


def test_a_new_link_ends_the_old_one_and_the_password():
    user, first = create_editor("ada", Role.WRITER)
    second = renew_link(user)
    assert (works(first), works(second)) == (False, True)
    user.set_password("a quite long passphrase")
    user.save()
    renew_link(user)
    assert not User.objects.get(pk=user.pk).has_usable_password()


def test_a_link_ends_after_three_days(monkeypatch: pytest.MonkeyPatch):
    import datetime as dt

    _, path = create_editor("ada", Role.WRITER)
    now = dt.datetime.now()
    for hours, expected in ((71, True), (73, False)):
        monkeypatch.setattr(default_token_generator, "_now", lambda hours=hours: now + dt.timedelta(hours=hours))
        assert works(path) is expected


@pytest.mark.parametrize("name", ["", "a b", "x" * 200, "<script>"])
def test_a_name_that_cannot_be_used_is_refused(name: str):
    with pytest.raises(BadName):
        create_editor(name, Role.WRITER)
    assert not User.objects.exists()


def test_a_name_is_given_once_whatever_its_capitals():
    make_editor("ada", Role.WRITER)
    with pytest.raises(EditorExists):
        create_editor("Ada", Role.PUBLISHER)


def test_the_command_prints_a_link_that_works(capsys: pytest.CaptureFixture[str]):
    call_command("create_editor", "ada", "--role", "publisher", "--email", "ada@example.org")
    link = capsys.readouterr().out.splitlines()[-1]
    assert link.startswith("http://127.0.0.1:8000/editor/")
    assert works(urlsplit(link).path)
    user = User.objects.get(username="ada")
    assert (role_of(user), user.email) == (Role.PUBLISHER, "ada@example.org")
    with pytest.raises(CommandError, match="already"):
        call_command("create_editor", "ada", "--role", "writer")
    call_command("create_editor", "ada", "--new-link")
    assert works(urlsplit(capsys.readouterr().out.splitlines()[-1]).path)
    assert not works(urlsplit(link).path)


@pytest.mark.parametrize(
    "arguments", [["ada"], ["ada", "--role", "king"], ["nobody", "--new-link"], ["a b", "--role", "writer"]]
)
def test_the_command_says_what_is_missing_or_wrong(arguments: list[str]):
    with pytest.raises(CommandError):
        call_command("create_editor", *arguments)
    assert not User.objects.exists()
