"""Passing a page on: copying its address, the system's share sheet, and what is left without either."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import hold

GUIDE = "/en/guides/t2/"
LIVE = "output.visually-hidden"
COPY, SEND, MAIL = ".share [data-done]", ".share [data-title]", ".share a[href^='mailto:']"
SELECTED = "getSelection().toString().trim()"

# Keeps what a page hands to the system instead of opening a share sheet, which no test could close.
STUB = """sheet => {
  window.shared = [];
  navigator.share = async data => {
    window.shared.push(data);
    if (sheet !== 'used') throw Object.assign(new Error(sheet), { name: sheet });
  };
}"""


def _open(page: Page, address: str, sheet: str = "used") -> None:
    page.add_init_script(f"({STUB})({sheet!r})")
    page.goto(address)


def test_copying_copies_the_address_without_what_follows_it_and_says_so(make_context, server):
    context = make_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server)
    page = context.new_page()
    page.goto(server + GUIDE + "?topic=t1#sources")
    page.click(COPY)
    expect(page.locator(COPY)).to_have_text("Copied")
    expect(page.locator(LIVE)).to_have_text("Copied")
    assert page.locator(LIVE).evaluate("element => element.tagName") == "OUTPUT"  # its role is status
    assert page.evaluate("navigator.clipboard.readText()") == server + GUIDE


@pytest.mark.parametrize(
    "clipboard", ["undefined", "{ writeText: async () => { throw new DOMException('no', 'NotAllowedError') } }"]
)
def test_where_copying_is_refused_the_address_is_selected_for_the_visitor(make_context, server, clipboard):
    page = make_context().new_page()
    page.add_init_script(f"Object.defineProperty(navigator, 'clipboard', {{ value: {clipboard} }})")
    page.goto(server + GUIDE)
    page.click(COPY)
    expect(page.locator(COPY)).to_have_text("Selected. Now copy it.")
    expect(page.locator(LIVE)).to_have_text("Selected. Now copy it.")
    assert page.evaluate(SELECTED) == server + GUIDE


def test_the_share_sheet_gets_title_and_address_and_from_a_result_only_those_of_the_site(make_context, server):
    page = make_context().new_page()
    hold(page, server, "one number")
    _open(page, server + "/en/result/?order=drop#plan", "AbortError")  # the visitor closes the sheet: no error
    page.click(SEND)
    site = {"title": "How exposed is your face? A checkup without an account", "url": server + "/en/"}
    assert page.evaluate("shared") == [site]
    page.locator(".tick[aria-pressed=false]").first.click()  # ticking renews a part of the page
    page.wait_for_selector('.tick[aria-pressed="true"]')
    page.click(SEND)
    assert page.evaluate("shared") == [site, site]
    page.goto(server + GUIDE + "?topic=t1")
    page.click(SEND)
    title = page.title().removesuffix(" · PrivacyCheck")
    assert page.evaluate("shared") == [{"title": title, "url": server + GUIDE}]


def test_without_a_script_the_row_still_helps_and_is_not_printed(make_context, server):
    page = make_context(java_script_enabled=False).new_page()
    page.goto(server + GUIDE)
    expect(page.locator(".share code")).to_have_text(server + GUIDE)
    expect(page.locator(MAIL)).to_be_visible()
    for button in (COPY, SEND):
        expect(page.locator(button)).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".share")).to_be_hidden()
