"""How much a questionnaire's results hang on its numbers, tried on made-up respondents.

Sensitivity: how far scores, their order, bands and first steps move when weights or levels are a little
different. Dead weight: questions and actions that change nothing. Both are exact in whole numbers and
repeatable: the same questionnaire and seed give the same tables on every machine.
Source: method, section 11.2 and 11.3.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import combinations
from math import comb, floor, isqrt, lcm
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from apps import scoring
from apps.editions.convert import questionnaire_of, record_of
from apps.editions.pack_files import CALIBRATION, PackProblem
from apps.editions.schema import Pack

VERSION = 1
"""The version of the tables below; another one makes stored results void."""

SEED = 20190903
DRAWS = 200
RESPONDENTS = 208
SCALE = 1000
"""Weights are multiplied by whole thousandths, so that everything stays a whole number."""
SWING = range(750, 1251)
"""Thousandths of a weight: 0.75 to 1.25 of it."""

TOP = 3
MOVES_AT_MOST, TAU_AT_LEAST, BANDS_AT_MOST, KEPT_AT_LEAST = (
    Fraction(3),
    Fraction(9, 10),
    Fraction(10),
    Fraction(90),
)
"""The gates: points, Kendall's tau, percent of bands changed, percent with two of the top three kept."""

DEAD_SWING, DEAD_SEEN, DEAD_MOVES = Fraction(1), Fraction(5), Fraction(5)
"""Below these a question is dead weight: points of its swing, percent who see it, percent it moves."""
TOP_OF_ANYBODY = 5


@dataclass(frozen=True)
class Row:
    """One line of the sensitivity table.

    `moves_at_most` is the move in points of score (of 100) that 95% of scores stay within, `tau` the
    median Kendall tau of their order; the others are percentages of all respondents in all draws.
    `gated` says whether the method sets limits for this line.
    """

    key: str
    what: str
    gated: bool
    draws: int
    moves_at_most: float
    tau: float
    bands_changed: float
    same_first: float
    two_of_top_three: float

    @property
    def failed(self) -> tuple[str, ...]:
        """The gates that this line does not pass, in words."""
        if not self.gated:
            return ()
        gates = (
            (
                self.moves_at_most <= MOVES_AT_MOST,
                f"95% of scores move by up to {self.moves_at_most} points, more than {MOVES_AT_MOST}",
            ),
            (self.tau >= TAU_AT_LEAST, f"the median Kendall tau is {self.tau}, below {float(TAU_AT_LEAST)}"),
            (
                self.bands_changed <= BANDS_AT_MOST,
                f"{self.bands_changed}% of bands change, more than {BANDS_AT_MOST}%",
            ),
            (
                self.two_of_top_three >= KEPT_AT_LEAST,
                f"two of the top three actions are kept for {self.two_of_top_three}%, fewer than {KEPT_AT_LEAST}%",
            ),
        )
        return tuple(words for passed, words in gates if not passed)


@dataclass(frozen=True)
class Importance:
    """A topic's share of the maximum, and of all points of the respondents, in percent."""

    topic: str
    of_maximum: float
    of_points: float


@dataclass(frozen=True)
class QuestionUse:
    """What a question does: its swing in points of 100, who sees it, and whom it moves, in percent.

    `moved` are those, of all who see it, whose band or top three differ between its lowest and its
    highest answer.
    """

    question: str
    swing: float
    seen: float
    moved: float


@dataclass(frozen=True)
class Flag:
    """Something that changes nothing, or counts twice: a question or an action, with the reason."""

    kind: str
    item: str
    reason: str


@dataclass(frozen=True)
class DeadWeight:
    """The use of every scored question, and what stands out."""

    questions: tuple[QuestionUse, ...]
    flags: tuple[Flag, ...]


# --- Respondents ---------------------------------------------------------------------------------------


