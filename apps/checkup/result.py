"""What the result page says, worked out from an answer sheet. The page itself is a template."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from django.utils.translation import get_language

from apps import scoring
from apps.checkup.sheet import AnswerSheet
from apps.checkup.walk import Path, path_of
from apps.checkup.wording import answer_in_words, band_name, band_opening, wording
from apps.editions.compiled import CompiledEdition
from apps.editions.schema import Action, Claim, Option, Platform, PlatformStep, Question, Text, Topic

Order = Literal["effort", "drop"]
HALF = 50
SHOWN_STEPS = 5
"""How many ranked steps stand in the open part of the plan; the rest is one press away."""
SHOWN_OFFERS = 6
"""How many steps without a number are told about; the rest is one press away, by name."""


@dataclass(frozen=True)
class Points:
    """Points of the 0 to 100 scale as printed: one number, or two ends where answers are open."""

    low: int
    high: int

    @property
    def is_one(self) -> bool:
        """Say whether it is one number."""
        return self.low == self.high


@dataclass(frozen=True)
class OwnStep:
    """A platform's step of an action, and whether the reader said that they use the platform."""

    platform: Platform
    step: PlatformStep
    is_own: bool = False


@dataclass(frozen=True)
class PlatformRow:
    """A platform to choose, and whether the reader said that they use it."""

    platform: Platform
    is_own: bool


@dataclass(frozen=True)
class StepRow:
    """One action of the plan. `drop` and `alone` are empty for actions without a number.

    `steps` holds one step for each platform, the reader's own platforms first.
    """

    action: Action
    name: Text
    drop: Points | None = None
    alone: Points | None = None
    is_done: bool = False
    about_as_good: bool = False
    steps: tuple[OwnStep, ...] = ()


@dataclass(frozen=True)
class AnswerRow:
    """One answer with what it accounts for: `share` is a whole number of the score, or a range of it.

    `option` is the chosen option of the highest level, if any is chosen.
    """

    question: Question
    text: Text
    answer: str
    share: Points
    option: Option | None
    claim: Claim | None
    decided: tuple[Text, ...]


@dataclass(frozen=True)
class ReviewRow:
    """One answer as given, to check or change."""

    question: Question
    text: Text
    answer: str
    topic: Topic
    is_missing: bool


@dataclass(frozen=True)
class TopicRow:
    """One topic: how open it is from 0 to 100 of its own maximum, its share of the score, and its answers."""

    topic: Topic
    shown: Points
    applies: bool
    answers: tuple[AnswerRow, ...]


@dataclass(frozen=True)
class OpenRow:
    """An unanswered or unsure question, and how many points of the score it leaves open."""

    question: Question
    text: Text
    width: int
    actions: tuple[Action, ...]
    is_unsure: bool


