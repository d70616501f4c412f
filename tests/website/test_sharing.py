"""What a link to a page shows where somebody pastes it, what programs read of a page, and that neither tells tales."""

from __future__ import annotations

import re
import struct
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Engine, TemplateSyntaxError
from django.utils import translation

from apps.website.templatetags import chrome
from tests.checkup.walking import walk

ORIGIN = "http://127.0.0.1:8000"
SITE = "How exposed is your face, and what can you do about it? A free checkup without an account and without tracking."
HOME_IMAGE = f"{ORIGIN}/static/share/home.png"

# Pages that are somebody's own, with answers in the browser.
OWN = [
    *(
        "result/",
        "result/?order=drop",
        "result/print/",
        "checkup/review/",
        "checkup/q1/",
        "checkup/q17/",
        "self-audit/",
    ),
    *("result/load/", "resume/", "erase/", "practice/maya/"),
]


class Head(HTMLParser):
    """Collects what the head of a page says, by name; the values of a name in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: dict[str, list[str]] = {}
        self._in_title = False
        self.feed(html.partition("</head>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._in_title = tag == "title"
        if tag == "meta" and "content" in values:
            name = values.get("property") or values.get("name") or values.get("http-equiv", "")
            self.said.setdefault(name, []).append(values["content"])
        elif tag == "link":
            self.said.setdefault(values["rel"], []).append(values["href"])

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.said.setdefault("title", []).append(data)

    def one(self, name: str) -> str:
        """Return what is said once; fail where it is missing or said twice."""
        [value] = self.said.get(name, [])
        return value


def page_of(client: Any, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def listed(client: Any) -> list[str]:
    """Return the path of every page in the sitemap."""
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    found = ElementTree.fromstring(client.get("/sitemap.xml").content).iter(f"{space}loc")
    return [(place.text or "").removeprefix(ORIGIN) for place in found]


@pytest.fixture
def heads(client, edition) -> dict[str, Head]:
    """The heads of all pages in the sitemap, by path."""
    return {path: Head(page_of(client, path)) for path in listed(client)}


# --- Public pages --------------------------------------------------------------------------------------


def test_every_listed_page_says_what_a_link_to_it_shows(heads):
    assert len(heads) > 150
    for path, head in heads.items():
        assert head.one("canonical") == head.one("og:url") == ORIGIN + path
        assert head.one("title") == f"{head.one('og:title')} · PrivacyCheck", path
        assert head.one("og:title") not in {"", "PrivacyCheck"}, path
        assert head.one("description") == head.one("og:description"), path
        assert head.one("og:site_name") == "PrivacyCheck"
        assert head.one("og:type") in {"website", "article"}
        assert head.one("twitter:card") == "summary_large_image"
        assert "robots" not in head.said, f"{path} is listed, yet asks not to be"


def test_descriptions_have_a_useful_length_and_those_of_items_are_their_own(heads):
    counted = Counter(head.one("description") for head in heads.values())
    for path, head in heads.items():
        said = head.one("description")
        least = 50 if path.startswith("/en/") else 20  # one Chinese character says as much as a few letters
        assert least <= len(said) <= 200, (path, said)
        if said == SITE:
            assert path.strip("/").count("/") <= 1, f"{path} is about one item, yet says nothing of it"
        elif not re.match(r"/(en|zh-hans)/method/.", path):  # there the title is the question; the rest is the same for all
            assert counted[said] <= 2, (path, said)  # two claims on one law may begin alike


def test_every_listed_page_has_a_preview_image_that_is_there_in_the_size_it_says(heads):
    for path, head in heads.items():
        address = head.one("og:image")
        assert address.startswith(f"{ORIGIN}/static/share/"), path
        assert (head.one("og:image:width"), head.one("og:image:height")) == ("1200", "630")
        assert head.one("og:image:alt")
        assert finders.find(address.removeprefix(f"{ORIGIN}/static/")), f"{path} shows {address}"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/en/", "home"),
        ("/en/story/", "story"),
        ("/en/checkup/", "checkup"),
        ("/en/practice/", "checkup"),
        ("/en/paper/", "checkup"),
        ("/en/guides/", "guide"),
        ("/en/guides/t2/", "guide"),
        ("/en/actions/a7/", "action"),
        ("/en/claims/f2-2/", "claim"),
        ("/en/glossary/", "glossary"),
        ("/en/glossary/template/", "glossary"),
        ("/en/method/", "method"),
        ("/en/method/q5/", "method"),
        ("/en/privacy/", "method"),
        ("/en/about/", "method"),
    ],
)
def test_each_kind_of_page_has_its_image(client, edition, path, kind):
    head = Head(page_of(client, path))
    assert head.one("og:image") == f"{ORIGIN}/static/share/{kind}.png"
    with translation.override("en"):
        assert head.one("og:image:alt") == str(chrome.SHARE_IMAGES[kind])


@pytest.mark.parametrize("kind", chrome.SHARE_IMAGES)
def test_the_images_are_small_pngs_of_1200_by_630(kind):
    found = finders.find(f"share/{kind}.png")
    assert found, f"draw it: make share-images ({kind})"
    with open(found, "rb") as file:
        image = file.read()
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", image[16:24]) == (1200, 630)
    assert len(image) < 60_000


def test_a_query_is_no_part_of_the_canonical_address(client, edition):
    for path in ("/en/checkup/?topic=t2", "/en/paper/?topic=t1&topic=t2", "/en/?from=mail", "/en/guides/t2/?q=x"):
        head = Head(page_of(client, path))
        assert head.one("canonical") == head.one("og:url") == ORIGIN + path.partition("?")[0]
        assert "?" not in "".join(value for values in head.said.values() for value in values if "://" in value)


def test_what_a_link_shows_is_the_same_for_somebody_with_answers(client, edition, heads):
    walk(client, edition, "maya")
    for path in ("/en/", "/en/checkup/", "/en/practice/", "/en/paper/", "/en/guides/t2/", "/en/actions/a7/"):
        assert Head(page_of(client, path)).said == heads[path].said


def test_titles_are_escaped_once_and_not_twice(client, edition):
    engine = Engine(libraries={"chrome": "apps.website.templatetags.chrome"})
    source = '{% load chrome %}{% capture name %} <b>{{ text }}</b>\n{% endcapture %}{{ name }}|<a title="{{ name }}">'
    shown = engine.from_string(source).render(Context({"text": 'R&D\'s "x" <i>'}))
    once = "&lt;b&gt;R&amp;D&#x27;s &quot;x&quot; &lt;i&gt;&lt;/b&gt;"
    assert shown == f'{once}|<a title="{once}">'


@pytest.mark.parametrize("source", ["{% capture %}{% endcapture %}", "{% capture a b %}{% endcapture %}"])
def test_capture_takes_one_name(source):
    engine = Engine(libraries={"chrome": "apps.website.templatetags.chrome"})
    with pytest.raises(TemplateSyntaxError, match="one name"):
        engine.from_string("{% load chrome %}" + source)


# --- Length of descriptions ----------------------------------------------------------------------------


def columns(text: str) -> int:
    """Return how wide a text is in Latin letters, where everything from the CJK blocks on takes two."""
    return sum(2 if character >= "\u2e80" else 1 for character in text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", SITE),
        ("Turn it off.", f"Turn it off. {SITE}"),
        ("x" * 50, "x" * 50),
        ("x" * 200, "x" * 200),
        ("word " * 40, "word " * 40),
        ("word, " * 40, "word, " * 32 + "word…"),
        ("x" * 300, "x" * 199 + "…"),
        ("脸" * 25, "脸" * 25),
        ("脸" * 100, "脸" * 100),
        ("脸" * 101, "脸" * 99 + "…"),
        ("用 " + "脸" * 150, "用 " + "脸" * 98 + "…"),
    ],
)
def test_descriptions_are_filled_up_or_cut_between_words(text, wanted):
    with translation.override("en"):
        said = chrome.as_description(text)
    assert said == wanted
    assert 50 <= columns(said) <= 200


# --- One's own pages -----------------------------------------------------------------------------------


def _numbers(head: Head) -> set[str]:
    """Return the numbers in what a link shows, but for the size of the image."""
    shown = {name: values for name, values in head.said.items() if name.startswith(("og:", "twitter:", "description"))}
    texts = [value for name, values in shown.items() if "image" not in name for value in values]
    return set(re.findall(r"\d+", " ".join(texts).replace(ORIGIN, "")))


@pytest.mark.parametrize("path", OWN)
def test_a_link_to_one_s_own_page_shows_the_site_and_nothing_else(client, edition, path):
    client.get("/en/checkup/")
    walk(client, edition, "maya")
    client.post("/en/plan/", {"step": "a20", "done": "1"})
    head = Head(page_of(client, f"/en/{path}"))
    assert "canonical" not in head.said
    assert head.one("og:title") == head.one("og:site_name") == "PrivacyCheck"
    assert head.one("description") == head.one("og:description") == SITE
    assert head.one("og:url") == f"{ORIGIN}/en/"
    assert head.one("og:type") == "website"
    assert head.one("og:image") == HOME_IMAGE
    assert _numbers(head) == set()


def test_an_error_page_shows_nothing_of_itself(client, edition):
    head = Head(client.get("/en/nothing-here/").content.decode())
    assert not [name for name in head.said if name.startswith(("og:", "canonical"))]


# --- The share row -------------------------------------------------------------------------------------


@dataclass
class Row:
    """The share row of a page: its address, its links and its buttons, hidden or not."""

    address: str
    mail: dict[str, list[str]]
    html: str


def row_of(html: str) -> Row:
    [row] = re.findall(r'<section class="share screen-only".*?</section>', html, re.DOTALL)
    [address] = re.findall(r"<code>(.*?)</code>", row)
    [link] = re.findall(r'href="(mailto:[^"]*)"', row)
    parts = urlsplit(link.replace("&amp;", "&"))
    assert parts.path == ""  # nobody is chosen as the reader
    return Row(address, parse_qs(parts.query, strict_parsing=True), row)


@pytest.mark.parametrize("path", ["/en/", "/en/story/", "/en/guides/t2/", "/en/guides/law/", "/en/claims/f2-2/"])
def test_a_page_can_be_passed_on_by_its_address(client, edition, path):
    html = page_of(client, path + "?topic=t1")
    row, head = row_of(html), Head(html)
    assert row.address == head.one("canonical") == ORIGIN + path
    assert row.mail == {"subject": [head.one("og:title")], "body": [ORIGIN + path]}
    assert "Share this page" in row.html
    assert "your score" not in row.html


def test_buttons_that_need_a_script_are_hidden_without_one(client, edition):
    buttons = re.findall(r"<button[^>]*>", row_of(page_of(client, "/en/guides/t2/")).html)
    assert len(buttons) == 2
    assert all(" hidden" in button for button in buttons)


def test_the_result_is_never_what_is_shared(client, edition):
    walk(client, edition, "all-open")
    row = row_of(page_of(client, "/en/result/"))
    assert row.address == f"{ORIGIN}/en/"
    assert row.mail == {
        "subject": ["How exposed is your face? A checkup without an account"],
        "body": [f"{ORIGIN}/en/"],
    }
    assert "This sends the address of the checkup, never your answers or your score." in row.html
    # Byte for byte the same for others with other answers, so it can hold nothing of them.
    walk(client, edition, "all-closed")
    client.post("/en/plan/", {"step": "a20", "done": "1"})
    assert row_of(page_of(client, "/en/result/?order=drop")) == row
    client.post("/en/practice/maya/", {"result": "1"})
    assert row_of(page_of(client, "/en/result/")) == row


# --- Structured data -----------------------------------------------------------------------------------


@dataclass
class Item:
    """One thing that a page describes for programs (microdata): its type and its properties."""

    type: str
    properties: dict[str, list[Any]] = field(default_factory=dict)

    def one(self, name: str) -> Any:
        [value] = self.properties[name]
        return value


EMPTY = {"meta", "link", "br", "hr", "img", "input"}


class Microdata(HTMLParser):
    """Reads the items of a page by the rules of HTML: content, href or text, by the kind of element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.items: list[Item] = []
        self._open: list[tuple[str, Item | None]] = []
        self._texts: list[tuple[int, Item, str, list[str]]] = []
        self.feed(html)
        assert not self._texts

    def _around(self) -> Item:
        return next(item for _, item in reversed(self._open) if item)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        names = values.get("itemprop", "").split()
        item = Item(values["itemtype"]) if "itemscope" in values else None
        if item and not names:
            self.items.append(item)
        for name in names:
            around = self._around()  # a property stands inside an item
            if item:
                around.properties.setdefault(name, []).append(item)
            elif tag in {"meta", "link", "a"}:
                around.properties.setdefault(name, []).append(values["content" if tag == "meta" else "href"])
            else:
                self._texts.append((len(self._open), around, name, []))
        if tag not in EMPTY:
            self._open.append((tag, item))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, _ = self._open.pop()
            while self._texts and self._texts[-1][0] == len(self._open):
                _, item, prop, parts = self._texts.pop()
                item.properties.setdefault(prop, []).append(" ".join("".join(parts).split()))
            if name == tag:
                break

    def handle_data(self, data: str) -> None:
        for *_, parts in self._texts:
            parts.append(data)


