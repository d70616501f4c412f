"""Security headers on every answer, errors included, and who may keep which page."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.checkup.walking import begin

ANSWERS = [
    ("get", "/", 302),
    ("get", "/en/", 200),
    ("get", "/en/checkup/", 200),
    ("get", "/en/guides/t1/", 200),
    ("get", "/en/nothing/", 404),
    ("get", "/en/plan/", 405),
    ("put", "/en/guides/", 405),
    ("get", "/robots.txt", 200),
    ("get", "/healthz", 200),
]


@pytest.mark.parametrize(("method", "address", "status"), ANSWERS)
def test_every_answer_carries_the_headers(client, edition, method, address, status):
    response = getattr(client, method)(address)
    assert response.status_code == status
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert "camera=()" in response["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in response
    if response.content:
        assert "charset=utf-8" in response["Content-Type"]


def test_an_unknown_host_gets_400_with_headers_and_no_link_to_it(client, edition):
    response = client.get("/en/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "Content-Security-Policy" in response
    assert "evil.example" not in response.content.decode()


def test_a_forwarded_host_is_ignored(client, edition):
    page = client.get("/en/", headers={"x-forwarded-host": "evil.example"}).content.decode()
    assert "evil.example" not in page


@pytest.mark.parametrize("address", ["//evil.example/", "//evil.example/en/", "/\\evil.example", "/en//evil.example/"])
def test_odd_paths_never_become_redirects_to_elsewhere(client, edition, address):
    response = client.get("/", PATH_INFO=address)
    assert response.status_code in (404, 302, 301)
    assert not response.get("Location", "").startswith(("//", "http://evil", "https://evil", "/\\"))


@pytest.mark.parametrize(
    "address", ["/en/guides/", "/en/guides/t2/", "/en/actions/a7/", "/en/claims/f2-2/", "/en/glossary/"]
)
def test_public_pages_may_be_kept_by_anybody_and_set_no_cookie(client, edition, address):
    response = client.get(address)
    assert response["Cache-Control"].startswith("public")
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    again = client.get(address, headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304
    assert not again.content


def test_a_public_page_is_the_same_for_someone_with_answers(client, edition):
    before = client.get("/en/guides/t2/").content
    begin(client, topic="t2")
    assert client.get("/en/guides/t2/").content == before


@pytest.mark.parametrize("tail", ["x.css", "print.css", ";a.css", "%0a.css"])
def test_a_deceptive_tail_is_404(client, edition, tail):
    begin(client)
    assert client.get(f"/en/result/{tail}").status_code == 404


def test_the_first_address_sends_each_visitor_to_their_language(client, edition):
    response = client.get("/")
    assert response["Location"] == "/en/"
    assert "Accept-Language" in response["Vary"]
    assert not response.cookies


def test_head_and_options_change_nothing_and_trace_is_not_echoed(edition):
    client = Client()
    begin(client)
    before = client.cookies["sheet"].value
    for method in ("head", "options", "trace"):
        response = getattr(client, method)("/en/result/")
        assert response.status_code in (200, 405)
        assert "sheet" not in response.cookies
    assert client.cookies["sheet"].value == before
