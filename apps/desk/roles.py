"""Who may do what: writers edit the draft, publishers also publish, administrators also look after people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import Enum

from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from apps.desk.models import LONGEST_NAME, PersonAction, PersonChange

EDIT = "desk.edit_draft"
PUBLISH = "desk.publish"

SET_PASSWORD_PATH = "/editor/set-password/{uid}/{token}/"  # noqa: S105 - the shape of an address
"""Where a one-time link leads, below the site's own address."""


class Role(Enum):
    """What a person is here for; each role holds the rights of the ones before."""

    WRITER = "writer"
    PUBLISHER = "publisher"
    ADMINISTRATOR = "administrator"


_OF_WRITER = (
    EDIT,
    *(f"desk.{what}_draftitem" for what in ("view", "add", "change", "delete")),
    *(f"desk.view_{model}" for model in ("revision", "approval", "publication")),
)
_OF_PUBLISHER = (*_OF_WRITER, PUBLISH)
_OF_ADMINISTRATOR = (*_OF_PUBLISHER, *(f"auth.{what}_user" for what in ("view", "add", "change", "delete")))
PERMISSIONS: Mapping[Role, tuple[str, ...]] = {
    Role.WRITER: _OF_WRITER,
    Role.PUBLISHER: _OF_PUBLISHER,
    Role.ADMINISTRATOR: _OF_ADMINISTRATOR,
}
"""The permissions of each role's group, as "app.codename"."""

_PUBLISHING = [role.value for role, names in PERMISSIONS.items() if PUBLISH in names]


FRESH = dt.timedelta(days=1)
"""How long a change of an account is fresh: time for the others to see it in the log of people."""


class NotAllowed(Exception):
    """This person's role does not allow what was asked for."""

    def __init__(self, user: User, permission: str) -> None:
        what = "publish" if permission == PUBLISH else "change the draft"
        super().__init__(f"{user.get_username()} may not {what}. An administrator can give the role that it needs.")


class EditorExists(Exception):
    """Somebody has this name already."""


class BadName(Exception):
    """The name or the address for e-mail cannot be used; the message says why."""


def ensure_roles() -> None:
    """Make the groups of the roles, and give each exactly its permissions. Safe to run at any time."""
    for role, names in PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=role.value)
        wanted = Q(pk=None)
        for name in names:
            app, _, codename = name.partition(".")
            wanted |= Q(content_type__app_label=app, codename=codename)
        group.permissions.set(Permission.objects.filter(wanted))


def require(user: User | None, permission: str) -> None:
    """Raise NotAllowed unless the person may do this. None stands for the command line, which may do anything."""
    if user is not None and not user.has_perm(permission):
        raise NotAllowed(user, permission)


def active_publishers() -> QuerySet[User]:
    """Return everybody who can publish now."""
    found: QuerySet[User] = User.objects.with_perm(PUBLISH, backend="django.contrib.auth.backends.ModelBackend")
    return found


def publishers_lost(at: dt.datetime | None = None) -> int:
    """Return how many people somebody at the desk has lately kept from publishing."""
    kept_from_it = _fresh_changes(at).filter(role_before__in=_PUBLISHING).values_list("person", "person_name")
    can = set(active_publishers().values_list("pk", flat=True))
    return len({person or name for person, name in kept_from_it} - can)


def are_independent(one: User, other: User, at: dt.datetime | None = None) -> bool:
    """Say whether two people count as two: neither has lately changed the other's account, nor anybody both."""
    return not _hands(one, at) & _hands(other, at)


def _hands(person: User, at: dt.datetime | None) -> set[int]:
    """Return who may act as a person: themselves, and whoever has lately made, raised or freshly linked the account."""
    return {person.pk, *_fresh_changes(at).filter(person=person).values_list("user", flat=True)}


def _fresh_changes(at: dt.datetime | None) -> QuerySet[PersonChange]:
    """Return the changes that somebody at the desk has lately made; those of the command line are nobody's."""
    since = (at or timezone.now()) - FRESH
    found: QuerySet[PersonChange] = PersonChange.objects.filter(at__gt=since, user__isnull=False)
    return found


def name_in_log(user: User | None) -> str:
    """Return a person's name as the logs keep it, "" for the command line."""
    return user.get_username()[:LONGEST_NAME] if user else ""


def role_of(user: User) -> Role | None:
    """Return the highest role of a person, or None for none."""
    names = set(user.groups.values_list("name", flat=True))
    return next((role for role in reversed(Role) if role.value in names), None)


def set_role(user: User, role: Role, by: User | None = None) -> None:
    """Give a person this role in place of any other."""
    groups = Group.objects.filter(name__in=[one.value for one in Role])
    before = role_of(user)
    with transaction.atomic():
        user.groups.remove(*groups)
        user.groups.add(Group.objects.get(name=role.value))
        if before != role:
            _note(PersonAction.ROLE if before else PersonAction.MADE, user, by, before, role)


def set_active(user: User, is_active: bool, by: User | None = None) -> None:
    """Switch an account on or off; nothing of it is lost."""
    if user.is_active == is_active:
        return
    user.is_active = is_active
    with transaction.atomic():
        user.save(update_fields=["is_active"])
        role = role_of(user)
        _note(PersonAction.ON if is_active else PersonAction.OFF, user, by, role, role)


def remove_editor(user: User, by: User | None = None) -> None:
    """Remove an account; what it did stays in the logs under its name."""
    with transaction.atomic():
        _note(PersonAction.REMOVED, user, by, role_of(user), None)
        user.delete()


def _note(action: str, person: User, by: User | None, before: Role | None, after: Role | None) -> None:
    PersonChange.objects.create(
        action=action,
        at=timezone.now(),
        person=person,
        person_name=name_in_log(person),
        role_before=before.value if before else "",
        role_after=after.value if after else "",
        user=by,
        user_name=name_in_log(by),
    )


def create_editor(name: str, role: Role, email: str = "", by: User | None = None) -> tuple[User, str]:
    """Make an account without a password and return it with the path of a one-time link to set one.

    Raise EditorExists or BadName.
    """
    user = User(username=name, email=email, is_staff=True)
    user.set_unusable_password()
    if User.objects.filter(username__iexact=name).exists():
        raise EditorExists(f"There is an editor called {name} already.")
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise BadName(" ".join(error.messages)) from None
    with transaction.atomic():
        user.save()
        set_role(user, role, by)
    return user, _link(user)


def renew_link(user: User, by: User | None = None) -> str:
    """Return the path of a new one-time link. The old password, older links and open sessions stop working."""
    user.set_unusable_password()
    with transaction.atomic():
        user.save(update_fields=["password"])
        role = role_of(user)
        _note(PersonAction.LINK, user, by, role, role)
    return _link(user)


def _link(user: User) -> str:
    # The token is made from the password's hash, so setting a password uses it up.
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return SET_PASSWORD_PATH.format(uid=uid, token=default_token_generator.make_token(user))
