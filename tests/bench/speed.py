"""Server CPU of single requests and of a whole checkup, beside a bare Django view in the same minute.

Rounds alternate between the site and the bare view (A B A B), so that whatever else the machine does falls on
both, and the figure kept is the median of the rounds' ratios.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median, quantiles

from django.urls import reverse

from apps.editions.compiled import CompiledEdition
from tests.bench.client import Browser, Connection, Exchange, Request, RequestFailed
from tests.bench.report import Cell, Section
from tests.bench.servers import Server
from tests.bench.walks import Walker, half_way, typical, walk

ROUNDS = 31
"""Many short rounds rather than few long ones: a burst of other work then spoils a few, not the median."""
ROUND_SECONDS = 0.05
FEWEST, MOST = 5, 60
"""Requests in one round."""
IN_FLIGHT = 4
"""Requests under way at once, so that the worker never waits for the client."""
ROUNDS_OF_WALKS = 15
ENCODINGS = ("identity", "gzip")
MOST_OF_BARE = 2.5


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
    return [
        Task("question GET", asking, 200),
        Task("answer POST", answering, 303),
        Task("result GET", finished.request("GET", reverse("checkup:result")), 200),
        Task("guide GET", Browser(server.port, encoding).request("GET", guide), 200),
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
    trial = drive(site, ours, FEWEST, task.status)
    drive(bare, theirs, FEWEST, 200)
    count = max(FEWEST, min(MOST, int(ROUND_SECONDS * trial.count / max(trial.clock, 1e-6))))
    rounds = [(drive(site, ours, count, task.status), drive(bare, theirs, MOST, 200)) for _ in range(ROUNDS)]
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
    }


def measure_requests(site: Server, bare: Server, edition: CompiledEdition) -> Section:
    """Return the cost of the single requests, without and with compression. Raise RequestFailed."""
    rows = [compare(site, bare, task) for encoding in ENCODINGS for task in tasks(site, edition, encoding)]
    notes = (
        "One gunicorn worker, one thread. CPU: user and system time of the worker, the figure that counts;",
        f"requests/s with {IN_FLIGHT} requests under way from one client, which shares the cores.",
        f"times bare: median of {ROUNDS} alternating rounds, and the middle half of them;",
        "the bare view sends the same number of bytes.",
    )
    return Section("requests", "2. One request", tuple(rows), notes)


def measure_walks(site: Server, bare: Server, edition: CompiledEdition) -> Section:
    """Return the cost of a whole checkup beside the same requests to the bare view. Raise RequestFailed."""
    rows = [_walks(site, bare, edition, typical(edition), encoding) for encoding in ENCODINGS]
    notes = (
        "Start, every question and answer, review and result, with cookies and tokens, redirects followed.",
        "The bare view gets the same requests, cookies and bodies and sends the same number of bytes.",
    )
    return Section("walk", "3. A whole checkup", tuple(rows), notes)


def _walks(
    site: Server, bare: Server, edition: CompiledEdition, walker: Walker, encoding: str
) -> dict[str, Cell]:
    rounds = []
    for number in range(1 + ROUNDS_OF_WALKS):
        ours, exchanges = _walked(site, walker, encoding)
        theirs = _replay(bare, exchanges)
        if number:  # the first one warms both
            rounds.append((ours, theirs))
    ratios = [a.cpu / b.cpu for a, b in rounds]
    ratio = median(ratios)
    return {
        "checkup of": walker.name,
        "accepts": encoding,
        "requests": rounds[0][0].count,
        "CPU ms": median(a.cpu for a, _ in rounds) * 1e3,
        "bare CPU ms": median(b.cpu for _, b in rounds) * 1e3,
        "times bare": ratio,
        "middle half": _middle_half(ratios),
        "aim": f"at most {MOST_OF_BARE}",
        "": "ok" if ratio <= MOST_OF_BARE else "OVER",
    }


def _middle_half(ratios: Sequence[float]) -> str:
    """Return the range of ratios without the lowest and the highest quarter."""
    low, _, high = quantiles(ratios, n=4)
    return f"{low:.2f} to {high:.2f}"


def _walked(site: Server, walker: Walker, encoding: str) -> tuple[Cost, list[Exchange]]:
    """Make one checkup on the site."""
    browser = Browser(site.port, encoding)
    cpu, clock = site.cpu_seconds(), time.perf_counter()
    try:
        walk(browser, walker)
    finally:
        browser.close()
    cost = Cost(site.cpu_seconds() - cpu, time.perf_counter() - clock, len(browser.exchanges))
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
