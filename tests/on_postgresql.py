"""Run the tests that use a database on PostgreSQL: `python -m tests.on_postgresql`, with pytest's options.

They run on SQLite otherwise. The server is one of our own in a temporary folder, gone afterwards. Tests that use no
database say nothing new here and are left out, as are those that start servers with a database of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.classroom.postgres import server

CANNOT = 2


def main(options: list[str]) -> int:
    """Return pytest's exit code, or `CANNOT` with one line that says why no server could be started."""
    try:
        with server() as postgres:
            return subprocess.call(
                [sys.executable, "-m", "pytest", "-m", "django_db and not drill", "--ignore", "tests/browser", *options],
                env={**os.environ, "TEST_DATABASE_URL": postgres.url},
            )
    except pytest.skip.Exception as reason:
        print(f"The tests did not run on PostgreSQL. {reason}", file=sys.stderr)
        return CANNOT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
