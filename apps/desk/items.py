"""Changes to items of the draft. Each writes one line of the log in the same transaction.

Whoever saves says which version they looked at. Where somebody else has changed the item since, nothing is stored,
and the difference is handed back with what both wrote.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from apps.desk.difference import FieldConflict, field_conflicts
from apps.desk.draft import problems_without
from apps.desk.models import Action, DraftItem, Revision
from apps.desk.roles import EDIT, name_in_log, require
from apps.desk.shapes import KINDS, PACK, Data, called, checked, digest_of, file_of, group_of, id_in
from apps.desk.translations import Origins, Translation, origins_after, translations
from apps.editions.pack_files import PackProblem


class NoSuchItem(Exception):
    """The draft has no item of this kind and id."""


class ItemExists(Exception):
    """The draft has an item of this kind and id already."""


class EditConflict(Exception):
    """Somebody else changed the item since it was opened; nothing was stored.

    `theirs` is what is stored now, None where the item was removed; `version` and `by` tell which version that is
    and who made it. `yours` is what was to be stored.
    """

    def __init__(self, latest: Revision | None, base: Data | None, theirs: Data | None, yours: Data) -> None:
        self.theirs = theirs
        self.yours = yours
        self.version = latest.number if latest else 0
        self.by = latest.user_name if latest else ""
        self.at = latest.at if latest else None
        self.differences: tuple[FieldConflict, ...] = field_conflicts(base, theirs, yours)
        done = "changed" if theirs is not None else "removed"
        super().__init__(f"{self.by or 'Somebody'} has {done} this since you opened it.")


class StillUsed(Exception):
    """Removing the item would break something; `problems` holds what."""

    def __init__(self, problems: Sequence[PackProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{p.item}: {p.reason}" for p in self.problems))


class CannotMove(Exception):
    """The item's place is not for editors to choose, or the topic does not exist; the message says which."""


class NothingToRestore(Exception):
    """The line of the log holds no item that could be brought back."""


@dataclass(frozen=True)
class Saved:
    """An item as it is stored now; None after a removal. `warnings` are for the person who saved."""

    item: DraftItem | None
    warnings: tuple[str, ...] = ()
    is_changed: bool = True


def get_item(kind: str, item_id: str) -> DraftItem:
    """Return an item of the draft. Raise NoSuchItem."""
    return _row(DraftItem.objects.all(), kind, item_id)


def history_of(kind: str, item_id: str) -> tuple[Revision, ...]:
    """Return everything that happened to an item, the latest first; also of one that is gone."""
    return tuple(Revision.objects.filter(kind=kind, item_id=item_id).order_by("-number"))


def languages() -> tuple[str, ...]:
    """Return the codes of the draft's languages, in order."""
    return tuple(DraftItem.objects.filter(kind="language").values_list("item_id", flat=True))


def translations_of(row: DraftItem, codes: Sequence[str] | None = None) -> tuple[Translation, ...]:
    """Return the state of every text of an item in each language (all of the draft's) but the original one."""
    return translations(row.kind, row.data, row.translated_from, languages() if codes is None else codes)


def save_item(
    kind: str,
    item_id: str,
    data: Any,
    expected_version: int,
    user: User | None,
    confirmed: Collection[tuple[str, str]] = (),
) -> Saved:
    """Store an item as it was edited. Another id in the data removes the old item and adds a new one.

    `confirmed` names translations, as (field path, language), that were looked at and are still right.

    Raise EditConflict, BadShape, NoSuchItem, ItemExists or NotAllowed; nothing is stored then.
    """
    require(user, EDIT)
    with transaction.atomic():
        try:
            row = _row(DraftItem.objects.select_for_update(), kind, item_id)
        except NoSuchItem:
            latest = _latest(kind, item_id)
            if latest is None or KINDS.get(kind) is None:
                raise
            base = _data_in(_numbered(kind, item_id, expected_version))
            raise EditConflict(latest, base, None, checked(kind, data, item_id, latest_parent(latest))) from None
        clean = checked(kind, data, item_id, row.parent)
        if row.version != expected_version and clean != row.data:
            base = _data_in(_numbered(kind, item_id, expected_version))
            if base != row.data:  # else it was only moved since
                raise EditConflict(_latest(kind, item_id), base, row.data, clean)
        if id_in(kind, clean) != item_id:
            return _rename(row, clean, user)
        origins = origins_after(kind, row.data, clean, row.translated_from, confirmed)
        if clean == row.data and origins == row.translated_from:
            return Saved(row, is_changed=False)
        warnings = _options_gone(kind, row.data, clean)
        before = snapshot(row)
        if group_of(kind, item_id, row.parent, clean) != group_of(kind, item_id, row.parent, row.data):
            row.position = _end_of(kind)
        _store(row, clean, origins, user, Action.CHANGED, before)
    return Saved(row, warnings)


