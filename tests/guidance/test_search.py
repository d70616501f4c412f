"""Search: what is found, in which order and how it is shown, and that nothing about a query is kept."""

from __future__ import annotations

import logging
import re
import string

import pytest
from django.test import override_settings
from django.urls import clear_url_caches
from django.utils.html import escape
from django.utils.translation import trans_real
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.editions import current
from apps.editions.compiled import CompiledEdition
from apps.guidance import search as searching
from apps.guidance.search import (
    LONGEST_QUERY,
    MOST_RESULTS,
    SNIPPET,
    Document,
    Index,
    Passage,
    cleaned,
    index_of,
    stem,
    words_of,
)
from apps.website.logs import PrivateFormatter
from tests.editions.packs import item, make_pack, question, text

CHINESE = "zh-hans"


def _document(name, title="", summary="", body="", language="en"):
    passages = [(Passage(words, language),) if words else () for words in (summary, body)]
    return Document("guide", name, f"/{name}/", Passage(title, language), *passages)


def _ids(index, query, **more):
    return [result.id for result in index.search(query, **more).results]


def _marks(marked):
    return [words for words, is_match in marked.parts if is_match]


def _filled(count):
    """Return documents about other things, so that a word can be rare."""
    return [
        _document(f"other{number}", "Something else", "Quite different", "Nothing of it") for number in range(count)
    ]


# --- Words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", []),
        ("... !?", []),
        ("Delete my FACE", ["delete", "my", "face"]),
        ("the child’s phone, don't", ["the", "child", "phone", "dont"]),
        ("Café naïve Ångström", ["cafe", "naive", "angstrom"]),
        ("cafe\u0301", ["cafe"]),
        ("ＡＬＩＰＡＹ　２０１９", ["alipay", "2019"]),
        ("face face Face", ["face"]),
        ("1:1 real-name", ["1", "real", "name"]),
        ("删除照片", ["删除", "除照", "照片"]),
        ("脸", ["脸"]),
        ("用Alipay付款", ["用", "alipay", "付款"]),
        ("顔認証がある", ["顔認", "認証", "証が", "があ", "ある"]),
        ("얼굴 인식", ["얼굴", "인식"]),
        ("Straße", ["strasse"]),
    ],
)
def test_a_query_is_read_as_words_and_chinese_as_pairs(typed, words):
    assert words_of(typed) == words


def test_no_more_than_a_hundred_characters_and_twelve_words_are_read():
    assert cleaned("x" * 10_000) == "x" * LONGEST_QUERY
    assert words_of(" ".join(string.ascii_lowercase)) == list("abcdefghijkl")
    assert len(words_of("删除支付宝里的人脸信息")) == 10  # a run of Chinese is one of the twelve


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("a\x00b\x1b[31m\x7f", "ab[31m"),
        ("tem\u200bplate", "template"),
        ("\u202eevil\u2066", "evil"),
        ("a\ud800b", "ab"),
        (" two \t\n words ", "two words"),
    ],
)
def test_control_characters_are_removed(typed, read):
    assert cleaned(typed) == read


@pytest.mark.parametrize(
    "forms",
    [
        "face faces",
        "scan scans scanned scanning",
        "share shares shared sharing",
        "delete deletes deleted deleting",
        "template templates",
        "store stored storing stores",
        "company companies",
        "selfie selfies",
        "cookie cookies",
        "match matches matched matching",
        "change changes changed changing",
        "copy copies copied copying",
        "pay pays paying",
        "swap swaps swapped swapping",
        "enrol enrols enrolled enrolling",
        "call calls called calling",
        "erase erased erasing",
        "address addresses",
        "box boxes",
        "biometric biometrics",
        "ask asks asked asking",
        "open opens opened opening",
    ],
)
def test_forms_of_one_english_word_are_one(forms):
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "words", ["car care", "scan scar", "face fact", "pass past", "using us", "thing th", "need ne"]
)
def test_different_words_stay_apart(words):
    one, other = words.split()
    assert stem(one) != stem(other)


