"""What changed in each edition, in words: a page, and the same as an Atom feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.xmlutils import SimplerXMLGenerator

from apps.editions.changes import MAJOR, MINOR, PACK, PATCH, Change, Part
from apps.editions.compiled import LINKS, ORIGINAL, CompiledEdition, Release
from apps.editions.markdown import UNWANTED_CHARACTERS
from apps.editions.public import public_page

LONG = 25
"""From how many lines on the list of an edition is folded up."""

CONTENT_LICENCE = "https://creativecommons.org/licenses/by/4.0/"

WORDS = frozenset(
    {
        *("text", "child", "hint", "name", "short", "summary", "title", "body", "about", "label", "bracket"),
        *("term", "forms", "meaning", "more", "says", "said_by", "what", "since", "basis", "going_well"),
        *("how", "why", "can", "time", "not_covered", "subject", "send", "after", "elsewhere", "reason"),
    }
)
"""Fields that hold what a visitor reads. A change in one of them is a change of words."""


@dataclass(frozen=True)
class Line:
    """One item that changed: what it is called, its page if it has one, and what happened, in words.

    `language` is that of the name where it differs from the page's, else empty.
    """

    name: str
    language: str
    address: str
    happened: str


@dataclass(frozen=True)
class Group:
    """The changed items of one kind."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Entry:
    """One edition: when, why and how much changed, and what.

    `counts` says for the first edition how many items of each kind it has; it has no groups. `is_long` says
    that the list is better folded up.
    """

    release: Release
    is_first: bool
    phrase: str
    counts: tuple[tuple[str, int], ...]
    groups: tuple[Group, ...]
    number_of_lines: int

    @property
    def is_long(self) -> bool:
        """Whether the list would push the older editions out of sight."""
        return self.number_of_lines >= LONG


