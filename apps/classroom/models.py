"""What is stored of classes. There is no row, time, address or cross-table of any one person.

Days, never times. Only `services` may read or write an open round; everything else asks `services.rounds_shown`.
Source: method, section 10, R2 and R3.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models

from apps.classroom import items, totals

DAYS_KEPT = 90
"""A class is deleted, with everything in it, on this day after the day it was opened."""

LONGEST_LABEL = 60


class AgeGroup(models.TextChoices):
    """For whom the class is: decides wording help, left-out questions and defaults."""

    YOUNGER = "11-14"
    OLDER = "14-18"
    ADULT = "adult"


class ClassQuerySet(models.QuerySet["Class"]):
    """Filters on classes."""

    def living(self, today: dt.date) -> ClassQuerySet:
        """Return the classes whose 90 days are not over."""
        found: ClassQuerySet = self.filter(opened_on__gt=_days_before(today, DAYS_KEPT))
        return found

    def expired(self, today: dt.date) -> ClassQuerySet:
        """Return the classes whose 90 days are over."""
        found: ClassQuerySet = self.filter(opened_on__lte=_days_before(today, DAYS_KEPT))
        return found


class Class(models.Model):
    """One class. Of the manage link only a hash is stored; `topics` are ids, empty for all of the edition.

    `item_list` is what every round of it counts, as `items.as_json` writes it, so that tables can be read whatever
    becomes of the edition.
    """

    code = models.CharField(max_length=12, primary_key=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=LONGEST_LABEL, blank=True)
    topics = models.JSONField(default=list)
    age_group = models.CharField(max_length=8, choices=AgeGroup)
    size = models.PositiveSmallIntegerField()
    rounds_planned = models.PositiveSmallIntegerField()
    uses_slips = models.BooleanField(default=False)
    edition = models.PositiveIntegerField()
    item_list = models.JSONField(default=list)
    opened_on = models.DateField(db_index=True)

    objects = ClassQuerySet.as_manager()

    class Meta:
        ordering = ("code",)  # not by age: the order of opening is nobody's business

    def __str__(self) -> str:
        return f"Class {self.code}"

    @property
    def counted(self) -> tuple[items.Item, ...]:
        """What each round counts."""
        return items.from_json(self.item_list)

    @property
    def deleted_on(self) -> dt.date:
        """The day on which the class deletes itself."""
        return self.opened_on + dt.timedelta(days=DAYS_KEPT)


class Outcome(models.TextChoices):
    """What became of a round. An open one has none."""

    OPEN = ""
    RELEASED = "released"
    TOO_FEW = "too-few"
    LOST = "lost"


class RoundQuerySet(models.QuerySet["Round"]):
    """Filters on rounds."""

    def due(self, today: dt.date) -> RoundQuerySet:
        """Return the open rounds whose 14 days are over."""
        found: RoundQuerySet = self.filter(outcome=Outcome.OPEN, opened_on__lte=_days_before(today, totals.DAYS_OPEN))
        return found

    def with_people(self) -> RoundQuerySet:
        """Add `people`: how many have added theirs to an open round, None where its counters are gone."""
        found: RoundQuerySet = self.annotate(people=models.F("open_round__n"))
        return found


class Round(models.Model):
    """One round of a class. `table` is what was published at closing; it stays empty where nothing was.

    `sides` is the die that its counters started with.
    """

    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveSmallIntegerField()
    opened_on = models.DateField(db_index=True)
    sides = models.PositiveSmallIntegerField(default=totals.THIRD)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True, default=Outcome.OPEN)
    table: models.JSONField[Any, Any] = models.JSONField(null=True, default=None)

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ("klass", "number")
        constraints = [models.UniqueConstraint(fields=("klass", "number"), name="one_round_of_each_number")]

    def __str__(self) -> str:
        return f"Round {self.number} of class {self.klass_id}"

    def is_due(self, today: dt.date) -> bool:
        """Say whether its 14 days are over."""
        return self.opened_on + dt.timedelta(days=totals.DAYS_OPEN) <= today


class OpenRound(models.Model):
    """The counters of a round while it is open, all in one row; the row is erased when the round closes.

    `counters` holds one number for each category, all of which began at secret random numbers. `tokens` holds
    keyed hashes of the tokens that were used, and `slips` of the slips that were not, both sorted, so that
    their order tells nothing.
    """

    round = models.OneToOneField(Round, on_delete=models.CASCADE, primary_key=True, related_name="open_round")
    n = models.PositiveSmallIntegerField(default=0)
    counters = models.TextField()
    tokens = models.TextField(blank=True)
    slips = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"Open round {self.round_id}"


class Attempts(models.Model):
    """How often somebody tried something within a stretch of time, see `limits`.

    `key` and `window` are keyed hashes whose key changes every day: no address and no time can be read here.
    """

    key = models.CharField(max_length=32, primary_key=True)
    seconds = models.PositiveIntegerField()
    window = models.CharField(max_length=16)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=("seconds", "window"), name="attempts_by_window")]
        verbose_name_plural = "attempts"

    def __str__(self) -> str:
        return f"{self.count} attempts within {self.seconds} seconds"


def _days_before(today: dt.date, days: int) -> dt.date:
    return today - dt.timedelta(days=days)
