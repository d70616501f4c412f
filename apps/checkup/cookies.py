"""The answer sheet in the visitor's cookie: signed, readable by nobody else's page, ours to expire by name.

Two cookies: `sheet` is the person's own; `practice` is the sheet of an invented person, kept apart so that
trying someone else's answers never touches one's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import cache_control

from apps.checkup.sheet import AnswerSheet, Layout, SheetError, decode, edition_of, encode
from apps.editions.compiled import CompiledEdition
from apps.editions.current import (
    EditionUnavailable,
    NoEdition,
    UnknownEdition,
    current_edition,
    edition_numbered,
)

OWN = settings.COOKIE_PREFIX + "sheet"
PRACTICE = settings.COOKIE_PREFIX + "practice"
# How the names of a class's cookies begin (apps.classroom.cookies): its code follows. Erasing expires them too.
CLASS = settings.COOKIE_PREFIX + "class-"
JOINED = settings.COOKIE_PREFIX + "joined-"
REMEMBERED_SECONDS = 182 * 24 * 60 * 60
LONGEST_COOKIE = 400

AnyResponse = TypeVar("AnyResponse", bound=HttpResponse)


class Trouble(Enum):
    """Why a cookie did not give a sheet."""

    UNREADABLE = "unreadable"
    UNKNOWN_EDITION = "unknown-edition"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Visit:
    """What a request brings: the sheet that it acts on, if any, and the edition to read it by.

    Without a sheet the edition is the current one. `trouble` says what was wrong with the cookie.
    """

    edition: CompiledEdition
    current: CompiledEdition
    sheet: AnswerSheet | None = None
    is_practice: bool = False
    trouble: Trouble | None = None

    @property
    def language_notice(self) -> bool:
        """Say whether the content is shown in English for want of a translation."""
        from django.utils.translation import get_language

        return get_language() not in {language.code for language in self.edition.pack.languages}


def layout_of(edition: CompiledEdition) -> Layout:
    """Return the order of things by which sheets of this edition are written."""

    def make() -> Layout:
        pack = edition.pack
        return Layout(
            number=edition.number,
            places=tuple(place.id for place in pack.places),
            situations=tuple(situation.id for situation in pack.situations),
            topics=tuple(topic.id for topic in edition.scored_topics),
            questions=edition.questionnaire.questions,
            actions=tuple(edition.actions),
            platforms=tuple(platform.id for platform in pack.platforms),
            personas=tuple(edition.personas),
        )

    return edition.memo("layout", make)


def sign(name: str, text: str) -> str:
    """Return a cookie value with its signature. Each cookie has a salt of its own, so none passes as another."""
    return Signer(salt=f"checkup.{name}").sign(text)


def unsign(name: str, value: str) -> str:
    """Return the text of a cookie value. Raise BadSignature for one that we did not write."""
    if len(value) > LONGEST_COOKIE:
        raise BadSignature
    return Signer(salt=f"checkup.{name}").unsign(value)


def read_visit(request: HttpRequest, *, own: bool = False) -> Visit:
    """Return what the request's cookies hold; with `own`, the person's own sheet even while they practise.

    Raise NoEdition or EditionUnavailable if there is no edition at all.
    """
    current = current_edition()
    name = PRACTICE if request.COOKIES.get(PRACTICE) and not own else OWN
    value = request.COOKIES.get(name)
    if not value:
        return Visit(current, current)
    try:
        text = unsign(name, value)
        edition = edition_numbered(edition_of(text))
        sheet = decode(text, layout_of(edition))
    except UnknownEdition:
        return Visit(current, current, trouble=Trouble.UNKNOWN_EDITION)
    except EditionUnavailable:
        return Visit(current, current, trouble=Trouble.UNAVAILABLE)
    except (BadSignature, SheetError):
        return Visit(current, current, trouble=Trouble.UNREADABLE)
    return Visit(edition, current, sheet, is_practice=name == PRACTICE)


def with_sheet(response: AnyResponse, sheet: AnswerSheet, edition: CompiledEdition) -> AnyResponse:
    """Put a sheet into the response's cookie and return the response.

    It ends with the browser session unless the person asked to be remembered on this device.
    """
    name = PRACTICE if sheet.persona else OWN
    response.set_cookie(
        name,
        sign(name, encode(sheet, layout_of(edition), full=True)),
        max_age=REMEMBERED_SECONDS if sheet.remember else None,
        path="/",
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def without_sheet(response: AnyResponse, *names: str) -> AnyResponse:
    """Expire the named cookies and return the response."""
    for name in names:
        response.set_cookie(name, "", max_age=0, path="/", secure=settings.IS_HTTPS, httponly=True, samesite="Lax")
    return response


class SeeOther(HttpResponseRedirect):
    """303: the answer to a POST that worked, so that reloading the next page sends nothing twice."""

    status_code = 303


View = Callable[..., HttpResponse]


def personal(view: View) -> View:
    """Give a view the request's `Visit`, keep its answer out of every cache, and say kindly what is missing.

    Where the edition of the visitor's answers cannot be had, the page says so and the cookie stays untouched.
    """

    @wraps(view)
    @cache_control(private=True, no_store=True)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            visit = read_visit(request)
        except (NoEdition, EditionUnavailable):
            return unavailable(request, Trouble.UNAVAILABLE, status=503)
        if visit.trouble is Trouble.UNAVAILABLE:
            return unavailable(request, visit.trouble, status=503)
        if visit.trouble is Trouble.UNKNOWN_EDITION and not getattr(view, "works_without_sheet", False):
            return unavailable(request, visit.trouble, status=409)
        return view(request, visit, *args, **kwargs)

    return wrapped


def works_without_sheet(view: View) -> View:
    """Mark a personal view that is of use even where the visitor's sheet cannot be read (start, erase, load)."""
    view.works_without_sheet = True  # type: ignore[attr-defined]
    return view


def unavailable(request: HttpRequest, trouble: Trouble, status: int) -> HttpResponse:
    """Say that the answers are still in the browser but cannot be shown now."""
    response = render(request, "checkup/unavailable.html", {"trouble": trouble.value}, status=status)
    if status == 503:
        response["Retry-After"] = "10"
    return response
