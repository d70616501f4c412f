"""The draft as a pack and back: import with the difference told first, export without loss, the first filling."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from apps.desk.difference import FieldChange, field_changes
from apps.desk.draft import canonical, draft
from apps.desk.items import snapshot
from apps.desk.models import Action, DraftItem, Revision
from apps.desk.roles import EDIT, name_in_log, require
from apps.desk.shapes import KINDS, PACK, Data, Header, called, digest_of, file_of, group_of, stored_form
from apps.desk.translations import origins_after
from apps.editions.current import EditionUnavailable, UnknownEdition, edition_numbered
from apps.editions.models import Edition
from apps.editions.pack_files import PackError, PackProblem, read_zip
from apps.editions.schema import Item, Pack

__all__ = ["EditionUnavailable", "UnknownEdition"]

Happened = Literal["added", "changed", "moved", "removed"]


@dataclass(frozen=True)
class ItemDifference:
    """One item that an import adds, changes, moves or removes, with its fields that differ.

    A question that goes to another topic has `parent` among its fields.
    """

    kind: str
    item_id: str
    what: Happened
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class _Wanted:
    """An item as a pack has it."""

    kind: str
    item_id: str
    parent: str
    data: Data
    position: int


def import_pack(pack: Pack, user: User | None, dry_run: bool = False) -> tuple[ItemDifference, ...]:
    """Make the draft equal to a pack and return what that changes, item by item; a dry run changes nothing.

    Translations that are as they were keep what they were made from, so one whose original changes becomes outdated.

    Raise PackError where the pack could not be written and read back, or has an id twice, and NotAllowed. The draft
    is unchanged then.
    """
    require(user, EDIT)
    canonical_pack, _ = canonical(pack)
    wanted = list(_wanted(canonical_pack))
    _refuse_repeated(wanted)
    with transaction.atomic():
        rows = {(row.kind, row.item_id): row for row in DraftItem.objects.select_for_update()}
        found = _differences(rows, wanted)
        if not dry_run:
            _apply(rows, wanted, found, user)
    return found


def import_zip(data: bytes, user: User | None, dry_run: bool = False) -> tuple[ItemDifference, ...]:
    """Make the draft equal to the pack in a .zip. Raise as `import_pack`; the archive is read in memory only."""
    require(user, EDIT)
    return import_pack(read_zip(data), user, dry_run)


def load_edition(number: int, user: User | None, dry_run: bool = False) -> tuple[ItemDifference, ...]:
    """Make the draft equal to a published edition.

    Raise UnknownEdition, EditionUnavailable where its shape is of the past, and as `import_pack`.
    """
    require(user, EDIT)
    return import_pack(edition_numbered(number).pack, user, dry_run)


def export_pack() -> dict[str, bytes]:
    """Return the draft as the files of a pack, by name, in canonical form. Raise DraftUnreadable."""
    return dict(draft().files)


def start_draft(user: User | None = None) -> bool:
    """Fill an empty draft from the current edition; say whether it was empty and there was one.

    Whoever opens the desk may cause this, so it asks for no role. Safe when two do so at once.
    """
    if DraftItem.objects.exists():
        return False
    newest = Edition.objects.order_by("-number").values_list("number", flat=True).first()
    if newest is None:
        return False
    canonical_pack, _ = canonical(edition_numbered(newest).pack)
    wanted = list(_wanted(canonical_pack))
    _refuse_repeated(wanted)
    try:
        with transaction.atomic():
            if DraftItem.objects.exists():
                return False
            _apply({}, wanted, _differences({}, wanted), user)
    except IntegrityError:  # another did the same, and was faster
        return False
    return True


# --- From a pack to rows -------------------------------------------------------------------------------


def _wanted(pack: Pack) -> Iterator[_Wanted]:
    header = Header(schema_version=pack.schema_version, method=pack.method, note=pack.note)
    yield _Wanted(PACK, PACK, "", stored_form(header), 0)
    for kind in KINDS.values():
        if kind.pack_field:
            yield from _listed(kind.name, getattr(pack, kind.pack_field), "")
    for topic in pack.topics:
        yield from _listed("question", topic.questions, topic.id)


def _listed(kind: str, items: Sequence[Item], parent: str) -> Iterator[_Wanted]:
    for position, item in enumerate(items):
        yield _Wanted(kind, getattr(item, KINDS[kind].id_field), parent, stored_form(item), position)


def _refuse_repeated(wanted: Sequence[_Wanted]) -> None:
    """Raise PackError for ids that stand twice: of two items, one would be lost."""
    times = Counter((one.kind, one.item_id) for one in wanted)
    problems = [
        PackProblem(
            file_of(one.kind, one.item_id, one.parent, one.data),
            called(one.kind, one.item_id),
            f"this id stands {times[one.kind, one.item_id]} times",
            "give each an id of its own",
        )
        for one in wanted
        if times[one.kind, one.item_id] > 1
    ]
    if problems:
        raise PackError(dict.fromkeys(problems))


def _differences(rows: dict[tuple[str, str], DraftItem], wanted: Sequence[_Wanted]) -> tuple[ItemDifference, ...]:
    moved = _moved(rows, wanted)
    found = []
    for one in wanted:
        row = rows.get((one.kind, one.item_id))
        if row is None:
            found.append(ItemDifference(one.kind, one.item_id, "added", field_changes(None, one.data)))
            continue
        fields = field_changes(row.data, one.data) if row.data != one.data else ()
        if row.parent != one.parent:
            fields = (FieldChange("parent", row.parent, one.parent), *fields)
        if fields:
            found.append(ItemDifference(one.kind, one.item_id, "changed", fields))
        elif (one.kind, one.item_id) in moved:
            found.append(ItemDifference(one.kind, one.item_id, "moved"))
    kept = {(one.kind, one.item_id) for one in wanted}
    for key, row in rows.items():
        if key not in kept:
            found.append(ItemDifference(*key, "removed", field_changes(row.data, None)))
    return tuple(found)


def _moved(rows: dict[tuple[str, str], DraftItem], wanted: Sequence[_Wanted]) -> set[tuple[str, str]]:
    """Return the fewest items whose move among their siblings explains the new order."""
    groups: dict[tuple[str, str], list[DraftItem]] = {}
    for one in wanted:
        row = rows.get((one.kind, one.item_id))
        group = group_of(one.kind, one.item_id, one.parent, one.data)
        if row and KINDS[one.kind].is_ordered and group_of(row.kind, row.item_id, row.parent, row.data) == group:
            groups.setdefault((one.kind, group), []).append(row)
    moved = set()
    for members in groups.values():
        stays = _longest_rising([(row.position, row.pk) for row in members])
        moved |= {(row.kind, row.item_id) for number, row in enumerate(members) if number not in stays}
    return moved


def _longest_rising(places: Sequence[tuple[int, int]]) -> set[int]:
    """Return the indices of a longest part that stands in rising order."""
    tails: list[tuple[int, int]] = []
    last: list[int] = []
    before: list[int | None] = []
    for index, place in enumerate(places):
        at = bisect_left(tails, place)
        before.append(last[at - 1] if at else None)
        tails[at:], last[at:] = [place, *tails[at + 1 :]], [index, *last[at + 1 :]]
    found = set()
    index_or_none = last[-1] if last else None
    while index_or_none is not None:
        found.add(index_or_none)
        index_or_none = before[index_or_none]
    return found


def _apply(
    rows: dict[tuple[str, str], DraftItem],
    wanted: Sequence[_Wanted],
    found: Sequence[ItemDifference],
    user: User | None,
) -> None:
    """Write what an import changes, each item with its line of the log."""
    now = timezone.now()
    by_key = {(one.kind, one.item_id): one for one in wanted}
    numbers = {
        (row["kind"], row["item_id"]): row["number"]
        for row in Revision.objects.values("kind", "item_id").order_by().annotate(number=Max("number"))
    }
    log: list[Revision] = []
    added: list[DraftItem] = []
    changed: dict[tuple[str, str], DraftItem] = {}
    for difference in found:
        key = (difference.kind, difference.item_id)
        row, one = rows.get(key), by_key.get(key)
        before = snapshot(row) if row else None
        number = numbers.get(key, 0) + 1
        if one is None:
            after = None
        else:
            if row is None:
                row = DraftItem(kind=one.kind, item_id=one.item_id, translated_from={})
                added.append(row)
            else:
                changed[key] = row
            old_data = before["data"] if before else None
            row.translated_from = origins_after(one.kind, old_data, one.data, row.translated_from)
            row.parent, row.position, row.data = one.parent, one.position, one.data
            row.digest, row.version = digest_of(one.data), number
            row.updated_at, row.updated_by = now, user
            after = snapshot(row)
        log.append(
            Revision(
                kind=difference.kind,
                item_id=difference.item_id,
                number=number,
                action=Action.IMPORTED if one else Action.REMOVED,
                at=now,
                user=user,
                user_name=name_in_log(user),
                before=before,
                after=after,
            )
        )
    DraftItem.objects.filter(pk__in=[row.pk for key, row in rows.items() if key not in by_key]).delete()
    DraftItem.objects.bulk_update(changed.values(), _WRITTEN, batch_size=50)
    # What only stands elsewhere because others came or went is renumbered without a line of the log.
    renumbered = []
    for key, row in rows.items():
        if key in by_key and key not in changed and row.position != by_key[key].position:
            row.position = by_key[key].position
            renumbered.append(row)
    DraftItem.objects.bulk_update(renumbered, ["position"], batch_size=100)
    DraftItem.objects.bulk_create(added, batch_size=50)
    Revision.objects.bulk_create(log, batch_size=50)


_WRITTEN = ("parent", "position", "data", "digest", "version", "translated_from", "updated_at", "updated_by")
