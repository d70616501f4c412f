"""Throughput and waiting times at stated numbers of people, on both databases, with one worker and with three."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles

from apps.editions.compiled import CompiledEdition
from tests.bench.crowd import crowd
from tests.bench.report import Bar, Cell, Section
from tests.bench.servers import SITE, SITE_SETTINGS, NotInstalled, postgresql, serving

PEOPLE = (8, 50, 200)
MOST_PEOPLE = 1_000
"""Far above what one worker can serve at once: they may wait or be told to come again, and nothing else."""

WORKERS = (1, 3)
THREADS = 4
SECONDS = 8.0
WARM_UP_SECONDS = 3.0
MEGABYTE = 1024 * 1024


def measure_load(folder: Path, edition: CompiledEdition) -> Section:
    """Return what crowds see of the site. Raise RequestFailed or ServerFailed."""
    rows: list[dict[str, Cell]] = []
    errors: list[str] = []
    notes = [
        "Of eight people six make checkups, one reads guides and one holds lessons: a class, ten pupils, totals.",
        f"They never pause, so each row is at the limit of the machine, which they share with the server; {SECONDS:g} s a"
        f" row, {THREADS} threads a worker, gzip accepted. Checkups count by the part done when the time is up.",
        "refused: 429 or 503 with Retry-After. errors: every other answer than the page asked for.",
    ]
    with ExitStack() as stack:
        databases = {"SQLite": ""}
        try:
            databases["PostgreSQL"] = stack.enter_context(postgresql(folder))
        except NotInstalled as error:
            notes.append(f"Not on PostgreSQL: {error}")
        for name, url in databases.items():
            for workers in WORKERS:
                rows += _rows(folder, edition, name, url, workers, errors)
    notes += [f"Error: {error}" for error in list(dict.fromkeys(errors))[:5]]
    bars = (Bar("errors under load", len(errors), 0),)
    return Section("load", "4. Many people at once", tuple(rows), tuple(notes), bars)


def _rows(
    folder: Path, edition: CompiledEdition, database: str, url: str, workers: int, errors: list[str]
) -> list[dict[str, Cell]]:
    """Return the rows of one server, and add what went wrong to `errors`."""
    variables = {"PROXIES": "1"} | ({"DATABASE_URL": url} if url else {})
    rows: list[dict[str, Cell]] = []
    with serving(SITE, folder, workers=workers, threads=THREADS, settings=SITE_SETTINGS, **variables) as site:
        crowd(site, edition, PEOPLE[0], WARM_UP_SECONDS)
        for people in (*PEOPLE, MOST_PEOPLE) if workers == 1 else PEOPLE:
            seen = crowd(site, edition, people, SECONDS)
            errors += seen.errors
            cuts = quantiles(seen.requests, n=100)
            rows.append(
                {
                    "database": database,
                    "workers": workers,
                    "people": people,
                    "requests/s": len(seen.requests) / seen.took,
                    "checkups/s": seen.visits["checkup"] / seen.took,
                    "p50 ms": cuts[49] * 1e3,
                    "p95 ms": cuts[94] * 1e3,
                    "p99 ms": cuts[98] * 1e3,
                    "CPU ms a request": seen.cpu * 1e3 / len(seen.requests),
                    "PSS MB a worker": max(site.memory()) / MEGABYTE,
                    "refused": seen.refused,
                    "errors": len(seen.errors),
                }
            )
    return rows
