"""Draw static/share/*.png, the images that a link to a page shows where somebody pastes it: one a kind of page.

The words come from apps.website.templatetags.chrome, the face from apps.checkup.face, and the colours from
static/site.css. Chromium draws them, as it does in the tests, with the fonts that the tests need anyway.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path

import django
from django.template import Context, Engine
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "static" / "share"
COLOURS = 32  # the few that are used, and steps between them at the edges of letters and dots

# For each kind of page, how many of the 100 dots are lit, drawn as rings, and faded by steps that were taken.
FACES = {
    "home": (45, 6, 0),
    "story": (72, 0, 0),
    "checkup": (14, 58, 0),
    "guide": (35, 0, 0),
    "action": (23, 0, 49),
    "claim": (45, 27, 0),
    "letter": (35, 0, 37),
    "rights": (0, 0, 72),
    "glossary": (23, 0, 0),
    "method": (58, 0, 0),
}

# Nothing is smaller than 36 px, so that it can be read when the image is shown a third as wide.
PAGE = """<!doctype html>
<meta charset="utf-8">
<style>
{{ colours|safe }}
* { box-sizing: border-box; margin: 0 }
body { display: grid; grid-template-columns: 1fr 400px; gap: 70px; align-items: center; width: {{ width }}px;
  height: {{ height }}px; padding: 56px 84px; background: var(--paper); color: var(--ink); font-family: "DejaVu Serif" }
main { display: flex; flex-direction: column; justify-content: space-between; height: 100% }
.brand { display: flex; align-items: center; gap: 18px; font-size: 42px; font-weight: 700 }
.brand svg { width: 48px; height: 60px; color: var(--accent) }
h1 { font-size: 72px; line-height: 1.16; letter-spacing: -.02em; text-wrap: balance }
hr { width: 120px; height: 8px; border: 0; background: var(--accent) }
.face { width: 400px; height: auto }
.lit, .maybe { stroke: var(--signal) }
.faded { stroke: var(--accent) }
.unlit { stroke: var(--dot) }
</style>
<main><p class="brand">{{ logo }}{{ site }}</p><h1>{{ words }}</h1><hr></main>{{ face }}
"""


def colours() -> str:
    """Return the light colours of the stylesheet."""
    return re.search(r":root \{[^}]*\}", (ROOT / "static" / "site.css").read_text(encoding="utf-8"))[0]


def pages() -> dict[str, str]:
    """Return what Chromium draws, by kind of page."""
    from apps.checkup.face import face_svg, logo_svg
    from apps.website.templatetags.chrome import SHARE_IMAGE_SIZE, SHARE_IMAGES, SITE

    template = Engine().from_string(PAGE)
    width, height = SHARE_IMAGE_SIZE
    same = {"colours": colours(), "logo": logo_svg(), "site": SITE, "width": width, "height": height}
    drawn = {}
    for kind, words in SHARE_IMAGES.items():
        lit, rings, faded = FACES[kind]
        face = face_svg(lit, rings, faded, label=str(words))
        drawn[kind] = template.render(Context({**same, "words": words, "face": face}))
    return drawn


# --- PNG: a palette makes the files four times smaller -------------------------------------------------

SIGNATURE = b"\x89PNG\r\n\x1a\n"
Colour = tuple[int, int, int]


def with_palette(png: bytes) -> bytes:
    """Return an 8-bit RGB image without transparency, as Chromium writes it, with a palette in place of RGB."""
    width, height, rows = _rows(png)
    pixels = [list(zip(row[::3], row[1::3], row[2::3], strict=True)) for row in rows]
    counted = Counter(pixel for row in pixels for pixel in row)
    palette = [colour for colour, _ in counted.most_common(COLOURS)]
    place = {colour: min(range(len(palette)), key=lambda i: _distance(colour, palette[i])) for colour in counted}
    data = b"".join(b"\0" + bytes(place[pixel] for pixel in row) for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = bytes(channel for colour in palette for channel in colour)
    chunks = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(data, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, body) for name, body in chunks)


def _rows(png: bytes) -> tuple[int, int, list[bytes]]:
    """Return width, height and the rows of an image, with its filters undone (PNG, section 9)."""
    chunks: dict[bytes, bytes] = {}
    start = len(SIGNATURE)
    while start < len(png):
        length, name = struct.unpack(">I4s", png[start : start + 8])
        chunks[name] = chunks.get(name, b"") + png[start + 8 : start + 8 + length]
        start += length + 12
    width, height, *kind = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if kind != [8, 2, 0, 0, 0]:
        raise ValueError(f"Chromium wrote another kind of PNG: {kind}")
    data, size, step = zlib.decompress(chunks[b"IDAT"]), width * 3, 3
    rows, above = [], bytes(size)
    for at in range(0, len(data), size + 1):
        rule, row = data[at], bytearray(data[at + 1 : at + 1 + size])
        if rule:
            for i in range(size):
                left = row[i - step] if i >= step else 0
                corner = above[i - step] if i >= step else 0
                row[i] = (row[i] + _guess(rule, left, above[i], corner)) & 255
        above = bytes(row)
        rows.append(above)
    return width, height, rows


def _guess(rule: int, left: int, above: int, corner: int) -> int:
    """Return what a filter of PNG has taken off a byte: 1 Sub, 2 Up, 3 Average, 4 Paeth."""
    if rule == 4:
        middle = left + above - corner
        return min((left, above, corner), key=lambda each: abs(middle - each))
    return (left, above, (left + above) // 2)[rule - 1]


def _distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


# --- Drawing -------------------------------------------------------------------------------------------


def main() -> int:
    """Draw every image and return the exit status."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "privacycheck.settings")
    django.setup()
    found = subprocess.run(["sh", ".ci/browser", "find"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        print(found.stdout.strip())
        return 1
    from apps.website.templatetags.chrome import SHARE_IMAGE_SIZE

    width, height = SHARE_IMAGE_SIZE
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height}, java_script_enabled=False)
        for kind, html in pages().items():
            page.set_content(html)
            image = with_palette(page.screenshot())
            (FOLDER / f"{kind}.png").write_bytes(image)
            print(f"static/share/{kind}.png: {len(image)} bytes")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
