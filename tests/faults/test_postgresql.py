"""PostgreSQL dies, hangs, is slow, or may only be read: visitors do not notice, and class pages say what is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from apps.editions.compiled import CompiledEdition
from tests.bench.servers import children
from tests.classroom.postgres import Server
from tests.faults.people import Lesson, lesson, reader
from tests.faults.running import Running, freeze, running, says_it_is_away, signing_in, thaw, timed, wait_until

pytestmark = pytest.mark.drill

WITHIN = 5.5
"""Five seconds, and what a busy machine takes to draw breath."""
BACK_WITHIN = 10.0
PUBLIC = ("/en/", "/en/guides/t2/", "/zh-hans/guides/t4/", "/en/method/", "/en/actions/a1/", "/en/search/?q=school")


@pytest.fixture
def site(place: Path, postgres: Server) -> Iterator[Running]:
    with running(place, DATABASE_URL=postgres.url) as found:
        yield found


@contextmanager
def away(site: Running, edition: CompiledEdition, klass: Lesson, within: float = WITHIN) -> Iterator[None]:
    """While the body holds the database away, checkups go on unnoticed; afterwards all is well within ten seconds."""
    middle = reader(site, edition).steps(5)
    ready = klass.pupil(1)
    sign_in = signing_in(site)
    score_before = reader(site, edition, 2).to_the_end()
    yield
    # People in the middle of a checkup, and readers.
    for path in PUBLIC:
        reply, seconds = timed(lambda path=path: site.browser().get(path))  # type: ignore[misc]
        assert (reply.status, seconds < 2) == (200, True), (path, reply.status, seconds)
    assert "out of 100" in middle.to_the_end()
    assert _score(reader(site, edition, 2).to_the_end()) == _score(score_before)
    # What needs the database says so in time.
    says_it_is_away(lambda: klass.teacher.get(klass.page), within)
    says_it_is_away(lambda: site.browser().get(klass.screen), within)
    says_it_is_away(lambda: site.browser().get(klass.join), within)
    says_it_is_away(ready.add, within)
    says_it_is_away(sign_in, within)
    assert site.answers("/healthz") == 200
    assert site.answers("/readyz") == 503
    klass.pending = ready  # type: ignore[attr-defined]


def _score(page: str) -> str:
    return page.partition('class="score">')[2].partition("<")[0]


def well_again(site: Running, klass: Lesson) -> None:
    wait_until(lambda: site.answers("/readyz") == 200, BACK_WITHIN, "the site to be ready again")
    assert site.answers(klass.screen) == 200
    assert klass.teacher.get(klass.page).status == 200


def test_while_the_database_is_dead_checkups_go_on_and_the_rest_says_so(
    site: Running, postgres: Server, edition: CompiledEdition
) -> None:
    klass = lesson(site, edition)
    for number in range(3):
        klass.add(number)
    with away(site, edition, klass):
        postgres.control("-m", "immediate", "stop")
    postgres.start()
    well_again(site, klass)
    # The counters of an open round live in no file that survives a crash: they are erased, and the page says so.
    assert "erased" in klass.teacher.get(klass.screen).text()
    fresh = lesson(site, edition)
    fresh.add()


def test_while_the_database_answers_nobody_new_pages_do_not_wait_for_it(
    site: Running, postgres: Server, edition: CompiledEdition
) -> None:
    klass = lesson(site, edition)
    klass.add()
    pid = int((postgres.folder / "data" / "postmaster.pid").read_text().split()[0])
    try:
        with away(site, edition, klass):
            freeze(pid, *children(pid))
    finally:
        thaw(pid, *children(pid))
    well_again(site, klass)
    assert klass.pending.add().status == 303  # type: ignore[attr-defined]
    klass.add(2)


def test_a_table_that_somebody_holds_is_not_waited_for(
    site: Running, postgres: Server, edition: CompiledEdition
) -> None:
    klass = lesson(site, edition)
    pupil = klass.pupil()
    with psycopg.connect(postgres.url) as other:
        other.execute("LOCK TABLE classroom_class, classroom_openround IN ACCESS EXCLUSIVE MODE")
        says_it_is_away(lambda: site.browser().get(klass.screen), WITHIN)
        says_it_is_away(pupil.add, WITHIN)
        assert "out of 100" in reader(site, edition).to_the_end()
    assert pupil.add().status == 303
    assert site.answers(klass.screen) == 200


def test_a_database_that_may_only_be_read_loses_nothing(
    site: Running, postgres: Server, edition: CompiledEdition
) -> None:
    klass = lesson(site, edition)
    pupil = klass.pupil()
    with psycopg.connect(postgres.url, autocommit=True) as other:
        other.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        other.execute("SELECT pg_reload_conf()")
        time.sleep(1)
        says_it_is_away(pupil.add, WITHIN)
        assert site.answers("/en/guides/") == 200
        assert "out of 100" in reader(site, edition).to_the_end()
        other.execute("SET default_transaction_read_only = off")
        other.execute("ALTER SYSTEM RESET default_transaction_read_only")
        other.execute("SELECT pg_reload_conf()")
    wait_until(lambda: pupil.add().status == 303, BACK_WITHIN, "the pupil to be counted")


def test_a_start_without_the_database_serves_what_needs_none_and_recovers(
    place: Path, postgres: Server, edition: CompiledEdition
) -> None:
    postgres.control("-m", "immediate", "stop")
    with running(place, DATABASE_URL=postgres.url) as site:
        for path in ("/en/", "/en/checkup/", "/en/guides/t2/"):
            says_it_is_away(lambda path=path: site.browser().get(path), WITHIN)  # type: ignore[misc]
        assert (site.answers("/healthz"), site.answers("/readyz")) == (200, 503)
        postgres.start()
        wait_until(lambda: site.answers("/readyz") == 200, BACK_WITHIN, "the site to be ready")
        wait_until(lambda: site.answers("/en/guides/t2/") == 200, BACK_WITHIN, "the guide")
        assert "out of 100" in reader(site, edition).to_the_end()
