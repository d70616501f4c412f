"""What changed between two packs: every kind of item and field is noticed, named, and weighed by the method."""

from __future__ import annotations

import copy
import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from hypothesis import given
from hypothesis import strategies as st

from apps.editions import current, services
from apps.editions.changes import MAJOR, MINOR, PATCH, changes, classify, from_json, to_json
from apps.editions.models import Edition
from apps.editions.schema import Pack
from tests.editions import packs

LISTS = tuple(name for name in Pack.model_fields if name not in {"schema_version", "method", "note"})
KINDS = {
    "languages": "pack language",
    "places": "place",
    "situations": "situation",
    "families": "family",
    "article": "article point",
    "topics": "topic",
    "actions": "action",
    "platforms": "platform",
    "claims": "claim",
    "guides": "guide",
    "laws": "law",
    "rights": "rights",
    "letters": "letter",
    "ages": "age group",
    "prompts": "prompts",
    "lessons": "lesson",
    "handouts": "handout",
    "glossary": "term",
    "personas": "persona",
}
INSIDE = {"topics": ("questions", "question"), "platforms": ("steps", "platform step")}


def id_of(item: packs.Data) -> str:
    return item.get("id") or item["code"]


def other(value: Any) -> Any:
    """Return a text in all its languages, or a word, with a letter more."""
    return {language: f"{words}x" for language, words in value.items()} if isinstance(value, dict) else f"{value}x"


def first_text(item: packs.Data) -> str:
    """Return the first field that holds a text by language, or the plain name of a language."""
    return next(name for name, value in item.items() if name == "name" or (isinstance(value, dict) and "en" in value))


def full_data() -> packs.Data:
    """Return the small pack with at least one item of each kind."""
    data = packs.make_data()
    assert all(data[name] for name in LISTS), "the small pack should have an item of every kind"
    return data


def compare(edit: Any) -> tuple:
    return changes(packs.make_pack(), packs.make_pack(edit))


# --- Every kind of item --------------------------------------------------------------------------------


def test_every_list_of_the_schema_is_tried_here():
    assert set(KINDS) == set(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_one_edited_item_gives_just_that_item_and_field(name):
    before, after = full_data(), full_data()
    item = after[name][-1]
    field = "prompts" if name == "prompts" else first_text(item)
    edited = item["prompts"][0] if name == "prompts" else item  # prompts have no text of their own
    words = first_text(edited)
    edited[words] = other(edited[words])
    [change] = changes(Pack.model_validate(before), Pack.model_validate(after))
    assert (change.kind, change.id, change.what, change.fields) == (KINDS[name], id_of(item), "changed", (field,))
    assert (change.size, change.parts[0].before, change.parts[0].after) == (PATCH, None, None)


@pytest.mark.parametrize("name", LISTS)
def test_an_added_and_a_removed_item_are_named(name):
    small, large = full_data(), full_data()
    twin = copy.deepcopy(large[name][0])
    twin["code" if "code" in twin else "id"] = "zz"
    for inside, _ in [INSIDE[name]] if name in INSIDE else []:
        twin[inside] = [entry | {"id": f"zz-{entry['id']}"} for entry in twin[inside]]
    large[name].append(twin)
    old, new = Pack.model_validate(small), Pack.model_validate(large)
    inner = (
        {("zz-" + entry["id"], INSIDE[name][1]) for entry in small[name][0][INSIDE[name][0]]}
        if name in INSIDE
        else set()
    )
    for found, what in ((changes(old, new), "added"), (changes(new, old), "removed")):
        assert {(change.id, change.kind) for change in found} == {("zz", KINDS[name])} | inner
        assert {change.what for change in found} == {what}
        assert all(change.name and not change.parts for change in found)


@pytest.mark.parametrize("name", LISTS)
def test_another_order_of_a_list_is_told_and_is_no_more_than_a_patch(name):
    data = full_data()
    twin = copy.deepcopy(data[name][0])
    twin["code" if "code" in twin else "id"] = "zz"
    if name in INSIDE:
        inside = INSIDE[name][0]
        twin[inside] = [entry | {"id": f"zz-{entry['id']}"} for entry in twin[inside]]
    data[name].append(twin)
    turned = copy.deepcopy(data)
    turned[name].reverse()
    [change] = changes(Pack.model_validate(data), Pack.model_validate(turned))
    assert (change.kind, change.id, change.fields, change.parts[0].what) == ("pack", "", (name,), "moved")
    assert change.size == PATCH


@pytest.mark.parametrize(("name", "inside", "kind"), [(name, *pair) for name, pair in INSIDE.items()])
def test_an_item_inside_another_is_told_by_itself(name, inside, kind):
    before, after = full_data(), full_data()
    item = after[name][0][inside][-1]
    field = first_text(item)
    item[field] = other(item[field])
    [change] = changes(Pack.model_validate(before), Pack.model_validate(after))
    assert (change.kind, change.id, change.fields) == (kind, item["id"], (field,))


def _leaves(value: Any, path: tuple = ()) -> list[tuple]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for place, inner in enumerate(value) for leaf in _leaves(inner, (*path, place))]
    return [path]


