"""How often somebody may try to sign in, counted in one table that all workers share.

A row holds a keyed hash, whose key is made anew every day, and how many tries there were until its stretch of time
ends. So no address and no name is stored, and a row goes when its stretch is over. Tries are counted for an account
and an address together: whoever guesses from elsewhere does not lock the real editor out.
"""

from __future__ import annotations

import datetime as dt
import hmac
import unicodedata

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.desk.models import SignInTries
from privacycheck.visitors import address_prefix

SECONDS = 15 * 60
"""One stretch of time; it begins at whole multiples of itself."""

MOST_FOR_ACCOUNT = 10
"""Tries for one account from one network in a stretch."""

MOST_FOR_ADDRESS = 40
"""Tries for any account from one network in a stretch."""


def allow_sign_in(account: str, address: str, at: dt.datetime | None = None) -> bool:
    """Count one try and say whether it is within the limits. Both counts are kept, whatever comes of the other."""
    at = at or timezone.now()
    network = address_prefix(address)
    name = unicodedata.normalize("NFKC", account).casefold()[:300]
    with transaction.atomic():
        SignInTries.objects.filter(ends_at__lte=at).delete()
        here = _count(f"account|{network}|{name}", at)
        anywhere = _count(f"address|{network}", at)
    return here <= MOST_FOR_ACCOUNT and anywhere <= MOST_FOR_ADDRESS


def _count(what: str, at: dt.datetime) -> int:
    stretch = int(at.timestamp()) // SECONDS
    key = _hash(f"{stretch}|{what}", at)
    ends_at = dt.datetime.fromtimestamp((stretch + 1) * SECONDS, dt.timezone.utc)
    row = SignInTries(key=key, count=0, ends_at=ends_at)
    SignInTries.objects.bulk_create([row], ignore_conflicts=True)  # another process may have been faster
    SignInTries.objects.filter(key=key).update(count=F("count") + 1)
    count: int = SignInTries.objects.values_list("count", flat=True).get(key=key)
    return count


def _hash(text: str, at: dt.datetime) -> str:
    """Return a keyed hash under the key of the day (UTC), which is itself stored nowhere."""
    day = at.astimezone(dt.timezone.utc).date().isoformat()
    key = salted_hmac("desk.limits", day, algorithm="sha256").digest()
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:32]
