"""What makes a questionnaire unfit to publish: every problem at once, each with the way to mend it.

Rules V1 to V7 are those of the method, section 2. `model` stands for the plain rules of that section's
table: how many topics and options, which levels, ratings and efforts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apps.scoring.model import LEVELS, NONE, OPEN, UNSURE, Kind, Question, Questionnaire

MODEL = "model"
RESERVED = frozenset({UNSURE, "not-sure", "prefer-not", "prefer-not-to-say"})
"""Words for the answer states that every question has anyway (V6)."""

TOPICS = range(5, 13)
ORDINARY_OPTIONS = 8
FAMILIES = 9
RATINGS = range(1, 5)
EFFORTS = range(1, 4)
CAPS = range(OPEN)


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: which one, at which item, why, and how to mend it. A warning does not block publishing."""

    rule: str
    item: str
    reason: str
    mend: str
    warning: bool = False


def problems(questionnaire: Questionnaire) -> tuple[Problem, ...]:
    """Return everything that is wrong with a questionnaire, in the order of the rules; empty if it is fit.

    Rules about points (V4, V7) are looked at only once the branching itself is sound (V1).
    """
    found = [*_model(questionnaire), *_v1(questionnaire)]
    is_forest = not any(problem.rule == "V1" for problem in found)
    for rule in (_v2, _v3):
        found += rule(questionnaire)
    if is_forest:
        found += _v4(questionnaire)
    found += [*_v5(questionnaire), *_v6(questionnaire)]
    if is_forest:
        found += _v7(questionnaire)
    return tuple(found)


def _model(questionnaire: Questionnaire) -> Iterator[Problem]:
    """The table of section 2."""
    scored_topics = questionnaire.scored_topics
    if len(scored_topics) not in TOPICS:
        yield Problem(
            MODEL,
            "topics",
            f"there are {len(scored_topics)} scored topics; an edition has {TOPICS[0]} to {TOPICS[-1]}",
            "add topics, or join small ones",
        )
    after_result = {topic.id for topic in questionnaire.topics if topic.after_result}
    unscored = {question.id for question in questionnaire.questions if not question.is_scored}
    for question in questionnaire.questions:
        yield from _model_of_question(question)
        if question.is_scored and question.topic in after_result:
            yield Problem(
                MODEL,
                f"question {question.id}",
                f"topic {question.topic} is asked after the result, but the question is scored",
                "remove the ratings, or move the question to another topic",
            )
        if question.is_scored and question.parent in unscored:
            yield Problem(
                MODEL,
                f"question {question.id}",
                f"it is scored, but its parent {question.parent} is not",
                f"rate {question.parent}, or make this a question of its own",
            )
    families = {action.family for action in questionnaire.actions}
    if len(families) > FAMILIES:
        yield Problem(
            MODEL,
            "actions",
            f"they belong to {len(families)} families; there may be {FAMILIES}",
            "join families, so that they can be counted in a class",
        )
    for action in questionnaire.actions:
        item = f"action {action.id}"
        if action.effort not in EFFORTS:
            yield Problem(MODEL, item, f"effort {action.effort} is not 1, 2 or 3", "give an effort of 1 to 3")
        for question_id, words in sorted(action.helps.items()):
            if not questionnaire.has_question(question_id):
                yield Problem(
                    MODEL,
                    item,
                    f"it helps question {question_id}, which does not exist",
                    "correct the question's id",
                )
                continue
            offered = {option.id for option in questionnaire.question(question_id).options} | {UNSURE}
            for word in sorted(words - offered):
                yield Problem(
                    MODEL,
                    item,
                    f"it helps answer {word} of question {question_id}, which does not exist",
                    f"name options of {question_id}, or `{UNSURE}`",
                )


