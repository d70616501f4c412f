"""A class that never was: to rehearse a lesson alone, and to talk about where a class is too small for totals.

Its pupils are the practice people, some of them many times over. Everything else is the real thing: the same items,
the same secret start of each counter, the same release. Nothing of it is stored.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.utils import timezone

from apps.checkup.result import Result
from apps.checkup.views.practice import practice_sheet
from apps.classroom import codes, items, totals
from apps.classroom.items import Pick
from apps.classroom.models import AgeGroup, Class
from apps.classroom.services import RoundShown, State
from apps.editions.compiled import CompiledEdition
from apps.editions.convert import record_of
from apps.editions.schema import Persona

SIZE = 24
_CROWD = (3, 7, 4, 2, 3, 5)
"""How often each practice person sits in the class, over and over until all seats are taken."""

STEPS_BETWEEN = 3
"""How many of their own steps everybody takes between the two rounds."""


@dataclass(frozen=True)
class Truth:
    """What nobody learns in a real class: how many people were in each category of each item."""

    rows: tuple[tuple[int, ...], ...]


def made_up_class(edition: CompiledEdition) -> Class:
    """Return the class, with all topics of the edition and two rounds."""
    topics = [topic.id for topic in edition.scored_topics]
    counted = items.items_for(topics, [family.id for family in edition.pack.families])
    return Class(
        code=codes.MADE_UP,
        topics=topics,
        age_group=AgeGroup.OLDER,
        size=SIZE,
        rounds_planned=2,
        edition=edition.number,
        item_list=items.as_json(counted),
        opened_on=timezone.now().date(),
    )


def people(edition: CompiledEdition) -> tuple[Persona, ...]:
    """Return who sits in each seat."""
    practice = [persona for persona in edition.pack.personas if persona.practice]
    seats: list[Persona] = []
    for place in range(SIZE):
        seats += [practice[place % len(practice)]] * _CROWD[place % len(_CROWD)] if practice else []
    return tuple(seats[:SIZE])


def opened(number: int, people_so_far: int) -> RoundShown:
    """Return a round of the class while it is open."""
    return RoundShown(number, State.OPEN, totals.progress(people_so_far))


def closed(edition: CompiledEdition, number: int, byte: totals.ByteSource = totals.secure_byte) -> RoundShown:
    """Return a round of the class as it is released. Each time the wobble is another one."""
    counters = totals.starting_counters([len(row) for row in truth(edition, number).rows], byte)
    counted = made_up_class(edition).counted
    for picks in _picks(edition, number):
        counters = totals.added(counters, items.places_of(counted, picks))
    return RoundShown(number, State.RELEASED, table=totals.release(counters, len(people(edition))))


def truth(edition: CompiledEdition, number: int) -> Truth:
    """Return how many people there are in each category, without any wobble."""
    chosen = Counter(pick for picks in _picks(edition, number) for pick in picks)
    counted = made_up_class(edition).counted
    return Truth(tuple(tuple(chosen[item.id, category] for category in item.categories) for item in counted))


def _picks(edition: CompiledEdition, number: int) -> tuple[tuple[Pick, ...], ...]:
    """Return what each person adds in a round. It is worked out once for each edition."""

    def make() -> dict[str, tuple[Pick, ...]]:
        return {persona.id: picks_as(edition, persona, number) for persona in people(edition)}

    known = edition.memo(("made-up", number), make)
    return tuple(known[persona.id] for persona in people(edition))


def picks_as(edition: CompiledEdition, persona: Persona, number: int = 1) -> tuple[Pick, ...]:
    """Return what one of the people adds; in the second round some of their own steps are done."""
    result = result_of(edition, persona)
    if number > 1:
        done = frozenset(row.action.id for row in result.steps[:STEPS_BETWEEN])
        result = Result(edition, result.sheet.replace(ticked=done))
    first = result.first_step
    return items.picks_for(
        made_up_class(edition).counted,
        score=result.after,
        most_open=result.most_open.id if result.most_open else None,
        family=first.action.family if first else None,
    )


def result_of(edition: CompiledEdition, persona: Persona) -> Result:
    """Return the result of a practice person with all their answers."""
    return Result(edition, practice_sheet(edition, persona).replace(answers=record_of(persona).answers))