@pytest.mark.parametrize("word", ["this", "campus", "analysis", "2019", "3d", "los", "gesichtserkennungé", "删除"])
def test_what_has_no_english_ending_stays_as_it_is(word):
    assert stem(word) == word


@given(st.text(alphabet=string.ascii_lowercase, max_size=12))
def test_an_ending_cut_leaves_a_word(word):
    assert bool(stem(word)) == bool(word)


@given(st.text(max_size=30))
def test_a_word_that_was_read_is_read_the_same_again(typed):
    for word in words_of(typed):
        assert words_of(word) == [word]


# --- Ranking -------------------------------------------------------------------------------------------


def test_a_word_in_a_title_beats_one_in_a_summary_and_that_one_in_a_body():
    index = Index(
        [
            _document("body", "One", "Two", "A drone flew by"),
            _document("summary", "One", "A drone flew by", "Two"),
            _document("title", "A drone flew by", "One", "Two"),
            *_filled(9),
        ]
    )
    assert _ids(index, "drone") == ["title", "summary", "body"]


def test_a_title_beats_a_body_that_says_the_word_three_times():
    index = Index(
        [
            _document("body", "One", "Two", "A drone, a drone and a drone flew by the tree behind the house"),
            _document("title", "The drone", "One", "Two flew by the tree behind the house that stood on the hill"),
            *_filled(9),
        ]
    )
    assert _ids(index, "drone") == ["title", "body"]


def test_documents_with_more_of_the_words_stand_first():
    index = Index(
        [
            _document("one", "Drones, drones, drones", "Drones", "Drones"),
            _document("both", "Else", "Else", "Far down in a long text there is a drone, and much later a school"),
            *_filled(9),
        ]
    )
    assert _ids(index, "drone school") == ["both", "one"]


def test_common_words_do_not_dominate():
    index = Index(
        [
            _document("common", "How the how my the how", "How do I", "the the my my how how"),
            _document("rare", "Else", "Else", "One drone"),
            *_filled(3),
        ]
    )
    assert _ids(index, "how do I fly the drone") == ["rare"]
    assert _ids(index, "how the") == ["common"]


def test_common_words_in_a_title_do_not_lift_a_document_over_a_better_one():
    index = Index(
        [
            _document("worse", "How should I", "Why", "Something with one drone in it"),
            _document("better", "Else", "A drone", "Else"),
            *_filled(30),
        ]
    )
    assert _ids(index, "how should I drone") == ["better", "worse"]


def test_a_word_of_most_documents_finds_but_does_not_decide():
    documents = [_document(f"d{number}", "Face and face", "", "Face") for number in range(8)]
    index = Index([*documents, _document("rare", "Drone", "", "A face"), _document("plain", "Drone")])
    assert _ids(index, "face drone") == ["rare", "plain"]
    assert len(_ids(index, "face")) == 9


def test_the_beginning_of_a_word_finds_and_ranks_lower():
    index = Index(
        [_document("longer", "Payments"), _document("exact", "Pay"), _document("inside", "Prepay"), *_filled(9)]
    )
    assert _ids(index, "pay") == ["exact", "longer"]
    assert _ids(index, "payme") == ["longer"]
    assert index.search("payme").mended == ()


def test_an_unfinished_word_that_may_also_be_mistyped_finds_both():
    index = Index([_document("close", "Pay"), _document("longer", "Payment"), *_filled(9)])
    found = index.search("paym")
    assert [result.id for result in found.results] == ["longer", "close"]
    assert found.mended == ("payment", "pay")


def test_equal_results_keep_the_order_of_the_edition():
    index = Index([*(_document(name, "The same drone") for name in "cab"), *_filled(9)])
    assert _ids(index, "drone") == ["c", "a", "b"]
    assert index.search("drone") == index.search("drone")


def test_no_more_than_thirty_results_are_shown_and_all_are_counted():
    index = Index([_document(f"d{number}", "Drone") for number in range(70)])
    found = index.search("drone")
    assert (len(found.results), found.total) == (MOST_RESULTS, 70)


