"""The worked edition of the method, section 9, and helpers to write records in one line."""

from __future__ import annotations

from apps.scoring import Action, Answer, Kind, Option, Question, Questionnaire, Record, Topic


def make_question(
    question_id: str,
    topic: str,
    weight: int,
    levels: dict[str, int],
    parent: str | None = None,
    show: tuple[str, ...] = (),
    kind: Kind = Kind.SINGLE,
    applies_to: tuple[str, ...] = (),
) -> Question:
    """Return a question of that weight; a weight of 0 stands for one that is not scored."""
    third = weight // 3
    return Question(
        id=question_id,
        topic=topic,
        kind=kind,
        options=tuple(Option(name, level) for name, level in levels.items()),
        ratings=(weight - 2 * third, third, third) if weight else None,
        parent=parent,
        show=frozenset(show),
        applies_to=frozenset(applies_to),
    )


def make_action(
    action_id: str, effort: int = 1, caps: dict[str, int] | None = None, **helps: tuple[str, ...]
) -> Action:
    """Return an action; `helps` are keyword arguments, question id to answers."""
    return Action(action_id, effort, "settings", caps or {}, {name: frozenset(some) for name, some in helps.items()})


QUESTIONS = (
    make_question("A1", "photos", 8, {"nopost": 0, "friends": 1, "followers": 3, "anyone": 4}),
    make_question("A2", "photos", 6, {"off": 0, "ask": 1, "auto": 4}, "A1", ("friends", "followers", "anyone")),
    make_question("B1", "devices", 5, {"filter": 1, "avatar": 1, "swap": 2, "guess": 2, "none": 0}, kind=Kind.MULTI),
    make_question("B2", "devices", 4, {"no": 0, "phone": 1, "apps": 2}),
    make_question("C1", "places", 10, {"no": 0, "choice": 2, "all": 4}),
    make_question("C2", "places", 7, {"easy": 0, "hard": 2, "cannot": 4}, "C1", ("choice", "all", "unsure")),
    make_question("C3", "places", 3, {"rarely": 0, "weekly": 2, "daily": 3}),
)
ACTIONS = (
    make_action("a1", 1, {"A1": 1}),
    make_action("a2", 1, {"A2": 0}),
    make_action("a3", 3, {"A1": 0, "A2": 0}),
    make_action("a4", 2, {"B1": 0}),
    make_action("a5", 2, {"C2": 0}),
    make_action("a6", 1, {"B2": 0}),
)
WORKED = Questionnaire((Topic("photos"), Topic("devices"), Topic("places")), QUESTIONS, ACTIONS)

BASE = {
    "A1": Answer.known("followers"),
    "A2": Answer.known("auto"),
    "B1": Answer.known("filter", "avatar"),
    "B2": Answer.known("phone"),
    "C1": Answer.known("no"),
    "C3": Answer.known("daily"),
}
NOT_SURE, PREFER_NOT = Answer.not_sure(), Answer.prefer_not()


def base(**changes: str | Answer) -> Record:
    """Return the base record with some answers changed; a plain string is a known single answer."""
    return Record(BASE | answers(**changes))


def answers(**given: str | Answer) -> dict[str, Answer]:
    """Return answers by question id; a plain string is a known single answer."""
    return {name: Answer.known(one) if isinstance(one, str) else one for name, one in given.items()}