LEAVES = [leaf for leaf in _leaves(full_data()) if leaf[-1] not in ("id", "code")]


def _edited(path: tuple) -> Pack | None:
    """Return the small pack with the value at a path changed, or None where the schema allows no other there."""
    for attempt in (
        lambda v: f"{v}x",
        lambda v: v % 4 + 1,
        lambda v: 0,
        lambda v: not v,
        lambda v: "a",
        lambda v: "low",
    ):
        data = full_data()
        place = data
        for step in path[:-1]:
            place = place[step]
        try:
            changed = attempt(place[path[-1]])
            if changed == place[path[-1]]:
                continue
            place[path[-1]] = changed
            return Pack.model_validate(data)
        except (TypeError, ValueError):
            continue
    return None


@given(path=st.sampled_from(LEAVES))
def test_whatever_value_is_edited_one_item_tells_of_it_and_survives_json(path):
    old, new = packs.make_pack(), _edited(path)
    if new is None:
        return
    found = changes(old, new)
    assert len(found) == 1
    item = full_data()
    names = []
    for step in path:
        item = item[step]
        if isinstance(item, dict) and ("id" in item or "code" in item):
            names.append(id_of(item))
    assert found[0].id in names
    assert found[0].fields[0] in path
    assert from_json(to_json(found)) == found


def test_most_values_of_the_small_pack_could_be_edited():
    """Guard of the test above: it would prove nothing if the schema refused its edits."""
    assert sum(_edited(path) is not None for path in LEAVES) > 0.9 * len(LEAVES)


def test_an_equal_pack_has_no_changes(shipped_pack):
    assert changes(shipped_pack, shipped_pack.model_copy(deep=True)) == ()
    assert classify(()) == PATCH


def test_without_an_older_pack_everything_is_new(shipped_pack):
    found = changes(None, shipped_pack)
    assert {change.what for change in found} == {"added"}
    keys = {(change.kind, change.id) for change in found}
    assert len(keys) == len(found)
    for topic in shipped_pack.topics:
        assert {("question", question.id) for question in topic.questions} <= keys
    for platform in shipped_pack.platforms:
        assert {("platform step", step.id) for step in platform.steps} <= keys
    inner = sum(len(t.questions) for t in shipped_pack.topics) + sum(len(p.steps) for p in shipped_pack.platforms)
    assert len(found) == inner + sum(len(getattr(shipped_pack, name)) for name in LISTS)
    assert classify(found) == MAJOR
    assert from_json(to_json(found)) == found


def test_a_translation_of_everything_is_a_patch(shipped_pack):
    data = json.loads(shipped_pack.model_dump_json(exclude_defaults=True))

    def translate(value: Any) -> Any:
        if isinstance(value, dict):
            if isinstance(value.get("en"), str):
                return {**value, "fr": value["en"]}
            return {key: translate(inner) for key, inner in value.items()}
        return [translate(inner) for inner in value] if isinstance(value, list) else value

    found = changes(shipped_pack, Pack.model_validate(translate(data)))
    assert len(found) > 100
    assert classify(found) == PATCH


# --- What exactly, and how much it matters -------------------------------------------------------------


def edit_question(**fields):
    return lambda data: packs.question(data, "q1").update(fields)


def edit_option(**fields):
    return lambda data: packs.option(data, "q1", "b").update(fields)


def edit_action(**fields):
    return lambda data: packs.item(data, "actions", "a1").update(fields)


