"""The reading level follows the method's formulas, and counts what a reader reads."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from apps.editions.reading_level import (
    flesch_kincaid_grade,
    grade_of,
    lix,
    lix_of,
    long_sentences,
    sentences,
    syllables,
    words,
)
from tests.effort import ending

COUNTED = {
    1: "the a face lock phone make use used asked likes league school church eye does shoes though called "
    "tagged can't one kept blocked closed guess guide guest tried field piece view blue true queue "
    "vague tongue through strength whose hour search share shared",
    2: "photo table settled handled wanted faces changes watches letter number action question social million "
    "region being going saying player money journey away today quiet poem useful lately statement consent "
    "airport border people every answer science client reason private picture always payment unique equal "
    "language patience trial marriage special didn't isn't review movies business safety pieces facial facebook "
    "someone something sometimes stories copies applied carried using value issue rescue create diet require",
    3: "camera deleted company privacy video radio idea area media period serious easier museum usual "
    "manual hospital government completely agreement family remember religious stadium official obvious "
    "exactly computer important database anyone everyone everything services evidence audience "
    "patiently efficient scientist agreeing parliament enrolment quietly continue another created",
    4: "identity biometric biometrics experience security authority authorities actually situation technology "
    "information reality variety society european everybody operator comparison regulator's responsibly",
    5: "university verification representative individual",
}


@pytest.mark.parametrize(("count", "listed"), COUNTED.items())
def test_syllables_of_common_words_are_right(count: int, listed: str) -> None:
    wrong = {word: syllables(word) for word in listed.split() if syllables(word) != count}
    assert not wrong


@pytest.mark.parametrize(
    ("word", "count"),
    [("CCTV", 4), ("UK", 2), ("PIN", 1), ("WWW", 9), ("2025", 4), ("face-search", 2), ("person's", 2), ("zzz", 1)],
)
def test_names_numbers_and_compounds_are_counted_as_spoken(word: str, count: int) -> None:
    assert syllables(word) == count


def test_the_vectors_of_the_method() -> None:
    assert round(float(grade_of(13, 1, 24)), 1) == 11.3
    assert lix_of(100, 8, 20) == Fraction(65, 2)


def test_a_text_gives_the_counts_of_the_formulas() -> None:
    text = "The cat sat on the mat. A camera saw it."
    assert len(words(text)) == 10
    assert len(sentences(text)) == 2
    assert flesch_kincaid_grade(text) == grade_of(10, 2, 12)
    assert lix("Biometric cameras look.") == lix_of(3, 1, 2)


@pytest.mark.parametrize("measure", [flesch_kincaid_grade, lix])
@pytest.mark.parametrize("text", ["", "...", "[^f1-1]", "\n\n"])
def test_a_text_without_words_has_no_level(measure: object, text: str) -> None:
    with pytest.raises(ValueError, match="without words"):
        measure(text)  # type: ignore[operator]


def test_marks_and_citations_do_not_count() -> None:
    marked = "## Look\n\n1. Open **the** [page](action:a1).[^f1-1]\n2. Read it.\n"
    assert words(marked) == ("Look", "Open", "the", "page", "Read", "it")
    assert sentences(marked) == ("Look", "Open the page.", "Read it.")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("It cost 30.5 euros, e.g. here.", ["It cost 30.5 euros, e.g. here."]),
        ('He said "No." Then he left.', ['He said "No."', "Then he left."]),
        ("Wait... Go on.", ["Wait...", "Go on."]),
        ("Dr. Who is in the U.S. now.", ["Dr. Who is in the U.S. now."]),
        ("你好。你叫什么？", ["你好。", "你叫什么？"]),
    ],
)
def test_sentences_end_where_a_reader_would_stop(text: str, found: list[str]) -> None:
    assert list(sentences(text)) == found


def test_words_are_what_a_reader_calls_words() -> None:
    assert words("It's a face-search, 1,000 of x/y & 3D.") == (
        "It's",
        "a",
        "face-search",
        "1,000",
        "of",
        "x",
        "y",
        "3D",
    )
    assert words("人脸识别") == ("人脸", "识别")


def test_long_sentences_are_those_over_the_limit() -> None:
    long = "word " * 20 + "end."
    assert long_sentences(f"Short one. {long}") == (long,)
    assert long_sentences("word " * 19 + "end.") == ()
    assert long_sentences("One two three.", limit=2) == ("One two three.",)


def test_headings_lists_and_tables_do_not_run_into_one_sentence() -> None:
    source = "# One two\n\n- three\n- four five\n\n| six | seven |\n|---|---|\n| eight | nine |\n\nTen."
    assert sentences(source) == ("One two", "three", "four five", "six", "seven", "eight", "nine", "Ten.")


def test_lix_calls_words_long_from_seven_letters() -> None:
    assert lix("sechse sieben") == lix_of(2, 1, 0)
    assert lix("Gesicht don't-it 1234567 Ängste-n.") == lix_of(4, 1, 2)


@pytest.mark.parametrize("count", [grade_of, lix_of])
@pytest.mark.parametrize(("words_in_all", "sentences_in_all"), [(0, 0), (0, 1), (5, 0), (-1, 1)])
def test_counts_of_nothing_have_no_level(
    count: Callable[[int, int, int], Fraction], words_in_all: int, sentences_in_all: int
) -> None:
    with pytest.raises(ValueError, match="without words"):
        count(words_in_all, sentences_in_all, 0)


@pytest.mark.parametrize("measure", [words, sentences, long_sentences, flesch_kincaid_grade, lix])
@pytest.mark.parametrize(
    "source",
    [
        "." * 20_000 + "x",
        "a" + "!?…" * 6_600 + "x",
        "a." + "'" * 19_990 + "x",
        "。" * 20_000 + "a",
        *("e.g. " * 4_000, "a-" * 10_000, "a'" * 10_000, "1," * 10_000),
        *("a" * 20_000, "ement" * 4_000, "que" * 6_600),
    ],
    ids=lambda source: source[:8],
)
def test_a_long_text_of_any_kind_takes_seconds_at_most(measure: Callable[[str], object], source: str) -> None:
    with ending():
        measure(source * 10)  # 200,000 characters: work that grows with their square would take minutes
