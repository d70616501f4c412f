"""The guide for a small server, followed command by command in an empty place, and the site that comes of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.place import Place, empty_place, working_copy
from tests.deploy.walk import MARK

pytestmark = pytest.mark.drill

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NAME = "privacy.example"
CERTIFICATE = f"/etc/letsencrypt/live/{NAME}/fullchain.pem"
NEEDS_THE_NETWORK = {1, 2}
"""The steps that fetch packages."""


def _guide(section: str) -> list[str]:
    """Return the blocks of commands in a section of the guide."""
    text = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    found = re.search(rf"(?ms)^##+ {section}$(.*?)(?=^##+ |\Z)", text)
    assert found, section
    return re.findall(r"(?ms)^```sh\n(.*?)^```", found[1])


@dataclass(frozen=True)
class Deployed:
    """A site that was made by the guide."""

    place: Place
    said: str
    names: str

    def shell(self, commands: str, *, outside: bool = False, folder: str = "/opt/privacycheck") -> str:
        """Do commands as the guide's reader would, and stop at the first that fails."""
        return self.place.run(["sh", "-euc", self.names + commands], folder=folder, outside=outside)

    def read(self, path: str) -> str:
        """Return a file of the place."""
        return self.place.run(["cat", path])


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The site, made by the guide's own commands."""
    source = working_copy(tmp_path_factory.mktemp("drill"))
    with empty_place() as place:
        inside = place.root
        for name in ("systemctl", "certbot"):
            shutil.copy(HERE / name, inside / "usr/local/sbin" / name)
            (inside / "usr/local/sbin" / name).chmod(0o755)
        # As in an image of Debian: packages do not start what they install.
        (inside / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (inside / "usr/sbin/policy-rc.d").chmod(0o755)
        for path in ("/etc/postgresql", "/var/lib/postgresql", "/etc/letsencrypt"):
            place.run(["sh", "-c", f"rm -rf {path}/* && mkdir -p {path}"])
        with (inside / "etc/hosts").open("a") as hosts:
            hosts.write(f"127.0.0.1 {NAME}\n")
        shutil.copytree(source, inside / "srv/source")
        git = "git -c user.name=drill -c user.email=drill@privacy.example"
        place.run(
            ["sh", "-euc", f"{git} init -q -b main && git add -A && {git} commit -q -m Drill"], folder="/srv/source"
        )

        blocks = _guide("A small server")
        names = f"export SERVER_NAME={NAME} REPOSITORY=/srv/source\n"
        assert "export SERVER_NAME=privacy.example REPOSITORY=https://git.example/privacycheck.git\n" in blocks[0]
        made = Deployed(place, "", names)
        said = []
        for number, block in enumerate(blocks, 1):
            commands = re.sub(r"(?m)^export SERVER_NAME=.*\n", "", block)
            begun = number > 2  # the second block makes the folder
            outside = number in NEEDS_THE_NETWORK
            said.append(made.shell(commands, outside=outside, folder="/opt/privacycheck" if begun else "/root"))
        yield Deployed(place, "\n".join(said), names)


def _visitor(deployed: Deployed) -> list[str]:
    return [f"https://{NAME}", f"{deployed.place.root}{CERTIFICATE}"]


def _get(deployed: Deployed, *words: str) -> str:
    """Return what curl prints of a page, its head included."""
    return deployed.place.run(["curl", "--silent", "--show-error", "--include", "--max-time", "40", *words])


def test_a_visitor_can_walk_and_a_teacher_can_open_a_class(deployed):
    met = json.loads(deployed.place.ask("tests.deploy.walk", *_visitor(deployed)))
    assert met["cookies of the start page"] == 0
    assert met["first question"] != met["second question"]
    assert met["second question"].startswith("/en/checkup/")
    assert met["result"] == "/en/result/"
    assert "no-store" in met["caching of the result"]
    assert any(name.startswith("__Host-") for name in met["sheet"])
    assert met["class"]
    assert met["joining"] == 200
    assert met["nothing there"] == 404


def test_the_guide_ends_with_a_link_for_the_first_editor(deployed):
    assert f"https://{NAME}/editor/" in deployed.said
    assert "ready" in deployed.said.splitlines()


def test_plain_http_leads_to_https_and_other_names_to_nothing(deployed):
    head = _get(deployed, f"http://{NAME}/en/guides/?x=1")
    assert head.startswith("HTTP/1.1 301")
    assert f"Location: https://{NAME}/en/guides/?x=1" in head
    deployed.place.run(["curl", "--silent", "--insecure", "https://127.0.0.1/"], fine=False)
    deployed.place.run(["curl", "--silent", "--header", "Host: other.example", "http://127.0.0.1/"], fine=False)


def test_the_site_can_write_nothing_but_its_own_folder_and_has_no_rights(deployed):
    pid = deployed.place.run(["pgrep", "--oldest", "--uid", "privacycheck"]).strip()
    status = deployed.read(f"/proc/{pid}/status")
    assert re.search(r"(?m)^CapBnd:\s*0+$", status)
    assert re.search(r"(?m)^CapEff:\s*0+$", status)
    assert re.search(r"(?m)^NoNewPrivs:\s*1$", status)
    as_site = [
        "nsenter",
        f"--target={pid}",
        "--mount",
        "--root",
        "--wd",
        "--",
        "runuser",
        "--user",
        "privacycheck",
        "--",
        "sh",
        "-c",
    ]
    for folder in ("/opt/privacycheck", "/opt/privacycheck/collected", "/etc", "/var/tmp", "/run"):
        deployed.place.run([*as_site, f"touch {folder}/x"], fine=False)
    deployed.place.run([*as_site, "touch /var/lib/privacycheck/x && rm /var/lib/privacycheck/x"])
    owners = deployed.place.run(
        ["find", "/opt/privacycheck", "(", "-user", "privacycheck", "-o", "-perm", "-o+w", ")", "!", "-type", "l"]
    )
    assert owners == ""
    # Everything is in PostgreSQL.
    assert deployed.place.run(["ls", "-A", "/var/lib/privacycheck"]) == ""


def test_no_log_holds_what_was_asked_for_or_by_whom(deployed):
    deployed.place.ask("tests.deploy.walk", *_visitor(deployed))
    _get(deployed, "--header", "Host: privacy.example", "--user-agent", MARK, f"http://127.0.0.1:8000/{MARK}?{MARK}")
    logs = deployed.place.run(
        ["sh", "-c", "cat /var/log/nginx/* /var/log/privacycheck.journal /var/log/postgresql/* 2>/dev/null || true"]
    )
    assert "Listening at" in logs
    assert MARK not in logs
    assert "/en/" not in logs.replace("route=en/", "")
    assert not re.search(r"127\.0\.0\.1(?!:8000)", logs.partition("listening on")[0])


def test_an_operator_alone_sees_reasons_and_figures(deployed):
    outside = _get(deployed, "--header", "Authorization: Bearer " + "t" * 40, f"https://{NAME}/metrics")
    assert outside.split()[1] in {"401", "404"}


def test_a_new_version_takes_the_place_of_the_old_one_and_no_request_is_lost(deployed):
    answers: list[int] = []
    is_over = threading.Event()
    command = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "40"]

    def ask() -> None:
        while not is_over.is_set():
            # An address of its own each time, so that no kept page answers.
            said = subprocess.run(
                deployed.place.command([*command, f"https://{NAME}/en/search/?q=face&n={len(answers)}"]),
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            ).stdout
            answers.append(int(said or 0))

    deployed.place.run(
        [
            "sh",
            "-c",
            "echo '# newer' >>manage.py && git -c user.name=d -c user.email=d@privacy.example commit -qam Newer",
        ],
        folder="/srv/source",
    )
    before = deployed.place.run(["pgrep", "--uid", "privacycheck", "--oldest"])
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        deployed.shell(_guide("A new version")[0])
        time.sleep(1)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert deployed.place.run(["pgrep", "--uid", "privacycheck", "--oldest"]) != before
    assert deployed.read("/opt/privacycheck/manage.py").endswith("# newer\n")
    assert len(answers) > 5
    assert set(answers) <= {200, 429}
    assert 200 in answers


def test_the_tasks_of_the_timers_run(deployed):
    for name in ("publish_due", "purge_classes", "clearsessions"):
        deployed.shell(f"deploy/manage.sh {name}")
