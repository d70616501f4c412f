"""The saved file: a person's answers as a small JSON document that they keep, read and load again.

A file comes from outside, so it is taken apart in two steps. `load` looks at its shape only and needs no
edition; `SavedSheet.bind` then looks up every id in the edition that the file names. Neither repeats
anything of the file in its errors. Class, round, persona and the wish to be remembered are never in it.
Source: design, section 4.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from apps import scoring
from apps.checkup.sheet import AnswerSheet, AnswerTable, Layout, SheetError, encode
from apps.editions.schema import PREFER_NOT, UNSURE

Reason = Literal[
    "too-large",
    "empty",
    "not-text",
    "not-json",
    "not-answers",
    "version",
    "unknown-key",
    "bad-value",
    "other-edition",
    "unknown",
    "nothing-to-score",
]

WHAT = "PrivacyCheck answers"
VERSION = 1
LARGEST_FILE = 64 * 1024
DEEPEST = 6
LONGEST_LIST = 200
LAST_EDITION = 9_999_999
LONGEST_NUMBER = 9

SOME = "some"
"""The key of an answer that is only partly sure: {"some": ["b"]}."""

IN_WORDS = "in words"
"""The same answers as sentences, for the reader of the file. Never read back."""

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_ID = 40
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KEYS = frozenset(
    {
        "what",
        "version",
        "saved",
        "edition",
        "place",
        "situation",
        "topics",
        "for a child",
        "answers",
        "done",
        "platforms",
        "left out",
        IN_WORDS,
    }
)

PlainAnswer = str | tuple[str, ...] | Mapping[str, tuple[str, ...]]
"""An answer as the file writes it: "c", "unsure", "prefer-not", ["b", "d"], ["none"] or {"some": ["b"]}."""


class SavedFileError(ValueError):
    """A file that cannot be loaded.

    `reason` is one of `Reason`. `where` is the key of the file that is wrong, one of those we write, or empty
    for the file as a whole. `question` is the id of the question whose answer is wrong, where the edition has
    that question. Nothing else of the file's content is kept.
    """

    def __init__(self, reason: Reason, message: str, where: str = "", question: str = "") -> None:
        """Keep the reason and the place beside the message."""
        super().__init__(message)
        self.reason: Reason = reason
        self.where = where
        self.question = question


@dataclass(frozen=True)
class SavedSheet:
    """A file of the right shape, whose ids have not been looked up yet.

    `saved` is the day it says it was saved, None where it says none. The rest is as in `AnswerSheet`, in
    plain values: `done` holds the ticked actions.
    """

    edition: int
    saved: dt.date | None = None
    place: str | None = None
    situation: frozenset[str] | None = None
    topics: frozenset[str] | None = None
    for_child: bool = False
    answers: Mapping[str, PlainAnswer] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    platforms: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()

    def bind(self, layout: Layout) -> AnswerSheet:
        """Return the answers as a sheet of their edition.

        Raise SavedFileError if the layout is another edition's ("other-edition"), for an id that the edition
        does not have ("unknown"), and for topics that hold no question to score ("nothing-to-score").
        """
        if self.edition != layout.number:
            raise SavedFileError("other-edition", "the file belongs to another edition", "edition")
        for where, ids, known in (
            ("place", {self.place} if self.place else (), layout.places),
            ("situation", self.situation or (), layout.situations),
            ("topics", self.topics or (), layout.topics),
            ("answers", self.answers, layout.question_ids),
            ("done", self.done, layout.actions),
            ("platforms", self.platforms, layout.platforms),
            ("left out", self.left_out, layout.question_ids),
        ):
            if not set(ids) <= set(known):
                raise SavedFileError("unknown", f"`{where}` names what this edition does not have", where)
        tables = layout.answer_tables
        sheet = AnswerSheet(
            edition=self.edition,
            place=self.place,
            situation=self.situation,
            topics=self.topics,
            answers={question: _bound(tables[question], answer) for question, answer in self.answers.items()},
            platforms=self.platforms,
            ticked=self.done,
            for_child=self.for_child,
            left_out=self.left_out,
        )
        if not layout.leaves_something(sheet.topics, sheet.left_out):
            raise SavedFileError("nothing-to-score", "the file chooses nothing to score", "topics")
        try:
            encode(sheet, layout)
        except SheetError as error:  # whatever a cookie could not hold must not leave here either
            raise SavedFileError("bad-value", "the file holds what no answer sheet can") from error
        return sheet


def dump(sheet: AnswerSheet, layout: Layout, readable: Sequence[Mapping[str, str]], saved: dt.date) -> bytes:
    """Return the file of a sheet, UTF-8 and easy to read.

    `readable` has the words of each `question` and its `answer`, in the order to be read; it is left out
    where the file would become too large to load again. Raise SheetError for a sheet that the edition
    cannot hold.
    """
    encode(sheet, layout)
    document: dict[str, Any] = {
        "what": WHAT,
        "version": VERSION,
        "saved": saved.isoformat(),
        "edition": sheet.edition,
        "place": sheet.place,
        "situation": None if sheet.situation is None else _in_order(sheet.situation, layout.situations),
        "topics": None if sheet.topics is None else _in_order(sheet.topics, layout.topics),
        "for a child": sheet.for_child,
        "answers": {
            question.id: _plain(question, sheet.answers[question.id])
            for question in layout.questions
            if question.id in sheet.answers
        },
        "done": _in_order(sheet.ticked, layout.actions),
        "platforms": _in_order(sheet.platforms, layout.platforms),
        "left out": _in_order(sheet.left_out, layout.question_ids),
        IN_WORDS: [{"question": entry["question"], "answer": entry["answer"]} for entry in readable],
    }
    if len(_written(document)) > LARGEST_FILE:
        del document[IN_WORDS]
    return _written(document)


def load(raw: bytes) -> SavedSheet:
    """Return what a file says, checked for its shape only. Raise SavedFileError for everything else."""
    document = _document(raw)
    version = document.get("version")
    if not _is_number(version) or "edition" not in document:
        raise SavedFileError("not-answers", "the file is not one that this site saved")
    if version != VERSION:
        raise SavedFileError("version", "the file is of another version", "version")
    if not document.keys() <= _KEYS:
        raise SavedFileError("unknown-key", "the file has a key that we do not write")
    edition = document["edition"]
    if not _is_number(edition) or not 1 <= edition <= LAST_EDITION:
        _refuse("edition")
    for_child = document.get("for a child", False)
    if not isinstance(for_child, bool):
        _refuse("for a child")
    place = document.get("place")
    return SavedSheet(
        edition=edition,
        saved=_day(document.get("saved")),
        place=None if place is None else _id(place, "place"),
        situation=_ids_or_none(document, "situation"),
        topics=_ids_or_none(document, "topics"),
        for_child=for_child,
        answers=_answers(document.get("answers", {})),
        done=_ids(document.get("done", []), "done"),
        platforms=_ids(document.get("platforms", []), "platforms"),
        left_out=_ids(document.get("left out", []), "left out"),
    )


def _written(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _in_order(chosen: frozenset[str], known: tuple[str, ...]) -> list[str]:
    return [item for item in known if item in chosen]


def _plain(question: scoring.Question, answer: scoring.Answer) -> str | list[str] | dict[str, list[str]]:
    if answer.state is scoring.State.NOT_SURE:
        return UNSURE
    if answer.state is scoring.State.PREFER_NOT_TO_SAY:
        return PREFER_NOT
    picks = [option.id for option in question.options if option.id in answer.picks]
    if question.kind is scoring.Kind.SINGLE:
        return picks[0]
    return {SOME: picks} if answer.state is scoring.State.PARTLY_SURE else picks


def _bound(table: AnswerTable, plain: PlainAnswer) -> scoring.Answer:
    """Return the answer that a question's plain value stands for, or raise SavedFileError."""
    question = table.question
    is_multi = question.kind is scoring.Kind.MULTI
    if plain == UNSURE:
        answer = scoring.Answer.not_sure()
    elif plain == PREFER_NOT:
        answer = scoring.Answer.prefer_not()
    elif isinstance(plain, str):
        answer = scoring.Answer.known(plain)
    elif isinstance(plain, tuple):
        answer = scoring.Answer.known(*plain)
    else:
        answer = scoring.Answer.partly(*plain[SOME])
    picks_fit = not answer.picks or isinstance(plain, str) is not is_multi
    if not picks_fit or answer not in table.digits:
        raise SavedFileError("unknown", "a question does not offer the answer given to it", "answers", question.id)
    return answer


