"""Read a pack from files and write one back, always in one canonical form.

    pack.yaml                 languages, places, situations, families, points of the article
    topics/<topic>.yaml       a topic with its questions          actions/<topic>.yaml   a list of actions
    claims/<group>.yaml       a list of claims                    platforms.yaml  glossary.yaml  personas.yaml
    guides/<guide>.yaml       a guide, its body in guides/<guide>.<language>.md
    calibration.json          what `check_pack --full --write` measured; not part of the content

A pack may come from anybody, so it is read with suspicion: limits on size, number and depth before anything is
built, no links, no aliases, no tags, no repeated keys, and a zip is read member by member without extracting.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from apps.editions.pack_items import file_of
from apps.editions.schema import Action, Checked, Claim, Guide, Item, Pack, Persona, Platform, Term, Topic

CALIBRATION = "calibration.json"
LARGEST_FILE = 2 * 1024 * 1024
LARGEST_PACK = 20 * 1024 * 1024
MOST_FILES = 500
LARGEST_RATIO = 100
DEEPEST = 30
WIDTH = 100

_SINGLE_FILES = {"pack.yaml", "platforms.yaml", "glossary.yaml", "personas.yaml", CALIBRATION}
_FOLDER_FILE = re.compile(r"^(topics|actions|claims|guides)/[a-z][a-z0-9-]{0,39}\.yaml$")
_BODY_FILE = re.compile(r"^guides/([a-z][a-z0-9-]{0,39})\.([a-z]{2,3}(?:-[a-z]{2,8})?)\.md$")
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_NUMBER = re.compile(r"\d+")

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class PackProblem:
    """What is wrong with a pack: the file, the item, why, and how to mend it. A warning may be published."""

    file: str
    item: str
    reason: str
    mend: str
    warning: bool = False


class PackError(Exception):
    """The files are not a pack. `problems` lists everything that is wrong, not only the first thing."""

    def __init__(self, problems: Iterable[PackProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} problems")


def read_pack(path: Path) -> Pack:
    """Return the pack in a folder or a .zip file. Raise PackError with every problem of shape."""
    files = _zip_files(path) if path.is_file() else _folder_files(path)
    return pack_of(files)


def pack_of(files: Mapping[str, bytes]) -> Pack:
    """Return the pack made of files, given by relative name. Raise PackError with every problem of shape."""
    reading = _Reading(files)
    parts: dict[str, Any] = {
        **reading.mapping("pack.yaml"),
        "topics": reading.one_each("topics", Topic),
        "actions": reading.lists("actions", Action),
        "claims": reading.lists("claims", Claim),
        "platforms": reading.list_in("platforms.yaml", Platform),
        "glossary": reading.list_in("glossary.yaml", Term),
        "personas": reading.list_in("personas.yaml", Persona),
        "guides": reading.guides(),
    }
    pack = None
    try:
        pack = Pack.model_validate(parts)
    except ValidationError as error:
        # A part that failed on its own has been reported there, in more helpful words.
        own = {"topics", "actions", "claims", "platforms", "glossary", "personas", "guides"}
        reading.report("pack.yaml", "pack", parts, error, skip=own)
    if reading.problems or pack is None:
        raise PackError(reading.problems or [PackProblem("pack.yaml", "pack", "it cannot be read", "check it")])
    return pack


def write_pack(pack: Pack, folder: Path) -> None:
    """Write a pack in its canonical form into a folder, and remove files of it that no longer belong there.

    The calibration stays as it is.
    """
    made = pack_bytes(pack)
    for name, body in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    if folder.is_dir():
        for name in _folder_files(folder):
            if name not in made and name != CALIBRATION:
                (folder / name).unlink()


def pack_bytes(pack: Pack) -> dict[str, bytes]:
    """Return the files of a pack in canonical form, by relative name.

    Keys stand in the order of the schema with the dates of checking last, what equals its default is left
    out, items keep their order. Reading them and writing again gives the same bytes.
    """
    head = _plain(pack)
    grouped: dict[str, Any] = {}
    for topic in pack.topics:
        grouped[file_of(topic)] = _plain(topic)
    for item in (*pack.actions, *pack.claims):
        grouped.setdefault(file_of(item), []).append(_plain(item))
    for guide in pack.guides:
        grouped[file_of(guide)] = {key: value for key, value in _plain(guide).items() if key != "body"}
    for name in ("platforms", "glossary", "personas"):
        grouped[f"{name}.yaml"] = head.pop(name)
    for name in ("topics", "actions", "claims", "guides"):
        head.pop(name, None)
    files = {name: _yaml(data) for name, data in {"pack.yaml": head, **grouped}.items()}
    for guide in pack.guides:
        for language, body in guide.body.items():
            files[f"guides/{guide.id}.{language}.md"] = (_tidy(body) + "\n").encode()
    return files


def is_canonical(folder: Path) -> tuple[PackProblem, ...]:
    """Return a warning for each file of a pack that is not in canonical form. Raise PackError."""
    files = _folder_files(folder)
    made = pack_bytes(pack_of(files))
    return tuple(
        PackProblem(
            name, "file", "is not in the canonical form", "run check_pack with --write", warning=True
        )
        for name in sorted({*files, *made} - {CALIBRATION})
        if files.get(name) != made.get(name)
    )


def content_hash(pack: Pack) -> str:
    """Return the SHA-256 of a pack's content in hex: the same content has the same hash on every machine."""
    content = json.dumps(
        pack.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(content.encode()).hexdigest()


# --- Files ---------------------------------------------------------------------------------------------


def _refused(file: str, reason: str, mend: str) -> PackError:
    return PackError([PackProblem(file, "file", reason, mend)])


def _check_name(name: str) -> None:
    if name in _SINGLE_FILES or _FOLDER_FILE.match(name) or _BODY_FILE.match(name):
        return
    shown = "".join(character if character.isprintable() else "?" for character in name[:60])
    raise _refused(shown, "is not a file of a pack", "remove it, or see the layout in CONTRIBUTING.md")


def _folder_files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by relative name. Links and devices are refused, never followed."""
    if not folder.is_dir() or folder.is_symlink():
        raise _refused(folder.name[:60], "is neither a folder nor a zip file", "name a folder with a pack.yaml")
    files: dict[str, bytes] = {}
    total = 0
    for name, entry in _entries(folder):
        mode = entry.stat(follow_symlinks=False).st_mode
        if not stat.S_ISREG(mode):
            raise _refused(name[:60], "is a link or a device", "put the file itself there")
        _check_name(name)
        with open(entry.path, "rb", opener=_no_follow) as file:
            body = file.read(LARGEST_FILE + 1)
        total += len(body)
        _check_size(name, len(body), total, len(files) + 1)
        files[name] = body
    return files


def _no_follow(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _entries(folder: Path, above: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the files of a folder and of the folders one level below, in order of their names."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        name = f"{above}{entry.name}"
        if entry.is_dir(follow_symlinks=False) and not above:
            yield from _entries(Path(entry.path), f"{name}/")
        else:
            yield name, entry


def _zip_files(path: Path) -> dict[str, bytes]:
    """Return the members of a zip file by name, without extracting any of them to disk."""
    if path.stat().st_size > LARGEST_PACK:
        raise _refused(path.name[:60], "is larger than 20 MB", "leave out what does not belong to a pack")
    files: dict[str, bytes] = {}
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check_members(members)
            for member in members:
                with archive.open(member) as file:
                    body = file.read(LARGEST_FILE + 1)
                total += len(body)
                _check_size(member.filename, len(body), total, len(files) + 1)
                files[member.filename] = body
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _refused(path.name[:60], "is not a zip file that we can read", "make the zip file again") from error
    return files


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    if len(members) > MOST_FILES:
        raise _refused("zip file", f"holds more than {MOST_FILES} files", "leave out what does not belong to a pack")
    for member in members:
        name = member.filename
        parts = PurePosixPath(name).parts
        mode = member.external_attr >> 16
        if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
            raise _refused(name[:60], "points outside the pack", "make the zip file from inside the folder")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise _refused(name[:60], "is a link or a device", "put the file itself there")
        if name.casefold() in seen:
            raise _refused(name[:60], "is there twice", "keep one of them")
        seen.add(name.casefold())
        _check_name(name)
        if member.file_size > LARGEST_RATIO * max(1, member.compress_size) and member.file_size > 4096:
            raise _refused(name[:60], "unpacks to over a hundred times its size", "make the zip file again")


def _check_size(name: str, size: int, total: int, count: int) -> None:
    if size > LARGEST_FILE:
        raise _refused(name[:60], "is larger than 2 MB", "split it or shorten it")
    if total > LARGEST_PACK:
        raise _refused("pack", "is larger than 20 MB", "leave out what does not belong to a pack")
    if count > MOST_FILES:
        raise _refused("pack", f"has more than {MOST_FILES} files", "leave out what does not belong to a pack")


# --- Reading -------------------------------------------------------------------------------------------


class _Unique(_Loader):  # type: ignore[misc]
    """Builds plain values; a key that stands twice in one mapping is refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                raise _Bad(key.start_mark.line + 1, "a key is not a plain word", "write keys as plain words")
            if key.value in seen:
                raise _Bad(key.start_mark.line + 1, f"the key `{key.value[:40]}` stands twice", "keep one of them")
            seen.add(key.value)
        return dict(super().construct_mapping(node, deep=deep))


class _Bad(Exception):
    """A YAML file is not as we want it, at a line."""

    def __init__(self, line: int, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.line, self.reason, self.mend = line, reason, mend


Model = TypeVar("Model", bound=BaseModel)


class _Reading:
    """Reads the parts of a pack and collects what is wrong with them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.problems: list[PackProblem] = []

    def problem(self, file: str, item: str, reason: str, mend: str) -> None:
        """Note one problem."""
        self.problems.append(PackProblem(file, item, reason, mend))

    def text(self, name: str) -> str | None:
        """Return a file as text, or None if it is missing or not plain UTF-8."""
        if name not in self.files:
            self.problem(name, "file", "is missing", "add it; see the layout in CONTRIBUTING.md")
            return None
        try:
            text = self.files[name].decode("utf-8")
        except UnicodeDecodeError:
            self.problem(name, "file", "is not UTF-8 text", "save it as UTF-8")
            return None
        hidden = _HIDDEN.search(text)
        if hidden:
            line = text.count("\n", 0, hidden.start()) + 1
            code = f"U+{ord(hidden.group()):04X}"
            self.problem(name, f"line {line}", f"holds the invisible character {code}", "remove it")
            return None
        return text

    def data(self, name: str) -> Any:
        """Return a YAML file as plain values, or None where it cannot be read."""
        text = self.text(name)
        if text is None:
            return None
        try:
            _check_events(text)
            # A subclass of the safe loader: no tags beyond plain values, no aliases, no repeated keys.
            return yaml.load(text, Loader=_Unique)  # noqa: S506
        except _Bad as bad:
            self.problem(name, f"line {bad.line}", bad.reason, bad.mend)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.problem(name, f"line {line}", "is not valid YAML", "check the indentation, quotes and colons there")
        except (yaml.YAMLError, RecursionError, MemoryError, ValueError, OverflowError):
            self.problem(name, "file", "is not valid YAML", "check the indentation, quotes and colons")
        return None

    def mapping(self, name: str) -> dict[str, Any]:
        """Return a file that holds one mapping."""
        data = self.data(name)
        if isinstance(data, dict):
            reserved = {"topics", "actions", "claims", "platforms", "glossary", "personas", "guides"} & data.keys()
            for key in sorted(reserved):
                self.problem(name, key, "has files of its own", f"move it out of {name}")
            return {key: value for key, value in data.items() if key not in reserved}
        if data is not None:
            self.problem(name, "file", "must hold keys and values", "see the shipped pack for an example")
        return {}

    def one_each(self, folder: str, model: type[Model]) -> list[Model]:
        """Return the items of a folder that holds one item a file."""
        found = (self.item(name, self.data(name), model) for name in self.names(folder))
        return [item for item in found if item is not None]

    def lists(self, folder: str, model: type[Model]) -> list[Model]:
        """Return the items of a folder that holds a list in each file."""
        return [item for name in self.names(folder) for item in self.list_in(name, model)]

    def list_in(self, name: str, model: type[Model]) -> list[Model]:
        """Return the items of a file that holds a list."""
        data = self.data(name)
        if data is None:
            return []
        if not isinstance(data, list):
            self.problem(name, "file", "must hold a list of items", "begin each item with `- id:`")
            return []
        found = []
        for entry in data:
            item = self.item(name, entry, model)
            if item is None:
                continue
            at_home = file_of(item) if isinstance(item, Item) else name
            if at_home != name:
                self.problem(name, _named(entry), "stands in the wrong file", f"move it to {at_home}")
            found.append(item)
        return found

    def guides(self) -> list[Guide]:
        """Return the guides with their bodies."""
        bodies: dict[str, dict[str, str]] = {}
        for name in self.files:
            match = _BODY_FILE.match(name)
            if match:
                bodies.setdefault(match[1], {})[match[2]] = _tidy(self.text(name) or "")
        found = []
        for name in self.names("guides"):
            data = self.data(name)
            if not isinstance(data, dict):
                continue
            body = bodies.pop(PurePosixPath(name).stem, {})
            if not body:
                self.problem(name, _named(data), "has no text", f"add {name.removesuffix('.yaml')}.en.md")
                continue
            item = self.item(name, {**data, "body": body}, Guide)
            if item is not None:
                found.append(item)
        for orphan in bodies:
            self.problem(f"guides/{orphan}.yaml", "file", "is missing", "add it, or remove the text of the guide")
        return found

    def item(self, name: str, data: Any, model: type[Model]) -> Model | None:
        """Return one item, or None with what is wrong noted."""
        if data is None:
            return None
        try:
            item = model.model_validate(data)
        except ValidationError as error:
            self.report(name, _named(data), data, error)
            return None
        except RecursionError:
            self.problem(name, _named(data), "is nested too deeply", "make it flatter")
            return None
        stem = PurePosixPath(name).stem
        if model in (Topic, Guide) and getattr(item, "id", stem) != stem:
            self.problem(name, _named(data), "has another id than its file", f"name the file {_id(data)}.yaml")
        return item

    def names(self, folder: str) -> list[str]:
        """Return the YAML files of a folder in the pack's order: t2 before t10, then `choices`, law, other."""
        names = [name for name in self.files if name.startswith(f"{folder}/") and name.endswith(".yaml")]
        return sorted(names, key=lambda name: _order(PurePosixPath(name).stem))

    def report(
        self, file: str, item: str, data: Any, error: ValidationError, skip: Iterable[str] = ()
    ) -> None:
        """Note what pydantic found, in plain words."""
        for found in error.errors(include_url=False, include_context=True, include_input=True):
            place = found["loc"]
            if place and place[0] in skip and found["type"] != "missing":
                continue
            reason, mend = _in_words(found)
            where = _where(data, place)
            entry = PackProblem(file, f"{item}: {where}" if where else item, reason, mend)
            if entry not in self.problems:
                self.problems.append(entry)


def _check_events(text: str) -> None:
    """Refuse aliases, anchors, tags and depth before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Bad(line, "uses an anchor or alias (& or *)", "write the text out")
        if getattr(event, "tag", None):
            raise _Bad(line, "uses a tag (!)", "write a plain value")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _Bad(line, f"is nested deeper than {DEEPEST} levels", "make it flatter")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _order(stem: str) -> tuple[int, int, str]:
    number = _NUMBER.search(stem)
    last = {"law": 2, "other": 3}
    if stem in last:
        return last[stem], 0, stem
    return (0, int(number.group()), stem) if number else (1, 0, stem)


def _id(data: Any) -> str:
    return str(data.get("id") or data.get("code") or "?")[:40] if isinstance(data, dict) else "?"


def _named(data: Any) -> str:
    return f"item {_id(data)}"


def _where(data: Any, place: tuple[int | str, ...]) -> str:
    """Return a path into an item in words: "questions, q3, options, b, level"."""
    words = []
    for step in place:
        if isinstance(step, int) and isinstance(data, (list, tuple)) and step < len(data):
            data = data[step]
            words.append(_id(data) if isinstance(data, dict) else f"number {step + 1}")
            continue
        if isinstance(data, dict) and step in data:
            data = data[step]
        elif isinstance(step, str) and ("[" in step or step in {"str", "constrained-str"}):
            continue  # a branch of a union: pydantic's word, not the editor's
        words.append(str(step)[:40])
    return ", ".join(words)


def _in_words(found: Mapping[str, Any]) -> tuple[str, str]:
    """Return what is wrong and how to mend it, for one of pydantic's errors."""
    kind, context = found["type"], found.get("ctx", {})
    value = str(found.get("input"))[:60]
    if kind == "missing":
        return "is missing", "add it"
    if kind == "extra_forbidden":
        return "is not a key that we know", "check its spelling, or remove it"
    if kind == "string_type" and isinstance(found.get("input"), bool):
        return "reads as true or false, not as text", "put it in quotes, for example 'No'"
    if kind == "string_type":
        return "must be text", "put it in quotes"
    if kind == "string_pattern_mismatch":
        return f"“{value}” has not the right form", "use small letters, digits and hyphens, or check the address or date"
    if kind in {"string_too_long", "string_too_short", "too_long", "too_short"}:
        limit = context.get("max_length", context.get("min_length"))
        return f"has not the right length (limit {limit})", "shorten it or add what is missing"
    if kind in {"greater_than_equal", "less_than_equal"}:
        limit = context.get("ge", context.get("le"))
        return f"{value} is out of range (limit {limit})", "use a number within the range"
    if kind in {"literal_error", "enum"}:
        return f"“{value}” is not one of the choices", f"use {context.get('expected', 'one of them')}"
    if kind == "value_error":
        return str(context.get("error", "is not right")), "change it so that this holds"
    if kind.startswith(("int", "float", "bool", "date")):
        return f"“{value}” is not a {kind.split('_')[0]}", "write it without quotes"
    return "has not the right shape", "compare it with an item of the shipped pack"


# --- Writing -------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """Return an item as plain values in canonical order, without what equals its default."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        late = [name for name in Checked.model_fields if name in fields] if isinstance(value, Checked) else []
        names = [name for name in fields if name not in late] + late
        return {
            name: _plain(getattr(value, name))
            for name in names
            if fields[name].is_required() or getattr(value, name) != fields[name].get_default(call_default_factory=True)
        }
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, str) and "\n" in value:
        return _Lines(_tidy(value) + "\n" if value.endswith("\n") else _tidy(value))
    return value


def _tidy(text: str) -> str:
    """Return a text with plain line ends, no spaces at the end of a line and no empty lines at either end."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines).strip("\n")


class _Lines(str):
    """A text of several lines, written as a block."""


class _Dumper(yaml.SafeDumper):
    """Writes lists indented below their key, and texts of several lines as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.add_representer(
    _Lines, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")
)


def _yaml(data: Any) -> bytes:
    text: str = yaml.dump(
        data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=WIDTH
    )
    return text.encode()


