"""The numbers on the method page, worked out from an edition. The words around them are in the templates."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from django.utils.formats import number_format

from apps import scoring
from apps.checkup.result import Points
from apps.checkup.wording import band_name, band_opening
from apps.editions.calibration import worst_case
from apps.editions.compiled import CompiledEdition
from apps.editions.convert import record_of
from apps.editions.schema import UNSURE, Action, Option, Persona, Question, Situation, Text, Topic
from apps.editions.templatetags.content import words


@dataclass(frozen=True)
class OptionRow:
    """One option with the points that it gives by itself."""

    option: Option
    points: int


@dataclass(frozen=True)
class QuestionRow:
    """One question. `most` are its most points, `share` the same out of 100 of the whole, as printed.

    `weight` is 0 and `share` empty where the question is not scored. `opened_by` are the options of `parent`
    that open it; `opened_by_unsure` says whether "not sure" opens it too.
    """

    question: Question
    topic: Topic
    weight: int
    most: int
    share: str
    options: tuple[OptionRow, ...]
    parent: Question | None
    opened_by: tuple[Text, ...]
    opened_by_unsure: bool
    situations: tuple[Situation, ...]


@dataclass(frozen=True)
class TopicRow:
    """One topic with its most points, their share of the whole as printed, and its questions."""

    topic: Topic
    most: int
    share: str
    questions: tuple[QuestionRow, ...]


@dataclass(frozen=True)
class BandRow:
    """One band: its name, its ends on the 0 to 100 scale, and the words that open a result in it."""

    name: str
    low: int
    high: int
    opening: str


@dataclass(frozen=True)
class PersonaRow:
    """One invented person with their printed score, their bands and most open topic."""

    persona: Persona
    points: Points
    bands: tuple[str, ...]
    most_open: Topic | None


@dataclass(frozen=True)
class AnswerLine:
    """One answer of the worked example: weight times level is points."""

    question: Question
    weight: int
    level: int
    points: int


@dataclass(frozen=True)
class TopicLine:
    """One topic of the worked example: its points out of its most."""

    topic: Topic
    points: int
    most: int


@dataclass(frozen=True)
class Example:
    """One exact score worked out by hand: the answers of one topic, all topics, the whole, and what can change.

    `exact` is the score with two decimals, as printed. `yours` and `others` are points of the 0 to 100 scale.
    `could_be` are the ends of the score if every weight were a quarter off in the worst way.
    """

    name: str
    topic: Topic
    answers: tuple[AnswerLine, ...]
    topics: tuple[TopicLine, ...]
    points: int
    most: int
    exact: str
    shown: int
    yours: int
    others: int
    could_be: tuple[int, int]
    first_step: Action | None


@dataclass(frozen=True)
class RangeExample:
    """One score that is a range, and the question that leaves most of it open."""

    name: str
    low_points: int
    high_points: int
    low: int
    high: int
    middle: int | None
    widest: Question


def topic_rows(edition: CompiledEdition) -> tuple[TopicRow, ...]:
    """Return every topic in order, those asked after the result included."""
    nothing = scoring.score(edition.questionnaire, scoring.Record({}))
    rows = []
    for topic in edition.pack.topics:
        most = nothing.topic_maximum.get(topic.id, 0)
        questions = tuple(question_row(edition, question) for question in topic.questions)
        rows.append(TopicRow(topic, most, _of_hundred(most, nothing.maximum) if most else "", questions))
    return tuple(rows)


def question_row(edition: CompiledEdition, question: Question) -> QuestionRow:
    """Return what the method says about one question."""
    scored = edition.questionnaire.question(question.id)
    most = scored.weight * scored.maximum_level
    whole = scoring.score(edition.questionnaire, scoring.Record({})).maximum
    parent = edition.questions[question.parent] if question.parent else None
    return QuestionRow(
        question,
        edition.topic_of[question.id],
        scored.weight,
        most,
        _of_hundred(most, whole) if scored.is_scored else "",
        tuple(OptionRow(option, scored.weight * option.level) for option in question.options),
        parent,
        tuple(option.text for option in parent.options if option.id in question.show) if parent else (),
        UNSURE in question.show,
        tuple(edition.situations[situation] for situation in question.applies_to),
    )


def band_rows() -> tuple[BandRow, ...]:
    """Return the bands, from the fewest doors open to the most."""
    rows = []
    for band in scoring.Band:
        inside = [shown for shown in range(101) if scoring.band_of(shown) is band]
        rows.append(BandRow(band_name(band), inside[0], inside[-1], band_opening(band, most_can_change=False)))
    return tuple(rows)


def persona_rows(edition: CompiledEdition) -> tuple[PersonaRow, ...]:
    """Return the invented people with their scores, in the edition's order, most exposed first."""
    rows = []
    for persona in edition.pack.personas:
        score = edition.persona_scores[persona.id]
        most_open = scoring.most_open_topic(score)
        low, high = score.bands
        rows.append(
            PersonaRow(
                persona,
                Points(*score.shown),
                (band_name(low),) if low is high else (band_name(low), band_name(high)),
                edition.topics[most_open] if most_open else None,
            )
        )
    return tuple(rows)


def example(edition: CompiledEdition) -> Example | None:
    """Return the score of the first invented person without open answers, worked out; None if there is none."""
    for persona in _practice(edition):
        score = edition.persona_scores[persona.id]
        most_open = scoring.most_open_topic(score)
        if score.points.is_exact and most_open:
            return _worked(edition, persona, score, edition.topics[most_open])
    return None


def _worked(edition: CompiledEdition, persona: Persona, score: scoring.Score, topic: Topic) -> Example:
    questionnaire, record = edition.questionnaire, record_of(persona)
    answers = []
    for part in scoring.contributions(questionnaire, record):
        question = questionnaire.question(part.question)
        if question.topic == topic.id:
            level = part.points.low // question.weight
            answers.append(AnswerLine(edition.questions[question.id], question.weight, level, part.points.low))
    points, most = score.points.low, score.maximum
    plan = scoring.plan(questionnaire, record)
    low, high = worst_case(Fraction(points, most))
    others = scoring.shown_score(plan.others.low, most)
    return Example(
        words(persona.name),
        topic,
        tuple(answers),
        tuple(
            TopicLine(edition.topics[name], there.low, score.topic_maximum[name])
            for name, there in score.topics.items()
        ),
        points,
        most,
        number_format(Decimal((20_000 * points + most) // (2 * most)) / 100, 2),
        score.shown[0],
        score.shown[0] - others,
        others,
        (floor(100 * low), ceil(100 * high)),
        edition.actions[plan.first_step] if plan.first_step else None,
    )


def range_example(edition: CompiledEdition) -> RangeExample | None:
    """Return the first invented person whose score is a range narrow enough for one number; None if there is none."""
    for persona in _practice(edition):
        score = edition.persona_scores[persona.id]
        open_parts = scoring.worth_checking(edition.questionnaire, record_of(persona))
        if open_parts and score.middle is not None:
            points = score.points
            widest = edition.questions[open_parts[0].question]
            return RangeExample(words(persona.name), points.low, points.high, *score.shown, score.middle, widest)
    return None


def _practice(edition: CompiledEdition) -> list[Persona]:
    return [persona for persona in edition.pack.personas if persona.practice]


def _of_hundred(part: int, whole: int) -> str:
    """Return a part as points of the 0 to 100 scale with one decimal: 28 of 798 is "3.5"."""
    return number_format(Decimal((2_000 * part + whole) // (2 * whole)) / 10, 1)