def item_of(client: Any, path: str) -> Item:
    [item] = Microdata(page_of(client, path)).items
    return item


def test_a_guide_is_an_article_with_the_day_of_its_check(client, edition):
    for guide in edition.pack.guides:
        item = item_of(client, f"/en/guides/{guide.id}/")
        assert item.type == "https://schema.org/Article"
        assert item.one("name") == item.one("headline") == guide.title["en"]
        assert item.one("description") == guide.summary["en"]
        assert item.one("url") == f"{ORIGIN}/en/guides/{guide.id}/"
        assert item.one("license") == "https://creativecommons.org/licenses/by/4.0/"
        dates = item.properties.get("dateModified", [])
        assert dates == ([guide.checked.isoformat()] if guide.checked else [])


def test_a_claim_names_where_it_appears_and_is_no_review(client, edition):
    for claim in edition.pack.claims[::7]:
        item = item_of(client, f"/en/claims/{claim.id}/")
        assert item.type == "https://schema.org/Claim"
        assert item.one("text") == " ".join(claim.says["en"].split())
        shown = [
            (source.one("name"), source.one("publisher").one("name"), source.one("datePublished"))
            for source in item.properties["appearance"]
        ]
        assert shown == [(source.title, source.publisher, source.date) for source in claim.sources]
        assert "author" not in item.properties  # who said it is a sentence, not a name


