"""A bad network: a proxy that delays, resets, and cuts answers off."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from random import Random

CUT_AFTER = 200
DELAY_SECONDS = 0.3
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Trouble(Enum):
    """What becomes of one connection."""

    NONE = "none"
    DELAY = "delay"
    RESET_BEFORE = "reset before the site has the request"
    RESET_AFTER = "reset when the site has answered"
    CUT = "cut after so many bytes of the answer"


def by_chance(seed: int) -> Callable[[], Trouble]:
    """Return what gives each connection some trouble: about half of them go well."""
    chance, kinds = Random(seed), list(Trouble)
    return lambda: chance.choice([*kinds, Trouble.NONE, Trouble.NONE, Trouble.NONE])


@contextmanager
def bad_network(site: int, trouble: Callable[[], Trouble]) -> Iterator[int]:
    """Give a port that leads to the one of the site; each connection has the next trouble."""
    loop = asyncio.new_event_loop()
    ready: list[int] = []
    started = threading.Event()
    over = asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(lambda *ends: _carry(site, trouble(), *ends), "127.0.0.1", 0)
        ready.append(server.sockets[0].getsockname()[1])
        started.set()
        await over.wait()
        server.close()
        open_ones = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert started.wait(10)
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


async def _carry(
    site: int, trouble: Trouble, from_visitor: asyncio.StreamReader, to_visitor: asyncio.StreamWriter
) -> None:
    """Carry one request there and its answer back: each connection has one of either."""
    with suppress(OSError, asyncio.IncompleteReadError):
        request = await _request(from_visitor)
        if trouble is Trouble.RESET_BEFORE:
            return _reset(to_visitor)
        if trouble is Trouble.DELAY:
            await asyncio.sleep(DELAY_SECONDS)
        answers, asks = await asyncio.open_connection("127.0.0.1", site)
        asks.write(request)
        await asks.drain()
        answer = await answers.read()  # to its end, as the site is asked to close
        asks.close()
        if trouble is Trouble.RESET_AFTER:
            return _reset(to_visitor)
        to_visitor.write(answer[:CUT_AFTER] if trouble is Trouble.CUT else answer)
        await to_visitor.drain()
        to_visitor.close()
    return None


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head[:-2] + b"Connection: close\r\n\r\n" + await reader.readexactly(length)


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()
