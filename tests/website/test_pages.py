"""The site's own pages: what they promise, what they link, what they give away (nothing)."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from django.urls import resolve
from django.utils import translation

from apps import scoring
from apps.checkup.cookies import sign
from apps.editions import current
from apps.editions.convert import record_of
from apps.website import addresses, method
from apps.website.views import minutes_for
from tests.checkup.walking import answer, begin

PUBLIC = ["", "story/", "method/", "method/q5/", "method/q17/", "method/q27/", "privacy/", "about/", "accessibility/", "changes/"]
PAGES = [*PUBLIC, "self-audit/"]


def page_of(client, address):
    response = client.get(f"/en/{address}")
    assert response.status_code == 200, address
    return response.content.decode()


def words_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# --- All pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page_sets_no_cookie_asks_no_database_and_may_be_kept(client, edition, address):
    response = client.get(f"/en/{address}", headers={"accept-encoding": "gzip"})
    assert response.status_code == 200
    assert not response.cookies
    assert response["Cache-Control"] == "public, max-age=300"
    assert "Cookie" not in response.get("Vary", "")
    again = client.get(f"/en/{address}", headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("address", ["", "guides/t2/", "search/?q=face"])
def test_a_cookie_that_is_not_as_we_wrote_it_is_not_renewed_on_a_shared_page(client, edition, settings, address):
    client.cookies[settings.CSRF_COOKIE_NAME] = "not a token"
    response = client.get(f"/en/{address}")
    assert response.status_code == 200
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_one_h1_and_no_heading_skips_a_level(client, edition, address):
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page_of(client, address))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_each_id_once_and_links_to_nothing_missing_in_itself(client, edition, address):
    html = page_of(client, address)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_titles_are_unique(client, edition):
    titles = [re.search(r"<title>(.*?)</title>", page_of(client, address))[1] for address in PAGES]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("address", PAGES)
def test_links_inside_the_site_lead_somewhere(client, edition, address):
    for link in set(re.findall(r'href="(/[^"#?]*)', page_of(client, address))):
        if not link.startswith("/static/"):
            resolved(link)


def resolved(path):
    """What an address leads to. One behind a language is only known while that language is spoken."""
    with translation.override(translation.get_language_from_path(path) or "en"):
        return resolve(path)


def test_without_an_edition_pages_say_so(client, db):
    current.forget()
    response = client.get("/en/")
    assert response.status_code == 503
    assert response["Retry-After"]


# --- Home ----------------------------------------------------------------------------------------------


def test_home_leads_to_the_three_stories_and_every_topic(client, edition):
    html = page_of(client, "")
    for topic in edition.scored_topics:
        assert f"/en/checkup/?topic={topic.id}" in html
        assert f"/en/guides/{topic.id}/" in html
    for point in ("ar2", "ar6", "ar12"):
        assert f"/en/story/#{point}" in html


def test_home_draws_the_score_of_an_invented_person(client, edition):
    html = page_of(client, "")
    low, high = edition.persona_scores["maya"].shown
    lit, rings = (len(re.search(rf'class="{kind}" d="([^"]+)"', html)[1].split("M")) - 1 for kind in ("lit", "maybe"))
    assert (lit, rings) == (low, high - low)
    assert f"the face of Maya, with {low} to {high} points" in words_of(html)


def test_times_on_home_follow_from_the_number_of_questions():
    assert [minutes_for(questions) for questions in (0, 1, 5, 8, 24, 27)] == [1, 1, 1, 2, 5, 5]


# --- Story ---------------------------------------------------------------------------------------------


def test_each_point_of_the_article_leads_to_its_claims_questions_and_actions(client, edition):
    html = page_of(client, "story/")
    starts = {point.id: html.index(f'id="{point.id}"') for point in edition.pack.article}
    assert list(starts.values()) == sorted(starts.values())
    ends = [*list(starts.values())[1:], len(html)]
    for point, end in zip(edition.pack.article, ends, strict=True):
        part = html[starts[point.id] : end]
        for kind, items in (("claims", point.claims), ("method", point.questions), ("actions", point.actions)):
            for item in items:
                assert f"/en/{kind}/{item}/" in part, (point.id, item)


# --- Method --------------------------------------------------------------------------------------------


def test_the_method_page_holds_every_question_option_level_and_reason(client, edition):
    html = page_of(client, "method/")
    text = words_of(html)
    for question in edition.questions.values():
        assert f'id="{question.id}"' in html
        weight = edition.questionnaire.question(question.id).weight
        for option in question.options:
            if weight:
                assert f'<td class="num">{option.level}</td><td class="num">{weight * option.level}</td>' in html
        if question.ratings:
            for rating in (question.ratings.s, question.ratings.r, question.ratings.k):
                assert words_of(rating.reason["en"].replace("'", "&#x27;")) in text


def test_the_worked_example_adds_up(edition):
    example = method.example(edition)
    assert example is not None
    assert sum(line.points for line in example.topics) == example.points
    assert sum(line.most for line in example.topics) == example.most
    [topic] = [line for line in example.topics if line.topic is example.topic]
    assert sum(line.points for line in example.answers) == topic.points
    assert all(line.weight * line.level == line.points for line in example.answers)
    assert example.shown == scoring.shown_score(example.points, example.most)
    assert example.yours + example.others == example.shown
    assert example.could_be[0] < example.shown < example.could_be[1]


def test_the_shares_of_the_topics_make_up_the_whole(edition):
    rows = method.topic_rows(edition)
    whole = scoring.score(edition.questionnaire, scoring.Record({})).maximum
    assert sum(row.most for row in rows) == whole
    assert sum(float(row.share) for row in rows if row.share) == pytest.approx(100, abs=0.5)


def test_the_range_on_the_method_page_is_that_of_the_person(edition):
    found = method.range_example(edition)
    assert found is not None
    persona = next(one for one in edition.pack.personas if one.name["en"] == found.name)
    assert (found.low, found.high) == edition.persona_scores[persona.id].shown
    widest = scoring.worth_checking(edition.questionnaire, record_of(persona))[0]
    assert found.widest.id == widest.question


def test_the_bands_cover_the_scale(edition):
    rows = method.band_rows()
    assert [(row.low, row.high) for row in rows] == [(0, 19), (20, 39), (40, 59), (60, 79), (80, 100)]


def test_every_question_has_a_page_with_its_sources_and_what_helps(client, edition):
    for question in edition.questions.values():
        html = page_of(client, f"method/{question.id}/")
        for claim in question.claims:
            assert f"/en/claims/{claim}/" in html
        for action in edition.actions_for(question.id):
            assert f"/en/actions/{action.id}/" in html
        if question.parent:
            assert f"/en/method/{question.parent}/" in html


def test_an_unknown_question_has_no_page(client, edition):
    assert client.get("/en/method/q999/").status_code == 404


# --- Privacy and self-audit ----------------------------------------------------------------------------


def test_the_privacy_page_names_exactly_the_cookies_that_a_browser_holds(client, edition):
    client.get("/en/checkup/")
    answer(client, begin(client, topic="t1").split("/")[-2], "c")
    client.get("/en/practice/maya/")
    client.post("/en/practice/maya/", {"begin": "1"})
    client.get("/en/result/")
    client.get("/en/erase/")
    named = set(re.findall(r"<h3><code>([^<]+)</code></h3>", page_of(client, "privacy/")))
    assert named == set(client.cookies)


def test_the_privacy_page_says_what_a_follow_up_in_the_history_shows(client, edition):
    assert "follow-up’s address in your history shows that its parent was open" in page_of(client, "privacy/")


def test_the_self_audit_works_without_cookies_and_sets_none(client, edition):
    response = client.get("/en/self-audit/")
    assert response.status_code == 200
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]
    assert "Your browser sent us no cookie of ours" in response.content.decode()


def test_the_self_audit_shows_the_cookie_and_each_answer_in_words(client, edition):
    begin(client, topic="t1", place="uk", situation=["study", "job"], who="child", remember="on")
    answer(client, "q1", "c")
    answer(client, "q29", "unsure")
    client.post("/en/plan/", {"step": "a1", "done": "1"})
    response = client.get("/en/self-audit/")
    text = words_of(response.content.decode())
    assert client.cookies["sheet"].value in text
    question = edition.questions["q1"]
    assert f"{question.child['en']} {question.options[2].child['en']}".replace("'", "&#x27;") in text
    for shown in (
        "United Kingdom",
        "I go to school or college; I have a job",
        "Face-swap and face-fun apps",
        "For your child",
        edition.actions["a1"].name["en"],
        "six months (182 days)",
        "2 answers",
        "Not sure",
    ):
        assert shown in text, shown
    assert not response.cookies


def test_the_self_audit_shows_one_s_own_answers_and_the_invented_ones_apart(client, edition):
    begin(client, topic="t1")
    client.post("/en/practice/maya/", {"result": "1"})
    text = words_of(page_of(client, "self-audit/"))
    assert "your browser sent us 2 cookies" in text
    assert "Your own answers." in text
    assert "The answers of an invented person." in text
    assert "Invented person Maya" in text


@pytest.mark.parametrize("value", ["", "x", "2E7E:forged", "é" * 10, "a" * 3000, "<script>alert(1)</script>"])
def test_the_self_audit_survives_a_cookie_that_is_not_as_we_wrote_it(client, edition, value):
    client.cookies["sheet"] = value
    html = page_of(client, "self-audit/")
    assert "It is not as we wrote it" in html
    assert "<script>alert" not in html


@pytest.mark.django_db
def test_the_self_audit_leaves_a_cookie_of_an_unknown_edition_alone(client, edition):
    client.cookies["sheet"] = sign("sheet", "9")
    response = client.get("/en/self-audit/")
    assert "belongs to an edition that this site does not know" in response.content.decode()
    assert not response.cookies


def test_the_self_audit_names_other_cookies_without_their_values(client, edition):
    client.cookies["tracker"] = "secret-value"
    html = page_of(client, "self-audit/")
    assert "tracker" in html
    assert "secret-value" not in html


def test_the_self_audit_shows_what_the_browser_sent(client, edition):
    html = client.get(
        "/en/self-audit/", headers={"user-agent": "Browser <1>", "accept-language": "fr"}
    ).content.decode()
    assert "<code>User-Agent</code>: Browser &lt;1&gt;" in html
    assert "<code>Accept-Language</code>: fr" in html


# --- About ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["about/", "privacy/", "accessibility/"])
def test_pages_name_the_operator_as_configured(client, anew, settings, address):
    assert "does not name who runs it" in page_of(client, address)
    settings.OPERATOR_NAME, settings.CONTACT_EMAIL = "Example Library", "desk@library.example"
    anew()
    html = page_of(client, address)
    assert "Example Library" in html
    assert 'href="mailto:desk@library.example"' in html


# --- Addresses without a language ----------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["", "en", "en-GB,fr;q=0.5", "fr, xx", "*", "x" * 600, "\x00;;q=", "en;q=0"])
def test_the_root_leads_to_a_language_and_sets_no_cookie(client, edition, asked):
    client.cookies["django_language"] = "fr"
    response = client.get("/", headers={"accept-language": asked})
    assert response.status_code == 302
    assert response["Location"] == "/en/"
    assert "Accept-Language" in response["Vary"]
    assert "public" in response["Cache-Control"]
    assert not response.cookies


def test_a_visitor_s_language_is_found_among_ours(settings):
    settings.LANGUAGES = [("en", "English"), ("zh-hans", "Chinese")]
    assert addresses.asked_language("fr, zh-CN;q=0.9, en;q=0.8") == "zh-hans"
    assert addresses.asked_language("en-US, zh;q=0.9") == "en"
    assert addresses.asked_language("fr") == "en"


def test_robots_keep_away_from_personal_pages(client, edition):
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /en/result/\n" in text
    assert "Disallow: /en/self-audit/\n" in text
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in text


def test_the_sitemap_lists_every_public_page_and_no_personal_one(client, edition):
    response = client.get("/sitemap.xml")
    assert response["Content-Type"].startswith("application/xml")
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    found = [place.text for place in ElementTree.fromstring(response.content).iter(f"{space}loc")]
    paths = [place.removeprefix("http://127.0.0.1:8000") for place in found]
    assert len(paths) == len(set(paths))
    for path in paths:
        resolved(path)
    for item in (*edition.questions, *edition.guides, *edition.actions, *edition.claims, *edition.terms):
        assert any(path.endswith(f"/{item}/") for path in paths)
    assert {"/en/", "/en/story/", "/en/privacy/"} <= set(paths)
    assert not {"/en/result/", "/en/self-audit/", "/en/erase/"} & set(paths)


def test_security_txt_names_the_contact_and_a_date_within_a_year(client, edition, settings):
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.CONTACT_EMAIL = "desk@library.example"
    text = client.get("/.well-known/security.txt").content.decode()
    assert "Contact: mailto:desk@library.example\n" in text
    expires = re.search(r"Expires: (\S+)Z\n", text)[1]
    days = (addresses.dt.datetime.fromisoformat(expires + "+00:00") - addresses.STARTED).days
    assert 300 < days < 366


def test_the_old_icon_address_leads_to_the_icon(client, edition):
    response = client.get("/favicon.ico")
    assert response.status_code == 301
    assert response["Location"] == "/static/icons/favicon.svg"


@pytest.mark.parametrize(
    "address", ["/", "/healthz", "/readyz", "/robots.txt", "/en/", "/en/self-audit/", "/en/method/"]
)
def test_these_addresses_only_read(client, edition, address):
    assert client.post(address).status_code == 405