def test_an_empty_index_finds_nothing():
    assert Index([]).search("drone").results == ()


# --- A letter wrong ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["templte", "tempplate", "temxlate", "tempalte", "emplate", "xemplate", "etmplate", "templatee", "Tëmplte"]
)
def test_one_wrong_letter_still_finds(typed):
    index = Index([_document("one", "Template"), *_filled(9)])
    found = index.search(typed)
    assert [result.id for result in found.results] == ["one"]
    assert found.mended == ("template",)
    assert _marks(found.results[0].title) == ["Template"]


@pytest.mark.parametrize("typed", ["tmplte", "tepmlaet", "xxmplate", "emplatex"])
def test_two_wrong_letters_find_nothing(typed):
    assert Index([_document("one", "Template")]).search(typed).results == ()


def test_short_words_numbers_and_known_words_are_left_as_they_are():
    index = Index([_document("one", "Cat 2019 scan"), _document("two", "Scar"), *_filled(9)])
    assert _ids(index, "cxt") == []
    assert _ids(index, "2018") == []
    assert _ids(index, "2109") == []
    assert _ids(index, "scan") == ["one"]
    assert index.search("scan").mended == ()


def test_a_mended_word_ranks_below_the_word_itself():
    index = Index([_document("one", "Drone"), *_filled(9)])
    assert index.search("dorne").results[0].score < index.search("drone").results[0].score


