"""The command `check_sources`: what it prints, keeps and exits with, and that it changes nothing."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.editions.management.commands.check_sources import PACK, Command
from apps.editions.models import Edition
from apps.editions.pack_files import read_pack, write_pack
from apps.editions.services import publish
from apps.editions.source_check import VERDICTS, Result, StateFile, addresses_of, look_at_all
from apps.editions.web_request import Web
from tests.conftest import ROOT
from tests.editions.packs import Data, item, make_pack
from tests.editions.web_server import WebServer, answer, local_web, redirect, silence, web_server

COMMAND = "apps.editions.management.commands.check_sources"
PATHS = ("/ok", "/moved", "/walled", "/gone", "/private", "/later")
"""One page for each verdict."""


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as running:
        running.pages |= {
            "/ok": answer(200),
            "/moved": redirect("/ok"),
            "/walled": answer(403),
            "/gone": answer(410),
            "/private": redirect("http://10.0.0.1/"),
            "/quiet": silence,
        }
        yield running


def url(server: WebServer, path: str) -> str:
    """Return the address of a page; that of /later is slow, without anybody having to wait for it."""
    return server.url(path, host="later.example" if path == "/later" else "good.test")


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name; of one name they cannot be had just now."""
    if host == "later.example":
        raise socket.gaierror(socket.EAI_AGAIN, "later")
    return ["127.0.0.1"] if host.endswith(".test") else [host]


def sources(server: WebServer, *paths: str) -> Any:
    """Return a change of the small pack: claim f1-1 leads to these pages of the server, and nothing else does."""

    def change(data: Data) -> None:
        described = {"title": "A", "publisher": "B", "date": "2019"}
        item(data, "claims", "f1-1")["sources"] = [
            described,
            *(described | {"url": url(server, path)} for path in paths),
        ]
        data["rights"][0]["regulators"] = []

    return change


