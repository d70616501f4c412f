"""One request to another site, made so that it can reach nothing but the public web.

An address can come from an editor, and a redirect from anyone. So a name is looked up once, every address it
has must be public, and the connection goes to the very address that was checked: a second look-up could give
another answer. No proxy, no cookie, no redirect is followed here. Source: security bar, server-side requests.
"""

from __future__ import annotations

import errno
import io
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

WEB_PORTS = frozenset({80, 443, 8080, 8443})
"""Where web servers listen. Another port is more likely a slip, or a try to reach something else."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOST_ADDRESSES = 4
"""How many addresses of one name are tried in turn."""

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_SAFE_IN_PATH = "/%:=&?~+!$,;'@()*[]|"
_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_NO_WAY_THERE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


class NotAsked(Exception):
    """An address that we refuse to ask; the message says why."""


class NoAnswer(Exception):
    """No usable answer came; the message says why.

    `connected` says that the server was reached: it may then have stumbled over this very request.
    """

    def __init__(self, reason: str, connected: bool = False) -> None:
        super().__init__(reason)
        self.connected = connected


class TooSlow(NoAnswer):
    """No answer came in time, or none could come just now."""


@dataclass(frozen=True)
class Target:
    """An address taken apart: what to look up, where to connect, what to ask for."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def address(self) -> str:
        """The address in one spelling: small letters, no default port, no fragment, ASCII only."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


@dataclass(frozen=True)
class Answer:
    """What a server answered. Names of headers are in small letters; `body` is cut at the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Deadline:
    """How long one request may take: `wait` seconds for each step, `total` seconds for all of them."""

    def __init__(self, wait: float, total: float) -> None:
        self._wait = wait
        self._end = time.monotonic() + total

    def seconds(self) -> float:
        """Return how long the next step may take. Raise TimeoutError where nothing is left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(self._wait, left)


def is_public(address: IPAddress) -> bool:
    """Say whether an address belongs to the public internet.

    An address that carries an older one inside (IPv4-mapped, NAT64, 6to4) is judged by that one.
    """
    inside = _address_inside(address)
    if inside is not None:
        return is_public(inside)
    if isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC_IPV6:
        return False
    # Python counts group addresses as global.
    return address.is_global and not address.is_multicast


def look_up(host: str, port: int) -> Sequence[str]:
    """Return the numeric addresses of a name, as the system gives them. Raise socket.gaierror."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def target_of(address: str, ports: frozenset[int] | None = WEB_PORTS) -> Target:
    """Return an address taken apart. Raise NotAsked where it is none that we ask.

    `ports` are those that may be asked; None means any.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
        name = parts.hostname
    except ValueError:
        raise NotAsked("it cannot be read as an address") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise NotAsked("only http:// and https:// are looked at")
    if "@" in parts.netloc:
        raise NotAsked("it holds a user name or password")
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    if ports is not None and port not in ports:
        raise NotAsked(f"port {port} is no usual port of a web site")
    path = quote(parts.path or "/", safe=_SAFE_IN_PATH)
    query = f"?{quote(parts.query, safe=_SAFE_IN_PATH)}" if parts.query else ""
    return Target(parts.scheme, _host_of(name or ""), port, path + query)


@dataclass(frozen=True)
class Web:
    """How other sites are reached. What it is made of can be replaced in tests; the defaults are the guard.

    `is_allowed` judges each numeric address of a name, `resolve` gives them, `ports` may be asked (None: any),
    `certificates` decides whom to trust.
    """

    user_agent: str
    is_allowed: Callable[[IPAddress], bool] = is_public
    resolve: Callable[[str, int], Sequence[str]] = look_up
    ports: frozenset[int] | None = WEB_PORTS
    certificates: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def ask(self, method: str, target: Target, deadline: Deadline, most_bytes: int) -> Answer:
        """Make one request and return what came.

        Raise NotAsked where the name leads to an address that is not allowed, NoAnswer or TooSlow where no
        answer came.
        """
        try:
            numeric = self._checked_addresses(target, deadline)
            connection = self._connected(target, numeric, deadline)
        except TimeoutError:
            raise TooSlow("the server could not be reached in time") from None
        with closing(connection):
            try:
                return self._answer(connection, method, target, deadline, most_bytes)
            except TimeoutError:
                raise TooSlow("the server did not answer in time", connected=True) from None
            except OSError:
                raise NoAnswer("the connection broke off", connected=True) from None
            except (HTTPException, ValueError):
                raise NoAnswer("the server's answer cannot be understood", connected=True) from None

    def _checked_addresses(self, target: Target, deadline: Deadline) -> list[str]:
        """Return the numeric addresses of a name, all of them allowed."""
        try:
            found = _in_time(lambda: self.resolve(target.host, target.port), deadline.seconds())
        except socket.gaierror as error:
            if error.errno in _NO_SUCH_NAME:
                raise NoAnswer(f"there is no site of the name {target.host}") from None
            raise TooSlow(f"the name {target.host} cannot be looked up just now") from None
        except UnicodeError:
            raise NotAsked("it has no name of a site") from None
        if not found:
            raise NoAnswer(f"there is no site of the name {target.host}")
        for numeric in found:
            if not self.is_allowed(ipaddress.ip_address(numeric)):
                raise NotAsked(f"{target.host} leads to {numeric}, which is not on the public internet")
        return list(found[:_MOST_ADDRESSES])

    def _connected(self, target: Target, numeric: Sequence[str], deadline: Deadline) -> socket.socket:
        """Return a connection to the first address that takes one, made secure for https."""
        plain = _first_connection(numeric, target.port, deadline)
        if target.scheme == "http":
            return plain
        try:
            plain.settimeout(deadline.seconds())
            return self.certificates.wrap_socket(plain, server_hostname=target.host)
        except ssl.SSLCertVerificationError as error:
            plain.close()
            raise NoAnswer(f"its certificate is not accepted ({error.verify_message})") from None
        except TimeoutError:
            plain.close()
            raise
        except (OSError, ValueError):
            plain.close()
            raise NoAnswer("no secure connection can be made") from None

    def _answer(
        self, connection: socket.socket, method: str, target: Target, deadline: Deadline, most_bytes: int
    ) -> Answer:
        client = HTTPConnection(target.host, target.port)
        client.default_port = _DEFAULT_PORTS[target.scheme]  # left out of the Host header
        client.auto_open = 0  # it must never connect by itself
        client.sock = _TimedSocket(connection, deadline)
        headers = {"User-Agent": self.user_agent, "Accept": "text/html, */*;q=0.8", "Connection": "close"}
        client.request(method, target.path, headers=headers)
        with client.getresponse() as response:
            body = response.read(most_bytes)
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


class _TimedSocket:
    """The part of a socket that http.client uses, with the deadline checked before every step.

    A socket's own timeout starts anew with every byte, so a server that drips would hold us for ever.
    """

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._connection.settimeout(self._deadline.seconds())
        self._connection.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._connection, self._deadline))

    def close(self) -> None:
        """Do nothing: http.client closes before the body is read; `Web.ask` closes the connection at the end."""


class _TimedReader(io.RawIOBase):
    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(self._deadline.seconds())
        return self._connection.recv_into(buffer)


def _address_inside(address: IPAddress) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _host_of(name: str) -> str:
    """Return a host in small ASCII letters. Raise NotAsked where it cannot be one."""
    try:
        return str(ipaddress.IPv6Address(name))
    except ValueError:
        pass
    try:
        host = name.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        host = ""
    if not _HOST.fullmatch(host):
        raise NotAsked("it has no name of a site")
    return host


def _in_time(work: Callable[[], Sequence[str]], seconds: float) -> Sequence[str]:
    """Return what `work` returns. Raise TimeoutError where it takes longer; it is then left to itself.

    The system's look-up of names knows no timeout.
    """
    done: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put(work())
        except Exception as error:
            done.put(error)

    threading.Thread(target=run, name="look-up", daemon=True).start()
    try:
        found = done.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return found


def _first_connection(numeric: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    """Return a connection to the first of some addresses that takes one. Raise what the last one said."""
    problem: Exception = NoAnswer("the server cannot be reached")
    for address in numeric:
        try:
            return socket.create_connection((address, port), timeout=deadline.seconds())
        except TimeoutError as error:
            problem = error
        except ConnectionRefusedError:
            problem = NoAnswer("the server takes no connections")
        except OSError as error:
            if error.errno in _NO_WAY_THERE:
                problem = TooSlow("there is no way to the server from this machine just now")
            else:
                problem = NoAnswer("the server cannot be reached")
    raise problem
