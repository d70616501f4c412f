"""The words of the glossary where they are used: the first use on a page leads to what it means.

The meaning stands on the same page, under the text. It is read in place by following the link, without any
script (the stylesheet brings the linked entry up), and each entry leads on to its page in the glossary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser

from django.urls import reverse

from apps.editions.compiled import ORIGINAL, CompiledEdition
from apps.editions.schema import Term, Text

_PROSE = frozenset({"p", "li", "dd", "td"})
"""Elements whose text is prose."""

_LEFT_ALONE = frozenset(
    ["a", "button", "cite", "code", "dt", "form", "h1", "h2", "h3", "h4", "label", "legend", "nav", "summary", "svg"]
)
"""Elements whose text stays as it is, and all that is in them."""

_LEFT_ALONE_CLASSES = frozenset({"eyebrow", "meta", "notes", "source", "sources", "tag"})
_EMPTY = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})


def link_words(html: str, edition: CompiledEdition, language: str) -> tuple[str, tuple[Term, ...]]:
    """Return a piece of a page with the first use of each term linked, and those terms in order of use.

    Links that editors set to a term count as its first use. Headings, links, forms and notes stay as they are.
    """
    linker = _Linker(edition, language)
    linker.feed(html)
    linker.close()
    return "".join(linker.parts), tuple(edition.terms[term] for term in linker.used)


def words_in(texts: Iterable[Text], edition: CompiledEdition, language: str) -> tuple[Term, ...]:
    """Return the terms that some texts use, in the glossary's order."""
    pattern, forms = edition.memo(("words", language), lambda: _finder(edition, language))
    found = {
        forms[match[0].lower()]
        for text in texts
        for match in pattern.finditer(text.get(language) or text[ORIGINAL])
    }
    return tuple(term for term in edition.pack.glossary if term.id in found)


def _finder(edition: CompiledEdition, language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """Return a pattern for every form of every term, and the term that each form belongs to, in lower case."""
    forms: dict[str, str] = {}
    for term in edition.pack.glossary:
        for spoken in dict.fromkeys((language, ORIGINAL)):
            for form in term.forms.get(spoken, ()):
                forms.setdefault(form.lower(), term.id)
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    if not forms:
        return re.compile(r"(?!)"), forms
    # Only Latin letters are borders: in Chinese, words stand side by side without spaces.
    inside = "A-Za-z0-9_\u00c0-\u024f"
    pattern = rf"(?<![{inside}-])(?:{'|'.join(re.escape(form) for form in longest_first)})(?![{inside}])"
    return re.compile(pattern, re.IGNORECASE), forms


class _Linker(HTMLParser):
    """Copies HTML as it is and puts links around words on the way."""

    def __init__(self, edition: CompiledEdition, language: str) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self.used: dict[str, None] = {}
        self._open: list[tuple[str, bool]] = []
        self._pattern, self._forms = edition.memo(("words", language), lambda: _finder(edition, language))
        self._pages = edition.memo(
            ("word pages", language),
            lambda: {reverse("guidance:term", args=[term.id]): term.id for term in edition.pack.glossary},
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = self.get_starttag_text() or ""
        values = dict(attrs)
        term = self._pages.get(values.get("href") or "") if tag == "a" else None
        if term is not None and term not in self.used and self._is_prose():
            source = self._link(term)
        self.parts.append(source)
        if tag not in _EMPTY:
            classes = set((values.get("class") or "").split())
            self._open.append((tag, tag in _LEFT_ALONE or not classes.isdisjoint(_LEFT_ALONE_CLASSES)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == tag:
                del self._open[place:]
                break

    def handle_data(self, data: str) -> None:
        self.parts.append(self._pattern.sub(self._linked, data) if self._is_prose() else data)

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"<!--{data}-->")

    def _is_prose(self) -> bool:
        return any(tag in _PROSE for tag, _ in self._open) and not any(left for _, left in self._open)

    def _linked(self, match: re.Match[str]) -> str:
        term = self._forms[match[0].lower()]
        return match[0] if term in self.used else f"{self._link(term)}{match[0]}</a>"

    def _link(self, term: str) -> str:
        self.used[term] = None
        return f'<a class="term" id="use-{term}" href="#word-{term}">'
