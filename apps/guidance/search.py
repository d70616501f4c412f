"""Search over an edition: an index in memory, made once for each edition and language.

Words of alphabets are found whatever their case, accents and English ending, by their beginning, and with one
letter wrong. Chinese, Japanese and Korean have no spaces, or particles without one, so there overlapping pairs
of characters stand for words. What is found is ranked with BM25F: a word counts more in a title than in a
body, more if it is rare, and less in a long text. Nothing about a query is kept.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import log
from typing import Final

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from apps.editions.compiled import LINKS, ORIGINAL, CompiledEdition
from apps.editions.markdown import plain
from apps.editions.schema import Action, Claim, Guide, Handout, Lesson, Letter, Markdown, Question, Rights, Term, Text
from apps.editions.templatetags.content import in_language

KINDS: Final = {
    "guide": gettext_lazy("Guide"),
    "action": gettext_lazy("Step"),
    "letter": gettext_lazy("Letter"),
    "place": gettext_lazy("Rights"),
    "term": gettext_lazy("Glossary"),
    "question": gettext_lazy("Question"),
    "claim": gettext_lazy("Claim"),
    "lesson": gettext_lazy("Lesson"),
    "handout": gettext_lazy("Sheet for class"),
}
"""The kinds of item that can be found, and what each is called."""

LONGEST_QUERY, MOST_WORDS, MOST_RESULTS = 100, 12, 30
"""How much of a query is read, in characters and in words, and how many results are shown."""

SNIPPET = 200
"""How many characters of a text are shown around what was found in it."""

_LEAD = 40
"""How many of these characters stand before the first match."""

_SHORT_TITLE = 90
"""How many characters a title made from a longer text has at most."""

# BM25F (Robertson and Zaragoza, 2009) with its usual B. K1 is larger than usual, as one use of a word in a title
# counts as ten in a body: it still has to stand above three or four in a body.
_TITLE, _SUMMARY, _BODY = 10.0, 3.0, 1.0
_K1, _B = 4.0, 0.75

# How much a word counts that is not quite the word asked for.
_MENDED, _BEGINNING, _MENDED_BEGINNING, _COMMON_WORD = 0.6, 0.4, 0.2, 0.1

_SHORTEST_BEGINNING, _SHORTEST_MENDED = 2, 4
"""How many letters a word must have to be found by its beginning, and with a letter wrong."""

_COMMON_ENGLISH = """
a about am an and any are as at be been but by can could did do does for from had has have he her him his how i if in
into is it its me my no not of on or our she should so than that the their them then there these they this to was we
were what when where which who whom why will with would you your
"""
COMMON_WORDS: Final = frozenset(_COMMON_ENGLISH.split())
"""English words that say nothing about what is looked for."""

COMMON_CHARACTERS: Final = frozenset("的了吗呢吧啊么我你您他她它们这那是在和与或怎如")
"""The same for Chinese: a pair with one of these says little."""

# --- Words ---------------------------------------------------------------------------------------------

_NO_SPACES = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_ACCENTS = "\u0300-\u036f"
_LETTERS = rf"(?:[^\W_{_NO_SPACES}][{_ACCENTS}]*)+"
_WORD = re.compile(rf"(?P<run>[{_NO_SPACES}]+)|{_LETTERS}(?:['’]{_LETTERS})*")
_RUN = re.compile(rf"[{_NO_SPACES}]")
_ACCENT = re.compile(f"[{_ACCENTS}]")
_VOWELS = re.compile("[aeiouy]+")
_GAP = re.compile(r"\{([a-z0-9-]+)\}")


def cleaned(query: str) -> str:
    """Return a query as it is read and shown again: one line, no control characters, no more than the limit."""
    # Category C: control and format characters, lone surrogates, and what is no character.
    kept = "".join(c for c in query if c.isspace() or not unicodedata.category(c).startswith("C"))
    return " ".join(kept.split())[:LONGEST_QUERY].rstrip()


def words_of(query: str) -> list[str]:
    """Return the words of a query, folded, each once. A run of Chinese counts as one of the words at most read."""
    found: list[str] = []
    for number, match in enumerate(_WORD.finditer(unicodedata.normalize("NFKC", cleaned(query)))):
        if number == MOST_WORDS:
            break
        run = match["run"]
        if run is None:
            found.append(folded(match[0]))
        elif len(run) == 1:
            found.append(run)
        else:
            found += (run[at : at + 2] for at in range(len(run) - 1))
    return list(dict.fromkeys(word for word in found if word))


def folded(word: str) -> str:
    """Return a word in small letters without accents and apostrophes: "Zoë’s" and "ZOE" are both "zoe"."""
    if not word.isascii():
        spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
        word = unicodedata.normalize("NFC", _ACCENT.sub("", spread)).replace("’", "'")
    return word.lower().removesuffix("'s").replace("'", "")


def stem(word: str) -> str:
    """Return a folded English word without the ending of a plural or a verb: "scans" and "scanned" are "scan".

    The first step of Porter's algorithm, made shorter. What it returns need not be a word, only the same for
    the forms of one word. Words with other letters than a to z stay as they are.
    """
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    if word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and _VOWELS.search(rest) and not word.endswith("eed"):
            word = _mended_end(rest)
            break
    if word.endswith("e") and (_syllables(word[:-1]) > 1 or not _is_short(word[:-1])):
        word = word[:-1]
    if word.endswith("y") and not _VOWELS.match(word[-2]):
        word = word[:-1] + "i"
    return word


def _mended_end(rest: str) -> str:
    """Return what an ending was added to: "scann" is from "scan", "shar" from "share"."""
    if len(rest) > 3 and rest[-1] == rest[-2] and (rest[-1] not in "lsz" or (rest[-1] == "l" and _syllables(rest) > 1)):
        return rest[:-1]
    return rest + "e" if _syllables(rest) == 1 and _is_short(rest) else rest


def _syllables(word: str) -> int:
    return len(_VOWELS.findall(word))


def _is_short(word: str) -> bool:
    """Say whether a word ends in a consonant, a vowel and a consonant, as "shar" does and "chang" does not."""
    return bool(re.search(r"[^aeiouy][aeiouy][^aeiouywx]$", word))


def _pieces(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield every word, character and pair that can be looked for, folded, with where it begins and ends."""
    for match in _WORD.finditer(text):
        if match["run"] is None:
            yield match.start(), match.end(), folded(match[0])
            continue
        run = [unicodedata.normalize("NFKC", character) for character in match[0]]
        for at, character in enumerate(run, match.start()):
            yield at, at + 1, character
            if at + 1 < match.end():
                yield at, at + 2, character + run[at + 1 - match.start()]


