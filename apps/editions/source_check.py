"""Look at the addresses that a pack leads to, and say in words what came of each.

Nothing here changes content: an editor reads the results and decides. Requests are few and slow on purpose:
one at a time for each host with a pause between. Results can be kept in a file, one line of JSON for each, so
that a run that was interrupted goes on where it ended.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import queue
import stat
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Literal, get_args
from urllib.parse import quote, urljoin, urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from apps.editions.markdown import render
from apps.editions.pack_items import located_texts, name_of, name_of_part
from apps.editions.schema import Pack
from apps.editions.web_request import Answer, Deadline, NoAnswer, NotAsked, Target, TooSlow, Web, target_of

Verdict = Literal["dead", "refused", "blocked", "slow", "redirected", "ok"]
"""What came of one address.

dead: gone, or nothing answers. refused: we do not ask such an address. blocked: the server answers, but turns
us away. slow: no answer in time. redirected: it leads on to another address, which answers. ok: it answers.
"""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""All verdicts, worst first."""

MAX_STATE = 50_000_000
"""Bytes of a file of results that is read."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_GONE = frozenset({404, 410})
_ECHO = 200
_LISTEN = 0.2
_CHALLENGES = (b"captcha", b"cf-chl", b"challenge-platform", b"checking your browser", b"just a moment")
"""What pages say that first want to know whether a person is reading."""


@dataclass(frozen=True)
class Limits:
    """How patient and how polite we are.

    `wait` is seconds to connect and for each piece of an answer, `total` seconds for one address with all its
    redirects (time spent waiting for a turn does not count), `pause` seconds between two requests to one host.
    """

    wait: float = 10
    total: float = 30
    pause: float = 1
    redirects: int = 8
    hosts: int = 8
    body: int = 64 * 1024


class Result(BaseModel):
    """What came of one address, and when.

    `status` is the last one answered, `final` where redirects led, `permanent` whether all of them were meant
    to last; each is None where there was none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str
    verdict: Verdict
    reason: str
    status: int | None = None
    final: str | None = None
    permanent: bool | None = None
    took_ms: int = 0
    looked_at: AwareDatetime

    @property
    def mend(self) -> str:
        """What an editor should do; empty where nothing is to be done."""
        if self.verdict == "redirected":
            return _MEND_PERMANENT if self.permanent else _MEND_TEMPORARY
        return _MENDS[self.verdict]


_MENDS: dict[Verdict, str] = {
    "dead": "open it in a browser; if it is gone there too, find where the page is now, or an archived copy",
    "refused": "write a public address that begins with https://",
    "blocked": "open it in a browser: the site turns programs away, which says nothing about the page",
    "slow": "look again another day; if it stays slow, open it in a browser",
    "ok": "",
}
_MEND_PERMANENT = "open the new address; if it says the same, write that one"
_MEND_TEMPORARY = "open it; if the page still says the same, leave the address as it is"


# --- Which addresses -----------------------------------------------------------------------------------


def addresses_of(pack: Pack) -> dict[str, tuple[str, ...]]:
    """Return every address outside that a pack leads to, with the items that use it.

    {"https://ico.org.uk/": ("claim l1", "regulator ico of rights uk")}
    """
    users: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for address, item in _uses(pack):
        users[address][item] = None
    return {address: tuple(items) for address, items in users.items()}


def _uses(pack: Pack) -> Iterator[tuple[str, str]]:
    for claim in pack.claims:
        for source in claim.sources:
            if source.url:
                yield source.url, name_of(claim)
            if source.archive:
                yield source.archive, f"{name_of(claim)}, archived copy"
    for rights in pack.rights:
        for regulator in rights.regulators:
            yield regulator.url, name_of_part(regulator, name_of(rights))
    for located in located_texts(pack):
        if located.is_markdown:
            for text in located.text.values():
                for address in _links_in(text):
                    yield address, located.item


