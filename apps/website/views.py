"""The site's own pages: home, story, method, privacy, self-audit and what there is to say about the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps import scoring
from apps.checkup.cookies import CLASS, JOINED, OWN, PRACTICE, REMEMBERED_SECONDS, Visit, personal, works_without_sheet
from apps.checkup.face import face_svg
from apps.checkup.views.parts import banner
from apps.editions.compiled import ORIGINAL, CompiledEdition
from apps.editions.public import public_page
from apps.editions.schema import Persona, Topic
from apps.editions.templatetags.content import words
from apps.website import audit
from apps.website import method as numbers
from apps.website.middleware import HEADERS

SECONDS_A_QUESTION = 12
"""How long a question takes, for the times that the first page promises."""

STORIES = (("t1", "ar2"), ("t2", "ar6"), ("t3", "ar12"))
"""The stories on the first page: a topic, and the point of the article that tells it."""

SHOWN_PERSONA = "maya"
"""Whose face is drawn on the first page. Where an edition has no such person, it is the first one."""

SHOWN_HEADERS = (
    "User-Agent",
    "Accept-Language",
    "Accept-Encoding",
    "Referer",
    "Sec-Ch-Ua",
    "Sec-Ch-Ua-Platform",
    "Sec-Ch-Ua-Mobile",
    "Dnt",
    "Sec-Gpc",
)
"""What the self-audit shows of the request. Others are about this one connection, or come from a proxy of ours."""


def _context(edition: CompiledEdition, **more: Any) -> dict[str, Any]:
    languages = {language.code for language in edition.pack.languages}
    untranslated = get_language() not in languages
    return {"edition": edition, "untranslated": untranslated, **more}


@public_page
def home(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Show what the site is for, and the ways in."""
    length = scoring.path_lengths(edition.questionnaire)[None]
    context = _context(
        edition,
        length=length,
        minutes=minutes_for((length.shortest + length.longest) // 2),
        stories=[
            {"topic": edition.topics[topic], "point": edition.article[point], **_size(edition.topics[topic])}
            for topic, point in STORIES
            if topic in edition.topics and point in edition.article
        ],
        topics=[
            {"topic": topic, "guide": edition.guide_of(topic.id), **_size(topic)} for topic in edition.scored_topics
        ],
        other_guides=[guide for guide in edition.pack.guides if guide.topic is None],
        **_shown_face(edition),
    )
    return render(request, "website/home.html", context)


def _size(topic: Topic) -> dict[str, int]:
    return {"questions": len(topic.questions), "minutes": minutes_for(len(topic.questions))}


def minutes_for(questions: int) -> int:
    """Return about how many minutes so many questions take, at least 1."""
    return max(1, (questions * SECONDS_A_QUESTION + 30) // 60)


def _shown_face(edition: CompiledEdition) -> dict[str, Any]:
    """Return the face of an invented person, with the person and the ends of their score."""
    practice = [persona for persona in edition.pack.personas if persona.practice]
    if not practice:
        return {}
    persona: Persona = next((one for one in practice if one.id == SHOWN_PERSONA), practice[0])
    low, high = edition.persona_scores[persona.id].shown
    places = {"low": low, "high": high, "name": words(persona.name)}
    if low == high:
        label = _("A face of 100 dots. %(low)s are lit: the score of an invented person, %(name)s.") % places
    else:
        label = (
            _("A face of 100 dots: the score of an invented person, %(name)s. %(low)s dots are lit.") % places
            + " "
            + _("The rings up to %(high)s are answers that are not known.") % places
        )
    face = face_svg(low, high - low, label=label)
    return {"face": face, "persona": persona, "name": places["name"], "low": low, "high": high}


@public_page
def story(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Retell the article that the site grew from, point by point, each with what it led to."""
    chapters = _chapters()
    points: list[dict[str, Any]] = [
        {
            "point": point,
            "chapter": chapters.get(point.id, ""),
            "claims": [edition.claims[claim] for claim in point.claims],
            "questions": [edition.questions[question] for question in point.questions],
            "actions": [edition.actions[action] for action in point.actions],
            "guides": [edition.guides[topic] for topic in point.topics if topic in edition.guides],
        }
        for point in edition.pack.article
    ]
    article = edition.claims.get("article-1")
    context = _context(
        edition,
        points=points,
        article=article,
        source=article.sources[0] if article else None,
        toc=[(row["point"].id, row["chapter"]) for row in points if row["chapter"]],
    )
    return render(request, "website/story.html", context)


def _chapters() -> dict[str, str]:
    """Return the headings of the story, by the point of the article that they stand above."""
    return {
        "ar1": _("The warning"),
        "ar2": _("The app that swapped faces"),
        "ar6": _("The payment that looked anyway"),
        "ar7": _("A comparison with money, and draft laws"),
        "ar9": _("A card in the pocket, a face in the street"),
        "ar11": _("Cameras on campus"),
        "ar13": _("A third force"),
    }


@public_page
def method(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Show how the score is worked out, with every number of the edition."""
    release = next((one for one in edition.history if one.number == edition.number), None)
    context = _context(
        edition,
        release=release,
        topics=numbers.topic_rows(edition),
        bands=numbers.band_rows(),
        personas=numbers.persona_rows(edition),
        example=numbers.example(edition),
        range=numbers.range_example(edition),
        length=scoring.path_lengths(edition.questionnaire)[None],
    )
    return render(request, "website/method.html", context)


@public_page
def method_question(request: HttpRequest, edition: CompiledEdition, question_id: str) -> HttpResponse:
    """Show one question: its options with levels and reasons, its weight, what it rests on and what helps."""
    question = edition.questions.get(question_id)
    if question is None:
        raise Http404
    cited = edition.html(question.why, get_language() or ORIGINAL).cited
    rated = (question.ratings.claim,) if question.ratings else ()
    context = _context(
        edition,
        row=numbers.question_row(edition, question),
        question=question,
        topic=edition.topic_of[question_id],
        guide=edition.guide_of(edition.topic_of[question_id].id),
        actions=edition.actions_for(question_id),
        follow_ups=[other for other in edition.questions.values() if other.parent == question_id],
        points=[edition.article[point] for point in question.article],
        notes=[edition.claims[claim] for claim in dict.fromkeys((*cited, *question.claims, *rated))],
    )
    return render(request, "website/question.html", context)


@public_page
def privacy(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Say exactly what is stored where, what is sent, what is not, and what this cannot protect from."""
    context = _context(
        edition,
        own=OWN,
        practice=PRACTICE,
        joined=JOINED,
        klass=CLASS,
        csrf=settings.CSRF_COOKIE_NAME,
        class_minimum=settings.CLASS_MINIMUM,
        remembered_days=REMEMBERED_SECONDS // 86_400,
        is_https=settings.IS_HTTPS,
        follow_up=next((one for one in edition.questions.values() if one.parent), None),
    )
    return render(request, "website/privacy.html", context)


@public_page
def about(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Say who runs this site, why it exists, where it comes from and under which licences."""
    return render(request, "website/about.html", _context(edition))


@public_page
def accessibility(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Say which standard the site keeps, how that is tested, and where it falls short."""
    return render(request, "website/accessibility.html", _context(edition))


@require_safe
@personal
@works_without_sheet
def self_audit(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show what this site has stored in the visitor's browser, decoded, and what the browser sent with it."""
    context = _context(
        visit.current,
        visit=visit,
        banner=banner(visit),
        stored=audit.stored_in(request.COOKIES),
        not_ours=audit.not_ours(request.COOKIES),
        sent=[(name, request.headers[name]) for name in SHOWN_HEADERS if name in request.headers],
        answered=[
            *((name, value) for name, value in HEADERS.items()),
            ("Cache-Control", "private, no-store"),
        ],
        remembered_days=REMEMBERED_SECONDS // 86_400,
    )
    return render(request, "website/self_audit.html", context)
