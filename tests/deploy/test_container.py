"""The steps of the Dockerfile, carried out in empty places, and the container that comes of them, without rights."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.dockerfile import Stage, build, read_dockerfile, words
from tests.deploy.place import SYSTEM_PATH, Place, empty_place, working_copy

pytestmark = pytest.mark.drill

ROOT = Path(__file__).resolve().parents[2]
AS_DOCKER_DOES = """
set -eu
mount -t tmpfs -o mode=1777 tmpfs /tmp
if [ "$DATA" = new ]; then mount -t tmpfs -o mode=0700,uid=10001,gid=10001 tmpfs /data; else mount --bind /data /data; fi
mount -o remount,bind,ro /
cd /app
exec setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"
"""


@dataclass(frozen=True)
class Image:
    """What came of the Dockerfile."""

    place: Place
    stage: Stage
    variables: dict[str, str]
    logs: Path

    def words(self, *command: str) -> list[str]:
        """Return what a read-only container without capabilities does for a command."""
        entry = words(self.stage.last("ENTRYPOINT"))
        sandbox = ["unshare", "--mount", "--propagation", "private", "sh", "-c", AS_DOCKER_DOES, "sh"]
        return [*sandbox, *entry, *(command or words(self.stage.last("CMD")))]

    def env(self, **more: str) -> dict[str, str]:
        """Return the variables of a container."""
        return {**self.variables, "DATA": "kept", **more}

    def run(self, *command: str, fine: bool = True, **more: str) -> str:
        """Run a container for one command and return what it said."""
        return self.place.run(self.words(*command), env=self.env(**more), fine=fine)

    def inside(self, *command: str, fine: bool = True) -> str:
        """Do something else in the image, as its user."""
        sandbox = ["unshare", "--mount", "--propagation", "private", "sh", "-c", AS_DOCKER_DOES, "sh"]
        return self.place.run([*sandbox, *command], env=self.env(), fine=fine)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The last stage of the Dockerfile, built."""
    folder = tmp_path_factory.mktemp("container")
    source = working_copy(folder)
    _, stages = read_dockerfile(source / "Dockerfile")
    with ExitStack() as stack:
        places: dict[str, Place] = {}
        for stage in stages:
            place = places[stage.name] = stack.enter_context(empty_place())
            _as_the_base_image(place)
            variables = {"PATH": SYSTEM_PATH}
            build(stage, place, source, places, variables)
        yield Image(place, stage, variables, folder)


def _as_the_base_image(place: Place) -> None:
    """Put this machine's Python where the base image has its own, and clear what stands in the way."""
    command = f"mount --bind {sys.base_prefix} /usr/local && rm -rf /app /data /opt/venv"
    place.run(["sh", "-c", command])
    for folder in Path(sys.base_prefix).parents:  # it looks for its library where it was made, perhaps in root's home
        place.run(["chmod", "o+x", str(folder)])


@pytest.fixture(scope="module")
def served(image: Image) -> Iterator[subprocess.Popen[bytes]]:
    """The site in a container, with SQLite in its volume, as long as the tests of this module run."""
    image.run("prepare", SECRET_KEY_FILE=_secret(image))
    # On this machine alone: as shipped it listens to the network, and then asks for an address with https.
    process = image.place.start(image.words(), image.logs / "web.log", env=image.env(HOST="127.0.0.1"))
    try:
        for _ in range(100):
            time.sleep(0.2)
            done = image.place.command(["python", *words(image.stage.last("HEALTHCHECK"))[1:]], folder="/app")
            if subprocess.run(done, env=image.env(), capture_output=True, check=False).returncode == 0:
                break
        else:
            pytest.fail((image.logs / "web.log").read_text())
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _secret(image: Image) -> str:
    path = "/run/secret_key"
    (image.place.root / path.lstrip("/")).write_text("k3y-" * 3 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ")
    return path


def test_a_visitor_can_walk_and_a_teacher_can_open_a_class(image, served):
    met = json.loads(image.place.ask("tests.deploy.walk", "http://127.0.0.1:8000"))
    assert met["second question"].startswith("/en/checkup/")
    assert met["result"] == "/en/result/"
    assert met["class"]
    assert met["joining"] == 200
    assert "marker-4711" not in (image.logs / "web.log").read_text()


def test_it_writes_only_to_its_data(image, served):
    for folder in ("/app", "/app/collected", "/opt/venv", "/etc", "/usr/local"):
        image.inside("sh", "-c", f"touch {folder}/x", fine=False)
        writable = image.place.run(["find", folder, "-perm", "-o+w", "!", "-type", "l"])
        assert not [line for line in writable.splitlines() if not folder.startswith(("/etc", "/usr"))]
    assert image.inside("id", "-u").strip() == "10001"
    assert {name.partition(".")[0].partition("-")[0] for name in image.inside("ls", "-A", "/data").split()} == {
        "privacycheck",
        "secret",
    }


def test_no_build_tools_and_nothing_of_the_tests_are_left(image):
    for module in ("pip", "ensurepip", "setuptools", "pytest"):
        image.inside("python", "-c", f"import {module}", fine=False)
    assert set(image.inside("ls", "-A", "/app").split()) == {
        *("LICENSE", "LICENSE-CONTENT", "apps", "collected", "deploy", "manage.py", "privacycheck"),
        *("requirements.txt", "static", "templates"),
    }


def test_what_cannot_be_right_stops_it_with_one_line(image):
    said = image.run("serve", fine=False, SECRET_KEY_FILE="/nowhere")
    assert said.strip() == "Not started: SECRET_KEY_FILE names /nowhere, which cannot be read."
    said = image.run("serve", fine=False, PUBLIC_ORIGIN="http://privacy.example")
    assert "PUBLIC_ORIGIN may use plain http only on this machine" in said
    said = image.run("serve", fine=False, SECRET_KEY_FILE=_secret(image))
    assert "Not started: HOST lets others reach this site, but PUBLIC_ORIGIN is this machine alone." in said


def test_a_secret_comes_from_its_file_and_commands_reach_manage_py(image):
    path = _secret(image)
    shown = image.run(
        "shell",
        "-v",
        "0",
        "-c",
        "from django.conf import settings; print(settings.SECRET_KEY[:8])",
        SECRET_KEY_FILE=path,
    )
    assert shown.strip() == "k3y-k3y-"


def test_stopping_is_quick_and_clean(image, served):
    children = image.place.run(["pgrep", "--oldest", "--uid", "10001"]).strip()
    begun = time.monotonic()
    image.place.run(["kill", "-TERM", children])
    assert served.wait(20) == 0
    assert time.monotonic() - begun < 10