def _one_edit(draw, word):
    at = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from(string.ascii_lowercase))
    kind = draw(st.sampled_from(["insert", "delete", "change", "swap"]))
    if kind == "insert":
        at = draw(st.integers(0, len(word)))
        return word[:at] + letter + word[at:]
    if kind == "delete":
        return word[:at] + word[at + 1 :]
    if kind == "change":
        return word[:at] + letter + word[at + 1 :]
    at = min(at, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


@given(st.data())
def test_any_word_of_a_title_is_found_with_one_letter_wrong(compiled_pack, data):
    index = index_of(compiled_pack, "en")
    document = data.draw(st.sampled_from(index.documents))
    titles = document.fields[0][1]
    long_words = [word for title in titles for word in words_of(title) if len(word) >= 5 and word.isalpha()]
    assume(long_words)
    typed = _one_edit(data.draw, data.draw(st.sampled_from(long_words)))
    # A typo that is a word of its own finds that word, and nothing is mended.
    assume(not index.knows(typed) and typed not in searching.COMMON_WORDS)
    found = index.search(typed, limit=len(index.documents))
    assert document in [other for other in index.documents if other.address in {r.address for r in found.results}]


# --- What is shown -------------------------------------------------------------------------------------


def test_the_snippet_stands_around_the_match_and_marks_it():
    body = "Nothing here. " * 60 + "Then a drone flew over the school, and the drones stayed. " + "Nothing here. " * 60
    index = Index([_document("one", "Title", "Summary", body), *_filled(9)])
    [result] = index.search("drone").results
    assert _marks(result.snippet) == ["drone", "drones"]
    assert len(result.snippet.text) <= SNIPPET + 2
    assert result.snippet.text[0] == result.snippet.text[-1] == "…"
    assert result.snippet.text.strip("…") in body


def test_the_snippet_shows_the_place_with_most_of_the_words():
    body = "A drone. " + "Nothing here. " * 40 + "A drone over a school. " + "Nothing here. " * 40
    [result] = Index([_document("one", "Title", "", body), *_filled(9)]).search("school drone").results
    assert _marks(result.snippet) == ["drone", "school"]


def test_common_words_are_not_marked_beside_others():
    [result] = Index([_document("one", "The drone and the tree"), *_filled(9)]).search("the drone").results
    assert _marks(result.title) == ["drone"]


def test_a_match_in_the_title_alone_shows_how_the_text_begins():
    [result] = Index([_document("one", "Drone", "It flies.", "Far."), *_filled(9)]).search("drone").results
    assert (_marks(result.title), result.snippet.text, _marks(result.snippet)) == (["Drone"], "It flies.", [])


@given(
    st.text(alphabet="drone schol。删除 ", max_size=700),
    st.sampled_from(["drone", "school", "删除", "删", "drone 删除"]),
)
def test_a_snippet_is_always_a_piece_of_the_text(body, query):
    body = " ".join(body.split()) + " drone 删除 school"
    [result] = Index([_document("one", "Title", "", body)]).search(query).results
    assert result.snippet.text.strip("…") in body
    assert len(result.snippet.text) <= SNIPPET + 2
    assert _marks(result.snippet)


# --- What is found in an edition -----------------------------------------------------------------------


def _put(kind, identity, field, words):
    def change(data):
        found = question(data, identity) if kind == "question" else item(data, kind, identity)
        found[field] = words

    return change


def _source(data):
    item(data, "claims", "l1")["sources"] = [{"title": "A quokka", "publisher": "A paper", "date": "2019"}]


def _publisher(data):
    item(data, "claims", "l1")["sources"] = [{"title": "A paper", "publisher": "Quokka Press", "date": "2019"}]


def _step(data):
    data["platforms"][0]["steps"][0]["body"] = text("Open the **quokka** menu.")


ANYWHERE = [
    (_put("guides", "t1", "title", text("The quokka")), {"/en/guides/t1/", "/en/guides/t1/#section-1"}),
    (_put("guides", "t1", "summary", text("A quokka.")), {"/en/guides/t1/"}),
    (_put("guides", "t1", "body", text("A quokka.\n\n## One\n\nTwo")), {"/en/guides/t1/"}),
    (_put("guides", "t1", "body", text("## One\n\nTwo\n\n## Three\n\nA quokka.[^f1-1]")), {"/en/guides/t1/#section-2"}),
    (_put("guides", "t1", "body", text("## One\n\n### A quokka\n\n- Two")), {"/en/guides/t1/#section-2"}),
    (_put("actions", "a2", "name", text("Quokka")), {"/en/actions/a2/"}),
    (_put("actions", "a2", "summary", text("A quokka.")), {"/en/actions/a2/"}),
    (_put("actions", "a2", "how", text("1. Ask the [quokka](guide:t1).")), {"/en/actions/a2/"}),
    (_step, {f"/en/actions/a{number}/" for number in range(1, 7)}),
    (_put("claims", "l1", "says", text("The quokka smiled.")), {"/en/claims/l1/"}),
    (_put("claims", "l1", "said_by", text("A quokka")), {"/en/claims/l1/"}),
    (_source, {"/en/claims/l1/"}),
    (_publisher, {"/en/claims/l1/"}),
    (_put("letters", "l1", "name", text("Quokka")), {"/en/letters/l1/"}),
    (_put("letters", "l1", "summary", text("For a quokka.")), {"/en/letters/l1/"}),
    (_put("letters", "l1", "body", text("Quokka {holds} {service} {law} {name}")), {"/en/letters/l1/"}),
    (_put("rights", "uk", "summary", text("Ask the quokka.")), {"/en/rights/uk/"}),
    (_put("rights", "uk", "can", text("- Ask the quokka.")), {"/en/rights/uk/"}),
    (_put("places", "uk", "name", text("Quokka Island")), {"/en/rights/uk/"}),
    (_put("laws", "uk-gdpr", "name", text("Quokka Act")), {"/en/rights/uk/"}),
    (_put("glossary", "template", "term", text("Quokka")), {"/en/glossary/template/"}),
    (_put("glossary", "template", "forms", {"en": ["template", "quokka"]}), {"/en/glossary/template/"}),
    (_put("glossary", "template", "meaning", text("A quokka.")), {"/en/glossary/template/"}),
    (_put("glossary", "template", "more", text("A quokka.")), {"/en/glossary/template/"}),
    (_put("question", "q3", "text", text("Do you see the quokka?")), {"/en/method/q3/"}),
    (_put("question", "q3", "why", text("A quokka.[^f1-1]")), {"/en/method/q3/"}),
]


@pytest.mark.parametrize(("change", "addresses"), ANYWHERE)
def test_every_kind_is_found_by_each_of_its_texts(change, addresses):
    found = index_of(CompiledEdition(1, make_pack(change)), "en").search("quokka")
    assert {result.address for result in found.results} == addresses


def test_the_title_of_a_guide_does_not_lift_its_sections_over_other_items():
    changes = (_put("guides", "t1", "title", text("The quokka")), _put("actions", "a2", "summary", text("A quokka.")))
    found = index_of(CompiledEdition(1, make_pack(*changes)), "en").search("quokka")
    addresses = [result.address for result in found.results]
    assert addresses == ["/en/guides/t1/", "/en/actions/a2/", "/en/guides/t1/#section-1"]


def test_every_item_of_the_shipped_edition_is_found_by_its_title_on_a_page_that_exists(compiled_pack, client, edition):
    index = index_of(compiled_pack, "en")
    missing = [
        document.address
        for document in index.documents
        if document.address not in {r.address for r in index.search(document.title.text, limit=999).results}
    ]
    assert missing == []
    for guide in compiled_pack.pack.guides:
        parts = {d.address.partition("#")[2] for d in index.documents if d.kind == "guide" and d.id == guide.id} - {""}
        page = client.get(f"/en/guides/{guide.id}/").content.decode()
        assert parts == set(re.findall(r' id="(section-\d+)"', page))


def test_a_letter_shows_words_in_brackets_where_something_is_to_be_filled_in():
    index = index_of(CompiledEdition(1, make_pack()), "en")
    [result] = [result for result in index.search("please delete").results if result.kind == "letter"]
    assert "Please delete [my data] at [company]." in result.snippet.text
    assert "{" not in result.snippet.text


def test_letters_and_rights_are_found_by_what_they_are_and_places_by_their_short_names():
    index = index_of(CompiledEdition(1, make_pack()), "en")
    assert index.search("letters").results[0].kind == "letter"
    assert index.search("rights").results[0].kind == "place"
    assert index.search("UK").results[0].address == "/en/rights/uk/"


# --- Chinese -------------------------------------------------------------------------------------------


def _in_chinese(data):
    data["languages"].append({"code": CHINESE, "name": "简体中文"})
    guide = item(data, "guides", "t1")
    guide["title"][CHINESE] = "刷脸支付"
    guide["summary"][CHINESE] = "关闭以后，公司还保存什么。"
    guide["body"][CHINESE] = (
        "## 发生了什么\n\n支付宝的机器先认出你的脸，然后才说付款已经关闭。[^f1-1]\n\n## 你可以做什么\n\n要求删除人脸信息。"
    )
    action = item(data, "actions", "a1")
    action["name"][CHINESE] = "关闭ＡＬＩＰＡＹ的刷脸功能"
    action["summary"][CHINESE] = "少一家公司认识你。"


@pytest.fixture(scope="module")
def chinese():
    return CompiledEdition(1, make_pack(_in_chinese))


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("刷脸支付", "/zh-hans/guides/t1/"),
        ("删除人脸", "/zh-hans/guides/t1/#section-2"),
        ("怎么删除我的人脸信息？", "/zh-hans/guides/t1/#section-2"),
        ("支付宝", "/zh-hans/guides/t1/#section-1"),
        ("宝", "/zh-hans/guides/t1/#section-1"),
        ("做什么", "/zh-hans/guides/t1/#section-2"),
        ("刷脸功能", "/zh-hans/actions/a1/"),
        ("alipay", "/zh-hans/actions/a1/"),
        ("ａｌｉｐａｙ", "/zh-hans/actions/a1/"),
        ("alipya", "/zh-hans/actions/a1/"),
    ],
)
def test_chinese_is_found_without_spaces_and_with_wide_letters(chinese, query, first):
    assert index_of(chinese, CHINESE).search(query).results[0].address == first


