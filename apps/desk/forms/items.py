"""The form of an item, made from its model: what it shows, and the data that comes back from it.

Names of inputs count the parts of an item (`d.options.0.text.en`), so that new parts need no id yet. Paths name parts
by their ids (`options.b.text`), as problems and translations do. What comes back is not judged here: the schema
does that when it is saved, in one place for all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from django.http import QueryDict

from apps.desk.draft import places_of
from apps.desk.forms.words import choice_of, help_of, label_of
from apps.desk.models import DraftItem
from apps.desk.shapes import KINDS, Data
from apps.desk.translations import Translation
from apps.editions import schema
from apps.editions.pack_files import PackProblem
from apps.editions.pack_items import text_shape
from apps.editions.schema import Item
from apps.editions.wording_checks import ORIGINAL

Shape = Literal[
    "line", "area", "number", "date", "check", "select", "texts", "forms", "by_place", "ids", "boxes", "pairs",
    "parts", "group",
]  # fmt: skip

ROOT = "d"
"""What the names of all inputs of an item begin with."""

MOST_PARTS = 60
"""Parts of one kind that a form reads, whatever count it claims."""

SPARE_ROWS = 2
"""Empty rows below the pairs that there are."""

_REFERS = {
    "topic": "topic",
    "family": "family",
    "parent": "question",
    "help_now": "action",
    "claim": "claim",
    "place": "place",
    "applies_to": "situation",
    "situation": "situation",
    "places": "place",
    "topics": "topic",
    "ages": "age group",
}
"""The kind of item whose ids a field holds, where they are few enough to choose from."""

_BOXES = frozenset({"applies_to", "situation", "places", "topics", "ages"})
_SKIPPABLE = "situation"
"""A list that may also be absent: the situation that a persona did not tell."""

_TITLES = ("name", "title", "text", "says", "term", "summary")


@dataclass(frozen=True)
class Option:
    """One value that can be chosen."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Words:
    """A text in one language: its input, and whether a translation follows its original."""

    language: str
    name: str
    value: str
    state: str = ""
    confirm: str = ""
    is_original: bool = False
    heading: str = ""


@dataclass(frozen=True)
class Part:
    """One of several parts of an item, with the inputs for its place and its removal."""

    name: str
    path: str
    id: str
    number: int
    fields: tuple[FormField, ...]
    is_new: bool


