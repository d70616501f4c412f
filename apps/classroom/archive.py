"""The lesson material as one archive: standalone pages and plain texts, made from what the site itself shows.

The same edition always gives the same bytes. A page in it loads nothing from anywhere; links lead to the site.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.classroom import material
from apps.classroom.cards import AnswerRow, Answers, Card
from apps.editions import markdown
from apps.editions.compiled import LINKS, CompiledEdition
from apps.editions.schema import Claim, Handout, Lesson, Markdown
from apps.editions.templatetags.content import in_language, words

FOLDER = "privacycheck-lessons"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"

_WHEN = (1980, 1, 1, 0, 0, 0)
"""The time of each file, the earliest that an archive can hold: the same content gives the same bytes."""

_ITEM_LINK = re.compile(rf"\]\((?P<kind>{'|'.join(sorted(markdown.KINDS))}):(?P<id>[a-z0-9-]+)\)")
_OUR_LINK = re.compile(r'href="(?=/)')


@dataclass(frozen=True)
class File:
    """One file of the archive: its name in the folder, and what it holds."""

    name: str
    text: str


def archive_of(edition: CompiledEdition) -> bytes:
    """Return the archive with all lesson material of an edition, in the language of the moment."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files_of(edition):
            entry = zipfile.ZipInfo(f"{FOLDER}/{file.name}", _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # the same wherever it is made
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.text.encode("utf-8"))
    return packed.getvalue()


def files_of(edition: CompiledEdition) -> tuple[File, ...]:
    """Return the files of the archive: what it is first, then an index, then the material."""
    files = tuple(_pages_and_texts(edition))
    entries = [
        {"name": file.name, "title": title}
        for file, title in files
        if file.name.endswith(".html")  # the text beside each page has the same name
    ]
    index = File("index.html", _page(edition, "index", _("Lesson material"), entries=entries))
    return (File("README.txt", _readme(edition)), File("LICENCE.txt", _licence()), index, *(file for file, _t in files))


def _pages_and_texts(edition: CompiledEdition) -> Iterator[tuple[File, str]]:
    """Yield each page and text with its title."""
    for lesson in edition.pack.lessons:
        parts, notes = material.part_rows(edition, lesson)
        title, name = words(lesson.name), f"lessons/{lesson.id}"
        ages = material.groups_of(edition, lesson)
        page = _page(edition, "lesson", title, lesson=lesson, parts=parts, notes=notes, ages=ages)
        yield File(f"{name}.html", page), title
        yield File(f"{name}.txt", _lesson_text(edition, lesson, notes)), title
        slides = _("%(title)s: slides") % {"title": title}
        shown = _page(edition, "slides", slides, lesson=lesson, slides=material.slides_of(lesson))
        yield File(f"{name}-slides.html", shown), slides
    for handout in edition.pack.handouts:
        notes = material.claims_of(edition, material.cited_in(edition, handout.body))
        title, name = words(handout.name), f"handouts/{handout.id}"
        yield File(f"{name}.html", _page(edition, "handout", title, handout=handout, notes=notes)), title
        yield File(f"{name}.txt", _handout_text(handout, notes)), title
    yield from _ages(edition)
    yield from _prompts(edition)
    context = material.cards_context(edition)
    title = _("Persona cards")
    yield File("persona-cards.html", _page(edition, "persona_cards", title, **context)), title
    yield File("persona-cards.txt", _cards_text(context["cards"], context["answers"])), title


def _ages(edition: CompiledEdition) -> Iterator[tuple[File, str]]:
    if not edition.pack.ages:
        return
    rows, notes = material.age_rows(edition)
    title = _("Notes by age")
    yield File("ages.html", _page(edition, "ages", title, ages=rows, notes=notes)), title
    parts = [_heading(title)]
    for row in rows:
        parts += [f"## {words(row.group.name)}", _linked(row.group.note)]
        if row.topics:
            parts.append(_("Topics that suit: %(topics)s.") % {"topics": _listed(words(t.name) for t in row.topics)})
        if row.left_out:
            asked = _listed(words(question.text) for question in row.left_out)
            parts.append(_("Not asked: %(questions)s") % {"questions": asked})
    yield File("ages.txt", _joined(parts, notes)), title


def _prompts(edition: CompiledEdition) -> Iterator[tuple[File, str]]:
    if not edition.pack.prompts:
        return
    rows = material.prompt_rows(edition)
    title = _("Questions to talk about")
    yield File("prompts.html", _page(edition, "prompts", title, rows=rows)), title
    parts = [_heading(title)]
    for row in rows:
        asked = (f"{number}. {words(prompt.text)}" for number, prompt in enumerate(row.prompts.prompts, 1))
        parts += [f"## {words(row.name)}", "\n".join(asked)]
    yield File("prompts.txt", _joined(parts)), title


# --- Pages ---------------------------------------------------------------------------------------------


def _page(edition: CompiledEdition, template: str, title: str, **context: Any) -> str:
    """Return a page that stands alone, its links leading to the site."""
    shown = render_to_string(
        f"classroom/educators/file/{template}.html",
        {"edition": edition, "title": title, "origin": settings.PUBLIC_ORIGIN, "licence": LICENCE, **context},
    )
    return _OUR_LINK.sub(f'href="{settings.PUBLIC_ORIGIN}', shown)


