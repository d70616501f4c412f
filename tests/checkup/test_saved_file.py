"""The saved file: readable by people, loaded without trust."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps import scoring
from apps.checkup.saved_file import LARGEST_FILE, SavedFileError, SavedSheet, dump, load
from apps.checkup.sheet import AnswerSheet, Layout, SheetError
from tests.checkup.layouts import layouts_and_sheets, make_layout, make_sheet

DAY = dt.date(2026, 11, 22)
LAYOUT = make_layout()
SHEET = AnswerSheet(
    edition=3,
    place="uk",
    situation=frozenset({"job", "study"}),
    topics=frozenset({"t1", "t6"}),
    answers={
        "q1": scoring.Answer.known("c"),
        "q4": scoring.Answer.not_sure(),
        "q5": scoring.Answer.prefer_not(),
        "q17": scoring.Answer.known("b", "d"),
        "q19": scoring.Answer.known("none"),
        "q21": scoring.Answer.partly("b"),
    },
    platforms=frozenset({"p2"}),
    ticked=frozenset({"a10", "a9"}),
)
WORDS = [{"question": "Who can see your photos?", "answer": "Anyone"}]

quick = settings(max_examples=80, deadline=None)


def document(**changes: Any) -> dict[str, Any]:
    """Return the file of the sheet above as a dictionary, with other values under some keys."""
    return {**json.loads(dump(SHEET, LAYOUT, WORDS, DAY)), **changes}


def raw(**changes: Any) -> bytes:
    """Return the file of the sheet above with other values under some keys."""
    return json.dumps(document(**changes)).encode()


def refusal_of(content: bytes, layout: Layout | None = None) -> SavedFileError:
    """Return the error of a file that is refused on loading or, if a layout is given, on binding."""
    with pytest.raises(SavedFileError) as refusal:
        saved = load(content)
        if layout:
            saved.bind(layout)
    return refusal.value


@quick
@given(layouts_and_sheets(private=False), st.dates())
def test_a_file_gives_back_the_sheet(case: tuple[Layout, AnswerSheet], day: dt.date) -> None:
    layout, sheet = case
    saved = load(dump(sheet, layout, WORDS, day))
    assert saved.saved == day
    assert saved.edition == layout.number
    assert saved.bind(layout) == sheet


def test_a_file_reads_well() -> None:
    content = dump(SHEET, LAYOUT, WORDS, DAY)
    assert json.loads(content) == {
        "what": "PrivacyCheck answers",
        "version": 1,
        "saved": "2026-11-22",
        "edition": 3,
        "place": "uk",
        "situation": ["study", "job"],
        "topics": ["t1", "t6"],
        "for a child": False,
        "answers": {
            "q1": "c",
            "q4": "unsure",
            "q5": "prefer-not",
            "q17": ["b", "d"],
            "q19": ["none"],
            "q21": {"some": ["b"]},
        },
        "done": ["a9", "a10"],
        "platforms": ["p2"],
        "left out": [],
        "in words": [{"question": "Who can see your photos?", "answer": "Anyone"}],
    }
    assert content.startswith(b'{\n  "what": "PrivacyCheck answers",\n')
    assert content.endswith(b"}\n")


def test_a_file_keeps_other_scripts_as_they_are() -> None:
    assert "谁能看到你的照片".encode() in dump(
        SHEET, LAYOUT, [{"question": "谁能看到你的照片", "answer": "任何人"}], DAY
    )


def test_a_full_file_is_small() -> None:
    words = [{"question": "word " * 20, "answer": "answer " * 12}] * 29
    assert len(dump(make_sheet(LAYOUT), LAYOUT, words, DAY)) < 12_000


def test_words_that_would_make_the_file_too_large_to_load_are_left_out() -> None:
    content = dump(SHEET, LAYOUT, [{"question": "Why?", "answer": "because " * 10_000}], DAY)
    assert load(content).bind(LAYOUT) == SHEET
    assert "in words" not in json.loads(content)


def test_a_file_never_holds_persona_class_round_or_remember() -> None:
    private = SHEET.replace(persona="maya", klass="KX7Q2M", round=2, remember=True)
    assert dump(private, LAYOUT, WORDS, DAY) == dump(SHEET, LAYOUT, WORDS, DAY)


def test_a_sheet_of_another_edition_is_not_saved() -> None:
    with pytest.raises(SheetError):
        dump(SHEET, make_layout(number=4), WORDS, DAY)


def test_words_and_title_are_not_read_back() -> None:
    changed = raw(what="x", **{"in words": [{"question": "<script>", "answer": {"a": 1}}, 3]})
    assert load(changed).bind(LAYOUT) == SHEET


def test_the_shortest_file_is_an_empty_sheet() -> None:
    saved = load(b'{"version": 1, "edition": 3}')
    assert saved == SavedSheet(3)
    assert saved.bind(LAYOUT) == AnswerSheet(3)


def test_a_file_saved_again_by_an_editor_with_a_byte_order_mark_loads() -> None:
    content = dump(SHEET, LAYOUT, WORDS, DAY).replace(b"\n", b"\r\n")
    assert load(b"\xef\xbb\xbf" + content).bind(LAYOUT) == SHEET


def test_loading_needs_no_edition_and_binding_checks_it() -> None:
    saved = load(raw(edition=7))
    assert saved.edition == 7
    with pytest.raises(SavedFileError) as refusal:
        saved.bind(LAYOUT)
    assert refusal.value.reason == "other-edition"


NESTED = b'{"version": 1, "edition": 3, "in words": %s}'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b" " * (LARGEST_FILE + 1), "too-large"),
        (b'{"version": 1, "edition": 3, "in words": "' + b"x" * LARGEST_FILE + b'"}', "too-large"),
        (b"\xff\xfe{\x00}\x00", "not-text"),
        (b'{"version": 1, "edition": 3, "place": "\xe9"}', "not-text"),
        (b'{"place": "\xed\xa0\x80"}', "not-text"),
        (b"\x00", "not-json"),
        (b"\x89PNG\r\n", "not-text"),
        (b"PK\x03\x04", "not-json"),
        (b"%PDF-1.7", "not-json"),
        (b"<html>", "not-json"),
        (b"{", "not-json"),
        (b"{'version': 1}", "not-json"),
        (b'{"version": 1, "edition": 3,}', "not-json"),
        (b'{"version": 1, "edition": 3} {}', "not-json"),
        (b'{"version": 1, "edition": 3, "place": "a\nb"}', "not-json"),
        (b'{"version": 1, "edition": 3, "edition": 4}', "not-json"),
        (b'{"version": 1, "edition": 3, "answers": {"q1": "a", "q1": "b"}}', "not-json"),
        (b'{"version": 1, "edition": 3, "editio\\u006e": 4}', "not-json"),
        (b"[" * 60_000, "not-json"),
        (b'{"a":' * 10_000, "not-json"),
        (b"[" * 30_000 + b"]" * 30_000, "not-json"),
        (b"null", "not-answers"),
        (b"3", "not-answers"),
        (b'"text"', "not-answers"),
        (b"[]", "not-answers"),
        (b"{}", "not-answers"),
        (b'{"version": 1}', "not-answers"),
        (b'{"edition": 3}', "not-answers"),
        (b'{"version": "1", "edition": 3}', "not-answers"),
        (b'{"version": true, "edition": 3}', "not-answers"),
        (NESTED % (b"[" * 6 + b"]" * 6), "not-answers"),
        (NESTED % (b"[" * 100 + b"]" * 100), "not-answers"),
        (NESTED % b"1e400", "bad-value"),
        (NESTED % b"NaN", "bad-value"),
        (NESTED % b"-Infinity", "bad-value"),
        (NESTED % b'"\\u0000"', "bad-value"),
        (NESTED % b'["\\ud800"]', "bad-value"),
        (NESTED % b'{"\\udfff": 1}', "bad-value"),
        (b'{"version": 2, "edition": 3}', "version"),
        (b'{"version": 0, "edition": 3}', "version"),
        (b'{"version": 1, "edition": 3, "__proto__": {}}', "unknown-key"),
        (b'{"version": 1, "edition": 3, "klass": "ABC"}', "unknown-key"),
        (b'{"version": 1, "edition": 3, "remember": true}', "unknown-key"),
        (b'{"version": 1, "edition": 3, "persona": "maya"}', "unknown-key"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_file_of_the_wrong_shape_is_refused(content: bytes, reason: str) -> None:
    assert refusal_of(content).reason == reason


def test_nesting_of_just_six_levels_is_read() -> None:
    assert load(NESTED % (b"[" * 5 + b"]" * 5)).edition == 3


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("edition", 0),
        ("edition", -3),
        ("edition", True),
        ("edition", None),
        ("edition", "3"),
        ("edition", 99_999_999),
        ("saved", 20261122),
        ("saved", "22.11.2026"),
        ("saved", "2026-13-01"),
        ("saved", "0000-01-01"),
        ("saved", "2026-11-22T00:00"),
        ("saved", "\uff12\uff10\uff12\uff16-11-22"),
        ("place", 7),
        ("place", ""),
        ("place", "UK"),
        ("place", "uk\n"),
        ("place", "a" * 41),
        ("place", ["uk"]),
        ("situation", "job"),
        ("situation", [["job"]]),
        ("situation", ["job", "job"]),
        ("topics", {"t1": 1}),
        ("topics", [None]),
        ("for a child", 1),
        ("for a child", "no"),
        ("for a child", None),
        ("answers", []),
        ("answers", None),
        ("answers", {"Q1": "a"}),
        ("answers", {"": "a"}),
        ("answers", {"q1": None}),
        ("answers", {"q1": 3}),
        ("answers", {"q1": ""}),
        ("answers", {"q1": []}),
        ("answers", {"q1": ["b", "b"]}),
        ("answers", {"q1": {}}),
        ("answers", {"q1": {"some": []}}),
        ("answers", {"q1": {"some": "b"}}),
        ("answers", {"q1": {"some": ["b"], "more": ["c"]}}),
        ("answers", {"q1": {"sure": ["b"]}}),
        ("answers", {f"q{n}": "a" for n in range(201)}),
        ("done", None),
        ("done", "a1"),
        ("done", [f"a{n}" for n in range(201)]),
        ("platforms", [1]),
        ("left out", [{}]),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_value_that_we_never_write_is_refused_and_its_key_named(key: str, value: object) -> None:
    refusal = refusal_of(raw(**{key: value}))
    assert (refusal.reason, refusal.where) == ("bad-value", key)


@pytest.mark.parametrize("number", ["1" * 26, "-" + "9" * 26, "1" * 5000, "3.0", "3e0", "-0.0"])
def test_odd_numbers_are_refused(number: str) -> None:
    content = b'{"version": 1, "edition": %s}' % number.encode()
    assert refusal_of(content).reason == "bad-value"


@pytest.mark.parametrize(
    ("key", "value", "question"),
    [
        ("place", "atlantis", ""),
        ("situation", ["king"], ""),
        ("topics", ["t1", "t99"], ""),
        ("done", ["a99"], ""),
        ("platforms", ["p99"], ""),
        ("left out", ["q99"], ""),
        ("answers", {"q99": "a"}, ""),
        ("answers", {"q1": "z"}, "q1"),
        ("answers", {"q1": "none"}, "q1"),
        ("answers", {"q1": ["a"]}, "q1"),
        ("answers", {"q1": {"some": ["a"]}}, "q1"),
        ("answers", {"q17": "b"}, "q17"),
        ("answers", {"q17": "none"}, "q17"),
        ("answers", {"q17": ["z"]}, "q17"),
        ("answers", {"q17": ["none", "b"]}, "q17"),
        ("answers", {"q17": ["unsure"]}, "q17"),
        ("answers", {"q17": {"some": ["none"]}}, "q17"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_the_edition_does_not_have_is_refused_and_its_key_named(key: str, value: object, question: str) -> None:
    refusal = refusal_of(raw(**{key: value}), LAYOUT)
    assert (refusal.reason, refusal.where, refusal.question) == ("unknown", key, question)


@pytest.mark.parametrize("changes", [{"topics": []}, {"left out": ["q1", "q2", "q3"], "topics": ["t1"]}], ids=str)
def test_a_choice_with_nothing_to_score_is_refused(changes: dict[str, Any]) -> None:
    assert refusal_of(raw(**changes), LAYOUT).reason == "nothing-to-score"


@pytest.mark.parametrize(
    "content",
    [
        raw(place="marker-4711"),
        raw(answers={"marker-4711": "a"}),
        raw(answers={"q1": "marker-4711"}),
        raw(saved="marker-4711"),
        raw(done=["marker-4711"]),
        raw(**{"marker-4711": 1}),
        b'{"marker-4711": 1, "marker-4711": 2}',
        b"marker-4711",
    ],
    ids=ascii,
)
def test_an_error_repeats_nothing_of_the_file(content: bytes) -> None:
    refusal = refusal_of(content, LAYOUT)
    assert "marker" not in f"{refusal} {refusal.where} {refusal.question}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@quick
@given(st.dictionaries(st.sampled_from(sorted(document())), json_values, max_size=4))
def test_any_json_is_loaded_or_refused_by_the_own_error(changes: dict[str, Any]) -> None:
    try:
        sheet = load(raw(**changes)).bind(LAYOUT)
    except SavedFileError:
        return
    assert load(dump(sheet, LAYOUT, [], DAY)).bind(LAYOUT) == sheet


@quick
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_by_the_own_error(content: bytes) -> None:
    with pytest.raises(SavedFileError):
        load(content)


def test_a_cut_file_is_refused() -> None:
    content = dump(SHEET, LAYOUT, WORDS, DAY).rstrip()
    for length in range(len(content)):
        with pytest.raises(SavedFileError):
            load(content[:length])
