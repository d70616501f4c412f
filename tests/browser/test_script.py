"""What the script adds to pages that work without it, and that it steps aside when something is broken."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.helpers import announced, hold, send

MARK = "window.loadedOnce = true"
IS_SAME_PAGE = "window.loadedOnce === true"
FOCUSED = "document.activeElement.id"
LIVE = "output.visually-hidden"


def ticked(page: Page) -> list[str]:
    values: list[str] = page.eval_on_selector_all("input[name=answer]:checked", "all => all.map(one => one.value)")
    return values


@pytest.fixture
def multi(make_context, server) -> Page:
    """A question that takes several answers."""
    page: Page = make_context().new_page()
    hold(page, server, "everything open")
    page.goto(server + "/en/checkup/q17/")
    for box in page.locator("input[name=answer]").all():
        box.uncheck()
    return page


@pytest.fixture
def result(make_context, server) -> Page:
    """A result with steps to tick; the page is marked, so that a reload would show."""
    page: Page = make_context().new_page()
    hold(page, server, "one number")
    page.goto(server + "/en/result/")
    page.evaluate(MARK)
    return page


# --- Answers that stand alone --------------------------------------------------------------------------


@pytest.mark.parametrize("alone", ["none", "unsure", "prefer-not"])
def test_an_answer_that_stands_alone_unticks_the_others_and_they_untick_it(multi, alone):
    multi.check("input[value=b]")
    multi.check("input[value=partly]")
    multi.check(f"input[value={alone}]")
    assert ticked(multi) == [alone]
    multi.check("input[value=c]")
    assert ticked(multi) == ["c"]


def test_things_that_are_true_together_stay_ticked_together(multi):
    for value in ("b", "c", "partly"):
        multi.check(f"input[value={value}]")
    assert ticked(multi) == ["b", "c", "partly"]
    multi.uncheck("input[value=b]")
    assert ticked(multi) == ["c", "partly"]


def test_none_of_these_stands_alone_on_the_start_page_too(make_context, server):
    page = make_context().new_page()
    page.goto(server + "/en/checkup/")
    page.check("input[name=situation][value=study]")
    page.check("input[name=situation][value=job]")
    page.check("input[name=situation][value=nothing]")
    expect(page.locator("input[name=situation]:checked")).to_have_count(1)
    page.check("input[name=situation][value=study]")
    expect(page.locator("input[name=situation][value=nothing]")).not_to_be_checked()


# --- Ticking a step ------------------------------------------------------------------------------------


def test_ticking_a_step_changes_score_and_face_at_once_and_says_so(result):
    score, face = result.inner_text(".score"), result.locator(".face").first.inner_html()
    button = result.locator(".tick[aria-pressed=false]").first
    step = button.get_attribute("id")
    button.click()

    expect(result.locator(f"#{step}")).to_have_attribute("aria-pressed", "true")
    assert result.evaluate(IS_SAME_PAGE)
    assert result.evaluate(FOCUSED) == step
    assert result.inner_text(".score") != score
    assert result.locator(".face").first.inner_html() != face
    live = result.locator(LIVE)
    expect(live).to_have_text(announced(result))
    assert result.evaluate("selector => document.querySelector(selector).tagName", LIVE) == "OUTPUT"  # polite

    result.locator(f"#{step}").click()
    expect(result.locator(f"#{step}")).to_have_attribute("aria-pressed", "false")
    expect(result.locator(".score")).to_have_text(score)
    assert result.evaluate(IS_SAME_PAGE)


def test_ticks_in_quick_succession_are_all_kept(result):
    steps = [button.get_attribute("id") for button in result.locator(".tick[aria-pressed=false]").all()[:3]]
    result.evaluate("ids => ids.forEach(id => document.getElementById(id).click())", steps)
    for step in steps:
        expect(result.locator(f"#{step}")).to_have_attribute("aria-pressed", "true")
    result.reload()
    for step in steps:
        expect(result.locator(f"#{step}")).to_have_attribute("aria-pressed", "true")


def test_the_order_of_the_plan_stays_when_a_step_is_ticked(result):
    result.click('a[href$="?order=drop#plan"]')
    result.evaluate(MARK)
    first = result.locator(".tick[aria-pressed=false]").first.get_attribute("id")
    result.locator(f"#{first}").click()
    expect(result.locator(f"#{first}")).to_have_attribute("aria-pressed", "true")
    expect(result.locator('a[href$="?order=drop#plan"]')).to_have_count(0)
    assert result.evaluate(IS_SAME_PAGE)


def _refuse(route: Route) -> None:
    route.abort("connectionfailed")


def _break(route: Route) -> None:
    route.fulfill(status=500, content_type="text/html; charset=utf-8", body="<!doctype html><title>Broken</title>")


@pytest.mark.parametrize("fault", [_refuse, _break], ids=["no connection", "a broken answer"])
@pytest.mark.console_errors
def test_with_a_broken_network_the_tick_is_sent_as_an_ordinary_form(result, fault):
    def only_the_script(route: Route) -> None:
        if route.request.headers.get("x-requested-with") == "fetch":
            fault(route)
        else:
            route.continue_()

    result.route("**/en/plan/", only_the_script)
    before = announced(result)
    step = result.locator(".tick[aria-pressed=false]").first.get_attribute("id")
    with result.expect_navigation():
        result.locator(f"#{step}").click()
    expect(result.locator(f"#{step}")).to_have_attribute("aria-pressed", "true")
    assert announced(result) != before
    assert not result.evaluate(IS_SAME_PAGE)


# --- Small helps ---------------------------------------------------------------------------------------


def test_the_copy_button_copies_the_resume_code_and_says_so(make_context, server):
    context = make_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server)
    page = context.new_page()
    hold(page, server, "one number")
    page.goto(server + "/en/result/")
    button = page.locator("[data-copy]")
    expect(button).to_be_visible()
    button.click()
    expect(button).to_have_text("Copied")
    expect(page.locator(LIVE)).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(".code").text_content()


def test_the_print_button_appears_and_prints(make_context, server):
    page = make_context().new_page()
    page.add_init_script("window.print = () => { window.printed = true }")
    page.goto(server + "/en/paper/")
    button = page.locator("[data-print]")
    expect(button).to_be_visible()
    button.click()
    assert page.evaluate("window.printed")


@pytest.mark.parametrize(
    "path", ["/en/checkup/q1/", "/en/checkup/q17/", "/en/resume/", "/en/result/load/", "/en/checkup/"]
)
@pytest.mark.console_errors
def test_the_summary_of_errors_takes_the_focus_and_its_links_lead_to_the_fields(make_context, server, path):
    page = make_context().new_page()
    page.goto(server + path)
    send(page)
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    for link in summary.locator("a").all():
        link.focus()
        page.keyboard.press("Enter")
        field = page.locator(link.get_attribute("href"))
        expect(field).to_be_focused()
        described = (field.get_attribute("aria-describedby") or "").split()
        assert any("error" in name for name in described), f"{path}: the error is not tied to its field"
        for name in described:
            expect(page.locator(f"#{name}")).to_have_count(1)
