"""Changes to stored editions."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from pydantic import ValidationError

from apps.editions.changes import changes, to_json
from apps.editions.models import Edition
from apps.editions.pack_files import content_hash
from apps.editions.schema import Pack


def publish(pack: Pack, note: str, at: dt.datetime | None = None) -> tuple[Edition, bool]:
    """Store a pack as the next edition and return it with True.

    Where the current edition has the same content already, return that one with False. The caller has
    checked the pack (`checks.problems`). Workers pick the edition up by themselves (`current`).
    """
    digest = content_hash(pack)
    with transaction.atomic():
        latest = Edition.objects.select_for_update().order_by("-number").first()
        if latest and latest.content_hash == digest:
            return latest, False
        edition = Edition.objects.create(
            number=latest.number + 1 if latest else 1,
            content=pack.model_dump_json(exclude_defaults=True),
            content_hash=digest,
            note=note,
            published_at=at or timezone.now(),
            changes=_changes_since(latest, pack),
        )
    return edition, True


def _changes_since(latest: Edition | None, pack: Pack) -> str:
    """Return what is different from the latest edition, for its field `changes`.

    Empty where the latest was written for an older schema and can no longer be read.
    """
    try:
        old = Pack.model_validate_json(latest.content) if latest else None
    except ValidationError:
        return ""
    return to_json(changes(old, pack))
