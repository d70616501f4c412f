"""The shape of a content pack: what editors write, what an edition stores.

One pydantic model for each kind of item. The models check shape only (types, identifiers, closed lists
of values); whether a pack makes sense as a whole is for `compile`. Exported as JSON Schema for others.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
"""A stable name of an item. It is never made from the item's wording, so wording can change freely."""

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[a-z]{2,8})?$")]
Plain = Annotated[str, StringConstraints(min_length=1, max_length=600, strip_whitespace=True)]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Text = dict[Language, Plain]
"""One short text in each language it exists in: {"en": "Yes, and I use the other way"}."""
Markdown = dict[Language, Prose]
"""One longer text in Markdown in each language; `[^f1-2]` cites a claim, `[words](action:a7)` links an item."""

LetterText = Annotated[str, StringConstraints(min_length=1, max_length=6_000)]
LetterBody = dict[Language, LetterText]
"""The text of a letter in each language: no Markdown, paragraphs divided by empty lines, fields in {braces}."""

TextByPlace = dict[Id, Text]
"""One short text for each place, by its id: what a letter quotes of the law there."""

Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$", max_length=500)]
PartialDate = Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
"""A date as exact as the source gives it: 2019, 2019-09 or 2019-09-03."""

UNSURE, PREFER_NOT, NONE = "unsure", "prefer-not", "none"
Effort = Literal[1, 2, 3]
Grade = Literal["measured", "reported", "asserted", "disputed"]
Confidence = Literal["high", "medium", "low"]


class Item(BaseModel):
    """Base of every part of a pack: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Checked(Item):
    """Part of the freshness contract: when we last checked this, and when we look again.

    `checked` is empty where we have not checked it ourselves yet; it is then due at once.
    """

    checked: dt.date | None = None
    due: dt.date | None = None

    @model_validator(mode="after")
    def _due_follows_check(self) -> Checked:
        if (self.checked is None) != (self.due is None):
            raise ValueError("give both `checked` and `due`, or neither (not yet checked by us)")
        if self.checked and self.due and self.due <= self.checked:
            raise ValueError("`due` must be later than `checked`")
        return self


class PackLanguage(Item):
    """A language of the pack. A complete one may lack no text; others fall back to English."""

    code: Language
    name: Plain
    complete: bool = False


class Place(Item):
    """A place that decides which laws and addresses are shown. Asked first, never scored."""

    id: Id
    name: Text


class Situation(Item):
    """Part of life that decides whether some questions are asked. Asked first, never scored."""

    id: Id
    name: Text
    child: Text | None = None


class Family(Item):
    """A kind of action, at most nine of them, coarse enough to count in a class."""

    id: Id
    name: Text


class ArticlePoint(Item):
    """One point of the article that the site grew from, retold, with what was learned since."""

    id: Id
    text: Text
    since: Text | None = None
    questions: tuple[Id, ...] = ()
    actions: tuple[Id, ...] = ()
    claims: tuple[Id, ...] = ()
    topics: tuple[Id, ...] = ()


class Rating(Item):
    """One of a question's three ratings, 1 to 4, with the sentence that justifies it (method, section 3)."""

    value: Annotated[int, Field(ge=1, le=4)]
    reason: Text


class Ratings(Item):
    """How serious (s), how far it spreads (r), how little say (k). Their sum is the question's weight, 3 to 12."""

    s: Rating
    r: Rating
    k: Rating
    claim: Id


class Option(Item):
    """An answer that can be chosen.

    `level` is 0 (this door is closed) to 4 (open to anyone). `help_now` names the action that a quiet card
    offers at once. `decided` says who decides where no action of the person's own can change this answer.
    """

    id: Id
    level: Annotated[int, Field(ge=0, le=4)]
    text: Text
    child: Text | None = None
    reason: Text
    help_now: Id | None = None
    decided: Text | None = None

    @field_validator("id")
    @classmethod
    def _not_a_state(cls, value: str) -> str:
        if value in {UNSURE, PREFER_NOT}:
            raise ValueError(f"`{value}` is a state that every question has, not an option; take another id")
        return value


