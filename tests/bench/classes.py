"""Classes under load: contributions and looks at the screen, with 1,000 open classes, on each database."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from django.http import HttpResponse

from apps.classroom import codes, items
from apps.classroom.cookies import new_joined, with_joined
from apps.classroom.models import Class
from apps.classroom.totals import LARGEST_SIZE
from apps.editions.compiled import CompiledEdition
from tests.bench.client import Connection, Request, RequestFailed
from tests.bench.report import Bar, Cell, Section
from tests.bench.servers import ROOT, SITE, Server, ServerFailed, environment, serving
from tests.classroom.worker import Worker

CLASSES = 1_000
PROCESSES = 8
DIRECTLY = f"contribution, {PROCESSES} processes"
LEAST = 500.0
"""Contributions a second that eight processes shall bring into one class."""
SECONDS = 3.0
TOKEN = "t" * 32
"""The same in the cookie and in the form; it only has to match."""


def measure_classes(folder: Path, edition: CompiledEdition) -> Section:
    """Return what classes cost on SQLite and, where it is installed, on PostgreSQL. Raise RequestFailed or ServerFailed."""
    rows = _on(folder, "", "SQLite", edition)
    notes = [
        "1,000 open classes. Directly: eight processes add to one class after another, all to the same one at a time.",
        "Over HTTP: eight connections, 2 workers with 4 threads; the clients share the cores with the server.",
    ]
    from tests.classroom.postgres import server

    try:
        with ExitStack() as stack:
            running = stack.enter_context(server())
            _prepare(folder, running.url)
            rows += _on(folder, running.url, "PostgreSQL", edition)
    except BaseException as error:
        if type(error).__name__ != "Skipped":
            raise
        notes.append(f"Not on PostgreSQL: {error}")
    directly = [row for row in rows if row["what"] == DIRECTLY]
    bars = (
        *(
            Bar(f"contributions a second on {row['database']}", float(row["per second"] or 0), LEAST, is_least=True)
            for row in directly
        ),
        Bar("contributions lost or doubled", sum(float(row["errors"] or 0) for row in directly), 0),
    )
    return Section("classes", "7. Classes", tuple(rows), tuple(notes), bars)


def _prepare(folder: Path, url: str) -> None:
    """Make the tables of a fresh database and publish the content in it."""
    for command in (["migrate_all", "--verbosity", "0"], ["publish_pack", "apps/editions/pack", "--note", "Bench"]):
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment(folder, DATABASE_URL=url),
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise ServerFailed(f"manage.py {command[0]} failed:\n{(done.stdout + done.stderr).strip()}")


def _on(folder: Path, url: str, name: str, edition: CompiledEdition) -> list[dict[str, Cell]]:
    """Return the rows of one database."""
    rows = [_directly(folder, url, name)]
    more = {"DATABASE_URL": url} if url else {}
    settings = "privacycheck.settings"
    with (
        _open_classes(folder, url, CLASSES) as opened,
        serving(SITE, folder, workers=2, threads=4, settings=settings, PROXIES="1", **more) as site,
    ):
        asks: tuple[tuple[str, int, Callable[[], Iterator[Request]]], ...] = (
            ("screen, 200", 200, lambda: _looks(opened)),
            ("screen, 304", 304, lambda: _looks(opened[:200], _etags(site, opened[:200]))),
            ("contribution", 303, lambda: _additions(opened, edition)),
        )
        rows += [_over_http(site, name, what, status, ask()) for what, status, ask in asks]
    return rows


@contextmanager
def _open_classes(folder: Path, url: str, count: int) -> Iterator[list[str]]:
    """Give the codes of so many open classes with the shipped questions."""
    with Worker(folder, url) as worker:
        yield worker.ask("open_many", count=count)


def _directly(folder: Path, url: str, name: str) -> dict[str, Cell]:
    """Return how many contributions a second eight processes bring in, and whether any was lost or counted twice."""
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(folder, url)) for _ in range(PROCESSES)]
        opened = workers[0].ask("open_many", count=400)
        # Each process has its modules and its connection before the clock starts.
        for worker, code in zip(workers, workers[0].ask("open_many", count=PROCESSES), strict=True):
            worker.ask("add_to_all", codes=[code], each=1, seconds=60)
        for worker in workers:
            worker.tell("add_to_all", codes=opened, each=LARGEST_SIZE // PROCESSES, seconds=SECONDS)
        found = [worker.answer() for worker in workers]
        stored = workers[0].ask("people_in", codes=opened)
    added = sum(one["added"] for one in found)
    wrong = sum(one["errors"] for one in found) + abs(added - stored)
    return {
        "database": name,
        "what": DIRECTLY,
        "per second": added / max(one["seconds"] for one in found),
        "CPU ms each": sum(one["cpu"] for one in found) * 1e3 / max(1, added),
        "errors": wrong,
    }


# --- Over HTTP -----------------------------------------------------------------------------------------


def _over_http(site: Server, name: str, what: str, status: int, requests: Iterator[Request]) -> dict[str, Cell]:
    """Send requests from eight connections for a while and return how many were answered as they should be."""
    lock, done, errors = threading.Lock(), [0], [0]
    until = time.perf_counter() + SECONDS

    def go() -> None:
        connection = Connection(site.port)
        while time.perf_counter() < until:
            with lock:
                request = next(requests, None)
            if request is None:
                break
            try:
                reply = connection.ask(request.raw(site.port))
                good = reply.status == status
            except (RequestFailed, OSError):
                good = False
            with lock:
                done[0] += good
                errors[0] += not good
        connection.close()

    cpu, begun = site.cpu_seconds(), time.perf_counter()
    threads = [threading.Thread(target=go, daemon=True) for _ in range(PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 30)
    took, cpu = time.perf_counter() - begun, site.cpu_seconds() - cpu
    return {
        "database": name,
        "what": what,
        "per second": done[0] / took,
        "CPU ms each": cpu * 1e3 / max(1, done[0]),
        "errors": errors[0],
    }


def _looks(opened: list[str], etags: dict[str, str] | None = None) -> Iterator[Request]:
    for code in itertools.cycle(opened):
        held = f"If-None-Match: {etags[code]}\r\n" if etags else ""
        yield Request("GET", f"/en/classes/{code}/screen/", more=held + _network(code))


def _etags(site: Server, opened: list[str]) -> dict[str, str]:
    connection = Connection(site.port)
    found = {}
    for code in opened:
        request = Request("GET", f"/en/classes/{code}/screen/", more=_network(code))
        found[code] = connection.ask(request.raw(site.port)).expect(200, "a screen").headers["etag"]
    connection.close()
    return found


def _additions(opened: list[str], edition: CompiledEdition) -> Iterator[Request]:
    """Yield contributions of people who have joined: a class at a time, each from a browser of its own."""
    topics = [topic.id for topic in edition.scored_topics]
    counted = items.items_for(topics, [family.id for family in edition.pack.families])
    fields = [("round", "1"), ("edition", str(edition.number)), ("add", "1"), ("csrfmiddlewaretoken", TOKEN)]
    body = urlencode([*fields, *((f"pick-{item.id}", item.categories[0]) for item in counted)]).encode()
    for code in opened:
        for _ in range(LARGEST_SIZE - 1):
            joined = new_joined(Class(code=code, topics=topics, edition=edition.number), edition)
            response = with_joined(HttpResponse(), joined)
            cookies = "; ".join(
                [f"csrftoken={TOKEN}", *(f"{one.key}={one.value}" for one in response.cookies.values())]
            )
            yield Request("POST", f"/en/join/{code}/add/", cookies=cookies, body=body, more=_network(codes.new_token()))


def _network(seed: str) -> str:
    """Return the header of a proxy that saw a network of this seed's own, so that no limit is met."""
    first, second = hash(seed) & 255, hash(seed) >> 8 & 255
    return f"X-Forwarded-For: 10.{first}.{second}.1\r\n"
