"""Sessions of editors: stored under a hash of their key, and at their end for certain.

The cookie holds the key, the database its hash alone, so that a copy of the database signs nobody in. A session ends
at a set time after signing in, whatever is done in it meanwhile, and with the browser before that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

SIGNED_IN_AT = "signed_in_at"
"""Where a session keeps the time of signing in, in seconds since 1970."""

RECENT = 60 * 60
"""Seconds after signing in for which somebody may look after people."""


class SessionStore(db.SessionStore):
    """A session in the database, found by the hash of its key."""

    def load(self) -> dict[str, Any]:
        """Return what is in the session; nothing where it has ended."""
        key = _hash(self.session_key or "")
        row = Session.objects.filter(session_key=key, expire_date__gt=timezone.now()).first()
        if row is None:
            self._session_key = None
            return {}
        found: dict[str, Any] = self.decode(row.session_data)
        return found

    def exists(self, session_key: str) -> bool:
        """Say whether there is a session of this key."""
        return bool(super().exists(_hash(session_key)))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """Return the row for a session."""
        row = super().create_model_instance(data)
        row.session_key = _hash(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Remove the row of a session, this one's by default."""
        key = session_key or self.session_key
        if key:
            super().delete(_hash(key))

    def get_expire_at_browser_close(self) -> bool:
        """Say that the cookie goes with the browser, although the session has an end of its own."""
        return True


def _hash(key: str) -> str:
    # 160 bits; the column takes no more.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def note_sign_in(request: HttpRequest, **_: Any) -> None:
    """Set the end of a session that has just begun. Django calls this for every sign-in."""
    now = timezone.now()
    request.session[SIGNED_IN_AT] = int(now.timestamp())
    request.session.set_expiry(now + dt.timedelta(seconds=settings.SESSION_COOKIE_AGE))


def is_recent(request: HttpRequest, at: dt.datetime | None = None) -> bool:
    """Say whether whoever is signed in has given their password within the last hour."""
    signed_in_at: int = request.session.get(SIGNED_IN_AT, 0)
    return (at or timezone.now()).timestamp() - signed_in_at < RECENT
