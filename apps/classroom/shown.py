"""What may be seen of a class, ready to be drawn: one code for the teacher's screen and for the pupil's page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

from apps.classroom import codes, services, totals
from apps.classroom.items import Item
from apps.classroom.models import Class
from apps.classroom.qr import QrCode, qr_code
from apps.classroom.services import RoundShown, State
from apps.classroom.wording import category_name, cell_in_words, change_in_words, item_name, progress_in_words
from apps.editions.compiled import CompiledEdition
from apps.editions.current import edition_numbered
from apps.editions.schema import Topic


@dataclass(frozen=True)
class Bar:
    """One category in one round. The bar is full up to `low` and open up to `high`, in per cent of the people.

    `change` says what changed since the round before, where that may be said.
    """

    round: int
    low: int
    high: int
    words: str
    change: str = ""


@dataclass(frozen=True)
class Row:
    """One category with its bar in each released round."""

    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Chart:
    """One item of a class with all its categories."""

    id: str
    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Shown:
    """All that a page may show of a class, to whoever looks. `now_open` is the one that takes contributions."""

    klass: Class
    join_address: str
    qr: QrCode
    rounds: tuple[RoundShown, ...]
    charts: tuple[Chart, ...]
    edition: CompiledEdition
    is_made_up: bool = False

    @property
    def etag(self) -> str:
        """What changes whenever this does."""
        return etag_of(self.klass, self.rounds)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The topics that the class asks about."""
        wanted = frozenset(self.klass.topics)
        return tuple(topic for topic in self.edition.scored_topics if not wanted or topic.id in wanted)

    @property
    def code(self) -> str:
        """The join code in two groups."""
        return codes.grouped(self.klass.code)

    @property
    def short_address(self) -> str:
        """Where to type the code, short enough to copy from a wall."""
        return settings.PUBLIC_ORIGIN.partition("://")[2] + reverse("classroom:join").rstrip("/")

    @property
    def now_open(self) -> RoundShown | None:
        """The open round; None where there is none."""
        return next((one for one in self.rounds if one.state is State.OPEN), None)

    @property
    def last(self) -> RoundShown | None:
        """The round that was opened last."""
        return self.rounds[-1] if self.rounds else None

    @property
    def released(self) -> tuple[RoundShown, ...]:
        """The rounds with a published table."""
        return tuple(one for one in self.rounds if one.table is not None)

    @property
    def progress(self) -> str:
        """How many have added to the open round, as coarse as it may be told."""
        found = self.now_open
        return progress_in_words(found.progress or 0, settings.CLASS_MINIMUM) if found else ""

    @property
    def minimum(self) -> int:
        """The fewest people that totals are shown for."""
        return settings.CLASS_MINIMUM

    @property
    def largest_difference(self) -> int:
        """How far the numbers of people may differ for anything to be said about changes."""
        return totals.LARGEST_DIFFERENCE

    @property
    def least_change(self) -> int:
        """How many people a category must have moved by to be called changed."""
        return totals.MOVED[min((one.sides for one in self.released), default=totals.THIRD)]

    @property
    def is_comparable(self) -> bool:
        """Say whether anything may be said about changes between every two neighbouring rounds."""
        return all(
            services.changes_between(before, after) is not None
            for before, after in zip(self.released, self.released[1:], strict=False)
        )

    @property
    def next_number(self) -> int:
        """The number of the round that could be opened next."""
        return len(self.rounds) + 1

    @property
    def may_open_next(self) -> bool:
        """Say whether another round is planned and the last one is over."""
        return len(self.rounds) < self.klass.rounds_planned and self.now_open is None


def rounds_of(klass: Class) -> tuple[RoundShown, ...]:
    """Return the rounds of a class as they may be seen, a round whose days are over closed first."""
    found = services.rounds_shown(klass)
    due = [one for one in found if one.state is State.DUE]
    for one in due:
        services.close_round(klass, one.number)
    return services.rounds_shown(klass) if due else found


def etag_of(klass: Class, rounds: Sequence[RoundShown]) -> str:
    """Return what changes whenever the screen of a class does: with its rounds and the language."""
    seen = (klass.code, klass.label, get_language(), *map(repr, rounds))
    return f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:32]}"'


def shown(klass: Class, rounds: Sequence[RoundShown] | None = None) -> Shown:
    """Return what may be seen of a class now. Raise UnknownEdition or EditionUnavailable."""
    return shown_of(klass, edition_numbered(klass.edition), rounds_of(klass) if rounds is None else rounds)


def shown_of(
    klass: Class, edition: CompiledEdition, rounds: Sequence[RoundShown], *, is_made_up: bool = False
) -> Shown:
    """Return what may be seen of a class with these rounds."""
    address = settings.PUBLIC_ORIGIN + reverse("classroom:join_class", args=[klass.code])
    drawn = charts(edition, klass.counted, rounds)
    return Shown(klass, address, qr_code(address), tuple(rounds), drawn, edition, is_made_up)


def charts(edition: CompiledEdition, items: Sequence[Item], rounds: Sequence[RoundShown]) -> tuple[Chart, ...]:
    """Return a chart of each item with the released rounds side by side; none where nothing is released."""
    released = [one for one in rounds if one.table is not None]
    if not released:
        return ()
    changed = [None, *map(services.changes_between, released, released[1:])]

    def bar(at: int, place: int, category: int) -> Bar:
        table, change = released[at].table, changed[at]
        assert table is not None  # noqa: S101  # only released rounds are here
        cell = table.rows[place][category]
        said = change_in_words(change[place][category]) if change else ""
        low, high = _ends(cell, table.n)
        return Bar(released[at].number, low, high, cell_in_words(cell, table.n), said)

    return tuple(
        Chart(
            item.id,
            item_name(item.id),
            tuple(
                Row(
                    category_name(edition, item.id, category),
                    tuple(bar(at, place, number) for at in range(len(released))),
                )
                for number, category in enumerate(item.categories)
            ),
        )
        for place, item in enumerate(items)
    )


def _ends(cell: totals.Cell, n: int) -> tuple[int, int]:
    """Return how far a bar is full and how far it is open, in per cent; a label stands for its end of the scale."""
    if cell.about is None:
        return (0, 10) if cell.label is totals.Label.FEW else (90, 100)
    length = 100 * cell.about // n
    return length, length
