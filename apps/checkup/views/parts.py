"""What stands above a personal page: practice, an edition that is not the newest, a cookie that cannot be read."""

from __future__ import annotations

from django.template.loader import render_to_string

from apps.checkup.cookies import Visit


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