def _has_no_spaces(word: str) -> bool:
    return bool(_RUN.match(word))


def _is_common(word: str) -> bool:
    return word in COMMON_WORDS or (len(word) == 2 and _has_no_spaces(word) and not COMMON_CHARACTERS.isdisjoint(word))


def _one_edit_away(word: str, alphabet: Iterable[str]) -> set[str]:
    """Return every spelling with one letter more, less or other than a word, or two neighbours swapped."""
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    less = (left + right[1:] for left, right in halves if right)
    swapped = (left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1)
    other = (left + letter + right[1:] for left, right in halves if right for letter in alphabet)
    more = (left + letter + right for left, right in halves for letter in alphabet)
    return {*less, *swapped, *other, *more}


# --- What is found -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Passage:
    """A piece of text and the language it is in."""

    text: str
    language: str


@dataclass(frozen=True)
class Document:
    """One thing that can be found.

    `also` are words that count as its title's but are not shown. `headline` is the part of the title that counts
    as one; without it, all of it does. The rest of the title counts as body.
    """

    kind: str
    id: str
    address: str
    title: Passage
    summary: tuple[Passage, ...] = ()
    body: tuple[Passage, ...] = ()
    also: str = ""
    headline: str | None = None

    @property
    def fields(self) -> tuple[tuple[float, list[str]], ...]:
        """The texts that are looked through, with the weight of each kind."""
        title, rest = (self.title.text, "") if self.headline is None else (self.headline, self.title.text)
        return (
            (_TITLE, [title, self.also]),
            (_SUMMARY, [passage.text for passage in self.summary]),
            (_BODY, [*(passage.text for passage in self.body), rest]),
        )


