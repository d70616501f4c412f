"""Changes to classes: open, join, contribute, close, open the next round, delete.

Every rule that protects a pupil is kept here, whatever page, script or form asks. What a class does not allow
raises a `refusals.Refused`, whose `message` can be shown as it is. Database errors pass through: what cannot be
stored safely is not stored. Source: method, section 10.

Locks are taken in one order (class, open round, round), so that processes never wait for each other in a circle.
Days are those of UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.classroom import codes, items, limits, totals
from apps.classroom.models import LONGEST_LABEL, AgeGroup, Class, OpenRound, Outcome, Round
from apps.classroom.refusals import (
    AlreadyAdded,
    BadLabel,
    BadToken,
    ContributionRefused,
    NoRoundLeft,
    NoSlips,
    NoSuchClass,
    NoSuchRound,
    PickedTwice,
    PickMissing,
    RoundClosed,
    RoundFull,
    RoundLost,
    RoundsOutOfRange,
    RoundStillOpen,
    SizeOutOfRange,
    SizeTooSmall,
    SlipNeeded,
    SlipUnknown,
    TooLate,
    UnknownAgeGroup,
    UnknownItem,
    UnknownTopic,
    WrongEdition,
)
from apps.editions.compiled import CompiledEdition

HASH_LENGTH = 24
"""Hexadecimal digits kept of a keyed hash: at most 80 of them stand in one row, so that it fits into one page."""

TIDIED_AT_ONCE = 20
"""How many classes a visitor's request cleans up at most; the command has no such limit."""


_PICK_REFUSALS: dict[type[items.PickError], type[ContributionRefused]] = {
    items.UnknownItem: UnknownItem,
    items.PickedTwice: PickedTwice,
    items.PickMissing: PickMissing,
}


# --- Opening and finding ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """A new class, with what is shown once and never again: the secret of its manage link, and its slips."""

    klass: Class
    secret: str
    slips: tuple[str, ...] = ()


def open_class(
    edition: CompiledEdition,
    *,
    size: int,
    age_group: str,
    topics: Iterable[str] = (),
    rounds: int = 1,
    label: str = "",
    uses_slips: bool = False,
    byte: totals.ByteSource = totals.secure_byte,
    today: dt.date | None = None,
) -> Opened:
    """Open a class and its first round.

    No topics mean all of the edition. Raise SizeTooSmall, SizeOutOfRange, RoundsOutOfRange, UnknownTopic,
    UnknownAgeGroup or BadLabel. On the way, classes whose days are over are deleted.
    """
    today = today or _today()
    label = label.strip()
    _check_plan(size, rounds, age_group, label)
    known = [topic.id for topic in edition.scored_topics]
    wanted = set(topics)
    if not wanted <= set(known):
        raise UnknownTopic
    counted = items.items_for(
        [topic for topic in known if topic in wanted or not wanted], [family.id for family in edition.pack.families]
    )
    tidy(today, at_most=TIDIED_AT_ONCE)
    secret = codes.new_secret()
    with _transaction():
        klass = Class.objects.create(
            code=_free_code(),
            secret_hash=codes.secret_hash(secret),
            label=label,
            topics=[topic for topic in known if topic in wanted],
            age_group=age_group,
            size=size,
            rounds_planned=rounds,
            uses_slips=uses_slips,
            edition=edition.number,
            item_list=items.as_json(counted),
            opened_on=today,
        )
        slips = _open_round(klass, 1, byte, today)
    return Opened(klass, secret, slips)


def _check_plan(size: int, rounds: int, age_group: str, label: str) -> None:
    if 1 <= size < settings.CLASS_MINIMUM:
        raise SizeTooSmall
    if not 1 <= size <= totals.LARGEST_SIZE:
        raise SizeOutOfRange
    if not 1 <= rounds <= totals.MOST_ROUNDS:
        raise RoundsOutOfRange
    if age_group not in AgeGroup.values:
        raise UnknownAgeGroup
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise BadLabel


