"""Write a backup."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from apps.website.backups import BackupError, save_backup, write_backup


class Command(BaseCommand):
    """`backup PATH [--without-classes]`; run it once a day."""

    help = (
        "Write everything that must survive to a new file that only its owner can read, while the site runs. PATH is "
        "the file, a folder (the file is then named after the time), or - for the standard output. Sessions, attempts "
        "and the counters of open rounds are left out: after a restore the page of such a round says that a fault "
        "erased it. With --without-classes no class is kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the path and the switch."""
        parser.add_argument("path", help="a new file, a folder, or - for the standard output")
        parser.add_argument("--without-classes", action="store_true", help="leave classes and their tables out")

    def handle(self, *args: Any, path: str, without_classes: bool, **options: Any) -> None:
        """Write it, and say how many rows it holds."""
        try:
            if path == "-":
                write_backup(sys.stdout.buffer, not without_classes)
                return
            target = Path(path)
            if target.is_dir():
                target /= f"privacycheck-{timezone.now():%Y%m%dT%H%M%SZ}.jsonl.gz"
            contents = save_backup(target, not without_classes)
        except BackupError as error:
            raise CommandError(str(error)) from None
        except (DatabaseError, OSError) as error:
            raise CommandError(f"No backup was made: {error}") from None
        for label, count in contents.rows.items():
            self.stdout.write(f"{count:8} {label}")
        self.stdout.write(str(target))
