"""What a class can talk about after its totals: questions on the topics that stood out."""

from __future__ import annotations

from apps.classroom.items import NONE, TOPIC
from apps.classroom.material import PromptRow, prompt_rows
from apps.classroom.shown import Shown

MOST_TOPICS = 2
LAW = "law"
"""The questions that fit every class."""


def prompts_for(seen: Shown) -> tuple[PromptRow, ...]:
    """Return the questions on the topics that most people had open, then those on the law.

    Nothing stands out where the class counted no topics or nothing was released: then the topics that the class
    asked about come first, in their order.
    """
    rows = {row.id: row for row in prompt_rows(seen.edition)}
    wanted = [topic for topic in _standing_out(seen) if topic in rows][:MOST_TOPICS]
    return tuple(rows[one] for one in (*wanted, LAW) if one in rows)


def _standing_out(seen: Shown) -> list[str]:
    """Return the topics of the class, those that most people had open in the last released round first."""
    asked = [topic.id for topic in seen.topics]
    table = seen.released[-1].table if seen.released else None
    place = next((at for at, item in enumerate(seen.klass.counted) if item.id == TOPIC), None)
    if table is None or place is None:
        return asked
    people = {
        category: cell.tenths(table.n)
        for category, cell in zip(seen.klass.counted[place].categories, table.rows[place], strict=True)
        if category != NONE
    }
    return sorted(people, key=lambda topic: -people[topic])