@dataclass(frozen=True)
class Marked:
    """A text in parts; True stands with each part that matches the query."""

    parts: tuple[tuple[str, bool], ...]
    language: str

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(words for words, _ in self.parts)


@dataclass(frozen=True)
class Result:
    """One thing that was found. A score only says something beside the others of one search."""

    kind: str
    id: str
    address: str
    title: Marked
    snippet: Marked
    score: float

    @property
    def kind_name(self) -> str:
        """What the kind is called in the current language."""
        return str(KINDS[self.kind])


@dataclass(frozen=True)
class Found:
    """The best results, how many there are in all, and the words looked for in place of mistyped ones."""

    results: tuple[Result, ...] = ()
    total: int = 0
    mended: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Match:
    """What one word of a query stands for: index terms with how much each counts.

    `instead` are the words that were looked for in its place, where it may be mistyped.
    """

    terms: Mapping[str, float]
    instead: tuple[str, ...] = ()


class Index:
    """Every document of an edition in one language, by the words in it.

    A word's ending is cut to make an index term. `terms` gives the term of each spelling; `spellings` are the
    words of alphabets, sorted.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self.documents = tuple(documents)
        self.terms: dict[str, str] = {}
        fields: dict[float, list[Counter[str]]] = {}
        for document in self.documents:
            for weight, texts in document.fields:
                fields.setdefault(weight, []).append(self._count(texts))
        self.spellings = sorted(spelling for spelling in self.terms if not _has_no_spaces(spelling))
        self._alphabet = sorted({letter for spelling in self.spellings for letter in spelling if letter.isalpha()})
        self._postings = self._weighed(fields)

    def _count(self, texts: Iterable[str]) -> Counter[str]:
        """Count the index terms of some texts, and note their spellings."""
        counted: Counter[str] = Counter()
        for text in texts:
            for _, _, spelling in _pieces(text):
                if spelling not in self.terms:
                    self.terms[spelling] = stem(spelling)
                counted[self.terms[spelling]] += 1
        return counted

    def _weighed(self, fields: Mapping[float, list[Counter[str]]]) -> dict[str, dict[int, float]]:
        """Return for each term the documents with it, each with the term's weight there, between 0 and 1."""
        sums: dict[str, dict[int, float]] = {}
        for weight, counts in fields.items():
            sizes = [counted.total() for counted in counts]
            usual = sum(sizes) / max(1, sum(1 for size in sizes if size)) or 1
            for number, counted in enumerate(counts):
                length = 1 - _B + _B * sizes[number] / usual
                for term, times in counted.items():
                    documents = sums.setdefault(term, {})
                    documents[number] = documents.get(number, 0.0) + weight * times / length
        return {
            term: {number: value / (_K1 + value) for number, value in documents.items()}
            for term, documents in sums.items()
        }

    def knows(self, word: str) -> bool:
        """Say whether any document has a folded word, in any of its forms."""
        return stem(word) in self._postings

    def search(self, query: str, limit: int = MOST_RESULTS) -> Found:
        """Return what was found, best first: documents with more of the words stand before all others."""
        matches = {word: self._match(word) for word in words_of(query)}
        hits = {word: self._documents(match) for word, match in matches.items()}
        telling = self._telling(hits)
        scores: dict[int, float] = {}
        counts: Counter[int] = Counter()
        for word, documents in hits.items():
            rarity = log(1 + (len(self.documents) - len(documents) + 0.5) / (len(documents) + 0.5))
            factor = _COMMON_WORD if _is_common(word) and word not in telling else 1.0
            for number, weight in documents.items():
                scores[number] = scores.get(number, 0.0) + factor * rarity * weight
            if word in telling:
                counts.update(documents.keys())
        ranked = sorted(counts, key=lambda number: (-counts[number], -scores[number], number))
        shown = {word for word in matches if word in telling or not _is_common(word)}
        terms = {term for word in shown for term in matches[word].terms}
        return Found(
            tuple(self._result(number, scores[number], terms) for number in ranked[:limit]),
            len(ranked),
            tuple(dict.fromkeys(spelling for match in matches.values() for spelling in match.instead)),
        )

    def _match(self, word: str) -> _Match:
        """Return the terms that a word stands for: itself, what begins with it, and, if unknown, what is close."""
        term = word if _has_no_spaces(word) else stem(word)
        terms = {term: 1.0} if term in self._postings else {}
        if _has_no_spaces(word) or word in COMMON_WORDS:
            return _Match(terms)
        is_known = bool(terms)
        longer: dict[str, str] = {}
        if len(word) >= _SHORTEST_BEGINNING:
            for spelling in self._beginning_with(word):
                longer.setdefault(self.terms[spelling], spelling)
        close: dict[str, str] = {}
        if not is_known and len(word) >= _SHORTEST_MENDED and word.isalpha():
            for spelling in self._one_edit_from(word):
                if self.terms[spelling] not in longer:
                    close.setdefault(self.terms[spelling], spelling)
        # The beginning of a word is more likely an unfinished word than a mistyped one.
        mended = _MENDED_BEGINNING if longer else _MENDED
        terms = {**dict.fromkeys(close, mended), **dict.fromkeys(longer, _BEGINNING), **terms}
        return _Match(terms, (*longer.values(), *close.values()) if close else ())

    def _beginning_with(self, word: str) -> Iterator[str]:
        for at in range(bisect_left(self.spellings, word), len(self.spellings)):
            if not self.spellings[at].startswith(word):
                break
            yield self.spellings[at]

    def _one_edit_from(self, word: str) -> list[str]:
        """Return the spellings of the index that are one edit from a word; the commonest first."""
        close = [spelling for spelling in _one_edit_away(word, self._alphabet) if spelling in self.terms]
        return sorted(close, key=lambda spelling: (-len(self._postings[self.terms[spelling]]), spelling))

    def _documents(self, match: _Match) -> dict[int, float]:
        """Return the documents that match a word, each with the weight of the best match."""
        found: dict[int, float] = {}
        for term, factor in match.terms.items():
            for number, weight in self._postings[term].items():
                found[number] = max(found.get(number, 0.0), factor * weight)
        return found

    def _telling(self, hits: Mapping[str, Collection[int]]) -> set[str]:
        """Return the words that tell documents apart; all that were found, if none does."""
        known = {word for word, documents in hits.items() if documents}
        most = len(self.documents) / 2
        return {word for word in known if not _is_common(word) and len(hits[word]) <= most} or known

    # --- Showing it

    def _result(self, number: int, score: float, terms: Collection[str]) -> Result:
        document = self.documents[number]
        title = _marked(document.title, self._places(document.title.text, terms), 0, len(document.title.text))
        return Result(document.kind, document.id, document.address, title, self._snippet(document, terms), score)

    def _places(self, text: str, terms: Collection[str]) -> list[tuple[int, int, str]]:
        """Return where terms stand in a text: beginning, end and term of each."""
        found = ((start, end, self.terms.get(spelling, "")) for start, end, spelling in _pieces(text))
        return [place for place in found if place[2] in terms]

    def _snippet(self, document: Document, terms: Collection[str]) -> Marked:
        """Return the part of a document with most of the terms; its beginning where only the title has any."""
        passages = (*document.summary, *document.body) or (document.title,)
        places = [self._places(passage.text, terms) for passage in passages]
        fullest = [_fullest(found) for found in places]
        best = max(range(len(passages)), key=lambda at: fullest[at][0])
        return _marked(passages[best], places[best], *_window(passages[best].text, fullest[best][1]))


