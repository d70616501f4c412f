"""The parts of a Dockerfile that this project uses, read and carried out without a container engine."""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.place import Place


@dataclass
class Stage:
    """One stage: its instructions in order, and what it leaves to whoever runs it."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, word: str) -> str:
        """Return the last instruction of a kind; empty if there is none."""
        return next((rest for found, rest in reversed(self.steps) if found == word), "")


def read_dockerfile(path: Path) -> tuple[dict[str, str], list[Stage]]:
    """Return the arguments before the first stage, and the stages."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "ARG":
            name, _, value = rest.partition("=")
            arguments[name] = value
        elif word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(name or "last", filled(base, arguments)))
        elif word:
            stages[-1].steps.append((word, rest.strip()))
    return arguments, stages


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with its variables in place."""
    return re.sub(r"\$\{?(\w+)\}?", lambda found: variables.get(found[1], ""), text)


def shipped(source: Path) -> set[str]:
    """Return the paths that .dockerignore lets into the image. It leaves all out, then names what comes in."""
    rules = [line for line in (source / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    inside = [rule[1:] for rule in rules if rule[0] == "!"]
    never = [rule.removeprefix("**/") for rule in rules[1:] if rule[0] != "!"]
    found = set()
    for path in source.rglob("*"):
        name = path.relative_to(source).as_posix()
        is_in = any(name == rule or name.startswith(rule + "/") for rule in inside)
        is_out = any(fnmatch.fnmatch(part, rule) for part in name.split("/") for rule in never)
        if is_in and not is_out and path.is_file():
            found.add(name)
    return found


def build(stage: Stage, place: Place, source: Path, others: Mapping[str, Place], variables: dict[str, str]) -> None:
    """Carry out a stage's steps in a place; `variables` are those of the base image, and take up its own."""
    folder = "/"
    for word, rest in stage.steps:
        if word == "WORKDIR":
            folder = rest
            (place.root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "ENV":
            variables |= {name: filled(value, variables) for name, value in re.findall(r"(\w+)=(\S+)", rest)}
        elif word == "COPY":
            _copy(rest, folder, place, source, others)
        elif word == "RUN":
            place.run(["sh", "-c", rest], folder=folder, env=variables, outside=True)
        else:
            assert word in {"USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "ENTRYPOINT", "CMD"}, word


def _copy(rest: str, folder: str, place: Place, source: Path, others: Mapping[str, Place]) -> None:
    *options, origin, target = rest.split()
    if options:
        other = others[options[0].removeprefix("--from=")]
        from_path, to_path = other.root / origin.lstrip("/"), place.root / target.lstrip("/")
        shutil.copytree(from_path, to_path, symlinks=True)
        return
    for name in shipped(source):
        if origin in {".", name}:
            to_path = place.root / folder.lstrip("/") / name
            to_path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / name, to_path)


def words(instruction: str) -> list[str]:
    """Return the words of a CMD, ENTRYPOINT or HEALTHCHECK in its JSON form."""
    found: list[str] = json.loads(instruction[instruction.index("[") :])
    return found
