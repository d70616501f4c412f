"""What is kept for everybody holds nothing of anybody."""

from __future__ import annotations

import random
import re

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import Client
from django.utils.translation import override

from apps import scoring
from apps.checkup.cookies import OWN, layout_of, sign
from apps.checkup.forms import answer_of
from apps.checkup.kept import part, place
from apps.checkup.sheet import AnswerSheet, encode
from apps.editions import current
from apps.editions.compiled import CompiledEdition

TOKEN = "t" * 32
PAGES = (
    "/en/result/",
    "/en/result/?order=drop",
    "/zh-hans/result/",
    "/en/checkup/review/",
    "/en/checkup/q19/",
    "/en/checkup/",
)


def _people(edition: CompiledEdition, count: int) -> list[AnswerSheet]:
    """Return answer sheets that differ in all that a page may show; the draws are the same each time."""
    draw = random.Random(7)
    people = [AnswerSheet(edition=edition.number)]
    for _ in range(count):
        answers = {}
        for question in edition.questionnaire.questions:
            values = [option.id for option in edition.questions[question.id].options]
            answer = answer_of(edition.questions[question.id], [draw.choice(values)])
            answers[question.id] = draw.choice([answer, answer, answer, scoring.Answer.not_sure(), None])
        people.append(
            AnswerSheet(
                edition=edition.number,
                answers={question: answer for question, answer in answers.items() if answer},
                place=draw.choice([None, *(place.id for place in edition.pack.places)]),
                ticked=frozenset(draw.sample(sorted(edition.actions), draw.randrange(8))),
                platforms=frozenset(draw.sample(sorted(edition.platforms), draw.randrange(4))),
                for_child=draw.random() < 0.3,
                remember=draw.random() < 0.5,
            )
        )
    return people


def _pages(edition: CompiledEdition, sheet: AnswerSheet) -> list[str]:
    client = Client()
    client.cookies["csrftoken"] = TOKEN
    client.cookies[OWN] = sign(OWN, encode(sheet, layout_of(edition), full=True))
    pages = [client.get(page, follow=True).content.decode() for page in PAGES]
    return [re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", page) for page in pages]


def test_what_others_answered_before_changes_nothing_on_my_pages(edition, monkeypatch):
    people = _people(edition, 12)
    alone = []
    for sheet in people:
        monkeypatch.setattr(current, "_current", CompiledEdition(edition.number, edition.pack))
        alone.append(_pages(edition, sheet))
    assert len({pages[0] for pages in alone}) == len(people), "everybody's result is their own"
    monkeypatch.setattr(current, "_current", CompiledEdition(edition.number, edition.pack))
    for _ in range(2):
        for number in random.Random(3).sample(range(len(people)), len(people)):
            assert _pages(edition, people[number]) == alone[number]


def test_visitors_do_not_make_the_memory_grow(edition):
    people = _people(edition, 30)
    for sheet in people:
        _pages(edition, sheet)
    # Other answers, ticks and places than before may still meet a part for the first time, so go around once more.
    kept_for_all = len(edition._memo)
    for sheet in people:
        _pages(edition, sheet.replace(remember=not sheet.remember))
    assert len(edition._memo) == kept_for_all


@pytest.mark.parametrize("personal", [7, 7.5, ("q1", "a"), frozenset({"q1"})])
def test_numbers_and_answers_cannot_be_in_a_key(edition, personal):
    with pytest.raises(TypeError, match="name an id of the edition"):
        part(edition, "something", personal, make=lambda: "")


def test_a_place_is_filled_on_every_request_and_escaped(edition):
    made = []

    def make() -> str:
        made.append(1)
        return f"<b>{place('name')}</b>{place('name')}"

    with override("en"):
        for name, shown in (("Ada", "Ada"), ("<Bo & Co>", "&lt;Bo &amp; Co&gt;")):
            assert part(edition, "names", make=make).filled(name=name) == f"<b>{shown}</b>{shown}"
    assert made == [1]
    with override("zh-hans"), pytest.raises(KeyError):
        part(edition, "names", make=make).filled()
    assert made == [1, 1], "each language has its own"


def test_the_tag_lets_in_nothing_but_the_edition_its_key_and_its_places(edition):
    template = Template(
        '{% load checkup %}{% kept "it" half=yes fill name=who %}{{ edition.number }}|{{ half }}|{{ name }}|'
        "{{ who }}{{ sheet }}{{ request }}{{ csrf_token }}{% endkept %}"
    )
    for who in ("Ada", "Bo"):
        context = Context({"edition": edition, "yes": True, "who": who, "sheet": "secret", "csrf_token": TOKEN})
        assert template.render(context) == f"{edition.number}|True|{who}|"


@pytest.mark.parametrize(
    "wrong",
    [
        "{% kept %}{% endkept %}",
        "{% kept name %}{% endkept %}",
        '{% kept "a" yes %}{% endkept %}',
        '{% kept "a" fill who %}{% endkept %}',
        '{% kept "a" %}{% endkept %}{% kept "a" %}{% endkept %}',
    ],
)
def test_a_tag_that_would_mix_things_up_is_an_error_when_the_template_is_read(wrong):
    with pytest.raises(TemplateSyntaxError):
        Template("{% load checkup %}" + wrong)
