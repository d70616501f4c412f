"""Limits without a query, and whom they take a request to come from."""

from __future__ import annotations

import pytest
from django.test import RequestFactory, override_settings

from apps.checkup.views.keep import LOADS
from apps.guidance.views_search import LIMIT
from privacycheck.visitors import MOST_KEYS, Limiter, address_of

SEEN = "10.0.0.9"


def request(forwarded=None):
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=SEEN, **headers)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "192.0.2.1", SEEN),
        (0, None, SEEN),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "203.0.113.66, 192.0.2.1", "192.0.2.1"),
        (2, "203.0.113.66, 192.0.2.1, 10.0.0.1", "192.0.2.1"),
        (2, "192.0.2.1", SEEN),
        (1, None, ""),
        (1, "", ""),
    ],
)
def test_only_what_a_configured_proxy_noted_is_believed(proxies, forwarded, address):
    with override_settings(PROXIES=proxies):
        assert address_of(request(forwarded)) == address


def test_a_network_is_limited_by_itself_and_only_for_a_stretch_of_time():
    now = 120.0
    limiter = Limiter(most=2, seconds=60, clock=lambda: now)
    assert [limiter.allow("a") for _ in range(3)] == [True, True, False]
    assert limiter.allow("b")
    now = 175.0
    assert not limiter.allow("a")
    assert limiter.seconds_left() == 5
    now = 180.0
    assert limiter.allow("a")


def test_a_flood_of_networks_takes_a_bounded_memory():
    limiter = Limiter(most=2, seconds=60, clock=lambda: 0.0)
    for number in range(MOST_KEYS + 10):
        limiter.allow(str(number))
    assert len(limiter._counts) <= MOST_KEYS


@pytest.fixture
def spent(monkeypatch, edition):
    for limiter in (LIMIT, LOADS):
        monkeypatch.setattr(limiter, "most", 1)
        monkeypatch.setattr(limiter, "_counts", {})


@pytest.mark.usefixtures("spent")
def test_searching_and_loading_too_often_is_answered_kindly_and_kept_by_nobody(client):
    asks = {"search": lambda: client.get("/en/search/?q=face"), "load": lambda: client.post("/en/result/load/", {})}
    for name, ask in asks.items():
        assert ask().status_code in (200, 422), name
        refused = ask()
        assert refused.status_code == 429
        assert 1 <= int(refused["Retry-After"]) <= 60
        assert "no-store" in refused["Cache-Control"]
        assert "Wait a minute" in refused.content.decode()
    assert client.get("/en/search/").status_code == 200
    assert client.get("/en/result/load/").status_code == 200
