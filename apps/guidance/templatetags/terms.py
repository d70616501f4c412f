"""A template tag that explains the glossary's words where they are used."""

from __future__ import annotations

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from apps.editions.compiled import ORIGINAL
from apps.guidance.words import link_words

register = template.Library()


@register.tag
def explain(parser: Parser, token: Token) -> ExplainNode:
    """Link the first use of each term between {% explain edition %} and {% endexplain %}, and list the terms below."""
    try:
        _, edition = token.split_contents()
    except ValueError:
        raise template.TemplateSyntaxError("Write {% explain edition %}.") from None
    inside = parser.parse(("endexplain",))
    parser.delete_first_token()
    return ExplainNode(parser.compile_filter(edition), inside)


class ExplainNode(template.Node):
    """What stands between the two tags, with its words explained."""

    def __init__(self, edition: FilterExpression, nodelist: NodeList) -> None:
        self.edition = edition
        self.nodelist = nodelist

    def render(self, context: template.Context) -> SafeString:
        """Return the safe HTML of the inside: it was safe before, and links of ours are all that is added."""
        edition = self.edition.resolve(context)
        inside, terms = link_words(self.nodelist.render(context), edition, get_language() or ORIGINAL)
        words = render_to_string("guidance/_words.html", {"terms": terms}) if terms else ""
        return SafeString(inside + words)  # nosec B703
