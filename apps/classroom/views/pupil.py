"""The pupil's pages: find the class, join it, and add the own result by one press."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from apps.checkup.cookies import PRACTICE, SeeOther, Trouble, Visit, layout_of, read_visit, with_sheet, without_sheet
from apps.checkup.sheet import AnswerSheet
from apps.checkup.views.practice import practice_sheet
from apps.checkup.views.walk import UNPROCESSABLE
from apps.checkup.walk import path_of
from apps.classroom import ages, codes, services
from apps.classroom.access import TooOften, class_of_code, class_page, count
from apps.classroom.cookies import ROUNDS_A_DEVICE, added_in_edition, new_joined, read_joined, with_joined
from apps.classroom.forms import JoinForm
from apps.classroom.items import Pick
from apps.classroom.limits import ADD_BY_ADDRESS, ADD_BY_CLASS, JOIN, allow
from apps.classroom.models import AgeGroup, Class
from apps.classroom.refusals import (
    AlreadyAdded,
    BadToken,
    ContributionRefused,
    DeviceSpent,
    NoSuchClass,
    NotJoined,
    PickedTwice,
    PickMissing,
    SlipNeeded,
    SlipUnknown,
    UnknownItem,
)
from apps.classroom.shown import Shown, shown
from apps.editions.compiled import ORIGINAL, CompiledEdition
from apps.editions.current import EditionUnavailable
from apps.editions.schema import Term
from apps.guidance.words import words_in

PICK = "pick-"
"""How the names of the fields begin that hold what is sent; the id of the item follows."""

FRESH = "fresh"
"""What the form says where the answers in this browser are somebody else's."""

CONFLICT = 409
_MALFORMED = (BadToken, PickedTwice, PickMissing, SlipNeeded, SlipUnknown, UnknownItem)


@require_http_methods(["GET", "HEAD", "POST"])
@class_page
def join(request: HttpRequest) -> HttpResponse:
    """Ask for the code of a class and lead to it."""
    if request.method != "POST":
        return render(request, "classroom/join.html", {"form": JoinForm()})
    form = JoinForm(request.POST)
    if form.is_valid():
        code = form.cleaned_data["code"]
        try:
            if code != codes.MADE_UP:
                class_of_code(request, code)
        except NoSuchClass as error:
            form.add_error("code", str(error.message))
        else:
            return SeeOther(reverse("classroom:join_class", args=[code]))
    return render(request, "classroom/join.html", {"form": form}, status=UNPROCESSABLE)


@require_http_methods(["GET", "HEAD", "POST"])
@class_page
def join_class(request: HttpRequest, code: str) -> HttpResponse:
    """Say what the teacher sees and show it; a POST begins the checkup for oneself or as an invented person."""
    try:
        canonical = codes.read_join_code(code)
    except codes.CodeError:
        raise NoSuchClass from None
    if canonical == codes.MADE_UP:
        return redirect("classroom:made_up_step", "join")
    if canonical != code:
        return redirect("classroom:join_class", canonical)
    klass = class_of_code(request, code)
    seen = shown(klass)
    visit = read_visit(request, own=True)
    if request.method == "POST" and seen.now_open is not None:
        count(request, JOIN)
        return _begun(request, seen, seen.now_open.number, visit)
    joined = read_joined(request.COOKIES, code)
    context = {
        "shown": seen,
        "joined": joined,
        "words": _words_to_meet(seen),
        "personas": [persona for persona in seen.edition.pack.personas if persona.practice],
        "has_answers": bool(visit.sheet and visit.sheet.answers),
        "has_added": bool(joined and seen.now_open and seen.now_open.number in joined.added),
        "is_young": klass.age_group == AgeGroup.YOUNGER,
    }
    return render(request, "classroom/join_class.html", context, status=CONFLICT if request.method == "POST" else 200)


def _words_to_meet(seen: Shown) -> tuple[Term, ...]:
    """Return the words of the glossary that stand in the questions of the class."""
    left_out = ages.left_out(seen.edition, seen.klass.age_group)
    texts = [
        text
        for topic in seen.topics
        for question in topic.questions
        if question.id not in left_out
        for text in (question.text, question.hint, *(option.text for option in question.options))
        if text
    ]
    return words_in(texts, seen.edition, get_language() or ORIGINAL)


