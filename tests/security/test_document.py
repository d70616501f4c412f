"""docs/security.md goes through every requirement, names only what exists, and does not hide what it leaves open."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

# The sections of ASVS 5.0.0 with the level of each requirement in turn: "112" is 1, 1 and 2. Level 3 is not promised.
LEVELS = {
    **{"1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123"},
    **{"2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23"},
    **{"3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.7": "22333"},
    **{"4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222"},
    **{"5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222"},
    **{"6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333", "6.6": "2223"},
    **{"6.8": "2222", "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22"},
    **{"8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23", "9.1": "111", "9.2": "1222"},
    **{"10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222", "10.6": "22"},
    **{"10.7": "222", "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23"},
    **{"12.1": "12233", "12.2": "11", "12.3": "22223"},
    **{"13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233"},
    **{"14.1": "22", "14.2": "12223333", "14.3": "122"},
    **{"15.1": "12233", "15.2": "12233", "15.3": "1222222"},
    **{"16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223"},
    **{"17.1": "23", "17.2": "22223333", "17.3": "22"},
}
PROMISED = {
    f"{section}.{number}": level
    for section, levels in LEVELS.items()
    for number, level in enumerate(levels, 1)
    if level in "12"
}
STATES = {"met", "partly", "deviates", "n/a", "operator"}
NUMBER = re.compile(r"\d+\.\d+\.\d+")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


ROWS = [cells(line) for line in PAGE.splitlines() if re.match(r"\| \d+\.\d+\.\d+", line)]
STATE = {number: row[3] for row in ROWS for number in NUMBER.findall(row[0])}


def test_every_requirement_of_levels_1_and_2_stands_there_once_with_its_level():
    found = Counter(number for row in ROWS for number in NUMBER.findall(row[0]))
    assert found == Counter(PROMISED.keys())
    for row in ROWS:
        numbers = NUMBER.findall(row[0])
        levels = row[1].split(", ")
        assert (levels * len(numbers) if len(levels) == 1 else levels) == [PROMISED[number] for number in numbers]
    assert f"({len(PROMISED)} requirements)" in PAGE


def test_a_row_has_a_state_and_says_where_or_why():
    for row in ROWS:
        assert len(row) == 5, row
        assert row[3] in STATES, row
        assert row[4] or row[3] == "deviates", row


def test_what_deviates_is_explained_and_nothing_else_is_called_a_deviation():
    section = PAGE.split("## Deviations")[1].split("\n## ")[0]
    explained = {number for line in section.splitlines()[4:] for number in NUMBER.findall(" ".join(cells(line)[1:2]))}
    assert {number for number, state in STATE.items() if state == "deviates"} <= explained
    for number in explained:
        row = next(row for row in ROWS if number in NUMBER.findall(row[0]))
        assert row[3] == "deviates" or "Deviations" in row[4]


def test_each_weakness_that_is_referred_to_is_there():
    section = PAGE.split("## Known weaknesses")[1].split("\n## ")[0]
    there = {int(number) for number in re.findall(r"^(\d+)\. ", section, re.MULTILINE)}
    assert there == set(range(1, len(there) + 1))
    assert {int(number) for number in re.findall(r"weakness (\d+)", PAGE)} <= there


# --- Places ---------------------------------------------------------------------------------------------

QUOTED = sorted(set(re.findall(r"`([^`\s]+)`", PAGE)))
PLACES = [text for text in QUOTED if re.fullmatch(r"[a-z_]+(\.conf)?(/[a-z_]+)*:\w+", text)]
MODULES = [text for text in QUOTED if re.fullmatch(r"[a-z]+(/[a-z_]+)+", text)]
FILES = [text for text in QUOTED if re.fullmatch(r"\.?[\w./-]+\.(py|md|js|html|in|txt)|\.ci/\w+", text)]


def file_of(module: str) -> Path:
    """Return the file that the page means by a short name."""
    if module in ("settings", "gunicorn.conf", "visitors"):
        return ROOT / "privacycheck" / f"{module}.py"
    return ROOT / ("tests" if "/test_" in module else "apps") / f"{module}.py"


def has(place: str) -> bool:
    """Say whether the file of a place in the code defines the name that follows the colon."""
    module, _, name = place.partition(":")
    path = file_of(module)
    code = path.read_text(encoding="utf-8") if path.exists() else ""
    return bool(re.search(rf"^(?:(?:async )?def|class) {name}\b|^ *{name}\b *(?::.*)?=", code, re.MULTILINE))


def test_each_place_in_the_code_exists():
    assert [place for place in PLACES if not has(place)] == []


def test_each_module_exists():
    paths = {module: file_of(module) for module in MODULES}
    assert [name for name, path in paths.items() if not (path.exists() or path.with_suffix("").is_dir())] == []


def test_each_file_exists():
    assert [name for name in FILES if not name.startswith("/") and not (ROOT / name).exists()] == []


def test_there_are_places_tests_and_files_to_look_for():
    assert len(PLACES) > 80
    assert sum("/test_" in module for module in MODULES) > 30
    assert len(FILES) > 8


def test_its_own_links_lead_somewhere():
    headings = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in PAGE.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings


def test_limits_in_the_text_are_those_of_the_code():
    from apps.checkup.views.keep import LOADS
    from apps.classroom import codes, limits, models, totals
    from apps.desk.devices import DAYS
    from apps.desk.limits import MOST_CHANGES_OF_PEOPLE, MOST_FOR_ACCOUNT, MOST_FOR_ADDRESS, MOST_IN_A_DAY, SECONDS
    from apps.desk.passwords import EditorPasswordHasher
    from apps.guidance.views_search import LIMIT

    assert SECONDS == 15 * 60
    for line in (
        f"signing in, account and network | {MOST_FOR_ACCOUNT} in 15 minutes",
        f"signing in, network | {MOST_FOR_ADDRESS} in 15 minutes",
        f"that it has used | {MOST_IN_A_DAY} in a day",
        f"changes of accounts, administrator | {MOST_CHANGES_OF_PEOPLE} an hour",
        f"within {DAYS} days, with the password of today",
        f"t={EditorPasswordHasher.time_cost}, m={EditorPasswordHasher.memory_cost // 1024} MiB, "
        f"p={EditorPasswordHasher.parallelism}",
        f"manage links | {limits.WRONG_CODE.most} a minute",
        f"joining | {limits.JOIN.most} a minute",
        f"opening a class | {limits.OPEN_CLASS.most} an hour",
        f"adding, network and class | {limits.ADD_BY_ADDRESS.most} and {limits.ADD_BY_CLASS.most} a minute",
        f"searching, loading a file | {LIMIT.most} and {LOADS.most} a minute",
        f"10 to {totals.LARGEST_SIZE} people",
        f"{models.DAYS_KEPT} days in all",
        f"`classroom/codes:new_secret`, {codes.SECRET_BYTES * 8} bits",
    ):
        assert line in PAGE
