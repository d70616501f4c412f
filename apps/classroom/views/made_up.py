"""The made-up class, page by page: what a teacher and a pupil will see, from opening to talking about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.classroom import made_up
from apps.classroom.access import class_page
from apps.classroom.shown import Shown, shown_of
from apps.classroom.talk import prompts_for
from apps.classroom.wording import category_name, item_name, picks_in_words
from apps.editions.compiled import CompiledEdition
from apps.editions.current import current_edition

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True)
class Step:
    """One page of the rehearsal."""

    id: str
    name: StrPromise


STEPS = (
    Step("opened", _("You open a class")),
    Step("join", _("Pupils join")),
    Step("add", _("Pupils may add theirs")),
    Step("progress", _("The class fills up")),
    Step("closed", _("You close the round")),
    Step("second", _("A second round, side by side")),
)
_PLACES = {step.id: place for place, step in enumerate(STEPS)}
_PEOPLE_SO_FAR = {"opened": 0, "join": 4, "progress": 17}
"""How many have added when a page shows the round open."""


@require_safe
@class_page
def overview(request: HttpRequest) -> HttpResponse:
    """Say what the made-up class is for, and list its pages."""
    return render(request, "classroom/made_up.html", {"steps": STEPS, "size": made_up.SIZE})


@require_safe
@class_page
def step(request: HttpRequest, step: str) -> HttpResponse:
    """Show one page of the rehearsal, made by the code of real classes."""
    if step not in _PLACES:
        raise Http404
    edition = current_edition()
    place = _PLACES[step]
    seen = _seen(edition, step)
    context = {
        "step": STEPS[place],
        "number": place + 1,
        "steps": STEPS,
        "before": STEPS[place - 1] if place else None,
        "after": STEPS[place + 1] if place + 1 < len(STEPS) else None,
        "shown": seen,
        "personas": [persona for persona in edition.pack.personas if persona.practice],
    }
    if step == "add":
        someone = made_up.people(edition)[0]
        context |= {
            "someone": someone,
            "result": made_up.result_of(edition, someone),
            "picks": picks_in_words(edition, made_up.picks_as(edition, someone)),
        }
    elif step == "closed":
        context["truth"] = _truth(edition)
    elif step == "second":
        context["prompts"] = prompts_for(seen)
    return render(request, f"classroom/made_up_{step}.html", context)


def _seen(edition: CompiledEdition, step: str) -> Shown:
    klass = made_up.made_up_class(edition)
    if step in ("closed", "second"):
        rounds = [made_up.closed(edition, number) for number in ((1,) if step == "closed" else (1, 2))]
    else:
        rounds = [made_up.opened(1, _PEOPLE_SO_FAR.get(step, 0))]
    return shown_of(klass, edition, rounds, is_made_up=True)


def _truth(edition: CompiledEdition) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the true numbers of the first round, in words: a thing that only a made-up class can show."""
    counted = made_up.made_up_class(edition).counted
    return [
        (
            item_name(item.id),
            [(category_name(edition, item.id, category), n) for category, n in zip(item.categories, row, strict=True)],
        )
        for item, row in zip(counted, made_up.truth(edition, 1).rows, strict=True)
    ]
