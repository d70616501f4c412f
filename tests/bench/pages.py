"""What a page weighs on a first visit: everything that a browser fetches for it, compressed and unpacked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.urls import reverse

from apps import scoring
from apps.checkup.sheet import AnswerSheet
from apps.editions.compiled import CompiledEdition
from tests.bench.client import Browser, Reply, RequestFailed
from tests.bench.report import Bar, Cell, Section
from tests.bench.walks import Walker, all_open, typical, walkers

KILOBYTE = 1024
MOST_BYTES_QUESTION = 14 * KILOBYTE  # ten packets, what a server sends before the first acknowledgement
MOST_BYTES_RESULT = 30 * KILOBYTE
MOST_REQUESTS = 3
URL_IN_CSS = re.compile(r"""url\(\s*["']?([^"')]+)""")
FETCHED_BY_LINK = {"stylesheet", "preload", "modulepreload", "manifest"}
FETCHED_BY_SRC = {"script", "img", "iframe", "source", "audio", "video", "embed"}


@dataclass(frozen=True)
class Part:
    """One answer: its kind, its bytes as sent, those of its head, and its bytes unpacked."""

    kind: str
    sent: int
    head: int
    unpacked: int


@dataclass(frozen=True)
class Weight:
    """A page with all its parts, the favicon left out."""

    name: str
    parts: tuple[Part, ...]

    def sent(self, kind: str = "") -> int:
        """Return the bytes of the bodies as sent, of one kind or of all."""
        return sum(part.sent for part in self.parts if kind in ("", part.kind))

    def row(self, most_bytes: int | None = None, most_requests: int | None = None) -> dict[str, Cell]:
        """Return the table's row. Sizes in bytes; the last column says whether the limits hold."""
        is_heavy = most_bytes is not None and self.sent() > most_bytes
        is_over = is_heavy or (most_requests is not None and len(self.parts) > most_requests)
        named = {"HTML", "CSS", "JS"}
        limit = f"{most_bytes // KILOBYTE} KB" if most_bytes else ""
        limit += f", {most_requests} requests" if most_requests else ""
        return {
            "page": self.name,
            "requests": len(self.parts),
            "HTML": self.sent("HTML"),
            "CSS": self.sent("CSS"),
            "JS": self.sent("JS"),
            "other": sum(part.sent for part in self.parts if part.kind not in named),
            "all": self.sent(),
            "with heads": sum(part.sent + part.head for part in self.parts),
            "unpacked": sum(part.unpacked for part in self.parts),
            "limit": limit,
            "": "" if not limit else "OVER" if is_over else "ok",
        }


class _Links(HTMLParser):
    """Collects the addresses that a browser fetches together with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "link" and set(given.get("rel", "").split()) & FETCHED_BY_LINK:
            self.found[given.get("href", "")] = "CSS" if given.get("rel") == "stylesheet" else "other"
        elif tag in FETCHED_BY_SRC and given.get("src"):
            self.found[given["src"]] = "JS" if tag == "script" else "other"
        elif tag == "use" and not given.get("href", "#").startswith("#"):
            self.found[given["href"].partition("#")[0]] = "other"


@dataclass
class Scale:
    """Weighs pages of one server; static files are fetched once and counted for each page."""

    port: int
    _files: dict[str, tuple[Part, ...]] = field(default_factory=dict)

    def weigh(self, name: str, path: str, cookies: Mapping[str, str] | None = None) -> Weight:
        """Return what a page weighs for a visitor with an empty cache. Raise RequestFailed."""
        packed = self._get(path, "gzip, br", cookies)
        page = self._get(path, "identity", cookies)
        links = _Links()
        links.feed(page.text())
        parts = [Part("HTML", len(packed.body), packed.head_bytes, len(page.body))]
        for address, kind in links.found.items():
            parts += self._file(urljoin(path, address), kind)
        return Weight(name, tuple(parts))

    def _file(self, path: str, kind: str) -> tuple[Part, ...]:
        """Return a static file, and the files that a stylesheet names in turn."""
        if path not in self._files:
            if urlsplit(path).netloc:
                raise RequestFailed(f"{path} is on another host")
            packed, plain = self._get(path, "gzip, br"), self._get(path, "identity")
            parts = [Part(kind, len(packed.body), packed.head_bytes, len(plain.body))]
            for address in dict.fromkeys(URL_IN_CSS.findall(plain.body.decode()) if kind == "CSS" else ()):
                if not address.startswith(("data:", "#")):
                    parts += self._file(urljoin(path, address), "other")
            self._files[path] = tuple(parts)
        return self._files[path]

    def _get(self, path: str, encoding: str, cookies: Mapping[str, str] | None = None) -> Reply:
        browser = Browser(self.port, encoding, dict(cookies or {}))
        try:
            return browser.get(path).expect(200, path)
        finally:
            browser.close()


def weigh_pages(port: int, edition: CompiledEdition) -> Section:
    """Return the weight of the pages that people see first. Raise RequestFailed."""
    scale = Scale(port)
    everybody = walkers(edition)
    somebody = typical(edition)
    questions = _questions(scale, edition)
    largest = max(questions, key=lambda weight: weight.sent())
    guides = [scale.weigh(f"guide {item}", reverse("guidance:guide", args=[item])) for item in edition.guides]
    rows = [
        scale.weigh("home", reverse("website:home")).row(),
        scale.weigh("start", reverse("checkup:start")).row(),
        largest.row(MOST_BYTES_QUESTION, MOST_REQUESTS),
        scale.weigh("review", reverse("checkup:review"), somebody.cookies(edition)).row(),
    ]
    for walker in (everybody[0], everybody[-1], all_open(edition)):
        weight = scale.weigh(f"result, {walker.name}", reverse("checkup:result"), walker.cookies(edition))
        rows.append(weight.row(MOST_BYTES_RESULT))
    rows.append(scale.weigh("method", reverse("website:method")).row())
    rows += [max(guides, key=lambda weight: weight.sent()).row()] if guides else []
    over = [weight.name for weight in questions if weight.sent() > MOST_BYTES_QUESTION]
    smallest = min(questions, key=lambda weight: weight.sent())
    notes = (
        "Bodies as sent to a browser with an empty cache (pages gzip, files Brotli), the favicon left out;",
        "`with heads` adds what the server sends before each body.",
        f"All {len(questions)} questions were weighed: {smallest.sent():,} to {largest.sent():,} bytes; "
        + (f"over the limit: {', '.join(over)}." if over else "none is over the limit."),
        "A page with a form varies by up to 100 bytes from visit to visit, on purpose.",
    )
    results = [float(row["all"] or 0) for row in rows if str(row["page"]).startswith("result, ")]
    bars = (
        Bar("bytes of the heaviest question", largest.sent(), MOST_BYTES_QUESTION),
        Bar("bytes of the heaviest result", max(results), MOST_BYTES_RESULT),
    )
    return Section("pages", "1. Bytes of a first visit", tuple(rows), notes, bars)


def _questions(scale: Scale, edition: CompiledEdition) -> list[Weight]:
    """Return the weight of every question, each reached by an example of answers that leads to it."""
    weights = []
    for question in edition.questions:
        record = scoring.example_reaching_question(edition.questionnaire, question)
        if record is None:
            raise RequestFailed(f"No answers lead to question {question}")
        sheet = AnswerSheet(edition=edition.number, situation=record.situation, answers=record.answers)
        cookies = Walker(question, sheet).cookies(edition)
        address = reverse("checkup:question", args=[question])
        weights.append(scale.weigh(f"question {question}", address, cookies))
    return weights
