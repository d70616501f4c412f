"""Keeping, moving and removing one's own answers: save, load, compare, resume, remember, upgrade, erase."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps import scoring
from apps.checkup import resume_code, saved_file
from apps.checkup.cookies import (
    CLASS,
    JOINED,
    OWN,
    PRACTICE,
    SeeOther,
    Visit,
    layout_of,
    personal,
    with_sheet,
    without_sheet,
    works_without_sheet,
)
from apps.checkup.forms import LoadForm, ResumeForm
from apps.checkup.result import Result
from apps.checkup.sheet import AnswerSheet, SheetError, decode, edition_of
from apps.checkup.views.parts import banner
from apps.checkup.views.walk import UNPROCESSABLE
from apps.checkup.walk import path_of
from apps.checkup.wording import answer_in_words, wording
from apps.editions.compiled import CompiledEdition
from apps.editions.current import EditionUnavailable, UnknownEdition, edition_numbered
from apps.editions.templatetags.content import words
from privacycheck.visitors import Limiter


@require_safe
@personal
def save(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Give the person's answers as a small file that people can read and the site can load again."""
    if visit.sheet is None:
        return redirect("checkup:result")
    sheet, edition = visit.sheet, visit.edition
    in_words = [
        {
            "question": words(wording(question, sheet.for_child)),
            "answer": answer_in_words(question, sheet.answers[question.id], sheet.for_child),
        }
        for question in edition.questions.values()
        if question.id in sheet.answers
    ]
    body = saved_file.dump(sheet, layout_of(edition), in_words, saved=dt.date.today())
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="privacycheck-answers.json"'
    return response


LOADS = Limiter(most=120, seconds=60)
"""Files loaded by network, in each process: three a minute for each person of a class."""


