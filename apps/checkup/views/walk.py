"""The walk: start, one question a page, and the check of one's answers."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.checkup.addresses import address
from apps.checkup.cookies import (
    PRACTICE,
    SeeOther,
    Trouble,
    Visit,
    personal,
    read_visit,
    unavailable,
    with_sheet,
    without_sheet,
    works_without_sheet,
)
from apps.checkup.forms import QuestionForm, StartForm, answer_of, values_of
from apps.checkup.kept import part, place
from apps.checkup.result import ReviewRow
from apps.checkup.sheet import AnswerSheet
from apps.checkup.views.parts import banner, in_frame
from apps.checkup.walk import Path, nearest, path_of
from apps.checkup.wording import answer_in_words, wording
from apps.editions.compiled import CompiledEdition
from apps.editions.schema import Question

UNPROCESSABLE = 422


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@works_without_sheet
def start(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Begin a checkup: what it is about, for whom, where, and which parts of life apply.

    Answers given before stay: choosing another topic or place asks only what is new.
    """
    if visit.is_practice:
        visit = read_visit(request, own=True)
        if visit.trouble is Trouble.UNAVAILABLE:
            return unavailable(request, visit.trouble, status=503)
    own, edition = visit.sheet, visit.edition
    if request.method == "POST":
        form = StartForm(edition, request.POST)
        if form.is_valid():
            sheet = _started(form, own or AnswerSheet(edition=edition.number), edition)
            first = path_of(edition, sheet).next_open()
            return without_sheet(with_sheet(SeeOther(_address(first)), sheet, edition), *_practice(request))
        context = {"form": form, "visit": visit, "banner": banner(visit)}
        return render(request, "checkup/start.html", context, status=UNPROCESSABLE)
    topic = request.GET.get("topic", "")
    if topic != StartForm.WHOLE and all(topic != item.id for item in edition.scored_topics):
        topic = ""
    if own is None:
        return HttpResponse(_fresh_start(request, visit, topic))
    context = {
        "form": StartForm(edition, initial=_initial(own, topic)),
        "visit": visit,
        "banner": banner(visit),
        "own": own,
        "resume": path_of(edition, own).next_open(),
    }
    return render(request, "checkup/start.html", context)


def _fresh_start(request: HttpRequest, visit: Visit, topic: str) -> str:
    """Return the start page for someone without answers, with the topic of the link they followed chosen."""

    def make() -> str:
        context = {"form": StartForm(visit.edition), "visit": visit}
        places = {"csrf_token": place("token"), "banner": place("banner")}
        return render_to_string("checkup/start.html", context | places, request)

    html = part(visit.edition, "start", make=make).filled(token=get_token(request), banner=banner(visit))
    return html.replace(f'value="{topic}" autocomplete', f'value="{topic}" checked autocomplete', 1) if topic else html


def _practice(request: HttpRequest) -> tuple[str, ...]:
    return (PRACTICE,) if PRACTICE in request.COOKIES else ()


def _initial(sheet: AnswerSheet, topic: str) -> dict[str, object]:
    """Return what the form shows as chosen: only what the person chose before or by the link they followed."""
    one = next(iter(sheet.topics)) if sheet.topics and len(sheet.topics) == 1 else StartForm.WHOLE
    situation = sheet.situation
    return {
        "topic": topic or one,
        "who": "child" if sheet.for_child else "me",
        "place": sheet.place or "",
        "situation": [] if situation is None else sorted(situation) or [StartForm.NOTHING],
        "remember": sheet.remember,
    }


