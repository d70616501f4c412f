"""What a browser sees of our promises: one origin, nothing stored but the cookies we name, no answer in an address."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, StorageState

from tests.browser.helpers import (
    REVIEW,
    announced,
    answer,
    begin,
    cookie_names,
    hold,
    load,
    persona,
    saved,
    send,
    sheets,
    states,
    walk,
)

DAY = 24 * 60 * 60

# Everywhere a site can put something, besides cookies.
STORED = """async () => {
  const names = [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...await caches.keys()];
  const databases = (await indexedDB.databases()).map(each => each.name);
  const workers = (await navigator.serviceWorker.getRegistrations()).map(each => each.scope);
  return [...names, ...databases, ...workers, document.cookie, window.name].filter(Boolean);
}"""


@dataclass(frozen=True)
class Visit:
    """A visit that used everything that handles answers: what it asked for, its code, and what the browser holds."""

    addresses: tuple[str, ...]
    code: str
    held: StorageState


_VISITS: dict[str, Visit] = {}


@pytest.fixture
def whole_visit(make_context, server) -> Visit:
    """Such a visit, made once for each server."""
    if server not in _VISITS:
        _VISITS[server] = _make_visit(make_context(accept_downloads=True).new_page(), server)
    return _VISITS[server]


def _make_visit(page: Page, server: str) -> Visit:
    addresses: list[str] = []
    page.context.on("request", lambda request: addresses.append(request.url))
    page.goto(server + "/en/")
    for _ in walk(page, server, "maya"):
        pass
    page.click('main a.button[href="/en/result/"]')
    page.locator(".tick").first.click()
    page.wait_for_selector('.tick[aria-pressed="true"]')
    page.click('a[href$="order=drop#plan"]')
    code = page.inner_text(".code")
    with page.expect_download():
        page.click('a[href="/en/result/save"]')
    with page.expect_download():
        page.click('a[href="/en/result/reminder.ics"]')
    page.click('a[href="/en/result/print/"]')
    load(page, server, sheets()["one number"], "compare")
    page.goto(server + "/en/resume/")
    page.fill("input[name=code]", code)
    send(page)
    page.goto(server + "/en/self-audit/")
    page.goto(server + "/en/practice/liang/")
    page.click("button[name=result]")
    for path in ("/en/result/", "/en/self-audit/", "/en/checkup/q1/", "/en/"):
        page.goto(server + path)
        assert page.evaluate(STORED) == []
    return Visit(tuple(addresses), code, page.context.storage_state())


def test_a_whole_visit_speaks_with_one_origin_and_stores_nothing_but_cookies(whole_visit, server):
    assert len(whole_visit.addresses) > 60
    assert {"{0.scheme}://{0.netloc}".format(urlsplit(each)) for each in whole_visit.addresses} == {server}
    assert whole_visit.held["origins"] == []


def test_no_address_holds_an_answer_a_score_or_a_code(whole_visit):
    """Addresses name pages and items of the edition, and one of two orders of the plan: nothing that was chosen."""
    item = r"(q\d+|review|maya|liang)"
    allowed = re.compile(
        rf"/(static/.+|favicon\.ico|en/((checkup|practice)/({item}/)?)?"
        r"|en/(result/((load|print)/|save|reminder\.ics)?|plan/|resume/|self-audit/))"
    )
    code = whole_visit.code.replace("-", "").lower()
    assert len(code) > 20
    for address in whole_visit.addresses:
        parts = urlsplit(address)
        assert allowed.fullmatch(parts.path), address
        assert parts.query in {"", "order=drop"}, address
        assert parts.fragment in {"", "plan", "keep"}, address
        assert code not in address.replace("-", "").lower()


# Forms that would put what was chosen into an address, and fields that the browser may remember.
CARELESS = """() => [
  ...[...document.forms].filter(form => form.method !== 'post').map(form => 'by GET: ' + form.action),
  ...[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
    .filter(field => field.autocomplete !== 'off' && field.form?.autocomplete !== 'off')
    .map(field => 'remembered: ' + field.name),
]"""


def test_no_form_sends_answers_by_address_or_invites_the_browser_to_remember_them(make_context, server):
    page = make_context().new_page()
    found = {}
    for state in states():
        state.enter(page, server)
        if careless := page.evaluate(CARELESS):
            found[state.name] = careless
    # The paper version is chosen by topic, and a search asks for words: neither says what the person answered.
    harmless = {f"by GET: {server}/en/paper/", f"by GET: {server}/en/search/"}
    assert {name: careless for name, careless in found.items() if set(careless) - harmless} == {}
    assert {careless for each in found.values() for careless in each} == harmless


# --- Cookies -------------------------------------------------------------------------------------------


def cookies(page: Page) -> dict[str, Any]:
    """Return the cookies that the browser holds, by name."""
    return {cookie["name"]: cookie for cookie in page.context.cookies()}


def test_a_cookie_comes_only_when_it_is_needed(make_context, server):
    page = make_context().new_page()
    reading = {
        state.path
        for state in states()
        if not re.match("/en/(checkup|erase|resume|result/load|practice/.|letters/.|join/$|classes/new)", state.path)
    }
    for path in sorted(reading):
        page.goto(server + path)
        assert cookie_names(page.context) == set(), path

    page.goto(server + "/en/checkup/q1/")  # a form needs its token, and nothing else
    assert cookie_names(page.context) == {"csrftoken"}
    answer(page, "c")
    assert cookie_names(page.context) == {"csrftoken", "sheet"}
    page.goto(server + "/en/practice/maya/")
    assert cookie_names(page.context) == {"csrftoken", "sheet"}
    page.click("button[name=begin]")
    assert cookie_names(page.context) == {"csrftoken", "sheet", "practice"}
    page.goto(server + "/en/practice/maya/")
    page.click("button[name=stop]")
    assert cookie_names(page.context) == {"csrftoken", "sheet"}
    page.goto(server + "/en/erase/")
    send(page)
    assert cookie_names(page.context) == {"csrftoken"}


def test_the_privacy_page_names_every_cookie_and_no_other(whole_visit, make_context, server):
    held = {cookie["name"] for cookie in whole_visit.held["cookies"]}
    page = make_context().new_page()
    page.goto(server + "/en/privacy/")
    named = page.locator("#cookies ~ h3 code").all_inner_texts()
    assert len(named) == len(set(named))
    assert held == {"sheet", "practice", "csrftoken"}
    assert set(named) == held | {"class-", "joined-"}  # those of classes have tests of their own


def test_no_script_can_read_a_cookie_and_none_outlives_the_browser(whole_visit):
    for cookie in whole_visit.held["cookies"]:
        assert cookie["httpOnly"], cookie["name"]
        assert cookie["sameSite"] == "Lax", cookie["name"]
        assert cookie["path"] == "/", cookie["name"]
        assert cookie["expires"] == -1, cookie["name"]


def test_only_remembering_keeps_the_answers_for_six_months_and_it_can_be_taken_back(make_context, server):
    page = make_context().new_page()
    hold(page, server, "one number")
    page.goto(server + "/en/result/")
    page.click('form[action="/en/remember/"] button')
    assert (cookies(page)["sheet"]["expires"] - time.time()) / DAY == pytest.approx(182, abs=0.1)
    assert cookies(page)["csrftoken"]["expires"] == -1
    page.click('form[action="/en/remember/"] button')
    assert cookies(page)["sheet"]["expires"] == -1


def test_remembering_is_asked_for_and_never_preselected(make_context, server):
    page = make_context().new_page()
    page.goto(server + "/en/checkup/")
    assert page.locator("input:checked").count() == 0
    page.check("input[name=remember]")
    page.check("input[name=topic][value=whole]")
    page.check("input[name=who][value=me]")
    send(page)
    assert (cookies(page)["sheet"]["expires"] - time.time()) / DAY == pytest.approx(182, abs=0.1)


# --- What a browser keeps by itself --------------------------------------------------------------------


def test_pages_with_answers_are_kept_in_no_cache(make_context, server):
    page = make_context().new_page()
    hold(page, server, "one number")
    for path in (
        "/en/checkup/",
        "/en/checkup/q1/",
        REVIEW,
        "/en/result/",
        "/en/result/print/",
        "/en/self-audit/",
        "/en/erase/",
    ):
        headers = page.goto(server + path).headers
        assert "no-store" in headers["cache-control"], path
    page.goto(server + "/en/erase/")
    with page.expect_response("**/en/erase/") as erased:
        send(page)
    assert erased.value.all_headers()["clear-site-data"] == '"cache", "storage"'


def test_a_practice_run_never_touches_ones_own_answers(make_context, server):
    page = make_context().new_page()
    hold(page, server, "one number")
    own = cookies(page)["sheet"]["value"]
    page.goto(server + "/en/practice/george/")
    page.click("button[name=begin]")
    answer(page, "unsure")
    answer(page, "unsure")
    page.goto(server + "/en/result/")
    assert cookies(page)["sheet"]["value"] == own
    assert cookies(page)["practice"]["value"] != own
    begin(page, server, persona("maya"))  # starting for oneself ends the practice
    assert "practice" not in cookies(page)


def test_a_loaded_file_is_not_repeated_in_the_address_and_gives_the_same_score(make_context, server):
    page = make_context().new_page()
    page.goto(server + "/en/result/load/")
    page.set_input_files("input[type=file]", saved(sheets()["a range"]))
    page.check("input[name=purpose][value=continue]")
    send(page)
    assert page.url == server + "/en/result/"
    first = announced(page)
    hold(page, server, "a range")
    page.goto(server + "/en/result/")
    assert announced(page) == first
