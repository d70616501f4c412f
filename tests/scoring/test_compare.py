"""Before and after: what the person changed, and what a changed edition did."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from apps.scoring import Ends, Option, Question, Questionnaire, Record, Topic, compare, score
from tests.scoring.editions import editions, few, records
from tests.scoring.worked import NOT_SURE, WORKED, answers, base, make_question


def heavier() -> Questionnaire:
    """Return the worked edition with B2 weighing twice as much: a maximum of 169."""
    questions = tuple(
        make_question("B2", "devices", 8, {"no": 0, "phone": 1, "apps": 2}) if question.id == "B2" else question
        for question in WORKED.questions
    )
    return Questionnaire(WORKED.topics, questions, WORKED.actions)


def test_within_one_edition_the_ruler_moves_nothing() -> None:
    change = compare(WORKED, base(), WORKED, base(A1="friends"))
    assert change.you is not None
    assert change.ruler is not None
    assert change.you.low == change.you.high == Fraction(-1600, 161)
    assert (change.you.printed, change.ruler.printed) == ((-10, -10), (0, 0))


def test_the_difference_is_split_exactly() -> None:
    change = compare(WORKED, base(), heavier(), base(A1="friends"))
    assert change.you is not None
    assert change.ruler is not None
    assert change.you.low == Fraction(-1600, 161)
    assert change.ruler.low == Fraction(5900, 169) - Fraction(5500, 161)
    assert change.before + change.you + change.ruler == change.after


def test_open_answers_move_each_end_on_its_own() -> None:
    change = compare(WORKED, base(), WORKED, base(C1=NOT_SURE))
    assert change.you is not None
    assert change.you == Ends(Fraction(0), Fraction(6800, 161))
    back = compare(WORKED, base(C1=NOT_SURE), WORKED, base())
    assert back.you is not None
    assert back.you == Ends(Fraction(0), Fraction(-6800, 161))


def with_question(question_id: str, **changes: object) -> Questionnaire:
    """Return the worked edition with one question changed."""
    questions = tuple(
        replace(question, **changes) if question.id == question_id else question  # type: ignore[arg-type]
        for question in WORKED.questions
    )
    return Questionnaire(WORKED.topics, questions, WORKED.actions)


def test_a_new_option_cannot_be_mapped() -> None:
    options = (*WORKED.question("B2").options, Option("both", 4))
    change = compare(WORKED, base(), with_question("B2", options=options), base(B2="both"))
    assert (change.you, change.ruler) == (None, None)
    assert change.after.is_exact


def test_a_new_question_cannot_be_mapped_unless_it_counts_for_nothing() -> None:
    extra = make_question("B3", "devices", 4, {"no": 0, "yes": 1})
    new = Questionnaire(WORKED.topics, (*WORKED.questions, extra), WORKED.actions)
    assert compare(WORKED, base(), new, base(B3="yes")).you is None
    assert compare(WORKED, base(), new, base()).you is not None
    unscored = replace(extra, ratings=None)
    new = Questionnaire(WORKED.topics, (*WORKED.questions, unscored), WORKED.actions)
    assert compare(WORKED, base(), new, base(B3="yes")).you is not None


def test_only_equal_scopes_are_compared() -> None:
    photos = frozenset({"photos"})
    assert compare(WORKED, base(), WORKED, replace(base(), topics=photos)).you is None
    assert compare(WORKED, base(), WORKED, replace(base(), left_out=frozenset({"B2"}))).you is None
    every = frozenset({"photos", "devices", "places"})
    assert compare(WORKED, base(), WORKED, replace(base(), topics=every)).you is not None
    new = Questionnaire((*WORKED.topics, Topic("new")), WORKED.questions, ())
    both = replace(base(), topics=photos | {"new"})
    assert compare(WORKED, replace(base(), topics=photos), new, both).you is None


@few
@given(editions(), st.data())
def test_before_you_and_ruler_add_up_to_after(old: Questionnaire, data: st.DataObject) -> None:
    new = Questionnaire(
        old.topics,
        tuple(replace(question, ratings=question.ratings and question.ratings[::-1]) for question in old.questions[:-1])
        + old.questions[-1:],
        old.actions,
    )
    new = Questionnaire(new.topics, tuple(_lower(question) for question in new.questions), ())
    earlier, later = (Record(data.draw(records(old)).answers) for _ in range(2))
    change = compare(old, earlier, new, later)
    assert change.you is not None
    assert change.ruler is not None
    assert change.before + change.you + change.ruler == change.after
    middle = score(old, later)
    assert change.you.low == Fraction(100 * middle.points.low, middle.maximum) - change.before.low


def _lower(question: Question) -> Question:
    """Return a question whose highest level is 3."""
    return replace(question, options=tuple(Option(option.id, min(option.level, 3)) for option in question.options))


def test_halves_are_printed_away_from_0_in_both_directions() -> None:
    half = Questionnaire(
        (Topic("t"),), tuple(make_question(f"q{n}", "t", 3, {"no": 0, "yes": 1}) for n in range(8)), ()
    )
    none = Record(answers(**{f"q{n}": "no" for n in range(8)}))
    one = Record(answers(**{f"q{n}": "yes" if n == 0 else "no" for n in range(8)}))
    up, down = compare(half, none, half, one).you, compare(half, one, half, none).you
    assert up is not None
    assert down is not None
    assert (up.low, up.printed, down.printed) == (Fraction(25, 2), (13, 13), (-13, -13))
