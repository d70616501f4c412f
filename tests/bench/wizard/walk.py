"""A checkup in the reference wizard: the same questions and answers as on our site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apps.checkup.wording import states_of
from apps.editions.compiled import CompiledEdition
from tests.bench.client import Browser, RequestFailed
from tests.bench.walks import Walker, path
from tests.bench.wizard import QUESTIONS

PLACE = "place"
"""The step that stands for our start page."""


def write_questions(folder: Path, edition: CompiledEdition, walker: Walker) -> None:
    """Put the questions that somebody is asked where the wizard looks for them; where they live comes first."""
    places = [(place.id, str(place.name["en"])) for place in edition.pack.places]
    asked: list[dict[str, Any]] = [
        {"id": PLACE, "kind": "single", "text": "Where do you live?", "hint": "", "options": places}
    ]
    for name in path(edition, walker):
        question = edition.questions[name]
        options = [(option.id, str(option.text["en"])) for option in question.options]
        options += [(value, str(words)) for value, words in states_of(question.kind == "multi")]
        hint = str(question.hint["en"]) if question.hint else ""
        text = str(question.text["en"])
        asked.append({"id": name, "kind": question.kind, "text": text, "hint": hint, "options": options})
    (folder / QUESTIONS).write_text(json.dumps(asked), encoding="utf-8")


def walk(browser: Browser, edition: CompiledEdition, walker: Walker, *, is_named: bool) -> None:
    """Make a whole checkup. Raise RequestFailed where it does not end with the page of the answers."""
    kind = "named" if is_named else "plain"
    address, page = f"/{kind}/", browser.get(f"/{kind}/")
    if is_named:
        address, page = browser.follow(address, page.expect(302, address))
    answers = {PLACE: [walker.sheet.place or edition.pack.places[0].id]}
    for step in (PLACE, *path(edition, walker)):
        page.expect(200, address)
        chosen = answers.get(step) or [value for _, value in walker.answer_fields(step)]
        fields = [(f"{kind}_wizard-current_step", step), *((f"{step}-answer", value) for value in chosen)]
        page = browser.post(address, page, fields)
        if is_named:
            address, page = browser.follow(address, page.expect(302, address))
    if "<h1>Your answers</h1>" not in page.expect(200, address).text():
        raise RequestFailed("The wizard did not come to its end")
