"""Log lines that cannot hold anything of a visitor: `key=value` pairs (logfmt), one line for each event.

A line of a request has the pattern of its address, never the address: `route=en/checkup/<slug:question_id>/`.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import threading
import time
import traceback
import warnings
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseFileResponse

# A line that cannot be written is lost. Else Python would print it to the error output as it came, arguments and all.
logging.raiseExceptions = False

REQUESTS = logging.getLogger("apps.website.requests")

STATIC, UNKNOWN = "static", "unknown"
"""What stands for the route of a static file, and for that of an address where nothing is."""

METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
OTHER = "other"
"""What stands for any other method: a client can send every word as one."""

MOST_PLACES = 25
"""How many places of the code a fault is told with, beginning where it happened."""

_OF_GUNICORN = (
    "WORKER TIMEOUT",
    "Worker (pid",
    "Worker failed to boot",
    "Shutting down",
    "Reason: Worker failed to boot",
)
"""How messages of gunicorn begin that tell of its processes alone."""

_PLAIN = re.compile(r"[!#-<>-\[\]-~]+")
"""One word of ASCII without a quotation mark, an equals sign or a backslash."""

_current: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)


# --- A request -------------------------------------------------------------------------------------------


class during:  # noqa: N801 - used like a function
    """Within it, each line of the log carries the id of this request."""

    __slots__ = ("_request", "_token")

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __enter__(self) -> None:
        """Begin."""
        self._token = _current.set(self._request)

    def __exit__(self, *_: object) -> None:
        """End."""
        _current.reset(self._token)


def request_id(request: HttpRequest) -> str:
    """Return 16 random hexadecimal digits, made when first asked for. They tell nothing of who asked for what."""
    found: str | None = request.__dict__.get("_request_id")
    if found is None:
        found = request.__dict__["_request_id"] = secrets.token_hex(8)
    return found


def route_of(request: HttpRequest, response: HttpResponse | None = None) -> str:
    """Return the pattern of the address, as the resolver knows it; STATIC or UNKNOWN where there is none."""
    match = getattr(request, "resolver_match", None)
    if match is not None:
        return str(match.route) or "/"
    return STATIC if isinstance(response, WhiteNoiseFileResponse) else UNKNOWN


def method_of(request: HttpRequest) -> str:
    """Return the method, if it is one of those that are in use."""
    return request.method if request.method in METHODS else OTHER


def log_request(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Write the one line of a request. Time is counted until the answer begins to be sent."""
    status = response.status_code
    level = logging.ERROR if status >= 500 else logging.WARNING if status >= 400 else logging.INFO
    fields = {
        "method": method_of(request),
        "route": route_of(request, response),
        "status": status,
        "ms": f"{seconds * 1000:.1f}",
    }
    # Made by hand: finding out which line of the code called would cost more than all the rest.
    record = logging.LogRecord(REQUESTS.name, level, __file__, 0, "request", (), None)
    record.request, record.fields = request, fields
    REQUESTS.handle(record)


# --- A line ----------------------------------------------------------------------------------------------


class PrivateFormatter(logging.Formatter):
    """Format a record as time, level, logger and what happened, without the values that came with it.

    Django and gunicorn put addresses, paths and headers into their messages, and messages of exceptions can quote
    what a visitor sent. So what another package says is written as the place in the code that said it, and of an
    exception only its type and the places it came through. What gunicorn says of its processes is passed on. The
    time is to the second: a finer one would help to tell who was who.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields: dict[str, object] = {
            "time": _second(int(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": _said(record),
        }
        request = getattr(record, "request", None) or _current.get()
        if own := getattr(record, "fields", None):
            fields |= own
        elif request is not None and hasattr(record, "status_code"):
            fields |= {"route": route_of(request), "status": record.status_code}
        if record.exc_info and record.exc_info[0] is not None:
            fields |= _fault(record.exc_info[1], record.exc_info[2])
        if isinstance(request, HttpRequest):
            fields["id"] = request_id(request)
        return " ".join([f"{name}={_quoted(value)}" for name, value in fields.items()])


@lru_cache(maxsize=4)
def _second(since_1970: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since_1970))


def _quoted(value: object) -> str:
    """Return a value as it stands in a line: in quotation marks unless it is one plain word."""
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _said(record: logging.LogRecord) -> str:
    """Return the message, if it can hold nothing of a visitor, else the place in the code that said it."""
    if record.name.startswith("apps."):
        return _message(record)
    if record.name == "gunicorn.error":
        template = str(record.msg)
        if template.startswith("Invalid request"):
            return "refused what is not a request"
        # Below it, at the level DEBUG, gunicorn tells every path.
        if record.levelno == logging.INFO or template.startswith(_OF_GUNICORN):
            return _message(record)
    return f"{record.module}.{record.funcName}"


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # the arguments do not fit
        return f"{record.module}.{record.funcName}"


def _fault(error: BaseException | None, trace: TracebackType | None) -> dict[str, object]:
    """Return the types of an exception and of what caused it, and the places it came through, innermost first."""
    kinds: list[str] = []
    seen = error
    while seen is not None and len(kinds) < 5:
        kinds.append(type(seen).__name__)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    places = [
        f"{Path(frame.f_code.co_filename).name}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(trace)
    ]
    return {"error": " from ".join(kinds), "at": " < ".join(places[: -MOST_PLACES - 1 : -1])}


# --- What Python itself would print ------------------------------------------------------------------------


class OnlyFaults(logging.Filter):
    """Let a record pass only if it tells of an exception: a plain refusal has its line already."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record passes."""
        return bool(record.exc_info and record.exc_info[0])


def take_over_hooks() -> None:
    """Log what Python would print by itself, message and all: faults of threads and of finalizers, and warnings."""
    logger = logging.getLogger(__name__)

    def in_thread(found: threading.ExceptHookArgs) -> None:
        if found.exc_type is not SystemExit:
            logger.error("A thread ended by a fault.", exc_info=(found.exc_type, found.exc_value, found.exc_traceback))  # type: ignore[arg-type]

    def unraisable(found: Any) -> None:
        logger.error("A fault while cleaning up.", exc_info=(found.exc_type, found.exc_value, found.exc_traceback))

    def warned(message: object, category: type[Warning], filename: str, lineno: int, *_: object, **__: object) -> None:
        logger.warning("%s at %s:%d.", category.__name__, Path(filename).name, lineno)

    threading.excepthook = in_thread
    sys.unraisablehook = unraisable
    warnings.showwarning = warned
