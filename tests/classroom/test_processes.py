"""Eight processes at once, on SQLite and on PostgreSQL: nothing accepted is lost, nothing is counted twice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apps.classroom import codes
from tests.classroom.postgres import Server, server
from tests.classroom.worker import Worker

PROCESSES = 8


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Worker]]:
    """Eight processes over one database with fresh tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    else:
        url = request.getfixturevalue("postgres").url
    with ExitStack() as stack:
        all_of_them = [stack.enter_context(Worker(tmp_path, url)) for _ in range(PROCESSES)]
        all_of_them[0].ask("prepare")
        for one in all_of_them[1:]:
            assert one.ask("ready") == "ready"
        yield all_of_them


def people(count: int, draw: random.Random) -> list[tuple[str, list[int]]]:
    """So many people, each a token and the places of their picks."""
    return [(codes.new_token(), [draw.randrange(5), draw.randrange(5), draw.randrange(2)]) for _ in range(count)]


def send_at_once(workers: list[Worker], code: str, shares: list[list[tuple[str, list[int]]]]) -> Counter[str]:
    for worker, share in zip(workers, shares):
        worker.tell("add", code=code, sent=share)
    outcome: Counter[str] = Counter()
    for worker in workers:
        outcome.update(worker.answer())
    return outcome


def test_eight_processes_lose_nothing_and_count_nothing_twice(workers):
    first, draw = workers[0], random.Random(4)

    # Each of 39 people is sent by two processes, in different order; every one counts once.
    code = first.ask("open_class", size=40)
    sent = people(39, draw)
    shares: list[list[tuple[str, list[int]]]] = [[] for _ in workers]
    for one in sent:
        for share in draw.sample(shares, 2):
            share.append(one)
    for share in shares:
        draw.shuffle(share)
    assert send_at_once(workers, code, shares) == {"counted": 39, "AlreadyAdded": 39}
    stored = first.ask("row", code=code)
    counters = [[int(value) for value in row.split(",")] for row in stored["counters"].split(";")]
    assert stored["n"] == len(stored["tokens"].split()) == 39
    for item, row in enumerate(counters):
        picked = Counter(places[item] for _, places in sent)
        assert row == [picked[place] for place in range(len(row))]

    # Eighty people for forty places: exactly forty get in, and the table is theirs.
    code = first.ask("open_class", size=40)
    crowd = people(80, draw)
    outcome = send_at_once(workers, code, [crowd[share::PROCESSES] for share in range(PROCESSES)])
    assert outcome == {"counted": 40, "RoundFull": 40}
    ((state, progress, table),) = first.ask("shown", code=code)
    assert (state, progress, table["n"]) == ("released", None, 40)
    assert first.ask("row", code=code) is None

    # The teacher closes in the middle of it: whoever was told "counted" is in the table, and nobody else.
    code = first.ask("open_class", size=40)
    crowd = people(27, draw)
    for share, worker in enumerate(workers[1:]):
        worker.tell("add", code=code, sent=crowd[share :: PROCESSES - 1])
    first.tell("add", code=code, sent=people(12, draw))
    first.tell("close", code=code)
    outcome = Counter(first.answer())
    table = first.answer()
    for worker in workers[1:]:
        outcome.update(worker.answer())
    assert outcome.keys() <= {"counted", "RoundClosed"}
    assert table["n"] == outcome["counted"] >= 12

    # A limit holds for all of them together.
    for worker in workers:
        worker.tell("tries", who="192.0.2.0/24", times=20)
    assert sum(worker.answer() for worker in workers) == 50


def test_on_postgresql_counters_are_in_no_log_and_a_crash_is_said(postgres, tmp_path):
    with Worker(tmp_path, postgres.url) as worker:
        worker.ask("prepare")
        kinds = dict(
            worker.ask("sql", query="SELECT relname, relpersistence FROM pg_class WHERE relname LIKE 'classroom_%'")
        )
        assert kinds["classroom_openround"] == kinds["classroom_attempts"] == "u"
        assert kinds["classroom_class"] == kinds["classroom_round"] == "p"
        code = worker.ask("open_class", size=12, rounds=2)
        assert worker.ask("add", code=code, sent=people(12, random.Random(1))) == {"counted": 12}
        lost = worker.ask("open_class", size=12)
        worker.ask("add", code=lost, sent=people(3, random.Random(1)))
        worker.ask("disconnect")
        postgres.crash()
        ((state, _, table),) = worker.ask("shown", code=code)
        assert (state, table["n"]) == ("released", 12)
        assert worker.ask("shown", code=lost) == [["lost", None, None]]
        assert worker.ask("add", code=lost, sent=people(1, random.Random(1))) == {"RoundLost": 1}
        assert worker.ask("close", code=lost) is None


def test_the_tables_can_be_taken_away_and_made_again(workers):
    assert workers[0].ask("undo_and_redo") == "prepared"
    assert workers[0].ask("add", code=workers[0].ask("open_class", size=12), sent=[]) == {}
