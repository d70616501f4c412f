"""Which edition is current, held in the process so that no page of a visitor waits for the database.

A small thread asks for the newest number every few seconds. Older editions, which people may still be
walking through, are compiled when first needed and kept in a bounded cache.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db import DatabaseError, connection
from pydantic import ValidationError

from apps.editions.changes import from_json
from apps.editions.compiled import CompiledEdition, Release
from apps.editions.models import Edition
from apps.editions.schema import Pack

logger = logging.getLogger(__name__)

KEPT_OLDER_EDITIONS = 4


class NoEdition(Exception):
    """Nothing has been published yet."""


class UnknownEdition(Exception):
    """No edition has this number."""


class EditionUnavailable(Exception):
    """The edition is not in memory, and the database does not answer or holds it in a shape of the past."""


_current: CompiledEdition | None = None
_older: OrderedDict[int, CompiledEdition] = OrderedDict()
_lock = threading.Lock()
_refresher_of_process = 0
_shown_instead: ContextVar[CompiledEdition | None] = ContextVar("shown_instead", default=None)


@contextmanager
def shown_instead(edition: CompiledEdition) -> Iterator[None]:
    """Within it, this one edition is current and no other is known: for a preview of what is not published yet.

    It holds for the calling thread alone. Every other request goes on seeing what is published.
    """
    token = _shown_instead.set(edition)
    try:
        yield
    finally:
        _shown_instead.reset(token)


def current_edition() -> CompiledEdition:
    """Return the newest edition.

    Raise NoEdition where nothing is published, EditionUnavailable where the database does not answer and no
    edition was read before.
    """
    if (instead := _shown_instead.get()) is not None:
        return instead
    _start_refresher()
    if _current is None:
        refresh()
    if _current is None:
        raise NoEdition
    return _current


def edition_in_memory() -> CompiledEdition | None:
    """Return the newest edition as far as this process knows it; the database is not asked."""
    _start_refresher()
    return _current


def edition_numbered(number: int) -> CompiledEdition:
    """Return an edition by number, looked up in the database only if it is not in memory.

    Raise UnknownEdition or EditionUnavailable.
    """
    current = current_edition()
    if current.number == number:
        return current
    if _shown_instead.get() is not None:
        raise UnknownEdition
    with _lock:
        if number in _older:
            _older.move_to_end(number)
            return _older[number]
    try:
        row = Edition.objects.filter(number=number).first()
        if row is None:
            raise UnknownEdition
        edition = _compile(row, current)
    except (DatabaseError, OverflowError) as error:
        raise EditionUnavailable from error
    except ValidationError as error:
        logger.exception("Edition %d does not fit today's schema.", number)
        raise EditionUnavailable from error
    with _lock:
        _older[number] = edition
        while len(_older) > KEPT_OLDER_EDITIONS:
            _older.popitem(last=False)
    return edition


def refresh() -> bool:
    """Take up the newest edition, if there is a newer one than the one in memory; say whether there is any.

    Raise EditionUnavailable where the database does not answer; the edition in memory stays.
    """
    global _current
    try:
        number = Edition.objects.order_by("-number").values_list("number", flat=True).first()
        if number is None or (_current is not None and _current.number == number):
            return _current is not None
        row = Edition.objects.get(number=number)
    except DatabaseError as error:
        raise EditionUnavailable from error
    edition = _compile(row)
    edition.warm([code for code, _ in settings.LANGUAGES])
    with _lock:
        if _current is not None:
            _older[_current.number] = _current
        _current = edition
    return True


def forget() -> None:
    """Drop every edition from memory, as at the start of a process. For tests."""
    global _current
    with _lock:
        _current = None
        _older.clear()


def _compile(row: Edition, newest: CompiledEdition | None = None) -> CompiledEdition:
    """Return an edition ready to be read. The history of a newer one, where it is given, saves a query."""
    if newest is not None and newest.number > row.number:
        history = tuple(release for release in newest.history if release.number <= row.number)
    else:
        history = _history_up_to(row.number)
    return CompiledEdition(number=row.number, pack=Pack.model_validate_json(row.content), history=history)


def _history_up_to(number: int) -> tuple[Release, ...]:
    rows = Edition.objects.filter(number__lte=number).defer("content")
    return tuple(
        Release(row.number, row.note, row.published_at, row.content_hash, from_json(row.changes)) for row in rows
    )


def _start_refresher() -> None:
    """Start the refreshing thread, once in each process (a fork does not inherit threads)."""
    global _refresher_of_process
    if _refresher_of_process == os.getpid() or settings.EDITION_REFRESH_SECONDS <= 0:
        return
    with _lock:
        if _refresher_of_process == os.getpid():
            return
        _refresher_of_process = os.getpid()
    threading.Thread(target=_keep_fresh, name="edition-refresher", daemon=True).start()


def _keep_fresh() -> None:
    pause = threading.Event()
    while not pause.wait(settings.EDITION_REFRESH_SECONDS):
        try:
            refresh()
        except EditionUnavailable:
            logger.warning("The database does not answer; the edition in memory stays.")
        except Exception:
            logger.exception("The newest edition cannot be compiled; the edition in memory stays.")
        finally:
            connection.close()
