"""The whole checkup in a real browser: by keyboard alone, without scripts, at 400 % zoom, and erased for good."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps import scoring
from apps.editions.convert import record_of
from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path
from tests.browser.helpers import (
    REVIEW,
    START,
    SUBMIT,
    announced,
    answer,
    cookie_names,
    edition,
    form_values,
    go,
    go_back,
    hold,
    load,
    persona,
    question_of,
    score_in_words,
    send,
    sheets,
    too_wide,
    walk,
)

# --- By keyboard alone ---------------------------------------------------------------------------------

MOST_TABS = 200

# A stop may show its focus on itself, or, where it is a small box, on the card around its label.
WHERE_FOCUS_IS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const ring = [at, at.nextElementSibling].filter(Boolean).some(each => {
    const style = getComputedStyle(each);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  });
  const seen = [...at.getClientRects()].some(box => {
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const top = document.elementFromPoint(x, y);
    return top && (top === at || at.contains(top) || top.contains(at) || [...(at.labels || [])].includes(top));
  });
  return { name: at.outerHTML.slice(0, 160), ring, seen };
}"""


def press_tab_until(page: Page, wanted: str) -> None:
    """Press Tab until the focus is on what is wanted. Every stop on the way must be in sight and show its focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        stop = page.evaluate(WHERE_FOCUS_IS)
        if stop is None:
            continue  # between the page's end and its start the browser itself has the focus
        assert stop["ring"], f"{page.url}: no focus to be seen on {stop['name']}"
        assert stop["seen"], f"{page.url}: out of sight or covered: {stop['name']}"
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    pytest.fail(f"{page.url}: Tab never reaches {wanted}")


def press_enter_and_go(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def skip_to_content(page: Page) -> None:
    """Use the first link of every page, which leads past the header."""
    press_tab_until(page, "a.skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def choose_by_keyboard(page: Page, name: str, *values: str) -> None:
    """Tick values of a group: boxes one by one, radios by going to the group and along it with the arrows."""
    boxes = page.locator(f"input[name={name}]")
    if boxes.first.get_attribute("type") == "checkbox":
        for value in sorted(values, key=lambda value: _place(page, name, value)):
            press_tab_until(page, f'input[name={name}][value="{value}"]')
            page.keyboard.press("Space")
    else:
        press_tab_until(page, f"input[name={name}]")
        place = _place(page, name, values[0])
        page.keyboard.press("Space")
        for _ in range(place):
            page.keyboard.press("ArrowDown")
    for value in values:
        expect(page.locator(f'input[name={name}][value="{value}"]')).to_be_checked()


def _place(page: Page, name: str, value: str) -> int:
    values: list[str] = page.eval_on_selector_all(f"input[name={name}]", "all => all.map(one => one.value)")
    return values.index(value)


@pytest.mark.parametrize("width", [1280, 320])
def test_the_whole_checkup_can_be_made_by_keyboard_alone_with_the_focus_always_in_sight(make_context, server, width):
    page = make_context(viewport={"width": width, "height": 640}).new_page()
    maya = persona("maya")
    page.goto(server + "/en/")
    skip_to_content(page)
    press_tab_until(page, f'main a[href="{START}"]')
    press_enter_and_go(page)

    skip_to_content(page)
    choose_by_keyboard(page, "topic", "whole")
    choose_by_keyboard(page, "who", "me")
    press_tab_until(page, "select[name=place]")
    places = [place.id for place in edition().pack.places]
    for _ in range(places.index(maya.place) + 1):
        page.keyboard.press("ArrowDown")
    expect(page.locator("select[name=place]")).to_have_value(maya.place)
    choose_by_keyboard(page, "situation", *maya.situation)
    press_tab_until(page, SUBMIT)
    press_enter_and_go(page)

    asked = 0
    while question := question_of(page):
        skip_to_content(page)
        choose_by_keyboard(page, "answer", *form_values(maya, question))
        press_tab_until(page, SUBMIT)
        press_enter_and_go(page)
        asked += 1
    assert asked == len(scoring.on_screen(edition().questionnaire, record_of(maya)))

    assert page.url.split("#")[0] == server + REVIEW
    skip_to_content(page)
    press_tab_until(page, 'main a.button[href="/en/result/"]')
    press_enter_and_go(page)
    assert announced(page) == score_in_words(edition().persona_scores["maya"])

    skip_to_content(page)
    press_tab_until(page, ".tick")
    ticked = page.evaluate("document.activeElement.id")
    page.keyboard.press("Space")
    expect(page.locator(f"#{ticked}")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(f"#{ticked}")).to_be_focused()
    press_tab_until(page, ".topics summary")
    page.keyboard.press("Enter")
    expect(page.locator(".topics details").first).to_have_attribute("open", "")
    press_tab_until(page, 'form[action="/en/erase/"] button')
    press_enter_and_go(page)
    assert "sheet" not in cookie_names(page.context)


@pytest.mark.parametrize(
    "path", ["/en/", "/en/method/", "/en/guides/t1/", "/en/practice/maya/", "/en/paper/", "/en/story/"]
)
def test_every_stop_of_the_tab_key_is_in_sight_on_long_pages(make_context, server, path):
    page = make_context(viewport={"width": 390, "height": 640}).new_page()
    page.goto(server + path)
    press_tab_until(page, "footer li:last-child a")


# --- Without scripts -----------------------------------------------------------------------------------


@pytest.fixture
def without_scripts(make_context) -> BrowserContext:
    """A browser that runs no script."""
    return make_context(java_script_enabled=False, accept_downloads=True)


def test_the_whole_checkup_works_without_scripts(without_scripts, server, tmp_path):
    page = without_scripts.new_page()
    for _ in walk(page, server, "maya"):
        assert "JavaScript" not in page.inner_text("body")
    page.click('main a.button[href="/en/result/"]')
    before = announced(page)
    assert before == score_in_words(edition().persona_scores["maya"])
    for needs_script in page.locator("[data-copy], [data-print]").all():
        expect(needs_script).to_be_hidden()

    # Tick a step: the page comes back with the new score.
    page.locator(".tick[aria-pressed=false]").first.click()
    expect(page.locator(".tick[aria-pressed=true]")).to_have_count(1)
    after = announced(page)
    assert after != before
    page.locator(".tick[aria-pressed=true]").click()
    assert announced(page) == before
    page.locator(".tick[aria-pressed=false]").first.click()
    assert announced(page) == after

    # Keep it: the file, and the code.
    with page.expect_download() as download:
        page.click('a[href="/en/result/save"]')
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    code = page.locator(".code").inner_text()

    # Erase it, here by way of its own page.
    go(page, 'footer a[href="/en/erase/"]')
    send(page)
    assert "sheet" not in cookie_names(without_scripts)
    page.goto(server + "/en/result/")
    expect(page.locator("[data-announce]")).to_have_count(0)

    # Both ways back lead to the same score.
    page.goto(server + "/en/result/load/")
    page.set_input_files("input[type=file]", file)
    page.check("input[name=purpose][value=continue]")
    send(page)
    assert announced(page) == after

    without_scripts.clear_cookies()
    page.goto(server + "/en/resume/")
    page.fill("input[name=code]", code.lower().replace("-", " "))
    send(page)
    page.goto(server + "/en/result/")
    assert announced(page) == after


def test_a_refused_answer_is_explained_without_scripts_and_nothing_is_lost(without_scripts, server):
    page = without_scripts.new_page()
    hold(page, server, "everything open")
    page.goto(server + "/en/checkup/q17/")
    page.check("input[value=none]")
    send(page)
    assert page.title().startswith("Error:")
    expect(page.locator(".error-summary")).to_be_visible()
    link = page.locator(".error-summary a")
    expect(page.locator(link.get_attribute("href"))).to_have_count(1)
    page.goto(server + "/en/result/")
    assert announced(page) == score_in_words(edition().persona_scores["all-open"])


def test_answering_as_somebody_else_works_without_scripts_and_ends_on_demand(without_scripts, server):
    page = without_scripts.new_page()
    hold(page, server, "one number")
    page.goto(server + "/en/result/")
    own = announced(page)
    page.goto(server + "/en/practice/liang/")
    page.click("button[name=result]")
    assert announced(page) == score_in_words(edition().persona_scores["liang"])
    page.goto(server + "/en/practice/liang/")
    page.click("button[name=stop]")
    page.goto(server + "/en/result/")
    assert announced(page) == own


# --- At 400 % zoom -------------------------------------------------------------------------------------


def test_the_whole_checkup_at_400_percent_zoom_never_scrolls_sideways(make_context, server):
    page = make_context(viewport={"width": 320, "height": 256}, device_scale_factor=4).new_page()
    wide: dict[str, int] = {}

    def look() -> None:
        page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
        if by := too_wide(page):
            wide[page.url.removeprefix(server)] = by

    page.goto(server + "/en/")
    look()
    page.goto(server + START)
    look()
    for _ in walk(page, server, "liang"):
        look()
    look()
    page.click('main a.button[href="/en/result/"]')
    look()
    page.locator(".tick").first.click()
    expect(page.locator(".tick[aria-pressed=true]")).to_have_count(1)
    look()
    page.click('a[href="/en/result/print/"]')
    look()
    for path in ("/en/erase/", "/en/resume/", "/en/result/load/", "/en/guides/t2/", "/en/self-audit/"):
        page.goto(server + path)
        look()
    load(page, server, sheets()["one number"], "compare")
    look()
    assert wide == {}


# --- Gone is gone --------------------------------------------------------------------------------------


def test_going_back_after_erasing_shows_no_answers(make_context, server):
    page = make_context().new_page()
    hold(page, server, "everything open")
    page.goto(server + "/en/checkup/q1/")
    expect(page.locator("input[name=answer]:checked")).to_have_count(1)
    page.goto(server + "/en/result/")
    score = announced(page)
    page.click('form[action="/en/erase/"] button')
    expect(page.locator("h1")).to_contain_text("erased")

    go_back(page)
    assert page.url == server + "/en/result/"
    assert score not in page.content()
    expect(page.locator(".score, .code")).to_have_count(0)
    go_back(page)
    assert page.url == server + "/en/checkup/q1/"
    expect(page.locator("input[name=answer]:checked")).to_have_count(0)


def test_a_browser_that_keeps_whole_pages_for_going_back_keeps_none_with_answers(browser, server):
    """Playwright turns that memory off, so this needs a browser of its own; `pageshow` tells a kept page."""
    keeping = browser.browser_type.launch(
        executable_path=chromium_path(),
        args=CHROMIUM_FLAGS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    page = keeping.new_page()
    page.add_init_script("addEventListener('pageshow', event => console.log(location.pathname, event.persisted))")

    shown: list[str] = []
    page.on("console", lambda message: shown.append(message.text))

    def leap_back(steps: int, expected: str) -> None:
        with page.expect_console_message(lambda message: message.text == expected):
            page.evaluate("steps => { history.go(-steps) }", steps)

    page.goto(server + "/en/guides/")
    page.goto(server + "/en/glossary/")
    leap_back(1, "/en/guides/ true")  # or else this browser keeps nothing and the rest says nothing

    hold(page, server, "everything open")
    page.goto(server + "/en/result/")
    page.goto(server + "/en/erase/")
    send(page)
    expect(page.locator("h1")).to_contain_text("erased")
    leap_back(2, "/en/result/ false")
    expect(page.locator("h1")).to_contain_text("no answers")
    expect(page.locator(".score, .code")).to_have_count(0)
    assert "/en/result/ true" not in shown
    keeping.close()


def test_going_back_in_the_walk_shows_the_answer_given_and_lets_it_be_changed(make_context, server):
    page = make_context().new_page()
    page.goto(server + "/en/checkup/q1/")
    answer(page, "c")
    assert question_of(page) == "q2"
    go_back(page)
    assert question_of(page) == "q1"
    expect(page.locator("input[value=c]")).to_be_checked()
    answer(page, "a")
    assert question_of(page) not in {"q1", "q2"}
    page.click("a.back")
    expect(page.locator("input[value=a]")).to_be_checked()
