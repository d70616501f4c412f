"""What one person adds: three coarse items, one category each, and nothing that the class does not count."""

from __future__ import annotations

import pytest

from apps import scoring
from apps.classroom import items
from apps.classroom.items import Item, PickedTwice, PickMissing, UnknownItem, items_for, picks_for, places_of

ITEMS = items_for(["t1", "t2"], ["lock", "ask"])


@pytest.fixture(scope="module")
def shipped_edition(shipped_pack):
    from apps.editions.compiled import CompiledEdition

    return CompiledEdition(1, shipped_pack)


def score_of(low: int, high: int) -> scoring.Score:
    return scoring.Score(scoring.Range(low, high), 100, {}, {})


def test_a_class_counts_at_most_three_items_of_twelve_categories(shipped_edition):
    topics = [topic.id for topic in shipped_edition.scored_topics]
    found = items_for(topics, [family.id for family in shipped_edition.pack.families])
    assert [item.id for item in found] == ["band", "topic", "step"]
    assert all(len(item.categories) <= 12 for item in found)
    assert found[0].categories == ("few", "some", "half", "many", "most", "not-enough")
    assert found[1].categories[-1] == found[2].categories[-1] == "none"


def test_a_class_about_one_topic_does_not_count_which_topic():
    assert [item.id for item in items_for(["t1"], ["lock"])] == ["band", "step"]


def test_more_categories_than_twelve_are_refused():
    with pytest.raises(ValueError, match="at most 12"):
        items_for([f"t{number}" for number in range(12)], ["lock"])


@pytest.mark.parametrize(
    ("low", "high", "band"),
    [(0, 0, "few"), (19, 19, "few"), (20, 20, "some"), (100, 100, "most"), (30, 50, "half"), (30, 51, "not-enough")],
)
def test_the_band_is_that_of_the_middle(low, high, band):
    assert picks_for(ITEMS, score=score_of(low, high), most_open="t2", family="ask") == (
        ("band", band),
        ("topic", "t2"),
        ("step", "ask"),
    )


def test_nothing_open_and_nothing_to_do_are_categories_of_their_own():
    found = picks_for(ITEMS, score=score_of(0, 0), most_open=None, family=None)
    assert found == (("band", "few"), ("topic", "none"), ("step", "none"))


def test_what_the_class_does_not_count_becomes_none():
    assert picks_for(ITEMS, score=score_of(50, 50), most_open="t9", family="refuse")[1:] == (
        ("topic", "none"),
        ("step", "none"),
    )


@pytest.mark.parametrize(
    ("picks", "error"),
    [
        ([("band", "half"), ("topic", "t1"), ("colour", "red")], UnknownItem),
        ([("band", "half"), ("topic", "t1"), ("step", "none"), ("colour", "red")], UnknownItem),
        ([("band", "huge"), ("topic", "t1"), ("step", "none")], UnknownItem),
        ([("band", ""), ("topic", "t1"), ("step", "none")], UnknownItem),
        ([("band", "half"), ("band", "few"), ("topic", "t1"), ("step", "none")], PickedTwice),
        ([("band", "half"), ("band", "half"), ("topic", "t1"), ("step", "none")], PickedTwice),
        ([("band", "half"), ("topic", "t1")], PickMissing),
        ([], PickMissing),
    ],
)
def test_malformed_picks_are_refused_by_name(picks, error):
    with pytest.raises(error):
        places_of(ITEMS, picks)


def test_picks_in_any_order_have_the_places_of_the_items():
    assert places_of(ITEMS, [("step", "ask"), ("band", "most"), ("topic", "none")]) == (4, 2, 1)


def test_what_a_person_would_send_always_fits(shipped_edition):
    from apps.editions.convert import record_of

    questionnaire = shipped_edition.questionnaire
    counted = items_for(list(shipped_edition.topics), [family.id for family in shipped_edition.pack.families])
    for persona in shipped_edition.pack.personas:
        record = record_of(persona)
        plan = scoring.plan(questionnaire, record)
        family = shipped_edition.actions[plan.first_step].family if plan.first_step else None
        found = picks_for(counted, score=scoring.score(questionnaire, record), most_open=plan.most_open, family=family)
        assert len(places_of(counted, found)) == 3


def test_items_survive_being_stored():
    assert items.from_json(items.as_json(ITEMS)) == ITEMS


def test_an_item_has_no_category_twice():
    with pytest.raises(ValueError, match="twice"):
        Item("step", ("lock", "lock"))
