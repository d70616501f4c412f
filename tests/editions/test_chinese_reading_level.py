"""How hard a Chinese text is to read: length of sentences and rare characters, counted independently here."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.editions import reading_level, wording_checks
from apps.editions.pack_files import PackProblem
from apps.editions.wording_checks import Screen

LEVEL_ONE = {
    bytes((row + 0xA0, cell + 0xA0)).decode("gb2312")
    for row in range(16, 56)
    for cell in range(1, 95 if row < 55 else 90)
}
"""Rows 16 to 55 of GB/T 2312-1980; the last has 89 characters."""

COMMON, RARE = "人脸识别手机照片学校", "瞌矶阈囊魑"


def test_level_one_has_the_3755_characters_of_the_standard():
    assert len(LEVEL_ONE) == 3755
    assert reading_level.rare_characters("".join(LEVEL_ONE)) == ()


def test_characters_beyond_level_one_count_each_time_they_stand_there():
    assert reading_level.rare_characters("洛杉矶的矶。PIN 码 12") == ("矶", "矶")
    assert reading_level.rare_share("矶人人人") == Fraction(1, 4)


def test_characters_that_the_standard_lacks_are_rare():
    assert reading_level.rare_characters("囧龘") == ("囧", "龘")


def test_sentences_are_counted_by_their_ends_and_by_lines_of_lists():
    assert reading_level.characters_in_a_sentence("手机拍照。真的吗？\n\n- 学校\n- 照片") == Fraction(4 + 3 + 2 + 2, 4)


@pytest.mark.parametrize("count", [reading_level.characters_in_a_sentence, reading_level.rare_share])
def test_a_text_without_chinese_has_no_such_level(count):
    with pytest.raises(ValueError, match="Chinese"):
        count("Only Latin letters.")


@given(st.lists(st.text(alphabet=COMMON + "囧矶", min_size=1, max_size=30), min_size=1, max_size=20))
def test_both_counts_agree_with_counting_by_hand(sentences):
    text = "。".join(sentences) + "。"
    characters = "".join(sentences)
    assert reading_level.characters_in_a_sentence(text) == Fraction(len(characters), len(sentences))
    assert reading_level.rare_share(text) == Fraction(sum(one not in LEVEL_ONE for one in characters), len(characters))


def warnings_of(text: str) -> list[PackProblem]:
    return list(wording_checks._chinese(Screen("guides/t1.zh-hans.md", "guide t1", text), "zh-hans"))


def test_long_sentences_and_rare_characters_are_warned_of_and_nothing_else():
    assert warnings_of("手机拍照。" * 50) == []
    [long] = warnings_of(("人" * 26 + "。") * 10)
    assert "26 characters" in long.reason
    [rare] = warnings_of("人脸照片矶。" * 10)
    assert "矶" in rare.reason
    assert long.warning
    assert rare.warning


def test_the_shipped_chinese_is_easy_to_read(shipped_pack):
    screens = wording_checks.screens(shipped_pack, "zh-hans")
    texts = [one for one in screens if len(reading_level.words(one.text)) >= wording_checks.WORDS_FOR_A_GRADE]
    assert len(texts) > 50
    assert [problem for one in texts for problem in warnings_of(one.text)] == []