def _fullest(places: list[tuple[int, int, str]]) -> tuple[int, int]:
    """Return the most different terms that fit into one snippet, and where the first of them begins."""
    best = (0, 0)
    for at, (start, _, _) in enumerate(places):
        near = set()
        for _, end, term in places[at:]:
            if end > start + SNIPPET - _LEAD:
                break
            near.add(term)
        if len(near) > best[0]:
            best = (len(near), start)
    return best


def _window(text: str, first: int) -> tuple[int, int]:
    """Return the beginning and end of a piece of text around a place, between words if it has spaces."""
    if len(text) <= SNIPPET:
        return 0, len(text)
    start = max(0, min(first - _LEAD, len(text) - SNIPPET))
    if start:
        start = text.find(" ", start - 1, first) + 1 or start
    end = min(len(text), start + SNIPPET)
    if end < len(text):
        gap = text.rfind(" ", first, end + 1)
        end = gap if gap > start + SNIPPET // 2 else end
    return start, end


def _marked(passage: Passage, places: list[tuple[int, int, str]], start: int, end: int) -> Marked:
    """Return a piece of a text with these places marked; marks that touch or overlap become one."""
    text = passage.text
    parts = [("…", False)] if start else []
    at = start
    marks: list[tuple[int, int]] = []
    for first, last, _ in places:
        first, last = max(first, start), min(last, end)
        if marks and first <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(marks[-1][1], last))
        elif first < last:
            marks.append((first, last))
    for first, last in marks:
        parts += [(text[at:first], False), (text[first:last], True)]
        at = last
    parts.append((text[at:end], False))
    if end < len(text):
        parts.append(("…", False))
    return Marked(tuple(part for part in parts if part[0]), passage.language)


