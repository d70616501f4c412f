"""Layouts and sheets for the tests: one that looks like a real edition, and strategies for random ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from apps import scoring
from apps.checkup.sheet import ALPHABET, LAST_ROUND, LONGEST_CLASS_CODE, AnswerSheet, Layout

MULTI, SINGLE = scoring.Kind.MULTI, scoring.Kind.SINGLE


def make_question(
    question_id: str, options: str = "abcd", kind: scoring.Kind = SINGLE, topic: str = "t1", **changes: Any
) -> scoring.Question:
    """Return a scored root question with options of rising levels; a multi gets `none` besides."""
    made = [scoring.Option(option, min(4, level)) for level, option in enumerate(options, kind is MULTI)]
    if kind is MULTI:
        made.append(scoring.Option(scoring.NONE, 0))
    values: dict[str, Any] = {"ratings": (2, 2, 2)} | changes
    return scoring.Question(id=question_id, topic=topic, kind=kind, options=tuple(made), **values)


def make_layout(**changes: Any) -> Layout:
    """Return a layout of the size of the shipped content: 29 questions, 40 actions, 10 topics."""
    questions = [make_question(f"q{n}", topic=f"t{(n + 2) // 3}") for n in range(1, 30)]
    for place in (16, 18, 20):
        questions[place] = make_question(f"q{place + 1}", "bcdef", MULTI, topic=questions[place].topic)
    values: dict[str, Any] = {
        "number": 3,
        "places": ("uk", "eu", "us", "cn", "other"),
        "situations": ("study", "carer", "job"),
        "topics": tuple(f"t{n}" for n in range(1, 11)),
        "questions": tuple(questions),
        "actions": tuple(f"a{n}" for n in range(1, 41)),
        "platforms": tuple(f"p{n}" for n in range(1, 13)),
        "personas": ("liang", "maya", "rosa"),
    }
    return Layout(**(values | changes))


def make_sheet(layout: Layout, **changes: Any) -> AnswerSheet:
    """Return a full sheet: place, situation, and every question answered with its last option."""
    answers = {
        question.id: (
            scoring.Answer.partly("b", "d") if question.kind is MULTI else scoring.Answer.known(question.options[-1].id)
        )
        for question in layout.questions
    }
    values: dict[str, Any] = {
        "edition": layout.number,
        "place": layout.places[0],
        "situation": frozenset(layout.situations[:1]),
        "answers": answers,
    }
    return AnswerSheet(**(values | changes))


def _ids(prefix: str, most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.integers(0, most).map(lambda count: tuple(f"{prefix}{n}" for n in range(1, count + 1)))


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Return a random layout; its first question of topic t1 is always one that can score points."""
    topics = draw(_ids("t", 4)) or ("t1",)
    questions = [make_question("q1")]
    for number in range(2, draw(st.integers(1, 12)) + 1):
        kind = draw(st.sampled_from([SINGLE, SINGLE, MULTI]))
        questions.append(
            make_question(
                f"q{number}",
                draw(st.sampled_from(["ab", "abc", "abcde"])),
                kind,
                topic=draw(st.sampled_from([*topics, "choices"])),
                ratings=draw(st.sampled_from([(1, 2, 3), None])),
            )
        )
    return Layout(
        number=draw(st.integers(1, 40) | st.integers(1, 9_999_999)),
        places=draw(_ids("place", 4)),
        situations=draw(_ids("situation", 4)),
        topics=topics,
        questions=tuple(questions),
        actions=draw(_ids("a", 12)),
        platforms=draw(_ids("p", 6)),
        personas=draw(_ids("someone", 3)),
    )


def _some(ids: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(ids)) if ids else st.just(frozenset())


def _one_or_none(ids: tuple[str, ...]) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *ids])


@st.composite
def answers_to(draw: st.DrawFn, question: scoring.Question) -> scoring.Answer:
    """Return any answer that the question offers, made without the tables that the codec uses."""
    states = [scoring.Answer.not_sure(), scoring.Answer.prefer_not()]
    ordinary = [option.id for option in question.options if option.id != scoring.NONE]
    if question.kind is SINGLE:
        return draw(st.sampled_from([*states, *(scoring.Answer.known(option) for option in ordinary)]))
    picks = draw(st.sets(st.sampled_from(ordinary), min_size=1))
    made = [scoring.Answer.known(*picks), scoring.Answer.partly(*picks), scoring.Answer.known(scoring.NONE)]
    return draw(st.sampled_from([*made, *states]))


@st.composite
def sheets(draw: st.DrawFn, layout: Layout, private: bool = True) -> AnswerSheet:
    """Return any sheet that the layout can hold; without `private` only what a resume code holds."""
    answers = {question.id: draw(answers_to(question)) for question in layout.questions if draw(st.booleans())}
    sheet = AnswerSheet(
        edition=layout.number,
        place=draw(_one_or_none(layout.places)),
        situation=draw(st.none() | _some(layout.situations)),
        topics=draw(st.none() | _some(layout.topics).map(lambda topics: topics | {"t1"})),
        answers=answers,
        platforms=draw(_some(layout.platforms)),
        ticked=draw(_some(layout.actions)),
        for_child=draw(st.booleans()),
        left_out=draw(_some(layout.question_ids)) - {"q1"},
    )
    if not private:
        return sheet
    return sheet.replace(
        remember=draw(st.booleans()),
        persona=draw(_one_or_none(layout.personas)),
        klass=draw(st.none() | st.text(ALPHABET, min_size=1, max_size=LONGEST_CLASS_CODE)),
        round=draw(st.none() | st.integers(1, LAST_ROUND)),
    )


@st.composite
def layouts_and_sheets(draw: st.DrawFn, private: bool = True) -> tuple[Layout, AnswerSheet]:
    """Return a random layout with a sheet that it can hold."""
    layout = draw(layouts())
    return layout, draw(sheets(layout, private))
