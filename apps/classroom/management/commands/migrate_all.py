"""Bring the tables of every database up to date."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """`migrate_all`; does what `migrate` does, for every database of the settings."""

    help = (
        "Run `migrate` for every database. On SQLite classes have a file of their own, which `migrate` alone would "
        "leave without tables; on PostgreSQL there is only one database and nothing more to do."
    )

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        """Migrate one database after the other."""
        for alias in settings.DATABASES:
            call_command("migrate", database=alias, interactive=False, verbosity=verbosity)
