"""The kinds of items in the draft, their shape, and the one form in which each is stored.

The schema's models say what an item may hold. Here an item's data comes in as a form or a file gives it, and goes
out in the form that a pack's files would give it back, or with every reason why it cannot.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError

from apps.editions import schema
from apps.editions.markdown import UNWANTED_CHARACTERS
from apps.editions.pack_files import PackProblem
from apps.editions.pack_items import (
    PACK_FILE,
    claim_file,
    guide_file,
    letter_file,
    rights_file,
    text_shape,
    topic_file,
)
from apps.editions.schema import Item
from apps.editions.shape_errors import explain

Data = dict[str, Any]

LONGEST_ITEM = 500_000
"""Characters of one item's data as JSON; the longest guide of the shipped pack has a tenth of them."""

PACK = "pack"
"""The kind, and the id, of the values of the pack itself."""


class Header(Item):
    """The values of the pack itself: which shape and method it is written for, and the editors' note."""

    schema_version: Literal[1] = 1
    method: Literal[1] = 1
    note: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of item: its model, the pack's list that holds it ("" for what stands elsewhere), its file.

    `is_ordered` says whether editors decide the order; else a pack's files decide it, by the items' ids.
    """

    name: str
    model: type[Item]
    pack_field: str
    file: str = PACK_FILE
    is_ordered: bool = True

    @property
    def id_field(self) -> str:
        """The field that identifies an item."""
        return "code" if self.model is schema.PackLanguage else "id"


_ALL = (
    Kind(PACK, Header, "", is_ordered=False),
    Kind("language", schema.PackLanguage, "languages"),
    Kind("place", schema.Place, "places"),
    Kind("situation", schema.Situation, "situations"),
    Kind("family", schema.Family, "families"),
    Kind("article point", schema.ArticlePoint, "article"),
    Kind("topic", schema.Topic, "topics", "", is_ordered=False),
    Kind("question", schema.Question, "", ""),
    Kind("action", schema.Action, "actions", ""),
    Kind("platform", schema.Platform, "platforms", "platforms.yaml"),
    Kind("claim", schema.Claim, "claims", ""),
    Kind("guide", schema.Guide, "guides", "", is_ordered=False),
    Kind("law", schema.Law, "laws", "laws.yaml"),
    Kind("rights", schema.Rights, "rights", "", is_ordered=False),
    Kind("letter", schema.Letter, "letters", "", is_ordered=False),
    Kind("age group", schema.AgeGroup, "ages", "ages.yaml"),
    Kind("prompts", schema.Prompts, "prompts", "prompts.yaml"),
    Kind("lesson", schema.Lesson, "lessons", "", is_ordered=False),
    Kind("handout", schema.Handout, "handouts", "", is_ordered=False),
    Kind("term", schema.Term, "glossary", "glossary.yaml"),
    Kind("persona", schema.Persona, "personas", "personas.yaml"),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
"""Every kind of item by its name, in the order of a pack."""


class BadShape(Exception):
    """What was given is no item; `problems` holds every reason, at least one."""

    def __init__(self, problems: Iterable[PackProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{p.item}: {p.reason} ({p.mend})" for p in self.problems))


def called(kind: str, item_id: str) -> str:
    """Return what messages call an item: "question q3"."""
    return PACK if kind == PACK else f"{kind} {item_id}"


def file_of(kind: str, item_id: str, parent: str, data: Any) -> str:
    """Return the pack's file that holds an item, also where its data has not been checked yet."""
    by_id = {"topic": topic_file, "claim": claim_file, "guide": guide_file, "rights": rights_file}
    if kind in by_id:
        return by_id[kind](item_id)
    if kind == "letter":
        return letter_file(item_id)
    if kind in {"lesson", "handout"}:
        return f"{kind}s/{item_id}.yaml"
    if kind == "question":
        return topic_file(parent)
    if kind == "action":
        return f"actions/{data.get('topic', '') if isinstance(data, Mapping) else ''}.yaml"
    return KINDS[kind].file


def group_of(kind: str, item_id: str, parent: str, data: Data) -> str:
    """Return what an item's siblings have in common: only among them has it a place that can be changed."""
    return file_of(kind, item_id, parent, data) if kind in {"question", "action", "claim"} else ""


def id_in(kind: str, data: Any) -> str:
    """Return the id that an item's data gives it, or "" for none."""
    if kind == PACK:
        return PACK
    found = data.get(KINDS[kind].id_field) if isinstance(data, Mapping) else None
    return found if isinstance(found, str) else ""


