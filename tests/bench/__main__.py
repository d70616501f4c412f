"""`python -m tests.bench`: measure everything once, print tables and what is promised, stop what was started."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.bench.machine import machine
from tests.bench.report import Cell, Section, bars_of, markdown, table
from tests.bench.servers import BARE, BARE_SETTINGS, SITE, SITE_SETTINGS, environment, prepared_folder, serving

SECTIONS = ("pages", "requests", "checkup", "load", "method", "soak", "classes", "growth")
LONGEST_SECONDS = 900
SOAK_MINUTES = 10.0
SHORT_SOAK_MINUTES = 1.0
"""How long the workers are watched where everything else is measured too."""


class OutOfTime(Exception):
    """The bench took longer than it may."""


class Bench:
    """The sections measured so far, and those that could not be."""

    def __init__(self, about: Mapping[str, Cell]) -> None:
        """Begin with none, on a machine."""
        self.about = about
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

    def run(self, folder: Path, wanted: tuple[str, ...], soak_minutes: float) -> None:
        """Measure the sections wanted, in their order, against servers in a prepared folder."""
        # These need Django, which is set up by now.
        from apps.editions.current import current_edition
        from tests.bench.classes import measure_classes
        from tests.bench.growth import measure_growth
        from tests.bench.load import measure_load
        from tests.bench.method import measure_method
        from tests.bench.pages import weigh_pages
        from tests.bench.soak import measure_soak
        from tests.bench.speed import measure_requests, measure_walks

        edition = current_edition()
        print(f"edition: {len(edition.questions)} questions, {len(edition.actions)} actions", flush=True)
        with ExitStack() as stack:
            if {"pages", "requests", "checkup"} & set(wanted):
                one = {"workers": 1, "threads": 1}
                site = stack.enter_context(serving(SITE, folder, **one, settings=SITE_SETTINGS))
                bare = stack.enter_context(serving(BARE, folder, **one, settings=BARE_SETTINGS))
            measures: dict[str, Callable[[], Section]] = {
                "pages": lambda: weigh_pages(site.port, edition),
                "requests": lambda: measure_requests(site, bare, edition),
                "checkup": lambda: measure_walks(site, bare, folder, edition),
                "load": lambda: measure_load(folder, edition),
                "method": lambda: measure_method(edition, f"Python {sys.version.split()[0]}"),
                "soak": lambda: measure_soak(folder, edition, soak_minutes),
                "classes": lambda: measure_classes(folder, edition),
                "growth": lambda: measure_growth(folder, edition),
            }
            for name in wanted:
                self.take(name, measures[name])

    def as_json(self) -> str:
        """Return all figures as JSON."""
        figures = {
            "machine": self.about,
            "sections": {section.key: section.as_json() for section in self.sections},
            "failures": self.failures,
        }
        return json.dumps(figures, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Run the bench. Return 0, or 1 if something could not be run; a bar that does not hold is printed, not judged."""
    options = _options()
    if options.soak is not None:
        options.only = ["soak"]
    wanted = tuple(name for name in SECTIONS if name in (options.only or SECTIONS))
    soak_minutes = SHORT_SOAK_MINUTES if options.soak is None else options.soak
    longest = LONGEST_SECONDS + int(soak_minutes * 60)
    bench = Bench(machine())
    described = " · ".join(f"{name}: {value}" for name, value in bench.about.items())
    print(f"PrivacyCheck bench\n{described}", flush=True)
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.signal(signal.SIGTERM, _out_of_time)
    signal.alarm(longest)
    begun = time.monotonic()
    try:
        with prepared_folder() as folder:
            _set_up(folder)
            bench.run(folder, wanted, soak_minutes)
    except Exception as error:
        bench.failures.append(f"{type(error).__name__}: {error}")
        print(f"\nThe bench stopped: {error}", file=sys.stderr)
    finally:
        signal.alarm(0)
    failures = [f"Failed: {failure}" for failure in bench.failures]
    print(table(bars_of(bench.sections)), f"\n{time.monotonic() - begun:.0f} s in all.", *failures, sep="\n")
    if options.json:
        options.json.write_text(bench.as_json(), encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(markdown(bench.about, bench.sections, bench.failures), encoding="utf-8")
    return 1 if bench.failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, metavar="SECTION", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument(
        "--soak",
        nargs="?",
        type=float,
        const=SOAK_MINUTES,
        metavar="MINUTES",
        help=f"watch memory and open files for so many minutes ({SOAK_MINUTES:g} unless told), and nothing else",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file as well")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the report to a file as well, bars first")
    return parser.parse_args()


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
    raise OutOfTime("it was told to stop" if is_told else "it took longer than it may")


if __name__ == "__main__":
    sys.exit(main())
