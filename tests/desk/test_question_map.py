"""The drawing of the questionnaire: every question once and linked, nothing in it but text, and the same as the list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from apps import scoring
from apps.desk.question_map import (
    DESCRIPTION_ID,
    SAMPLE,
    TITLE_ID,
    OutlineQuestion,
    OutlineTopic,
    question_map_outline,
    question_map_svg,
)
from apps.editions import calibration
from apps.editions.convert import questionnaire_of
from apps.editions.schema import Pack
from tests.conftest import ROOT
from tests.editions.packs import item, make_pack, option, question, text, topic

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</text></svg><script>alert("1")</script>&\'" onload=x ]]> <!--'
CLASSES = {
    *("map", "map-topic", "map-note", "map-rule", "map-link", "map-box", "map-unscored", "map-misplaced", "map-id"),
    *("map-words", "map-option", "map-mark", "map-on", "map-reach", "map-reached", "map-line", "map-arrow"),
    "map-label",
}


def address_of(question_id: str) -> str:
    return f"/editor/question/{question_id}/?from=map&at=1"


def drawn(pack: Pack, language: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(question_map_svg(pack, language, address_of))


def links(svg: ElementTree.Element) -> list[ElementTree.Element]:
    return list(svg.iter(f"{SVG}a"))


def link(svg: ElementTree.Element, question_id: str) -> ElementTree.Element:
    return next(found for found in links(svg) if found.get("href") == address_of(question_id))


def words(element: ElementTree.Element, css_class: str) -> list[str]:
    return [found.text or "" for found in element.iter(f"{SVG}text") if found.get("class") == css_class]


def marks(element: ElementTree.Element) -> list[str]:
    """Return the marks of a box, a row for each option: "##.." is level 2."""
    rows: dict[int, str] = {}
    for mark in element.iter(f"{SVG}rect"):
        if "map-mark" in (mark.get("class") or "").split():
            top = int(mark.get("y", ""))
            rows[top] = rows.get(top, "") + ("#" if "map-on" in (mark.get("class") or "") else ".")
    return [rows[top] for top in sorted(rows)]


def everything(questions: tuple[OutlineQuestion, ...]) -> Iterator[OutlineQuestion]:
    for found in questions:
        yield found
        yield from everything(found.follow_ups)


def listed(outline: tuple[OutlineTopic, ...]) -> dict[str, OutlineQuestion]:
    return {found.id: found for topic_row in outline for found in everything(topic_row.questions)}


def outline_of(pack: Pack, language: str = "en") -> tuple[OutlineTopic, ...]:
    return question_map_outline(pack, language, address_of)


# --- The drawing ---------------------------------------------------------------------------------------


def test_every_question_is_linked_exactly_once(shipped_pack: Pack) -> None:
    for pack in (shipped_pack, make_pack()):
        wanted = [address_of(asked.id) for one in pack.topics for asked in one.questions]
        assert sorted(found.get("href") for found in links(drawn(pack))) == sorted(wanted)


def test_boxes_do_not_overlap_and_stay_inside(shipped_pack: Pack) -> None:
    svg = drawn(shipped_pack)
    rects = [
        tuple(int(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        for rect in svg.iter(f"{SVG}rect")
        if "map-box" in (rect.get("class") or "").split()
    ]
    assert len(rects) == sum(len(one.questions) for one in shipped_pack.topics)
    for place, (x, y, width, height) in enumerate(rects):
        assert 0 <= x <= int(svg.get("width", "")) - width
        assert 0 <= y <= int(svg.get("height", "")) - height
        for other_x, other_y, other_width, other_height in rects[place + 1 :]:
            assert (
                x + width <= other_x
                or other_x + other_width <= x
                or y + height <= other_y
                or other_y + other_height <= y
            )


def test_words_stand_inside_their_box() -> None:
    long_text = "many words " * 30
    svg = drawn(make_pack(lambda data: question(data, "q3").update(text=text(long_text))))
    box = link(svg, "q3")
    rect = next(box.iter(f"{SVG}rect"))
    bottom = int(rect.get("y", "")) + int(rect.get("height", ""))
    lines = words(box, "map-words")
    assert len(lines) == 5
    assert lines[-1].endswith("…")
    assert all(len(line) <= 45 for line in lines)
    assert all(int(found.get("y", "")) < bottom for found in box.iter(f"{SVG}text"))


def test_words_break_at_spaces_and_nothing_is_lost() -> None:
    sentence = "Which of these have you ever switched on for your face, on any phone of yours?"
    svg = drawn(make_pack(lambda data: question(data, "q3").update(text=text(sentence))))
    lines = words(link(svg, "q3"), "map-words")
    assert len(lines) > 1
    assert " ".join(lines) == sentence


@pytest.mark.parametrize("sentence", ["你的脸被哪些公司使用过而且保存了很长时间并且没有告诉你呢", "W" * 90])
def test_words_without_spaces_are_broken(sentence: str) -> None:
    svg = drawn(make_pack(lambda data: question(data, "q3").update(text=text(sentence))))
    lines = words(link(svg, "q3"), "map-words")
    assert len(lines) > 1
    assert "".join(lines) == sentence
    assert max(map(len, lines)) <= 19  # 250 pixels of type 13 pixels wide


def test_levels_are_marks() -> None:
    svg = drawn(make_pack(lambda data: option(data, "q3", "b").update(level=3)))
    assert marks(link(svg, "q3")) == ["....", "###.", "####"]
    assert marks(link(svg, "q10")) == ["##..", "##..", "...."]


def test_a_question_that_is_not_scored_has_no_marks_and_no_weight() -> None:
    box = link(drawn(make_pack()), "q11")
    assert marks(box) == []
    assert "not scored" in words(box, "map-note")[0]
    assert "map-unscored" in next(box.iter(f"{SVG}rect")).get("class", "")


def test_the_weight_the_kind_and_the_reach_are_told() -> None:
    svg = drawn(make_pack(lambda data: question(data, "q10")["ratings"].update(s={"value": 4, "reason": text("x")})))
    assert " ".join(words(link(svg, "q10"), "map-note")) == "weight 8 · several answers · asked of 100%"
    assert words(link(svg, "q1"), "map-note")[0] == "weight 6 · asked of 100%"


def test_a_line_leads_from_each_option_that_opens_a_follow_up() -> None:
    svg = drawn(make_pack())
    lines = [found.get("d", "") for found in svg.iter(f"{SVG}path") if found.get("class") == "map-line"]
    starts = [re.match(r"M(\d+) (\d+)C", line) for line in lines]
    assert words(svg, "map-label") == ["b, c, not sure"]
    # One box is a follow-up, opened by b, c and not being sure: each line starts at that option's row, and all
    # end at the box of q2.
    rows = {found.text: int(found.get("y", "")) - 4 for found in link(svg, "q1").iter(f"{SVG}text")}
    assert [int(start[2]) for start in starts if start] == [rows["b"], rows["c"], rows["not sure"]]
    box = next(link(svg, "q2").iter(f"{SVG}rect"))
    assert {int(line.rsplit("H", 1)[1]) for line in lines} == {int(box.get("x", "")) - 6}


def test_without_follow_ups_there_are_no_lines() -> None:
    def apart(data: dict[str, Any]) -> None:
        del question(data, "q2")["parent"], question(data, "q2")["show"]

    svg = drawn(make_pack(apart))
    assert not [found for found in svg.iter(f"{SVG}path") if found.get("class") in {"map-line", "map-arrow"}]


def test_situations_are_told_by_name() -> None:
    assert words(link(drawn(make_pack()), "q4"), "map-note")[1] == "only with: I have a job"


def test_it_is_named_and_its_links_say_what_they_open() -> None:
    svg = drawn(make_pack())
    named = {found.get("id"): found.text for found in svg if found.get("id")}
    assert svg.get("role") == "group"
    assert (svg.get("aria-labelledby"), svg.get("aria-describedby")) == (TITLE_ID, DESCRIPTION_ID)
    assert named[TITLE_ID]
    assert named[DESCRIPTION_ID]
    reach = listed(outline_of(make_pack()))["q4"].reach
    name = link(svg, "q4").get("aria-label")
    assert name == f"q4: Who sees your face? (weight 6 · asked of {reach}%, I have a job)"


def test_it_has_classes_and_no_looks_of_its_own(shipped_pack: Pack) -> None:
    misplaced = make_pack(lambda data: question(data, "q4").update(parent="q1", show=["b"]))
    used = set()
    for pack in (shipped_pack, misplaced):
        for element in drawn(pack).iter():
            assert not {"style", "fill", "stroke", "font-size", "onclick"} & set(element.keys())
            assert element.tag.removeprefix(SVG) not in {"style", "script", "image", "foreignObject", "use"}
            used |= set((element.get("class") or "").split())
    assert used == CLASSES


def test_every_class_is_told_in_the_module() -> None:
    told = (ROOT / "apps" / "desk" / "question_map.py").read_text(encoding="utf-8").split('"""')[1]
    assert set(re.findall(r"\bmap(?:-[a-z]+)?\b(?= {2,}|;|,| where)", told)) >= CLASSES