def _begun(request: HttpRequest, seen: Shown, number: int, visit: Visit) -> HttpResponse:
    """Return the way to the first open question, with a sheet that asks what the class asks."""
    klass, edition = seen.klass, seen.edition
    sheet = _beginning(request, edition, visit).replace(
        topics=frozenset(klass.topics) or None,
        left_out=ages.left_out(edition, klass.age_group),
        klass=klass.code,
        round=number,
    )
    first = path_of(edition, sheet).next_open()
    address = reverse("checkup:question", args=[first]) if first else reverse("checkup:review")
    response = with_sheet(SeeOther(address), sheet, edition)
    if not sheet.persona and PRACTICE in request.COOKIES:
        response = without_sheet(response, PRACTICE)
    return with_joined(response, read_joined(request.COOKIES, klass.code) or new_joined(klass, edition))


def _beginning(request: HttpRequest, edition: CompiledEdition, visit: Visit) -> AnswerSheet:
    """Return an invented person's sheet, a fresh one of one's own, or the own answers under this edition."""
    wanted = request.POST.get("as", "")
    someone = edition.personas.get(wanted)
    if someone is not None and someone.practice:
        before = read_visit(request).sheet  # the same person in the round before, say
        if before is not None and before.persona == wanted and before.edition == edition.number:
            return before
        return practice_sheet(edition, someone)
    if visit.trouble is Trouble.UNAVAILABLE:
        raise EditionUnavailable  # beginning would put an empty sheet in the place of one that may be read again soon
    own = visit.sheet
    if own is None or wanted == FRESH:
        return AnswerSheet(edition=edition.number)
    if own.edition == edition.number:
        return own
    return own.carried_to(layout_of(visit.edition), layout_of(edition))[0]


@require_http_methods(["GET", "HEAD", "POST"])
@class_page
def add(request: HttpRequest, code: str) -> HttpResponse:
    """Add what the card on the result shows, or note "no thanks". Nothing else ever sends anything to a class."""
    if request.method != "POST":
        return redirect("checkup:result")
    klass = class_of_code(request, code)
    number = _round_of(request)
    joined = read_joined(request.COOKIES, code)
    to_card = SeeOther(reverse("checkup:result") + "#class")
    if joined is None:
        return _not_added(request, klass, NotJoined())
    if "no" in request.POST:
        return with_joined(to_card, joined.with_declined(number))
    count(request, ADD_BY_ADDRESS)
    if not allow(ADD_BY_CLASS, code):
        raise TooOften(ADD_BY_CLASS)
    try:
        if number in joined.added:
            raise AlreadyAdded
        if added_in_edition(request.COOKIES, klass.edition) >= ROUNDS_A_DEVICE:
            raise DeviceSpent
        services.contribute(
            klass,
            number=number,
            edition=_number(request.POST.get("edition", "")),
            picks=_picks(request),
            token=joined.token,
            slip=request.POST.get("slip", ""),
        )
    except AlreadyAdded as error:
        return with_joined(_not_added(request, klass, error), joined.with_added(number))
    except ContributionRefused as error:
        return _not_added(request, klass, error)
    return with_joined(to_card, joined.with_added(number))


def _round_of(request: HttpRequest) -> int:
    """Return the round that a form names. One that no class can have becomes 0, which no class has opened."""
    text = request.POST.get("round", "")
    return int(text) if text in {"1", "2", "3"} else 0


def _number(text: str) -> int:
    """Return the number in a field of ours; 0, which no edition has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _picks(request: HttpRequest) -> list[Pick]:
    """Return what a form sends, as it sends it: an item that comes twice comes twice here too."""
    return [
        (name.removeprefix(PICK), value)
        for name, values in request.POST.lists()
        if name.startswith(PICK)
        for value in values
    ]


def _not_added(request: HttpRequest, klass: Class, error: ContributionRefused) -> HttpResponse:
    """Say kindly why nothing was added; where only the slip was wrong, the rest of the form is still there."""
    context = {
        "klass": klass,
        "message": error.message,
        "wants_slip": isinstance(error, SlipNeeded | SlipUnknown),
        "is_counted": isinstance(error, AlreadyAdded),
        "is_shared_device": isinstance(error, AlreadyAdded | DeviceSpent),
        "may_join_again": not isinstance(error, _MALFORMED),
        "round": _round_of(request),
        "edition_number": _number(request.POST.get("edition", "")),
        "picks": [(PICK + item, category) for item, category in _picks(request)],
    }
    status = UNPROCESSABLE if isinstance(error, _MALFORMED) else CONFLICT
    return render(request, "classroom/not_added.html", context, status=status)
