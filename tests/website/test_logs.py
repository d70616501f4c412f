"""Lines of the log: what they tell, and what they cannot."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
import threading
import warnings

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import resolve

from apps.website import logs, middleware
from apps.website.logs import PrivateFormatter

SECRET = "Zx9marker"
PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^\s"=]+)(?: |$)')


def read(line):
    """Return the fields of a line, having proved that it holds nothing but fields."""
    pairs = PAIR.findall(line)
    assert "".join(match[0] for match in PAIR.finditer(line)) == " ".join(f"{name}={value}" for name, value in pairs) == line
    return {name: json.loads(value) if value.startswith('"') else value for name, value in pairs}


def line_of(name, level, message, *values, **more):
    record = logging.LogRecord(name, level, f"/x/{name}.py", 7, message, values, more.pop("exc_info", None), "doing")
    vars(record).update(more)
    return PrivateFormatter().format(record)


@pytest.fixture
def log(monkeypatch):
    """What the handlers of the site write."""
    stream = io.StringIO()
    for handler in (*logging.getLogger("django").handlers, *logging.root.handlers):
        if isinstance(handler.formatter, PrivateFormatter):
            monkeypatch.setattr(handler, "stream", stream)
    return stream


def lines_of(log):
    return [read(line) for line in log.getvalue().splitlines()]


# --- One line --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "level", "message", "values", "told"),
    [
        ("apps.desk", logging.WARNING, "Publication %d failed.", (3,), "Publication 3 failed."),
        ("apps.desk", logging.WARNING, 'It said "%s"\nand = more', ("no",), 'It said "no"\nand = more'),
        ("apps.desk", logging.WARNING, "Publication %d failed.", (SECRET,), "apps.desk.doing"),
        ("django.request", logging.WARNING, "Not Found: %s", (SECRET,), "django.request.doing"),
        ("django.security.csrf", logging.WARNING, "Forbidden (%s): %s", (SECRET, SECRET), "django.security.csrf.doing"),
        ("another", logging.INFO, SECRET, (), "another.doing"),
        ("gunicorn.error", logging.INFO, "Booting worker with pid: %s", (12,), "Booting worker with pid: 12"),
        ("gunicorn.error", logging.CRITICAL, "WORKER TIMEOUT (pid:%s)", (12,), "WORKER TIMEOUT (pid:12)"),
        ("gunicorn.error", logging.ERROR, "Worker (pid:%s) was sent %s!", (12, "SIGKILL"), "Worker (pid:12) was sent SIGKILL!"),
        ("gunicorn.error", logging.WARNING, f"Invalid request from ip=203.0.113.7: {SECRET}", (), "refused what is not a request"),
        ("gunicorn.error", logging.ERROR, "Error handling request %s", (SECRET,), "gunicorn.error.doing"),
        ("gunicorn.error", logging.DEBUG, "%s %s", ("GET", f"/en/{SECRET}/"), "gunicorn.error.doing"),
    ],
)
def test_a_message_is_told_only_where_it_can_hold_nothing_of_a_visitor(name, level, message, values, told):
    line = line_of(name, level, message, *values)
    assert SECRET not in line
    assert "203.0.113" not in line
    fields = read(line)
    assert (fields["level"], fields["logger"], fields["msg"]) == (logging.getLevelName(level).lower(), name, told)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fields["time"])


def raised():
    visitor = SECRET
    try:
        try:
            raise OperationalError(f"bad {visitor}")
        except OperationalError as error:
            raise ValueError(f"worse {visitor}") from error
    except ValueError:
        return sys.exc_info()


def test_of_a_fault_only_its_kinds_and_places_are_told():
    line = line_of("django.request", logging.ERROR, f"Internal Server Error: /{SECRET}", exc_info=raised())
    fields = read(line)
    assert SECRET not in line
    assert fields["error"] == "ValueError from OperationalError"
    assert re.fullmatch(r"test_logs\.py:\d+ raised", fields["at"])


def deep(levels):
    if levels:
        deep(levels - 1)
    raise ValueError(SECRET)


def test_a_deep_fault_is_one_line_of_bounded_length():
    try:
        deep(300)
    except ValueError:
        line = line_of("apps.any", logging.ERROR, "Deep.", exc_info=sys.exc_info())
    assert line.count("\n") == 0
    assert read(line)["at"].count(" < ") == logs.MOST_PLACES - 1


# --- Requests --------------------------------------------------------------------------------------------


def browser(settings, wanted):
    settings.REQUEST_LOG = wanted
    return Client(raise_request_exception=False)  # loads the middleware anew, with this setting


def test_every_request_has_one_line_where_that_is_wanted(edition, settings, log):
    client = browser(settings, "all")
    client.get(f"/en/checkup/?topic={SECRET}", headers={"cookie": f"sheet={SECRET}", "referer": f"http://{SECRET}/"})
    client.get(f"/en/guides/{SECRET}/")
    client.get(f"/{SECRET}/")
    client.post("/en/method/", {"x": SECRET})
    client.generic(SECRET.upper(), "/en/")
    assert SECRET.lower() not in log.getvalue().lower()
    seen = [tuple(fields.get(name) for name in ("level", "method", "route", "status")) for fields in lines_of(log)]
    assert seen == [
        ("info", "GET", "en/checkup/", "200"),
        ("warning", "GET", "en/guides/<slug:guide_id>/", "404"),
        ("warning", "GET", "unknown", "404"),
        ("warning", "POST", "en/method/", "405"),
        ("warning", "other", "en/", "405"),
    ]
    for fields in lines_of(log):
        assert float(fields["ms"]) > 0
    ids = {fields["id"] for fields in lines_of(log)}
    assert len(ids) == 5
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in ids)


@pytest.mark.parametrize(("wanted", "statuses"), [("all", ["200", "404"]), ("errors", ["404"]), ("none", [])])
def test_which_requests_have_a_line_is_a_setting(edition, settings, log, wanted, statuses):
    client = browser(settings, wanted)
    client.get("/en/guides/")
    client.get("/en/guides/nothing/")
    assert [fields["status"] for fields in lines_of(log)] == statuses


def _fail(*args, **kwargs):
    raise ValueError(SECRET)


def test_a_fault_and_its_request_share_an_id_that_the_visitor_can_name(edition, settings, log, monkeypatch):
    client = browser(settings, "errors")
    monkeypatch.setattr("apps.website.views.render", _fail)
    response = client.get(f"/en/self-audit/?x={SECRET}")
    assert response.status_code == 500
    fault, request = lines_of(log)
    assert (fault["error"], fault["route"], request["route"]) == ("ValueError", "en/self-audit/", "en/self-audit/")
    assert fault["id"] == request["id"] == response["X-Request-ID"]
    assert SECRET not in log.getvalue()


def test_an_answer_without_a_fault_carries_no_id_and_none_is_taken_over(edition, settings, log):
    client = browser(settings, "all")
    for address in ("/en/", "/en/checkup/", "/en/nothing/"):
        response = client.get(address, headers={"x-request-id": SECRET})
        assert "X-Request-ID" not in response
    assert SECRET not in log.getvalue()


def test_our_own_lines_within_a_request_carry_its_id(log):
    request = RequestFactory().get(f"/en/{SECRET}/")
    with logs.during(request):
        logging.getLogger("apps.any").warning("Within.")
    logging.getLogger("apps.any").warning("After.")
    within, after = lines_of(log)
    assert within["id"] == logs.request_id(request)
    assert "id" not in after


def test_a_static_file_is_one_route(edition, settings, log, tmp_path):
    (tmp_path / f"{SECRET}.css").write_text("a{}")
    settings.STATIC_ROOT = tmp_path
    client = browser(settings, "all")
    assert client.get(f"/static/{SECRET}.css").status_code == 200
    assert client.get(f"/static/not-{SECRET}.css").status_code == 404
    assert [fields["route"] for fields in lines_of(log)] == ["static", "unknown"]
    assert SECRET not in log.getvalue()


def test_the_route_never_depends_on_the_address(edition):
    request = RequestFactory().get("/en/classes/K7Q2MX/")
    request.resolver_match = resolve("/en/classes/K7Q2MX/")
    assert logs.route_of(request) == "en/classes/<str:code>/"
    assert logs.route_of(RequestFactory().get(f"/{SECRET}/")) == "unknown"


def test_counting_and_logging_stand_outermost(settings):
    assert settings.MIDDLEWARE[0] == f"{middleware.__name__}.{middleware.observed.__name__}"


# --- What Python would print -------------------------------------------------------------------------------


@pytest.fixture
def hooks(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    logs.take_over_hooks()


class Broken:
    def __del__(self):
        raise ValueError(SECRET)


@pytest.mark.usefixtures("hooks")
def test_faults_of_threads_and_finalizers_and_warnings_are_lines_too(log, capfd):
    thread = threading.Thread(target=_fail)
    thread.start()
    thread.join()
    Broken()
    warnings.showwarning(UserWarning(SECRET), UserWarning, "/x/place.py", 7)
    *faults, warning = lines_of(log)
    assert [fields["error"] for fields in faults] == ["ValueError", "ValueError"]
    assert (warning["level"], warning["msg"]) == ("warning", "UserWarning at place.py:7.")
    assert SECRET not in log.getvalue() + "".join(capfd.readouterr())


def test_a_line_that_cannot_be_written_says_nothing_of_what_it_held(tmp_path):
    program = (
        "import django, logging; django.setup()\n"
        f"logging.getLogger('apps.any').warning('two %s %s', '{SECRET}')\n"
        "class Full:\n"
        "    def write(self, text): raise OSError('no space')\n"
        "    def flush(self): pass\n"
        "logging.root.handlers[0].stream = Full()\n"
        f"logging.getLogger('apps.any').warning('%s', '{SECRET}')\n"
        "print('went on')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "privacycheck.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "went on\n"
    assert SECRET not in done.stderr
    assert len(done.stderr.splitlines()) == 1
