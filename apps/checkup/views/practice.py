"""Answering as an invented person, apart from one's own answers."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from apps.checkup.cookies import (
    PRACTICE,
    SeeOther,
    Visit,
    personal,
    with_sheet,
    without_sheet,
    works_without_sheet,
)
from apps.checkup.sheet import AnswerSheet
from apps.checkup.views.parts import banner
from apps.checkup.walk import path_of
from apps.editions.compiled import CompiledEdition
from apps.editions.convert import record_of
from apps.editions.schema import Persona


@require_safe
@personal
@works_without_sheet
def practice(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the invented people."""
    personas = [persona for persona in visit.current.pack.personas if persona.practice]
    return render(request, "checkup/practice.html", {"visit": visit, "banner": banner(visit), "personas": personas})


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@works_without_sheet
def persona(request: HttpRequest, visit: Visit, persona_id: str) -> HttpResponse:
    """Introduce one of them; a POST begins the checkup as this person, or shows their result, or stops."""
    edition = visit.current
    someone = edition.personas.get(persona_id)
    if someone is None or not someone.practice:
        raise Http404
    if request.method != "POST":
        return render(
            request,
            "checkup/persona.html",
            {"visit": visit, "banner": banner(visit), "persona": someone, "edition": edition},
        )
    if "stop" in request.POST:
        return without_sheet(SeeOther(reverse("checkup:practice")), PRACTICE)
    blank = practice_sheet(edition, someone)
    if "result" in request.POST:
        sheet = blank.replace(answers=record_of(someone).answers)
        return with_sheet(SeeOther(reverse("checkup:result")), sheet, edition)
    first = path_of(edition, blank).next_open()
    address = reverse("checkup:question", args=[first]) if first else reverse("checkup:review")
    return with_sheet(SeeOther(address), blank, edition)


def practice_sheet(edition: CompiledEdition, someone: Persona) -> AnswerSheet:
    """Return the sheet of an invented person before their first answer."""
    return AnswerSheet(
        edition=edition.number,
        place=someone.place,
        situation=None if someone.situation is None else frozenset(someone.situation),
        persona=someone.id,
    )
