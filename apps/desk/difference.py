"""What is different between two forms of one item, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.desk.shapes import Data


@dataclass(frozen=True)
class FieldChange:
    """One field with its value before and after; None where it is not there.

    `path` names parts by their ids: "options.b.text.en". The path of a list with ids ("options") stands for its
    order.
    """

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class FieldConflict:
    """A field that two people left different: as both found it, as it is now, and as the second wants it."""

    path: str
    base: Any
    theirs: Any
    yours: Any


def field_changes(before: Data | None, after: Data | None) -> tuple[FieldChange, ...]:
    """Return the fields that differ, in the order of the new form; those that are gone follow."""
    old, new = _flat(before), _flat(after)
    return tuple(
        FieldChange(path, old.get(path), new.get(path))
        for path in dict.fromkeys((*new, *old))
        if old.get(path) != new.get(path)
    )


def field_conflicts(base: Data | None, theirs: Data | None, yours: Data) -> tuple[FieldConflict, ...]:
    """Return the fields where the form that is stored now and the one to be stored differ."""
    start = _flat(base)
    return tuple(
        FieldConflict(change.path, start.get(change.path), change.before, change.after)
        for change in field_changes(theirs, yours)
    )


def _flat(data: Data | None) -> dict[str, Any]:
    return dict(_fields(data, "")) if data is not None else {}


def _fields(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    prefix = f"{path}." if path else ""
    if isinstance(value, dict) and (value or not path):
        for key, inner in value.items():
            yield from _fields(inner, prefix + key)
    elif isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
        names = [str(part.get("id", number)) for number, part in enumerate(value)]
        yield path, names
        for name, part in zip(names, value, strict=True):
            yield from _fields(part, prefix + name)
    else:
        yield path, value
