"""The commands `check_pack` and `publish_pack`: what they print, store and exit with."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.editions import calibration
from apps.editions.models import Edition
from apps.editions.pack_files import CALIBRATION, read_pack, write_pack
from apps.editions.services import publish
from tests.editions.packs import Data, item, make_pack, option


def fresh(data: Data) -> None:
    """Let everything have been checked yesterday, whenever the tests run."""
    today = dt.date.today()
    dates = {"checked": today - dt.timedelta(days=1), "due": today + dt.timedelta(days=365)}
    steps = [step for platform in data["platforms"] for step in platform["steps"]]
    for found in (*data["actions"], *data["claims"], *data["guides"], *steps):
        found.update(dates)


def break_it(data: Data) -> None:
    option(data, "q3", "c")["help_now"] = "a99"
    item(data, "actions", "a3")["caps"] = {"q5": 3}


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    folder = tmp_path / "sound"
    write_pack(make_pack(fresh), folder)
    return folder


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "broken"
    write_pack(make_pack(fresh, break_it), folder)
    return folder


def checked(*arguments: object) -> tuple[str, int]:
    """Return what `check_pack` prints, and its exit status."""
    out = StringIO()
    try:
        call_command("check_pack", *map(str, arguments), stdout=out, stderr=StringIO())
    except SystemExit as stop:
        return out.getvalue(), int(stop.code or 0)
    return out.getvalue(), 0


def test_a_sound_pack_may_be_published_and_lacks_only_its_calibration(sound: Path) -> None:
    printed, status = checked(sound)
    assert status == 0
    assert printed.splitlines()[-1] == "0 problems, 1 warning: may be published"
    assert "warning: calibration.json: calibration\n" in printed
    assert "mend: run `check_pack PATH --full --write`" in printed
    assert "situation skipped: 9 to 10 questions, score 0 to 100" in printed


def test_every_problem_is_printed_and_the_status_is_1(broken: Path) -> None:
    printed, status = checked(broken)
    assert status == 1
    assert "problem: topics/t2.yaml: option c of question q3\n" in printed
    assert "problem: actions/t3.yaml: action a3\n" in printed
    told = [line for line in printed.splitlines() if line.startswith(("problem: ", "warning: "))]
    assert printed.count("\n    mend: ") == len(told) == 3
    assert printed.splitlines()[-1].endswith("may not be published")


def test_a_pack_that_cannot_be_read_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text("a: [", encoding="utf-8")
    for path in (tmp_path, tmp_path / "nowhere"):
        printed, status = checked(path)
        assert status == 1
        assert printed.splitlines()[-1].endswith("may not be published")


def test_only_a_folder_can_be_rewritten(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="folder"):
        call_command("check_pack", str(tmp_path / "pack.zip"), "--write")


def test_writing_restores_the_canonical_form(sound: Path) -> None:
    file = sound / "topics" / "t1.yaml"
    canonical = file.read_bytes()
    file.write_bytes(canonical + b"\n\n# a comment\n")
    printed, status = checked(sound)
    assert status == 0
    assert "warning: topics/t1.yaml" in printed
    checked(sound, "--write")
    assert file.read_bytes() == canonical


def test_a_full_check_prints_the_tables_and_stores_them(sound: Path) -> None:
    printed, status = checked(sound, "--full", "--write")
    assert status == 0
    for words in (
        "weights ±25%",
        "topics ±25% together",
        "middle levels ±1",
        "all weights equal",
        "passed",
        "Worst",
    ):
        assert words in printed
    stored = json.loads((sound / CALIBRATION).read_text(encoding="utf-8"))
    assert stored["draws"] == calibration.DRAWS
    assert checked(sound)[0].splitlines()[-1] == "0 problems, 0 warnings: may be published"
    assert read_pack(sound).topics == make_pack(fresh).topics

    archive = shutil.make_archive(str(sound), "zip", sound)
    assert checked(archive)[0].splitlines()[-1] == "0 problems, 0 warnings: may be published"

    def change_level(data: Data) -> None:
        option(data, "q3", "b")["level"] = 1

    write_pack(make_pack(fresh, change_level), sound)
    assert "warning: calibration.json" in checked(sound)[0]


def test_a_full_check_of_a_broken_pack_says_what_to_do_first(broken: Path) -> None:
    printed, status = checked(broken, "--full")
    assert status == 1
    assert "Not calibrated: mend the problems first." in printed


def test_a_failed_gate_stands_against_publishing(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "DRAWS", 2)
    row = calibration.Row("weights", "weights ±25%", True, 2, 3.5, 0.99, 1.0, 90.0, 99.0)
    stored = calibration.calibrate(read_pack(sound), draws=2)
    stored["sensitivity"][0] = vars(row)
    calibration.write_calibration(sound, stored)
    printed, status = checked(sound)
    assert status == 1
    assert "problem: calibration.json: weights ±25%\n" in printed


@pytest.mark.django_db
def test_publishing_makes_an_edition_once(sound: Path) -> None:
    printed = []
    for _ in range(2):
        out = StringIO()
        call_command("publish_pack", str(sound), "--note", "First", stdout=out)
        printed.append(out.getvalue())
    assert printed == [
        "Published edition 1.\n",
        "Nothing to publish: edition 1 has this content already.\n",
    ]
    assert [edition.note for edition in Edition.objects.all()] == ["First"]


@pytest.mark.django_db
def test_shipped_content_is_published_once_and_never_over_what_editors_published_since(sound: Path) -> None:
    call_command("publish_pack", str(sound), "--if-new", "--note", "Shipped", stdout=StringIO())
    publish(make_pack(lambda data: data["topics"][0].update(name={"en": "Edited since"})), "Edited")
    call_command("publish_pack", str(sound), "--if-new", "--note", "Shipped", stdout=StringIO())
    assert [edition.note for edition in Edition.objects.order_by("number")] == ["Shipped", "Edited"]


@pytest.mark.django_db
def test_a_pack_with_problems_is_not_published(broken: Path, tmp_path: Path) -> None:
    for path in (broken, tmp_path / "nowhere"):
        errors = StringIO()
        with pytest.raises(CommandError, match="may not be published") as refusal:
            call_command("publish_pack", str(path), "--note", "x", stderr=errors)
        assert refusal.value.returncode == 1
        assert "mend: " in errors.getvalue()
    assert not Edition.objects.exists()