def test_chinese_matches_are_marked_as_one(chinese):
    result = index_of(chinese, CHINESE).search("删除人脸信息").results[0]
    assert _marks(result.snippet) == ["删除人脸信息"]
    assert _marks(index_of(chinese, CHINESE).search("刷脸支付").results[0].title) == ["刷脸支付"]


def test_what_is_not_translated_is_found_in_english(chinese):
    result = index_of(chinese, CHINESE).search("laboratory").results[0]
    assert (result.kind, result.snippet.language) == ("claim", "en")
    assert result.address.startswith("/zh-hans/claims/")


@pytest.fixture
def two_languages():
    """Django keeps the list of languages in memory; it is dropped before and after."""
    with override_settings(LANGUAGES=[("en", "English"), (CHINESE, "Chinese")]):
        trans_real.get_languages.cache_clear()
        clear_url_caches()
        yield
    trans_real.get_languages.cache_clear()
    clear_url_caches()


def test_the_page_works_in_chinese_and_says_which_words_are_english(client, two_languages, chinese, monkeypatch):
    monkeypatch.setattr(current, "_current", chinese)
    page = client.get(f"/{CHINESE}/search/", {"q": "支付宝"}).content.decode()
    assert "<mark>支付宝</mark>的机器先认出你的脸" in page
    page = client.get(f"/{CHINESE}/search/", {"q": "laboratory"}).content.decode()
    assert re.search(r'<span lang="en">[^<]*A <mark>laboratory</mark>', page)


