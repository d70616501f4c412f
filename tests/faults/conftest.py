"""Folders with a site's data, prepared once and copied for each drill."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import translation

from apps.editions.compiled import CompiledEdition
from tests.bench.servers import manage, prepare, prepared_folder
from tests.classroom.postgres import Server, server

Place = Callable[[], Path]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def _pattern() -> Iterator[Path]:
    with prepared_folder() as folder:
        yield folder


@pytest.fixture
def place(_pattern: Path, tmp_path: Path) -> Path:
    """A folder with a site on SQLite, its tables made and its first edition published."""
    folder = tmp_path / "data"
    shutil.copytree(_pattern, folder)
    return folder


@pytest.fixture
def postgres(place: Path) -> Iterator[Server]:
    """A PostgreSQL of its own with the same, for the site in that folder."""
    with server() as found:
        prepare(place, DATABASE_URL=found.url)
        yield found


@pytest.fixture
def edition(compiled_pack: CompiledEdition) -> CompiledEdition:
    """The edition that the site shows."""
    return compiled_pack


__all__ = ["manage"]
