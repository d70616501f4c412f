"""Make an account for an editor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.desk.roles import BadName, EditorExists, Role, create_editor, renew_link


class Command(BaseCommand):
    """`create_editor NAME --role ROLE [--email ADDRESS] [--new-link]`."""

    help = (
        "Make an account for an editor and print a link to set its password. The link works once, for three days. "
        "Roles: writer (edits the draft), publisher (also publishes and rolls back), administrator (also looks "
        "after people). With --new-link, an editor who exists gets a new link; the old password stops working."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the name, the role and the address."""
        parser.add_argument("name", help="the name to log in with")
        parser.add_argument("--role", choices=[role.value for role in Role], help="what the person is here for")
        parser.add_argument("--email", default="", help="an address for e-mail, if it is to be kept")
        parser.add_argument("--new-link", action="store_true", help="a new link for an editor who exists")

    def handle(self, *args: Any, name: str, role: str | None, email: str, new_link: bool, **options: Any) -> None:
        """Make the account, and print the link alone on the last line."""
        if new_link:
            user = User.objects.filter(username=name).first()
            if user is None:
                raise CommandError(f"There is no editor called {name}.")
            path = renew_link(user)
        else:
            if role is None:
                raise CommandError("Name a role: --role writer, publisher or administrator.")
            try:
                user, path = create_editor(name, Role(role), email)
            except EditorExists as error:
                raise CommandError(f"{error} Use --new-link to give out a new link.") from None
            except BadName as error:
                raise CommandError(str(error)) from None
            self.stdout.write(f"Made {name}, {role}.")
        self.stdout.write("This link sets the password. It works once, for three days:")
        self.stdout.write(f"{settings.PUBLIC_ORIGIN}{path}")
