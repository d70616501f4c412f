"""What all tests share: the shipped pack, an edition in memory, and a guard against the outside world."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACK = ROOT / "apps" / "editions" / "pack"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(scope="session")
def shipped_pack():
    """The pack that the site is shipped with."""
    from apps.editions.pack_files import read_pack

    return read_pack(PACK)


@pytest.fixture(scope="session")
def compiled_pack(shipped_pack):
    """The shipped pack, compiled once for all tests that only read it."""
    from apps.editions.compiled import CompiledEdition

    edition = CompiledEdition(1, shipped_pack)
    edition.warm(["en"])
    return edition


@pytest.fixture
def edition(compiled_pack, monkeypatch) -> Iterator[object]:
    """The shipped pack as the current edition, in memory: a test without a database mark cannot query."""
    from apps.editions import current

    current.forget()
    monkeypatch.setattr(current, "_current", compiled_pack)
    yield compiled_pack
    current.forget()


@pytest.fixture(autouse=True)
def no_outside_world(monkeypatch) -> None:
    """Fail a test that connects to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
