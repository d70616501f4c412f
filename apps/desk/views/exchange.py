"""Packs in and out: what an import would change is shown first, and nothing is kept between the two steps."""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from pydantic import ValidationError

from apps.desk.access import EditorRequest, SeeOther, editor
from apps.desk.draft import DraftUnreadable
from apps.desk.exchange import ItemDifference, export_pack, import_zip, load_edition
from apps.desk.views.parts import in_words, one_of, told
from apps.editions.current import EditionUnavailable, NoEdition, UnknownEdition
from apps.editions.models import Edition
from apps.editions.pack_files import PackError, PackProblem, pack_bytes
from apps.editions.schema import Pack

UNPROCESSABLE = 422
LONGEST_ZIP = 4_000_000
"""Bytes of an archive; the shipped pack has a twentieth of them."""

MOST_FIELDS_SHOWN = 40
_WHEN = (2020, 1, 1, 0, 0, 0)
"""The time of every file of an archive, so that the same pack gives the same archive."""


@require_safe
@editor
def exchange(request: EditorRequest) -> HttpResponse:
    """Offer packs to take along, and a place to bring one in."""
    return _page(request)


def _page(request: EditorRequest, status: int = 200, **more: Any) -> HttpResponse:
    context = {"editions": Edition.objects.defer("content", "changes")[:200], **more}
    return render(request, "desk/exchange.html", context, status=status)


@require_POST
@editor
def bring_in(request: EditorRequest) -> HttpResponse:
    """Show what a .zip would change in the draft; sent again from that page, it is imported."""
    is_sure = "sure" in request.POST
    data = _sent_again(request.POST.get("pack", "")) if is_sure else _sent(request)
    if not data:
        return _refused(request, [_problem(_("no file arrived"), _("choose the .zip of a pack, up to 4 MB"))])
    try:
        found = import_zip(data, request.user, dry_run=not is_sure)
    except PackError as error:
        return _refused(request, error.problems)
    if is_sure:
        return _done(request, found)
    again = base64.urlsafe_b64encode(data).decode("ascii")
    return render(request, "desk/import.html", {"rows": _rows(found), "pack": again})


@require_POST
@editor
def take_edition(request: EditorRequest) -> HttpResponse:
    """Show what making the draft equal to an edition would change; sent again from that page, it is done."""
    said = request.POST.get("number", "")
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 8 else 0
    try:
        found = load_edition(number, request.user, dry_run="sure" not in request.POST)
    except (UnknownEdition, NoEdition):
        raise Http404 from None
    except EditionUnavailable:
        reason = _("edition %(number)s was written for an older version of the site") % {"number": number}
        return _refused(request, [_problem(reason, _("choose a later one"))])
    except PackError as error:
        return _refused(request, error.problems)
    if "sure" in request.POST:
        return _done(request, found)
    return render(request, "desk/import.html", {"rows": _rows(found), "number": number})


def _sent(request: EditorRequest) -> bytes:
    file = request.FILES.get("pack")
    return file.read() if file is not None and file.size is not None and file.size <= LONGEST_ZIP else b""


def _sent_again(text: str) -> bytes:
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True) if len(text) <= 2 * LONGEST_ZIP else b""
    except (binascii.Error, ValueError):
        return b""


def _problem(reason: str, mend: str) -> PackProblem:
    return PackProblem("", _("the file"), reason, mend)


def _refused(request: EditorRequest, problems: Any) -> HttpResponse:
    return _page(request, UNPROCESSABLE, problems=told(problems, None))


def _done(request: EditorRequest, found: tuple[ItemDifference, ...]) -> HttpResponse:
    messages.success(request, _("The draft is like it now. Items changed: %(n)s.") % {"n": len(found)})
    return SeeOther(reverse("desk:home"))


def _rows(found: tuple[ItemDifference, ...]) -> list[dict[str, Any]]:
    words = {"added": _("added"), "changed": _("changed"), "moved": _("moved"), "removed": _("removed")}
    return [
        {
            "one": one_of(one.kind),
            "id": one.item_id,
            "what": words[one.what],
            "fields": [
                {"path": change.path, "before": in_words(change.before), "after": in_words(change.after)}
                for change in one.fields[:MOST_FIELDS_SHOWN]
            ]
            if one.what == "changed"
            else [],
            "left_out": max(0, len(one.fields) - MOST_FIELDS_SHOWN),
        }
        for one in found
    ]


@require_safe
@editor
def export_draft(request: EditorRequest) -> HttpResponse:
    """Give the draft as a pack in a .zip."""
    try:
        return _zip(export_pack(), "draft.zip")
    except DraftUnreadable as error:
        return _refused(request, error.problems)


@require_safe
@editor
def export_edition(request: EditorRequest, number: int) -> HttpResponse:
    """Give an edition as a pack in a .zip."""
    edition = Edition.objects.filter(number=number).first()
    if edition is None:
        raise Http404
    try:
        return _zip(pack_bytes(Pack.model_validate_json(edition.content)), f"edition-{number}.zip")
    except (ValidationError, PackError):
        reason = _("edition %(number)s was written for an older version of the site") % {"number": number}
        return _refused(request, [_problem(reason, _("choose a later one"))])


def _zip(files: Mapping[str, bytes], name: str) -> HttpResponse:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(files):
            archive.writestr(zipfile.ZipInfo(file, _WHEN), files[file], zipfile.ZIP_DEFLATED)
    response = HttpResponse(buffer.getvalue(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
