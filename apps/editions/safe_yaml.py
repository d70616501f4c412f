"""Read a careful part of YAML, and write it back in one form only.

Reading takes YAML 1.1 as its safe loader does, but refuses whatever lets a small file become large or mean
two things: anchors and aliases, tags, merge keys, keys that stand twice, several documents, deep nesting.
Writing depends on no library, so that the bytes stay the same for ever. Source: security bar, T10.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from apps.editions.markdown import UNWANTED_CHARACTERS

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML was built without libyaml: slower, otherwise the same
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MAX_DEPTH = 30
"""How deep lists and mappings may stand in each other; a pack needs about ten."""

WIDTH = 100
"""Where a long text goes on in the next line."""

_INDENT = 2
_MAX_REPEATED = 20
_LONGEST_NUMBER = 20
_ECHO = 60
_CORE = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class YamlProblem:
    """Something that cannot be read: the line, counted from 1, or 0 for the whole file; why; how to mend it."""

    line: int
    reason: str
    mend: str


class YamlError(Exception):
    """A text is not the YAML that is read here; `problems` holds one or more reasons.

    `values` says how many values had been read.
    """

    def __init__(self, *problems: YamlProblem, values: int = 0) -> None:
        super().__init__("; ".join(f"line {problem.line}: {problem.reason}" for problem in problems))
        self.problems = problems
        self.values = values


@dataclass(frozen=True)
class Document:
    """What a text holds: mappings, tuples and plain values; and how many values these are."""

    content: Any
    values: int


def read(text: str, most_values: int) -> Document:
    """Return what a YAML text holds; lists become tuples, dates become dates.

    Raise YamlError with every reason found, also where it holds more than `most_values` values.
    """
    loader: Any = _Loader(text)
    reader = _Reader(loader, most_values)
    try:
        return reader.document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise YamlError(
            YamlProblem(
                mark.line + 1 if mark else 0,
                "this cannot be read as YAML",
                "look at this line and the one before: spaces (no tabs) before keys, a space after the colon, "
                "quotes around a text that holds `: ` or starts with a special character",
            ),
            values=reader.values,
        ) from None
    finally:
        loader.dispose()


def write(content: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return a mapping or list as YAML, always in the same form.

    Block style, two spaces, keys and items in the given order, a list indented below its key. A text of one
    line is plain where that is unmistakable, else in single quotes, and goes on in the next line before
    column 100 at a single space. A text of several lines is a literal block.
    """
    return "".join(f"{line}\n" for line in _block(content, 0)) if content else _scalar(content) + "\n"


# --- Reading -------------------------------------------------------------------------------------------


class _Open:
    """A list or mapping that is being read."""

    def __init__(self, is_list: bool) -> None:
        self.is_list = is_list
        self.items: list[Any] = []
        self.entries: dict[str, Any] = {}
        self.key: str | None = None

    def add(self, value: Any) -> None:
        if self.is_list:
            self.items.append(value)
        else:
            self.entries[str(self.key)] = value  # the parser alternates keys and values
            self.key = None

    @property
    def wants_key(self) -> bool:
        return not self.is_list and self.key is None

    @property
    def content(self) -> Any:
        return tuple(self.items) if self.is_list else self.entries


class _Reader:
    """Builds values from the parser's events, one by one and without recursion."""

    def __init__(self, loader: Any, most_values: int) -> None:
        self._loader = loader
        self._most = most_values
        self.values = 0
        self._problems: list[YamlProblem] = []
        self._open: list[_Open] = []
        self._root: Any = None

    def document(self) -> Document:
        documents = 0
        while True:
            event = self._loader.get_event()
            if isinstance(event, yaml.StreamEndEvent):
                break
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._error(event, "a second document begins here", "remove the line `---`")
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
        if self._problems:
            raise YamlError(*self._problems, values=self.values)
        return Document(self._root, self.values)

    def _node(self, event: yaml.NodeEvent) -> None:
        self.values += 1
        if self.values > self._most:
            raise self._error(event, "there are too many values", "split the pack, or shorten its lists")
        if event.anchor is not None:
            raise self._error(event, "an anchor (`&`) or alias (`*`) stands here", "write the value out, or quote it")
        if getattr(event, "tag", None) is not None:
            raise self._error(event, "a tag (`!`) stands here", "remove the tag, or put the text in quotes")
        if isinstance(event, yaml.ScalarEvent):
            self._place(event, self._value(event))
            return
        if len(self._open) >= MAX_DEPTH:
            raise self._error(event, f"lists stand deeper than {MAX_DEPTH} in each other", "write it flatter")
        if self._open and self._open[-1].wants_key:
            raise self._error(event, "a list or mapping stands where a key should be", "put the text in quotes")
        self._open.append(_Open(isinstance(event, yaml.SequenceStartEvent)))

    def _place(self, event: yaml.ScalarEvent, value: Any) -> None:
        if not self._open:
            self._root = value
            return
        top = self._open[-1]
        if not top.wants_key:
            top.add(value)
            return
        top.key = str(event.value)
        if not isinstance(value, str):
            self._note(event, f"the key {_quoted(event.value)} is not read as text", "put the key in quotes")
        elif value in top.entries:
            self._note(event, f"the key {_quoted(value)} stands twice", "keep one of the two")

    def _close(self) -> None:
        done = self._open.pop()
        if self._open:
            self._open[-1].add(done.content)
        else:
            self._root = done.content

    def _value(self, event: yaml.ScalarEvent) -> Any:
        tag = self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag == _CORE + "str":
            found = UNWANTED_CHARACTERS.search(event.value)
            if found:
                self._note(
                    event, f"an unwanted character (U+{ord(found[0]):04X}) is written here", "remove the character"
                )
            return event.value
        if tag in {_CORE + "int", _CORE + "float"} and len(event.value) > _LONGEST_NUMBER:
            self._note(event, "this number is too long", "shorten it, or put it in quotes")
            return None
        if tag in {_CORE + "merge", _CORE + "value"}:
            self._note(event, f"{_quoted(event.value)} has a meaning of its own in YAML", "put it in quotes")
            return event.value
        try:
            return self._loader.construct_object(yaml.ScalarNode(tag, event.value, None, None))
        except (ValueError, OverflowError, IndexError):
            self._note(
                event, f"{_quoted(event.value)} is no date or number that exists", "correct it, or put it in quotes"
            )
            return None

    def _note(self, event: yaml.Event, reason: str, mend: str) -> None:
        """Remember a problem and read on; there is an end where a file is nothing but problems."""
        error = self._error(event, reason, mend)
        self._problems = list(error.problems)
        if len(self._problems) >= _MAX_REPEATED:
            raise error

    def _error(self, event: yaml.Event, reason: str, mend: str) -> YamlError:
        line = event.start_mark.line + 1 if event.start_mark else 0
        return YamlError(*self._problems, YamlProblem(line, reason, mend), values=self.values)


