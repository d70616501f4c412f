"""Write the draft as a pack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.desk.draft import DraftUnreadable, draft_pack
from apps.editions.pack_files import PackError, write_pack


class Command(BaseCommand):
    """`export_draft PATH`."""

    help = (
        "Write the draft into a folder as the files of a pack, in canonical form. Files of a pack that the draft no "
        "longer has are removed from the folder; other files stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder."""
        parser.add_argument("path", type=Path, help="the folder; it is made if it is not there")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        """Write, and say what changed."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            changed = write_pack(draft_pack(), path)
        except (DraftUnreadable, PackError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"Cannot write to {path}: {error.strerror}.") from None
        for name in changed:
            self.stdout.write(name)
        self.stdout.write(f"{len(changed)} files changed.")
