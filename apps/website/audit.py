"""What this site has stored in a browser, read from the cookies that the browser sent just now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.core.signing import BadSignature

from apps.checkup.cookies import CLASS, JOINED, OWN, PRACTICE, layout_of, unsign
from apps.checkup.sheet import AnswerSheet, SheetError, decode, edition_of
from apps.checkup.wording import answer_in_words, wording
from apps.classroom.codes import is_join_code
from apps.classroom.cookies import Joined, holds_class, read_joined
from apps.editions.compiled import CompiledEdition
from apps.editions.current import EditionUnavailable, UnknownEdition, edition_numbered
from apps.editions.schema import Action, Persona, Place, Platform, Question, Situation, Text, Topic

CSRF = settings.CSRF_COOKIE_NAME


class Kind(Enum):
    """Which of our cookies it is."""

    OWN = "own"
    PRACTICE = "practice"
    CSRF = "csrf"
    CLASS = "class"
    JOINED = "joined"


@dataclass(frozen=True)
class AnswerLine:
    """One answer in words."""

    question: Question
    text: Text
    answer: str


@dataclass(frozen=True)
class Meaning:
    """Everything that a sheet holds, ready to be read. An empty tuple or None means that nothing is stored."""

    sheet: AnswerSheet
    edition: CompiledEdition
    place: Place | None
    situations: tuple[Situation, ...]
    topics: tuple[Topic, ...]
    answers: tuple[AnswerLine, ...]
    ticked: tuple[Action, ...]
    platforms: tuple[Platform, ...]
    left_out: tuple[Question, ...]
    persona: Persona | None


@dataclass(frozen=True)
class Stored:
    """One cookie of ours: its name and value as the browser sent them, and what the value means.

    `meaning` is None for a cookie that holds no sheet, or one that cannot be read; `trouble` then says why:
    "unreadable", "unknown-edition" or "unavailable". `joined` is what is kept of a class that was joined.
    """

    name: str
    value: str
    kind: Kind
    meaning: Meaning | None = None
    trouble: str = ""
    joined: Joined | None = None


def stored_in(cookies: Mapping[str, str]) -> tuple[Stored, ...]:
    """Return our cookies among those sent, always in the same order."""
    kinds = {OWN: Kind.OWN, PRACTICE: Kind.PRACTICE, CSRF: Kind.CSRF}
    sheets = tuple(_stored(name, cookies[name], kind) for name, kind in kinds.items() if name in cookies)
    return (*sheets, *(_of_class(cookies, name) for name in sorted(cookies) if _is_of_class(name)))


def not_ours(cookies: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the other cookies. Their values are none of our business."""
    return tuple(sorted(name for name in cookies if name not in {OWN, PRACTICE, CSRF} and not _is_of_class(name)))


def _is_of_class(name: str) -> bool:
    return is_join_code(name.removeprefix(CLASS)) or is_join_code(name.removeprefix(JOINED))


def _of_class(cookies: Mapping[str, str], name: str) -> Stored:
    """Return what is stored for managing a class or for having joined one."""
    if name.startswith(CLASS):
        trouble = "" if holds_class(cookies, name.removeprefix(CLASS)) else "unreadable"
        return Stored(name, cookies[name], Kind.CLASS, trouble=trouble)
    joined = read_joined(cookies, name.removeprefix(JOINED))
    return Stored(name, cookies[name], Kind.JOINED, trouble="" if joined else "unreadable", joined=joined)


def _stored(name: str, value: str, kind: Kind) -> Stored:
    if kind is Kind.CSRF:
        return Stored(name, value, kind)
    try:
        text = unsign(name, value)
        edition = edition_numbered(edition_of(text))
        return Stored(name, value, kind, meaning_of(decode(text, layout_of(edition)), edition))
    except UnknownEdition:
        return Stored(name, value, kind, trouble="unknown-edition")
    except EditionUnavailable:
        return Stored(name, value, kind, trouble="unavailable")
    except (BadSignature, SheetError):
        return Stored(name, value, kind, trouble="unreadable")


def meaning_of(sheet: AnswerSheet, edition: CompiledEdition) -> Meaning:
    """Return what a sheet of this edition says, in the edition's order."""
    return Meaning(
        sheet=sheet,
        edition=edition,
        place=edition.places[sheet.place] if sheet.place else None,
        situations=tuple(item for item in edition.pack.situations if item.id in (sheet.situation or ())),
        topics=tuple(topic for topic in edition.scored_topics if topic.id in (sheet.topics or ())),
        answers=tuple(
            AnswerLine(
                question,
                wording(question, sheet.for_child),
                answer_in_words(question, sheet.answers[question.id], sheet.for_child),
            )
            for question in edition.questions.values()
            if question.id in sheet.answers
        ),
        ticked=tuple(action for action in edition.pack.actions if action.id in sheet.ticked),
        platforms=tuple(platform for platform in edition.pack.platforms if platform.id in sheet.platforms),
        left_out=tuple(question for question in edition.questions.values() if question.id in sheet.left_out),
        persona=edition.personas[sheet.persona] if sheet.persona else None,
    )
