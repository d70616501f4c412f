"""While a database server does not answer, one thread of a process tries it; the others need not wait to hear so.

Else a class whose pages ask again and again would hold every thread for as long as a try takes, and with them the
people whose pages need no database.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Lock
from typing import Any

import psycopg


class OneTries:
    """What is known of a server, from the last try to connect to it."""

    def __init__(self) -> None:
        """Begin without a doubt."""
        self._is_away = False
        self._lock = Lock()

    def connect(self, make: Callable[[], Any]) -> Any:
        """Return the connection that `make` makes.

        Raise psycopg.OperationalError where it fails, and at once where the last try failed and another goes on.
        """
        if not self._is_away:
            return self._noted(make)
        if not self._lock.acquire(blocking=False):
            raise psycopg.OperationalError("The server did not answer, and is being tried.")
        try:
            return self._noted(make)
        finally:
            self._lock.release()

    def _noted(self, make: Callable[[], Any]) -> Any:
        try:
            connection = make()
        except psycopg.OperationalError:
            self._is_away = True
            raise
        self._is_away = False
        return connection


server = OneTries()


def _forget() -> None:
    server.__init__()  # type: ignore[misc] # a lock that another thread held would stay held in a new process


os.register_at_fork(after_in_child=_forget)
