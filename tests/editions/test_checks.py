"""Each check of a pack names the exact file and item that is broken, and leaves a sound pack alone."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from apps import scoring
from apps.editions import checks
from apps.editions.convert import questionnaire_of, record_of
from apps.editions.pack_files import PackProblem
from apps.editions.schema import Pack
from tests.editions.packs import TODAY, Data, item, make_data, make_pack, option, question, text, topic

Change = Callable[[Data], object]


def found_in(*changes: Change) -> tuple[PackProblem, ...]:
    return checks.problems(make_pack(*changes), TODAY)


def setting(part: Callable[[Data], Data], **values: object) -> Change:
    """Return a change that sets fields of a part of the pack."""
    return lambda data: part(data).update(values)


def of_topic(identity: str, **values: object) -> Change:
    return setting(lambda data: topic(data, identity), **values)


def of_question(identity: str, **values: object) -> Change:
    return setting(lambda data: question(data, identity), **values)


def of_option(asked: str, identity: str, **values: object) -> Change:
    return setting(lambda data: option(data, asked, identity), **values)


def of_item(kind: str, identity: str, **values: object) -> Change:
    return setting(lambda data: item(data, kind, identity), **values)


def of_answer(persona: str, asked: str, answer: object) -> Change:
    return lambda data: item(data, "personas", persona)["answers"].update({asked: answer})


def appended(kind: str, identity: str, **values: object) -> Change:
    """Return a change that adds a copy of an item, with other values."""
    return lambda data: data[kind].append(item(data, kind, identity) | values)


def many(*words: str, times: int) -> str:
    return " ".join(words * times)


def step(data: Data) -> Data:
    found: Data = data["platforms"][0]["steps"][0]
    return found


def swap_personas(data: Data) -> None:
    people = data["personas"]
    people[1], people[2] = people[2], people[1]


def drop_persona(identity: str) -> Change:
    return lambda data: data["personas"].remove(item(data, "personas", identity))


def add_french(complete: bool) -> Change:
    return lambda data: data["languages"].append({"code": "fr", "name": "Français", "complete": complete})


LONG_SENTENCE = many("one", times=21) + "."
HARD = many(
    "Institutional",
    "authentication",
    "necessitates",
    "considerable",
    "deliberation",
    "internationally.",
    times=20,
)
RATHER_HARD = many("The company collects the faces of many people in public places every day.", times=12)

# name: (change, file, item, part of the reason)
PROBLEMS: dict[str, tuple[Change, str, str, str]] = {
    "V1 parent": (of_question("q2", parent="q9"), "topics/t1.yaml", "question q2", "q9"),
    "V1 same option": (of_option("q3", "b", id="a"), "topics/t2.yaml", "option a of question q3", "this id"),
    "V2 show": (of_question("q2", show=["c", "d"]), "topics/t1.yaml", "question q2", "no option d"),
    "V3 monotone": (of_question("q2", show=["b"]), "topics/t1.yaml", "question q2", "(V3)"),
    "V4 topic": (of_option("q5", "a", level=1), "topics/t3.yaml", "topic t3", "(V4)"),
    "V5 cap": (of_item("actions", "a3", caps={"q5": 3}), "actions/t3.yaml", "action a3", "(V5)"),
    "V5 no such question": (of_item("actions", "a3", caps={"q99": 3}), "actions/t3.yaml", "action a3", "q99"),
    "model topics": (lambda data: data["topics"].pop(0), "topics/", "topics", "4 scored topics"),
    "helps": (of_item("actions", "a3", helps={"q5": ["z"]}), "actions/t3.yaml", "action a3", "answer z"),
    "reserved id": (
        of_question("q11", id="review"),
        "topics/choices.yaml",
        "question review",
        "names a page",
    ),
    "same claim": (appended("claims", "l1"), "claims/law.yaml", "claim l1", "2 times"),
    "same place": (appended("places", "uk"), "pack.yaml", "place uk", "2 times"),
    "same persona": (appended("personas", "all-closed"), "personas.yaml", "persona all-closed", "2 times"),
    "question's article": (of_question("q3", article=["ar9"]), "topics/t2.yaml", "question q3", "ar9"),
    "question's claim": (of_question("q3", claims=["f9-9"]), "topics/t2.yaml", "question q3", "claim f9-9"),
    "question's situation": (
        of_question("q4", applies_to=["pet"]),
        "topics/t2.yaml",
        "question q4",
        "situation pet",
    ),
    "rating's claim": (
        lambda data: question(data, "q3")["ratings"].update(claim="f9-9"),
        "topics/t2.yaml",
        "question q3",
        "`ratings.claim` names claim f9-9",
    ),
    "help now": (
        of_option("q3", "c", help_now="a99"),
        "topics/t2.yaml",
        "option c of question q3",
        "action a99",
    ),
    "action's topic": (of_item("actions", "a3", topic="t99"), "actions/t99.yaml", "action a3", "topic t99"),
    "action's family": (of_item("actions", "a3", family="x"), "actions/t3.yaml", "action a3", "family x"),
    "action's step": (
        of_item("actions", "a3", steps=["x"]),
        "actions/t3.yaml",
        "action a3",
        "platform step x",
    ),
    "action's claim": (
        of_item("actions", "a3", claims=["f9-9"]),
        "actions/t3.yaml",
        "action a3",
        "claim f9-9",
    ),
    "article's question": (
        of_item("article", "ar1", questions=["q99"]),
        "pack.yaml",
        "article point ar1",
        "q99",
    ),
    "article's action": (of_item("article", "ar1", actions=["a99"]), "pack.yaml", "article point ar1", "a99"),
    "article's claim": (of_item("article", "ar1", claims=["f9-9"]), "pack.yaml", "article point ar1", "f9-9"),
    "article's topic": (of_item("article", "ar1", topics=["t99"]), "pack.yaml", "article point ar1", "t99"),
    "article leads on": (
        of_item("article", "ar1", questions=[]),
        "pack.yaml",
        "article point ar1",
        "links to no",
    ),
    "guide's topic": (of_item("guides", "law", topic="t99"), "guides/law.yaml", "guide law", "topic t99"),
    "persona's place": (
        of_item("personas", "ada", place="mars"),
        "personas.yaml",
        "persona ada",
        "place mars",
    ),
    "persona's situation": (
        of_item("personas", "ada", situation=["x"]),
        "personas.yaml",
        "persona ada",
        "situation x",
    ),
    "persona's question": (of_answer("ada", "q99", "a"), "personas.yaml", "persona ada", "question q99"),
    "persona's option": (of_answer("ada", "q3", "z"), "personas.yaml", "persona ada", "no option z"),
    "persona's list": (of_answer("ada", "q10", []), "personas.yaml", "persona ada", "q10"),
    "persona none with others": (
        of_answer("ada", "q10", ["none", "b"]),
        "personas.yaml",
        "persona ada",
        "alone",
    ),
    "persona partly on single": (
        of_answer("ada", "q3", {"some": ["b"]}),
        "personas.yaml",
        "persona ada",
        "q3",
    ),
    "link in why": (
        of_question("q3", why=text("[x](action:a99)")),
        "topics/t2.yaml",
        "question q3",
        "action a99",
    ),
    "citation in why": (
        of_question("q3", why=text("So.[^f9-9]")),
        "topics/t2.yaml",
        "question q3",
        "claim f9-9",
    ),
    "link in how": (
        of_item("actions", "a3", how=text("[x](term:y)")),
        "actions/t3.yaml",
        "action a3",
        "term y",
    ),
    "link in body": (
        of_item("guides", "law", body=text("[x](guide:y)")),
        "guides/law.en.md",
        "guide law",
        "guide y",
    ),
    "link to topic": (
        of_item("guides", "law", body=text("[x](topic:t3)")),
        "guides/law.en.md",
        "guide law",
        "t3",
    ),
    "link in step": (
        setting(step, body=text("[x](question:y)")),
        "platforms.yaml",
        "platform step phone-lock",
        "question y",
    ),
    "marks in a plain text": (
        of_question("q3", hint=text("So.[^f1-1]")),
        "topics/t2.yaml",
        "question q3",
        "`hint`",
    ),
    "unanswered option": (
        of_item("actions", "a2", helps={"q3": ["b"], "q4": ["b", "c", "unsure"]}, caps={"q4": 2}),
        "topics/t2.yaml",
        "option c of question q3",
        "no action answers it",
    ),
    "cap at the level": (
        of_item("actions", "a2", helps={}, caps={"q3": 2, "q4": 0}),
        "topics/t2.yaml",
        "option b of question q3",
        "no action answers it",
    ),
    "question out of reach": (
        of_question("q2", parent="q1", show=["none"]),
        "topics/t1.yaml",
        "question q2",
        "no answers lead to it",
    ),
    "option out of reach": (
        of_question("q2", parent="q1", show=["none"]),
        "topics/t1.yaml",
        "option c of question q2",
        "no answers lead to it",
    ),
    "action out of reach": (
        appended("actions", "a6", id="a7", helps={}),
        "actions/choices.yaml",
        "action a7",
        "no answ",
    ),
    "guide out of reach": (
        appended("guides", "law", id="lost"),
        "guides/lost.yaml",
        "guide lost",
        "no answers lead",
    ),
    "question without claim": (
        of_question("q3", claims=[]),
        "topics/t2.yaml",
        "question q3",
        "cites no claim",
    ),
    "source's date": (
        lambda data: item(data, "claims", "l1")["sources"][0].update(date="2019-13"),
        "claims/law.yaml",
        "claim l1",
        "2019-13",
    ),
    "checked tomorrow": (
        of_item("claims", "l1", checked="2026-07-02", due="2027-01-01"),
        "claims/law.yaml",
        "claim l1",
        "not come yet",
    ),
    "order of personas": (swap_personas, "personas.yaml", "persona ada", "stands below"),
    "clearly different": (
        lambda data: (
            data["personas"].insert(2, item(data, "personas", "ada") | {"id": "bo", "clear": False})
            or item(data, "personas", "ada").update(clear=True)
        ),
        "personas.yaml",
        "persona ada",
        "clearly different",
    ),
    "few personas": (drop_persona("eva"), "personas.yaml", "personas", "at least 8"),
    "all open": (of_answer("all-open", "q3", "b"), "personas.yaml", "persona all-open", "not 100"),
    "all closed": (of_answer("all-closed", "q3", "unsure"), "personas.yaml", "persona all-closed", "not 0"),
    "no all-open": (drop_persona("all-open"), "personas.yaml", "persona all-open", "no such"),
    "English": (
        lambda data: data["languages"][0].update(complete=False),
        "pack.yaml",
        "language en",
        "fall back",
    ),
    "missing text": (
        of_question("q3", hint={"fr": "Bon"}),
        "topics/t2.yaml",
        "question q3",
        "`hint` has no text in `en`",
    ),
    "blank text": (
        of_item("guides", "law", body=text("  \n")),
        "guides/law.en.md",
        "guide law",
        "`body` has no text",
    ),
    "missing reason": (
        of_option("q3", "c", reason={"fr": "x"}),
        "topics/t2.yaml",
        "option c of question q3",
        "`reason`",
    ),
    "missing forms": (of_item("glossary", "template", forms={}), "glossary.yaml", "term template", "`forms`"),
    "other complete language": (
        add_french(True),
        "guides/law.fr.md",
        "guide law",
        "`body` has no text in `fr`",
    ),
    "rating's text in it": (add_french(True), "topics/t3.yaml", "question q5", "`ratings.k.reason`"),
    "unknown language": (
        of_question("q3", hint={"en": "Yes", "xx": "X"}),
        "topics/t2.yaml",
        "question q3",
        "`xx`",
    ),
    "much too hard": (
        of_item("guides", "law", body=text(HARD)),
        "guides/law.yaml",
        "guide law",
        "reading level",
    ),
    "law's claim": (of_item("laws", "uk-gdpr", claim="l9"), "laws.yaml", "law uk-gdpr", "names claim l9"),
    "rights' law": (of_item("rights", "uk", laws=["x"]), "rights/uk.yaml", "rights uk", "names law x"),
    "rights of nowhere": (
        of_item("rights", "uk", id="atlantis"),
        "rights/atlantis.yaml",
        "rights atlantis",
        "names place",
    ),
    "rights' link": (
        of_item("rights", "uk", can=text("[A letter](letter:l9)")),
        "rights/uk.yaml",
        "rights uk",
        "leads to letter l9",
    ),
    "place's link": (
        of_item("letters", "l1", after=text("[Rights](place:fr)")),
        "letters/l1.yaml",
        "letter l1",
        "leads to rights fr",
    ),
    "two regulators": (
        lambda data: data["rights"][0]["regulators"].append(data["rights"][0]["regulators"][0]),
        "rights/uk.yaml",
        "regulator ico of rights uk",
        "stands 2 times",
    ),
    "two fields": (
        lambda data: data["letters"][0]["fields"].append(data["letters"][0]["fields"][0]),
        "letters/l1.yaml",
        "field service of letter l1",
        "stands 2 times",
    ),
    "two choices": (
        lambda data: data["letters"][0]["fields"][1]["options"].append(data["letters"][0]["fields"][1]["options"][0]),
        "letters/l1.yaml",
        "option face of field holds of letter l1",
        "stands 2 times",
    ),
    "letter's gap": (
        of_item("letters", "l1", subject=text("About {app}")),
        "letters/l1.yaml",
        "letter l1",
        "gap {app} that no field fills",
    ),
    "letter's idle field": (
        of_item("letters", "l1", body=text("Dear {service}, delete {holds}.\n\n{law}")),
        "letters/l1.yaml",
        "letter l1",
        "`name` stands nowhere",
    ),
    "letter's idle law": (
        of_item("letters", "l1", body=text("Dear {service}, delete {holds}. {name}")),
        "letters/l1.yaml",
        "letter l1",
        "`law` stands nowhere",
    ),
    "letter's law of nowhere": (
        of_item("letters", "l1", law={"fr": text("So.")}),
        "letters/l1.yaml",
        "letter l1",
        "names place fr",
    ),
    "letter out of reach": (
        appended("letters", "l1", id="l2"),
        "letters/l2.yaml",
        "letter l2",
        "no answers lead to it",
    ),
    "action's letter": (of_item("actions", "a1", letters=["l9"]), "actions/t1.yaml", "action a1", "names letter l9"),
    "hard letter": (
        of_item(
            "letters",
            "l1",
            body=text(many("institutional", "accountability", times=60) + ". {service} {holds} {law} {name}"),
        ),
        "letters/l1.yaml",
        "letter l1",
        "reading level",
    ),
}

WARNINGS: dict[str, tuple[Change, str, str, str]] = {
    "place without rights": (
        lambda data: data["places"].append({"id": "fr", "name": text("France")}),
        "pack.yaml",
        "place fr",
        "no rights",
    ),
    "idle law": (appended("laws", "uk-gdpr", id="old-law"), "laws.yaml", "law old-law", "no place names it"),
    "letter to be checked": (
        of_item("letters", "l1", due="2026-06-30", checked="2026-01-01"),
        "letters/l1.yaml",
        "letter l1",
        "due to be checked again",
    ),
    "V7 question": (
        lambda data: question(data, "q3")["ratings"].update(
            {name: {"value": 4, "reason": text("So.")} for name in "srk"}
        ),
        "topics/t2.yaml",
        "question q3",
        "more than 10%",
    ),
    "unused claim": (
        appended("claims", "l1", id="l2"),
        "claims/law.yaml",
        "claim l2",
        "nothing relies on it",
    ),
    "unused claim of no topic": (
        appended("claims", "l1", id="x1"),
        "claims/other.yaml",
        "claim x1",
        "nothing relies",
    ),
    "unused step": (
        lambda data: data["platforms"][0]["steps"].append(step(data) | {"id": "old"}),
        "platforms.yaml",
        "platform step old",
        "no action shows it",
    ),
    "not sure": (
        of_item("actions", "a2", helps={"q3": ["b", "c"], "q4": ["b", "c", "unsure"]}, caps={}),
        "topics/t2.yaml",
        "question q3",
        "not sure",
    ),
    "past due": (
        of_item("claims", "l1", due="2026-07-01"),
        "claims/law.yaml",
        "claim l1",
        "due to be checked",
    ),
    "step past due": (
        setting(step, due="2026-07-01"),
        "platforms.yaml",
        "platform step phone-lock",
        "due to be",
    ),
    "never checked": (
        of_item("claims", "l1", checked=None, due=None),
        "claims/law.yaml",
        "claim l1",
        "not yet checked by us",
    ),
    "not asked": (
        of_answer("all-closed", "q2", "a"),
        "personas.yaml",
        "persona all-closed",
        "q2 is answered",
    ),
    "rather hard": (
        of_item("guides", "law", body=text(RATHER_HARD)),
        "guides/law.yaml",
        "guide law",
        "reading level",
    ),
    "long sentence": (
        of_question("q3", hint=text(LONG_SENTENCE)),
        "topics/t2.yaml",
        "question q3",
        "above 20 words",
    ),
    "long sentence in a guide": (
        of_item("guides", "law", body=text(LONG_SENTENCE)),
        "guides/law.en.md",
        "guide law",
        "above 20 words",
    ),
    "long option": (
        of_option("q3", "b", text=text(many("one", times=13))),
        "topics/t2.yaml",
        "option b of question q3",
        "13 words",
    ),
    "long option for a child": (
        of_option("q3", "b", child=text(many("one", times=13))),
        "topics/t2.yaml",
        "option b of question q3",
        "`child` has 13 words",
    ),
    "alarm": (
        of_item("actions", "a3", summary=text("Hackers attack.")),
        "actions/t3.yaml",
        "action a3",
        "“Hackers”",
    ),
    "idle action": (
        appended("actions", "a3", id="a7", caps={"q11": 2}, topic="choices"),
        "actions/choices.yaml",
        "action a7",
        "of nobody",
    ),
}


def test_a_sound_pack_has_no_problems() -> None:
    assert found_in() == ()


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_names_its_file_and_item_and_stands_against_publishing(name: str) -> None:
    change, file, broken, reason = PROBLEMS[name]
    found = found_in(change)
    assert [p for p in found if (p.file, p.item, p.warning) == (file, broken, False) and reason in p.reason], found
    assert all(problem.mend for problem in found)
    assert not checks.may_be_published(found)


@pytest.mark.parametrize("name", WARNINGS)
def test_a_warning_names_its_file_and_item(name: str) -> None:
    change, file, broken, reason = WARNINGS[name]
    found = found_in(change)
    assert [p for p in found if (p.file, p.item, p.warning) == (file, broken, True) and reason in p.reason], found


@pytest.mark.parametrize("name", [name for name in WARNINGS if name != "V7 question"])
def test_a_pack_with_warnings_alone_may_be_published(name: str) -> None:
    # V7 is left out: the changed weight also puts the personas out of order.
    assert checks.may_be_published(found_in(WARNINGS[name][0]))


def test_all_problems_are_told_at_once() -> None:
    changes = [PROBLEMS[name][0] for name in ("V5 cap", "help now", "persona's option", "source's date")]
    items = {problem.item for problem in found_in(*changes)}
    assert {"action a3", "option c of question q3", "persona ada", "claim l1"} <= items


def test_a_decided_text_answers_an_option() -> None:
    unanswered = PROBLEMS["unanswered option"][0]
    decided = of_option("q3", "c", decided=text("The shop decides. Ask its manager."))
    assert "option c of question q3" not in {problem.item for problem in found_in(unanswered, decided)}


def test_help_now_makes_an_action_reachable() -> None:
    lost = appended("actions", "a6", id="a7", helps={})
    found = found_in(lost, of_option("q3", "c", help_now="a7"))
    assert "action a7" not in {problem.item for problem in found if not problem.warning}


def test_an_incomplete_language_may_lack_texts() -> None:
    assert found_in(add_french(False)) == ()


def test_personas_called_clearly_different_may_be_three_points_apart() -> None:
    assert found_in(of_item("personas", "ada", clear=True)) == ()


def test_the_report_proves_every_item_with_an_example() -> None:
    pack = make_pack()
    report = checks.report(pack)
    assert report is not None
    assert report.maximum == 240
    assert report.typical == 10
    assert report.topic_maximum == {f"t{number}": 48 for number in range(1, 6)}
    by_situation = {path.situation: (path.shortest, path.longest, path.scores) for path in report.paths}
    assert by_situation == {None: (9, 10, (0, 100)), (): (8, 9, (0, 90)), ("job",): (9, 10, (0, 100))}
    questionnaire = questionnaire_of(pack)
    for asked in questionnaire.questions:
        record = report.examples[f"question {asked.id}"]
        shown = [
            *scoring.on_screen(questionnaire, record),
            *scoring.on_screen(questionnaire, record, after_result=True),
        ]
        assert asked in shown
    assert {f"guide {guide.id}" for guide in pack.guides} <= set(report.examples)
    assert {f"action {action.id}" for action in pack.actions} <= set(report.examples)


def test_there_is_no_report_on_unsound_branching() -> None:
    assert checks.report(make_pack(PROBLEMS["V1 parent"][0])) is None


def test_no_combination_of_mistakes_stops_the_checks() -> None:
    chosen = random.Random(1)
    changes = [change for change, *_ in (*PROBLEMS.values(), *WARNINGS.values())]
    for _ in range(60):
        data = make_data()
        for change in chosen.sample(changes, 6):
            try:
                change(data)
            except StopIteration:
                continue  # an earlier change took the item away
        try:
            pack = Pack.model_validate(data)
        except ValidationError:
            continue
        assert checks.problems(pack, TODAY)
        checks.report(pack)


def test_personas_keep_their_declared_order() -> None:
    pack = make_pack()
    questionnaire = questionnaire_of(pack)
    middles = [scoring.score(questionnaire, record_of(persona)).points.total for persona in pack.personas]
    assert middles == sorted(middles, reverse=True)


def test_today_decides_what_is_past_due() -> None:
    found = checks.problems(make_pack(), dt.date(2027, 6, 30))
    assert {problem.item for problem in found} >= {
        "claim f1-1",
        "guide t1",
        "action a1",
        "platform step phone-lock",
    }
    assert checks.may_be_published(found)
