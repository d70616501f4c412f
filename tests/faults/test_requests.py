"""Slow, huge, malformed and pipelined requests, to gunicorn itself and, for slow ones, to the nginx before it."""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from apps.editions.compiled import CompiledEdition
from tests.deploy.test_nginx import NAME, NGINX, Proxy, nginx_before
from tests.faults.people import reader
from tests.faults.running import Running, running, wait_until

pytestmark = pytest.mark.drill

PLANTED = "planted-8213"
SLOW_CLIENTS = 60
"""Many more than the site has threads."""

HOST = b"Host: 127.0.0.1\r\n"


@pytest.fixture
def site(place: Path) -> Iterator[Running]:
    with running(place) as found:
        yield found


def sent(port: int, raw: bytes, seconds: float = 15) -> bytes:
    """Send bytes as they are and return all that comes until the connection is closed."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.settimeout(seconds)
        with suppress(ConnectionError):  # the rest of what is too much may be refused unread
            connection.sendall(raw)
        with suppress(ConnectionError):
            while data := connection.recv(65536):
                answer += data
    return answer


def is_well(site: Running, edition: CompiledEdition) -> None:
    """The site works, and has neither failed nor told what was sent."""
    assert "out of 100" in reader(site, edition).to_the_end()
    said = site.said()
    assert "status=500" not in said
    assert "Traceback" not in said
    assert PLANTED not in said


MALFORMED = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00" + PLANTED.encode() + b"\r\n\r\n",
    "no method": b" / HTTP/1.1\r\n" + HOST + b"\r\n",
    "no version": b"GET /" + PLANTED.encode() + b"\r\n\r\n",
    "a version to come": b"GET / HTTP/9.7\r\n" + HOST + b"\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\n" + HOST + PLANTED.encode() + b"\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\n" + HOST + b"X-A : b\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X-A: b\r\n " + PLANTED.encode() + b"\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X-A: \x00" + PLANTED.encode() + b"\r\n\r\n",
    "another host": b"GET /en/ HTTP/1.1\r\nHost: " + PLANTED.encode() + b".example\r\nConnection: close\r\n\r\n",
    "two lengths": b"POST /en/checkup/ HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc",
    "a length below nothing": b"POST /en/checkup/ HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    "a length of letters": b"POST /en/checkup/ HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: "
    + PLANTED.encode()
    + b"\r\n\r\n",
    "an unknown coding": b"POST /en/checkup/ HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: "
    + PLANTED.encode()
    + b"\r\n\r\n",
    "a chunk of no size": b"POST /en/checkup/ HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nxyz\r\n\r\n",
    "a request within a request": b"POST /en/checkup/ HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /en/method/ HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
}


def test_what_is_no_request_is_refused_without_an_echo(site: Running, edition: CompiledEdition) -> None:
    for name, raw in MALFORMED.items():
        answer = sent(site.port, raw)
        refused = answer == b"" or answer.split()[1][:1] == b"4" or answer.split()[1] in (b"501", b"505")
        assert refused, (name, answer[:200])
        assert b" 200 " not in answer, (name, answer[:200])
        assert answer.count(b"HTTP/1.1 ") <= 1, (name, answer[:2000])
        assert PLANTED.encode() not in answer, name
        assert b"Traceback" not in answer, name
    is_well(site, edition)


HUGE = {
    "an address": b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a header": b"GET /en/ HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "many headers": b"GET /en/ HTTP/1.1\r\n" + HOST + b"X-A: a\r\n" * 5_000 + b"\r\n",
    "a cookie": b"GET /en/result/ HTTP/1.1\r\n" + HOST + b"Cookie: sheet=" + b"a" * 60_000 + b"\r\n\r\n",
    "a body": b"POST /en/checkup/ HTTP/1.1\r\n" + HOST + b"Content-Length: 3000000\r\n\r\n" + b"a" * 3_000_000,
    "a body that is not there": b"POST /en/checkup/ HTTP/1.1\r\n" + HOST + b"Content-Length: 999999999999\r\n\r\n",
    "a body in chunks": b"POST /en/checkup/ HTTP/1.1\r\n"
    + HOST
    + b"Content-Type: application/x-www-form-urlencoded\r\nCookie: csrftoken="
    + b"a" * 32
    + b"\r\nOrigin: http://127.0.0.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    + (b"fff\r\n" + b"a" * 0xFFF + b"\r\n") * 750
    + b"0\r\n\r\n",
}


def test_what_is_too_much_is_refused_and_takes_no_memory(site: Running, edition: CompiledEdition) -> None:
    is_well(site, edition)
    before = sum(memory(worker) for worker in site.workers())
    for name, raw in HUGE.items():
        for _ in range(5):
            answer = sent(site.port, raw)
            assert answer == b"" or answer.split()[1][:1] == b"4", (name, answer[:200])
            assert len(answer) < 20_000
    assert sum(memory(worker) for worker in site.workers()) - before < 20 * 1024 * 1024
    is_well(site, edition)


def memory(process: int) -> int:
    """Return the resident memory of a process in bytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def test_requests_in_a_row_are_answered_in_order_and_none_is_made_of_a_body(
    site: Running, edition: CompiledEdition
) -> None:
    paths = ["/en/guides/t2/", "/en/no-such-page/", "/en/method/", "/zh-hans/guides/t4/"] * 4
    raw = b"".join(b"GET %s HTTP/1.1\r\n%s\r\n" % (path.encode(), HOST) for path in paths)
    hidden = b"GET /en/about/ HTTP/1.1\r\n" + HOST + b"\r\n"
    raw += b"POST /en/checkup/ HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (HOST, len(hidden), hidden)
    raw += b"GET /healthz HTTP/1.1\r\n%sConnection: close\r\n\r\n" % HOST
    answers = sent(site.port, raw).split(b"HTTP/1.1 ")[1:]
    statuses = [int(answer[:3]) for answer in answers]
    # A server may close after any answer; then the client asks again.
    expected = [404 if "no-such" in path else 200 for path in paths] + [403, 200]
    assert statuses == expected[: len(statuses)]
    assert statuses
    is_well(site, edition)


