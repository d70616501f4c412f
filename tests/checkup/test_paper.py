"""The paper twin gives the same score as the screen."""

from __future__ import annotations

import random
import re

from apps import scoring
from apps.checkup.paper import paper_sheet


def _score_on_paper(sheet, picks) -> int:
    """Add up the points as the sheet says, and read the score from its table."""
    points = 0
    for part in sheet.topics:
        for item in part.questions:
            chosen = picks.get(item.question.id)
            if chosen:
                points += min(item.most, sum(row.points for row in item.options if row.option.id in chosen))
    return max(score for score, least in enumerate(sheet.thresholds) if least <= points)


def _random_record(questionnaire, rng, topics=None) -> scoring.Record:
    """Return fully known answers to everything on screen."""
    answers = {}
    while True:
        record = scoring.Record(answers=answers, topics=topics)
        missing = [q for q in scoring.on_screen(questionnaire, record) if q.id not in answers]
        if not missing:
            return record
        question = missing[0]
        ordinary = [o.id for o in question.options if o.id != scoring.NONE]
        if question.kind is scoring.Kind.MULTI:
            picks = [o for o in ordinary if rng.random() < 0.4] or [scoring.NONE]
        else:
            picks = [rng.choice(ordinary)]
        answers = {**answers, question.id: scoring.Answer.known(*picks)}


def test_it_gives_the_score_of_the_screen_for_fully_known_answers(edition):
    rng = random.Random(2019)
    whole = paper_sheet(edition)
    for _ in range(300):
        record = _random_record(edition.questionnaire, rng)
        shown = scoring.score(edition.questionnaire, record).shown[0]
        assert _score_on_paper(whole, {q: a.picks for q, a in record.answers.items()}) == shown


def test_it_does_so_for_chosen_topics_too(edition):
    rng = random.Random(3)
    for topic in edition.scored_topics:
        sheet = paper_sheet(edition, {topic.id})
        for _ in range(20):
            record = _random_record(edition.questionnaire, rng, frozenset({topic.id}))
            shown = scoring.score(edition.questionnaire, record).shown[0]
            assert _score_on_paper(sheet, {q: a.picks for q, a in record.answers.items()}) == shown


def test_every_band_begins_where_the_table_says(edition):
    sheet = paper_sheet(edition)
    for band, low, high in sheet.bands:
        for points in (low, high):
            assert scoring.band_of(scoring.shown_score(points, sheet.maximum)) is band


def test_the_page_prints_every_question_with_its_points(client, edition):
    page = client.get("/en/paper/").content.decode()
    assert len(re.findall('class="paper-question"', page)) == sum(len(t.questions) for t in edition.scored_topics)
    one = client.get("/en/paper/?topic=t2").content.decode()
    assert len(re.findall('class="paper-question"', one)) == len(edition.topics["t2"].questions)
    assert client.get("/en/paper/?topic=none-such").status_code == 200
