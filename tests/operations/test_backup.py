"""A backup taken while the site runs, read into an empty place on either engine, gives the site back."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import stat
import time

import pytest

from apps.website.backups import KEPT, LEFT_OUT, OPEN_ROUNDS, BackupError, check_backup
from tests.operations.site import SECRETS, finished

pytestmark = pytest.mark.drill

ENGINES = ("sqlite", "postgresql")


def unpacked(path):
    return gzip.decompress(path.read_bytes())


def lines_of(path):
    return [json.loads(line) for line in unpacked(path).splitlines()]


@pytest.fixture(params=ENGINES)
def filled(request, filled_site):
    """A site with something in every table, and the codes of its classes."""
    return filled_site(request.param)


@pytest.fixture
def backup(filled_site, tmp_path):
    """A site on SQLite, its backup, and the codes of its classes."""
    site, codes = filled_site("sqlite")
    site.managed("backup", str(tmp_path / "backup.gz"))
    return site, tmp_path / "backup.gz", codes


def test_every_model_is_either_kept_or_left_out_for_a_reason():
    from django.apps import apps

    labels = [model._meta.label for model in apps.get_models(include_auto_created=True)]
    assert sorted([*KEPT, *LEFT_OUT]) == sorted(labels)


@pytest.mark.parametrize("to", ENGINES)
def test_what_was_backed_up_is_there_after_a_restore_and_the_site_goes_on(filled, to, new_place, tmp_path):
    site, codes = filled
    path = tmp_path / "backup.gz"
    before = site.do("contents")
    assert [label for label, rows in before.items() if not rows] == []  # an empty table proves nothing
    site.managed("backup", str(path))

    other = new_place(to)
    other.managed("restore", str(path))
    after = other.do("contents")
    for label in KEPT:
        assert after[label] == before[label], label
    assert not any(after[label] for label in LEFT_OUT)

    assert other.do("go_on", code=codes["open"]) == {
        "may": True,
        "may_publish": False,
        "version": 3,
        "edition": 3,
        "state": "lost",
        "added": "RoundLost",
    }


def test_a_backup_holds_no_counter_no_token_and_nothing_of_visitors(filled, tmp_path):
    site, _ = filled
    path = tmp_path / "backup.gz"
    site.managed("backup", str(path))
    stored = json.dumps(site.do("contents"))
    for secret in SECRETS:
        assert secret in stored
        assert secret.encode() not in unpacked(path)
        assert secret.encode() not in path.read_bytes()
    assert {line["model"] for line in lines_of(path) if "model" in line} == set(KEPT)
    assert list(tmp_path.glob(".*")) == []  # nor does a half-written file stay


def test_only_its_owner_can_read_it_and_it_replaces_nothing(backup, new_place, tmp_path):
    site, path, _ = backup
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = path.read_bytes()
    assert "already" in site.refused("backup", str(path))
    assert path.read_bytes() == kept
    said = site.managed("backup", str(tmp_path)).splitlines()[-1]
    (named,) = tmp_path.glob("privacycheck-*.jsonl.gz")
    assert said == str(named)
    assert "migrate_all" in new_place("sqlite").refused("backup", "-")
    assert "No backup was made" in site.refused("backup", str(tmp_path / "nowhere" / "backup.gz"))


def test_it_can_go_through_a_pipe(backup, new_place):
    site, _, _ = backup
    sent = site.manage("backup", "-").stdout
    other = new_place("sqlite")
    other.managed("restore", "-", stdin=sent)
    assert other.do("contents")["editions.Edition"] == site.do("contents")["editions.Edition"]


def test_classes_can_be_left_out(backup, tmp_path):
    site, _, _ = backup
    site.managed("backup", str(tmp_path / "less.gz"), "--without-classes")
    assert not any(line.get("model", "").startswith("classroom.") for line in lines_of(tmp_path / "less.gz"))
    assert "classroom.Class" in unpacked(tmp_path / "backup.gz").decode()


def test_it_is_of_one_moment_while_others_write_and_nobody_is_kept_out(filled, new_place, tmp_path):
    site, stop = filled[0], tmp_path / "stop"
    writer = site.start("write_on", stop=str(stop))
    time.sleep(2)  # until it writes
    paths = [tmp_path / f"{number}.gz" for number in range(2)]
    try:
        for path in paths:
            site.managed("backup", str(path))
    finally:
        stop.touch()
    assert finished(writer) > 5  # it ends with an error where it had to wait for five seconds
    sizes = []
    for path in paths:
        rows = [(line["model"], line["fields"]) for line in lines_of(path) if "model" in line]
        editions = [fields["number"] for label, fields in rows if label == "editions.Edition"]
        classes = {fields["code"]: fields["edition"] for label, fields in rows if label == "classroom.Class"}
        rounds = {fields["klass_id"] for label, fields in rows if label == "classroom.Round"}
        assert editions == list(range(1, len(editions) + 1))
        assert set(classes.values()) <= set(editions)
        assert rounds == set(classes)
        items = {(row["kind"], row["item_id"]): row["version"] for label, row in rows if label == "desk.DraftItem"}
        log = [((row["kind"], row["item_id"]), row["number"]) for label, row in rows if label == "desk.Revision"]
        assert items == {item: max(number for one, number in log if one == item) for item in items}
        sizes.append(len(editions))
    assert sizes == sorted(set(sizes)), "nothing was written between the backups"
    new_place("sqlite").managed("restore", str(paths[-1]))


def test_a_place_that_is_not_empty_is_left_alone(backup, new_place):
    site, path, _ = backup
    before = site.do("contents")
    assert "not empty" in site.refused("restore", str(path))
    assert site.do("contents") == before
    strange = new_place("sqlite")
    strange.do("sql", alias="default", query="CREATE TABLE somebodys (x int)")
    assert "somebodys" in strange.refused("restore", str(path))
    fresh = new_place("sqlite")
    fresh.managed("migrate_all")
    fresh.managed("restore", str(path))
    assert fresh.do("contents")["desk.Revision"] == before["desk.Revision"]


def repacked(path, change):
    """The backup with its lines changed, as gzip again."""
    lines = unpacked(path).splitlines(keepends=True)
    return gzip.compress(b"".join(change(lines)))


DAMAGE = {
    "cut off": lambda path: path.read_bytes()[:-2000],
    "its last line is missing": lambda path: repacked(path, lambda lines: lines[:-1]),
    "checksum": lambda path: repacked(path, lambda lines: [*lines[:40], *lines[41:]]),
    "its checksum": lambda path: repacked(path, lambda lines: [*lines, lines[5]]),
    "cannot be read": lambda path: repacked(path, lambda lines: [lines[0], b"[1]\n", *lines[1:]]),
    "no row": lambda path: repacked(path, lambda lines: [lines[0], b"{}\n", *lines[1:]]),
    "or this is none": lambda path: b"PK" + path.read_bytes(),
    "not a backup": lambda path: gzip.compress(b'{"hello": 1}\n'),
    "of format 9": lambda path: repacked(path, lambda ls: [ls[0].replace(b'version":1', b'version":9'), *ls[1:]]),
}


def test_every_kind_of_damage_is_told_in_words(backup):
    _, path, _ = backup
    check_backup(io.BytesIO(path.read_bytes()))
    for says, damage in DAMAGE.items():
        with pytest.raises(BackupError, match=says):
            check_backup(io.BytesIO(damage(path)))


def test_a_damaged_backup_stores_nothing_and_a_good_one_can_still_be_restored(backup, new_place, tmp_path):
    site, path, _ = backup
    bad, other = tmp_path / "bad.gz", new_place("sqlite")
    bad.write_bytes(DAMAGE["checksum"](path))
    assert "checksum" in other.refused("restore", "--dry-run", str(bad))
    assert "checksum" in other.refused("restore", str(bad))
    bad.write_bytes(repacked(path, lambda ls: [ls[0].replace(b"desk.0001_initial", b"desk.0999_later"), *ls[1:]]))
    assert "Install a newer one" in other.refused("restore", str(bad))
    other.managed("restore", "--dry-run", str(path))
    other.managed("restore", str(path))
    assert other.do("contents")["editions.Edition"] == site.do("contents")["editions.Edition"]


def test_counters_are_not_taken_from_a_file(backup, new_place, tmp_path):
    _, path, _ = backup
    row = {"round_id": 1, "n": 3, "counters": "1,2", "tokens": "", "slips": ""}
    line = json.dumps({"model": OPEN_ROUNDS, "fields": row}).encode() + b"\n"
    bad, other = tmp_path / "bad.gz", new_place("sqlite")
    bad.write_bytes(repacked(path, lambda lines: [*lines[:-1], line, lines[-1]]))
    assert "may not be in a file" in other.refused("restore", str(bad))


def test_classes_that_have_had_their_days_do_not_come_back(backup, new_place, tmp_path):
    site, _, codes = backup
    old = dt.date.today() - dt.timedelta(days=91)
    query = f"UPDATE classroom_class SET opened_on = '{old}' WHERE code = '{codes['released']}'"
    site.do("sql", alias="classroom", query=query)
    site.managed("backup", str(tmp_path / "old.gz"))
    other = new_place("sqlite")
    assert "deleted 1 classes" in other.managed("restore", str(tmp_path / "old.gz"))
    left = {row["code"] for row in other.do("contents")["classroom.Class"]}
    assert left == set(codes.values()) - {codes["released"]}
