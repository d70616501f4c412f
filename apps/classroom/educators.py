"""Pages for teachers: how to run a class, lessons, sheets to print, questions to talk about.

They are the same for everybody: no cookie, no query, and browsers and shared caches may keep them.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.classroom import material
from apps.classroom.archive import archive_of
from apps.editions.compiled import CompiledEdition, is_due
from apps.editions.public import public_page
from apps.editions.schema import Checked, Handout, Lesson
from apps.editions.templatetags.content import words

ZIP = "application/zip"

CARDS, DATA_PROTECTION = "persona-cards", "data-protection"
"""Handouts whose page shows more than their text: the way to the cards, and who runs this site."""


@public_page
def educators(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Say how to run a class, and lead to every lesson, sheet and note."""
    ages, notes = material.age_rows(edition)
    context = _context(
        edition,
        lessons=edition.pack.lessons,
        handouts=edition.pack.handouts,
        ages=ages,
        notes=notes,
        has_prompts=bool(edition.pack.prompts),
        data_protection=_handouts(edition).get(DATA_PROTECTION),
        to_share=share_links(reverse("checkup:start"), _("How exposed is your face? A checkup without an account")),
    )
    return render(request, "classroom/educators/educators.html", context)


@public_page
def lesson(request: HttpRequest, edition: CompiledEdition, lesson_id: str) -> HttpResponse:
    """Show one lesson, part by part, with all that a substitute needs."""
    item = _found(_lessons(edition), lesson_id)
    parts, notes = material.part_rows(edition, item)
    context = _context(
        edition,
        lesson=item,
        parts=parts,
        notes=notes,
        ages=material.groups_of(edition, item),
        handouts=edition.pack.handouts,
        has_prompts=bool(edition.pack.prompts),
        is_due=_is_due(item),
        to_share=share_links(request.path, words(item.name)),
    )
    return render(request, "classroom/educators/lesson.html", context)


@public_page
def lesson_slides(request: HttpRequest, edition: CompiledEdition, lesson_id: str) -> HttpResponse:
    """Show what is projected in one lesson, a screen for each part."""
    item = _found(_lessons(edition), lesson_id)
    context = _context(edition, lesson=item, slides=material.slides_of(item))
    return render(request, "classroom/educators/slides.html", context)


@public_page
def handout(request: HttpRequest, edition: CompiledEdition, handout_id: str) -> HttpResponse:
    """Show one sheet, to print or to change."""
    item = _found(_handouts(edition), handout_id)
    context = _context(
        edition,
        handout=item,
        notes=material.claims_of(edition, material.cited_in(edition, item.body)),
        is_due=_is_due(item),
        is_cards=item.id == CARDS,
        is_data_protection=item.id == DATA_PROTECTION,
    )
    return render(request, "classroom/educators/handout.html", context)


@public_page
def prompts(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """List the questions to talk about, topic by topic."""
    return render(request, "classroom/educators/prompts.html", _context(edition, rows=material.prompt_rows(edition)))


@public_page
def persona_cards(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Show the practice people as cards to print, and last the answers for the teacher."""
    return render(
        request, "classroom/educators/persona_cards.html", _context(edition, **material.cards_context(edition))
    )


@public_page
def lesson_zip(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Hand out all of it in one archive, to keep, print and change."""
    return HttpResponse(archive_of(edition), content_type=ZIP)


def share_links(path: str, title: str) -> dict[str, str]:
    """Return plain links that post one of our pages in a school's system. Nothing is loaded from there."""
    address = settings.PUBLIC_ORIGIN + path
    return {
        "address": address,
        "classroom": "https://classroom.google.com/share?" + urlencode({"url": address, "title": title}),
        "teams": "https://teams.microsoft.com/share?" + urlencode({"href": address, "msgText": title}),
    }


def _context(edition: CompiledEdition, **more: Any) -> dict[str, Any]:
    languages = {language.code for language in edition.pack.languages}
    return {"edition": edition, "untranslated": get_language() not in languages, **more}


def _found(items: dict[str, Any], item_id: str) -> Any:
    """Return the item, or raise Http404."""
    try:
        return items[item_id]
    except KeyError:
        raise Http404 from None


def _lessons(edition: CompiledEdition) -> dict[str, Lesson]:
    return {item.id: item for item in edition.pack.lessons}


def _handouts(edition: CompiledEdition) -> dict[str, Handout]:
    return {item.id: item for item in edition.pack.handouts}


def _is_due(item: Checked) -> bool:
    return is_due(item.checked, item.due)
