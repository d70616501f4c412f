"""The people who walk through the site in the bench, and the walk itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

from django.urls import reverse

from apps import scoring
from apps.checkup.cookies import OWN, layout_of, sign
from apps.checkup.forms import StartForm, values_of
from apps.checkup.sheet import AnswerSheet, encode
from apps.editions.compiled import CompiledEdition
from apps.editions.convert import record_of
from apps.editions.schema import UNSURE, Persona
from tests.bench.client import Browser, Reply, RequestFailed

ALL_OPEN = "all-open"
LONGEST_WALK = 60
"""Questions after which a walk is given up: more than any edition may ask."""

PUPILS = 10
"""The fewest whose totals are shown."""

CLASS_CARD = re.compile(r'<form method="post" action="(/en/join/[^"]+/add/)".*?</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
JOIN = re.compile(r"/en/join/(\w+)/")


@dataclass(frozen=True)
class Walker:
    """Somebody with an answer to every question. What they have none for, they are not sure of."""

    name: str
    sheet: AnswerSheet

    def start_fields(self) -> list[tuple[str, str]]:
        """Return what they send from the start page: the whole checkup, for themselves."""
        situation = self.sheet.situation
        parts = [] if situation is None else sorted(situation) or [StartForm.NOTHING]
        chosen = [("topic", StartForm.WHOLE), ("who", "me"), ("place", self.sheet.place or "")]
        return chosen + [("situation", part) for part in parts]

    def answer_fields(self, question: str) -> list[tuple[str, str]]:
        """Return what they send from a question's page."""
        answer = self.sheet.answers.get(question)
        return [("answer", value) for value in (values_of(answer) if answer else [UNSURE])]

    def cookies(self, edition: CompiledEdition) -> dict[str, str]:
        """Return the cookie that holds all their answers."""
        return {OWN: sign(OWN, encode(self.sheet, layout_of(edition), full=True))}


def walker_of(edition: CompiledEdition, persona: Persona) -> Walker:
    """Return a persona as somebody who answers for themselves."""
    record = record_of(persona)
    sheet = AnswerSheet(edition=edition.number, place=persona.place, situation=record.situation, answers=record.answers)
    return Walker(persona.id, sheet)


def walkers(edition: CompiledEdition) -> list[Walker]:
    """Return the personas that people can practise as, most exposed first."""
    return [walker_of(edition, persona) for persona in edition.pack.personas if persona.practice]


def typical(edition: CompiledEdition) -> Walker:
    """Return the persona in the middle of the order."""
    everybody = walkers(edition)
    return everybody[len(everybody) // 2]


def all_open(edition: CompiledEdition) -> Walker:
    """Return the invented extreme: the most open answer to every question."""
    return walker_of(edition, edition.personas[ALL_OPEN])


def path(edition: CompiledEdition, walker: Walker) -> tuple[str, ...]:
    """Return the questions that somebody is asked, in order."""
    on_screen = scoring.on_screen(edition.questionnaire, walker.sheet.record())
    return tuple(question.id for question in on_screen)


def half_way(edition: CompiledEdition, walker: Walker) -> tuple[str, Walker]:
    """Return the middle question of somebody's path, and them with only the questions before it answered."""
    asked = path(edition, walker)
    before = asked[: len(asked) // 2]
    answers = {question: answer for question, answer in walker.sheet.answers.items() if question in before}
    return asked[len(asked) // 2], Walker(walker.name, walker.sheet.replace(answers=answers))


def walk(browser: Browser, walker: Walker) -> Reply:
    """Make a whole checkup, from the start page to the result, and return the result page.

    Every form is fetched before it is sent, every redirect followed. Raise RequestFailed.
    """
    start = reverse("checkup:start")
    page = browser.get(start).expect(200, start)
    reply = browser.post(start, page, walker.start_fields()).expect(303, f"The form of {start}")
    return _answer(browser, start, reply, walker)


def _answer(browser: Browser, address: str, reply: Reply, walker: Walker) -> Reply:
    """Answer every question from the one that a redirect leads to, and return the result page. Raise RequestFailed."""
    review, result = reverse("checkup:review"), reverse("checkup:result")
    address, page = browser.follow(address, reply)
    for _ in range(LONGEST_WALK):
        page.expect(200, address)
        if address == review:
            return browser.get(result).expect(200, result)
        question = address.rstrip("/").rpartition("/")[2]
        reply = browser.post(address, page, walker.answer_fields(question))
        reply.expect(303, f"The form of {address}")
        address, page = browser.follow(address, reply)
    raise RequestFailed(f"The checkup of {walker.name} did not come to its end")


def requests_of(edition: CompiledEdition, walker: Walker) -> int:
    """Return how many requests a whole checkup takes: each question is fetched and answered, and so is the start."""
    return 2 * len(path(edition, walker)) + 4


def read(browser: Browser, edition: CompiledEdition) -> None:
    """Read every guide, as somebody does who comes for the guidance alone. Raise RequestFailed."""
    for guide in edition.guides:
        address = reverse("guidance:guide", args=[guide])
        browser.get(address).expect(200, address)


def open_class(teacher: Browser) -> str:
    """Open a class and return its code. Raise RequestFailed."""
    new = reverse("classroom:new")
    page = teacher.get(new).expect(200, new)
    plan = [("size", "25"), ("age_group", "adult"), ("rounds", "1")]
    found = JOIN.search(teacher.post(new, page, plan).expect(200, f"The form of {new}").text())
    if found is None:
        raise RequestFailed("A new class has no address to join it")
    return found[1]


def take_part(pupil: Browser, code: str, walker: Walker, who: str) -> None:
    """Join a class as `who` ("me", or a persona), answer what is open, and add the result. Raise RequestFailed."""
    join = reverse("classroom:join_class", args=[code])
    page = pupil.get(join).expect(200, join)
    reply = pupil.post(join, page, [("as", who)]).expect(303, f"The form of {join}")
    card = CLASS_CARD.search(_answer(pupil, join, reply, walker).text())
    if card is None:
        raise RequestFailed("The result does not offer to add anything to the class")
    fields = [(name, unescape(value)) for name, value in HIDDEN.findall(card[0]) if name != "csrfmiddlewaretoken"]
    pupil.post(card[1], page, [*fields, ("add", "1")]).expect(303, f"The form of {card[1]}")
    pupil.close()


def hold_lesson(new_browser: Callable[[], Browser], people: list[Walker]) -> None:
    """Open a class, let ten pupils take part as invented people, and close it. Raise RequestFailed."""
    teacher = new_browser()
    code = open_class(teacher)
    screen = reverse("classroom:screen", args=[code])
    for number in range(PUPILS):
        walker = people[number % len(people)]
        take_part(new_browser(), code, walker, walker.name)
        teacher.get(screen).expect(200, screen)
    close = reverse("classroom:close", args=[code])
    page = teacher.get(close).expect(200, close)
    address, page = teacher.follow(close, teacher.post(close, page, [("round", "1")]).expect(303, close))
    if "<table" not in page.expect(200, address).text():
        raise RequestFailed("A class of ten was closed, and shows no totals")
