"""What happens once, before the first request."""

from __future__ import annotations

import logging

from django.db import connections

from apps.editions import current
from apps.editions.current import EditionUnavailable
from apps.website.checks import refuse_unsafe_start
from apps.website.logs import take_over_hooks

logger = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 4.5
"""For an answer of PostgreSQL. Its own limit is half a second less, and names the reason."""


def warm_up() -> None:
    """Compile the current edition before the workers fork, so that they share it in memory.

    What would be unsafe stops the start. A database that does not answer does not: pages say so until it does.
    """
    refuse_unsafe_start()
    take_over_hooks()
    for connection in connections.all():
        if connection.vendor == "postgresql":
            type(connection).patience = LONGEST_WAIT_SECONDS  # type: ignore[attr-defined]
    try:
        if not current.refresh():
            logger.warning("No edition is published yet. Run: python manage.py publish_pack apps/editions/pack")
    except EditionUnavailable:
        logger.warning("The database does not answer. Pages will say so until it does.")
    finally:
        connections.close_all()  # a connection must not be shared by forked workers
