"""What a hostile or broken client sends gets a page of ours with the right status, never a 5xx and no echo."""

from __future__ import annotations

import pytest
from django.test import Client

MARKER = "Zx9" * 10

BODIES = [
    ("application/x-www-form-urlencoded; charset=utf-16", b"answer=a"),
    ("application/x-www-form-urlencoded; charset=nothing", b"answer=a"),
    ("application/x-www-form-urlencoded", b"answer=%00" + MARKER.encode()),
    ("application/x-www-form-urlencoded", b"answer=%ED%A0%80" + MARKER.encode()),
    ("application/x-www-form-urlencoded", b"answer=" + b"a" * 20_000),
    ("application/x-www-form-urlencoded", b"&".join(b"f%d=%d" % (n, n) for n in range(1500))),
    ("application/x-www-form-urlencoded", b"\xff\xfe\xfd"),
    ("application/json", b'{"answer": "a"}'),
    ("application/json", b"[" * 50_000),
    ("text/plain", b"answer=a"),
    ("multipart/form-data", b"--x\r\nbroken"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="answer"\r\n\r\n'),
    ("multipart/form-data; boundary=" + "y" * 300, b"--y"),
    ("", b"answer=a"),
]

ADDRESSES = [
    "/en/checkup/",
    "/en/checkup/q1/",
    "/en/plan/",
    "/en/resume/",
    "/en/result/load/",
    "/en/erase/",
    "/en/remember/",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(("content_type", "body"), BODIES)
@pytest.mark.parametrize("checks", [True, False])
def test_a_broken_body_is_a_4xx_page_without_echo(edition, address, content_type, body, checks):
    client = Client(enforce_csrf_checks=checks, raise_request_exception=False)
    client.get("/en/checkup/")
    response = client.generic("POST", address, body, content_type=content_type)
    assert response.status_code < 500
    page = response.content.decode()
    assert MARKER not in page
    assert "Traceback" not in page
    assert response.status_code in (200, 303) or "<h1" in page


@pytest.mark.parametrize("length", ["-1", "abc", "1e9", "99999999999999999999999999", "\u0661"])
def test_a_length_that_is_no_length_is_refused(edition, length):
    client = Client(raise_request_exception=False)
    response = client.post("/en/checkup/q1/", {"answer": "a"}, CONTENT_LENGTH=length)
    assert response.status_code in (400, 413)


def test_three_megabytes_are_refused_before_they_are_read(edition):
    response = Client().post("/en/checkup/q1/", {"answer": "a" * 3_000_000})
    assert response.status_code == 413
    assert "too large" in response.content.decode()


@pytest.mark.parametrize(
    "query",
    ["?topic=" + "a" * 5000, "?topic=%00", "?topic=%ED%A0%80", "?order=drop&order=effort", "?answer=a", "?topic[]=1"],
)
@pytest.mark.parametrize("address", ["/en/checkup/", "/en/result/", "/en/paper/", "/en/guides/t1/"])
def test_a_strange_query_changes_nothing(client, edition, address, query):
    response = client.get(address + query)
    assert response.status_code == 200
    assert "sheet" not in response.cookies


@pytest.mark.parametrize(
    "path",
    [
        "/en/actions/a0/",
        "/en/claims/zz/",
        "/en/guides/" + "t" * 3000 + "/",
        "/en/glossary/%00/",
        "/en/checkup/%ED%A0%80/",
        "/en/practice/nobody/",
        "/en/../../etc/passwd",
        "/xx/",
        "/zh/",
        "/en/checkup/q1",
        "/wp-login.php",
    ],
)
def test_an_unknown_address_is_a_page_of_ours(client, edition, path):
    response = client.get(path)
    assert response.status_code in (404, 400, 301, 302)
    if response.status_code == 404:
        said = "没有" if path == "/zh/" else "There is no page here"
        assert said in response.content.decode()
