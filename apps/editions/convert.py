"""Turn a pack's items into the values that `apps.scoring` works with."""

from __future__ import annotations

from apps import scoring
from apps.editions.schema import PREFER_NOT, UNSURE, AnswerText, Pack, Persona


def questionnaire_of(pack: Pack) -> scoring.Questionnaire:
    """Return the part of a pack that scoring needs. No texts, no sources, order kept."""
    return scoring.Questionnaire(
        topics=tuple(scoring.Topic(topic.id, topic.after_result) for topic in pack.topics),
        questions=tuple(
            scoring.Question(
                id=question.id,
                topic=topic.id,
                kind=scoring.Kind.MULTI if question.kind == "multi" else scoring.Kind.SINGLE,
                options=tuple(scoring.Option(option.id, option.level) for option in question.options),
                ratings=(
                    (question.ratings.s.value, question.ratings.r.value, question.ratings.k.value)
                    if question.ratings
                    else None
                ),
                parent=question.parent,
                show=frozenset(question.show),
                applies_to=frozenset(question.applies_to),
            )
            for topic in pack.topics
            for question in topic.questions
        ),
        actions=tuple(
            scoring.Action(
                id=action.id,
                effort=action.effort,
                family=action.family,
                caps=dict(action.caps),
                helps={question: frozenset(options) for question, options in action.helps.items()},
            )
            for action in pack.actions
        ),
    )


def answer_of(text: AnswerText) -> scoring.Answer:
    """Return the answer that a pack writes as `c`, `unsure`, `prefer-not`, `[b, d]` or `{some: [b]}`."""
    if text == UNSURE:
        return scoring.Answer.not_sure()
    if text == PREFER_NOT:
        return scoring.Answer.prefer_not()
    if isinstance(text, str):
        return scoring.Answer.known(text)
    if isinstance(text, dict):
        return scoring.Answer.partly(*text["some"])
    return scoring.Answer.known(*text)


def record_of(persona: Persona) -> scoring.Record:
    """Return a persona's answers as an answer record over the whole questionnaire."""
    return scoring.Record(
        answers={question: answer_of(text) for question, text in persona.answers.items()},
        situation=None if persona.situation is None else frozenset(persona.situation),
    )
