"""Every kind of page of a real server is asked in every wrong way, with a mark on all that a visitor can send.

Then everything that the server wrote is searched for the marks.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from tests.bench.servers import ROOT, SITE, environment, prepared_folder, serving
from tests.website.faulty import ROOT_URLCONF, TOKEN
from tests.website.faulty_urls import FAULTS
from tests.website.test_logs import read

MARK = "zx9mark"
"""What every marked value holds, in any mix of capitals."""
ADDRESS = "203.0.113.77"
CODE = "K7Q2MX"  # of a class that is not there
NUMBER = "998877665"
PASSWORD = f"{MARK} is a long enough password"
EDITOR = f"{MARK}-editor"
TOKEN_FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')

MARKED_HEADERS = {
    "User-Agent": f"{MARK}-agent/7.7",
    "Referer": f"http://{MARK}-referer.example/{MARK}?{MARK}",
    "Accept-Language": f"{MARK}-x, en",
    "Authorization": f"Bearer {MARK}-authorization",
    "X-Forwarded-For": ADDRESS,
    "Forwarded": f"for={ADDRESS}",
    "X-Request-ID": f"{MARK}-id",
    "If-None-Match": f'"{MARK}-etag"',
}


class Visitor:
    """A browser that keeps cookies and marks whatever it sends. `seen` holds all that the server gave it to keep."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.seen: set[str] = set()
        self.statuses: Counter[int] = Counter()
        self.page = self.token = ""
        self.location = ""

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
        """Send a request and keep the page; return the status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        cookies = "; ".join(f"{name}={value}" for name, value in {"tracker": f"{MARK}-cookie", **self.cookies}.items())
        sent = {**MARKED_HEADERS, "Cookie": cookies, "Origin": f"http://127.0.0.1:{self.port}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        try:
            content = response.read()
        except http.client.IncompleteRead:
            content = b""
        self.page = content.decode("utf-8", "replace")
        if found := TOKEN_FIELD.search(self.page):
            self.token = found[1]
            self.seen.add(self.token)
        self.location = response.headers.get("Location", "")
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
            self.seen.add(value.strip('"'))
        connection.close()
        self.statuses[response.status] += 1
        return response.status

    def get(self, path: str, **headers: str) -> int:
        """Ask for a page, with a marked query."""
        return self.ask("GET", f"{path}{'&' if '?' in path else '?'}q={MARK}-query&{MARK}=1", **headers)

    def post(self, path: str, **fields: str | list[str]) -> int:
        """Send a form with the token of the last form that was seen, and a marked field."""
        data = {"csrfmiddlewaretoken": self.token, f"{MARK}-field": f"{MARK}-value", **fields}
        body = urlencode(data, doseq=True).encode()
        return self.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded")

    def follow(self) -> str:
        """Go where the last answer led, and return the path."""
        path = urlsplit(urljoin("http://127.0.0.1/", self.location)).path
        self.ask("GET", path)
        return path


AT_LENGTH = {"/editor/publish/sensitivity/"}
"""A form that keeps the server busy for seconds; that page is asked for in the other ways."""


# --- Who asks, and for what ------------------------------------------------------------------------------


def every_address() -> Iterator[tuple[str, str]]:
    """Yield each route of the site with an address of it whose ids are marked."""
    with translation.override("en"):
        yield from _below(get_resolver(ROOT_URLCONF).url_patterns, "")


def _below(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _below(pattern.url_patterns, route)
        else:
            path = route.replace("(?P<url>.*)$", f"{MARK}-rest")
            path = path.replace("(?P<app_label>auth)/$", "auth/")
            path = re.sub(r"<int:\w+>", NUMBER, path)
            path = re.sub(r"<slug:language>", "en", path)
            yield route, "/" + re.sub(r"<(?:\w+:)?\w+>", f"{MARK}-id", path)


def walk_checkup(visitor: Visitor) -> None:
    visitor.get("/en/checkup/")
    visitor.post("/en/checkup/", topic="t1", who="me", place=f"{MARK}-place", situation=f"{MARK}-situation")
    assert visitor.post("/en/checkup/", topic="t1", who="me", place="uk", situation="study") == 303
    while (path := visitor.follow()).startswith("/en/checkup/q"):
        assert visitor.post(path, answer=f"{MARK}-answer") == 422
        value = re.search(r'name="answer"[^>]*value="([a-z]+)"', visitor.page)
        assert visitor.post(path, answer=value[1] if value else "unsure") == 303
    visitor.get("/en/result/")
    visitor.seen |= set(re.findall(r'id="resume-code">([^<]+)<', visitor.page))
    visitor.post("/en/resume/", code=f"{MARK}-code")
    visitor.post("/en/plan/", step=f"{MARK}-step", done="1")
    file = json.dumps({"format": MARK, MARK: MARK})
    body = f'--{MARK}\r\nContent-Disposition: form-data; name="file"; filename="{MARK}.json"\r\n\r\n{file}\r\n--{MARK}--\r\n'
    visitor.ask("POST", "/en/result/load/", body.encode(), Content_Type=f"multipart/form-data; boundary={MARK}")
    visitor.get(f"/en/search/?q={MARK}")
    visitor.get("/en/letters/l1/")
    visitor.post("/en/letters/l1/", name=f"{MARK}-name", company=f"{MARK}-company")


def walk_class(teacher: Visitor, pupil: Visitor) -> None:
    teacher.get("/en/classes/new/")
    assert teacher.post("/en/classes/new/", age_group="14-18", size="12", rounds="1", label=f"{MARK}-label") == 200
    code, secret = re.search(r"/en/classes/([A-Z0-9]{6})/manage/([\w-]{32})/", teacher.page).groups()
    teacher.seen |= {code, secret}
    home, link = f"/en/classes/{code}/", f"/en/classes/{code}/manage/{secret}/"
    for visitor in (teacher, pupil):
        for path in ("", "screen/", "results/", "results.csv", "delete/", "close/"):
            visitor.get(home + path)
        visitor.get(link + "x/")
        visitor.get(link[:-2] + "/")
    teacher.get(link)
    teacher.get(home)
    teacher.post(f"{home}slips/")
    teacher.post(f"{home}new-link/")
    teacher.seen |= set(re.findall(r"manage/([\w-]{32})/", teacher.page))
    pupil.get("/en/join/")
    assert pupil.post("/en/join/", code=code) == 303
    pupil.follow()
    pupil.post(f"/en/join/{code}/", **{"as": "maya"})
    pupil.follow()
    pupil.get("/en/result/")
    fields = dict(re.findall(r'name="(round|edition|pick-[^"]*)"[^>]*value="([^"]*)"', pupil.page))
    pupil.post(f"/en/join/{code}/add/", **fields)
    pupil.post(f"/en/join/{code}/add/", **{**fields, "slip": f"{MARK}-slip"})
    teacher.get(home)
    teacher.post(f"{home}close/", round="1")
    teacher.post(f"{home}close/", round=MARK)


def sign_in(editor: Visitor, folder: Path) -> None:
    made = subprocess.run(
        [sys.executable, "manage.py", "create_editor", EDITOR, "--role", "administrator"],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    link = urlsplit(made.stdout.splitlines()[-1]).path
    editor.seen |= set(link.split("/")[-3:-1])
    editor.get(link)
    path = editor.follow() if editor.location else link
    editor.post(path, new_password1=PASSWORD, new_password2=f"{PASSWORD}-other")
    assert editor.post(path, new_password1=PASSWORD, new_password2=PASSWORD) == 302
    editor.get("/editor/sign-in/")
    editor.post("/editor/sign-in/", username=f"{MARK}-nobody", password=f"{MARK}-wrong")
    assert editor.post("/editor/sign-in/", username=EDITOR, password=PASSWORD) == 303
    assert editor.get("/editor/") == 200


def ask_everything(visitor: Visitor, only: str = "/", leave_out: str = "-") -> None:
    """Ask for every address: by GET, with a form, without its token, by another method; signing out comes last."""
    for _, path in sorted(every_address(), key=lambda found: found[1] == "/editor/sign-out/"):
        if not path.startswith(only) or path.startswith(leave_out):
            continue
        visitor.get(path)
        if path not in AT_LENGTH:
            visitor.post(path, text=f"{MARK}-text", code=f"{MARK}-code", username=f"{MARK}-user", password=f"{MARK}-word")
        visitor.ask("POST", path, urlencode({"x": MARK}).encode(), Content_Type="application/x-www-form-urlencoded")
        visitor.ask("PUT", f"{path}?{MARK}", MARK.encode())


def break_things(visitor: Visitor) -> None:
    """Send what is refused before a page is reached, and what faults."""
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    for path in ("/en/checkup/", "/en/result/load/", "/editor/sign-in/"):
        visitor.ask("POST", path, MARK.encode() * 60_000, **form)
        visitor.ask("POST", path, f"x={MARK}".encode(), Content_Type=f"application/x-www-form-urlencoded; charset={MARK}")
        visitor.ask("POST", path, "&".join(f"{MARK}{n}={n}" for n in range(1500)).encode(), **form)
        visitor.ask("POST", path, f"--{MARK}\r\nbroken".encode(), Content_Type="multipart/form-data")
        visitor.ask("POST", path, b"x=1", Content_Type=MARK, Origin=f"http://{MARK}.example")
        visitor.ask("GET", path, Host=f"{MARK}-host.example")
        visitor.ask(MARK.upper(), path)
        visitor.ask("GET", path, Cookie=f"sheet={MARK}; editor={MARK}; csrftoken={MARK}; class-{MARK.upper()}={MARK}")
    visitor.seen.add(CODE)
    for _ in range(40):  # more than may be tried in a minute
        visitor.get(f"/en/join/{CODE}/")
    visitor.ask("GET", f"/{MARK}/")
    visitor.ask("GET", "/en/%ED%A0%80/" + MARK)
    visitor.ask("GET", f"/metrics?{MARK}")
    for fault in FAULTS:
        visitor.ask("POST" if fault == "in-view" else "GET", f"/fault/{fault}/{MARK}/?{MARK}")


RAW = [
    f"{MARK}\r\n\r\n",
    f"GET /{MARK}\r\n\r\n",
    f"GET /{MARK} HTTP/9.9-{MARK}\r\nHost: x\r\n\r\n",
    f"GE({MARK})T / HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET /{MARK * 600} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    f"GET /{MARK} HTTP/1.1\r\nHost: 127.0.0.1\r\n{MARK} {MARK}\r\n\r\n",
    f"GET /{MARK} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-{MARK}: {MARK * 2000}\r\n\r\n",
    f"GET /{MARK} HTTP/1.1\r\nHost: 127.0.0.1\r\n" + f"X-{MARK}: {MARK}\r\n" * 100 + "\r\n",
    f"POST /en/checkup/?{MARK} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n{MARK}\r\n",
    f"POST /{MARK} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {MARK}\r\n\r\n",
    f"POST /{MARK} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n{MARK}",
    f"POST /{MARK} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: {MARK}\r\n\r\n{MARK}",
    f"GET /{MARK} HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: {MARK}\r\n\r\n",
    f"GET http://{MARK}.example/{MARK} HTTP/1.1\r\nHost: {MARK}\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nSCRIPT_NAME: /{MARK}\r\nX-Forwarded-Proto: https\r\n\r\n",
    f"PRI * HTTP/2.0\r\n\r\n{MARK}\r\n\r\n",
    "\x16\x03\x01" + MARK,
]


def send_raw(port: int, data: str) -> None:
    """Send what no browser would, and hang up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(data.encode("latin-1"))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except OSError:
            pass


