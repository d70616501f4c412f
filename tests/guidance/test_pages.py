"""The guidance as a whole: everything is reached by links, cited with its doubt, and the same for everybody."""

from __future__ import annotations

import gzip
import html
import re

import pytest

KILOBYTE = 1000
LARGEST_GUIDE = 20 * KILOBYTE
"""The limit of a guide, in bytes as sent, with stylesheet and script."""


def _page(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def _links(page):
    return {html.unescape(link).partition("#")[0] for link in re.findall(r'href="(/en/[^"]*)"', page)}


@pytest.fixture
def reached(client, edition):
    """Every address of ours that links lead to from the first page, with its page."""
    found, waiting = {}, ["/en/"]
    while waiting:
        address = waiting.pop()
        if address in found or "?" in address:
            continue
        response = client.get(address)
        assert response.status_code in {200, 302, 303}, address
        found[address] = response.content.decode() if "html" in response.get("Content-Type", "") else ""
        if "/checkup/" not in address and "/result" not in address:
            waiting += _links(found[address]) - found.keys()
    return found


def test_every_item_is_reached_by_links_from_the_first_page(reached, edition):
    for kind, items in (
        ("guides", edition.guides),
        ("actions", edition.actions),
        ("claims", edition.claims),
        ("glossary", edition.terms),
        ("letters", edition.letters),
        ("rights", edition.rights),
        ("method", edition.questions),
    ):
        missing = [item for item in items if f"/en/{kind}/{item}/" not in reached]
        assert not missing, kind


def test_every_platform_and_step_has_its_anchor_and_an_action_that_leads_there(reached, edition):
    page = reached["/en/platforms/"]
    for platform in edition.platforms:
        assert page.count(f'id="{platform}"') == 1
    for step in edition.steps:
        assert page.count(f'id="{step}"') == 1
        assert any(step in action.steps for action in edition.pack.actions)
        assert any(f'id="{step}"' in reached[f"/en/actions/{action}/"] for action in edition.actions)


def test_each_concern_of_the_article_is_two_clicks_from_home(client, edition):
    """Home leads to the story; the story leads to a claim, a question (with its action) or an action."""
    assert "/en/story/" in _links(_page(client, "/en/"))
    story = _page(client, "/en/story/")
    for point in edition.pack.article:
        start = story.index(f'id="{point.id}"')
        part = story[start : story.find('<p class="lead">', story.index("<dl", start))]
        assert re.search(r'href="/en/claims/[a-z0-9-]+/"', part), point.id
        assert re.search(r'href="/en/method/q\d+/"', part), point.id
        assert re.search(r'href="/en/actions/a\d+/"', part), point.id


@pytest.mark.parametrize(
    "address",
    ["guides/", "guides/t1/", "actions/a7/", "platforms/", "rights/", "rights/cn/", "letters/", "claims/",
     "claims/f2-2/", "freshness/", "glossary/", "glossary/template/"],
)  # fmt: skip
def test_guidance_sets_no_cookie_asks_no_database_and_may_be_kept(client, edition, address):
    response = client.get(f"/en/{address}")
    assert response.status_code == 200
    assert not response.cookies
    assert response["Cache-Control"] == "public, max-age=300"
    assert "Cookie" not in response.get("Vary", "")
    assert client.get(f"/en/{address}", headers={"if-none-match": response["ETag"]}).status_code == 304


@pytest.mark.parametrize("kind", ["guides", "actions", "claims", "rights", "letters", "glossary"])
def test_an_unknown_item_is_404(client, edition, kind):
    assert client.get(f"/en/{kind}/nothing-of-this-name/").status_code == 404


def test_a_guide_is_light(client, edition):
    with open("static/site.css", "rb") as css, open("static/site.js", "rb") as script:
        shared = len(gzip.compress(css.read())) + len(gzip.compress(script.read()))
    for guide in edition.guides:
        sent = client.get(f"/en/guides/{guide}/", headers={"accept-encoding": "gzip"}).content
        assert shared + len(sent) <= LARGEST_GUIDE, guide


def test_each_guide_has_its_parts(client, edition):
    for guide in edition.guides:
        page = _page(client, f"/en/guides/{guide}/")
        assert 'class="toc"' in page
        assert "to read." in page
        assert "Last checked on" in page
        assert "Next check due on" in page
        assert 'id="sources"' in page
        assert 400 <= edition.html(edition.guides[guide].body, "en").words <= 900


# --- Claims show their doubt ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "doubt"),
    [
        ("article-1", "CNBC"),
        ("f4-1", "not a measurement"),
        ("f3-1", "college"),
        ("f2-2", "disputed"),
        ("f2-3", "repost"),
        ("f2-4", "repost"),
        ("l2", "second-hand"),
        ("l5", "may still move"),
        ("f7-2", "appeal"),
        ("f10-1", "six months"),
        ("l1", "not yet checked by us"),
        ("f6-6", "bank"),
        ("f4-3", "one side"),
    ],
)
def test_what_is_weak_about_a_claim_stands_in_plain_sight(client, edition, claim, doubt):
    page = _page(client, f"/en/claims/{claim}/")
    assert "What is doubtful about it:" in page
    assert doubt.lower() in edition.claims[claim].doubt["en"].lower() or doubt.lower() in page.lower()