def _document(raw: bytes) -> dict[str, Any]:
    """Return the JSON object of a file after all checks that do not depend on its keys."""
    if len(raw) > LARGEST_FILE:
        raise SavedFileError("too-large", "the file is larger than any that we save")
    if not raw.strip():
        raise SavedFileError("empty", "the file is empty")
    try:
        # Some editors put a byte order mark in front when a file is saved again.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SavedFileError("not-text", "the file is not UTF-8 text") from None
    try:
        document = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_int=_short_number,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except SavedFileError:
        raise
    except (ValueError, RecursionError):
        raise SavedFileError("not-json", "the file is not JSON") from None
    if not isinstance(document, dict):
        raise SavedFileError("not-answers", "the file is not one that this site saved")
    _check_depth_and_texts(document)
    return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise SavedFileError("not-json", "the file has the same key twice")
    return made


def _short_number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        _no_number(digits)
    return int(digits)


def _no_number(_digits: str) -> NoReturn:
    raise SavedFileError("bad-value", "the file has a number that we do not write")


def _check_depth_and_texts(document: dict[str, Any]) -> None:
    """Refuse nesting that we never write, and texts that no page or database could take."""
    waiting: list[tuple[Any, int]] = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
                raise SavedFileError("bad-value", "the file has a text with characters that no text holds")
        elif isinstance(value, (dict, list)):
            if depth > DEEPEST:
                raise SavedFileError("not-answers", "the file is nested deeper than any that we save")
            inner = [*value.keys(), *value.values()] if isinstance(value, dict) else value
            waiting += [(item, depth + 1) for item in inner]