def create_item(kind: str, data: Any, user: User | None, parent: str = "", position: int | None = None) -> Saved:
    """Add an item, at a position among its siblings or behind them. A question needs its topic as `parent`.

    Raise BadShape, ItemExists, CannotMove or NotAllowed; nothing is stored then.
    """
    require(user, EDIT)
    with transaction.atomic():
        _check_parent(kind, parent)
        clean = checked(kind, data, id_in(kind, data) or "without an id", parent)
        row = _add(kind, id_in(kind, clean), clean, parent, origins_after(kind, None, clean, {}), user, Action.CREATED)
        if position is not None and KINDS[kind].is_ordered:
            _place(row, position)
            # The line of the log is of the same moment, so that it tells the place that was chosen.
            Revision.objects.filter(kind=kind, item_id=row.item_id, number=row.version).update(after=snapshot(row))
    return Saved(row)


def remove_item(kind: str, item_id: str, expected_version: int, user: User | None, anyway: bool = False) -> Saved:
    """Remove an item. What would break by that is told first, and accepted with `anyway`.

    Raise StillUsed, EditConflict, NoSuchItem or NotAllowed; nothing is removed then. A topic is never removed while
    it has questions.
    """
    require(user, EDIT)
    get_item(kind, item_id)
    broken = () if anyway else problems_without(kind, item_id)  # before the transaction: it takes a second
    if broken:
        raise StillUsed(broken)
    with transaction.atomic():
        row = _row(DraftItem.objects.select_for_update(), kind, item_id)
        if kind == PACK:
            raise StillUsed([PackProblem(KINDS[PACK].file, PACK, "every pack has these values", "change them instead")])
        if row.version != expected_version:
            base = _data_in(_numbered(kind, item_id, expected_version))
            if base != row.data:
                raise EditConflict(_latest(kind, item_id), base, row.data, base or {})
        if kind == "topic" and DraftItem.objects.filter(kind="question", parent=item_id).exists():
            raise StillUsed([_problem(row, "it still has questions", "move its questions, or remove them first")])
        _log(row, row.version + 1, user, Action.REMOVED, snapshot(row), None)
        row.delete()
    return Saved(None)


def move_item(kind: str, item_id: str, position: int, user: User | None, parent: str | None = None) -> Saved:
    """Give an item another place among its siblings, counted from 0; a question may go to another topic.

    Raise CannotMove, NoSuchItem or NotAllowed.
    """
    require(user, EDIT)
    with transaction.atomic():
        row = _row(DraftItem.objects.select_for_update(), kind, item_id)
        if not KINDS[kind].is_ordered:
            raise CannotMove(f"The order of this kind ({kind}) follows from the ids, so that files keep it.")
        before = snapshot(row)
        if parent is not None and parent != row.parent:
            _check_parent(kind, parent)
            row.parent = parent
        order = [one.pk for one in siblings(row)]
        was_at = order.index(row.pk) if row.pk in order else None
        _place(row, position)
        if row.parent == before["parent"] and [one.pk for one in siblings(row)].index(row.pk) == was_at:
            return Saved(row, is_changed=False)
        _store(row, row.data, row.translated_from, user, Action.MOVED, before)
    return Saved(row)


def restore(revision: Revision, user: User | None) -> Saved:
    """Bring back an item as it was after a change in the log; a removal gives back what was removed.

    Raise BadShape where it no longer fits the schema, NothingToRestore, CannotMove or NotAllowed.
    """
    require(user, EDIT)
    state = revision.after or revision.before
    if state is None:
        raise NothingToRestore("This line of the log holds nothing that could be brought back.")
    kind, item_id = revision.kind, revision.item_id
    with transaction.atomic():
        clean = checked(kind, state["data"], item_id, state["parent"])
        _check_parent(kind, state["parent"])
        row = DraftItem.objects.select_for_update().filter(kind=kind, item_id=item_id).first()
        if row is None:
            row = _add(kind, item_id, clean, state["parent"], state["translated_from"], user, Action.RESTORED)
            if KINDS[kind].is_ordered:
                _place(row, state["position"])
            return Saved(row)
        warnings = _options_gone(kind, row.data, clean)
        same = (clean, state["parent"], state["translated_from"]) == (row.data, row.parent, row.translated_from)
        if same:
            return Saved(row, is_changed=False)
        before = snapshot(row)
        row.parent = state["parent"]
        _store(row, clean, state["translated_from"], user, Action.RESTORED, before)
    return Saved(row, warnings)


def siblings(row: DraftItem) -> list[DraftItem]:
    """Return the items that an item's place is counted among, itself included, in order."""
    rows = [row if one.pk == row.pk else one for one in DraftItem.objects.filter(kind=row.kind)]
    return sorted((one for one in rows if _group(one) == _group(row)), key=lambda one: (one.position, one.pk))


def snapshot(row: DraftItem) -> dict[str, Any]:
    """Return what the log keeps of an item."""
    return {
        "data": row.data,
        "parent": row.parent,
        "position": row.position,
        "translated_from": row.translated_from,
    }


def latest_parent(revision: Revision) -> str:
    """Return the topic that an item last belonged to."""
    state = revision.after or revision.before or {}
    return str(state.get("parent", ""))


