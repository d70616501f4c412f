"""What a process does when the database fails, as far as it can be told without a server."""

from __future__ import annotations

import threading

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, InternalError, OperationalError, ProgrammingError
from django.test import RequestFactory

from apps.website.errors import server_error
from privacycheck.postgresql.trying import OneTries


def refuse() -> object:
    raise psycopg.OperationalError("away")


def test_while_one_thread_tries_a_server_that_was_away_others_are_told_at_once() -> None:
    server, begun, may_end = OneTries(), threading.Event(), threading.Event()

    def slow() -> object:
        begun.set()
        may_end.wait(10)
        return "connection"

    with pytest.raises(psycopg.OperationalError, match="away"):
        server.connect(refuse)
    found: list[object] = []
    trying = threading.Thread(target=lambda: found.append(server.connect(slow)))
    trying.start()
    begun.wait(10)
    try:
        with pytest.raises(psycopg.OperationalError, match="being tried"):
            server.connect(lambda: "never made")
    finally:
        may_end.set()
        trying.join()
    assert found == ["connection"]
    assert server.connect(lambda: "another") == "another"


def test_a_server_that_answers_is_never_waited_for_in_a_row() -> None:
    server, both = OneTries(), threading.Barrier(2, timeout=10)
    threads = [threading.Thread(target=server.connect, args=(both.wait,)) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not both.broken


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError, 503),
        (InternalError, 503),
        (ProgrammingError, 503),
        (DatabaseError, 503),
        (IntegrityError, 500),
        (ValueError, 500),
    ],
)
@pytest.mark.parametrize("path", ["/editor/", "/en/", "/zh-hans/"])
def test_a_fault_of_the_database_asks_to_come_again_and_any_other_does_not(
    error: type[Exception], status: int, path: str
) -> None:
    try:
        raise error("planted-8213")
    except error:
        answer = server_error(RequestFactory().get(path))
    assert answer.status_code == status
    assert ("Retry-After" in answer) == (status == 503)
    assert b"planted" not in answer.content
