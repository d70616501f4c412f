"""From the draft to an edition: what must hold before, who must agree, now or at a set time, and the way back."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from pydantic import ValidationError

from apps.desk.draft import draft, problems_of
from apps.desk.models import Approval, Publication, State
from apps.desk.roles import EDIT, PUBLISH, active_publishers, are_independent, name_in_log, publishers_lost, require
from apps.editions.convert import questionnaire_of
from apps.editions.models import Edition
from apps.editions.pack_files import PackProblem, content_hash
from apps.editions.schema import Pack
from apps.editions.services import publish

logger = logging.getLogger(__name__)

LONGEST_NOTE = 4_000
"""Characters of a note for readers, and of a reason."""


class CannotPublish(Exception):
    """Base of what stands in the way of publishing; the message says it in words for an editor."""


class HasProblems(CannotPublish):
    """Something must be mended first; `problems` holds it."""

    def __init__(self, problems: Iterable[PackProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("Some problems must be mended first.")


class WarningsOpen(CannotPublish):
    """Warnings without a tick and a reason; `problems` holds them."""

    def __init__(self, problems: Iterable[PackProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("Each warning needs a tick and a reason.")


class NeedsApproval(CannotPublish):
    """Levels, weights or branching change, so another publisher has to approve exactly this content."""


class NoNote(CannotPublish):
    """Readers of the page of changes must be told what changed."""


class NothingNew(CannotPublish):
    """The current edition has this content already."""


class DraftChanged(CannotPublish):
    """The draft is no longer the content that was looked at."""


class OwnWork(CannotPublish):
    """Nobody approves what they publish themselves."""


class TooLate(CannotPublish):
    """The time lies in the past, or the publication is no longer waiting."""


class NoSuchEdition(CannotPublish):
    """There is no edition of this number, or it was written for a schema of the past."""


@dataclass(frozen=True)
class _Ready:
    """Content that may be published, and what is kept of the decision."""

    pack: Pack
    digest: str
    note: str
    accepted: list[dict[str, Any]]
    approval: Approval | None
    latest: Edition | None


def problem_key(problem: PackProblem) -> str:
    """Return the key under which a warning is ticked; it stays the same as long as the warning does."""
    words = "\0".join((problem.file, problem.item, problem.reason))
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def needs_second_person(old: Pack | None, new: Pack) -> bool:
    """Say whether a change from one pack to another needs another publisher's approval.

    It does where levels, weights or branching change, and the setting DESK_SECOND_PERSON asks for it: `always`,
    `never`, or `auto`, which is `always` once there are two people who can publish. Whoever an administrator has
    kept from it in the last day still counts: else one of two could send the other out and publish alone.
    """
    if settings.DESK_SECOND_PERSON == "never" or (old is not None and _scored(old) == _scored(new)):
        return False
    return settings.DESK_SECOND_PERSON == "always" or active_publishers().count() + publishers_lost() >= 2


def approval_of(digest: str) -> Approval | None:
    """Return the approval that was asked for, or given, for content of this hash."""
    found: Approval | None = Approval.objects.filter(content_hash=digest).first()
    return found


def request_approval(user: User | None, note: str = "") -> Approval:
    """Ask the publishers to look at the draft as it is now. Asking again for the same content keeps what was said.

    Raise DraftUnreadable, HasProblems or NotAllowed.
    """
    require(user, EDIT)
    now = draft()
    _refuse_problems(problems_of(now.pack, now.content_hash))
    approval: Approval
    approval, _ = Approval.objects.get_or_create(
        content_hash=now.content_hash,
        defaults={
            "note": note.strip()[:LONGEST_NOTE],
            "asked_at": timezone.now(),
            "asked_by": user,
            "asked_by_name": name_in_log(user),
        },
    )
    return approval


def approve(user: User, digest: str) -> Approval:
    """Approve content by its hash: the draft as it is now, which somebody else is to publish.

    Raise DraftChanged where the draft is other content by now, OwnWork for who asked, DraftUnreadable or NotAllowed.
    """
    require(user, PUBLISH)
    if draft().content_hash != digest:
        raise DraftChanged("The draft was changed since approval was asked for. Look at it as it is now.")
    with transaction.atomic():
        approval: Approval | None = Approval.objects.select_for_update().filter(content_hash=digest).first()
        if approval is None:
            raise DraftChanged("Nobody has asked for approval of the draft as it is now.")
        if approval.asked_by_id == user.pk:
            raise OwnWork("You asked for this approval yourself. Another publisher has to give it.")
        approval.approved_at, approval.approved_by = timezone.now(), user
        approval.approved_by_name = name_in_log(user)
        approval.save()
    return approval


def publish_draft(
    user: User | None,
    note: str,
    acknowledged: Mapping[str, str],
    approved_by: User | None = None,
    expected_hash: str | None = None,
) -> Edition:
    """Publish the draft as the next edition.

    `acknowledged` gives a reason for each warning, by `problem_key`. `approved_by` names whose approval it rests on,
    where one is needed; without it, anyone's counts that is valid. `expected_hash` is the content that was looked at.

    Raise DraftUnreadable, NotAllowed or what is a CannotPublish; nothing is published then.
    """
    require(user, PUBLISH)
    now = timezone.now()
    ready = _ready(user, note, acknowledged, approved_by, expected_hash)
    with transaction.atomic():
        # Somebody else may have published meanwhile, and with that changed what is new.
        latest = _latest_locked()
        if latest != ready.latest:
            raise DraftChanged("Another edition was published a moment ago. Look at the changes again.")
        edition = _publish(ready.pack, ready.note)
        _publication(user, ready, now, State.PUBLISHED, due_at=now, edition=edition.number, ended_at=now).save()
    return edition


def schedule(
    user: User | None,
    note: str,
    at: dt.datetime,
    acknowledged: Mapping[str, str],
    approved_by: User | None = None,
    expected_hash: str | None = None,
) -> Publication:
    """Freeze the draft as it is now, to be published at a time by `publish_due`.

    Raise as `publish_draft`, or TooLate.
    """
    require(user, PUBLISH)
    now = timezone.now()
    if at <= now:
        raise TooLate("This time has passed. Choose a later one, or publish now.")
    ready = _ready(user, note, acknowledged, approved_by, expected_hash)
    content = ready.pack.model_dump_json(exclude_defaults=True)
    publication = _publication(user, ready, now, State.WAITING, due_at=at, content=content)
    publication.save()
    return publication


def cancel(publication: Publication, user: User | None) -> None:
    """Take back a publication that is still waiting. Raise TooLate where it is not, or NotAllowed."""
    require(user, PUBLISH)
    reason = f"cancelled by {name_in_log(user)}" if user else "cancelled"
    if not _end(publication, State.CANCELLED, timezone.now(), reason=reason):
        raise TooLate("It is no longer waiting, so it cannot be cancelled.")


def publish_due(at: dt.datetime | None = None) -> tuple[Publication, ...]:
    """Publish everything whose time has come, and return what was published or failed, in order.

    Safe to run at any time and twice at once: each is taken from waiting to its end by one process only. One that
    may no longer be published fails with its reason and is not tried again.
    """
    now = at or timezone.now()
    ended = []
    for publication in Publication.objects.due(now):
        try:
            is_mine = _publish_scheduled(publication, now)
        except CannotPublish as refusal:
            reason = str(refusal)
            if isinstance(refusal, HasProblems):
                reason += "".join(f" {p.item}: {p.reason}." for p in refusal.problems)
            is_mine = _end(publication, State.FAILED, now, reason=reason)
            logger.warning("Publication %d failed.", publication.pk)
        if is_mine:
            publication.refresh_from_db()
            ended.append(publication)
    return tuple(ended)


def roll_back(number: int, user: User | None, note: str) -> Edition:
    """Publish an old edition's content again under a new number. The draft stays as it is.

    One press, for when something has gone wrong: the content was fit to publish once, so no check of today and no
    second person stands in the way. Raise NoSuchEdition, NothingNew, NoNote or NotAllowed.
    """
    require(user, PUBLISH)
    _refuse_empty(note)
    old = Edition.objects.filter(number=number).first()
    if old is None:
        raise NoSuchEdition(f"There is no edition {number}.")
    try:
        pack = Pack.model_validate_json(old.content)
    except ValidationError:
        raise NoSuchEdition(f"Edition {number} was written for an older version of the site.") from None
    now = timezone.now()
    with transaction.atomic():
        latest = _latest_locked()
        ready = _Ready(pack, old.content_hash, note.strip()[:LONGEST_NOTE], [], None, latest)
        edition = _publish(pack, ready.note)
        publication = _publication(user, ready, now, State.PUBLISHED, due_at=now, edition=edition.number, ended_at=now)
        publication.returns_to = number
        publication.save()
    return edition


# --- What must hold ------------------------------------------------------------------------------------


def _ready(
    user: User | None,
    note: str,
    acknowledged: Mapping[str, str],
    approved_by: User | None,
    expected_hash: str | None,
) -> _Ready:
    _refuse_empty(note)
    now = draft()
    if expected_hash is not None and now.content_hash != expected_hash:
        raise DraftChanged("The draft was changed since you looked at it. Look at what would change now.")
    latest = Edition.objects.order_by("-number").first()
    if latest and latest.content_hash == now.content_hash:
        raise NothingNew(f"Edition {latest.number} has this content already.")
    found = problems_of(now.pack, now.content_hash)
    _refuse_problems(found)
    accepted = _accepted(found, acknowledged)
    approval = None
    if needs_second_person(_pack_in(latest), now.pack):
        approval = _valid_approval(now.content_hash, user, approved_by)
    return _Ready(now.pack, now.content_hash, note.strip()[:LONGEST_NOTE], accepted, approval, latest)


def _refuse_empty(note: str) -> None:
    if not note.strip():
        raise NoNote("Say in a sentence what changed, for the page of changes.")


def _refuse_problems(found: Iterable[PackProblem]) -> None:
    serious = [problem for problem in found if not problem.warning]
    if serious:
        raise HasProblems(serious)


def _accepted(found: Iterable[PackProblem], acknowledged: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return each warning with the reason why it is accepted. Raise WarningsOpen for those without one."""
    reasons = {key: reason.strip()[:LONGEST_NOTE] for key, reason in acknowledged.items() if reason.strip()}
    warnings = [problem for problem in found if problem.warning]
    still_open = [problem for problem in warnings if problem_key(problem) not in reasons]
    if still_open:
        raise WarningsOpen(still_open)
    return [
        {"file": p.file, "item": p.item, "reason": p.reason, "accepted_because": reasons[problem_key(p)]}
        for p in warnings
    ]


