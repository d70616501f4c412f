"""Everything moves from one database to another, open rounds with their counters too, and through no file."""

from __future__ import annotations

import pytest

from apps.website.backups import KEPT, LEFT_OUT, OPEN_ROUNDS
from tests.operations.site import SECRETS

pytestmark = pytest.mark.drill


@pytest.mark.parametrize(("here", "there"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_everything_moves_and_classes_go_on_where_they_were(here, there, filled_site, new_place):
    (site, codes), other = filled_site(here), new_place(there)
    before = site.do("contents")
    site.managed("move_database", other.url)
    after = other.do("contents")
    for label in (*KEPT, OPEN_ROUNDS):
        assert after[label] == before[label], label
    assert not any(after[label] for label in LEFT_OUT if label != OPEN_ROUNDS)

    # Counters are in one place only; all else stays, should somebody have to go back.
    left = site.do("contents")
    assert left == before | {OPEN_ROUNDS: []}

    done = other.do("go_on", code=codes["open"])
    assert (done["state"], done["added"]) == ("open", "counted")
    counted = {row["round_id"]: row["n"] for row in other.do("contents")[OPEN_ROUNDS]}
    assert sorted(counted.values()) == [0, 0, 5, 5]  # a new class, the one with slips, the planted one, and 4 + 1
    if there == "postgresql":
        kind = "SELECT relpersistence FROM pg_class WHERE relname = 'classroom_openround'"
        assert other.do("sql", alias="default", query=kind) == [["u"]]


def test_the_counters_are_in_no_file_of_the_old_place_nor_in_a_temporary_one(filled_site, new_place, tmp_path):
    (site, _), other = filled_site("sqlite"), new_place("postgresql")
    planted = [secret.encode() for secret in SECRETS[:4]]

    def found():
        return {
            path.name
            for path in tmp_path.rglob("*")
            if path.is_file() and any(secret in path.read_bytes() for secret in planted)
        }

    assert found() == {"site-classes.sqlite3"}
    site.managed("move_database", other.url)
    assert found() == set()


def test_nothing_changes_where_the_new_place_refuses(filled_site, new_place):
    (site, _), other = filled_site("sqlite"), new_place("sqlite")
    other.managed("migrate_all")
    other.managed("create_editor", "sam", "--role", "writer")
    before = site.do("contents")
    said = site.refused("move_database", other.url)
    assert "not empty" in said
    assert "Nothing was moved" in said
    assert site.do("contents") == before
    assert "Nothing was moved" in site.refused("move_database", "postgres://nobody@127.0.0.1:9/none")
    assert "Nothing was moved" in site.refused("move_database", site.url)
    assert site.do("contents") == before
