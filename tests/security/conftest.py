"""The site as visitors of a public host meet it: https ends at a proxy, which passes requests on."""

from __future__ import annotations

import http.client
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import Morsel, SimpleCookie
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.bench.servers import ROOT, SITE, Server, environment, prepared_folder, serving

HOST = "privacycheck.test"
PASSWORD = "five plain words in a row"
_networks = count(1)


@dataclass(frozen=True)
class Answer:
    """What came back. `headers` are by small letters; of a header that came twice, the last."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, Morsel[str]]
    page: str


@dataclass
class Visitor:
    """A browser without scripts behind the proxy; it keeps cookies, and what each of them was set with."""

    port: int
    address: str = "192.0.2.1"
    scheme: str = "https"
    kept: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Morsel[str]] = field(default_factory=dict)
    page: str = ""

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send a request and return the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {"Host": HOST, "X-Forwarded-Proto": self.scheme, "X-Forwarded-For": self.address}
        if self.kept:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.kept.items())
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, sent)
        response = connection.getresponse()
        page = response.read().decode("utf-8", "replace")
        cookies: dict[str, Morsel[str]] = {}
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                cookies |= SimpleCookie(value)
        connection.close()
        self.seen |= cookies
        for name, morsel in cookies.items():
            if morsel["max-age"] == "0":
                self.kept.pop(name, None)
            else:
                self.kept[name] = morsel.value
        if page:
            self.page = page
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, cookies, page)

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page."""
        return self.ask("GET", path, **headers)

    def send(self, path: str, **fields: str | list[str]) -> Answer:
        """Send a form with the token of the last page, as from that page."""
        found = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', self.page)
        form = {"csrfmiddlewaretoken": found[1] if found else "", **fields}
        body = urlencode(form, doseq=True).encode()
        more = {"Content_Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}"}
        return self.ask("POST", path, body, **more)


@pytest.fixture(scope="session")
def public_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DATA_DIR of the site, with the editor "ann-of-the-desk", who can publish."""
    folder = tmp_path_factory.mktemp("public-site") / "data"
    with prepared_folder() as fresh:
        shutil.copytree(fresh, folder)
    make = (
        "import django; django.setup()\n"
        "from apps.desk.roles import Role, create_editor\n"
        "from apps.desk.exchange import start_draft\n"
        "user, _ = create_editor('ann-of-the-desk', Role.PUBLISHER)\n"
        f"user.set_password({PASSWORD!r}); user.save(); start_draft()\n"
    )
    subprocess.run([sys.executable, "-c", make], cwd=ROOT, env=environment(folder), check=True, timeout=60)
    return folder


@pytest.fixture(scope="session")
def public_site(public_folder: Path) -> Iterator[Server]:
    """The site under https, as gunicorn serves it behind one proxy."""
    variables = {"PUBLIC_ORIGIN": f"https://{HOST}", "SECRET_KEY": secrets.token_urlsafe(64), "PROXIES": "1"}
    with serving(SITE, public_folder, workers=1, threads=4, settings="privacycheck.settings", **variables) as running:
        yield running


@pytest.fixture
def visitor(public_site: Server) -> Visitor:
    """Somebody without cookies, from a network of their own."""
    return Visitor(public_site.port, f"10.{next(_networks)}.0.1")
