"""The pages for teachers and their archive: all of it is reached, printable, complete, and the same for everybody."""

from __future__ import annotations

import html
import io
import re
import zipfile
from html.parser import HTMLParser

import pytest

from apps.classroom import archive, cards, material
from apps.editions import markdown, reading_level
from apps.editions.compiled import CompiledEdition

HOME = "/en/educators/"
ZIP = "/en/educators/material.zip"


def _page(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def _words(page):
    """Return what a page says, without its elements, each run of spaces one space."""
    return " ".join(html.unescape(re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", page, flags=re.S)).split())


def _squeezed(text):
    """Return a text without spaces: elements inside a word leave some behind."""
    return "".join(text.split())


def _links(page):
    return {html.unescape(link) for link in re.findall(r'href="([^"]*)"', page)}


class _Outline(HTMLParser):
    def __init__(self):
        super().__init__()
        self.levels, self.ids = [], []

    def handle_starttag(self, tag, attrs):
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        self.ids += [value for name, value in attrs if name == "id"]


def _outline(page):
    outline = _Outline()
    outline.feed(page)
    return outline


def _addresses(pack):
    yield HOME
    for lesson in pack.lessons:
        yield f"{HOME}lessons/{lesson.id}/"
        yield f"{HOME}lessons/{lesson.id}/slides/"
    for handout in pack.handouts:
        yield f"{HOME}handouts/{handout.id}/"
    yield f"{HOME}prompts/"
    yield f"{HOME}persona-cards/"


@pytest.fixture
def reached(client, edition):
    """Every page for teachers that links lead to from the first of them."""
    found, waiting = {}, [HOME]
    while waiting:
        address = waiting.pop().partition("#")[0]
        if address not in found and address.startswith(HOME) and address != ZIP:
            found[address] = _page(client, address)
            waiting += _links(found[address])
    return found


# --- Everything is there -------------------------------------------------------------------------------


def test_every_lesson_slide_sheet_and_card_is_reached_from_the_first_page(reached, edition):
    assert set(reached) == set(_addresses(edition.pack))


def test_every_age_note_stands_on_the_first_page_with_what_is_left_out(reached, edition):
    page = _squeezed(_words(reached[HOME]))
    for group in edition.pack.ages:
        assert f'id="age-{group.id}"' in reached[HOME]
        for block in markdown.plain(group.note["en"]).split("\n\n"):
            assert _squeezed(block)[:60] in page
        for question in group.left_out:
            assert _squeezed(edition.questions[question].text["en"]) in page
        for topic in group.topics:
            assert _squeezed(edition.topics[topic].name["en"]) in page


def test_every_prompt_is_on_its_page_under_its_topic(reached, edition):
    page = html.unescape(reached[f"{HOME}prompts/"])
    for prompts in edition.pack.prompts:
        section = page.partition(f'<h2 id="{prompts.id}">')[2].partition("</section>")[0]
        assert section
        for prompt in prompts.prompts:
            assert prompt.text["en"] in section


def test_the_first_page_leads_to_a_class_practice_paper_and_data_protection(reached):
    links = _links(reached[HOME])
    assert {"/en/classes/new/", "/en/join/", "/en/practice/", "/en/paper/", ZIP} <= links
    assert f"{HOME}handouts/data-protection/" in links


def test_the_first_page_says_that_nothing_but_protected_totals_is_seen(reached):
    said = _words(reached[HOME])
    assert "Nothing of a pupil reaches you or us but protected totals" in said
    assert "only for ten people or more" in said


def test_sharing_into_a_school_system_is_a_plain_link_with_the_address_in_it(reached, settings):
    for address, shared in ((HOME, "/en/checkup/"), (f"{HOME}lessons/twenty/", f"{HOME}lessons/twenty/")):
        links = _links(reached[address])
        written = (settings.PUBLIC_ORIGIN + shared).replace(":", "%3A").replace("/", "%2F")
        assert any(link.startswith(f"https://classroom.google.com/share?url={written}") for link in links)
        assert any(link.startswith(f"https://teams.microsoft.com/share?href={written}") for link in links)
        assert not re.search(r'<(script|img|iframe|link)[^>]*(google|microsoft)', reached[address])


@pytest.mark.parametrize("address", ["lessons/none/", "lessons/none/slides/", "handouts/none/", "lessons/", "none/"])
def test_what_is_not_there_is_404(client, edition, address):
    assert client.get(HOME + address).status_code == 404


def test_a_pack_without_lesson_material_has_pages_without_it(client, shipped_pack, monkeypatch):
    from apps.editions import current

    bare = shipped_pack.model_copy(update={"ages": (), "prompts": (), "lessons": (), "handouts": ()})
    monkeypatch.setattr(current, "_current", CompiledEdition(1, bare))
    page = _page(client, HOME)
    assert "/en/classes/new/" in page
    assert "lessons/" not in page.replace('id="lessons"', "")
    assert client.get(f"{HOME}lessons/twenty/").status_code == 404
    assert "ages.html" not in " ".join(zipfile.ZipFile(io.BytesIO(client.get(ZIP).content)).namelist())


# --- Pages are well made -------------------------------------------------------------------------------


def test_each_page_has_one_main_heading_and_skips_no_level(reached):
    for address, page in reached.items():
        levels = _outline(page).levels
        assert levels.count(1) == 1, address
        assert levels[0] == 1, address
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:])), address


