"""An empty machine to install things on: this one's file system below an overlay that is thrown away afterwards.

What is written there lies in memory and is seen by nobody else. Its processes have process ids of their own and end
with it. Commands run on the network of this machine, for package registries, or on a loopback interface of the
place's own, where every port is free.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LONGEST_SECONDS = 420

MAKE = """
set -eu
mount -t tmpfs -o size=3g,mode=0755 tmpfs "$1"
mkdir "$1/changes" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/changes,workdir=$1/work" "$1/root"
cd "$1/root"
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=0755 tmpfs run
mount -t proc proc proc
rm -f etc/resolv.conf && cat /etc/resolv.conf >etc/resolv.conf
echo made
exec chroot . sleep infinity
"""


class CommandFailed(Exception):
    """A command in a place ended with an error. The text is what it said."""


@dataclass(frozen=True)
class Place:
    """A made place: its mount point, the process that holds it, and the one that holds its loopback interface."""

    mount_point: str
    holder: int
    network: int

    @property
    def root(self) -> Path:
        """Return its root folder as seen from this machine."""
        return Path(f"/proc/{self.holder}/root")

    def command(self, words: Sequence[str], *, folder: str = "/", outside: bool = False) -> list[str]:
        """Return a command that does `words` there; with `outside` on this machine's network."""
        net = [] if outside else [f"--net=/proc/{self.network}/ns/net"]
        inside = ["nsenter", f"--target={self.holder}", "--mount", "--pid", *net, "--"]
        return [*inside, "chroot", f"{self.mount_point}/root", "sh", "-c", 'cd "$0" && exec "$@"', folder, *words]

    def run(
        self,
        words: Sequence[str],
        *,
        folder: str = "/",
        outside: bool = False,
        env: Mapping[str, str] | None = None,
        fine: bool = True,
    ) -> str:
        """Do a command there and return what it said. Raise CommandFailed unless it was to fail (`fine`)."""
        done = subprocess.run(
            self.command(words, folder=folder, outside=outside),
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        if (done.returncode == 0) != fine:
            raise CommandFailed(f"{' '.join(words)[:2000]}\nended with {done.returncode}:\n{done.stdout[-4000:]}")
        return done.stdout

    def start(
        self, words: Sequence[str], output: Path, *, folder: str = "/", env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Begin a command there that goes on, and write what it says into a file."""
        with output.open("ab") as file:
            return subprocess.Popen(
                self.command(words, folder=folder),
                env=environment(env),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def ask(self, module: str, *words: str) -> str:
        """Run a module of these tests on the place's network, with this machine's files; return what it printed."""
        done = subprocess.run(
            ["nsenter", f"--net=/proc/{self.network}/ns/net", sys.executable, "-m", module, *words],
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        if done.returncode:
            raise CommandFailed(f"{module}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done.stdout


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables of a fresh login as root, and how this machine reaches its package registries."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.endswith("_proxy")}
    fresh = {"PATH": SYSTEM_PATH, "HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    return kept | fresh | dict(more or {})


@contextmanager
def empty_place() -> Iterator[Place]:
    """Make a place and remove it afterwards. Skip the test where this machine does not allow it."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a file system for the drill")
    if missing := [tool for tool in ("unshare", "nsenter", "setpriv", "ip") if shutil.which(tool) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    mount_point = tempfile.mkdtemp(prefix="privacycheck-place-")
    network = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "ip link set lo up && echo made && exec sleep infinity"],
        stdout=subprocess.PIPE,
    )
    outer = subprocess.Popen(
        [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--propagation", "private"),
            *("sh", "-c", MAKE, "sh", mount_point),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        said = [(process.stdout.readline() if process.stdout else b"").decode().strip() for process in (outer, network)]
        if said != ["made", "made"]:
            pytest.skip(f"this machine does not allow it: {' '.join(said)}")
        holder = int(Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()[0])
        yield Place(mount_point, holder, network.pid)
    finally:
        for process in (outer, network):
            process.kill()
            process.wait(10)
        with suppress(OSError):
            os.rmdir(mount_point)


def working_copy(folder: Path) -> Path:
    """Copy the project as it stands, without what is made, into a new folder and return it."""
    root = Path(__file__).resolve().parents[2]
    made = {".git", ".venv", "var", "secrets", "acme", "node_modules", "collected", ".env"}
    copied = folder / "source"

    def left_out(at: str, names: list[str]) -> set[str]:
        is_top = Path(at) == root
        return {name for name in names if name == "__pycache__" or name.endswith("_cache") or (is_top and name in made)}

    shutil.copytree(root, copied, ignore=left_out, symlinks=True)
    return copied
