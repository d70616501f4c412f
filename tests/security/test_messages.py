"""Where one HTTP message ends and the next begins is never in doubt, however a client writes it."""

from __future__ import annotations

import socket

import pytest

from tests.bench.servers import Server
from tests.security.conftest import HOST, Visitor

HEAD = f"Host: {HOST}\r\nX-Forwarded-Proto: https\r\n"
HIDDEN = f"GET /robots.txt HTTP/1.1\r\n{HEAD}\r\n"
"""A second request, which would be answered with 200 and a text that no page of ours has."""


def sent(site: Server, text: str | bytes, most: int = 400_000) -> str:
    """Return everything that the server answers to these bytes, until it closes or falls silent."""
    raw = text.encode("latin-1") if isinstance(text, str) else text
    found = b""
    with socket.create_connection(("127.0.0.1", site.port), timeout=1) as connection:
        try:
            connection.sendall(raw)
            while len(found) < most and (more := connection.recv(65_536)):
                found += more
        except (TimeoutError, ConnectionError):
            pass
    return found.decode("utf-8", "replace")


def statuses(answer: str) -> list[int]:
    """Return the status of each answer in what came."""
    return [int(part[1:4]) for part in answer.split("HTTP/1.1")[1:] if part[1:4].isdigit()]


POST = f"POST /en/erase/ HTTP/1.1\r\n{HEAD}"

AMBIGUOUS = {
    "both lengths": POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": POST + "Content-Length: 0\r\nContent-Length: 60\r\n\r\n" + HIDDEN,
    "a list of lengths": POST + "Content-Length: 0, 60\r\n\r\n" + HIDDEN,
    "a length with a sign": POST + "Content-Length: +0\r\n\r\n" + HIDDEN,
    "an unknown encoding": POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunked twice": POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a space before the colon": POST + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a folded line": POST + "X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a bare line feed": POST.replace("\r\n", "\n") + "Content-Length: 0\n\n" + HIDDEN.replace("\r\n", "\n"),
    "a chunk of negative size": POST + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + HIDDEN,
    "a chunk of no size": POST + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n" + HIDDEN,
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_no_request_hides_in_another(public_site: Server, kind: str) -> None:
    answer = sent(public_site, AMBIGUOUS[kind])
    assert 200 not in statuses(answer)
    assert "User-agent" not in answer
    assert statuses(answer)[-1:] in ([], [400], [403], [501])


def test_two_plain_requests_in_one_go_get_an_answer_each(public_site: Server) -> None:
    answer = sent(public_site, POST + "Content-Length: 0\r\n\r\n" + HIDDEN)
    assert statuses(answer) == [403, 200]
    assert "User-agent" in answer  # so the requests above would have been seen, had they been answered


def test_a_body_in_chunks_is_no_way_around_the_limit(public_site: Server) -> None:
    form = "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"4000\r\n" + b"a" * 0x4000 + b"\r\n" for _ in range(64)) + b"0\r\n\r\n"
    answer = sent(public_site, (POST + form).encode() + chunks)
    assert not set(statuses(answer)) - {400, 403, 413}
    assert Visitor(public_site.port).get("/en/").status == 200


@pytest.mark.parametrize(
    "text",
    [
        "\r\n" * 5 + "\x00\x01\x02\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\n\r\n",
        "GET /en/ HTTP/9.9\r\n\r\n",
        "GET " + "/" + "a" * 10_000 + " HTTP/1.1\r\n\r\n",
        f"GET /en/ HTTP/1.1\r\n{HEAD}" + "".join(f"X-{n}: 1\r\n" for n in range(200)) + "\r\n",
        f"GET /en/ HTTP/1.1\r\n{HEAD}X-A: {'a' * 20_000}\r\n\r\n",
        f"GET /en/ HTTP/1.1\r\n{HEAD}X\x00A: b\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_and_the_server_goes_on(public_site: Server, text: str) -> None:
    answer = sent(public_site, text)
    assert all(400 <= status < 600 and status != 500 for status in statuses(answer))
    assert "<script" not in answer
    assert Visitor(public_site.port).get("/en/").status == 200


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("PLANTED /en/ <b>planted\r\n\r\n", 400),
        ("GET /planted HTTP/9.9\r\n\r\n", 400),
        (f"GET /planted{'a' * 10_000} HTTP/1.1\r\n\r\n", 414),
        (f"GET /planted HTTP/1.1\r\n{HEAD}X\x00planted: b\r\n\r\n", 400),
        (POST + "Transfer-Encoding: planted\r\n\r\n", 501),
    ],
)
def test_what_is_not_http_is_answered_under_the_sites_headers_without_a_word_of_it(
    public_site: Server, text: str, status: int
) -> None:
    answer = sent(public_site, text)
    assert statuses(answer) == [status]
    assert "planted" not in answer.lower()
    head, _, body = answer.partition("\r\n\r\n")
    ours = Visitor(public_site.port).get("/en/").headers
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.splitlines()[1:])}
    for name in (
        *("content-security-policy", "strict-transport-security", "x-content-type-options", "referrer-policy"),
        *("cross-origin-opener-policy", "cross-origin-resource-policy", "permissions-policy", "x-frame-options"),
    ):
        assert headers[name] == ours[name], name
    assert headers["cache-control"] == "no-store"
    assert int(headers["content-length"]) == len(body)


def test_a_proxys_header_from_a_visitor_moves_no_page(public_site: Server) -> None:
    headers = (
        "SCRIPT_NAME",
        "SCRIPT-NAME",
        "X-Forwarded-Host",
        "X-Forwarded-Prefix",
        "X-Forwarded-Server",
        "Forwarded",
    )
    lines = "".join(f"{name}: /evil\r\n" for name in headers)
    answer = sent(public_site, f"GET /en/ HTTP/1.1\r\n{HEAD}{lines}Connection: close\r\n\r\n")
    assert statuses(answer) == [200]
    assert "evil" not in answer
