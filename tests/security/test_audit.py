"""The audit of dependencies calls nothing audited that nobody answered for."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".ci" / "audit.py"
LOUD = "NOT AUDITED"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- What is asked about -------------------------------------------------------------------------------


def test_each_pin_is_read_with_hashes_markers_and_extras_left_out(audit):
    text = (
        "# a comment\n"
        "Django==5.2.19 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via -r requirements.in\n"
        "psycopg[binary]==3.3.4 ; python_version < '3.11' \\\n    --hash=sha256:cc\n"
        "colorama==0.4.6 ; sys_platform == 'win32'\n"
        "asgiref==3.12.1 ; python_full_version < '3.11'\nasgiref==3.13.0 ; python_full_version >= '3.11'\n"
    )
    assert audit.pins_in(text) == {
        *(("django", "5.2.19"), ("psycopg", "3.3.4"), ("colorama", "0.4.6")),
        *(("asgiref", "3.12.1"), ("asgiref", "3.13.0")),
    }


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "Django>=5\n", "Django==5.*\n", "Django\n", "-r other.txt\n", "x @ https://x.example/x.whl\n"]
)
def test_what_pins_nothing_is_not_audited(audit, text):
    with pytest.raises(audit.NotAudited):
        audit.pins_in(text)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_all_that_the_project_pins_is_asked_about(audit, name):
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = audit.pins_in(text)
    assert len(pins) == sum(line[:1].isalnum() for line in text.splitlines())
    assert set.union(*audit.in_turns(pins)) == pins
    assert all(len({name for name, _ in part}) == len(part) for part in audit.in_turns(pins))


# --- What is made of the answers -----------------------------------------------------------------------

PINS = {("django", "5.2.19"), ("pyyaml", "6.0.3")}
CLEAN = [
    {"name": "Django", "version": "5.2.19", "vulns": []},
    {"name": "PyYAML", "version": "6.0.3", "vulns": []},
]


def test_an_answer_for_every_pin_is_an_audit(audit):
    assert audit.weaknesses(PINS, json.dumps({"dependencies": CLEAN})) == []


@pytest.mark.parametrize(
    "report",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"dependencies": []}',
        '{"dependencies": [1]}',
        json.dumps({"dependencies": CLEAN[:1]}),
        json.dumps({"dependencies": [CLEAN[0], {"name": "pyyaml", "skip_reason": "not found"}]}),
        json.dumps({"dependencies": [CLEAN[0], {"name": "pyyaml", "version": "6.0.2", "vulns": []}]}),
    ],
)
def test_an_answer_that_leaves_something_out_is_none(audit, report):
    with pytest.raises(audit.NotAudited):
        audit.weaknesses(PINS, report)


def test_a_weakness_is_told_even_where_another_pin_was_skipped(audit):
    weak = {**CLEAN[0], "vulns": [{"id": "PYSEC-1", "fix_versions": ["5.2.20"], "aliases": [], "description": "x"}]}
    assert audit.weaknesses(PINS, json.dumps({"dependencies": [weak]})) == [
        "Django 5.2.19: PYSEC-1, mended in 5.2.20"
    ]


# --- The whole way, with a source on this machine ------------------------------------------------------


class Source(BaseHTTPRequestHandler):
    """Answers as OSV does: what is known of a package at a version."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name, version = asked["package"]["name"], asked["version"]
        self.server.asked.append((name, version))
        status, answer = 200, {}
        if (name, version) == self.server.weak:
            affected = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}
            ]}
            answer = {"vulns": [{"id": "OSV-7", "summary": "bad", "aliases": [], "affected": [affected]}]}
        if name == self.server.broken:
            status = 500
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def source() -> Iterator[ThreadingHTTPServer]:
    pytest.importorskip("pip_audit")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Source)
    server.asked, server.weak, server.broken = [], ("", ""), ""
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run(folder: Path, *words: str, port: int = 9) -> subprocess.CompletedProcess[str]:
    """Run the audit; nothing listens at the port unless one is given."""
    file = folder / "requirements.txt"
    if not file.exists():
        file.write_text("django==5.2.19\nasgiref==3.12.1\nasgiref==3.13.0\nnh3==0.3.8 ; sys_platform == 'win32'\n")
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(file), "--osv-url", f"http://127.0.0.1:{port}/v1/query", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_pin_is_asked_about_and_the_audit_says_how_many(tmp_path, source):
    done = run(tmp_path, "--source", "osv", port=source.server_port)
    assert (done.returncode, done.stdout) == (0, "Audited by osv: 4 pins, no known weakness.\n")
    assert sorted(source.asked) == [
        *(("asgiref", "3.12.1"), ("asgiref", "3.13.0"), ("django", "5.2.19"), ("nh3", "0.3.8")),
    ]


@pytest.mark.parametrize("words", [(), ("--warn",)])
def test_a_known_weakness_fails_the_check(tmp_path, source, words):
    source.weak = ("asgiref", "3.13.0")  # in the second part
    done = run(tmp_path, "--source", "osv", *words, port=source.server_port)
    assert done.returncode == 1
    assert "asgiref 3.13.0: OSV-7, mended in 99.1" in done.stdout
    assert LOUD not in done.stdout


@pytest.mark.parametrize(("words", "status"), [((), 2), (("--warn",), 0)])
def test_a_source_that_fails_for_one_pin_or_is_not_there_is_no_audit(tmp_path, source, words, status):
    source.broken = "nh3"
    for port in (source.server_port, 9):
        done = run(tmp_path, "--source", "osv", *words, port=port)
        assert done.returncode == status
        assert done.stdout.startswith(f"*** {LOUD}")
        assert "no known weakness" not in done.stdout


def test_a_file_that_cannot_be_read_is_no_audit(tmp_path):
    (tmp_path / "requirements.txt").write_text("django>=5\n")
    done = run(tmp_path)
    assert done.returncode == 2
    assert LOUD in done.stdout
    assert run(tmp_path, "not-there.txt").returncode == 2
