"""The screen of a class: what the teacher projects, and what every pupil sees on the page to join."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from apps.classroom.access import class_of_code, class_page
from apps.classroom.shown import etag_of, rounds_of, shown


@require_safe
@class_page
def screen(request: HttpRequest, code: str) -> HttpResponse:
    """Show the join code and the progress, or what was released. Unchanged since the last look, it is a 304."""
    klass = class_of_code(request, code)
    rounds = rounds_of(klass)
    etag = etag_of(klass, rounds)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = render(request, "classroom/screen.html", {"shown": shown(klass, rounds)})
    response["ETag"] = etag
    return response
