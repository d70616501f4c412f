"""A running site, the people on it, and what its pages say while something is broken."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.bench.client import Browser, Reply
from tests.bench.servers import ROOT, children, environment, free_port

TOKEN = "operator-" + "t" * 40
SIGN_IN = "/editor/sign-in/"
START_SECONDS, STOP_SECONDS = 60, 30
_networks = count(1)


@dataclass
class Running:
    """A gunicorn of the site with its data; `variables` are in its environment."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    """A command that runs it, such as one that moves its clock."""
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    log_file: Path | None = None
    root: Path = ROOT
    """The code that it runs."""

    @property
    def log(self) -> Path:
        """Return where it writes what it says."""
        return self.log_file or self.folder / "server.log"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.port = self.port or free_port()
        more = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PUBLIC_ORIGIN": f"http://127.0.0.1:{self.port}",
            "WEB_CONCURRENCY": "2",
            "THREADS": "4",
            "PROXIES": "1",
            "METRICS_TOKEN": TOKEN,
            "REQUEST_LOG": "all",
            "EDITION_REFRESH_SECONDS": "1",
        }
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*self.before, sys.executable, "-m", "gunicorn", "-c", "privacycheck/gunicorn.conf.py"],
                cwd=self.root,
                env=environment(self.folder, **(more | self.variables)),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(
            lambda: self.answers("/healthz") == 200, START_SECONDS, f"an answer; it said:\n{self.said()[-2000:]}"
        )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and return its exit code."""
        assert self.process
        if self.process.poll() is None:
            # A command that runs it may pass no signal on.
            master = (*(children(self.process.pid) if self.before else ()), self.process.pid)[0]
            os.kill(master, how)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def workers(self) -> tuple[int, ...]:
        """Return the process ids of its workers."""
        assert self.process
        master = self.process.pid
        below = children(master)
        # Under a command that runs it, the master is that command's child.
        return children(below[0]) if self.before and len(below) == 1 and children(below[0]) else below

    def browser(self) -> Browser:
        """Return a new browser, from a network of its own so that no limit is met."""
        return Browser(self.port, more=from_a_network_of_its_own())

    def answers(self, path: str) -> int:
        """Return the status that a path is answered with, 0 without an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"X-Forwarded-For": "10.0.0.1"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def said(self) -> str:
        """Return all that it wrote."""
        return self.log.read_text(errors="replace") if self.log.is_file() else ""


def from_a_network_of_its_own() -> str:
    """Return the header of a proxy for somebody from a network of which no limit has heard."""
    number = next(_networks)
    return f"X-Forwarded-For: 10.{number >> 8 & 255}.{number & 255}.1\r\n"


@contextmanager
def running(folder: Path, before: tuple[str, ...] = (), log: str = "", **variables: str) -> Iterator[Running]:
    """Run the site in a prepared folder, and look through what it wrote when it is over."""
    site = Running(folder, variables, before, log_file=Path(log) if log else None)
    site.start()
    try:
        yield site
    finally:
        site.stop()
    nothing_told(site.said())


def nothing_told(said: str) -> None:
    """Nothing that a server writes names a visitor's network, or holds a cookie, a code or a token."""
    for secret in (
        r"\b10\.\d+\.\d+\.1\b",
        r"sheet=",
        r"csrf(token|middlewaretoken)",
        r"/join/[A-Z0-9]",
        r"/manage/",
        TOKEN,
    ):
        found = re.search(f".*{secret}.*", said)
        assert found is None, found and found[0][:300]


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait until something holds, and return how long it took. Raise AssertionError after so many seconds."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if holds():
            return time.monotonic() - begun
        time.sleep(0.1)
    raise AssertionError(f"Waited {seconds} seconds for {what}")


def freeze(*processes: int) -> None:
    """Stop processes where they are."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)


def thaw(*processes: int) -> None:
    """Let processes go on."""
    for process in processes:
        os.kill(process, signal.SIGCONT)


# --- What pages say ------------------------------------------------------------------------------------


def timed(ask: Callable[[], Reply]) -> tuple[Reply, float]:
    """Return an answer and the seconds it took."""
    begun = time.monotonic()
    return ask(), time.monotonic() - begun


def says_it_is_away(ask: Callable[[], Reply], within: float) -> None:
    """An answer that comes in time and says kindly that a part is away, when to come again, and no more."""
    reply, seconds = timed(ask)
    text = reply.text()
    assert reply.status == 503, (reply.status, text[:500])
    assert 1 <= int(reply.headers["retry-after"]) <= 60
    assert reply.headers["content-type"].startswith("text/html")
    assert "no-store" in reply.headers["cache-control"]
    assert "<h1" in text
    assert not re.search(r"Traceback|psycopg|sqlite|OperationalError|database", text, re.IGNORECASE), text[:2000]
    assert seconds <= within, f"{seconds:.1f} s"


def signing_in(site: Running) -> Callable[[], Reply]:
    """An editor who has typed a name and a password, and presses the button."""
    editor = site.browser()
    page = editor.get(SIGN_IN).expect(200, SIGN_IN)
    return lambda: editor.post(SIGN_IN, page, [("username", "wanda"), ("password", "not her password at all")])
