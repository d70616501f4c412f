"""Turn editors' Markdown into safe HTML: the one place where that happens.

CommonMark with tables and without raw HTML, plus two things of our own: `[^f1-2]` cites a claim and becomes
a numbered note, and links such as `[words](action:a7)` lead to items of the pack. What comes out is
sanitised a second time against a short list of elements, attributes and addresses. A page may therefore
show it as it is. Source: design, section 5; security bar, T9.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import nh3
from django.conf import settings
from django.utils.translation import gettext
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

Resolve = Callable[[str, str], "str | None"]
"""Gives the address of an item by its kind and id ("action", "a7"), or None where there is no such item."""

KINDS = frozenset({"action", "guide", "term", "claim", "question", "topic", "letter", "place"})
"""The kinds of item that a link can name."""

UNWANTED_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""What no text may hold: control characters but tab and line feed, line separators, byte order marks, lone
surrogates, and the marks that make a reader see letters in another order than they are written."""

WORDS_A_MINUTE = 200
"""How fast a text is read; slow enough for a reader of fourteen."""

_DEEPEST_HEADING = 4
_ECHO = 60
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_CITATION = re.compile(r"\[\^([^\]\[\n]{1,200})\]")
_WORD = re.compile(r"\w+(?:['’.,-]\w+)*")

_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title", "rel", "aria-label"},
    "div": {"role", "tabindex", "aria-label"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "ol": {"start"},
    "span": {"lang"},
    "th": {"scope"},
}
_CLASSES = {"div": {"scroll"}, "sup": {"note"}}
_ELEMENTS = frozenset(
    [
        "a",
        "blockquote",
        "br",
        "code",
        "div",
        "em",
        "h2",
        "h3",
        "h4",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "span",
        "strong",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)


@dataclass(frozen=True)
class Rendered:
    """A Markdown text as safe HTML, with what was found in it.

    `cited` are the ids of cited claims, in the order of their note numbers. `headings` are (id, text).
    `links` are the items linked to, and `broken` whatever leads nowhere, both as (kind, id), each once; a
    broken link is shown as plain words and a broken citation not at all. `words` counts the words shown.
    """

    html: str
    cited: tuple[str, ...]
    headings: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    words: int
    reading_minutes: int
    broken: tuple[tuple[str, str], ...] = ()


def render(source: str, resolve: Resolve, cited: Sequence[str] = ()) -> Rendered:
    """Return a text of several paragraphs as safe HTML. It raises nothing, whatever the text holds.

    `cited` are claims that have a number already, from texts above this one on the same page.
    """
    return _rendered(_MARKDOWN.parse(_cleaned(source)), resolve, cited)


def render_inline(source: str, resolve: Resolve) -> Rendered:
    """Return a text of one paragraph as safe HTML without the paragraph's element."""
    return _rendered(_MARKDOWN.parseInline(_cleaned(source)), resolve, ())


def plain(source: str) -> str:
    """Return the words of a text without marks, citations and addresses; an empty line between its blocks."""
    return "\n\n".join(text for text in _blocks(_MARKDOWN.parse(_cleaned(source))) if text)


# --- Reading -------------------------------------------------------------------------------------------


def _cite(state: StateInline, silent: bool) -> bool:
    """Read `[^claim-id]` at the current place (a rule of the parser).

    It stays out of the silent search for the end of a link's words, which would give up on the link.
    """
    match = None if silent else _CITATION.match(state.src, state.pos)
    if match is None:
        return False
    state.push("note", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False}).enable("table")
    # Every address reaches `_Items.address`, which decides alone. By itself the parser would show the source
    # of a link that it refuses.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.inline.ruler.before("link", "note", _cite)
    parser.add_render_rule("note", _note_html)
    parser.add_render_rule("table_open", _table_open_html)
    parser.add_render_rule("table_close", _table_close_html)
    return parser


def _cleaned(source: str) -> str:
    return UNWANTED_CHARACTERS.sub("", source.replace("\r\n", "\n").replace("\r", "\n"))


