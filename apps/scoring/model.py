"""The questionnaire that is scored: topics, questions, options and actions as frozen values.

Nothing here checks whether a questionnaire makes sense: any content can be held, so that
`apps.scoring.validate` can name every problem at once. Source: method, section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

NONE = "none"
"""The id of a multi question's exclusive option: no ordinary option is true. Its level is 0."""

UNSURE = "unsure"
"""The word that stands for the answer state "not sure" in show lists and in `helps`."""

OPEN = 4
"""The highest level: this door is open routinely, or to anyone."""

LEVELS = range(OPEN + 1)


class Kind(Enum):
    """How many options an answer can hold: exactly one, or any number."""

    SINGLE = "single"
    MULTI = "multi"


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of questions. One with `after_result` is asked after the result and never scored."""

    id: str
    after_result: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """An answer that can be chosen, with its level: 0 (closed, or not there) to 4 (open to anyone)."""

    id: str
    level: int


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `options` of a multi include the exclusive one, `none`.

    `ratings` are how serious, how far it spreads, how little say; None means asked, not scored.
    `show` names the parent's options that open this follow-up, and `unsure` for "not sure".
    `applies_to` names situations; empty means everyone.
    """

    id: str
    topic: str
    kind: Kind
    options: tuple[Option, ...]
    ratings: tuple[int, int, int] | None
    parent: str | None = None
    show: frozenset[str] = frozenset()
    applies_to: frozenset[str] = frozenset()
    weight: int = field(init=False, repr=False, compare=False)
    """Points per level: the sum of the ratings, or 0 where the question is not scored."""
    points: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """The points of each level 0 to 4."""

    def __post_init__(self) -> None:
        """Work out the points once."""
        weight = sum(self.ratings) if self.ratings else 0
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "points", tuple(weight * level for level in LEVELS))

    @property
    def is_scored(self) -> bool:
        """Whether the answer counts for the score."""
        return self.ratings is not None

    @property
    def ordinary(self) -> tuple[Option, ...]:
        """The options that can be combined: all of a single's, all but `none` of a multi's."""
        if self.kind is Kind.SINGLE:
            return self.options
        return tuple(option for option in self.options if option.id != NONE)

    @property
    def maximum_level(self) -> int:
        """The highest level that an answer can reach; levels of a multi add up, but never above 4."""
        levels = [option.level for option in self.ordinary]
        if self.kind is Kind.MULTI:
            return min(OPEN, sum(levels))
        return max(levels, default=0)

    def option(self, option_id: str) -> Option:
        """Return the option of that id. Raise KeyError if there is none."""
        for option in self.options:
            if option.id == option_id:
                return option
        raise KeyError(option_id)


@dataclass(frozen=True, slots=True)
class Action:
    """A step a person can take.

    `effort` is 1 (minutes), 2 (about half an hour) or 3 (longer, or with someone else's help).
    `caps` limits the level of a question's answer, by question id. `helps` names, by question id,
    the options (or `unsure`) for which the step is offered without a number.
    """

    id: str
    effort: int
    family: str
    caps: Mapping[str, int] = field(hash=False)
    helps: Mapping[str, frozenset[str]] = field(hash=False)


Outcome = tuple[int, int, int]
"""The concrete answers that open the same follow-ups: least level, most level, the follow-ups.

The follow-ups are a bit mask over `Branching.children`. Every value the method puts on an answer
(points, gain, what is left) grows with its level, so the two levels are all that a range needs.
"""


