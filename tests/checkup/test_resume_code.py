"""The resume code: forgiving about how it is typed, unforgiving about what it says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.checkup import resume_code
from apps.checkup.resume_code import ResumeCodeError
from apps.checkup.sheet import ALPHABET, AnswerSheet, Layout, decode, encode
from tests.checkup.layouts import layouts_and_sheets, make_layout, make_sheet

LAYOUT = make_layout()
SHEET = make_sheet(LAYOUT)
CODE = resume_code.make(SHEET, LAYOUT)
BARE = CODE.replace("-", "")

quick = settings(max_examples=80, deadline=None)


def reason(text: str) -> str:
    """Return why a typed text is refused."""
    with pytest.raises(ResumeCodeError) as refusal:
        resume_code.read(text)
    return refusal.value.reason


@quick
@given(layouts_and_sheets(private=False))
def test_a_code_gives_back_the_sheet(case: tuple[Layout, AnswerSheet]) -> None:
    layout, sheet = case
    body = resume_code.read(resume_code.make(sheet, layout))
    assert body == encode(sheet, layout)
    assert decode(body, layout, full=False) == sheet


def test_a_code_is_in_groups_of_four_and_short() -> None:
    assert re.fullmatch(rf"([{ALPHABET}]{{4}}-)*[{ALPHABET}]{{1,4}}", CODE)
    assert len(BARE) <= 30


def test_a_code_never_holds_persona_class_round_or_remember() -> None:
    private = SHEET.replace(persona="maya", klass="KX7Q2M", round=2, remember=True)
    assert resume_code.make(private, LAYOUT) == CODE


def test_the_emptiest_sheet_has_a_code() -> None:
    code = resume_code.make(AnswerSheet(1), make_layout(number=1))
    assert len(code) == 2
    assert resume_code.read(code) == "2"


@pytest.mark.parametrize(
    "typed",
    [
        CODE.lower(),
        f"  {CODE}\r\n",
        CODE.replace("-", " "),
        BARE,
        " ".join(BARE),
        CODE.replace("-", "\u2013"),
        CODE.replace("-", "\u2011"),
        CODE.replace("-", " \u2014 "),
        CODE.replace("-", "\u00a0"),
        CODE.replace("-", "\u3000"),
        "\ufeff" + CODE.replace("-", "-\u200b"),
        "".join(chr(ord(symbol) + 0xFEE0) for symbol in CODE.lower()),
    ],
    ids=ascii,
)
def test_case_spaces_hyphens_and_width_do_not_matter(typed: str) -> None:
    assert resume_code.read(typed) == encode(SHEET, LAYOUT)


def test_every_single_wrong_symbol_is_refused() -> None:
    for place, right in enumerate(BARE):
        for wrong in ALPHABET.replace(right, ""):
            assert reason(BARE[:place] + wrong + BARE[place + 1 :]) == "check"


@quick
@given(layouts_and_sheets(private=False), st.data())
def test_a_wrong_symbol_in_any_code_is_refused(case: tuple[Layout, AnswerSheet], data: st.DataObject) -> None:
    bare = resume_code.make(case[1], case[0]).replace("-", "")
    place = data.draw(st.integers(0, len(bare) - 1))
    wrong = data.draw(st.sampled_from(ALPHABET.replace(bare[place], "")))
    assert reason(bare[:place] + wrong + bare[place + 1 :]) == "check"


@quick
@given(layouts_and_sheets(private=False))
def test_neighbours_that_changed_places_are_refused(case: tuple[Layout, AnswerSheet]) -> None:
    bare = resume_code.make(case[1], case[0]).replace("-", "")
    for place in range(len(bare) - 1):
        swapped = bare[:place] + bare[place + 1] + bare[place] + bare[place + 2 :]
        if swapped != bare:
            assert reason(swapped) == "check"


def test_the_check_holds_beyond_thirty_symbols() -> None:
    """The weights start again after thirty places; the last and the first of them are neighbours there."""
    sheet = SHEET.replace(ticked=frozenset(LAYOUT.actions), left_out=frozenset(LAYOUT.question_ids[5:]))
    bare = resume_code.make(sheet, LAYOUT).replace("-", "")
    assert len(bare) > 36
    for place in range(len(bare)):
        for wrong in ALPHABET.replace(bare[place], ""):
            assert reason(bare[:place] + wrong + bare[place + 1 :]) == "check"
        swapped = bare[:place] + bare[place : place + 2][::-1] + bare[place + 2 :]
        if swapped != bare:
            assert reason(swapped) == "check"


@pytest.mark.parametrize("extra", ["2", "22", "2222", "2" * 30])
def test_symbols_of_no_value_at_the_end_are_noticed(extra: str) -> None:
    assert reason(BARE + extra) == "check"


@pytest.mark.parametrize("typed", ["", " ", "-", " - \n", "\u200b"], ids=ascii)
def test_nothing_typed_is_empty(typed: str) -> None:
    assert reason(typed) == "empty"


@pytest.mark.parametrize("typed", [*ALPHABET, CODE[:-1], BARE[1:]])
def test_a_cut_code_is_mistyped(typed: str) -> None:
    assert reason(typed) == "check"


@pytest.mark.parametrize("typed", ["2" * 401, "K" * 10_000, "\0" * 10_000, " " * 10_000, CODE + " " * 400])
def test_too_much_is_too_long(typed: str) -> None:
    assert reason(typed) == "too-long"


@pytest.mark.parametrize(
    ("symbol", "named"),
    [
        ("0", "0"),
        ("O", "O"),
        ("o", "o"),
        ("1", "1"),
        ("I", "I"),
        ("i", "i"),
        ("L", "L"),
        ("l", "l"),
        ("\uff10", "0"),
        (".", "."),
        ("<", "<"),
        ("é", "é"),
        ("ß", "ß"),
        ("\u017f", "\u017f"),
        ("\u0131", "\u0131"),
        ("\u212a", "\u212a"),
        ("٣", "٣"),
        ("三", "三"),
        ("\0", "U+0000"),
        ("\x7f", "U+007F"),
        ("\u202e", "U+202E"),
        ("\ud800", "U+D800"),
        ("\U000e0041", "U+E0041"),
    ],
    ids=ascii,
)
def test_a_symbol_that_no_code_holds_is_named(symbol: str, named: str) -> None:
    with pytest.raises(ResumeCodeError) as refusal:
        resume_code.read(CODE[:3] + symbol + CODE[3:])
    assert refusal.value.reason == "bad-symbol"
    assert refusal.value.symbol == named
    str(refusal.value).encode()


@quick
@given(st.text(max_size=420))
def test_any_text_is_read_or_refused_by_the_own_error(typed: str) -> None:
    try:
        assert set(resume_code.read(typed)) <= set(ALPHABET)
    except ResumeCodeError as refusal:
        assert refusal.reason in {"empty", "too-long", "bad-symbol", "check"}
        assert bool(refusal.symbol) is (refusal.reason == "bad-symbol")