@public_page
def changes(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """List every edition, newest first, with what changed."""
    languages = {language.code for language in edition.pack.languages}
    context = {
        "edition": edition,
        "untranslated": get_language() not in languages,
        "origin": settings.PUBLIC_ORIGIN,
        "entries": entries_of(edition),
        "feed": settings.PUBLIC_ORIGIN + reverse("website:changes_feed"),
    }
    return render(request, "website/changes.html", context)


@public_page
def feed(request: HttpRequest, edition: CompiledEdition) -> HttpResponse:
    """Give the same list to feed readers, as Atom 1.0."""
    page = settings.PUBLIC_ORIGIN + reverse("website:changes")
    made = ChangesFeed(
        title=_("PrivacyCheck: what changed"),
        link=page,
        description=_("Every edition of the questions and guides, and what is different in it."),
        language=get_language(),
        author_name="PrivacyCheck",
        feed_url=settings.PUBLIC_ORIGIN + reverse("website:changes_feed"),
        feed_copyright=CONTENT_LICENCE,
    )
    for entry in entries_of(edition):
        address = f"{page}#edition-{entry.release.number}"
        html = render_to_string("website/_changes.html", {"entry": entry, "origin": settings.PUBLIC_ORIGIN})
        made.add_item(
            title=_("Edition %(number)s") % {"number": entry.release.number},
            link=address,
            description=escape(entry.phrase),
            unique_id=address,
            pubdate=entry.release.published_at,
            updateddate=entry.release.published_at,
            content=UNWANTED_CHARACTERS.sub("", html),
        )
    return HttpResponse(made.writeString("utf-8"), content_type=made.content_type)


class ChangesFeed(Atom1Feed):
    """An Atom feed whose entries carry their whole content, beside a summary of one sentence."""

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        """Write an entry's content after what every entry has."""
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


def entries_of(edition: CompiledEdition) -> tuple[Entry, ...]:
    """Return every edition up to this one, newest first, in the words of the page's language."""
    releases = sorted(edition.history, key=lambda release: -release.number)
    return tuple(_entry(edition, release, release is releases[-1]) for release in releases)


def _entry(edition: CompiledEdition, release: Release, is_first: bool) -> Entry:
    by_kind: dict[str, list[Change]] = {}
    for change in release.changes or ():
        by_kind.setdefault(change.kind, []).append(change)
    if is_first:
        counts = tuple((kind_title(kind), len(found)) for kind, found in by_kind.items())
        return Entry(release, True, _("This is the first edition."), counts, (), 0)
    groups = tuple(
        Group(kind_title(kind), tuple(_line(edition, change) for change in found)) for kind, found in by_kind.items()
    )
    return Entry(release, False, phrase_of(release), (), groups, sum(len(group.lines) for group in groups))


def phrase_of(release: Release) -> str:
    """Return in a sentence or two how much an edition changed, and what that means for a score."""
    if release.changes is not None and not release.changes:
        return _("Nothing a visitor reads or is scored by has changed.")
    return {
        MAJOR: _("The questions changed, or when they are asked. Scores may change, and something new may be asked."),
        MINOR: _("The questions stay, but what answers count or which steps help has changed. Scores may change."),
        PATCH: _("Words and sources only. The same answers give the same score."),
        None: _("What changed was not kept for this edition."),
    }[release.size]


def kind_title(kind: str) -> str:
    """Return the heading above the changed items of one kind."""
    return {
        PACK: _("The whole"),
        "pack language": _("Languages"),
        "place": _("Places"),
        "situation": _("Parts of life"),
        "family": _("Kinds of steps"),
        "article point": _("The story"),
        "topic": _("Topics"),
        "question": _("Questions"),
        "action": _("Steps"),
        "platform": _("Phones, apps and companies"),
        "platform step": _("Where to tap"),
        "claim": _("Claims and sources"),
        "guide": _("Guides"),
        "law": _("Laws"),
        "rights": _("Rights by place"),
        "letter": _("Letters"),
        "age group": _("Ages in class"),
        "prompts": _("Questions to talk about"),
        "lesson": _("Lessons"),
        "handout": _("Sheets for class"),
        "term": _("Glossary"),
        "persona": _("Invented people"),
    }.get(kind, _("More"))


def _line(edition: CompiledEdition, change: Change) -> Line:
    name: Mapping[str, str] = change.name
    if change.kind == PACK:
        name = {get_language() or ORIGINAL: _("All of it together")}
    elif change.kind == "rights" and change.id in edition.places:
        name = edition.places[change.id].name
    words, language = _in_language(name, change.id)
    return Line(words, language, page_of(edition, change), _happened(edition, change))


def _in_language(name: Mapping[str, str], otherwise: str) -> tuple[str, str]:
    """Return a name in the page's language, else in the original, else in any; and its language if not the page's."""
    wanted = get_language() or ORIGINAL
    for language in (wanted, ORIGINAL, *name):
        if language in name:
            return name[language], "" if language == wanted else language
    return otherwise, ""


def page_of(edition: CompiledEdition, change: Change) -> str:
    """Return the address of an item's page in the current edition; empty where it has none, or is there no more."""
    pages: dict[str, tuple[str, Mapping[str, Any]]] = {
        "topic": (LINKS["topic"], edition.guides),
        "question": (LINKS["question"], edition.questions),
        "action": (LINKS["action"], edition.actions),
        "claim": (LINKS["claim"], edition.claims),
        "guide": (LINKS["guide"], edition.guides),
        "rights": (LINKS["place"], edition.rights),
        "letter": (LINKS["letter"], edition.letters),
        "term": (LINKS["term"], edition.terms),
        "lesson": ("classroom:lesson", {one.id: one for one in edition.pack.lessons}),
        "handout": ("classroom:handout", {one.id: one for one in edition.pack.handouts}),
        "persona": ("checkup:persona", {one.id: one for one in edition.pack.personas if one.practice}),
    }
    if change.kind == "article point" and change.id in edition.article:
        return f"{reverse('website:story')}#{change.id}"
    if change.kind == "prompts" and any(one.id == change.id for one in edition.pack.prompts):
        return f"{reverse('classroom:prompts')}#{change.id}"
    if change.kind == "age group" and any(one.id == change.id for one in edition.pack.ages):
        return f"{reverse('classroom:educators')}#age-{change.id}"
    name, items = pages.get(change.kind, ("", {}))
    return reverse(name, args=[change.id]) if change.id in items else ""


# --- What happened, in words ---------------------------------------------------------------------------


def _happened(edition: CompiledEdition, change: Change) -> str:
    if change.what == "added":
        return _("New")
    if change.what == "removed":
        return _("Taken out")
    details = dict.fromkeys(detail(edition, change.kind, part) for part in change.parts)
    return capfirst("; ".join(details))


def detail(edition: CompiledEdition, kind: str, part: Part) -> str:
    """Return what changed inside an item, in words that can stand in a list."""
    if kind == "question":
        return _detail_of_question(part)
    if kind == "action":
        return _detail_of_action(edition, part)
    if kind == PACK:
        return _detail_of_pack(part)
    return _common_detail(part)


def _detail_of_question(part: Part) -> str:
    values = {"answer": _in_language(part.name, "")[0], "before": part.before, "after": part.after}
    match part.path:
        case ("options",):
            return _("the order of the answers")
        case ("options", _id) if part.what == "added":
            return _("new answer “%(answer)s”") % values
        case ("options", _id):
            return _("answer “%(answer)s” taken out") % values
        case ("options", _id, "level"):
            return _("level of the answer “%(answer)s” is %(after)s, was %(before)s") % values
        case ("options", _id, "reason"):
            return _("why the answer “%(answer)s” has its level") % values
        case ("options", _id, "text" | "child"):
            return _("words of the answer “%(answer)s”") % values
        case ("options", *_rest):
            return _("what helps with the answer “%(answer)s”") % values
        case ("ratings",) if part.what == "added":
            return _("it counts for the score now")
        case ("ratings",):
            return _("it no longer counts for the score")
        case ("ratings", "s", "value"):
            return _("weight: how serious it is, %(after)s, was %(before)s") % values
        case ("ratings", "r", "value"):
            return _("weight: how far it spreads, %(after)s, was %(before)s") % values
        case ("ratings", "k", "value"):
            return _("weight: how little say you have, %(after)s, was %(before)s") % values
        case ("ratings", *_rest):
            return _("the reasons for its weight")
        case ("kind",) if part.after == "multi":
            return _("several answers can be ticked now")
        case ("kind",):
            return _("only one answer can be picked now")
        case ("topic",):
            return _("the topic it belongs to")
        case ("parent" | "show" | "applies_to",):
            return _("when it is asked")
        case ("article",):
            return _("where it stands in the story")
    return _common_detail(part)


def _detail_of_action(edition: CompiledEdition, part: Part) -> str:
    match part.path:
        case ("caps", question):
            found = edition.questions.get(question)
            text = _in_language(found.text, question)[0] if found else question
            values = {"question": text, "before": part.before, "after": part.after}
            if part.what == "added":
                return _("now brings “%(question)s” down to level %(after)s") % values
            if part.what == "removed":
                return _("no longer brings “%(question)s” down to level %(before)s") % values
            return _("brings “%(question)s” down to level %(after)s, was %(before)s") % values
        case ("helps", _question):
            return _("which answers it is offered for")
        case ("minutes",) if isinstance(part.after, int):
            minutes = {"after": part.after, "before": part.before}
            return (
                ngettext(
                    "takes about %(after)s minute, was %(before)s",
                    "takes about %(after)s minutes, was %(before)s",
                    part.after,
                )
                % minutes
            )
        case ("difficulty",):
            return _("how hard it is")
        case ("who",):
            return _("who can do it")
        case ("steps",):
            return _("where to tap")
        case ("letters",):
            return _("letters that go with it")
    return _common_detail(part)


def _detail_of_pack(part: Part) -> str:
    match part.path:
        case ("method",):
            return _("the method that scores are worked out by")
        case ("topics",):
            return _("the order of the topics")
    return _("the order of a list") if part.what == "moved" else _("other details")


def _common_detail(part: Part) -> str:
    if part.what == "moved":
        return _("the order of its parts")
    match part.path:
        case ("checked" | "due",):
            return _("when we checked it")
        case ("sources",):
            return _("its sources")
        case ("claims" | "claim",):
            return _("what it rests on")
        case ("grade" | "confidence" | "certainty" | "doubt",):
            return _("how well it is supported")
        case ("places",):
            return _("the places it is for")
        case ("platform",):
            return _("what it belongs to")
        case ("answers", *_rest):
            return _("the answers of this person")
        case ("law", *_rest):
            return _("what it says about the law")
        case ("laws",):
            return _("the laws it names")
        case ("regulators", *_rest):
            return _("where to complain")
        case ("fields", *_rest):
            return _("what you fill in")
        case ("after_result",):
            return _("whether it counts for the score")
    return _("its words") if part.path[-1] in WORDS else _("other details")
