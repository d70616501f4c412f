"""How figures are kept and printed: one section is one table, on screen and in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Cell = str | int | float | None


@dataclass(frozen=True)
class Section:
    """One table. Every row has the same columns, by name; `notes` say how to read them."""

    key: str
    title: str
    rows: tuple[Mapping[str, Cell], ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the section as plain values."""
        return {"title": self.title, "rows": [dict(row) for row in self.rows], "notes": list(self.notes)}


def in_words(value: Cell) -> str:
    """Return a cell as printed: large numbers whole and in groups of three, small ones with two decimals."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else value


def table(section: Section) -> str:
    """Return a section as text: title, columns (numbers to the right), notes."""
    lines = ["", section.title]
    if section.rows:
        names = list(section.rows[0])
        cells = [names, *([in_words(row[name]) for name in names] for row in section.rows)]
        widths = [max(len(row[place]) for row in cells) for place in range(len(names))]
        is_text = [all(isinstance(row[name], str | None) for row in section.rows) for name in names]
        for row in cells:
            padded = (
                text.ljust(width) if words else text.rjust(width)
                for text, width, words in zip(row, widths, is_text, strict=True)
            )
            lines.append("  " + "  ".join(padded).rstrip())
    lines += [f"  {note}" for note in section.notes]
    return "\n".join(lines)
