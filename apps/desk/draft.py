"""The draft as a whole: the pack that it makes, and everything that is wrong with it.

Both are kept in memory by a hash of the draft's content, so that every page of the desk may ask for them. A change by
anybody, on any worker, gives another hash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from apps.desk.models import DraftItem
from apps.desk.sensitivity import calibration_of
from apps.desk.shapes import KINDS, PACK, BadShape, Header, called, file_of, item_of
from apps.editions import calibration, checks, schema
from apps.editions.pack_files import PackError, PackProblem, content_hash, pack_bytes, pack_of
from apps.editions.schema import Pack
from apps.editions.shape_errors import explain

_KEPT = 4
"""How many states of the draft are kept in memory: the one now, and some that an editor goes back to."""

Made = TypeVar("Made")


class DraftUnreadable(Exception):
    """The draft makes no pack; `problems` holds every reason, at least one."""

    def __init__(self, problems: Iterable[PackProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{p.item}: {p.reason} ({p.mend})" for p in self.problems))


@dataclass(frozen=True)
class Place:
    """Where a problem is mended: an item, and its field ("options.b.text"), "" where the item as a whole is meant."""

    kind: str
    item_id: str
    field: str = ""


@dataclass(frozen=True)
class Draft:
    """One state of the draft: its pack in canonical order, the pack's hash, and its files."""

    pack: Pack
    content_hash: str
    files: dict[str, bytes]


class _Kept(Generic[Made]):
    """A few values by key, the least recently used dropped first."""

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, Made] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = make()
        with self._lock:
            self._values[key] = made
            while len(self._values) > _KEPT:
                self._values.popitem(last=False)
        return made


_drafts: _Kept[Draft | DraftUnreadable] = _Kept()
_problems: _Kept[tuple[PackProblem, ...]] = _Kept()


def draft_state() -> str:
    """Return a hash of everything in the draft that its pack is made of, from one small query."""
    return _state(DraftItem.objects.order_by(*_ORDER).values_list(*_STATE))


def draft() -> Draft:
    """Return the draft as it is now. Raise DraftUnreadable where it makes no pack."""
    found = _drafts.get(draft_state(), _read)
    if isinstance(found, DraftUnreadable):
        raise DraftUnreadable(found.problems)
    return found


def draft_pack() -> Pack:
    """Return the pack that the draft makes. Raise DraftUnreadable with every reason why it makes none."""
    return draft().pack


def draft_problems(today: dt.date | None = None) -> tuple[PackProblem, ...]:
    """Return everything that is wrong with the draft, as `check_pack` tells it; `places_of` says where to mend it."""
    try:
        now = draft()
    except DraftUnreadable as unreadable:
        return unreadable.problems
    return problems_of(now.pack, now.content_hash, today)


def problems_of(pack: Pack, digest: str, today: dt.date | None = None) -> tuple[PackProblem, ...]:
    """Return everything that is wrong with a pack, whose content hash is `digest`."""
    day = today or dt.date.today()
    text = calibration_of(pack)

    def find() -> tuple[PackProblem, ...]:
        return checks.problems(pack, day) + calibration.stored_problems(pack, text)

    return _problems.get((digest, day, text), find)


def problems_without(kind: str, item_id: str) -> tuple[PackProblem, ...]:
    """Return what would stand against publishing once an item is removed, and does not now.

    Empty where the draft makes no pack, so that an item that cannot be read can be removed.
    """
    try:
        pack = draft_pack()
    except DraftUnreadable:
        return ()
    before = {problem for problem in draft_problems() if not problem.warning}
    after = checks.problems(_without(pack, kind, item_id))
    return tuple(problem for problem in after if not problem.warning and problem not in before)


def places_of(problem: PackProblem, pack: Pack | None = None) -> tuple[Place, ...]:
    """Return the items that a problem of the draft is about; none for one about the pack's lists as a whole.

    `pack` finds the platform of a step. Where a message names several items, there are several places.
    """
    found = [_place(name, problem.reason, pack) for name in problem.item.split(", ")]
    places = tuple(dict.fromkeys(place for place in found if place))
    if places:
        return places
    by_file = _place_of_file(problem.file)
    return (by_file,) if by_file else ()


def canonical(pack: Pack) -> tuple[Pack, dict[str, bytes]]:
    """Return a pack as its files give it back, and the files. Raise PackError where they could not be read."""
    files = pack_bytes(pack)
    return pack_of(files), files


# --- From rows to a pack -------------------------------------------------------------------------------

_ORDER = ("kind", "parent", "position", "pk")
_STATE = ("kind", "item_id", "parent", "digest")


