"""Whether a request costs more where much is stored: editions, open classes, and visitors counted this hour.

Two sites run side by side, one as it was installed and one that was filled; rounds alternate between them.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from django.urls import reverse
from django.utils import timezone

from apps.classroom import limits
from apps.editions.compiled import CompiledEdition
from tests.bench.client import Browser
from tests.bench.report import Bar, Cell, Section
from tests.bench.servers import SITE, SITE_SETTINGS, Server, prepare, serving
from tests.bench.walks import half_way, open_class, take_part, typical
from tests.classroom.worker import Worker

FEW_EDITIONS, EDITIONS = 2, 1_000
CLASSES = 100_000
VISITORS = 100_000
ROUNDS = 11
OFTEN = 20
"""Times a page is asked for in one round."""

MOST_RATIO = 1.2
"""Near 1, as far as a busy machine can tell."""

MOST_STARTING = 2.0


@dataclass
class Place:
    """A site, its newest edition, an older one, and somebody in the middle of a checkup and at the end of it."""

    site: Server
    edition: CompiledEdition
    older: CompiledEdition
    code: str = ""

    def __post_init__(self) -> None:
        self._networks = count()
        self.code = open_class(self.browser())

    def browser(self, cookies: Mapping[str, str] | None = None) -> Browser:
        """Return a new browser from a network of its own."""
        number = next(self._networks)
        network = f"X-Forwarded-For: 10.{number >> 8 & 255}.{number & 255}.1\r\n"
        return Browser(self.site.port, cookies=dict(cookies or {}), more=network)

    def pages(self, address: str, cookies: Mapping[str, str] | None = None) -> None:
        """Ask for a page many times."""
        browser = self.browser(cookies)
        for _ in range(OFTEN):
            browser.get(address).expect(200, address)
        browser.close()

    def question(self, edition: CompiledEdition) -> None:
        """Show a question of an edition many times."""
        question, somebody = half_way(edition, typical(edition))
        self.pages(reverse("checkup:question", args=[question]), somebody.cookies(edition))

    def result(self) -> None:
        """Show a result many times."""
        self.pages(reverse("checkup:result"), typical(self.edition).cookies(self.edition))

    def opened(self) -> None:
        """Open a class."""
        teacher = self.browser()
        open_class(teacher)
        teacher.close()

    def taken_part(self) -> None:
        """Take part in the class, with all questions answered before."""
        walker = typical(self.edition)
        take_part(self.browser(walker.cookies(self.edition)), self.code, walker, "me")


TASKS: Mapping[str, Callable[[Place], None]] = {
    "question GET": lambda place: place.question(place.edition),
    "question GET, edition from before": lambda place: place.question(place.older),
    "result GET": Place.result,
    "guide GET": lambda place: place.pages(reverse("guidance:guide", args=[next(iter(place.edition.guides))])),
    "class screen GET": lambda place: place.pages(reverse("classroom:screen", args=[place.code])),
    "opening a class": Place.opened,
    "taking part in a class": Place.taken_part,
}


def measure_growth(folder: Path, edition: CompiledEdition) -> Section:
    """Return what requests cost on a fresh site and on a full one. Raise RequestFailed or ServerFailed."""
    with tempfile.TemporaryDirectory(prefix="privacycheck-bench-") as name:
        small, large = Path(name) / "fresh", Path(name) / "full"
        # The key stays, with which cookies are signed here; what other sections stored does not.
        shutil.copytree(folder, small, ignore=shutil.ignore_patterns("*.sqlite3*"))
        prepare(small)
        with Worker(small, "") as worker:
            worker.ask("open_many", count=1)
        shutil.copytree(small, large)
        _fill(small, editions=FEW_EDITIONS, classes=1, visitors=1)
        _fill(large, editions=EDITIONS, classes=CLASSES, visitors=VISITORS)
        options = {"workers": 1, "threads": 1, "settings": SITE_SETTINGS, "PROXIES": "1"}
        with serving(SITE, small, **options) as fresh, serving(SITE, large, **options) as full:  # type: ignore[arg-type]
            places = _place(fresh, FEW_EDITIONS, edition), _place(full, EDITIONS, edition)
            rows = [_row(what, *_rounds(task, *places)) for what, task in TASKS.items()]
            starting = _row("starting the server", [fresh.start_cpu], [full.start_cpu])
            memory = [max(server.memory()) / 1024**2 for server in (fresh, full)]
    bars = (
        Bar(
            "requests on a full site, times fresh, worst kind",
            max(float(row["ratio"] or 0) for row in rows),
            MOST_RATIO,
        ),
        Bar("start on a full site, times fresh", float(starting["ratio"] or 0), MOST_STARTING),
    )
    notes = (
        f"Full: {EDITIONS:,} editions, {CLASSES:,} open classes, {VISITORS:,} visitors counted in this hour; SQLite.",
        f"Medians of {ROUNDS} alternating rounds, pages {OFTEN} times in each; the first round warms both and is left out.",
        f"PSS of the worker at the end: {memory[0]:.1f} MB fresh, {memory[1]:.1f} MB full.",
    )
    return Section("growth", "8. Cost on a full site", (*rows, starting), notes, bars)


def _place(site: Server, editions: int, edition: CompiledEdition) -> Place:
    return Place(site, CompiledEdition(editions, edition.pack), CompiledEdition(editions // 2, edition.pack))


def _rounds(task: Callable[[Place], None], fresh: Place, full: Place) -> tuple[list[float], list[float]]:
    """Return the processor seconds of each round on both sites."""
    took: tuple[list[float], list[float]] = [], []
    for number in range(1 + ROUNDS):
        for place, seconds in zip((fresh, full), took, strict=True):
            begun = place.site.cpu_seconds()
            task(place)
            if number:
                seconds.append(place.site.cpu_seconds() - begun)
    return took


def _row(what: str, fresh: list[float], full: list[float]) -> dict[str, Cell]:
    return {
        "what": what,
        "fresh, CPU ms": median(fresh) * 1e3,
        "full, CPU ms": median(full) * 1e3,
        "ratio": median(b / a for a, b in zip(fresh, full, strict=True)),
    }


# --- Filling a site ------------------------------------------------------------------------------------


def _fill(folder: Path, *, editions: int, classes: int, visitors: int) -> None:
    """Copy the one edition and the one class of a site to so many, and count so many visitors in this hour."""
    with closing(sqlite3.connect(folder / "privacycheck.sqlite3")) as database:
        # The first edition says of everything that it is new; a later one changes a few things.
        few = "json_array(json_extract(changes, '$[0]'), json_extract(changes, '$[1]'), json_extract(changes, '$[2]'))"
        _copies(database, "editions_edition", editions - 1, {"number": "nth + 1", "changes": few})
        database.commit()
    hour = limits.OPEN_CLASS.seconds
    window = limits._window(hour, timezone.now())
    with closing(sqlite3.connect(folder / "privacycheck-classes.sqlite3")) as database:
        code = "printf('%06d', nth)"
        _copies(database, "classroom_class", classes - 1, {"code": code, "secret_hash": code})
        _copies(database, "classroom_round", classes - 1, {"id": "nth + 1000", "klass_id": code})
        _copies(database, "classroom_openround", classes - 1, {"round_id": "nth + 1000"})
        database.execute(
            f"INSERT INTO classroom_attempts (key, seconds, window, count) {_numbers(visitors)}"
            " SELECT printf('%032d', nth), ?, ?, 1 FROM numbers",
            (hour, window),
        )
        database.commit()


def _copies(database: sqlite3.Connection, table: str, number: int, changed: Mapping[str, str]) -> None:
    """Copy the only row of a table so many times; `changed` gives an expression of nth for columns that differ."""
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changed.get(name, f'"{name}"') for name in columns)
    row = f"(SELECT * FROM {table} LIMIT 1)"
    if number:
        database.execute(f"INSERT INTO {table} {_numbers(number)} SELECT {values} FROM {row}, numbers")


def _numbers(last: int) -> str:
    return f"WITH RECURSIVE numbers(nth) AS (SELECT 1 UNION ALL SELECT nth + 1 FROM numbers WHERE nth < {last})"
