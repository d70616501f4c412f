"""A process of its own with the real settings, for tests that need several: `python -m tests.desk.worker`.

It reads one job a line (a name and JSON arguments) and answers each with one line of JSON. The database is the one
that DATABASE_URL names.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Worker(AbstractContextManager["Worker"]):
    """A running process, spoken to by one line at a time."""

    def __init__(self, data_dir: Path, database_url: str) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.desk.worker"],
            cwd=ROOT,
            env=kept
            | {
                "DJANGO_SETTINGS_MODULE": "privacycheck.settings",
                "PUBLIC_ORIGIN": "http://127.0.0.1:8000",
                "SECRET_KEY": "only-for-tests-" + "x" * 50,
                "DATA_DIR": str(data_dir),
                "DATABASE_URL": database_url,
                "EDITION_REFRESH_SECONDS": "0",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, job: str, *values: Any) -> None:
        """Begin a job without waiting for it."""
        assert self._process.stdin is not None
        print(json.dumps([job, *values]), file=self._process.stdin, flush=True)

    def answer(self) -> Any:
        """Return what the job that was begun gave."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process ended"
        return json.loads(line)

    def ask(self, job: str, *values: Any) -> Any:
        """Do a job and return what it gave."""
        self.tell(job, *values)
        return self.answer()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


def _serve() -> None:
    import django

    django.setup()

    from django.core.management import call_command
    from django.utils import timezone

    from apps.desk.exchange import export_pack, import_pack, load_edition, start_draft
    from apps.desk.items import EditConflict, save_item
    from apps.desk.models import DraftItem, Publication, Revision
    from apps.desk.publishing import publish_due, schedule
    from apps.editions.models import Edition
    from apps.editions.pack_files import pack_bytes, read_pack
    from apps.editions.services import publish
    from tests.desk.desks import all_ticked, data_of
    from tests.editions.packs import make_pack, text

    later = timezone.now() + dt.timedelta(hours=1)

    def prepare() -> str:
        call_command("migrate", verbosity=0)
        publish(make_pack(), "First")
        return "ready"

    def save(words: str) -> str:
        data = data_of("family", "settings") | {"name": text(words)}
        try:
            save_item("family", "settings", data, 1, None)
        except EditConflict:
            return "conflict"
        return "saved"

    def plan() -> str:
        schedule(None, "Later", later, all_ticked())
        return "ready"

    def round_trip() -> bool:
        pack = read_pack(ROOT / "apps" / "editions" / "pack")
        import_pack(pack, None)
        same = export_pack() == pack_bytes(pack) and import_pack(pack, None, dry_run=True) == ()
        load_edition(1, None)
        return same and export_pack() == pack_bytes(make_pack())

    jobs = {
        "ready": lambda: "ready",
        "prepare": prepare,
        "start": start_draft,
        "save": save,
        "plan": plan,
        "publish": lambda: len(publish_due(later)),
        "count": lambda: [
            Edition.objects.count(),
            Publication.objects.filter(state="published").count(),
            Revision.objects.filter(kind="family", item_id="settings").count(),
            DraftItem.objects.count(),
        ],
        "round trip": round_trip,
    }
    for line in sys.stdin:
        job, *values = json.loads(line)
        print(json.dumps(jobs[job](*values)), flush=True)


if __name__ == "__main__":
    _serve()
