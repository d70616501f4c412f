"""The answer sheet: everything a person's run holds, and the one compact text that carries it.

The same text serves the cookie and the resume code. It is a number written in an alphabet without
look-alikes: the edition first, then every field of the sheet as one digit of a number with mixed
radices. So one sheet has one text, one text has one sheet, and no room is wasted. Signing and cookies
are in `apps.checkup.cookies`. Source: design, section 4.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

from apps import scoring

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""The 31 symbols of every code: no 0, O, 1, I or L. Thirty-one is prime, which check symbols rely on."""

LONGEST_TEXT = 400
"""Texts above this many symbols are refused before any arithmetic."""

LONGEST_CLASS_CODE = 12
LAST_ROUND = 9999

BASE = len(ALPHABET)
_SYMBOLS = frozenset(ALPHABET)
_TO_PYTHON_DIGITS = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstu")

# The edition's number, less one, in symbols that say whether another follows: 16 symbols end it and 15
# go on. Six symbols reach beyond thirteen million editions and stay inside a database's integers.
_ENDING = 16
_GOING_ON = BASE - _ENDING
_LONGEST_EDITION = 6


class SheetError(ValueError):
    """A text that does not decode exactly, or a sheet that its edition cannot hold.

    The message never repeats the text or an answer.
    """


@dataclass(frozen=True)
class AnswerSheet:
    """What a person's run holds, as one value of one edition; every change makes a new sheet.

    `situation` is None where it was skipped and empty for "none of these"; `topics` is None for the
    whole checkup. `answers` is by question id and may hold answers to questions that are not on screen.
    `platforms` are the reader's phones and apps, `ticked` the actions marked as done. `remember` asks
    for a cookie that outlives the browser session. `persona` is set while practising as someone,
    `klass` and `round` (1 or more) while taking part in a class. `left_out` are questions outside the
    scope of the run.
    """

    edition: int
    place: str | None = None
    situation: frozenset[str] | None = None
    topics: frozenset[str] | None = None
    answers: Mapping[str, scoring.Answer] = field(default_factory=dict)
    platforms: frozenset[str] = frozenset()
    ticked: frozenset[str] = frozenset()
    for_child: bool = False
    remember: bool = False
    persona: str | None = None
    klass: str | None = None
    round: int | None = None
    left_out: frozenset[str] = frozenset()

    def answered(self, question_id: str, answer: scoring.Answer | None) -> AnswerSheet:
        """Return the sheet with this answer, or without any answer to the question where it is None."""
        answers = {question: given for question, given in self.answers.items() if question != question_id}
        if answer is not None:
            answers[question_id] = answer
        return self.replace(answers=answers)

    def replace(self, **changes: Any) -> AnswerSheet:
        """Return the sheet with other values in the named fields. Raise TypeError for an unknown field."""
        return dataclasses.replace(self, **changes)

    def record(self) -> scoring.Record:
        """Return what scoring needs to know."""
        return scoring.Record(
            answers=self.answers, situation=self.situation, topics=self.topics, left_out=self.left_out
        )

    def carried_to(self, old: Layout, new: Layout) -> tuple[AnswerSheet, tuple[str, ...]]:
        """Return the sheet under another edition, and the ids of the questions whose answers stayed behind.

        An answer carries over where the other edition has its question, of the same kind, and every option
        it picks. What the person was never asked is not taken as said: a multi question that gained
        an option is asked again unless its answer leaves the rest open, and where a situation was added,
        the situation counts as skipped, so that nothing is closed by it. Chosen topics or left-out
        questions that would leave nothing to score are given up.
        """
        answers = {question: given for question, given in self.answers.items() if _carries(question, given, old, new)}
        dropped = tuple(
            question for question in old.question_ids if question in self.answers and question not in answers
        )
        situation = self.situation
        if situation is not None:
            was_asked_all = set(new.situations) <= set(old.situations)
            situation = _kept(situation, new.situations) if was_asked_all else None
        sheet = self.replace(
            edition=new.number,
            place=self.place if self.place in new.places else None,
            situation=situation,
            topics=None if self.topics is None else _kept(self.topics, new.topics) or None,
            answers=answers,
            platforms=_kept(self.platforms, new.platforms),
            ticked=_kept(self.ticked, new.actions),
            persona=self.persona if self.persona in new.personas else None,
            left_out=_kept(self.left_out, new.question_ids),
        )
        if not new.leaves_something(sheet.topics, sheet.left_out):
            sheet = sheet.replace(topics=None, left_out=frozenset())
        return sheet, dropped