def _model_of_question(question: Question) -> Iterator[Problem]:
    item = f"question {question.id}"
    if question.ratings is not None and any(rating not in RATINGS for rating in question.ratings):
        yield Problem(MODEL, item, "a rating is not 1, 2, 3 or 4", "give three ratings of 1 to 4")
    if question.applies_to and question.parent is not None:
        yield Problem(
            MODEL,
            item,
            "it is a follow-up, but names situations",
            "move the situations to the first question of its branch",
        )
    for option in question.options:
        if option.level not in LEVELS:
            yield Problem(
                MODEL,
                f"option {option.id} of question {question.id}",
                f"level {option.level} is not 0 to {OPEN}",
                f"give a level of 0 to {OPEN}",
            )
    if question.kind is Kind.SINGLE:
        if len(question.options) < 2:
            yield Problem(MODEL, item, "there is nothing to choose between", "give two options or more")
        return
    exclusive = [option for option in question.options if option.id == NONE]
    if len(exclusive) != 1 or exclusive[0].level != 0:
        yield Problem(
            MODEL,
            item,
            f"a question with several answers needs one option `{NONE}` of level 0",
            f"add `{NONE}` with level 0",
        )
    if not 1 <= len(question.ordinary) <= ORDINARY_OPTIONS:
        yield Problem(
            MODEL,
            item,
            f"it has {len(question.ordinary)} ordinary options; a question with several answers has 1 to "
            f"{ORDINARY_OPTIONS}",
            "split the question, or join options",
        )
    for option in question.ordinary:
        if option.level == 0:
            yield Problem(
                MODEL,
                f"option {option.id} of question {question.id}",
                f"its level is 0, which only `{NONE}` has in a question with several answers",
                f"give a level of 1 to {OPEN}, or remove the option",
            )


def _v1(questionnaire: Questionnaire) -> Iterator[Problem]:
    """Ids are unique; a parent comes earlier and is in the same topic."""
    kinds: tuple[tuple[str, Iterable[str]], ...] = (
        ("topic", (topic.id for topic in questionnaire.topics)),
        ("question", (question.id for question in questionnaire.questions)),
        ("action", (action.id for action in questionnaire.actions)),
    )
    for kind, ids in kinds:
        for repeated in _repeated(ids):
            yield Problem("V1", f"{kind} {repeated}", f"two {kind}s have this id", "give each an id of its own")
    topics = {topic.id for topic in questionnaire.topics}
    earlier: dict[str, Question] = {}
    for question in questionnaire.questions:
        item = f"question {question.id}"
        for repeated in _repeated(option.id for option in question.options):
            yield Problem(
                "V1",
                f"option {repeated} of question {question.id}",
                "two of its options have this id",
                "give each an id of its own",
            )
        if question.topic not in topics:
            yield Problem("V1", item, f"topic {question.topic} does not exist", "correct the topic's id")
        if question.parent is not None:
            parent = earlier.get(question.parent)
            if parent is None:
                later = questionnaire.has_question(question.parent)
                reason = "does not come before it" if later else "does not exist"
                mend = f"move it behind {question.parent}" if later else "correct the parent's id"
                yield Problem("V1", item, f"its parent {question.parent} {reason}", mend)
            elif parent.topic != question.topic:
                yield Problem(
                    "V1",
                    item,
                    f"its parent {parent.id} is in topic {parent.topic}, not {question.topic}",
                    "put both in one topic, or make this a question of its own",
                )
        earlier.setdefault(question.id, question)


def _v2(questionnaire: Questionnaire) -> Iterator[Problem]:
    """Show lists name options of the parent and `unsure`, and never `none`."""
    for question in questionnaire.questions:
        item = f"question {question.id}"
        if question.parent is None:
            if question.show:
                yield Problem("V2", item, "it has a show list but no parent", "name the parent, or remove the list")
            continue
        if not question.show:
            yield Problem("V2", item, "no answer shows this follow-up", f"name options of {question.parent}")
        if NONE in question.show:
            yield Problem("V2", item, f"`{NONE}` never opens a follow-up", f"remove `{NONE}` from the show list")
        if questionnaire.has_question(question.parent):
            offered = {option.id for option in questionnaire.question(question.parent).options}
            for word in sorted(question.show - offered - {UNSURE, NONE}):
                yield Problem(
                    "V2",
                    item,
                    f"its parent {question.parent} has no option {word}",
                    f"name options of {question.parent}, or `{UNSURE}`",
                )