def _free_code() -> str:
    code = codes.new_join_code()
    while code == codes.MADE_UP or Class.objects.filter(code=code).exists():
        code = codes.new_join_code()
    return code


def _open_round(klass: Class, number: int, byte: totals.ByteSource, today: dt.date) -> tuple[str, ...]:
    """Store a round with fresh counters, and return its slips, if the class uses them."""
    sides = totals.HALF if settings.CLASS_WOBBLE == "1/2" else totals.THIRD
    round_ = Round.objects.create(klass=klass, number=number, opened_on=today, sides=sides)
    slips = codes.new_slips(klass.size) if klass.uses_slips else ()
    OpenRound.objects.create(
        round=round_,
        counters=_written(totals.starting_counters([len(item.categories) for item in klass.counted], byte, sides)),
        slips=_joined(_slip_hash(round_, slip) for slip in slips),
    )
    return slips


def join(typed: str, today: dt.date | None = None) -> Class:
    """Return the class of a code as typed. Raise CodeError for what cannot be a code, or NoSuchClass."""
    return find_class(codes.read_join_code(typed), today)


def find_class(code: str, today: dt.date | None = None) -> Class:
    """Return the class of a code. Raise NoSuchClass.

    A code that never was, one that was deleted and one whose days are over take the same way through the same
    query, so that neither answer nor time tells them apart.
    """
    if not codes.is_join_code(code):
        raise NoSuchClass
    klass: Class | None = Class.objects.living(today or _today()).filter(code=code).first()
    if klass is None:
        raise NoSuchClass
    return klass


def class_of_secret(secret: str, today: dt.date | None = None) -> Class:
    """Return the class that a manage link belongs to. Raise NoSuchClass."""
    klass: Class | None = Class.objects.living(today or _today()).filter(secret_hash=codes.secret_hash(secret)).first()
    if klass is None:
        raise NoSuchClass
    return klass


def new_manage_secret(klass: Class) -> str:
    """Give the class another manage link and return its secret; the old link stops working at once."""
    secret = codes.new_secret()
    if not Class.objects.filter(code=klass.code).update(secret_hash=codes.secret_hash(secret)):
        raise NoSuchClass
    klass.secret_hash = codes.secret_hash(secret)
    return secret


# --- What may be seen ------------------------------------------------------------------------------------


class State(Enum):
    """How a round stands, for whoever looks. A round that is due takes nothing more and closes shortly."""

    OPEN = "open"
    DUE = "due"
    RELEASED = "released"
    TOO_FEW = "too-few"
    LOST = "lost"


@dataclass(frozen=True)
class RoundShown:
    """All that anybody may see of a round, teacher and pupil alike.

    `progress` is 0 for "fewer than ten", else the number of people rounded down to fives; only an open round has
    it. Only a released round has a `table`.
    """

    number: int
    state: State
    progress: int | None = None
    table: totals.Totals | None = None
    sides: int = totals.THIRD


def rounds_shown(klass: Class, today: dt.date | None = None) -> tuple[RoundShown, ...]:
    """Return all that may be seen of the rounds opened so far. It changes nothing and reads no counter."""
    today = today or _today()
    # One query, so that a round that closes meanwhile is seen either before or after.
    rows = Round.objects.filter(klass=klass).order_by("number").with_people()
    return tuple(_shown(round_, round_.people, today) for round_ in rows)


def _shown(round_: Round, n: int | None, today: dt.date) -> RoundShown:
    if round_.outcome == Outcome.RELEASED:
        table = totals.Totals.from_json(round_.table)
        return RoundShown(round_.number, State.RELEASED, table=table, sides=round_.sides)
    if round_.outcome == Outcome.TOO_FEW:
        return RoundShown(round_.number, State.TOO_FEW, sides=round_.sides)
    if round_.outcome == Outcome.LOST or n is None:
        return RoundShown(round_.number, State.LOST, sides=round_.sides)
    state = State.DUE if round_.is_due(today) else State.OPEN
    return RoundShown(round_.number, state, totals.progress(n, settings.CLASS_MINIMUM), sides=round_.sides)


