"""The desk in a real browser: from the one-time link to axe, the keyboard, and a text shown while it is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.bench.servers import environment

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "five plain words in a row"
PAGES = (
    "/editor/",
    "/editor/items/question/",
    "/editor/items/question/q1/edit/",
    "/editor/items/letter/l1/edit/",
    "/editor/items/persona/sam/edit/",
    "/editor/items/claim/new/",
    "/editor/items/claim/f1-1/remove/",
    "/editor/items/claim/f1-1/history/",
    "/editor/problems/",
    "/editor/queue/",
    "/editor/map/",
    "/editor/log/",
    "/editor/log/people/",
    "/editor/publish/",
    "/editor/exchange/",
    "/editor/password/",
    "/editor/preview/en/guides/t3/",
)


@pytest.fixture(scope="session")
def link(data_folder, server) -> str:
    """The path of a one-time link, as `create_editor` prints it."""
    done = subprocess.run(
        [sys.executable, "manage.py", "create_editor", "ann", "--role", "publisher"],
        cwd=ROOT,
        env=environment(data_folder, PUBLIC_ORIGIN=server),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return urlsplit(done.stdout.strip().splitlines()[-1]).path


@pytest.fixture(scope="session")
def account(link, server, browser) -> str:
    """An account whose owner has set the password by the link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(server + link)
    page.fill("#id_new_password1", PASSWORD)
    page.fill("#id_new_password2", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server}/editor/sign-in/")
    context.close()
    return "ann"


def sign_in(page, server: str, name: str) -> None:
    page.goto(f"{server}/editor/")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server}/editor/")


def decided(path: str, problems: list[str]) -> list[str]:
    """Leave out what axe cannot tell of the colours of words inside the map: they stand on shapes of a drawing.

    The shapes have the colours of a page or a card, and the words those that axe measures everywhere else.
    """
    return [one for one in problems if path != "/editor/map/" or not one.startswith("undecided color-contrast")]


@pytest.mark.parametrize("width", [1280, 768])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(make_context, server, axe, account, width):
    page = make_context(viewport={"width": width, "height": 900}).new_page()
    found = {}
    page.goto(f"{server}/editor/sign-in/")
    if problems := axe(page):
        found["/editor/sign-in/"] = problems
    sign_in(page, server, account)
    for path in PAGES:
        page.goto(server + path)
        if problems := decided(path, axe(page, "all" if width == 1280 else "structure")):
            found[path] = problems
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[path] = [*found.get(path, []), "wider than the window"]
        if width != 1280:
            continue
        page.emulate_media(color_scheme="dark")
        if problems := decided(path, axe(page, "colours")):
            found[f"{path}, dark"] = problems
        page.emulate_media(color_scheme="light")
    assert found == {}
    assert [cookie["path"] for cookie in page.context.cookies() if cookie["name"] == "editor"] == ["/editor/"]


def test_a_text_is_shown_while_it_is_written_and_saved_by_the_keyboard(make_context, server, account):
    page = make_context().new_page()
    sign_in(page, server, account)
    page.goto(f"{server}/editor/items/guide/t3/edit/")
    area, shown = page.locator("[id='d.body.en']"), page.locator("[id='d.body.en-shown']")
    page.locator("button[value='d.body.en']").press("Enter")
    shown.locator("h2").first.wait_for()
    area.fill("Some **new** words <script>alert(1)</script>")
    shown.locator("strong", has_text="new").wait_for()
    assert shown.locator("script").count() == 0
    page.fill("[id='d.title.en']", "A title from the keyboard")
    page.locator("button[name=save]").press("Enter")
    page.locator(".notice.good").wait_for()
    page.goto(f"{server}/editor/preview/en/guides/t3/")
    assert page.locator("h1").inner_text() == "A title from the keyboard"
    page.goto(f"{server}/en/guides/t3/")
    assert page.locator("h1").inner_text() != "A title from the keyboard"
