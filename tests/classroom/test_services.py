"""Classes as a teacher and a pupil meet them: what is opened, added, closed, refused and deleted."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.test import override_settings

from apps.classroom import codes, items, refusals, services, totals
from apps.classroom.codes import CodeError
from apps.classroom.models import Class, OpenRound, Outcome, Round
from apps.classroom.services import State
from tests.classroom.classes import DAY, add, counters_of, make_class, open_row, picks, seeded

pytestmark = pytest.mark.django_db(databases="__all__")


def later(days: int) -> dt.date:
    return DAY + dt.timedelta(days=days)


def shown(opened: services.Opened, today: dt.date = DAY) -> services.RoundShown:
    return services.rounds_shown(opened.klass, today)[-1]


# --- Opening ---------------------------------------------------------------------------------------------


def test_opening_gives_a_code_a_secret_and_a_first_round(edition_in_use):
    opened = make_class(edition_in_use, label=" Room 7 ", topics=["t3", "t1"], rounds=2)
    klass = Class.objects.get()
    assert (klass.code, klass.label, klass.topics) == (opened.klass.code, "Room 7", ["t1", "t3"])
    assert (klass.size, klass.rounds_planned, klass.edition, klass.opened_on) == (12, 2, 1, DAY)
    assert [item.id for item in klass.counted] == ["band", "topic", "step"]
    assert klass.counted[1].categories == ("t1", "t3", "none")
    assert shown(opened) == services.RoundShown(1, State.OPEN, progress=0)


def test_the_secret_is_stored_only_as_a_hash(edition_in_use):
    opened = make_class(edition_in_use)
    stored = repr(Class.objects.values().get())
    assert opened.secret not in stored
    assert services.class_of_secret(opened.secret, DAY) == opened.klass


def test_another_manage_link_makes_the_old_one_useless(edition_in_use):
    opened = make_class(edition_in_use)
    fresh = services.new_manage_secret(opened.klass)
    assert services.class_of_secret(fresh, DAY) == opened.klass
    with pytest.raises(refusals.NoSuchClass):
        services.class_of_secret(opened.secret, DAY)


def test_the_secret_of_one_class_does_not_manage_another(edition_in_use):
    first, second = make_class(edition_in_use), make_class(edition_in_use)
    assert services.class_of_secret(first.secret, DAY) == first.klass
    assert not codes.is_secret(first.secret, second.klass.secret_hash)


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ({"size": 0}, refusals.SizeOutOfRange),
        ({"size": -1}, refusals.SizeOutOfRange),
        ({"size": 41}, refusals.SizeOutOfRange),
        ({"size": 1}, refusals.SizeTooSmall),
        ({"size": 9}, refusals.SizeTooSmall),
        ({"rounds": 0}, refusals.RoundsOutOfRange),
        ({"rounds": 4}, refusals.RoundsOutOfRange),
        ({"topics": ["t1", "t99"]}, refusals.UnknownTopic),
        ({"age_group": "8-10"}, refusals.UnknownAgeGroup),
        ({"label": "x" * 61}, refusals.BadLabel),
        ({"label": "a\nb"}, refusals.BadLabel),
        ({"label": "a\x00b"}, refusals.BadLabel),
        ({"label": "\u202eabc"}, refusals.BadLabel),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_words(edition_in_use, wishes, error):
    with pytest.raises(error) as refused:
        make_class(edition_in_use, **wishes)
    assert str(refused.value.message)
    assert not Class.objects.exists()


@override_settings(CLASS_MINIMUM=15)
def test_a_raised_minimum_holds_from_opening_to_closing(edition_in_use):
    with pytest.raises(refusals.SizeTooSmall):
        make_class(edition_in_use, size=14)
    opened = make_class(edition_in_use, size=20)
    for _ in range(14):
        add(opened)
    assert shown(opened).progress == 0
    assert services.close_round(opened.klass, 1, DAY).state is State.TOO_FEW


@override_settings(CLASS_WOBBLE="1/2")
def test_the_stricter_wobble_is_remembered_with_the_round(edition_in_use):
    opened = make_class(edition_in_use)
    assert Round.objects.get().sides == totals.HALF
    assert shown(opened).sides == totals.HALF


# --- Joining ---------------------------------------------------------------------------------------------


def test_a_code_is_found_however_it_is_typed(edition_in_use):
    opened = make_class(edition_in_use)
    assert services.join(codes.grouped(opened.klass.code).lower(), DAY) == opened.klass


def test_unknown_deleted_and_expired_codes_are_refused_alike(edition_in_use, django_assert_num_queries):
    deleted, expired = make_class(edition_in_use), make_class(edition_in_use)
    services.delete_class(deleted.klass)
    for code, today in [("222222", DAY), (deleted.klass.code, DAY), (expired.klass.code, later(90))]:
        with (
            django_assert_num_queries(1, connection=database()),
            pytest.raises(refusals.NoSuchClass),
        ):
            services.find_class(code, today)
    assert services.find_class(expired.klass.code, later(89)) == expired.klass


def database():
    from django.conf import settings
    from django.db import connections

    return connections[settings.CLASSROOM_DATABASE]


@pytest.mark.parametrize("code", ["", "K7Q2M\x00", "k7q2mx", "K7Q2MXX", "../../"])
def test_what_is_no_code_belongs_to_no_class(code):
    with pytest.raises(refusals.NoSuchClass):
        services.find_class(code)
    with pytest.raises((CodeError, refusals.NoSuchClass)):
        services.join(code)


def test_joining_changes_nothing(edition_in_use):
    opened = make_class(edition_in_use)
    before = OpenRound.objects.values().get()
    services.join(opened.klass.code, DAY)
    services.rounds_shown(opened.klass, DAY)
    assert OpenRound.objects.values().get() == before


# --- Adding ----------------------------------------------------------------------------------------------


def test_a_contribution_adds_one_to_each_item_and_to_nothing_else(edition_in_use):
    opened = make_class(edition_in_use)
    add(opened, 2, 0, 4)
    add(opened, 2, 1, 9)
    assert counters_of(opened) == [
        [0, 0, 2, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    ]
    assert open_row(opened).n == 2


def test_counters_begin_at_secret_numbers(edition_in_use):
    opened = make_class(edition_in_use, byte=seeded(3))
    starts = counters_of(opened)
    assert any(value for row in starts for value in row)
    add(opened, 1, 1, 1)
    assert [sum(after) - sum(before) for before, after in zip(starts, counters_of(opened))] == [1, 1, 1]


def test_a_retry_is_not_counted_twice(edition_in_use):
    opened = make_class(edition_in_use)
    token = add(opened)
    before = OpenRound.objects.values().get()
    with pytest.raises(refusals.AlreadyAdded):
        add(opened, 1, 1, 1, token=token)
    assert OpenRound.objects.values().get() == before


def test_one_token_works_once_in_each_round(edition_in_use):
    opened = make_class(edition_in_use, rounds=2)
    token = add(opened)
    services.close_round(opened.klass, 1, DAY)
    services.open_next_round(opened.klass, today=DAY)
    add(opened, number=2, token=token)
    assert open_row(opened).n == 1


def test_a_new_secret_key_forgets_no_token_and_no_slip(edition_in_use, settings):
    opened = make_class(edition_in_use, uses_slips=True)
    token = add(opened, slip=opened.slips[0])
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-" + "y" * 60
    with pytest.raises(refusals.AlreadyAdded):
        add(opened, token=token, slip=opened.slips[1])
    add(opened, slip=opened.slips[1])
    with pytest.raises(refusals.SlipUnknown):
        add(opened, slip=opened.slips[1])


BAD_CONTRIBUTIONS = {
    "an unknown item": ({"extra": ("colour", "red")}, refusals.UnknownItem),
    "an unknown category": ({"change": ("band", "huge")}, refusals.UnknownItem),
    "a topic of another class": ({"change": ("topic", "t99")}, refusals.UnknownItem),
    "two picks of one item": ({"extra": ("band", "few")}, refusals.PickedTwice),
    "a missing item": ({"leave_out": "step"}, refusals.PickMissing),
    "another edition": ({"edition": 2}, refusals.WrongEdition),
    "a round to come": ({"number": 2}, refusals.NoSuchRound),
    "round 0": ({"number": 0}, refusals.NoSuchRound),
    "an empty token": ({"token": ""}, refusals.BadToken),
    "a token like a database dump": ({"token": "x" * 4000}, refusals.BadToken),
    "a token with a NUL": ({"token": "\x00" * 22}, refusals.BadToken),
}


@pytest.mark.parametrize("case", BAD_CONTRIBUTIONS)
def test_a_bad_contribution_is_refused_by_name_and_changes_nothing(edition_in_use, case):
    wishes, error = BAD_CONTRIBUTIONS[case]
    wishes = dict(wishes)
    opened = make_class(edition_in_use, rounds=2, byte=seeded(1))
    add(opened, 3)
    before = OpenRound.objects.values().get(), Round.objects.values().get()
    given = dict(picks(opened.klass.counted))
    if "change" in wishes:
        given |= dict([wishes.pop("change")])
    given.pop(wishes.pop("leave_out", ""), None)
    extra = [wishes.pop("extra")] if "extra" in wishes else []
    with pytest.raises(error) as refused:
        add(opened, **({"picks": [*given.items(), *extra]} | wishes))
    assert str(refused.value.message)
    assert (OpenRound.objects.values().get(), Round.objects.values().get()) == before


def test_the_size_closes_the_round_and_one_more_is_refused(edition_in_use):
    opened = make_class(edition_in_use)
    for place in [0] * 4 + [2] * 8:
        add(opened, place)
    found = shown(opened)
    assert found.state is State.RELEASED
    assert found.table
    assert found.table.as_json()["n"] == 12
    assert found.table.as_json()["rows"][0] == [4, "few", 8, "few", "few", "few"]
    with pytest.raises(refusals.RoundFull):
        add(opened)
    assert not OpenRound.objects.exists()


def test_adding_after_closing_is_refused(edition_in_use):
    opened = make_class(edition_in_use)
    for _ in range(11):
        add(opened)
    before = services.close_round(opened.klass, 1, DAY)
    with pytest.raises(refusals.RoundClosed) as refused:
        add(opened)
    assert type(refused.value) is refusals.RoundClosed
    assert shown(opened) == before


def test_adding_to_a_deleted_class_is_refused(edition_in_use):
    opened = make_class(edition_in_use)
    services.delete_class(opened.klass)
    with pytest.raises(refusals.NoSuchClass):
        add(opened)


def test_adding_to_a_round_that_a_crash_erased_says_so(edition_in_use):
    opened = make_class(edition_in_use, rounds=2)
    OpenRound.objects.all().delete()  # as PostgreSQL empties an unlogged table
    assert shown(opened).state is State.LOST
    with pytest.raises(refusals.RoundLost):
        add(opened)
    assert services.open_next_round(opened.klass, today=DAY)[0] == 2
    assert Round.objects.get(number=1).outcome == Outcome.LOST
    with pytest.raises(refusals.RoundLost):
        add(opened)
    add(opened, number=2)


# --- Slips -----------------------------------------------------------------------------------------------


def test_a_slip_works_once_however_it_is_typed(edition_in_use):
    opened = make_class(edition_in_use, uses_slips=True)
    assert len(opened.slips) == 12
    add(opened, slip=codes.grouped(opened.slips[4]).lower())
    with pytest.raises(refusals.SlipUnknown):
        add(opened, slip=opened.slips[4])
    assert open_row(opened).n == 1


@pytest.mark.parametrize(
    ("slip", "error"),
    [
        ("", refusals.SlipNeeded),
        ("  ", refusals.SlipNeeded),
        ("2222 2222", refusals.SlipUnknown),
        ("O", refusals.SlipUnknown),
        ("x" * 500, refusals.SlipUnknown),
    ],
)
def test_without_a_slip_nothing_is_added(edition_in_use, slip, error):
    opened = make_class(edition_in_use, uses_slips=True)
    with pytest.raises(error):
        add(opened, slip=slip)
    assert open_row(opened).n == 0


def test_slips_are_stored_only_as_hashes_in_an_order_that_says_nothing(edition_in_use):
    opened = make_class(edition_in_use, uses_slips=True)
    stored = open_row(opened).slips
    assert not any(slip in stored for slip in opened.slips)
    assert stored.split() == sorted(stored.split())


def test_a_fresh_sheet_is_always_whole_and_ends_the_one_before(edition_in_use):
    opened = make_class(edition_in_use, uses_slips=True)
    add(opened, slip=opened.slips[0])
    fresh = services.new_slips(opened.klass)
    assert len(fresh) == 12
    with pytest.raises(refusals.SlipUnknown):
        add(opened, slip=opened.slips[1])
    add(opened, slip=fresh[0])


def test_the_size_limits_a_round_whatever_slips_were_made(edition_in_use):
    opened = make_class(edition_in_use, uses_slips=True)
    for slip in opened.slips[:6]:
        add(opened, slip=slip)
    fresh = services.new_slips(opened.klass)
    for slip in fresh[:6]:
        add(opened, slip=slip)
    with pytest.raises(refusals.RoundFull):
        add(opened, slip=fresh[6])


def test_slips_of_one_round_do_not_work_in_the_next(edition_in_use):
    opened = make_class(edition_in_use, uses_slips=True, rounds=2)
    services.close_round(opened.klass, 1, DAY)
    number, slips = services.open_next_round(opened.klass, today=DAY)
    with pytest.raises(refusals.SlipUnknown):
        add(opened, number=number, slip=opened.slips[0])
    add(opened, number=number, slip=slips[0])


def test_there_are_no_slips_where_none_are_used_or_no_round_is_open(edition_in_use):
    with pytest.raises(refusals.NoSlips):
        services.new_slips(make_class(edition_in_use).klass)
    opened = make_class(edition_in_use, uses_slips=True)
    services.close_round(opened.klass, 1, DAY)
    with pytest.raises(refusals.RoundClosed):
        services.new_slips(opened.klass)


# --- Closing ---------------------------------------------------------------------------------------------


def test_nine_people_give_nothing_not_even_their_number(edition_in_use):
    opened = make_class(edition_in_use)
    for _ in range(9):
        add(opened)
    found = services.close_round(opened.klass, 1, DAY)
    assert found == services.RoundShown(1, State.TOO_FEW)
    assert not OpenRound.objects.exists()
    stored = Round.objects.values().get()
    assert stored["table"] is None
    assert stored == Round.objects.values().get() | {"outcome": Outcome.TOO_FEW}
    assert {"id", "klass_id", "number", "opened_on", "sides", "outcome", "table"} == stored.keys()


def test_ten_people_give_a_table(edition_in_use):
    opened = make_class(edition_in_use)
    for _ in range(10):
        add(opened, 5, 5, 9)
    found = services.close_round(opened.klass, 1, DAY)
    assert found.table
    assert found.table.as_json()["rows"][0] == [*["few"] * 5, "nearly-all"]


def test_closing_twice_gives_the_same_table(edition_in_use):
    opened = make_class(edition_in_use, byte=seeded(9))
    for number in range(11):
        add(opened, number % 5)
    first = services.close_round(opened.klass, 1, DAY)
    assert first.table
    assert services.close_round(opened.klass, 1, later(3)) == first == shown(opened)


def test_a_round_that_was_not_opened_cannot_be_closed(edition_in_use):
    with pytest.raises(refusals.NoSuchRound):
        services.close_round(make_class(edition_in_use).klass, 2, DAY)


def test_an_open_round_says_only_fives(edition_in_use):
    opened = make_class(edition_in_use, size=30)
    seen = []
    for _ in range(29):
        add(opened)
        seen.append(shown(opened).progress)
    assert seen == [0] * 9 + [10] * 5 + [15] * 5 + [20] * 5 + [25] * 5


def test_after_fourteen_days_a_round_takes_nothing_and_closes(edition_in_use):
    opened = make_class(edition_in_use)
    for _ in range(10):
        add(opened, today=later(13))
    assert shown(opened, later(13)).state is State.OPEN
    assert shown(opened, later(14)).state is State.DUE
    with pytest.raises(refusals.TooLate):
        add(opened, today=later(14))
    assert shown(opened, later(14)).state is State.RELEASED
    assert not OpenRound.objects.exists()


def test_a_clock_moved_back_reopens_nothing(edition_in_use):
    opened = make_class(edition_in_use)
    for _ in range(10):
        add(opened)
    services.close_due(later(14))
    before = shown(opened, later(14))
    services.tidy(later(-400))
    assert shown(opened, later(-2)) == before
    with pytest.raises(refusals.RoundClosed):
        add(opened, today=later(-2))


def test_rounds_that_are_due_close_by_themselves(edition_in_use):
    old, young = make_class(edition_in_use), make_class(edition_in_use, today=later(1))
    assert services.close_due(later(13)) == 0
    assert services.close_due(later(14)) == 1
    assert shown(old).state is State.TOO_FEW
    assert shown(young, later(14)).state is State.OPEN


# --- Rounds ----------------------------------------------------------------------------------------------


def test_rounds_follow_each_other_up_to_the_plan(edition_in_use):
    opened = make_class(edition_in_use, rounds=3)
    for number in (1, 2, 3):
        with pytest.raises(refusals.RoundStillOpen):
            services.open_next_round(opened.klass, today=DAY)
        services.close_round(opened.klass, number, DAY)
        if number < 3:
            assert services.open_next_round(opened.klass, today=DAY) == (number + 1, ())
    with pytest.raises(refusals.NoRoundLeft):
        services.open_next_round(opened.klass, today=DAY)


def test_the_next_round_closes_one_that_is_due(edition_in_use):
    opened = make_class(edition_in_use, rounds=2)
    assert services.open_next_round(opened.klass, today=later(14))[0] == 2
    assert [one.state for one in services.rounds_shown(opened.klass, later(14))] == [State.TOO_FEW, State.OPEN]


def test_the_next_round_has_starts_of_its_own(edition_in_use):
    opened = make_class(edition_in_use, rounds=2, byte=seeded(1))
    first = counters_of(opened)
    services.close_round(opened.klass, 1, DAY)
    services.open_next_round(opened.klass, byte=seeded(2), today=DAY)
    assert counters_of(opened) != first
    assert open_row(opened).n == 0
    assert open_row(opened).tokens == ""


def test_changes_are_said_between_released_rounds_only(edition_in_use):
    opened = make_class(edition_in_use, rounds=2)
    for number, place in ((1, 0), (2, 3)):
        for _ in range(12):
            add(opened, place, number=number)
        if number == 1:
            services.open_next_round(opened.klass, today=DAY, byte=lambda: 1)
    before, after = services.rounds_shown(opened.klass, DAY)
    found = services.changes_between(before, after)
    assert found
    assert found[0][0] is totals.Change.DOWN
    assert found[0][3] is totals.Change.UP
    assert {change for row in found[1:] for change in row} == {totals.Change.NOT_CLEAR}
    assert services.changes_between(before, services.RoundShown(2, State.TOO_FEW)) is None


# --- Deleting --------------------------------------------------------------------------------------------


def make_whole_class(edition, **wishes):
    opened = make_class(edition, rounds=2, **wishes)
    for _ in range(12):
        add(opened, today=wishes.get("today", DAY))
    services.open_next_round(opened.klass, today=wishes.get("today", DAY))
    return opened


def test_deleting_leaves_nothing(edition_in_use):
    opened = make_whole_class(edition_in_use)
    assert services.delete_class(opened.klass)
    assert not services.delete_class(opened.klass)
    assert not Class.objects.exists()
    assert not Round.objects.exists()
    assert not OpenRound.objects.exists()


def test_a_class_deletes_itself_after_ninety_days(edition_in_use):
    opened = make_whole_class(edition_in_use)
    kept = make_class(edition_in_use, today=later(1))
    assert opened.klass.deleted_on == later(90)
    assert services.delete_expired(later(89)) == 0
    assert services.delete_expired(later(90)) == 1
    assert list(Class.objects.all()) == [kept.klass]


def test_opening_a_class_tidies_up_in_passing(edition_in_use):
    old = make_class(edition_in_use)
    due = make_class(edition_in_use, today=later(76))
    make_class(edition_in_use, today=later(90))
    assert not Class.objects.filter(code=old.klass.code).exists()
    assert Round.objects.get(klass=due.klass).outcome == Outcome.TOO_FEW


def test_the_command_tidies_up_and_says_how_much(edition_in_use):
    make_class(edition_in_use, today=dt.date.today() - dt.timedelta(days=15))
    # The second one is opened before the first by its date, and its days are over.
    opened = make_class(edition_in_use, today=DAY - dt.timedelta(days=1000))
    said = io.StringIO()
    call_command("purge_classes", stdout=said)
    assert said.getvalue() == "Closed 1 rounds, deleted 1 classes, removed 0 rows of attempts.\n"
    assert not Class.objects.filter(code=opened.klass.code).exists()


# --- What is stored, and who may look ----------------------------------------------------------------------


def test_nothing_stored_is_finer_than_a_day(edition_in_use):
    from django.apps import apps
    from django.db import models

    for model in apps.get_app_config("classroom").get_models():
        for field in model._meta.get_fields():
            assert not isinstance(field, (models.DateTimeField, models.TimeField, models.GenericIPAddressField)), field


def test_the_row_of_an_open_round_fits_into_one_page(edition_in_use):
    opened = make_class(edition_in_use, size=40, uses_slips=True, byte=seeded(5))
    row = open_row(opened)
    for slip in opened.slips[:39]:
        add(opened, slip=slip)
    longest = len(row.slips) + len(open_row(opened).tokens) + len(row.counters)
    assert longest < 3500  # SQLite's page has 4096 bytes; what fits is overwritten in place


def test_tokens_are_sorted_so_that_their_order_says_nothing(edition_in_use):
    opened = make_class(edition_in_use)
    used = [add(opened) for _ in range(8)]
    stored = open_row(opened).tokens.split()
    assert stored == sorted(stored)
    assert len(stored) == 8
    assert not any(token in open_row(opened).tokens for token in used)


def test_two_rounds_that_differ_only_in_answers_look_the_same_until_closing(edition_in_use):
    pairs = [
        (make_class(edition_in_use, byte=seeded(1)), (0, 0, 0)),
        (make_class(edition_in_use, byte=seeded(2)), (4, 5, 9)),
    ]
    for _ in range(11):
        seen = []
        for opened, places in pairs:
            add(opened, *places)
            seen.append(services.rounds_shown(opened.klass, DAY))
        assert seen[0] == seen[1]


def test_looking_reads_no_counter(edition_in_use, django_assert_num_queries):
    opened = make_class(edition_in_use)
    with django_assert_num_queries(1, connection=database()) as captured:
        services.rounds_shown(opened.klass, DAY)
    (query,) = captured.captured_queries
    for column in ("counters", "tokens", "slips"):
        assert column not in query["sql"]


def test_only_services_touch_open_counters():
    """No module but these names the table of counters, so no other read path can exist.

    Backups leave it out, and `move_database` streams it to the machine that takes over.
    """
    from pathlib import Path

    apps_folder = Path(services.__file__).parents[1]
    found = {
        str(path.relative_to(apps_folder))
        for path in apps_folder.rglob("*.py")
        if "migrations" not in path.parts
        and any(name in path.read_text(encoding="utf-8") for name in ("OpenRound", "open_round", "openround"))
    }
    assert found == {
        "classroom/models.py",
        "classroom/services.py",
        "website/backups.py",
        "website/management/commands/restore.py",
    }


def test_every_refusal_has_its_own_words():
    every = [
        value for value in vars(refusals).values() if isinstance(value, type) and issubclass(value, refusals.Refused)
    ]
    worded = [str(one.message) for one in every if one not in (refusals.Refused, refusals.ContributionRefused)]
    assert all(worded)
    assert len(set(worded)) == len(worded)
    assert set(services._PICK_REFUSALS) == set(items.PickError.__subclasses__())
