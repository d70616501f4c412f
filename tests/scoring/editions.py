"""Random valid editions and random answer records, for property tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from apps.scoring import NONE, Action, Answer, Kind, Option, Question, Questionnaire, Record, Topic

SITUATIONS = ("study", "job")

few = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
"""Editions are large to draw, so the examples are few; a search for rare faults raises this number."""


@st.composite
def editions(draw: st.DrawFn, max_actions: int = 5) -> Questionnaire:
    """Draw an edition that keeps every rule: 5 or 6 topics with 1 to 3 questions, and some after the result."""
    topics = [f"t{number}" for number in range(draw(st.integers(5, 6)))]
    questions: list[Question] = []
    for topic in topics:
        questions += draw(branches(topic))
    after = Question("z1", "after", Kind.SINGLE, (Option("o0", 0), Option("o1", 3)), None)
    scored = [question for question in questions if question.is_scored]
    actions = [draw(actions_on(f"a{number}", scored, questions)) for number in range(draw(st.integers(1, max_actions)))]
    return Questionnaire(
        (*(Topic(topic) for topic in topics), Topic("after", after_result=True)),
        (*questions, after),
        tuple(actions),
    )


@st.composite
def branches(draw: st.DrawFn, topic: str) -> list[Question]:
    """Draw a topic's questions: a root, and follow-ups or further roots behind it, some not scored."""
    root = draw(questions_of(f"{topic}a", topic, scored=True))
    found = [root]
    for letter in "bc"[: draw(st.integers(0, 2))]:
        parent = draw(st.sampled_from([None, *found]))
        scored = draw(st.integers(0, 5)) > 0 and (parent is None or parent.is_scored)
        found.append(draw(questions_of(f"{topic}{letter}", topic, scored, parent)))
    return found


@st.composite
def questions_of(
    draw: st.DrawFn, question_id: str, topic: str, scored: bool, parent: Question | None = None
) -> Question:
    """Draw a question that has an answer of level 0, and one above 0 if it is scored."""
    kind = draw(st.sampled_from([Kind.SINGLE, Kind.SINGLE, Kind.MULTI]))
    if kind is Kind.MULTI:
        levels = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
        options = [Option(f"o{place}", level) for place, level in enumerate(levels)] + [Option(NONE, 0)]
    else:
        levels = [0, draw(st.integers(1, 4)), *draw(st.lists(st.integers(0, 4), max_size=2))]
        options = [Option(f"o{place}", level) for place, level in enumerate(levels)]
    show: set[str] = set()
    if parent:
        # Every option above a level is listed, and any of those at that level: monotone (V3).
        above = draw(st.integers(0, 3))
        ordinary = [option for option in parent.options if option.id != NONE]
        show = {option.id for option in ordinary if option.level > above}
        show |= {option.id for option in ordinary if option.level == above and draw(st.booleans())}
        if not show or draw(st.booleans()):
            show.add("unsure")
    applies = () if parent else draw(st.sampled_from([(), (), (), ("study",), ("job", "study")]))
    return Question(
        id=question_id,
        topic=topic,
        kind=kind,
        options=tuple(options),
        ratings=draw(st.tuples(*[st.integers(1, 4)] * 3)) if scored else None,
        parent=parent.id if parent else None,
        show=frozenset(show),
        applies_to=frozenset(applies),
    )


@st.composite
def actions_on(draw: st.DrawFn, action_id: str, scored: list[Question], every: list[Question]) -> Action:
    """Draw an action with up to three honest caps, and some answers that it helps with."""
    capped = draw(st.lists(st.sampled_from(scored), max_size=3, unique_by=lambda question: question.id))
    caps = {}
    for question in capped:
        levels = {option.level for option in question.options if option.level < 4}
        caps[question.id] = draw(st.integers(0, 3) if question.kind is Kind.MULTI else st.sampled_from(sorted(levels)))
    helped = draw(st.sampled_from(every))
    words = draw(st.sampled_from(["unsure", *(option.id for option in helped.options)]))
    return Action(action_id, draw(st.integers(1, 3)), "settings", caps, {helped.id: frozenset({words})})


@st.composite
def records(draw: st.DrawFn, questionnaire: Questionnaire, complete: bool = False) -> Record:
    """Draw a record: answers to any questions, on screen or not, unless `complete`: then to all, all known."""
    answers = {}
    for question in questionnaire.questions:
        answer = draw(answers_to(question, complete))
        if answer:
            answers[question.id] = answer
    if complete:
        return Record(answers, draw(situations))
    topics = sorted(questionnaire.scored_topics)
    chosen = draw(st.one_of(st.none(), st.none(), st.sets(st.sampled_from(topics), min_size=1).map(frozenset)))
    ids = [question.id for question in questionnaire.questions]
    left_out = draw(st.one_of(st.just(frozenset()), st.sets(st.sampled_from(ids), max_size=2).map(frozenset)))
    return Record(answers, draw(situations), chosen, left_out)


situations = st.sampled_from([None, None, frozenset(), frozenset({"study"}), frozenset(SITUATIONS)])


@st.composite
def answers_to(draw: st.DrawFn, question: Question, known: bool = False) -> Answer | None:
    """Draw an answer that the question offers, or None for a missing one; always a known one if `known`."""
    kinds = ["known"] if known else ["known", "known", "partly", "not sure", "prefer not", "missing"]
    match draw(st.sampled_from(kinds)):
        case "missing":
            return None
        case "not sure":
            return Answer.not_sure()
        case "prefer not":
            return Answer.prefer_not()
        case "partly" if question.kind is Kind.MULTI:
            return Answer.partly(*draw(picks_of(question)))
    if question.kind is Kind.SINGLE:
        return Answer.known(draw(st.sampled_from(question.options)).id)
    return Answer.known(*draw(st.one_of(st.just({NONE}), picks_of(question))))


def picks_of(question: Question) -> st.SearchStrategy[set[str]]:
    """Return the strategy for one or more ordinary options of a question."""
    return st.sets(st.sampled_from([option.id for option in question.ordinary]), min_size=1)


@st.composite
def runs(draw: st.DrawFn, complete: bool = False, max_actions: int = 5) -> tuple[Questionnaire, Record]:
    """Draw an edition and a record of it whose scope can be scored."""
    questionnaire = draw(editions(max_actions))
    record = draw(records(questionnaire, complete))
    if not _can_score(questionnaire, record):
        record = Record(record.answers, record.situation)
    return questionnaire, record


def _can_score(questionnaire: Questionnaire, record: Record) -> bool:
    return any(
        question.parent is None
        and question.is_scored
        and question.id not in record.left_out
        and (record.topics is None or question.topic in record.topics)
        for question in questionnaire.questions
    )
