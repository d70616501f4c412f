"""Move everything to another database."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from apps.website.backups import BackupError, move


class Command(BaseCommand):
    """`move_database URL`."""

    help = (
        "Move everything from the database that DATABASE_URL names to an empty one: editions, draft, editors and "
        "classes, open rounds with their counters too. Stop the site first, and start it with the new DATABASE_URL "
        "afterwards. Nothing is written to a file. Once all has arrived the counters of open rounds are erased here; "
        "everything else stays here as it was. URL is the DATABASE_URL to be, or - to be asked for it, so that a "
        "password in it shows in no list of processes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address."""
        parser.add_argument("url", help="the new database, as DATABASE_URL will name it, or -")

    def handle(self, *args: Any, url: str, **options: Any) -> None:
        """Start a restore over there and send it everything."""
        if url == "-":
            url = getpass.getpass("The new DATABASE_URL: ").strip()
        with subprocess.Popen(  # noqa: S603 - our own command, without a shell
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "restore", "-"],
            env={**os.environ, "DATABASE_URL": url},
            stdin=subprocess.PIPE,
        ) as other:
            assert other.stdin is not None  # noqa: S101 - asked for above
            try:
                move(other.stdin, lambda: other.wait() == 0)
            except BackupError as error:
                raise CommandError(str(error)) from None
            except DatabaseError as error:
                raise CommandError(f"Nothing was moved: {error}") from None
        self.stdout.write("Moved. Now start the site with the new DATABASE_URL.")
