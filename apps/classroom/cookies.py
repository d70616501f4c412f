"""The two cookies of a class: one lets a device manage it, the other lets a device add to it once a round.

Both are signed, name one class and end with the browser session. Each has a salt of its own, made of its name, so
that no cookie passes as another, nor one class's as another class's.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare

from apps.checkup.cookies import CLASS, JOINED, LONGEST_COOKIE
from apps.classroom import codes
from apps.classroom.models import Class
from apps.editions.compiled import CompiledEdition

FINGERPRINT = 32
"""Hexadecimal digits of the stored hash of the manage secret: enough to tell an old link's cookie from a new one's."""

ROUNDS_A_DEVICE = 3
"""How often one device may add to classes with the questions of one edition. Source: method, section 10, R8."""

_JOINED = re.compile(r"([0-9]{1,7})\.([0-9a-f]{1,8})\.(s?)\.([1-3]{0,3})\.([1-3]{0,3})\.([A-Za-z0-9_-]{22})")

AnyResponse = TypeVar("AnyResponse", bound=HttpResponse)


def _signed(name: str, text: str) -> str:
    return Signer(salt=f"classroom.{name}").sign(text)


def _unsigned(cookies: Mapping[str, str], name: str) -> str | None:
    """Return the text of one of our cookies; None where it is missing or we did not write it."""
    value = cookies.get(name, "")
    if not value or len(value) > LONGEST_COOKIE:
        return None
    try:
        return Signer(salt=f"classroom.{name}").unsign(value)
    except BadSignature:
        return None


def _with(response: AnyResponse, name: str, text: str) -> AnyResponse:
    response.set_cookie(name, _signed(name, text), path="/", secure=settings.IS_HTTPS, httponly=True, samesite="Lax")
    return response


# --- The teacher's ---------------------------------------------------------------------------------------


def with_class(response: AnyResponse, klass: Class) -> AnyResponse:
    """Let this device manage a class, as long as its present manage link is good."""
    return _with(response, CLASS + klass.code, klass.secret_hash[:FINGERPRINT])


def holds_class(cookies: Mapping[str, str], code: str) -> bool:
    """Say whether the browser holds a cookie of ours for managing a class, without looking the class up."""
    return _unsigned(cookies, CLASS + code) is not None


def manages(cookies: Mapping[str, str], klass: Class) -> bool:
    """Say whether the browser's cookie belongs to the class's present manage link."""
    found = _unsigned(cookies, CLASS + klass.code)
    return found is not None and constant_time_compare(found, klass.secret_hash[:FINGERPRINT])


# --- The pupil's -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Joined:
    """What a browser knows of a class that it has joined: what the class counts, and what was pressed here.

    `topics` is a mask over the edition's scored topics. `added` and `declined` are rounds. `token` is a random word
    by which the same press, sent again, is not counted again.
    """

    code: str
    edition: int
    topics: int
    uses_slips: bool
    token: str
    added: frozenset[int] = frozenset()
    declined: frozenset[int] = frozenset()

    @property
    def topic_count(self) -> int:
        """How many topics the class asks about."""
        return self.topics.bit_count()

    @property
    def added_rounds(self) -> list[int]:
        """The rounds that this browser added to, in order."""
        return sorted(self.added)

    @property
    def declined_rounds(self) -> list[int]:
        """The rounds in which "no thanks" was pressed, in order."""
        return sorted(self.declined)

    def with_added(self, number: int) -> Joined:
        """Return it with a round marked as added."""
        return dataclasses.replace(self, added=self.added | {number}, declined=self.declined - {number})

    def with_declined(self, number: int) -> Joined:
        """Return it with a round marked as "no thanks"."""
        return dataclasses.replace(self, declined=self.declined | {number})

    def topic_ids(self, edition: CompiledEdition) -> list[str]:
        """Return the ids of the class's topics."""
        return [topic.id for place, topic in enumerate(edition.scored_topics) if self.topics >> place & 1]


def new_joined(klass: Class, edition: CompiledEdition) -> Joined:
    """Return what a browser keeps of a class that it joins for the first time."""
    wanted = frozenset(klass.topics)
    mask = sum(1 << place for place, topic in enumerate(edition.scored_topics) if not wanted or topic.id in wanted)
    return Joined(klass.code, klass.edition, mask, klass.uses_slips, codes.new_token())


def read_joined(cookies: Mapping[str, str], code: str) -> Joined | None:
    """Return what the browser keeps of a class that it has joined; None where that is nothing we wrote."""
    text = _unsigned(cookies, JOINED + code)
    found = _JOINED.fullmatch(text) if text else None
    if found is None:
        return None
    edition, topics, slips, added, declined, token = found.groups()
    return Joined(
        code,
        int(edition),
        int(topics, 16),
        bool(slips),
        token,
        frozenset(map(int, added)),
        frozenset(map(int, declined)),
    )


def with_joined(response: AnyResponse, joined: Joined) -> AnyResponse:
    """Put into the response's cookie what the browser keeps of a class that it has joined."""
    parts = (
        str(joined.edition),
        f"{joined.topics:x}",
        "s" if joined.uses_slips else "",
        "".join(map(str, sorted(joined.added))),
        "".join(map(str, sorted(joined.declined))),
        joined.token,
    )
    return _with(response, JOINED + joined.code, ".".join(parts))


def added_in_edition(cookies: Mapping[str, str], edition: int) -> int:
    """Return how often this device has added to any class with the questions of one edition."""
    return sum(len(one.added) for one in _all_joined(cookies) if one.edition == edition)


def _all_joined(cookies: Mapping[str, str]) -> Iterator[Joined]:
    for name in cookies:
        code = name.removeprefix(JOINED)
        if name != code and codes.is_join_code(code) and (found := read_joined(cookies, code)):
            yield found
