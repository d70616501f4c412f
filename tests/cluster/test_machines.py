"""Three machines behind a balancer are cut off, upgraded and published to; nobody who tries once more loses anything."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from apps.editions.compiled import CompiledEdition
from tests.bench.walks import open_class
from tests.classroom.postgres import Server
from tests.cluster.machines import Cluster, PatientBrowser, cluster, cut_off, next_version, people_on, repeated
from tests.deploy.proxy import NGINX
from tests.faults.people import Lesson, Pupil
from tests.faults.running import Running, wait_until

pytestmark = [pytest.mark.drill, pytest.mark.skipif(NGINX is None, reason="needs nginx")]

SERVED_WITHIN = 10.0


@pytest.fixture
def machines(place: Path, postgres: Server) -> Iterator[Cluster]:
    with cluster(place, postgres.url) as found:
        yield found


def lesson_on(machines: Cluster, edition: CompiledEdition) -> Lesson:
    """Open a class through the balancer."""
    teacher = machines.browser()
    # A lesson asks its site for browsers, and a cluster gives patient ones.
    return Lesson(machines, edition, teacher, open_class(teacher))  # type: ignore[arg-type]


def counted(machines: Cluster, code: str) -> int:
    """Return how many people the open round of a class has counted, each by a token of their own."""
    with psycopg.connect(machines.url) as database:
        row = database.execute(
            "SELECT n, tokens FROM classroom_openround o JOIN classroom_round r ON r.id = o.round_id"
            " WHERE r.klass_id = %s",
            [code],
        ).fetchone()
    assert row
    n, tokens = row
    assert len(tokens.split()) == n
    return int(n)


def is_counted(pupil: Pupil) -> None:
    """Press the button; who pressed twice is told that they are in already."""
    reply = pupil.add()
    assert reply.status == 303 or (reply.status == 409 and "Yours is in already" in reply.text()), reply.status


def test_machines_fail_and_editions_appear_while_people_use_the_site(
    machines: Cluster, edition: CompiledEdition
) -> None:
    klass = lesson_on(machines, edition)
    with ThreadPoolExecutor(4) as pool:
        pupils = list(pool.map(klass.pupil, range(20)))
    over = threading.Event()
    tried_before = PatientBrowser.tried_again

    def fail(_: int) -> None:
        machine = random.choice(machines.machines)
        cut_off(machine)
        machine.start()

    with people_on(machines, edition) as people:
        failing = repeated(fail, 1.0, over)
        published: list[int] = []
        publishing = repeated(lambda number: published.append(machines.publish(f"Number {number}")), 5.0, over)
        with ThreadPoolExecutor(2) as pool:
            for _ in pool.map(lambda pupil: (is_counted(pupil), time.sleep(1)), pupils):
                pass
        time.sleep(5)
        over.set()
        failing.join(60)
        publishing.join(60)
    assert PatientBrowser.tried_again > tried_before, "nothing was broken"
    assert len(published) >= 2
    assert counted(machines, klass.code) == len(pupils)
    assert people.editions & set(published), "nobody walked a new edition"
    for machine in machines.machines:
        wait_until(lambda machine=machine: machines.newest(machine) == max(published), SERVED_WITHIN, "the new edition")


def test_a_new_edition_is_served_by_every_machine_within_ten_seconds(
    machines: Cluster, edition: CompiledEdition
) -> None:
    with people_on(machines, edition, 3):
        number = machines.publish("Another")
        begun = time.monotonic()
        for machine in machines.machines:
            wait_until(lambda machine=machine: machines.newest(machine) == number, SERVED_WITHIN, "the new edition")
        assert time.monotonic() - begun <= SERVED_WITHIN


def upgrade(machine: Running, root: Path) -> None:
    """Stop a machine as an operator does, and start it with other code."""
    machine.stop()
    machine.root = root
    machine.start()


def test_the_next_version_takes_over_machine_by_machine_and_back_again(
    machines: Cluster, edition: CompiledEdition, tmp_path: Path
) -> None:
    newer, older = next_version(tmp_path), machines.machines[0].root
    klass = lesson_on(machines, edition)
    with ThreadPoolExecutor(4) as pool:
        pupils = list(pool.map(klass.pupil, range(12)))
    with people_on(machines, edition):
        machines.run("manage.py", "migrate_all", "--verbosity", "0", root=newer)  # the old version still serves
        for pupil in pupils[:4]:
            is_counted(pupil)
        machines.publish("By the old version, on the new tables")
        for machine in machines.machines:
            upgrade(machine, newer)
            for pupil in (pupils.pop(), pupils.pop()):
                is_counted(pupil)
        upgrade(machines.machines[0], older)  # a way back
        is_counted(pupils.pop())
    with psycopg.connect(machines.url) as database:
        database.execute("SELECT remark FROM editions_edition")
    assert counted(machines, klass.code) == 11


def test_a_machine_told_to_replace_its_workers_fails_nobody(machines: Cluster, edition: CompiledEdition) -> None:
    with people_on(machines, edition) as people:
        for _ in range(3):
            for machine in machines.machines:
                assert machine.process
                os.kill(machine.process.pid, signal.SIGHUP)
            time.sleep(3)
    assert people.checkups
