"""Say whether a pack may be published, and everything that is wrong with it."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.editions import calibration, checks
from apps.editions.pack_files import CALIBRATION, PackError, PackProblem, is_canonical, read_pack, write_pack
from apps.editions.schema import Pack


class Command(BaseCommand):
    """`check_pack PATH [--full] [--write]`; exit status 1 if the pack may not be published."""

    help = (
        "Check a pack (a folder or a .zip) as a whole. Every problem is printed at once, with its file, the "
        "item, the reason and the way to mend it; warnings do not stand against publishing. Exit status 1 if "
        "it may not be published."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the path and the two switches."""
        parser.add_argument("path", type=Path, help="the pack: a folder or a .zip")
        parser.add_argument(
            "--full",
            action="store_true",
            help="also try the scores on other weights and levels (takes minutes)",
        )
        parser.add_argument(
            "--write",
            action="store_true",
            help=f"rewrite the pack in its canonical form and, with --full, store {CALIBRATION} in it",
        )

    def handle(self, *args: Any, path: Path, full: bool, write: bool, **options: Any) -> None:
        """Print problems, summary and report."""
        if write and not path.is_dir():
            raise CommandError(f"{path} is no folder; only a folder can be rewritten.")
        try:
            pack = read_pack(path)
        except PackError as error:
            self._print_problems(error.problems)
            self.stdout.write(summary(error.problems))
            sys.exit(1)
        found = checks.problems(pack)
        result = None
        if full and checks.may_be_published(found):
            result = calibration.calibrate(pack, tell=lambda what: self.stderr.write(f"trying {what} ..."))
            found += calibration.gate_problems(calibration.rows_of(result))
        elif not full:
            found += calibration.stored_problems(pack, stored_calibration(path))
        if write:
            try:
                write_pack(pack, path)
            except PackError as error:  # what is in memory could not be read back from files
                found += error.problems
            if result:
                calibration.write_calibration(path, result)
        elif path.is_dir():
            found += is_canonical(path)
        self._print_problems(found)
        self._print_report(pack)
        if result:
            self._print_calibration(result)
        elif full:
            self.stdout.write("Not calibrated: mend the problems first.")
        self.stdout.write(summary(found))
        if not checks.may_be_published(found):
            sys.exit(1)

    def _print_problems(self, found: tuple[PackProblem, ...]) -> None:
        for problem in sorted(found, key=lambda problem: problem.warning):
            self.stdout.write(in_words(problem))

    def _print_report(self, pack: Pack) -> None:
        report = checks.report(pack)
        if report is None:
            return
        self.stdout.write(f"Points: 0 to {report.maximum}.")
        for topic, most in report.topic_maximum.items():
            self.stdout.write(f"  {topic}: 0 to {most}, {100 * most / report.maximum:.1f}%")
        self.stdout.write(f"Questions asked: {report.typical} of a typical persona.")
        for path in report.paths:
            situation = "situation skipped" if path.situation is None else ", ".join(path.situation) or "none of them"
            low, high = path.scores
            self.stdout.write(f"  {situation}: {path.shortest} to {path.longest} questions, score {low} to {high}")
        self.stdout.write(f"Reached by an example of answers: {len(report.examples)} items.")

    def _print_calibration(self, result: dict[str, Any]) -> None:
        write = self.stdout.write
        write(f"\nSensitivity: {result['respondents']} respondents, {result['draws']} draws")
        write(f"{'':24}{'95% move':>10}{'tau':>8}{'bands':>8}{'first':>8}{'2 of 3':>8}  gates")
        for row in calibration.rows_of(result):
            gates = ("failed" if row.failed else "passed") if row.gated else "none"
            write(
                f"{row.what:24}{row.moves_at_most:>10.2f}{row.tau:>8.3f}{row.bands_changed:>7.1f}%"
                f"{row.same_first:>7.1f}%{row.two_of_top_three:>7.1f}%  {gates}"
            )
        write(f"\n{'topic':12}{'of maximum':>12}{'of points':>12}")
        for share in result["importance"]:
            write(f"{share['topic']:12}{share['of_maximum']:>11.1f}%{share['of_points']:>11.1f}%")
        write(f"\n{'question':12}{'swing':>8}{'seen':>9}{'moves':>9}")
        for use in result["dead_weight"]["questions"]:
            write(f"{use['question']:12}{use['swing']:>8.1f}{use['seen']:>8.1f}%{use['moved']:>8.1f}%")
        write("\nWorst case, if every weight may be 25% off independently:")
        for case in result["worst_case"]:
            write(f"  shown {case['shown']}: {case['low']:.1f} to {case['high']:.1f}")
        write("")


def in_words(problem: PackProblem) -> str:
    """Return a problem as it is printed: file and item, then the reason, then the way to mend it."""
    kind = "warning" if problem.warning else "problem"
    return f"{kind}: {problem.file}: {problem.item}\n    {problem.reason}\n    mend: {problem.mend}"


def summary(found: tuple[PackProblem, ...]) -> str:
    """Return the last line: "2 problems, 5 warnings: may not be published"."""
    warnings = sum(problem.warning for problem in found)
    serious = len(found) - warnings
    verdict = "may not be published" if serious else "may be published"
    return f"{_counted(serious, 'problem')}, {_counted(warnings, 'warning')}: {verdict}"


def stored_calibration(path: Path) -> str | None:
    """Return the text of the calibration stored with a pack, or None if there is none to be read.

    `read_pack` has accepted the pack before, so its files are of a sane size and number.
    """
    try:
        if path.is_dir():
            return (path / CALIBRATION).read_text(encoding="utf-8")
        with zipfile.ZipFile(path) as archive:
            return archive.read(CALIBRATION).decode("utf-8")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
