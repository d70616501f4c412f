"""Every word of a page comes from the translations or the pack: proved with a pseudo-language.

The pseudo-language puts each UI string between ⟦ ⟧ and each text of the pack between ⟪ ⟫. Whatever letters
are left outside the brackets are hard-coded.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import override_settings
from django.urls import clear_url_caches
from django.utils.translation import trans_real

from apps.editions import current
from apps.editions.compiled import CompiledEdition
from apps.editions.schema import Pack
from tests.checkup.walking import walk

PSEUDO = "eo"

PAGES = (
    *("", "story/", "method/", "method/q5/", "privacy/", "self-audit/", "about/", "accessibility/"),
    *("checkup/", "checkup/q1/", "checkup/q17/", "checkup/review/", "result/", "result/print/", "result/load/"),
    *("resume/", "erase/", "practice/", "practice/maya/", "paper/", "guides/", "guides/t2/", "actions/a7/"),
    *("claims/f2-2/", "glossary/", "glossary/template/", "nothing-here/", "changes/", "rights/", "rights/uk/"),
    *("letters/", "letters/l1/", "platforms/", "claims/", "freshness/", "search/"),
    *("educators/", "educators/prompts/", "educators/persona-cards/", "educators/lessons/forty-five/"),
    *("educators/lessons/twenty/slides/", "educators/handouts/worksheet/", "join/", "classes/new/"),
    *("classes/made-up/", *(f"classes/made-up/{step}/" for step in ("join", "add", "closed", "second"))),
)

OURS = re.compile(r"\(?article-\d\)?|PrivacyCheck|MAD EUP|English|Esperanto|esperanto|MIT|CC BY 4\.0|WCAG 2\.2|AA")


def _pseudo(data: Any) -> Any:
    """Return a pack's plain values with every text also in the pseudo-language."""
    if isinstance(data, dict):
        if "en" in data and isinstance(data["en"], str):
            return {**data, PSEUDO: re.sub(r"(?m)^(#+ |\d+\. |- )?(.+)$", r"\1⟪\2⟫", data["en"])}
        return {key: _pseudo(value) for key, value in data.items()}
    return [_pseudo(value) for value in data] if isinstance(data, list) else data


class _Words(HTMLParser):
    """Collects what a person reads or hears: text, titles, labels, descriptions."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.skip = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skip += tag in {"script", "style", "code"}
        values = dict(attrs)
        for name in ("aria-label", "title", "alt", "placeholder", "data-done"):
            self.found.append(values.get(name) or "")
        if tag == "meta" and values.get("name") == "description":
            said = values.get("content") or ""
            self.found.append(said + "⟫" if said.endswith("…") else said)  # a long text is cut, its bracket with it

    def handle_endtag(self, tag: str) -> None:
        self.skip -= tag in {"script", "style", "code"}

    def handle_data(self, data: str) -> None:
        if not self.skip:
            self.found.append(data)


def _hard_coded(page: str, untranslated: set[str]) -> list[str]:
    page = re.sub(r'<p class="code".*?</p>', "", page)  # a resume code is letters, not words
    parser = _Words()
    parser.feed(page)
    text = " ".join(part for part in parser.found if part.strip())
    text = re.sub(r"\s+", " ", text)
    for known in sorted(untranslated, key=len, reverse=True):
        text = text.replace(known, " ")
    while True:  # brackets inside brackets: a text of the pack in a sentence of ours
        shorter = re.sub(r"[⟦⟪][^⟦⟧⟪⟫]*[⟧⟫]", " ", text)
        if shorter == text:
            break
        text = shorter
    text = OURS.sub(" ", text)
    return re.findall(r"[^\W\d_]{2,}(?: [^\W\d_]+)*", text)


@pytest.fixture
def two_languages():
    """Django keeps the list of languages in memory; it is dropped before and after."""
    with override_settings(LANGUAGES=[("en", "English"), (PSEUDO, "Pseudo")]):
        trans_real.get_languages.cache_clear()
        clear_url_caches()
        yield
    trans_real.get_languages.cache_clear()
    clear_url_caches()


@pytest.fixture
def pseudo(two_languages, shipped_pack, monkeypatch):
    data = _pseudo(json.loads(shipped_pack.model_dump_json(exclude_defaults=True)))
    data["languages"].append({"code": PSEUDO, "name": "Pseudo"})
    for term in data["glossary"]:
        term["forms"].setdefault(PSEUDO, term["forms"]["en"])
    edition = CompiledEdition(1, Pack.model_validate(data))
    monkeypatch.setattr(current, "_current", edition)

    def singular(self, message):
        return f"⟦{message}⟧" if message else message

    def plural(self, one, many, number):
        return f"⟦{one if number == 1 else many}⟧"

    monkeypatch.setattr(trans_real.DjangoTranslation, "gettext", singular)
    monkeypatch.setattr(trans_real.DjangoTranslation, "ngettext", plural)
    return edition


def _names(pack: Pack) -> set[str]:
    """Return what is the same in every language: names of sources and publishers, and their dates."""
    names = {text for claim in pack.claims for s in claim.sources for text in (s.title, s.publisher, s.date)}
    return {name for name in names if len(name) > 3} | {"BBC", "CMS", "ICO", "TSA", "LBC"}


def test_no_word_on_any_page_is_hard_coded(client, pseudo):
    client.get(f"/{PSEUDO}/checkup/")
    walk(client, pseudo, "maya")
    client.post("/en/plan/", {"step": "a20", "done": "1"})
    wrong = {}
    for address in PAGES:
        response = client.get(f"/{PSEUDO}/{address}")
        assert response.status_code in (200, 404), address
        found = _hard_coded(response.content.decode(), _names(pseudo.pack))
        if found:
            wrong[address] = found[:12]
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)


def test_the_language_chooser_keeps_your_place(client, pseudo):
    page = client.get("/en/guides/t2/").content.decode()
    assert f'href="/{PSEUDO}/guides/t2/"' in page
    assert re.search(rf'<link rel="alternate" hreflang="{PSEUDO}" href="[^"]+/{PSEUDO}/guides/t2/">', page)
    assert f'<html lang="{PSEUDO}"' in client.get(f"/{PSEUDO}/guides/t2/").content.decode()


def test_content_without_a_translation_is_shown_in_english_and_labelled(client, two_languages, edition):
    page = client.get(f"/{PSEUDO}/guides/t2/").content.decode()
    assert 'lang="en"' in page
    assert "This page is not translated yet" in page
    page = client.get(f"/{PSEUDO}/checkup/").content.decode()
    assert "not translated yet" in page
