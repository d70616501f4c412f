"""A visitor of a deployed site: `python -m tests.deploy.walk ORIGIN [CERTIFICATE]` prints what they met, as JSON.

It connects to 127.0.0.1, whatever the name, keeps cookies as a browser does, fills in forms, and runs no script.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import sys
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

MARK = "planted-marker-4711"
"""Stands in an address and in headers: whatever keeps a log would write it down."""


class Form(HTMLParser):
    """The first form of a page that is sent by POST, filled in with the first choice of everything."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._is_inside = self._is_done = False
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attributes}
        if tag == "form" and have.get("method", "").lower() == "post" and not self._is_done:
            self._is_inside, self.action = True, have.get("action", "")
        if not self._is_inside:
            return
        name, value = have.get("name", ""), have.get("value", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and value:
            self.fields.setdefault(self._select, value)
        elif tag == "input" and name:
            kind = have.get("type", "text")
            if (
                kind == "hidden"
                or (kind == "radio" and name not in self.fields)
                or (kind not in {"checkbox", "radio", "submit"})
            ):
                self.fields[name] = value
        elif tag == "button" and name:
            self.fields.setdefault(name, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "form" and self._is_inside:
            self._is_inside, self._is_done = False, True


class Visitor:
    """Somebody with a browser; `port` is where a proxy for that origin listens."""

    def __init__(self, origin: str, certificate: str = "", port: int | None = None) -> None:
        self.origin = origin
        self._at = urlsplit(origin)
        self._port = port or self._at.port or (443 if certificate else 80)
        self._tls = ssl.create_default_context(cafile=certificate) if certificate else None
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
        """Send a request and return the status, headers by lower-case name, and the body."""
        connection = http.client.HTTPConnection(self._at.hostname or "", self._port, timeout=40)
        connection.sock = socket.create_connection(("127.0.0.1", self._port), 40)
        if self._tls:
            connection.sock = self._tls.wrap_socket(connection.sock, server_hostname=self._at.hostname)
        sent = {"Host": self._at.netloc, "User-Agent": MARK, **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            sent |= {"Origin": self.origin, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, body or None, sent)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        found = {name.lower(): value for name, value in answer.headers.items()}
        connection.close()
        return answer.status, found, text

    def page(self, path: str) -> str:
        """Return a page; redirects are followed. Raise AssertionError unless it is well."""
        for _ in range(5):
            status, headers, text = self.ask("GET", path)
            if status not in {301, 302, 303}:
                break
            path = urlsplit(urljoin(path, headers["location"])).path
        assert status == 200, (path, status, text[:300])
        self.path = path
        return text

    def send(self, page: str, **chosen: str) -> str:
        """Fill in and send the form of the page that was asked for last; return the page that answers it."""
        form = Form(page)
        assert form.action is not None, f"no form at {self.path}"
        path = urlsplit(urljoin(self.path, form.action)).path
        status, headers, text = self.ask("POST", path, urlencode(form.fields | chosen))
        assert status in {200, 302, 303}, (path, status, form.fields, title(text))
        if status == 200:
            return text
        return self.page(urlsplit(urljoin(path, headers["location"])).path)


def title(page: str) -> str:
    """Return the heading of a page."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S)
    return re.sub(r"<[^>]+>|\s+", " ", found[1]).strip() if found else ""


def main(origin: str, certificate: str = "") -> dict[str, object]:
    """Walk: start page, first question and its answer, result, a class, and its join page on another device."""
    met: dict[str, object] = {}
    pupil, teacher = Visitor(origin, certificate), Visitor(origin, certificate)
    met["start"] = title(pupil.page("/"))
    met["cookies of the start page"] = len(pupil.cookies)
    question = pupil.send(pupil.page("/en/checkup/"))
    met["first question"] = pupil.path
    pupil.send(question)
    met["second question"] = pupil.path
    pupil.page("/en/result/")
    met["result"] = pupil.path
    status, headers, _ = pupil.ask("GET", "/en/result/")
    met["caching of the result"] = headers["cache-control"]
    met["sheet"] = sorted(pupil.cookies)
    opened = teacher.send(teacher.page("/en/classes/new/"), size="25")
    code = re.search(r"/en/classes/(\w+)/manage/", opened)
    assert code, title(opened)
    met["class"] = code[1]
    met["joining"], _, _ = Visitor(origin, certificate).ask("GET", f"/en/join/{code[1]}/")
    status, _, _ = pupil.ask("GET", f"/en/{MARK}/?q={MARK}", Referer=f"{origin}/{MARK}")
    met["nothing there"] = status
    return met


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
