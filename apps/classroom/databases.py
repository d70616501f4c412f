"""Where the tables of classes live: on SQLite in a file of their own, on PostgreSQL with everything else.

The file has journal_mode TRUNCATE and secure_delete, so that no earlier state of an open counter stays on disk;
it is left out of backups. Class, round and published table live there too: closing a round erases its counters
and stores its table in one transaction, which two files could not share. Source: method, section 10, R3 and R6.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Model

APP = "classroom"


class ClassroomRouter:
    """Send the models of this app to `settings.CLASSROOM_DATABASE`, and nothing else there if it is its own."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """Return where this app's models are read."""
        return settings.CLASSROOM_DATABASE if model._meta.app_label == APP else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        """Return where this app's models are written."""
        return settings.CLASSROOM_DATABASE if model._meta.app_label == APP else None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Say whether an app's tables belong into a database."""
        if settings.CLASSROOM_DATABASE == "default":
            return None
        return (app_label == APP) == (db == settings.CLASSROOM_DATABASE)
