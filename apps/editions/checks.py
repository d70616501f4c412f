"""What makes a pack unfit to publish: every problem at once, each with file, item, reason and mend.

The shape of a pack is checked when it is read (`schema`, `pack_files`). Here it is looked at as a whole:
the rules of the method, references, ways to reach everything, sources, personas, and words.
Source: design, section 5; method, sections 2 and 11.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median_low

from apps import scoring
from apps.editions import markdown
from apps.editions.calibration import dead_weight_of
from apps.editions.convert import answer_of, questionnaire_of, record_of
from apps.editions.pack_files import PackProblem
from apps.editions.pack_items import (
    PACK_FILE,
    action_file,
    checked_items,
    claim_file,
    file_of,
    guide_file,
    letter_file,
    located_texts,
    name_of,
    name_of_option,
    name_of_part,
    rights_file,
    topic_file,
)
from apps.editions.schema import UNSURE, Action, Item, Option, Pack, Persona, Question, Topic
from apps.editions.wording_checks import wording_problems

GAP = re.compile(r"\{([^{}]*)\}")
"""A gap in a letter, such as {name}."""

RESERVED_QUESTIONS = frozenset({"review"})
"""Words that stand where a question's id stands in an address."""

PERSONAS = 8
ALL_OPEN, ALL_CLOSED = "all-open", "all-closed"
CLEAR_POINTS = 3
"""How far apart two personas must be, of 100, where they are called clearly different."""

_RULE_ITEM = re.compile(r"^(?:option \S+ of )?(?P<kind>question|topic|action) (?P<id>\S+)$")


@dataclass(frozen=True)
class Path:
    """How a checkup goes in one situation: fewest and most questions, and the lowest and highest score.

    `situation` is None where it is skipped, and empty where none of the named ones is true.
    """

    situation: tuple[str, ...] | None
    shortest: int
    longest: int
    scores: tuple[int, int]


@dataclass(frozen=True)
class Report:
    """Facts proved about a pack: points, paths, and for each item answers that reach it.

    `typical` is the number of questions that the middle one of the personas is asked. `examples` are by
    the item's name, such as "question q9".
    """

    maximum: int
    topic_maximum: Mapping[str, int]
    paths: tuple[Path, ...]
    typical: int
    examples: Mapping[str, scoring.Record]


def problems(pack: Pack, today: dt.date | None = None) -> tuple[PackProblem, ...]:
    """Return everything that is wrong with a pack; it may be published if there are only warnings.

    `today` decides which checks are past due. What can be reached and how personas score is looked at once
    the branching is sound (V1), dead weight once nothing stands against publishing.
    """
    facts = _Facts(pack)
    found = [*_method_rules(facts), *_repeated_ids(pack), *_references(facts)]
    found += [*_links(facts), *_article(pack), *_unanswered_options(pack), *_persona_answers(facts)]
    found += [*_sources(pack), *_letter_fields(pack), *_places_without_rights(pack)]
    if facts.is_sound:
        found += [*_unreachable(facts), *_persona_order(facts)]
    if may_be_published(found):
        found += _dead_weight(facts)
    found += [*_unused(facts), *_freshness(pack, today or dt.date.today()), *wording_problems(pack)]
    return tuple(found)


def may_be_published(found: Iterable[PackProblem]) -> bool:
    """Say whether nothing but warnings was found."""
    return all(problem.warning for problem in found)


def report(pack: Pack) -> Report | None:
    """Return the facts of a pack, or None where its branching is not sound enough to prove any."""
    facts = _Facts(pack)
    if not facts.is_sound:
        return None
    questionnaire = facts.questionnaire
    nothing = scoring.score(questionnaire, scoring.Record({}))
    lengths = scoring.path_lengths(questionnaire)
    paths = []
    for situation, length in lengths.items():
        score = scoring.score(questionnaire, scoring.Record({}, situation))
        named = None if situation is None else tuple(sorted(situation))
        paths.append(Path(named, length.shortest, length.longest, score.shown))
    asked = [len(scoring.on_screen(questionnaire, record_of(persona))) for persona in pack.personas]
    return Report(
        maximum=nothing.maximum,
        topic_maximum=nothing.topic_maximum,
        paths=tuple(paths),
        typical=median_low(asked) if asked else 0,
        examples={name: example for name, example in _examples(facts).items() if example is not None},
    )