def edit_rating(name, **fields):
    return lambda data: packs.question(data, "q1")["ratings"].update(
        {name: packs.question(data, "q1")["ratings"][name] | fields}
    )


def add_option(data):
    packs.question(data, "q1")["options"].append(packs.option(data, "q1", "b") | {"id": "d"})


def move_question(data):
    data["topics"][1]["questions"].append(data["topics"][0]["questions"].pop(0))


def move_step(data):
    data["platforms"].append(copy.deepcopy(data["platforms"][0]) | {"id": "watch"})
    data["platforms"][0]["steps"] = [data["platforms"][0]["steps"][0] | {"id": "phone-other"}]


DETAILS = [
    (edit_option(level=3), "options.b.level", "changed", 2, 3, MINOR),
    (edit_option(text=packs.text("Others")), "options.b.text", "changed", None, None, PATCH),
    (edit_option(reason=packs.text("Others")), "options.b.reason", "changed", None, None, PATCH),
    (edit_option(help_now="a1"), "options.b.help_now", "added", None, "a1", MINOR),
    (edit_option(id="d"), "options.d", "added", None, None, MAJOR),
    (edit_option(id="d"), "options.b", "removed", None, None, MAJOR),
    (add_option, "options.d", "added", None, None, MAJOR),
    (lambda data: packs.question(data, "q1")["options"].reverse(), "options", "moved", None, None, PATCH),
    (edit_rating("s", value=4), "ratings.s.value", "changed", 2, 4, MINOR),
    (edit_rating("r", value=1), "ratings.r.value", "changed", 2, 1, MINOR),
    (edit_rating("k", value=3), "ratings.k.value", "changed", 2, 3, MINOR),
    (edit_rating("k", reason=packs.text("New")), "ratings.k.reason", "changed", None, None, PATCH),
    (lambda data: packs.question(data, "q1").pop("ratings"), "ratings", "removed", None, None, MINOR),
    (edit_question(kind="multi"), "kind", "changed", "single", "multi", MAJOR),
    (edit_question(applies_to=["job"]), "applies_to", "changed", None, "job", MAJOR),
    (edit_question(child=packs.text("Child?")), "child", "added", None, None, PATCH),
    (edit_question(claims=["l1"]), "claims", "changed", "f1-1", "l1", PATCH),
    (lambda data: packs.question(data, "q2").update(show=["c"]), "show", "changed", "b, c, unsure", "c", MAJOR),
    (lambda data: packs.question(data, "q2").pop("parent"), "parent", "removed", "q1", None, MAJOR),
    (move_question, "topic", "changed", "t1", "t2", MAJOR),
    (lambda data: data["topics"][0]["questions"].reverse(), "questions", "moved", None, None, PATCH),
    (lambda data: data["topics"][0].update(after_result=True), "after_result", "changed", 0, 1, MAJOR),
    (edit_action(caps={"q1": 1, "q2": 2}), "caps.q1", "changed", 0, 1, MINOR),
    (edit_action(caps={"q2": 2}), "caps.q1", "removed", 0, None, MINOR),
    (edit_action(caps={"q1": 0, "q2": 2, "q3": 0}), "caps.q3", "added", None, 0, MINOR),
    (edit_action(helps={"q1": ["b"]}), "helps.q1", "changed", "b, c, unsure", "b", MINOR),
    (edit_action(minutes=50), "minutes", "changed", 5, 50, MINOR),
    (edit_action(difficulty=3), "difficulty", "changed", 1, 3, MINOR),
    (edit_action(who="with-adult"), "who", "changed", "self", "with-adult", MINOR),
    (edit_action(places=["uk"]), "places", "changed", None, "uk", MINOR),
    (edit_action(how=packs.text("1. Do it.")), "how", "changed", None, None, PATCH),
    (edit_action(due="2027-01-01"), "due", "changed", None, None, PATCH),
    (lambda data: data["claims"][0].update(grade="reported"), "grade", "changed", "measured", "reported", PATCH),
    (lambda data: data["claims"][0]["sources"][0].update(date="2020"), "sources", "changed", None, None, PATCH),
    (lambda data: data["personas"][1]["answers"].update(q1="b"), "answers.q1", "changed", "c", "b", PATCH),
]


