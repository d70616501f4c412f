"""Time of scoring and of the plan, as such and beside a fixed loop in plain Python."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import median

from apps import scoring
from apps.editions.compiled import CompiledEdition
from tests.bench.report import Cell, Section
from tests.bench.walks import all_open, typical

BATCHES = 9
BATCH_SECONDS = 0.02


def reference_loop() -> int:
    """Return the same number each time: ten thousand steps of whole numbers, about a millisecond."""
    total = 1
    for step in range(10_000):
        total = (total * 31 + step) % 65_521
    return total


def measure_method(edition: CompiledEdition, python: str) -> Section:
    """Return what scoring and planning take for a typical record and for the widest ones."""
    questionnaire = edition.questionnaire
    open_record = all_open(edition).sheet.record()
    unsure = {question.id: scoring.Answer.not_sure() for question in questionnaire.questions}
    records = {
        f"typical ({typical(edition).name})": typical(edition).sheet.record(),
        "everything open": open_record,
        "everything not sure": replace(open_record, answers=unsure),
    }
    rows: list[dict[str, Cell]] = []
    for name, record in records.items():
        score, of_loop = _micros(partial(scoring.score, questionnaire, record))
        plan, plan_of_loop = _micros(partial(scoring.plan, questionnaire, record))
        rows.append(
            {
                "answers": name,
                "score µs": score,
                "score / loop": of_loop,
                "plan µs": plan,
                "plan / loop": plan_of_loop,
            }
        )
    loop, _ = _micros(reference_loop)
    notes = (
        f"Processor time of {python}; medians of {BATCHES} batches that alternate with the reference loop.",
        f"The loop takes {loop:,.0f} µs here; the ratio to it compares machines.",
    )
    return Section("method", "5. Score and plan", tuple(rows), notes)


def _micros(work: Callable[[], object]) -> tuple[float, float]:
    """Return the microseconds of one call, and its ratio to one reference loop beside it."""
    work()
    often, loops = _calls(work), _calls(reference_loop)
    pairs = [(_each(work, often), _each(reference_loop, loops)) for _ in range(BATCHES)]
    return median(took for took, _ in pairs), median(took / loop for took, loop in pairs)


def _calls(work: Callable[[], object]) -> int:
    """Return how many calls fill a batch."""
    return max(1, int(BATCH_SECONDS * 1e6 / max(_each(work, 1), 1)))


def _each(work: Callable[[], object], calls: int) -> float:
    begun = time.thread_time()
    for _ in range(calls):
        work()
    return (time.thread_time() - begun) * 1e6 / calls
