"""Django's configuration of the guidance app."""

from django.apps import AppConfig


class GuidanceConfig(AppConfig):
    """Guides, actions, claims and the glossary."""

    name = "apps.guidance"
