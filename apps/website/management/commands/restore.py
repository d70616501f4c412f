"""Read a backup into an empty place."""

from __future__ import annotations

import os
import stat
import sys
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from apps.classroom.services import tidy
from apps.website.backups import BackupError, check_backup, restore_backup


class Command(BaseCommand):
    """`restore PATH [--dry-run]`."""

    help = (
        "Read a backup into the database that DATABASE_URL names, SQLite or PostgreSQL, whichever it came from, and "
        "bring it up to date. The database must be empty: without tables, or fresh from `migrate_all` of the version "
        "that made the backup. PATH is the file, or - for the standard input. With --dry-run nothing is stored: the "
        "file is only read to its end and checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the path and the switch."""
        parser.add_argument("path", help="the backup, or - for the standard input")
        parser.add_argument("--dry-run", action="store_true", help="only check that the backup is whole")

    def handle(self, *args: Any, path: str, dry_run: bool, **options: Any) -> None:
        """Restore, tidy up what is due since, and say how many rows there were."""
        try:
            if path == "-":
                contents = self._read(sys.stdin.buffer, dry_run)
            else:
                with open(path, "rb") as file:
                    contents = self._read(file, dry_run)
        except BackupError as error:
            raise CommandError(str(error)) from None
        except (DatabaseError, OSError) as error:
            raise CommandError(f"The backup was not restored: {error}") from None
        for label, count in contents.rows.items():
            self.stdout.write(f"{count:8} {label}")
        self.stdout.write(f"{'Checked' if dry_run else 'Restored'} what was there at {contents.made_at}.")
        if not dry_run:
            done = tidy()  # a class that has had its days meanwhile does not come back
            self.stdout.write(f"Closed {done.rounds} rounds and deleted {done.classes} classes that were due.")

    @staticmethod
    def _read(file: IO[bytes], dry_run: bool) -> Any:
        if dry_run:
            return check_backup(file)
        # Open rounds come from `move_database` alone, through a pipe.
        return restore_backup(file, with_open_rounds=stat.S_ISFIFO(os.fstat(file.fileno()).st_mode))