def _valid_approval(digest: str, user: User | None, approved_by: User | None) -> Approval:
    """Return the approval of this content by another person who can publish now. Raise NeedsApproval or OwnWork."""
    approval = approval_of(digest)
    approver = approval.approved_by if approval else None
    if approval is None or approver is None or (approved_by is not None and approver.pk != approved_by.pk):
        raise NeedsApproval(
            "Levels, weights or branching change. Another publisher has to approve exactly this content first."
        )
    if user is not None and approver.pk == user.pk:
        raise OwnWork("You approved this yourself, so another publisher has to publish it.")
    if not active_publishers().filter(pk=approver.pk).exists():
        raise NeedsApproval("Whoever approved this may no longer publish. Ask another publisher.")
    if user is not None and not are_independent(user, approver):
        raise OwnWork(
            "An account of the two was changed within the last day by the other, or both by one person, so they do "
            "not count as two people yet. Wait a day, or ask another publisher."
        )
    return approval


def _scored(pack: Pack) -> dict[str, Any]:
    """Return levels, weights and branching of a pack; the order in which things are listed does not count."""
    questionnaire = questionnaire_of(pack)
    return {
        "method": pack.method,
        "topics": {topic.id: topic.after_result for topic in questionnaire.topics},
        "situations": sorted(situation.id for situation in pack.situations),
        "questions": {
            q.id: (
                q.topic,
                q.kind,
                {option.id: option.level for option in q.options},
                q.ratings,
                q.parent,
                q.show,
                q.applies_to,
            )
            for q in questionnaire.questions
        },
    }


