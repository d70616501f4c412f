"""Guides, actions, claims and the glossary: the same for everybody, without a cookie."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from apps.editions.compiled import ORIGINAL, CompiledEdition, is_due
from apps.editions.public import public_page
from apps.editions.schema import Action, Checked


def _context(edition: CompiledEdition, **more: Any) -> dict[str, Any]:
    languages = {language.code for language in edition.pack.languages}
    return {"edition": edition, "untranslated": get_language() not in languages, **more}


def _found(items: dict[str, Any], item_id: str) -> Any:
    """Return the item, or raise Http404."""
    try:
        return items[item_id]
    except KeyError:
        raise Http404 from None


def _is_due(item: Checked) -> bool:
    return is_due(item.checked, item.due)


def _by_effort(actions: list[Action]) -> list[Action]:
    return sorted(actions, key=lambda action: (action.effort, action.minutes))


@public_page
def guides(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """List the guides, by topic and as things a person wants to do."""
    rows = [
        {
            "guide": guide,
            "topic": edition.topics.get(guide.topic or ""),
            "minutes": _rendered(edition, guide).reading_minutes,
        }
        for guide in edition.pack.guides
    ]
    wants = _by_effort([action for action in edition.pack.actions if action.effort == 1])
    return render(request, "guidance/guides.html", _context(edition, rows=rows, wants=wants))


def _rendered(edition: CompiledEdition, guide: Any) -> Any:
    return edition.html(guide.body, get_language() or ORIGINAL)


@public_page
def guide(request: HttpRequest, edition: CompiledEdition, guide_id: str) -> HttpResponse:
    """Show one guide with its contents, its numbered sources and the steps of its topic."""
    item = _found(edition.guides, guide_id)
    rendered = _rendered(edition, item)
    topic = edition.topics.get(item.topic or "")
    context = _context(
        edition,
        guide=item,
        topic=topic,
        rendered=rendered,
        is_due=_is_due(item),
        notes=[edition.claims[claim] for claim in rendered.cited],
        actions=_by_effort([a for a in edition.pack.actions if topic and a.topic == topic.id]),
        questions=[] if topic is None else topic.questions,
    )
    return render(request, "guidance/guide.html", context)


@public_page
def action(request: HttpRequest, edition: CompiledEdition, action_id: str) -> HttpResponse:
    """Show one step: how to do it, where to tap, what it changes and what it rests on."""
    item = _found(edition.actions, action_id)
    language = get_language() or ORIGINAL
    cited = edition.html(item.how, language).cited
    caps = [
        {
            "question": edition.questions[question],
            "to": [option for option in edition.questions[question].options if option.level == cap],
        }
        for question, cap in item.caps.items()
    ]
    steps = []
    for _platform, step in (edition.steps[step] for step in item.steps):
        steps.append({"step": step, "is_due": _is_due(step), "cited": cited})
        cited = edition.html(step.body, language, cited).cited
    cited = tuple(dict.fromkeys((*cited, *item.claims)))
    context = _context(
        edition,
        action=item,
        topic=edition.topics[item.topic],
        guide=edition.guide_of(item.topic),
        caps=caps,
        helps=[edition.questions[question] for question in item.helps if question not in item.caps],
        steps=steps,
        is_due=_is_due(item),
        places=[edition.places[place] for place in item.places],
        notes=[edition.claims[claim] for claim in cited],
    )
    return render(request, "guidance/action.html", context)


@public_page
def claim(request: HttpRequest, edition: CompiledEdition, claim_id: str) -> HttpResponse:
    """Show one claim: who said it, how well it is supported, its sources, and every place that uses it."""
    item = _found(edition.claims, claim_id)
    context = _context(edition, claim=item, uses=edition.uses_of_claim[item.id], is_due=_is_due(item))
    return render(request, "guidance/claim.html", context)


@public_page
def glossary(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """List the words that need explaining."""
    return render(request, "guidance/glossary.html", _context(edition, terms=edition.pack.glossary))


@public_page
def term(request: HttpRequest, edition: CompiledEdition, term_id: str) -> HttpResponse:
    """Explain one word."""
    return render(request, "guidance/term.html", _context(edition, term=_found(edition.terms, term_id)))