# --- Plain texts ---------------------------------------------------------------------------------------


def _readme(edition: CompiledEdition) -> str:
    home = settings.PUBLIC_ORIGIN + reverse("classroom:educators")
    return _joined(
        [
            _heading(_("PrivacyCheck: lesson material")),
            _("Lessons, sheets, persona cards and questions to talk about, from edition %(number)s of PrivacyCheck.")
            % {"number": edition.number},
            _("Begin with index.html, which opens in any browser, also without a connection. Each page has a twin "
              "of the same name that ends in .txt: open it in any editor to change it. Slides have no twin.")
            ,
            _("You may share and change everything here, also for money, under the licence CC BY 4.0. Name "
              "PrivacyCheck, link to the licence, and say whether you changed anything. See LICENCE.txt."),
            _("The newest version is here: %(address)s") % {"address": home},
            _("In the texts, [^f1-1] and the like stand for a source; the sources follow at the end."),
        ]
    )  # fmt: skip


def _licence() -> str:
    return _joined(
        [
            _heading("CC BY 4.0"),
            _("This material by the PrivacyCheck contributors is licensed under the Creative Commons Attribution "
              "4.0 International licence."),
            LICENCE,
            _("Its legal text: %(address)s") % {"address": f"{LICENCE}legalcode"},
            _("Sources that the material names belong to their authors; it only cites them."),
        ]
    )  # fmt: skip


def _lesson_text(edition: CompiledEdition, lesson: Lesson, notes: tuple[Claim, ...]) -> str:
    parts = [
        _heading(words(lesson.name)),
        words(lesson.summary),
        _("%(minutes)s minutes.") % {"minutes": lesson.minutes},
    ]
    ages = material.groups_of(edition, lesson)
    if ages:
        parts.append(_("Suits: %(ages)s.") % {"ages": _listed(words(group.name) for group in ages)})
    parts.append(_("You need: %(needs)s") % {"needs": words(lesson.needs)})
    rows, _notes = material.part_rows(edition, lesson)
    for row in rows:
        minutes = _("minutes %(begins)s to %(ends)s") % {"begins": row.begins, "ends": row.ends}
        parts += [f"## {words(row.part.title)} ({minutes})", _linked(row.part.body)]
        if row.part.slide:
            parts += [_("On the slide:"), "\n".join(f"> {line}" for line in words(row.part.slide).splitlines())]
    return _joined(parts, notes)


def _handout_text(handout: Handout, notes: tuple[Claim, ...]) -> str:
    return _joined([_heading(words(handout.name)), _linked(handout.body)], notes)


def _cards_text(cards: tuple[Card, ...], answers: Answers) -> str:
    parts = [_heading(_("Persona cards"))]
    for card in cards:
        parts += [f"## {words(card.persona.name)}", words(card.persona.about)]
        for topic in card.topics:
            told = (f"- {words(one.question.text)} {one.answer}" for one in topic.told)
            parts += [f"### {words(topic.topic.name)}", "\n".join(told)]
        if card.older:
            told = (f"- {words(one.question.text)} {one.answer}" for one in card.older)
            parts += [f"### {_('For older groups only')}", "\n".join(told)]
    parts.append(f"## {_('Answers, for the teacher')}")
    parts.append("\n".join(_points_line(row, answers) for row in answers.rows))
    lines = (
        f"- {words(persona.name)}: {result}" + (f"; {words(topic.name)}" if topic else "")
        for persona, result, topic in answers.lines
    )
    parts += [_("The whole checkup on screen: result in words; most open topic."), "\n".join(lines)]
    return _joined(parts)


def _points_line(row: AnswerRow, answers: Answers) -> str:
    found = ", ".join(
        f"{words(persona.name)} {points.found}" for persona, points in zip(answers.personas, row.points, strict=True)
    )
    most = row.points[0].most if row.points else 0
    return _("- %(topic)s, of %(most)s points: %(found)s") % {
        "topic": words(row.topic.name),
        "most": most,
        "found": found,
    }


def _linked(text: Markdown) -> str:
    """Return a text as its editors wrote it, with the addresses of what it links to."""

    def address(match: re.Match[str]) -> str:
        return f"]({settings.PUBLIC_ORIGIN}{reverse(LINKS[match['kind']], args=[match['id']])})"

    return _ITEM_LINK.sub(address, in_language(text)[0]).strip()


def _heading(title: str) -> str:
    return f"# {title}"


def _listed(names: Iterator[str]) -> str:
    return "; ".join(names)


def _joined(parts: list[str], notes: tuple[Claim, ...] = ()) -> str:
    """Return paragraphs as one text, with the sources that it cites at the end."""
    if notes:
        parts = [*parts, f"## {_('Sources')}", *(_source(claim) for claim in notes)]
    return "\n\n".join(parts) + "\n"


def _source(claim: Claim) -> str:
    named = "; ".join(
        ", ".join(filter(None, (source.title, source.publisher, source.date, source.url))) for source in claim.sources
    )
    doubt = f" {words(claim.doubt)}" if claim.doubt else ""
    return f"[^{claim.id}]: {named}.{doubt}"
