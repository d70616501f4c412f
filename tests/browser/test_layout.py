"""How pages are laid out: nothing cut off, covered or too small, on screens and on paper, and valid HTML."""

from __future__ import annotations

import re
from typing import Any

import html5lib
import pytest
from playwright.sync_api import expect

from tests.browser.helpers import (
    Documents,
    hold,
    item_paths,
    part,
    question_paths,
    states,
    too_wide,
)

WIDTHS = (320, 390, 1280)
PARTS = 2

# --- On screen -----------------------------------------------------------------------------------------

# A column so narrow that words break into letters.
SQUEEZED = """() => [...document.querySelectorAll('p, li, dt, dd, th, td, label, a, strong, span')].filter(each => {
  const own = [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim().length > 3);
  const box = each.getBoundingClientRect();
  return own && each.checkVisibility() && !each.closest('.visually-hidden, .skip') && box.height > 0 && box.width < 20;
}).map(each => each.outerHTML.slice(0, 120))"""

# Targets outside running text: at least 24 px each way (WCAG 2.5.8); the answers at least 44 px high.
TOO_SMALL = """() => {
  const small = [];
  const look = (selector, width, height) => document.querySelectorAll(selector).forEach(each => {
    if (!each.checkVisibility() || each.closest('.visually-hidden')) return;
    const boxes = [each, ...(each.labels || [])].map(one => one.getBoundingClientRect());
    if (!boxes.some(box => box.height >= height - .5 && box.width >= width - .5))
      small.push(each.outerHTML.slice(0, 120));
  });
  look('header a, nav a, footer nav a, .back, .button, button, select, summary', 24, 24);
  look('.row > a, .cards h2 > a, .cards h3 > a, .error-summary a', 24, 24);
  look('input:not([type=hidden]), .tick', 24, 24);
  look('.choice label, .tick, .button, .text-field input, select', 44, 44);
  return small;
}"""

# Parts of the header that lie over each other or over the content.
COVERED = """() => {
  const parts = ['.brand', 'header nav', 'main'].map(one => document.querySelector(one)).filter(Boolean);
  const boxes = parts.map(one => one.getBoundingClientRect());
  const links = [...document.querySelectorAll('header nav a')].map(one => one.getBoundingClientRect());
  const cross = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const over = all => all.some((one, place) => all.slice(place + 1).some(other => cross(one, other)));
  return over(boxes) || over(links);
}"""


@pytest.mark.parametrize("number", range(PARTS))
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_too_wide_covered_squeezed_or_has_targets_too_small(make_context, server, width, number):
    page = make_context(viewport={"width": width, "height": 800}).new_page()
    found: dict[str, Any] = {}
    for state in part(states(), number, PARTS):
        state.enter(page, server)
        troubles = {
            "too wide by": too_wide(page),
            "header covers": page.evaluate(COVERED),
            "squeezed": page.evaluate(SQUEEZED),
            "too small": page.evaluate(TOO_SMALL),
        }
        if any(troubles.values()):
            found[state.name] = {name: trouble for name, trouble in troubles.items() if trouble}
    assert found == {}


# --- On paper ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("holds", ["everything open", "a range", "some steps done", "mostly not sure"])
def test_a_result_prints_on_two_pages_at_most(make_context, server, paper, holds):
    page = make_context().new_page()
    hold(page, server, holds)
    page.goto(server + "/en/result/print/")
    assert 1 <= pages_of(page.pdf(format=paper)) <= 2


def pages_of(pdf: bytes) -> int:
    """Return how many pages a PDF made by Chromium has."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.parametrize("path", ["/en/guides/t2/", "/en/result/print/", "/en/result/", "/en/paper/"])
def test_a_printed_page_has_no_navigation_and_no_buttons(make_context, server, path):
    page = make_context(color_scheme="dark").new_page()
    hold(page, server, "one number")
    page.goto(server + path)
    page.emulate_media(media="print")
    for each in page.locator("nav, .skip, .button, .back").all():
        expect(each).to_be_hidden()
    expect(page.locator("main")).to_be_visible()
    ink, paper = page.evaluate(
        "(({ color, backgroundColor }) => [color, backgroundColor])(getComputedStyle(document.body))"
    )
    assert (ink, paper) == ("rgb(27, 34, 48)", "rgb(255, 255, 255)")


def test_a_printed_guide_spells_out_where_its_links_lead(make_context, server):
    page = make_context().new_page()
    page.goto(server + "/en/claims/f1-1/")
    page.emulate_media(media="print")
    shown = page.eval_on_selector_all(
        "main a[href^=http]", "all => all.map(one => getComputedStyle(one, '::after').content)"
    )
    assert shown
    assert all("http" in text for text in shown)


# --- The documents -------------------------------------------------------------------------------------


def faults_of(html: bytes) -> list[str]:
    """Return the parse errors of a document, its wrong language and its wrong number of headings."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html, transport_encoding="utf-8")
    faults = [f"{place}: {html5lib.constants.E[code] % values}" for place, code, values in parser.errors]
    if tree.get("lang") != "en":
        faults.append(f"lang is {tree.get('lang')}")
    if len(list(tree.iter("h1"))) != 1:
        faults.append(f"{len(list(tree.iter('h1')))} h1")
    ids = [each.get("id") for each in tree.iter() if isinstance(each.tag, str) and each.get("id")]
    faults += [f"id {name} twice" for name in sorted(set(ids)) if ids.count(name) > 1]
    for each in tree.iter("a"):
        target = each.get("href", "")
        if target.startswith("#") and target[1:] not in ids:
            faults.append(f"link to a missing {target}")
    levels = [
        int(each.tag[1]) for each in tree.iter() if isinstance(each.tag, str) and re.fullmatch("h[1-6]", each.tag)
    ]
    faults += [f"h{a} is followed by h{b}" for a, b in zip(levels, levels[1:]) if b > a + 1]
    return faults


def title_of(html: bytes) -> str:
    match = re.search(r"<title>(.*?)</title>", html.decode(), re.DOTALL)
    assert match
    return match[1].strip()


@pytest.mark.parametrize("number", range(PARTS))
def test_every_document_is_valid_in_the_right_language_with_one_heading(make_context, server, number):
    page = make_context().new_page()
    documents = Documents(page)
    found = {}
    for state in part(states(), number, PARTS):
        state.enter(page, server)
        if faults := faults_of(documents.last()):
            found[state.name] = faults
    browser_with_answers = page.context.request
    hold(page, server, "everything open")
    for path in part((*question_paths(), *item_paths()), number, PARTS):
        response = browser_with_answers.get(server + path)
        assert response.status == 200, path
        if faults := faults_of(response.body()):
            found[path] = faults
    assert found == {}


def test_no_two_pages_have_the_same_title(make_context, server):
    page = make_context().new_page()
    hold(page, server, "everything open")
    titles: dict[str, list[str]] = {}
    public = {state.path for state in states() if not state.act and "?" not in state.path}  # a query changes no title
    for path in sorted({*public, *question_paths(), *item_paths()}):
        title = title_of(page.context.request.get(server + path).body())
        assert title.endswith(" · PrivacyCheck")
        titles.setdefault(title, []).append(path)
    assert {title: paths for title, paths in titles.items() if len(paths) > 1} == {}