@require_http_methods(["GET", "HEAD", "POST"])
@LOADS(lambda request: request.method == "POST")
@personal
@works_without_sheet
def load(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Read a saved file: go on from it, or compare it with the answers in this browser."""
    if request.method != "POST":
        return render(request, "checkup/load.html", {"form": LoadForm(), "visit": visit, "banner": banner(visit)})
    form = LoadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            saved = saved_file.load(form.cleaned_data["file"].read(saved_file.LARGEST_FILE + 1))
            edition = edition_numbered(saved.edition)
            sheet = saved.bind(layout_of(edition))
        except saved_file.SavedFileError as error:
            form.add_error("file", _file_trouble(error))
        except UnknownEdition:
            form.add_error("file", _("This file was made with an edition that this site does not have."))
        except EditionUnavailable:
            form.add_error("file", _("We cannot look up the edition of this file just now. Try again in a minute."))
        else:
            if form.cleaned_data["purpose"] == LoadForm.CONTINUE:
                response = SeeOther(reverse("checkup:result"))
                return _leaving_practice(request, with_sheet(response, _kept(sheet, visit), edition))
            if visit.sheet is not None:
                return _compare(request, visit, visit.sheet, edition, sheet)
            form.add_error("purpose", _("There are no answers in this browser to compare with. Go on from the file."))
    context = {"form": form, "visit": visit, "banner": banner(visit)}
    return render(request, "checkup/load.html", context, status=UNPROCESSABLE)


def _file_trouble(error: saved_file.SavedFileError) -> str:
    if error.reason == "too-large":
        return _("This file is too large to be one of ours. Ours have a few kilobytes.")
    if error.reason == "unknown":
        return _("This file names something that its edition does not have, so it cannot be loaded.")
    return _("This is not a file that this site saved, or it was changed. Choose the file named privacycheck-answers.")


def _kept(sheet: AnswerSheet, visit: Visit) -> AnswerSheet:
    """Return a loaded sheet with the choice of remembering that was made on this device."""
    own = visit.sheet if visit.sheet and not visit.is_practice else None
    return sheet.replace(remember=own.remember) if own else sheet


def _leaving_practice(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    return without_sheet(response, PRACTICE) if PRACTICE in request.COOKIES else response


def _compare(
    request: HttpRequest, visit: Visit, now: AnswerSheet, old_edition: CompiledEdition, old: AnswerSheet
) -> HttpResponse:
    """Show before and after. Across editions the change is split into "you" and "the ruler" (method, section 7)."""
    same_edition = old_edition.number == visit.edition.number
    same_scope = old.topics == now.topics and old.left_out == now.left_out
    change = None
    if same_scope:
        change = scoring.compare(old_edition.questionnaire, old.record(), visit.edition.questionnaire, now.record())
    changed = []
    for question in visit.edition.questions.values():
        before, after = old.answers.get(question.id), now.answers.get(question.id)
        if before != after and question.id in old_edition.questions:
            changed.append(
                {
                    "text": wording(question, now.for_child),
                    "before": answer_in_words(old_edition.questions[question.id], before, now.for_child),
                    "after": answer_in_words(question, after, now.for_child),
                }
            )
    context = {
        "visit": visit,
        "banner": banner(visit),
        "old": Result(old_edition, old.replace(ticked=frozenset())),
        "new": Result(visit.edition, now.replace(ticked=frozenset())),
        "same_edition": same_edition,
        "same_scope": same_scope,
        "you": _moved(change.you) if change else "",
        "ruler": _moved(change.ruler) if change else "",
        "changed": changed,
    }
    return render(request, "checkup/compare.html", context)


def _moved(ends: scoring.Ends | None) -> str:
    """Return how far a score has moved, in words: "down 3", "up 2 to 5"; empty where it cannot be told."""
    if ends is None:
        return ""
    low, high = sorted(ends.printed)
    if low == high == 0:
        return _("no change")
    if low == high:
        return (_("up %(points)s") if low > 0 else _("down %(points)s")) % {"points": abs(low)}
    signed = {"low": f"{low:+d}".replace("-", "−"), "high": f"{high:+d}".replace("-", "−")}
    return _("between %(low)s and %(high)s") % signed


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@works_without_sheet
def resume(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Go on with answers from a resume code. The code is typed into a form and is never part of an address."""
    if request.method != "POST":
        return render(request, "checkup/resume.html", {"form": ResumeForm(), "visit": visit, "banner": banner(visit)})
    form = ResumeForm(request.POST)
    if form.is_valid():
        try:
            body = resume_code.read(form.cleaned_data["code"])
            edition = edition_numbered(edition_of(body))
            sheet = decode(body, layout_of(edition), full=False)
        except resume_code.ResumeCodeError as error:
            form.add_error("code", _code_trouble(error))
        except (SheetError, UnknownEdition):
            form.add_error(
                "code", _("No edition of this site has made this code. Check each group of letters and digits.")
            )
        except EditionUnavailable:
            form.add_error("code", _("We cannot look up the edition of this code just now. Try again in a minute."))
        else:
            path = path_of(edition, sheet)
            first = path.next_open()
            address = reverse("checkup:question", args=[first]) if first else reverse("checkup:result")
            return _leaving_practice(request, with_sheet(SeeOther(address), _kept(sheet, visit), edition))
    context = {"form": form, "visit": visit, "banner": banner(visit)}
    return render(request, "checkup/resume.html", context, status=UNPROCESSABLE)


def _code_trouble(error: resume_code.ResumeCodeError) -> str:
    if error.reason == "bad-symbol":
        return _("Our codes never hold the symbol %(symbol)s. There is no 0, 1, O, I or L in them.") % {
            "symbol": error.symbol
        }
    if error.reason == "too-long":
        return _("That is longer than any of our codes. Check where it ends.")
    if error.reason == "empty":
        return _("Type the code you wrote down.")
    return _("One of the symbols is wrong, missing or in the wrong place. Compare it with what you wrote down.")


class RememberForm(forms.Form):
    """Whether the answers outlive the browser session on this device."""

    remember = forms.BooleanField(required=False)


@require_POST
@personal
def remember(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Keep the answers on this device for six months, or until the browser closes again."""
    form = RememberForm(request.POST)
    response = SeeOther(reverse("checkup:result") + "#keep")
    if visit.sheet is None or visit.is_practice or not form.is_valid():
        return response
    return with_sheet(response, visit.sheet.replace(remember=form.cleaned_data["remember"]), visit.edition)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def upgrade(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Offer to move to the newest edition: what changed, what carries over, what would be asked again."""
    sheet = visit.sheet
    if sheet is None or visit.is_practice or visit.edition.number == visit.current.number:
        return redirect("checkup:result")
    moved, dropped = sheet.carried_to(layout_of(visit.edition), layout_of(visit.current))
    moved = moved.replace(klass=None, round=None)  # a class keeps to its own edition
    path = path_of(visit.current, moved)
    if request.method == "POST":
        first = path.next_open()
        address = reverse("checkup:question", args=[first]) if first else reverse("checkup:result")
        return with_sheet(SeeOther(address), moved, visit.current)
    context = {
        "visit": visit,
        "releases": [release for release in visit.current.history if release.number > visit.edition.number],
        "kept": len(moved.answers),
        "dropped": [wording(visit.edition.questions[question], sheet.for_child) for question in dropped],
        "new_questions": [
            wording(visit.current.questions[question], sheet.for_child)
            for question in path.missing
            if question not in visit.edition.questions
        ],
        "open_count": len(path.missing),
    }
    return render(request, "checkup/upgrade.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@works_without_sheet
def erase(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Remove everything this site has put into the browser, and say what it was."""
    ours = [name for name in (OWN, PRACTICE) if name in request.COOKIES]
    of_classes = [name for name in request.COOKIES if name.startswith((CLASS, JOINED))]
    if request.method != "POST":
        manages = any(name.startswith(CLASS) for name in of_classes)
        context = {"visit": visit, "has_answers": bool(ours), "has_classes": bool(of_classes), "manages": manages}
        return render(request, "checkup/erase.html", context)
    response = render(request, "checkup/erased.html")
    # "cookies" would clear every site of the same domain, so ours are expired by name instead.
    response["Clear-Site-Data"] = '"cache", "storage"'
    return without_sheet(response, OWN, PRACTICE, *of_classes)
