"""Counts for those who run the site, as Prometheus reads them: requests by route, how long they took, the edition.

Nothing here is about a visitor: a route is the pattern of an address, and a time is one of eleven sizes. Without
METRICS_TOKEN nothing is counted, and /metrics is not there.

Each worker counts in files of its own in a folder of memory, and whichever is asked adds all of them up. The folder
is made before the workers fork, so gunicorn has to load the application before that (`preload_app`).
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from apps.classroom.models import Outcome, Round
from apps.editions.current import EditionUnavailable, NoEdition, current_edition

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Upper bounds in seconds: pages take one to ten milliseconds; whatever hangs on the database is cut after five."""

OPEN_CLASSES_SECONDS = 15
"""How long the count of open classes is kept, so that asking often does not burden the database."""


# --- Counting --------------------------------------------------------------------------------------------


class Slots:
    """A number for each living process, below the most that ever lived at once.

    A worker that takes the place of another goes on in that one's files; named by process ids, they would pile up
    with every restart. The lock on a slot goes with its process, however that ends.
    """

    def __init__(self, folder: Path) -> None:
        """Keep the folder."""
        self._folder = folder
        self._process = 0
        self._number = 0
        self._held: IO[bytes] | None = None

    def __call__(self) -> int:
        """Return the number of this process."""
        if self._process != (process := os.getpid()):
            self._number, self._held = self._take()
            self._process = process
        return self._number

    def _take(self) -> tuple[int, IO[bytes]]:
        for number in count():
            file = (self._folder / f"slot-{number}").open("wb")
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:  # somebody else's
                file.close()
            else:
                return number, file
        raise AssertionError("numbers do not end")


class Meter:
    """The counters of this process, and the sum over all processes."""

    def __init__(self, folder: Path) -> None:
        """Begin at zero, in an empty folder."""
        self._folder = folder
        # The library finds the folder here, and the kind of value in its own module.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        values.ValueClass = values.MultiProcessValue(Slots(folder))  # type: ignore[no-untyped-call]
        self._requests = Counter(
            "privacycheck_requests", "Requests answered.", ("route", "method", "status"), registry=None
        )
        self._seconds = Histogram(
            "privacycheck_request_seconds",
            "Seconds until an answer began to be sent.",
            ("route", "method"),
            buckets=BUCKETS,
            registry=None,
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def note(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (route, method, status)
        found = self._known.get(key)
        if found is None:
            found = self._requests.labels(route, method, str(status)), self._seconds.labels(route, method)
            self._known[key] = found
        found[0].inc()
        found[1].observe(seconds)

    def registry(self) -> CollectorRegistry:
        """Return what all processes have counted, to be read once."""
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]
        return registry


_meter: Meter | None = None


def meter() -> Meter:
    """Return the counters of this site, begun when first asked for."""
    global _meter
    if _meter is None:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # nosec B108
        folder = Path(tempfile.mkdtemp(prefix="privacycheck-metrics-", dir=memory))
        atexit.register(_remove, folder, os.getpid())
        _meter = Meter(folder)
    return _meter


def _remove(folder: Path, process: int) -> None:
    """Remove the folder at the end of the process that made it; workers end earlier."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


# --- What is looked up when somebody asks ------------------------------------------------------------------


class Present(Collector):
    """How things are now, as the process that is asked sees them. What is not known is left out."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._open: int | None = None
        self._counted_at: float | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each figure."""
        try:
            number = current_edition().number
        except (NoEdition, EditionUnavailable):
            pass
        else:
            yield GaugeMetricFamily("privacycheck_edition", "Number of the current edition.", number)
        if (found := self._open_classes()) is not None:
            yield GaugeMetricFamily("privacycheck_open_classes", "Classes with an open round.", found)

    def _open_classes(self) -> int | None:
        now = time.monotonic()
        if self._counted_at is None or now - self._counted_at >= OPEN_CLASSES_SECONDS:
            self._counted_at = now
            try:
                self._open = Round.objects.filter(outcome=Outcome.OPEN).count()
            except DatabaseError:
                self._open = None
        return self._open


_present = Present()


# --- The page --------------------------------------------------------------------------------------------


def is_operator(request: HttpRequest) -> bool:
    """Say whether a request carries the operator's token: `Authorization: Bearer TOKEN`."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = settings.METRICS_TOKEN
    return bool(token) and scheme.lower() == "bearer" and constant_time_compare(given.strip(), token)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Give the figures to whoever has the token. Without one in the settings there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not is_operator(request):
        response = HttpResponse("A token is needed.\n", content_type="text/plain; charset=utf-8", status=401)
        response["WWW-Authenticate"] = "Bearer"
        response["Cache-Control"] = "no-store"
        return response
    registry = meter().registry()
    registry.register(_present)
    response = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    response["Cache-Control"] = "no-store"
    return response
