#!/usr/bin/env python
"""Django's command line for PrivacyCheck."""

import os
import sys

FOR_OTHERS = {"check_pack", "collectstatic", "compilemessages", "makemessages", "makemigrations"}
"""Commands that write files of the project, which whoever serves it reads."""


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "privacycheck.settings")
    if FOR_OTHERS.isdisjoint(sys.argv[1:2]):
        os.umask(0o077)  # on SQLite almost any command may be the one that makes the database
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"PrivacyCheck cannot start: {error}")


if __name__ == "__main__":
    main()
