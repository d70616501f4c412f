"""The first page of the desk, its problems and queue, the drawing of the questions, the log, and ways to an item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.desk.access import EditorRequest, SeeOther, editor
from apps.desk.draft import DraftUnreadable, draft, draft_problems
from apps.desk.forms.words import GROUPS
from apps.desk.models import DraftItem, PersonChange, Publication, Revision
from apps.desk.preview import ROOT
from apps.desk.question_map import question_map_outline
from apps.desk.shapes import KINDS
from apps.desk.views.items import entry_of
from apps.desk.views.parts import address_of, listed, pack_or_none, slug_of, title_of_kind, told
from apps.editions.compiled import ORIGINAL
from apps.editions.models import Edition

LINES_A_PAGE = 50
MOST_STATE = 20_000_000
"""Bytes of the file of `check_sources` that are read."""


@require_safe
@editor
def home(request: EditorRequest) -> HttpResponse:
    """Show what waits to be done, and the ways to every list. No figure is about visitors."""
    rows = listed()
    problems = draft_problems()
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.kind] = counts.get(row.kind, 0) + 1
    latest = Edition.objects.defer("content", "changes").order_by("-number").first()
    context = {
        "serious": sum(not problem.warning for problem in problems),
        "warnings": sum(problem.warning for problem in problems),
        "due": [row for row in rows if row.is_due],
        "outdated": [row for row in rows if row.outdated],
        "missing": [row for row in rows if row.missing],
        "dead": dead_links(),
        "is_empty": not rows,
        "latest": latest,
        "is_published": latest is not None and latest.content_hash == _digest(),
        "waiting": Publication.objects.waiting(),
        "groups": [
            (title, [(slug_of(kind), title_of_kind(kind), counts.get(kind, 0)) for kind in kinds])
            for title, kinds in GROUPS
        ],
        "recent": [entry_of(revision) for revision in Revision.objects.all()[:5]],
        "bookmark": bookmarklet(),
    }
    return render(request, "desk/home.html", context)


def _digest() -> str:
    try:
        return draft().content_hash
    except DraftUnreadable:
        return ""


def bookmarklet() -> str:
    """Return the address of a bookmark that leads from any page of the site to the item behind it."""
    at = settings.PUBLIC_ORIGIN + reverse("desk:at")
    return f"javascript:void(location.href='{at}?page='+encodeURIComponent(location.href))"


def dead_links() -> list[dict[str, Any]] | None:
    """Return the addresses that `check_sources --state` found dead or refused; None where it has not run.

    The file is named by the setting SOURCES_STATE.
    """
    path = getattr(settings, "SOURCES_STATE", "")
    if not path:
        return None
    try:
        if Path(path).stat().st_size > MOST_STATE:
            return None
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    latest: dict[str, dict[str, Any]] = {}
    for line in lines:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and isinstance(found.get("address"), str):
            latest[found["address"]] = found
    return [found for found in latest.values() if found.get("verdict") in {"dead", "refused"}]


@require_safe
@editor
def problems(request: EditorRequest) -> HttpResponse:
    """List everything that is wrong with the draft, each with the field where it is mended."""
    found = told(draft_problems(), pack_or_none())
    context = {
        "serious": [one for one in found if not one.problem.warning],
        "warnings": [one for one in found if one.problem.warning],
    }
    return render(request, "desk/problems.html", context)


@require_safe
@editor
def queue(request: EditorRequest) -> HttpResponse:
    """List what is due, what is not translated, and which links are dead."""
    rows = listed()
    context = {
        "due": [row for row in rows if row.is_due],
        "outdated": [row for row in rows if row.outdated],
        "missing": [row for row in rows if row.missing],
        "dead": dead_links(),
    }
    return render(request, "desk/queue.html", context)


@require_safe
@editor
def question_map(request: EditorRequest) -> HttpResponse:
    """Draw the questions with what leads to which; the same stands below as a list."""
    pack = pack_or_none()
    context: dict[str, Any] = {"is_unreadable": pack is None}
    if pack is not None:

        def address(question: str) -> str:
            return address_of("question", question)

        context["pack"] = pack
        context["outline"] = question_map_outline(pack, ORIGINAL, address)
    return render(request, "desk/map.html", context)


@require_safe
@editor
def log(request: EditorRequest) -> HttpResponse:
    """Show every change of the draft, the latest first."""
    who, kind = request.GET.get("who", "").strip(), request.GET.get("kind", "").strip()
    revisions = Revision.objects.all()
    if who:
        revisions = revisions.filter(user_name__iexact=who[:150])
    if kind in KINDS:
        revisions = revisions.filter(kind=kind)
    page = Paginator(revisions, LINES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "entries": [entry_of(revision) for revision in page],
        "who": who,
        "kind": kind,
        "kinds": [(name, title_of_kind(name)) for name in KINDS],
        "people": list(
            Revision.objects.exclude(user_name="").order_by("user_name").values_list("user_name", flat=True).distinct()
        ),
    }
    return render(request, "desk/log.html", context)


@require_safe
@editor
def log_of_people(request: EditorRequest) -> HttpResponse:
    """Show every change of an account to all editors, the latest first: nobody gets a role unseen."""
    page = Paginator(PersonChange.objects.all(), LINES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "desk/log_people.html", {"page": page})


# --- From a page of the site to the item behind it -----------------------------------------------------

_ITEM_OF_PAGE = {
    "guidance:guide": ("guide", "guide_id"),
    "guidance:action": ("action", "action_id"),
    "guidance:claim": ("claim", "claim_id"),
    "guidance:term": ("term", "term_id"),
    "guidance:rights": ("rights", "place_id"),
    "website:method_question": ("question", "question_id"),
    "checkup:question": ("question", "question_id"),
    "checkup:letter": ("letter", "letter_id"),
    "checkup:persona": ("persona", "persona_id"),
}
_LIST_OF_PAGE = {
    "guidance:guides": "guide",
    "guidance:platforms": "platform",
    "guidance:rights_by_place": "rights",
    "guidance:letters": "letter",
    "guidance:claims": "claim",
    "guidance:freshness": "claim",
    "guidance:glossary": "term",
    "website:story": "article point",
    "website:method": "question",
    "website:home": "topic",
    "checkup:start": "situation",
    "checkup:review": "question",
    "checkup:result": "action",
    "checkup:print": "action",
    "checkup:practice": "persona",
    "checkup:paper": "question",
}


@require_safe
@editor
def at(request: EditorRequest) -> HttpResponse:
    """Lead from the address of any page of the site, or of its preview, to the item that it shows."""
    address = request.GET.get("page", "").strip()
    target = edit_address(address)
    if target:
        return SeeOther(target)
    messages.warning(request, _("That page shows nothing that is edited here, or it is no page of this site."))
    return SeeOther(reverse("desk:home"))


def edit_address(address: str) -> str:
    """Return where what a page shows is edited, or nothing. The address may be whole, or begin with a slash."""
    try:
        parts = urlsplit(address[:2000])
    except ValueError:
        return ""
    path = parts.path
    if path.startswith(ROOT):
        path = "/" + path.removeprefix(ROOT)
    try:
        match = resolve(unquote(path))
    except Resolver404:
        return ""
    if match.view_name in _ITEM_OF_PAGE:
        kind, name = _ITEM_OF_PAGE[match.view_name]
        item_id = str(match.kwargs.get(name, ""))
        return _edit_item(kind, item_id, parts.fragment)
    kind = _LIST_OF_PAGE.get(match.view_name, "")
    if not kind:
        return ""
    return _edit_item(kind, parts.fragment, "") or reverse("desk:list", args=[slug_of(kind)])


def _edit_item(kind: str, item_id: str, fragment: str) -> str:
    """Return where an item is edited, if the draft has it; a step of a platform leads to its platform."""
    if not item_id:
        return ""
    if DraftItem.objects.filter(kind=kind, item_id=item_id).exists():
        return address_of(kind, item_id)
    if kind == "platform":
        for row in DraftItem.objects.filter(kind="platform"):
            if any(step.get("id") == item_id for step in row.data.get("steps", ())):
                return address_of("platform", row.item_id, f"steps.{item_id}")
    return ""
