"""Django's configuration of the checkup app."""

from django.apps import AppConfig


class CheckupConfig(AppConfig):
    """What a person walks through: questions, result and plan."""

    name = "apps.checkup"
