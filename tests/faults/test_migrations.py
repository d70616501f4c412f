"""Tables are brought up to date by a command that is killed half way: until it is run again the site says so."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bench.servers import ROOT, environment, prepare
from tests.classroom.postgres import server
from tests.faults.running import running, says_it_is_away, wait_until

pytestmark = pytest.mark.drill


def killed_after(seconds: float, folder: Path, **variables: str) -> bool:
    """Begin to make the tables and kill that without a warning; return whether it was over already."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "migrate_all", "--verbosity", "0"],
        cwd=ROOT,
        env=environment(folder, **variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    was_over = process.poll() is not None
    process.kill()
    process.wait(10)
    return was_over


@pytest.mark.parametrize("engine", ["SQLite", "PostgreSQL"])
def test_what_was_killed_half_way_is_completed_by_running_it_again(place: Path, engine: str) -> None:
    for file in place.glob("*.sqlite3*"):
        file.unlink()
    with ExitStack() as stack:
        variables = {} if engine == "SQLite" else {"DATABASE_URL": stack.enter_context(server()).url}
        killed, seconds = 0, 0.5
        while not killed_after(seconds, place, **variables):
            killed, seconds = killed + 1, seconds * 1.15
        assert killed >= 3
        for file in place.glob("*.sqlite3*") if engine == "SQLite" else ():
            file.unlink()
        killed_after(seconds * 0.8, place, **variables)
        with running(place, **variables) as site:
            assert (site.answers("/healthz"), site.answers("/readyz")) == (200, 503)
            says_it_is_away(lambda: site.browser().get("/en/"), 6)
            prepare(place, **variables)
            wait_until(lambda: site.answers("/readyz") == 200, 10, "the site to be ready")
            assert site.answers("/en/guides/t2/") == 200
            assert site.answers("/editor/sign-in/") == 200
