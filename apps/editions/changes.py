"""What changed from one edition to the next: item by item, with how much it matters for a score.

Items and their fields are found through the schema, so that a kind of item added there is covered at once. An item
without a line in the tables of sizes below counts as wording.

Source: method, section 7.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args, get_origin

from apps.editions.schema import Item, Language, Pack, PackLanguage, PlatformStep, Question

Size = Literal["patch", "minor", "major"]
"""Patch: wording. Minor: levels, weights, actions. Major: questions, or when they are asked."""

Happened = Literal["added", "removed", "changed", "moved"]
"""`moved` is said of a list whose entries stand in another order; of an item it is never said."""

Told = int | str | None
"""A value short enough to tell: a number, an id, a word of a closed list, or ids with commas between."""

PATCH: Final = "patch"
MINOR: Final = "minor"
MAJOR: Final = "major"
_SIZES: tuple[Size, ...] = (PATCH, MINOR, MAJOR)

PACK = "pack"
"""The kind of the change that tells of the pack as a whole: its method, and the order of its lists."""

_ON_THEIR_OWN = (Question, PlatformStep)
"""Items inside others that are told of by themselves. All else inside an item is part of it, as options are."""

_SIZE_OF_ITEM: dict[str, Size] = {
    "question": MAJOR,
    "topic": MAJOR,
    "situation": MAJOR,
    "action": MINOR,
    "family": MINOR,
    "place": MINOR,
}
"""The size of adding or removing an item, by kind. Situations decide which questions are asked, places and families
belong to what actions are offered for."""

_SIZE_OF_PART: dict[str, dict[tuple[str, ...], Size]] = {
    "question": {
        ("kind",): MAJOR,
        ("topic",): MAJOR,
        ("parent",): MAJOR,
        ("show",): MAJOR,
        ("applies_to",): MAJOR,
        ("options", "*"): MAJOR,
        ("options", "*", "level"): MINOR,
        ("options", "*", "help_now"): MINOR,
        ("ratings",): MINOR,
        ("ratings", "*", "value"): MINOR,
    },
    "topic": {("after_result",): MAJOR},
    "action": {
        ("minutes",): MINOR,
        ("difficulty",): MINOR,
        ("who",): MINOR,
        ("family",): MINOR,
        ("caps", "*"): MINOR,
        ("helps", "*"): MINOR,
        ("places",): MINOR,
    },
    PACK: {("method",): MAJOR},
}
"""The size of a change inside an item, by kind and path; `*` stands for any one name. Order is never in here: the
method gives the same numbers in any order (section 8, I5)."""

_TOLD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Part:
    """One field that changed: ("options", "b", "level") from 2 to 3.

    `before` and `after` are empty where the value is too long to tell (a text) or not there. `name` is the text of
    the option, or of another part with an id, that the path leads through.
    """

    path: tuple[str, ...]
    what: Happened = "changed"
    before: Told = None
    after: Told = None
    name: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One item that was added, removed or changed, with its name in each language, and its fields that changed."""

    kind: str
    id: str
    what: Happened
    size: Size
    name: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the item that changed, each once."""
        return tuple(dict.fromkeys(part.path[0] for part in self.parts))


@dataclass(frozen=True)
class _Listed:
    """An item with the kind and id of the item it stands in, if that is told of by itself."""

    item: Item
    inside: tuple[str, str] | None = None


def changes(old: Pack | None, new: Pack) -> tuple[Change, ...]:
    """Return what is different in a new pack, in its order; what was removed follows. All is new without an old one."""
    before, after = _listed(old), _listed(new)
    found = []
    if old is not None:
        parts = tuple(_parts_of(old, new))
        if parts:
            found.append(Change(PACK, "", "changed", _size_of_parts(PACK, parts), {}, parts))
    for key, listed in after.items():
        if key not in before:
            found.append(_whole(key, listed, "added"))
        elif change := _changed(key, before[key], listed):
            found.append(change)
    found += [_whole(key, listed, "removed") for key, listed in before.items() if key not in after]
    return tuple(found)


def classify(found: Iterable[Change]) -> Size:
    """Return the size of several changes together: that of the largest; of none, a patch."""
    return _largest(change.size for change in found)


def to_json(found: Iterable[Change]) -> str:
    """Return changes as compact JSON; what is empty is left out."""
    rows = [
        _without_empty(
            {
                "kind": change.kind,
                "id": change.id,
                "what": change.what,
                "size": change.size,
                "name": dict(change.name),
                "parts": [_part_row(part) for part in change.parts],
            }
        )
        for change in found
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> tuple[Change, ...] | None:
    """Return the changes that `to_json` wrote; an empty text says that they are not known, and gives None."""
    if not text:
        return None
    return tuple(
        Change(
            row["kind"],
            row.get("id", ""),
            row["what"],
            row["size"],
            row.get("name", {}),
            tuple(_part_of_row(part) for part in row.get("parts", ())),
        )
        for row in json.loads(text)
    )


def kind_of(item: Item) -> str:
    """Return the name of an item's kind, made from its model: "question", "platform step"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(item).__name__).lower()


