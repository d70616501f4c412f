"""Machines that serve one site from one PostgreSQL, a balancer before them, and people who try everything once more."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from apps.editions.compiled import CompiledEdition
from tests.bench.client import Browser, Reply, RequestFailed
from tests.bench.servers import ROOT, children, environment, free_port
from tests.bench.walks import Walker, walkers
from tests.deploy.proxy import nginx
from tests.faults.people import Reader
from tests.faults.running import Running, from_a_network_of_its_own

BALANCER = """\
  upstream machines {{ {machines} keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://machines;
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $http_x_forwarded_for;
      proxy_connect_timeout 1s; proxy_read_timeout 20s;
      proxy_next_upstream error timeout;
    }}
  }}
"""
OF_A_MACHINE = re.compile(r"Edition (\d+)\.")
ANNOUNCED = re.compile(r"data-announce>(.*?)</p>", re.DOTALL)


@dataclass
class Cluster:
    """Three machines and their balancer."""

    port: int
    folder: Path
    url: str
    machines: list[Running]

    def publish(self, note: str) -> int:
        """Publish the shipped content with another note, from a process of its own, and return the edition's number."""
        code = (
            "import django; django.setup()\n"
            "from pathlib import Path; from apps.editions.pack_files import read_pack; from apps.editions import services\n"
            "pack = read_pack(Path('apps/editions/pack'))\n"
            f"print(services.publish(pack.model_copy(update={{'note': {note!r}}}), {note!r})[0].number)"
        )
        return int(self.run("-c", code).split()[-1])

    def run(self, *words: str, root: Path = ROOT) -> str:
        """Run Python in the site's environment and return what it said."""
        done = subprocess.run(
            [sys.executable, *words],
            cwd=root,
            env=environment(self.folder, DATABASE_URL=self.url),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def newest(self, machine: Running) -> int:
        """Return the number of the edition that a machine serves."""
        with urllib.request.urlopen(f"http://127.0.0.1:{machine.port}/api/editions/", timeout=10) as answer:
            return max(int(one["number"]) for one in json.load(answer)["editions"])

    def browser(self) -> PatientBrowser:
        """Return a new browser, from a network of its own."""
        return PatientBrowser(self.port, more=from_a_network_of_its_own())


class PatientBrowser(Browser):
    """A browser whose owner, where no good answer comes, tries once more after a moment, and not again."""

    tried_again = 0

    def _ask(self, method: str, path: str, body: bytes = b"") -> Reply:
        try:
            reply = super()._ask(method, path, body)
            if reply.status not in (502, 503, 504):
                return reply
        except (OSError, RequestFailed):
            self.close()
        PatientBrowser.tried_again += 1
        time.sleep(0.5)
        return super()._ask(method, path, body)


@contextmanager
def cluster(folder: Path, url: str) -> Iterator[Cluster]:
    """Run three machines with one gunicorn each, and the balancer."""
    port = free_port()
    variables = {"DATABASE_URL": url, "PUBLIC_ORIGIN": f"http://127.0.0.1:{port}", "WEB_CONCURRENCY": "1"}
    machines = [
        Running(folder, {**variables}, log_file=folder / f"machine-{number}.log", port=free_port())
        for number in range(3)
    ]
    for machine in machines:
        machine.start()
    words = " ".join(f"server 127.0.0.1:{machine.port} max_fails=1 fail_timeout=1s;" for machine in machines)
    try:
        with nginx(BALANCER, port, machines=words):
            yield Cluster(port, folder, url, machines)
    finally:
        for machine in machines:
            machine.stop()


def cut_off(machine: Running) -> None:
    """Let a machine fail as when its plug is pulled: nobody finishes anything."""
    assert machine.process
    for process in (*children(machine.process.pid), machine.process.pid):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    machine.process.wait(10)


# --- People --------------------------------------------------------------------------------------------


@dataclass
class People:
    """People who make checkups through the balancer, again and again, and what went wrong for them."""

    cluster: Cluster
    edition: CompiledEdition
    expected: dict[str, str]
    """What the result says to each of them where nothing is broken."""
    checkups: int = 0
    editions: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def go(self, number: int, over: threading.Event) -> None:
        """Make checkups until it is over."""
        people = walkers(self.edition)
        while not over.is_set():
            walker = people[number % len(people)]
            number += 1
            try:
                self._check(walker, *self._walk(walker))
            except (OSError, RequestFailed, AssertionError) as error:
                self.wrong.append(f"{walker.name}: {error}")

    def _walk(self, walker: Walker) -> tuple[int, int, str]:
        somebody = Reader(self.cluster.browser(), walker)
        somebody.steps(2)  # the start and one answer: before that there is no result
        begun = edition_of(somebody.result())
        page = somebody.to_the_end()
        somebody.browser.close()
        return begun, edition_of(page), said(page)

    def _check(self, walker: Walker, begun: int, ended: int, heard: str) -> None:
        assert begun == ended, f"began on edition {begun}, ended on {ended}"
        assert heard == self.expected[walker.name], f"heard {heard!r}, not {self.expected[walker.name]!r}"
        self.checkups += 1
        self.editions.add(ended)


def edition_of(page: str) -> int:
    """Return the number of the edition that a result is of."""
    found = OF_A_MACHINE.search(page)
    assert found, page[-300:]
    return int(found[1])


def said(page: str) -> str:
    """Return what the result tells somebody who hears it."""
    found = ANNOUNCED.search(page)
    assert found
    return " ".join(found[1].split())


@contextmanager
def people_on(cluster: Cluster, edition: CompiledEdition, count: int = 6) -> Iterator[People]:
    """Let people make checkups while the body breaks things; nothing may go wrong for any of them."""
    expected = {}
    for walker in walkers(edition):
        somebody = Reader(cluster.browser(), walker)
        expected[walker.name] = said(somebody.to_the_end())
        somebody.browser.close()
    people, over = People(cluster, edition, expected), threading.Event()
    threads = [threading.Thread(target=people.go, args=(number, over), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield people
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    assert not people.wrong, people.wrong[:5]
    assert people.checkups >= count


def repeated(act: Callable[[int], object], every: float, over: threading.Event) -> threading.Thread:
    """Do something again and again, in a thread, until it is over."""

    def go() -> None:
        number = 0
        while not over.wait(every):
            number += 1
            act(number)

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    return thread


def next_version(folder: Path) -> Path:
    """Return a copy of the code as the next version might be: one more column, which may be empty, and its mark."""
    copy = folder / "next"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "var", "tests", "__pycache__", ".*_cache")
    )
    (copy / "apps/editions/migrations/9999_remark.py").write_text(
        "from django.db import migrations, models\n\n\n"
        "class Migration(migrations.Migration):\n"
        f"    dependencies = [('editions', '{_last_migration('editions')}')]\n"
        "    operations = [migrations.AddField('edition', 'remark', models.TextField(null=True))]\n"
    )
    models = copy / "apps/editions/models.py"
    text = models.read_text()
    mark = "    note = "
    assert mark in text
    models.write_text(text.replace(mark, "    remark = models.TextField(null=True)\n" + mark, 1))
    about = copy / "apps/website/health.py"
    about.write_text(about.read_text().replace('_uncached("alive")', '_uncached("alive, and newer")'))
    return copy


def _last_migration(app: str) -> str:
    return max(path.stem for path in (ROOT / "apps" / app / "migrations").glob("[0-9]*.py"))