def _pack_in(edition: Edition | None) -> Pack | None:
    """Return an edition's pack; None for none, and for one of an older schema, against which all counts as changed."""
    try:
        return Pack.model_validate_json(edition.content) if edition else None
    except ValidationError:
        return None


# --- Doing it ------------------------------------------------------------------------------------------


def _latest_locked() -> Edition | None:
    """Return the newest edition, while nobody else can publish until the transaction ends."""
    Edition.objects.select_for_update().order_by("-number").first()
    # Asked again: who waited for the lock was given what was the newest before.
    found: Edition | None = Edition.objects.order_by("-number").first()
    return found


def _publish(pack: Pack, note: str) -> Edition:
    edition, is_new = publish(pack, note)
    if not is_new:
        raise NothingNew(f"Edition {edition.number} has this content already.")
    return edition


def _publication(user: User | None, ready: _Ready, now: dt.datetime, state: str, **values: Any) -> Publication:
    return Publication(
        state=state,
        content_hash=ready.digest,
        note=ready.note,
        accepted=ready.accepted,
        decided_at=now,
        user=user,
        user_name=name_in_log(user),
        approved_by=ready.approval.approved_by if ready.approval else None,
        approved_by_name=ready.approval.approved_by_name if ready.approval else "",
        based_on=ready.latest.number if ready.latest else None,
        **values,
    )


