"""How little a first visit costs: bytes and requests as a real browser counts them, with nothing in its cache."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.helpers import edition, hold, question_paths

KILOBYTE = 1024
ONE_ROUND_TRIP = 14 * KILOBYTE
RESULT_LIMIT = 30 * KILOBYTE
GUIDE_LIMIT = 20 * KILOBYTE
MOST_REQUESTS = 3


class Meter:
    """Counts what a page fetches: each request but the favicon, with its bytes on the wire, headers included."""

    def __init__(self, page: Page) -> None:
        self._addresses: dict[str, str] = {}
        self._bytes: dict[str, int] = {}
        self._page = page
        browser = page.context.new_cdp_session(page)
        browser.send("Network.enable")
        browser.send("Network.setCacheDisabled", {"cacheDisabled": True})
        browser.on("Network.requestWillBeSent", self._sent)
        browser.on("Network.loadingFinished", self._finished)

    def _sent(self, event: dict[str, Any]) -> None:
        self._addresses[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] = event["encodedDataLength"]

    def visit(self, address: str) -> dict[str, int]:
        """Open an address and return the bytes of each thing that was fetched for it, by its address."""
        self._addresses.clear()
        self._page.goto(address, wait_until="networkidle")
        return {
            fetched: self._bytes[request] for request, fetched in self._addresses.items() if "favicon" not in fetched
        }


@pytest.fixture
def meter(make_context, server) -> Meter:
    """A browser that holds answers to everything, so that each question can be opened, and an empty cache."""
    page = make_context().new_page()
    hold(page, server, "everything open")
    return Meter(page)


def test_a_first_visit_to_any_question_fits_into_one_round_trip(meter, server):
    heavy = {}
    for path in question_paths():
        fetched = meter.visit(server + path)
        if len(fetched) > MOST_REQUESTS or sum(fetched.values()) > ONE_ROUND_TRIP:
            heavy[path] = fetched
    assert heavy == {}


@pytest.mark.parametrize("holds", ["everything open", "a range", "some steps done", "mostly not sure"])
def test_a_first_visit_to_a_result_is_at_most_30_kilobytes(make_context, server, holds):
    page = make_context().new_page()
    hold(page, server, holds)
    fetched = Meter(page).visit(server + "/en/result/")
    assert len(fetched) <= MOST_REQUESTS
    assert sum(fetched.values()) <= RESULT_LIMIT, fetched


@pytest.mark.parametrize("path", ["/en/", "/en/checkup/", "/en/guides/t2/", "/en/practice/", "/en/privacy/"])
def test_other_first_pages_are_light_too(make_context, server, path):
    fetched = Meter(make_context().new_page()).visit(server + path)
    assert len(fetched) <= MOST_REQUESTS
    assert sum(fetched.values()) <= RESULT_LIMIT, fetched


def test_a_first_visit_to_any_guide_is_at_most_20_kilobytes(make_context, server):
    meter = Meter(make_context().new_page())
    heavy = {}
    for guide in edition().guides:
        fetched = meter.visit(f"{server}/en/guides/{guide}/")
        if len(fetched) > MOST_REQUESTS or sum(fetched.values()) > GUIDE_LIMIT:
            heavy[guide] = fetched
    assert heavy == {}


def test_the_second_page_of_a_visit_fetches_its_document_only(make_context, server):
    page = make_context().new_page()
    hold(page, server, "everything open")
    page.goto(server + "/en/checkup/q1/")
    transferred = (
        "performance.getEntriesByType('resource').filter(each => each.transferSize > 0).map(each => each.name)"
    )
    page.goto(server + "/en/checkup/q2/", wait_until="networkidle")
    assert [name for name in page.evaluate(transferred) if "favicon" not in name] == []