def _v3(questionnaire: Questionnaire) -> Iterator[Problem]:
    """A follow-up shown for one option is shown for every option of higher level, too."""
    for question in questionnaire.questions:
        if question.parent is None or not questionnaire.has_question(question.parent):
            continue
        options = questionnaire.question(question.parent).ordinary
        shown = [option for option in options if option.id in question.show]
        if not shown:
            continue
        lowest = min(shown, key=lambda option: option.level)
        for option in options:
            if option.level > lowest.level and option.id not in question.show:
                yield Problem(
                    "V3",
                    f"question {question.id}",
                    f"it is shown for {lowest.id} of {question.parent} (level {lowest.level}) "
                    f"but not for {option.id} (level {option.level})",
                    f"show it for {option.id}, too, or make it a question of its own",
                )


def _v4(questionnaire: Questionnaire) -> Iterator[Problem]:
    """Every scored topic can reach 0 points, and more than 0."""
    for topic in questionnaire.scored_topics:
        roots = [question.id for question in questionnaire.topic_questions(topic) if question.parent is None]
        ends = [questionnaire.open_ends(root) for root in roots]
        if sum(high for _, high in ends) == 0:
            yield Problem(
                "V4",
                f"topic {topic}",
                "no answer gives it any points",
                "give an option a level above 0, or ask this topic after the result",
            )
        stuck = [root for root, (low, _) in zip(roots, ends, strict=True) if low > 0]
        if stuck:
            yield Problem(
                "V4",
                f"topic {topic}",
                f"it cannot reach 0: no answer to {', '.join(stuck)} closes that door",
                "give an option level 0",
            )


def _v5(questionnaire: Questionnaire) -> Iterator[Problem]:
    """A cap is 0 to 3 and, on a single question, the level of an option: the promised answer exists."""
    for action in questionnaire.actions:
        item = f"action {action.id}"
        for question_id, cap in sorted(action.caps.items()):
            if not questionnaire.has_question(question_id):
                yield Problem("V5", item, f"it limits question {question_id}, which does not exist", "correct the id")
                continue
            question = questionnaire.question(question_id)
            levels = sorted({option.level for option in question.options})
            if cap not in CAPS:
                yield Problem(
                    "V5",
                    item,
                    f"its cap of {cap} on question {question_id} is not {CAPS[0]} to {CAPS[-1]}",
                    f"give a cap of {CAPS[0]} to {CAPS[-1]}, or remove it",
                )
            elif question.kind is Kind.SINGLE and cap not in levels:
                yield Problem(
                    "V5",
                    item,
                    f"no option of question {question_id} has the level {cap} that it promises",
                    f"take one of the levels {', '.join(map(str, levels))}",
                )
            elif not question.is_scored:
                yield Problem(
                    "V5",
                    item,
                    f"question {question_id} is not scored, so the cap on it has no effect",
                    "name the question in `helps` instead",
                    warning=True,
                )


def _v6(questionnaire: Questionnaire) -> Iterator[Problem]:
    """The states "not sure" and "prefer not to say" are offered by the app; they are not options."""
    for question in questionnaire.questions:
        for option in question.options:
            if option.id in RESERVED:
                yield Problem(
                    "V6",
                    f"option {option.id} of question {question.id}",
                    "every question offers this already, as an answer without a level",
                    "remove the option, or give it another id if it means something else",
                )


def _v7(questionnaire: Questionnaire) -> Iterator[Problem]:
    """Warnings: a question above 10% of the maximum, a topic below 5% or above 30%."""
    scored = set(questionnaire.scored_topics)
    most = dict.fromkeys(questionnaire.scored_topics, 0)
    for root in questionnaire.roots:
        if root.topic in scored:
            most[root.topic] += questionnaire.open_ends(root.id)[1]
    maximum = sum(most.values())
    for question in questionnaire.questions:
        own = question.weight * question.maximum_level
        if question.topic in scored and 10 * own > maximum:
            yield Problem(
                "V7",
                f"question {question.id}",
                f"it holds {own} of {maximum} points, more than 10%",
                "look at its ratings again, or split it",
                warning=True,
            )
    for topic, points in most.items():
        if maximum and not 5 * maximum <= 100 * points <= 30 * maximum:
            side = "less than 5%" if 100 * points < 5 * maximum else "more than 30%"
            yield Problem(
                "V7",
                f"topic {topic}",
                f"it holds {points} of {maximum} points, {side}",
                "look at its ratings again, or move questions between topics",
                warning=True,
            )


def _repeated(ids: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(ids).items() if times > 1]
