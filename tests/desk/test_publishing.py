"""Publishing: what blocks, what needs a reason, who must agree, set times, and the way back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from apps.desk import publishing
from apps.desk.draft import draft, draft_problems
from apps.desk.exchange import import_pack
from apps.desk.items import remove_item, save_item
from apps.desk.models import Publication, Revision, State
from apps.desk.publishing import (
    CannotPublish,
    DraftChanged,
    HasProblems,
    NeedsApproval,
    NoNote,
    NoSuchEdition,
    NothingNew,
    OwnWork,
    TooLate,
    WarningsOpen,
    approve,
    cancel,
    needs_second_person,
    problem_key,
    publish_draft,
    publish_due,
    request_approval,
    roll_back,
    schedule,
)
from apps.desk.roles import NotAllowed, Role, set_role
from apps.editions.models import Edition
from apps.editions.pack_files import content_hash
from apps.editions.schema import Pack
from tests.desk.desks import all_ticked, data_of, everything, make_draft, make_editor, version_of
from tests.editions.packs import make_pack, option, question, text, topic

pytestmark = pytest.mark.django_db

CHANGES = {
    "a level": (lambda data: option(data, "q3", "b").update(level=3), True),
    "a weight": (
        lambda data: question(data, "q3")["ratings"].update(s={"value": 3, "reason": text("It stays.")}),
        True,
    ),
    "a parent": (lambda data: question(data, "q4").update(parent="q3", show=["b"]), True),
    "a situation": (lambda data: question(data, "q6").update(applies_to=["job"]), True),
    "a question less": (lambda data: topic(data, "choices")["questions"].clear(), True),
    "an option more": (
        lambda data: question(data, "q3")["options"].append(
            {"id": "d", "level": 3, "text": text("x"), "reason": text("x")}
        ),
        True,
    ),
    "words": (lambda data: question(data, "q3").update(text=text("Who hears you?")), False),
    "the reason of a weight": (
        lambda data: question(data, "q3")["ratings"]["s"].update(reason=text("Because.")),
        False,
    ),
    "an action": (lambda data: data["actions"][0].update(minutes=8), False),
    "the order of options": (lambda data: question(data, "q3")["options"].reverse(), False),
}
"""Changes to the small pack, each with whether levels, weights or branching change."""


@pytest.fixture
def publisher(db: None) -> User:
    return make_editor("publisher", Role.PUBLISHER)


@pytest.fixture
def second(db: None) -> User:
    return make_editor("second", Role.PUBLISHER)


def reword(words: str = "Turn it off") -> None:
    data = data_of("family", "settings") | {"name": text(words)}
    save_item("family", "settings", data, version_of("family", "settings"), None)


def reweigh(value: int = 3) -> None:
    data = data_of("question", "q3")
    data["ratings"]["r"] = {"value": value, "reason": text("It spreads.")}
    save_item("question", "q3", data, version_of("question", "q3"), None)


def first_edition() -> None:
    make_draft()
    publish_draft(None, "First", all_ticked())


def latest() -> Edition:
    return Edition.objects.order_by("-number")[0]


# --- What must hold ------------------------------------------------------------------------------------


def test_the_draft_becomes_the_next_edition_with_its_note_and_reasons(publisher: User):
    make_draft()
    warnings = [problem for problem in draft_problems() if problem.warning]
    edition = publish_draft(publisher, " The first one. ", all_ticked())
    assert (edition.number, edition.note, edition.content_hash) == (1, "The first one.", draft().content_hash)
    assert content_hash(Pack.model_validate_json(edition.content)) == draft().content_hash
    publication = Publication.objects.get()
    assert (publication.state, publication.edition, publication.user) == ("published", 1, publisher)
    assert warnings
    assert [(a["item"], a["reason"], a["accepted_because"]) for a in publication.accepted] == [
        (problem.item, problem.reason, "It is known.") for problem in warnings
    ]


def test_problems_block_whatever_is_ticked(publisher: User):
    make_draft()
    remove_item("guide", "law", 1, None, anyway=True)
    ticked = {problem_key(problem): "Never mind." for problem in draft_problems()}
    with pytest.raises(HasProblems) as caught:
        publish_draft(publisher, "Note", ticked)
    assert all(not problem.warning for problem in caught.value.problems)
    assert not Edition.objects.exists()


def test_each_warning_needs_a_reason(publisher: User):
    make_draft()
    ticked = all_ticked()
    left_out = next(iter(ticked))
    for acknowledged in ({}, ticked | {left_out: "  "}):
        with pytest.raises(WarningsOpen) as caught:
            publish_draft(publisher, "Note", acknowledged)
        assert left_out in {problem_key(problem) for problem in caught.value.problems}
    assert len(caught.value.problems) == 1
    assert not Edition.objects.exists()


def test_a_note_and_new_content_are_needed(publisher: User):
    first_edition()
    with pytest.raises(NothingNew):
        publish_draft(publisher, "Again", all_ticked())
    reword()
    with pytest.raises(NoNote):
        publish_draft(publisher, " \n", all_ticked())
    assert latest().number == 1


def test_what_was_looked_at_is_what_is_published(publisher: User):
    make_draft()
    seen = draft().content_hash
    reword()
    with pytest.raises(DraftChanged):
        publish_draft(publisher, "Note", all_ticked(), expected_hash=seen)
    assert publish_draft(publisher, "Note", all_ticked(), expected_hash=draft().content_hash).number == 1


def test_an_edition_that_came_between_is_noticed(publisher: User, monkeypatch: pytest.MonkeyPatch):
    first_edition()
    reword()
    from apps.editions.services import publish

    really = publishing.needs_second_person

    def meanwhile(old: Pack | None, new: Pack) -> bool:
        publish(make_pack(lambda data: data["families"].append({"id": "ask", "name": text("Ask")})), "Between")
        return really(old, new)

    monkeypatch.setattr(publishing, "needs_second_person", meanwhile)
    with pytest.raises(DraftChanged):
        publish_draft(publisher, "Note", all_ticked())
    assert latest().note == "Between"


ACTIONS = {
    "publish": lambda user: publish_draft(user, "Note", all_ticked()),
    "schedule": lambda user: schedule(user, "Note", timezone.now() + dt.timedelta(days=1), all_ticked()),
    "roll back": lambda user: roll_back(1, user, "Back"),
    "approve": lambda user: approve(user, draft().content_hash),
    "cancel": lambda user: cancel(Publication.objects.get(state=State.WAITING), user),
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS.keys())
@pytest.mark.parametrize("who", ["nobody", "writer", "left"])
def test_only_publishers_publish(action, who: str):
    first_edition()
    reword()
    schedule(None, "Later", timezone.now() + dt.timedelta(days=1), all_ticked())
    request_approval(None)
    if who == "nobody":
        user = User.objects.create(username="nobody")
    else:
        user = make_editor(who, Role.WRITER if who == "writer" else Role.PUBLISHER)
    if who == "left":
        User.objects.filter(pk=user.pk).update(is_active=False)
        user = User.objects.get(pk=user.pk)
    before = list(Publication.objects.values())
    with pytest.raises(NotAllowed):
        action(user)
    assert (list(Publication.objects.values()), latest().number) == (before, 1)


# --- The second person ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "scored"), CHANGES.values(), ids=CHANGES.keys())
def test_levels_weights_and_branching_need_a_second_person(change, scored: bool, settings):
    settings.DESK_SECOND_PERSON = "always"
    assert needs_second_person(make_pack(), make_pack(change)) is scored
    settings.DESK_SECOND_PERSON = "never"
    assert not needs_second_person(make_pack(), make_pack(change))


def test_the_rule_holds_by_itself_once_two_people_can_publish(publisher: User):
    packs = make_pack(), make_pack(CHANGES["a level"][0])
    assert not needs_second_person(*packs)
    make_editor("writer", Role.WRITER)
    assert not needs_second_person(*packs)
    second = make_editor("second", Role.ADMINISTRATOR)
    assert needs_second_person(*packs)
    second.is_active = False
    second.save()
    assert not needs_second_person(*packs)


def test_the_first_edition_counts_as_a_change(publisher: User, second: User):
    make_draft()
    with pytest.raises(NeedsApproval):
        publish_draft(publisher, "First", all_ticked())


def test_words_are_published_alone(publisher: User, second: User):
    make_draft()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "needs_second_person", lambda old, new: False)
        publish_draft(None, "First", all_ticked())
    reword()
    assert publish_draft(publisher, "Words", all_ticked()).number == 2


def prepared_change() -> str:
    """Publish the small pack, change a weight in the draft, and return the draft's hash."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "needs_second_person", lambda old, new: False)
        first_edition()
    reweigh()
    return draft().content_hash


