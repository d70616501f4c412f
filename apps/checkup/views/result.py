"""The result with its plan, the tick of a step, the printed result and the reminder."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.checkup import resume_code
from apps.checkup.cookies import SeeOther, Visit, layout_of, personal, with_sheet
from apps.checkup.face import face_svg
from apps.checkup.result import Order, Result
from apps.checkup.sheet import AnswerSheet
from apps.checkup.views.parts import banner, in_frame

REMINDER_MONTHS = 6


@require_safe
@personal
def result(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the score, what drives it and the plan; without a sheet, say how to get one."""
    if visit.sheet is None:
        return render(request, "checkup/nothing_yet.html", {"visit": visit, "banner": banner(visit)})
    context = _context(visit, visit.sheet, request)
    return in_frame(request, visit, "checkup/result.html", "checkup/_result.html", context)


@require_safe
@personal
def print_view(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the result laid out for two sheets of paper."""
    if visit.sheet is None:
        return render(request, "checkup/nothing_yet.html", {"visit": visit, "banner": banner(visit)})
    return render(request, "checkup/print.html", _context(visit, visit.sheet, request))


def _context(visit: Visit, sheet: AnswerSheet, request: HttpRequest) -> dict[str, Any]:
    order: Order = "drop" if request.GET.get("order") == "drop" else "effort"
    found = Result(visit.edition, sheet, order)
    return {
        "visit": visit,
        "banner": banner(visit),
        "edition": visit.edition,
        "sheet": sheet,
        "result": found,
        "order": order,
        "persona": visit.edition.personas.get(sheet.persona or ""),
        "place": visit.edition.places.get(sheet.place or ""),
        "rights": visit.current.rights.get(sheet.place or ""),
        "code": resume_code.make(sheet, layout_of(visit.edition)),
        "today": dt.date.today(),
        "face": _face(found),
    }


def _face(found: Result) -> str:
    shown = found.shown
    if shown.is_one:
        label = _("A face drawn with 100 dots, %(lit)s of them lit.") % {"lit": shown.low}
    else:
        label = _("A face drawn with 100 dots: %(lit)s lit, and %(rings)s more that are still open.") % {
            "lit": shown.low,
            "rings": found.rings,
        }
    return face_svg(shown.low, found.rings, min(found.faded, 100 - shown.high), label=label)


@require_POST
@personal
def tick(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Tick or untick one step of the plan, then show the result with the new score."""
    action = request.POST.get("step", "")
    if action not in visit.edition.actions:
        raise Http404
    sheet = visit.sheet or AnswerSheet(edition=visit.edition.number)
    ticked = sheet.ticked | {action} if request.POST.get("done") == "1" else sheet.ticked - {action}
    return with_sheet(_to_plan(request), sheet.replace(ticked=ticked), visit.edition)


@require_POST
@personal
def platforms(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Note which phones and apps the reader uses; none is a choice too. Names that the edition lacks are refused."""
    chosen = frozenset(request.POST.getlist("platform"))
    if not chosen <= visit.edition.platforms.keys():
        raise Http404
    sheet = (visit.sheet or AnswerSheet(edition=visit.edition.number)).replace(platforms=chosen)
    return with_sheet(_to_plan(request), sheet, visit.edition)


def _to_plan(request: HttpRequest) -> SeeOther:
    """Return the way back to the plan, in the order it was shown in."""
    order = "?order=drop" if request.POST.get("order") == "drop" else ""
    return SeeOther(reverse("checkup:result") + order + "#plan")


@require_safe
@personal
def reminder(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Give a calendar file with one date, six months from today, and nothing of the answers."""
    day = months_later(dt.date.today(), REMINDER_MONTHS)
    start, end = f"{day:%Y%m%d}", f"{day + dt.timedelta(days=1):%Y%m%d}"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//PrivacyCheck//EN",
        "BEGIN:VEVENT",
        f"UID:{start}@privacycheck",
        f"DTSTAMP:{dt.datetime.now(dt.timezone.utc):%Y%m%dT000000Z}",
        f"DTSTART;VALUE=DATE:{start}",
        f"DTEND;VALUE=DATE:{end}",
        "SUMMARY:" + _escaped(_("Check again how exposed my face is")),
        "DESCRIPTION:" + _escaped(_("Apps, rules and habits change. It takes about five minutes.")),
        "URL:" + request.build_absolute_uri(reverse("checkup:start")),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    body = "".join(fold + "\r\n" for line in lines for fold in folded(line))
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="privacycheck-reminder.ics"'
    return response


def months_later(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or the last day of that month where it is shorter."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _escaped(text: str) -> str:
    """Return a text as a calendar value (RFC 5545, section 3.3.11)."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> list[str]:
    """Return a calendar line cut to at most 75 bytes a piece, continued by a space (RFC 5545, section 3.1)."""
    pieces, piece = [], ""
    for character in line:
        if len((piece + character).encode()) > 75:
            pieces.append(piece)
            piece = " "
        piece += character
    return [*pieces, piece]
