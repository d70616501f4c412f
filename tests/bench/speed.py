"""Server CPU of single requests and of a whole checkup, beside a bare Django view and a wizard in the same minute.

Rounds alternate between the servers (A B A B), so that whatever else the machine does falls on
both, and the figure kept is the median of the rounds' ratios.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles

from django.urls import reverse

from apps.editions.compiled import CompiledEdition
from tests.bench import wizard
from tests.bench.client import Browser, Connection, Exchange, Request, RequestFailed
from tests.bench.report import Bar, Cell, Section
from tests.bench.servers import Server, serving
from tests.bench.walks import half_way, path, typical, walk
from tests.bench.wizard.walk import walk as walk_wizard
from tests.bench.wizard.walk import write_questions

ROUNDS = 31
"""Many short rounds rather than few long ones: a burst of other work then spoils a few, not the median."""
OF_A_ROUND = 40
"""Requests in one round, the same on both servers: new connections and cold caches weigh the same on both."""
IN_FLIGHT = 4
"""Requests under way at once, so that the worker never waits for the client."""
ROUNDS_OF_WALKS = 15
GZIP = "gzip"
ENCODINGS = ("identity", GZIP)
MOST_OF_BARE = {"result GET": 10.0, "guide GET": 1.5, "guide 304": 1.2}
"""What single requests may cost at most, in times the bare view. It does not compress; browsers ask for that."""

AT_BEST = "at best: our cheapest round by the cheapest bare one. Other work on the machine can only add to a round."
MOST_OF_BARE_CHECKUP = 2.5
MOST_OF_WIZARD = 1 / 3


@dataclass(frozen=True)
class Cost:
    """What some requests took of a server: processor time and time on the clock, in seconds, and how many."""

    cpu: float
    clock: float
    count: int

    @property
    def cpu_each(self) -> float:
        """Microseconds of processor time for each request."""
        return 1e6 * self.cpu / self.count


@dataclass(frozen=True)
class Task:
    """One kind of request, made by one visitor over and over, and the status it is answered with."""

    name: str
    request: Request
    status: int


def tasks(server: Server, edition: CompiledEdition, encoding: str) -> list[Task]:
    """Return the requests to measure, for a person half way through and for one at the result.

    Raise RequestFailed where the question's page cannot be had.
    """
    question, somebody = half_way(edition, typical(edition))
    address = reverse("checkup:question", args=[question])
    browser = Browser(server.port, encoding, somebody.cookies(edition))
    page = browser.get(address).expect(200, address)
    asking = browser.request("GET", address)
    reply = browser.post(address, page, typical(edition).answer_fields(question))
    reply.expect(303, f"The form of {address}")
    answering = browser.exchanges[-1].request
    browser.close()
    finished = Browser(server.port, encoding, typical(edition).cookies(edition))
    guide = reverse("guidance:guide", args=[next(iter(edition.guides))])
    reader = Browser(server.port, encoding)
    read = reader.request("GET", guide)
    tag = reader.get(guide).expect(200, guide).headers["etag"]
    reader.close()
    return [
        Task("question GET", asking, 200),
        Task("answer POST", answering, 303),
        Task("result GET", finished.request("GET", reverse("checkup:result")), 200),
        Task("guide GET", read, 200),
        Task("guide 304", replace(read, more=f"If-None-Match: {tag}\r\n"), 304),
    ]


def drive(server: Server, raw: bytes, count: int, status: int) -> Cost:
    """Send one request many times, several under way at once; return what it took. Raise RequestFailed."""
    with ExitStack() as stack:
        connections = [Connection(server.port) for _ in range(min(IN_FLIGHT, count))]
        for connection in connections:
            stack.callback(connection.close)
        cpu, clock = server.cpu_seconds(), time.perf_counter()
        for connection in connections:
            connection.send(raw)
        for number in range(count):
            connection = connections[number % len(connections)]
            connection.receive().expect(status, "A request of the bench")
            if number + len(connections) < count:
                connection.send(raw)
        return Cost(server.cpu_seconds() - cpu, time.perf_counter() - clock, count)


def compare(site: Server, bare: Server, task: Task) -> dict[str, Cell]:
    """Return the row of one kind of request: alternating rounds of the site and of the bare view."""
    connection = Connection(site.port)
    size = len(connection.ask(task.request.raw(site.port)).expect(task.status, task.name).body)
    connection.close()
    ours, theirs = task.request.raw(site.port), task.request.raw(bare.port, f"/{size}/")
    drive(site, ours, IN_FLIGHT, task.status)
    drive(bare, theirs, IN_FLIGHT, 200)
    rounds = [(drive(site, ours, OF_A_ROUND, task.status), drive(bare, theirs, OF_A_ROUND, 200)) for _ in range(ROUNDS)]
    ratios = [a.cpu_each / b.cpu_each for a, b in rounds]
    return {
        "request": task.name,
        "accepts": task.request.encoding,
        "bytes": size,
        "requests/s": median(a.count / a.clock for a, _ in rounds),
        "CPU µs": median(a.cpu_each for a, _ in rounds),
        "bare/s": median(b.count / b.clock for _, b in rounds),
        "bare CPU µs": median(b.cpu_each for _, b in rounds),
        "times bare": median(ratios),
        "middle half": _middle_half(ratios),
        "at best": min(a.cpu_each for a, _ in rounds) / min(b.cpu_each for _, b in rounds),
    }


def measure_requests(site: Server, bare: Server, edition: CompiledEdition) -> Section:
    """Return the cost of the single requests, without and with compression. Raise RequestFailed."""
    rows = [compare(site, bare, task) for encoding in ENCODINGS for task in tasks(site, edition, encoding)]
    notes = (
        "One gunicorn worker, one thread. CPU: user and system time of the worker, the figure that counts;",
        f"requests/s with {IN_FLIGHT} requests under way from one client, which shares the cores.",
        f"times bare: median of {ROUNDS} alternating rounds, and the middle half of them;",
        "the bare view sends the same number of bytes.",
        AT_BEST,
    )
    bars = tuple(
        Bar(
            f"{row['request']}, {row['accepts']}, times bare",
            float(row["times bare"] or 0),
            MOST_OF_BARE[str(row["request"])],
        )
        for row in rows
        if row["request"] in MOST_OF_BARE
    )
    return Section("requests", "2. One request", tuple(rows), notes, bars)


# --- A whole checkup -----------------------------------------------------------------------------------

Walk = Callable[[Browser], object]


def measure_walks(site: Server, bare: Server, folder: Path, edition: CompiledEdition) -> Section:
    """Return what a whole checkup costs beside the reference wizard and the bare view. Raise RequestFailed."""
    walker = typical(edition)
    write_questions(folder, edition, walker)
    asked = len(path(edition, walker))
    with serving(wizard.APPLICATION, folder, workers=1, threads=1, settings=wizard.SETTINGS) as theirs:
        ways: dict[str, tuple[Server, Walk]] = {
            "ours": (site, lambda browser: walk(browser, walker)),
            "formtools, an address a question": (
                theirs,
                lambda browser: walk_wizard(browser, edition, walker, is_named=True),
            ),
            "formtools, one address": (theirs, lambda browser: walk_wizard(browser, edition, walker, is_named=False)),
        }
        tables = {encoding: _walks(ways, bare, encoding) for encoding in ENCODINGS}
    rows = [row for table in tables.values() for row in table]
    bars = tuple(
        bar
        for encoding, (ours, named, *_) in tables.items()
        for bar in (
            Bar(f"whole checkup, {encoding}, times bare", float(ours["times bare"] or 0), MOST_OF_BARE_CHECKUP),
            Bar(f"whole checkup, {encoding}, times formtools", float(named["ours / this"] or 0), MOST_OF_WIZARD),
        )
    )
    notes = (
        f"Start, {asked} questions each fetched and answered, review and result, with cookies and tokens.",
        "formtools: SessionWizardView and crispy-bootstrap5 with the same questions and answers, where they live asked"
        " first and the answers shown last, no score; with an address a question it redirects after each answer,",
        "as ours does, and that row counts; with one address it sends half as many requests.",
        "times bare: the bare view gets the same requests, cookies and bodies and sends the same number of bytes.",
        AT_BEST,
    )
    return Section("checkup", "3. A whole checkup", tuple(rows), notes, bars)


def _walks(ways: dict[str, tuple[Server, Walk]], bare: Server, encoding: str) -> list[dict[str, Cell]]:
    """Return a row for each way to walk, the first being ours."""
    rounds: dict[str, list[tuple[Cost, Cost]]] = {name: [] for name in ways}
    for number in range(1 + ROUNDS_OF_WALKS):
        for name, (server, walk_there) in ways.items():
            walked, exchanges = _walked(server, walk_there, encoding)
            pair = walked, _replay(bare, exchanges)
            if number:  # the first one warms all of them
                rounds[name].append(pair)
    ours = [walked.cpu for walked, _ in next(iter(rounds.values()))]
    rows: list[dict[str, Cell]] = []
    for name, pairs in rounds.items():
        ratios = [walked.cpu / replayed.cpu for walked, replayed in pairs]
        rows.append(
            {
                "checkup": name,
                "accepts": encoding,
                "requests": pairs[0][0].count,
                "CPU ms": median(walked.cpu for walked, _ in pairs) * 1e3,
                "bare CPU ms": median(replayed.cpu for _, replayed in pairs) * 1e3,
                "times bare": median(ratios),
                "middle half": _middle_half(ratios),
                "at best": min(walked.cpu for walked, _ in pairs) / min(replayed.cpu for _, replayed in pairs),
                "ours / this": median(a / walked.cpu for a, (walked, _) in zip(ours, pairs, strict=True)),
            }
        )
    return rows


def _middle_half(ratios: Sequence[float]) -> str:
    """Return the range of ratios without the lowest and the highest quarter."""
    low, _, high = quantiles(ratios, n=4)
    return f"{low:.2f} to {high:.2f}"


def _walked(server: Server, walk_there: Walk, encoding: str) -> tuple[Cost, list[Exchange]]:
    """Make one checkup."""
    browser = Browser(server.port, encoding)
    cpu, clock = server.cpu_seconds(), time.perf_counter()
    try:
        walk_there(browser)
    finally:
        browser.close()
    cost = Cost(server.cpu_seconds() - cpu, time.perf_counter() - clock, len(browser.exchanges))
    return cost, browser.exchanges


def _replay(bare: Server, exchanges: Sequence[Exchange]) -> Cost:
    """Send the requests of a finished walk to the bare view."""
    connection = Connection(bare.port)
    cpu, clock = bare.cpu_seconds(), time.perf_counter()
    for exchange in exchanges:
        reply = connection.ask(exchange.request.raw(bare.port, f"/{exchange.size}/"))
        if len(reply.expect(200, "The bare view").body) != exchange.size:
            raise RequestFailed("The bare view did not send the number of bytes that it was asked for")
    cost = Cost(bare.cpu_seconds() - cpu, time.perf_counter() - clock, len(exchanges))
    connection.close()
    return cost