# --- The page ------------------------------------------------------------------------------------------


def _page(client, query):
    response = client.get("/en/search/", {"q": query})
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_lists_results_with_what_they_are_and_marks_the_match(client, edition):
    page = _page(client, "template")
    assert 'value="template"' in page
    assert '<a href="/en/glossary/template/"><mark>Template</mark>' in page
    assert '<span class="tag">Glossary</span>' in page
    assert page.count("<h3>") <= MOST_RESULTS
    assert page.count("<h1") == 1


def test_without_words_there_is_the_form_and_where_else_to_look(client, edition):
    for address in ("/en/search/", "/en/search/?q=", "/en/search/?q=%20%00"):
        page = client.get(address).content.decode()
        assert re.search(r'<label for="id_q">.*<input type="search" id="id_q" name="q" value=""', page, re.DOTALL)
        assert 'href="/en/guides/"' in page
        assert "Nothing found" not in page


def test_where_nothing_is_found_the_page_says_what_to_try(client, edition):
    page = _page(client, "zzxxqqj")
    assert "Nothing found" in page
    assert "one word instead of several" in page
    assert 'value="zzxxqqj"' in page


def test_the_page_says_so_when_it_mended_a_word(client, edition):
    assert re.search(r"Showing results for:\s*<strong>template</strong>", _page(client, "tempalte"))
    assert "Showing results for" not in _page(client, "template")


def test_search_engines_are_asked_to_leave_it_out_and_the_query_is_not_in_the_title(client, edition):
    page = _page(client, "fingerprint")
    assert '<meta name="robots" content="noindex">' in page
    head = page.partition("<body>")[0]
    assert "fingerprint" not in head


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ request }}{% load x %}",
    "%(total)s {shown} %s",
    "x" * 10_000,
    "face " * 3_000,
    "脸" * 10_000,
    "a\x00b\x00",
    "....!!!???---",
    "(a+)+$ [^ \\ .* ?* (?P<x>",
    "' OR 1=1 --",
    "\ufffe\uffff\u202e",
    "e" + "\u0301" * 5_000,
    "🙂" * 50,
    "ﷺ" * 100,
    "ß" * 100,
    "İıŉ",
]


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_query_gets_a_plain_page(client, edition, query):
    page = _page(client, query)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert f'value="{escape(cleaned(query))}"' in page
    assert len(cleaned(query)) <= LONGEST_QUERY