def test_each_id_stands_once_on_a_page_and_each_place_linked_to_exists(reached):
    for address, page in reached.items():
        ids = _outline(page).ids
        assert len(ids) == len(set(ids)), address
        for link in _links(page):
            path, mark, fragment = link.partition("#")
            target = reached.get(path or address)
            if mark and target is not None:
                assert f'id="{fragment}"' in target, (address, link)


def test_no_page_has_style_or_script_of_its_own(reached):
    for address, page in reached.items():
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=", page), address


def test_pages_set_no_cookie_ask_no_database_and_may_be_kept(client, edition):
    for address in (*_addresses(edition.pack), ZIP):
        response = client.get(address)
        assert response.status_code == 200
        assert not response.cookies, address
        assert response["Cache-Control"] == "public, max-age=300", address
        assert "Cookie" not in response.get("Vary", ""), address
        assert client.get(address, headers={"if-none-match": response["ETag"]}).status_code == 304, address
        assert client.post(address).status_code == 405, address


def test_a_sheet_prints_as_its_text_with_the_licence_and_without_the_buttons(reached, edition):
    """What is meant for the screen only is inside elements that the print style hides."""
    for handout in edition.pack.handouts:
        page = reached[f"{HOME}handouts/{handout.id}/"]
        printed = _squeezed(_words(re.sub(r'<div class="screen-only">.*?</div></div>', "", page, flags=re.S)))
        for block in markdown.plain(handout.body["en"]).split("\n\n"):
            assert _squeezed(block)[:50] in printed, (handout.id, block)
        assert "CCBY4.0" in printed
        assert "data-print" in page


def test_the_sheet_on_data_protection_names_who_runs_the_site(client, anew, settings):
    settings.OPERATOR_NAME, settings.CONTACT_EMAIL = "Riverside School", "office@school.example"
    page = _page(client, f"{HOME}handouts/data-protection/")
    assert "Riverside School" in page
    assert "mailto:office@school.example" in page
    assert "Riverside School" not in _page(client, f"{HOME}handouts/worksheet/")


# --- Lessons -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lesson_id", "minutes"), [("forty-five", 45), ("twenty", 20)])
def test_the_minutes_of_a_lesson_add_up_and_are_shown_without_a_gap(reached, edition, lesson_id, minutes):
    lesson = next(lesson for lesson in edition.pack.lessons if lesson.id == lesson_id)
    rows, _ = material.part_rows(edition, lesson)
    assert lesson.minutes == minutes
    assert (rows[0].begins, rows[-1].ends) == (0, minutes)
    assert all(before.ends == after.begins for before, after in zip(rows, rows[1:]))
    shown = _words(reached[f"{HOME}lessons/{lesson_id}/"])
    for row in rows:
        assert f"from {row.begins} to {row.ends}" in shown


def test_a_substitute_finds_what_to_say_do_ask_and_expect_with_and_without_devices(edition):
    for lesson in edition.pack.lessons:
        text = "\n".join(part.body["en"] for part in lesson.parts)
        for needed in ("**Say.**", "**Do.**", "**Ask.**", "Expect", "**With devices.**", "**Without devices.**"):
            assert needed in text, (lesson.id, needed)
        assert all(re.search(r"\*\*(Say|Do|Ask|Read)\.\*\*", part.body["en"]) for part in lesson.parts)


def test_sources_are_numbered_once_through_a_lesson(reached, edition):
    for lesson in edition.pack.lessons:
        page = reached[f"{HOME}lessons/{lesson.id}/"]
        numbers = re.findall(r'<sup class="note"><a href="/en/claims/([a-z0-9-]+)/"[^>]*>(\d+)</a>', page)
        assert numbers
        named = dict(numbers)
        assert all(named[claim] == number for claim, number in numbers)
        assert sorted(map(int, set(named.values()))) == list(range(1, len(named) + 1))
        assert page.count('<li id="note-') == len(named)


