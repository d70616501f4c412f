"""What is on screen: always recomputed from the answers, never from the way that was taken.

Source: method, section 2, "Scope and situation" and "On screen".
"""

from __future__ import annotations

from apps.scoring.answers import Answer, Record, State
from apps.scoring.model import UNSURE, Question, Questionnaire


def applies(question: Question, record: Record) -> bool:
    """Return whether a question concerns this person's situation; a skipped situation closes nothing."""
    if not question.applies_to or record.situation is None:
        return True
    return not question.applies_to.isdisjoint(record.situation)


def opens(answer: Answer | None, follow_up: Question) -> bool:
    """Return whether the parent's answer puts a follow-up on screen.

    "Prefer not to say" and a missing answer (None) open nothing.
    """
    if answer is None or answer.state is State.PREFER_NOT_TO_SAY:
        return False
    if answer.state is not State.KNOWN and UNSURE in follow_up.show:
        return True
    return not follow_up.show.isdisjoint(answer.picks)


def scope_of(questionnaire: Questionnaire, record: Record) -> tuple[str, ...]:
    """Return the ids of the topics that the score covers, in edition order.

    Topics asked after the result are never among them, whatever was chosen.
    """
    topics = questionnaire.scored_topics
    return topics if record.topics is None else tuple(topic for topic in topics if topic in record.topics)


def on_screen(questionnaire: Questionnaire, record: Record, after_result: bool = False) -> tuple[Question, ...]:
    """Return the questions to ask, in edition order.

    With `after_result`, those of the topics asked after the result instead; these do not depend
    on the topics chosen for the score.
    """
    if after_result:
        topics = {topic.id for topic in questionnaire.topics if topic.after_result}
    else:
        topics = set(scope_of(questionnaire, record))
    shown: dict[str, Question] = {}
    for question in questionnaire.questions:
        if question.topic not in topics or question.id in record.left_out:
            continue
        if question.parent is None:
            asked = applies(question, record)
        else:
            asked = question.parent in shown and opens(record.answers.get(question.parent), question)
        if asked:
            shown[question.id] = question
    return tuple(shown.values())


def unanswered(questionnaire: Questionnaire, record: Record, after_result: bool = False) -> tuple[Question, ...]:
    """Return the questions on screen without any answer; "prefer not to say" is an answer."""
    return tuple(
        question for question in on_screen(questionnaire, record, after_result) if question.id not in record.answers
    )
