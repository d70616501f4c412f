"""A network that delays, resets and cuts: loading the page again is harmless, and nobody is counted twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from apps.editions.compiled import CompiledEdition
from tests.bench.client import Browser, RequestFailed
from tests.faults.network import Trouble, bad_network, by_chance
from tests.faults.people import lesson, reader
from tests.faults.running import Running, running
from tests.faults.test_processes import added
from tests.faults.test_sqlite import counted

pytestmark = pytest.mark.drill

MOST_TRIES = 30
Result = TypeVar("Result")


@pytest.fixture
def site(place: Path) -> Iterator[Running]:
    with running(place) as found:
        yield found


def again_and_again(do: Callable[[], Result], browser: Browser) -> tuple[Result, int]:
    """Do something until it works, as somebody does who presses "reload"; also return how often it took."""
    for tries in range(1, MOST_TRIES):
        try:
            return do(), tries
        except (OSError, RequestFailed):
            browser.close()
            time.sleep(0.01)
    raise AssertionError("It never worked")


def score(page: str) -> str:
    """Return the score that a result page prints."""
    found = page.partition('class="score">')[2].partition("</p>")[0]
    assert "out of 100" in found
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_a_checkup_over_a_bad_network_ends_with_the_same_result(
    site: Running, edition: CompiledEdition, seed: int
) -> None:
    expected = score(reader(site, edition, seed).to_the_end())
    with bad_network(site.port, by_chance(seed)) as port:
        somebody = reader(site, edition, seed)
        somebody.browser = Browser(port, more=somebody.browser.more)
        reloads = 0
        while True:
            went_on, tries = again_and_again(somebody.step, somebody.browser)
            reloads += tries - 1
            if not went_on:
                break
        shown, _ = again_and_again(somebody.result, somebody.browser)
    assert reloads > 3
    assert score(shown) == expected


@pytest.mark.parametrize("trouble", [Trouble.RESET_BEFORE, Trouble.RESET_AFTER, Trouble.CUT])
def test_a_contribution_whose_answer_is_lost_is_counted_once(
    site: Running, place: Path, edition: CompiledEdition, trouble: Trouble
) -> None:
    klass = lesson(site, edition)
    pupil = klass.pupil()
    fates = iter([Trouble.NONE, trouble, Trouble.NONE, trouble])
    with bad_network(site.port, lambda: next(fates, Trouble.NONE)) as port:
        straight = pupil.browser
        pupil.browser = Browser(port, cookies=straight.cookies, more=straight.more)
        with pytest.raises((OSError, RequestFailed)):  # the page comes, and the answer to its form does not
            pupil.add()
        assert counted(place, klass.code) == (0 if trouble is Trouble.RESET_BEFORE else 1)
        with pytest.raises((OSError, RequestFailed)):
            pupil.add()
        assert added(pupil) == 1
        assert counted(place, klass.code) == 1


def test_a_class_over_a_bad_network_counts_everybody_once(site: Running, place: Path, edition: CompiledEdition) -> None:
    klass = lesson(site, edition)
    pupils = [klass.pupil(number) for number in range(6)]
    with bad_network(site.port, by_chance(3)) as port:
        for pupil in pupils:
            pupil.browser = Browser(port, cookies=pupil.browser.cookies, more=pupil.browser.more)
            added(pupil, MOST_TRIES)
    assert counted(place, klass.code) == len(pupils)