@pytest.mark.parametrize("raw", ["q=%ED%A0%80", "q=%FF%FE", "q=%00", "q", "q=a&q=b", "q[]=a", "%71=%ZZ", "x=y"])
def test_a_broken_address_gets_a_plain_page(client, edition, raw):
    assert client.get(f"/en/search/?{raw}").status_code == 200


@given(st.text(max_size=150))
def test_no_query_breaks_the_search(compiled_pack, query):
    found = index_of(compiled_pack, "en").search(query)
    assert len(found.results) <= MOST_RESULTS
    assert found.total >= len(found.results)


@given(st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cf", "Lu", "Mn", "Lo"]), max_size=60))
def test_texts_of_any_characters_can_be_looked_through(body):
    index = Index([_document("one", body, body, body)])
    for query in (body, *words_of(body)):
        assert index.search(query).total in (0, 1)


def test_texts_of_an_edition_are_escaped(client, monkeypatch):
    evil = _put("claims", "l1", "says", text("A <b>quokka</b> & <script>alert(1)</script>"))
    monkeypatch.setattr(current, "_current", CompiledEdition(1, make_pack(evil)))
    page = _page(client, "quokka")
    assert "A &lt;b&gt;<mark>quokka</mark>&lt;/b&gt; &amp; &lt;script&gt;" in page
    assert "<b>" not in page


# --- What an answer carries, and what stays behind -----------------------------------------------------


def test_an_answer_may_be_kept_by_anybody_and_sets_no_cookie(client, edition):
    response = client.get("/en/search/?q=face")
    assert response["Cache-Control"] == "public, max-age=300"
    assert not response.cookies
    assert "Cookie" not in response["Vary"]
    assert "Accept-Encoding" in response["Vary"]
    assert response["ETag"].startswith('W/"')
    other = client.get("/en/search/?q=voice")
    assert other["ETag"] != response["ETag"]


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_an_answer_that_is_held_already_is_not_sent_again(client, edition, encoding):
    first = client.get("/en/search/?q=face", headers={"accept-encoding": encoding})
    again = client.get("/en/search/?q=face", headers={"accept-encoding": encoding, "if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == "public, max-age=300"
    assert again["ETag"] == first["ETag"]
    other = client.get("/en/search/?q=voice", headers={"if-none-match": first["ETag"]})
    assert other.status_code == 200


def test_it_can_be_asked_for_but_not_written_to(client, edition):
    assert client.head("/en/search/?q=face").status_code == 200
    assert client.post("/en/search/", {"q": "face"}).status_code == 405


@pytest.mark.django_db
def test_without_an_edition_the_page_says_so(client):
    current.forget()
    response = client.get("/en/search/?q=face")
    assert response.status_code == 503
    assert response["Retry-After"]
    assert "public" not in response["Cache-Control"]


def test_the_answer_is_the_same_for_someone_with_answers(client, edition):
    before = client.get("/en/search/?q=face").content
    client.cookies["sheet"] = "anything"
    assert client.get("/en/search/?q=face").content == before


def test_nothing_about_a_query_stays_in_memory(client, edition):
    index = index_of(edition, "en")
    pages = edition.memo("pages", dict)

    def kept():
        return set(edition._memo), set(pages), {name: repr(value) for name, value in vars(index).items()}

    before = kept()
    for query in ("xylophone", "tempalte", "face xylophone"):
        _page(client, query)
    assert kept() == before


def test_no_query_is_in_the_logs_even_when_something_breaks(client, edition, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    marker = "xylophone"
    _page(client, marker)
    client.post(f"/en/search/?q={marker}")
    client.get(f"/en/search/nothing/?q={marker}")

    def broken(self, query, limit=0):
        raise ValueError(query)

    monkeypatch.setattr(Index, "search", broken)
    client.raise_request_exception = False
    assert client.get(f"/en/search/?q={marker}").status_code == 500
    lines = "\n".join(PrivateFormatter().format(record) for record in caplog.records)
    assert "ValueError" in lines
    assert marker not in lines
