"""QR codes as the shape of one SVG path, drawn by us: no picture is fetched, no script runs."""

from __future__ import annotations

from dataclasses import dataclass

import segno

QUIET_ZONE = 4
"""Light modules around the code, which readers need (ISO/IEC 18004)."""


@dataclass(frozen=True)
class QrCode:
    """A QR code in units of one module: the side of the square with its quiet zone, and the path of what is dark."""

    side: int
    path: str


def qr_code(text: str) -> QrCode:
    """Return the QR code of a text. A quarter of it may be covered or badly lit and it still reads."""
    matrix = segno.make(text, error="q", micro=False).matrix
    path = "".join(
        f"M{start + QUIET_ZONE} {line + QUIET_ZONE}h{length}v1h-{length}z"
        for line, row in enumerate(matrix)
        for start, length in _runs(row)
    )
    return QrCode(len(matrix) + 2 * QUIET_ZONE, path)


def _runs(row: bytes | bytearray | tuple[int, ...]) -> list[tuple[int, int]]:
    """Return where dark modules stand in a row: (start, length) of each stretch."""
    runs: list[tuple[int, int]] = []
    start = None
    for place, module in enumerate((*row, 0)):
        if module and start is None:
            start = place
        elif not module and start is not None:
            runs.append((start, place - start))
            start = None
    return runs
