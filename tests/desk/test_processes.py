"""Several processes at once, on SQLite and on PostgreSQL: one fills the draft, one saves, one publishes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.classroom.postgres import server
from tests.desk.worker import Worker

PROCESSES = 3


@pytest.fixture(params=["sqlite", "postgresql"])
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Worker]]:
    """Some processes over one database with fresh tables and one edition."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
        if request.param == "postgresql":
            url = stack.enter_context(server()).url
        all_of_them = [stack.enter_context(Worker(tmp_path, url)) for _ in range(PROCESSES)]
        all_of_them[0].ask("prepare")
        for one in all_of_them[1:]:
            assert one.ask("ready") == "ready"
        yield all_of_them


def at_once(workers: list[Worker], job: str, *values: Any) -> list[Any]:
    for number, worker in enumerate(workers):
        worker.tell(job, *(value.format(number) for value in values))
    return sorted(worker.answer() for worker in workers)


def test_what_several_do_at_once_is_done_once(workers: list[Worker]):
    assert at_once(workers, "start") == [False, False, True]
    _, _, lines, items = workers[0].ask("count")
    assert lines == 1
    assert at_once(workers, "save", "Setting {}") == ["conflict", "conflict", "saved"]
    workers[0].ask("plan")
    assert at_once(workers, "publish") == [0, 0, 1]
    assert workers[0].ask("count") == [2, 1, 2, items]
    assert workers[1].ask("round trip")
