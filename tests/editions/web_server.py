"""A small web server on this machine that behaves as badly as a test asks it to."""

from __future__ import annotations

import socket
import socketserver
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.editions.web_request import Web, is_public

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBkTCCATigAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlnb29kLnRl
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWdvb2QudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKohooy8Wyukrqv9
ZM+Z0OJgsxIQg1sCvE7enAlLFpSZlRXzDA8y8g62vLeIZ1Tvi+ISRJDCyDYxSdba
Es+zQA2jeTB3MBQGA1UdEQQNMAuCCWdvb2QudGVzdDAPBgNVHRMBAf8EBTADAQH/
MA4GA1UdDwEB/wQEAwIChDAdBgNVHQ4EFgQUvR5tUQ/DbovS+uiPrh5ZpOdK8eAw
HwYDVR0jBBgwFoAUvR5tUQ/DbovS+uiPrh5ZpOdK8eAwCgYIKoZIzj0EAwIDRwAw
RAIgRhhz9jpeLmen/zIHEFZR7SHpYtc6jdLAcfKoWEHzud8CIBrmtJCAe2a56l3C
Awv/gx8JzZsRloCYj+ICXThubVXS
-----END CERTIFICATE-----
"""
"""Signed by itself, for good.test only, valid from 2020 to 2119."""

KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1Dgze4Td3aIXwt4w
IOLpv+iuJRYkFCjpwnlVh1oiLZihRANCAASqIaKMvFsrpK6r/WTPmdDiYLMSEINb
ArxO3pwJSxaUmZUV8wwPMvIOtry3iGdU74viEkSQwsg2MUnW2hLPs0AN
-----END PRIVATE KEY-----
"""
"""The key of that certificate. It protects nothing: both were made for these tests."""

Behaviour = Callable[[socket.socket, str], None]
"""What a server does with a connection on which it has read a request; it is given the request's method."""


@dataclass(frozen=True)
class Asked:
    """A request that came: "HEAD", "/page", and the headers with names in small letters."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class WebServer:
    """A server that is running. What is not in `pages` answers 404."""

    port: int
    pages: dict[str, Behaviour] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str, host: str = "good.test", scheme: str = "http") -> str:
        """Return an address of this server under a name."""
        return f"{scheme}://{host}:{self.port}{path}"

    def busy(self, work: Callable[[], object]) -> Behaviour:
        """Do some work, then answer 200. `most_at_once` is how many did so at the same time.

        The counting ends before the answer goes out: the client may come again as soon as it has it.
        """

        def behave(connection: socket.socket, method: str) -> None:
            with self._lock:
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                work()
            finally:
                with self._lock:
                    self._at_once -= 1
            answer(200)(connection, method)

        return behave

    def methods(self, path: str) -> list[str]:
        """Return the methods by which a page was asked for, in order."""
        return [asked.method for asked in self.asked if asked.path == path]


@contextmanager
def web_server(tls: bool = False) -> Iterator[WebServer]:
    """Run a server while the context lasts."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                connection = context.wrap_socket(self.request, server_side=True) if context else self.request
                _serve(server, connection)
            except OSError:
                pass  # the client has gone, as it may

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False  # a page that waits for ever must not hold up the test
        request_queue_size = 50

    context = _server_context() if tls else None
    with Server(("127.0.0.1", 0), Handler) as listener:
        server = WebServer(listener.server_address[1])
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        listener.shutdown()
        thread.join()


def local_web(**changes: Any) -> Web:
    """Return a way to reach sites under which every name is this machine, and this machine may be asked.

    Numeric hosts stay what they are and are judged by the true guard, so private addresses are refused.
    """

    def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host.endswith(".test") else [host]

    defaults: dict[str, Any] = {
        "user_agent": "test-agent/1",
        "resolve": resolve,
        "is_allowed": lambda address: str(address) == "127.0.0.1" or is_public(address),
        "ports": None,
        "certificates": ssl.create_default_context(cadata=CERTIFICATE),
    }
    return Web(**defaults | changes)


def answer(status: int, body: bytes = b"words", **headers: str) -> Behaviour:
    """Answer with a status; a name such as `set_cookie` is the header set-cookie."""

    def behave(connection: socket.socket, method: str) -> None:
        lines = [f"HTTP/1.1 {status} Told", f"content-length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        connection.sendall(head if method == "HEAD" else head + body)

    return behave


def redirect(location: str, status: int = 301, **headers: str) -> Behaviour:
    """Lead on to another address."""
    return answer(status, b"", location=location, **headers)


def by_method(**behaviours: Behaviour) -> Behaviour:
    """Behave differently for HEAD and GET."""
    return lambda connection, method: behaviours[method](connection, method)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Behave differently each time; the last one stays."""
    left = list(behaviours)
    return lambda connection, method: (left.pop(0) if len(left) > 1 else left[0])(connection, method)


def raw(data: bytes) -> Behaviour:
    """Send some bytes and close."""
    return lambda connection, method: connection.sendall(data)


def reset(connection: socket.socket, method: str) -> None:
    """Break the connection off without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silence(connection: socket.socket, method: str) -> None:
    """Say nothing, until the client goes."""
    connection.recv(1)


def endless(connection: socket.socket, method: str) -> None:
    """Send a body that never ends, until the client goes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 8192)


def drip(head: bytes, end: bytes) -> Behaviour:
    """Send single letters of a header for some four seconds, fast enough for any timeout of a single read."""

    def behave(connection: socket.socket, method: str) -> None:
        connection.sendall(head)
        for _ in range(200):
            connection.sendall(b"x")
            time.sleep(0.02)
        connection.sendall(end)

    return behave


def _serve(server: WebServer, connection: socket.socket) -> None:
    with connection:
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.recv(4096)
            if not more:
                return
            head += more
        first, *rest = head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        server.asked.append(Asked(method, path, headers))
        server.pages.get(path, answer(404))(connection, method)


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "both.pem")
        file.write_text(KEY + CERTIFICATE, encoding="ascii")
        context.load_cert_chain(file)
    return context
