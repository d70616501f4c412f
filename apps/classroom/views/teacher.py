"""The teacher's pages: open a class, manage it by its secret link, close, print, download, delete.

There is no account. Whoever holds the cookie of the manage link is the teacher of that one class.
"""

from __future__ import annotations

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.checkup.cookies import CLASS, SeeOther, without_sheet
from apps.checkup.views.walk import UNPROCESSABLE
from apps.classroom import codes, services
from apps.classroom.access import NotManaged, class_of_link, class_page, count, managed_class
from apps.classroom.cookies import holds_class, with_class
from apps.classroom.educators import share_links
from apps.classroom.forms import ClassForm
from apps.classroom.limits import OPEN_CLASS
from apps.classroom.models import Class
from apps.classroom.refusals import (
    BadLabel,
    NoRoundLeft,
    NoSuchClass,
    NoSuchRound,
    Refused,
    RoundStillOpen,
    SizeOutOfRange,
    SizeTooSmall,
)
from apps.classroom.shown import Shown, shown
from apps.classroom.talk import prompts_for
from apps.classroom.wording import category_name, item_name, label_in_words
from apps.editions.current import current_edition

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text that begins with one of these is a formula to spreadsheets."""

_FIELD_OF = {SizeTooSmall: "size", SizeOutOfRange: "size", BadLabel: "label"}
"""The field that a refusal to open a class is about."""


@require_http_methods(["GET", "HEAD", "POST"])
@class_page
def new(request: HttpRequest) -> HttpResponse:
    """Open a class, and show once what can be shown only once: its manage link and its slips."""
    edition = current_edition()
    if request.method != "POST":
        return render(request, "classroom/new.html", {"form": ClassForm(edition)})
    form, is_small = ClassForm(edition, request.POST), False
    if form.is_valid():
        chosen = form.cleaned_data
        count(request, OPEN_CLASS)
        try:
            opened = services.open_class(
                edition,
                size=chosen["size"],
                age_group=chosen["age_group"],
                topics=chosen["topics"],
                rounds=int(chosen["rounds"]),
                label=chosen["label"],
                uses_slips=chosen["uses_slips"],
            )
        except Refused as error:
            form.add_error(_FIELD_OF.get(type(error)), str(error.message))
            is_small = isinstance(error, SizeTooSmall)
        else:
            response = render(request, "classroom/opened.html", _opened(request, opened))
            return with_class(response, opened.klass)
    return render(request, "classroom/new.html", {"form": form, "is_small": is_small}, status=UNPROCESSABLE)


def _opened(request: HttpRequest, opened: services.Opened) -> dict[str, object]:
    return {
        "shown": shown(opened.klass),
        "secret": opened.secret,
        "manage_address": _manage_address(request, opened.klass, opened.secret),
        "slips": [codes.grouped(slip) for slip in opened.slips],
    }


def _manage_address(request: HttpRequest, klass: Class, secret: str) -> str:
    return request.build_absolute_uri(reverse("classroom:manage", args=[klass.code, secret]))


@require_safe
@class_page
def manage(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """Follow a manage link: this device may manage the class from now on. The secret leaves the address at once."""
    klass = class_of_link(request, code, secret)
    response = SeeOther(reverse("classroom:class", args=[klass.code]))
    response["Referrer-Policy"] = "no-referrer"
    return with_class(response, klass)


@require_safe
@class_page
def klass(request: HttpRequest, code: str) -> HttpResponse:
    """Show the class to its teacher: how it stands, and what can be done next. It holds no secret."""
    return _class_page(request, managed_class(request, code))


def _class_page(request: HttpRequest, found: Class, refused: Refused | None = None) -> HttpResponse:
    """Show the class as it stands, and what was refused, if anything."""
    seen = shown(found)
    to_share = share_links(reverse("classroom:join_class", args=[found.code]), _("Join our class"))
    context = {"shown": seen, "to_share": to_share, "refused": refused.message if refused else ""}
    return render(request, "classroom/class.html", context, status=409 if refused else 200)


@require_POST
@class_page
def keep_link(request: HttpRequest, code: str) -> HttpResponse:
    """Give the manage link that was just shown as a small text file."""
    secret = request.POST.get("secret", "")
    found = class_of_link(request, code, secret)
    lines = [
        _("PrivacyCheck: the manage link of class %(code)s") % {"code": codes.grouped(found.code)},
        "",
        _manage_address(request, found, secret),
        "",
        _("Whoever has this link can close and delete the class. It cannot be shown again."),
        _("The class deletes itself on %(day)s.") % {"day": found.deleted_on.isoformat()},
    ]
    return _file("\r\n".join(lines) + "\r\n", "text/plain", f"privacycheck-class-{found.code}.txt")


def _file(text: str, content_type: str, name: str) -> HttpResponse:
    # With a byte order mark, which spreadsheets and old editors need to read more than ASCII.
    response = HttpResponse(text.encode("utf-8-sig"), content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@class_page
def new_link(request: HttpRequest, code: str) -> HttpResponse:
    """Give the class another manage link and show it once. The old one and all other devices lose their hold."""
    found = managed_class(request, code)
    secret = services.new_manage_secret(found)
    context = {"shown": shown(found), "secret": secret, "manage_address": _manage_address(request, found, secret)}
    return with_class(render(request, "classroom/new_link.html", context), found)


@require_POST
@class_page
def slips(request: HttpRequest, code: str) -> HttpResponse:
    """Print another sheet of slips for the open round. The sheet before stops working."""
    found = managed_class(request, code)
    try:
        made = services.new_slips(found)
    except Refused as error:
        return _class_page(request, found, error)
    return _slips_page(request, found, made)


def _slips_page(request: HttpRequest, found: Class, made: tuple[str, ...]) -> HttpResponse:
    context = {"shown": shown(found), "slips": [codes.grouped(slip) for slip in made]}
    return render(request, "classroom/slips.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@class_page
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Close the open round for good, after saying what that means. Closing it again changes nothing."""
    found = managed_class(request, code)
    if request.method == "POST":
        number = request.POST.get("round", "")
        if number not in {"1", "2", "3"}:
            raise NoSuchClass
        try:
            services.close_round(found, int(number))
        except NoSuchRound as error:
            return _class_page(request, found, error)
        return SeeOther(reverse("classroom:class", args=[found.code]))
    seen = shown(found)
    if seen.now_open is None:
        return SeeOther(reverse("classroom:class", args=[found.code]))
    return render(request, "classroom/close.html", {"shown": seen})


