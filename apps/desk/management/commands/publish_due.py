"""Publish what was scheduled and is due."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from apps.desk.models import State
from apps.desk.publishing import publish_due


class Command(BaseCommand):
    """`publish_due`; for cron, every few minutes."""

    help = (
        "Publish every edition that was scheduled and whose time has come. Meant for cron: nothing happens where "
        "nothing is due, and running it twice at once publishes once. Exit status 1 if one could not be published."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Publish, and say what came of each."""
        failed = False
        for publication in publish_due():
            if publication.state == State.PUBLISHED:
                self.stdout.write(f"Published edition {publication.edition}.")
            else:
                failed = True
                self.stderr.write(f"Publication {publication.pk} failed. {publication.reason}")
        if failed:
            sys.exit(1)
