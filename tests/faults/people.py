"""Somebody in the middle of a checkup, and a class with its teacher and pupils."""

from __future__ import annotations

from dataclasses import dataclass, field

from apps.editions.compiled import CompiledEdition
from tests.bench.client import Browser, Reply, RequestFailed
from tests.bench.walks import CLASS_CARD, JOIN, Walker, open_class, take_part, walkers
from tests.faults.running import Running

START, REVIEW, RESULT = "/en/checkup/", "/en/checkup/review/", "/en/result/"


@dataclass
class Reader:
    """Somebody who walks the checkup a step at a time, and knows what they answered."""

    browser: Browser
    walker: Walker
    address: str = START
    answered: list[str] = field(default_factory=list)

    def step(self) -> bool:
        """Answer the page that the walk has come to; return False at its end. Raise RequestFailed."""
        page = self.browser.get(self.address).expect(200, self.address)
        if self.address == REVIEW:
            return False
        name = self.address.rstrip("/").rpartition("/")[2]
        fields = self.walker.start_fields() if self.address == START else self.walker.answer_fields(name)
        reply = self.browser.post(self.address, page, fields).expect(303, self.address)
        self.address = reply.headers["location"]
        self.answered.append(name)
        return True

    def steps(self, count: int) -> Reader:
        """Answer so many pages."""
        for _ in range(count):
            self.step()
        return self

    def to_the_end(self) -> str:
        """Answer all that is left and return the result page."""
        while self.step():
            pass
        return self.result()

    def result(self) -> str:
        """Return the result page."""
        return self.browser.get(RESULT).expect(200, RESULT).text()


def reader(site: Running, edition: CompiledEdition, number: int = 0) -> Reader:
    """Return a new visitor, who answers as one of the invented people."""
    return Reader(site.browser(), walkers(edition)[number])


@dataclass
class Lesson:
    """An open class: its teacher's browser, its code, and where the teacher's page is."""

    site: Running
    edition: CompiledEdition
    teacher: Browser
    code: str

    @property
    def screen(self) -> str:
        return f"/en/classes/{self.code}/screen/"

    @property
    def join(self) -> str:
        return f"/en/join/{self.code}/"

    @property
    def page(self) -> str:
        return f"/en/classes/{self.code}/"

    def add(self, number: int = 0) -> None:
        """Let one more pupil take part. Raise RequestFailed."""
        everybody = walkers(self.edition)
        walker = everybody[number % len(everybody)]
        take_part(self.site.browser(), self.code, walker, walker.name)

    def pupil(self, number: int = 0) -> Pupil:
        """Return a pupil who has answered everything and has not added it yet. Raise RequestFailed."""
        everybody = walkers(self.edition)
        walker = everybody[number % len(everybody)]
        browser = self.site.browser()
        page = browser.get(self.join).expect(200, self.join)
        reply = browser.post(self.join, page, [("as", walker.name)]).expect(303, self.join)
        somebody = Reader(browser, walker, reply.headers["location"])
        while somebody.address not in (REVIEW, RESULT):
            somebody.step()
        return Pupil(browser, self.code)


@dataclass
class Pupil:
    """Somebody whose result is ready to be added."""

    browser: Browser
    code: str

    def add(self) -> Reply:
        """Press the button that adds the result to the class."""
        from html import unescape

        from tests.bench.walks import HIDDEN

        page = self.browser.get(RESULT).expect(200, RESULT)
        card = CLASS_CARD.search(page.text())
        if card is None:
            raise RequestFailed("The result offers nothing to add")
        fields = [(name, unescape(value)) for name, value in HIDDEN.findall(card[0]) if name != "csrfmiddlewaretoken"]
        return self.browser.post(card[1], page, [*fields, ("add", "1")])


def lesson(site: Running, edition: CompiledEdition) -> Lesson:
    """Open a class."""
    teacher = site.browser()
    return Lesson(site, edition, teacher, open_class(teacher))


__all__ = ["JOIN", "Lesson", "Pupil", "Reader", "lesson", "reader"]
