"""The people who walk through the site in the bench, and the walk itself."""

from __future__ import annotations

from dataclasses import dataclass

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
    sheet = AnswerSheet(
        edition=edition.number, place=persona.place, situation=record.situation, answers=record.answers
    )
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
    start, review, result = (reverse(f"checkup:{name}") for name in ("start", "review", "result"))
    page = browser.get(start).expect(200, start)
    reply = browser.post(start, page, walker.start_fields()).expect(303, f"The form of {start}")
    address, page = browser.follow(start, reply)
    for _ in range(LONGEST_WALK):
        page.expect(200, address)
        if address == review:
            return browser.get(result).expect(200, result)
        question = address.rstrip("/").rpartition("/")[2]
        reply = browser.post(address, page, walker.answer_fields(question))
        reply.expect(303, f"The form of {address}")
        address, page = browser.follow(address, reply)
    raise RequestFailed(f"The checkup of {walker.name} did not come to its end")