# --- Hostile and broken content ------------------------------------------------------------------------


def hostile(data: dict[str, Any]) -> None:
    question(data, "q3").update(text=text(HOSTILE), applies_to=["job"])
    topic(data, "t2").update(name=text(HOSTILE))
    item(data, "situations", "job").update(name=text(HOSTILE))


def test_hostile_texts_are_text_and_nothing_else() -> None:
    source = question_map_svg(make_pack(hostile), "en", address_of)
    svg = ElementTree.fromstring(source)
    assert "<script" not in source
    assert "<!--" not in source
    assert HOSTILE in (link(svg, "q3").get("aria-label") or "")
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} == {
        *("svg", "title", "desc", "path", "text", "g", "a", "rect")
    }
    assert len(links(svg)) == 11

    class Tags(HTMLParser):
        """Read as a part of an HTML page, which is how it is shown."""

        found: set[str] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found.add(tag)
            assert not [name for name, _ in attrs if name.startswith("on")]

    Tags().feed(source)
    assert Tags.found == {"svg", "title", "desc", "path", "text", "g", "a", "rect"}


def test_a_hostile_address_stays_in_its_attribute() -> None:
    address = '/x"><script>alert(1)</script>'
    source = question_map_svg(make_pack(), "en", lambda _: address)
    assert {found.get("href") for found in links(ElementTree.fromstring(source))} == {address}


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1b", "\x7f", "\ufffe", "\ud800"])
def test_characters_that_xml_cannot_hold_are_replaced(character: str) -> None:
    data = make_pack()
    asked = data.topics[1].questions[0].model_copy(update={"text": {"en": f"Who{character}sees?"}})
    changed = data.topics[1].model_copy(update={"questions": (asked, *data.topics[1].questions[1:])})
    pack = data.model_copy(update={"topics": (data.topics[0], changed, *data.topics[2:])})
    source = question_map_svg(pack, "en", address_of)
    svg = ElementTree.fromstring(source.encode())
    assert words(link(svg, "q3"), "map-words") == ["Who\ufffdsees?"]


