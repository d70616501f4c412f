"""After a walk nothing of the person is in the database, its journal or the log, whatever they sent."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

PACK = Path(__file__).resolve().parents[2] / "apps" / "editions" / "pack"
AGENT = "MarkerBrowser/7.7"
MARKERS = {
    "query": "markerquery1",
    "path": "markerpath2",
    "answer": "markeranswer3",
    "code": "MARKERCQDE4",
    "file": "markerfile5",
    "field": "markerfield6",
    "referer": "markerreferer7",
    "host": "markerhost8",
    "cookie": "markercookie9",
    "language": "markerlanguage10",
}


class _Person:
    """A browser without scripts: it keeps cookies and fills in forms."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.page = ""
        self.address = ""

    def send(self, path: str, data: list[tuple[str, str]] | bytes | None = None, **headers: str) -> int:
        """Send a request and keep the page; return the status."""
        body = urllib.parse.urlencode(data).encode() if isinstance(data, list) else data
        request = urllib.request.Request(self.server + path, body, {"User-Agent": AGENT, **headers})
        try:
            with self.opener.open(request) as response:
                self.page, self.address, status = response.read().decode(), response.url, response.status
        except urllib.error.HTTPError as error:
            self.page, status = error.read().decode(), error.code
        return status

    def submit(self, path: str, *fields: tuple[str, str], **headers: str) -> int:
        """Send a form with its token."""
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', self.page)
        return self.send(path, [("csrfmiddlewaretoken", token[1] if token else ""), *fields], **headers)


def _whole_walk(person: _Person) -> None:
    persona = next(p for p in yaml.safe_load((PACK / "personas.yaml").read_text()) if p["id"] == "maya")
    person.send("/en/checkup/")
    person.submit("/en/checkup/", ("topic", "whole"), ("who", "me"), ("place", "uk"), ("situation", "study"))
    while match := re.search(r"/en/checkup/(q\d+)/$", person.address):
        given = persona["answers"][match[1]]
        values = given if isinstance(given, list) else [given]
        assert person.submit(f"/en/checkup/{match[1]}/", *(("answer", value) for value in values)) == 200
    person.send("/en/result/")
    person.submit("/en/plan/", ("step", "a20"), ("done", "1"))


def test_the_server_keeps_nothing_of_a_walk_and_logs_nothing_of_a_visitor(server, data_folder):
    before = _kept(data_folder)
    person = _Person(server)
    _whole_walk(person)
    secrets = {cookie.value for cookie in person.jar}
    person.send("/en/result/")
    secrets.add(re.search(r'id="resume-code">([^<]+)<', person.page)[1])
    for path in ("/en/result/print/", "/en/result/save", "/en/self-audit/", "/en/result/reminder.ics", "/en/paper/"):
        assert person.send(path) == 200

    # Everything that goes wrong, each with a mark of its own.
    person.send(f"/en/checkup/?topic={MARKERS['query']}", Referer=f"http://{MARKERS['referer']}.example/")
    person.send(f"/en/nothing/{MARKERS['path']}/")
    person.send(f"/en/checkup/{MARKERS['path']}/")
    person.send("/en/checkup/q1/")
    person.submit("/en/checkup/q1/", ("answer", MARKERS["answer"]), (MARKERS["field"], "x"))
    person.submit("/en/plan/", ("step", MARKERS["answer"]))
    person.send("/en/resume/")
    person.submit("/en/resume/", ("code", MARKERS["code"]))
    person.send("/en/checkup/q1/", [("answer", MARKERS["answer"])])  # without a token
    person.send("/en/", Host=f"{MARKERS['host']}.example")
    person.send("/en/result/", Cookie=f"sheet={MARKERS['cookie']}")
    person.send("/", **{"Accept-Language": MARKERS["language"]})
    person.send("/en/checkup/q1/", MARKERS["file"].encode() * 20_000)  # too large
    person.send("/en/result/load/", MARKERS["file"].encode(), **{"Content-Type": "multipart/form-data; boundary=x"})
    person.send("/en/erase/")
    person.submit("/en/erase/")

    logs = "".join(log.read_text() for log in data_folder.rglob("*.log"))
    assert logs, "the server's log is where we look"
    everything = logs.encode() + b"".join(_kept(data_folder).values())
    for secret in (*secrets, *MARKERS.values(), AGENT, "Traceback"):
        assert secret.encode() not in everything, secret
    assert "127.0.0.1 -" not in logs
    assert {name: len(body) for name, body in _kept(data_folder).items()}.keys() == before.keys()
    assert _kept(data_folder) == before, "a file of the server changed while a visitor walked"


def _kept(folder: Path) -> dict[str, bytes]:
    """Return every file of the data folder but the logs and the shared-memory index of SQLite's journal."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".log" and not path.name.endswith("-shm")
    }