# --- The documents of an edition -----------------------------------------------------------------------


def index_of(edition: CompiledEdition, language: str) -> Index:
    """Return the index of an edition in a language, made on first use. Untranslated texts are found in English."""

    def make() -> Index:
        with translation.override(language):
            return Index(_documents(edition))

    return edition.memo(("search", language), make)


def _documents(edition: CompiledEdition) -> Iterator[Document]:
    """Yield everything that can be found, in the current language."""
    for guide in edition.pack.guides:
        yield from _guide(edition, guide)
    for action in edition.pack.actions:
        yield _action(edition, action)
    for letter in edition.pack.letters:
        yield _letter(letter)
    for rights in edition.pack.rights:
        yield _rights(edition, rights)
    for term in edition.pack.glossary:
        yield _term(term)
    for question in edition.questions.values():
        yield _question(question)
    for claim in edition.pack.claims:
        yield _claim(claim)
    for lesson in edition.pack.lessons:
        texts = (passage for part in lesson.parts for passage in (_said(part.title), _read(part.body)))
        yield _for_class("lesson", lesson, texts)
    for handout in edition.pack.handouts:
        yield _for_class("handout", handout, (_read(handout.body),))


def _guide(edition: CompiledEdition, guide: Guide) -> Iterator[Document]:
    """Yield a guide and each of its sections."""
    title, address = _said(guide.title), _address("guide", guide.id)
    words, language = in_language(guide.body)
    headings = [heading for heading in edition.html(guide.body, language).headings if heading[1]]
    sections: list[tuple[str, str, list[str]]] = [("", "", [])]
    for block in plain(words).split("\n\n"):
        # Headings are blocks like any other here, but they come in the order of the list.
        if len(sections) <= len(headings) and block == headings[len(sections) - 1][1]:
            sections.append((*headings[len(sections) - 1], []))
        else:
            sections[-1][2].append(block)
    for identity, heading, blocks in sections:
        body = (Passage(_on_one_line(" ".join(blocks)), language),) if blocks else ()
        if not identity:
            yield Document("guide", guide.id, address, title, (_said(guide.summary),), body)
            continue
        # Only the heading counts as a title: the guide's own would lift all of its sections at once.
        name = gettext("{guide}: {part}").format(guide=title.text, part=heading)
        yield Document(
            "guide", guide.id, f"{address}#{identity}", Passage(name, title.language), (), body, headline=heading
        )


