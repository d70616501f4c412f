"""A public page is answered again from memory, and the answer is the one that the whole stack gave."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from apps.editions import current, public
from apps.editions.compiled import CompiledEdition

GUIDE = "/en/guides/t2/"


@pytest.fixture(autouse=True)
def nothing_kept(edition, monkeypatch):
    """An edition that nobody has asked for anything yet."""
    monkeypatch.setattr(current, "_current", CompiledEdition(edition.number, edition.pack))


@pytest.fixture
def views(monkeypatch) -> list[str]:
    """The addresses that the guidance's view of a page was asked to answer."""
    asked: list[str] = []
    put_on = public._public

    def counted(request: Any, response: Any, etag: str) -> Any:
        asked.append(request.path)
        return put_on(request, response, etag)

    monkeypatch.setattr(public, "_public", counted)
    return asked


def _told(response: Any) -> tuple[int, bytes, dict[str, str]]:
    return response.status_code, response.content, dict(response.headers)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("encoding", ["", "gzip", "br"])
@pytest.mark.parametrize("address", ["/en/", GUIDE, "/zh-hans/guides/t2/", "/en/method/"])
def test_every_later_answer_is_the_first_one_word_for_word(client, views, address, encoding, secure):
    ask = {"headers": {"accept-encoding": encoding}, "secure": secure}
    first = client.get(address, **ask)
    etag = first["ETag"]
    not_modified = client.get(address, headers={"accept-encoding": encoding, "if-none-match": etag}, secure=secure)
    assert (first.status_code, not_modified.status_code) == (200, 304)
    asked = len(views)
    assert asked == 2
    for browser in (client, Client()):
        again = browser.get(address, **ask)
        assert _told(again) == _told(first)
        assert again.resolver_match.view_name == first.resolver_match.view_name
        kept = browser.get(address, headers={"accept-encoding": encoding, "if-none-match": etag}, secure=secure)
        assert _told(kept) == _told(not_modified)
    assert len(views) == asked, "the page's view was asked again"


def test_each_encoding_and_language_has_an_answer_of_its_own(client):
    plain, zipped = client.get(GUIDE), client.get(GUIDE, headers={"accept-encoding": "gzip"})
    for _ in range(2):
        assert "Content-Encoding" not in client.get(GUIDE).headers
        assert client.get(GUIDE).content == plain.content
        assert client.get(GUIDE, headers={"accept-encoding": "gzip"}).content == zipped.content
        assert b'<html lang="zh-hans">' in client.get("/zh-hans/guides/t2/").content


def test_a_new_edition_is_shown_at_once(client, edition, monkeypatch):
    old = client.get(GUIDE)
    assert client.get(GUIDE).content == old.content
    guides = tuple(guide.model_copy(update={"title": {"en": "A new title"}}) for guide in edition.pack.guides)
    pack = edition.pack.model_copy(update={"guides": guides})
    monkeypatch.setattr(current, "_current", CompiledEdition(edition.number + 1, pack))
    assert b"A new title" in client.get(GUIDE, headers={"if-none-match": old["ETag"]}).content
    assert b"A new title" in client.get(GUIDE).content


def test_a_page_is_made_anew_each_day(client, views, monkeypatch):
    for _ in range(2):
        client.get(GUIDE)
    assert views == [GUIDE]

    class Tomorrow(dt.date):
        @classmethod
        def today(cls) -> dt.date:
            return dt.date(2031, 5, 6)

    monkeypatch.setattr("apps.editions.public.dt.date", Tomorrow)
    for _ in range(2):
        assert client.get(GUIDE).status_code == 200
    assert views == [GUIDE, GUIDE]


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        ({"headers": {"host": "elsewhere.example"}}, 400),
        ({"method": "post"}, 405),
        ({"method": "put"}, 405),
        ({"method": "head"}, 200),
    ],
)
def test_what_the_stack_refuses_is_refused_for_a_kept_page_too(client, ask, status):
    client.get(GUIDE)
    response = getattr(client, ask.pop("method", "get"))(GUIDE, **ask)
    assert response.status_code == status
    assert response["X-Frame-Options"] == "DENY"


def test_a_page_that_is_not_there_is_looked_for_every_time(client):
    for _ in range(2):
        assert client.get("/en/guides/nothing/").status_code == 404


@pytest.mark.parametrize("address", ["/en/checkup/", "/en/result/", "/en/review/", "/en/search/?q=face", "/en/join/"])
def test_pages_that_depend_on_more_than_their_address_are_never_kept(client, address):
    client.get(address, follow=True)
    assert current.current_edition().memo("answers", dict) == {}
