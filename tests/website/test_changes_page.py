"""The page of changes and its feed: every edition, what changed in plain words, links that lead somewhere."""

from __future__ import annotations

import datetime as dt
import html as html_words
import json
import re
from xml.etree import ElementTree

import pytest
from django.urls import resolve

from apps.editions import current
from apps.editions.changes import PATCH, Change, Part, changes
from apps.editions.compiled import CompiledEdition, Release
from apps.editions.schema import Pack
from apps.website import changes as page
from tests.editions import packs

ATOM = "{http://www.w3.org/2005/Atom}"
WHEN = dt.datetime(2026, 7, 1, 9, 30, tzinfo=dt.timezone.utc)


def words_of(html):
    return " ".join(html_words.unescape(re.sub(r"<[^>]+>", " ", html)).split())


def edited(pack: Pack) -> Pack:
    """Return the shipped pack with a level, a cap, a weight, some words and a source changed, and a term taken out."""
    data = json.loads(pack.model_dump_json(exclude_defaults=True))
    packs.option(data, "q1", "c")["level"] = 1
    packs.question(data, "q1")["ratings"]["s"]["value"] = 1
    action = next(action for action in data["actions"] if action.get("caps"))
    first = next(iter(action["caps"]))
    action["caps"][first] = 3 if action["caps"][first] != 3 else 2
    data["claims"][0]["sources"][0]["title"] = "Another <title>"
    data["guides"][0]["summary"]["en"] = "Other words."
    del data["glossary"][0]
    return Pack.model_validate(data)


@pytest.fixture
def editions(shipped_pack, monkeypatch):
    """Four editions in memory: the first, one whose changes are not known, one of many changes, one of a few."""
    newest = edited(shipped_pack)
    many = tuple(
        Change("claim", claim.id, "changed", PATCH, claim.says, (Part(("says",)),)) for claim in shipped_pack.claims
    )
    edition = CompiledEdition(
        4,
        newest,
        (
            Release(
                4, "Levels <b>mended</b> & more", WHEN + dt.timedelta(days=90), "d" * 64, changes(shipped_pack, newest)
            ),
            Release(3, "Claims checked", WHEN + dt.timedelta(days=60), "c" * 64, many),
            Release(2, "", WHEN + dt.timedelta(days=30), "b" * 64, None),
            Release(1, "The beginning", WHEN, "a" * 64, changes(None, shipped_pack)),
        ),
    )
    current.forget()
    monkeypatch.setattr(current, "_current", edition)
    yield edition
    current.forget()


def html_of(client, address="/en/changes/"):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def article(html, number):
    return re.search(rf'<article id="edition-{number}".*?</article>', html, re.DOTALL)[0]


# --- The page ------------------------------------------------------------------------------------------


def test_every_edition_is_listed_newest_first_with_its_day_and_note(client, editions):
    html = html_of(client)
    assert re.findall(r'<article id="edition-(\d+)"', html) == ["4", "3", "2", "1"]
    for release in editions.history:
        part = article(html, release.number)
        assert f'<time datetime="{release.published_at.isoformat()}">' in part
        assert release.note in words_of(part)
    assert "Levels &lt;b&gt;mended&lt;/b&gt; &amp; more" in html


def test_it_says_in_plain_words_how_much_changed(client, editions):
    html = html_of(client)
    assert "Scores may change" in article(html, 4)
    assert "Words and sources only" in article(html, 3)
    assert "was not kept" in article(html, 2)
    assert "This is the first edition" in article(html, 1)


def test_the_phrases_follow_the_size():
    def said(*found):
        return page.phrase_of(Release(2, "", WHEN, "", None if found == (None,) else found))

    sized = {size: said(Change("question", "q1", "changed", size)) for size in ("patch", "minor", "major")}
    assert "Scores may change" in sized["major"]
    assert "Scores may change" in sized["minor"]
    assert "same score" in sized["patch"]
    assert len({*sized.values(), said(), said(None)}) == 5


