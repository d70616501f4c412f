"""The glossary's words are explained where they are first used, and nothing else on a page changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.editions.compiled import CompiledEdition
from apps.guidance.words import link_words
from tests.editions.packs import make_pack


@pytest.fixture(scope="module")
def small() -> CompiledEdition:
    """An edition with two words, one of two forms, in two languages."""

    def two_words(data):
        data["languages"].append({"code": "zh-hans", "name": "简体中文"})
        template = data["glossary"][0]
        template["forms"] = {"en": ["template", "templates", "face template"], "zh-hans": ["人脸模板"]}
        data["glossary"].append(
            template | {"id": "match", "term": {"en": "Match"}, "forms": {"en": ["match"], "zh-hans": ["比对"]}}
        )

    return CompiledEdition(1, make_pack(two_words))


def _linked(small: CompiledEdition, html: str, language: str = "en") -> str:
    return link_words(html, small, language)[0]


def _link(term: str, words: str) -> str:
    return f'<a class="term" id="use-{term}" href="#word-{term}">{words}</a>'


def test_the_first_use_is_linked_and_later_ones_are_not(small):
    html, terms = link_words("<p>A template. Templates match.</p><p>A template.</p>", small, "en")
    assert html == f"<p>A {_link('template', 'template')}. Templates {_link('match', 'match')}.</p><p>A template.</p>"
    assert [term.id for term in terms] == ["template", "match"]


def test_the_longest_form_is_linked(small):
    assert _linked(small, "<p>Face template</p>") == f"<p>{_link('template', 'Face template')}</p>"


@pytest.mark.parametrize("inside", ["rematch", "matchless", "match_", "mid-match", "éxmatch", "matché"])
def test_parts_of_other_words_are_left_alone(small, inside):
    assert _linked(small, f"<p>{inside}</p>") == f"<p>{inside}</p>"


@pytest.mark.parametrize(
    "html",
    [
        "<h2>A template</h2>",
        "<p><a href='/'>A template</a></p>",
        "<p><code>template</code></p>",
        '<p class="source">A template</p>',
        '<ol class="notes"><li>A template</li></ol>',
        "<nav><ul><li>template</li></ul></nav>",
        "<form><p>template</p></form>",
        "<dl><dt>template</dt></dl>",
        "template outside of prose",
        '<p title="template">x</p>',
        "<p><svg><title>template</title></svg></p>",
        "<!-- template -->",
    ],
)
def test_headings_links_forms_notes_and_attributes_stay_as_they_are(small, html):
    assert _linked(small, html) == html


def test_a_link_that_an_editor_set_counts_as_the_first_use(small):
    html = '<p>See <a href="/en/glossary/template/">what that is</a>: a template.</p>'
    assert _linked(small, html) == f"<p>See {_link('template', 'what that is')}: a template.</p>"


def test_chinese_words_are_found_without_spaces(small):
    expected = f"<p>公司保存{_link('template', '人脸模板')}并{_link('match', '比对')}。</p>"
    assert _linked(small, "<p>公司保存人脸模板并比对。</p>", "zh-hans") == expected


@given(
    st.lists(st.sampled_from(["template", "match", "x", "&amp;", "&#39;", "<br>", "<em>a</em>", " ", "<b>match</b>"]))
)
def test_taking_the_links_out_gives_the_page_back(small, parts):
    html = f"<p>{''.join(parts)}</p>"
    assert re.sub(r'<a class="term"[^>]*>(.*?)</a>', r"\1", _linked(small, html)) == html


def _pages(edition):
    """Return some pages of each kind whose words are explained."""
    yield from (f"guides/{guide}/" for guide in edition.guides)
    yield from (f"actions/{action}/" for action in ("a1", "a7", "a12", "a23"))
    yield from (f"claims/{claim}/" for claim in ("f1-4", "f2-2", "f5-1", "f6-1", "l1"))
    yield from (f"rights/{place}/" for place in ("eu", "uk", "us-il", "cn"))
    yield from (f"method/{question}/" for question in edition.questions)
    yield from ("story/", "platforms/")


def test_words_on_a_page_can_be_read_there_and_lead_to_the_glossary(client, edition):
    explained = set()
    for address in _pages(edition):
        page = client.get(f"/en/{address}").content.decode()
        used = re.findall(r'<a class="term" id="use-([a-z0-9-]+)" href="#word-\1">', page)
        assert len(used) == len(set(used)), address
        for term in used:
            assert page.count(f'id="word-{term}"') == 1
            assert f'href="/en/glossary/{term}/"' in page
            assert f'href="#use-{term}"' in page
        explained |= {address.split("/")[0]} if used else set()
    assert explained == {"guides", "actions", "claims", "rights", "method", "story", "platforms"}


def test_a_question_explains_its_words_too(client, edition):
    explained = [
        question
        for question in edition.questions
        if 'class="term"' in client.get(f"/en/checkup/{question}/", follow=True).content.decode()
    ]
    assert explained


def test_every_term_is_used_somewhere_or_has_its_page(client, edition):
    for term in edition.terms:
        assert client.get(f"/en/glossary/{term}/").status_code == 200
