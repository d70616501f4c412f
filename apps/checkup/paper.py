"""The paper twin: the same questions with points to add up by hand, giving the same score as the screen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from apps import scoring
from apps.editions.compiled import CompiledEdition
from apps.editions.schema import Option, Question, Topic


@dataclass(frozen=True)
class PaperOption:
    """An answer with the points to write down for it. A multi question adds them up to its cap."""

    option: Option
    points: int


@dataclass(frozen=True)
class PaperQuestion:
    """A question as printed. `number` is how the sheet refers to it; `only_if` names the answers that open it."""

    number: int
    question: Question
    options: tuple[PaperOption, ...]
    most: int
    parent_number: int | None
    only_if: tuple[Option, ...]


@dataclass(frozen=True)
class PaperTopic:
    """A topic with its questions."""

    topic: Topic
    questions: tuple[PaperQuestion, ...]


@dataclass(frozen=True)
class PaperSheet:
    """All that is printed. `thresholds[score]` is the least number of points that gives that score."""

    topics: tuple[PaperTopic, ...]
    maximum: int
    thresholds: tuple[int, ...]
    bands: tuple[tuple[scoring.Band, int, int], ...]


def paper_sheet(edition: CompiledEdition, topics: Collection[str] | None = None) -> PaperSheet:
    """Return the sheet for some topics, or for all scored ones. Raise ValueError if there is nothing to score."""
    chosen = [topic for topic in edition.scored_topics if topics is None or topic.id in topics]
    record = scoring.Record(answers={}, topics=frozenset(topic.id for topic in chosen))
    maximum = scoring.score(edition.questionnaire, record).maximum
    if not maximum:
        raise ValueError("a sheet without a scored question has no score")
    numbers: dict[str, int] = {}
    printed = []
    for topic in chosen:
        questions = []
        for question in topic.questions:
            numbers[question.id] = len(numbers) + 1
            questions.append(_question(edition, question, numbers))
        printed.append(PaperTopic(topic, tuple(questions)))
    thresholds = tuple(_least_points(shown, maximum) for shown in range(101))
    bands = tuple(
        (band, thresholds[20 * place], (thresholds[20 * place + 20] - 1) if place < 4 else maximum)
        for place, band in enumerate(scoring.Band)
    )
    return PaperSheet(tuple(printed), maximum, thresholds, bands)


def _question(edition: CompiledEdition, question: Question, numbers: dict[str, int]) -> PaperQuestion:
    scored = edition.questionnaire.question(question.id)
    parent = edition.questions.get(question.parent or "")
    return PaperQuestion(
        number=numbers[question.id],
        question=question,
        options=tuple(PaperOption(option, scored.weight * option.level) for option in question.options),
        most=4 * scored.weight,
        parent_number=numbers.get(question.parent or ""),
        only_if=tuple(option for option in parent.options if option.id in question.show) if parent else (),
    )


def _least_points(shown: int, maximum: int) -> int:
    """Return the least number of points that is printed as this score: 44 of 161 needs 71."""
    points = max(0, (2 * shown - 1) * maximum // 200)
    while scoring.shown_score(points, maximum) < shown:
        points += 1
    return points