class _Facts:
    """Look-ups in one pack, made once for all checks."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.questionnaire = questionnaire_of(pack)
        self.rules = scoring.problems(self.questionnaire)
        self.questions = {question.id: question for _, question in _questions(pack)}
        self.topic_of = {question.id: topic.id for topic, question in _questions(pack)}
        self.actions = {action.id: action for action in pack.actions}
        self.ids: dict[str, frozenset[str]] = {
            "topic": frozenset(topic.id for topic in pack.topics),
            "question": frozenset(self.questions),
            "action": frozenset(self.actions),
            "claim": frozenset(claim.id for claim in pack.claims),
            "guide": frozenset(guide.id for guide in pack.guides),
            "term": frozenset(term.id for term in pack.glossary),
            "place": frozenset(place.id for place in pack.places),
            "situation": frozenset(situation.id for situation in pack.situations),
            "family": frozenset(family.id for family in pack.families),
            "law": frozenset(law.id for law in pack.laws),
            "rights": frozenset(rights.id for rights in pack.rights),
            "letter": frozenset(letter.id for letter in pack.letters),
            "age group": frozenset(group.id for group in pack.ages),
            "article point": frozenset(point.id for point in pack.article),
            "platform step": frozenset(step.id for platform in pack.platforms for step in platform.steps),
        }

    @property
    def is_sound(self) -> bool:
        """Whether paths and points can be proved: the branching is a forest, and some answer has points."""
        is_forest = not any(rule.rule == "V1" for rule in self.rules)
        return is_forest and scoring.score(self.questionnaire, scoring.Record({})).maximum > 0

    @cached_property
    def rendered(self) -> tuple[tuple[str, str, str, str, markdown.Rendered], ...]:
        """Every Markdown text as (file, item, field, language, rendered)."""
        return tuple(
            (located.file_in(language), located.item, located.field, language, self._render(text))
            for located in located_texts(self.pack)
            if located.is_markdown
            for language, text in located.text.items()
        )

    @cached_property
    def links(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """What the Markdown of each item leads to and cites, as (kind, id), by the item's name."""
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        for _, item, _, _, rendered in self.rendered:
            cited = (("claim", claim) for claim in rendered.cited)
            found[item] = (*found.get(item, ()), *rendered.links, *cited)
        return found

    def _render(self, text: str) -> markdown.Rendered:
        def resolve(kind: str, identity: str) -> str | None:
            # A topic is shown by its guide and a place by its rights, which have the same ids.
            known = self.ids.get({"topic": "guide", "place": "rights"}.get(kind, kind), frozenset())
            return "/" if identity in known else None

        return markdown.render(text, resolve)


def _questions(pack: Pack) -> Iterator[tuple[Topic, Question]]:
    for topic in pack.topics:
        for question in topic.questions:
            yield topic, question


# --- The rules of the method ---------------------------------------------------------------------------


def _method_rules(facts: _Facts) -> Iterator[PackProblem]:
    """V1 to V7 and the table of the method's section 2, each with its file."""
    for problem in facts.rules:
        rule = f" ({problem.rule})" if problem.rule.startswith("V") else ""
        file = _file_of_rule(facts, problem.item)
        yield PackProblem(file, problem.item, f"{problem.reason}{rule}", problem.mend, problem.warning)
    for topic, question in _questions(facts.pack):
        if question.id in RESERVED_QUESTIONS:
            yield PackProblem(
                topic_file(topic.id),
                name_of(question),
                "this word already names a page of the checkup",
                "give the question another id",
            )