def _kept(chosen: frozenset[str], known: tuple[str, ...]) -> frozenset[str]:
    return chosen.intersection(known)


def _carries(question_id: str, answer: scoring.Answer, old: Layout, new: Layout) -> bool:
    before, after = old.answer_tables.get(question_id), new.answer_tables.get(question_id)
    if before is None or after is None or before.question.kind is not after.question.kind:
        return False
    if answer not in before.digits or answer not in after.digits:
        return False
    if after.question.kind is scoring.Kind.MULTI and answer.state is scoring.State.KNOWN:
        asked = {option.id for option in before.question.ordinary}
        return all(option.id in asked for option in after.question.ordinary)
    return True


@dataclass(frozen=True)
class AnswerTable:
    """Every answer that a question can have, each at the place that is its digit; the first is no answer."""

    question: scoring.Question
    answers: tuple[scoring.Answer | None, ...]
    digits: Mapping[scoring.Answer | None, int]


def answer_table(question: scoring.Question) -> AnswerTable:
    """Return the table of a question: missing, not sure, prefer not to say, then its options or selections.

    A multi question has its `none`, every selection that is fully known, and every selection of which the
    rest is not sure. A question without answers of its own has the first three.
    """
    answers: list[scoring.Answer | None] = [None, scoring.Answer.not_sure(), scoring.Answer.prefer_not()]
    if question.kind is scoring.Kind.SINGLE:
        answers += [scoring.Answer.known(option.id) for option in question.options]
    else:
        ordinary = [option.id for option in question.ordinary]
        if len(ordinary) < len(question.options):
            answers.append(scoring.Answer.known(scoring.NONE))
        selections = [_chosen(mask, ordinary) for mask in range(1, 1 << len(ordinary))]
        answers += [
            scoring.Answer(state, picks)
            for state, picks in product((scoring.State.KNOWN, scoring.State.PARTLY_SURE), selections)
        ]
    return AnswerTable(question, tuple(answers), {answer: digit for digit, answer in enumerate(answers)})


