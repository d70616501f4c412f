"""What would be unsafe stops the start, with one clear line for each reason."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from apps.website import checks
from tests.bench.servers import ROOT

KEY = secrets.token_urlsafe(64)
IN_PRODUCTION = {"PUBLIC_ORIGIN": "https://privacycheck.example", "SECRET_KEY": KEY, "PROXIES": "1"}


def run(folder, *command, **more):
    """Run something with the settings of a deployment and nothing of the shell's."""
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "privacycheck.settings"}
    env |= IN_PRODUCTION | more
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={name: value for name, value in env.items() if value != "unset"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def last_line(done):
    assert done.returncode != 0
    return done.stderr.splitlines()[-1]


# --- One value that cannot be right ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unsafe", "says"),
    [
        ({"DEBUG": "1"}, "DEBUG shows a visitor's data"),
        ({"DEBUG": "1", "PUBLIC_ORIGIN": "http://127.0.0.1:8000", "HOST": "0.0.0.0"}, "Set HOST to 127.0.0.1"),
        ({"SECRET_KEY": "unset"}, "SECRET_KEY is missing or shorter than 50"),
        ({"SECRET_KEY": KEY[:49]}, "SECRET_KEY is missing or shorter than 50"),
        ({"ALLOWED_HOSTS": "one.example,*"}, "ALLOWED_HOSTS may not be *"),
        ({"PUBLIC_ORIGIN": "http://privacycheck.example"}, "plain http only on this machine"),
        ({"PUBLIC_ORIGIN": "privacycheck.example"}, "Write it as scheme and host"),
        ({"CLASS_MINIMUM": "9"}, "CLASS_MINIMUM is the fewest people"),
        ({"PROXIES": "-1"}, "PROXIES is how many proxies"),
        ({"METRICS_TOKEN": "x" * 31}, "METRICS_TOKEN is shorter than 32"),
        ({"METRICS_TOKEN": "é" * 40}, "METRICS_TOKEN is shorter than 32 characters, or not of plain"),
        ({"REQUEST_LOG": "everything"}, "REQUEST_LOG is errors"),
        ({"HSTS": "on"}, "HSTS is subdomains"),
        ({"DATABASE_URL": "postgres://u:hunter2/x@127.0.0.1/c"}, "DATABASE_URL cannot be read"),
        ({"DATABASE_URL": "mysql://a:b@127.0.0.1/c"}, "DATABASE_URL must begin with"),
    ],
)
def test_an_unsafe_value_is_refused_by_name(tmp_path, unsafe, says):
    line = last_line(run(tmp_path, "-c", "import privacycheck.settings", **unsafe))
    assert says in line
    assert "hunter2" not in line


# --- Values that are wrong together ----------------------------------------------------------------------


def found(**changed):
    deployed = {"IS_HTTPS": True, "IS_LOOPBACK": False, "PROXIES_IS_SET": True, "SECRET_KEY": KEY, "DATABASES": database()}
    with override_settings(**(deployed | changed)):
        messages = run_checks(tags=["security"], include_deployment_checks=True)
    return [one.id for one in messages if one.id.startswith("website.")]


def database(**values):
    return {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "site", **values}}


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")  # they are only read here
@pytest.mark.parametrize(
    ("changed", "ids"),
    [
        ({}, []),
        ({"SECRET_KEY": secrets.token_hex(30)}, []),
        ({"SECRET_KEY": "x" * 60}, ["website.E001"]),
        ({"SECRET_KEY": "abcdefgh" * 8}, ["website.E001"]),
        ({"SECRET_KEY": f"django-insecure-{KEY}"}, ["website.E001"]),
        ({"SECRET_KEY": f"Change-me-{KEY}"}, ["website.E001"]),
        ({"SECRET_KEY_FALLBACKS": [secrets.token_hex(30)]}, []),
        ({"SECRET_KEY_FALLBACKS": ["short"]}, ["website.E002"]),
        ({"SECRET_KEY_FALLBACKS": [secrets.token_hex(30), "y" * 60]}, ["website.E002"]),
        ({"METRICS_TOKEN": secrets.token_hex(20)}, []),
        ({"METRICS_TOKEN": KEY}, ["website.E003"]),
        ({"SECRET_KEY_FALLBACKS": [KEY[::-1]], "METRICS_TOKEN": KEY[::-1]}, ["website.E003"]),
        ({"DATABASES": database(USER="site", PASSWORD=secrets.token_hex(8))}, []),
        ({"DATABASES": database(USER="site")}, []),
        ({"DATABASES": database(USER="site", PASSWORD="Site")}, ["website.E004"]),
        ({"DATABASES": database(USER="site", PASSWORD="postgres")}, ["website.E004"]),
        ({"DATABASES": database(USER="site", PASSWORD="change-me")}, ["website.E004"]),
        ({"PROXIES_IS_SET": False}, ["website.E005"]),
        ({"PROXIES_IS_SET": False, "IS_HTTPS": False}, []),
        ({"LISTENS_ON_LOOPBACK": False}, []),  # a proxy stands before it
        ({"IS_HTTPS": False, "IS_LOOPBACK": True, "LISTENS_ON_LOOPBACK": False}, ["website.E006"]),
    ],
)
def test_what_is_wrong_together_is_found(changed, ids):
    assert found(**changed) == ids


