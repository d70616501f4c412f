"""Say in an editor's words what is wrong with the shape of an item of a pack.

The schema's models find the errors; here each becomes an item ("option b of question q3"), a reason and a
way to mend it, without the models' own jargon.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError

from apps.editions import schema
from apps.editions.markdown import UNWANTED_CHARACTERS
from apps.editions.schema import Item

_ECHO = 60

_KINDS: dict[type[Item], str] = {
    schema.PackLanguage: "language",
    schema.LetterField: "field",
    schema.LetterOption: "option",
    schema.LessonPart: "part",
}
"""Words for kinds of items whose models are not named by one."""

_PARTS = {
    schema.Option,
    schema.Source,
    schema.Regulator,
    schema.LetterField,
    schema.LetterOption,
    schema.Prompt,
    schema.LessonPart,
}
"""Kinds that are named together with what they are part of."""

_PATTERNS = {
    get_args(kind)[1].pattern: words
    for kind, words in {
        schema.Id: ("an id", "write small letters, digits and single hyphens, a letter first"),
        schema.Language: ("a language code", "write a code such as en or zh-hans"),
        schema.PartialDate: ("a date", "write it as exact as the source: '2019', '2019-09' or '2019-09-03'"),
        schema.Address: ("an address", "write it in full, from https:// on, without spaces"),
    }.items()
}
"""What each pattern of the schema stands for, and how to write it."""


@dataclass(frozen=True)
class ShapeError:
    """One error: the fields that lead to it, the item it is in, why it cannot stay, how to mend it."""

    path: tuple[str | int, ...]
    item: str
    reason: str
    mend: str


@dataclass(frozen=True)
class _Place:
    """Where an error is: the item's name, the field in words and as written, the model and type there."""

    item: str
    words: str
    field: str
    model: type[Item] | None
    annotation: Any


def named(model: type[Item], data: Any, number: int) -> str:
    """Return what messages call an item as it is written: by its id, else by its place in the list."""
    kind = kind_of(model)
    identity = data.get("id", data.get("code")) if isinstance(data, Mapping) else None
    return f"{kind} {_short(identity)}" if isinstance(identity, str) and identity else f"{kind} number {number + 1}"


def kind_of(model: type[Item]) -> str:
    """Return the word for a kind of item: "action", "platform step"."""
    if model in _KINDS:
        return _KINDS[model]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).lower()


def explain(error: ValidationError, model: type[Item], data: Any, item: str) -> Iterator[ShapeError]:
    """Yield every error of an item (`data`, called `item`) in words, in the order of its fields."""
    said: set[tuple[str, str]] = set()
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        if detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
            continue  # only because entries with errors of their own do not count
        place = _place(path, model, data, item)
        if model is schema.Persona and len(path) > 2 and path[0] == "answers" and path[2] != "[key]":
            # An answer may be written in several ways; each of them would give its own error.
            reason, mend = (
                f"`answers.{path[1]}` is no answer",
                "write an option's id, `unsure`, `prefer-not`, a list such as [b, d], or {some: [b]}",
            )
        else:
            reason, mend = _reason(detail, place)
        if (place.item, reason) not in said:
            said.add((place.item, reason))
            yield ShapeError(path, place.item, reason, mend)


def _place(path: tuple[str | int, ...], model: type[Item], data: Any, item: str) -> _Place:
    """Follow an error's path through model and data."""
    current: type[Item] | None = model
    annotation: Any = model
    fields: list[str] = []
    entry = last = ""
    for step in path:
        if isinstance(step, int):
            data = data[step] if isinstance(data, tuple) and step < len(data) else None
            current, annotation = _item_type(annotation), _element(annotation)
            entry = ""
            if current is not None:
                inner = named(current, data, step)
                item = f"{inner} of {item}" if current in _PARTS else inner
                fields = []
            elif fields:
                entry = f" number {step + 1}"
            continue
        last = step
        if current is not None and (step in current.model_fields or fields == []):
            annotation = current.model_fields[step].annotation if step in current.model_fields else None
            fields.append(step)
            current = _item_type(annotation) if _tuple_of(annotation) is None else None
            data = data.get(step) if isinstance(data, Mapping) else None
        elif isinstance(data, Mapping) and step in data:
            fields.append(step)
            data = data[step]
            annotation = (get_args(annotation) or (None,))[-1]
        # Anything else names a way in which a value may be written, not a place.
    holder = _holder(model, path)
    field = ".".join(map(_short, fields)) or _short(last)
    return _Place(item, f"`{field}`{entry}" if field else "", field, holder, annotation)


def _holder(model: type[Item], path: tuple[str | int, ...]) -> type[Item] | None:
    """Return the model whose keys the last named step of a path should be among."""
    current: type[Item] | None = model
    for step in path[:-1]:
        if isinstance(step, str) and current is not None and step in current.model_fields:
            current = _item_type(current.model_fields[step].annotation) or current
    return current


