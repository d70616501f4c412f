"""A real browser on the real server, and what no page may do in it: speak to anybody else, or report an error."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

from tests.bench.servers import SITE, prepared_folder, serving

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_MILLISECONDS = 15_000

CHROMIUM_FLAGS = [
    "--no-sandbox",  # continuous integration runs as root; the only site that is visited is ours
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing can leave this machine, whatever asks
]

# --- The server ----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DATA_DIR of this worker's server: database, key, static files and the server's log (`server-*.log`).

    It is prepared once, by the worker that comes first, and copied for each.
    """
    own = tmp_path_factory.mktemp("site") / "data"
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    made = shared / "prepared-site"
    with (shared / "prepared-site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go by the system even if the worker dies
        if not made.exists():
            with prepared_folder() as fresh:
                shutil.copytree(fresh, made.with_suffix(".part"))
            made.with_suffix(".part").rename(made)
    shutil.copytree(made, own)
    return own


@pytest.fixture(scope="session")
def server(data_folder: Path) -> Iterator[str]:
    """Origin (`http://127.0.0.1:<port>`) of the site, served by gunicorn as `make run` does."""
    with serving(SITE, data_folder, workers=2, threads=4, settings="privacycheck.settings") as running:
        yield f"http://127.0.0.1:{running.port}"


# --- The browser ---------------------------------------------------------------------------------------


def chromium_path() -> str:
    """Return the path of the Chromium that is used; without one the tests fail, they are never skipped."""
    found = subprocess.run(["sh", ".ci/browser", "find"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(found.stdout.strip(), pytrace=False)
    return found.stdout.strip()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium without a window."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


class Watch:
    """What a browser did that no page of this site may make it do."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.strayed: list[str] = []
        self.errors: list[str] = []
        self._origin = origin
        self._refused: set[str] = set()
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.errors.append(f"uncaught: {error.error}"))

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith(self._origin + "/"):
            self.strayed.append(request.url)

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.errors.append(f"{response.status}: {response.url}")
        elif response.status >= 400 and response.request.is_navigation_request():
            self._refused.add(response.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        # Chromium also reports a page that a test asked for and that was rightly refused: 404, 422.
        is_refusal = message.text.startswith("Failed to load resource") and where in self._refused
        if message.type == "error" and not is_refusal:
            self.errors.append(f"{where}: {message.text}")


@pytest.fixture
def make_context(
    browser: Browser, server: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., BrowserContext]]:
    """Make a fresh browser profile; takes the options of Playwright's `new_context`.

        make_context(java_script_enabled=False)
        make_context(color_scheme="dark")
        make_context(forced_colors="active")
        make_context(viewport={"width": 320, "height": 640})

    At its end the test fails if a page asked another origin for anything, wrote an error to the console, or
    left one uncaught. The mark `console_errors` allows errors, where a test causes them.
    """
    made: list[tuple[BrowserContext, Watch]] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**options)
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
        made.append((context, Watch(context, server)))
        return context

    yield make
    for context, _ in made:
        context.close()
    assert [address for _, watch in made for address in watch.strayed] == [], "a page asked another origin"
    if not request.node.get_closest_marker("console_errors"):
        assert [error for _, watch in made for error in watch.errors] == [], "a page reported errors"


@pytest.fixture
def context(make_context: Callable[..., BrowserContext]) -> BrowserContext:
    """A fresh browser profile: light, 1280 pixels wide, with scripts."""
    return make_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty page in a fresh browser profile."""
    return context.new_page()


# --- axe -----------------------------------------------------------------------------------------------

AXE_OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations", "incomplete"],
}

COLOUR_RULES = ["color-contrast", "link-in-text-block"]

Rules = Literal["all", "colours", "structure"]
OPTIONS: dict[Rules, dict[str, Any]] = {
    "all": AXE_OPTIONS,
    "colours": AXE_OPTIONS | {"runOnly": {"type": "rule", "values": COLOUR_RULES}},
    "structure": AXE_OPTIONS | {"rules": {rule: {"enabled": False} for rule in COLOUR_RULES}},
}

# What axe cannot decide by itself and a person has looked at: its rule, its own word for the doubt, the selector
# of the element, and the reason why it is right. Nothing but contrast may stand here.
LOOKED_AT = [
    (
        "color-contrast",
        "elmPartiallyObscured",
        ".scroll :is(th, td)",
        "On a narrow screen a wide table scrolls in a frame of its own, whose edge cuts cells off. They have the "
        "colours of the cells in sight, and at 1280 px axe measures them all.",
    ),
    (
        "color-contrast",
        "shortTextContent",
        ".scroll .num",
        "Points of one digit, in a part of such a table that has to be scrolled to.",
    ),
    (
        "color-contrast",
        "elmPartiallyObscuring",
        ".word:target *",
        "The meaning of a word stands on a sheet over the page, so what lies below differs from line to line. The "
        "sheet is opaque and has the colours of a card, which axe measures elsewhere.",
    ),
]

_RUN_AXE = """async ([options, lookedAt]) => {
  const results = await axe.run(document, options);
  const said = ({ any, all, none }) => [...any, ...all, ...none].map(check => check.message).join(' ');
  const known = (rule, node) => lookedAt.some(([id, doubt, selector]) => id === rule
    && node.any.some(check => check.data?.messageKey === doubt)
    && document.querySelector(node.target.at(-1))?.matches(selector));
  const lines = (kind, found, counts) => found.flatMap(({ id, nodes }) => nodes
    .filter(node => counts(id, node))
    .map(node => `${kind} ${id} at ${node.target.join(' ')}: ${said(node)}`));
  return [
    ...lines('violation', results.violations, () => true),
    ...lines('undecided', results.incomplete, (id, node) => !known(id, node)),
  ];
}"""


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """Look for barriers on a page with axe and return a line for each: WCAG 2.2 A and AA, and best practices.

    What axe leaves undecided counts as found, unless `LOOKED_AT` says why it is right. With `rules` only
    those about colours are run, or only the others, where the rest was looked at elsewhere.
    """

    def look(page: Page, rules: Rules = "all") -> list[str]:
        if not page.evaluate("() => 'axe' in window"):  # half a megabyte, once for each page
            page.evaluate(AXE_SCRIPT)
        found: list[str] = page.evaluate(_RUN_AXE, [OPTIONS[rules], LOOKED_AT])
        return found

    return look
