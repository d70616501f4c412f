"""The settings of classes refuse what would weaken the rules, with one clear line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.classroom.worker import KEY, ROOT


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CLASS_MINIMUM", "9", "10 to 40, never fewer"),
        ("CLASS_MINIMUM", "41", "10 to 40, never fewer"),
        ("CLASS_WOBBLE", "1/4", "1/3 (the rule) or 1/2"),
        ("CLASS_WOBBLE", "0", "1/3 (the rule) or 1/2"),
    ],
)
def test_a_weaker_setting_stops_the_start(tmp_path, name, value, says):
    done = subprocess.run(
        [sys.executable, "-c", "import privacycheck.settings"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SECRET_KEY": KEY, "DATA_DIR": str(tmp_path), name: value},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert says in done.stderr.splitlines()[-1]
    assert name in done.stderr.splitlines()[-1]


def test_on_postgresql_there_is_one_database(tmp_path):
    ask = "from privacycheck.settings import *; print(sorted(DATABASES), CLASSROOM_DATABASE)"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "SECRET_KEY": KEY,
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": "postgres://one@127.0.0.1/site",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "['default'] default"
