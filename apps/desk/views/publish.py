"""What publishing would do, who has to agree, and the act itself: now, later, or back to an edition of the past."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from pydantic import ValidationError

from apps.desk.access import EditorRequest, SeeOther, allowed, editor
from apps.desk.consequences import BANDS, Consequences, consequences
from apps.desk.draft import Draft, DraftUnreadable, draft, problems_of
from apps.desk.models import Approval, Publication, State
from apps.desk.publishing import (
    CannotPublish,
    approval_of,
    approve,
    cancel,
    needs_second_person,
    problem_key,
    publish_draft,
    request_approval,
    roll_back,
    schedule,
)
from apps.desk.roles import PUBLISH
from apps.desk.sensitivity import calibration_of, is_known, work_out
from apps.desk.views.parts import told
from apps.editions.models import Edition
from apps.editions.schema import Pack

UNPROCESSABLE = 422
_KEPT = 4
_kept: dict[tuple[str, str, dt.date, tuple[str | None, ...]], Consequences] = {}
_lock = threading.Lock()


@require_http_methods(["GET", "HEAD"])
@editor
def overview(request: EditorRequest) -> HttpResponse:
    """Show everything that publishing the draft would do, and the form that does it."""
    return _page(request)


def _page(request: EditorRequest, refusal: CannotPublish | None = None) -> HttpResponse:
    latest = Edition.objects.order_by("-number").first()
    context: dict[str, Any] = {
        "latest": latest,
        "editions": Edition.objects.defer("content", "changes")[:50],
        "waiting": Publication.objects.waiting(),
        "past": Publication.objects.exclude(state=State.WAITING)[:10],
        "may_publish": request.user.has_perm(PUBLISH),
        "refusal": refusal,
        "note": request.POST.get("note", ""),
        "at": request.POST.get("at", ""),
    }
    try:
        now = draft()
    except DraftUnreadable as unreadable:
        context |= {"unreadable": told(unreadable.problems, None)}
        return render(request, "desk/publish.html", context, status=UNPROCESSABLE if refusal else 200)
    problems = problems_of(now.pack, now.content_hash)
    old = _pack_in(latest)
    found = _consequences(old, latest, now)
    approval = approval_of(now.content_hash)
    ticked = _acknowledged(request)
    warnings = [
        {"key": problem_key(one.problem), "told": one, "reason": ticked.get(problem_key(one.problem), "")}
        for one in told([problem for problem in problems if problem.warning], now.pack)
    ]
    for warning in warnings:
        warning["is_ticked"] = warning["key"] in request.POST.getlist("tick")
    serious = told([problem for problem in problems if not problem.warning], now.pack)
    context |= {
        "hash": now.content_hash,
        "is_same": latest is not None and latest.content_hash == now.content_hash,
        "serious": serious,
        "warnings": warnings,
        "found": found,
        "bands": BANDS,
        "needs_second": needs_second_person(old, now.pack),
        "approval": approval,
        "may_approve": _may_approve(request, approval),
        "is_approver": approval is not None and approval.approved_by_id == request.user.pk,
    }
    return render(request, "desk/publish.html", context, status=UNPROCESSABLE if refusal else 200)


def _may_approve(request: EditorRequest, approval: Approval | None) -> bool:
    return (
        approval is not None
        and approval.approved_at is None
        and approval.asked_by_id != request.user.pk
        and request.user.has_perm(PUBLISH)
    )


def _pack_in(edition: Edition | None) -> Pack | None:
    try:
        return Pack.model_validate_json(edition.content) if edition else None
    except ValidationError:
        return None


def _consequences(old: Pack | None, latest: Edition | None, now: Draft) -> Consequences:
    """Return what publishing would do; kept in memory, since the page is opened again for each step."""
    today = dt.date.today()
    calibrations = tuple(calibration_of(pack) for pack in (now.pack, old) if pack is not None)
    key = (latest.content_hash if latest and old else "", now.content_hash, today, calibrations)
    with _lock:
        if key in _kept:
            return _kept[key]
    found = consequences(old, now.pack, calibrations=calibrations, today=today)
    with _lock:
        _kept[key] = found
        while len(_kept) > _KEPT:
            _kept.pop(next(iter(_kept)))
    return found


def _acknowledged(request: EditorRequest) -> dict[str, str]:
    """Return the reasons of the warnings that were ticked; one without a reason does not count."""
    return {key: request.POST.get(f"reason-{key}", "") for key in request.POST.getlist("tick")}


@require_POST
@allowed(PUBLISH)
def publish(request: EditorRequest) -> HttpResponse:
    """Publish the draft that was looked at, now or at a set time."""
    note, digest = request.POST.get("note", ""), request.POST.get("hash", "")
    try:
        if request.POST.get("when") == "later":
            at = _time(request.POST.get("at", ""))
            publication = schedule(request.user, note, at, _acknowledged(request), expected_hash=digest)
            when = f"{publication.due_at:%Y-%m-%d %H:%M} UTC"
            messages.success(request, _("It will be published on %(when)s.") % {"when": when})
        else:
            edition = publish_draft(request.user, note, _acknowledged(request), expected_hash=digest)
            messages.success(
                request,
                _("Edition %(number)s is published. Every page shows it within ten seconds.")
                % {"number": edition.number},
            )
    except DraftUnreadable:
        return _page(request)
    except CannotPublish as refusal:
        return _page(request, refusal)
    return SeeOther(reverse("desk:publish"))


class _NoTime(CannotPublish):
    """What was written is no time."""


def _time(said: str) -> dt.datetime:
    """Return a time as a form gives it, in UTC. Raise a CannotPublish for what is none."""
    try:
        found = dt.datetime.fromisoformat(said[:30])
    except ValueError:
        raise _NoTime(_("Give a day and a time, for example 2030-01-31T09:00.")) from None
    return timezone.make_aware(found, dt.timezone.utc) if timezone.is_naive(found) else found


@require_POST
@editor
def calibrate(request: EditorRequest) -> HttpResponse:
    """Work out how far the scores of the draft hold on other weights and levels; it takes some ten seconds."""
    try:
        now = draft()
    except DraftUnreadable:
        return _page(request)
    if any(not problem.warning for problem in problems_of(now.pack, now.content_hash)):
        messages.error(request, _("Mend first what blocks publishing. Then this can be worked out."))
    elif not is_known(now.pack):
        work_out(now.pack)
    return SeeOther(reverse("desk:publish") + "#sensitivity")


@require_POST
@editor
def ask(request: EditorRequest) -> HttpResponse:
    """Ask another publisher to look at exactly this content."""
    try:
        request_approval(request.user, request.POST.get("note", ""))
    except DraftUnreadable:
        return _page(request)
    except CannotPublish as refusal:
        return _page(request, refusal)
    messages.success(request, _("Approval is asked for. Another publisher finds it on this page."))
    return SeeOther(reverse("desk:publish"))


@require_POST
@editor
def try_others(request: EditorRequest) -> HttpResponse:
    """Work out how far the draft's scores hold on other weights and levels; it takes some ten seconds."""
    try:
        now = draft()
    except DraftUnreadable:
        return _page(request)
    if any(not problem.warning for problem in problems_of(now.pack, now.content_hash)):
        messages.error(request, _("Mend first what blocks publishing. Then it can be worked out."))
    else:
        work_out(now.pack)
        messages.success(request, _("It is worked out for the draft as it is now."))
    return SeeOther(reverse("desk:publish"))


