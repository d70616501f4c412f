"""Ask whether a pinned dependency has a known weakness: python audit.py [--warn] [FILE ...]

Every pin of the files (requirements.txt, if none is named) is looked up by pip-audit, first at PyPI, then at OSV.
"Audited" is said only where each of them was answered for. Whatever was skipped, or could not be asked, is called
NOT AUDITED.

Exit status: 0 for audited and nothing found, 1 for a weakness, 2 for not audited. With --warn, for checks that also
run where there is no network, 2 becomes 0, and the warning stands there all the same.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SOURCES = ("pypi", "osv")
SECONDS = 180
"""How long one source may take for all pins."""

FOUND, NOT_AUDITED = 1, 2

Pins = set[tuple[str, str]]  # names and versions; another Python can need another version of one package


class NotAudited(Exception):
    """Nothing is known of some pins; the message says why."""


def pins_in(text: str) -> Pins:
    """Return each package and version that a file of requirements pins, whatever system it is for.

    Raise NotAudited for a line that pins nothing: what pip would choose is not known here.
    """
    pins: Pins = set()
    for line in re.sub(r"\\\n", " ", text).splitlines():
        words = re.sub(r"(^|\s)#.*", "", line)
        words = re.sub(r"\s--hash=\S+", "", words).strip()
        if not words:
            continue
        try:
            requirement = Requirement(words)
        except ValueError:
            raise NotAudited(f"This line cannot be read: {words}") from None
        found = re.fullmatch(r"==([^*,]+)", str(requirement.specifier))
        if found is None or requirement.url:
            raise NotAudited(f"{requirement.name} has no pin.")
        pins.add((canonicalize_name(requirement.name), found[1]))
    if not pins:
        raise NotAudited("There is no pin to look up.")
    return pins


def in_turns(pins: Pins) -> Iterator[Pins]:
    """Yield the pins in parts that hold each package once: pip-audit takes no two versions at a time."""
    left = sorted(pins)
    while left:
        part = dict(reversed(left))  # the first version of each name
        yield set(part.items())
        left = [pin for pin in left if part[pin[0]] != pin[1]]


def weaknesses(pins: Pins, report: str) -> list[str]:
    """Return a line for each weakness in a report of pip-audit. Raise NotAudited unless it answers for every pin."""
    try:
        answers = [one for one in json.loads(report)["dependencies"] if "vulns" in one]
        lines = [
            f"{one['name']} {one['version']}: {weak['id']}, mended in {', '.join(weak['fix_versions']) or 'no version'}"
            for one in answers
            for weak in one["vulns"]
        ]
        answered = {(canonicalize_name(one["name"]), one["version"]) for one in answers}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotAudited("The report of pip-audit cannot be read.") from None
    left = [f"{name} {version}" for name, version in sorted(pins - answered)]
    if left and not lines:
        raise NotAudited(f"{len(left)} of {len(pins)} were skipped: {', '.join(left[:5])}{' …' * (len(left) > 5)}")
    return lines


def asked(pins: Pins, source: str, osv_url: str) -> str:
    """Return what pip-audit reports of pins by one source. Raise NotAudited where it gives none."""
    with tempfile.TemporaryDirectory() as folder:
        file, report = Path(folder, "pins.txt"), Path(folder, "report.json")
        # Without markers: what is for another system is looked up too.
        file.write_text("".join(f"{name}=={version}\n" for name, version in sorted(pins)), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--strict", "--no-deps", "--disable-pip", "--timeout", "10"]
        command += ["--progress-spinner", "off", "--format", "json", "--output", str(report)]
        command += ["--requirement", str(file), "--vulnerability-service", source]
        if osv_url and source == "osv":
            command += ["--osv-url", osv_url]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise NotAudited(f"{source} took longer than {SECONDS} seconds.") from None
        if not report.exists():
            last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
            raise NotAudited(f"{source} gave no answer ({last[:200]}).")
        return report.read_text(encoding="utf-8")


def audit(files: Iterable[Path], sources: Iterable[str], osv_url: str = "") -> tuple[int, list[str]]:
    """Return the exit status and the lines to print."""
    reasons = []
    try:
        pins = pins_in("\n".join(file.read_text(encoding="utf-8") for file in files))
    except (NotAudited, OSError) as reason:
        return NOT_AUDITED, [str(reason)]
    for source in sources:
        try:
            lines = [line for part in in_turns(pins) for line in weaknesses(part, asked(part, source, osv_url))]
        except NotAudited as reason:
            reasons.append(str(reason))
            continue
        return (FOUND, lines) if lines else (0, [f"Audited by {source}: {len(pins)} pins, no known weakness."])
    return NOT_AUDITED, reasons


def main(words: list[str]) -> int:
    """Print the outcome and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, default=[Path("requirements.txt")])
    parser.add_argument("--warn", action="store_true", help="do not fail where nothing could be asked")
    parser.add_argument("--source", action="append", choices=SOURCES, help="ask this one alone")
    parser.add_argument("--osv-url", default=os.environ.get("OSV_URL", ""), help="the address of an OSV of your own")
    given = parser.parse_args(words)
    status, lines = audit(given.files, given.source or SOURCES, given.osv_url)
    if status == NOT_AUDITED:
        print("*** NOT AUDITED: nothing is known of weaknesses in the dependencies. ***")
        print("Run `make audit` where there is a network.")
    if status == FOUND:
        print("Known weaknesses in the dependencies:")
    print("\n".join(f"  {line}" if status else line for line in lines))
    return 0 if status == NOT_AUDITED and given.warn else status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