def checked(kind: str, data: Any, item_id: str, parent: str = "") -> Data:
    """Return an item's data in the form that is stored. Raise BadShape with everything that is wrong with it.

    `item_id` is what messages call the item.
    """
    file, name = file_of(kind, item_id, parent, data), called(kind, item_id)

    def refuse(reason: str, mend: str) -> BadShape:
        return BadShape([PackProblem(file, name, reason, mend)])

    try:
        clean = _plain(data)
        length = len(json.dumps(clean))
    except (RecursionError, TypeError, ValueError):
        raise refuse("it holds a value that cannot stand here", "write texts, numbers, lists and mappings") from None
    if not isinstance(clean, dict):
        raise refuse("it should be a mapping", "give each field its value")
    if length > LONGEST_ITEM:
        raise refuse(f"it is longer than {LONGEST_ITEM} characters", "shorten it, or divide it")
    unwanted = dict(_unwanted(clean, ""))
    if unwanted:
        raise BadShape(
            PackProblem(
                file,
                name,
                f"`{UNWANTED_CHARACTERS.sub('?', path)[:60]}` holds an unwanted character (U+{ord(character):04X})",
                "remove it; it cannot be seen, and may hide what is written",
            )
            for path, character in unwanted.items()
        )
    if kind == "topic" and "questions" in clean:
        raise refuse("`questions` do not stand in a topic here", "save each question by itself")
    try:
        stored = stored_form(_validated(kind, clean))
        _validated(kind, stored)  # a text of spaces only is a text before it is tidied, and none afterwards
    except ValidationError as error:
        model = KINDS[kind].model
        raise BadShape(
            PackProblem(file, found.item, found.reason, found.mend)
            for found in explain(error, model, _frozen(clean), name)
        ) from None
    return stored


def item_of(kind: str, data: Data, item_id: str, parent: str = "") -> Item:
    """Return stored data as the schema's model, a topic without its questions. Raise BadShape if it no longer fits."""
    try:
        return _validated(kind, data)
    except ValidationError as error:
        file = file_of(kind, item_id, parent, data)
        raise BadShape(
            PackProblem(file, found.item, found.reason, found.mend)
            for found in explain(error, KINDS[kind].model, _frozen(data), called(kind, item_id))
        ) from None


def stored_form(item: Item) -> Data:
    """Return an item as it is stored: as its file would give it back, without what equals its default."""
    data: Data = _stored(item)
    if isinstance(item, schema.Topic):
        data.pop("questions", None)
    return data


def digest_of(data: Data) -> str:
    """Return a hash of an item's data; the order of keys does not count."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def texts_of(kind: str, data: Data) -> dict[str, dict[str, str]]:
    """Return every text of an item by its field path, in each language: {"options.b.text": {"en": "Yes"}}.

    A term's spellings count as one text, a line each. Found by the types of the schema's fields.
    """
    return dict(_texts(KINDS[kind].model, data, ""))


def _texts(model: type[Item], data: Mapping[str, Any], path: str) -> Iterator[tuple[str, dict[str, str]]]:
    for field in model.model_fields:
        value = data.get(field)
        if value is None:
            continue
        annotation: Any = model.model_fields[field].annotation
        inner = _item_type(annotation)
        if text_shape(model, field) is schema.TextByPlace:
            for key, text in value.items():
                yield f"{path}{field}.{key}", dict(text)
        elif _is_by_language(annotation):
            lines = {code: text if isinstance(text, str) else "\n".join(text) for code, text in value.items()}
            yield path + field, lines
        elif inner is not None and isinstance(value, Mapping):
            yield from _texts(inner, value, f"{path}{field}.")
        elif inner is not None:
            for number, part in enumerate(value):
                yield from _texts(inner, part, f"{path}{field}.{part.get('id', number)}.")


def _is_by_language(annotation: Any) -> bool:
    shapes = (annotation, *get_args(annotation))
    return any(get_origin(shape) is dict and get_args(shape)[0] == schema.Language for shape in shapes)


def _item_type(annotation: Any) -> type[Item] | None:
    if isinstance(annotation, type) and issubclass(annotation, Item):
        return annotation
    return next((found for part in get_args(annotation) if (found := _item_type(part))), None)


def _validated(kind: str, data: Data) -> Item:
    whole = data | {"questions": []} if kind == "topic" else data
    # JSON, because its strict reading takes lists and dates as they are stored here.
    return KINDS[kind].model.model_validate_json(json.dumps(whole), strict=True)


def _plain(value: Any) -> Any:
    """Return data as JSON would hold it, with line feeds only. Raise TypeError for what it cannot hold."""
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a key is no text")
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, dt.date):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int, float)):
        return value
    raise TypeError(f"an item holds no {type(value).__name__}")


def _unwanted(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the character of each text, or key, that holds an unwanted character."""
    if isinstance(value, dict):
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            found = UNWANTED_CHARACTERS.search(key)
            if found:
                yield here, found[0]
            yield from _unwanted(inner, here)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unwanted(inner, f"{path}.{number}")
    elif isinstance(value, str) and (found := UNWANTED_CHARACTERS.search(value)):
        yield path, found[0]


def _frozen(value: Any) -> Any:
    """Return data with tuples in place of lists, as explanations of errors expect it."""
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    return tuple(_frozen(inner) for inner in value) if isinstance(value, list) else value


def _stored(value: Any) -> Any:
    if isinstance(value, Item):
        data = {}
        for name, info in type(value).model_fields.items():
            inner = getattr(value, name)
            if info.is_required() or inner != info.get_default(call_default_factory=True):
                data[name] = _stored(inner)
                if inner is not None and text_shape(type(value), name) in (schema.Markdown, schema.LetterBody):
                    data[name] = {language: _tidy(text) for language, text in data[name].items()}
        return data
    if isinstance(value, Mapping):
        return {key: _stored(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_stored(part) for part in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _tidy(text: str) -> str:
    """Return a longer text as a pack's files hold it: no trailing spaces, no blank lines around it."""
    tidy = "\n".join(line.rstrip(" \t") for line in text.split("\n")).strip("\n")
    if not tidy.strip():
        return ""
    return f"{tidy}\n" if "\n" in tidy else tidy
