"""How often somebody may try something, counted in one table that all workers share.

A row says that something was tried so many times within the present stretch of time. Whoever tried is a keyed
hash whose key is made anew every day; the stretch of time is one as well. So no address and no time is stored,
and when the stretch is over the row can only be removed. Where the database does not answer, the error passes
through: a page that needs a limit refuses what it was asked to do.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.classroom.models import Attempts


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many tries of one kind within so many seconds; a stretch begins at whole multiples of them."""

    scope: str
    most: int
    seconds: int

    def __post_init__(self) -> None:
        if self.most < 1 or not 1 <= self.seconds <= 86_400:
            raise ValueError("a limit allows at least one try, within a day at most")


WRONG_CODE = Limit("wrong-code", 29, 60)
"""Join codes and manage links that lead nowhere, by address: never 60 in any minute, even across two stretches.

Right ones are not counted, because a whole class shares one address.
"""

JOIN = Limit("join", 400, 60)
"""Joins by address.

Not by class as well: joining stores nothing, adding is limited by class and by its size, and codes are guessed by
trying many of them. A limit by code would only let one stranger shut a whole class out.
"""

OPEN_CLASS = Limit("open-class", 30, 3600)
"""Classes opened by address."""

ADD_BY_ADDRESS = Limit("add-address", 200, 60)
"""Contributions by address, counted or refused."""

ADD_BY_CLASS = Limit("add-class", 120, 60)
"""Contributions by class, counted or refused: three for each person of the largest class."""


def allow(limit: Limit, who: str, at: dt.datetime | None = None) -> bool:
    """Count one try and return whether it was within the limit. A try beyond it writes nothing.

    `who` is what `privacycheck.visitors.sender` gives, or the code of a class where the class as a whole is limited.
    """
    at = at or timezone.now()
    key, window = _key(limit, who, at), _window(limit.seconds, at)
    if _count(key) >= limit.most:
        return False
    with transaction.atomic(using=settings.CLASSROOM_DATABASE):
        within = Attempts.objects.filter(key=key, count__lt=limit.most)
        if within.update(count=F("count") + 1):
            return True
        _forget(limit.seconds, window)
        row = Attempts(key=key, seconds=limit.seconds, window=window)
        Attempts.objects.bulk_create([row], ignore_conflicts=True)  # another process may have been faster
        return bool(within.update(count=F("count") + 1))


def is_spent(limit: Limit, who: str, at: dt.datetime | None = None) -> bool:
    """Return whether the next try would be beyond the limit, without counting one."""
    return _count(_key(limit, who, at or timezone.now())) >= limit.most


def forget_past(at: dt.datetime | None = None) -> int:
    """Remove the rows of stretches that are over and return how many there were."""
    at = at or timezone.now()
    return sum(_forget(seconds, _window(seconds, at)) for seconds in list(_lengths()))


def _lengths() -> Iterator[int]:
    """Yield the lengths of stretches that there are rows of: one look into the index for each, however many rows."""
    lengths, last = Attempts.objects.order_by("seconds").values_list("seconds", flat=True), 0
    while found := lengths.filter(seconds__gt=last).first():
        yield (last := found)


def _forget(seconds: int, window: str) -> int:
    """Remove what was counted in other stretches of this length. Rows held by another process are left to it."""
    with transaction.atomic(using=settings.CLASSROOM_DATABASE):
        # Before it or after it, and not merely another one: so the index finds them past the rows of this stretch.
        past = Attempts.objects.filter(Q(window__lt=window) | Q(window__gt=window), seconds=seconds)
        keys = list(past.select_for_update(skip_locked=True).values_list("key", flat=True)[:1000])
        return Attempts.objects.filter(key__in=keys).delete()[0] if keys else 0


def _count(key: str) -> int:
    return Attempts.objects.filter(key=key).values_list("count", flat=True).first() or 0


def _key(limit: Limit, who: str, at: dt.datetime) -> str:
    return _hash(f"{limit.scope}|{limit.seconds}|{_stretch(limit.seconds, at)}|{who}", at)[:32]


def _window(seconds: int, at: dt.datetime) -> str:
    """Return the mark of the present stretch of time. Without the key nobody can tell which one it was."""
    return _hash(f"{seconds}|{_stretch(seconds, at)}", at)[:16]


def _stretch(seconds: int, at: dt.datetime) -> int:
    return int(at.timestamp()) // seconds


def _hash(text: str, at: dt.datetime) -> str:
    """Return a keyed hash under the key of the day (UTC), which is itself stored nowhere."""
    day = at.astimezone(dt.timezone.utc).date().isoformat()
    key = salted_hmac("classroom.limits", day, algorithm="sha256").digest()
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
