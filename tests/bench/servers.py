"""The servers that are measured: gunicorn as the site runs it, in a folder that is thrown away afterwards."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE = "privacycheck.wsgi:application"
SITE_SETTINGS = "privacycheck.settings"
BARE = "tests.bench.bare:application"
BARE_SETTINGS = "tests.bench.bare"
START_SECONDS = 60
STOP_SECONDS = 10
FROM_THE_SHELL = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT"}


class ServerFailed(Exception):
    """A server or a command that prepares it did not do its work. The text is what it said."""


class NotInstalled(Exception):
    """This machine has no PostgreSQL. The text says what was looked for."""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the variables of a process of the site: only its folder is set, whatever the shell has set."""
    kept = {name: value for name, value in os.environ.items() if name in FROM_THE_SHELL}
    return kept | {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "privacycheck.settings"} | more


@contextmanager
def prepared_folder() -> Iterator[Path]:
    """Give a temporary DATA_DIR with a database, the shipped content as edition 1, and the static files.

    Raise ServerFailed.
    """
    with tempfile.TemporaryDirectory(prefix="privacycheck-bench-") as name:
        folder = Path(name)
        prepare(folder)
        manage(folder, "collectstatic", "--noinput", "--verbosity", "0")
        yield folder


def prepare(folder: Path, **variables: str) -> None:
    """Make the tables of a fresh database and publish the shipped content in it. Raise ServerFailed."""
    manage(folder, "migrate_all", "--verbosity", "0", **variables)
    manage(folder, "publish_pack", "apps/editions/pack", "--note", "The edition of the bench", **variables)


def manage(folder: Path, *words: str, **variables: str) -> None:
    """Run one management command. Raise ServerFailed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode:
        raise ServerFailed(f"manage.py {words[0]} failed:\n{(done.stdout + done.stderr).strip()}")


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Give the DATABASE_URL of a PostgreSQL of its own with the shipped content. Raise NotInstalled or ServerFailed."""
    # pytest, which that module needs, is slow to import.
    from tests.classroom.postgres import server

    with ExitStack() as stack:
        try:
            url = stack.enter_context(server()).url
        except BaseException as error:
            if type(error).__name__ != "Skipped":  # pytest's, which is no Exception
                raise
            raise NotInstalled(str(error)) from None
        prepare(folder, DATABASE_URL=url)
        yield url


@dataclass(frozen=True)
class Server:
    """A running gunicorn: its port, its worker processes, and the processor time that its start took."""

    port: int
    workers: tuple[int, ...]
    start_cpu: float

    def cpu_seconds(self) -> float:
        """Return the processor time, user and system, that the workers have used so far."""
        return sum(cpu_seconds(worker) for worker in self.workers)

    def memory(self) -> list[int]:
        """Return the memory of each worker in bytes, pages shared with others divided between them (PSS)."""
        return [pss_bytes(worker) for worker in self.workers]

    def open_files(self) -> int:
        """Return the most open file descriptors, connections included, of any worker."""
        return max(len(os.listdir(f"/proc/{worker}/fd")) for worker in self.workers)


@contextmanager
def serving(
    application: str, folder: Path, *, workers: int, threads: int, settings: str, **variables: str
) -> Iterator[Server]:
    """Run gunicorn with the site's own configuration, on a free port of this machine, and stop it afterwards.
    `variables` are added to its environment.

    Workers are never replaced, so that their figures have one beginning. They return memory as the shipped unit and
    image have them do. Raise ServerFailed.
    """
    port = free_port()
    more = {
        "DJANGO_SETTINGS_MODULE": settings,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_ORIGIN": f"http://127.0.0.1:{port}",
        "WEB_CONCURRENCY": str(workers),
        "THREADS": str(threads),
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_TRIM_THRESHOLD_": "65536",
        **variables,
    }
    never_replaced = ["--max-requests", "0", "--max-requests-jitter", "0"]
    log = folder / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "-c", "privacycheck/gunicorn.conf.py"),
                *never_replaced,
                application,
            ],
            cwd=ROOT,
            env=environment(folder, **more),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        found = _workers_when_ready(process, port, workers, log)
        yield Server(port, found, cpu_seconds(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _workers_when_ready(process: subprocess.Popen[bytes], port: int, count: int, log: Path) -> tuple[int, ...]:
    """Wait until the server answers and all its workers have begun; return their process ids."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if _answers(port) and len(workers := children(process.pid)) == count:
            return workers
        time.sleep(0.1)
    last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise ServerFailed(f"gunicorn did not start:\n{last_lines}")


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False


def children(parent: int) -> tuple[int, ...]:
    """Return the process ids of a process's children."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(after_name[1]) == parent:
            found.append(int(stat.parent.name))
    return tuple(sorted(found))


def cpu_seconds(process: int) -> float:
    """Return the user and system time of a process so far.

    `schedstat` counts it in nanoseconds for each thread; without it, `stat` counts in hundredths of a second,
    which is coarse beside a request.
    """
    threads = list(Path(f"/proc/{process}/task").glob("*/schedstat"))
    if threads:
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_bytes(process: int) -> int:
    """Return the proportional set size of a process in bytes."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ServerFailed(f"The system does not tell the memory of process {process}.")
