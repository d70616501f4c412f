"""Where a request comes from, for limits only: an address is never stored, logged or shown.

Two kinds of limit use it. `apps.classroom.limits` counts in a table that all processes share; `Limiter` here counts
in one process, for pages that are to need no query.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control

IPV4_PREFIX, IPV6_PREFIX = 24, 56
"""One school or home: addresses that share so many leading bits count as one."""

UNKNOWN = "unknown"
MOST_KEYS = 50_000
"""How many networks one process counts at a time: some five megabytes. Beyond it, counting begins anew."""

View = Callable[..., HttpResponse]


def address_of(request: HttpRequest) -> str:
    """Return the address a request came from.

    Behind as many proxies as the setting PROXIES says, it is what the outermost of them noted, counted from the
    right of X-Forwarded-For: whatever a visitor wrote into that header stands further left. With no proxy the
    header is not looked at.
    """
    direct = str(request.META.get("REMOTE_ADDR") or "")
    if not settings.PROXIES:
        return direct
    noted = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    return noted[-settings.PROXIES] if len(noted) >= settings.PROXIES else direct


def address_prefix(address: str) -> str:
    """Return what stands for an address: its /24 or /56 network, like "192.0.2.0/24".

    What is no address counts as one and the same visitor.
    """
    try:
        found = ipaddress.ip_address(address.strip().partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    bits = IPV4_PREFIX if found.version == 4 else IPV6_PREFIX
    return str(ipaddress.ip_network((found, bits), strict=False))


def sender(request: HttpRequest) -> str:
    """Return what stands for whoever sent a request, in limits: the network of their address."""
    return address_prefix(address_of(request))


class Limiter:
    """At most so many requests of one kind from one network in so many seconds, counted in this process.

    Networks are kept as hashes under a key that is made anew for each stretch of time and known to nobody.
    """

    def __init__(self, most: int, seconds: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing counted."""
        self.most = most
        self.seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._stretch = -1
        self._key = b""
        self._counts: dict[bytes, int] = {}

    def allow(self, who: str) -> bool:
        """Count one request and return whether it was within the limit."""
        with self._lock:
            stretch = int(self._clock() // self.seconds)
            if stretch != self._stretch or len(self._counts) >= MOST_KEYS:
                self._stretch, self._key, self._counts = stretch, secrets.token_bytes(16), {}
            mark = hashlib.blake2b(who.encode("utf-8", "surrogatepass"), key=self._key, digest_size=8).digest()
            self._counts[mark] = self._counts.get(mark, 0) + 1
            return self._counts[mark] <= self.most

    def seconds_left(self) -> int:
        """Return how long the present stretch of time still lasts; at least 1."""
        return max(1, self.seconds - int(self._clock() % self.seconds))

    def __call__(self, counts: Callable[[HttpRequest], bool]) -> Callable[[View], View]:
        """Return a decorator that limits a view, for the requests that count."""

        def decorate(view: View) -> View:
            @wraps(view)
            def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
                if counts(request) and not self.allow(sender(request)):
                    return too_often(request, self.seconds_left(), self.seconds)
                return view(request, *args, **kwargs)

            return wrapped

        return decorate


@cache_control(private=True, no_store=True)
def too_often(request: HttpRequest, wait: int, stretch: int) -> HttpResponse:
    """Say kindly that there were too many tries: come back after `wait` seconds of a stretch of so many."""
    response = render(request, "too_often.html", {"seconds": stretch}, status=429)
    response["Retry-After"] = str(wait)
    return response