def test_a_weight_is_published_once_another_publisher_has_approved_it(publisher: User, second: User):
    writer = make_editor("writer", Role.WRITER)
    digest = prepared_change()
    with pytest.raises(NeedsApproval):
        publish_draft(publisher, "Weights", all_ticked())
    request_approval(writer, "Please look")
    with pytest.raises(NeedsApproval):
        publish_draft(publisher, "Weights", all_ticked(), approved_by=second)
    approve(second, digest)
    assert publish_draft(publisher, "Weights", all_ticked(), approved_by=second).number == 2
    publication = Publication.objects.get(edition=2)
    assert (publication.approved_by, publication.approved_by_name) == (second, "second")


def test_nobody_approves_their_own_work(publisher: User, second: User):
    digest = prepared_change()
    request_approval(publisher)
    with pytest.raises(OwnWork):
        approve(publisher, digest)
    approve(second, digest)
    with pytest.raises(OwnWork):
        publish_draft(second, "Weights", all_ticked())
    with pytest.raises(NeedsApproval):
        publish_draft(publisher, "Weights", all_ticked(), approved_by=publisher)
    assert latest().number == 1
    assert publish_draft(publisher, "Weights", all_ticked()).number == 2


def test_an_approval_is_of_exactly_one_content(publisher: User, second: User):
    digest = prepared_change()
    request_approval(publisher)
    approve(second, digest)
    reword()
    with pytest.raises(NeedsApproval):
        publish_draft(publisher, "Weights", all_ticked())
    with pytest.raises(DraftChanged):
        approve(second, digest)
    with pytest.raises(DraftChanged):
        approve(second, draft().content_hash)
    reword("Change a setting")
    assert publish_draft(publisher, "Weights", all_ticked()).number == 2


