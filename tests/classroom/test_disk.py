"""What a thief finds in a copy of the SQLite files: one state of the counters, and no earlier one."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from apps.classroom import codes
from tests.classroom.worker import Worker

COUNTERS = re.compile(rb"-?\d+(?:,-?\d+){5}(?:;-?\d+(?:,-?\d+)*){2}")
"""Six bands, then two more items, as they stand in a row."""


@pytest.fixture
def site(tmp_path):
    with Worker(tmp_path, f"sqlite:///{tmp_path / 'site.sqlite3'}") as worker:
        worker.ask("prepare")
        yield worker


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def bands_in(copies: list[bytes]) -> set[tuple[int, ...]]:
    """Every state of the first item's counters that can be read from raw bytes."""
    found = {match for copy in copies for match in COUNTERS.findall(copy)}
    return {tuple(int(value) for value in match.split(b";")[0].split(b",")) for match in found}


def recovered(states: set[tuple[int, ...]]) -> list[int]:
    """The picks that differences between successive states give away."""
    in_order = sorted(states, key=sum)
    steps = [[b - a for a, b in zip(old, new)] for old, new in zip(in_order, in_order[1:])]
    return [step.index(1) for step in steps if sorted(step) == [0, 0, 0, 0, 0, 1]]


def test_no_earlier_state_of_a_counter_stays_on_disk(site, tmp_path):
    code = site.ask("open_class", size=25, with_wobble=True)
    draw = random.Random(2)
    for _ in range(24):
        site.ask("add", code=code, sent=[(codes.new_token(), [draw.randrange(6), 0, 0])])
        copies = files(tmp_path)
        (state,) = bands_in(list(copies.values()))
        now = site.ask("row", code=code)["counters"].split(";")[0]
        assert ",".join(map(str, state)) == now
        assert copies.get("site-classes.sqlite3-journal", b"") == b""
        assert "site-classes.sqlite3-wal" not in copies


def test_whoever_waits_for_another_writer_gets_in_when_it_is_done(site, tmp_path):
    code = site.ask("open_class", size=12)
    other = sqlite3.connect(tmp_path / "site-classes.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    site.tell("add", code=code, sent=[(codes.new_token(), [0, 0, 0])])
    time.sleep(0.5)
    other.execute("COMMIT")
    other.close()
    assert site.answer() == {"counted": 1}
    assert site.ask("sql", query="PRAGMA busy_timeout") == [[5000]]  # as the settings say, for all else


def test_closing_and_deleting_leave_nothing_of_the_counters_or_tokens(site, tmp_path):
    code, other = site.ask("open_class", size=12), site.ask("open_class", size=12)
    people = [(codes.new_token(), [place % 6, 0, 0]) for place in range(11)]
    for one in (code, other):
        site.ask("add", code=one, sent=people)
    hashes = [part for one in (code, other) for part in site.ask("row", code=one)["tokens"].split()]
    raw = b"".join(files(tmp_path).values())
    assert all(part.encode() in raw for part in hashes)
    assert site.ask("close", code=code)["n"] == 11
    assert site.ask("delete", code=other) is True
    raw = b"".join(files(tmp_path).values())
    assert not any(part.encode() in raw for part in hashes)
    assert not any(token.encode() in raw for token, _ in people)
    assert bands_in([raw]) == set()


def test_the_classes_have_a_file_of_their_own(site, tmp_path):
    def tables(name: str) -> set[str]:
        with sqlite3.connect(tmp_path / name) as database:
            rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        database.close()
        return {name for (name,) in rows if name.startswith(("classroom", "editions"))}

    assert tables("site.sqlite3") == {"editions_edition"}
    assert tables("site-classes.sqlite3") == {
        "classroom_class",
        "classroom_round",
        "classroom_openround",
        "classroom_attempts",
    }
    assert site.ask("sql", query="PRAGMA journal_mode") == [["truncate"]]
    assert site.ask("sql", query="PRAGMA secure_delete") == [[1]]


def test_the_same_thief_wins_where_the_file_keeps_a_log(site, tmp_path):
    """The weakened version: the same rows in a file with a write-ahead log. It gives back what the pupils picked."""
    code = site.ask("open_class", size=25, with_wobble=True)
    picked = [random.Random(7).randrange(6) for _ in range(24)]
    weak = tmp_path / "weak"
    weak.mkdir()
    shutil.copy(tmp_path / "site-classes.sqlite3", weak / "classes.sqlite3")
    database = sqlite3.connect(weak / "classes.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    states = []
    for pick in picked:
        site.ask("add", code=code, sent=[(codes.new_token(), [pick, 0, 0])])
        row = site.ask("row", code=code)
        database.execute("UPDATE classroom_openround SET n = ?, counters = ?, tokens = ?", tuple(row.values()))
        states.append(row["counters"])
    stolen = bands_in(list(files(weak).values()))
    database.close()
    assert recovered(stolen) == picked[-len(recovered(stolen)) :]
    assert len(recovered(stolen)) >= 23
    assert len(bands_in([path.read_bytes() for path in tmp_path.glob("site-classes*")])) == 1
