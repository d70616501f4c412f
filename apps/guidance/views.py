"""Guides, actions, steps, claims, rights and the glossary: the same for everybody, without a cookie."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from apps.editions.compiled import ORIGINAL, CompiledEdition, is_due
from apps.editions.public import public_page
from apps.editions.schema import Action, Checked, Letter
from apps.guidance.freshness import due_items, kept_items, next_items

SOON_DAYS = 60
"""How far the page about freshness looks ahead."""


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
    """List the guides by topic, and everything a person may want to do."""
    rows = [{"guide": guide, "minutes": _rendered(edition, guide).reading_minutes} for guide in edition.pack.guides]
    wants = [
        {"family": family, "actions": _by_effort([a for a in edition.pack.actions if a.family == family.id])}
        for family in edition.pack.families
    ]
    context = _context(edition, rows=rows, wants=[want for want in wants if want["actions"]])
    return render(request, "guidance/guides.html", context)


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
        letters=_letters_of(edition, [action for action in edition.pack.actions if topic and action.topic == topic.id]),
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
        letters=_letters_of(edition, [item]),
        notes=[edition.claims[claim] for claim in cited],
    )
    return render(request, "guidance/action.html", context)


def _letters_of(edition: CompiledEdition, actions: list[Action]) -> list[Letter]:
    """Return the letters that carry out some actions, each once."""
    return [edition.letters[letter] for letter in dict.fromkeys(id for action in actions for id in action.letters)]


@public_page
def platforms(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Show where to tap, for every platform, with how sure we are and when we looked."""
    rows = []
    cited: tuple[str, ...] = ()
    for platform in edition.pack.platforms:
        steps = []
        for step in platform.steps:
            used_by = [action for action in edition.pack.actions if step.id in action.steps]
            steps.append({"step": step, "is_due": _is_due(step), "cited": cited, "actions": used_by})
            cited = edition.html(step.body, get_language() or ORIGINAL, cited).cited
        rows.append({"platform": platform, "steps": steps})
    notes = [edition.claims[claim] for claim in cited]
    return render(request, "guidance/platforms.html", _context(edition, rows=rows, notes=notes))


@public_page
def rights_by_place(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """List the places whose laws we describe."""
    rows = [{"place": edition.places[rights.id], "rights": rights} for rights in edition.pack.rights]
    return render(request, "guidance/rights_by_place.html", _context(edition, rows=rows))


@public_page
def rights(request: HttpRequest, edition: CompiledEdition, place_id: str) -> HttpResponse:
    """Show what a person in one place can ask for: laws, time limits, who takes complaints, what is left out."""
    item = _found(edition.rights, place_id)
    language = get_language() or ORIGINAL
    parts: list[dict[str, Any]] = []
    cited: tuple[str, ...] = ()
    for field in ("can", "time", "not_covered"):
        parts.append({"text": getattr(item, field), "cited": cited})
        cited = edition.html(getattr(item, field), language, cited).cited
    laws = [edition.laws[law] for law in item.laws]
    cited = tuple(dict.fromkeys((*cited, *(law.claim for law in laws))))
    context = _context(
        edition,
        rights=item,
        place=edition.places[item.id],
        laws=[{"law": law, "note": cited.index(law.claim) + 1} for law in laws],
        can=parts[0],
        time=parts[1],
        not_covered=parts[2],
        letters=[letter for letter in edition.pack.letters if not letter.places or item.id in letter.places],
        others=[edition.places[other] for other in edition.rights if other != item.id],
        is_due=_is_due(item),
        notes=[edition.claims[claim] for claim in cited],
    )
    return render(request, "guidance/rights.html", context)


@public_page
def letters(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """List the letters, each with what it is for."""
    rows = [
        {"letter": letter, "places": [edition.places[place] for place in letter.places]}
        for letter in edition.pack.letters
    ]
    return render(request, "guidance/letters.html", _context(edition, rows=rows))


@public_page
def claims(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """List every claim, grouped by the topic whose guide or questions use it first."""
    groups: dict[str, list[Any]] = {}
    for claim in edition.pack.claims:
        groups.setdefault(_group_of(edition, claim.id), []).append(claim)
    topics = [(topic.name, groups.get(topic.id, [])) for topic in edition.pack.topics]
    context = _context(edition, groups=[group for group in topics if group[1]], others=groups.get("", []))
    return render(request, "guidance/claims.html", context)


def _group_of(edition: CompiledEdition, claim_id: str) -> str:
    """Return the id of the topic that uses a claim first; empty for law and what spans all topics."""
    for use in edition.uses_of_claim[claim_id]:
        if use.kind == "question":
            return edition.topic_of[use.item.id].id
        if use.kind in {"action", "guide"} and use.item.topic:
            return str(use.item.topic)
    return ""


@public_page
def freshness(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """List what should be checked again: what is due now, and what falls due soon."""
    context = _context(
        edition,
        due=due_items(edition),
        soon=next_items(edition, SOON_DAYS),
        total=sum(1 for _ in kept_items(edition)),
        days=SOON_DAYS,
    )
    return render(request, "guidance/freshness.html", context)


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