def test_no_message_repeats_a_secret(tmp_path):
    weak = "change-me-" + "a1b2c3d4" * 8
    done = run(tmp_path, "manage.py", "check", "--deploy", SECRET_KEY=weak, DATABASE_URL="postgres://u:change-me@127.0.0.1/n")
    assert "website.E001" in done.stderr
    assert "website.E004" in done.stderr
    assert weak not in done.stderr
    assert "change-me" not in done.stderr


def test_a_proper_deployment_passes_every_check(tmp_path):
    done = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


# --- The machine -----------------------------------------------------------------------------------------


def files(folder):
    return override_settings(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "one.sqlite3")}})


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_a_folder_that_is_not_there_or_cannot_be_written_to_is_named(tmp_path, monkeypatch):
    with files(tmp_path / "none"):
        assert list(checks.faults_of_the_machine()) == [
            f"The folder of the database default is not there: {tmp_path / 'none'}. Make it, or set DATA_DIR."
        ]
    with files(tmp_path):
        assert list(checks.faults_of_the_machine()) == []
        # Whoever runs the tests may be allowed everything.
        monkeypatch.setattr(checks.os, "access", lambda path, mode: Path(path) != tmp_path)
        assert list(checks.faults_of_the_machine()) == [
            f"The folder of the database default cannot be written to: {tmp_path}."
        ]
        (tmp_path / "one.sqlite3").touch()
        monkeypatch.setattr(checks.os, "access", lambda path, mode: Path(path) == tmp_path)
        assert list(checks.faults_of_the_machine()) == [
            f"The database default cannot be written to: {tmp_path / 'one.sqlite3'}."
        ]


# --- The server itself -----------------------------------------------------------------------------------


def serve(folder, **more):
    return run(folder, "-m", "gunicorn", "-c", "privacycheck/gunicorn.conf.py", PORT="0", WEB_CONCURRENCY="1", **more)


def refusals(done):
    """Return the reasons, having proved that nothing else was printed and that the server did not start."""
    assert done.returncode not in (0, None)
    said = done.stderr + done.stdout
    assert "Traceback" not in said
    assert "Listening at" not in said
    lines = [line for line in said.splitlines() if line.startswith("Not started: ")]
    others = [line for line in said.splitlines() if line not in lines]
    assert all(re.match(r"time=\S+ level=\w+ logger=", line) or "UserWarning" in line or line.startswith("  ") for line in others)
    return [line.removeprefix("Not started: ") for line in lines]


def test_a_server_does_not_start_and_says_each_reason_in_one_line(tmp_path):
    lines = refusals(serve(tmp_path, SECRET_KEY="x" * 60, PROXIES="unset"))
    assert [re.search(r"\((\w+\.\w+)\)$", line)[1] for line in lines[:-1]] == ["website.E001", "website.E005"]
    assert lines[-1].startswith("Styles and scripts are not collected.")
    assert all("PROXIES" not in line for line in refusals(serve(tmp_path)))


def test_on_this_machine_alone_the_checks_of_a_deployment_do_not_count(tmp_path):
    lines = refusals(serve(tmp_path, PUBLIC_ORIGIN="http://127.0.0.1:8000", SECRET_KEY="x" * 60, PROXIES="unset"))
    assert lines == ["Styles and scripts are not collected. Run: python manage.py collectstatic --noinput"]


def test_what_is_for_this_machine_alone_does_not_listen_to_the_network(tmp_path):
    here = {"PUBLIC_ORIGIN": "http://127.0.0.1:8000", "PROXIES": "unset"}
    lines = refusals(serve(tmp_path, HOST="0.0.0.0", **here))
    assert [line for line in lines if "website.E006" in line and "Set PUBLIC_ORIGIN to the https address" in line]
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert not [line for line in refusals(serve(tmp_path, HOST=host, **here)) if "E006" in line]
