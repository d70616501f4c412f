"""Many people at once, each with a browser: checkups, guides and lessons, without a pause between requests."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from apps.editions.compiled import CompiledEdition
from tests.bench.client import TIMEOUT_SECONDS, Browser, Refused, Reply, RequestFailed
from tests.bench.servers import Server
from tests.bench.walks import Walker, hold_lesson, read, requests_of, walk, walkers

OF_EIGHT = ("checkup",) * 6 + ("guides", "lesson")
"""What the first, the second, ... of every eight people do, over and over."""


class TimeUp(Exception):
    """The crowd goes home, in the middle of what each is doing."""


@dataclass
class Seen:
    """What a crowd saw: seconds of every answered request, visits by kind, errors, and refusals with Retry-After.

    A checkup that is under way when the time is up counts by the part that is done.
    """

    requests: list[float] = field(default_factory=list)
    visits: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    refused: int = 0
    took: float = 0.0
    cpu: float = 0.0

    def add(self, other: Seen) -> None:
        """Add what somebody else saw."""
        self.requests += other.requests
        self.errors += other.errors
        self.refused += other.refused
        for kind, count in other.visits.items():
            self.visits[kind] = self.visits.get(kind, 0) + count


class Visitor(Browser):
    """A browser that stops when the time is up."""

    until: float

    def _ask(self, method: str, path: str, body: bytes = b"") -> Reply:
        if time.perf_counter() >= self.until:
            raise TimeUp
        return super()._ask(method, path, body)


class Person:
    """One of the crowd, who does the same thing over and over, each time with a new browser from a new network."""

    _networks = itertools.count()

    def __init__(self, server: Server, edition: CompiledEdition, number: int, until: float) -> None:
        self.seen = Seen()
        self._server, self._edition, self._until = server, edition, until
        self._kind = OF_EIGHT[number % len(OF_EIGHT)]
        everybody = walkers(edition)
        start = number % len(everybody)
        self._people = everybody[start:] + everybody[:start]
        self._browsers: list[Visitor] = []

    def go(self) -> None:
        """Come again until the time is up."""
        for walker in itertools.cycle(self._people):
            visits = 0.0
            try:
                self._visit(walker)
                visits = 1.0
            except TimeUp:
                return
            except Refused:
                self.seen.refused += 1
            except (RequestFailed, OSError) as error:
                self.seen.errors.append(str(error) or type(error).__name__)
            finally:
                self._leave(visits, walker)

    def _visit(self, walker: Walker) -> None:
        if self._kind == "checkup":
            walk(self._browser(), walker)
        elif self._kind == "guides":
            read(self._browser(), self._edition)
        else:
            hold_lesson(self._browser, self._people)

    def _browser(self) -> Visitor:
        number = next(self._networks)
        network = f"10.{number >> 8 & 255}.{number & 255}.1"  # limits are kept by network: none is met
        browser = Visitor(self._server.port, more=f"X-Forwarded-For: {network}\r\n")
        browser.until = self._until
        self._browsers.append(browser)
        return browser

    def _leave(self, visits: float, walker: Walker) -> None:
        requests = [exchange.seconds for browser in self._browsers for exchange in browser.exchanges]
        if self._kind == "checkup":
            visits = len(requests) / requests_of(self._edition, walker)
        self.seen.add(Seen(requests, {self._kind: visits}))
        for browser in self._browsers:
            browser.close()
        self._browsers.clear()


def crowd(
    server: Server, edition: CompiledEdition, people: int, seconds: float, meanwhile: Callable[[], None] | None = None
) -> Seen:
    """Let so many people use the site for a while, and return what they saw; `meanwhile` is called in that time.

    The server must count one proxy (PROXIES), because each visit comes from a network of its own.
    """
    cpu, begun = server.cpu_seconds(), time.perf_counter()
    everybody = [Person(server, edition, number, begun + seconds) for number in range(people)]
    threads = [threading.Thread(target=person.go, daemon=True) for person in everybody]
    for thread in threads:
        thread.start()
    if meanwhile is not None:
        meanwhile()
    for thread in threads:
        thread.join(seconds + TIMEOUT_SECONDS)
    seen = Seen(took=time.perf_counter() - begun, cpu=server.cpu_seconds() - cpu)
    for person in everybody:
        seen.add(person.seen)
    if not seen.requests:
        raise RequestFailed(f"Nobody got an answer. {seen.errors[0] if seen.errors else ''}")
    return seen