def test_a_follow_up_without_its_parent_above_it_says_so() -> None:
    pack = make_pack(lambda data: question(data, "q4").update(parent="q1", show=["b"]))
    box = link(drawn(pack), "q4")
    assert "map-misplaced" in next(box.iter(f"{SVG}rect")).get("class", "")
    assert words(box, "map-note")[0].startswith("no question q1 above")


def test_a_draft_with_broken_branching_still_shows_every_question() -> None:
    def broken(data: dict[str, Any]) -> None:
        question(data, "q3").update(parent="q4", show=["zz"])  # a ring, with q4 below it
        question(data, "q4").update(parent="q3", show=["c"])
        question(data, "q6").update(id="q5", parent="q5", show=["a", "unsure"])
        data["situations"] = []

    pack = make_pack(broken)
    wanted = [address_of(asked.id) for one in pack.topics for asked in one.questions]
    assert sorted(found.get("href") for found in links(drawn(pack))) == sorted(wanted)


def test_a_draft_without_topics_is_an_empty_drawing() -> None:
    svg = drawn(make_pack(lambda data: data.update(topics=[])))
    assert links(svg) == []


# --- The list ------------------------------------------------------------------------------------------


def test_the_list_nests_follow_ups_and_holds_all_facts() -> None:
    first = outline_of(make_pack())[0]
    assert (first.id, first.name, first.after_result) == ("t1", "Topic 1", False)
    (parent,) = first.questions
    (follow_up,) = parent.follow_ups
    assert (parent.id, parent.weight, parent.opened_by, parent.parent) == ("q1", 6, (), None)
    assert [(found.id, found.text, found.level) for found in parent.options] == [
        ("a", "Some people", 0),
        ("b", "Some people", 2),
        ("c", "Some people", 4),
    ]
    assert (follow_up.id, follow_up.opened_by, follow_up.address) == ("q2", ("b", "c", "unsure"), address_of("q2"))
    assert outline_of(make_pack())[-1].after_result


def test_reach_is_the_share_of_the_respondents_who_are_asked(shipped_pack: Pack) -> None:
    """Counted again from the routing alone, question by question."""
    questionnaire = questionnaire_of(shipped_pack)
    people = calibration.respondents(questionnaire, SAMPLE)
    found = listed(outline_of(shipped_pack))
    for asked in questionnaire.questions:
        if not asked.is_scored:
            continue
        count = 0
        for person in people:
            here = asked
            is_asked = True
            while here.parent is not None:
                is_asked &= bool(here.show & person.answers[here.parent].picks)
                here = questionnaire.question(here.parent)
            is_asked &= not here.applies_to or bool(here.applies_to & (person.situation or frozenset()))
            count += is_asked
        assert found[asked.id].reach == int(100 * count / SAMPLE + 0.5)
    assert {found[asked.id].reach for asked in questionnaire.roots if not asked.applies_to} == {100}
    assert any(0 < (row.reach or 0) < 100 for row in found.values())


def test_reach_is_not_told_where_it_hangs_on_an_answer_that_nobody_gives() -> None:
    def unscored(data: dict[str, Any]) -> None:
        del question(data, "q1")["ratings"]

    found = listed(outline_of(make_pack(unscored)))
    assert found["q1"].reach == 100
    assert found["q2"].reach is None
    assert scoring.UNSURE in found["q2"].opened_by


def test_texts_are_in_the_language_or_in_the_original() -> None:
    def translated(data: dict[str, Any]) -> None:
        data["languages"].append({"code": "zh", "name": "中文"})
        question(data, "q3").update(text={"en": "Who?", "zh": "谁?"})

    pack = make_pack(translated)
    found = listed(outline_of(pack, "zh"))
    assert (found["q3"].text, found["q3"].spoken) == ("谁?", "zh")
    assert (found["q5"].text, found["q5"].spoken) == ("Who sees your face?", "en")
    svg = drawn(pack, "zh")
    for asked, spoken in (("q3", "zh"), ("q5", "en")):
        languages = [t.get("lang") for t in link(svg, asked).iter(f"{SVG}text") if t.get("class") == "map-words"]
        assert languages == [spoken]