class _Links(HTMLParser):
    """Collects the addresses that a page's links lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _links_in(markdown: str) -> Iterator[str]:
    """Yield the links to other sites that a visitor sees in a text."""
    links = _Links()
    links.feed(render(markdown, lambda kind, identity: None).html)
    links.close()
    return (address for address in links.found if address.lower().startswith("https://"))


# --- One address ---------------------------------------------------------------------------------------


@dataclass
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0


class Pace:
    """Lets one request at a time through to each host, with a pause after each."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._lock = threading.Lock()
        self._slots: defaultdict[str, _Slot] = defaultdict(_Slot)

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait for a turn with a host, and hold it."""
        with self._lock:
            slot = self._slots[host]
        with slot.lock:
            time.sleep(max(0, slot.free_at - time.monotonic()))
            try:
                yield
            finally:
                slot.free_at = time.monotonic() + self._pause


def look(address: str, web: Web, limits: Limits, pace: Pace | None = None) -> Result:
    """Ask one address, follow where it leads, and return what came of it."""
    visit = _Visit(address, web, limits, pace or Pace(limits.pause))
    verdict, reason = visit.outcome()
    return Result(
        address=address,
        verdict=verdict,
        reason=reason,
        status=visit.status,
        final=visit.final,
        permanent=visit.permanent if visit.final else None,
        took_ms=round(1000 * visit.spent),
        looked_at=dt.datetime.now(dt.timezone.utc),
    )


class _Visit:
    """One address with its redirects: where it stands, and the time spent on requests so far."""

    def __init__(self, address: str, web: Web, limits: Limits, pace: Pace) -> None:
        self.status: int | None = None
        self.final: str | None = None
        self.permanent = True
        self.spent = 0.0
        self._address = address
        self._web = web
        self._limits = limits
        self._pace = pace
        self._wants_cookie = False

    def outcome(self) -> tuple[Verdict, str]:
        """Return the verdict and the reason for it."""
        try:
            return self._followed()
        except NotAsked as refusal:
            return "refused", f"it leads on, but {refusal}" if self.final else str(refusal)
        except TooSlow as error:
            return "slow", str(error)
        except NoAnswer as error:
            return "dead", str(error)

    def _followed(self) -> tuple[Verdict, str]:
        target = first = target_of(self._address, self._web.ports)
        seen = {target.address}
        while True:
            answer = self._answer(target)
            self.status = answer.status
            if answer.status not in _REDIRECTS:
                return self._judged(answer, first, target)
            self._wants_cookie |= "set-cookie" in answer.headers
            self.permanent &= answer.status in _PERMANENT
            target = self._next(target, answer)
            if target.address in seen:
                return self._endless("its redirects lead in a circle")
            if len(seen) > self._limits.redirects:
                return self._endless(f"it is redirected more than {self._limits.redirects} times")
            seen.add(target.address)

    def _next(self, target: Target, answer: Answer) -> Target:
        """Return where a redirect leads, and note it. Raise NoAnswer where it leads nowhere, or NotAsked."""
        # Headers are read as Latin-1, but what servers write is UTF-8.
        location = answer.headers.get("location", "").strip().encode("latin-1", "replace").decode("utf-8", "replace")
        if not location:
            raise NoAnswer("it is redirected without saying where to", connected=True)
        try:
            address = urljoin(target.address, location)
        except ValueError:
            address = location
        self.final = quote(address, safe="/%:=&?~#+!$,;'@()*[]|")[:_ECHO]
        found = target_of(address, self._web.ports)
        self.final = found.address
        return found

    def _judged(self, answer: Answer, first: Target, last: Target) -> tuple[Verdict, str]:
        said = _in_words(answer.status)
        if 200 <= answer.status < 300:
            if self.final is None:
                return "ok", "it answers"
            if _is_front_page(last) and not _is_front_page(first):
                return "redirected", "it leads to a front page, so the page itself may be gone"
            return "redirected", f"it leads on {'for good' if self.permanent else 'for now'}"
        if answer.status in _GONE:
            return "dead", f"the page is gone ({said})"
        if 500 <= answer.status < 600 and not _is_challenge(answer):
            return "dead", f"the server fails, a second time too ({said})"
        return "blocked", f"the server answers, but turns us away ({said})"

    def _endless(self, reason: str) -> tuple[Verdict, str]:
        # A site that sets a cookie and sends the reader round again works in a browser.
        if self._wants_cookie:
            return "blocked", f"{reason}, because the site wants to set a cookie"
        return "dead", reason

    def _answer(self, target: Target) -> Answer:
        """Return the answer to HEAD, or to GET where HEAD finds trouble, which often is about HEAD alone."""
        try:
            answer = self._ask("HEAD", target)
            if 200 <= answer.status < 400:
                return answer
        except NoAnswer as error:
            if not error.connected:
                raise
        answer = self._ask("GET", target)
        if 500 <= answer.status < 600 and not _is_challenge(answer):
            answer = self._ask("GET", target)
        return answer

    def _ask(self, method: str, target: Target) -> Answer:
        with self._pace.turn(target.host):
            start = time.monotonic()
            try:
                deadline = Deadline(self._limits.wait, self._limits.total - self.spent)
                return self._web.ask(method, target, deadline, self._limits.body)
            finally:
                self.spent += time.monotonic() - start


def _in_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _is_front_page(target: Target) -> bool:
    return target.path == "/"


def _is_challenge(answer: Answer) -> bool:
    """Say whether a 503 asks for proof that a person is reading."""
    if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
        return False
    body = answer.body.lower()
    return "cf-mitigated" in answer.headers or any(words in body for words in _CHALLENGES)


# --- Many addresses ------------------------------------------------------------------------------------


def look_at_all(addresses: Iterable[str], web: Web, limits: Limits) -> Iterator[Result]:
    """Yield a result for each address, as they come. No more is asked once the caller stops."""
    groups = _by_host(addresses)
    waiting: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    for group in groups:
        waiting.put(group)
    done: queue.SimpleQueue[Result | Exception] = queue.SimpleQueue()
    stop = threading.Event()
    pace = Pace(limits.pause)

    def work() -> None:
        while not stop.is_set():
            try:
                group = waiting.get_nowait()
            except queue.Empty:
                return
            for address in group:
                if stop.is_set():
                    return
                try:
                    done.put(look(address, web, limits, pace))
                except Exception as error:  # the caller waits for a result and must hear of it
                    done.put(error)

    # Daemons, so that a program which is interrupted need not wait for a slow server.
    for number in range(min(limits.hosts, len(groups))):
        threading.Thread(target=work, name=f"look-{number}", daemon=True).start()
    try:
        for _ in range(sum(map(len, groups))):
            found = _next_of(done)
            if isinstance(found, Exception):
                raise found
            yield found
    finally:
        stop.set()


def _next_of(done: queue.SimpleQueue[Result | Exception]) -> Result | Exception:
    """Return what comes next.

    A Ctrl-C that arrives just before a wait without end is noticed only after it, so the wait is cut into pieces.
    """
    while True:
        try:
            return done.get(timeout=_LISTEN)
        except queue.Empty:
            continue


def _by_host(addresses: Iterable[str]) -> list[list[str]]:
    """Return addresses grouped by host, the largest group first, because it takes longest."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for address in dict.fromkeys(addresses):
        try:
            host = urlsplit(address).hostname or ""
        except ValueError:
            host = ""
        groups[host].append(address)
    return sorted(groups.values(), key=len, reverse=True)


