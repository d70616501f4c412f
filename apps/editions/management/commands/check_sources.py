"""Look at every address that a pack leads to, and say which of them an editor should see to."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from pydantic import ValidationError

from apps.editions.management.commands.check_pack import in_words
from apps.editions.models import Edition
from apps.editions.pack_files import PackError, read_pack
from apps.editions.schema import Pack
from apps.editions.source_check import (
    VERDICTS,
    DamagedState,
    Limits,
    Result,
    StateFile,
    StateInUse,
    addresses_of,
    look_at_all,
    recent,
)
from apps.editions.web_request import Web

PACK = Path(__file__).resolve().parent.parent.parent / "pack"
"""The pack that the project is shipped with."""

BAD_USE = 2
INTERRUPTED = 130
MANY_DAYS = 3650


class Command(BaseCommand):
    """`check_sources [PATH | --edition N] [--state FILE] [--json]`; exit status 1 if an address is dead or refused."""

    help = (
        "Look at every address that a pack leads to: sources of claims, archived copies, regulators, links in "
        "texts. Says which are ok, redirected, blocked (the site turns programs away: look yourself), slow, dead "
        "or refused, worst first. Changes nothing in the pack or the database. Exit status 1 if an address is "
        "dead or refused, 2 for bad use, 130 if interrupted, else 0."
    )
    requires_system_checks: list[str] = []

    def __init__(self, *args: Any, web: Web | None = None, **kwargs: Any) -> None:
        """Take another way to reach sites than the public web; for tests, which have a server of their own."""
        super().__init__(*args, **kwargs)
        self._web = web

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to look at, where results are kept, how patient to be, and how to print."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("path", type=Path, nargs="?", help="the pack: a folder or a .zip (default: the shipped pack)")
        what.add_argument("--edition", type=_edition, metavar="N", help="a published edition: its number, or `current`")
        parser.add_argument(
            "--state",
            type=Path,
            metavar="FILE",
            help="keep results in this file as they come, and skip what it says was looked at lately",
        )
        parser.add_argument(
            "--within",
            type=_days,
            default=7.0,
            metavar="DAYS",
            help="with --state: how long a result stays good (default 7; 0 looks at everything again)",
        )
        parser.add_argument(
            "--pause", type=_pause, default=1.0, metavar="SECONDS", help="between requests to one site (default 1)"
        )
        parser.add_argument(
            "--timeout",
            type=_timeout,
            default=10.0,
            metavar="SECONDS",
            help="to connect, and for each piece of an answer (default 10); an address has three times as long in all",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON document")

    def handle(
        self,
        *args: Any,
        path: Path | None,
        edition: str | None,
        state: Path | None,
        within: float,
        pause: float,
        timeout: float,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Look at the addresses that were not looked at lately, and print what came of all of them."""
        pack = _edition_pack(edition) if edition else self._pack_at(path or PACK)
        items = addresses_of(pack)
        if state is not None and edition is None and _lies_in(state, path or PACK):
            raise _bad_use("The file of --state may not lie in the pack. Nothing was changed.")
        web = self._web or Web(f"PrivacyCheck-link-check/1 (+{settings.PUBLIC_ORIGIN}/en/about/)")
        limits = Limits(wait=timeout, total=3 * timeout, pause=pause)
        results: dict[str, Result] = {}
        interrupted = False
        with ExitStack() as stack:
            kept = stack.enter_context(_opened(state)) if state else None
            if kept:
                lately = recent(kept.results, dt.datetime.now(dt.timezone.utc), dt.timedelta(days=within))
                results = {address: lately[address] for address in items if address in lately}
            try:
                self._look([address for address in items if address not in results], web, limits, results, kept)
            except KeyboardInterrupt:
                interrupted = True
        left = [address for address in items if address not in results]
        ordered = sorted(results.values(), key=_worst_first)
        if as_json:
            self.stdout.write(json.dumps(document(ordered, items, left), indent=2))
        else:
            self._print(ordered, items, left)
        if interrupted:
            sys.exit(INTERRUPTED)
        if any(result.verdict in {"dead", "refused"} for result in ordered):
            sys.exit(1)

    def _pack_at(self, path: Path) -> Pack:
        try:
            return read_pack(path)
        except PackError as error:
            for problem in error.problems:
                self.stderr.write(in_words(problem))
            raise _bad_use("The pack cannot be read.") from None

    def _look(
        self, addresses: list[str], web: Web, limits: Limits, results: dict[str, Result], kept: StateFile | None
    ) -> None:
        """Put a result for each address into `results`, and into the file where there is one, as they come."""
        for number, result in enumerate(look_at_all(addresses, web, limits), 1):
            results[result.address] = result
            if kept:
                try:
                    kept.add(result)
                except OSError as error:
                    self.stderr.write(f"From here on results are not kept: the file cannot be written ({error}).")
                    kept = None
            # Told last: what has been told is safe, whenever Ctrl-C comes.
            self.stderr.write(f"{number} of {len(addresses)}: {result.verdict}: {result.address}", style_func=str)

    def _print(self, results: list[Result], items: Mapping[str, tuple[str, ...]], left: list[str]) -> None:
        for result in results:
            self.stdout.write(lines_of(result, items[result.address]))
        counts = Counter(result.verdict for result in results)
        told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
        number = "1 address" if len(results) == 1 else f"{len(results)} addresses"
        self.stdout.write(f"{number}: {told}." if results else "No addresses.")
        if left:
            self.stdout.write(f"Interrupted: {len(left)} not looked at.")