@pytest.mark.parametrize(("edit", "path", "what", "before", "after", "size"), DETAILS)
def test_a_detail_says_what_is_relevant_and_how_much_it_matters(edit, path, what, before, after, size):
    found = compare(edit)
    details = {(".".join(part.path), part.what, part.before, part.after) for change in found for part in change.parts}
    assert (path, what, before, after) in details
    assert classify(found) == size
    assert classify(from_json(to_json(found))) == size


def test_an_option_is_named_with_its_text_and_never_an_item_of_its_own():
    [change] = compare(edit_option(level=3, text=packs.text("Others")))
    assert (change.kind, change.id) == ("question", "q1")
    assert {part.name["en"] for part in change.parts} == {"Others"}


@pytest.mark.parametrize(
    ("name", "size"),
    [("topics", MAJOR), ("situations", MAJOR), ("actions", MINOR), ("families", MINOR), ("places", MINOR)]
    + [(name, PATCH) for name in ("claims", "guides", "glossary", "personas", "laws", "letters", "article", "rights")],
)
def test_how_much_a_new_item_matters(name, size):
    data = full_data()
    data[name].append(copy.deepcopy(data[name][0]) | {"id": "zz"} | ({"questions": []} if name == "topics" else {}))
    assert classify(changes(packs.make_pack(), Pack.model_validate(data))) == size


def test_a_new_question_is_major_and_leaves_its_topic_alone():
    [change] = compare(lambda data: data["topics"][0]["questions"].append(packs.question(data, "q1") | {"id": "q99"}))
    assert (change.kind, change.id, change.what, change.size) == ("question", "q99", "added", MAJOR)


def test_a_step_that_went_to_another_platform_says_so():
    found = {(change.kind, change.id): change for change in compare(move_step)}
    [part] = found["platform step", "phone-lock"].parts
    assert (part.path, part.before, part.after) == (("platform",), "phone", "watch")


def test_what_is_not_known_is_neither_nothing_nor_an_error():
    assert from_json("") is None
    assert from_json("[]") == ()


# --- Stored when published -----------------------------------------------------------------------------


@pytest.fixture
def nothing_in_memory():
    current.forget()
    yield
    current.forget()


@pytest.mark.django_db
def test_publishing_stores_the_changes_since_the_latest_edition(nothing_in_memory):
    services.publish(packs.make_pack(), "First")
    services.publish(packs.make_pack(edit_option(level=3)), "Second")
    current.refresh()
    newest, first = current.current_edition().history
    [change] = newest.changes
    assert (newest.number, newest.size, change.id, change.parts[0].after) == (2, MINOR, "q1", 3)
    assert newest.content_hash == Edition.objects.get(number=2).content_hash
    assert {change.what for change in first.changes} == {"added"}
    assert first.size == MAJOR


@pytest.mark.django_db
def test_an_old_edition_that_no_longer_fits_the_schema_stops_nothing(nothing_in_memory):
    Edition.objects.create(
        number=1,
        content='{"shape":"of the past"}',
        content_hash="0" * 64,
        published_at=dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc),
    )
    edition, created = services.publish(packs.make_pack(), "Second")
    assert created
    assert edition.changes == ""
    current.refresh()
    newest = current.current_edition().history[0]
    assert newest.changes is None
    assert newest.size is None
    with pytest.raises(current.EditionUnavailable):
        current.edition_numbered(1)


@pytest.mark.django_db
def test_an_older_edition_takes_one_query_and_knows_its_own_past_only(nothing_in_memory, django_assert_num_queries):
    for level in (1, 2, 3):
        services.publish(packs.make_pack(edit_option(level=level)), f"Level {level}")
    current.refresh()
    with django_assert_num_queries(1):
        older = current.edition_numbered(2)
    assert [release.number for release in older.history] == [2, 1]
    with django_assert_num_queries(0):
        assert current.edition_numbered(2) is older


@pytest.mark.django_db(transaction=True)
def test_editions_from_before_changes_were_kept_are_marked_as_not_known(nothing_in_memory):
    executor = MigrationExecutor(connection)
    executor.migrate([("editions", "0001_editions")])
    try:
        old = executor.loader.project_state([("editions", "0001_editions")]).apps.get_model("editions", "Edition")
        old.objects.create(number=1, content="{}", content_hash="0", published_at=dt.datetime.now(dt.timezone.utc))
        MigrationExecutor(connection).migrate([("editions", "0002_changes")])
        assert Edition.objects.get(number=1).changes == ""
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