def test_what_changed_is_grouped_and_said_in_words(client, editions):
    part = article(html_of(client), 4)
    assert re.findall(r"<h3>(.*?)</h3>", part) == ["Questions", "Steps", "Claims and sources", "Guides", "Glossary"]
    text = words_of(part).lower()
    option = next(option for option in editions.questions["q1"].options if option.id == "c")
    assert f"level of the answer “{option.text['en'].lower()}” is 1, was" in text
    assert "weight: how serious it is, 1, was" in text
    assert "down to level" in text
    assert "its sources" in text
    assert "its words" in text
    assert "taken out" in text


def test_items_link_to_their_page_where_there_still_is_one(client, editions, shipped_pack):
    part = article(html_of(client), 4)
    gone = shipped_pack.glossary[0]
    assert f"/en/glossary/{gone.id}/" not in part
    assert words_of(gone.term["en"]) in words_of(part)
    links = set(re.findall(r'href="(/[^"#]*)', part))
    assert {"/en/method/q1/", f"/en/guides/{editions.pack.guides[0].id}/"} <= links
    for link in links:
        resolve(link)
        assert client.get(link).status_code == 200


def test_a_long_list_is_folded_up_and_a_short_one_is_not(client, editions):
    html = html_of(client)
    assert f"All {len(editions.pack.claims)} changes" in words_of(article(html, 3))
    assert "<details>" in article(html, 3)
    assert "<details>" not in article(html, 4)


def test_the_first_edition_is_counted_and_not_listed(client, editions, shipped_pack):
    part = article(html_of(client), 1)
    assert f"Questions: {sum(len(topic.questions) for topic in shipped_pack.topics)}" in words_of(part)
    assert f"Steps: {len(shipped_pack.actions)}" in words_of(part)
    assert "href" not in part


def test_the_page_names_its_feed_and_the_open_content(client, editions):
    html = html_of(client)
    head = html.split("</head>")[0]
    assert re.search(
        r'<link rel="alternate" type="application/atom\+xml"[^>]* href="http://127.0.0.1:8000/en/changes/feed.xml">',
        head,
    )
    for address in ("/api/editions/", "/api/editions/4.json", "/api/schema.json"):
        assert f'href="{address}"' in html
        assert client.get(address).status_code == 200
    assert 'href="https://creativecommons.org/licenses/by/4.0/"' in html


def test_its_headings_ids_and_links_are_in_order(client, editions):
    html = html_of(client)
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", html)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert "style=" not in html


@pytest.mark.parametrize("address", ["/en/changes/", "/en/changes/feed.xml"])
def test_both_are_the_same_for_everybody(client, editions, address):
    response = client.get(address)
    assert response["Cache-Control"] == "public, max-age=300"
    assert not response.cookies
    assert client.get(address, headers={"if-none-match": response["ETag"]}).status_code == 304
    assert client.post(address).status_code == 405


@pytest.mark.parametrize("address", ["/en/changes/", "/en/changes/feed.xml"])
def test_an_edition_without_a_history_is_no_error(client, edition, address):
    assert client.get(address).status_code == 200


def test_every_kind_of_item_has_a_heading_of_its_own():
    kinds = {change.kind for change in changes(None, packs.make_pack())} | {"pack"}
    titles = [page.kind_title(kind) for kind in sorted(kinds)]
    assert page.kind_title("something new") not in titles
    assert len(set(titles)) == len(titles)


def test_no_detail_shows_the_name_of_a_field(edition):
    for change in changes(None, edition.pack):
        for part in (Part(("some_field",)), Part(("some_field", "x"), "added"), Part(("some_field",), "moved")):
            assert "some_field" not in page.detail(edition, change.kind, part)