def respondents(
    questionnaire: scoring.Questionnaire, count: int = RESPONDENTS, seed: int = SEED
) -> tuple[scoring.Record, ...]:
    """Return made-up people who answer every scored question, those not on their screen included.

    People differ in how open they are overall: for each one an openness from 0 to 12 is drawn, and their
    answers are drawn around it, with no answer impossible. So scores are spread over the whole scale, as
    between real people; answers drawn evenly would put everybody in the middle.
    """
    random = Random(seed)
    situations = sorted(frozenset().union(*(question.applies_to for question in questionnaire.questions)))
    people = []
    for _ in range(count):
        openness = random.randrange(13)
        situation = frozenset(situation for situation in situations if random.randrange(2))
        answers = {
            question.id: _drawn_answer(question, openness, random)
            for question in questionnaire.questions
            if question.is_scored
        }
        people.append(scoring.Record(answers, situation))
    return tuple(people)


def _drawn_answer(question: scoring.Question, openness: int, random: Random) -> scoring.Answer:
    if question.kind is scoring.Kind.MULTI:
        picks = [option.id for option in question.ordinary if random.randrange(16) <= openness]
        return scoring.Answer.known(*(picks or [scoring.NONE]))
    # Around the openness as a coin with that bias, thrown four times, would fall; plus a chance for each.
    chances = [
        comb(4, option.level) * openness**option.level * (12 - openness) ** (4 - option.level) + 12**2
        for option in question.options
    ]
    return scoring.Answer.known(random.choices([option.id for option in question.options], chances)[0])


# --- The fast path -------------------------------------------------------------------------------------


