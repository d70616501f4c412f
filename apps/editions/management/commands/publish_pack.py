"""Publish a pack as the next edition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.editions import calibration, checks
from apps.editions.management.commands.check_pack import in_words, stored_calibration, summary
from apps.editions.models import Edition
from apps.editions.pack_files import PackError, PackProblem, content_hash, read_pack
from apps.editions.services import publish


class Command(BaseCommand):
    """`publish_pack PATH --note TEXT`; refuses a pack with problems."""

    help = (
        "Check a pack (a folder or a .zip) and publish it as the next edition. A pack with problems is "
        "refused; content equal to the current edition makes no new one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the path and the release note."""
        parser.add_argument("path", type=Path, help="the pack: a folder or a .zip")
        parser.add_argument(
            "--if-new",
            action="store_true",
            help="do nothing where any edition had this content, so that what editors published since then stays",
        )
        parser.add_argument("--note", required=True, help="what changed, for readers of the list of editions")

    def handle(self, *args: Any, path: Path, note: str, if_new: bool, **options: Any) -> None:
        """Read, check, publish, and say what came of it."""
        try:
            pack = read_pack(path)
        except PackError as error:
            raise self._refusal(error.problems) from None
        if if_new and Edition.objects.filter(content_hash=content_hash(pack)).exists():
            self.stdout.write("Nothing to publish: this content has been an edition already.")
            return
        found = checks.problems(pack) + calibration.stored_problems(pack, stored_calibration(path))
        if not checks.may_be_published(found):
            raise self._refusal(found)
        edition, is_new = publish(pack, note=note)
        if is_new:
            self.stdout.write(f"Published edition {edition.number}.")
        else:
            self.stdout.write(f"Nothing to publish: edition {edition.number} has this content already.")

    def _refusal(self, found: tuple[PackProblem, ...]) -> CommandError:
        for problem in found:
            if not problem.warning:
                self.stderr.write(in_words(problem))
        return CommandError(summary(found), returncode=1)