@pytest.mark.parametrize(
    ("kind", "part", "words"),
    [
        ("question", Part(("options", "d"), "added", name={"en": "Never"}), "new answer “Never”"),
        ("question", Part(("options", "d"), "removed", name={"en": "Never"}), "answer “Never” taken out"),
        ("question", Part(("options", "d", "text"), name={"en": "Never"}), "words of the answer “Never”"),
        ("question", Part(("options",), "moved"), "the order of the answers"),
        ("question", Part(("ratings", "k", "value"), before=2, after=3), "weight: how little say you have, 3, was 2"),
        ("question", Part(("ratings", "k", "reason")), "the reasons for its weight"),
        ("question", Part(("ratings",), "added"), "it counts for the score now"),
        ("question", Part(("ratings",), "removed"), "it no longer counts for the score"),
        ("question", Part(("parent",), "removed", before="q1"), "when it is asked"),
        ("question", Part(("text",)), "its words"),
        ("question", Part(("kind",), after="multi"), "several answers can be ticked now"),
        ("action", Part(("caps", "q999"), before=2, after=1), "brings “q999” down to level 1, was 2"),
        ("action", Part(("caps", "q999"), "added", after=1), "now brings “q999” down to level 1"),
        ("action", Part(("caps", "q999"), "removed", before=1), "no longer brings “q999” down to level 1"),
        ("action", Part(("minutes",), before=5, after=1), "takes about 1 minute, was 5"),
        ("action", Part(("minutes",), before=5, after=2), "takes about 2 minutes, was 5"),
        ("claim", Part(("grade",), before="measured", after="disputed"), "how well it is supported"),
        ("guide", Part(("due",)), "when we checked it"),
        ("pack", Part(("topics",), "moved"), "the order of the topics"),
        ("pack", Part(("claims",), "moved"), "the order of a list"),
    ],
)
def test_details_in_words(edition, kind, part, words):
    assert page.detail(edition, kind, part) == words


def test_a_name_that_is_not_translated_is_marked_with_its_language(client, shipped_pack, monkeypatch):
    found = (Change("pack language", "zh-hans", "added", PATCH, {"zh-hans": "简体中文"}),)
    edition = CompiledEdition(2, shipped_pack, (Release(2, "", WHEN, "", found), Release(1, "", WHEN, "", ())))
    current.forget()
    monkeypatch.setattr(current, "_current", edition)
    assert '<span lang="zh-hans">简体中文</span>' in html_of(client)
    current.forget()


# --- The feed ------------------------------------------------------------------------------------------


def feed_of(client):
    response = client.get("/en/changes/feed.xml")
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)


def test_the_feed_has_what_atom_requires(client, editions):
    feed = feed_of(client)
    assert feed.tag == f"{ATOM}feed"
    for element in ("id", "title", "updated", "author"):
        assert len(feed.findall(f"{ATOM}{element}")) == 1, element
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {
        "alternate": "http://127.0.0.1:8000/en/changes/",
        "self": "http://127.0.0.1:8000/en/changes/feed.xml",
    }
    for entry in feed.findall(f"{ATOM}entry"):
        for element in ("id", "title", "updated", "content", "summary"):
            assert entry.findtext(f"{ATOM}{element}"), element
        assert entry.find(f"{ATOM}link").get("href").startswith("http://127.0.0.1:8000/en/changes/#edition-")


def test_its_entries_are_the_editions_with_stable_ids_and_days(client, editions):
    entries = feed_of(client).findall(f"{ATOM}entry")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert ids == [f"http://127.0.0.1:8000/en/changes/#edition-{number}" for number in (4, 3, 2, 1)]
    days = [dt.datetime.fromisoformat(entry.findtext(f"{ATOM}updated").replace("Z", "+00:00")) for entry in entries]
    assert days == [release.published_at for release in editions.history]
    assert feed_of(client).findtext(f"{ATOM}updated") == entries[0].findtext(f"{ATOM}updated")


def test_the_content_of_an_entry_is_plain_html_with_full_addresses(client, editions):
    content = feed_of(client).find(f"{ATOM}entry/{ATOM}content")
    assert content.get("type") == "html"
    assert "<ul><li>" in content.text
    assert "Levels &lt;b&gt;mended&lt;/b&gt; &amp; more" in content.text
    assert 'href="http://127.0.0.1:8000/en/method/q1/"' in content.text
    assert 'href="/' not in content.text
    assert not re.search(r"<(details|script|style)|style=|id=", content.text)


def test_a_note_with_unwanted_characters_does_not_break_the_feed(client, shipped_pack, monkeypatch):
    edition = CompiledEdition(1, shipped_pack, (Release(1, "odd\x00\x0b note", WHEN, "", ()),))
    current.forget()
    monkeypatch.setattr(current, "_current", edition)
    assert "odd note" in feed_of(client).findtext(f"{ATOM}entry/{ATOM}content")
    current.forget()