@dataclass(frozen=True)
class Layout:
    """The order of things by which the sheets of one edition are written.

    `topics` are the ids of those that can be chosen (the scored ones), `questions` all of the edition in its
    order, those asked after the result included; the rest are ids.
    """

    number: int
    places: tuple[str, ...]
    situations: tuple[str, ...]
    topics: tuple[str, ...]
    questions: tuple[scoring.Question, ...]
    actions: tuple[str, ...]
    platforms: tuple[str, ...]
    personas: tuple[str, ...]

    @cached_property
    def question_ids(self) -> tuple[str, ...]:
        """The ids of all questions, in edition order."""
        return tuple(question.id for question in self.questions)

    @cached_property
    def answer_tables(self) -> Mapping[str, AnswerTable]:
        """The table of each question by its id, in edition order."""
        return {question.id: answer_table(question) for question in self.questions}

    @cached_property
    def radices(self) -> tuple[int, ...]:
        """How many values each field has, least significant first. Fields that are rarely used come last.

        As the most significant digits, they cost nothing while they are empty.
        """
        return (
            *(len(table.answers) for table in self.answer_tables.values()),
            1 + len(self.places),
            1 + (1 << len(self.situations)),
            2,  # for a child
            1 << len(self.topics),
            1 << len(self.platforms),
            1 << len(self.actions),
            1 << len(self.questions),  # left out
            *self.private_radices,
        )

    @cached_property
    def private_radices(self) -> tuple[int, ...]:
        """The radices of what stays in the cookie: remember, persona, round, class code."""
        class_codes = sum(BASE**length for length in range(LONGEST_CLASS_CODE + 1))
        return (2, 1 + len(self.personas), 1 + LAST_ROUND, class_codes)

    @cached_property
    def _doors(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """For each question that can score points: its topic, and itself with all the parents above it."""
        lines: dict[str, frozenset[str]] = {}
        for question in self.questions:
            above = lines.get(question.parent, frozenset()) if question.parent else frozenset()
            lines[question.id] = above | {question.id}
        return tuple(
            (question.topic, lines[question.id])
            for question in self.questions
            if question.is_scored and question.maximum_level > 0
        )

    def leaves_something(self, topics: frozenset[str] | None, left_out: frozenset[str]) -> bool:
        """Return whether these topics less these questions still hold something to score."""
        if topics is None and not left_out:
            return True
        return any((topics is None or topic in topics) and line.isdisjoint(left_out) for topic, line in self._doors)


def encode(sheet: AnswerSheet, layout: Layout, *, full: bool = False) -> str:
    """Return the text of a sheet.

    With `full` it also says remember, persona, class and round, which only the cookie may hold.
    Raise SheetError for a sheet of another edition or with anything that the edition does not have.
    """
    if sheet.edition != layout.number:
        raise SheetError("the sheet belongs to another edition")
    if not layout.leaves_something(sheet.topics, sheet.left_out):
        raise SheetError("the sheet leaves nothing to score")
    digits = _digits(sheet, layout) + (_private_digits(sheet, layout) if full else [])
    number = 0
    for digit, radix in zip(reversed(digits), reversed(layout.radices[: len(digits)]), strict=True):
        number = number * radix + digit
    text = _edition_symbols(sheet.edition) + _symbols(number)
    if len(text) > LONGEST_TEXT:
        raise SheetError("the sheet is too long")
    return text


def decode(text: str, layout: Layout, *, full: bool = True) -> AnswerSheet:
    """Return the sheet of a text, which must be the one that `encode` gives for it.

    With `full` false, as for a resume code, a text that holds what only the cookie may hold is refused.
    Raise SheetError for anything that does not decode exactly.
    """
    edition, body = _split(text)
    if edition != layout.number:
        raise SheetError("the text belongs to another edition")
    if body.startswith(ALPHABET[0]):
        raise SheetError("the text is not in its shortest form")
    number = int(body.translate(_TO_PYTHON_DIGITS), BASE) if body else 0
    digits = []
    for radix in layout.radices:
        number, digit = divmod(number, radix)
        digits.append(digit)
    private = digits[-len(layout.private_radices) :]
    if number or (any(private) and not full):
        raise SheetError("the text holds more than a sheet of this edition can")
    sheet = _sheet(digits, layout)
    if not layout.leaves_something(sheet.topics, sheet.left_out):
        raise SheetError("the sheet leaves nothing to score")
    return sheet


def edition_of(text: str) -> int:
    """Return the number of the edition that a text belongs to, without reading the rest of it.

    Raise SheetError where it has none, is too long or has symbols outside the alphabet.
    """
    return _split(text)[0]


def _digits(sheet: AnswerSheet, layout: Layout) -> list[int]:
    """Return the digits of everything that every text holds, in the order of the layout's radices."""
    tables = layout.answer_tables
    if not sheet.answers.keys() <= tables.keys():
        raise SheetError("the sheet answers a question that this edition does not have")
    try:
        answers = [table.digits[sheet.answers.get(question)] for question, table in tables.items()]
    except KeyError:
        raise SheetError("the sheet has an answer that its question does not offer") from None
    topics = 0 if sheet.topics is None else _mask(sheet.topics, layout.topics, "topic")
    if sheet.topics is not None and not topics:
        raise SheetError("the sheet chooses no topic at all")
    return [
        *answers,
        _place_in(sheet.place, layout.places, "place"),
        0 if sheet.situation is None else 1 + _mask(sheet.situation, layout.situations, "situation"),
        int(sheet.for_child),
        topics,
        _mask(sheet.platforms, layout.platforms, "platform"),
        _mask(sheet.ticked, layout.actions, "action"),
        _mask(sheet.left_out, layout.question_ids, "left-out question"),
    ]


def _private_digits(sheet: AnswerSheet, layout: Layout) -> list[int]:
    """Return the digits of what only the cookie holds."""
    if sheet.round is not None and not 1 <= sheet.round <= LAST_ROUND:
        raise SheetError("the sheet's round is out of bounds")
    return [
        int(sheet.remember),
        _place_in(sheet.persona, layout.personas, "persona"),
        sheet.round or 0,
        _class_number(sheet.klass),
    ]


def _sheet(digits: list[int], layout: Layout) -> AnswerSheet:
    """Return the sheet of digits that lie within the layout's radices."""
    tables = layout.answer_tables
    answers = {
        question: answer
        for (question, table), digit in zip(tables.items(), digits, strict=False)
        if (answer := table.answers[digit]) is not None
    }
    place, situation, for_child, topics, platforms, ticked, left_out, *private = digits[len(tables) :]
    remember, persona, round_number, klass = private
    return AnswerSheet(
        edition=layout.number,
        place=layout.places[place - 1] if place else None,
        situation=_chosen(situation - 1, layout.situations) if situation else None,
        topics=_chosen(topics, layout.topics) if topics else None,
        answers=answers,
        platforms=_chosen(platforms, layout.platforms),
        ticked=_chosen(ticked, layout.actions),
        for_child=bool(for_child),
        remember=bool(remember),
        persona=layout.personas[persona - 1] if persona else None,
        klass=_class_code(klass),
        round=round_number or None,
        left_out=_chosen(left_out, layout.question_ids),
    )


def _mask(chosen: frozenset[str], known: tuple[str, ...], what: str) -> int:
    mask = sum(1 << place for place, item in enumerate(known) if item in chosen) if chosen else 0
    if mask.bit_count() != len(chosen):
        raise SheetError(f"the sheet has a {what} that this edition does not have")
    return mask


def _chosen(mask: int, known: tuple[str, ...] | list[str]) -> frozenset[str]:
    return frozenset(item for place, item in enumerate(known) if mask >> place & 1) if mask else frozenset()


def _place_in(item: str | None, known: tuple[str, ...], what: str) -> int:
    if item is None:
        return 0
    if item not in known:
        raise SheetError(f"the sheet has a {what} that this edition does not have")
    return 1 + known.index(item)


def _class_number(code: str | None) -> int:
    """Return a number for a class code, 0 for none. Codes of different lengths never share a number."""
    if code is None:
        return 0
    if not 1 <= len(code) <= LONGEST_CLASS_CODE or not _SYMBOLS.issuperset(code):
        raise SheetError("the sheet's class code is not one")
    number = 0
    for symbol in code:
        number = number * BASE + ALPHABET.index(symbol) + 1
    return number


def _class_code(number: int) -> str | None:
    symbols = []
    while number:
        number, digit = divmod(number - 1, BASE)
        symbols.append(ALPHABET[digit])
    return "".join(reversed(symbols)) or None


def _symbols(number: int) -> str:
    symbols = []
    while number:
        number, digit = divmod(number, BASE)
        symbols.append(ALPHABET[digit])
    return "".join(reversed(symbols))


def _edition_symbols(edition: int) -> str:
    rest, symbols = edition - 1, []
    while rest >= _ENDING:
        rest, digit = divmod(rest - _ENDING, _GOING_ON)
        symbols.append(ALPHABET[_ENDING + digit])
    if rest < 0 or len(symbols) >= _LONGEST_EDITION:
        raise SheetError("the edition's number is out of bounds")
    return "".join(symbols) + ALPHABET[rest]


def _split(text: str) -> tuple[int, str]:
    """Return a text's edition and the rest of it, after the checks that cost nothing."""
    if len(text) > LONGEST_TEXT:
        raise SheetError("the text is too long")
    if not _SYMBOLS.issuperset(text):
        raise SheetError("the text has symbols outside the alphabet")
    values: list[int] = []
    for symbol in text[:_LONGEST_EDITION]:
        values.append(ALPHABET.index(symbol))
        if values[-1] < _ENDING:
            break
    if not values or values[-1] >= _ENDING:
        raise SheetError("the text does not say which edition it belongs to")
    number = values.pop()
    for value in reversed(values):
        number = number * _GOING_ON + (value - _ENDING) + _ENDING
    return number + 1, text[len(values) + 1 :]
