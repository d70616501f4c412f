"""The draft as visitors would see it, and a text while it is written."""

from __future__ import annotations

import logging

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.desk import preview as drafts
from apps.desk.access import EditorRequest, editor
from apps.desk.draft import DraftUnreadable, draft_problems
from apps.desk.views.overview import edit_address

logger = logging.getLogger(__name__)

UNPROCESSABLE, NOT_FOUND = 422, 404
LONGEST_TEXT = 200_000


@editor
def page(request: EditorRequest, language: str, rest: str = "") -> HttpResponse:
    """Show a page of the site as the draft would make it. Forms on it work, for this editor alone."""

    def banner(path: str) -> str:
        return render_to_string("desk/_preview_banner.html", {"edit": edit_address(path)})

    try:
        return drafts.page_of(request, language, rest, banner)
    except Http404:
        return render(request, "desk/no_preview.html", {"why": "missing"}, status=NOT_FOUND)
    except DraftUnreadable:
        return render(request, "desk/no_preview.html", {"why": "unreadable"}, status=UNPROCESSABLE)
    except Exception:
        # A draft that may not be published can break a page in any way; one that may must not.
        if not any(not problem.warning for problem in draft_problems()):
            raise
        logger.warning("A page of the preview cannot be shown while the draft has problems.")
        return render(request, "desk/no_preview.html", {"why": "problems"}, status=UNPROCESSABLE)


@require_POST
@editor
def markdown(request: EditorRequest) -> HttpResponse:
    """Show a text as the site would, for the form that it is written in."""
    text = request.POST.get("text", "")[:LONGEST_TEXT]
    language = request.POST.get("language", "en")
    try:
        html = drafts.html_of(text, language)
    except DraftUnreadable:
        return render(request, "desk/_no_text.html", {"problems": reverse("desk:problems")}, status=UNPROCESSABLE)
    return HttpResponse(html)