def _file_of_rule(facts: _Facts, item: str) -> str:
    match = _RULE_ITEM.match(item)
    if match is None:
        return f"{item}/"
    kind, identity = match["kind"], match["id"]
    if kind == "action":
        return action_file(facts.actions[identity])
    return topic_file(identity if kind == "topic" else facts.topic_of[identity])


def _repeated_ids(pack: Pack) -> Iterator[PackProblem]:
    """Ids that stand twice in a list; topics, questions, options and actions are under V1."""
    steps = [step for platform in pack.platforms for step in platform.steps]
    lists = (pack.languages, pack.places, pack.situations, pack.families, pack.article, pack.platforms, steps)
    guidance = (pack.claims, pack.guides, pack.laws, pack.rights, pack.letters, pack.glossary, pack.personas)
    for items in (*lists, *guidance, pack.ages, pack.prompts, pack.lessons, pack.handouts):
        names = [(name_of(item), file_of(item)) for item in items]
        for (name, file), times in Counter(names).items():
            if times > 1:
                yield PackProblem(file, name, f"this id stands {times} times", "give each an id of its own")
    parts: list[tuple[str, str, Iterable[Item]]] = []
    parts += [(rights_file(one.id), name_of(one), one.regulators) for one in pack.rights]
    parts += [(file_of(one), name_of(one), one.prompts) for one in pack.prompts]
    parts += [(file_of(one), name_of(one), one.parts) for one in pack.lessons]
    for letter in pack.letters:
        parts.append((letter_file(letter.id), name_of(letter), letter.fields))
        for field in letter.fields:
            whole = name_of_part(field, name_of(letter))
            parts.append((letter_file(letter.id), whole, field.options))
    for file, whole, inside in parts:
        for name, times in Counter(name_of_part(part, whole) for part in inside).items():
            if times > 1:
                yield PackProblem(file, name, f"this id stands {times} times", "give each an id of its own")


# --- References ----------------------------------------------------------------------------------------


def _references(facts: _Facts) -> Iterator[PackProblem]:
    """Ids that nothing has. Those of parents, show lists, caps and helps are under the method's rules."""

    def missing(file: str, item: str, field: str, kind: str, ids: Iterable[str | None]) -> Iterator[PackProblem]:
        for identity in dict.fromkeys(ids):
            if identity is not None and identity not in facts.ids[kind]:
                yield PackProblem(
                    file,
                    item,
                    f"`{field}` names {kind} {identity}, which does not exist",
                    f"correct the id, or add the {kind}",
                )

    for topic, question in _questions(facts.pack):
        file, name = topic_file(topic.id), name_of(question)
        yield from missing(file, name, "article", "article point", question.article)
        yield from missing(file, name, "claims", "claim", question.claims)
        yield from missing(file, name, "applies_to", "situation", question.applies_to)
        if question.ratings:
            yield from missing(file, name, "ratings.claim", "claim", [question.ratings.claim])
        for option in question.options:
            option_name = name_of_option(question.id, option.id)
            yield from missing(file, option_name, "help_now", "action", [option.help_now])
    for action in facts.pack.actions:
        file, name = action_file(action), name_of(action)
        yield from missing(file, name, "topic", "topic", [action.topic])
        yield from missing(file, name, "family", "family", [action.family])
        yield from missing(file, name, "steps", "platform step", action.steps)
        yield from missing(file, name, "claims", "claim", action.claims)
        yield from missing(file, name, "places", "place", action.places)
        yield from missing(file, name, "letters", "letter", action.letters)
    for point in facts.pack.article:
        name = name_of(point)
        yield from missing(PACK_FILE, name, "questions", "question", point.questions)
        yield from missing(PACK_FILE, name, "actions", "action", point.actions)
        yield from missing(PACK_FILE, name, "claims", "claim", point.claims)
        yield from missing(PACK_FILE, name, "topics", "topic", point.topics)
    for guide in facts.pack.guides:
        yield from missing(guide_file(guide.id), name_of(guide), "topic", "topic", [guide.topic])
    for law in facts.pack.laws:
        yield from missing(file_of(law), name_of(law), "claim", "claim", [law.claim])
    for rights in facts.pack.rights:
        file, name = file_of(rights), name_of(rights)
        yield from missing(file, name, "id", "place", [rights.id])
        yield from missing(file, name, "laws", "law", rights.laws)
    for letter in facts.pack.letters:
        file, name = file_of(letter), name_of(letter)
        yield from missing(file, name, "law", "place", letter.law)
        yield from missing(file, name, "places", "place", letter.places)
        yield from missing(file, name, "claims", "claim", letter.claims)
    for group in facts.pack.ages:
        yield from missing(file_of(group), name_of(group), "left_out", "question", group.left_out)
        yield from missing(file_of(group), name_of(group), "topics", "topic", group.topics)
    for prompts in facts.pack.prompts:
        yield from missing(file_of(prompts), name_of(prompts), "id", "guide", [prompts.id])
    for lesson in facts.pack.lessons:
        yield from missing(file_of(lesson), name_of(lesson), "ages", "age group", lesson.ages)
    for persona in facts.pack.personas:
        file, name = file_of(persona), name_of(persona)
        yield from missing(file, name, "place", "place", [persona.place])
        yield from missing(file, name, "situation", "situation", persona.situation or ())
        yield from missing(file, name, "answers", "question", persona.answers)