def _item_type(annotation: Any) -> type[Item] | None:
    """Return the kind of item in a field's type, if there is one: Option for `tuple[Option, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Item):
        return annotation
    return next((found for part in get_args(annotation) if (found := _item_type(part))), None)


def _tuple_of(annotation: Any) -> Any:
    """Return the type of a list's elements, or None for what is no list."""
    for part in (annotation, *get_args(annotation)):
        if getattr(part, "__origin__", None) is tuple:
            return get_args(part)[0]
    return None


def _element(annotation: Any) -> Any:
    found = _tuple_of(annotation)
    return annotation if found is None else found


def _reason(detail: Any, place: _Place) -> tuple[str, str]:
    """Return the reason and the mend of one error."""
    kind: str = detail["type"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    field = place.words or "this"
    if kind == "missing":
        return f"{field} is missing", f"add {field}"
    if kind == "extra_forbidden":
        return f"{field} does not belong here", _spelling(place)
    if kind == "value_error":
        return f"{place.words or 'it'} cannot stay as it is", str(context["error"])
    if detail["input"] is None:
        return f"{field} is empty", "write a value, or remove the key"
    if detail["input"] == "":
        return f"{field} is empty", "write a text, or remove the key"
    shown = _shown(detail["input"])
    if kind == "string_pattern_mismatch":
        wanted, mend = _PATTERNS.get(context.get("pattern", ""), ("allowed", "see the schema for what it may be"))
        return f"{field} is {shown}, which is not {wanted}", mend
    if kind == "literal_error":
        allowed = str(context["expected"]).replace("'", "")
        return f"{field} is {shown}, which is none of its values", f"write {allowed}"
    if kind in {"greater_than_equal", "less_than_equal"}:
        if "ge" in context:
            return f"{field} is {shown}, which is too low", f"write {context['ge']} or more"
        return f"{field} is {shown}, which is too high", f"write {context['le']} or less"
    if kind in {"string_too_long", "string_too_short"}:
        return _length(field, kind, context)
    if kind in {"too_short", "too_long"}:
        if kind == "too_short":
            return f"{field} has too few entries ({len(detail['input'])})", f"give at least {context['min_length']}"
        return f"{field} has too many entries ({len(detail['input'])})", f"give at most {context['max_length']}"
    return _wrong_type(kind, field, shown, place, detail["input"])


def _length(field: str, kind: str, context: Mapping[str, Any]) -> tuple[str, str]:
    if kind == "string_too_short":
        return f"{field} is empty", "write a text, or remove the key"
    return f"{field} is longer than {context['max_length']} characters", "shorten it"


def _wrong_type(kind: str, field: str, shown: str, place: _Place, value: Any) -> tuple[str, str]:
    """Return reason and mend where a value is of another type than its field."""
    if kind.startswith("string"):
        if isinstance(value, bool):
            return (
                f"{field} should be text, but is read as {'true' if value else 'false'}",
                "put the word in quotes: YAML takes yes, no, on and off for true and false",
            )
        if isinstance(value, (int, float, dt.date)):
            return f"{field} should be text, but {shown} is read as a number or date", "put it in quotes"
        return f"{field} should be a text", "write one text, without a list or mapping below it"
    if kind.startswith("int"):
        return f"{field} should be a whole number{_but(shown)}", "write digits only, without quotes"
    if kind.startswith("bool"):
        return f"{field} should be true or false{_but(shown)}", "write true or false, without quotes"
    if kind.startswith("date"):
        return f"{field} should be a date{_but(shown)}", "write it as 2026-06-30, without quotes"
    if kind.startswith("tuple"):
        return f"{field} should be a list{_but(shown)}", "write each entry on a line of its own after `- `"
    if kind.startswith("dict"):
        possible = (place.annotation, *get_args(place.annotation))
        texts = any(shape in possible for shape in (schema.Text, schema.Markdown, schema.LetterBody))
        mend = "write `en: ...` below it" if texts else "write `key: value` lines below it"
        return f"{field} should be {'a text for each language' if texts else 'a mapping'}{_but(shown)}", mend
    if kind.startswith("model"):
        return f"{field} should be a mapping{_but(shown)}", "write `key: value` lines below it"
    return f"{field} has a value that cannot stand here", "see the schema for what it may be"


def _spelling(place: _Place) -> str:
    """Return how to mend a key that is unknown: the nearest known one, or all that there are."""
    if place.model is None:
        return "remove it"
    known = sorted(place.model.model_fields)
    near = get_close_matches(place.field.rpartition(".")[2], known, n=1)
    if near:
        return f"write `{near[0]}` if that is meant, else remove it"
    return f"remove it; the keys here are {', '.join(known)}"


def _but(shown: str) -> str:
    return f", but is {shown}" if shown else ""


def _shown(value: Any) -> str:
    """Return a value as messages repeat it: shortened, and nothing for lists and mappings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, dt.date)):
        return _short(str(value))
    return f"“{_short(value)}”" if isinstance(value, str) else ""


def _short(text: str) -> str:
    """Return a text on one line of at most 60 characters."""
    words = UNWANTED_CHARACTERS.sub("?", " ".join(text.split()))
    return words if len(words) <= _ECHO else f"{words[: _ECHO - 3]}..."
