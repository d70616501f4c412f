"""A published edition, ready to be read: looked up by id, its Markdown already safe HTML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from django.urls import reverse
from django.utils import translation

from apps import scoring
from apps.editions import markdown
from apps.editions.changes import Change, Size, classify
from apps.editions.convert import questionnaire_of, record_of
from apps.editions.schema import (
    Action,
    ArticlePoint,
    Claim,
    Guide,
    Law,
    Letter,
    Markdown,
    Option,
    Pack,
    Persona,
    Place,
    Platform,
    PlatformStep,
    Question,
    Rights,
    Situation,
    Term,
    Topic,
)

ORIGINAL = "en"
"""The language that every text exists in, and that others fall back to."""

LINKS = {
    "action": "guidance:action",
    "guide": "guidance:guide",
    "claim": "guidance:claim",
    "term": "guidance:term",
    "topic": "guidance:guide",
    "question": "website:method_question",
    "letter": "checkup:letter",
    "place": "guidance:rights",
}
"""The page that each kind of link in a pack's Markdown leads to."""

Made = TypeVar("Made")


@dataclass(frozen=True)
class Release:
    """One line of the history of editions: its number, its note, when it was published, and what changed.

    `changes` is None where they are not known.
    """

    number: int
    note: str
    published_at: dt.datetime
    content_hash: str = ""
    changes: tuple[Change, ...] | None = ()

    @property
    def size(self) -> Size | None:
        """How much the changes together matter (method, section 7); None where they are not known."""
        return None if self.changes is None else classify(self.changes)


@dataclass(frozen=True)
class Use:
    """A place that relies on a claim or offers an action: its kind ("question", "guide", ...) and the item."""

    kind: str
    item: Any


