"""Whole checkups by several people at once, on the server as `make run` starts it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from statistics import quantiles

from apps.editions.compiled import CompiledEdition
from tests.bench.client import Browser, RequestFailed
from tests.bench.report import Section
from tests.bench.servers import Server
from tests.bench.walks import Walker, walk, walkers

WALKERS = 8
SECONDS = 8.0
MOST_WALKS = 60
"""Walks that one walker makes at most, however fast the server is."""


@dataclass
class Diary:
    """What one walker saw."""

    walks: int = 0
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def _go(server: Server, people: list[Walker], until: float, diary: Diary) -> None:
    for number in range(MOST_WALKS):
        if time.perf_counter() >= until:
            return
        browser = Browser(server.port)
        try:
            walk(browser, people[number % len(people)])
            diary.walks += 1
        except (RequestFailed, OSError) as error:
            diary.errors.append(str(error) or type(error).__name__)
        finally:
            browser.close()
            diary.seconds += [exchange.seconds for exchange in browser.exchanges]


def measure_crowd(server: Server, edition: CompiledEdition) -> Section:
    """Return the throughput and waiting times of eight walkers who never pause. Raise RequestFailed."""
    everybody = walkers(edition)
    diaries = [Diary() for _ in range(WALKERS)]
    cpu, begun = server.cpu_seconds(), time.perf_counter()
    threads = []
    for number, diary in enumerate(diaries):
        turned = everybody[number % len(everybody) :] + everybody[: number % len(everybody)]
        thread = threading.Thread(target=_go, args=(server, turned, begun + SECONDS, diary), daemon=True)
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(SECONDS + 30)
    took, cpu = time.perf_counter() - begun, server.cpu_seconds() - cpu
    walks = sum(diary.walks for diary in diaries)
    seconds = [each for diary in diaries for each in diary.seconds]
    errors = [error for diary in diaries for error in diary.errors]
    if not walks or len(seconds) < 2:
        raise RequestFailed(f"No walker came to the end. {errors[0] if errors else ''}")
    cuts = quantiles(seconds, n=100)
    row = {
        "walkers": WALKERS,
        "workers": len(server.workers),
        "checkups": walks,
        "checkups/s": walks / took,
        "requests/s": len(seconds) / took,
        "p50 ms": cuts[49] * 1e3,
        "p95 ms": cuts[94] * 1e3,
        "CPU ms a checkup": cpu * 1e3 / walks,
        "errors": len(errors),
    }
    notes = ["The walkers are threads of this process and share the cores with the server; gzip accepted."]
    notes += [f"Error: {error}" for error in list(dict.fromkeys(errors))[:5]]
    return Section("crowd", "4. Whole checkups at once", (row,), tuple(notes))
