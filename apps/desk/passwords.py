"""How passwords of editors are hashed: slow for a thief, bearable for a small machine.

Argon2id with the least that OWASP's guidance on password storage asks for: 19 MiB, two passes, one lane. A process
hashes two at a time and no more, so that many people who sign in at once take neither all memory nor all threads.
Which passwords may be chosen is a setting; of this site's own is the rule about its own words.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong  # another class than the builtin on Python 3.10
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

AT_ONCE = 2
"""Passwords that one process hashes at a time."""

LONGEST_WAIT = 2.0
"""Seconds that somebody waits for a turn. One hash takes some 30 ms, so few ever wait so long."""

# Threads of their own, because the memory of a hash stays with the thread that worked on it.
_turns = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")

Result = TypeVar("Result")


class Busy(Exception):
    """Too many passwords are being checked at once; in a moment it will go through."""


class EditorPasswordHasher(Argon2PasswordHasher):
    """Argon2id at OWASP's figures. Older hashes are still read, and renewed when their owner signs in."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Return the hash of a password. Raise Busy where too many others are at it."""
        return _in_turn(lambda: super(EditorPasswordHasher, self).encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Say whether this is the password. Raise Busy where too many others are at it."""
        return _in_turn(lambda: super(EditorPasswordHasher, self).verify(password, encoded))


def _in_turn(work: Callable[[], Result]) -> Result:
    turn = _turns.submit(work)
    try:
        return turn.result(timeout=LONGEST_WAIT)
    except TookTooLong:
        if turn.cancel():
            raise Busy from None
        return turn.result()  # it has begun, so it ends soon


WORDS = ("privacycheck", "privacy", "administrator", "admin", "publisher", "editor", "writer", "password")
"""What somebody who guesses here tries first, beside the operator's name and the host."""

FEWEST_BESIDE = 8
"""Letters and digits that a password has beside such words."""


class NotOfWordsOfThisSite:
    """Refuse a password made of the words of this site and little else."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError where too little is left without those words."""
        own = [word for word in settings.OPERATOR_NAME.casefold().split() if len(word) >= 4]
        host = (urlsplit(settings.PUBLIC_ORIGIN).hostname or "").split(".")[0]
        left = password.casefold()
        for word in sorted({*WORDS, *own, host} - {""}, key=len, reverse=True):
            left = left.replace(word, "")
        if left != password.casefold() and sum(sign.isalnum() for sign in left) < FEWEST_BESIDE:
            raise ValidationError(self.get_help_text(), code="words_of_this_site")

    def get_help_text(self) -> str:
        """Return what the form says beside the field."""
        return _("It needs more than words that belong to this site, such as its name or “editor”.")