def _started(form: StartForm, sheet: AnswerSheet, edition: CompiledEdition) -> AnswerSheet:
    chosen = form.cleaned_data
    whole = chosen["topic"] == StartForm.WHOLE
    return sheet.replace(
        topics=None if whole else frozenset({chosen["topic"]}),
        for_child=chosen["who"] == "child",
        place=chosen["place"] or None,
        situation=chosen["situation"],
        remember=chosen["remember"],
        # A class asks its own questions; whoever chooses for themselves has left it.
        klass=None,
        round=None,
        left_out=frozenset(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def question(request: HttpRequest, visit: Visit, question_id: str) -> HttpResponse:
    """Show one question; a valid answer goes into the sheet and leads to the next open question.

    A question that is not on screen with the answers so far leads on to the nearest one that is.
    """
    edition = visit.edition
    sheet = visit.sheet or AnswerSheet(edition=edition.number)
    item = edition.questions.get(question_id)
    if item is None:
        raise Http404
    after_result = edition.topic_of[question_id].after_result
    path = path_of(edition, sheet, after_result=after_result)
    if question_id not in path.questions:
        near = nearest(edition, path, question_id)
        return redirect(_address(near, after_result))
    if request.method != "POST":
        return HttpResponse(_page(request, visit, sheet, item, path, after_result))
    answer = answer_of(item, request.POST.getlist("answer"))
    if answer is None:
        form = QuestionForm(item, request.POST, for_child=sheet.for_child)
        moving = _moving(visit, path, item.id, after_result)
        form.skip, form.skip_label = moving["skip"], _("Skip this question")
        return render(
            request, "checkup/question.html", _context(edition, item) | moving | {"form": form}, status=UNPROCESSABLE
        )
    sheet = sheet.answered(item.id, answer)
    path = path_of(edition, sheet, after_result=after_result)
    return with_sheet(SeeOther(_address(path.next_open(item.id), after_result)), sheet, edition)


def _address(question_id: str | None, after_result: bool = False) -> str:
    if question_id:
        return address("checkup:question", question_id)
    return address("checkup:result") if after_result else address("checkup:review")


def _page(
    request: HttpRequest, visit: Visit, sheet: AnswerSheet, item: Question, path: Path, after_result: bool
) -> str:
    """Return the page of a question without errors, with the person's answer ticked."""

    def make() -> str:
        form = QuestionForm(item, for_child=sheet.for_child)
        form.skip, form.skip_label = place("skip"), _("Skip this question")
        places = {name: place(name) for name in ("position", "total", "back", "banner")}
        context = _context(visit.edition, item) | places | {"form": form, "csrf_token": place("token")}
        context |= {"after_result": after_result, "visit": visit}
        return render_to_string("checkup/question.html", context, request)

    html: str = part(visit.edition, "question", item.id, sheet.for_child, make=make).filled(
        token=get_token(request), **_moving(visit, path, item.id, after_result)
    )
    answer = sheet.answers.get(item.id)
    for value in values_of(answer) if answer else ():
        html = html.replace(f'value="{value}" autocomplete', f'value="{value}" checked autocomplete', 1)
    return html


def _context(edition: CompiledEdition, item: Question) -> dict[str, object]:
    help_now = next((option.help_now for option in item.options if option.help_now), None)
    return {
        "edition": edition,
        "question": item,
        "topic": edition.topic_of[item.id],
        "help_now": edition.actions[help_now] if help_now else None,
        "claims": [edition.claims[claim] for claim in item.claims],
    }


def _moving(visit: Visit, path: Path, question_id: str, after_result: bool) -> dict[str, Any]:
    """Return the parts of a question page that depend on the person's own path."""
    before = path.before(question_id)
    return {
        "visit": visit,
        "after_result": after_result,
        "position": path.position(question_id),
        "total": len(path.questions),
        "back": _address(before, after_result)
        if before
        else address("checkup:result" if after_result else "checkup:start"),
        "skip": _address(path.next_open(question_id), after_result),
        "banner": banner(visit),
    }


@require_safe
@personal
def review(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show every answer with a way to change it, before the result or at any time after."""
    if visit.sheet is None:
        return render(request, "checkup/nothing_yet.html", {"visit": visit})
    sheet, edition = visit.sheet, visit.edition
    path = path_of(edition, sheet)
    rows = [
        ReviewRow(
            question=edition.questions[item],
            text=wording(edition.questions[item], sheet.for_child),
            answer=answer_in_words(edition.questions[item], sheet.answers.get(item), sheet.for_child),
            topic=edition.topic_of[item],
            is_missing=item not in path.answered,
        )
        for item in path.questions
    ]
    context = {
        "visit": visit,
        "banner": banner(visit),
        "edition": edition,
        "sheet": sheet,
        "rows": rows,
        "first_missing": path.next_open(),
        "place": edition.places.get(sheet.place or ""),
        "situation": None
        if sheet.situation is None
        else [edition.situations[item] for item in sorted(sheet.situation)],
        "topics": [edition.topics[topic] for topic in sorted(sheet.topics)] if sheet.topics else None,
    }
    return in_frame(request, visit, "checkup/review.html", "checkup/_review.html", context)