class Ruler:
    """A questionnaire reduced to what a complete answer record needs: weights, levels, caps, efforts.

    With every answer known, points are a sum of weight times level over the questions on screen, and an
    action takes off weight times what lies above its cap. Tests hold it to `scoring.score` and
    `scoring.plan`, which do the same for every record but take a hundred times as long.
    """

    def __init__(self, questionnaire: scoring.Questionnaire) -> None:
        self.questionnaire = questionnaire
        self.weights = {question.id: question.weight for question in questionnaire.questions}
        self.maximum = sum(
            questionnaire.open_ends(root.id)[1]
            for root in questionnaire.roots
            if root.topic in questionnaire.scored_topics
        )
        self._caps = {
            action.id: tuple((q, cap) for q, cap in action.caps.items() if self.weights.get(q))
            for action in questionnaire.actions
        }
        self._caps = {action: caps for action, caps in self._caps.items() if caps}
        efforts = {action: questionnaire.action(action).effort for action in self._caps}
        common = lcm(*efforts.values())
        self._rates = {action: common // effort for action, effort in efforts.items()}
        self._acting_on: dict[str, set[str]] = {}
        for action, caps in self._caps.items():
            for question, _ in caps:
                self._acting_on.setdefault(question, set()).add(action)

    def levels(self, record: scoring.Record) -> dict[str, int]:
        """Return the level of each answered, scored question on screen, by question id."""
        found = {}
        for question in scoring.on_screen(self.questionnaire, record):
            answer = record.answers.get(question.id)
            if answer is not None and question.is_scored:
                found[question.id] = self.questionnaire.branching(question.id).outcome_of(answer.picks)[0]
        return found

    def points(self, levels: Mapping[str, int]) -> int:
        """Return the points of the levels."""
        weights = self.weights
        return sum(weights[question] * level for question, level in levels.items())

    def top(self, levels: Mapping[str, int], count: int = TOP) -> tuple[str, ...]:
        """Return the first actions of the ranking by effort (method, section 6), best first."""
        gains = {}
        for action in self._caps:
            gain = self._gain(action, levels)
            if gain:
                gains[action] = gain
        rates = self._rates
        best: list[str] = []
        left = dict(levels)
        while gains and len(best) < count:
            chosen = min(gains, key=lambda action: (-gains[action] * rates[action], -gains[action], action))
            del gains[chosen]
            best.append(chosen)
            for question, cap in self._caps[chosen]:
                if left.get(question, 0) > cap:
                    left[question] = cap
                    for action in self._acting_on[question]:
                        if action in gains:
                            gains[action] = self._gain(action, left)
                            if not gains[action]:
                                del gains[action]
        return tuple(best)

    def _gain(self, action: str, levels: Mapping[str, int]) -> int:
        gain = 0
        for question, cap in self._caps[action]:
            above = levels.get(question, 0) - cap
            if above > 0:
                gain += self.weights[question] * above
        return gain


def kendall_tau(left: Sequence[int], right: Sequence[int]) -> float:
    """Return Kendall's tau-b of two lists of the same length; 1.0 where one of them is all ties.

    Counted by merging, in n log n steps (Knight's way).
    """
    pairs = sorted(zip(left, right, strict=True))
    total = comb(len(pairs), 2)
    tied_left = _ties(x for x, _ in pairs)
    tied_both = _ties(pairs)
    swaps, ordered = _swaps([y for _, y in pairs])
    tied_right = _ties(ordered)
    untied = (total - tied_left) * (total - tied_right)
    if untied == 0:
        return 1.0
    agreement = total - tied_left - tied_right + tied_both - 2 * swaps
    # The root is taken of a whole number scaled up, so that no machine rounds it differently.
    return agreement * 10**6 / isqrt(untied * 10**12)


def _ties(values: Iterable[Any]) -> int:
    """Return how many pairs of neighbours in a sorted list are equal, counted over whole runs."""
    pairs = run = 0
    previous: Any = None
    for value in values:
        run = run + 1 if run and value == previous else 1
        pairs += run - 1
        previous = value
    return pairs


def _swaps(values: list[int]) -> tuple[int, list[int]]:
    """Return how many pairs stand in the wrong order, and the values sorted."""
    if len(values) < 2:
        return 0, values
    middle = len(values) // 2
    here, left = _swaps(values[:middle])
    there, right = _swaps(values[middle:])
    swaps, merged, place = here + there, [], 0
    for value in right:
        while place < len(left) and left[place] <= value:
            merged.append(left[place])
            place += 1
        swaps += len(left) - place
        merged.append(value)
    return swaps, merged + left[place:]


# --- Sensitivity ---------------------------------------------------------------------------------------


def sensitivity(
    questionnaire: scoring.Questionnaire,
    seed: int = SEED,
    draws: int = DRAWS,
    count: int = RESPONDENTS,
    tell: Callable[[str], None] = lambda words: None,
) -> tuple[Row, ...]:
    """Return the table of the method's section 11.2; `tell` is told which line is being worked out.

    `count` is the number of respondents. Each line draws from a seed of its own, so that one can be
    repeated without the others.
    """
    people = respondents(questionnaire, count, seed)
    schemes: tuple[tuple[str, str, bool, Callable[[Random], scoring.Questionnaire], int], ...] = (
        ("weights", "weights ±25%", True, lambda random: _weights_apart(questionnaire, random), draws),
        (
            "topics",
            "topics ±25% together",
            True,
            lambda random: _weights_by_topic(questionnaire, random),
            draws,
        ),
        ("levels", "middle levels ±1", False, lambda random: _other_levels(questionnaire, random), draws),
        ("equal", "all weights equal", False, lambda random: _equal_weights(questionnaire), 1),
    )
    rows = []
    for place, (key, what, gated, vary, times) in enumerate(schemes):
        tell(what)
        random = Random(seed * len(schemes) + place)
        variants = (vary(random) for _ in range(times))
        rows.append(_row(key, what, gated, questionnaire, variants, people))
    return tuple(rows)


def _row(
    key: str,
    what: str,
    gated: bool,
    questionnaire: scoring.Questionnaire,
    variants: Iterable[scoring.Questionnaire],
    people: Sequence[scoring.Record],
) -> Row:
    ruler = Ruler(questionnaire)
    shown_levels = [ruler.levels(person) for person in people]
    points = [ruler.points(levels) for levels in shown_levels]
    bands = [_band(own, ruler.maximum) for own in points]
    tops = [ruler.top(levels) for levels in shown_levels]
    moves: list[int] = []
    taus: list[float] = []
    draws = changed = same_first = kept = 0
    for variant in variants:
        draws += 1
        other = Ruler(variant)
        levels = [other.levels(person) for person in people] if key == "levels" else shown_levels
        new_points = [other.points(own) for own in levels]
        taus.append(kendall_tau(points, new_points))
        for place, new in enumerate(new_points):
            # |new / its maximum - old / its maximum|, in thousandths of a point of 100, rounded up
            apart = abs(new * ruler.maximum - points[place] * other.maximum)
            moves.append(-(-100_000 * apart // (other.maximum * ruler.maximum)))
            changed += _band(new, other.maximum) is not bands[place]
            old_top, new_top = tops[place], other.top(levels[place])
            same_first += old_top[:1] == new_top[:1]
            # Where fewer than two steps were there to be kept, keeping those is enough.
            kept += len(set(old_top) & set(new_top)) >= min(2, len(old_top))
    cases = len(moves)
    return Row(
        key=key,
        what=what,
        gated=gated,
        draws=draws,
        moves_at_most=_percentile(moves, 95) / 1000,
        # Rounded against the pack, so that no gate is passed by rounding.
        tau=floor(1000 * median(taus)) / 1000,
        bands_changed=-(-1000 * changed // cases) / 10,
        same_first=1000 * same_first // cases / 10,
        two_of_top_three=1000 * kept // cases / 10,
    )


def _weights_apart(questionnaire: scoring.Questionnaire, random: Random) -> scoring.Questionnaire:
    return _reweighted(questionnaire, lambda question: question.weight * random.choice(SWING))


def _weights_by_topic(questionnaire: scoring.Questionnaire, random: Random) -> scoring.Questionnaire:
    times = {topic.id: random.choice(SWING) for topic in questionnaire.topics}
    return _reweighted(questionnaire, lambda question: question.weight * times[question.topic])


def _equal_weights(questionnaire: scoring.Questionnaire) -> scoring.Questionnaire:
    return _reweighted(questionnaire, lambda question: 1)


def _reweighted(
    questionnaire: scoring.Questionnaire, weight: Callable[[scoring.Question], int]
) -> scoring.Questionnaire:
    return scoring.Questionnaire(
        questionnaire.topics,
        tuple(
            replace(question, ratings=(weight(question), 0, 0)) if question.is_scored else question
            for question in questionnaire.questions
        ),
        questionnaire.actions,
    )


def _other_levels(questionnaire: scoring.Questionnaire, random: Random) -> scoring.Questionnaire:
    """Move every level that is neither the lowest nor the highest of its question by -1, 0 or 1.

    Levels that were in order stay so (they may meet), equal ones move together, and a cap follows the level
    that it promises. Of a question with several answers every level moves, within 1 to 4, for its ends are
    "none" and all of them together.
    """
    moved: dict[str, dict[int, int]] = {}
    questions = []
    for question in questionnaire.questions:
        if question.is_scored:
            moved[question.id] = _moved_levels(question, random)
        new = moved.get(question.id, {})
        options = tuple(replace(option, level=new.get(option.level, option.level)) for option in question.options)
        questions.append(replace(question, options=options))
    actions = tuple(
        replace(action, caps={q: moved.get(q, {}).get(cap, cap) for q, cap in action.caps.items()})
        for action in questionnaire.actions
    )
    return scoring.Questionnaire(questionnaire.topics, tuple(questions), actions)


def _moved_levels(question: scoring.Question, random: Random) -> dict[int, int]:
    levels = sorted({option.level for option in question.ordinary})
    if question.kind is scoring.Kind.MULTI:
        lowest, highest, middle = 1, 4, levels
    else:
        lowest, highest, middle = levels[0], levels[-1], levels[1:-1]
    new: dict[int, int] = {}
    for level in middle:
        lowest = min(max(lowest, level + random.choice((-1, 0, 1))), highest)
        new[level] = lowest
    return new


def _band(points: int, maximum: int) -> scoring.Band:
    return scoring.band_of(scoring.shown_score(points, maximum))


def _percentile(values: Sequence[int], percent: int) -> int:
    """Return the smallest value that at least this percentage of the values do not exceed."""
    if not values:
        return 0
    return sorted(values)[-(-percent * len(values) // 100) - 1]


def _percent(part: int, whole: int) -> float:
    """Return a percentage to one decimal, rounded half up without floating point."""
    return (2000 * part + whole) // (2 * whole) / 10 if whole else 0.0


# --- Importance and the worst case ---------------------------------------------------------------------


def importance(questionnaire: scoring.Questionnaire, people: Sequence[scoring.Record]) -> tuple[Importance, ...]:
    """Return what each topic could count for, and what it does count for among these people.

    A weight says little about importance: a topic in which everybody is alike decides nothing.
    """
    ruler = Ruler(questionnaire)
    most = scoring.score(questionnaire, scoring.Record({})).topic_maximum
    points = dict.fromkeys(most, 0)
    for person in people:
        for question, level in ruler.levels(person).items():
            points[questionnaire.question(question).topic] += ruler.weights[question] * level
    total = sum(points.values())
    return tuple(
        Importance(topic, _percent(most[topic], ruler.maximum), _percent(points[topic], total)) for topic in most
    )


def worst_case(share: Fraction) -> tuple[Fraction, Fraction]:
    """Return how low and how high a score can come if every weight may be 25% off, independently.

    `share` and the result are parts of 1: 44 points are `Fraction(44, 100)` and can become 32.0 to 56.7.
    Raise ValueError outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is not a share of 1")
    low, high = Fraction(SWING[0], SCALE), Fraction(SWING[-1], SCALE)
    rest = 1 - share
    return low * share / (low * share + high * rest), high * share / (high * share + low * rest)


# --- Dead weight ---------------------------------------------------------------------------------------


def dead_weight(
    questionnaire: scoring.Questionnaire,
    personas: Mapping[str, scoring.Record],
    people: Sequence[scoring.Record],
) -> DeadWeight:
    """Return what each scored question changes for the personas (by id) and the respondents together.

    Flagged are questions whose swing is below 1 point, that fewer than 5% see or that move fewer than 5%
    of those; actions that are in nobody's top five; and pairs of questions that open and close together
    in every persona.
    """
    ruler = Ruler(questionnaire)
    everybody = [*personas.values(), *people]
    seen = [{question.id for question in scoring.on_screen(questionnaire, person)} for person in everybody]
    uses = []
    for question in questionnaire.questions:
        if not question.is_scored:
            continue
        ends = _ends(question)
        seeing = [person for person, shown in zip(everybody, seen, strict=True) if question.id in shown]
        moved = sum(
            _outcome(ruler, _with(person, question.id, ends[0])) != _outcome(ruler, _with(person, question.id, ends[1]))
            for person in seeing
        )
        least = 0 if question.kind is scoring.Kind.MULTI else min(option.level for option in question.options)
        swing = question.weight * (question.maximum_level - least)
        uses.append(
            QuestionUse(
                question.id,
                _percent(swing, ruler.maximum),
                _percent(len(seeing), len(everybody)),
                _percent(moved, len(seeing)),
            )
        )
    top = {action for person in everybody for action in _top(ruler, person, TOP_OF_ANYBODY)}
    flags = [*_idle_questions(uses), *_idle_actions(questionnaire, top), *_twins(questionnaire, personas)]
    return DeadWeight(tuple(uses), tuple(flags))


def _ends(question: scoring.Question) -> tuple[scoring.Answer, scoring.Answer]:
    """Return the lowest and the highest answer."""
    if question.kind is scoring.Kind.MULTI:
        every = (option.id for option in question.ordinary)
        return scoring.Answer.known(scoring.NONE), scoring.Answer.known(*every)
    ordered = sorted(question.options, key=lambda option: option.level)
    return scoring.Answer.known(ordered[0].id), scoring.Answer.known(ordered[-1].id)


def _with(person: scoring.Record, question: str, answer: scoring.Answer) -> scoring.Record:
    return replace(person, answers={**person.answers, question: answer})


def _is_complete(ruler: Ruler, person: scoring.Record) -> bool:
    return all(
        question.id in person.answers and person.answers[question.id].state is scoring.State.KNOWN
        for question in scoring.on_screen(ruler.questionnaire, person)
        if question.is_scored
    )


def _outcome(ruler: Ruler, person: scoring.Record) -> tuple[object, frozenset[str]]:
    """Return the band (or bands) and the set of the top three."""
    if _is_complete(ruler, person):
        levels = ruler.levels(person)
        return _band(ruler.points(levels), ruler.maximum), frozenset(ruler.top(levels))
    bands = scoring.score(ruler.questionnaire, person).bands
    return bands[0] if bands[0] is bands[1] else bands, frozenset(_top(ruler, person, TOP))


def _top(ruler: Ruler, person: scoring.Record, count: int) -> tuple[str, ...]:
    if _is_complete(ruler, person):
        return ruler.top(ruler.levels(person), count)
    steps = scoring.plan(ruler.questionnaire, person).steps
    return tuple(step.action for step in steps[:count])


def _idle_questions(uses: Iterable[QuestionUse]) -> Iterator[Flag]:
    for use in uses:
        if use.swing < DEAD_SWING:
            yield Flag("question", use.question, f"from closed to open it moves the score by {use.swing} points")
        if use.seen < DEAD_SEEN:
            yield Flag("question", use.question, f"only {use.seen}% are asked it")
        elif use.moved < DEAD_MOVES:
            yield Flag(
                "question",
                use.question,
                f"its answer changes the band or the top three of only {use.moved}% of those asked it",
            )


def _idle_actions(questionnaire: scoring.Questionnaire, top: set[str]) -> Iterator[Flag]:
    for action in questionnaire.actions:
        if action.caps and action.id not in top:
            yield Flag("action", action.id, f"it is among the first {TOP_OF_ANYBODY} steps of nobody")


def _twins(questionnaire: scoring.Questionnaire, personas: Mapping[str, scoring.Record]) -> Iterator[Flag]:
    """Pairs of questions whose doors stand equally far open in every persona, or are equally unknown."""
    if not personas:
        return
    asked = {
        name: {question.id for question in scoring.on_screen(questionnaire, person)}
        for name, person in personas.items()
    }
    patterns: dict[str, tuple[Fraction | None, ...]] = {}
    for question in questionnaire.questions:
        if question.is_scored and question.maximum_level:
            patterns[question.id] = tuple(
                _openness(questionnaire, question, person.answers.get(question.id))
                if question.id in asked[name]
                else Fraction(0)
                for name, person in personas.items()
            )
    for one, other in combinations(patterns, 2):
        if patterns[one] == patterns[other]:
            yield Flag(
                "question",
                one,
                f"it opens and closes together with {other} in every persona: one route counted twice?",
            )


def _openness(
    questionnaire: scoring.Questionnaire, question: scoring.Question, answer: scoring.Answer | None
) -> Fraction | None:
    """Return a known level as a part of the question's highest one, and None for an answer not known."""
    if answer is None or answer.state is not scoring.State.KNOWN:
        return None
    level = questionnaire.branching(question.id).outcome_of(answer.picks)[0]
    return Fraction(level, question.maximum_level)


# --- The stored result ---------------------------------------------------------------------------------


KEPT_DEAD_WEIGHTS = 4
_dead_weights: OrderedDict[tuple[str, str, tuple[str, ...]], DeadWeight] = OrderedDict()
_lock = threading.Lock()


def dead_weight_of(pack: Pack, personas: Mapping[str, scoring.Record]) -> DeadWeight:
    """Return the dead weight of a pack's questionnaire for these of its personas and the usual respondents.

    It takes longer than all other checks together, so the last few are kept by the content they hang on.
    """
    questionnaire = questionnaire_of(pack)
    key = scoring_hash(questionnaire), personas_hash(pack), tuple(personas)
    found = _dead_weights.get(key)
    if found is None:
        found = dead_weight(questionnaire, personas, respondents(questionnaire))
        with _lock:
            _dead_weights[key] = found
            while len(_dead_weights) > KEPT_DEAD_WEIGHTS:
                _dead_weights.popitem(last=False)
    return found


def scoring_hash(questionnaire: scoring.Questionnaire) -> str:
    """Return a hash of all that the tables hang on: levels, weights, branching, caps and efforts.

    Wording, sources and `helps` are not among it, so that they can change without a new calibration.
    """
    return _hash(
        {
            "method": scoring.METHOD_VERSION,
            "topics": [[topic.id, topic.after_result] for topic in questionnaire.topics],
            "questions": [
                {
                    "id": question.id,
                    "topic": question.topic,
                    "kind": question.kind.value,
                    "options": [[option.id, option.level] for option in question.options],
                    "ratings": question.ratings,
                    "parent": question.parent,
                    "show": sorted(question.show),
                    "applies_to": sorted(question.applies_to),
                }
                for question in questionnaire.questions
            ],
            "actions": [
                {"id": action.id, "effort": action.effort, "caps": dict(sorted(action.caps.items()))}
                for action in questionnaire.actions
            ],
        }
    )


def personas_hash(pack: Pack) -> str:
    """Return a hash of what the personas answer, on which the dead weight hangs beside the scoring."""
    return _hash([[persona.id, persona.situation, dict(sorted(persona.answers.items()))] for persona in pack.personas])


def calibrate(
    pack: Pack,
    seed: int = SEED,
    draws: int = DRAWS,
    count: int = RESPONDENTS,
    tell: Callable[[str], None] = lambda words: None,
) -> dict[str, Any]:
    """Return the whole calibration of a pack as plain values that JSON can hold.

    The pack must be free of problems that stand against publishing. `tell` is told what is worked out.
    """
    questionnaire = questionnaire_of(pack)
    people = respondents(questionnaire, count, seed)
    rows = sensitivity(questionnaire, seed, draws, count, tell)
    tell("dead weight")
    idle = dead_weight(questionnaire, {persona.id: record_of(persona) for persona in pack.personas}, people)
    return {
        "version": VERSION,
        "scoring_hash": scoring_hash(questionnaire),
        "personas_hash": personas_hash(pack),
        "seed": seed,
        "draws": draws,
        "respondents": count,
        "sensitivity": [asdict(row) for row in rows],
        "importance": [asdict(share) for share in importance(questionnaire, people)],
        "worst_case": [
            {"shown": shown, "low": _tenths(low), "high": _tenths(high)}
            for shown in range(0, 101, 10)
            for low, high in [worst_case(Fraction(shown, 100))]
        ],
        "dead_weight": asdict(idle),
    }


def calibration_text(result: Mapping[str, Any]) -> str:
    """Return a calibration as the text of its file."""
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


def write_calibration(folder: Path, result: Mapping[str, Any]) -> Path:
    """Write a calibration beside its pack and return the file."""
    file = folder / CALIBRATION
    file.write_text(calibration_text(result), encoding="utf-8")
    return file


def rows_of(result: Mapping[str, Any]) -> tuple[Row, ...]:
    """Return the lines of a calibration's sensitivity table. Raise ValueError where they are malformed."""
    try:
        return tuple(Row(**row) for row in result["sensitivity"])
    except (KeyError, TypeError) as error:
        raise ValueError("the sensitivity table is malformed") from error


def gate_problems(rows: Iterable[Row]) -> tuple[PackProblem, ...]:
    """Return a problem for every gate that is not passed."""
    return tuple(
        PackProblem(
            CALIBRATION,
            row.what,
            reason,
            "look at the levels first, then at the weights that stand out, and calibrate again",
        )
        for row in rows
        for reason in row.failed
    )


def stored_problems(pack: Pack, text: str | None) -> tuple[PackProblem, ...]:
    """Return what a pack's stored calibration (the text of its file, None for no file) tells.

    A missing, unreadable or outdated one is a warning; one that belongs to this pack tells its failed gates.
    """
    if text is None:
        return (_void("there is no calibration of this pack"),)
    try:
        stored = json.loads(text)
        if not isinstance(stored, dict):
            raise ValueError("not an object")
        rows = rows_of(stored)
        failed = gate_problems(rows)
    except (ValueError, TypeError, RecursionError):
        return (_void("the calibration cannot be read"),)
    expected = (VERSION, scoring_hash(questionnaire_of(pack)), personas_hash(pack), DRAWS, RESPONDENTS)
    found = tuple(stored.get(key) for key in ("version", "scoring_hash", "personas_hash", "draws", "respondents"))
    if found != expected or {row.key for row in rows if row.gated} != {"weights", "topics"}:
        return (_void("the calibration belongs to other levels, weights, branching, actions or personas"),)
    return failed


def _void(reason: str) -> PackProblem:
    return PackProblem(CALIBRATION, "calibration", reason, "run `check_pack PATH --full --write`", warning=True)


def _hash(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _tenths(share: Fraction) -> float:
    """Return a share of 1 in percent, to one decimal."""
    return _percent(share.numerator, share.denominator)