def _links(facts: _Facts) -> Iterator[PackProblem]:
    """Links and citations in Markdown that lead nowhere."""
    for file, item, field, _, rendered in facts.rendered:
        for kind, identity in dict.fromkeys(rendered.broken):
            if kind in markdown.KINDS:
                what = {"topic": "guide", "place": "rights"}.get(kind, kind)  # what shows it
                reason = f"`{field}` leads to {what} {identity}, which does not exist"
                mend = f"correct the id, or add the {what}"
            else:
                reason = f"`{field}` has a link that leads nowhere: {kind} {identity}"
                mend = f"begin it with https: or one of {', '.join(sorted(markdown.KINDS))}, such as action:a1"
            yield PackProblem(file, item, reason, mend)


def _article(pack: Pack) -> Iterator[PackProblem]:
    for point in pack.article:
        if not (point.questions or point.actions or point.topics):
            yield PackProblem(
                PACK_FILE,
                name_of(point),
                "it links to no question, action or topic, so readers cannot go on from it",
                "name at least one under `questions`, `actions` or `topics`",
            )


def _letter_fields(pack: Pack) -> Iterator[PackProblem]:
    """Gaps of a letter without a field, fields that stand nowhere, and {law} without a line."""
    for letter in pack.letters:
        known = {field.id for field in letter.fields} | ({"law"} if letter.law or letter.elsewhere else set())
        used: set[str] = set()
        for where, texts in (("subject", letter.subject), ("body", letter.body)):
            for language, text in texts.items():
                gaps = set(GAP.findall(text))
                used |= gaps
                for gap in sorted(gaps - known):
                    yield PackProblem(
                        letter_file(letter.id),
                        name_of(letter),
                        f"`{where}` ({language}) has a gap {{{gap}}} that no field fills",
                        f"add a field `{gap}`, or correct the gap",
                    )
        for unused in sorted(known - used):
            yield PackProblem(
                letter_file(letter.id),
                name_of(letter),
                f"`{unused}` stands nowhere in the letter",
                f"write {{{unused}}} where it belongs, or remove it",
            )


