"""A PostgreSQL server of our own on a free port of this machine, in a temporary folder, or a reason to skip."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.servers import free_port

USER = "postgres"


@dataclass(frozen=True)
class Server:
    """A running server; `url` is its DATABASE_URL."""

    url: str
    binaries: Path
    folder: Path
    options: str

    def control(self, *words: str) -> None:
        """Run pg_ctl on this server, and on no other."""
        _run(self.binaries / "pg_ctl", "-D", str(self.folder / "data"), "-w", *words)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.control("-o", self.options, "-l", str(self.folder / "log"), "start")

    def crash(self) -> None:
        """Stop it as a power cut would, and start it again."""
        self.control("-m", "immediate", "stop")
        self.start()


@contextmanager
def server() -> Iterator[Server]:
    """A fresh server with one empty database."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: neither initdb in PATH nor /usr/lib/postgresql/*/bin")
    if os.geteuid() == 0 and not _exists(USER):
        pytest.skip("PostgreSQL refuses to run as root, and there is no user named postgres")
    folder = Path(tempfile.mkdtemp(prefix="privacycheck-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        _run(binaries / "initdb", "-D", str(folder / "data"), "-A", "trust", "-U", USER, "--no-sync")
        port = free_port()
        found = Server(
            f"postgres://{USER}@127.0.0.1:{port}/postgres",
            binaries,
            folder,
            f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off",
        )
        found.start()
        try:
            yield found
        finally:
            if (folder / "data" / "postmaster.pid").exists():  # a test may have stopped it
                found.control("-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin/"), default=None)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _run(*command: str | Path) -> None:
    as_user = {"user": USER, "group": USER} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [str(word) for word in command],
        cwd="/",
        stdout=subprocess.PIPE if "start" not in command else subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
        **as_user,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stdout