# --- The test --------------------------------------------------------------------------------------------


def test_nothing_of_a_visitor_is_in_the_output_of_a_server_whatever_they_ask_for():
    with prepared_folder() as folder:
        with serving(SITE, folder, workers=2, threads=4, settings="tests.website.faulty") as server:
            people = [Visitor(server.port) for _ in range(5)]
            walker, teacher, pupil, editor, stranger = people
            sign_in(editor, folder)
            walk_checkup(walker)
            walk_class(teacher, pupil)
            stranger.get("/en/checkup/")  # for a token, without which no form would reach its view
            ask_everything(stranger)
            ask_everything(walker, leave_out="/editor/")
            ask_everything(editor, only="/editor/")
            break_things(stranger)
            break_things(walker)
            for data in RAW:
                send_raw(server.port, data)
            assert stranger.ask("GET", "/metrics", Authorization=f"Bearer {TOKEN}") == 200
            figures = stranger.page
        # Stopped by now, so that what it says at the end is there too.
        log = "".join(path.read_text(errors="replace") for path in folder.glob("server-*.log"))
    statuses = sum((visitor.statuses for visitor in people), Counter())
    lines = [read(line) for line in log.splitlines()]  # whoever wrote a line, it is made of fields
    _assert_that_everything_was_asked(lines, statuses)
    _assert_that_nothing_is_there((log + figures).lower(), set().union(*(visitor.seen for visitor in people)))
    own = [fields["msg"] for fields in lines if "127.0.0.1" in str(fields)]
    assert len(own) == 1, "no address but the server's own"
    assert own[0].startswith(f"Listening at: http://127.0.0.1:{server.port} ")