def _places_without_rights(pack: Pack) -> Iterator[PackProblem]:
    """Warnings: places that a reader can choose and that lead to no rights."""
    described = {rights.id for rights in pack.rights}
    for place in pack.places:
        if described and place.id not in described:
            yield PackProblem(
                PACK_FILE,
                name_of(place),
                "there are no rights for it",
                f"write {rights_file(place.id)}",
                warning=True,
            )


def _unused(facts: _Facts) -> Iterator[PackProblem]:
    """Warnings: claims that nothing relies on, and platform steps that no action shows."""
    used = {identity for links in facts.links.values() for kind, identity in links if kind == "claim"}
    for _, question in _questions(facts.pack):
        used.update(question.claims, [question.ratings.claim] if question.ratings else ())
    for relying in (
        *(action.claims for action in facts.pack.actions),
        *(p.claims for p in facts.pack.article),
        *(letter.claims for letter in facts.pack.letters),
        [law.claim for law in facts.pack.laws],
    ):
        used.update(relying)
    for claim in facts.pack.claims:
        if claim.id not in used:
            yield PackProblem(
                claim_file(claim.id),
                name_of(claim),
                "nothing relies on it",
                "cite it in a question, an action, a guide or a point of the article, or remove it",
                warning=True,
            )
    relied_on = {law for rights in facts.pack.rights for law in rights.laws}
    for law in facts.pack.laws:
        if law.id not in relied_on:
            mend = "name it in the `laws` of a place's rights, or remove it"
            yield PackProblem(file_of(law), name_of(law), "no place names it", mend, warning=True)
    shown = {step for action in facts.pack.actions for step in action.steps}
    for platform in facts.pack.platforms:
        for step in platform.steps:
            if step.id not in shown:
                yield PackProblem(
                    file_of(step),
                    name_of(step),
                    "no action shows it",
                    "name it in the `steps` of an action, or remove it",
                    warning=True,
                )


# --- What helps, and what can be reached ---------------------------------------------------------------


def _unanswered_options(pack: Pack) -> Iterator[PackProblem]:
    """Options above level 0 that neither an action nor a `decided` text answers; "not sure" likewise."""
    for topic, question in _questions(pack):
        for option in question.options:
            if option.level and option.decided is None and not _answering(pack.actions, question.id, option):
                yield PackProblem(
                    topic_file(topic.id),
                    name_of_option(question.id, option.id),
                    f"no action answers it, though its level is {option.level}",
                    f"name it in the `helps` of an action, cap {question.id} below {option.level}, or say "
                    "in `decided` who decides and how to ask",
                )
        if not any(question.id in a.caps or UNSURE in a.helps.get(question.id, ()) for a in pack.actions):
            yield PackProblem(
                topic_file(topic.id),
                name_of(question),
                "no action helps those who are not sure",
                f"name `{UNSURE}` in the `helps` of an action, if finding out is possible",
                warning=True,
            )


def _answering(actions: Iterable[Action], question_id: str, option: Option) -> bool:
    return any(
        action.caps.get(question_id, option.level) < option.level or option.id in action.helps.get(question_id, ())
        for action in actions
    )


def _unreachable(facts: _Facts) -> Iterator[PackProblem]:
    mends = {
        "question": "correct its parent, its show list or its situations",
        "option": "make its question reachable",
        "action": "give it a cap, or name in `helps` the answers that it is for",
        "guide": "give it the topic of some question, or link it from a guide that can be reached",
        "letter": "name it in the `letters` of an action that can be reached",
    }
    files = {name_of(action): action_file(action) for action in facts.pack.actions}
    files |= {name_of(item): file_of(item) for item in (*facts.pack.guides, *facts.pack.letters)}
    for name, example in _examples(facts).items():
        if example is None:
            file = files.get(name) or _file_of_rule(facts, name)
            yield PackProblem(file, name, "no answers lead to it", mends[name.split()[0]])