@dataclass(frozen=True, eq=False)
class CompiledEdition:
    """One edition with everything that pages need from it. Immutable but for its memo of derived values."""

    number: int
    pack: Pack
    history: tuple[Release, ...] = ()
    _memo: dict[object, Any] = field(default_factory=dict, repr=False)

    def memo(self, key: object, make: Callable[[], Made]) -> Made:
        """Return the value kept under `key`, made on first use.

        For what depends on the edition alone (a layout, a rendered form, a page that is the same for
        everybody). It dies with the edition. Nothing about a visitor may be a key or a value.
        """
        try:
            return self._memo[key]  # type: ignore[no-any-return]
        except KeyError:
            return self._memo.setdefault(key, make())  # type: ignore[no-any-return]

    @cached_property
    def questionnaire(self) -> scoring.Questionnaire:
        """The part that scoring needs."""
        return questionnaire_of(self.pack)

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """Topics by id, in order, those asked after the result included."""
        return {topic.id: topic for topic in self.pack.topics}

    @cached_property
    def scored_topics(self) -> tuple[Topic, ...]:
        """The topics that the score is made of."""
        return tuple(topic for topic in self.pack.topics if not topic.after_result)

    @cached_property
    def questions(self) -> dict[str, Question]:
        """Questions by id, in order."""
        return {question.id: question for topic in self.pack.topics for question in topic.questions}

    @cached_property
    def topic_of(self) -> dict[str, Topic]:
        """The topic of each question, by question id."""
        return {question.id: topic for topic in self.pack.topics for question in topic.questions}

    @cached_property
    def options(self) -> dict[tuple[str, str], Option]:
        """Options by (question id, option id)."""
        return {(q.id, option.id): option for q in self.questions.values() for option in q.options}

    @cached_property
    def actions(self) -> dict[str, Action]:
        """Actions by id, in order."""
        return {action.id: action for action in self.pack.actions}

    @cached_property
    def claims(self) -> dict[str, Claim]:
        """Claims by id, in order."""
        return {claim.id: claim for claim in self.pack.claims}

    @cached_property
    def guides(self) -> dict[str, Guide]:
        """Guides by id, in order."""
        return {guide.id: guide for guide in self.pack.guides}

    @cached_property
    def terms(self) -> dict[str, Term]:
        """Glossary terms by id, in order."""
        return {term.id: term for term in self.pack.glossary}

    @cached_property
    def laws(self) -> dict[str, Law]:
        """Laws by id, in order."""
        return {law.id: law for law in self.pack.laws}

    @cached_property
    def rights(self) -> dict[str, Rights]:
        """What to ask for, by the id of the place, in the order of the places."""
        return {rights.id: rights for rights in self.pack.rights}

    @cached_property
    def letters(self) -> dict[str, Letter]:
        """Letters by id, in order."""
        return {letter.id: letter for letter in self.pack.letters}

    @cached_property
    def platforms(self) -> dict[str, Platform]:
        """Platforms by id, in order."""
        return {platform.id: platform for platform in self.pack.platforms}

    @cached_property
    def places(self) -> dict[str, Place]:
        """Places by id, in order."""
        return {place.id: place for place in self.pack.places}

    @cached_property
    def situations(self) -> dict[str, Situation]:
        """Situations by id, in order."""
        return {situation.id: situation for situation in self.pack.situations}

    @cached_property
    def personas(self) -> dict[str, Persona]:
        """Personas by id, in the expected order, most exposed first."""
        return {persona.id: persona for persona in self.pack.personas}

    @cached_property
    def article(self) -> dict[str, ArticlePoint]:
        """Points of the article by id, in order."""
        return {point.id: point for point in self.pack.article}

    @cached_property
    def steps(self) -> dict[str, tuple[Platform, PlatformStep]]:
        """Platform steps by id, each with its platform."""
        return {step.id: (platform, step) for platform in self.pack.platforms for step in platform.steps}

    @cached_property
    def persona_scores(self) -> dict[str, scoring.Score]:
        """The score of each persona."""
        return {p.id: scoring.score(self.questionnaire, record_of(p)) for p in self.pack.personas}

    def guide_of(self, topic: str) -> Guide | None:
        """Return the guide on a topic; a topic without one gives None."""
        return next((guide for guide in self.pack.guides if guide.topic == topic), None)

    def actions_for(self, question: str) -> tuple[Action, ...]:
        """Return the actions that cap or help an answer to the question, in order."""
        return tuple(a for a in self.pack.actions if question in a.caps or question in a.helps)

    @cached_property
    def uses_of_claim(self) -> dict[str, tuple[Use, ...]]:
        """Every item that relies on a claim, by claim id: questions, actions, platform steps, guides and so on."""
        uses: dict[str, list[Use]] = {claim: [] for claim in self.claims}

        def note(kind: str, item: Any, claims: tuple[str, ...] | list[str]) -> None:
            for claim in dict.fromkeys(claims):
                uses.setdefault(claim, []).append(Use(kind, item))

        for question in self.questions.values():
            cited = self.html(question.why, ORIGINAL).cited
            ratings = (question.ratings.claim,) if question.ratings else ()
            note("question", question, (*question.claims, *cited, *ratings))
        for action in self.pack.actions:
            note("action", action, (*action.claims, *self.html(action.how, ORIGINAL).cited))
        for guide in self.pack.guides:
            note("guide", guide, self.html(guide.body, ORIGINAL).cited)
        for platform, step in self.steps.values():
            note("step", (platform, step), self.html(step.body, ORIGINAL).cited)
        for rights in self.pack.rights:
            told = (rights.can, rights.time, rights.not_covered)
            cited = tuple(claim for text in told for claim in self.html(text, ORIGINAL).cited)
            note("rights", self.places.get(rights.id), (*(self.laws[law].claim for law in rights.laws), *cited))
        for letter in self.pack.letters:
            cited = (*self.html(letter.send, ORIGINAL).cited, *self.html(letter.after, ORIGINAL).cited)
            note("letter", letter, (*letter.claims, *cited))
        for lesson in self.pack.lessons:
            note("lesson", lesson, [one for part in lesson.parts for one in self.html(part.body, ORIGINAL).cited])
        for handout in self.pack.handouts:
            note("handout", handout, self.html(handout.body, ORIGINAL).cited)
        for group in self.pack.ages:
            note("age group", group, self.html(group.note, ORIGINAL).cited)
        for point in self.pack.article:
            note("article", point, point.claims)
        return {claim: tuple(found) for claim, found in uses.items()}

    def html(self, text: Markdown, language: str, cited: tuple[str, ...] = ()) -> markdown.Rendered:
        """Return a Markdown text as safe HTML in a language, or in the original where it is not translated.

        `cited` are the claims that texts above this one on the same page have numbered already.
        """
        spoken = language if language in text else ORIGINAL

        def resolve(kind: str, item: str) -> str | None:
            known: dict[str, Any] = {
                "action": self.actions,
                "guide": self.guides,
                "claim": self.claims,
                "term": self.terms,
                "topic": self.guides,
                "question": self.questions,
                "letter": self.letters,
                "place": self.rights,
            }
            return reverse(LINKS[kind], args=[item]) if item in known.get(kind, ()) else None

        def render() -> markdown.Rendered:
            with translation.override(language):
                return markdown.render(text[spoken], resolve, cited)

        return self.memo(("html", language, text[spoken], cited), render)

    def warm(self, languages: list[str]) -> None:
        """Render all Markdown now, in the given languages, so that no request has to."""
        for language in languages:
            for question in self.questions.values():
                self.html(question.why, language)
            for action in self.pack.actions:
                self.html(action.how, language)
            for _, step in self.steps.values():
                self.html(step.body, language)
            for guide in self.pack.guides:
                self.html(guide.body, language)
            for rights in self.pack.rights:
                for text in (rights.can, rights.time, rights.not_covered):
                    self.html(text, language)
            for letter in self.pack.letters:
                self.html(letter.send, language)
                self.html(letter.after, language)
            for handout in self.pack.handouts:
                self.html(handout.body, language)
        for name in ("questionnaire", "uses_of_claim", "persona_scores", "options", "article", "terms"):
            getattr(self, name)


def is_due(checked: dt.date | None, due: dt.date | None, today: dt.date | None = None) -> bool:
    """Say whether an item should be checked again: its date has passed, or we never checked it."""
    return checked is None or due is None or due <= (today or dt.date.today())