# --- Items ---------------------------------------------------------------------------------------------


def _listed(pack: Pack | None) -> dict[tuple[str, str], _Listed]:
    """Return every item that is told of by itself, by kind and id, in the order of the pack."""
    found = {}
    for item in _items_in(pack) if pack else ():
        key = (kind_of(item), _id_of(item))
        found[key] = _Listed(item)
        for inner in _items_in(item):
            if isinstance(inner, _ON_THEIR_OWN):
                found[kind_of(inner), _id_of(inner)] = _Listed(inner, key)
    return found


def _items_in(item: Item) -> Iterator[Item]:
    for name in type(item).model_fields:
        value = getattr(item, name)
        if isinstance(value, tuple):
            yield from (part for part in value if isinstance(part, Item))


def _id_of(item: Item) -> str:
    """Return an item's id, or "" for one without."""
    return item.code if isinstance(item, PackLanguage) else getattr(item, "id", "")


def _name_of(item: Item) -> dict[str, str]:
    """Return what an item is called: its first short text in each language, its own or that of its first part."""
    if isinstance(item, PackLanguage):
        return {item.code: item.name}
    for name in type(item).model_fields:
        value = getattr(item, name)
        if value and _is_text(type(item), name):
            return {language: words for language, words in value.items() if isinstance(words, str)}
        if isinstance(value, tuple) and value and isinstance(value[0], Item):
            return _name_of(value[0])
    return {}


def _whole(key: tuple[str, str], listed: _Listed, what: Literal["added", "removed"]) -> Change:
    kind, identity = key
    return Change(kind, identity, what, _SIZE_OF_ITEM.get(kind, PATCH), _name_of(listed.item))


def _changed(key: tuple[str, str], old: _Listed, new: _Listed) -> Change | None:
    kind, identity = key
    parts = list(_parts_of(old.item, new.item))
    if old.inside and new.inside and old.inside != new.inside:
        parts.insert(0, Part((new.inside[0],), "changed", old.inside[1], new.inside[1]))
    if not parts:
        return None
    return Change(kind, identity, "changed", _size_of_parts(kind, parts), _name_of(new.item), tuple(parts))


# --- Fields --------------------------------------------------------------------------------------------


