"""How often somebody may try to sign in, counted in one table that all workers share.

A row holds a keyed hash, whose key is made anew every day, and how many tries there were until its stretch of time
ends. So no address and no name is stored, and a row goes when its stretch is over. Tries are counted for an account
and a network together, so that whoever guesses from elsewhere does not lock the real editor out. Above that stands
a ceiling for an account in a day, over all networks; a browser in which its owner has signed in before is exempt
(`devices`), and a new link to set a password makes any browser such a one.
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

DAY = 24 * 60 * 60
MOST_IN_A_DAY = 100
"""Tries for one account from everywhere in a day (UTC). NIST SP 800-63B asks for 100 at most in a row."""

HOUR = 60 * 60
MOST_CHANGES_OF_PEOPLE = 30
"""Changes of accounts by one administrator in an hour."""


def wait_before_sign_in(account: str, address: str, is_known: bool = False, at: dt.datetime | None = None) -> int:
    """Count one try and return 0 where it is within the limits, else for how many seconds none will be.

    `is_known` is for a browser in which the owner of the account has signed in before; the day's ceiling is not
    counted for it. What one network is refused counts for no other.
    """
    at = at or timezone.now()
    network = address_prefix(address)
    name = unicodedata.normalize("NFKC", account).casefold()[:300]
    with transaction.atomic():
        SignInTries.objects.filter(ends_at__lte=at).delete()
        for_account = _count(f"account|{network}|{name}", at)
        for_network = _count(f"address|{network}", at)
        if for_account > MOST_FOR_ACCOUNT or for_network > MOST_FOR_ADDRESS:
            return _left(SECONDS, at)
        if not is_known and _count(f"everywhere|{name}", at, DAY) > MOST_IN_A_DAY:
            return _left(DAY, at)
    return 0


def wait_before_change_of_people(administrator: int, at: dt.datetime | None = None) -> int:
    """Count one change of an account and return 0 where it is within the limit, else the seconds to wait."""
    at = at or timezone.now()
    with transaction.atomic():
        SignInTries.objects.filter(ends_at__lte=at).delete()
        count = _count(f"people|{administrator}", at, HOUR)
    return _left(HOUR, at) if count > MOST_CHANGES_OF_PEOPLE else 0


def _left(seconds: int, at: dt.datetime) -> int:
    return seconds - int(at.timestamp()) % seconds


def _count(what: str, at: dt.datetime, seconds: int = SECONDS) -> int:
    stretch = int(at.timestamp()) // seconds
    key = _hash(f"{stretch}|{what}", at)
    ends_at = dt.datetime.fromtimestamp((stretch + 1) * seconds, dt.timezone.utc)
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
