"""A class that goes on asking while the database hangs: it takes no thread from those who need no database."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from apps.editions.compiled import CompiledEdition
from tests.bench.client import RequestFailed
from tests.bench.servers import children
from tests.classroom.postgres import Server
from tests.faults.people import lesson, reader
from tests.faults.running import freeze, running, thaw, wait_until

pytestmark = pytest.mark.drill

PEOPLE = 25
"""A class, each with the page of the class open: three times as many as the site has threads."""
WITHIN = 5.0


def test_a_class_that_waits_for_a_hanging_database_holds_up_no_checkup(
    place: Path, postgres: Server, edition: CompiledEdition
) -> None:
    with running(place, DATABASE_URL=postgres.url) as site:
        klass = lesson(site, edition)
        middle = reader(site, edition).steps(3)
        pid = int((postgres.folder / "data" / "postmaster.pid").read_text().split()[0])
        frozen = (pid, *children(pid))
        over = threading.Event()

        def ask() -> None:
            browser = site.browser()
            while not over.is_set():
                try:
                    browser.get(klass.screen)
                except (OSError, RequestFailed):
                    browser.close()
                over.wait(1)

        crowd = [threading.Thread(target=ask) for _ in range(PEOPLE)]
        freeze(*frozen)
        try:
            for one in crowd:
                one.start()
            time.sleep(1)
            slowest = 0.0
            for _ in range(10):
                begun = time.monotonic()
                middle.step()  # two requests
                slowest = max(slowest, time.monotonic() - begun)
                time.sleep(0.5)
        finally:
            thaw(*frozen)
            over.set()
            for one in crowd:
                one.join()
        assert slowest < WITHIN, f"{slowest:.1f} s for one step"
        wait_until(lambda: site.answers(klass.screen) == 200, 10, "the class page")
        assert "out of 100" in middle.to_the_end()
