"""How figures are kept and printed: one section is one table, on screen, in JSON and in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Cell = str | int | float | None


@dataclass(frozen=True)
class Bar:
    """A figure that is promised: what it is of, the figure measured, and its limit, the highest unless `is_least`."""

    what: str
    figure: float
    limit: float
    is_least: bool = False

    @property
    def holds(self) -> bool:
        """Say whether the figure keeps to its limit."""
        return self.figure >= self.limit if self.is_least else self.figure <= self.limit

    def row(self) -> dict[str, Cell]:
        """Return the row of the table of bars."""
        return {
            "what": self.what,
            "measured": in_words(self.figure),
            "bar": f"at {'least' if self.is_least else 'most'} {in_words(self.limit)}",
            "holds": "yes" if self.holds else "NO",
        }


@dataclass(frozen=True)
class Section:
    """One table. Every row has the same columns, by name; `notes` say how to read them, `bars` what is promised."""

    key: str
    title: str
    rows: tuple[Mapping[str, Cell], ...]
    notes: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the section as plain values."""
        return {
            "title": self.title,
            "rows": [dict(row) for row in self.rows],
            "notes": list(self.notes),
            "bars": [bar.row() for bar in self.bars],
        }


def bars_of(sections: Iterable[Section]) -> Section:
    """Return the table of all that is promised."""
    rows = tuple(bar.row() for section in sections for bar in section.bars)
    return Section("bars", "What is promised", rows)


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
        names, rows, is_text = _columns(section)
        cells = [names, *rows]
        widths = [max(len(row[place]) for row in cells) for place in range(len(names))]
        for row in cells:
            padded = (
                text.ljust(width) if words else text.rjust(width)
                for text, width, words in zip(row, widths, is_text, strict=True)
            )
            lines.append("  " + "  ".join(padded).rstrip())
    lines += [f"  {note}" for note in section.notes]
    return "\n".join(lines)


def markdown(about: Mapping[str, Cell], sections: Sequence[Section], failures: Sequence[str]) -> str:
    """Return the whole report as Markdown: the machine, the bars, then every table."""
    machine = " · ".join(f"{name}: {in_words(value)}" for name, value in about.items())
    parts = [machine, *(_markdown_table(section) for section in (bars_of(sections), *sections) if section.rows)]
    parts += [f"Not measured: {failure}" for failure in failures]
    return "\n\n".join(parts) + "\n"


def _markdown_table(section: Section) -> str:
    names, rows, is_text = _columns(section)
    ruler = ["---" if words else "---:" for words in is_text]
    lines = ["| " + " | ".join(row) + " |" for row in (names, ruler, *rows)]
    notes = ["", " ".join(section.notes)] if section.notes else []
    return "\n".join([f"### {section.title}", "", *lines, *notes])


def _columns(section: Section) -> tuple[list[str], list[list[str]], list[bool]]:
    """Return the names of a section's columns, its rows as printed, and which columns are text."""
    names = list(section.rows[0])
    rows = [[in_words(row[name]) for name in names] for row in section.rows]
    return names, rows, [all(isinstance(row[name], str | None) for row in section.rows) for name in names]
