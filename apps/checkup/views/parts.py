"""What stands around and above a personal page: the frame that is the same for everybody, and notices."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from apps.checkup.cookies import Visit
from apps.checkup.kept import part, place


def in_frame(
    request: HttpRequest, visit: Visit, frame: str, template_name: str, context: dict[str, Any]
) -> HttpResponse:
    """Return a page whose frame, all but the banner and the main part, is kept for everybody.

    A frame belongs to one address without parameters, and knows nothing of the visit but whether its edition is
    translated.
    """

    def make() -> str:
        places = {"main": place("main"), "banner": place("banner")}
        return render_to_string(frame, {"untranslated": visit.language_notice, **places}, request)

    main = render_to_string(template_name, context, request)
    return HttpResponse(part(visit.edition, frame, make=make).filled(main=main, banner=context["banner"]))


def banner(visit: Visit) -> str:
    """Return the safe HTML of the notices that a visit calls for; empty for most."""
    sheet = visit.sheet
    persona = visit.edition.personas.get(sheet.persona or "") if sheet else None
    is_older = sheet is not None and not persona and not sheet.klass and visit.edition.number != visit.current.number
    if not (persona or is_older or visit.trouble):
        return ""
    return render_to_string(
        "checkup/_banner.html",
        {
            "persona": persona,
            "is_older": is_older,
            "edition": visit.edition,
            "current": visit.current,
            "trouble": visit.trouble.value if visit.trouble else "",
        },
    )