@dataclass(frozen=True)
class FormField:
    """One field of an item as the form shows it."""

    shape: Shape
    name: str
    path: str
    label: str
    help: str = ""
    value: str = ""
    is_ticked: bool = False
    is_long: bool = False
    is_markdown: bool = False
    least: int | None = None
    most: int | None = None
    options: tuple[Option, ...] = ()
    words: tuple[Words, ...] = ()
    rows: tuple[tuple[str, str, str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    fields: tuple[FormField, ...] = ()
    may_be_absent: bool = False
    errors: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """The id in the page that links lead to."""
        return f"at-{self.path}"


@dataclass(frozen=True)
class Known:
    """What forms need to know of the draft: its languages in order, and the ids with titles of each kind."""

    languages: tuple[str, ...]
    titles: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


def known_of_draft() -> Known:
    """Read what forms need to know of the draft, in one query."""
    titles: dict[str, list[tuple[str, str]]] = {}
    rows = DraftItem.objects.filter(kind__in={*_REFERS.values(), "language"}).order_by("kind", "position", "pk")
    for kind, item_id, data in rows.values_list("kind", "item_id", "data"):
        titles.setdefault(kind, []).append((item_id, title_of(data, item_id)))
    languages = [code for code, _ in titles.get("language", [])]
    ordered = sorted(dict.fromkeys((*languages, ORIGINAL)), key=lambda code: code != ORIGINAL)
    return Known(tuple(ordered), {kind: tuple(found) for kind, found in titles.items()})


def title_of(data: Mapping[str, Any], otherwise: str) -> str:
    """Return what an item is called, in the original where it has that."""
    for name in _TITLES:
        found = data.get(name)
        if isinstance(found, str) and found:
            return found
        if isinstance(found, Mapping) and found:
            return str(found.get(ORIGINAL) or next(iter(found.values())))
    return otherwise


# --- Showing -------------------------------------------------------------------------------------------


class Builder:
    """Makes the fields of an item's form from its data, which need not be whole or right."""

    def __init__(self, known: Known, states: Sequence[Translation] = (), extra: Sequence[str] = ()) -> None:
        self._known = known
        self._states = {(state.path, state.language): state.state for state in states}
        self._extra = set(extra)

    def fields_of(self, kind: str, data: Mapping[str, Any]) -> tuple[FormField, ...]:
        """Return the fields of an item in the order of its model."""
        return self._fields(KINDS[kind].model, data, ROOT, "")

    def _fields(self, model: type[Item], data: Mapping[str, Any], name: str, path: str) -> tuple[FormField, ...]:
        # The dates of checking come from a base of the models; they are of more use behind what is checked.
        names = sorted(model.model_fields, key=lambda one: one in {"checked", "due"})
        return tuple(
            self._field(model, one, data.get(one), f"{name}.{one}", f"{path}{one}")
            for one in names
            if not (model is schema.Topic and one == "questions")
        )

    def _field(self, model: type[Item], one: str, value: Any, name: str, path: str) -> FormField:
        info = model.model_fields[one]
        annotation = _without_none(info.annotation)
        shape = shape_of(model, one)
        base = FormField(shape, name, path, label_of(one), help_of(model.__name__, one))
        if shape == "texts":
            kind = text_shape(model, one)
            is_long = kind in (schema.Markdown, schema.LetterBody)
            words = self._words(value if isinstance(value, Mapping) else {}, name, path)
            return replace(base, words=words, is_long=is_long, is_markdown=kind is schema.Markdown)
        if shape == "forms":
            lines = {code: "\n".join(map(str, said)) for code, said in (value or {}).items()}
            return replace(base, words=self._words(lines, name, path), is_long=True)
        if shape == "by_place":
            return replace(base, words=self._by_place(value if isinstance(value, Mapping) else {}, name, path))
        if shape == "check":
            ticked = info.get_default() if value is None else value
            return replace(base, is_ticked=bool(ticked))
        if shape == "select":
            return replace(base, options=self._options(model, one, annotation, value, info.is_required(), path))
        if shape == "boxes":
            chosen = [str(found) for found in value or ()]
            titles = dict(self._known.titles.get(_REFERS[one], ()))
            order = dict.fromkeys((*chosen, *titles))
            options = tuple(Option(found, titles.get(found, found), found in chosen) for found in order)
            absent = one == _SKIPPABLE and model is schema.Persona
            return replace(base, options=options, may_be_absent=absent, is_ticked=absent and value is None)
        if shape == "ids":
            return replace(base, value=", ".join(map(str, value or ())))
        if shape == "pairs":
            is_list = get_origin(get_args(annotation)[1]) is tuple
            found = [(key, _pair_in_words(inner, is_list)) for key, inner in (value or {}).items()]
            found += [("", "")] * SPARE_ROWS
            rows = tuple((f"{name}.{n}-key", key, f"{name}.{n}-value", said) for n, (key, said) in enumerate(found))
            return replace(base, rows=rows)
        if shape == "parts":
            return replace(base, parts=self._parts(_item_in(annotation), value, name, path))
        if shape == "group":
            inner = value if isinstance(value, Mapping) else {}
            fields = self._fields(annotation, inner, name, f"{path}.")
            can_miss = NoneType in get_args(info.annotation)
            return replace(base, fields=fields, may_be_absent=can_miss, is_ticked=value is not None)
        if shape == "number":
            least, most = _bounds(info)
            return replace(base, value="" if value is None else str(value), least=least, most=most)
        return replace(base, value="" if value is None else str(value))

    def _words(self, text: Mapping[str, Any], name: str, path: str) -> tuple[Words, ...]:
        codes = dict.fromkeys((*self._known.languages, *text))
        return tuple(
            Words(
                code,
                f"{name}.{code}",
                str(text.get(code, "")),
                self._states.get((path, code), ""),
                f"{path}:{code}",
                code == ORIGINAL,
            )
            for code in codes
        )

    def _by_place(self, value: Mapping[str, Any], name: str, path: str) -> tuple[Words, ...]:
        titles = dict(self._known.titles.get("place", ()))
        found = []
        for place in dict.fromkeys((*titles, *value)):
            for one in self._words(value.get(place) or {}, f"{name}.{place}", f"{path}.{place}"):
                found.append(replace(one, heading=titles.get(place, place)))
        return tuple(found)

    def _options(
        self, model: type[Item], one: str, annotation: Any, value: Any, is_required: bool, path: str
    ) -> tuple[Option, ...]:
        said = "" if value is None else str(value)
        if one in _REFERS and get_origin(annotation) is not Literal:
            pairs = list(self._known.titles.get(_REFERS[one], ()))
        else:
            # The three ratings have one model; which of them it is, the path says.
            scale = path.split(".")[-2] if model is schema.Rating else one
            pairs = [(str(found), choice_of(scale, found)) for found in _closed_list(model, one, annotation)]
        if said not in dict(pairs) and said:
            pairs.append((said, said))
        default = model.model_fields[one].get_default()
        if not said and default is not None and get_origin(annotation) is Literal:
            said = str(default)
        if not said or not is_required:
            pairs.insert(0, ("", "–"))
        if get_origin(annotation) is Literal and not is_required:
            pairs = [pair for pair in pairs if pair[0]]
        labels = {found: f"{found}: {title}" if one in _REFERS and found else title for found, title in pairs}
        return tuple(Option(found, labels[found], found == said) for found, _ in pairs)

    def _parts(self, model: type[Item], value: Any, name: str, path: str) -> tuple[Part, ...]:
        given = [part for part in value or () if isinstance(part, Mapping)]
        found = list(given) + ([{}] if name in self._extra else [])
        parts = []
        for number, part in enumerate(found):
            identity = str(part.get("id", number))
            here = f"{path}.{identity}"
            fields = self._fields(model, part, f"{name}.{number}", f"{here}.")
            parts.append(Part(f"{name}.{number}", here, identity, number + 1, fields, number >= len(given)))
        return tuple(parts)


def with_errors(
    fields: Sequence[FormField], problems: Sequence[PackProblem]
) -> tuple[tuple[FormField, ...], tuple[tuple[PackProblem, str], ...]]:
    """Put each problem at its field; return the fields, and each problem with the anchor that leads to it.

    A problem of the item as a whole leads to no field.
    """
    anchors = list(_anchors(fields))
    told: dict[str, list[str]] = {}
    listed = []
    for problem in problems:
        places = places_of(problem)
        anchor = _best(anchors, places[0].field) if places else ""
        listed.append((problem, anchor))
        if anchor:
            told.setdefault(anchor, []).append(problem.reason)
    return tuple(_marked(one, told) for one in fields), tuple(listed)


def _marked(one: FormField, told: Mapping[str, Sequence[str]]) -> FormField:
    parts = tuple(replace(part, fields=tuple(_marked(inner, told) for inner in part.fields)) for part in one.parts)
    fields = tuple(_marked(inner, told) for inner in one.fields)
    return replace(one, parts=parts, fields=fields, errors=tuple(told.get(one.anchor, ())))


def _anchors(fields: Sequence[FormField]) -> Iterator[str]:
    for one in fields:
        yield one.anchor
        yield from _anchors(one.fields)
        for part in one.parts:
            yield f"at-{part.path}"
            yield from _anchors(part.fields)


def _best(anchors: Sequence[str], path: str) -> str:
    """Return the anchor of a path, or of the nearest field around it."""
    wanted = f"at-{path}"
    while path and wanted not in anchors:
        path = path.rpartition(".")[0]
        wanted = f"at-{path}"
    return wanted if path else ""


# --- Reading -------------------------------------------------------------------------------------------


def read_item(kind: str, form: QueryDict) -> Data:
    """Return an item's data as a form gives it. Fields that are left empty are left out."""
    return _read(KINDS[kind].model, form, ROOT)


def confirmed_in(form: QueryDict) -> set[tuple[str, str]]:
    """Return the translations that were ticked as still right, as (path, language)."""
    return {(path, code) for path, _, code in (said.rpartition(":") for said in form.getlist("confirm")) if path}


def _read(model: type[Item], form: QueryDict, name: str) -> Data:
    data: Data = {}
    for one in model.model_fields:
        if model is schema.Topic and one == "questions":
            continue
        value = _value(model, one, form, f"{name}.{one}")
        if value is not None:
            data[one] = value
    return data


def _value(model: type[Item], one: str, form: QueryDict, name: str) -> Any:
    """Return what a form says of one field, None where it says nothing."""
    info = model.model_fields[one]
    annotation = _without_none(info.annotation)
    shape = shape_of(model, one)
    if shape == "check":
        return name in form
    if shape == "texts":
        return _texts(form, name) or None
    if shape == "forms":
        found = {code: _lines(said) for code, said in _texts(form, name).items()}
        return {code: lines for code, lines in found.items() if lines} or ({} if info.is_required() else None)
    if shape == "by_place":
        places = dict.fromkeys(key.split(".")[0] for key in _keys(form, name))
        by_place = {place: _texts(form, f"{name}.{place}") for place in places}
        return {place: text for place, text in by_place.items() if text} or None
    if shape == "boxes":
        if f"{name}-none" in form:
            return None
        return [said for said in form.getlist(name) if said]
    if shape == "ids":
        return [said for said in form.get(name, "").replace(",", " ").split() if said]
    if shape == "pairs":
        return _pairs(annotation, form, name)
    if shape == "parts":
        return _read_parts(_item_in(annotation), form, name)
    if shape == "group":
        if NoneType in get_args(info.annotation) and f"{name}-has" not in form:
            return None
        return _read(annotation, form, name)
    said = form.get(name, "").strip()
    if not said:
        return None
    if shape == "number" or (shape == "select" and one not in _REFERS):
        numbers = [found for found in _closed_list(model, one, annotation) if isinstance(found, int)]
        if shape == "number" or numbers:
            return _number(said)
    return said


def _read_parts(model: type[Item], form: QueryDict, name: str) -> list[Data]:
    """Return the parts in the order of their numbers; those that were marked for removal, or are empty, are gone."""
    count = _number(form.get(f"{name}-count", "0"))
    found = []
    for number in range(min(count, MOST_PARTS) if isinstance(count, int) else 0):
        part = f"{name}.{number}"
        if f"{part}-remove" in form:
            continue
        if f"{part}-new" in form and not any(form.get(key) for key in form if _is_filled_by_hand(key, part)):
            continue
        order = _number(form.get(f"{part}-order", ""))
        place = order if isinstance(order, int) else number + 1
        found.append((place, number, _read(model, form, part)))
    return [data for _, _, data in sorted(found, key=lambda one: one[:2])]


def _is_filled_by_hand(key: str, part: str) -> bool:
    """Say whether an input of a part holds something only if somebody filled it in."""
    return key.startswith(f"{part}.") and not key.endswith(("-count", "-order")) and not key.endswith(_PRESET)


_PRESET = (".kind", ".level", ".certainty")


def _texts(form: QueryDict, name: str) -> dict[str, str]:
    found = {code: form.get(f"{name}.{code}", "") for code in _keys(form, name)}
    return {code: text for code, text in found.items() if text.strip()}


def _keys(form: QueryDict, name: str) -> list[str]:
    """Return what follows a name in the names of inputs, in order."""
    prefix = f"{name}."
    return [key.removeprefix(prefix) for key in form if key.startswith(prefix)]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _pairs(annotation: Any, form: QueryDict, name: str) -> dict[str, Any]:
    value_type = get_args(annotation)[1]
    found: dict[str, Any] = {}
    for number in range(500):
        if f"{name}.{number}-key" not in form:
            break
        key, said = (form.get(f"{name}.{number}-{what}", "").strip() for what in ("key", "value"))
        if key:
            found[key] = _pair_value(value_type, said)
    return found


def _pair_value(value_type: Any, said: str) -> Any:
    if _is_number(value_type):
        return _number(said)
    if get_origin(value_type) is tuple:
        return said.replace(",", " ").split()
    head, bracket, rest = said.partition("[")
    if not bracket:
        return said
    picks = rest.rstrip("] ").replace(",", " ").split()
    return {"some": picks} if head.strip() == "some" else picks


def _pair_in_words(value: Any, is_always_a_list: bool) -> str:
    if isinstance(value, Mapping):
        return f"some [{', '.join(map(str, value.get('some', ())))}]"
    if isinstance(value, (list, tuple)):
        listed = ", ".join(map(str, value))
        return listed if is_always_a_list else f"[{listed}]"
    return str(value)


def _number(said: str) -> int | str:
    """Return a number, or what was written instead: the schema will say that it is none."""
    said = said.strip()
    return int(said) if said.lstrip("-").isascii() and said.lstrip("-").isdigit() and len(said) < 10 else said


# --- From the model ------------------------------------------------------------------------------------


def shape_of(model: type[Item], one: str) -> Shape:
    """Return how a field of a model is edited."""
    annotation = _without_none(model.model_fields[one].annotation)
    kind = text_shape(model, one)
    origin = get_origin(annotation)
    if kind is schema.TextByPlace:
        return "by_place"
    if kind is not None:
        return "texts"
    if origin is dict:
        return "forms" if get_args(annotation)[0] == schema.Language else "pairs"
    if origin is tuple:
        if _item_type(get_args(annotation)[0]):
            return "parts"
        return "boxes" if one in _BOXES else "ids"
    if _item_type(annotation):
        return "group"
    if annotation is bool:
        return "check"
    if annotation is dt.date:
        return "date"
    if origin is Literal or (one in _REFERS and one != "id") or _closed_list(model, one, annotation):
        return "select"
    if _is_number(annotation):
        return "number"
    return "area" if one == "note" else "line"


def _without_none(annotation: Any) -> Any:
    parts = get_args(annotation)
    if NoneType in parts:
        kept = [part for part in parts if part is not NoneType]
        return kept[0] if len(kept) == 1 else annotation
    return annotation


def _item_type(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Item)


def _item_in(annotation: Any) -> type[Item]:
    found: type[Item] = get_args(annotation)[0]
    return found


def _is_number(annotation: Any) -> bool:
    return annotation is int or (get_origin(annotation) is not None and get_args(annotation)[:1] == (int,))


def _closed_list(model: type[Item], one: str, annotation: Any) -> tuple[Any, ...]:
    """Return the values that a field can have, where they are few: a closed list, a level, a rating."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if one in {"level", "value"} and _is_number(annotation):
        least, most = _bounds(model.model_fields[one])
        return tuple(range(least or 0, (most or 0) + 1))
    return ()


def _bounds(info: Any) -> tuple[int | None, int | None]:
    least = most = None
    for rule in info.metadata:
        least = getattr(rule, "ge", least)
        most = getattr(rule, "le", most)
    return least, most
