"""What the bench says of its figures, and that it can be run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.report import Bar, Section, bars_of, in_words, markdown, table

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("figure", "limit", "is_least", "holds"),
    [
        (2.5, 2.5, False, True),
        (2.501, 2.5, False, False),
        (500.0, 500, True, True),
        (499.9, 500, True, False),
        (0, 0, False, True),
        (1, 0, False, False),
    ],
)
def test_a_bar_holds_up_to_its_limit(figure: float, limit: float, is_least: bool, holds: bool) -> None:
    bar = Bar("something", figure, limit, is_least)
    assert bar.holds is holds
    assert bar.row()["holds"] == ("yes" if holds else "NO")


def test_the_report_names_the_machine_first_and_then_what_is_promised() -> None:
    load = Section("load", "Many people", ({"people": 8, "requests/s": 300.4},), ("A note.",), (Bar("errors", 1, 0),))
    said = markdown({"processor": "a fast one", "cores": 2}, [load], ["growth: it broke"])
    places = [
        said.index(words)
        for words in (
            "processor: a fast one · cores: 2",
            "| errors | 1 | at most 0 | NO |",
            "### Many people",
            "| 8 | 300 |",
            "A note.",
            "Not measured: growth: it broke",
        )
    ]
    assert places == sorted(places)


def test_a_report_without_bars_has_no_empty_table() -> None:
    assert "What is promised" not in markdown({}, [Section("load", "Many people", ({"people": 8},))], [])
    assert table(bars_of([])).strip() == "What is promised"


@pytest.mark.parametrize(("value", "words"), [(None, ""), (1234, "1,234"), (123.6, "124"), (1.005, "1.00"), ("a", "a")])
def test_figures_are_printed_as_people_write_them(value: str | int | float | None, words: str) -> None:
    assert in_words(value) == words


@pytest.mark.drill
def test_one_section_can_be_measured_alone(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.bench", "--only", "pages"),
            *("--json", tmp_path / "found.json", "--markdown", tmp_path / "found.md"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    assert list(found["sections"]) == ["pages"]
    assert {bar["holds"] for bar in found["sections"]["pages"]["bars"]} == {"yes"}
    assert "bytes of the heaviest question" in (tmp_path / "found.md").read_text()


@pytest.mark.drill
def test_a_section_that_there_is_not_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--only", "nothing"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "invalid choice: 'nothing'" in done.stderr