def _state(rows: Iterable[tuple[Any, ...]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update("\0".join(row).encode() + b"\n")
    return digest.hexdigest()


def _read() -> Draft | DraftUnreadable:
    rows = list(DraftItem.objects.order_by(*_ORDER))
    try:
        pack, files = canonical(_pack_of_rows(rows))
    except DraftUnreadable as unreadable:
        return unreadable
    except PackError as error:
        return DraftUnreadable(error.problems)
    return Draft(pack, content_hash(pack), files)


def _pack_of_rows(rows: list[DraftItem]) -> Pack:
    if not rows:
        mend = "start it from the current edition, or import a pack"
        raise DraftUnreadable([PackProblem("the whole pack", "the draft", "it is empty", mend)])
    found: list[PackProblem] = []
    items: dict[str, list[Any]] = {name: [] for name in KINDS}
    questions: dict[str, list[Any]] = {}
    topics = {row.item_id for row in rows if row.kind == "topic"}
    for row in rows:
        try:
            item = item_of(row.kind, row.data, row.item_id, row.parent)
        except BadShape as error:
            found += error.problems
            continue
        if row.kind != "question":
            items[row.kind].append(item)
        elif row.parent in topics:
            questions.setdefault(row.parent, []).append(item)
        else:
            file = file_of(row.kind, row.item_id, row.parent, row.data)
            reason = f"its topic {row.parent} does not exist"
            found.append(PackProblem(file, called(row.kind, row.item_id), reason, "move it to a topic"))
    if found:
        raise DraftUnreadable(found)
    header = next(iter(items[PACK]), Header())
    values = {name: getattr(header, name) for name in Header.model_fields}
    values |= {kind.pack_field: tuple(items[kind.name]) for kind in KINDS.values() if kind.pack_field}
    values["topics"] = tuple(
        topic.model_copy(update={"questions": tuple(questions.get(topic.id, ()))}) for topic in items["topic"]
    )
    try:
        return Pack.model_validate(values)
    except ValidationError as error:
        raise DraftUnreadable(
            PackProblem("pack.yaml", told.item, told.reason, told.mend) for told in explain(error, Pack, values, PACK)
        ) from None


def _without(pack: Pack, kind: str, item_id: str) -> Pack:
    """Return a pack that lacks an item."""
    if kind == "question":
        topics = tuple(
            topic.model_copy(update={"questions": tuple(q for q in topic.questions if q.id != item_id)})
            for topic in pack.topics
        )
        return pack.model_copy(update={"topics": topics})
    what = KINDS[kind]
    if not what.pack_field:
        return pack
    kept = tuple(item for item in getattr(pack, what.pack_field) if getattr(item, what.id_field) != item_id)
    return pack.model_copy(update={what.pack_field: kept})


# --- From a problem to its field -----------------------------------------------------------------------

_LISTS_OF_PARTS = {
    "option": "options",
    "field": "fields",
    "regulator": "regulators",
    "source": "sources",
    "prompt": "prompts",
    "part": "parts",
}
_KIND_WORDS = "|".join(sorted((*KINDS, "platform step", *_LISTS_OF_PARTS), key=len, reverse=True))
_NAMED = re.compile(rf"(?P<kind>{_KIND_WORDS}) (?P<id>[a-z0-9][a-z0-9-]*)")
_FIELD = re.compile(r"`(?P<field>[a-z_]+(?:\.[\w-]+)*)`")
_FILE_OF_ONE = re.compile(
    r"(?P<folder>topics|guides|rights|letters|lessons|handouts)/(?P<id>[a-z0-9-]+)(?:\.[a-z-]+)?\.(?:yaml|md)"
)
_KIND_OF_FOLDER = {
    "topics": "topic",
    "guides": "guide",
    "rights": "rights",
    "letters": "letter",
    "lessons": "lesson",
    "handouts": "handout",
}


def _place(name: str, reason: str, pack: Pack | None) -> Place | None:
    """Return the place that a name such as "option b of question q3" and a reason that names a field lead to."""
    if name == PACK:
        return Place(PACK, PACK, _field_in(reason, schema.Pack))
    chain = [match for part in name.split(" of ") if (match := _NAMED.match(part))]
    if not chain:
        return None
    kind, item_id = chain[-1]["kind"], chain[-1]["id"]
    path = "".join(
        f"{_LISTS_OF_PARTS[match['kind']]}.{match['id']}."
        for match in reversed(chain[:-1])
        if match["kind"] in _LISTS_OF_PARTS
    )
    if kind == "platform step":
        platform = next((p.id for p in pack.platforms if any(s.id == item_id for s in p.steps)), "") if pack else ""
        path, kind, item_id = f"steps.{item_id}.{path}", "platform", platform
        field = _field_in(reason, schema.PlatformStep)
    elif kind in KINDS:
        field = _field_in(reason, None if path else KINDS[kind].model)
    else:
        return None
    return Place(kind, item_id, (path + field).rstrip(".")) if item_id else None


def _field_in(reason: str, model: type[schema.Item] | None) -> str:
    """Return the field that a reason names, if the model has it (any field, without a model)."""
    for match in _FIELD.finditer(reason):
        if model is None or match["field"].split(".")[0] in model.model_fields:
            return match["field"]
    return ""


def _place_of_file(file: str) -> Place | None:
    match = _FILE_OF_ONE.fullmatch(file)
    return Place(_KIND_OF_FOLDER[match["folder"]], match["id"]) if match else None