# --- Slow clients: nginx holds them off, gunicorn alone would not ------------------------------------------------


@contextmanager
def behind_nginx(place: Path) -> Iterator[tuple[Running, Proxy]]:
    """The site as it is deployed: with TLS, behind the nginx of the guide."""
    if NGINX is None or shutil.which("envsubst") is None:
        pytest.skip("needs nginx and envsubst")
    folder = Path(tempfile.mkdtemp(prefix="privacycheck-nginx-"))
    folder.chmod(0o755)  # its workers are another user
    try:
        public = {"PUBLIC_ORIGIN": f"https://{NAME}", "SECRET_KEY": "only-for-tests-" + "xY3" * 20}
        with running(place, **public) as site, nginx_before(folder, site.port) as ports:
            yield site, Proxy(*ports, folder, None)  # type: ignore[arg-type]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


SLOW = {
    "in their head": b"GET /en/ HTTP/1.1\r\nHost: %s\r\nX-" % NAME.encode(),
    "in their body": b"POST /en/checkup/ HTTP/1.1\r\nHost: %s\r\nContent-Length: 100\r\n\r\na=" % NAME.encode(),
}


@pytest.mark.parametrize("where", SLOW)
def test_clients_that_stop_halfway_hold_nobody_up_behind_nginx(place: Path, where: str) -> None:
    with behind_nginx(place) as (site, proxy):
        slow = [proxy.connect() for _ in range(SLOW_CLIENTS)]
        try:
            for one in slow:
                one.sendall(SLOW[where])
            time.sleep(0.5)
            for path in ("/en/", "/en/result/", "/en/checkup/", "/en/guides/t2/"):
                begun = time.monotonic()
                answer, _ = proxy.ask(path)
                assert answer.status == 200, path
                assert time.monotonic() - begun < 5
            # In the end they are shown out.
            wait_until(lambda: is_closed(slow[0]), 25, "nginx to close what stands still")
        finally:
            for one in slow:
                one.close()
        assert site.answers("/healthz") == 200


def test_clients_that_read_slowly_hold_nobody_up_behind_nginx(place: Path) -> None:
    request = b"GET /en/method/ HTTP/1.1\r\nHost: %s\r\n\r\n" % NAME.encode()
    with behind_nginx(place) as (_, proxy):
        slow = [proxy.connect() for _ in range(SLOW_CLIENTS)]
        try:
            for one in slow:
                one.sendall(request)  # and read nothing
            for path in ("/en/", "/en/result/", "/en/checkup/"):
                begun = time.monotonic()
                assert proxy.ask(path)[0].status == 200
                assert time.monotonic() - begun < 5
        finally:
            for one in slow:
                one.close()


def is_closed(connection: socket.socket) -> bool:
    """Say whether the other side has closed."""
    connection.settimeout(0.2)
    try:
        # An answer that says why, such as 408, comes before the end.
        return connection.recv(65536) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_the_site_alone_is_free_again_as_soon_as_slow_clients_leave(site: Running) -> None:
    slow = [socket.create_connection(("127.0.0.1", site.port), 5) for _ in range(SLOW_CLIENTS)]
    for one in slow:
        one.sendall(SLOW["in their head"].replace(NAME.encode(), b"127.0.0.1"))
    time.sleep(0.5)
    for one in slow:
        one.close()
    wait_until(lambda: site.answers("/en/") == 200, 10, "the site to be free")


def test_half_a_form_stores_nothing(site: Running, edition: CompiledEdition) -> None:
    somebody = reader(site, edition).steps(3)
    page = somebody.browser.get(somebody.address).expect(200, somebody.address)
    request = somebody.browser.request("POST", somebody.address, b"x" * 400).raw(site.port)
    with socket.create_connection(("127.0.0.1", site.port), 5) as one:
        one.sendall(request[:-300])
    assert page.status == 200
    assert "out of 100" in somebody.to_the_end()
    assert "status=500" not in site.said()
