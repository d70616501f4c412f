"""What would help: gains, the ranking shown to people, the exact best three, and what is within reach.

An action limits levels: it replaces a level by `min(level, cap)`. Every range here is exact: it holds
what the actions take off in each completion of the open answers, and no other value at its ends.
Ends of different ranges are therefore never subtracted. Source: method, section 6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations
from math import lcm
from typing import Literal

from apps.scoring.answers import Answer, Record, State
from apps.scoring.branches import Branch, Range, Value, branches_in_scope, points, range_of
from apps.scoring.model import LEVELS, OPEN, UNSURE, Question, Questionnaire
from apps.scoring.routing import on_screen
from apps.scoring.score import Score, most_open_topic, score_of

Caps = Mapping[str, int]
"""The smallest cap of some actions, by question id."""

ZERO = (0,) * len(LEVELS)
BEST = 3
"""How many actions the "best three" holds at most."""


@dataclass(frozen=True, slots=True)
class Step:
    """One ranked action. Ranges are in points; `100 * points / maximum` is the drop in points of score.

    `drop` is what it takes off after the ticked steps and the steps ranked before it, `alone` what it
    takes off with nothing else done. `about_as_good` is whether it could as well come first: to begin
    with, its gain (for each unit of effort, unless sorted by drop) is within 10% of the first step's.
    """

    action: str
    drop: Range
    alone: Range
    effort: int
    about_as_good: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person can do next, given the steps already ticked; ticked steps appear nowhere in it.

    steps        actions that surely take something off, ranked
    finding_out  actions that may take something off, depending on an open answer; edition order
    offered      actions without a number that help with an answer on screen; edition order
    best_three   the steps, at most three, that take off most together; ids in order
    first_step   the best ranked step in the most open topic, else the first step, else None
    within_reach points left after all actions, so decided by others
    yours        points that can still be taken off, so yours to change; low and high are exact ends
                 of their own, so with open answers they do not add up with `within_reach`
    most_open    the most open topic after the ticked steps, or None if nothing is open
    most_open_has_step  whether a step helps there; if not, say who decides there
    now          the score with the ticked steps done
    alone        what each action takes off with nothing else done, by id in edition order
    """

    steps: tuple[Step, ...]
    finding_out: tuple[str, ...]
    offered: tuple[str, ...]
    best_three: tuple[str, ...]
    first_step: str | None
    within_reach: Range
    yours: Range
    most_open: str | None
    most_open_has_step: bool
    now: Score
    alone: Mapping[str, Range]

    @property
    def others(self) -> Range:
        """The points that others decide about: what is left after all actions."""
        return self.within_reach


def gain(questionnaire: Questionnaire, record: Record, action_ids: Iterable[str]) -> Range:
    """Return the points that a set of actions takes off: the order and repetition of ids do not matter.

    Raise KeyError for an unknown action.
    """
    return _Reckoning(questionnaire, record).extra_gain(action_ids)


def after_ticks(questionnaire: Questionnaire, record: Record, done: Collection[str]) -> Score:
    """Return the score as it would be with these actions done; its maximum stays the same.

    Raise KeyError for an unknown action.
    """
    return _Reckoning(questionnaire, record).score_after(done)


def plan(
    questionnaire: Questionnaire,
    record: Record,
    by: Literal["effort", "drop"] = "effort",
    done: frozenset[str] = frozenset(),
    branches: Iterable[Branch] | None = None,
) -> Plan:
    """Return what would help this person, with the steps in `done` taken already.

    By effort, the step with the largest extra gain for its effort comes next (ties: larger extra gain,
    then id); by drop, the one with the largest extra gain (ties: less effort, then id). Actions whose
    sure gain is 0 are for finding out, and neither ranked nor among the best three. Ticking the first
    step leaves the others as they were. `branches` are the record's, where they are made already.

    Raise KeyError for an unknown action.
    """
    reckoning = _Reckoning(questionnaire, record, done, branches)
    alone = {action.id: reckoning.extra_gain([action.id]) for action in questionnaire.actions}
    extra = {
        action: reckoning.extra_gain([action], done) if done and gain.high else gain
        for action, gain in alone.items()
        if action not in done
    }
    sure = [action for action in extra if alone[action].low and extra[action].high]
    steps = _ranked(reckoning, sure, extra, alone, by, done)
    everything = list(alone)
    now = reckoning.score_after(done)
    most_open = most_open_topic(now)
    there = [step.action for step in steps if reckoning.extra_gain([step.action], done, most_open).high]
    return Plan(
        steps=steps,
        finding_out=tuple(action for action in extra if extra[action].high and not alone[action].low),
        offered=_offered(questionnaire, record, [action for action in extra if not alone[action].high]),
        best_three=_best(reckoning, {action: extra[action] for action in sure}, done),
        first_step=there[0] if there else steps[0].action if steps else None,
        within_reach=reckoning.score_after(everything).points,
        yours=reckoning.extra_gain(everything, done),
        most_open=most_open,
        most_open_has_step=bool(there),
        now=now,
        alone=alone,
    )