def _refuse(where: str) -> NoReturn:
    raise SavedFileError("bad-value", f"`{where}` is not as we write it", where)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _day(value: object) -> dt.date | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        _refuse("saved")
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        _refuse("saved")


def _id(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_ID or not _ID.fullmatch(value):
        _refuse(where)
    return value


def _id_list(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > LONGEST_LIST:
        _refuse(where)
    ids = tuple(_id(item, where) for item in value)
    if len(set(ids)) < len(ids):
        _refuse(where)
    return ids


def _ids(value: object, where: str) -> frozenset[str]:
    return frozenset(_id_list(value, where))


def _ids_or_none(document: Mapping[str, object], where: str) -> frozenset[str] | None:
    value = document.get(where)
    return None if value is None else _ids(value, where)


def _answers(value: object) -> dict[str, PlainAnswer]:
    if not isinstance(value, dict) or len(value) > LONGEST_LIST:
        _refuse("answers")
    return {_id(question, "answers"): _answer(answer) for question, answer in value.items()}


def _answer(value: object) -> PlainAnswer:
    if isinstance(value, str):
        return _id(value, "answers")
    if isinstance(value, dict):
        if value.keys() != {SOME}:
            _refuse("answers")
        return {SOME: _picks(value[SOME])}
    return _picks(value)


def _picks(value: object) -> tuple[str, ...]:
    picks = _id_list(value, "answers")
    if not picks:
        _refuse("answers")
    return picks
