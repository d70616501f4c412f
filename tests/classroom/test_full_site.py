"""What a class costs does not grow with other classes and visitors: every query finds its rows by an index."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import CaptureQueriesContext

from apps.classroom import limits, services
from tests.classroom.classes import DAY, add, make_class

pytestmark = pytest.mark.django_db(databases="__all__")

AT = dt.datetime(2026, 3, 2, 23, 58, 20, tzinfo=dt.timezone.utc)
READS_AND_WRITES = ("SELECT", "UPDATE", "DELETE")


@pytest.fixture
def without_scans() -> Iterator[None]:
    """PostgreSQL reads the whole of a small table by choice. Here it does so only where there is no other way."""
    connection = connections[settings.CLASSROOM_DATABASE]
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        yield
        cursor.execute("RESET enable_seqscan")


def whole_tables_read(act: Callable[[], object]) -> list[str]:
    """Return the plans of all queries that read a whole table or a whole index."""
    connection = connections[settings.CLASSROOM_DATABASE]
    with CaptureQueriesContext(connection) as queries:
        act()
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    said = [query["sql"] for query in queries if query["sql"].startswith(READS_AND_WRITES)]
    assert said
    plans = []
    with connection.cursor() as cursor:
        for sql in said:
            cursor.execute(f"{explain} {sql}")
            lines = [" ".join(str(cell) for cell in row) for row in cursor.fetchall()]
            plans += [f"{sql}: {line}" for line in lines if is_whole(line)]
    return plans


def is_whole(line: str) -> bool:
    return "SCAN " in line or "Seq Scan" in line


def test_a_query_without_an_index_would_be_noticed(without_scans):
    assert whole_tables_read(lambda: list(limits.Attempts.objects.filter(count=3)))


def test_a_contribution_is_one_read_and_one_write_whatever_else_is_stored(edition_in_use):
    opened = make_class(edition_in_use, uses_slips=True, rounds=2)

    def statements(slip: str) -> list[str]:
        with CaptureQueriesContext(connections[settings.CLASSROOM_DATABASE]) as queries:
            add(opened, slip=slip)
        return [query["sql"].split()[0] for query in queries if query["sql"].startswith(READS_AND_WRITES)]

    assert statements(opened.slips[0]) == ["SELECT", "UPDATE"]
    for _ in range(5):
        services.close_round(make_class(edition_in_use).klass, 1, DAY)
        make_class(edition_in_use)
    assert statements(opened.slips[1]) == ["SELECT", "UPDATE"]


@pytest.mark.parametrize("what", ["open", "join", "add", "look", "close", "tidy", "limit", "delete"])
def test_no_query_reads_a_whole_table(edition_in_use, without_scans, what):
    opened = make_class(edition_in_use, uses_slips=True, rounds=2)
    make_class(edition_in_use)
    limit = limits.Limit("test", 3, 60)
    limits.allow(limit, "somebody", AT)
    acts: dict[str, Callable[[], object]] = {
        "open": lambda: make_class(edition_in_use, uses_slips=True),
        "join": lambda: services.join(opened.klass.code, DAY),
        "add": lambda: add(opened, slip=opened.slips[0]),
        "look": lambda: services.rounds_shown(opened.klass, DAY),
        "close": lambda: services.close_round(opened.klass, 1, DAY),
        "tidy": lambda: services.tidy(DAY + dt.timedelta(days=20), at_most=20),
        "limit": lambda: (limits.allow(limit, "somebody else", AT), limits.forget_past(AT + dt.timedelta(days=1))),
        "delete": lambda: services.delete_class(opened.klass),
    }
    assert whole_tables_read(acts[what]) == []