class Question(Item):
    """A question. One without `ratings` is asked but not scored.

    `child` is the wording where someone answers for their child. `show` lists options of `parent` and/or
    `unsure`. `applies_to` lists situations. `going_well` is said of a person whose answer has level 0.
    """

    id: Id
    kind: Literal["single", "multi"] = "single"
    text: Text
    child: Text | None = None
    hint: Text | None = None
    why: Markdown
    going_well: Text | None = None
    article: tuple[Id, ...] = ()
    claims: tuple[Id, ...]
    applies_to: tuple[Id, ...] = ()
    parent: Id | None = None
    show: tuple[Id, ...] = ()
    ratings: Ratings | None = None
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=9)]


class Topic(Item):
    """A group of questions. One with `after_result` is asked after the result and not scored."""

    id: Id
    name: Text
    short: Text
    summary: Text
    after_result: bool = False
    questions: tuple[Question, ...]


class Action(Checked):
    """A step a person can take.

    `minutes` are for a first try. `caps` limits the level of an answer, only where the person's own act makes
    the lower answer true from now on. `helps` lists the options (or `unsure`) for which it is offered without
    a number. `steps` names platform steps, `letters` the letters that carry it out. `places` limits the offer
    to people who live there (a law of one state); empty means everywhere.
    """

    id: Id
    topic: Id
    name: Text
    child: Text | None = None
    summary: Text
    how: Markdown
    minutes: Annotated[int, Field(ge=1, le=240)]
    difficulty: Literal[1, 2, 3]
    who: Literal["self", "with-adult"] = "self"
    family: Id
    caps: dict[Id, Annotated[int, Field(ge=0, le=3)]] = Field(default_factory=dict)
    helps: dict[Id, tuple[Id, ...]] = Field(default_factory=dict)
    steps: tuple[Id, ...] = ()
    places: tuple[Id, ...] = ()
    letters: tuple[Id, ...] = ()
    claims: tuple[Id, ...] = ()

    @property
    def effort(self) -> Effort:
        """1: up to 10 minutes and easy; 3: over 30 minutes or hard; else 2 (design, section 5)."""
        if self.minutes <= 10 and self.difficulty == 1:
            return 1
        return 3 if self.minutes > 30 or self.difficulty == 3 else 2


class PlatformStep(Checked):
    """Where to tap on one platform. Menus move, so each carries how sure we are."""

    id: Id
    title: Text
    body: Markdown
    basis: Text
    certainty: Confidence


class Platform(Item):
    """A phone, app, company or border that has steps of its own."""

    id: Id
    name: Text
    steps: Annotated[tuple[PlatformStep, ...], Field(min_length=1)]


class Source(Item):
    """Where a claim can be read. `url` is the publisher's home where the exact page is not certain."""

    title: Plain
    publisher: Plain
    date: PartialDate
    url: Address | None = None
    archive: Address | None = None


class Claim(Checked):
    """One fact that the site relies on: who said it, how well it is supported, what is doubtful about it."""

    id: Id
    says: Text
    said_by: Text
    doubt: Text | None = None
    grade: Grade
    confidence: Confidence
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]


class Term(Item):
    """A glossary entry. `forms` are the spellings, per language, that link to it; the first is the headword."""

    id: Id
    term: Text
    forms: dict[Language, tuple[Plain, ...]]
    meaning: Text
    more: Text | None = None


class Guide(Checked):
    """A longer text on one topic. `topic` is empty for a guide that spans all."""

    id: Id
    topic: Id | None = None
    title: Text
    summary: Text
    body: Markdown


class Law(Item):
    """A law that someone can rely on: its name, what it means for a face, and the claim that supports it.

    `since` is when it began to apply, as exact as we know it.
    """

    id: Id
    name: Text
    what: Text
    since: PartialDate | None = None
    claim: Id


class Regulator(Item):
    """Who takes a complaint in a place, and where. `note` says what to do before."""

    id: Id
    name: Text
    url: Address
    note: Text | None = None


class Rights(Checked):
    """What a person who lives in a place can ask for. The id is the place's.

    `laws` stand most useful first. `can` is what a person can do, `time` the limits of time, `not_covered`
    what the law leaves out.
    """

    id: Id
    summary: Text
    laws: tuple[Id, ...]
    can: Markdown
    time: Markdown
    not_covered: Markdown
    regulators: tuple[Regulator, ...]


class LetterOption(Item):
    """One choice for a field of a letter; `text` is what goes into the letter."""

    id: Id
    text: Text


