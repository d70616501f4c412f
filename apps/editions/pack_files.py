"""Read a pack from files and write one back, always in one canonical form.

    pack.yaml                 languages, places, situations, families, points of the article
    topics/<topic>.yaml       a topic with its questions          actions/<topic>.yaml   a list of actions
    claims/<group>.yaml       a list of claims                    platforms.yaml  glossary.yaml  personas.yaml
    guides/<guide>.yaml       a guide, its body in guides/<guide>.<language>.md
    rights/<place>.yaml       what to ask for in a place          letters/<letter>.yaml  a letter     laws.yaml
    lessons/<lesson>.yaml     a lesson     handouts/<handout>.yaml  a sheet to print      ages.yaml  prompts.yaml
    calibration.json          may stand beside them; it is not part of the pack

Topics are read in the natural order of their ids, those after the result last. The files of actions, claims
and guides follow in the order of the topics they are named after, then `law`, then `other`; rights follow the
places; letters, lessons and handouts their ids. Items keep their order within a file. Files that would be
empty are left out.

A pack may come from anyone (security bar, T10): nothing is unpacked to disk, no link is followed, sizes are
limited before anything is parsed, and whatever is wrong is told as a list of problems, never as another error.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from apps.editions import safe_yaml, schema
from apps.editions.markdown import UNWANTED_CHARACTERS
from apps.editions.pack_items import PACK_FILE, file_of, guide_file, text_shape
from apps.editions.schema import (
    Action,
    AgeGroup,
    Claim,
    Guide,
    Handout,
    Item,
    Law,
    Lesson,
    Letter,
    Pack,
    Persona,
    Platform,
    Prompts,
    Rights,
    Term,
    Topic,
)
from apps.editions.shape_errors import explain, kind_of, named

MAX_FILE = 2_000_000
MAX_TOTAL = 20_000_000
MAX_FILES = 500
MAX_RATIO = 100
MAX_VALUES = 300_000
"""Limits of a pack: bytes of one file and of all (an archive's own size included), number of files, how often
larger a file may be than it is in an archive, and values (texts, numbers, lists) in all YAML files."""

CALIBRATION = "calibration.json"

_MAX_PROBLEMS = 200
_WHOLE_FILE = "the whole file"
_WHOLE_PACK = "the whole pack"
_ECHO = 60
_LONGEST_NAME = 80
"""Characters of a file's name; an id of 40 fits in any of them."""

_LISTS: dict[str, tuple[str, type[Item]]] = {
    "platforms.yaml": ("platforms", Platform),
    "laws.yaml": ("laws", Law),
    "ages.yaml": ("ages", AgeGroup),
    "prompts.yaml": ("prompts", Prompts),
    "glossary.yaml": ("glossary", Term),
    "personas.yaml": ("personas", Persona),
}
_FOLDERS = ("topics", "actions", "claims", "guides", "rights", "letters", "lessons", "handouts")
_SINGLE = ("topics", "rights", "letters", "lessons", "handouts")
"""Folders whose files hold one item each, all of it."""
_HEADER_FIELDS = tuple(
    name for name in Pack.model_fields if name not in {*_FOLDERS, *(pack_field for pack_field, _ in _LISTS.values())}
)

_ID = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_BODY_NAME = re.compile(rf"guides/(?P<guide>{_ID})\.(?P<language>[a-z]{{2,3}}(?:-[a-z]{{2,8}})?)\.md")
_ITEM_NAME = re.compile(rf"(?P<folder>{'|'.join(_FOLDERS)})/(?P<stem>{_ID})\.yaml")
_FIXED_NAMES = frozenset({PACK_FILE, CALIBRATION, *_LISTS})
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
"""A line for the YAML parser itself. Packs need none, and a file full of them would keep the parser busy for long."""

AnItem = TypeVar("AnItem", bound=Item)


@dataclass(frozen=True)
class PackProblem:
    """One thing that is wrong with a pack: in which file, with which item, why, and how to mend it.

    A warning does not stand against publishing.
    """

    file: str
    item: str
    reason: str
    mend: str
    warning: bool = False


class PackError(Exception):
    """The files are no pack; `problems` holds every reason that was found, at least one."""

    def __init__(self, problems: Iterable[PackProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{p.file}: {p.item}: {p.reason} ({p.mend})" for p in self.problems))


def read_pack(path: Path) -> Pack:
    """Return the pack in a folder or a .zip. Raise PackError with all its problems of shape."""
    try:
        is_folder = path.is_dir()
        data = None if is_folder else _read_regular_file(path, MAX_TOTAL)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        reason = f"there is no pack at {_shown_name(path.name)}"
        raise PackError([_pack_problem(reason, "name a folder or a .zip")]) from None
    if is_folder:
        return _guarded(lambda: _pack_of(_files_of_folder(path)))
    if data is None:
        raise PackError([_pack_problem("this is neither a folder nor a .zip", "name a folder or a .zip")])
    return read_zip(data)


def read_zip(data: bytes) -> Pack:
    """Return the pack in a .zip that is held in memory. Raise PackError with all its problems of shape."""
    return _guarded(lambda: _pack_of(_files_of_zip(data)))


def pack_of(contents: Mapping[str, bytes]) -> Pack:
    """Return the pack made of files, given by name. Raise PackError with all its problems of shape."""
    files = _Files()
    for name, data in contents.items():
        if files.accepts(name):
            files.add(name, data)
    return _guarded(lambda: _pack_of(files))


def pack_bytes(pack: Pack) -> dict[str, bytes]:
    """Return the canonical files of a pack, by their name relative to the pack's folder.

    Keys stand in the order of the schema, languages as the pack lists them, questions in the order asked;
    fields equal to their default are left out. Reading these files and writing again gives the same bytes.
    Raise PackError where a text holds a character that may not be read back, or two items one file.
    """
    files: dict[str, bytes] = {}
    problems = []
    for name, text in _texts_of_files(pack):
        data = text.encode("utf-8", "surrogatepass")
        if name in files:
            problems.append(PackProblem(name, _WHOLE_FILE, "two items of one id would stand here", "keep one of them"))
        elif problem := _character_problem(name, data):
            problems.append(problem)
        files[name] = data
    if problems:
        raise PackError(problems)
    return files


def write_pack(pack: Pack, folder: Path) -> tuple[str, ...]:
    """Write the canonical files of a pack into a folder and return the names of those that changed.

    Files of the layout that the pack no longer has are removed; other files stay. Raise PackError where a
    link stands in place of a folder, or where the files could not be read back, before anything is written.
    """
    files = pack_bytes(pack)
    pack_of(files)  # a text of spaces only, say, is a text in memory but not in a file
    linked = [name for name in _FOLDERS if (folder / name).is_symlink()]
    if linked:
        raise PackError([PackProblem(name, name, "this is a link", "put a folder in its place") for name in linked])
    changed = []
    for name, data in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink() or not target.is_file() or target.read_bytes() != data:
            unfinished = target.with_name(f".{target.name}.new")
            unfinished.write_bytes(data)
            os.replace(unfinished, target)  # a reader sees the old file or the new one, never half of it
            changed.append(name)
    for name in _layout_files(folder):
        if name not in files:
            (folder / name).unlink()
            changed.append(name)
    return tuple(changed)


def is_canonical(folder: Path) -> tuple[PackProblem, ...]:
    """Return a warning for each file that writing would change; none if the folder is canonical.

    Raise PackError if the folder holds no pack.
    """
    files = _guarded(lambda: _files_of_folder(folder))
    wanted = pack_bytes(_guarded(lambda: _pack_of(files)))
    found = []
    for name in sorted({*files.contents, *wanted} - {CALIBRATION}):
        if files.contents.get(name) != wanted.get(name):
            reason = "it is not written in the canonical form"
            if name not in wanted:
                reason = "it holds nothing"
            found.append(PackProblem(name, _WHOLE_FILE, reason, "run `check_pack PATH --write`", warning=True))
    return tuple(found)


def content_hash(pack: Pack) -> str:
    """Return a SHA-256 over all content of a pack, in hexadecimal.

    Equal for packs that read the same: the order of keys, line ends and trailing spaces do not count, and
    neither does a field that holds its default.
    """
    text = json.dumps(_data_of(pack, _Order.of(pack)), sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


# --- Files ---------------------------------------------------------------------------------------------


@dataclass
class _Files:
    """Files that were read, by name, and the problems met so far."""

    contents: dict[str, bytes] = field(default_factory=dict)
    problems: list[PackProblem] = field(default_factory=list)
    total: int = 0
    _seen: set[str] = field(default_factory=set)
    _number: int = 0

    def accepts(self, name: str) -> bool:
        """Say whether a file of this name may be read; if not, note why."""
        self._number += 1
        self.limit_number(self._number)
        if not _is_in_layout(name):
            self.note(_shown_name(name), *_why_unknown(name))
            return False
        if name in self._seen:
            self.note(name, "a file of this name stands twice", "keep one of them")
            return False
        self._seen.add(name)
        return True

    def add(self, name: str, data: bytes) -> None:
        """Keep a file's content. Raise PackError where all of them together are too large."""
        if len(data) > MAX_FILE:
            self.note(name, f"it is larger than {MAX_FILE // 1_000_000} MB", "split it, or shorten it")
            return
        self.total += len(data)
        if self.total > MAX_TOTAL:
            raise PackError([_pack_problem(f"it is larger than {MAX_TOTAL // 1_000_000} MB", "shorten it")])
        self.contents[name] = data

    def note(self, file: str, reason: str, mend: str) -> None:
        self.problems.append(PackProblem(file, _WHOLE_FILE, reason, mend))

    def limit_number(self, number: int) -> None:
        """Raise PackError for too many files."""
        if number > MAX_FILES:
            mend = "remove what is no part of the pack"
            raise PackError([_pack_problem(f"it has more than {MAX_FILES} files", mend)])


def _is_in_layout(name: str) -> bool:
    if len(name) > _LONGEST_NAME:
        return False
    return bool(name in _FIXED_NAMES or _BODY_NAME.fullmatch(name) or _ITEM_NAME.fullmatch(name))


def _why_unknown(name: str) -> tuple[str, str]:
    """Return reason and mend for a name that is not in the layout."""
    parts = re.split(r"[/\\]", name)
    if name.startswith(("/", "\\")) or ".." in parts or re.match(r"[A-Za-z]:", name) or "\0" in name:
        return "this name leads out of the pack", "give every file a name inside the pack"
    if len(name) > _LONGEST_NAME:
        return "its name is too long", f"give it a name of at most {_LONGEST_NAME} characters"
    if len(parts) > 1 and parts[-1] == PACK_FILE:
        return "the pack stands in a folder of the archive", "zip the files themselves, not the folder around them"
    if _is_in_layout(name.lower()):
        # On many machines a name that differs only in capitals is the same file.
        return "names of files have small letters only", "rename it, or remove it if it is a copy"
    if name.endswith(".yml"):
        return "files of a pack end in .yaml", "rename it"
    return "this is no file of a pack", f"remove it, or name it as one: {PACK_FILE}, topics/t1.yaml, guides/t1.en.md"


def _files_of_folder(folder: Path) -> _Files:
    files = _Files()
    for name, entry in _entries(folder, files):
        if not files.accepts(name):
            continue
        try:
            data = _read_regular_file(Path(entry.path), MAX_FILE)
        except OSError:
            files.note(name, "it cannot be read", "check that it is there and may be read")
            continue
        if data is None:
            files.note(name, "this is no ordinary file", "put a file in its place")
        else:
            files.add(name, data)
    return files


def _entries(folder: Path, files: _Files) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the files of a pack's folder and its subfolders, by name; links and the like are noted."""
    number = 0
    for prefix in ("", *(f"{name}/" for name in _FOLDERS)):
        try:
            entries = os.scandir(folder / prefix)
        except FileNotFoundError:
            continue
        except OSError:
            files.note(prefix.rstrip("/") or folder.name, "this folder cannot be read", "check its permissions")
            continue
        with entries:
            found = []
            for entry in entries:
                number += 1
                files.limit_number(number - len(_FOLDERS))
                found.append(entry)
        for entry in sorted(found, key=lambda entry: entry.name):
            name = prefix + entry.name
            is_subfolder = not prefix and entry.name in _FOLDERS
            if entry.is_symlink():
                files.note(_shown_name(name), "this is a link", "put the file itself in its place")
                if is_subfolder:
                    return
            elif entry.is_dir(follow_symlinks=False):
                if not is_subfolder:
                    files.note(_shown_name(name), "this is no folder of a pack", "remove it")
            elif not entry.is_file(follow_symlinks=False):
                files.note(_shown_name(name), "this is no ordinary file", "put a file in its place")
            else:
                yield name, entry


def _read_regular_file(path: Path, most: int) -> bytes | None:
    """Return at most `most` + 1 bytes of a file, or None for what is no ordinary file. Raise OSError.

    A pipe or device is neither waited for nor read. A link in a pack's folder was refused before; the flag
    refuses one that took the file's place meanwhile.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if most == MAX_FILE:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags)
    with open(descriptor, "rb") as file:
        return file.read(most + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def _files_of_zip(data: bytes) -> _Files:
    """Return the files of an archive, read one by one in memory."""
    if len(data) > MAX_TOTAL:
        raise PackError([_pack_problem(f"it is larger than {MAX_TOTAL // 1_000_000} MB", "shorten it")])
    files = _Files()
    # Every entry of the directory begins with these bytes. Counting them keeps a directory of a million
    # entries from being taken apart at all.
    files.limit_number(data.count(b"PK\x01\x02") // 2)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            files.limit_number(len(members) - len(_FOLDERS))
            for member in members:
                if _is_folder(member) or not _is_harmless(member, files):
                    continue
                with archive.open(member) as file:
                    files.add(member.filename, file.read(MAX_FILE + 1))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, OverflowError) as error:
        if isinstance(error, RecursionError):
            raise
        raise PackError([*files.problems, _pack_problem("this is no .zip, or it is damaged", "make it anew")]) from None
    return files


def _is_folder(member: zipfile.ZipInfo) -> bool:
    return member.orig_filename.rstrip("/") in _FOLDERS and member.orig_filename.endswith("/") and not member.file_size


def _is_harmless(member: zipfile.ZipInfo, files: _Files) -> bool:
    """Say whether a member of an archive may be read; if not, note why."""
    name = member.orig_filename  # `filename` ends at a NUL, so the two could tell different stories
    kind = stat.S_IFMT(member.external_attr >> 16)
    if not files.accepts(name):
        return False
    if kind not in {0, stat.S_IFREG}:
        files.note(name, "this is a link or no ordinary file", "put the file itself in its place")
    elif member.flag_bits & 0x1:
        files.note(name, "it is encrypted", "make the archive without a password")
    elif member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        files.note(name, "it is packed in an unusual way", "make an ordinary .zip")
    elif member.file_size > MAX_FILE:
        files.note(name, f"it is larger than {MAX_FILE // 1_000_000} MB", "split it, or shorten it")
    elif member.file_size > MAX_RATIO * max(member.compress_size, 1):
        files.note(name, f"it is over {MAX_RATIO} times larger than in the archive", "no text of a pack packs so well")
    else:
        return True
    return False


def _layout_files(folder: Path) -> Iterator[str]:
    """Yield the names of a folder's files that belong to the layout, links included, all but a calibration."""
    for prefix in ("", *(f"{name}/" for name in _FOLDERS)):
        for path in sorted((folder / prefix).glob("*")):
            name = prefix + path.name
            if _is_in_layout(name) and name != CALIBRATION and (path.is_symlink() or path.is_file()):
                yield name


def _shown_name(name: str) -> str:
    short = name if len(name) <= _ECHO else f"{name[: _ECHO - 3]}..."
    return UNWANTED_CHARACTERS.sub("?", short) or "(no name)"


def _pack_problem(reason: str, mend: str) -> PackProblem:
    return PackProblem(_WHOLE_PACK, _WHOLE_PACK, reason, mend)


Made = TypeVar("Made")


def _guarded(make: Callable[[], Made]) -> Made:
    """Return what `make` returns; where it runs out of memory or depth, raise PackError instead."""
    try:
        return make()
    except (RecursionError, MemoryError):
        raise PackError([_pack_problem("it is too large or too deep to be read", "shorten it")]) from None


# --- Reading -------------------------------------------------------------------------------------------


def _pack_of(files: _Files) -> Pack:
    reader = _PackReader(files)
    pack = reader.pack()
    problems = reader.problems
    if problems or pack is None:
        shown = problems[:_MAX_PROBLEMS]
        if len(problems) > _MAX_PROBLEMS:
            shown.append(_pack_problem("there are more problems than these", "mend these first"))
        raise PackError(shown)
    return pack


class _PackReader:
    """Turns files into a pack, and remembers everything that is wrong with them."""

    def __init__(self, files: _Files) -> None:
        self._files = files
        self.problems = list(files.problems)
        self._values = MAX_VALUES
        self._bodies: dict[str, dict[str, str]] = {}

    def pack(self) -> Pack | None:
        """Return the pack; with problems found it is incomplete or None."""
        header = self._header()
        topics = _in_order(self._single("topics", Topic))
        stems = [topic.id for topic in topics]
        parts: dict[str, Any] = {
            "topics": topics,
            "actions": self._grouped("actions", Action, stems),
            "claims": self._grouped("claims", Claim, stems),
            "guides": self._guides(stems),
            "rights": _in_order_of(header.places if header else (), self._single("rights", Rights)),
            "letters": self._single("letters", Letter),
            "lessons": self._single("lessons", Lesson),
            "handouts": self._single("handouts", Handout),
        }
        for name, (pack_field, model) in _LISTS.items():
            parts[pack_field] = self._list(name, model) if name in self._files.contents else ()
        return header and header.model_copy(update=parts)

    def _header(self) -> Pack | None:
        data = self._yaml(PACK_FILE) if PACK_FILE in self._files.contents else None
        if PACK_FILE not in self._files.contents:
            if not any(problem.file.endswith(PACK_FILE) for problem in self.problems):
                self._note(PACK_FILE, _WHOLE_FILE, "it is missing", "add it: it lists languages, places and more")
            return None
        if not isinstance(data, Mapping):
            if data is not _UNREADABLE:
                self._note(PACK_FILE, _WHOLE_FILE, "it should be a mapping", "write `key: value` lines")
            return None
        misplaced = [key for key in data if key in Pack.model_fields and key not in _HEADER_FIELDS]
        for key in misplaced:
            self._note(PACK_FILE, "pack", f"`{key}` does not stand in this file", "move it to files of its own")
        own = {key: value for key, value in data.items() if key not in misplaced}
        return self._valid(PACK_FILE, Pack, own | dict.fromkeys(set(Pack.model_fields) - {*_HEADER_FIELDS}, ()), "pack")

    def _single(self, folder: str, model: type[AnItem]) -> tuple[AnItem, ...]:
        """Return the items of a folder whose files hold one each, in the natural order of their ids."""
        names = sorted(self._names(folder), key=lambda named: _natural(named[1]))
        found = (self._item(name, stem, model) for name, stem in names)
        return tuple(item for item in found if item)

    def _grouped(self, folder: str, model: type[AnItem], topics: list[str]) -> tuple[AnItem, ...]:
        names = sorted(self._names(folder), key=lambda named: _place_of(named[1], topics))
        return tuple(item for name, _ in names for item in self._list(name, model))

    def _guides(self, topics: list[str]) -> tuple[Guide, ...]:
        self._read_bodies()
        names = sorted(self._names("guides"), key=lambda named: _place_of(named[1], topics))
        found = [self._item(name, stem, Guide) for name, stem in names]
        for stem, languages in self._bodies.items():
            if guide_file(stem) not in self._files.contents:
                for language in languages:
                    name = f"guides/{stem}.{language}.md"
                    self._note(name, f"guide {stem}", "its guide is missing", f"add {guide_file(stem)}")
        return tuple(guide for guide in found if guide)

    def _read_bodies(self) -> None:
        for name, data in sorted(self._files.contents.items()):
            match = _BODY_NAME.fullmatch(name)
            if match:
                text = self._text(name, data)
                body = _tidy_markdown(text or "").removesuffix("\n") + "\n"
                self._bodies.setdefault(match["guide"], {})[match["language"]] = body
                if text is not None and not text.strip():
                    self._note(name, f"guide {match['guide']}", "it is empty", "write the guide, or remove the file")

    def _item(self, name: str, stem: str, model: type[AnItem]) -> AnItem | None:
        """Return the item of a file that holds a single one."""
        data = self._yaml(name)
        if data is _UNREADABLE:
            return None
        called = named(model, data, 0) if isinstance(data, Mapping) and data.get("id") else f"{kind_of(model)} {stem}"
        if model is Guide and isinstance(data, Mapping):
            if "body" in data:
                self._note(name, called, "`body` does not stand in this file", f"move it to guides/{stem}.en.md")
            elif stem not in self._bodies:
                self._note(name, called, "it has no body", f"write it in guides/{stem}.en.md")
            data = dict(data, body=self._bodies.get(stem) or {"en": "-"})
        item = self._valid(name, model, data, called)
        if item and file_of(item) != name:
            self._note(name, called, "its id is not the name of its file", "rename the file, or correct the id")
        return item

    def _list(self, name: str, model: type[AnItem]) -> tuple[AnItem, ...]:
        """Return the items of a file that holds a list."""
        data = self._yaml(name)
        if data is _UNREADABLE or data is None:
            return ()
        if not isinstance(data, tuple):
            self._note(name, _WHOLE_FILE, "it should be a list", f"begin every {kind_of(model)} with `- id:`")
            return ()
        found = []
        for at, entry in enumerate(data):
            if len(self.problems) > _MAX_PROBLEMS:
                break  # more would not be shown
            called = named(model, entry, at)
            item = self._valid(name, model, entry, called)
            if item is None:
                continue
            if file_of(item) != name:
                self._note(name, called, "it stands in the wrong file", f"move it to {file_of(item)}")
            found.append(item)
        return tuple(found)

    def _valid(self, file: str, model: type[AnItem], data: Any, called: str) -> AnItem | None:
        try:
            return model.model_validate(data, strict=True)
        except ValidationError as error:
            for found in islice(explain(error, model, data, called), _MAX_PROBLEMS + 1):
                where = file
                if model is Guide and found.path[:1] == ("body",) and len(found.path) > 1:
                    where = f"guides/{Path(file).stem}.{found.path[1]}.md"
                self._note(where, found.item, found.reason, found.mend)
            return None

    def _yaml(self, name: str) -> Any:
        """Return what a YAML file holds, or _UNREADABLE."""
        text = self._text(name, self._files.contents[name])
        if text is None:
            return _UNREADABLE
        directive = _DIRECTIVE.search(text)
        if directive:
            line = text.count("\n", 0, directive.start()) + 1
            self._note(name, f"line {line}", "it begins with `%`", "remove the line, or indent it if it is text")
            return _UNREADABLE
        try:
            document = safe_yaml.read(text, self._values)
        except safe_yaml.YamlError as error:
            for problem in error.problems:
                item = f"line {problem.line}" if problem.line else _WHOLE_FILE
                self._note(name, item, problem.reason, problem.mend)
            self._values -= error.values
            return _UNREADABLE
        self._values -= document.values
        return document.content

    def _text(self, name: str, data: bytes) -> str | None:
        """Return a file's text with line feeds only, or None."""
        problem = _character_problem(name, data)
        if problem:
            self.problems.append(problem)
            return None
        return data.decode().replace("\r\n", "\n")

    def _names(self, folder: str) -> list[tuple[str, str]]:
        """Return the YAML files of a folder as (name, stem)."""
        matches = (_ITEM_NAME.fullmatch(name) for name in self._files.contents)
        return [(match[0], match["stem"]) for match in matches if match and match["folder"] == folder]

    def _note(self, file: str, item: str, reason: str, mend: str) -> None:
        self.problems.append(PackProblem(file, item, reason, mend))


_UNREADABLE = object()


def _character_problem(name: str, data: bytes) -> PackProblem | None:
    """Return what is wrong with a file's characters: it must be UTF-8 and hold no unwanted ones."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return PackProblem(name, _WHOLE_FILE, "it is written in UTF-16", "save it as UTF-8")
    if data.startswith(b"\xef\xbb\xbf"):
        mend = "save it as UTF-8 without a byte order mark"
        return PackProblem(name, _WHOLE_FILE, "it begins with a byte order mark", mend)
    try:
        text = data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return PackProblem(name, f"line {line}", "it is not written in UTF-8", "save it as UTF-8")
    found = UNWANTED_CHARACTERS.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        reason = f"an unwanted character (U+{ord(found[0]):04X}) stands here"
        return PackProblem(name, f"line {line}", reason, "remove it; it cannot be seen, and may hide what is written")
    return None


def _natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts t2 before t10."""
    parts = re.findall(r"\d+|\D+", name)
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


def _in_order(topics: Iterable[Topic]) -> tuple[Topic, ...]:
    """Return topics as a pack lists them: by their ids, those after the result last."""
    return tuple(sorted(topics, key=lambda topic: (topic.after_result, _natural(topic.id))))


def _in_order_of(places: Iterable[schema.Place], rights: Iterable[Rights]) -> tuple[Rights, ...]:
    """Return rights in the order of the places, those of unknown places last."""
    order = [place.id for place in places]
    return tuple(
        sorted(rights, key=lambda one: (order.index(one.id) if one.id in order else len(order), _natural(one.id)))
    )


def _place_of(stem: str, topics: list[str]) -> tuple[Any, ...]:
    """Return a key that sorts files as their topics, then the unknown ones, then `law`, then `other`."""
    last = ("law", "other")
    if stem in last:
        return (2, last.index(stem), ())
    return (0, topics.index(stem), ()) if stem in topics else (1, 0, _natural(stem))


# --- Writing -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Order:
    """The order of keys that are ids: languages as the pack lists them, questions as they are asked."""

    place: Mapping[str, int]

    @classmethod
    def of(cls, pack: Pack) -> _Order:
        """Return the order of a pack."""
        languages = (language.code for language in pack.languages)
        questions = (question.id for topic in _in_order(pack.topics) for question in topic.questions)
        return cls({key: place for place, key in enumerate(dict.fromkeys((*languages, *questions)))})

    def key(self, name: str) -> tuple[Any, ...]:
        """Return a key for sorting; names that the pack does not know come last."""
        return (0, self.place[name], ()) if name in self.place else (1, 0, _natural(name))


def _texts_of_files(pack: Pack) -> Iterator[tuple[str, str]]:
    """Yield every canonical file as (name, text)."""
    order = _Order.of(pack)
    whole = _data_of(pack, order)
    yield PACK_FILE, safe_yaml.write({name: whole[name] for name in _HEADER_FIELDS if name in whole})
    for folder in _SINGLE:
        for item, data in zip(getattr(pack, folder), whole.get(folder, ()), strict=True):
            yield file_of(item), safe_yaml.write(data)
    groups: dict[str, list[Any]] = {}
    for item, data in zip((*pack.actions, *pack.claims), (*whole["actions"], *whole["claims"]), strict=False):
        groups.setdefault(file_of(item), []).append(data)
    for name, items in groups.items():
        yield name, safe_yaml.write(items)
    for guide, data in zip(pack.guides, whole["guides"], strict=False):
        for language, body in data.pop("body").items():
            yield f"guides/{guide.id}.{language}.md", body.removesuffix("\n") + "\n"
        yield guide_file(guide.id), safe_yaml.write(data)
    for name, (pack_field, _) in _LISTS.items():
        if whole.get(pack_field):
            yield name, safe_yaml.write(whole[pack_field])


def _data_of(value: Any, order: _Order) -> Any:
    """Return a part of a pack as plain data in canonical order, without what equals its default."""
    if isinstance(value, Item):
        data = {}
        # The dates of checking come from a base class, hence first; they read better behind what was checked.
        for name in sorted(type(value).model_fields, key=lambda name: name in schema.Checked.model_fields):
            info = type(value).model_fields[name]
            inner = getattr(value, name)
            if info.is_required() or inner != info.get_default(call_default_factory=True):
                data[name] = _data_of(inner, order)
                if inner is not None and text_shape(type(value), name) in (schema.Markdown, schema.LetterBody):
                    data[name] = {language: _tidy_markdown(text) for language, text in data[name].items()}
        return data
    if isinstance(value, Mapping):
        return {key: _data_of(value[key], order) for key in sorted(value, key=order.key)}
    if isinstance(value, tuple):
        return [_data_of(part, order) for part in value]
    return _one_line_feed(value) if isinstance(value, str) else value


def _tidy_markdown(text: str) -> str:
    """Return Markdown without trailing spaces and blank lines around it; several lines end in a line feed."""
    lines = [line.rstrip(" \t") for line in _one_line_feed(text).split("\n")]
    tidy = "\n".join(lines).strip("\n")
    return f"{tidy}\n" if "\n" in tidy else tidy


def _one_line_feed(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
