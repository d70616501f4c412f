"""Drafts and people for the tests of the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User

from apps.desk.draft import draft_problems
from apps.desk.exchange import import_pack
from apps.desk.items import get_item
from apps.desk.models import DraftItem
from apps.desk.publishing import problem_key
from apps.desk.roles import Role, create_editor
from apps.editions.schema import Pack
from tests.editions.packs import Data, make_pack


def make_editor(name: str, role: Role) -> User:
    """Return a person with a role."""
    return create_editor(name, role)[0]


def make_draft(*changes: Callable[[Data], object]) -> Pack:
    """Fill the draft with the small pack, and return that pack."""
    pack = make_pack(*changes)
    import_pack(pack, None)
    return pack


def data_of(kind: str, item_id: str) -> dict[str, Any]:
    """Return an item's data to be edited."""
    return dict(get_item(kind, item_id).data)


def version_of(kind: str, item_id: str) -> int:
    """Return an item's version."""
    return get_item(kind, item_id).version


def ids(kind: str, parent: str = "") -> list[str]:
    """Return the ids of a kind (and topic) in the order of the draft."""
    rows = DraftItem.objects.filter(kind=kind, parent=parent).order_by("position", "pk")
    return [row.item_id for row in rows]


def everything() -> list[tuple[Any, ...]]:
    """Return all that is stored of the draft, to see that nothing changed."""
    fields = ("kind", "item_id", "parent", "position", "data", "digest", "version", "translated_from")
    return list(DraftItem.objects.order_by("kind", "item_id").values_list(*fields))


def all_ticked() -> dict[str, str]:
    """Return a reason for each warning of the draft."""
    return {problem_key(problem): "It is known." for problem in draft_problems() if problem.warning}