class LetterField(Item):
    """A gap in a letter. `bracket` stands in [square brackets] until it is filled.

    A `line` holds up to LINE_CHARACTERS, `lines` up to LINES_CHARACTERS; a `choice` has options.
    """

    id: Id
    label: Text
    hint: Text | None = None
    kind: Literal["line", "lines", "date", "choice"] = "line"
    bracket: Text
    options: tuple[LetterOption, ...] = ()

    @field_validator("id")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value == "law":
            raise ValueError("`law` is filled in by the place; take another id")
        return value

    @model_validator(mode="after")
    def _options_of_a_choice(self) -> LetterField:
        if (self.kind == "choice") != bool(self.options):
            raise ValueError("a field of the kind `choice` has options, any other kind has none")
        return self


LINE_CHARACTERS, LINES_CHARACTERS = 200, 1_000


class Letter(Checked):
    """A letter to fill in. {law} in the body becomes the line of the place, or `elsewhere` where it has none.

    A paragraph of {law} alone is left out where there is no line for the place. `places` limits the letter
    to people who live there. `send` says to whom and how, `after` what happens next.
    """

    id: Id
    name: Text
    summary: Text
    subject: Text
    body: LetterBody
    fields: tuple[LetterField, ...]
    law: TextByPlace = Field(default_factory=dict)
    elsewhere: Text | None = None
    places: tuple[Id, ...] = ()
    send: Markdown
    after: Markdown
    claims: tuple[Id, ...] = ()


class AgeGroup(Item):
    """People of one age in a class: what to mind, which questions are left out, which topics suit them."""

    id: Id
    name: Text
    note: Markdown
    left_out: tuple[Id, ...] = ()
    topics: tuple[Id, ...] = ()


class Prompt(Item):
    """A question to talk about in class."""

    id: Id
    text: Text


class Prompts(Item):
    """What a class can talk about on one topic. The id is the topic's, or `law`."""

    id: Id
    prompts: Annotated[tuple[Prompt, ...], Field(min_length=1)]


class LessonPart(Item):
    """One part of a lesson. `slide` is what is projected, in large letters; a part without it shows its title."""

    id: Id
    minutes: Annotated[int, Field(ge=1, le=90)]
    title: Text
    body: Markdown
    slide: Text | None = None


class Lesson(Checked):
    """A lesson, part by part. `ages` are the groups it suits, `needs` what to bring."""

    id: Id
    name: Text
    summary: Text
    ages: tuple[Id, ...]
    needs: Text
    parts: Annotated[tuple[LessonPart, ...], Field(min_length=1)]

    @property
    def minutes(self) -> int:
        """How long it takes in all."""
        return sum(part.minutes for part in self.parts)


class Handout(Checked):
    """A sheet to print or to change: a worksheet, a letter to families, background for the teacher."""

    id: Id
    name: Text
    summary: Text
    body: Markdown


Pick = Id
AnswerText = Id | tuple[Pick, ...] | dict[Literal["some"], tuple[Pick, ...]]
"""An answer as written in a pack: `c`, `unsure`, `prefer-not`, `[b, d]`; `{some: [b]}` is "b, not sure of the rest"."""


class Persona(Item):
    """An invented person with answers. The list of personas stands in the expected order, most exposed first.

    `clear` says that the next persona must differ by 3 points or more.
    """

    id: Id
    name: Text
    about: Text
    place: Id | None = None
    situation: tuple[Id, ...] | None = None
    practice: bool = True
    clear: bool = False
    answers: dict[Id, AnswerText]


class Pack(Item):
    """All content of one edition."""

    schema_version: Literal[1] = 1
    method: Literal[1] = 1
    note: str = ""
    languages: Annotated[tuple[PackLanguage, ...], Field(min_length=1)]
    places: tuple[Place, ...]
    situations: tuple[Situation, ...]
    families: Annotated[tuple[Family, ...], Field(max_length=9)]
    article: tuple[ArticlePoint, ...]
    topics: tuple[Topic, ...]
    actions: tuple[Action, ...]
    platforms: tuple[Platform, ...]
    claims: tuple[Claim, ...]
    guides: tuple[Guide, ...]
    laws: tuple[Law, ...] = ()
    rights: tuple[Rights, ...] = ()
    letters: tuple[Letter, ...] = ()
    ages: tuple[AgeGroup, ...] = ()
    prompts: tuple[Prompts, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    handouts: tuple[Handout, ...] = ()
    glossary: tuple[Term, ...]
    personas: tuple[Persona, ...]
