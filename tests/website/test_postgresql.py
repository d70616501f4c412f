"""A PostgreSQL that hangs is not waited for by those who serve pages, and is asked again when it goes on."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from tests.classroom.postgres import Server, server
from tests.operations.site import ROOT, Site


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as found:
        yield found


def said_by(site: Site, code: str) -> dict[str, object]:
    """Run some lines in a process of the site and return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()\n" + textwrap.dedent(code)],
        cwd=ROOT,
        env=site.env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_kept_connection_that_does_not_answer_is_given_up_and_another_is_made(postgres, tmp_path):
    found = said_by(
        Site(tmp_path, postgres.url),
        """
        import json, os, signal, time
        from django.db import OperationalError, close_old_connections, connections

        connection = connections["default"]

        def ask(query="SELECT pg_backend_pid()"):
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchone()[0]

        type(connection).patience = 1.0
        first = ask()
        close_old_connections()  # as at the end of a request
        kept = ask()
        os.kill(first, signal.SIGSTOP)
        begun = time.monotonic()
        try:
            ask()
        except OperationalError as error:
            told = type(error).__name__
        took = time.monotonic() - begun
        os.kill(first, signal.SIGCONT)
        close_old_connections()
        print(json.dumps({"kept": kept == first, "told": told, "took": took, "another": ask() != first}))
        """,
    )
    assert (found["kept"], found["told"], found["another"]) == (True, "OperationalError", True)
    assert 0.9 <= float(str(found["took"])) < 30  # not for ever: the bar is what a machine makes of 1.0


def test_a_command_has_time(postgres, tmp_path):
    found = said_by(
        Site(tmp_path, postgres.url),
        """
        import json
        from django.db import connections

        connection = connections["default"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(1.5)")
        print(json.dumps({"patience": type(connection).patience}))
        """,
    )
    assert found == {"patience": None}


def test_pages_are_served_with_a_limit(postgres, tmp_path):
    site = Site(tmp_path, postgres.url)
    site.managed("migrate_all")
    site.managed("collectstatic", "--noinput", "--verbosity", "0")
    found = said_by(
        site,
        """
        import json
        from apps.website.start import warm_up
        from django.db import connections

        warm_up()
        print(json.dumps({"patience": type(connections["default"]).patience}))
        """,
    )
    assert 0 < float(str(found["patience"])) <= 5