def lines_of(result: Result, items: tuple[str, ...]) -> str:
    """Return a result as it is printed: one line where it is ok, else with its items, the reason and what to do."""
    if result.verdict == "ok":
        return f"ok: {result.address}"
    lines = [f"{result.verdict}: {result.address}"]
    if result.final:
        lines.append(f"    to: {result.final}")
    lines += [f"    used by: {'; '.join(items)}", f"    {result.reason}", f"    mend: {result.mend}"]
    return "\n".join(lines)


def document(results: list[Result], items: Mapping[str, tuple[str, ...]], left: list[str]) -> dict[str, Any]:
    """Return what --json prints; `left` are addresses that were not looked at."""
    counts = Counter(result.verdict for result in results)
    return {
        "checked_at": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "results": [
            {**result.model_dump(mode="json"), "mend": result.mend, "items": list(items[result.address])}
            for result in results
        ],
        "not_looked_at": left,
    }


def _worst_first(result: Result) -> tuple[int, bool, str]:
    return VERDICTS.index(result.verdict), not result.permanent, result.address


def _edition_pack(wanted: str) -> Pack:
    """Return the pack of a published edition."""
    try:
        editions = Edition.objects.order_by("-number")
        row = (editions if wanted == "current" else editions.filter(number=int(wanted))).first()
    except DatabaseError:
        raise _bad_use("The database does not answer.") from None
    if row is None:
        raise _bad_use("Nothing is published yet." if wanted == "current" else f"There is no edition {wanted}.")
    try:
        return Pack.model_validate_json(row.content)
    except ValidationError:
        raise _bad_use(f"Edition {row.number} is of an older form that can no longer be read.") from None


def _opened(path: Path) -> StateFile:
    try:
        return StateFile(path)
    except DamagedState as damage:
        raise _bad_use(
            f"{path} is damaged: {damage}. Nothing was changed. Mend that line, or name another file."
        ) from None
    except StateInUse:
        raise _bad_use(f"Another run is using {path}. Wait for it, or name another file.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _bad_use(f"{path} cannot be used to keep results: {error}") from None


def _lies_in(file: Path, pack: Path) -> bool:
    """Say whether a file is the pack itself, or would stand in its folder."""
    try:
        return file.resolve().is_relative_to(pack.resolve())
    except (OSError, ValueError, RuntimeError):  # a NUL, or links in a circle: opening it will say so
        return False


def _bad_use(reason: str) -> CommandError:
    return CommandError(reason, returncode=BAD_USE)


def _edition(text: str) -> str:
    is_number = text.isascii() and text.isdigit() and len(text) <= 10
    if text == "current" or (is_number and 0 < int(text) < 2**31):  # more is no number to either database
        return text
    raise argparse.ArgumentTypeError("give a number, or `current`")


def _number(text: str, low: float, high: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"give a number from {low:g} to {high:g}")
    return number


def _days(text: str) -> float:
    return _number(text, 0, MANY_DAYS)


def _pause(text: str) -> float:
    return _number(text, 0, 600)


def _timeout(text: str) -> float:
    return _number(text, 0.05, 600)
