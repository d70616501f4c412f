"""Connections that are kept between requests, and given up where the server does not answer in time.

`statement_timeout` is the server's own promise, and one that hangs breaks it: a new connection then ends with its
`connect_timeout`, but one that is kept would wait for ever. So the wait for an answer has an end here too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from privacycheck.postgresql import trying

LONGEST_CHECK_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, but for how long it waits. `patience` is in seconds; a command has time, a server of pages has not."""

    patience: float | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection that waits at most so long for each answer."""
        connect = super().get_new_connection
        connection = trying.server.connect(lambda: connect(conn_params))
        connection.wait = partial(self._wait, connection, connection.wait)
        return connection

    def is_usable(self) -> bool:
        """Say whether a kept connection is still good. If it does not say so at once, a new one is made."""
        patience, self.patience = self.patience, LONGEST_CHECK_SECONDS
        try:
            return bool(super().is_usable())
        finally:
            self.patience = patience

    def _wait(
        self,
        connection: psycopg.Connection[Any],
        wait: Callable[..., Any],
        *given: Any,
        timeout: float | None = None,
        **named: Any,
    ) -> Any:
        """Wait as psycopg does. Raise psycopg.OperationalError when it takes too long, and close the connection.

        What comes too late must not be taken for the answer to a later question.
        """
        begun, limit = monotonic(), self.patience if timeout is None else timeout
        try:
            return wait(*given, timeout=limit, **named)
        except psycopg.OperationalError:
            if limit is not None and monotonic() - begun >= limit:
                connection.pgconn.finish()
            raise
