"""What the result's templates need: points in words, remembered addresses, and parts that are the same for all."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from apps.checkup import addresses
from apps.checkup.kept import Part, part, place
from apps.checkup.result import AnswerRow, OpenRow, OwnStep, PlatformRow, Points, ReviewRow, StepRow, TopicRow
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


# --- Parts that are the same for everybody (apps.checkup.kept) --------------------------------------------


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """Render once for each edition and language what stands between the tag and {% endkept %}.

    It is written {% kept "name" key=value … fill place=value … %}; the name is its own in the template. Inside there
    are only the edition, the key and the places: whatever else the page knows cannot get in, so that nothing personal
    is kept. The values after `fill` are put in on every request.
    """
    name, *bits = token.split_contents()[1:] or [""]
    middle = bits.index("fill") if "fill" in bits else len(bits)
    of_key, to_fill = bits[:middle], bits[middle + 1 :]
    key, places = token_kwargs(of_key, parser), token_kwargs(to_fill, parser)
    if of_key or to_fill or not name.startswith('"'):
        raise template.TemplateSyntaxError('Write {% kept "name" key=value … fill place=value … %}.')
    taken = parser.extra_data.setdefault("kept", set())
    if name in taken:
        raise template.TemplateSyntaxError(f"There are two kept parts named {name}.")
    taken.add(name)
    inside = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(name, key, places, inside)


class KeptNode(template.Node):
    """What stands between the two tags."""

    def __init__(
        self, name: str, key: dict[str, FilterExpression], places: dict[str, FilterExpression], inside: NodeList
    ) -> None:
        self.name = name
        self.key = key
        self.places = places
        self.nodelist = inside

    def render(self, context: template.Context) -> SafeString:
        """Return the kept part with the person's own values in its places."""
        edition: CompiledEdition = context["edition"]
        key = {name: value.resolve(context) for name, value in self.key.items()}

        def make() -> str:
            marks = {name: place(name) for name in self.places}
            return self.nodelist.render(context.new({"edition": edition, **key, **marks}))

        return part(edition, str(self.origin.template_name), self.name, *key.values(), make=make).filled(
            **{name: value.resolve(context) for name, value in self.places.items()}
        )


class Rows:
    """Rows of one template as kept parts. Of a row its template may show only what the edition and the key say."""

    def __init__(self, edition: CompiledEdition, template_name: str, places: str = "") -> None:
        """Begin a list of rows in the current language; `places` are names with blanks between."""
        self._edition = edition
        self._template_name = template_name
        self._places = places
        self._language = get_language()

    def part(self, row: object, *key: str | bool | None) -> Part:
        """Return the part of one row, kept under its key."""

        def make() -> str:
            places = {name: place(name) for name in self._places.split()}
            return render_to_string(self._template_name, {"row": row} | places)

        return part(self._edition, self._template_name, *key, make=make, language=self._language)


@register.simple_tag(takes_context=True)
def step_items(context: template.Context, rows: Iterable[StepRow]) -> SafeString:
    """Show steps of the plan, each with its tick."""
    edition, for_child, order = context["edition"], context["sheet"].for_child, context["order"]
    token = str(context["csrf_token"])
    items = Rows(edition, "checkup/_step.html", "token order steps gain")

    def item(row: StepRow) -> SafeString:
        steps = _joined(_step_link(edition, row, own) for own in row.steps)
        of_step = items.part(row, row.action.id, row.is_done, row.about_as_good, for_child)
        return of_step.filled(token=token, order=order, steps=steps, gain=_gain(row))

    return _joined(item(row) for row in rows)


def _step_link(edition: CompiledEdition, row: StepRow, own: OwnStep) -> SafeString:
    """Return a link to where a platform's step stands on the action's page; the reader's own are marked."""

    def make() -> str:
        where = f"{addresses.address('guidance:action', row.action.id)}#{own.step.id}"
        link = ' · <a class="own" href="{}">{}</a>' if own.is_own else ' · <a href="{}">{}</a>'
        return format_html(link, where, say(own.platform.name))

    return part(edition, "step link", row.action.id, own.step.id, own.is_own, make=make).filled()