@dataclass(frozen=True, slots=True)
class Branching:
    """What one question's answers mean and open: facts of the edition, the same for everyone.

    `levels` and `opens` are by option id; `opens` holds bit masks over `children`. `when_open` has
    the outcomes of an answer of which nothing is known.
    """

    question: Question
    children: tuple[Question, ...]
    ordinary: tuple[str, ...]
    levels: Mapping[str, int]
    opens: Mapping[str, int]
    when_open: tuple[Outcome, ...]

    def outcomes_with(self, picks: frozenset[str]) -> tuple[Outcome, ...]:
        """Return the outcomes of a multi's selections that contain `picks` and perhaps more.

        No picks gives every selection; the empty one stands for `none`, which has level 0 and
        opens nothing. Selections are grown option by option and merged as soon as they agree in
        level and follow-ups, so that eight options cost a few steps and not 256.
        """
        seen = {(min(OPEN, sum(self.levels[pick] for pick in picks)), self._opened_by(picks))}
        for option in self.ordinary:
            if option not in picks:
                level, opened = self.levels[option], self.opens[option]
                seen |= {(min(OPEN, have + level), have_open | opened) for have, have_open in seen}
        return _merged(seen)

    def outcome_of(self, picks: frozenset[str]) -> Outcome:
        """Return the outcome of exactly these picks. Raise KeyError for an unknown option."""
        level = min(OPEN, sum(self.levels[pick] for pick in picks))
        return level, level, self._opened_by(picks)

    def _opened_by(self, picks: frozenset[str]) -> int:
        opened = 0
        for pick in picks:
            opened |= self.opens[pick]
        return opened


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """Everything of an edition that scoring needs, in edition order, with its look-ups made once."""

    topics: tuple[Topic, ...]
    questions: tuple[Question, ...]
    actions: tuple[Action, ...]
    roots: tuple[Question, ...] = field(init=False, repr=False, compare=False)
    """The questions without a parent, in edition order."""
    scored_topics: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The ids of the topics that a score can cover, in edition order."""
    _branching: dict[str, Branching] = field(init=False, repr=False, compare=False)
    _actions: dict[str, Action] = field(init=False, repr=False, compare=False)
    _by_topic: dict[str, tuple[Question, ...]] = field(init=False, repr=False, compare=False)
    _caps: dict[str, dict[str, dict[str, int]]] = field(init=False, repr=False, compare=False)
    _open: dict[str, tuple[int, int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the look-ups. Content that breaks the rules is held, not refused."""
        children: dict[str, list[Question]] = {}
        first: dict[str, Question] = {}
        for question in self.questions:
            if question.id in first:
                continue
            # Only a follow-up behind its parent is linked, so what is linked is a forest whatever was
            # written; V1 reports the rest.
            if question.parent in first:
                children[question.parent].append(question)
            first[question.id] = question
            children[question.id] = []
        branching = {question.id: _branching(question, tuple(children[question.id])) for question in first.values()}
        root_of = _roots_of(first.values())
        known = {
            "roots": tuple(question for question in first.values() if question.parent is None),
            "scored_topics": tuple(topic.id for topic in self.topics if not topic.after_result),
            "_branching": branching,
            "_actions": {action.id: action for action in reversed(self.actions)},
            "_by_topic": {
                topic.id: tuple(question for question in self.questions if question.topic == topic.id)
                for topic in self.topics
            },
            "_caps": {action.id: _caps_by_root(action, root_of) for action in reversed(self.actions)},
            "_open": _open_ends(tuple(first.values()), branching),
        }
        for name, value in known.items():
            object.__setattr__(self, name, value)

    def question(self, question_id: str) -> Question:
        """Return the question of that id. Raise KeyError if there is none."""
        return self._branching[question_id].question

    def has_question(self, question_id: str) -> bool:
        """Return whether there is a question of that id."""
        return question_id in self._branching

    def action(self, action_id: str) -> Action:
        """Return the action of that id. Raise KeyError if there is none."""
        return self._actions[action_id]

    def children(self, question_id: str) -> tuple[Question, ...]:
        """Return the follow-ups of a question, in edition order; empty if it has none."""
        found = self._branching.get(question_id)
        return found.children if found else ()

    def topic_questions(self, topic_id: str) -> tuple[Question, ...]:
        """Return a topic's questions, in edition order. Raise KeyError for an unknown topic."""
        return self._by_topic[topic_id]

    def caps(self, action_id: str) -> Mapping[str, Mapping[str, int]]:
        """Return an action's caps by root and question; of unknown questions it has none. Raise KeyError if unknown."""
        return self._caps[action_id]

    def branching(self, question_id: str) -> Branching:
        """Return what a question's answers mean and open. Raise KeyError if unknown."""
        return self._branching[question_id]

    def open_ends(self, question_id: str) -> tuple[int, int]:
        """Return the least and most points of a branch of which nothing is known."""
        return self._open[question_id]


def _branching(question: Question, children: tuple[Question, ...]) -> Branching:
    levels: dict[str, int] = {}
    opens: dict[str, int] = {}
    for option in question.options:
        levels[option.id] = option.level
        opens[option.id] = sum(1 << place for place, child in enumerate(children) if option.id in child.show)
    ordinary = tuple(option.id for option in question.ordinary)
    bare = Branching(question, children, ordinary, levels, opens, ())
    if question.kind is Kind.MULTI:
        when_open = bare.outcomes_with(frozenset())
    else:
        when_open = _merged({(levels[option], opens[option]) for option in ordinary})
    return Branching(question, children, ordinary, levels, opens, when_open)


def _merged(seen: set[tuple[int, int]]) -> tuple[Outcome, ...]:
    """Group (level, follow-ups) pairs by follow-ups, in a fixed order."""
    ends: dict[int, tuple[int, int]] = {}
    for level, opened in seen:
        least, most = ends.get(opened, (level, level))
        ends[opened] = (min(least, level), max(most, level))
    return tuple((least, most, opened) for opened, (least, most) in sorted(ends.items()))


def _roots_of(questions: Iterable[Question]) -> dict[str, str]:
    roots: dict[str, str] = {}
    for question in questions:
        roots[question.id] = roots.get(question.parent or question.id, question.id)
    return roots


def _caps_by_root(action: Action, root_of: Mapping[str, str]) -> dict[str, dict[str, int]]:
    by_root: dict[str, dict[str, int]] = {}
    for question_id, cap in action.caps.items():
        if question_id in root_of:  # the validator reports others; they limit nothing
            by_root.setdefault(root_of[question_id], {})[question_id] = cap
    return by_root


def _open_ends(questions: tuple[Question, ...], branching: dict[str, Branching]) -> dict[str, tuple[int, int]]:
    # From the last question to the first, so that follow-ups are ready when their parent needs them.
    ends: dict[str, tuple[int, int]] = {}
    for question in reversed(questions):
        facts, lows, highs = branching[question.id], [], []
        for least, most, opened in facts.when_open:
            low, high = question.weight * least, question.weight * most
            for place, child in enumerate(facts.children):
                if opened >> place & 1:
                    child_low, child_high = ends[child.id]
                    low, high = low + child_low, high + child_high
            lows.append(low)
            highs.append(high)
        ends[question.id] = (min(lows, default=0), max(highs, default=0))
    return ends
