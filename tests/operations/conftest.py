"""Sites and a database server that the tests of operations work on."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.classroom.postgres import Server, server
from tests.operations.site import Site

NewPlace = Callable[[str], Site]
Filled = tuple[Site, dict[str, str]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with server() as found:
        yield found


def make_place(engine: str, folder: Path, request: pytest.FixtureRequest, like: Site | None = None) -> Site:
    """An empty place in a folder on "sqlite" or "postgresql", or one with what another of its engine holds."""
    name = f"place_{uuid.uuid4().hex[:12]}"
    folder = folder / name
    if engine == "sqlite":
        if like:
            shutil.copytree(like.data_dir, folder)
        folder.mkdir(exist_ok=True)
        return Site(folder, f"sqlite:///{folder / 'site.sqlite3'}")
    folder.mkdir()
    found: Server = request.getfixturevalue("postgres")
    template = f" TEMPLATE {like.url.rpartition('/')[2]}" if like else ""
    Site(folder, found.url).do("sql", alias="default", query=f"CREATE DATABASE {name}{template}")
    return Site(folder, f"{found.url.rpartition('/')[0]}/{name}")


@pytest.fixture
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> NewPlace:
    """Make an empty place on either engine."""
    return lambda engine: make_place(engine, tmp_path, request)


@pytest.fixture(scope="session")
def _patterns(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Filled]:
    """One filled site of each engine, which nobody may change."""
    made: dict[str, Filled] = {}

    def of(engine: str) -> Filled:
        if engine not in made:
            site = make_place(engine, tmp_path_factory.mktemp("pattern"), request)
            made[engine] = site, site.do("fill")
        return made[engine]

    return of


@pytest.fixture
def filled_site(
    request: pytest.FixtureRequest, tmp_path: Path, _patterns: Callable[[str], Filled]
) -> Callable[[str], Filled]:
    """Make a site on either engine with something in every table; also return the codes of its classes."""

    def make(engine: str) -> Filled:
        pattern, codes = _patterns(engine)
        return make_place(engine, tmp_path, request, like=pattern), codes

    return make