@dataclass(frozen=True)
class Result:
    """Everything that a sheet gives, for one edition. Derived on every request, kept nowhere."""

    edition: CompiledEdition
    sheet: AnswerSheet
    order: Order = "effort"

    @cached_property
    def record(self) -> scoring.Record:
        """The answers as scoring reads them."""
        return self.sheet.record()

    @cached_property
    def _branches(self) -> tuple[scoring.Branch, ...]:
        return scoring.branches_in_scope(self.edition.questionnaire, self.record)

    @cached_property
    def score(self) -> scoring.Score:
        """The score of the answers as given."""
        if not self.done:
            return self.plan.now
        return scoring.score_of(self.edition.questionnaire, self.record, self._branches)

    @cached_property
    def plan(self) -> scoring.Plan:
        """What would help, with the ticked steps taken."""
        return scoring.plan(self.edition.questionnaire, self.record, self.order, self.done, self._branches)

    @cached_property
    def done(self) -> frozenset[str]:
        """The ticked steps."""
        return self.sheet.ticked & self.edition.actions.keys()

    @property
    def after(self) -> scoring.Score:
        """The score with the ticked steps taken; the same score where nothing is ticked."""
        return self.plan.now

    @cached_property
    def contributions(self) -> tuple[scoring.Contribution, ...]:
        """What each answer accounts for, in points of the edition."""
        return scoring.contributions_of(self.edition.questionnaire, self._branches)

    @cached_property
    def before_shown(self) -> Points:
        """The score as printed, before any step."""
        return Points(*self.score.shown)

    @cached_property
    def shown(self) -> Points:
        """The score as printed, with the ticked steps taken."""
        return Points(*self.after.shown)

    @cached_property
    def has_evidence(self) -> bool:
        """Say whether enough is answered for one number (method, section 4)."""
        return self.after.middle is not None

    @cached_property
    def path(self) -> Path:
        """The questions that the score asks this person."""
        return path_of(self.edition, self.sheet)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing on the path has been answered."""
        return self.path.answered.isdisjoint(self.path.questions)

    @cached_property
    def bands(self) -> tuple[str, ...]:
        """The name of the band, or the names of both where the ends fall in different ones."""
        low, high = self.after.bands
        return (band_name(low),) if low is high else (band_name(low), band_name(high))

    @property
    def is_in_one_band(self) -> bool:
        """Say whether both ends fall in the same band."""
        return len(self.bands) == 1

    @property
    def has_moved(self) -> bool:
        """Say whether ticked steps show in the printed score."""
        return bool(self.done) and self.before_shown != self.shown

    @cached_property
    def opening(self) -> str:
        """The words that open the result; empty where the ends fall in different bands."""
        band = self.after.band
        return band_opening(band, self.yours.low * 2 >= self.shown.low) if band else ""

    @property
    def is_near_edge(self) -> bool:
        """Say whether the one number is close to where a neighbouring band begins."""
        return self.shown.is_one and scoring.near_edge(self.shown.low)

    @property
    def faded(self) -> int:
        """The dots that ticked steps have put out."""
        return max(0, self.before_shown.high - self.shown.high) if self.done else 0

    @property
    def has_faded(self) -> bool:
        """Say whether ticked steps have put out dots."""
        return self.faded > 0

    @property
    def has_rings(self) -> bool:
        """Say whether dots are still open."""
        return self.rings > 0

    @property
    def rings(self) -> int:
        """The dots that are still open."""
        return self.shown.high - self.shown.low

    @cached_property
    def yours(self) -> Points:
        """What the person's own steps can still take off, in points of the score."""
        return self._points(self.plan.yours)

    @cached_property
    def others(self) -> Points:
        """What is left after all their steps, decided by others, in points of the score."""
        if self.adds_up:
            rest = self.shown.low - self.yours.low  # so that the two figures add up to the score
            return Points(rest, rest)
        return self._points(self.plan.others)

    @property
    def adds_up(self) -> bool:
        """Say whether what is theirs and what others decide add up to the score, as printed."""
        return self.shown.is_one and self.yours.is_one

    @cached_property
    def most_open(self) -> Topic | None:
        """The topic that is most open now; None where none is."""
        return self.edition.topics[self.plan.most_open] if self.plan.most_open else None

    @cached_property
    def most_open_shown(self) -> Points | None:
        """How open that topic is, 0 to 100 of its own maximum."""
        return Points(*self.after.topic_shown(self.most_open.id)) if self.most_open else None

    @cached_property
    def first_step(self) -> StepRow | None:
        """The step to begin with."""
        found = [row for row in self.steps if row.action.id == self.plan.first_step]
        return found[0] if found else None

    @cached_property
    def steps(self) -> tuple[StepRow, ...]:
        """The ranked steps, best first, the ticked ones left out."""
        return tuple(
            self._row(step.action, self._points(step.drop), self._points(step.alone), near=step.about_as_good)
            for step in self.plan.steps
        )

    @cached_property
    def first_steps(self) -> tuple[StepRow, ...]:
        """The steps in the open part of the plan."""
        return self.steps[:SHOWN_STEPS]

    @cached_property
    def later_steps(self) -> tuple[StepRow, ...]:
        """The steps behind "more steps"."""
        return self.steps[SHOWN_STEPS:]

    @cached_property
    def done_steps(self) -> tuple[StepRow, ...]:
        """The ticked steps, in the edition's order."""
        return tuple(
            self._row(
                action,
                alone=self._points(self.plan.alone[action]),
                is_done=True,
            )
            for action in self.edition.actions
            if action in self.done
        )

    @cached_property
    def offered(self) -> tuple[StepRow, ...]:
        """Steps that help without a number, where most is open first; those for other places are left out."""
        rows = [
            self._row(action)
            for action in self.plan.offered
            if action not in self.done and self._is_for(self.edition.actions[action], self.sheet.place)
        ]
        return tuple(sorted(rows, key=lambda row: (-self._points_helped(row.action), row.action.effort)))

    @property
    def first_offered(self) -> tuple[StepRow, ...]:
        """The offered steps that are told about."""
        return self.offered[:SHOWN_OFFERS]

    @property
    def later_offered(self) -> tuple[StepRow, ...]:
        """The offered steps behind "more ways to ask"."""
        return self.offered[SHOWN_OFFERS:]

    @property
    def can_ask_others(self) -> bool:
        """Say whether there is anything to ask of others, or to tell about who decides."""
        return bool(self.offered or self.decided_by_others)

    def _points_helped(self, action: Action) -> int:
        """Return the points of the most open answer that an action is offered for."""
        answers, points = self.sheet.answers, self._points_now
        return max(
            (
                points[question]
                for question, options in action.helps.items()
                if question in points and question in answers and not answers[question].picks.isdisjoint(options)
            ),
            default=0,
        )

    @cached_property
    def _points_now(self) -> dict[str, int]:
        return {part.question: part.points.low for part in self.contributions}

    @staticmethod
    def _is_for(action: Action, place: str | None) -> bool:
        return not action.places or place in action.places

    @cached_property
    def finding_out(self) -> tuple[OpenRow, ...]:
        """What is worth finding out, widest first."""
        rows = []
        for part in scoring.worth_checking_of(self.contributions):
            question = self.edition.questions[part.question]
            answer = self.sheet.answers.get(question.id)
            helping = tuple(
                action
                for action in self.edition.actions_for(question.id)
                if scoring.UNSURE in action.helps.get(question.id, ()) or action.id in self.plan.finding_out
            )
            rows.append(
                OpenRow(
                    question,
                    wording(question, self.sheet.for_child),
                    -(-100 * part.points.width // self.score.maximum),
                    helping[:2],
                    answer is not None and answer.state is not scoring.State.PREFER_NOT_TO_SAY,
                )
            )
        return tuple(rows)

    @cached_property
    def topics(self) -> tuple[TopicRow, ...]:
        """The topics in scope with their answers, most open first."""
        printed: Mapping[str, int] = (
            scoring.shares_of(self.score, self.contributions) if self.score.points.is_exact else {}
        )
        language = get_language()
        answers_of: dict[str, list[AnswerRow]] = defaultdict(list)
        for part in self.contributions:
            answers_of[self.edition.topic_of[part.question].id].append(self._answer(part, printed, language))
        rows = []
        for topic in self.score.topics:
            applies = not scoring.does_not_apply(self.edition.questionnaire, self.record, topic)
            rows.append(
                TopicRow(
                    self.edition.topics[topic],
                    Points(*self.score.topic_shown(topic)),
                    applies,
                    tuple(answers_of[topic]),
                )
            )
        return tuple(sorted(rows, key=lambda row: -(row.shown.low + row.shown.high)))

    def _answer(self, part: scoring.Contribution, printed: Mapping[str, int], language: str | None) -> AnswerRow:
        question = self.edition.questions[part.question]
        answer = self.sheet.answers.get(question.id)
        chosen = [o for o in question.options if answer and o.id in answer.picks]
        share = printed.get(question.id)
        return AnswerRow(
            question,
            wording(question, self.sheet.for_child),
            answer_in_words(question, answer, self.sheet.for_child, language),
            Points(share, share) if share is not None else self._points(part.points),
            max(chosen, key=lambda option: option.level) if chosen else None,
            self.edition.claims[question.ratings.claim] if question.ratings else None,
            tuple(option.decided for option in chosen if option.decided),
        )

    @cached_property
    def decided_by_others(self) -> tuple[Text, ...]:
        """Who decides where no step of the person's own can, for the answers they gave."""
        return tuple(text for row in self.topics for answer in row.answers for text in answer.decided)

    @cached_property
    def going_well(self) -> Text | None:
        """One thing that already goes well: the closed door that matters most."""
        best: tuple[int, Text] | None = None
        for row in self.topics:
            for answer in row.answers if row.applies else ():
                given = self.sheet.answers.get(answer.question.id)
                question = self.edition.questionnaire.question(answer.question.id)
                if given is None or given.state is not scoring.State.KNOWN or not answer.question.going_well:
                    continue
                lowest = min(option.level for option in question.options)
                is_lowest = sum(question.option(pick).level for pick in given.picks) <= lowest
                if is_lowest and (best is None or question.weight > best[0]):
                    best = (question.weight, answer.question.going_well)
        return best[1] if best else None

    @cached_property
    def help_now(self) -> tuple[Action, ...]:
        """The actions that a quiet card offers first, because of an answer that was given."""
        found: dict[str, Action] = {}
        for question in self.path.questions:
            answer = self.sheet.answers.get(question)
            for pick in answer.picks if answer else ():
                action = self.edition.options[question, pick].help_now
                if action:
                    found[action] = self.edition.actions[action]
        return tuple(found.values())

    @cached_property
    def after_questions(self) -> tuple[Question, ...]:
        """Questions that are asked after the result and have no answer yet."""
        path = path_of(self.edition, self.sheet, after_result=True)
        return tuple(self.edition.questions[question] for question in path.missing)

    @cached_property
    def scope(self) -> tuple[Topic, ...]:
        """The topics that the score is about, where they are not all."""
        return tuple(self.edition.topics[topic] for topic in self.score.topics) if self.sheet.topics else ()

    def _row(
        self,
        action_id: str,
        drop: Points | None = None,
        alone: Points | None = None,
        *,
        is_done: bool = False,
        near: bool = False,
    ) -> StepRow:
        action = self.edition.actions[action_id]
        return StepRow(
            action,
            wording(action, self.sheet.for_child),
            drop,
            alone,
            is_done,
            near,
            self._steps(action),
        )

    def _steps(self, action: Action) -> tuple[OwnStep, ...]:
        first: dict[str, OwnStep] = {}
        for platform, step in (self.edition.steps[step] for step in action.steps):
            first.setdefault(platform.id, OwnStep(platform, step, platform.id in self.sheet.platforms))
        return tuple(sorted(first.values(), key=lambda one: not one.is_own))

    @cached_property
    def platforms(self) -> tuple[PlatformRow, ...]:
        """Every platform, in the edition's order."""
        own = self.sheet.platforms
        return tuple(PlatformRow(platform, platform.id in own) for platform in self.edition.pack.platforms)

    @property
    def has_own_platforms(self) -> bool:
        """Say whether the reader said which platforms they use."""
        return any(row.is_own for row in self.platforms)

    def _points(self, points: scoring.Range) -> Points:
        """Return points of this edition as points of the 0 to 100 scale, rounded as the score is."""
        most = self.score.maximum
        if points.is_exact:
            exact = scoring.shown_score(points.low, most)
            return Points(exact, exact)
        return Points(*scoring.shown_interval(points.low, points.high, most))