def _quoted(text: str) -> str:
    shown = text if len(text) <= _ECHO else f"{text[: _ECHO - 3]}..."
    return f"“{UNWANTED_CHARACTERS.sub('?', shown)}”"


# --- Writing -------------------------------------------------------------------------------------------

_SPECIAL_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "=", "<<"})
_NUMBER_LIKE = re.compile(r"[-+.0-9]\S*|\d{4}-\d.*")
_SPECIAL_START = re.compile(r"[-?:,\[\]{}#&*!|>'\"%@`\s]")
_SPECIAL_INSIDE = re.compile(r":(?: |$)| #|\t|[ \t]$")
_BREAKABLE = re.compile(r"(?<=[^ \t]) (?=[^ \t])")


def _block(content: Any, indent: int) -> Iterator[str]:
    """Yield the lines of a list or mapping that is not empty."""
    pad = " " * indent
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from _entry(f"{pad}{_scalar(key)}:", value, indent)
        return
    for value in content:
        if isinstance(value, (Mapping, list, tuple)) and value:
            first, *rest = _block(value, indent + _INDENT)
            yield f"{pad}- {first[indent + _INDENT :]}"
            yield from rest
        else:
            yield from _entry(f"{pad}-", value, indent)


def _entry(head: str, value: Any, indent: int) -> Iterator[str]:
    """Yield the lines of one value behind its key or dash."""
    if isinstance(value, (Mapping, list, tuple)) and value:
        yield head
        yield from _block(value, indent + _INDENT)
    elif isinstance(value, str) and "\n" in value:
        yield from _literal(head, value, indent + _INDENT)
    elif isinstance(value, str):
        yield from _folded(head, _scalar(value), indent + _INDENT)
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: Any) -> str:
    """Return a value of one line; a text in quotes where anything else could be read."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, str):
        return value if _is_plain(value) else "'" + value.replace("'", "''") + "'"
    if isinstance(value, Mapping) and not value:
        return "{}"
    if isinstance(value, (list, tuple)) and not value:
        return "[]"
    raise TypeError(f"a pack holds no {type(value).__name__}")


def _is_plain(text: str) -> bool:
    return bool(text) and not (
        text.lower() in _SPECIAL_WORDS
        or _NUMBER_LIKE.fullmatch(text)
        or _SPECIAL_START.match(text)
        or _SPECIAL_INSIDE.search(text)
    )


def _folded(head: str, text: str, indent: int) -> Iterator[str]:
    """Yield a text behind its key, going on below where it is too wide."""
    line = head
    for number, word in enumerate(_BREAKABLE.split(text)):
        if number and len(line) + 1 + len(word) > WIDTH:
            yield line
            line = " " * indent + word
        else:
            line = f"{line} {word}"
    yield line


def _literal(head: str, text: str, indent: int) -> Iterator[str]:
    """Yield a text of several lines as a literal block."""
    first = str(_INDENT) if text[0] in " \n\t" else ""
    if not text.endswith("\n"):
        end = "-"
    elif text.endswith("\n\n") or text == "\n":
        end = "+"
    else:
        end = ""
    yield f"{head} |{first}{end}"
    for line in text.removesuffix("\n").split("\n"):
        yield f"{' ' * indent}{line}" if line else ""