def _parts_of(
    old: Item, new: Item, path: tuple[str, ...] = (), name: Mapping[str, str] | None = None
) -> Iterator[Part]:
    """Yield what changed inside an item; `path` leads to it, `name` is that of the part it belongs to."""
    name = name or {}
    for field_name in type(new).model_fields:
        before, after = getattr(old, field_name), getattr(new, field_name)
        here = (*path, field_name)
        if before == after:
            continue
        if isinstance(before, Item) and isinstance(after, Item):
            yield from _parts_of(before, after, here, name)
        elif _have_ids(before) and _have_ids(after):
            yield from _order_of_list(before, after, here, name)
            if not isinstance(new, Pack) and not any(isinstance(part, _ON_THEIR_OWN) for part in (*before, *after)):
                yield from _parts_of_list(before, after, here)
        elif isinstance(before, Mapping) and isinstance(after, Mapping) and not _is_text(type(new), field_name):
            for key in dict.fromkeys((*before, *after)):
                if before.get(key) != after.get(key):
                    yield _part((*here, key), before.get(key), after.get(key), name)
        else:
            yield _part(here, before, after, name)


def _order_of_list(
    before: tuple[Item, ...], after: tuple[Item, ...], path: tuple[str, ...], name: Mapping[str, str]
) -> Iterator[Part]:
    """Yield a part if the entries that both lists have stand in another order."""
    old, new = [_id_of(item) for item in before], [_id_of(item) for item in after]
    if [entry for entry in old if entry in new] != [entry for entry in new if entry in old]:
        yield Part(path, "moved", name=name)


def _parts_of_list(before: tuple[Item, ...], after: tuple[Item, ...], path: tuple[str, ...]) -> Iterator[Part]:
    """Yield what changed in a list of parts with ids: those that came or went, and the fields of the others."""
    old, new = {_id_of(item): item for item in before}, {_id_of(item): item for item in after}
    for key, item in new.items():
        if key in old:
            yield from _parts_of(old[key], item, (*path, key), _name_of(item))
        else:
            yield Part((*path, key), "added", name=_name_of(item))
    for key, item in old.items():
        if key not in new:
            yield Part((*path, key), "removed", name=_name_of(item))


def _part(path: tuple[str, ...], before: Any, after: Any, name: Mapping[str, str]) -> Part:
    what: Happened = "added" if before is None else "removed" if after is None else "changed"
    return Part(path, what, _told(before), _told(after), name)


def _told(value: Any) -> Told:
    """Return a value if it is short enough to tell."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str) and _TOLD.fullmatch(value):
        return value
    if isinstance(value, tuple) and value and all(isinstance(part, str) and _TOLD.fullmatch(part) for part in value):
        return ", ".join(value)
    return None


def _have_ids(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(part, Item) and _id_of(part) for part in value)


def _is_text(model: type[Item], field_name: str) -> bool:
    """Say whether a field holds a text in each language: a mapping by language, optional or not."""
    annotation: Any = model.model_fields[field_name].annotation
    shapes = (annotation, *get_args(annotation))
    return any(get_origin(shape) is dict and get_args(shape)[0] == Language for shape in shapes)


# --- Sizes ---------------------------------------------------------------------------------------------


def _size_of_parts(kind: str, parts: Iterable[Part]) -> Size:
    return _largest(_size_of_part(kind, part) for part in parts)


def _size_of_part(kind: str, part: Part) -> Size:
    if part.what == "moved":
        return PATCH
    for pattern, size in _SIZE_OF_PART.get(kind, {}).items():
        if len(pattern) == len(part.path) and all(
            wanted in ("*", found) for wanted, found in zip(pattern, part.path, strict=True)
        ):
            return size
    return PATCH


def _largest(sizes: Iterable[Size]) -> Size:
    return max(sizes, key=_SIZES.index, default=PATCH)


# --- JSON ----------------------------------------------------------------------------------------------


def _part_row(part: Part) -> dict[str, Any]:
    row = {"path": ".".join(part.path), "what": part.what, "name": dict(part.name)}
    told = {"before": part.before, "after": part.after}
    return _without_empty(row) | {name: value for name, value in told.items() if value is not None}


def _part_of_row(row: Mapping[str, Any]) -> Part:
    path = tuple(row["path"].split("."))
    return Part(path, row["what"], row.get("before"), row.get("after"), row.get("name", {}))


def _without_empty(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in ("", {}, [])}
