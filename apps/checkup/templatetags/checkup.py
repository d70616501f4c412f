"""What the result's templates need: points in words, remembered addresses, and parts that are the same for all."""

from __future__ import annotations

from django import template
from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.checkup import addresses
from apps.checkup.result import AnswerRow, OwnStep, Points, ReviewRow, StepRow
from apps.editions.compiled import CompiledEdition
from apps.editions.templatetags.content import say

register = template.Library()


@register.filter
def points(value: Points) -> str:
    """Write points as one number, or as a range where answers are open."""
    if value.is_one:
        return str(value.low)
    return _("%(low)s to %(high)s") % {"low": value.low, "high": value.high}


@register.simple_tag
def address(name: str, *args: str) -> str:
    """Return the address of a page."""
    return escape(addresses.address(name, *args))


# Rows that are the same for everybody but for a few places are rendered once for each edition, with these marks
# in the places. What is kept depends on the content alone.
TOKEN, ORDER, NUMBER, STEPS = (f"\ue000{name}\ue001" for name in ("token", "order", "number", "steps"))


def _row(edition: CompiledEdition, template_name: str, row: object, *key: object) -> SafeString:
    """Return a row with marks, from the edition's memo."""
    marks = {"row": row, "token": TOKEN, "order": ORDER, "gain": NUMBER, "share": NUMBER, "steps": STEPS}
    return edition.memo((template_name, get_language(), *key), lambda: render_to_string(template_name, marks))


@register.simple_tag(takes_context=True)
def step_item(context: template.Context, row: StepRow) -> SafeString:
    """Show one step of the plan with its tick."""
    edition, for_child = context["edition"], context["sheet"].for_child
    html: str = _row(edition, "checkup/_step.html", row, row.action.id, row.is_done, row.about_as_good, for_child)
    html = html.replace(TOKEN, str(context["csrf_token"]), 1).replace(ORDER, context["order"], 1)
    html = html.replace(STEPS, "".join(_step_link(edition, row, own) for own in row.steps), 1)
    return SafeString(html.replace(NUMBER, escape(_gain(row)), 1))  # nosec B703


def _step_link(edition: CompiledEdition, row: StepRow, own: OwnStep) -> str:
    """Return a link to where a platform's step stands on the action's page; the reader's own are marked."""

    def make() -> str:
        where = f"{addresses.address('guidance:action', row.action.id)}#{own.step.id}"
        link = ' · <a class="own" href="{}">{}</a>' if own.is_own else ' · <a href="{}">{}</a>'
        return format_html(link, where, say(own.platform.name))

    return edition.memo(("step link", get_language(), row.action.id, own.step.id, own.is_own), make)


def _gain(row: StepRow) -> str:
    """Return what a step takes off, in words: "−4 points", "−2 points (on its own 3)"."""
    if row.is_done and row.alone:
        return _("%(points)s points closed") % {"points": points(row.alone)}
    if row.drop is None or row.alone is None or row.drop == row.alone:
        return _("−%(points)s points") % {"points": points(row.drop or Points(0, 0))}
    return _("−%(points)s points (on its own %(alone)s)") % {"points": points(row.drop), "alone": points(row.alone)}


@register.simple_tag(takes_context=True)
def answer_item(context: template.Context, row: AnswerRow) -> SafeString:
    """Show one answer with its share of the score, its reason and its source."""
    html = _row(
        context["edition"], "checkup/_answer.html", row, row.question.id, row.answer, context["sheet"].for_child
    )
    return SafeString(html.replace(NUMBER, escape(points(row.share)), 1))  # nosec B703


@register.simple_tag(takes_context=True)
def way_item(context: template.Context, row: StepRow) -> SafeString:
    """Show one step that depends on others, without a number."""
    return _row(context["edition"], "checkup/_way.html", row, row.action.id, context["sheet"].for_child)


@register.simple_tag(takes_context=True)
def review_item(context: template.Context, row: ReviewRow) -> SafeString:
    """Show one answer with a way to change it."""
    key = (row.question.id, row.answer, row.is_missing, context["sheet"].for_child)
    return _row(context["edition"], "checkup/_review_row.html", row, *key)