class _Reckoning:
    """The gains of one record. It lives for one call: what it remembers of a person ends with it.

    A gain is a sum over branches, and most actions touch one or two of them, so each branch is
    reckoned once for each combination of caps on it.
    """

    def __init__(
        self,
        questionnaire: Questionnaire,
        record: Record,
        done: Iterable[str] = (),
        branches: Iterable[Branch] | None = None,
    ) -> None:
        self._questionnaire = questionnaire
        self._record = record
        if branches is None:
            branches = branches_in_scope(questionnaire, record)
        self._branches = {branch.question.id: branch for branch in branches}
        self._remembered: dict[tuple[str, tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]], Range] = {}
        for action_id in done:
            questionnaire.action(action_id)

    def roots(self, action_id: str) -> Set[str]:
        """Return the ids of the roots in whose branches an action limits something, in scope or not."""
        return self._questionnaire.caps(action_id).keys()

    def effort(self, action_id: str) -> int:
        """Return an action's effort."""
        return self._questionnaire.action(action_id).effort

    def extra_gain(self, action_ids: Iterable[str], given: Collection[str] = (), topic: str | None = None) -> Range:
        """Return what a set of actions takes off on top of those given, in one topic or in all."""
        after = self._smallest(action_ids)
        before = self._smallest(given, after) if given else {}
        low = high = 0
        for root, caps in after.items():
            if topic is None or self._branches[root].question.topic == topic:
                here = self._extra_of(root, caps, before.get(root, {}))
                low, high = low + here.low, high + here.high
        return Range(low, high)

    def score_after(self, action_ids: Iterable[str]) -> Score:
        """Return the score with a set of actions done."""
        caps = {question: cap for by_root in self._smallest(action_ids).values() for question, cap in by_root.items()}
        return score_of(self._questionnaire, self._record, self._branches.values(), _points_left(caps))

    def _smallest(self, action_ids: Iterable[str], only: Collection[str] | None = None) -> dict[str, Caps]:
        """Return the smallest caps of a set of actions, by root and question; `only` limits the roots."""
        smallest: dict[str, Caps] = {}
        for action_id in action_ids:
            for root, caps in self._questionnaire.caps(action_id).items():
                if root in self._branches and (only is None or root in only):
                    smallest[root] = _both(smallest[root], caps) if root in smallest else caps
        return smallest

    def _extra_of(self, root: str, after: Caps, before: Caps) -> Range:
        key = (root, tuple(sorted(after.items())), tuple(sorted(before.items())))
        if key not in self._remembered:
            self._remembered[key] = range_of(self._branches[root], _points_taken_off(after, before))
        return self._remembered[key]


def _both(one: Caps, other: Caps) -> Caps:
    """Return the smaller cap of each question."""
    return {**one, **{question: min(cap, one.get(question, cap)) for question, cap in other.items()}}


def _points_left(caps: Caps) -> Value:
    """Return `v = W * min(x, cap)`."""

    def value(question: Question) -> Sequence[int]:
        cap = caps.get(question.id, OPEN)
        return question.points if cap >= OPEN else [question.points[min(level, cap)] for level in LEVELS]

    return value if caps else points


