"""A small pack that may be published, in memory, and ways to break it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from apps.editions.schema import Pack

Data = dict[str, Any]

TODAY = dt.date(2026, 7, 1)
CHECKED = {"checked": "2026-06-30", "due": "2027-06-30"}
OPENNESS = (
    ("all-open", "cccccccccc"),
    ("ada", "cccccccbba"),
    ("ben", "ccacccbaab"),
    ("cem", "cbcbbacaca"),
    ("dee", "bcabcabaac"),
    ("eva", "abbaacaaba"),
    ("fay", "aababbbaaa"),
    ("all-closed", "aaaaaaaaaa"),
)
"""The personas' answers to the ten scored questions in order; `b` and `c` of the multi are lists below."""


def text(words: str) -> dict[str, str]:
    """Return a text in English."""
    return {"en": words}


def make_pack(*changes: Callable[[Data], object]) -> Pack:
    """Return the small pack, with its data changed by each function in turn."""
    data = make_data()
    for change in changes:
        change(data)
    return Pack.model_validate(data)


def make_data() -> Data:
    """Return the small pack as plain data: five topics of two questions, q2 a follow-up, q10 a multi."""
    topics = [_topic(number) for number in range(1, 6)]
    topics[0]["questions"][1] |= {"parent": "q1", "show": ["b", "c", "unsure"]}
    topics[1]["questions"][1] |= {"applies_to": ["job"]}
    multi = topics[4]["questions"][1]
    multi |= {"kind": "multi"}
    multi["options"] = [_option("b", 2), _option("c", 2), _option("none", 0)]
    return {
        "languages": [{"code": "en", "name": "English", "complete": True}],
        "places": [{"id": "uk", "name": text("United Kingdom")}],
        "situations": [{"id": "job", "name": text("I have a job")}],
        "families": [{"id": "settings", "name": text("Change a setting")}],
        "article": [{"id": "ar1", "text": text("An app swapped faces."), "questions": ["q1"]}],
        "topics": [*topics, _after_result()],
        "actions": [*(_action(number) for number in range(1, 6)), _last_action()],
        "platforms": [
            {
                "id": "phone",
                "name": text("Phone"),
                "steps": [
                    {
                        "id": "phone-lock",
                        "title": text("Lock it"),
                        "body": text("Open the settings.[^f1-1]"),
                        "basis": text("Tried on a phone."),
                        "certainty": "high",
                        **CHECKED,
                    }
                ],
            }
        ],
        "claims": [_claim("f1-1"), _claim("l1")],
        "guides": [
            _guide("t1", "t1", "See [the law](guide:law) and [a step](action:a1).[^f1-1]"),
            _guide("law", None, "Laws differ.[^l1] A [template](term:template) is personal."),
        ],
        "laws": [{"id": "uk-gdpr", "name": text("UK GDPR"), "what": text("You can say no."), "claim": "l1"}],
        "rights": [_rights("uk")],
        "letters": [_letter("l1")],
        "ages": [{"id": "young", "name": text("11 to 14"), "note": text("Use invented people."), "left_out": ["q3"]}],
        "prompts": [{"id": "t1", "prompts": [{"id": "p1", "text": text("When is a swap funny?")}]}],
        "lessons": [
            {
                "id": "short",
                "name": text("A short lesson"),
                "summary": text("Card or face?"),
                "ages": ["young"],
                "needs": text("A board."),
                "parts": [
                    {"id": "start", "minutes": 5, "title": text("Card or face?"), "body": text("Ask the class.")}
                ],
                **CHECKED,
            }
        ],
        "handouts": [
            {
                "id": "sheet",
                "name": text("Worksheet"),
                "summary": text("To fill in."),
                "body": text("What can a card do?[^f1-1]"),
                **CHECKED,
            }
        ],
        "glossary": [
            {
                "id": "template",
                "term": text("Template"),
                "forms": {"en": ["template"]},
                "meaning": text("Numbers made from a face."),
            }
        ],
        "personas": [_persona(name, answers) for name, answers in OPENNESS],
    }


def topic(data: Data, topic_id: str) -> Data:
    """Return the data of a topic."""
    return _find(data["topics"], topic_id)


def question(data: Data, question_id: str) -> Data:
    """Return the data of a question."""
    return _find([question for topic in data["topics"] for question in topic["questions"]], question_id)


def option(data: Data, question_id: str, option_id: str) -> Data:
    """Return the data of an option."""
    return _find(question(data, question_id)["options"], option_id)


def item(data: Data, kind: str, identity: str) -> Data:
    """Return the data of an item of one of the pack's lists."""
    return _find(data[kind], identity)


