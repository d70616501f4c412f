"""What a class does not allow, each by its own name, with the words to say it kindly."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Refused(Exception):
    """Something that a class does not allow. `message` says so kindly, to whoever asked."""

    message: ClassVar[StrOrPromise] = ""


class NoSuchClass(Refused):
    """No class has this code or secret: never had, has no longer, or its days are over."""

    message = _("There is no class with this code. Check the code with your teacher.")


class BadLabel(Refused):
    """The label is too long or holds what cannot be shown on one line."""

    message = _("Write a shorter label on one line: up to 60 characters.")


class SizeTooSmall(Refused):
    """So few people get no totals; they are offered the practice class instead."""

    message = _(
        "Totals would not protect a group this small, so we do not make any. "
        "Use the made-up class, or join with another class."
    )


class SizeOutOfRange(Refused):
    """No class can have this size."""

    message = _("A class can have up to 40 people.")


class RoundsOutOfRange(Refused):
    """A class has one to three rounds."""

    message = _("A class can have one, two or three rounds.")


class UnknownTopic(Refused):
    """The edition has no such topic to score."""

    message = _("One of these topics is not there any more. Choose again from the list.")


class UnknownAgeGroup(Refused):
    """There is no such age group."""

    message = _("Choose one of the three age groups.")


class ContributionRefused(Refused):
    """A contribution that was not counted. Nothing has changed."""


class RoundClosed(ContributionRefused):
    """The round is closed; closing is final."""

    message = _("This round is closed, so nothing can be added any more. Your own result stays yours.")


class RoundFull(RoundClosed):
    """As many people as the class declared have added theirs."""

    message = _("This round is full: as many results are in as the class has people. Your own result stays yours.")


class TooLate(RoundClosed):
    """The 14 days of the round are over."""

    message = _("This round closed by itself after 14 days, so nothing can be added any more.")


class RoundLost(ContributionRefused):
    """A crash of the database server has erased the counters of the open round."""

    message = _("A fault on our side has erased this round. Nothing of it is left. Your teacher can open another one.")


class NoSuchRound(ContributionRefused):
    """The class has not opened this round."""

    message = _("Your class has not opened this round. Ask your teacher which round it is.")


class WrongEdition(ContributionRefused):
    """The result was made with other questions than those of the class."""

    message = _("Your result was made with other questions than those of the class. Start from the join page again.")


class AlreadyAdded(ContributionRefused):
    """The token was used in this round: a second press, a retry or a replayed form."""

    message = _("Yours is already in. It is counted once.")


class NotJoined(ContributionRefused):
    """The browser holds no cookie of having joined this class."""

    message = _("This browser has not joined the class, or has forgotten it. Join it again; nothing was added.")


class DeviceSpent(ContributionRefused):
    """The device has added three times to classes with the same questions."""

    message = _(
        "This browser has added three times, which is the most. Nothing was added. Your own result stays yours."
    )


class BadToken(ContributionRefused):
    """The token does not have the shape of one."""

    message = _("Something went wrong on the way, and nothing was added. Go back to your result and press again.")


class UnknownItem(ContributionRefused):
    """A pick names what the class does not count."""

    message = _("This does not fit what your class counts, so nothing was added. Go back to your result and try again.")


class PickedTwice(ContributionRefused):
    """Two picks are about the same item."""

    message = _("One item came twice, so nothing was added. Go back to your result and try again.")


class PickMissing(ContributionRefused):
    """An item of the class has no pick."""

    message = _("One item was missing, so nothing was added. Go back to your result and try again.")


class SlipNeeded(ContributionRefused):
    """The class uses slips, and none was given."""

    message = _("Your class uses slips. Type the code from your slip.")


class SlipUnknown(ContributionRefused):
    """The slip is not one of this round, or was used."""

    message = _("This slip does not work in this round. Check the code, or ask for another slip.")


class RoundStillOpen(Refused):
    """The round before must be closed first."""

    message = _("Close the open round first.")


class NoRoundLeft(Refused):
    """All planned rounds have been held."""

    message = _("This class has had all its rounds. Open a new class for another one.")


class NoSlips(Refused):
    """The class does not use slips."""

    message = _("This class does not use slips.")