def _blocks(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield _words_of(token.children or ())
        elif token.type in {"fence", "code_block"}:
            yield token.content.strip()


def _words_of(children: Iterable[Token]) -> str:
    """Return what the parts of a paragraph say, on one line."""
    parts = []
    for child in children:
        if child.type in {"text", "code_inline"}:
            parts.append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        elif child.type == "image":
            parts.append(_words_of(child.children or ()))
    return "".join(parts).strip()


# --- Items of the pack ---------------------------------------------------------------------------------


@dataclass
class _Items:
    """Addresses for one text, and a list of what was asked for."""

    resolve: Resolve
    cited: dict[str, str] = field(default_factory=dict)
    links: dict[tuple[str, str], str] = field(default_factory=dict)
    broken: dict[tuple[str, str], None] = field(default_factory=dict)

    def note(self, claim: str) -> tuple[int, str] | None:
        """Return the note's number and the claim's address, or None where there is no such claim."""
        address = self.cited.get(claim) or self._item("claim", claim)
        if address is None:
            self._break("claim", claim)
            return None
        self.cited[claim] = address
        return list(self.cited).index(claim) + 1, address

    def address(self, written: str) -> str | None:
        """Return where a link leads, or None where it may lead nowhere."""
        kind, colon, rest = written.partition(":")
        if kind in KINDS:
            found = self._item(kind, rest)
            if found is not None:
                self.links[kind, rest] = found
                return found
        elif is_outside(written):
            return written
        self._break(*((kind, rest) if colon else ("address", written)))
        return None

    def is_ours(self, address: str) -> bool:
        """Say whether an address was given out for an item of this text."""
        return address in self.cited.values() or address in self.links.values()

    def _item(self, kind: str, identity: str) -> str | None:
        if not _ID.fullmatch(identity):
            return None
        address = self.resolve(kind, identity)
        return address if address and _is_local(address) else None

    def _break(self, kind: str, identity: str) -> None:
        self.broken[kind[:_ECHO], identity[:_ECHO]] = None


def is_outside(address: str) -> bool:
    """Say whether an address leads to another site by https, or to a mailbox. No other address may."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme == "https":
        # A name before the host ("https://our-site@other") only serves to mislead.
        return address[:8].lower() == "https://" and bool(host) and "@" not in parts.netloc
    return parts.scheme == "mailto" and "@" in parts.path


def _is_local(address: str) -> bool:
    """Say whether an address stays on this site: a path, or a place on the same page."""
    return bool(re.match(r"/(?![/\\])|#", address))


# --- Writing -------------------------------------------------------------------------------------------


def _rendered(tokens: list[Token], resolve: Resolve, cited: Sequence[str]) -> Rendered:
    items = _Items(resolve)
    for claim in cited:
        items.note(claim)
    headings = tuple(_headings(tokens))
    words = sum(len(_WORD.findall(block)) for block in _blocks(tokens))
    for number, token in enumerate(token for token in tokens if token.type == "table_open"):
        token.meta = {"number": number + 1}
    for token in tokens:
        if token.type == "th_open":
            token.attrs = {"scope": "col"}
        elif token.type == "td_open":
            token.attrs = {}  # alignment would be a style attribute, which the pages' policy forbids
        elif token.type == "inline":
            token.children = list(_inline(token.children or [], items))
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return Rendered(
        html=_sanitised(html, items),
        cited=tuple(items.cited),
        headings=headings,
        links=tuple(items.links),
        words=words,
        reading_minutes=max(1, -(-words // WORDS_A_MINUTE)),
        broken=tuple(items.broken),
    )


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Give headings their ids and levels, and yield (id, text) of each.

    The page has the one heading of level 1, so those of a text start at 2. An id comes from the order, so
    that rewording a heading keeps links to it alive.
    """
    number = 0
    for token, inside in zip(tokens, [*tokens[1:], _text("")], strict=False):
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(max(int(token.tag[1:]), 2), _DEEPEST_HEADING)}"
        if token.type == "heading_open":
            number += 1
            token.attrs = {"id": f"section-{number}"}
            yield f"section-{number}", _words_of(inside.children or ())


def _inline(children: Iterable[Token], items: _Items) -> Iterator[Token]:
    """Yield the parts of a paragraph with links resolved, notes numbered and pictures put into words.

    A note inside a link moves behind it, because a link cannot stand in a link.
    """
    kept = False
    waiting: list[Token] = []
    inside = False
    for child in children:
        if child.type == "link_open":
            inside = True
            kept = _resolve_link(child, items)
            if kept:
                yield child
        elif child.type == "link_close":
            inside = False
            if kept:
                yield child
            yield from waiting
            waiting = []
        elif child.type == "image":
            yield _text(_words_of(child.children or ()))
        elif child.type == "note":
            found = items.note(child.content)
            if found:
                child.meta = {"number": found[0], "address": found[1]}
                if inside:
                    waiting.append(child)
                else:
                    yield child
        else:
            yield child


def _resolve_link(token: Token, items: _Items) -> bool:
    """Give an opening link its address; say whether it leads anywhere."""
    title = token.attrGet("title")
    address = items.address(str(token.attrGet("href") or ""))
    if address is None:
        return False
    token.attrs = {"href": address}
    if title:
        token.attrs["title"] = title
    if not items.is_ours(address):
        token.attrs["rel"] = "noopener noreferrer"
    return True


def _text(words: str) -> Token:
    return Token("text", "", 0, content=words)


def _note_html(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    number, address = tokens[index].meta["number"], tokens[index].meta["address"]
    label = _label("Note", number)
    return f'<sup class="note"><a href="{escapeHtml(address)}" aria-label="{escapeHtml(label)}">{number}</a></sup>'


def _table_open_html(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    # A wide table scrolls by itself; a region that scrolls needs a name, and the keyboard must reach it.
    label = escapeHtml(_label("Table", tokens[index].meta["number"]))
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>\n'


def _table_close_html(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _label(kind: str, number: int) -> str:
    """Return "Note 3" or "Table 3" in the current language; in English where Django is not set up.

    A pack can be checked by a program that has no settings.
    """
    if not settings.configured:
        return f"{kind} {number}"
    sentence = gettext("Note {number}") if kind == "Note" else gettext("Table {number}")
    return sentence.format(number=number)


def _sanitised(html: str, items: _Items) -> str:
    """Return only the elements, attributes and addresses on our lists.

    Nothing else should be left by now; this is the second lock on the same door.
    """

    def keep(element: str, attribute: str, value: str) -> str | None:
        if attribute == "href" and not (items.is_ours(value) or is_outside(value)):
            return None
        return value

    return nh3.clean(
        html,
        tags=set(_ELEMENTS),
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        attribute_filter=keep,
        url_schemes={"https", "mailto"},
        generic_attribute_prefixes=set(),
        clean_content_tags={"script", "style"},
        link_rel=None,  # set above, on links to other sites only
    )


_MARKDOWN = _parser()