def test_the_approval_of_someone_who_may_no_longer_publish_does_not_count(publisher: User, second: User):
    digest = prepared_change()
    request_approval(publisher)
    approve(second, digest)
    make_editor("third", Role.PUBLISHER)
    set_role(second, Role.WRITER)
    with pytest.raises(NeedsApproval):
        publish_draft(publisher, "Weights", all_ticked())


def test_what_has_problems_is_not_shown_for_approval(publisher: User):
    make_draft()
    remove_item("guide", "law", 1, None, anyway=True)
    with pytest.raises(HasProblems):
        request_approval(publisher)


# --- Set times -----------------------------------------------------------------------------------------

SOON = dt.timedelta(hours=1)


def test_what_was_frozen_is_published_when_it_is_due_and_only_once(publisher: User):
    first_edition()
    reword("At nine")
    frozen = draft().content_hash
    at = timezone.now() + SOON
    publication = schedule(publisher, "At nine", at, all_ticked())
    reword("After")
    assert publish_due() == ()
    assert latest().number == 1
    (published,) = publish_due(at)
    assert (published.pk, published.state, published.edition) == (publication.pk, "published", 2)
    assert (latest().content_hash, latest().note) == (frozen, "At nine")
    assert published.content == ""
    assert publish_due(at + SOON) == ()
    assert latest().number == 2


def test_a_time_that_has_passed_is_refused(publisher: User):
    make_draft()
    with pytest.raises(TooLate):
        schedule(publisher, "Note", timezone.now(), all_ticked())
    assert not Publication.objects.exists()


def test_a_cancelled_one_is_never_published(publisher: User):
    first_edition()
    reword()
    publication = schedule(publisher, "Later", timezone.now() + SOON, all_ticked())
    cancel(publication, publisher)
    assert publish_due(timezone.now() + 2 * SOON) == ()
    with pytest.raises(TooLate):
        cancel(publication, publisher)
    publication.refresh_from_db()
    assert (publication.state, publication.reason) == ("cancelled", "cancelled by publisher")
    assert latest().number == 1


def test_two_in_a_row_are_both_published(publisher: User):
    first_edition()
    now = timezone.now()
    reword("One")
    schedule(publisher, "One", now + SOON, all_ticked())
    reword("Two")
    schedule(publisher, "Two", now + 2 * SOON, all_ticked())
    assert [p.edition for p in publish_due(now + 3 * SOON)] == [2, 3]
    assert latest().note == "Two"


def test_one_that_would_undo_a_newer_edition_fails(publisher: User):
    first_edition()
    reword("Monday")
    schedule(publisher, "Monday", timezone.now() + SOON, all_ticked())
    reword("Urgent")
    publish_draft(publisher, "Urgent", all_ticked())
    (failed,) = publish_due(timezone.now() + 2 * SOON)
    assert failed.state == "failed"
    assert "Edition 2 was published after this was scheduled" in failed.reason
    assert publish_due(timezone.now() + 3 * SOON) == ()
    assert latest().note == "Urgent"


