"""The edition that the tests of classes use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.editions.packs import make_pack, text

if TYPE_CHECKING:
    from apps.editions.compiled import CompiledEdition

FAMILIES = ("delete", "settings", "refuse", "ask", "lock", "share-less", "agree", "report", "notice")


@pytest.fixture(scope="session")
def edition_in_use() -> CompiledEdition:
    """The small pack as edition 1: five scored topics, and as many families of actions as the shipped pack has."""
    from apps.editions.compiled import CompiledEdition

    pack = make_pack(lambda data: data.update(families=[{"id": one, "name": text(one)} for one in FAMILIES]))
    return CompiledEdition(1, pack)