def _examples(facts: _Facts) -> dict[str, scoring.Record | None]:
    """Return, for each question, option, action, guide and letter, answers that lead to it, or None."""
    questionnaire = facts.questionnaire
    found: dict[str, scoring.Record | None] = {}
    now: dict[str, scoring.Record] = {}
    for _, question in _questions(facts.pack):
        found[name_of(question)] = scoring.example_reaching_question(questionnaire, question.id)
        for option in question.options:
            example = scoring.example_reaching_option(questionnaire, question.id, option.id)
            found[name_of_option(question.id, option.id)] = example
            if option.help_now and example:
                now.setdefault(option.help_now, example)
    for action in facts.pack.actions:
        example = scoring.example_reaching_action(questionnaire, action.id)
        found[name_of(action)] = example or now.get(action.id)
    found.update(_examples_of_guides(facts, found))
    for letter in facts.pack.letters:
        offering = (found[name_of(action)] for action in facts.pack.actions if letter.id in action.letters)
        found[name_of(letter)] = next((example for example in offering if example is not None), None)
    return found


def _examples_of_guides(facts: _Facts, found: Mapping[str, scoring.Record | None]) -> dict[str, scoring.Record | None]:
    """A guide is reached through a question of its topic, or by a link from something that is reached."""
    examples: dict[str, scoring.Record | None] = dict.fromkeys(map(name_of, facts.pack.guides))
    for guide in facts.pack.guides:
        for question, topic in facts.topic_of.items():
            if topic == guide.topic and examples[name_of(guide)] is None:
                examples[name_of(guide)] = found[f"question {question}"]
    waiting = [*found, *examples]
    while waiting:
        name = waiting.pop(0)
        example = found.get(name) or examples.get(name)
        for kind, identity in facts.links.get(name, ()) if example else ():
            target = f"guide {identity}"
            if kind in {"guide", "topic"} and examples.get(target, example) is None:
                examples[target] = example
                waiting.append(target)
    return examples


# --- Sources and freshness -----------------------------------------------------------------------------


def _sources(pack: Pack) -> Iterator[PackProblem]:
    for topic, question in _questions(pack):
        if not question.claims:
            yield PackProblem(
                topic_file(topic.id),
                name_of(question),
                "it cites no claim, so nobody can see what it rests on",
                "name at least one claim under `claims`",
            )
    for claim in pack.claims:
        for source in claim.sources:
            if not _is_date(source.date):
                yield PackProblem(
                    claim_file(claim.id),
                    name_of(claim),
                    f"{source.date} is not a date in the calendar",
                    "write the date of the source as 2019, 2019-09 or 2019-09-03",
                )


def _is_date(partial: str) -> bool:
    year, month, day = (*partial.split("-"), "1", "1")[:3]
    try:
        dt.date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _freshness(pack: Pack, today: dt.date) -> Iterator[PackProblem]:
    """Warnings: items to be checked again, one by one, and those never checked, one line for each file."""
    never: dict[str, list[str]] = {}
    for item in checked_items(pack):
        file, name = file_of(item), name_of(item)
        if item.checked is None or item.due is None:
            never.setdefault(file, []).append(name)
        elif item.checked > today:
            yield PackProblem(
                file,
                name,
                f"it is said to be checked on {item.checked}, which has not come yet",
                "correct `checked`",
            )
        elif item.due <= today:
            yield PackProblem(
                file,
                name,
                f"it was due to be checked again on {item.due}",
                "look at its sources, then renew `checked` and `due`",
                warning=True,
            )
    for file, names in never.items():
        yield PackProblem(
            file,
            ", ".join(names),
            "not yet checked by us, so due at once; readers are told so",
            "look at the sources, then give `checked` and `due`",
            warning=True,
        )


# --- Personas ------------------------------------------------------------------------------------------


