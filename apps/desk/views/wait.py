"""The page that asks an editor to come back in a moment."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

TOO_MANY, BUSY = 429, 503


def please_wait(request: HttpRequest, seconds: int, status: int = TOO_MANY) -> HttpResponse:
    """Say that nothing was done, and when it can be tried again: there were too many tries, or people, at once."""
    context = {"minutes": -(-seconds // 60), "is_busy": status == BUSY}
    response = render(request, "desk/wait.html", context, status=status)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "private, no-store"
    return response