def changes_between(before: RoundShown, after: RoundShown) -> tuple[tuple[totals.Change, ...], ...] | None:
    """Return what may be said to have changed between two rounds, or None where nothing may be said."""
    if before.table is None or after.table is None:
        return None
    return totals.changes(before.table, after.table, min(before.sides, after.sides))


# --- Adding ----------------------------------------------------------------------------------------------


def contribute(
    klass: Class,
    *,
    number: int,
    edition: int,
    picks: Iterable[items.Pick],
    token: str,
    slip: str = "",
    today: dt.date | None = None,
) -> None:
    """Count one person's picks in a round, or raise a ContributionRefused and change nothing.

    `token` is the device's own for this round: sent again, it is not counted again. `slip` is the code as typed,
    where the class uses slips. The round closes by itself with the last person of the declared size.
    """
    today = today or _today()
    if not codes.is_token(token):
        raise BadToken
    if edition != klass.edition:
        raise WrongEdition
    try:
        places = items.places_of(klass.counted, picks)
    except items.PickError as error:
        raise _PICK_REFUSALS[type(error)] from error
    with _transaction():
        row = _taken(klass, number, today)
        is_due = row is None or row.is_due
        if row is None or is_due:
            _close_if_due(klass, number, today)
        else:
            _add(klass, number, row, places, token, slip)
    if is_due:
        raise TooLate  # outside the transaction, which has closed the round


class _Row(NamedTuple):
    """The counters of an open round, held until the transaction ends."""

    round_id: int
    is_due: bool
    n: int
    counters: str
    tokens: str
    slips: str


_TAKE = """\
SELECT open.round_id, round.opened_on <= %s, open.n, open.counters, open.tokens, open.slips
FROM classroom_openround open JOIN classroom_round round ON round.id = open.round_id
WHERE round.klass_id = %s AND round.number = %s"""
_KEEP = "UPDATE classroom_openround SET n = %s, counters = %s, tokens = %s, slips = %s WHERE round_id = %s"
"""The two statements of a contribution, written out: a whole class waits for them, and building them anew each time
takes longer than running them. The second writes one row, found by its key, so nobody waits in a circle."""


def _taken(klass: Class, number: int, today: dt.date) -> _Row | None:
    """Return the counters of a round, held, or None where it has none: closed, lost, or never opened."""
    connection = connections[settings.CLASSROOM_DATABASE]
    # On SQLite the transaction itself holds everything.
    held = " FOR UPDATE OF open" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE + held, [today - dt.timedelta(days=totals.DAYS_OPEN), klass.code, number])
        found = cursor.fetchone()
    return _Row(*found) if found else None


def _close_if_due(klass: Class, number: int, today: dt.date) -> None:
    """Close a round whose days are over; raise why nothing can be added to any other that has no counters."""
    round_ = Round.objects.filter(klass_id=klass.code, number=number).first()
    if round_ is None:
        raise NoSuchRound if Class.objects.filter(code=klass.code).exists() else NoSuchClass
    if round_.outcome != Outcome.OPEN or not round_.is_due(today):
        raise _why_closed(klass, round_)
    _close(round_)


def _add(klass: Class, number: int, row: _Row, places: Sequence[int], token: str, slip: str) -> None:
    round_ = Round(pk=row.round_id, klass_id=klass.code, number=number)
    tokens = row.tokens.split()
    hashes = _token_hashes(round_, token)
    if not hashes.isdisjoint(tokens):
        raise AlreadyAdded
    slips = row.slips
    if klass.uses_slips:
        slips = _joined(set(slips.split()) - {_unused_slip(round_, slips, slip)})
    counters = _written(totals.added(_read(row.counters), places))
    tokens = [*tokens, _token_hash(round_, token)]
    with connections[settings.CLASSROOM_DATABASE].cursor() as cursor:
        cursor.execute(_KEEP, [row.n + 1, counters, _joined(tokens), slips, row.round_id])
    if row.n + 1 >= klass.size:
        _close(round_)


