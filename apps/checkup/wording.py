"""The words that the app itself says about answers, scores and bands. Content is in the pack."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps import scoring
from apps.editions.schema import PREFER_NOT, UNSURE, Action, Option, Question, Situation, Text
from apps.editions.templatetags.content import in_language


def wording(item: Question | Option | Situation | Action, for_child: bool) -> Text:
    """Return the text of an item as said to the person, or to someone answering for their child."""
    if for_child and item.child:
        return item.child
    return item.text if isinstance(item, (Question, Option)) else item.name


def states_of(is_multi: bool) -> list[tuple[str, str]]:
    """Return the answers that every question has besides its options: (form value, words)."""
    partly = [("partly", _("I am not sure about the rest"))] if is_multi else []
    return [*partly, (UNSURE, _("Not sure")), (PREFER_NOT, _("I would rather not say"))]


def answer_in_words(
    question: Question, answer: scoring.Answer | None, for_child: bool, language: str | None = None
) -> str:
    """Return an answer as a person would say it: "Yes, and I use the other way" or "Not sure".

    Whoever asks for many answers may look up the current language once and say it.
    """
    if answer is None:
        return _("Not answered")
    if answer.state is scoring.State.NOT_SURE:
        return _("Not sure")
    if answer.state is scoring.State.PREFER_NOT_TO_SAY:
        return _("I would rather not say")
    picks = answer.picks
    chosen = "; ".join([in_language(wording(o, for_child), language)[0] for o in question.options if o.id in picks])
    if answer.state is scoring.State.PARTLY_SURE:
        return _("%(answers)s; not sure about the rest") % {"answers": chosen}
    return chosen


def band_name(band: scoring.Band) -> str:
    """Return the name of a band (method, section 4)."""
    return {
        scoring.Band.FEW: _("few doors open"),
        scoring.Band.SOME: _("some doors open"),
        scoring.Band.HALF: _("around half open"),
        scoring.Band.MANY: _("many doors open"),
        scoring.Band.MOST: _("most doors open"),
    }[band]


def band_opening(band: scoring.Band, most_can_change: bool) -> str:
    """Return the words that open a result in this band.

    `most_can_change` is whether the person's own steps would take off more than half of the score.
    """
    opening = {
        scoring.Band.FEW: _("Few of the doors we ask about are open."),
        scoring.Band.SOME: _("Some of the doors we ask about are open."),
        scoring.Band.HALF: _("Around half of the doors we ask about are open."),
        scoring.Band.MANY: _("Many of the doors we ask about are open."),
        scoring.Band.MOST: _("Most of the doors we ask about are open. Here is where to start."),
    }[band]
    if band is scoring.Band.MANY and most_can_change:
        return _("%(opening)s Most of these can be changed.") % {"opening": opening}
    return opening
