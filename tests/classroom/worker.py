"""A process of its own with the real settings, for tests that need several: `python -m tests.classroom.worker JOB`.

It reads one JSON value a line from its standard input and answers each with one line of JSON. The database is the
one that DATABASE_URL names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEY = "only-for-tests-" + "x" * 50


class Worker(AbstractContextManager["Worker"]):
    """A running process, spoken to by one line at a time."""

    def __init__(self, data_dir: Path, database_url: str) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.classroom.worker"],
            cwd=ROOT,
            env=kept
            | {
                "DJANGO_SETTINGS_MODULE": "privacycheck.settings",
                "PUBLIC_ORIGIN": "http://127.0.0.1:8000",
                "SECRET_KEY": KEY,
                "DATA_DIR": str(data_dir),
                **({"DATABASE_URL": database_url} if database_url else {}),
                "EDITION_REFRESH_SECONDS": "0",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, job: str, **values: Any) -> None:
        """Start a job without waiting for it."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"job": job, **values}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Wait for the job told first and return what came of it."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the process ended"
        return json.loads(line)

    def ask(self, job: str, **values: Any) -> Any:
        """Do a job and return what came of it."""
        self.tell(job, **values)
        return self.answer()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


def main() -> None:
    """Do jobs until the input ends."""
    import django

    django.setup()
    for line in sys.stdin:
        values = json.loads(line)
        job: Callable[..., Any] = JOBS[values.pop("job")]
        print(json.dumps(job(**values)), flush=True)


def ready() -> str:
    """Say that the process is up."""
    return "ready"


def prepare() -> str:
    """Make all tables."""
    from django.core.management import call_command

    call_command("migrate_all", verbosity=0)
    return "prepared"


def undo_and_redo() -> str:
    """Take the app's tables away and make them again."""
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", "classroom", "zero", database=settings.CLASSROOM_DATABASE, verbosity=0)
    return prepare()


def open_class(size: int, rounds: int = 1, *, with_wobble: bool = False) -> str:
    """Open a class and return its code."""
    from apps.classroom import services, totals
    from apps.editions.compiled import CompiledEdition
    from tests.editions.packs import make_pack

    byte = totals.secure_byte if with_wobble else lambda: 1
    edition = CompiledEdition(1, make_pack())
    return services.open_class(edition, size=size, rounds=rounds, age_group="adult", byte=byte).klass.code


def add(code: str, sent: list[tuple[str, list[int]]], number: int = 1) -> dict[str, int]:
    """Add people, each a token with the places of its picks, and return how many were counted or refused, by name."""
    from apps.classroom import refusals, services

    klass = services.find_class(code)
    outcome: dict[str, int] = {}
    for token, places in sent:
        picks = [(item.id, item.categories[place]) for item, place in zip(klass.counted, places, strict=True)]
        try:
            services.contribute(klass, number=number, edition=1, picks=picks, token=token)
            name = "counted"
        except refusals.ContributionRefused as refused:
            name = type(refused).__name__
        outcome[name] = outcome.get(name, 0) + 1
    return outcome


def open_many(count: int) -> list[str]:
    """Open so many classes of the largest size with the questions of the current edition, and return their codes."""
    from apps.classroom import services, totals
    from apps.editions.current import current_edition

    edition = current_edition()
    plan = {"size": totals.LARGEST_SIZE, "age_group": "adult"}
    return [services.open_class(edition, **plan).klass.code for _ in range(count)]


def add_to_all(codes: list[str], each: int, seconds: float) -> dict[str, float]:
    """Add people to one class after another until the time is over; return how many, and what it took."""
    import time

    from apps.classroom import services
    from apps.classroom.codes import new_token

    added, errors, begun, cpu = 0, 0, time.monotonic(), time.process_time()
    for code in codes:
        klass = services.find_class(code)
        picks = [(item.id, item.categories[0]) for item in klass.counted]
        for _ in range(each):
            if time.monotonic() - begun > seconds:
                break
            try:
                services.contribute(klass, number=1, edition=klass.edition, picks=picks, token=new_token())
                added += 1
            except Exception:  # the bench counts them, whatever they are
                errors += 1
    return {
        "added": added,
        "errors": errors,
        "seconds": time.monotonic() - begun,
        "cpu": time.process_time() - cpu,
    }


def people_in(codes: list[str]) -> int:
    """Return how many people were counted in the first round of these classes, open or closed."""
    from apps.classroom.models import Round

    rows = Round.objects.filter(klass__in=codes).with_people()
    return sum(one.people if one.people is not None else one.table["n"] if one.table else 0 for one in rows)


def close(code: str, number: int = 1) -> Any:
    """Close a round and return its table, if there is one."""
    from apps.classroom import services

    table = services.close_round(services.find_class(code), number).table
    return table and table.as_json()


def delete(code: str) -> bool:
    """Delete a class."""
    from apps.classroom import services

    return services.delete_class(services.find_class(code))


def shown(code: str) -> list[Any]:
    """What may be seen of a class."""
    from apps.classroom import services

    rounds = services.rounds_shown(services.find_class(code))
    return [[one.state.value, one.progress, one.table and one.table.as_json()] for one in rounds]


def row(code: str) -> Any:
    """What is stored of a class's open round."""
    from apps.classroom.models import OpenRound

    return OpenRound.objects.filter(round__klass_id=code).values("n", "counters", "tokens").first()


def tries(who: str, times: int) -> int:
    """Try something limited and return how often it was allowed."""
    from apps.classroom.limits import Limit, allow

    return sum(allow(Limit("workers", 50, 86_400), who) for _ in range(times))


def sql(query: str) -> list[Any]:
    """Return what a query on the classes' database gives."""
    from django.conf import settings
    from django.db import connections

    with connections[settings.CLASSROOM_DATABASE].cursor() as cursor:
        cursor.execute(query)
        return [list(one) for one in cursor.fetchall()]


def disconnect() -> str:
    """Close all connections, as after a crash of the server."""
    from django.db import connections

    connections.close_all()
    return "closed"


JOBS = {
    job.__name__: job
    for job in (
        ready,
        prepare,
        undo_and_redo,
        open_class,
        open_many,
        add,
        add_to_all,
        people_in,
        close,
        delete,
        shown,
        row,
        tries,
        sql,
        disconnect,
    )
}

if __name__ == "__main__":
    main()