def _action(edition: CompiledEdition, action: Action) -> Document:
    steps = [edition.steps[step][1] for step in action.steps]
    body = (_read(action.how), *(passage for step in steps for passage in (_said(step.title), _read(step.body))))
    address = _address("action", action.id)
    return Document("action", action.id, address, _said(action.name), (_said(action.summary),), body)


def _letter(letter: Letter) -> Document:
    """Return a letter as its page shows it: with words in brackets where something is to be filled in."""
    brackets = {field.id: f"[{_said(field.bracket).text}]" for field in letter.fields}

    def filled(text: Text) -> Passage:
        words, language = in_language(text)
        return Passage(_on_one_line(_GAP.sub(lambda gap: brackets.get(gap[1], ""), words)), language)

    return Document(
        "letter",
        letter.id,
        _address("letter", letter.id),
        _said(letter.name),
        (_said(letter.summary), filled(letter.subject)),
        (filled(letter.body), _read(letter.send), _read(letter.after)),
        str(KINDS["letter"]),
    )


def _rights(edition: CompiledEdition, rights: Rights) -> Document:
    laws = [edition.laws[law] for law in rights.laws]
    named = (*(law.name for law in laws), *(regulator.name for regulator in rights.regulators))
    return Document(
        "place",
        rights.id,
        _address("place", rights.id),
        _said(edition.places[rights.id].name),
        (_said(rights.summary), *(_said(name) for name in named)),
        (*(_read(text) for text in (rights.can, rights.time, rights.not_covered)), *(_said(law.what) for law in laws)),
        f"{KINDS['place']} {rights.id}",
    )


def _term(term: Term) -> Document:
    forms = {form: None for language in term.forms for form in term.forms[language]}
    more = (_said(term.more),) if term.more else ()
    address = _address("term", term.id)
    return Document("term", term.id, address, _said(term.term), (_said(term.meaning),), more, " ".join(forms))


def _question(question: Question) -> Document:
    hint = (_said(question.hint),) if question.hint else ()
    address = _address("question", question.id)
    return Document("question", question.id, address, _said(question.text), hint, (_read(question.why),))


def _claim(claim: Claim) -> Document:
    """Return a claim. It has no title; what it says begins in the place of one, but counts as summary."""
    says = _said(claim.says)
    sources = " · ".join(f"{source.title}, {source.publisher}" for source in claim.sources)
    told = (claim.said_by, claim.doubt) if claim.doubt else (claim.said_by,)
    body = (*(_said(text) for text in told), Passage(_on_one_line(sources), ORIGINAL))
    return Document("claim", claim.id, _address("claim", claim.id), _shortened(says), (says,), body, headline="")


def _for_class(kind: str, item: Lesson | Handout, body: Iterable[Passage]) -> Document:
    address = reverse(f"classroom:{kind}", args=[item.id])
    return Document(kind, item.id, address, _said(item.name), (_said(item.summary),), tuple(body))


def _address(kind: str, item: str) -> str:
    return reverse(LINKS[kind], args=[item])


def _said(text: Text) -> Passage:
    words, language = in_language(text)
    return Passage(_on_one_line(words), language)


def _read(text: Markdown) -> Passage:
    words, language = in_language(text)
    return Passage(_on_one_line(plain(words)), language)


def _shortened(passage: Passage) -> Passage:
    """Return the beginning of a text, for a title."""
    if len(passage.text) <= _SHORT_TITLE:
        return passage
    beginning = passage.text[:_SHORT_TITLE]
    return Passage((beginning.rpartition(" ")[0] or beginning).rstrip(" ,;:.。，；：") + "…", passage.language)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
