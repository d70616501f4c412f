"""A site of its own with the real settings, worked on by processes: `python -m tests.operations.site JOB`.

A job reads one JSON value from its standard input and prints one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEY = "only-for-tests-" + "x" * 50
PASSWORD = "a long sentence nobody would guess"
SECRETS = (
    "313373133731",
    "271828182845",
    "planted-token-hash",
    "planted-slip-hash",
    "planted-session",
    "planted-attempt",
)
"""What `fill` plants where a backup must not look; the first two are counters."""


@dataclass(frozen=True)
class Site:
    """A folder for data and a database."""

    data_dir: Path
    url: str

    @property
    def env(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "privacycheck.settings",
            "PUBLIC_ORIGIN": "http://127.0.0.1:8000",
            "SECRET_KEY": KEY,
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": self.url,
            "EDITION_REFRESH_SECONDS": "0",
        }

    def manage(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run one management command and return what came of it."""
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            input=stdin,
            capture_output=True,
            timeout=300,
            check=False,
        )

    def managed(self, *words: str, stdin: bytes = b"") -> str:
        """Run one management command that must succeed, and return what it said."""
        done = self.manage(*words, stdin=stdin)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def refused(self, *words: str, stdin: bytes = b"") -> str:
        """Run one management command that must fail, and return what it said: a sentence, no traceback."""
        done = self.manage(*words, stdin=stdin)
        said = done.stderr.decode()
        assert done.returncode != 0
        assert "Traceback" not in said, said
        return said

    def start(self, job: str, **values: Any) -> subprocess.Popen[bytes]:
        """Start a job without waiting for it."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.operations.site", job],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdin
        process.stdin.write(json.dumps(values).encode())
        process.stdin.close()
        return process

    def do(self, job: str, **values: Any) -> Any:
        """Do a job and return what came of it."""
        return finished(self.start(job, **values))


def finished(process: subprocess.Popen[bytes]) -> Any:
    """Wait for a job and return what came of it."""
    assert process.stdout
    said = process.stdout.read()
    process.stdout.close()
    assert process.wait(timeout=300) == 0
    return json.loads(said)


# --- Jobs ------------------------------------------------------------------------------------------------


def fill() -> dict[str, Any]:
    """Make a site with something in every table, and return the codes of its classes by what they are."""
    import datetime as dt

    from django.contrib.admin.models import CHANGE, LogEntry
    from django.contrib.auth.models import Permission, User
    from django.contrib.contenttypes.models import ContentType
    from django.contrib.sessions.models import Session
    from django.core.management import call_command
    from django.utils import timezone

    from apps.classroom import codes, services
    from apps.classroom.models import Attempts, OpenRound
    from apps.desk import draft, exchange, items, publishing, roles
    from apps.desk.models import Calibration, DraftItem, SignInTries
    from apps.editions.compiled import CompiledEdition
    from apps.editions.pack_files import read_pack
    from apps.editions.services import publish

    call_command("migrate_all", verbosity=0)
    pack = read_pack(ROOT / "apps" / "editions" / "pack")
    publish(pack, "First edition", at=dt.datetime(2026, 3, 2, 8, 30, 15, 123456, tzinfo=dt.timezone.utc))
    publish(pack.model_copy(update={"note": "another"}), "The same", at=timezone.now())

    wanda, _ = roles.create_editor("wanda", roles.Role.WRITER, "wanda@example.org")
    petra, _ = roles.create_editor("petra", roles.Role.PUBLISHER)
    wanda.set_password(PASSWORD)
    wanda.save()
    wanda.user_permissions.add(Permission.objects.get(codename="view_logentry"))
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=petra, content_type=kind, object_id=str(wanda.pk), object_repr="wanda", action_flag=CHANGE
    )
    Session.objects.create(session_key="planted-session", session_data="x", expire_date=timezone.now())
    SignInTries.objects.create(key="planted-attempt", ends_at=timezone.now())
    Calibration.objects.create(key="k" * 32, text="{}")
    Calibration.objects.update(made_at=dt.datetime(2026, 3, 1, 1, 2, 3, 4, tzinfo=dt.timezone.utc))

    exchange.import_pack(pack, petra)
    row = DraftItem.objects.filter(kind="claim")[0]
    items.move_item(row.kind, row.item_id, 3, wanda)
    changed = DraftItem.objects.get(kind="topic", item_id=pack.topics[0].id)
    name = {**changed.data["name"], "en": "Another name"}
    items.save_item("topic", changed.item_id, {**changed.data, "name": name}, changed.version, wanda)
    reasons = {publishing.problem_key(one): "known" for one in draft.draft_problems() if one.warning}
    publishing.request_approval(wanda, "Please")
    publishing.schedule(petra, "For later", timezone.now() + dt.timedelta(days=300), reasons)

    edition = CompiledEdition(1, pack)
    plan: dict[str, Any] = {"size": 12, "age_group": "adult", "byte": lambda: 1, "topics": [pack.topics[0].id]}

    def class_with(people: int, **wishes: Any) -> Any:
        klass = services.open_class(edition, **plan | wishes).klass
        for _ in range(people):
            picks = [(item.id, item.categories[0]) for item in klass.counted]
            services.contribute(klass, number=1, edition=1, picks=picks, token=codes.new_token())
        return klass

    made = {
        "released": class_with(12, rounds=2, label="Year 9 · 九年级").code,
        "too-few": (few := class_with(3)).code,
        "open": class_with(4).code,
        "planted": (planted := class_with(5)).code,
        "slips": services.open_class(edition, **plan | {"uses_slips": True}).klass.code,
    }
    services.close_round(few, 1)
    OpenRound.objects.filter(round__klass=planted).update(
        counters="313373133731,271828182845,0,0,0,0;0;0", tokens="planted-token-hash", slips="planted-slip-hash"
    )
    Attempts.objects.create(key="planted-attempt", seconds=60, window="w", count=3)
    return made


def contents() -> dict[str, list[dict[str, Any]]]:
    """Everything in the tables of this version, by label."""
    from django.apps import apps

    found = {}
    for model in apps.get_models(include_auto_created=True):
        names = [field.attname for field in model._meta.concrete_fields]
        rows = model._default_manager.order_by("pk").values(*names)
        found[model._meta.label] = [json.loads(json.dumps(row, default=str)) for row in rows]
    return found


def sql(alias: str, query: str) -> list[Any]:
    """Run a query of a test."""
    from django.db import connections

    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return [list(row) for row in cursor.fetchall()] if cursor.description else []


def go_on(code: str) -> dict[str, Any]:
    """Use the site as its people would: publish, edit, sign in, open a class, add to one and close it."""
    from django.contrib.auth import authenticate
    from django.contrib.auth.models import User

    from apps.classroom import codes, refusals, services
    from apps.desk import draft, items, publishing, roles
    from apps.desk.models import DraftItem
    from apps.editions.current import edition_numbered

    user = authenticate(username="wanda", password=PASSWORD)
    assert isinstance(user, User)
    row = DraftItem.objects.get(kind="topic", item_id=draft.draft_pack().topics[0].id)
    saved = items.save_item(
        "topic", row.item_id, {**row.data, "name": {**row.data["name"], "en": "Yet another name"}}, row.version, user
    )
    reasons = {publishing.problem_key(one): "known" for one in draft.draft_problems() if one.warning}
    published = publishing.publish_draft(None, "After the restore", reasons)
    roles.create_editor("nora", roles.Role.ADMINISTRATOR)
    services.open_class(edition_numbered(1), size=10, age_group="adult")
    klass = services.find_class(code)
    before = services.rounds_shown(klass)[-1].state.value
    picks = [(item.id, item.categories[0]) for item in klass.counted]
    try:
        services.contribute(klass, number=1, edition=klass.edition, picks=picks, token=codes.new_token())
        added = "counted"
    except refusals.ContributionRefused as refused:
        added = type(refused).__name__
    return {
        "may": user.has_perm(roles.EDIT),
        "may_publish": user.has_perm(roles.PUBLISH),
        "version": saved.item.version,
        "edition": published.number,
        "state": before,
        "added": added,
    }


def write_on(stop: str) -> int:
    """Publish editions, open, fill and delete classes until a file appears; return how often."""
    from apps.classroom import codes, services
    from apps.classroom.models import Class
    from apps.desk import items
    from apps.desk.models import DraftItem
    from apps.editions.compiled import CompiledEdition
    from apps.editions.pack_files import read_pack
    from apps.editions.services import publish

    pack = read_pack(ROOT / "apps" / "editions" / "pack")
    edition = CompiledEdition(1, pack)
    count = 0
    while not Path(stop).exists():
        new = publish(pack.model_copy(update={"note": f"number {count}"}), f"Edition {count}")[0]
        klass = services.open_class(edition, size=10, age_group="adult").klass
        # Each class names the edition that was published just before it.
        Class.objects.filter(code=klass.code).update(edition=new.number)
        klass = Class.objects.get(code=klass.code)
        picks = [(item.id, item.categories[0]) for item in klass.counted]
        services.contribute(klass, number=1, edition=klass.edition, picks=picks, token=codes.new_token())
        if count % 2:
            services.delete_class(klass)
        for number in range(3):
            row = DraftItem.objects.get(kind="topic", item_id=pack.topics[0].id)
            name = {**row.data["name"], "en": f"Name {count} {number}"}
            items.save_item("topic", row.item_id, {**row.data, "name": name}, row.version, None)
        count += 1
    return count


def release(path: str) -> dict[str, int]:
    """Fill a site, write all of it to a file, open rounds too, and return how many rows there are of each model.

    The counters are made up. The classes are of a far day, so that they are never due.
    """
    import datetime as dt

    from apps.classroom.models import Class, Round
    from apps.website.backups import move

    fill()
    for model in (Class, Round):
        model.objects.update(opened_on=dt.date(2999, 1, 1))
    with open(path, "wb") as file:
        return dict(move(file, lambda: True).rows)


JOBS: dict[str, Callable[..., Any]] = {
    "fill": fill,
    "contents": contents,
    "sql": sql,
    "go_on": go_on,
    "write_on": write_on,
    "release": release,
}


def main() -> None:
    """Do the job that is named."""
    import django

    django.setup()
    print(json.dumps(JOBS[sys.argv[1]](**json.loads(sys.stdin.read() or "{}"))))


if __name__ == "__main__":
    main()
