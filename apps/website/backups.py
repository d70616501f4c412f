"""Everything that must survive, written as one plain file, read into an empty place, or moved to another database.

A backup is gzip around lines of JSON, the same for both database engines:

    {"format": "privacycheck-backup", "version": 1, "made_at": ..., "migrations": ["auth.0001_initial", ...]}
    {"model": "editions.Edition", "fields": {"number": 1, ...}}     one line a row
    {"end": {"rows": {"editions.Edition": 1, ...}, "sha256": ...}}  the hash of all lines above

It is read into tables as they were when it was made, which are then brought up to date. Counters of open rounds are
never in a file: two copies of one, or a copy and the table that came of it, tell what pupils picked. Only `move`
takes them along. Source: method, section 10, R3 and R10.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.apps import apps as installed
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model
from django.utils import timezone

from apps.classroom import databases

FORMAT = "privacycheck-backup"
VERSION = 1

MADE_BY_MIGRATE = ("contenttypes.ContentType", "auth.Permission", "auth.Group", "auth.Group_permissions")
"""What `migrate_all` fills by itself: these rows may stand in an empty place."""

CLASSES = ("classroom.Class", "classroom.Round")
OPEN_ROUNDS = "classroom.OpenRound"

KEPT = (
    *MADE_BY_MIGRATE,
    "auth.User",
    "auth.User_groups",
    "auth.User_user_permissions",
    "admin.LogEntry",
    "editions.Edition",
    "desk.DraftItem",
    "desk.Revision",
    "desk.Approval",
    "desk.Publication",
    "desk.Calibration",
    "desk.PersonChange",
    *CLASSES,
)
"""The models that a backup holds, by label."""

LEFT_OUT: Mapping[str, str] = {
    OPEN_ROUNDS: "counters may not leave the server while they count",
    "classroom.Attempts": "about visitors, and worth nothing after a day",
    "desk.SignInTries": "about visitors, and worth nothing after a day",
    "sessions.Session": "editors sign in again",
}
"""The models that a backup does not hold, each with the reason."""

CLASSES_AT_ONCE = 200
ROWS_AT_ONCE = 10  # an edition takes about a megabyte

Migrations = frozenset[tuple[str, str]]
Row = tuple[str, dict[str, Any]]


class BackupError(Exception):
    """A backup could not be made or read; the message says why, and what to do."""


@dataclass(frozen=True)
class Contents:
    """What a backup holds: when it was made, and how many rows of each model."""

    made_at: str
    rows: Mapping[str, int]


# --- Making one ------------------------------------------------------------------------------------------


def save_backup(path: Path, with_classes: bool = True) -> Contents:
    """Write a backup to a new file that only its owner can read. A file of that name is never replaced."""
    if path.exists():
        raise BackupError(f"There is a file {path} already. Choose another name.")
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # mode 600
    try:
        with open(handle, "wb") as file:
            contents = write_backup(file, with_classes)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)
    return contents


def write_backup(file: IO[bytes], with_classes: bool = True) -> Contents:
    """Write a backup while the site runs, as it is at one moment. Nobody waits for it."""
    return _write(file, _kept_rows(with_classes=with_classes))


def _write(file: IO[bytes], rows: Callable[[Mapping[str, type[Model]]], Iterable[Row]]) -> Contents:
    applied = _applied()
    if not applied:
        raise BackupError("The database has no tables yet: run `manage.py migrate_all`.")
    models = _models_at(applied)
    counts: Counter[str] = Counter()
    digest = hashlib.sha256()
    with gzip.GzipFile(fileobj=file, mode="wb", filename="", compresslevel=6) as packed:

        def write(value: Mapping[str, Any]) -> None:
            line = json.dumps(value, separators=(",", ":"), default=_plain).encode() + b"\n"
            digest.update(line)
            packed.write(line)

        made_at = timezone.now().isoformat(timespec="seconds")
        names = sorted(".".join(key) for key in applied)
        write({"format": FORMAT, "version": VERSION, "made_at": made_at, "migrations": names})
        for label, fields in rows(models):
            write({"model": label, "fields": fields})
            counts[label] += 1
        write({"end": {"rows": counts, "sha256": digest.hexdigest()}})
    return Contents(made_at, counts)


def _plain(value: object) -> str:
    if isinstance(value, dt.date):  # or a datetime, to the microsecond
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a backup yet")


def _kept_rows(
    with_classes: bool = True, with_open_rounds: bool = False
) -> Callable[[Mapping[str, type[Model]]], Iterator[Row]]:
    """Return what yields each row to keep, as its database holds it at one moment."""

    def rows(models: Mapping[str, type[Model]]) -> Iterator[Row]:
        one_place = settings.CLASSROOM_DATABASE == "default"
        with _one_moment("default") if one_place else nullcontext():
            # Before the editions, so that a class of an edition published meanwhile finds it.
            if with_classes:
                yield from _class_rows(models, with_open_rounds)
            with _one_moment("default"):
                for label in KEPT:
                    if label in models and label not in CLASSES:
                        yield from _rows_of(models, label)

    return rows


def _class_rows(models: Mapping[str, type[Model]], with_open_rounds: bool) -> Iterator[Row]:
    """Yield classes with their rounds, a few classes at a time.

    On SQLite a reader of this file holds up whoever adds to a round, so each look is short. A class and its rounds
    are of one moment; two classes have nothing to do with each other.
    """
    by_class = {"classroom.Round": "klass_id__in"} | ({OPEN_ROUNDS: "round__klass_id__in"} if with_open_rounds else {})
    last = ""
    while True:
        with _one_moment(settings.CLASSROOM_DATABASE):
            found = list(_rows_of(models, "classroom.Class", pk__gt=last, at_most=CLASSES_AT_ONCE))
            codes = [fields["code"] for _, fields in found]
            for label, lookup in by_class.items():
                found += _rows_of(models, label, None, **{lookup: codes})
        yield from found
        if len(codes) < CLASSES_AT_ONCE:
            return
        last = codes[-1]


def _rows_of(models: Mapping[str, type[Model]], label: str, at_most: int | None = None, **only: Any) -> Iterator[Row]:
    model = models[label]
    names = [field.attname for field in model._meta.concrete_fields]
    found = model._base_manager.using(_home(model._meta.app_label)).filter(**only).order_by("pk")[:at_most]
    for values in found.values_list(*names).iterator(chunk_size=ROWS_AT_ONCE):
        yield label, dict(zip(names, values, strict=True))


@contextmanager
def _one_moment(alias: str) -> Iterator[None]:
    """Let all that is read here be of one moment. Within a transaction that runs already, leave it to that one."""
    connection = connections[alias]
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # atomic() begins IMMEDIATE, which would keep writers out.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            yield


# --- Reading one -----------------------------------------------------------------------------------------


def check_backup(file: IO[bytes]) -> Contents:
    """Read a backup to its end without storing anything. Raise BackupError where it is not whole."""
    made_at, _, rows = _opened(file)
    return Contents(made_at, Counter(label for label, _ in rows))


def restore_backup(file: IO[bytes], with_open_rounds: bool = False) -> Contents:
    """Read a backup into an empty place, and bring its tables up to date.

    Raise BackupError where the place is not empty, or the backup is not whole or of a newer version; then no row is
    stored.
    """
    made_at, applied, rows = _opened(file)
    models = _models_at(applied)
    _refuse_unless_empty(applied)
    for alias in connections:
        MigrationExecutor(connections[alias]).migrate(_latest(applied))  # without signals: the rows come as they were
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(transaction.atomic(using=alias))
            _without_timeout(alias)
        for label in reversed(MADE_BY_MIGRATE):
            _all(models[label]).delete()
        for label, fields in rows:
            if label not in (*KEPT, OPEN_ROUNDS) or label not in models:
                raise BackupError(f"The backup holds rows of {label}, which this version does not know.")
            if label == OPEN_ROUNDS and not with_open_rounds:
                raise BackupError("This holds counters of open rounds, which may not be in a file. Erase it.")
            _insert(models[label], fields)
            counts[label] += 1
        _reset_sequences(models.values())
    call_command("migrate_all", verbosity=0)
    return Contents(made_at, counts)


def _opened(file: IO[bytes]) -> tuple[str, Migrations, Iterator[Row]]:
    """Return when a backup was made, at which migrations, and its rows; the last of them has proved it whole."""
    lines = _lines(file)
    digest = hashlib.sha256()
    first = next(lines, b"")
    header = _parsed(first)
    if header.get("format") != FORMAT:
        raise BackupError("This is not a backup of PrivacyCheck.")
    if header.get("version") != VERSION:
        raise BackupError(f"The backup is of format {header.get('version')}. Use the version that made it, or newer.")
    applied = frozenset(
        (app, name) for app, _, name in (entry.partition(".") for entry in header.get("migrations", ()))
    )
    digest.update(first)  # its hash stands in the last line, so a damaged first line shows there

    def rows() -> Iterator[Row]:
        counts: Counter[str] = Counter()
        for line in lines:
            value = _parsed(line)
            if "end" in value:  # a key of no row
                if value["end"] != {"rows": counts, "sha256": digest.hexdigest()} or next(lines, None) is not None:
                    raise BackupError("The backup is damaged: its checksum does not match. Take another one.")
                return
            label, fields = value.get("model"), value.get("fields")
            if not isinstance(label, str) or not isinstance(fields, dict):
                raise BackupError("The backup is damaged: a line is no row. Take another one.")
            digest.update(line)
            counts[label] += 1
            yield label, fields
        raise BackupError("The backup is cut off: its last line is missing. Take another one.")

    return str(header.get("made_at")), applied, rows()


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            yield from unpacked
    except EOFError:
        raise BackupError("The backup is cut off. Take another one.") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BackupError(f"The backup is damaged, or this is none: {error}. Take another one.") from None


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise BackupError("The backup is damaged: a line cannot be read. Take another one.")
    return value


def _insert(model: type[Model], fields: Mapping[str, Any]) -> None:
    columns = {field.attname: field for field in model._meta.concrete_fields}
    try:
        row = model(**{name: columns[name].to_python(value) for name, value in fields.items()})
        # Raw, so that no field is set to today.
        row.save_base(raw=True, force_insert=True, using=_home(model._meta.app_label))
    except (KeyError, ValidationError, DatabaseError) as error:
        raise BackupError(f"A row of {model._meta.label} cannot be stored: {error!r}.") from error


def _reset_sequences(models: Iterable[type[Model]]) -> None:
    """Let new rows be numbered after the restored ones."""
    for model in models:
        connection = connections[_home(model._meta.app_label)]
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
                cursor.execute(statement)


def _refuse_unless_empty(applied: Migrations) -> None:
    """Raise BackupError unless no database has tables, or all have these tables and nothing in them."""
    known = {model._meta.db_table: model for model in installed.get_models(include_auto_created=True)}
    has_tables = False
    for alias in connections:
        tables = set(connections[alias].introspection.table_names()) - {"django_migrations"}
        has_tables = has_tables or bool(tables)
        for table in sorted(tables):
            model = known.get(table)
            if model is None:
                raise BackupError(f"The database is not empty: it has a table {table}. Restore into an empty one.")
            if model._meta.label not in MADE_BY_MIGRATE and model._base_manager.using(alias).exists():
                raise BackupError(f"The database is not empty: {table} has rows. Restore into an empty one.")
    if has_tables and _applied() != applied:
        raise BackupError("The database has tables of another version. Restore into one without tables.")


# --- Moving ----------------------------------------------------------------------------------------------


def move(pipe: IO[bytes], has_arrived: Callable[[], bool]) -> Contents:
    """Write everything that must survive into a pipe, open rounds too, while nobody can write here.

    Once `has_arrived` says that it is stored there, the open rounds here are erased: the counters of a round may not
    be in two places. Raise BackupError where it has not arrived; then nothing has changed here.
    """
    models = _models_at(_applied())
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(_held(alias, models.values()))
        try:
            contents = _write(pipe, _kept_rows(with_open_rounds=True))
            pipe.close()
        except BrokenPipeError:  # the other side has said why
            contents = None
        if not has_arrived() or contents is None:
            raise BackupError("Nothing was moved, and nothing has changed here.")
        try:
            _all(models[OPEN_ROUNDS]).delete()
        except DatabaseError as error:
            raise BackupError(f"All was moved, but open rounds could not be erased here: {error}. Do it.") from error
    return contents


@contextmanager
def _held(alias: str, models: Iterable[type[Model]]) -> Iterator[None]:
    """Keep writers out of a database."""
    connection = connections[alias]
    with transaction.atomic(using=alias):
        if connection.vendor != "sqlite":  # there the transaction itself is enough
            tables = [connection.ops.quote_name(one._meta.db_table) for one in models]
            _without_timeout(alias)
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE")
        yield


# --- Inside ----------------------------------------------------------------------------------------------


def _home(app_label: str) -> str:
    """Return the alias of the database that holds an app."""
    return settings.CLASSROOM_DATABASE if app_label == databases.APP else "default"


def _applied() -> Migrations:
    """Return the migrations that the tables here have seen, as (app, name)."""
    found: set[tuple[str, str]] = set()
    for alias in connections:
        loader = MigrationLoader(connections[alias])
        found |= {
            (app, name)
            for app, name in loader.applied_migrations or {}
            if app in loader.migrated_apps and _home(app) == alias
        }
    return frozenset(found)


def _latest(applied: Migrations) -> list[tuple[str, str]]:
    """Return the last of these migrations of each app. Raise BackupError where this version lacks one."""
    loader = MigrationLoader(None)
    missing = sorted(applied - loader.disk_migrations.keys())
    if missing:
        raise BackupError(f"This version does not know the migration {'.'.join(missing[0])}. Install a newer one.")
    return sorted(
        key
        for key in applied
        if not any(child.key in applied for child in loader.graph.node_map[key].children if child.key[0] == key[0])
    )


def _models_at(applied: Migrations) -> dict[str, type[Model]]:
    """Return the models as they were after these migrations, by label, in the order of KEPT."""
    then = MigrationLoader(None).project_state(_latest(applied)).apps
    found: dict[str, type[Model]] = {}
    for label in (*KEPT, OPEN_ROUNDS):
        with suppress(LookupError):  # made by a later version
            found[label] = then.get_model(label)
    return found


def _all(model: type[Model]) -> Any:
    return model._base_manager.using(_home(model._meta.app_label)).all()


def _without_timeout(alias: str) -> None:
    """Let the statements of this transaction take their time."""
    if connections[alias].vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