# --- One row -------------------------------------------------------------------------------------------


def _row(rows: Any, kind: str, item_id: str) -> DraftItem:
    row: DraftItem | None = rows.filter(kind=kind, item_id=item_id).first()
    if row is None:
        raise NoSuchItem(f"The draft has no {called(kind, item_id)}.")
    return row


def _add(
    kind: str, item_id: str, data: Data, parent: str, origins: Origins, user: User | None, action: str
) -> DraftItem:
    latest = _latest(kind, item_id)
    row = DraftItem(
        kind=kind,
        item_id=item_id,
        parent=parent,
        position=_end_of(kind),
        data=data,
        digest=digest_of(data),
        version=latest.number + 1 if latest else 1,
        translated_from=origins,
        updated_at=timezone.now(),
        updated_by=user,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise ItemExists(f"The draft has a {called(kind, item_id)} already.") from None
    _log(row, row.version, user, action, None, snapshot(row))
    return row


def _store(
    row: DraftItem, data: Data, origins: Origins, user: User | None, action: str, before: dict[str, Any]
) -> None:
    row.data, row.digest, row.translated_from = data, digest_of(data), origins
    row.version += 1
    row.updated_at, row.updated_by = timezone.now(), user
    row.save()
    _log(row, row.version, user, action, before, snapshot(row))


def _log(
    row: DraftItem,
    number: int,
    user: User | None,
    action: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    Revision.objects.create(
        kind=row.kind,
        item_id=row.item_id,
        number=number,
        action=action,
        at=timezone.now(),
        user=user,
        user_name=name_in_log(user),
        before=before,
        after=after,
    )


def _rename(row: DraftItem, data: Data, user: User | None) -> Saved:
    """Remove an item and add it under another id, in its old place. Questions follow their topic."""
    kind, old_id, new_id = row.kind, row.item_id, id_in(row.kind, data)
    origins = origins_after(kind, row.data, data, row.translated_from)
    place = siblings(row).index(row)
    _log(row, row.version + 1, user, Action.REMOVED, snapshot(row), None)
    parent = row.parent
    row.delete()
    new = _add(kind, new_id, data, parent, origins, user, Action.CREATED)
    if KINDS[kind].is_ordered:
        _place(new, place)
    if kind == "topic":
        for question in DraftItem.objects.select_for_update().filter(kind="question", parent=old_id):
            before = snapshot(question)
            question.parent = new_id
            _store(question, question.data, question.translated_from, user, Action.MOVED, before)
    warning = f"{called(kind, old_id)} is gone and {called(kind, new_id)} is new: what names the old id must be mended."
    if kind == "question":
        warning += f" Answers that people have given to {old_id} will not carry over."
    return Saved(new, (warning,))


def _options_gone(kind: str, before: Data, after: Data) -> tuple[str, ...]:
    """Return a warning where answers lose the option that they hold."""
    if kind != "question":
        return ()
    kept = {option["id"] for option in after["options"]}
    gone = [option["id"] for option in before["options"] if option["id"] not in kept]
    if not gone:
        return ()
    return (f"Answers that hold option {', '.join(gone)} of question {after['id']} will not carry over.",)


# --- Places --------------------------------------------------------------------------------------------


def _group(row: DraftItem) -> str:
    return group_of(row.kind, row.item_id, row.parent, row.data)


def _place(row: DraftItem, position: int) -> None:
    """Number an item's siblings anew, with it at a position; beyond the last means last."""
    others = [one for one in siblings(row) if one.pk != row.pk]
    others.insert(max(0, min(position, len(others))), row)
    moved = []
    for number, one in enumerate(others):
        if one.position != number:
            one.position = number
            moved.append(one)
    DraftItem.objects.bulk_update(moved, ["position"])


def _end_of(kind: str) -> int:
    last = DraftItem.objects.filter(kind=kind).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _check_parent(kind: str, parent: str) -> None:
    if kind not in KINDS:
        raise NoSuchItem(f"There is no kind of item called {kind}.")
    if kind != "question" and parent:
        raise CannotMove(f"An item of this kind ({kind}) belongs to no topic.")
    if kind == "question" and not DraftItem.objects.filter(kind="topic", item_id=parent).exists():
        raise CannotMove(f"The draft has no topic {parent}. Name the topic that the question belongs to.")


# --- The log -------------------------------------------------------------------------------------------


def _latest(kind: str, item_id: str) -> Revision | None:
    found: Revision | None = Revision.objects.filter(kind=kind, item_id=item_id).order_by("-number").first()
    return found


def _numbered(kind: str, item_id: str, number: int) -> Revision | None:
    found: Revision | None = Revision.objects.filter(kind=kind, item_id=item_id, number=number).first()
    return found


def _data_in(revision: Revision | None) -> Data | None:
    return revision.after["data"] if revision and revision.after else None


def _problem(row: DraftItem, reason: str, mend: str) -> PackProblem:
    file = file_of(row.kind, row.item_id, row.parent, row.data)
    return PackProblem(file, called(row.kind, row.item_id), reason, mend)
