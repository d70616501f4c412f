"""SQLite is locked, its disk is full, or its file is damaged: what needs it says so, and nothing accepted is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from apps.editions.compiled import CompiledEdition
from tests.bench.servers import ROOT, environment
from tests.faults.people import lesson, reader
from tests.faults.running import SIGN_IN, running, says_it_is_away, signing_in, timed, wait_until

pytestmark = pytest.mark.drill

LOCKED_WITHIN = 6.5
"""Six seconds, and what a busy machine takes to draw breath."""
MAIN, CLASSES = "privacycheck.sqlite3", "privacycheck-classes.sqlite3"
PAGE = 4096


def counted(folder: Path, code: str) -> int:
    """Return how many people the open round of a class has counted; its database must be whole."""
    with closing(sqlite3.connect(folder / CLASSES)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        row = database.execute(
            "SELECT n, tokens FROM classroom_openround AS o JOIN classroom_round AS r ON r.id = o.round_id"
            " WHERE r.klass_id = ?",
            [code],
        ).fetchone()
    n, tokens = row
    assert len(tokens.split()) == n
    return int(n)


def test_while_another_process_writes_to_the_file_of_classes_a_contribution_waits_or_says_so(
    place: Path, edition: CompiledEdition
) -> None:
    with running(place) as site:
        klass = lesson(site, edition)
        klass.add()
        pupil, middle = klass.pupil(1), reader(site, edition).steps(5)
        with closing(sqlite3.connect(place / CLASSES, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            says_it_is_away(pupil.add, LOCKED_WITHIN)
            # Who reads is not held up.
            for path in (klass.screen, klass.join, "/en/guides/t2/"):
                reply, seconds = timed(lambda path=path: site.browser().get(path))  # type: ignore[misc]
                assert (reply.status, seconds < 2) == (200, True), (path, reply.status, seconds)
            assert "out of 100" in middle.to_the_end()
            other.execute("ROLLBACK")
        assert pupil.add().status == 303
        assert counted(place, klass.code) == 2


def test_while_another_process_holds_both_files_alone_checkups_go_on_and_the_rest_says_so(
    place: Path, edition: CompiledEdition
) -> None:
    with running(place) as site:
        klass = lesson(site, edition)
        pupil, middle, sign_in = klass.pupil(1), reader(site, edition).steps(5), signing_in(site)
        with (
            closing(sqlite3.connect(place / CLASSES, isolation_level=None)) as classes,
            closing(sqlite3.connect(place / MAIN, isolation_level=None)) as main,
        ):
            classes.execute("BEGIN EXCLUSIVE")
            main.execute("BEGIN EXCLUSIVE")
            says_it_is_away(pupil.add, LOCKED_WITHIN)
            says_it_is_away(lambda: site.browser().get(klass.screen), LOCKED_WITHIN)
            says_it_is_away(sign_in, LOCKED_WITHIN)
            for path in ("/en/", "/en/guides/t2/", "/en/search/?q=school"):
                reply, seconds = timed(lambda path=path: site.browser().get(path))  # type: ignore[misc]
                assert (reply.status, seconds < 2) == (200, True), (path, reply.status, seconds)
            assert "out of 100" in middle.to_the_end()
            assert site.answers("/healthz") == 200
        assert pupil.add().status == 303
        wait_until(lambda: site.answers("/readyz") == 200, 10, "the site to be ready")
        assert counted(place, klass.code) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes in memory."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can make a small disk for the drill")
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True)
    if made.returncode:
        pytest.skip("this machine does not allow a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_on_a_full_disk_nothing_is_half_written_and_readers_are_served(
    place: Path, small_disk: Path, edition: CompiledEdition
) -> None:
    for name in (MAIN, CLASSES):
        shutil.copy(place / name, small_disk / name)
    shutil.copy(place / "secret_key", small_disk) if (place / "secret_key").exists() else None
    with running(place, DATABASE_URL=f"sqlite:///{small_disk / MAIN}") as site:
        klass = lesson(site, edition)
        klass.add()
        pupil, middle, sign_in = klass.pupil(1), reader(site, edition).steps(5), signing_in(site)
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            while True:
                file.write(b"x" * 4096)
        says_it_is_away(pupil.add, 5)
        says_it_is_away(sign_in, 5)
        for path in ("/en/", "/en/guides/t2/", klass.screen):
            assert site.answers(path) == 200, path
        assert "out of 100" in middle.to_the_end()
        assert counted(small_disk, klass.code) == 1
        filler.unlink()
        wait_until(lambda: pupil.add().status == 303, 10, "the pupil to be counted")
        assert counted(small_disk, klass.code) == 2
        assert sign_in().status == 422


def test_a_log_that_cannot_be_written_fails_no_request(place: Path, edition: CompiledEdition) -> None:
    with running(place, log="/dev/full") as site:
        assert "out of 100" in reader(site, edition).to_the_end()
        klass = lesson(site, edition)
        klass.add()
        assert site.answers("/en/no-such-page/") == 404
    assert counted(place, klass.code) == 1


def damage(file: Path) -> None:
    """Overwrite all pages of a database but its first with zeros, as a failing disk may."""
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(PAGE)
        opened.write(bytes(size - PAGE))
        os.fsync(opened.fileno())


def test_a_damaged_file_of_classes_is_told_in_few_lines_and_checkups_go_on(
    place: Path, edition: CompiledEdition
) -> None:
    with running(place) as site:
        klass = lesson(site, edition)
        pupil, middle = klass.pupil(), reader(site, edition).steps(5)
        damage(place / CLASSES)
        before = len(site.said().splitlines())
        says_it_is_away(pupil.add, 5)
        says_it_is_away(lambda: site.browser().get(klass.screen), 5)
        assert "out of 100" in middle.to_the_end()
        assert site.answers("/readyz") == 503
        problems = [line for line in site.said().splitlines()[before:] if "level=info" not in line]
        assert len(problems) <= 12, problems
        assert "Traceback" not in site.said()


def test_a_damaged_file_of_editions_is_survived_in_memory_and_restored_from_the_pack(
    place: Path, edition: CompiledEdition
) -> None:
    with running(place) as site:
        middle, sign_in = reader(site, edition).steps(5), signing_in(site)
        damage(place / MAIN)
        Path(f"{place / MAIN}-wal").unlink(missing_ok=True)
        assert "out of 100" in middle.to_the_end()
        assert site.answers("/en/guides/t2/") == 200
        says_it_is_away(sign_in, 5)
        assert site.answers("/readyz") == 503
        assert "Traceback" not in site.said()
    # It is told at the start, in one line.
    for name in (MAIN, f"{MAIN}-wal", f"{MAIN}-shm"):
        (place / name).unlink(missing_ok=True)
    for words in (["migrate_all", "--verbosity", "0"], ["publish_pack", "apps/editions/pack", "--note", "Again"]):
        subprocess.run(
            [str(ROOT / ".venv/bin/python"), "manage.py", *words], cwd=ROOT, env=environment(place), check=True
        )
    with running(place) as site:
        assert "out of 100" in reader(site, edition).to_the_end()
        assert site.answers(SIGN_IN) == 200
