"""What would make the site unsafe or useless once it runs, each in one line.

A single value that cannot be right is refused where it is read, in the settings. Here is what only several values
together show, or the machine. Whatever is found stops the start of a server, see `refuse_unsafe_start`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core import checks

FEWEST_SIGNS = 10
"""A random key of 50 characters has far more different ones, even one that is written in hexadecimal digits."""

PLACEHOLDERS = ("django-insecure", "change", "replace", "your-", "your_", "example", "secret")
"""What stands in keys and passwords that were copied from somewhere, in small letters."""

SHORTEST_KEY = 50


class UnsafeStart(SystemExit):
    """The site is not started; the text is one line for each reason."""


# --- Settings ----------------------------------------------------------------------------------------------


@checks.register(checks.Tags.security, deploy=True)
def keys_cannot_be_guessed(**_: Any) -> list[checks.CheckMessage]:
    """Find keys that somebody could know or guess: whoever does can write every cookie."""
    found: list[checks.CheckMessage] = []
    if _is_guessable(settings.SECRET_KEY):
        found.append(_error("E001", "SECRET_KEY can be guessed. Take 50 or more characters that were drawn at random."))
    for number, key in enumerate(settings.SECRET_KEY_FALLBACKS, 1):
        if len(key) < SHORTEST_KEY or _is_guessable(key):
            found.append(_error("E002", f"Key {number} of SECRET_KEY_FALLBACKS can be guessed. Leave it out."))
    if settings.METRICS_TOKEN in {settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS}:
        found.append(_error("E003", "METRICS_TOKEN is the same as SECRET_KEY, which is for nobody. Take another."))
    return found


def _is_guessable(key: str) -> bool:
    return len(set(key)) < FEWEST_SIGNS or _is_placeholder(key)


def _is_placeholder(text: str) -> bool:
    return any(text.lower().startswith(word) for word in PLACEHOLDERS)


@checks.register(checks.Tags.security, deploy=True)
def the_database_has_a_password_of_its_own(**_: Any) -> list[checks.CheckMessage]:
    """Find passwords of the database that everybody tries first."""
    found: list[checks.CheckMessage] = []
    for alias, database in settings.DATABASES.items():
        password, user = str(database.get("PASSWORD") or ""), str(database.get("USER") or "")
        if password and (password.lower() in {user.lower(), "postgres", "password"} or _is_placeholder(password)):
            found.append(_error("E004", f"The password of the database {alias} can be guessed. Take a random one."))
    return found


@checks.register(checks.Tags.security, deploy=True)
def the_proxies_are_counted(**_: Any) -> list[checks.CheckMessage]:
    """Find a site behind a proxy that was not told so: all visitors would share one limit."""
    if settings.IS_HTTPS and not settings.PROXIES_IS_SET:
        return [
            _error(
                "E005",
                "PROXIES is not set. Say how many proxies add to X-Forwarded-For: 1 behind nginx or a balancer, "
                "0 where gunicorn itself ends TLS.",
            )
        ]
    return []


@checks.register(checks.Tags.security, deploy=True)
def plain_http_stays_on_this_machine(**_: Any) -> list[checks.CheckMessage]:
    """Find a site for this machine alone that listens to the network: it would serve plain http to all of it."""
    if settings.IS_LOOPBACK and not settings.IS_HTTPS and not settings.LISTENS_ON_LOOPBACK:
        return [
            _error(
                "E006",
                "HOST lets others reach this site, but PUBLIC_ORIGIN is this machine alone. "
                "Set PUBLIC_ORIGIN to the https address that visitors use, or HOST to 127.0.0.1.",
            )
        ]
    return []


def _error(number: str, text: str) -> checks.Error:
    return checks.Error(text, id=f"website.{number}")


# --- The machine -------------------------------------------------------------------------------------------


def faults_of_the_machine() -> Iterator[str]:
    """Yield what is missing on this machine. A database elsewhere may come later; pages say so until it does."""
    for alias, database in settings.DATABASES.items():
        if database["ENGINE"].endswith("sqlite3") and database["NAME"] != ":memory:":
            yield from _faults_of_file(alias, Path(database["NAME"]))
    if isinstance(staticfiles_storage, ManifestFilesMixin) and not staticfiles_storage.hashed_files:
        yield "Styles and scripts are not collected. Run: python manage.py collectstatic --noinput"


def _faults_of_file(alias: str, file: Path) -> Iterator[str]:
    if not file.parent.is_dir():
        yield f"The folder of the database {alias} is not there: {file.parent}. Make it, or set DATA_DIR."
    elif not os.access(file.parent, os.W_OK):
        yield f"The folder of the database {alias} cannot be written to: {file.parent}."
    elif file.exists() and not os.access(file, os.W_OK):
        yield f"The database {alias} cannot be written to: {file}."


# --- At the start ------------------------------------------------------------------------------------------


def refuse_unsafe_start() -> None:
    """Raise UnsafeStart with one line for each thing that is wrong.

    Checks of a deployment count too, Django's own among them. On this machine alone, where http is allowed, there is
    one of them only: that it is this machine alone.
    """
    found = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=not settings.IS_LOOPBACK)
    if settings.IS_LOOPBACK:
        found += plain_http_stays_on_this_machine()
    found.sort(key=lambda one: one.id or "")  # Django runs its checks in any order
    wrong = [f"{one.msg} ({one.id})" for one in found if one.level >= checks.WARNING and not one.is_silenced()]
    wrong += faults_of_the_machine()
    if wrong:
        raise UnsafeStart("\n".join(f"Not started: {' '.join(line.split())}" for line in wrong))
