"""Keep the database of a release for all later ones to migrate: `python -m tests.operations.release 0.1.0`.

It makes a site with made-up content in every table and writes it, as `move_database` would send it, to
tests/operations/releases/; packed again with xz, which sees that several tables hold the same content. Run it once for
each release, with its code, and never again.
"""

from __future__ import annotations

import gzip
import lzma
import sys
import tempfile
from pathlib import Path

from tests.operations.site import Site

RELEASES = Path(__file__).parent / "releases"


def main(version: str) -> None:
    """Write the file of a version."""
    path = RELEASES / f"{version}.jsonl.xz"
    if path.exists():
        sys.exit(f"{path} is there already: the database of a release does not change.")
    with tempfile.TemporaryDirectory() as folder:
        sent = Path(folder) / "sent.gz"
        rows = Site(Path(folder), f"sqlite:///{folder}/site.sqlite3").do("release", path=str(sent))
        path.write_bytes(lzma.compress(gzip.decompress(sent.read_bytes()), preset=9))
    print(f"{path.relative_to(Path.cwd())}: {sum(rows.values())} rows, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
