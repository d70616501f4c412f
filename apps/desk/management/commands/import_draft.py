"""Make the draft equal to a pack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.desk.exchange import import_pack
from apps.editions.pack_files import PackError, read_pack


class Command(BaseCommand):
    """`import_draft PATH [--dry-run]`."""

    help = (
        "Make the draft equal to a pack (a folder or a .zip), and list what that changes. With --dry-run nothing is "
        "changed. A pack that cannot be read leaves the draft as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the path and the switch."""
        parser.add_argument("path", type=Path, help="the pack: a folder or a .zip")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args: Any, path: Path, dry_run: bool, **options: Any) -> None:
        """Import, and list each item with its fields."""
        try:
            found = import_pack(read_pack(path), None, dry_run)
        except PackError as error:
            raise CommandError(str(error)) from None
        for difference in found:
            self.stdout.write(f"{difference.what}: {difference.kind} {difference.item_id}")
            if difference.what == "changed":
                for field in difference.fields:
                    self.stdout.write(f"    {field.path}")
        self.stdout.write(f"{len(found)} items {'would change' if dry_run else 'changed'}.")