def _gain(row: StepRow) -> str:
    """Return what a step takes off, in words: "−4 points", "−2 points (on its own 3)"."""
    if row.is_done and row.alone:
        return _("%(points)s points closed") % {"points": points(row.alone)}
    if row.drop is None or row.alone is None or row.drop == row.alone:
        return _("−%(points)s points") % {"points": points(row.drop or Points(0, 0))}
    return _("−%(points)s points (on its own %(alone)s)") % {"points": points(row.drop), "alone": points(row.alone)}


@register.simple_tag(takes_context=True)
def topic_items(context: template.Context, rows: Iterable[TopicRow]) -> SafeString:
    """Show topics, each with how open it is and the answers behind it."""
    edition, for_child = context["edition"], context["sheet"].for_child
    topics = Rows(edition, "checkup/_topic.html", "shown low high answers")
    items = Rows(edition, "checkup/_answer.html", "answer share")

    def item(row: AnswerRow) -> SafeString:
        of_answer = items.part(row, row.question.id, row.option.id if row.option else None, for_child)
        return of_answer.filled(answer=row.answer, share=points(row.share))

    def topic_item(row: TopicRow) -> SafeString:
        answers = _joined(item(answer) for answer in row.answers) if row.applies else ""
        of_topic = topics.part(row, row.topic.id, row.applies)
        return of_topic.filled(shown=points(row.shown), low=row.shown.low, high=row.shown.high, answers=answers)

    return _joined(topic_item(row) for row in rows)


@register.simple_tag(takes_context=True)
def way_items(context: template.Context, rows: Iterable[StepRow], template_name: str) -> SafeString:
    """Show steps that depend on others, without a number."""
    for_child, items = context["sheet"].for_child, Rows(context["edition"], template_name)
    return _joined(items.part(row, row.action.id, for_child).filled() for row in rows)


@register.simple_tag(takes_context=True)
def open_items(context: template.Context, rows: Iterable[OpenRow]) -> SafeString:
    """Show what is worth finding out, each with the points it leaves open."""
    for_child, items = context["sheet"].for_child, Rows(context["edition"], "checkup/_open.html", "width")

    def item(row: OpenRow) -> SafeString:
        width = ngettext("leaves up to %(width)s point open", "leaves up to %(width)s points open", row.width)
        of_question = items.part(row, row.question.id, for_child, *(action.id for action in row.actions))
        return of_question.filled(width=width % {"width": row.width})

    return _joined(item(row) for row in rows)


@register.simple_tag(takes_context=True)
def review_items(context: template.Context, rows: Iterable[ReviewRow]) -> SafeString:
    """Show answers to check, topic by topic, each with a way to change it."""
    edition, for_child = context["edition"], context["sheet"].for_child
    topics = Rows(edition, "checkup/_review_topic.html", "answers")
    items = Rows(edition, "checkup/_review_row.html", "answer")

    def item(row: ReviewRow) -> SafeString:
        return items.part(row, row.question.id, row.is_missing, for_child).filled(answer=row.answer)

    def topic_item(topic: str, of_topic: list[ReviewRow]) -> SafeString:
        return topics.part(of_topic[0], topic).filled(answers=_joined(item(row) for row in of_topic))

    groups = groupby(rows, key=lambda row: row.topic.id)
    return _joined(topic_item(topic, list(of_topic)) for topic, of_topic in groups)


@register.simple_tag(takes_context=True)
def platform_items(context: template.Context, rows: Iterable[PlatformRow]) -> SafeString:
    """Show platforms to choose from, the reader's own ticked."""
    items = Rows(context["edition"], "checkup/_platform.html")
    return _joined(items.part(row, row.platform.id, row.is_own).filled() for row in rows)


@register.filter
def own_names(rows: Iterable[PlatformRow]) -> SafeString:
    """List the reader's own platforms by name."""
    return SafeString(_(", ").join(say(row.platform.name) for row in rows if row.is_own))  # nosec B703


def _joined(parts: Iterable[str]) -> SafeString:
    return SafeString("".join(parts))  # each is safe by itself  # nosec B703
