"""The answer sheet and its text: one sheet, one text; anything else is refused by the module's own error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps import scoring
from apps.checkup.sheet import (
    ALPHABET,
    LAST_ROUND,
    LONGEST_TEXT,
    AnswerSheet,
    Layout,
    SheetError,
    answer_table,
    decode,
    edition_of,
    encode,
)
from tests.checkup.layouts import MULTI, layouts, layouts_and_sheets, make_layout, make_question, make_sheet

known, partly = scoring.Answer.known, scoring.Answer.partly
quick = settings(max_examples=80, deadline=None)


# The text


@quick
@given(layouts_and_sheets())
def test_a_full_text_gives_back_the_same_sheet(case: tuple[Layout, AnswerSheet]) -> None:
    layout, sheet = case
    text = encode(sheet, layout, full=True)
    assert decode(text, layout) == sheet
    assert edition_of(text) == layout.number
    assert set(text) <= set(ALPHABET)


@quick
@given(layouts_and_sheets())
def test_a_plain_text_leaves_out_what_only_the_cookie_holds(case: tuple[Layout, AnswerSheet]) -> None:
    layout, sheet = case
    bare = sheet.replace(remember=False, persona=None, klass=None, round=None)
    text = encode(sheet, layout)
    assert decode(text, layout, full=False) == bare
    assert text == encode(bare, layout, full=True)
    if sheet != bare:
        with pytest.raises(SheetError):
            decode(encode(sheet, layout, full=True), layout, full=False)


@quick
@given(layouts(), st.text(ALPHABET, max_size=60))
def test_every_text_that_decodes_is_the_text_of_its_sheet(layout: Layout, body: str) -> None:
    text = encode(AnswerSheet(layout.number), layout) + body
    try:
        sheet = decode(text, layout)
    except SheetError:
        return
    assert encode(sheet, layout, full=True) == text
    for question in layout.questions:
        if question.id in sheet.answers:
            scoring.check_answer(question, sheet.answers[question.id])


def test_all_short_texts_mean_different_sheets() -> None:
    """Exhaustively, for an edition small enough: no two texts have one meaning."""
    layout = Layout(1, ("uk",), ("job",), ("t1",), (make_question("q1", "ab"),), ("a1",), (), ("maya",))
    texts = ["2" + first + second for first in ("", *ALPHABET[1:]) for second in ("", *ALPHABET)]
    meanings = {}
    for text in texts:
        try:
            meanings[text] = decode(text, layout)
        except SheetError:
            continue
        assert encode(meanings[text], layout, full=True) == text
    assert len(meanings) > 100
    sheets = list(meanings.values())
    assert all(sheet not in sheets[place + 1 :] for place, sheet in enumerate(sheets))


@pytest.mark.parametrize("number", [1, 2, 16, 17, 31, 256, 257, 3856, 3857, 1_000_000, 9_999_999])
def test_an_edition_number_costs_few_symbols(number: int) -> None:
    layout = make_layout(number=number)
    text = encode(AnswerSheet(number), layout)
    assert edition_of(text) == number
    assert decode(text, layout) == AnswerSheet(number)
    assert len(text) == (1 if number <= 16 else 2 if number <= 256 else 3 if number <= 3856 else len(text))
    assert len(text) <= 6


@pytest.mark.parametrize("number", [0, -1, 10**26])
def test_an_edition_number_out_of_bounds_is_refused(number: int) -> None:
    with pytest.raises(SheetError):
        encode(AnswerSheet(number), make_layout(number=number))


def test_a_typical_full_sheet_takes_about_thirty_symbols() -> None:
    layout = make_layout()
    sheet = make_sheet(layout)
    assert len(encode(sheet, layout)) <= 26
    assert len(encode(sheet.replace(for_child=True, topics=frozenset({"t1", "t9"})), layout)) <= 30
    ticked = sheet.replace(ticked=frozenset({"a3", "a40"}))
    assert len(encode(ticked, layout)) <= 38


def test_the_worst_sheet_stays_well_under_300_symbols() -> None:
    questions = tuple(make_question(f"q{n}", "abcdefgh", MULTI, topic=f"t{n % 12}") for n in range(40))
    layout = make_layout(
        number=9_999_999,
        questions=questions,
        actions=tuple(f"a{n}" for n in range(60)),
        topics=tuple(f"t{n}" for n in range(12)),
        situations=tuple(f"s{n}" for n in range(8)),
        platforms=tuple(f"p{n}" for n in range(30)),
    )
    sheet = make_sheet(
        layout,
        answers={question.id: partly(*"abcdefgh") for question in questions},
        situation=frozenset(layout.situations),
        topics=frozenset(layout.topics),
        platforms=frozenset(layout.platforms),
        ticked=frozenset(layout.actions),
        left_out=frozenset(layout.question_ids[1:]),
        for_child=True,
        remember=True,
        persona="rosa",
        klass="Z" * 12,
        round=LAST_ROUND,
    )
    text = encode(sheet, layout, full=True)
    assert len(text) < 200
    assert decode(text, layout) == sheet


# Bad input

HOSTILE = [
    "",
    " ",
    "\0",
    "2\0",
    "0",
    "O",
    "i",
    "k",
    "2-3",
    "2 3",
    "2_3",
    "+3",
    "-3",
    "٣",
    "\uff13",
    "é",
    "\ud800",
    "\uff12\uff13",
    "Z" * 6,
    "Z" * 7,
    "Z" * LONGEST_TEXT,
    "2" * (LONGEST_TEXT + 1),
    "3" * 10_000,
    "\0" * 10_000,
    "4" + "2" * 20,
    "4" + "Z" * 398,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(SheetError) as refusal:
        decode(text, make_layout())
    assert text not in str(refusal.value) or len(text) < 2


@quick
@given(st.text(max_size=420))
def test_any_text_gives_a_sheet_or_the_own_error(text: str) -> None:
    layout = make_layout()
    try:
        sheet = decode(text, layout)
    except SheetError:
        return
    assert encode(sheet, layout, full=True) == text


def test_a_cut_text_never_gives_another_error() -> None:
    layout = make_layout()
    text = encode(make_sheet(layout, klass="KX7Q2M", round=2, remember=True), layout, full=True)
    for length in range(len(text)):
        try:
            assert decode(text[:length], layout) != decode(text, layout)
        except SheetError:
            continue


def test_another_editions_text_is_refused() -> None:
    old, new = make_layout(number=3), make_layout(number=4)
    with pytest.raises(SheetError):
        decode(encode(AnswerSheet(3), old), new)
    with pytest.raises(SheetError):
        encode(AnswerSheet(3), new)


@pytest.mark.parametrize(
    "changes",
    [
        {"place": "atlantis"},
        {"situation": frozenset({"king"})},
        {"topics": frozenset({"t99"})},
        {"topics": frozenset()},
        {"answers": {"q99": known("a")}},
        {"answers": {"q1": known("z")}},
        {"answers": {"q1": known("a", "b")}},
        {"answers": {"q1": known()}},
        {"answers": {"q1": partly("a")}},
        {"answers": {"q17": known("none", "b")}},
        {"answers": {"q17": partly("none")}},
        {"answers": {"q17": partly()}},
        {"platforms": frozenset({"pigeon"})},
        {"ticked": frozenset({"a1", "a41"})},
        {"left_out": frozenset({"q99"})},
        {"persona": "nobody"},
        {"klass": ""},
        {"klass": "ABC0"},
        {"klass": "A" * 13},
        {"round": 0},
        {"round": -1},
        {"round": LAST_ROUND + 1},
    ],
    ids=lambda changes: next(iter(changes)),  # a set has no fixed order, and the workers must agree
)
def test_what_the_edition_does_not_have_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SheetError):
        encode(AnswerSheet(3, **changes), make_layout(), full=True)


def test_a_sheet_with_nothing_to_score_is_refused() -> None:
    layout = make_layout()
    nothing: list[dict[str, Any]] = [
        {"left_out": frozenset(layout.question_ids)},
        {"topics": frozenset({"t1"}), "left_out": frozenset({"q1", "q2", "q3"})},
    ]
    for changes in nothing:
        with pytest.raises(SheetError):
            encode(AnswerSheet(3, **changes), layout)
    assert encode(AnswerSheet(3, topics=frozenset({"t1"}), left_out=frozenset({"q1", "q2"})), layout)


def test_a_typed_text_cannot_leave_nothing_to_score() -> None:
    """The text of a sheet without questions to score is made by hand: in a layout in which they count."""
    honest = make_layout(questions=tuple(make_question(f"q{n}") for n in range(1, 4)))
    unscored = make_layout(questions=(make_question("q1"), *(make_question(f"q{n}", ratings=None) for n in (2, 3))))
    text = encode(AnswerSheet(3, left_out=frozenset({"q1"})), honest)
    with pytest.raises(SheetError):
        decode(text, unscored)


def test_leaving_out_a_parent_leaves_out_its_follow_ups() -> None:
    layout = make_layout(
        questions=(
            make_question("q1", "a"),
            make_question("q2", parent="q1", show=frozenset({"a"})),
        )
    )
    assert layout.leaves_something(None, frozenset())
    assert not layout.leaves_something(None, frozenset({"q1"}))
    assert layout.leaves_something(frozenset({"t1"}), frozenset())


# The value


def test_answering_makes_a_new_sheet() -> None:
    empty = AnswerSheet(3)
    once = empty.answered("q1", known("a"))
    again = once.answered("q1", known("b")).answered("q2", scoring.Answer.not_sure())
    assert empty.answers == {}
    assert once.answers == {"q1": known("a")}
    assert again.answers == {"q1": known("b"), "q2": scoring.Answer.not_sure()}
    assert again.answered("q2", None).answered("q9", None).answers == {"q1": known("b")}


def test_an_unknown_field_cannot_be_replaced() -> None:
    with pytest.raises(TypeError):
        AnswerSheet(3).replace(colour="red")


def test_the_record_holds_what_is_scored() -> None:
    sheet = AnswerSheet(
        3,
        situation=frozenset({"job"}),
        topics=frozenset({"t1"}),
        answers={"q1": known("a")},
        left_out=frozenset({"q2"}),
    )
    assert sheet.record() == scoring.Record(
        {"q1": known("a")}, frozenset({"job"}), frozenset({"t1"}), frozenset({"q2"})
    )


@pytest.mark.parametrize(
    ("kind", "options", "count"),
    [
        (scoring.Kind.SINGLE, "ab", 5),
        (scoring.Kind.SINGLE, "abcd", 7),
        (MULTI, "bc", 10),
        (MULTI, "bcdefghi", 514),
    ],
)
def test_a_question_has_so_many_answers(kind: scoring.Kind, options: str, count: int) -> None:
    question = make_question("q1", options, kind)
    table = answer_table(question)
    assert len(table.answers) == len(set(table.answers)) == count
    assert table.answers[0] is None
    for answer in table.answers[1:]:
        assert answer is not None
        scoring.check_answer(question, answer)


# Another edition


def test_everything_carries_over_to_an_edition_with_the_same_ids() -> None:
    old, new = make_layout(number=3), make_layout(number=4)
    sheet = make_sheet(
        old, ticked=frozenset({"a1"}), platforms=frozenset({"p2"}), persona="maya", klass="KX7Q2M", round=1
    )
    assert sheet.carried_to(old, new) == (sheet.replace(edition=4), ())


@quick
@given(layouts_and_sheets(), layouts())
def test_a_carried_sheet_always_fits_its_new_edition(case: tuple[Layout, AnswerSheet], new: Layout) -> None:
    old, sheet = case
    carried, dropped = sheet.carried_to(old, new)
    assert decode(encode(carried, new, full=True), new) == carried
    assert set(dropped) == sheet.answers.keys() - carried.answers.keys()
    assert all(sheet.answers[question] == answer for question, answer in carried.answers.items())


def carry(before: scoring.Question, after: scoring.Question, answer: scoring.Answer) -> bool:
    """Return whether an answer to a question of one edition carries over to another."""
    old, new = make_layout(questions=(before,)), make_layout(questions=(make_question("q0"), after), number=4)
    carried, dropped = AnswerSheet(3, answers={before.id: answer}).carried_to(old, new)
    assert dropped == (() if carried.answers else (before.id,))
    return bool(carried.answers)


def multi(options: str) -> scoring.Question:
    """Return a multi question with these options and `none`."""
    return make_question("q1", options, MULTI)


def single(options: str, name: str = "q1") -> scoring.Question:
    """Return a single question with these options."""
    return make_question(name, options)


@pytest.mark.parametrize(
    ("before", "after", "answer", "carries"),
    [
        (single("abc"), single("cab"), known("c"), True),
        (single("abc"), single("abcd"), known("c"), True),
        (single("abc"), single("ab"), known("c"), False),
        (single("abc"), single("ab"), known("b"), True),
        (single("abc"), single("ab"), scoring.Answer.not_sure(), True),
        (single("abc"), single("abc", "q2"), known("c"), False),
        (single("abc"), multi("abc"), known("c"), False),
        (multi("abc"), single("abc"), scoring.Answer.not_sure(), False),
        (multi("abc"), multi("ab"), known("a", "b"), True),
        (multi("abc"), multi("ab"), known("a", "c"), False),
        (multi("ab"), multi("abc"), known("a"), False),
        (multi("ab"), multi("abc"), known("none"), False),
        (multi("ab"), multi("abc"), partly("a"), True),
        (multi("ab"), multi("abc"), scoring.Answer.prefer_not(), True),
    ],
)
def test_an_answer_carries_over_if_its_question_and_options_do(
    before: scoring.Question, after: scoring.Question, answer: scoring.Answer, carries: bool
) -> None:
    assert carry(before, after, answer) is carries


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"places": ("eu",)}, "place", None),
        ({"situations": ("job",)}, "situation", frozenset()),
        ({"situations": ("job", "study")}, "situation", frozenset({"study"})),
        ({"situations": ("study", "carer", "job", "traveller")}, "situation", None),
        ({"topics": ("t2", "t3")}, "topics", frozenset({"t2"})),
        ({"topics": ("t3",)}, "topics", None),
        ({"actions": ("a2",)}, "ticked", frozenset({"a2"})),
        ({"platforms": ()}, "platforms", frozenset()),
        ({"personas": ()}, "persona", None),
    ],
)
def test_a_choice_carries_over_if_the_edition_still_has_it(
    changes: dict[str, Any], field: str, expected: object
) -> None:
    old = make_layout()
    sheet = make_sheet(
        old,
        topics=frozenset({"t1", "t2"}),
        ticked=frozenset({"a1", "a2"}),
        platforms=frozenset({"p1"}),
        persona="maya",
    )
    carried, _ = sheet.carried_to(old, make_layout(number=4, **changes))
    assert getattr(carried, field) == expected


def test_a_scope_with_nothing_left_becomes_the_whole_checkup() -> None:
    old = make_layout()
    new = make_layout(number=4, questions=tuple(make_question(f"q{n}") for n in range(1, 4)))
    sheet = AnswerSheet(3, left_out=frozenset({"q1", "q2", "q3"}))
    carried, _ = sheet.carried_to(old, new)
    assert carried == AnswerSheet(4)