# --- Kept results --------------------------------------------------------------------------------------


class DamagedState(Exception):
    """A file of results that cannot be read as such; the message says where and why."""


class StateInUse(Exception):
    """Another run writes to this file of results."""


def recent(results: Mapping[str, Result], now: dt.datetime, within: dt.timedelta) -> dict[str, Result]:
    """Return the results that are no older than `within`. One dated in the future counts as old."""
    return {
        address: result for address, result in results.items() if dt.timedelta(0) <= now - result.looked_at < within
    }


class StateFile:
    """A file of results, one line of JSON for each; the last one of an address counts.

    Opened as a context, so that no other run writes to it meanwhile. It is made where there is none. What it
    holds is never changed, lines are only added. Raise DamagedState, StateInUse or OSError on opening.
    """

    def __init__(self, path: Path) -> None:
        self.results: dict[str, Result] = {}
        self._file = path.open("a+b", buffering=0)
        try:
            self._start()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> StateFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, result: Result) -> None:
        """Append a result. Raise OSError where it cannot be kept; the file is then as it was before."""
        self._append(result.model_dump_json().encode("utf-8") + b"\n")
        self.results[result.address] = result

    def _start(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateInUse from None
        about = os.fstat(self._file.fileno())
        if not stat.S_ISREG(about.st_mode):  # reading a pipe would wait for ever
            raise DamagedState("it is no ordinary file")
        if about.st_size > MAX_STATE:
            raise DamagedState(f"it is larger than {MAX_STATE // 1_000_000} MB")
        self._file.seek(0)
        data = self._file.read() or b""
        for number, line in enumerate(data.split(b"\n"), 1):
            if line.strip():
                try:
                    result = Result.model_validate_json(line)
                except ValidationError:
                    raise DamagedState(f"line {number} is not the result of a look") from None
                self.results[result.address] = result
        if data and not data.endswith(b"\n"):
            self._append(b"\n")

    def _append(self, data: bytes) -> None:
        """Write all of a line or nothing of it, so that the next run can read the file."""
        size = os.fstat(self._file.fileno()).st_size
        try:
            written = self._file.write(data) or 0
            if written < len(data):
                self._file.write(data[written:])
        except OSError:
            os.ftruncate(self._file.fileno(), size)
            raise