def _assert_that_everything_was_asked(lines: list[dict[str, str]], statuses: Counter[int]) -> None:
    """Without this the search would prove nothing: each route was asked for, and each request has its line."""
    requests = [fields for fields in lines if fields["msg"] == "request"]
    missing = {route or "/" for route, _ in every_address()} - {fields["route"] for fields in requests}
    assert not missing
    assert {200, 302, 303, 400, 401, 403, 404, 405, 413, 422, 429, 500} <= set(statuses)
    assert all(fields["route"].startswith("fault/") for fields in requests if fields["status"] == "500")
    logged = Counter(int(fields["status"]) for fields in requests)
    assert not {status: count for status, count in statuses.items() if logged[status] < count}
    # Besides these there are the first look at the server, and broken requests that were one after all.
    assert sum(logged.values()) - sum(statuses.values()) <= len(RAW) + 5
    assert {"apps.website.requests", "django.request", "gunicorn.error", "apps.website.logs"} <= {
        fields["logger"] for fields in lines
    }
    assert {tuple(fields)[:4] for fields in lines} == {("time", "level", "logger", "msg")}


def _assert_that_nothing_is_there(output: str, seen: set[str]) -> None:
    for marked in (MARK, ADDRESS, NUMBER, PASSWORD.lower()):
        assert marked not in output
    kept = {value for value in seen if len(value) >= 6}
    assert len(kept) > 10, "codes, tokens and cookies were given out"
    assert not {value for value in kept if value.lower() in output}
    for word in ("traceback", 'file \\"', "cookie", "csrfmiddlewaretoken", "sessionid"):
        assert word not in output, word
