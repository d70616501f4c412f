"""A small HTTP client on raw sockets: it keeps connections and cookies, and takes little of the machine."""

from __future__ import annotations

import gzip
import re
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin

TIMEOUT_SECONDS = 60
"""As long as nginx waits for the site, unless told."""
REFUSALS = {429, 503}
NOT_MODIFIED = 304
"""Its answer has no body, whatever length it states."""
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
AS_BROWSERS_DO = (
    "User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Mobile\r\n"
    "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.7\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Dest: document\r\n"
)


class RequestFailed(Exception):
    """An answer that did not come, or is not the one that was expected."""


class Refused(RequestFailed):
    """A 429 or 503 that says when to come again: what a site above its limits answers."""


@dataclass(frozen=True)
class Reply:
    """An answer as it came: `headers` by lower-case name, `cookies` as set, the body still compressed."""

    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes
    head_bytes: int

    def text(self) -> str:
        """Return the body as text, unpacked where it is gzipped."""
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()

    def expect(self, status: int, what: str) -> Reply:
        """Return the reply itself. Raise RequestFailed, or Refused, if its status is another one."""
        if self.status != status:
            is_kind = self.status in REFUSALS and "retry-after" in self.headers
            raise (Refused if is_kind else RequestFailed)(f"{what} was answered with {self.status}, not {status}")
        return self


@dataclass(frozen=True)
class Request:
    """A request whose address may be replaced: all else stays the same for the site and for the bare view.

    `more` are further lines of its head, each with its line end.
    """

    method: str
    path: str
    encoding: str = "gzip"
    cookies: str = ""
    body: bytes = b""
    more: str = ""

    def raw(self, port: int, path: str = "") -> bytes:
        """Return the bytes to send to a port, with `path` in place of the request's own."""
        head = f"{self.method} {path or self.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{AS_BROWSERS_DO}"
        head += f"Accept-Encoding: {self.encoding}\r\n{self.more}"
        if self.cookies:
            head += f"Cookie: {self.cookies}\r\n"
        if self.method == "POST":
            head += f"Origin: http://127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            head += f"Content-Length: {len(self.body)}\r\n"
        return head.encode() + b"\r\n" + self.body


class Connection:
    """One connection to a port of this machine, opened anew where the server closed it meanwhile."""

    def __init__(self, port: int) -> None:
        """Remember the port; the connection is opened with the first request."""
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, raw: bytes) -> Reply:
        """Send one request and return the answer. Raise RequestFailed."""
        is_kept = self._socket is not None
        try:
            self.send(raw)
            return self.receive()
        except (ConnectionError, _Closed):
            self.close()
            if not is_kept:
                raise RequestFailed("The server closed the connection without an answer") from None
        self.send(raw)
        return self.receive()

    def send(self, raw: bytes) -> None:
        """Send one request without waiting for its answer."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(raw)

    def receive(self) -> Reply:
        """Return the answer to the request sent last. Raise RequestFailed."""
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        first, *lines = data[:end].decode("latin-1").split("\r\n")
        headers, cookies = {}, []
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
            if name.lower() == "set-cookie":
                cookies.append(value.strip())
        status = int(first.split()[1])
        if "content-length" not in headers and status != NOT_MODIFIED:
            raise RequestFailed("An answer does not say how long it is")
        length = 0 if status == NOT_MODIFIED else int(headers["content-length"])
        body = bytearray(data[end + 4 :])
        while len(body) < length:
            body += self._more()
        if headers.get("connection") == "close":
            self.close()
        return Reply(status, headers, tuple(cookies), bytes(body), end + 4)

    def _more(self) -> bytes:
        if self._socket is None:
            raise _Closed("The connection is closed")
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            raise RequestFailed(f"No answer within {TIMEOUT_SECONDS} seconds") from None
        if not data:
            raise _Closed("The server closed the connection in the middle of an answer")
        return data

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Closed(RequestFailed):
    pass


@dataclass(frozen=True)
class Exchange:
    """One request of a browser, how its answer was sized, and how long it took in seconds."""

    request: Request
    status: int
    size: int
    seconds: float


@dataclass
class Browser:
    """What a visitor's browser does: it keeps cookies and sends forms with their token. It runs no script.

    `more` are further lines of the head of each request, each with its line end.
    """

    port: int
    encoding: str = "gzip"
    cookies: dict[str, str] = field(default_factory=dict)
    more: str = ""
    exchanges: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the connection that all requests share."""
        self._connection = Connection(self.port)

    def get(self, path: str) -> Reply:
        """Return a page."""
        return self._ask("GET", path)

    def post(self, path: str, page: Reply, fields: Iterable[tuple[str, str]]) -> Reply:
        """Send the form of a page, with the token it carries. Raise RequestFailed if it carries none."""
        token = TOKEN.search(page.text())
        if token is None:
            raise RequestFailed(f"The form of {path} carries no token")
        return self._ask("POST", path, urlencode([("csrfmiddlewaretoken", token[1]), *fields]).encode())

    def follow(self, path: str, reply: Reply) -> tuple[str, Reply]:
        """Return the address that a redirect leads to, and its page."""
        address = urljoin(path, reply.headers.get("location", "")).partition("#")[0]
        return address, self.get(address)

    def request(self, method: str, path: str, body: bytes = b"") -> Request:
        """Return a request as this browser would send it now."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return Request(method, path, self.encoding, cookies, body, self.more)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes = b"") -> Reply:
        request = self.request(method, path, body)
        begun = time.perf_counter()
        reply = self._connection.ask(request.raw(self.port))
        seconds = time.perf_counter() - begun
        self.exchanges.append(Exchange(request, reply.status, len(reply.body), seconds))
        for cookie in reply.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            if "max-age=0" in cookie.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return reply
