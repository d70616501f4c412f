"""Walking the checkup as a person does: through pages and forms, with the cookies of one browser."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from apps import scoring
from apps.checkup.forms import values_of
from apps.editions.compiled import CompiledEdition
from apps.editions.convert import answer_of

RESULT = "/en/result/"
REVIEW = "/en/checkup/review/"


def begin(client: Client, **chosen: Any) -> str:
    """Fill in the start form and return the address it leads to."""
    data = {"topic": "whole", "who": "me", **chosen}
    response = client.post("/en/checkup/", data)
    assert response.status_code == 303, response.content.decode()[:3000]
    return response["Location"]


def answer(client: Client, question: str, *values: str) -> str:
    """Answer one question and return the address it leads to."""
    response = client.post(f"/en/checkup/{question}/", {"answer": list(values)})
    assert response.status_code == 303, f"{question} {values}: {response.status_code}"
    return response["Location"]


def question_of(address: str) -> str:
    """Return the question id of an address, or an empty text for a page that asks none."""
    match = re.fullmatch(r"/en/checkup/(q\d+)/", address)
    return match[1] if match else ""


def walk(client: Client, edition: CompiledEdition, persona_id: str) -> list[str]:
    """Answer everything as a persona would and return the questions in the order they were asked."""
    persona = edition.personas[persona_id]
    address = begin(
        client,
        place=persona.place or "",
        situation=list(persona.situation) if persona.situation else ["nothing"],
    )
    asked = []
    while question := question_of(address):
        assert client.get(address).status_code == 200
        address = answer(client, question, *values_of(answer_of(persona.answers[question])))
        asked.append(question)
    assert address == REVIEW
    return asked


def announced(client: Client) -> str:
    """Return the sentence that tells a screen reader the score on the result page."""
    page = client.get(RESULT).content.decode()
    return " ".join(re.search(r"data-announce>(.*?)</p>", page, re.DOTALL)[1].split())


def sentence(score: scoring.Score) -> str:
    """Return that sentence for a score."""
    low, high = score.shown
    return f"The score is now {low} out of 100." if low == high else f"The score is now {low} to {high} out of 100."
