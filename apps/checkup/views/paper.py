"""The printable twin of the checkup."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.checkup.cookies import Trouble, unavailable
from apps.checkup.paper import paper_sheet
from apps.checkup.wording import band_name
from apps.editions.current import EditionUnavailable, NoEdition, current_edition


@require_safe
def paper(request: HttpRequest) -> HttpResponse:
    """Show the whole checkup, or the topics named by `topic` in the address, for printing."""
    try:
        edition = current_edition()
    except (NoEdition, EditionUnavailable):
        return unavailable(request, Trouble.UNAVAILABLE, status=503)
    asked = [topic for topic in request.GET.getlist("topic") if topic in {t.id for t in edition.scored_topics}]
    sheet = paper_sheet(edition, frozenset(asked) if asked else None)
    context = {
        "edition": edition,
        "sheet": sheet,
        "all_topics": edition.scored_topics,
        "chosen": frozenset(asked),
        "bands": [(band_name(band), low, high) for band, low, high in sheet.bands],
        "rows": [sheet.thresholds[start : start + 10] for start in range(0, 100, 10)],
    }
    response = render(request, "checkup/paper.html", context)
    response["Cache-Control"] = "public, max-age=300"
    return response