@require_POST
@class_page
def next_round(request: HttpRequest, code: str) -> HttpResponse:
    """Open the next planned round. Pressed twice, it opens one."""
    found = managed_class(request, code)
    try:
        _number, made = services.open_next_round(found)
    except (RoundStillOpen, NoRoundLeft) as error:
        return _class_page(request, found, error)
    if made:
        return _slips_page(request, found, made)
    return SeeOther(reverse("classroom:class", args=[found.code]))


@require_safe
@class_page
def results(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was released, laid out to print, with how to talk about it."""
    seen = shown(managed_class(request, code))
    return render(request, "classroom/results.html", {"shown": seen, "prompts": prompts_for(seen)})


@require_safe
@class_page
def results_csv(request: HttpRequest, code: str) -> HttpResponse:
    """Give what was released as a table for spreadsheets, and nothing else."""
    seen = shown(managed_class(request, code))
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow([_("round"), _("people"), _("about"), _("category"), _("published"), _("number"), _("percent")])
    table.writerows([[_plain(cell) for cell in row] for row in _csv_rows(seen)])
    return _file(written.getvalue(), "text/csv", f"privacycheck-class-{seen.klass.code}.csv")


def _plain(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: names come from the content, which many may write."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS) else cell


def _csv_rows(seen: Shown) -> list[list[object]]:
    """Return a line for each category of each released round; a label has no number."""
    return [
        [
            one.number,
            one.table.n,
            item_name(item.id),
            category_name(seen.edition, item.id, category),
            label_in_words(cell.label),
            "" if cell.about is None else cell.about,
            "" if cell.about is None else cell.percent(one.table.n),
        ]
        for one in seen.released
        if one.table is not None
        for item, cells in zip(seen.klass.counted, one.table.rows, strict=True)
        for category, cell in zip(item.categories, cells, strict=True)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@class_page
def delete(request: HttpRequest, code: str) -> HttpResponse:
    """Delete the class with everything in it, after saying so."""
    found = managed_class(request, code)
    if request.method != "POST":
        return render(request, "classroom/delete.html", {"shown": shown(found)})
    services.delete_class(found)
    response = render(request, "classroom/deleted.html", {"code": codes.grouped(found.code)})
    return without_sheet(response, CLASS + found.code)


@require_POST
@class_page
def sign_out(request: HttpRequest, code: str) -> HttpResponse:
    """Take the right to manage the class from this device. The manage link keeps working elsewhere."""
    if not holds_class(request.COOKIES, code):
        raise NotManaged
    return without_sheet(SeeOther(reverse("classroom:educators")), CLASS + code)
