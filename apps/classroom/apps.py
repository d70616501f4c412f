"""Django's configuration of the classroom app."""

from django.apps import AppConfig


class ClassroomConfig(AppConfig):
    """Classes, rounds and protected totals."""

    name = "apps.classroom"
    default_auto_field = "django.db.models.BigAutoField"
