"""Cards of the practice people for a class without devices, with the answers for the teacher.

Made from the personas of the edition, so that a card always fits the questions that are asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apps import scoring
from apps.checkup.paper import PaperQuestion, PaperSheet, paper_sheet
from apps.checkup.wording import answer_in_words, band_name
from apps.editions.compiled import CompiledEdition
from apps.editions.convert import record_of
from apps.editions.schema import AgeGroup, Persona, Place, Question, Topic


@dataclass(frozen=True)
class Told:
    """What a persona says to one question."""

    question: Question
    answer: str


@dataclass(frozen=True)
class CardTopic:
    """What a persona says about one topic."""

    topic: Topic
    told: tuple[Told, ...]


@dataclass(frozen=True)
class Card:
    """One persona as printed. `older` stands apart: some age group is not asked these questions."""

    persona: Persona
    place: Place | None
    topics: tuple[CardTopic, ...]
    older: tuple[Told, ...]


@dataclass(frozen=True)
class Points:
    """Points on paper: what the group should have found, and the most that there are."""

    found: int
    most: int


@dataclass(frozen=True)
class AnswerRow:
    """The points of each persona in one topic, in the order of the cards."""

    topic: Topic
    points: tuple[Points, ...]


@dataclass(frozen=True)
class Answers:
    """The teacher's sheet: points by topic, then the whole checkup on screen: result in words, most open topic."""

    personas: tuple[Persona, ...]
    rows: tuple[AnswerRow, ...]
    lines: tuple[tuple[Persona, str, Topic | None], ...]


def groups_spared(edition: CompiledEdition) -> tuple[AgeGroup, ...]:
    """Return the age groups that are not asked every question."""
    return tuple(group for group in edition.pack.ages if group.left_out)


def persona_cards_of(edition: CompiledEdition) -> tuple[Card, ...]:
    """Return a card for each practice persona, in the expected order, most exposed first."""
    spared = {question for group in groups_spared(edition) for question in group.left_out}
    return tuple(_card(edition, persona, spared) for persona in _practice_people(edition))


def answers_of(edition: CompiledEdition) -> Answers:
    """Return what the class should find for each card, by hand and on screen."""
    people = _practice_people(edition)
    sheet = paper_sheet(edition)
    return Answers(
        personas=people,
        rows=tuple(_row(edition, sheet, place, people) for place in range(len(sheet.topics))),
        lines=tuple(_line(edition, persona) for persona in people),
    )


def _practice_people(edition: CompiledEdition) -> tuple[Persona, ...]:
    return tuple(persona for persona in edition.pack.personas if persona.practice)


def _card(edition: CompiledEdition, persona: Persona, spared: set[str]) -> Card:
    told = {topic.id: tuple(_told(edition, persona, topic)) for topic in edition.scored_topics}
    topics = tuple(
        CardTopic(topic, kept)
        for topic in edition.scored_topics
        if (kept := tuple(one for one in told[topic.id] if one.question.id not in spared))
    )
    older = tuple(one for found in told.values() for one in found if one.question.id in spared)
    return Card(persona, edition.places.get(persona.place or ""), topics, older)


def _told(edition: CompiledEdition, persona: Persona, topic: Topic) -> Iterator[Told]:
    answers = record_of(persona).answers
    for question in topic.questions:
        if question.id in answers:
            yield Told(question, answer_in_words(question, answers[question.id], for_child=False))


def _row(edition: CompiledEdition, sheet: PaperSheet, place: int, people: tuple[Persona, ...]) -> AnswerRow:
    part = sheet.topics[place]
    most = edition.persona_scores[people[0].id].topic_maximum[part.topic.id] if people else 0
    return AnswerRow(
        part.topic,
        tuple(Points(sum(_points(item, persona) for item in part.questions), most) for persona in people),
    )


def _line(edition: CompiledEdition, persona: Persona) -> tuple[Persona, str, Topic | None]:
    score = edition.persona_scores[persona.id]
    in_words = "" if score.middle is None else band_name(scoring.band_of(score.middle))
    return persona, in_words, edition.topics.get(scoring.most_open_topic(score) or "")


def _points(item: PaperQuestion, persona: Persona) -> int:
    """Return the points that the paper sheet gives for a persona's answer; "not sure" has none."""
    answer = record_of(persona).answers.get(item.question.id)
    if answer is None or item.question.ratings is None:
        return 0
    return min(item.most, sum(row.points for row in item.options if row.option.id in answer.picks))
