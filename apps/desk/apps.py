"""Django's configuration of the desk app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.db import router
from django.db.models.signals import post_migrate


class DeskConfig(AppConfig):
    """The draft, who may change it, and publishing."""

    name = "apps.desk"
    verbose_name = "Desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep the roles as this version means them, whenever tables are brought up to date; see to sessions' ends."""
        from apps.desk.sessions import note_sign_in

        post_migrate.connect(_renew_roles, sender=self)
        user_logged_in.connect(note_sign_in)


def _renew_roles(using: str, **kwargs: Any) -> None:
    from apps.desk.roles import ensure_roles

    if router.allow_migrate_model(using, get_user_model()):
        ensure_roles()