@pytest.fixture
def pack(server: WebServer, tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    write_pack(make_pack(sources(server, *PATHS)), folder)
    return folder


def run(*arguments: object) -> tuple[str, str, int]:
    """Return what the command prints, what it tells beside that, and its exit status."""
    out, told = StringIO(), StringIO()
    command = Command(web=local_web(resolve=resolve))
    try:
        call_command(command, *map(str, arguments), "--pause=0", stdout=out, stderr=told)
    except SystemExit as stop:
        return out.getvalue(), told.getvalue(), int(stop.code or 0)
    except CommandError as error:
        return out.getvalue(), told.getvalue() + str(error), error.returncode
    return out.getvalue(), told.getvalue(), 0


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_results_stand_worst_first_with_items_reasons_and_what_to_do(server: WebServer, pack: Path) -> None:
    printed, told, status = run(pack)
    heads = [line for line in printed.splitlines() if not line.startswith(" ")]
    assert heads == [
        f"dead: {server.url('/gone')}",
        f"refused: {server.url('/private')}",
        f"blocked: {server.url('/walled')}",
        f"slow: {url(server, '/later')}",
        f"redirected: {server.url('/moved')}",
        f"ok: {server.url('/ok')}",
        "6 addresses: 1 dead, 1 refused, 1 blocked, 1 slow, 1 redirected, 1 ok.",
    ]
    assert printed.count("\n    used by: claim f1-1\n") == printed.count("\n    mend: ") == 5
    assert f"redirected: {server.url('/moved')}\n    to: {server.url('/ok')}\n" in printed
    assert "(410 Gone)" in printed
    assert "6 of 6: " in told
    assert status == 1


def test_json_says_the_same_to_a_program(server: WebServer, pack: Path) -> None:
    printed, _, status = run(pack, "--json")
    document = json.loads(printed)
    assert set(document) == {"checked_at", "counts", "results", "not_looked_at"}
    assert document["counts"] == dict.fromkeys(VERDICTS, 1)
    assert document["not_looked_at"] == []
    assert [result["verdict"] for result in document["results"]] == list(VERDICTS)
    moved = document["results"][4]
    assert moved["address"] == server.url("/moved")
    assert (moved["final"], moved["permanent"], moved["status"]) == (server.url("/ok"), True, 200)
    assert moved["items"] == ["claim f1-1"]
    assert moved["mend"]
    assert moved["reason"]
    assert status == 1


@pytest.mark.parametrize(
    ("paths", "status"),
    [
        (("/ok",), 0),
        (("/ok", "/moved", "/walled", "/later"), 0),
        (("/ok", "/gone"), 1),
        (("/ok", "/private"), 1),
        ((), 0),
    ],
)
def test_the_status_is_1_only_if_an_address_is_dead_or_refused(
    server: WebServer, tmp_path: Path, paths: tuple[str, ...], status: int
) -> None:
    write_pack(make_pack(sources(server, *paths)), tmp_path / "pack")
    assert run(tmp_path / "pack")[2] == status


def test_a_pack_without_addresses_says_so(server: WebServer, tmp_path: Path) -> None:
    write_pack(make_pack(sources(server)), tmp_path / "pack")
    assert run(tmp_path / "pack")[0] == "No addresses.\n"


def test_the_pack_may_be_a_zip_and_is_never_changed(pack: Path, tmp_path: Path) -> None:
    before = files(pack)
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", pack))
    packed = archive.read_bytes()
    assert run(pack, "--state", tmp_path / "state")[0].splitlines()[-1] == run(archive)[0].splitlines()[-1]
    assert files(pack) == before
    assert archive.read_bytes() == packed


def test_the_shipped_pack_is_looked_at_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def noted(addresses: list[str], web: Web, limits: object) -> Iterator[Result]:
        asked.extend(addresses)
        return iter(())

    monkeypatch.setattr(f"{COMMAND}.look_at_all", noted)
    run()
    assert asked == list(addresses_of(read_pack(PACK)))


def test_the_command_itself_reaches_nothing_private(tmp_path: Path) -> None:
    def change(data: Data) -> None:
        data["rights"][0]["regulators"] = []
        item(data, "claims", "f1-1")["sources"][0] |= {"url": "http://127.0.0.1/", "archive": "http://localhost/"}

    write_pack(make_pack(change), tmp_path / "pack")
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("check_sources", str(tmp_path / "pack"), "--pause", "0", stdout=out, stderr=StringIO())
    assert stop.value.code == 1
    assert "2 addresses: 2 refused." in out.getvalue()


def test_every_request_says_who_asks_and_where_to_read_about_it(
    server: WebServer, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{COMMAND}.Web", lambda user_agent: local_web(user_agent=user_agent, resolve=resolve))
    with pytest.raises(SystemExit):
        call_command("check_sources", str(pack), "--pause=0", stdout=StringIO(), stderr=StringIO())
    agents = {asked.headers["user-agent"] for asked in server.asked}
    assert agents == {"PrivacyCheck-link-check/1 (+http://127.0.0.1:8000/en/about/)"}


# --- Editions ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_published_edition_can_be_looked_at(server: WebServer) -> None:
    publish(make_pack(sources(server, "/gone")), "First")
    publish(make_pack(sources(server, "/ok")), "Second")
    before = list(Edition.objects.values())
    assert run("--edition", "1")[0].startswith(f"dead: {server.url('/gone')}\n")
    for wanted in ("2", "current"):
        assert run("--edition", wanted)[0].startswith(f"ok: {server.url('/ok')}\n")
    assert list(Edition.objects.values()) == before


@pytest.mark.django_db
def test_an_edition_that_does_not_exist_is_bad_use() -> None:
    _, told, status = run("--edition", "current")
    assert (told, status) == ("Nothing is published yet.", 2)
    _, told, status = run("--edition", str(2**31 - 1))
    assert (told, status) == ("There is no edition 2147483647.", 2)


# --- Bad use -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["--edition", "0"],
        ["--edition", "-1"],
        ["--edition", str(2**31)],
        ["--edition", "9" * 5000],
        ["--edition", "newest"],
        ["--pause", "-1"],
        ["--pause", "nan"],
        ["--timeout", "0"],
        ["--timeout", "inf"],
        ["--within", "x"],
        ["--within", "-1"],
        [".", "--edition", "1"],
        ["--allow-private"],
    ],
)
def test_bad_options_are_refused_before_anything_is_asked(server: WebServer, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command(Command(web=local_web()), *arguments, stdout=StringIO(), stderr=StringIO())
    assert server.asked == []


def test_a_pack_that_cannot_be_read_is_bad_use(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text("a: [", encoding="utf-8")
    for path in (tmp_path, tmp_path / "nowhere"):
        printed, told, status = run(path)
        assert (printed, status) == ("", 2)
        assert "mend: " in told


def test_the_status_of_bad_use_is_2_on_the_command_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check_sources", "--edition", "newest"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert b"give a number, or `current`" in done.stderr


# --- Kept results --------------------------------------------------------------------------------------


def test_a_second_run_asks_only_what_was_not_looked_at_lately(server: WebServer, pack: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    first, _, _ = run(pack, "--state", state)
    server.asked.clear()
    write_pack(make_pack(sources(server, *PATHS, "/new")), pack)
    second, told, status = run(pack, "--state", state)
    assert {asked.path for asked in server.asked} == {"/new"}
    assert set(first.splitlines()[:-1]) <= set(second.splitlines())
    assert "1 of 1: dead: " in told
    assert status == 1
    run(pack, "--state", state, "--within", "0")
    assert {asked.path for asked in server.asked} >= set(PATHS) - {"/later"}


def test_addresses_that_the_pack_no_longer_has_are_not_told(server: WebServer, pack: Path, tmp_path: Path) -> None:
    run(pack, "--state", tmp_path / "state")
    write_pack(make_pack(sources(server, "/ok")), pack)
    assert run(pack, "--state", tmp_path / "state")[0].splitlines()[-1] == "1 address: 1 ok."


def test_a_damaged_file_is_told_and_neither_changed_nor_used(server: WebServer, pack: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("my notes\n", encoding="utf-8")
    printed, told, status = run(pack, "--state", state)
    assert (printed, status) == ("", 2)
    assert f"{state} is damaged: line 1 is not the result of a look." in told
    assert state.read_text(encoding="utf-8") == "my notes\n"
    assert server.asked == []


def test_a_file_that_cannot_be_used_is_bad_use(server: WebServer, pack: Path, tmp_path: Path) -> None:
    for state in (tmp_path, tmp_path / "nowhere" / "state", "a\0b"):
        _, told, status = run(pack, "--state", state)
        assert status == 2
        assert "cannot be used to keep results" in told
    assert server.asked == []


def test_results_may_not_be_kept_in_the_pack(server: WebServer, pack: Path, tmp_path: Path) -> None:
    before = files(pack)
    (tmp_path / "link").symlink_to(pack)
    for state in (pack / "state", pack / "claims" / "state", tmp_path / "link" / "state", pack / "pack.yaml"):
        _, told, status = run(pack, "--state", state)
        assert status == 2
        assert "may not lie in the pack" in told
    assert files(pack) == before
    assert server.asked == []


# --- Interruptions -------------------------------------------------------------------------------------

INTERRUPTED_RUN = """
import signal, sys, django
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may have it ignored
django.setup()
from django.core.management import call_command
from apps.editions.management.commands.check_sources import Command
from tests.editions.web_server import local_web
call_command(Command(web=local_web()), *sys.argv[1:], "--pause=0", "--timeout=60")
"""


def test_ctrl_c_ends_with_what_was_found_and_the_next_run_goes_on(server: WebServer, tmp_path: Path) -> None:
    """A real interruption, while one page keeps us waiting."""
    pack, state = tmp_path / "pack", tmp_path / "state"
    write_pack(make_pack(sources(server, "/ok", "/gone", "/quiet", "/moved")), pack)
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED_RUN, str(pack), "--state", str(state), "--json"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        told = [process.stderr.readline(), process.stderr.readline()]
        process.send_signal(signal.SIGINT)
        printed, rest = process.communicate(timeout=60)
    assert process.returncode == 130, rest
    assert "Traceback" not in rest
    assert [line.split(": ")[1] for line in told] == ["ok", "dead"]
    document = json.loads(printed)
    assert [result["address"] for result in document["results"]] == [server.url("/gone"), server.url("/ok")]
    assert document["not_looked_at"] == [server.url("/quiet"), server.url("/moved")]
    server.asked.clear()
    server.pages["/quiet"] = answer(200)
    assert run(pack, "--state", state)[0].splitlines()[-1] == "4 addresses: 1 dead, 1 redirected, 2 ok."
    assert {asked.path for asked in server.asked} == {"/quiet", "/moved", "/ok"}  # /ok only as the end of /moved


def test_an_interruption_is_told_in_words(server: WebServer, pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: Any) -> Iterator[Result]:
        yield next(look_at_all(*arguments))
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{COMMAND}.look_at_all", interrupted)
    printed, _, status = run(pack)
    assert printed.splitlines()[-1] == "Interrupted: 5 not looked at."
    assert printed.splitlines()[-2].startswith("1 address: 1 ")
    assert status == 130


def test_a_disk_that_is_full_costs_no_result(
    server: WebServer, pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, result: Result) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(StateFile, "add", full)
    printed, told, status = run(pack, "--state", tmp_path / "state")
    assert printed.splitlines()[-1].startswith("6 addresses: ")
    assert told.count("No space left on device") == 1
    assert status == 1
