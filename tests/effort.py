"""How much work something is, said without a clock.

Times of a shared machine differ by more than what a test could tell from them, so that ``make bench`` measures them
and tests count: the same work makes the same calls wherever it is done.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from cProfile import Profile
from types import FrameType

AT_MOST = 30
"""After how many seconds of the processor something counts as never ending: far above what any test needs."""


def calls(work: Callable[[], object]) -> int:
    """Count the calls of functions, in Python and in C, that some work makes in this thread."""
    profile = Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


@contextmanager
def ending() -> Iterator[None]:
    """Fail a test whose work does not end, as that of a pattern that tries everything; see :data:`AT_MOST`."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"still working after {AT_MOST} seconds of the processor")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, AT_MOST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
