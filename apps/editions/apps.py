"""Django's configuration of the editions app."""

from django.apps import AppConfig


class EditionsConfig(AppConfig):
    """What editors write and publish."""

    name = "apps.editions"
    default_auto_field = "django.db.models.BigAutoField"
