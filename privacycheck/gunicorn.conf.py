"""How gunicorn serves the site. HOST, PORT, WEB_CONCURRENCY and THREADS come from the environment."""

import gc
import os

from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]

os.umask(0o077)  # what the site writes is for its own account: on SQLite, whole databases

wsgi_app = "privacycheck.wsgi:application"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("THREADS", "4"))
worker_class = "gthread"  # a slow client occupies a thread, not a process
preload_app = True  # the edition is compiled once and shared by the workers
timeout = 30
graceful_timeout = 20
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
# Holds a heartbeat file without data; in memory, so that a slow disk stops no worker.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # nosec B108

limit_request_line = 2048
limit_request_fields = 60
limit_request_field_size = 8190

# With its default a client could set SCRIPT_NAME by a header that a proxy passes on.
forwarder_headers = ""
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
control_socket_disable = True  # by default gunicorn opens one in the home folder

accesslog = None  # addresses, paths and browsers of visitors are nobody's business


def when_ready(_: object) -> None:
    """Before the workers fork: keep the garbage collector from touching, and so copying, what they share."""
    gc.collect()
    gc.freeze()


class NoAccessLog(Logger):  # type: ignore[misc]
    """Gunicorn's log without a record of each request, which it would make and then throw away."""

    def access(self, *_: object) -> None:
        """Write nothing."""


logger_class = NoAccessLog
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"private": {"()": "apps.website.logs.PrivateFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "private"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
}


def refuse(client: object, status: int, reason: str, message: str) -> None:
    """Answer what is not HTTP, before there is a request: with the site's headers, and nothing of what was sent."""
    from apps.website.middleware import HEADERS  # where this is called, the site is up

    body = f"<!doctype html><html lang=en><meta charset=utf-8><title>{reason}</title><h1>{reason}</h1>"
    headers = {
        **HEADERS,
        "Cache-Control": "no-store",
        "Connection": "close",
        "Content-Length": str(len(body)),
        "Content-Type": "text/html; charset=utf-8",
    }
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items()), "", body]
    util.write_nonblock(client, "\r\n".join(lines).encode("ascii"))


util.write_error = refuse  # gunicorn has no setting for it