def _persona_answers(facts: _Facts) -> Iterator[PackProblem]:
    """Answers that their questions do not offer; a warning for those to questions not on screen."""
    for persona in facts.pack.personas:
        are_valid = True
        for question_id, text in persona.answers.items():
            if question_id not in facts.questions:
                are_valid = False
                continue  # named under the references
            try:
                scoring.check_answer(facts.questionnaire.question(question_id), answer_of(text))
            except scoring.AnswerError as error:
                are_valid = False
                yield PackProblem(
                    file_of(persona),
                    name_of(persona),
                    f"the answer to question {question_id} does not fit: {error.reason}",
                    f"answer with options of {question_id}, `unsure` or `prefer-not`",
                )
        if are_valid and facts.is_sound:
            for question_id in _not_asked(facts, persona):
                yield PackProblem(
                    file_of(persona),
                    name_of(persona),
                    f"question {question_id} is answered, but not asked of this persona",
                    "remove the answer, or change the answer or situation that hides the question",
                    warning=True,
                )


def _not_asked(facts: _Facts, persona: Persona) -> list[str]:
    record = record_of(persona)
    asked = {
        question.id
        for after_result in (False, True)
        for question in scoring.on_screen(facts.questionnaire, record, after_result)
    }
    return [question for question in persona.answers if question not in asked]


def _persona_order(facts: _Facts) -> Iterator[PackProblem]:
    """The personas stand in the order of their scores, and the two ends are 100 and 0."""
    personas = facts.pack.personas
    if len(personas) < PERSONAS:
        yield PackProblem(
            "personas.yaml",
            "personas",
            f"there are {len(personas)}; the scores are tried on at least {PERSONAS}",
            f"write more, {ALL_OPEN} and {ALL_CLOSED} included",
        )
    scores: dict[str, scoring.Score] = {}
    for persona in personas:
        try:
            scores[persona.id] = scoring.score(facts.questionnaire, record_of(persona))
        except scoring.AnswerError:
            return  # named under the personas' answers
    for persona, following in pairwise(personas):
        yield from _neighbours(persona, following, scores[persona.id], scores[following.id])
    for identity, expected in ((ALL_OPEN, 100), (ALL_CLOSED, 0)):
        if identity not in scores:
            yield PackProblem(
                "personas.yaml",
                f"persona {identity}",
                "there is no such persona",
                f"add one whose score is {expected}",
            )
        elif scores[identity].shown != (expected, expected):
            yield PackProblem(
                "personas.yaml",
                f"persona {identity}",
                f"the score is {_words(scores[identity])}, not {expected}",
                f"correct the answers, so that it is {expected}",
            )


def _neighbours(
    persona: Persona, following: Persona, here: scoring.Score, below: scoring.Score
) -> Iterator[PackProblem]:
    difference = here.points.total - below.points.total  # twice the difference of the middles
    if difference < 0:
        yield PackProblem(
            "personas.yaml",
            name_of(following),
            f"it scores {_words(below)}, above {persona.id} with {_words(here)}, but stands below",
            "change the weights or the order, and say why in the pack's note",
        )
    elif persona.clear and 100 * difference < 2 * CLEAR_POINTS * here.maximum:
        yield PackProblem(
            "personas.yaml",
            name_of(persona),
            f"it scores {_words(here)}, {following.id} {_words(below)}, which is not clearly different",
            f"make them differ by {CLEAR_POINTS} points or more, or remove `clear`",
        )


def _words(score: scoring.Score) -> str:
    low, high = score.shown
    return f"{low}" if low == high else f"{low} to {high}"


# --- Dead weight ---------------------------------------------------------------------------------------


def _dead_weight(facts: _Facts) -> Iterator[PackProblem]:
    """Warnings of the method's section 11.3: what could be dropped without changing any result."""
    personas = {persona.id: record_of(persona) for persona in facts.pack.personas}
    for flag in dead_weight_of(facts.pack, personas).flags:
        item = f"{flag.kind} {flag.item}"
        yield PackProblem(
            _file_of_rule(facts, item),
            item,
            flag.reason,
            "keep it with a reason, merge it or drop it",
            warning=True,
        )
