"""What all tests share: the shipped pack, an edition in memory, and a guard against the outside world."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings as hypothesis_settings

if TYPE_CHECKING:
    from apps.editions.compiled import CompiledEdition
    from apps.editions.schema import Pack

ROOT = Path(__file__).resolve().parent.parent
PACK = ROOT / "apps" / "editions" / "pack"

# Times say little on a shared machine, so no example has a deadline. CI tries the same examples each time: a
# change fails for what it did, while a developer's runs go on looking elsewhere.
hypothesis_settings.register_profile("here", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "here")

# --- The outside world ---------------------------------------------------------------------------------

_tried_to_reach: list[str] = []


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _guard(event: str, values: tuple[Any, ...]) -> None:
    """Refuse what leaves this machine: connections, single packets, and questions for the address of a name."""
    if event == "socket.getaddrinfo":
        host = values[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg") and isinstance(values[1], tuple):
        host = values[1][0]
    else:
        return
    if not _is_here(host):
        _tried_to_reach.append(str(host))
        raise ConnectionRefusedError(f"a test tried to reach {host}")


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def no_outside_world() -> Iterator[None]:
    """Fail a test that tried to reach anything but this machine, even if the code under test hid the error."""
    yield
    tried = list(_tried_to_reach)
    _tried_to_reach.clear()
    assert tried == []


# --- The edition ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shipped_pack() -> Pack:
    """The pack that the site is shipped with."""
    from apps.editions.pack_files import read_pack

    return read_pack(PACK)


@pytest.fixture(scope="session")
def compiled_pack(shipped_pack: Pack) -> CompiledEdition:
    """The shipped pack as edition 1, compiled once for all tests that only read it."""
    from apps.editions.compiled import CompiledEdition

    edition = CompiledEdition(1, shipped_pack)
    edition.warm(["en"])
    return edition


@pytest.fixture
def edition(
    compiled_pack: CompiledEdition, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[CompiledEdition]:
    """The shipped pack as the current edition, held in memory.

    A test with the mark `django_db` finds it published in its database too; one without cannot query at all,
    so every page that it sees came without a query.
    """
    from apps.editions import current, services

    current.forget()
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        services.publish(compiled_pack.pack, "First edition")
    monkeypatch.setattr(current, "_current", compiled_pack)
    yield compiled_pack
    current.forget()


@pytest.fixture
def anew(edition: CompiledEdition, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make the pages anew: what was kept of them is not, so that changed settings show."""
    from apps.editions import current
    from apps.editions.compiled import CompiledEdition

    def forget_pages() -> None:
        monkeypatch.setattr(current, "_current", CompiledEdition(edition.number, edition.pack))

    forget_pages()
    return forget_pages