def _publish_scheduled(publication: Publication, now: dt.datetime) -> bool:
    """Publish one that is due, unless another process does; say whether it was this one.

    Raise CannotPublish; nothing is changed then.
    """
    try:
        pack = Pack.model_validate_json(publication.content)
    except ValidationError:
        raise NoSuchEdition("It was scheduled with an older version of the site. Schedule it anew.") from None
    if content_hash(pack) != publication.content_hash:
        raise DraftChanged("What is stored is not what was scheduled.")
    _refuse_problems(problems_of(pack, publication.content_hash, now.date()))
    with transaction.atomic():
        # One process takes it from waiting; another that tries at once waits here, and then finds nothing to take.
        if not _end(publication, State.PUBLISHED, now):
            return False
        _latest_locked()
        _refuse_overtaken(publication)
        if publication.user_name:
            user = publication.user
            if user is None or not active_publishers().filter(pk=user.pk).exists():
                raise NeedsApproval(f"{publication.user_name}, who scheduled this, may no longer publish.")
        edition = _publish(pack, publication.note)
        Publication.objects.filter(pk=publication.pk).update(edition=edition.number, content="")
    return True


def _refuse_overtaken(publication: Publication) -> None:
    """Raise DraftChanged where an edition came between that the frozen content does not know of.

    One that was scheduled before this one is known: both were made from the one draft.
    """
    since = Edition.objects.filter(number__gt=publication.based_on or 0)
    known = Publication.objects.filter(edition__isnull=False, decided_at__lt=publication.decided_at).values_list(
        "edition", flat=True
    )
    unknown = set(since.values_list("number", flat=True)) - set(known)
    if unknown:
        raise DraftChanged(
            f"Edition {max(unknown)} was published after this was scheduled, and would be undone by it. "
            "Look at the draft and schedule it anew."
        )


def _end(publication: Publication, state: str, at: dt.datetime, reason: str = "") -> bool:
    """Take a publication from waiting to its end in one step; say whether it was still waiting."""
    waiting = Publication.objects.filter(pk=publication.pk, state=State.WAITING)
    return bool(waiting.update(state=state, ended_at=at, reason=reason) == 1)