def _points_taken_off(after: Caps, before: Caps) -> Value:
    """Return `v = W * max(0, min(x, cap before) - cap after)`: what is taken off on top of the caps before."""

    def value(question: Question) -> Sequence[int]:
        cap = after.get(question.id, OPEN)
        limit = before.get(question.id, OPEN)
        if cap >= limit:
            return ZERO
        return [question.points[max(0, min(level, limit) - cap)] for level in LEVELS]

    return value


def _ranked(
    reckoning: _Reckoning,
    candidates: Iterable[str],
    extra: Mapping[str, Range],
    alone: Mapping[str, Range],
    by: Literal["effort", "drop"],
    done: Collection[str],
) -> tuple[Step, ...]:
    """Return the greedy ranking: again and again the best extra gain, until none is left."""
    waiting = {action: extra[action] for action in candidates}
    # Gains per effort are compared by multiplying out: over the common multiple they are whole numbers.
    common = lcm(*(reckoning.effort(action) for action in waiting))

    def rate(action: str, gained: Range) -> int:
        return gained.total * (common // reckoning.effort(action)) if by == "effort" else gained.total

    def order(action: str) -> tuple[int, int, str]:
        total = waiting[action].total
        tie = -total if by == "effort" else reckoning.effort(action)
        return -rate(action, waiting[action]), tie, action

    taken = list(done)
    steps: list[Step] = []
    while waiting:
        best = min(waiting, key=order)
        drop = waiting.pop(best)
        if not drop.total:
            break
        first = steps[0].action if steps else best
        close = best != first and 10 * rate(best, extra[best]) >= 9 * rate(first, extra[first])
        steps.append(Step(best, drop, alone[best], reckoning.effort(best), close))
        taken.append(best)
        touched = reckoning.roots(best)
        for action in waiting:
            if not touched.isdisjoint(reckoning.roots(action)):  # no other branch has changed
                waiting[action] = reckoning.extra_gain([action], taken)
    return tuple(steps)


def _best(reckoning: _Reckoning, single: Mapping[str, Range], done: Collection[str]) -> tuple[str, ...]:
    """Return the set of at most three candidates that takes off most; ties: less effort, then ids.

    `single` gives what each candidate takes off by itself.

    Together, actions never take off more than the sum of their high ends. So with the candidates in
    order of that reach, a set cannot win once twice the sum of its reaches falls short of the best
    found, and neither can any later set.
    """
    ordered = sorted(single, key=lambda action: (-single[action].high, action))
    reach = [2 * single[action].high for action in ordered]
    roots = [reckoning.roots(action) for action in ordered]
    effort = [reckoning.effort(action) for action in ordered]
    best: tuple[int, int, tuple[str, ...]] = (0, 0, ())

    def consider(*places: int) -> None:
        nonlocal best
        chosen = [ordered[place] for place in places]
        if all(roots[one].isdisjoint(roots[other]) for one, other in combinations(places, 2)):
            total = sum(single[action].total for action in chosen)
        else:
            total = reckoning.extra_gain(chosen, done).total
        if total >= -best[0]:
            best = min(best, (-total, sum(effort[place] for place in places), tuple(sorted(chosen))))

    count = len(ordered)
    for one in range(count):
        if BEST * reach[one] < -best[0]:
            break
        consider(one)
        for two in range(one + 1, count):
            if reach[one] + 2 * reach[two] < -best[0]:
                break
            consider(one, two)
            for three in range(two + 1, count):
                if reach[one] + reach[two] + reach[three] < -best[0]:
                    break
                consider(one, two, three)
    return best[2]


def _offered(questionnaire: Questionnaire, record: Record, action_ids: Iterable[str]) -> tuple[str, ...]:
    """Return those actions whose `helps` names an answer on screen, before or after the result."""
    asked = (*on_screen(questionnaire, record), *on_screen(questionnaire, record, after_result=True))
    said = {question.id: _named(record.answers.get(question.id)) for question in asked}
    return tuple(
        action_id
        for action_id in action_ids
        if any(
            not options.isdisjoint(said.get(question, frozenset()))
            for question, options in questionnaire.action(action_id).helps.items()
        )
    )


def _named(answer: Answer | None) -> frozenset[str]:
    """Return the words of `helps` that an answer matches."""
    if answer is None:
        return frozenset()
    if answer.state in (State.NOT_SURE, State.PARTLY_SURE):
        return answer.picks | {UNSURE}
    return answer.picks