def test_the_slides_show_every_part_and_lead_on_and_back_by_links(reached, edition):
    for lesson in edition.pack.lessons:
        page = reached[f"{HOME}lessons/{lesson.id}/slides/"]
        slides = re.findall(r'<section class="slide" id="(slide-\d+)".*?</section>', page, flags=re.S)
        assert len(slides) == len(lesson.parts)
        for number, part in enumerate(lesson.parts, 1):
            slide = page.partition(f'id="slide-{number}"')[2].partition("</section>")[0]
            for line in (part.slide or part.title)["en"].splitlines():
                assert line in html.unescape(slide)
            assert ('href="#main"' if number == 1 else f'href="#slide-{number - 1}"') in slide
            assert ('href="#main"' if number == len(lesson.parts) else f'href="#slide-{number + 1}"') in slide


# --- Content -------------------------------------------------------------------------------------------


def test_there_are_five_prompts_for_every_scored_topic_and_for_law(edition):
    assert {prompts.id for prompts in edition.pack.prompts} == {topic.id for topic in edition.scored_topics} | {"law"}
    for prompts in edition.pack.prompts:
        assert [prompt.id for prompt in prompts.prompts] == ["p1", "p2", "p3", "p4", "p5"]


def test_the_youngest_are_not_asked_where_being_recognised_could_cause_trouble(edition):
    ages = {group.id: group for group in edition.pack.ages}
    assert list(ages) == ["young", "teen", "adult"]
    assert "q12" in ages["young"].left_out
    assert not ages["adult"].left_out


def test_all_of_it_reads_at_grade_eight_or_below_in_short_sentences(edition):
    texts = [handout.body for handout in edition.pack.handouts]
    texts += [part.body for lesson in edition.pack.lessons for part in lesson.parts]
    texts += [group.note for group in edition.pack.ages]
    texts += [{"en": "\n\n".join(prompt.text["en"] for prompt in one.prompts)} for one in edition.pack.prompts]
    for text in texts:
        assert reading_level.flesch_kincaid_grade(text["en"]) <= 8
        assert not reading_level.long_sentences(text["en"], 20)


def test_every_claim_and_link_of_the_material_exists(edition):
    texts = [handout.body for handout in edition.pack.handouts]
    texts += [part.body for lesson in edition.pack.lessons for part in lesson.parts]
    texts += [group.note for group in edition.pack.ages]
    for text in texts:
        assert edition.html(text, "en").broken == ()


# --- Persona cards -------------------------------------------------------------------------------------


def test_a_card_tells_every_answer_of_its_person_once(edition):
    for card in cards.persona_cards_of(edition):
        scored = [q.id for topic in edition.scored_topics for q in topic.questions if q.id in card.persona.answers]
        told = [one.question.id for topic in card.topics for one in topic.told]
        apart = [one.question.id for one in card.older]
        assert sorted(told + apart) == sorted(scored)
        assert apart == ["q12"]


def test_cards_are_made_of_the_practice_people_only(reached, edition):
    page = reached[f"{HOME}persona-cards/"]
    for persona in edition.pack.personas:
        assert (f'id="card-{persona.id}"' in page) == persona.practice
    sam = html.unescape(page.partition('id="card-sam"')[2].partition("</article>")[0])
    older = sam.partition("For older groups only")[2]
    assert "Yes, and pictures that show my face were posted" in older
    assert "11 to 14" in older
    assert "Yes, and pictures that show my face were posted" not in sam.partition("For older groups only")[0]


def test_the_answers_are_the_points_that_the_paper_gives(edition):
    """A person who is sure of every answer has the same points by hand and on screen."""
    answers = cards.answers_of(edition)
    assert [persona.id for persona in answers.personas] == ["liang", "maya", "rosa", "daniel", "george", "sam"]
    compared = 0
    for place, persona in enumerate(answers.personas):
        score = edition.persona_scores[persona.id]
        for row in answers.rows:
            points = row.points[place]
            exact = score.topics[row.topic.id]
            assert points.most == score.topic_maximum[row.topic.id]
            assert points.found <= exact.high
            if exact.is_exact and not any(
                persona.answers.get(question.id) == "unsure" for question in row.topic.questions
            ):
                assert points.found == exact.low, (persona.id, row.topic.id)
                compared += 1
    assert compared > 30
    assert {persona.id: topic.id for persona, _, topic in answers.lines if topic}["sam"] == "t4"


# --- The archive ---------------------------------------------------------------------------------------


@pytest.fixture
def files(client, edition):
    """What is in the archive, by name."""
    with zipfile.ZipFile(io.BytesIO(client.get(ZIP).content)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name).decode() for name in packed.namelist()}