def _why_closed(klass: Class, round_: Round) -> ContributionRefused:
    """Return why a round has no counters, looking again after the lock was waited for."""
    fresh = Round.objects.filter(pk=round_.pk).first()
    if fresh is None:
        raise NoSuchClass  # deleted meanwhile
    if fresh.outcome in (Outcome.OPEN, Outcome.LOST):
        return RoundLost()
    if fresh.table is not None and fresh.table["n"] >= klass.size:
        return RoundFull()
    return RoundClosed()


def _unused_slip(round_: Round, slips: str, slip: str) -> str:
    if not slip.strip():
        raise SlipNeeded
    try:
        code = codes.read_slip(slip)
    except codes.CodeError as error:
        raise SlipUnknown from error
    unused = _hashes(round_, "slip", code) & set(slips.split())
    if not unused:
        raise SlipUnknown
    return unused.pop()


def new_slips(klass: Class) -> tuple[str, ...]:
    """Return a fresh sheet of slips for the open round; those of the sheet before stop working.

    There are always as many as the class has people, so that the sheet does not tell how many were used; the
    size of the class limits the round all the same. Raise NoSlips, or RoundClosed where no round is open.
    """
    if not klass.uses_slips:
        raise NoSlips
    with _transaction():
        round_ = Round.objects.filter(klass_id=klass.code, outcome=Outcome.OPEN).first()
        row = _locked(round_) if round_ else None
        if round_ is None or row is None:
            raise RoundClosed
        slips = codes.new_slips(klass.size)
        row.slips = _joined(_slip_hash(round_, slip) for slip in slips)
        row.save()
    return slips


# --- Closing ---------------------------------------------------------------------------------------------


def close_round(klass: Class, number: int, today: dt.date | None = None) -> RoundShown:
    """Close a round for good and return it as it may now be seen; closing it again gives the same.

    With ten people or more its table is made and stored; with fewer nothing is. The counters are erased in the
    same transaction. Raise NoSuchRound.
    """
    today = today or _today()
    with _transaction():
        round_ = Round.objects.filter(klass_id=klass.code, number=number).first()
        if round_ is None:
            raise NoSuchRound
        round_ = _close(round_)
    return _shown(round_, None, today)


def _close(round_: Round) -> Round:
    """Close a round within a transaction, unless another process just did; return it as it then stands.

    Raise NoSuchClass where another process has just deleted the class.
    """
    row = _locked(round_)
    fresh: Round | None = Round.objects.filter(pk=round_.pk).first()  # as it is now that the lock is ours
    if fresh is None:
        raise NoSuchClass
    if fresh.outcome != Outcome.OPEN:
        return fresh
    if row is None:
        fresh.outcome = Outcome.LOST
    else:
        table = totals.release(_read(row.counters), row.n, settings.CLASS_MINIMUM)
        fresh.outcome = Outcome.RELEASED if table else Outcome.TOO_FEW
        fresh.table = table.as_json() if table else None
        row.delete()
    fresh.save(update_fields=("outcome", "table"))
    return fresh


def open_next_round(
    klass: Class, byte: totals.ByteSource = totals.secure_byte, today: dt.date | None = None
) -> tuple[int, tuple[str, ...]]:
    """Open the next round and return its number and its slips, if the class uses them.

    A round that is due is closed first. Raise RoundStillOpen, NoRoundLeft or NoSuchClass.
    """
    today = today or _today()
    with _transaction():
        locked = Class.objects.select_for_update().living(today).filter(code=klass.code).first()
        if locked is None:
            raise NoSuchClass
        last = Round.objects.filter(klass=locked).order_by("-number").first()
        if last is not None and last.outcome == Outcome.OPEN:
            is_lost = not OpenRound.objects.filter(round=last).exists()
            if not is_lost and not last.is_due(today):
                raise RoundStillOpen
            _close(last)
        number = last.number + 1 if last else 1
        if number > locked.rounds_planned:
            raise NoRoundLeft
        return number, _open_round(locked, number, byte, today)


