"""`python -m tests.bench [--json FILE]`: measure everything once, print tables, stop what was started."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.bench.machine import machine
from tests.bench.report import Cell, Section, table
from tests.bench.servers import BARE, SITE, Server, environment, prepared_folder, serving

LONGEST_SECONDS = 300
MEGABYTE = 1024 * 1024
SITE_SETTINGS = "privacycheck.settings"
BARE_SETTINGS = "tests.bench.bare"


class OutOfTime(Exception):
    """The bench took longer than it may."""


class Bench:
    """The sections measured so far, and those that could not be."""

    def __init__(self) -> None:
        """Begin with none."""
        self.sections: list[Section] = []
        self.failures: list[str] = []

    def take(self, name: str, measure: Callable[[], Section]) -> None:
        """Measure a section and print it; a failure is told, and the other sections go on."""
        begun = time.monotonic()
        try:
            section = measure()
        except OutOfTime:
            raise
        except Exception as error:  # whatever it is, the rest is still worth measuring
            self.failures.append(f"{name}: {type(error).__name__}: {error}")
            print(f"\n{name}\n  COULD NOT BE MEASURED: {type(error).__name__}: {error}", flush=True)
            return
        self.sections.append(section)
        print(table(section), f"\n  ({time.monotonic() - begun:.0f} s)", flush=True)

    def run(self, folder: Path) -> None:
        """Measure everything against servers in a prepared folder."""
        # These need Django, which is set up by now.
        from apps.editions.current import current_edition
        from tests.bench.classes import measure_classes
        from tests.bench.crowd import measure_crowd
        from tests.bench.method import measure_method
        from tests.bench.pages import weigh_pages
        from tests.bench.speed import measure_requests, measure_walks

        edition = current_edition()
        print(f"edition: {len(edition.questions)} questions, {len(edition.actions)} actions", flush=True)
        memory: list[dict[str, Cell]] = []
        with ExitStack() as stack:
            site = stack.enter_context(serving(SITE, folder, workers=1, threads=1, settings=SITE_SETTINGS))
            at_start = site.memory()
            bare = stack.enter_context(serving(BARE, folder, workers=1, threads=1, settings=BARE_SETTINGS))
            bare_at_start = bare.memory()
            self.take("1. Bytes of a first visit", lambda: weigh_pages(site.port, edition))
            self.take("2. One request", lambda: measure_requests(site, bare, edition))
            self.take("3. A whole checkup", lambda: measure_walks(site, bare, edition))
            memory.append(_memory_row("site, 1 worker with 1 thread", at_start, site))
            memory.append(_memory_row("bare view, 1 worker with 1 thread", bare_at_start, bare))
        with serving(SITE, folder, workers=2, threads=4, settings=SITE_SETTINGS) as site:
            at_start = site.memory()
            self.take("4. Whole checkups at once", lambda: measure_crowd(site, edition))
            memory.append(_memory_row("site, 2 workers with 4 threads each", at_start, site))
        python = f"Python {sys.version.split()[0]}"
        self.take("5. Score and plan", lambda: measure_method(edition, python))
        self.take("7. Classes", lambda: measure_classes(folder, edition))
        notes = ("PSS of the largest worker: memory shared with other processes is divided between them.",)
        self.take("6. Memory", lambda: Section("memory", "6. Memory of a worker", tuple(memory), notes))


def _memory_row(name: str, at_start: list[int], server: Server) -> dict[str, Cell]:
    """Return the memory of a server's largest worker, at its start and now."""
    return {
        "server": name,
        "MB at the start": max(at_start) / MEGABYTE,
        "MB after its part": max(server.memory()) / MEGABYTE,
    }


def main() -> int:
    """Run the bench. Return 0, or 1 if something could not be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file as well")
    options = parser.parse_args()
    about = machine()
    described = " · ".join(f"{name}: {value}" for name, value in about.items())
    print(f"PrivacyCheck bench\n{described}", flush=True)
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.signal(signal.SIGTERM, _out_of_time)
    signal.alarm(LONGEST_SECONDS)
    begun = time.monotonic()
    bench = Bench()
    try:
        with prepared_folder() as folder:
            _set_up(folder)
            bench.run(folder)
    except Exception as error:
        bench.failures.append(f"{type(error).__name__}: {error}")
        print(f"\nThe bench stopped: {error}", file=sys.stderr)
    finally:
        signal.alarm(0)
    failures = [f"Failed: {failure}" for failure in bench.failures]
    print(f"\n{time.monotonic() - begun:.0f} s in all.", *failures, sep="\n")
    if options.json:
        figures = {
            "machine": about,
            "sections": {section.key: section.as_json() for section in bench.sections},
            "failures": bench.failures,
        }
        options.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if bench.failures else 0


def _set_up(folder: Path) -> None:
    """Make this process read the same edition and sign with the same key as the servers."""
    settings = environment(folder, EDITION_REFRESH_SECONDS="0")
    for name in set(os.environ) - set(settings):
        del os.environ[name]
    os.environ.update(settings)
    import django
    from django.utils import translation

    django.setup()
    translation.activate("en")


def _out_of_time(signum: int, frame: FrameType | None) -> None:
    is_told = signum == signal.SIGTERM
    raise OutOfTime("it was told to stop" if is_told else f"it took more than {LONGEST_SECONDS} seconds")


if __name__ == "__main__":
    sys.exit(main())
