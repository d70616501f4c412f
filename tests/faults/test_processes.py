"""Workers are killed, the server is told to stop, the clock jumps, thousands of requests pass."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from apps.editions.compiled import CompiledEdition
from tests.bench.client import Connection, RequestFailed
from tests.bench.walks import read, walk, walkers
from tests.faults.people import Pupil, lesson, reader
from tests.faults.running import Running, running, wait_until
from tests.faults.test_sqlite import counted

pytestmark = pytest.mark.drill

MEGABYTE = 1024 * 1024


@pytest.fixture
def site(place: Path) -> Iterator[Running]:
    with running(place) as found:
        yield found


def added(pupil: Pupil, most: int = 20) -> int:
    """Press the button until the site says that the pupil is counted; return how often that took."""
    for tries in range(1, most):
        try:
            reply = pupil.add()
        except (OSError, RequestFailed):
            pupil.browser.close()
            time.sleep(0.2)
            continue
        is_in = reply.status == 303 or (reply.status == 409 and "Yours is in already" in reply.text())
        assert is_in, (reply.status, reply.text()[:300])
        return tries
    raise AssertionError(f"No answer in {most} tries")


def test_workers_killed_while_pupils_add_lose_and_double_nothing(
    site: Running, place: Path, edition: CompiledEdition
) -> None:
    klass = lesson(site, edition)
    with ThreadPoolExecutor(4) as pool:
        pupils = list(pool.map(klass.pupil, range(20)))  # fewer than the declared 25, so that the round stays open
    over = threading.Event()
    killed = []

    def kill() -> None:
        while not over.wait(0.3):
            if found := site.workers():
                killed.append(random.choice(found))
                os.kill(killed[-1], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            tries = list(pool.map(lambda pupil: [added(pupil), time.sleep(0.2)][0], pupils))
    finally:
        over.set()
        killer.join()
    assert killed
    wait_until(lambda: site.answers("/readyz") == 200, 10, "the workers to be back")
    assert all(tries)
    assert counted(place, klass.code) == len(pupils)


def test_a_server_told_to_stop_answers_whole_what_it_has_begun(place: Path, edition: CompiledEdition) -> None:
    halves: list[str] = []
    whole = [0]
    with running(place) as site:
        klass = lesson(site, edition)
        with ThreadPoolExecutor(4) as pool:
            pupils = list(pool.map(klass.pupil, range(16)))
        over = threading.Event()
        request = site.browser().request("GET", "/en/guides/t2/").raw(site.port)

        def ask() -> None:
            while not over.is_set():
                connection = Connection(site.port)
                try:
                    connection.ask(request)
                    whole[0] += 1
                except ConnectionRefusedError:
                    return
                except RequestFailed as error:
                    if "middle" in str(error):
                        halves.append(str(error))
                except OSError:
                    pass
                finally:
                    connection.close()

        def add(pupil: Pupil) -> bool:
            time.sleep(random.random() / 2)
            try:
                return pupil.add().status == 303
            except (OSError, RequestFailed) as error:
                if "middle" in str(error):
                    halves.append(str(error))
                return False

        readers = [threading.Thread(target=ask) for _ in range(4)]
        for one in readers:
            one.start()
        with ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(add, pupil) for pupil in pupils]
            time.sleep(0.3)
            begun = time.monotonic()
            assert site.stop() == 0
            assert time.monotonic() - begun < 22  # the graceful timeout
            accepted = [pupil for pupil, answer in zip(pupils, answers, strict=True) if answer.result()]
        over.set()
        for one in readers:
            one.join()
        assert halves == []
        assert whole[0] > 0
        stored = counted(place, klass.code)
        # Whoever was told that they are counted is. Of the others some may be, who did not hear it.
        assert len(accepted) <= stored <= len(pupils)
        # After the start the others press again, and are counted once.
        site.start()
        for pupil in pupils:
            if pupil not in accepted:
                added(pupil)
        assert counted(place, klass.code) == len(pupils)


DAYS = pytest.mark.parametrize("days", [2, -2])


@DAYS
@pytest.mark.skipif(shutil.which("faketime") is None, reason="needs faketime")
def test_a_clock_that_jumps_two_days_loses_no_checkup_and_reopens_no_round(
    place: Path, edition: CompiledEdition, days: int
) -> None:
    with running(place) as site:
        klass, closed = lesson(site, edition), lesson(site, edition)
        klass.add()
        late = closed.pupil(3)
        for number in range(2):
            closed.add(number)
        close = f"{closed.page}close/"
        closed.teacher.post(close, closed.teacher.get(close), [("round", "1")]).expect(303, close)
        middle = reader(site, edition).steps(6)
        port = site.port
        # A second process on the same data, whose clock goes wrong; a balancer sends people to either.
        with running(
            place,
            before=("faketime", "-f", f"{days:+d}d"),
            PUBLIC_ORIGIN=f"http://127.0.0.1:{port}",
            log=str(place / "wrong.log"),
        ) as wrong:

            def over_to(browser: object, to: int) -> None:
                browser.close()  # type: ignore[attr-defined]
                browser.port = to  # type: ignore[attr-defined]
                browser._connection = Connection(to)  # type: ignore[attr-defined]

            for turn in range(6):
                over_to(middle.browser, wrong.port if turn % 2 == 0 else port)
                middle.step()
            over_to(middle.browser, wrong.port)
            assert "out of 100" in middle.to_the_end()
            # A closed round stays closed, whatever the clock says.
            over_to(late.browser, wrong.port)
            reply = late.add()
            assert (reply.status, "closed" in reply.text()) == (409, True), reply.status
            assert wrong.answers(closed.screen) == 200
            # A class of today lives on.
            assert wrong.answers(klass.screen) == 200
            for path in ("/en/", "/en/checkup/", "/readyz", "/editor/sign-in/"):
                assert wrong.answers(path) == 200, path
        assert site.answers(klass.screen) == 200
        assert site.answers(closed.screen) == 200
        klass.add(4)
        assert counted(place, klass.code) == 2
        assert "status=500" not in site.said() + wrong.said()


def rss(process: int) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(process)


def test_thousands_of_requests_leave_memory_and_files_as_they_were(place: Path, edition: CompiledEdition) -> None:
    with running(place, WEB_CONCURRENCY="1") as site:
        people = walkers(edition)

        def round_of_people() -> int:
            asked = 0
            for walker in people:
                browser = site.browser()
                walk(browser, walker)
                read(browser, edition)
                for path in ("/en/search/?q=school", "/en/no-such-page/"):
                    browser.get(path)
                asked += len(browser.exchanges)
                assert (site.answers("/healthz"), site.answers("/readyz")) == (200, 200)
                browser.close()
            return asked

        asked, number = 0, 0
        klass = lesson(site, edition)
        while asked < 1500:
            asked += round_of_people()
        (worker,) = site.workers()
        time.sleep(6)  # a connection is kept for five seconds
        before, files = rss(worker), len(os.listdir(f"/proc/{worker}/fd"))
        asked = 0
        while asked < 4000:
            asked += round_of_people()
            number += 1
            if number <= 10:
                klass.add(number)
        time.sleep(6)
        growth = rss(worker) / before - 1
        assert site.workers() == (worker,)
        assert growth <= 0.05, f"{growth:.1%} of {before / MEGABYTE:.0f} MB after {asked} requests"
        assert len(os.listdir(f"/proc/{worker}/fd")) <= files + 1