def test_a_claim_names_who_where_when_and_every_place_that_uses_it(client, edition):
    for claim in edition.pack.claims:
        page = html.unescape(_page(client, f"/en/claims/{claim.id}/"))
        assert claim.said_by["en"] in page or claim.said_by["en"].split()[0] in page
        for source in claim.sources:
            assert source.title in page
            assert source.publisher in page
            assert source.date in page
        used = page.partition("Where we use it")[2]
        for use in edition.uses_of_claim[claim.id]:
            item = use.item[1] if use.kind == "step" else use.item
            assert f"{item.id}" in used, (claim.id, use.kind)


# --- Rights --------------------------------------------------------------------------------------------

PLACES = ("eu", "uk", "us-il", "us-tx", "us-wa", "us-ca", "us-ny", "us", "cn", "ca", "au", "nz", "in", "br", "other")


def test_every_place_that_can_be_chosen_has_its_rights(edition):
    assert tuple(edition.places) == PLACES
    assert tuple(edition.rights) == PLACES


@pytest.mark.parametrize("place", PLACES)
def test_the_rights_of_a_place_say_what_when_where_and_what_not(client, edition, place):
    rights, page = edition.rights[place], html.unescape(_page(client, f"/en/rights/{place}/"))
    for anchor in ("can", "time", "complain", "laws", "not-covered", "places"):
        assert f'id="{anchor}"' in page
    for law in rights.laws:
        assert edition.laws[law].name["en"] in page
        assert f"/en/claims/{edition.laws[law].claim}/" in page
    for regulator in rights.regulators:
        assert f'href="{regulator.url}"' in page
    for letter in edition.pack.letters:
        assert (f'href="/en/letters/{letter.id}/"' in page) >= (not letter.places or place in letter.places)
    for other in edition.rights:
        assert f'href="/en/rights/{other}/"' in page or other == place
    assert "not legal advice" in page


def test_all_laws_are_used_by_some_place(edition):
    assert {law for rights in edition.pack.rights for law in rights.laws} == edition.laws.keys()
    assert {f"l{number}" for number in range(1, 20)} <= {law.claim for law in edition.pack.laws} | {
        claim for claim, uses in edition.uses_of_claim.items() if any(use.kind == "rights" for use in uses)
    }


# --- Reporting an error --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "item"),
    [
        ("guides/t2/", "guide%20t2"),
        ("actions/a7/", "action%20a7"),
        ("claims/f2-2/", "claim%20f2-2"),
        ("rights/uk/", "rights%20uk"),
        ("letters/l1/", "letter%20l1"),
        ("method/q5/", "question%20q5"),
    ],
)
def test_an_error_is_reported_by_mail_with_item_and_edition(client, anew, settings, address, item):
    settings.CONTACT_EMAIL = "editor@privacy.example"
    page = _page(client, f"/en/{address}")
    assert f'href="mailto:editor@privacy.example?subject=PrivacyCheck%3A%20{item}%2C%20edition%201"' in page
