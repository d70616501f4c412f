"""Django's configuration of the website app."""

from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    """Home, method, privacy, errors and health; it stands on top of all other apps."""

    name = "apps.website"

    def ready(self) -> None:
        """Register the checks of the settings."""
        from apps.website import checks  # noqa: F401
