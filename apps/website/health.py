"""Whether this process lives, and whether it can serve every page. Why not is told to operators alone.

What asks for these addresses stands beside the process: a balancer, a container's health check, Prometheus. It uses
neither the site's name nor TLS, so they are answered before the host is looked at; nothing in them depends on it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock

from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.views.decorators.http import require_safe

from apps.editions.current import EditionUnavailable, NoEdition, current_edition
from apps.website.metrics import is_operator

logger = logging.getLogger(__name__)

TEXT = "text/plain; charset=utf-8"

ADDRESSES = frozenset({"/healthz", "/readyz", "/metrics"})
"""What is asked for from beside the process. `privacycheck.urls` says which view answers each."""

KEPT_SECONDS = 1.0
"""How long a finding is kept: whoever asks often costs the database one look a second."""


def answered_early(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer the addresses of this module whatever host they are asked under, with or without TLS."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info not in ADDRESSES:
            return get_response(request)
        match = request.resolver_match = resolve(request.path_info)
        response: HttpResponse = match.func(request)
        return response

    return middleware


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process is alive. It touches nothing else."""
    return _uncached("alive")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether this process can serve every page: 200 or 503. With the operator's token, also each part."""
    parts = _watch.look()
    faults = [part for part in parts if not part.is_well]
    lines = ["not ready" if faults else "ready"]
    if is_operator(request):
        lines += [f"{part.name}: {part.state}" for part in parts]
    return _uncached("\n".join(lines), status=503 if faults else 200)


def _uncached(text: str, status: int = 200) -> HttpResponse:
    response = HttpResponse(text + "\n", content_type=TEXT, status=status)
    response["Cache-Control"] = "no-store"
    response["Content-Length"] = str(len(response.content))
    return response


# --- What is looked at -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """One thing that the site needs, and how it is."""

    name: str
    state: str
    is_well: bool


def look() -> Iterator[Part]:
    """Yield each part as it is now: the databases with their tables, and the edition in memory."""
    for alias in connections:
        yield _database(alias)
    try:
        yield Part("edition", str(current_edition().number), True)
    except NoEdition:
        yield Part("edition", "none is published", False)
    except EditionUnavailable:
        yield Part("edition", "none is in memory, and the database does not answer", False)


def _database(alias: str) -> Part:
    name = f"database {alias}"
    try:
        executor = MigrationExecutor(connections[alias])
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        # The kind alone: the message can hold the name of a user or a machine.
        return Part(name, f"does not answer ({type(error).__name__})", False)
    if waiting:
        return Part(name, f"{waiting} migrations are not applied", False)
    return Part(name, "well", True)


class Watch:
    """The last finding. It is logged when it changes, not each time somebody asks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without a finding."""
        self._clock = clock
        self._lock = Lock()
        self._parts: tuple[Part, ...] = ()
        self._until = float("-inf")
        self._told = ""

    def look(self) -> tuple[Part, ...]:
        """Return each part as it was at most a second ago.

        While one thread looks, which takes seconds where a database hangs, the others get what was found before.
        """
        if self._parts and self._clock() < self._until:
            return self._parts
        if self._lock.acquire(blocking=not self._parts):
            try:
                self._parts = tuple(look())
                self._until = self._clock() + KEPT_SECONDS
                self._tell()
            finally:
                self._lock.release()
        return self._parts

    def _tell(self) -> None:
        faults = "; ".join(f"{part.name}: {part.state}" for part in self._parts if not part.is_well)
        if faults == self._told:
            return
        if faults:
            logger.warning("Not ready. %s.", faults)
        else:
            logger.info("Ready again.")
        self._told = faults


_watch = Watch()
