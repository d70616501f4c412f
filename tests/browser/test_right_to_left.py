"""A third language is added by files alone, here one from right to left: no migration, no change of code."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from apps.editions.pack_files import read_pack, write_pack
from apps.editions.schema import Pack
from tests.bench.servers import ROOT, SITE, environment, serving
from tests.browser.helpers import too_wide

SETTINGS = "tests.browser.arabic"
INTERFACE = {"Continue": "متابعة", "Start the checkup": "ابدأ الفحص", "Skip to content": "انتقل إلى المحتوى"}
QUESTION = "هل وضعت وجهك في تطبيق للتسلية خلال السنتين الأخيرتين؟"
PAGES = (
    "",
    "checkup/",
    "checkup/q1/",
    "guides/t1/",
    "educators/",
    "practice/",
    "method/q1/",
    "classes/made-up/closed/",
)


def write_mo(path: Path, texts: dict[str, str]) -> None:
    """Write a compiled catalogue (the format of GNU gettext)."""
    entries = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **texts}.items())
    pairs = [(one.encode(), other.encode()) for one, other in entries]
    start = 28 + 16 * len(pairs)
    blob, tables = b"", ([], [])
    for place in (0, 1):
        for pair in pairs:
            tables[place].append((len(pair[place]), start + len(blob)))
            blob += pair[place] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    path.parent.mkdir(parents=True)
    path.write_bytes(head + b"".join(struct.pack("<2I", *each) for table in tables for each in table) + blob)


@pytest.fixture(scope="module")
def arabic_server(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site with the third language, in an edition that has a few of its texts."""
    folder = tmp_path_factory.mktemp("arabic")
    data = json.loads(read_pack(ROOT / "apps/editions/pack").model_dump_json(exclude_defaults=True))
    data["languages"].append({"code": "ar", "name": "العربية"})
    first = data["topics"][0]["questions"][0]
    first["text"]["ar"] = QUESTION
    write_pack(Pack.model_validate(data), folder / "pack")
    write_mo(folder / "locale" / "ar" / "LC_MESSAGES" / "django.mo", INTERFACE)
    shutil.copytree(data_folder, folder / "data")
    more = {"DJANGO_SETTINGS_MODULE": SETTINGS, "ARABIC_LOCALE": str(folder / "locale")}
    for command in (
        ["makemigrations", "--check", "--dry-run"],
        ["publish_pack", str(folder / "pack"), "--note", "Arabic"],
    ):
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment(folder / "data", **more),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    more.pop("DJANGO_SETTINGS_MODULE")
    with serving(SITE, folder / "data", workers=1, threads=4, settings=SETTINGS, **more) as running:
        yield f"http://127.0.0.1:{running.port}"


@pytest.fixture
def server(arabic_server: str) -> str:
    """Take the place of the usual server, so that the browser is watched on this one."""
    return arabic_server


@pytest.mark.parametrize("width", [320, 1280])
def test_a_language_from_right_to_left_is_laid_out_from_the_right(make_context, server, axe, width):
    page = make_context(viewport={"width": width, "height": 900}).new_page()
    for path in PAGES:
        page.goto(f"{server}/ar/{path}")
        assert page.get_attribute("html", "dir") == "rtl", path
        assert page.get_attribute("html", "lang") == "ar", path
        assert too_wide(page) <= 0, path
        brand, menu = (page.locator(one).bounding_box() for one in (".brand", "header nav"))
        assert brand is not None
        assert menu is not None
        assert brand["x"] + brand["width"] > width * 0.75, f"{path}: the name of the site stands on the right"
        assert menu["x"] + menu["width"] <= brand["x"] or menu["y"] >= brand["y"] + brand["height"] - 1, path
        assert axe(page) == [], path


def test_what_is_translated_is_shown_and_the_rest_is_english_and_says_so(make_context, server):
    page = make_context().new_page()
    page.goto(f"{server}/ar/checkup/q1/")
    expect(page.locator("h1")).to_have_text(QUESTION)
    expect(page.locator("form button.button")).to_have_text(INTERFACE["Continue"])
    label = page.locator(".choice label > span[lang=en]").first
    assert label.get_attribute("dir") == "ltr"
    page.goto(f"{server}/ar/guides/t1/")
    assert page.locator("main div[lang=en][dir=ltr]").count() >= 1
    expect(page.locator('header a[hreflang="zh-hans"]')).to_be_visible()
    page.click('header a[hreflang="en"]')
    assert page.get_attribute("html", "dir") is None