def test_the_archive_opens_and_has_a_page_and_a_text_of_everything(files, edition):
    names = {"README.txt", "LICENCE.txt", "index.html"}
    for lesson in edition.pack.lessons:
        names |= {f"lessons/{lesson.id}.html", f"lessons/{lesson.id}.txt", f"lessons/{lesson.id}-slides.html"}
    for handout in edition.pack.handouts:
        names |= {f"handouts/{handout.id}.html", f"handouts/{handout.id}.txt"}
    for name in ("ages", "prompts", "persona-cards"):
        names |= {f"{name}.html", f"{name}.txt"}
    assert set(files) == {f"privacycheck-lessons/{name}" for name in names}
    index = files["privacycheck-lessons/index.html"]
    for name in names - {"index.html"}:
        assert (f'href="{name}"' in index) == name.endswith(".html")


def test_names_in_the_archive_are_safe(client, edition):
    packed = zipfile.ZipFile(io.BytesIO(client.get(ZIP).content))
    for entry in packed.infolist():
        assert re.fullmatch(r"privacycheck-lessons/([a-z-]+/)?[A-Za-z0-9-]+\.(html|txt)", entry.filename)
        assert entry.external_attr >> 16 == 0o644
        assert not entry.flag_bits & 0x1
    assert len(set(packed.namelist())) == len(packed.namelist())


def test_pages_in_the_archive_load_nothing_and_lead_back_by_whole_addresses(files, settings):
    for name, text in files.items():
        if name.endswith(".html"):
            assert not re.search(r"<(script|img|iframe|object|embed|link|source|video|audio)\b", text), name
            assert not re.search(r"\ssrc=|url\(|@import|\son[a-z]+=", text), name
            for link in _links(text):
                assert link.startswith(("#", "https://", f"{settings.PUBLIC_ORIGIN}/", "mailto:")) or (
                    f"privacycheck-lessons/{link}" in files
                ), (name, link)


def test_pages_in_the_archive_have_one_main_heading_and_each_id_once(files):
    for name, text in files.items():
        if name.endswith(".html"):
            outline = _outline(text)
            assert outline.levels.count(1) == 1, name
            assert all(after <= before + 1 for before, after in zip(outline.levels, outline.levels[1:])), name
            assert len(outline.ids) == len(set(outline.ids)), name


def test_texts_in_the_archive_say_what_the_pages_say(files, edition):
    for handout in edition.pack.handouts:
        _assert_same(files, f"handouts/{handout.id}", [handout.body["en"]])
    for lesson in edition.pack.lessons:
        _assert_same(files, f"lessons/{lesson.id}", [part.body["en"] for part in lesson.parts])
    _assert_same(files, "ages", [group.note["en"] for group in edition.pack.ages])
    _assert_same(files, "prompts", [prompt.text["en"] for one in edition.pack.prompts for prompt in one.prompts])
    cards_text = files["privacycheck-lessons/persona-cards.txt"]
    for persona in edition.pack.personas:
        assert (persona.about["en"] in cards_text) == persona.practice


def _assert_same(files, name, sources):
    page = _squeezed(re.sub(r'<sup class="note">.*?</sup>', "", files[f"privacycheck-lessons/{name}.html"], flags=re.S))
    page = html.unescape(re.sub(r"<[^>]*>", "", page))
    text = files[f"privacycheck-lessons/{name}.txt"]
    for source in sources:
        addressed = re.sub(r"\]\([a-z]+:[a-z0-9-]+\)", "](", source)
        assert addressed.strip() in re.sub(r"\]\(http[^)]*\)", "](", text), name
        for block in markdown.plain(source).split("\n\n"):
            assert _squeezed(block) in page, (name, block)


def test_texts_in_the_archive_name_their_sources(files, edition):
    text = files["privacycheck-lessons/lessons/forty-five.txt"]
    cited = set(re.findall(r"\[\^([a-z0-9-]+)\](?!:)", text))
    assert cited
    for claim in cited:
        entry = re.search(rf"^\[\^{claim}\]: (.*)$", text, flags=re.M)
        assert entry, claim
        assert edition.claims[claim].sources[0].title in entry[1]


def test_the_archive_names_its_licence_and_edition(files):
    readme, licence = files["privacycheck-lessons/README.txt"], files["privacycheck-lessons/LICENCE.txt"]
    assert "CC BY 4.0" in readme
    assert "edition 1 " in readme
    assert "/en/educators/" in readme
    assert "https://creativecommons.org/licenses/by/4.0/legalcode" in licence
    for name, text in files.items():
        assert name.endswith(".txt") or "CC BY 4.0" in text


def test_the_archive_is_the_same_to_the_byte_each_time(client, edition, compiled_pack):
    first = client.get(ZIP)
    assert first["Content-Type"] == "application/zip"
    other = CompiledEdition(1, compiled_pack.pack)
    from django.utils import translation

    with translation.override("en"):
        assert archive.archive_of(other) == first.content