def test_one_whose_publisher_left_fails(publisher: User):
    first_edition()
    reword()
    schedule(publisher, "Later", timezone.now() + SOON, all_ticked())
    set_role(publisher, Role.WRITER)
    (failed,) = publish_due(timezone.now() + 2 * SOON)
    assert (failed.state, failed.edition) == ("failed", None)
    assert "publisher, who scheduled this" in failed.reason
    assert latest().number == 1


def test_a_failure_does_not_hold_up_the_next(publisher: User):
    first_edition()
    reword("One")
    broken = schedule(publisher, "One", timezone.now() + SOON, all_ticked())
    Publication.objects.filter(pk=broken.pk).update(content="{}")
    reword("Two")
    schedule(publisher, "Two", timezone.now() + 2 * SOON, all_ticked())
    states = [p.state for p in publish_due(timezone.now() + 3 * SOON)]
    assert states == ["failed", "published"]


def test_the_command_tells_and_fails_where_one_fails(publisher: User, capsys, monkeypatch: pytest.MonkeyPatch):
    first_edition()
    reword()
    publication = schedule(publisher, "Later", timezone.now() + SOON, all_ticked())
    call_command("publish_due")
    assert capsys.readouterr().out == ""
    Publication.objects.filter(pk=publication.pk).update(due_at=timezone.now())
    call_command("publish_due")
    assert capsys.readouterr().out == "Published edition 2.\n"
    reword("More")
    publication = schedule(publisher, "Later", timezone.now() + SOON, all_ticked())
    Publication.objects.filter(pk=publication.pk).update(due_at=timezone.now(), content="{}")
    with pytest.raises(SystemExit):
        call_command("publish_due")
    assert "failed" in capsys.readouterr().err


def test_a_scheduled_weight_needs_its_approval_before(publisher: User, second: User):
    digest = prepared_change()
    at = timezone.now() + SOON
    with pytest.raises(NeedsApproval):
        schedule(publisher, "Weights", at, all_ticked())
    request_approval(publisher)
    approve(second, digest)
    schedule(publisher, "Weights", at, all_ticked())
    assert [p.edition for p in publish_due(at)] == [2]


# --- The way back --------------------------------------------------------------------------------------


def test_rolling_back_publishes_old_content_under_a_new_number_and_leaves_the_draft(publisher: User, second: User):
    prepared_change()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "needs_second_person", lambda old, new: False)
        publish_draft(None, "Weights", all_ticked())
    before, lines = everything(), Revision.objects.count()
    edition = roll_back(1, publisher, "The weights were wrong.")
    assert (edition.number, edition.note) == (3, "The weights were wrong.")
    assert edition.content_hash == Edition.objects.get(number=1).content_hash
    assert Publication.objects.get(edition=3).returns_to == 1
    assert (everything(), Revision.objects.count()) == (before, lines)
    with pytest.raises(NothingNew):
        roll_back(1, publisher, "Again")


def test_rolling_back_needs_an_edition_and_a_note(publisher: User):
    first_edition()
    for number in (0, 7, -1):
        with pytest.raises(NoSuchEdition):
            roll_back(number, publisher, "Back")
    reword()
    publish_draft(publisher, "Second", all_ticked())
    with pytest.raises(NoNote):
        roll_back(1, publisher, "")
    Edition.objects.filter(number=1).update(content="{}")
    with pytest.raises(NoSuchEdition):
        roll_back(1, publisher, "Back")
    assert latest().number == 2


def test_a_scheduled_one_does_not_undo_a_roll_back(publisher: User):
    first_edition()
    reword("Two")
    publish_draft(publisher, "Two", all_ticked())
    reword("Three")
    schedule(publisher, "Three", timezone.now() + SOON, all_ticked())
    roll_back(1, publisher, "Back")
    (failed,) = publish_due(timezone.now() + 2 * SOON)
    assert failed.state == "failed"


def test_every_refusal_says_why_in_a_sentence():
    import_pack(make_pack(), None)
    for refuse in (
        lambda: publish_draft(None, "", {}),
        lambda: publish_draft(None, "Note", {}),
        lambda: roll_back(5, None, "Note"),
    ):
        with pytest.raises(CannotPublish) as caught:
            refuse()
        assert str(caught.value).endswith(".")
