"""The database of every earlier release can be brought up to date, with data, on either engine."""

from __future__ import annotations

import gzip
import json
import lzma
from collections import Counter

import pytest

from apps.website.backups import OPEN_ROUNDS
from tests.operations.release import RELEASES

pytestmark = pytest.mark.drill

FILES = sorted(RELEASES.glob("*.jsonl.xz"))


def test_there_is_a_release_to_begin_with():
    assert FILES


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".jsonl.xz"))
def test_the_database_of_a_release_is_brought_up_to_date_and_goes_on(path, engine, new_place):
    text = lzma.decompress(path.read_bytes())
    lines = [json.loads(line) for line in text.splitlines()]
    rows = Counter(line["model"] for line in lines if "model" in line)
    code = next(
        line["fields"]["code"]
        for line in lines
        if line.get("model") == "classroom.Class" and line["fields"]["label"] == "" and not line["fields"]["uses_slips"]
    )
    site = new_place(engine)
    site.managed("restore", "-", stdin=gzip.compress(text))
    assert "[ ]" not in site.managed("showmigrations", "--plan")
    site.managed("makemigrations", "--check", "--dry-run")
    now = site.do("contents")
    for label in ("auth.User", "editions.Edition", "desk.DraftItem", "desk.Revision", "classroom.Round", OPEN_ROUNDS):
        assert len(now[label]) == rows[label] > 0, label
    done = site.do("go_on", code=code)
    assert done["may"]
    assert done["edition"] == rows["editions.Edition"] + 1


def test_a_backup_from_before_an_upgrade_can_be_restored_after_it(filled_site, new_place, tmp_path):
    site, _ = filled_site("sqlite")
    site.managed("migrate", "editions", "0001")
    site.managed("migrate", "desk", "0002")
    site.managed("backup", str(tmp_path / "old.gz"))
    text = gzip.decompress((tmp_path / "old.gz").read_bytes()).decode()
    assert '"changes"' not in text
    assert "desk.Calibration" not in text
    other = new_place("postgresql")
    other.managed("restore", str(tmp_path / "old.gz"))
    assert "[ ]" not in other.managed("showmigrations", "--plan")
    now = other.do("contents")
    assert [row["changes"] for row in now["editions.Edition"]] == ["", ""]
    assert now["desk.Calibration"] == []
    assert len(now["desk.Revision"]) > 100