def close_due(today: dt.date | None = None, at_most: int | None = None) -> int:
    """Close the rounds whose 14 days are over and return how many there were."""
    today = today or _today()
    # By day first, so that the index on the day finds them: by number alone, every open round would be looked at.
    found = Round.objects.due(today).order_by("opened_on", "pk")[:at_most]
    for round_ in found:
        with suppress(NoSuchClass), _transaction():
            _close(round_)
    return len(found)


# --- Deleting --------------------------------------------------------------------------------------------


def delete_class(klass: Class) -> bool:
    """Delete a class with its rounds, counters and tables at once; return False where it was gone already."""
    return _delete(klass.code)


def delete_expired(today: dt.date | None = None, at_most: int | None = None) -> int:
    """Delete the classes whose 90 days are over and return how many there were."""
    found = Class.objects.expired(today or _today()).order_by("opened_on", "code")  # by day first, as above
    expired = list(found.values_list("code", flat=True)[:at_most])
    return sum(_delete(code) for code in expired)


def _delete(code: str) -> bool:
    with _transaction():
        klass = Class.objects.select_for_update().filter(code=code).first()
        if klass is None:
            return False
        list(OpenRound.objects.select_for_update().filter(round__klass=klass).order_by("pk").only("pk"))
        klass.delete()
    return True


@dataclass(frozen=True)
class Tidied:
    """What a clean-up found: rounds closed, classes deleted, rows of attempts removed."""

    rounds: int
    classes: int
    attempts: int


def tidy(today: dt.date | None = None, at_most: int | None = None) -> Tidied:
    """Close rounds that are due, delete classes whose days are over and attempts whose time has passed.

    The command `purge_classes` does all of it; `open_class` does a little each time, in case nobody runs the
    command.
    """
    today = today or _today()
    classes = delete_expired(today, at_most)
    return Tidied(rounds=close_due(today, at_most), classes=classes, attempts=limits.forget_past())


# --- Inside ----------------------------------------------------------------------------------------------


def _today() -> dt.date:
    return timezone.now().date()


@contextmanager
def _transaction() -> Iterator[None]:
    with transaction.atomic(using=settings.CLASSROOM_DATABASE):
        yield


def _locked(round_: Round) -> OpenRound | None:
    """Return the counters of a round, held until the transaction ends; None where the round has none."""
    row: OpenRound | None = OpenRound.objects.select_for_update().filter(round_id=round_.pk).first()
    return row


def _written(counters: totals.Counters) -> str:
    return ";".join(",".join(str(value) for value in row) for row in counters)


def _read(text: str) -> totals.Counters:
    return tuple(tuple(int(value) for value in row.split(",")) for row in text.split(";"))


def _joined(hashes: Iterable[str]) -> str:
    return " ".join(sorted(hashes))


def _token_hash(round_: Round, token: str) -> str:
    return _hash(round_, "token", token, settings.SECRET_KEY)


def _token_hashes(round_: Round, token: str) -> set[str]:
    return _hashes(round_, "token", token)


def _slip_hash(round_: Round, slip: str) -> str:
    return _hash(round_, "slip", slip, settings.SECRET_KEY)


def _hashes(round_: Round, kind: str, value: str) -> set[str]:
    """Return the keyed hashes of a value under the key and the keys before it, so that a new key loses nobody."""
    return {_hash(round_, kind, value, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)}


def _hash(round_: Round, kind: str, value: str, key: str | bytes) -> str:
    """Return a keyed hash that means nothing outside this round."""
    salt = f"classroom.{kind}.{round_.klass_id}.{round_.number}"
    return salted_hmac(salt, value, secret=key, algorithm="sha256").hexdigest()[:HASH_LENGTH]
