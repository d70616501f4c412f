"""How hard a text is to read: Flesch-Kincaid grade for English, two counts for Chinese, LIX for other languages.

Marks of Markdown, addresses and citations do not count. All of them are rough, and unreliable below about
a hundred words. Source: method, section 11.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from apps.editions.markdown import plain

LONG_WORD = 7
"""Letters from which LIX calls a word long ("over 6 letters")."""

_NO_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
"""Scripts that put no spaces between words: Japanese, Chinese, Thai."""

_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")

_WORD = re.compile(
    rf"[{_NO_SPACES}]{{1,2}}"
    rf"|\d+(?:[.,:]\d+)*[^\W_{_NO_SPACES}]*"
    rf"|[^\W_{_NO_SPACES}]+(?:['’-][^\W_{_NO_SPACES}]+)*"
)
_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’)\]]*(?=\s|$)|[。！？]+[”’」』）]*")
"""The end of a sentence. It starts at the first mark only, so that a line of dots is not searched once per dot."""

_ABBREVIATIONS = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|e\.g|i\.e|etc|vs|cf|no|nos|art|sec|approx|dr|mr|mrs|ms|prof|st|inc|ltd|co|u\.s|u\.k)\.$",
    re.IGNORECASE,
)
"""A full stop after these ends no sentence, unless it ends the text."""


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in order. "face-search", "don't" and "30.5" are one word each.

    Where a script has no spaces, two characters count as one word: that is their usual length.
    """
    return tuple(_WORD.findall(_plain(text)))


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a text in order.

    Headings, items of lists and cells of tables are sentences of their own, full stop or not.
    """
    return tuple(sentence for block in _plain(text).split("\n\n") for sentence in _sentences_of(block))


def long_sentences(text: str, limit: int = 20) -> tuple[str, ...]:
    """Return the sentences of more than `limit` words."""
    return tuple(sentence for sentence in sentences(text) if len(_WORD.findall(sentence)) > limit)


def flesch_kincaid_grade(text: str) -> Fraction:
    """Return the years of school that an English text asks for. Raise ValueError for a text without words."""
    found = words(text)
    return grade_of(len(found), len(sentences(text)), sum(map(syllables, found)))


def lix(text: str) -> Fraction:
    """Return the LIX of a text in any language; up to 40 is easy. Raise ValueError for a text without words."""
    found = words(text)
    return lix_of(len(found), len(sentences(text)), sum(_letters(word) >= LONG_WORD for word in found))


def characters_in_a_sentence(text: str) -> Fraction:
    """Return how many Chinese characters a sentence has on average. Raise ValueError for a text without any."""
    found = sentences(text)
    count = len(_CHINESE.findall(_plain(text)))
    if not found or not count:
        raise ValueError("a text without Chinese characters has no reading level of this kind")
    return Fraction(count, len(found))


def rare_characters(text: str) -> tuple[str, ...]:
    """Return the Chinese characters of a text that are not among the 3,755 common ones, each time they stand there.

    Common are those of level 1 in the national standard GB/T 2312-1980, which were chosen by how often they are
    used; pupils meet nearly all of them by the end of compulsory school.
    """
    return tuple(character for character in _CHINESE.findall(_plain(text)) if not _is_common(character))


def rare_share(text: str) -> Fraction:
    """Return the share of rare characters, 0 to 1. Raise ValueError for a text without Chinese characters."""
    count = len(_CHINESE.findall(_plain(text)))
    if not count:
        raise ValueError("a text without Chinese characters has no reading level of this kind")
    return Fraction(len(rare_characters(text)), count)


def _is_common(character: str) -> bool:
    """Say whether a character is in rows 16 to 55 of the standard, which are its level 1."""
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return 16 <= code[0] - 0xA0 <= 55


def grade_of(word_count: int, sentence_count: int, syllable_count: int) -> Fraction:
    """Return the Flesch-Kincaid grade for these counts: 13 words in 1 sentence with 24 syllables are 11.265."""
    if word_count < 1 or sentence_count < 1:
        raise ValueError("a text without words has no reading level")
    return (
        Fraction(39, 100) * Fraction(word_count, sentence_count)
        + Fraction(118, 10) * Fraction(syllable_count, word_count)
        - Fraction(1559, 100)
    )


def lix_of(word_count: int, sentence_count: int, long_count: int) -> Fraction:
    """Return the LIX for these counts: 100 words in 8 sentences, 20 of them long, are 32.5."""
    if word_count < 1 or sentence_count < 1:
        raise ValueError("a text without words has no reading level")
    return Fraction(word_count, sentence_count) + Fraction(100 * long_count, word_count)


@lru_cache(maxsize=64)
def _plain(text: str) -> str:
    # Each count of one text starts here; the last few texts are kept so that it is parsed once.
    return plain(text)


def _sentences_of(block: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(block):
        if end[0] == "." and _ABBREVIATIONS.search(block, max(start, end.end() - 12), end.end()):
            continue
        if _WORD.search(block, start, end.end()):
            yield block[start : end.end()].strip()
        start = end.end()
    if _WORD.search(block, start):
        yield block[start:].strip()


def _letters(word: str) -> int:
    return sum(character.isalpha() for character in word)


# --- Syllables -----------------------------------------------------------------------------------------

_SPOKEN_AS_WORDS = frozenset({"GIF", "LAN", "NASA", "NATO", "NIST", "PIN", "RAM", "SIM", "UNESCO"})
"""Names in capitals that are not spelt letter by letter."""

_IRREGULAR = {
    word: count
    for count, listed in {
        1: "eye eyes",
        2: "argue argued argues business create creates evening every facebook homework household "
        "lifetime safety something sometimes somewhere timeline wednesday",
        3: "anyone area areas businesses created element everything everywhere idea ideas parliament recipe somebody",
        4: "european everybody",
    }.items()
    for word in listed.split()
}
"""Common words that the rules below get wrong."""

_VOWELS = re.compile(r"[aeiou]+|(?<![aeiou])y(?![aeiou])")
_SILENT = re.compile(
    r"""
      (?<=[^aeiouy])e$                               # make, face; but see table
    | (?<=[^aeiouycgsxz])es$(?<!ches)(?<!shes)       # likes; but faces, changes, watches
    | (?<=[^aeiouydt])ed$                            # asked; but wanted
    | (?<=[^aeiouy])e(?=(?:ly|ful|fully|less|ness|ment|ments)$)  # lately, useful, statement
    | (?<=g)ue[sd]?$                                 # league
    """,
    re.VERBOSE,
)
_SPOKEN_LE = re.compile(r"[^aeiouyl]l(?:e|es|ed)$")
"""An end that keeps its vowel: ta-ble, set-tled, but not called."""

_APART = re.compile(
    r"""
      (?<![ctsgxhn])(?<!ll)io(?!u?sly$)  # ra-di-o, pe-ri-od; but action, million
    | (?<=r)iously$ | (?<=v)iously$
    | (?<![ctsgxh])ia(?!ge)              # me-di-a; but social, marriage
    | iu
    | (?<![ctsx])ie(?:nce|nt|nts|nces|ntist|ntists)$ | (?<=sc)ien   # experience, science; but patience
    | iet                                # so-ci-e-ty
    | [^aeiou]ier$ | [^aeiou]iest$       # ea-si-er
    | ual | uat | uar[yi] | uous         # u-su-al, sit-u-a-tion
    | eum | eo(?:s|n)?$ | ^geo           # mu-se-um, vid-e-o
    | oem | oet
    | [aeo]ing | uing                    # be-ing, go-ing
    | ^rea(?:ct|ss|pp|li[tsz]) | ^reuse | ^reo | ^reins | ^reen | ^coop
    | [ds]n['’]t$                        # did-n't
    """,
    re.VERBOSE,
)
"""Two vowels side by side that are spoken apart, and an ending that is a syllable without a vowel."""


def syllables(word: str) -> int:
    """Return about how many syllables an English word has; at least 1.

    Groups of vowels are counted, less the silent ones (make, asked), plus the neighbours that are spoken
    apart (video, being). Words in capitals are spelt (CCTV has 4), numbers count one for each digit. It is
    right for most common words; a word of Latin or Greek make can be one off.
    """
    return max(1, sum(_syllables_of_part(part) for part in re.split(r"[-‐]", word) if part))


def _syllables_of_part(part: str) -> int:
    if any(character.isdigit() for character in part):
        return sum(character.isdigit() for character in part)
    if 2 <= len(part) <= 5 and part.isupper() and part not in _SPOKEN_AS_WORDS:
        return sum(3 if letter == "W" else 1 for letter in part)
    spoken = re.sub(r"['’]s?$", "", part.lower())
    if spoken in _IRREGULAR:
        return _IRREGULAR[spoken]
    spoken = spoken.replace("qu", "q")
    count = len(_VOWELS.findall(spoken)) + len(_APART.findall(spoken))
    if not _SPOKEN_LE.search(spoken):
        count -= len(_SILENT.findall(spoken))
    return max(1, count)
