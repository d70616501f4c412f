"""Letters: every gap is filled or clear, the law fits the place, and nothing that is typed stays anywhere."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.editions.schema import LINE_CHARACTERS, LINES_CHARACTERS, Letter
from apps.guidance.letters import fill
from tests.checkup.walking import begin
from tests.editions.packs import make_pack

LETTERS = ("l1", "l2", "l3", "l4", "l5", "l6")
SECRET = "Zanzibarquartz Opticians"
WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=60).map(str.strip).filter(bool)


def _shown(page: str) -> str:
    """Return the body of the letter on a page."""
    return html.unescape(re.search(r"<pre>(.*?)</pre>", page, re.DOTALL)[1])


def _post(client, letter: str, **values):
    return client.post(f"/en/letters/{letter}/", values)


# --- Filling in ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", LETTERS)
def test_what_is_missing_stands_in_brackets_and_no_gap_is_left(edition, letter):
    item = edition.letters[letter]
    filled = fill(item, "en", {}, None)
    for field in item.fields:
        assert f"[{field.bracket['en']}]" in filled.text
    assert "{" not in filled.text
    assert "}" not in filled.text


@pytest.mark.parametrize("letter", LETTERS)
def test_the_line_of_law_is_that_of_the_place(edition, letter):
    item = edition.letters[letter]
    for place in edition.places:
        body = fill(item, "en", {}, place).body
        line = item.law.get(place) or item.elsewhere
        others = {text["en"] for text in item.law.values()} - {line["en"] if line else ""}
        assert line is None or body.count(line["en"]) == 1
        assert not any(other in body for other in others if not line or other not in line["en"])
        assert "\n\n\n" not in body


def test_every_place_gets_a_letter_that_names_its_law(edition):
    assert {"eu", "uk", "us-wa", "us-ca", "cn", "ca", "au", "br"} <= edition.letters["l1"].law.keys()
    assert edition.letters["l1"].elsewhere
    assert edition.letters["l4"].places == ("us-il",)


def test_a_letter_without_law_for_the_place_leaves_the_paragraph_out():
    letter = make_pack().letters[0]
    assert fill(letter, "en", {}, None).body == "Please delete [my data] at [company].\n\n[name]"
    assert "\n\nI ask this under the UK GDPR.\n\n" in fill(letter, "en", {}, "uk").body


@given(service=WORDS, name=WORDS)
def test_what_is_typed_stands_in_the_letter_as_typed(service, name):
    letter: Letter = make_pack().letters[0]
    body = fill(letter, "en", {"service": service, "name": name}, None).body
    assert body == f"Please delete [my data] at {service}.\n\n{name}"


def test_braces_that_are_typed_stay_braces():
    filled = fill(make_pack().letters[0], "en", {"service": "{law} {name}", "name": "{service}"}, "uk")
    assert "at {law} {name}." in filled.body
    assert filled.body.endswith("\n\n{service}")


@given(service=WORDS)
def test_the_mail_address_opens_the_very_letter(service):
    filled = fill(make_pack().letters[0], "en", {"service": service}, "uk")
    parts = urlsplit(filled.mailto)
    query = parse_qs(parts.query, strict_parsing=True)
    assert (parts.scheme, parts.path) == ("mailto", "")
    assert query["subject"] == [filled.subject]
    assert query["body"][0].replace("\r\n", "\n") == filled.body


# --- The page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", LETTERS)
def test_a_letter_is_shown_before_anything_is_typed_and_never_kept_by_a_cache(client, edition, letter):
    response = client.get(f"/en/letters/{letter}/")
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert _shown(response.content.decode()) == fill(edition.letters[letter], "en", {}, None).body


def test_the_place_of_the_checkup_is_chosen_already_and_can_be_switched(client, edition):
    begin(client, place="uk")
    page = client.get("/en/letters/l1/").content.decode()
    assert '<option value="uk" selected>' in page
    assert edition.letters["l1"].law["uk"]["en"] in page
    assert 'href="/en/rights/uk/"' in page
    page = _post(client, "l1", place="cn").content.decode()
    assert edition.letters["l1"].law["cn"]["en"] in _shown(page)
    assert edition.letters["l1"].law["uk"]["en"] not in page


def test_the_form_fills_every_kind_of_gap(client, edition):
    letter = edition.letters["l3"]
    typed = {}
    for field in letter.fields:
        kinds = {"date": "2026-03-09", "choice": field.options[0].id if field.options else "", "line": "Corner shop"}
        typed[f"gap-{field.id}"] = kinds.get(field.kind, "First line\r\nSecond line")
    page = _post(client, "l3", place="eu", **typed)
    assert page.status_code == 200
    shown = _shown(page.content.decode())
    assert "[" not in shown
    assert "Corner shop" in shown
    if any(field.kind == "date" for field in letter.fields):
        assert "9 March 2026" in shown


def test_each_choice_puts_its_words_into_the_letter(client, edition):
    for letter in edition.pack.letters:
        for field in letter.fields:
            for option in field.options:
                page = _post(client, letter.id, **{f"gap-{field.id}": option.id}).content.decode()
                assert option.text["en"] in _shown(page)
                assert f"[{field.bracket['en']}]" not in _shown(page)


def test_a_letter_can_be_saved_as_plain_text(client, edition):
    response = _post(client, "l1", as_text="1", place="eu", **{"gap-service": SECRET})
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="privacycheck-letter-l1.txt"'
    assert response["Cache-Control"] == "private, no-store"
    assert response.content.decode() == fill(edition.letters["l1"], "en", {"service": SECRET}, "eu").text


def test_markup_that_is_typed_is_shown_as_text(client, edition):
    page = _post(client, "l1", **{"gap-service": "<script>alert(1)</script>\"'&"}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("place", "atlantis", "not in the list"),
        ("gap-service", "x" * (LINE_CHARACTERS + 1), f"at most {LINE_CHARACTERS}"),
        ("gap-holds", "soul", "not in the list"),
        ("gap-service", "a\0b", "cannot be typed"),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_rest_is_kept(client, edition, field, value, says):
    response = _post(client, "l1", **{"gap-name": "Ada Lovelace", field: value})
    page = response.content.decode()
    assert response.status_code == 422
    assert "error-summary" in page
    assert says in page
    assert 'value="Ada Lovelace"' in page
    assert "Ada Lovelace" in _shown(page)


def test_long_fields_have_their_limit(client, edition):
    found = [(letter, field) for letter in edition.pack.letters for field in letter.fields if field.kind == "lines"]
    assert found
    letter, field = found[0]
    name = f"gap-{field.id}"
    assert _post(client, letter.id, **{name: "x" * LINES_CHARACTERS}).status_code == 200
    assert _post(client, letter.id, **{name: "x" * (LINES_CHARACTERS + 1)}).status_code == 422


def test_no_date_of_another_shape_is_taken(client, edition):
    dated = [(letter, field) for letter in edition.pack.letters for field in letter.fields if field.kind == "date"]
    for letter, field in dated:
        assert _post(client, letter.id, **{f"gap-{field.id}": "yesterday"}).status_code == 422


def test_an_unknown_letter_is_404(client, edition):
    assert client.get("/en/letters/l99/").status_code == 404
    assert _post(client, "l99").status_code == 404


def test_a_letter_works_with_a_cookie_that_cannot_be_read(client, edition):
    client.cookies["sheet"] = "not a sheet"
    assert client.get("/en/letters/l1/").status_code == 200


def test_nothing_that_is_typed_is_kept_anywhere(client, edition, caplog):
    """The edition in memory, the cookies, the address and the log hold none of it; the database is not asked."""
    caplog.set_level("DEBUG")
    response = _post(client, "l6", place="uk", **{"gap-organisation": SECRET, "gap-facts": SECRET, "gap-name": SECRET})
    assert SECRET in response.content.decode()
    assert SECRET not in repr(edition._memo)
    assert SECRET not in caplog.text
    assert all(SECRET not in morsel.value for morsel in client.cookies.values())
    assert SECRET not in client.get("/en/letters/l6/").content.decode()


def test_each_letter_is_offered_by_a_step_and_by_the_list(client, edition):
    listed = client.get("/en/letters/").content.decode()
    for letter in LETTERS:
        assert f'href="/en/letters/{letter}/"' in listed
        offering = [action for action in edition.pack.actions if letter in action.letters]
        assert offering
        assert f'href="/en/letters/{letter}/"' in client.get(f"/en/actions/{offering[0].id}/").content.decode()
