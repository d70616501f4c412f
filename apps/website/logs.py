"""Log lines that cannot hold anything of a visitor."""

from __future__ import annotations

import logging
import time
import traceback
from pathlib import Path


class PrivateFormatter(logging.Formatter):
    """Format a record as time, level, logger and what happened, without the values that came with it.

    Django and gunicorn put addresses, paths and headers into their warnings, and messages of exceptions can
    quote what a visitor sent. So from warnings upwards a record of another package is written as the place in
    the code that made it, and of an exception only its type and the places it came through. What gunicorn's
    arbiter says (it starts, stops and counts workers) never holds anything of a visitor.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; an exception follows in a line of its own."""
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        is_told = record.name.startswith("apps.") or record.module == "arbiter" or record.levelno < logging.WARNING
        message = record.getMessage() if is_told else f"{record.module}.{record.funcName}"
        line = f"{when} {record.levelname} {record.name} {message}{self._route(record)}"
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])
            places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
            line += f"\n  {record.exc_info[0].__name__} at {places}"
        return line

    @staticmethod
    def _route(record: logging.LogRecord) -> str:
        """Return the pattern of the address (`en/checkup/<slug:question_id>/`), never the address itself."""
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        status = getattr(record, "status_code", None)
        return (f" status={status}" if status else "") + (f" route={match.route}" if match else "")
