"""On what machine the figures were taken."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

GIGABYTE = 1024**3


def machine() -> dict[str, str | int | float]:
    """Return the processor, the cores this process may use, memory and system, and the versions that matter."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory GB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIGABYTE),
        "load at the start": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "Django": version("Django"),
        "gunicorn": version("gunicorn"),
        "PostgreSQL": _postgresql(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _postgresql() -> str:
    """Return the version of the PostgreSQL that the bench starts, or that there is none."""
    found = shutil.which("postgres") or max(map(str, Path("/usr/lib/postgresql").glob("*/bin/postgres")), default="")
    if not found:
        return "not installed"
    said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    return said.split()[2]
