"""Close what is due and delete what has had its days."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.classroom.services import tidy


class Command(BaseCommand):
    """`purge_classes`; run it once a day."""

    help = (
        "Close rounds that have been open for 14 days, delete classes that were opened 90 days ago with all their "
        "tables, and remove rows of attempts whose time is over. Run it once a day. The site does a little of "
        "this by itself whenever a class is opened."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Tidy up and say how much there was."""
        done = tidy()
        self.stdout.write(
            f"Closed {done.rounds} rounds, deleted {done.classes} classes, removed {done.attempts} rows of attempts."
        )
