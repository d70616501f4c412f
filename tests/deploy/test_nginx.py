"""The configuration of nginx, with a real nginx before a small server that tells what reached it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.bench.servers import children, free_port
from tests.deploy.proxy import NGINX

ROOT = Path(__file__).resolve().parents[2]
NAME = "privacy.example"
SECRET = "planted-secret-8213"

pytestmark = pytest.mark.skipif(NGINX is None or shutil.which("envsubst") is None, reason="needs nginx and envsubst")


class Upstream(BaseHTTPRequestHandler):
    """Answers with what it was asked, under the headers that the query string names."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        type(self).asked.append(self.path)
        seen = {name.lower(): value for name, value in self.headers.items()}
        said = json.dumps({"number": len(self.asked), "headers": seen, "body": length}).encode()
        status, *headers = self.path.partition("?")[2].split("&") if "?" in self.path else ["200"]
        self.send_response(int(status or 200))
        for header in headers:
            name, _, value = header.replace("%20", " ").partition("=")
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_POST = do_GET  # noqa: N815 - the library asks for this name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass
class Proxy:
    """A running nginx."""

    http: int
    https: int
    folder: Path
    upstream: ThreadingHTTPServer

    def connect(self, name: str = NAME) -> socket.socket:
        """Return a connection of a visitor, with TLS."""
        tls = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        return tls.wrap_socket(socket.create_connection(("127.0.0.1", self.https), 20), server_hostname=name)

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[HTTPResponse, str]:
        """Return the answer to a visitor."""
        connection = HTTPConnection(NAME, 443, timeout=20)
        connection.sock = self.connect()
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text

    def reached(self, path: str, **headers: str) -> dict[str, str]:
        """Return the headers that the site sees."""
        found: dict[str, str] = json.loads(self.ask(path, **headers)[1])["headers"]
        return found


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    """nginx as the guide sets it up, but for ports and folders."""
    folder = Path(tempfile.mkdtemp(prefix="privacycheck-nginx-"))
    folder.chmod(0o755)  # its workers are another user
    try:
        yield from _running(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _running(folder: Path) -> Iterator[Proxy]:
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    try:
        with nginx_before(folder, upstream.server_port) as ports:
            yield Proxy(*ports, folder, upstream)
    finally:
        upstream.shutdown()
        upstream.server_close()


@contextmanager
def nginx_before(folder: Path, port: int) -> Iterator[tuple[int, int]]:
    """Run nginx, with its files in a folder, before what listens on a port; give its ports for http and https."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"),
            *(
                "-addext",
                f"subjectAltName=DNS:{NAME}",
                "-keyout",
                str(folder / "key.pem"),
                "-out",
                str(folder / "cert.pem"),
            ),
        ],
        check=True,
        capture_output=True,
    )
    (folder / "acme" / ".well-known" / "acme-challenge").mkdir(parents=True)
    (folder / "acme" / ".well-known" / "acme-challenge" / "token").write_text("proof")
    ports = free_port(), free_port()
    values = {
        "SERVER_NAME": NAME,
        "UPSTREAM": f"127.0.0.1:{port}",
        "HTTP_PORT": str(ports[0]),
        "HTTPS_PORT": str(ports[1]),
        "CERTIFICATE": str(folder / "cert.pem"),
        "CERTIFICATE_KEY": str(folder / "key.pem"),
        "CACHE_DIR": str(folder / "cache"),
        "ACME_DIR": str(folder / "acme"),
    }
    values["PATH"] = os.environ["PATH"]
    site = subprocess.run(["sh", "deploy/nginx.sh"], cwd=ROOT, env=values, capture_output=True, text=True, check=True)
    (folder / "site.conf").write_text(site.stdout)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/main.log info;\nevents {{}}\n"
        f"http {{\naccess_log {folder}/access.log;\n{temporary}include {folder}/site.conf;\n}}\n"
    )
    process = subprocess.Popen(
        [str(NGINX), "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.PIPE
    )
    try:
        for _ in range(100):
            time.sleep(0.1)
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", ports[1])) == 0:
                    break
            assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
        yield ports
    finally:
        process.terminate()
        process.wait(10)


def test_what_a_visitor_says_of_themselves_does_not_reach_the_site(proxy):
    seen = proxy.reached(
        "/who",
        X_Forwarded_For="192.0.2.7",
        X_Forwarded_Proto="http",
        X_Forwarded_Host="evil.example",
        Forwarded="for=192.0.2.7",
        Authorization="Bearer stolen",
        Script_Name="/evil",
    )
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "https"
    assert seen["host"] == NAME
    assert not {"x-forwarded-host", "forwarded", "authorization"} & set(seen)


@pytest.mark.parametrize(
    ("headers", "is_kept"),
    [
        ("Cache-Control=public,%20max-age=300", True),
        ("Cache-Control=max-age=31536000,%20public,%20immutable", True),
        ("Cache-Control=private,%20no-store", False),
        ("Cache-Control=private,%20max-age=300", False),
        ("Cache-Control=max-age=300", False),
        ("Cache-Control=public,%20max-age=300,%20private", False),
        ("Expires=Thu,%2001%20Jan%202099%2000:00:00%20GMT", False),
        ("X=nothing", False),
        ("Cache-Control=public,%20max-age=300&Set-Cookie=a=b", False),
        ("Cache-Control=public,%20max-age=300&Vary=*", False),
    ],
)
def test_only_pages_for_everybody_are_kept(proxy, headers, is_kept):
    path = f"/page?200&{headers}"
    first, second = (json.loads(proxy.ask(path, Cookie=f"who={one}")[1])["number"] for one in ("me", "you"))
    assert (first == second) == is_kept


def test_a_kept_page_has_a_form_for_each_encoding(proxy):
    path = "/both?200&Cache-Control=public,%20max-age=300&Vary=Accept-Encoding"
    assert proxy.reached(path, Accept_Encoding="gzip")["accept-encoding"] == "gzip"
    assert proxy.reached(path, Accept_Encoding="identity")["accept-encoding"] == "identity"


def test_editors_get_nothing_kept(proxy):
    path = "/editor/x?200&Cache-Control=public,%20max-age=300"
    assert json.loads(proxy.ask(path)[1])["number"] != json.loads(proxy.ask(path)[1])["number"]


def test_the_sites_headers_pass_as_they_are_and_missing_ones_are_added(proxy):
    answer, _ = proxy.ask("/own?404&Content-Security-Policy=own&Cache-Control=no-store&Referrer-Policy=own")
    assert answer.status == 404
    assert answer.headers.get_all("Content-Security-Policy") == ["own"]
    assert answer.headers.get_all("Referrer-Policy") == ["own"]
    assert answer.headers.get_all("Cache-Control") == ["no-store"]
    bare, _ = proxy.ask("/bare?400")
    assert bare.headers.get_all("Cache-Control") == ["no-store"]
    assert bare.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert "default-src 'none'" in bare.headers["Content-Security-Policy"]
    assert bare.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    busy, _ = proxy.ask("/busy?503&Retry-After=7")
    assert busy.headers.get_all("Retry-After") == ["7"]
    assert busy.headers["Server"] == "nginx"


def test_bodies_are_limited_and_editors_may_send_more(proxy):
    assert json.loads(proxy.ask("/en/result/load/", "POST", b"x" * 200_000)[1])["body"] == 200_000
    answer, text = proxy.ask("/en/result/load/", "POST", b"x" * 300_000)
    assert answer.status == 413
    assert "too large" in text
    assert answer.headers.get_all("Cache-Control") == ["no-store"]
    assert json.loads(proxy.ask("/editor/import/", "POST", b"x" * 8_500_000)[1])["body"] == 8_500_000


def test_a_slow_body_reaches_the_site_whole_or_not_at_all(proxy):
    before = len(Upstream.asked)
    with proxy.connect() as slow:
        slow.sendall(f"POST /slow HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 100\r\n\r\nhalf".encode())
        time.sleep(0.5)
        assert len(Upstream.asked) == before


def test_what_is_sent_waits_in_memory_and_not_on_the_disk(proxy):
    with proxy.connect() as slow:
        head = f"POST /slow HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 200001\r\n\r\n"
        slow.sendall(head.encode() + b"x" * 200_000)
        time.sleep(0.5)
        # nginx unlinks such a file at once, so look at what its processes hold open.
        master = int((proxy.folder / "pid").read_text())
        held = []
        for process in (master, *children(master)):
            for link in Path(f"/proc/{process}/fd").iterdir():
                held.append(os.readlink(link))
    assert any(str(proxy.folder) in name for name in held)  # its log, so the look was allowed
    assert not [name for name in held if name.startswith(f"{proxy.folder}/client_body")]


def test_no_server_has_a_log():
    template = (ROOT / "deploy" / "nginx.conf.template").read_text()
    assert template.count("\nserver {") == 4
    for server in template.split("\nserver {")[1:]:
        assert re.findall(r"(?m)^\s*(?:access|error)_log (.*);", server) == ["off", "/dev/null emerg"]


def test_other_names_get_no_certificate_and_no_answer(proxy):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        proxy.connect("other.example")
    with socket.create_connection(("127.0.0.1", proxy.http), 10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: other.example\r\n\r\n")
        assert plain.recv(100) == b""
    with proxy.connect() as mixed:
        mixed.sendall(b"GET / HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n")
        assert mixed.recv(100).split()[1] == b"421"


def test_plain_http_is_only_for_certificates(proxy):
    def ask(path: str) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", proxy.http, timeout=10)
        connection.request("GET", path, headers={"Host": NAME})
        return connection.getresponse()

    moved = ask("/en/?a=b")
    assert (moved.status, moved.headers["Location"]) == (301, f"https://{NAME}/en/?a=b")
    assert ask("/.well-known/acme-challenge/token").read() == b"proof"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_tls_is_refused(proxy, version):
    tls = ssl.create_default_context(cafile=str(proxy.folder / "cert.pem"))
    tls.set_ciphers("ALL:@SECLEVEL=0")
    tls.minimum_version = tls.maximum_version = ssl.TLSVersion[version]
    with pytest.raises((ssl.SSLError, ConnectionError)):
        tls.wrap_socket(socket.create_connection(("127.0.0.1", proxy.https), 10), server_hostname=NAME)


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    assert data, "the connection was closed"
    return data


def test_a_flood_from_one_address_gets_a_kind_429(proxy):
    def most(count: int) -> list[bytes]:
        with proxy.connect() as one:
            one.settimeout(10)
            found = []
            for _ in range(count):
                one.sendall(f"GET /flood HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
                data = b""
                while b"\r\n\r\n" not in data:
                    data += _more(one)
                length = int(data.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                while len(data.partition(b"\r\n\r\n")[2]) < length:
                    data += _more(one)
                found.append(data)
            return found

    got = [answer for _ in range(2) for answer in most(900)]
    refused = [answer for answer in got if answer.split()[1] == b"429"]
    assert len([answer for answer in got if answer.split()[1] == b"200"]) >= 600
    assert refused
    assert b"Retry-After: 10" in refused[0]
    assert b"Too many requests" in refused[0]
    assert b"no-store" in refused[0]
    time.sleep(1)
    assert proxy.ask("/after")[0].status == 200


def test_while_the_site_is_away_kept_pages_are_served_and_others_say_so(proxy):
    path = "/stale?200&Cache-Control=public,%20max-age=1"
    kept = json.loads(proxy.ask(path)[1])["number"]
    port = proxy.upstream.server_port
    proxy.upstream.shutdown()
    proxy.upstream.server_close()
    try:
        time.sleep(2.2)
        assert json.loads(proxy.ask(path)[1])["number"] == kept
        answer, text = proxy.ask("/en/result/")
        assert answer.status == 503
        assert answer.headers.get_all("Retry-After") == ["10"]
        assert answer.headers.get_all("Cache-Control") == ["no-store"]
        assert 'lang="en"' in text
        assert "Back in a moment" in text
    finally:
        proxy.upstream = ThreadingHTTPServer(("127.0.0.1", port), Upstream)
        threading.Thread(target=proxy.upstream.serve_forever, daemon=True).start()
    assert proxy.ask("/en/result/")[0].status == 200  # and it is asked again at once


def test_nothing_of_a_visitor_is_written_anywhere(proxy):
    proxy.ask(
        f"/{SECRET}?200", "POST", SECRET.encode() * 9000, Cookie=f"a={SECRET}", Referer=f"https://{NAME}/{SECRET}"
    )
    proxy.ask(f"/{SECRET}", "POST", b"x" * 300_000)
    with proxy.connect() as broken:
        broken.sendall(f"{SECRET} / HTTP/9\r\n\r\n".encode())
        broken.recv(1000)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        proxy.connect(f"{SECRET}.example")
    for file in proxy.folder.rglob("*"):
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes(), file
    assert (proxy.folder / "access.log").read_text() == ""
    assert "127.0.0.1" not in (proxy.folder / "main.log").read_text()
