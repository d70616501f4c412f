"""What is stored of the editors' work: the draft, its change log, approvals and publications.

Nothing here is about visitors. The shape of an item's `data` is the schema's (`apps.editions.schema`); it is checked
in `shapes`, so that a new field of the schema needs no migration here.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models

LONGEST_ID = 40
"""Characters of an item's id, as the schema limits it."""

LONGEST_NAME = 150
"""Characters of a person's name as the log keeps it."""


class DraftItem(models.Model):
    """One item of the draft.

    `item_id` is the item's id, a language's code, or "pack" for the values of the pack itself. `parent` is the topic
    of a question, else empty. `data` is the item as a file would hold it, without items of their own: a topic
    without its questions. `position` orders it among its siblings. `version` grows by one with each change.
    `translated_from` holds, by field path and language, the hash of the original at the time of translating.
    `digest` is a hash of `data`.
    """

    kind = models.CharField(max_length=20)
    item_id = models.CharField(max_length=LONGEST_ID)
    parent = models.CharField(max_length=LONGEST_ID, blank=True)
    position = models.PositiveIntegerField(default=0)
    data = models.JSONField()
    digest = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    translated_from = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("kind", "parent", "position", "pk")
        constraints = [models.UniqueConstraint(fields=("kind", "item_id"), name="one_draft_item_of_an_id")]
        permissions = [("edit_draft", "Edit the draft")]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id}"


class Action(models.TextChoices):
    """What was done to an item."""

    CREATED = "created"
    CHANGED = "changed"
    MOVED = "moved"
    REMOVED = "removed"
    RESTORED = "restored"
    IMPORTED = "imported"


class Revision(models.Model):
    """One line of the change log: what an item was before and after, who changed it, and when.

    `before` and `after` hold data, parent, position and translated_from; empty where the item was not there.
    `number` is the item's version afterwards. It goes on where an id is used again after a removal.
    """

    kind = models.CharField(max_length=20)
    item_id = models.CharField(max_length=LONGEST_ID)
    number = models.PositiveIntegerField()
    action = models.CharField(max_length=10, choices=Action)
    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    user_name = models.CharField(max_length=LONGEST_NAME, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        constraints = [models.UniqueConstraint(fields=("kind", "item_id", "number"), name="one_revision_of_a_number")]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id}, version {self.number}: {self.action}"


class Approval(models.Model):
    """A publisher was asked to look at exactly this content, and may have approved it."""

    content_hash = models.CharField(max_length=64, unique=True)
    note = models.TextField(blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_by_name = models.CharField(max_length=LONGEST_NAME, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_by_name = models.CharField(max_length=LONGEST_NAME, blank=True)

    class Meta:
        ordering = ("-asked_at", "-pk")

    def __str__(self) -> str:
        return f"Approval of {self.content_hash[:12]}"


class State(models.TextChoices):
    """How far a publication is."""

    WAITING = "waiting"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    FAILED = "failed"


class PublicationQuerySet(models.QuerySet["Publication"]):
    """Filters on publications."""

    def waiting(self) -> PublicationQuerySet:
        """Return those that are still to come, the first one first."""
        found: PublicationQuerySet = self.filter(state=State.WAITING).order_by("due_at", "pk")
        return found

    def due(self, at: dt.datetime) -> PublicationQuerySet:
        """Return the waiting ones whose time has come."""
        found: PublicationQuerySet = self.waiting().filter(due_at__lte=at)
        return found


class Publication(models.Model):
    """An edition that was published from here, or is to be.

    `content` is the pack as JSON text, frozen when it was scheduled; it is empty once the edition holds it.
    `accepted` lists the warnings that were ticked, each with its reason. `based_on` is the edition that was current
    when this was decided, `edition` the one that came of it. `returns_to` is the edition that a roll back brings back.
    """

    state = models.CharField(max_length=10, choices=State)
    content = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64)
    note = models.TextField(blank=True)
    accepted = models.JSONField(default=list, blank=True)
    decided_at = models.DateTimeField()
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    user_name = models.CharField(max_length=LONGEST_NAME, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_by_name = models.CharField(max_length=LONGEST_NAME, blank=True)
    based_on = models.PositiveIntegerField(null=True, blank=True)
    returns_to = models.PositiveIntegerField(null=True, blank=True)
    edition = models.PositiveIntegerField(null=True, blank=True)
    reason = models.TextField(blank=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ("-decided_at", "-pk")
        permissions = [("publish", "Publish, schedule and roll back")]

    def __str__(self) -> str:
        return f"Publication {self.pk}: {self.state}"


class Calibration(models.Model):
    """How far the scores of some content hold on other weights and levels, worked out once for it.

    `key` is a hash of the levels, weights, branching, actions and personas it belongs to, `text` what
    `calibration.calibration_text` gives. Source: method, section 11.
    """

    key = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Calibration {self.key[:8]}"


class PersonAction(models.TextChoices):
    """What was done to an account."""

    MADE = "made"
    ROLE = "new role"
    LINK = "new link"
    OFF = "off"  # nobody can sign in with it
    ON = "on again"
    REMOVED = "removed"


class PersonChange(models.Model):
    """One line of the log of people: whose account was changed, by whom, and when.

    `role_before` and `role_after` are the roles that the account had, in use or not; empty where there was none.
    Without a `user` it was done on the command line.
    """

    action = models.CharField(max_length=10, choices=PersonAction)
    at = models.DateTimeField(db_index=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    person_name = models.CharField(max_length=LONGEST_NAME)
    role_before = models.CharField(max_length=20, blank=True)
    role_after = models.CharField(max_length=20, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    user_name = models.CharField(max_length=LONGEST_NAME, blank=True)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.person_name}: {self.action}"


class SignInTries(models.Model):
    """How often somebody tried to sign in within one stretch of time. `key` is a hash that names nobody."""

    key = models.CharField(max_length=32, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} tries until {self.ends_at:%H:%M}"
