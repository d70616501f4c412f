"""Checks of a pack's words: nothing missing in a complete language, easy to read, calm in tone.

Source: method, section 4 ("Wording rules") and section 11.4; design, section 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from apps.editions import reading_level
from apps.editions.pack_files import PackProblem
from apps.editions.pack_items import (
    LocatedText,
    action_file,
    claim_file,
    file_of,
    guide_file,
    letter_file,
    located_texts,
    name_of,
    name_of_part,
    rights_file,
    topic_file,
)
from apps.editions.schema import Pack

ORIGINAL = "en"
"""The language that every text exists in, because the others fall back to it."""

WORDS_FOR_A_GRADE = 100
GRADE_WANTED, GRADE_ALLOWED = 8, 10
LIX_WANTED = 40
CHARACTERS_WANTED, RARE_WANTED = 25, Fraction(1, 100)
"""For Chinese: 25 characters are some fifteen words, and one in a hundred leaves room for names."""

SENTENCE_WORDS = 20
OPTION_WORDS = 12

ALARM_WORDS = re.compile(
    r"""\b(?: alarming (?:ly)? | attack (?:s|ed|er|ers|ing)? | beware | catastroph\w* | devastating
    | disaster\w* | danger (?:s|ous|ously)? | evil | frighten\w* | hack (?:s|ed|er|ers|ing)? | horrif\w*
    | menac\w* | nightmare\w* | panic\w* | scary | shocking (?:ly)? | sinister | terrif\w* | unsafe | victims?
    | threat (?:s|en|ens|ened|ening)? | warning (?=!) )\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Words that frighten instead of helping (method, section 4). English only."""

_MARKS_OF_MARKDOWN = re.compile(r"\[\^[^\]\s]*\]|\]\(|\*\*")
_END_OF_SENTENCE = (".", "!", "?", ":", ";")


@dataclass(frozen=True)
class Screen:
    """What is read in one go: its texts in one language, joined."""

    file: str
    item: str
    text: str


def wording_problems(pack: Pack) -> Iterator[PackProblem]:
    """Yield what is wrong with the words of a pack: missing texts first, then reading level, then tone."""
    texts = tuple(located_texts(pack))
    yield from _languages(pack)
    yield from _missing(pack, texts)
    for located in texts:
        yield from _shown_marks(located)
        yield from _unknown_languages(pack, located)
    yield from _grades(pack)
    for located in texts:
        yield from _long_sentences(located)
    for located in texts:
        yield from _long_option(located)
    for located in texts:
        yield from _alarm_words(located)


def required_languages(pack: Pack) -> tuple[str, ...]:
    """Return the languages that may lack no text: the original and those called complete."""
    complete = (language.code for language in pack.languages if language.complete)
    return tuple(dict.fromkeys((ORIGINAL, *complete)))


def screens(pack: Pack, language: str) -> Iterator[Screen]:
    """Yield every screen in a language: questions (also as asked about a child), actions, guides, claims and so on.

    Texts that the language lacks are left out.
    """

    def join(parts: Iterable[Mapping[str, str] | None]) -> str:
        words = (part[language].strip() for part in parts if part and part.get(language))
        return "\n\n".join(text if text.endswith(_END_OF_SENTENCE) else f"{text}." for text in words if text)

    for topic in pack.topics:
        for question in topic.questions:
            asked = (
                question.text,
                question.hint,
                question.why,
                *(option.text for option in question.options),
            )
            yield Screen(topic_file(topic.id), name_of(question), join(asked))
            if question.child or any(option.child for option in question.options):
                options = (option.child or option.text for option in question.options)
                asked = (question.child or question.text, question.hint, question.why, *options)
                yield Screen(topic_file(topic.id), f"{name_of(question)}, for a child", join(asked))
    for action in pack.actions:
        yield Screen(action_file(action), name_of(action), join((action.name, action.summary, action.how)))
    for guide in pack.guides:
        yield Screen(guide_file(guide.id), name_of(guide), join((guide.title, guide.summary, guide.body)))
    for claim in pack.claims:
        yield Screen(claim_file(claim.id), name_of(claim), join((claim.says, claim.said_by, claim.doubt)))
    for rights in pack.rights:
        told = (rights.summary, rights.can, rights.time, rights.not_covered)
        yield Screen(rights_file(rights.id), name_of(rights), join(told))
    for handout in pack.handouts:
        yield Screen(file_of(handout), name_of(handout), join((handout.summary, handout.body)))
    for lesson in pack.lessons:
        for part in lesson.parts:
            yield Screen(file_of(lesson), name_of_part(part, name_of(lesson)), join((part.title, part.body)))
    for letter in pack.letters:
        yield Screen(letter_file(letter.id), name_of(letter), join((letter.summary, letter.body)))
        yield Screen(
            letter_file(letter.id), f"{name_of(letter)}, what to do with it", join((letter.send, letter.after))
        )


def _languages(pack: Pack) -> Iterator[PackProblem]:
    if not any(language.code == ORIGINAL and language.complete for language in pack.languages):
        yield PackProblem(
            "pack.yaml",
            f"language {ORIGINAL}",
            "English is not among the complete languages, and the others fall back to it",
            f"list `{ORIGINAL}` with `complete: true`",
        )


def _missing(pack: Pack, texts: tuple[LocatedText, ...]) -> Iterator[PackProblem]:
    for language in required_languages(pack):
        for located in texts:
            if not located.text.get(language, "").strip():
                yield _missing_text(located.file_in(language), located.item, located.field, language)
        for term in pack.glossary:
            if not term.forms.get(language):
                yield _missing_text("glossary.yaml", name_of(term), "forms", language)


def _missing_text(file: str, item: str, field: str, language: str) -> PackProblem:
    return PackProblem(
        file,
        item,
        f"the field `{field}` has no text in `{language}`, which must be complete",
        f"write `{field}` in `{language}`",
    )


def _shown_marks(located: LocatedText) -> Iterator[PackProblem]:
    if located.is_markdown:
        return
    for language, text in located.text.items():
        mark = _MARKS_OF_MARKDOWN.search(text)
        if mark:
            yield PackProblem(
                located.file_in(language),
                located.item,
                f"`{located.field}` ({language}) is shown as written, so readers would see `{mark[0][:30]}`",
                "remove the mark; citations and links go into `why`, `how` or `body`",
            )


def _unknown_languages(pack: Pack, located: LocatedText) -> Iterator[PackProblem]:
    listed = {language.code for language in pack.languages}
    for language in located.text:
        if language not in listed:
            yield PackProblem(
                located.file_in(language),
                located.item,
                f"`{located.field}` has a text in `{language}`, which is no language of this pack",
                "add the language to pack.yaml, or correct its code",
            )


def _grades(pack: Pack) -> Iterator[PackProblem]:
    for language in pack.languages:
        for screen in screens(pack, language.code):
            if len(reading_level.words(screen.text)) < WORDS_FOR_A_GRADE:
                continue  # the formulas are unreliable on shorter texts
            if language.code == ORIGINAL:
                yield from _english_grade(screen)
            elif language.code.startswith("zh"):
                yield from _chinese(screen, language.code)
            else:
                yield from _lix(screen, language.code)


def _english_grade(screen: Screen) -> Iterator[PackProblem]:
    grade = reading_level.flesch_kincaid_grade(screen.text)
    if grade > GRADE_WANTED:
        yield PackProblem(
            screen.file,
            screen.item,
            f"its reading level is grade {float(grade):.1f}; {GRADE_WANTED} is wanted, "
            f"above {GRADE_ALLOWED} is not published",
            "shorten sentences and take words with fewer syllables",
            warning=grade <= GRADE_ALLOWED,
        )


def _chinese(screen: Screen, language: str) -> Iterator[PackProblem]:
    """Warn of long sentences and rare characters (GB/T 2312-1980, level 1): there is no grade that all agree on."""
    length = reading_level.characters_in_a_sentence(screen.text)
    if length > CHARACTERS_WANTED:
        yield PackProblem(
            screen.file,
            screen.item,
            f"its sentences in `{language}` have {float(length):.0f} characters on average; "
            f"at most {CHARACTERS_WANTED} are wanted",
            "make more and shorter sentences",
            warning=True,
        )
    share = reading_level.rare_share(screen.text)
    if share > RARE_WANTED:
        rare = "".join(dict.fromkeys(reading_level.rare_characters(screen.text)))
        yield PackProblem(
            screen.file,
            screen.item,
            f"{float(share):.1%} of its characters in `{language}` are rare; "
            f"at most {float(RARE_WANTED):.0%} are wanted: {rare}",
            "take more common words, or explain a name once",
            warning=True,
        )


def _lix(screen: Screen, language: str) -> Iterator[PackProblem]:
    lix = reading_level.lix(screen.text)
    if lix > LIX_WANTED:
        yield PackProblem(
            screen.file,
            screen.item,
            f"its reading level in `{language}` is LIX {float(lix):.0f}; at most {LIX_WANTED} is wanted",
            "shorten sentences and take shorter words",
            warning=True,
        )


def _long_sentences(located: LocatedText) -> Iterator[PackProblem]:
    for language, text in located.text.items():
        for sentence in reading_level.long_sentences(text, SENTENCE_WORDS):
            yield PackProblem(
                located.file_in(language),
                located.item,
                f"`{located.field}` has a sentence above {SENTENCE_WORDS} words: {_start_of(sentence)}",
                "make two sentences of it",
                warning=True,
            )


def _long_option(located: LocatedText) -> Iterator[PackProblem]:
    if not located.item.startswith("option ") or located.field not in {"text", "child"}:
        return
    for language, text in located.text.items():
        count = len(reading_level.words(text))
        if count > OPTION_WORDS:
            yield PackProblem(
                located.file_in(language),
                located.item,
                f"`{located.field}` has {count} words; an option has at most {OPTION_WORDS}",
                "shorten it, or move the rest into the hint",
                warning=True,
            )


def _alarm_words(located: LocatedText) -> Iterator[PackProblem]:
    for word in dict.fromkeys(ALARM_WORDS.findall(located.text.get(ORIGINAL, ""))):
        yield PackProblem(
            located.file_in(ORIGINAL),
            located.item,
            f"`{located.field}` says “{word}”, a word that alarms",
            "say calmly what happens and what helps; keep the word only where it is a name or a quotation",
            warning=True,
        )


def _start_of(sentence: str) -> str:
    words = " ".join(sentence.split())
    return f"“{words}”" if len(words) <= 60 else f"“{words[:57]}...”"