@require_POST
@allowed(PUBLISH)
def agree(request: EditorRequest) -> HttpResponse:
    """Approve exactly the content that was looked at."""
    try:
        approve(request.user, request.POST.get("hash", ""))
    except DraftUnreadable:
        return _page(request)
    except CannotPublish as refusal:
        return _page(request, refusal)
    messages.success(request, _("You approved this content. Whoever asked can publish it now."))
    return SeeOther(reverse("desk:publish"))


@require_POST
@allowed(PUBLISH)
def cancel_publication(request: EditorRequest, number: int) -> HttpResponse:
    """Take back what was scheduled."""
    try:
        cancel(get_object_or_404(Publication, pk=number), request.user)
    except CannotPublish as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It will not be published."))
    return SeeOther(reverse("desk:publish"))


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(PUBLISH)
def back(request: EditorRequest, number: int) -> HttpResponse:
    """Publish an old edition again under a new number, with a note for readers."""
    edition = Edition.objects.defer("content", "changes").filter(number=number).first()
    if edition is None:
        raise Http404
    context: dict[str, Any] = {"edition": edition, "latest": Edition.objects.defer("content", "changes").first()}
    if request.method == "POST":
        try:
            new = roll_back(number, request.user, request.POST.get("note", ""))
        except CannotPublish as refusal:
            context |= {"refusal": refusal, "note": request.POST.get("note", "")}
            return render(request, "desk/roll_back.html", context, status=UNPROCESSABLE)
        messages.success(
            request,
            _("Edition %(old)s is back, as edition %(new)s. The draft is as it was.")
            % {"old": number, "new": new.number},
        )
        return SeeOther(reverse("desk:publish"))
    return render(request, "desk/roll_back.html", context)
