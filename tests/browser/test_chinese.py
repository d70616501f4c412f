"""The site in Chinese: read by axe, walked by keyboard and without scripts, in its own letters and punctuation."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import (
    SUBMIT,
    answer,
    edition,
    form_values,
    item_paths,
    part,
    persona,
    question_of,
    question_paths,
    send,
    states,
    too_wide,
)
from tests.browser.test_walk import choose_by_keyboard, press_enter_and_go, press_tab_until, skip_to_content

HOME = "/zh-hans/"
PARTS = 3

# What may stay in Latin letters: names, codes, addresses, units and what is marked as another language.
LATIN_SENTENCE = re.compile(r"[A-Za-z][a-z]+(?: [A-Za-z]?[a-z]+){3,}")

# A name or a sentence to say, given beside its translation: 人工查验护照（manual passport inspection）.
GIVEN_BESIDE = re.compile(r"（[^（）]*）|“[^“”]*”")

# Text that is not marked as another language, without sources, which keep the titles that they have.
CHINESE_TEXT = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const at = walk.currentNode.parentElement;
    if (!at.closest('[lang]:not([lang^=zh]), code, script, style, .notes, .sources, cite, .no-translation'))
      found.push(walk.currentNode.data);
  }
  return found;
}"""


def in_chinese(path: str) -> str:
    """Return the Chinese address of an English page."""
    return path.replace("/en/", HOME, 1)


@pytest.mark.parametrize("number", range(PARTS))
def test_axe_finds_nothing_on_any_page_in_chinese_and_none_is_too_wide(make_context, server, axe, number):
    page = make_context(viewport={"width": 320, "height": 900}).new_page()
    found = {}
    for state in part(tuple(one for one in states() if one.act is None), number, PARTS):
        state.enter(page, server)
        page.goto(server + in_chinese(state.path))
        problems = axe(page, "structure")
        if wide := too_wide(page):
            problems.append(f"too wide by {wide}")
        if page.get_attribute("html", "lang") != "zh-hans":
            problems.append("not in Chinese")
        if problems:
            found[state.name] = problems
    assert found == {}


def test_nothing_is_left_in_english(make_context, server):
    page = make_context().new_page()
    paths = [one.path for one in states() if one.act is None and not one.holds and "?" not in one.path]
    paths += [path for path in (*question_paths(), *item_paths()) if path.endswith(("1/", "cn/", "a20/"))]
    found = {}
    for path in dict.fromkeys(paths):
        page.goto(server + in_chinese(path))
        text = page.evaluate(CHINESE_TEXT)
        if english := [one for each in text for one in LATIN_SENTENCE.findall(GIVEN_BESIDE.sub("", each))]:
            found[path] = english[:5]
    assert found == {}


def _walk_topic(page: Page, someone: str) -> int:
    """Answer one topic by keyboard and return how many questions were asked."""
    asked = 0
    while question := question_of(page):
        skip_to_content(page)
        choose_by_keyboard(page, "answer", *form_values(persona(someone), question))
        press_tab_until(page, SUBMIT)
        press_enter_and_go(page)
        asked += 1
    return asked


def test_a_topic_can_be_checked_by_keyboard_alone_in_chinese(make_context, server):
    page = make_context(viewport={"width": 390, "height": 700}).new_page()
    page.goto(server + HOME)
    skip_to_content(page)
    press_tab_until(page, f'main a[href="{HOME}checkup/"]')
    press_enter_and_go(page)
    skip_to_content(page)
    choose_by_keyboard(page, "topic", "t2")
    choose_by_keyboard(page, "who", "me")
    choose_by_keyboard(page, "situation", "nothing")
    press_tab_until(page, SUBMIT)
    press_enter_and_go(page)
    assert _walk_topic(page, "liang") >= 2
    assert urlsplit(page.url).path == f"{HOME}checkup/review/"
    page.click(f'main a.button[href="{HOME}result/"]')
    expect(page.locator("h1")).to_contain_text("暴露")


def test_the_whole_checkup_works_without_scripts_in_chinese(make_context, server):
    page = make_context(java_script_enabled=False, viewport={"width": 320, "height": 640}).new_page()
    maya = persona("maya")
    page.goto(f"{server}{HOME}checkup/")
    page.check("input[name=topic][value=whole]")
    page.check("input[name=who][value=me]")
    page.select_option("select[name=place]", "cn")
    for situation in maya.situation:
        page.check(f"input[name=situation][value={situation}]")
    send(page)
    while question := question_of(page):
        answer(page, *form_values(maya, question))
    page.goto(f"{server}{HOME}result/")
    shown = edition().persona_scores["maya"].shown
    assert str(shown[0]) in page.inner_text(".score")
    page.click(f'main a[href="{HOME}rights/cn/"]')
    expect(page.locator("main")).to_contain_text("《个人信息保护法》")


def test_a_word_in_the_middle_of_a_sentence_is_found(make_context, server):
    page = make_context().new_page()
    page.goto(f"{server}{HOME}search/?q=刷脸支付")
    assert page.locator(".results li").count() > 3
    expect(page.locator("mark").first).to_be_visible()


def test_the_result_prints_in_chinese_on_two_pages(make_context, server):
    from tests.browser.helpers import hold
    from tests.browser.test_layout import pages_of

    page = make_context().new_page()
    hold(page, server, "everything open")
    page.goto(f"{server}{HOME}result/print/")
    assert 1 <= pages_of(page.pdf(format="A4")) <= 2


def test_the_desk_speaks_english_to_a_chinese_browser(make_context, server):
    page = make_context(locale="zh-CN").new_page()
    page.goto(server + "/editor/")
    assert page.get_attribute("html", "lang") == "en"
    page.goto(server + "/")
    assert page.url == server + HOME