def _find(items: list[Data], identity: str) -> Data:
    return next(found for found in items if found["id"] == identity)


def _topic(number: int) -> Data:
    first, second = 2 * number - 1, 2 * number
    return {
        "id": f"t{number}",
        "name": text(f"Topic {number}"),
        "short": text("Topic"),
        "summary": text("What it is about."),
        "questions": [_question(first), _question(second)],
    }


def _after_result() -> Data:
    asked = _question(11)
    del asked["ratings"]
    return {
        "id": "choices",
        "name": text("Choices"),
        "short": text("Choices"),
        "summary": text("What you would do."),
        "after_result": True,
        "questions": [asked],
    }


def _question(number: int) -> Data:
    rating = {"value": 2, "reason": text("It can be put right.")}
    return {
        "id": f"q{number}",
        "text": text("Who sees your face?"),
        "why": text("Faces are copied.[^f1-1]"),
        "claims": ["f1-1"],
        "ratings": {"s": rating, "r": rating, "k": rating, "claim": "f1-1"},
        "options": [_option("a", 0), _option("b", 2), _option("c", 4)],
    }


def _option(identity: str, level: int) -> Data:
    return {"id": identity, "level": level, "text": text("Some people"), "reason": text("Some can.")}


def _action(number: int) -> Data:
    first, second = f"q{2 * number - 1}", f"q{2 * number}"
    helped = ["b", "c", "unsure"]
    return {
        "id": f"a{number}",
        "topic": f"t{number}",
        "name": text("Change the setting"),
        "summary": text("Fewer people see you."),
        "how": text("1. Open the [question](question:q1)."),
        "minutes": 5,
        "difficulty": 1,
        "family": "settings",
        "letters": ["l1"],
        "caps": {first: 0, second: 1 if number == 5 else 2},
        "helps": {first: helped, second: helped},
        "steps": ["phone-lock"],
        **CHECKED,
    }


def _last_action() -> Data:
    return _action(5) | {
        "id": "a6",
        "topic": "choices",
        "caps": {},
        "helps": {"q11": ["b", "c", "unsure"]},
        "how": text("1. Read the [guide](topic:t1)."),
    }


def _claim(identity: str) -> Data:
    return {
        "id": identity,
        "says": text("A test measured it."),
        "said_by": text("A laboratory"),
        "grade": "measured",
        "confidence": "high",
        "sources": [{"title": "A test", "publisher": "A laboratory", "date": "2019-09"}],
        **CHECKED,
    }


def _guide(identity: str, topic_id: str | None, body: str) -> Data:
    return {
        "id": identity,
        "topic": topic_id,
        "title": text("A guide"),
        "summary": text("What to know."),
        "body": text(f"## What happens\n\n{body}\n"),
        **CHECKED,
    }


def _rights(place: str) -> Data:
    return {
        "id": place,
        "summary": text("You can ask what is kept."),
        "laws": ["uk-gdpr"],
        "can": text("- Write [a letter](letter:l1).[^l1]"),
        "time": text("They have a month.[^l1]"),
        "not_covered": text("Shops abroad."),
        "regulators": [{"id": "ico", "name": text("ICO"), "url": "https://ico.org.uk/"}],
        **CHECKED,
    }


def _letter(identity: str) -> Data:
    return {
        "id": identity,
        "name": text("Delete my face data"),
        "summary": text("For a company that has your face."),
        "subject": text("My face data"),
        "body": text("Please delete {holds} at {service}.\n\n{law}\n\n{name}\n"),
        "fields": [
            {"id": "service", "label": text("Which company?"), "bracket": text("company")},
            {
                "id": "holds",
                "label": text("What do they hold?"),
                "kind": "choice",
                "bracket": text("my data"),
                "options": [{"id": "face", "text": text("my face")}, {"id": "voice", "text": text("my voice")}],
            },
            {"id": "name", "label": text("Your name"), "hint": text("You may leave it out."), "bracket": text("name")},
        ],
        "law": {"uk": text("I ask this under the UK GDPR.")},
        "send": text("Send it to the company."),
        "after": text("They have [a month](place:uk).[^l1]"),
        "claims": ["l1"],
        **CHECKED,
    }


def _persona(name: str, letters: str) -> Data:
    answers: Data = {f"q{number}": letter for number, letter in enumerate(letters, 1)}
    answers["q10"] = {"a": ["none"], "b": ["b"], "c": ["b", "c"]}[letters[9]]
    if letters[0] == "a":
        del answers["q2"]
    return {
        "id": name,
        "name": text(name.title()),
        "about": text("An invented person."),
        "situation": ["job"],
        "answers": answers | {"q11": "b"},
    }
