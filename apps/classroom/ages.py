"""What the age group of a class decides: the topics it starts with, and the questions it is not asked."""

from __future__ import annotations

from apps.classroom.models import AgeGroup
from apps.editions import schema
from apps.editions.compiled import CompiledEdition

IDS = {AgeGroup.YOUNGER: "young", AgeGroup.OLDER: "teen", AgeGroup.ADULT: "adult"}
"""The id of each age group in a pack."""

LEFT_OUT = {AgeGroup.YOUNGER: ("q12",)}
"""What is not asked with an edition that has no notes on ages."""


def notes_on(edition: CompiledEdition, age_group: str) -> schema.AgeGroup | None:
    """Return what an edition says about an age group; None where it says nothing."""
    wanted = IDS[AgeGroup(age_group)]
    return next((group for group in edition.pack.ages if group.id == wanted), None)


def left_out(edition: CompiledEdition, age_group: str) -> frozenset[str]:
    """Return the questions that a class of this age group is not asked."""
    found = notes_on(edition, age_group)
    wanted = found.left_out if found else LEFT_OUT.get(AgeGroup(age_group), ())
    return frozenset(wanted) & edition.questions.keys()


def suggested_topics(edition: CompiledEdition, age_group: str) -> tuple[str, ...]:
    """Return the scored topics that suit an age group, in the edition's order; all where it names none."""
    found = notes_on(edition, age_group)
    scored = tuple(topic.id for topic in edition.scored_topics)
    return tuple(topic for topic in scored if found and topic in found.topics) or scored
