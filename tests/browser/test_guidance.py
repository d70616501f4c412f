"""The guidance as its reader uses it: words read in place, letters made and saved, all without a script too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import hold


@pytest.mark.parametrize("scripts", [True, False])
def test_a_word_is_read_in_place_and_left_again(make_context, server, scripts):
    page = make_context(java_script_enabled=scripts, viewport={"width": 390, "height": 800}).new_page()
    page.goto(server + "/en/guides/t2/")
    word = page.locator("a.term").first
    word.click()
    meaning = page.locator(".word:target")
    expect(meaning).to_be_in_viewport(ratio=1)
    expect(word).to_be_in_viewport(ratio=1)
    meaning.get_by_role("link", name="Back to the text").click()
    expect(page.locator(".word:target")).to_have_count(0)
    expect(word).to_be_in_viewport(ratio=1)


def test_a_word_is_read_by_keyboard(make_context, server):
    page = make_context().new_page()
    page.goto(server + "/en/guides/t2/")
    page.locator("a.term").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".word:target")
    page.keyboard.press("Tab")  # the entry was given the focus, so its first link is next
    assert page.evaluate("document.activeElement.closest('.word:target') !== null")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_letter_is_made_and_saved_as_plain_text(make_context, server, scripts):
    page = make_context(java_script_enabled=scripts).new_page()
    hold(page, server, "a range") if scripts else None  # the place comes from the answers, or is chosen here
    page.goto(server + "/en/letters/l1/")
    page.select_option("#id_place", "eu")
    page.fill("#id_gap-service", "Corner shop")
    with page.expect_navigation():
        page.get_by_role("button", name="Make the letter").click()
    letter = page.locator("#letter-text")
    expect(letter).to_contain_text("I am writing to Corner shop")
    expect(letter).to_contain_text("Articles 7(3), 17 and 21 of the GDPR")
    expect(letter).to_contain_text("[your name]")
    expect(page.locator("#id_gap-service")).to_have_value("Corner shop")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as plain text").click()
    assert download.value.suggested_filename == "privacycheck-letter-l1.txt"
    with open(download.value.path(), encoding="utf-8") as file:
        assert "I am writing to Corner shop" in file.read()


def test_only_the_letter_is_printed(make_context, server):
    page = make_context().new_page()
    page.goto(server + "/en/letters/l1/")
    page.emulate_media(media="print")
    expect(page.locator("#letter-text")).to_be_visible()
    for hidden in ("form", "h1", ".words", "nav"):
        for each in page.locator(f"main {hidden}").all():
            expect(each).to_be_hidden()


def test_search_works_by_its_form(make_context, server):
    page = make_context(java_script_enabled=False).new_page()
    page.goto(server + "/en/guides/")
    page.fill("#id_q", "voiceprnt")
    with page.expect_navigation():
        page.get_by_role("button", name="Search").click()
    expect(page.locator("main")).to_contain_text("voiceprint")
    assert page.locator("main mark").count() > 0