def test_a_term_belongs_to_the_glossary(client, edition):
    for term in edition.pack.glossary:
        item = item_of(client, f"/en/glossary/{term.id}/")
        assert item.type == "https://schema.org/DefinedTerm"
        assert item.one("name") == term.term["en"]
        assert item.one("description") == term.meaning["en"]
        assert item.one("inDefinedTermSet").type == "https://schema.org/DefinedTermSet"
        assert item.one("inDefinedTermSet").properties == {"name": ["Glossary"], "url": [f"{ORIGIN}/en/glossary/"]}


def test_the_first_page_names_the_site_and_an_operator_only_where_one_is_set(client, anew, settings):
    item = item_of(client, "/en/")
    assert item.type == "https://schema.org/WebSite"
    assert item.properties == {"name": ["PrivacyCheck"], "url": [f"{ORIGIN}/en/"], "description": [SITE]}
    settings.OPERATOR_NAME = "Example & Library"
    anew()
    publisher = item_of(client, "/en/").one("publisher")
    assert (publisher.type, publisher.one("name")) == ("https://schema.org/Organization", "Example & Library")


def test_one_s_own_pages_describe_nothing_for_programs(client, edition):
    client.get("/en/checkup/")
    walk(client, edition, "maya")
    for path in OWN:
        assert "itemscope" not in page_of(client, f"/en/{path}")


def test_addresses_follow_the_setting(client, anew, settings):
    settings.PUBLIC_ORIGIN = "https://privacy.example"
    head = Head(page_of(client, "/en/guides/t2/"))
    for name in ("canonical", "og:url", "og:image"):
        assert head.one(name).startswith("https://privacy.example/")
