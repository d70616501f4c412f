"""A class in real browsers: a teacher who projects, closes, prints, downloads and deletes, and pupils of all kinds."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import RESULT, cookie_names, fill_class, go, open_class, send, too_wide
from tests.browser.test_layout import pages_of
from tests.browser.test_walk import press_enter_and_go, press_tab_until


def answer_all(page: Page) -> None:
    """Tick the first answer of every question until none is left."""
    while "/checkup/q" in page.url:
        page.check("input[name=answer] >> nth=0", force=True)
        send(page)


def test_a_class_goes_through_two_rounds_with_every_kind_of_pupil(make_context, server, tmp_path: Path):
    teacher = make_context(accept_downloads=True, viewport={"width": 1280, "height": 800}).new_page()
    code = open_class(teacher, server, size="30")
    assert not teacher.is_visible("#manage-link"), "a projector may show this page"
    link = teacher.text_content("#manage-link") or ""
    with teacher.expect_download() as kept:
        teacher.click("form[action$='/keep-link/'] button")
    assert link in kept.value.path().read_text(encoding="utf-8-sig")
    teacher.click("details:has(#manage-link) summary")
    assert teacher.is_visible("#manage-link")
    assert teacher.inner_text("#manage-link") == link

    # The screen follows by itself and never shows the secret.
    screen = make_context(viewport={"width": 1024, "height": 768}).new_page()
    screen.goto(f"{server}/en/classes/{code}/screen/")
    assert code in screen.content().replace(" ", "")
    assert link not in screen.content()
    assert cookie_names(screen.context) == set()
    with screen.expect_response(lambda answer: "screen" in answer.url and answer.status == 304):
        pass  # it asks again every few seconds

    # One pupil types the code and works by keyboard alone.
    keyboard = make_context().new_page()
    keyboard.goto(server + "/en/join/")
    press_tab_until(keyboard, "input[name=code]")
    keyboard.keyboard.type(f"{code[:3].lower()} {code[3:].lower()}")
    press_enter_and_go(keyboard)
    press_tab_until(keyboard, "button[value=maya]")
    press_enter_and_go(keyboard)
    answer_all(keyboard)
    keyboard.goto(server + RESULT)
    press_tab_until(keyboard, "button[name=add]")
    press_enter_and_go(keyboard)
    expect(keyboard.locator("#class [role=status]")).to_contain_text("Yours is in for round 1")

    # One has no scripts, at the width of an old phone.
    plain = make_context(java_script_enabled=False, viewport={"width": 320, "height": 640}).new_page()
    plain.goto(f"{server}/en/join/{code}/")
    plain.click("button[value=me]")
    answer_all(plain)
    plain.goto(server + RESULT)
    plain.click("button[name=add]")
    expect(plain.locator("#class [role=status]")).to_be_visible()
    plain.goto(f"{server}/en/classes/{code}/screen/")
    expect(plain.locator(".class-progress")).to_contain_text("Fewer than 10")

    fill_class(server, code, 11)
    expect(screen.locator(".class-progress")).to_contain_text("10 or more")

    # Closing asks first; then every screen shows the totals without being loaded again.
    teacher.click("a.button:has-text('to the class page')")
    go(teacher, "a.button:has-text('Close round 1')")
    send(teacher)
    expect(screen.locator(".class-chart").first).to_be_visible()
    expect(screen.locator("output")).to_contain_text("The round is closed")
    for width, height in ((1024, 768), (1920, 1080)):
        screen.set_viewport_size({"width": width, "height": height})
        assert too_wide(screen) <= 0

    # Round two, then print, download and delete.
    go(teacher, "button:has-text('Open round 2')")
    keyboard.goto(f"{server}/en/join/{code}/")
    go(keyboard, "button[value=maya]")
    assert keyboard.url.endswith("/review/"), "the answers of round one are still there"
    keyboard.goto(server + RESULT)
    go(keyboard, "button[name=add]")
    fill_class(server, code, 12, number=2)
    teacher.reload()
    go(teacher, "a.button:has-text('Close round 2')")
    send(teacher)
    teacher.click("a.button:has-text('Results and how')")
    expect(teacher.locator(".class-chart").first).to_contain_text("Round 2")
    assert 1 <= pages_of(teacher.pdf(format="A4")) <= 4
    with teacher.expect_download() as table:
        teacher.click("a[href$='results.csv']")
    rows = list(csv.DictReader(table.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert {(row["round"], row["people"]) for row in rows} == {("1", "13"), ("2", "13")}
    teacher.goto(f"{server}/en/classes/{code}/delete/")
    screen.goto("about:blank")
    send(teacher)
    assert not any(code in name for name in cookie_names(teacher.context))
    assert screen.goto(f"{server}/en/classes/{code}/screen/").status == 404


@pytest.mark.console_errors  # the browser reports that the class is not there any more
def test_a_screen_that_is_followed_says_when_its_class_is_gone(make_context, server):
    teacher = make_context().new_page()
    code = open_class(teacher, server)
    screen = make_context().new_page()
    screen.goto(f"{server}/en/classes/{code}/screen/")
    teacher.goto(f"{server}/en/classes/{code}/delete/")
    send(teacher)
    expect(screen.locator("h1")).to_contain_text("no such class")
