"""What the browser tests share: the shipped edition, the pages and states of the site, and how to reach them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from playwright.sync_api import BrowserContext, Page, Response

from apps import scoring
from apps.checkup import saved_file
from apps.checkup.cookies import layout_of
from apps.checkup.forms import values_of
from apps.checkup.sheet import AnswerSheet
from apps.editions.compiled import CompiledEdition
from apps.editions.convert import answer_of, record_of
from apps.editions.pack_files import read_pack
from apps.editions.schema import Persona

SUBMIT = "main form button.button[type=submit]"
RESULT = "/en/result/"
START = "/en/checkup/"
REVIEW = "/en/checkup/review/"
SINGLE, MULTI, HELP_NOW = "q1", "q17", "q12"
FIRST_EDITION = 1

# --- The shipped edition -------------------------------------------------------------------------------


@cache
def edition() -> CompiledEdition:
    """Return the shipped pack as the edition that the server publishes."""
    return CompiledEdition(FIRST_EDITION, read_pack(settings.BASE_DIR / "apps" / "editions" / "pack"))


def persona(persona_id: str) -> Persona:
    """Return one of the shipped personas."""
    return edition().personas[persona_id]


def form_values(someone: Persona, question: str) -> list[str]:
    """Return what a persona ticks in the form of a question."""
    return values_of(answer_of(someone.answers[question]))


# --- Answers in the browser ----------------------------------------------------------------------------


def sheet_of(persona_id: str, **changes: Any) -> AnswerSheet:
    """Return the sheet of somebody who answers as a persona would, as answers of their own."""
    someone = persona(persona_id)
    record = record_of(someone)
    sheet = AnswerSheet(FIRST_EDITION, someone.place, record.situation, answers=record.answers)
    return sheet.replace(**changes)


@cache
def sheets() -> dict[str, AnswerSheet]:
    """Return the sheets that states of the result page need, by name."""
    everything = sheet_of("all-open")
    unsure = {question: scoring.Answer.not_sure() for question in everything.answers}
    maya = sheet_of("maya")
    steps = [step.action for step in scoring.plan(edition().questionnaire, maya.record()).steps]
    return {
        "everything open": everything,
        "one number": _exact(everything),
        "a range": sheet_of("george"),
        "nothing answered": everything.replace(answers={}),
        "mostly not sure": everything.replace(answers=unsure),
        "some steps done": maya.replace(ticked=frozenset(steps[:2])),
        "for a child": sheet_of("rosa", for_child=True),
        "one topic": everything.replace(topics=frozenset({"t1"})),
    }


def _exact(everything: AnswerSheet) -> AnswerSheet:
    """Return a sheet in the middle of the scale whose score is one number."""
    closed = record_of(persona("all-closed")).answers
    mixed = {
        question: closed.get(question, given) if place % 2 else given
        for place, (question, given) in enumerate(everything.answers.items())
    }
    return everything.replace(answers=mixed)


def saved(sheet: AnswerSheet) -> dict[str, Any]:
    """Return the saved file of a sheet, as Playwright wants it for a file field."""
    body = saved_file.dump(sheet, layout_of(edition()), [], saved=dt.date(2026, 1, 31))
    return {"name": "privacycheck-answers.json", "mimeType": "application/json", "buffer": body}


_COOKIES: dict[tuple[str, str], list[Any]] = {}


def hold(page: Page, origin: str, name: str) -> None:
    """Let the browser hold one of `sheets()`, got from the site by loading a saved file, and nothing else."""
    page.context.clear_cookies()
    key = (origin, name)
    if key not in _COOKIES:
        load(page, origin, sheets()[name], "continue")
        _COOKIES[key] = page.context.cookies()
        page.context.clear_cookies()
    page.context.add_cookies(_COOKIES[key])


def load(page: Page, origin: str, sheet: AnswerSheet, purpose: str) -> None:
    """Load a saved file, to `continue` from it or to `compare` it."""
    page.goto(origin + "/en/result/load/")
    page.set_input_files("input[type=file]", saved(sheet))
    page.check(f"input[name=purpose][value={purpose}]")
    send(page)


def go(page: Page, selector: str) -> None:
    """Click what leads to another page and wait for that page, which a click alone does not."""
    with page.expect_navigation():
        page.click(selector)


def send(page: Page) -> None:
    """Send the form on screen and wait for the page that it leads to."""
    go(page, SUBMIT)


# --- The walk ------------------------------------------------------------------------------------------


def begin(page: Page, origin: str, someone: Persona) -> None:
    """Fill in the start form as a persona would and send it."""
    page.goto(origin + START)
    page.check("input[name=topic][value=whole]")
    page.check("input[name=who][value=me]")
    page.select_option("select[name=place]", someone.place or "")
    for situation in someone.situation or ("nothing",):
        page.check(f"input[name=situation][value={situation}]")
    send(page)


def question_of(page: Page) -> str:
    """Return the id of the question on screen, or an empty text on any other page."""
    *_, before, last = page.url.split("#")[0].rstrip("/").split("/")
    return last if before == "checkup" and last != "review" else ""


def answer(page: Page, *values: str) -> None:
    """Tick these values on the question on screen and send them."""
    for value in values:
        page.check(f'input[name=answer][value="{value}"]')
    send(page)


def go_back(page: Page) -> None:
    """Go one page back, by the page's own history.

    Playwright's `go_back` asks the browser for that history, and is refused ("Not attached to an active page")
    while a page that has just come is being put in the place of the one before.
    """
    with page.expect_navigation():
        page.evaluate("() => { history.back() }")


def walk(page: Page, origin: str, persona_id: str) -> Iterator[str]:
    """Answer everything as a persona would; yields the question on screen before each answer is given."""
    someone = persona(persona_id)
    begin(page, origin, someone)
    while question := question_of(page):
        yield question
        answer(page, *form_values(someone, question))
    assert page.url == origin + REVIEW


def announced(page: Page) -> str:
    """Return the sentence that tells a screen reader the score of the result on screen."""
    return " ".join((page.locator("[data-announce]").text_content() or "").split())


def score_in_words(score: scoring.Score) -> str:
    """Return that sentence for a score."""
    low, high = score.shown
    return f"The score is now {low} out of 100." if low == high else f"The score is now {low} to {high} out of 100."


# --- Pages and states ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """A page in one of its states: what the browser holds, where it goes, and what is done there."""

    name: str
    path: str
    holds: str = ""
    act: Callable[[Page], None] | None = None

    def enter(self, page: Page, origin: str) -> None:
        """Bring a page into this state, with no cookie but those that it needs."""
        if self.holds:
            hold(page, origin, self.holds)
        else:
            page.context.clear_cookies()
        page.goto(origin + self.path)
        if self.act:
            self.act(page)


def _send_nothing_known(page: Page) -> None:
    page.fill("input[name=code]", "K7Q2-0000")
    send(page)


def _send_no_answers_file(page: Page) -> None:
    page.set_input_files("input[type=file]", {"name": "a.json", "mimeType": "application/json", "buffer": b"[]"})
    send(page)


def _send_contradiction(page: Page) -> None:
    """Tick what excludes each other, as a browser without scripts lets one do."""
    with_script_undone = "boxes => boxes.forEach(box => { box.checked = box.value !== 'partly' })"
    page.eval_on_selector_all("input[name=answer]", with_script_undone)
    send(page)


def _compare(page: Page) -> None:
    page.set_input_files("input[type=file]", saved(sheets()["one number"]))
    page.check("input[name=purpose][value=compare]")
    send(page)


def _practise(button: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        go(page, f"main button[name={button}]")

    return act


def _tick(page: Page) -> None:
    page.locator(".tick").first.click()
    page.wait_for_selector('.tick[aria-pressed="true"]')


def _open_all(page: Page) -> None:
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")


def _tamper(page: Page) -> None:
    page.context.add_cookies([{"name": "sheet", "value": "ABC:tampered", "url": page.url}])
    page.reload()


def _follow_a_word(page: Page) -> None:
    page.locator("a.term").first.click()
    page.wait_for_selector(".word:target")


def _choose_platforms(page: Page) -> None:
    _open_all(page)
    page.check("#platform-iphone")
    go(page, 'form[action$="/plan/platforms/"] button')
    _open_all(page)


def _fill_the_letter(page: Page) -> None:
    page.fill("#id_gap-service", "Corner shop")
    page.select_option("#id_gap-holds", index=1)
    send(page)


def _overfill_the_letter(page: Page) -> None:
    page.fill("#id_gap-service", "x" * 201)
    send(page)


# --- Classes -------------------------------------------------------------------------------------------

PEOPLE = ("liang", "maya", "rosa", "daniel", "george", "sam")
_CLASSES: dict[tuple[str, str], tuple[str, list[Any]]] = {}


def open_class(page: Page, origin: str, **wishes: str) -> str:
    """Open a class on its page and return its code. The page then holds the secret link, closed."""
    chosen = {"size": "12", "age_group": "14-18", "rounds": "2", "label": "Tuesday, before lunch", **wishes}
    page.goto(origin + "/en/classes/new/")
    for name in ("age_group", "rounds"):
        page.check(f'input[name={name}][value="{chosen[name]}"]')
    for name in ("size", "label"):
        page.fill(f"input[name={name}]", chosen[name])
    if "uses_slips" in chosen:
        page.check("input[name=uses_slips]")
    send(page)
    return (page.text_content("#manage-link") or "").split("/classes/")[1].split("/")[0]


def fill_class(origin: str, code: str, count: int, number: int = 1) -> None:
    """Let so many people add theirs, each with a browser of their own that is no more than a cookie jar."""
    from tests.bench.client import Browser

    port = int(origin.rpartition(":")[2])
    for place in range(count):
        person = Browser(port)
        someone = PEOPLE[place % len(PEOPLE)]
        address = f"/en/join/{code}/"
        address, page = person.follow(address, person.post(address, person.get(address), [("as", someone)]).expect(303, "joining"))
        while address.startswith("/en/checkup/q"):
            question = address.split("/")[3]
            given = persona(someone).answers.get(question)
            values = values_of(answer_of(given)) if given is not None else ["unsure"]
            address, page = person.follow(address, person.post(address, page, [("answer", value) for value in values]))
        result = person.get(RESULT)
        card = result.text().partition('id="class"')[2].partition("</section>")[0]
        fields = re.findall(r'<input type="hidden" name="((?!csrf)[^"]+)" value="([^"]*)">', card)
        assert dict(fields)["round"] == str(number)
        person.post(f"/en/join/{code}/add/", result, [*fields, ("add", "1")]).expect(303, "adding")
        person.close()


def _in_class(kind: str, then: str, **wishes: str) -> Callable[[Page], None]:
    """Bring a browser to a page of a class, as its teacher; each kind of class is made once for each server."""

    def act(page: Page) -> None:
        origin = "/".join(page.url.split("/")[:3])
        key = (origin, kind)
        if key not in _CLASSES:
            code = open_class(page, origin, **wishes)
            if kind == "closed":
                fill_class(origin, code, 12)
            _CLASSES[key] = code, page.context.cookies()
        code, cookies = _CLASSES[key]
        page.context.clear_cookies()
        page.context.add_cookies(cookies)
        page.goto(origin + then.format(code=code))

    return act


def _joined(page: Page) -> None:
    """Join a class as an invented person whose answers are all there, and go to the result with its card."""
    _in_class("open", "/en/join/{code}/")(page)
    go(page, "button[value=sam]")
    page.check("input[name=answer] >> nth=0")
    send(page)
    page.goto("/".join(page.url.split("/")[:3]) + RESULT)


def _declined(page: Page) -> None:
    _joined(page)
    go(page, "button[name=no]")


def _send_bad_class(page: Page) -> None:
    page.fill("input[name=size]", "6")
    page.check("input[name=rounds][value='1']")
    page.check("input[name=age_group][value=adult]")
    send(page)


def _send_wrong_code(page: Page) -> None:
    page.fill("input[name=code]", "K7Q2MO")
    send(page)


def _show_new_class(page: Page) -> None:
    open_class(page, "/".join(page.url.split("/")[:3]), uses_slips="1")


@cache
def states() -> tuple[State, ...]:
    """Return every template of the site in every state that a visitor can bring it into."""
    doubtful = next(claim.id for claim in edition().pack.claims if claim.doubt)
    stepwise = next(action.id for action in edition().pack.actions if action.steps)
    term = edition().pack.glossary[0].id
    after_result = next(q for q, topic in edition().topic_of.items() if topic.after_result)
    return (
        State("home", "/en/"),
        State("story", "/en/story/"),
        State("method", "/en/method/"),
        State("method, all opened", "/en/method/", act=_open_all),
        State("method of one question", f"/en/method/{MULTI}/"),
        State("privacy", "/en/privacy/"),
        State("self-audit, nothing stored", "/en/self-audit/"),
        State("self-audit, answers stored", "/en/self-audit/", "some steps done"),
        State("about", "/en/about/"),
        State("accessibility", "/en/accessibility/"),
        State("start", START),
        State("start, not accepted", START, act=send),
        State("start, answers kept", START, "a range"),
        State("question", f"/en/checkup/{SINGLE}/"),
        State("question, opened", f"/en/checkup/{SINGLE}/", act=_open_all),
        State("question, answered", f"/en/checkup/{SINGLE}/", "everything open"),
        State("question, for a child", f"/en/checkup/{SINGLE}/", "for a child"),
        State("question, not accepted", f"/en/checkup/{SINGLE}/", act=send),
        State("question with help", f"/en/checkup/{HELP_NOW}/", "everything open"),
        State("question after the result", f"/en/checkup/{after_result}/", "a range"),
        State("multi question", f"/en/checkup/{MULTI}/", "everything open"),
        State("multi question, not accepted", f"/en/checkup/{MULTI}/", "everything open", _send_contradiction),
        State("review", REVIEW, "a range"),
        State("review, nothing answered", REVIEW, "nothing answered"),
        State("result, no answers", RESULT),
        State("result, one number", RESULT, "one number"),
        State("result, a range", RESULT, "a range"),
        State("result, nothing answered", RESULT, "nothing answered"),
        State("result, mostly not sure", RESULT, "mostly not sure"),
        State("result, one topic", RESULT, "one topic"),
        State("result, with help, all opened", RESULT, "everything open", _open_all),
        State("result, steps done", RESULT, "some steps done"),
        State("result, a step ticked just now", RESULT, "one number", _tick),
        State("result, cookie not readable", RESULT, act=_tamper),
        State("print view", "/en/result/print/", "a range"),
        State("load", "/en/result/load/"),
        State("load, not accepted", "/en/result/load/", act=_send_no_answers_file),
        State("compare", "/en/result/load/", "a range", _compare),
        State("resume", "/en/resume/"),
        State("resume, not accepted", "/en/resume/", act=_send_nothing_known),
        State("erase", "/en/erase/", "a range"),
        State("erase, nothing stored", "/en/erase/"),
        State("erased", "/en/erase/", "a range", send),
        State("practice", "/en/practice/"),
        State("persona", "/en/practice/maya/"),
        State("practice question", "/en/practice/maya/", act=_practise("begin")),
        State("practice result", "/en/practice/maya/", act=_practise("result")),
        State("paper", "/en/paper/"),
        State("guides", "/en/guides/"),
        State("guide", "/en/guides/t2/"),
        State("action with steps", f"/en/actions/{stepwise}/"),
        State("claim with a doubt", f"/en/claims/{doubtful}/"),
        State("glossary", "/en/glossary/"),
        State("term", f"/en/glossary/{term}/"),
        State("word read in place", "/en/guides/t2/", act=_follow_a_word),
        State("where to tap", "/en/platforms/"),
        State("result, choosing platforms", RESULT, "some steps done", _choose_platforms),
        State("rights by place", "/en/rights/"),
        State("rights", "/en/rights/uk/"),
        State("letters", "/en/letters/"),
        State("letter", "/en/letters/l3/"),
        State("letter, filled in", "/en/letters/l1/", "a range", _fill_the_letter),
        State("letter, not accepted", "/en/letters/l1/", act=_overfill_the_letter),
        State("claims", "/en/claims/"),
        State("freshness", "/en/freshness/"),
        State("changes", "/en/changes/", act=_open_all),
        State("search", "/en/search/"),
        State("search, found", "/en/search/?q=templete"),
        State("search, nothing found", "/en/search/?q=xyzzyplugh"),
        State("not found", "/en/no-such-page/"),
        State("for teachers", "/en/educators/"),
        State("lesson", "/en/educators/lessons/forty-five/"),
        State("slides", "/en/educators/lessons/twenty/slides/"),
        State("sheet for class", "/en/educators/handouts/worksheet/"),
        State("data protection", "/en/educators/handouts/data-protection/"),
        State("questions to talk about", "/en/educators/prompts/"),
        State("persona cards", "/en/educators/persona-cards/"),
        State("new class", "/en/classes/new/"),
        State("new class, not accepted", "/en/classes/new/", act=_send_bad_class),
        State("class opened, with slips", "/en/", act=_show_new_class),
        State("class", "/en/", act=_in_class("open", "/en/classes/{code}/")),
        State("class, closing", "/en/", act=_in_class("open", "/en/classes/{code}/close/")),
        State("class, deleting", "/en/", act=_in_class("open", "/en/classes/{code}/delete/")),
        State("class, round closed", "/en/", act=_in_class("closed", "/en/classes/{code}/")),
        State("screen", "/en/", act=_in_class("open", "/en/classes/{code}/screen/")),
        State("screen, round closed", "/en/", act=_in_class("closed", "/en/classes/{code}/screen/")),
        State("results of a class", "/en/", act=_in_class("closed", "/en/classes/{code}/results/")),
        State("class of somebody else", "/en/classes/K7Q2MX/"),
        State("join", "/en/join/"),
        State("join, not accepted", "/en/join/", act=_send_wrong_code),
        State("join a class", "/en/", act=_in_class("open", "/en/join/{code}/")),
        State("join a class, round closed", "/en/", act=_in_class("closed", "/en/join/{code}/")),
        State("no such class", "/en/join/K7Q2MX/"),
        State("result in a class", "/en/", act=_joined),
        State("result in a class, declined", "/en/", act=_declined),
        State("made-up class", "/en/classes/made-up/"),
        *(
            State(f"made-up class, {step}", f"/en/classes/made-up/{step}/", act=_open_all)
            for step in ("opened", "join", "add", "progress", "closed", "second")
        ),
    )


@cache
def item_paths() -> tuple[str, ...]:
    """Return the address of every page that exists once for each item of the edition, but for its questions."""
    shipped = edition()
    return (
        *(f"/en/method/{question}/" for question in shipped.questions),
        *(f"/en/guides/{guide}/" for guide in shipped.guides),
        *(f"/en/actions/{action}/" for action in shipped.actions),
        *(f"/en/claims/{claim}/" for claim in shipped.claims),
        *(f"/en/glossary/{term}/" for term in shipped.terms),
        *(f"/en/rights/{place}/" for place in shipped.rights),
        *(f"/en/letters/{letter}/" for letter in shipped.letters),
        *(f"/en/educators/lessons/{lesson.id}/" for lesson in shipped.pack.lessons),
        *(f"/en/educators/lessons/{lesson.id}/slides/" for lesson in shipped.pack.lessons),
        *(f"/en/educators/handouts/{handout.id}/" for handout in shipped.pack.handouts),
        *(f"/en/practice/{someone.id}/" for someone in shipped.pack.personas if someone.practice),
    )


@cache
def question_paths() -> tuple[str, ...]:
    """Return the address of every question; with the sheet "everything open" each of them is on screen."""
    return tuple(f"/en/checkup/{question}/" for question in edition().questions)


def part(items: tuple[Any, ...], number: int, of: int) -> tuple[Any, ...]:
    """Return every `of`-th item from `number` on, so that parallel tests share the work evenly."""
    return items[number::of]


# --- Looking at a page ---------------------------------------------------------------------------------


class Documents:
    """The HTML of the last page that arrived, as the server sent it."""

    def __init__(self, page: Page) -> None:
        self._last: Response | None = None
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if response.request.is_navigation_request() and not 300 <= response.status < 400:
            self._last = response

    def last(self) -> bytes:
        """Return the bytes of the last document."""
        assert self._last is not None
        return self._last.body()


def too_wide(page: Page) -> int:
    """Return by how many CSS pixels the page is wider than the window; 0 where nothing scrolls sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def cookie_names(context: BrowserContext) -> set[str]:
    """Return the names of the cookies that the browser holds."""
    return {cookie["name"] for cookie in context.cookies()}


ContextMaker = Callable[..., BrowserContext]
