"""What the pages for teachers and their archive show: lessons with their minutes, slides, notes, prompts, cards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from apps.classroom.cards import answers_of, groups_spared, persona_cards_of
from apps.editions.compiled import ORIGINAL, CompiledEdition
from apps.editions.schema import AgeGroup, Claim, Lesson, LessonPart, Markdown, Prompts, Question, Text, Topic
from apps.editions.templatetags.content import words


@dataclass(frozen=True)
class PartRow:
    """One part of a lesson with the minutes at which it begins and ends, and the claims numbered before it."""

    part: LessonPart
    begins: int
    ends: int
    cited: tuple[str, ...]


@dataclass(frozen=True)
class Slide:
    """What is projected for one part of a lesson: a heading, and the lines under it."""

    heading: str
    lines: tuple[str, ...]
    minutes: int


@dataclass(frozen=True)
class AgeRow:
    """One age group with what its note may cite, the topics that suit it, and the questions it is not asked."""

    group: AgeGroup
    cited: tuple[str, ...]
    topics: tuple[Topic, ...]
    left_out: tuple[Question, ...]


@dataclass(frozen=True)
class PromptRow:
    """What a class can talk about on one topic: its id, its name, and the questions."""

    id: str
    name: Text
    prompts: Prompts


def part_rows(edition: CompiledEdition, item: Lesson) -> tuple[tuple[PartRow, ...], tuple[Claim, ...]]:
    """Return the parts of a lesson with their minutes, and the claims they cite, numbered through the lesson."""
    rows: list[PartRow] = []
    cited: tuple[str, ...] = ()
    begins = 0
    for part in item.parts:
        rows.append(PartRow(part, begins, begins + part.minutes, cited))
        cited = cited_in(edition, part.body, cited)
        begins += part.minutes
    return tuple(rows), claims_of(edition, cited)


def slides_of(item: Lesson) -> tuple[Slide, ...]:
    """Return the slides of a lesson: the first line of each is its heading; a part without one shows its title."""
    slides = []
    for part in item.parts:
        heading, *lines = words(part.slide or part.title).splitlines()
        slides.append(Slide(heading, tuple(line for line in lines if line.strip()), part.minutes))
    return tuple(slides)


def age_rows(edition: CompiledEdition) -> tuple[tuple[AgeRow, ...], tuple[Claim, ...]]:
    """Return the notes on each age group, and the claims they cite."""
    rows: list[AgeRow] = []
    cited: tuple[str, ...] = ()
    for group in edition.pack.ages:
        topics = tuple(edition.topics[topic] for topic in group.topics if topic in edition.topics)
        left_out = tuple(edition.questions[one] for one in group.left_out if one in edition.questions)
        rows.append(AgeRow(group, cited, topics, left_out))
        cited = cited_in(edition, group.note, cited)
    return tuple(rows), claims_of(edition, cited)


def prompt_rows(edition: CompiledEdition) -> tuple[PromptRow, ...]:
    """Return the questions to talk about, each list with the name of its topic or guide."""
    rows = []
    for item in edition.pack.prompts:
        topic, guide = edition.topics.get(item.id), edition.guides.get(item.id)
        if topic or guide:
            rows.append(PromptRow(item.id, topic.name if topic else guide.title, item))  # type: ignore[union-attr]
    return tuple(rows)


def cards_context(edition: CompiledEdition) -> dict[str, Any]:
    """Return what the cards of the practice people and the teacher's answers are made of."""
    return {"cards": persona_cards_of(edition), "spared": groups_spared(edition), "answers": answers_of(edition)}


def groups_of(edition: CompiledEdition, item: Lesson) -> tuple[AgeGroup, ...]:
    """Return the age groups that a lesson suits."""
    return tuple(group for group in edition.pack.ages if group.id in item.ages)


def cited_in(edition: CompiledEdition, text: Markdown, before: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the claims that a text cites in the reader's language, after those numbered before it."""
    return edition.html(text, get_language() or ORIGINAL, before).cited


def claims_of(edition: CompiledEdition, cited: Iterable[str]) -> tuple[Claim, ...]:
    """Return claims by their ids."""
    return tuple(edition.claims[claim] for claim in cited)
