"""Memory and open files of the workers while people use the site for minutes."""

from __future__ import annotations

import time
from pathlib import Path

from apps.editions.compiled import CompiledEdition
from tests.bench.crowd import crowd
from tests.bench.report import Bar, Cell, Section
from tests.bench.servers import SITE, SITE_SETTINGS, Server, serving

WORKERS, THREADS, PEOPLE = 2, 4, 8
"""The server as `make run` starts it."""

LOOKS = 10
WARM_UP_LOOKS = 2
WARM_UP_SECONDS = 10.0
UNTIL_CLOSED_SECONDS = 7.0
"""After the last request the server keeps a connection open for five seconds."""

MEGABYTE = 1024 * 1024
MOST_MEGABYTES = 45.0
MOST_GROWTH_PERCENT = 5.0


def measure_soak(folder: Path, edition: CompiledEdition, minutes: float) -> Section:
    """Return the memory of the workers over so many minutes. Raise RequestFailed or ServerFailed."""
    rows: list[dict[str, Cell]] = []
    with serving(SITE, folder, workers=WORKERS, threads=THREADS, settings=SITE_SETTINGS, PROXIES="1") as site:
        rows.append(_row(site, 0))
        crowd(site, edition, PEOPLE, WARM_UP_SECONDS)
        files_before = _files_at_rest(site)

        def look() -> None:
            begun = time.monotonic()
            for number in range(1, LOOKS + 1):
                time.sleep(max(0.0, begun + number * minutes * 60 / LOOKS - time.monotonic()))
                rows.append(_row(site, number * minutes / LOOKS))

        seen = crowd(site, edition, PEOPLE, minutes * 60 + 1, look)
        files_after = _files_at_rest(site)
    early, late = float(rows[WARM_UP_LOOKS]["MB, largest"] or 0), float(rows[-1]["MB, largest"] or 0)
    per_worker = len(seen.requests) / WORKERS
    notes = (
        f"PSS (what processes share is divided between them). {PEOPLE} people as under load, {WORKERS} workers with"
        f" {THREADS} threads each, none replaced; {per_worker:,.0f} requests to each worker in all.",
        f"Open files at rest: {files_before} before, {files_after} after. Growth is reckoned from row {WARM_UP_LOOKS + 1}.",
        *(f"Error: {error}" for error in list(dict.fromkeys(seen.errors))[:5]),
    )
    bars = (
        Bar(f"MB of the largest worker after {per_worker:,.0f} requests each", late, MOST_MEGABYTES),
        Bar(f"growth of memory in {minutes:g} minutes, percent", 100 * (late / early - 1), MOST_GROWTH_PERCENT),
        Bar("growth of open files", files_after - files_before, 0),
        Bar("errors in the soak", len(seen.errors), 0),
    )
    return Section("soak", "6. Memory", tuple(rows), notes, bars)


def _row(site: Server, minutes: float) -> dict[str, Cell]:
    memory = site.memory()
    return {
        "minutes": float(minutes),
        "MB, smallest": min(memory) / MEGABYTE,
        "MB, largest": max(memory) / MEGABYTE,
        "open files": site.open_files(),
    }


def _files_at_rest(site: Server) -> int:
    time.sleep(UNTIL_CLOSED_SECONDS)
    return site.open_files()
