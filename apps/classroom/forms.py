"""What teachers and pupils fill in: a new class, and a join code."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from apps.checkup.cookies import layout_of
from apps.checkup.forms import CheckboxCards, RadioCards, helper
from apps.classroom import ages, codes, totals
from apps.classroom.models import LONGEST_LABEL, AgeGroup
from apps.editions.compiled import CompiledEdition
from apps.editions.templatetags.content import words


class ClassForm(forms.Form):
    """A new class. After `is_valid()`, `topics` holds those that were ticked, or those that suit the age group."""

    label = forms.CharField(required=False, max_length=LONGEST_LABEL)
    size = forms.IntegerField()
    uses_slips = forms.BooleanField(required=False)

    def __init__(self, edition: CompiledEdition, data: Any = None) -> None:
        super().__init__(data, initial={"rounds": "1"})
        self.edition = edition
        listed = _("Choose one of the answers in the list.")
        self.fields["age_group"] = RadioCards(
            label=_("How old are they?"),
            help_text=_("This decides which topics are suggested and which questions are left out."),
            choices=[(value, self._age_in_words(value)) for value in AgeGroup.values],
            error_messages={"required": _("Choose an age group."), "invalid_choice": listed},
        )
        self.fields["topics"] = CheckboxCards(
            required=False,
            label=_("Which topics?"),
            help_text=_("Tick none and we take the topics that suit the age group. A lesson has time for four."),
            choices=[(topic.id, words(topic.name)) for topic in edition.scored_topics],
            error_messages={"invalid_choice": listed},
        )
        self.fields["rounds"] = RadioCards(
            label=_("How many rounds?"),
            help_text=_("Two or three let the class compare, for example before and after a lesson."),
            choices=[("1", _("One")), ("2", _("Two")), ("3", _("Three"))],
            error_messages={"required": _("Choose how many rounds."), "invalid_choice": listed},
        )
        size = self.fields["size"]
        size.label = _("How many people, at most?")
        size.help_text = _("From %(least)s to %(most)s. A round closes by itself when so many have added theirs.") % {
            "least": totals.MINIMUM,
            "most": totals.LARGEST_SIZE,
        }
        size.error_messages |= {"required": _("Type a number."), "invalid": _("Type a whole number, such as 28.")}
        label = self.fields["label"]
        label.label = _("A label for yourself (you may leave this out)")
        label.help_text = _("For example “Tuesday, before lunch”. Please name no school, no class and no person.")
        label.error_messages |= {"max_length": _("Write a shorter label: up to 60 characters.")}
        slips = self.fields["uses_slips"]
        slips.label = _("Use slips, so that nobody adds twice")
        slips.help_text = _("You print a sheet of codes and cut it up. Everybody draws one. Each code works once.")
        self.order_fields(["age_group", "topics", "size", "rounds", "label", "uses_slips"])
        self.helper = helper(_("Open the class"))

    def _age_in_words(self, value: str) -> str:
        name = words(found.name) if (found := ages.notes_on(self.edition, value)) else str(AgeGroup(value).label)
        left_out = len(ages.left_out(self.edition, value))
        return _("%(name)s (one question is left out)") % {"name": name} if left_out == 1 else name

    def clean(self) -> dict[str, Any]:
        """Put in the topics that suit the age group, and refuse topics that would leave nothing to ask."""
        found = super().clean() or {}
        age_group = found.get("age_group")
        if age_group and "topics" in found:
            topics = found["topics"] or ages.suggested_topics(self.edition, age_group)
            left_out = ages.left_out(self.edition, age_group)
            if not layout_of(self.edition).leaves_something(frozenset(topics), left_out):
                self.add_error("topics", _("No question of this topic suits the age group. Tick another one as well."))
            found["topics"] = topics
        return found


class JoinForm(forms.Form):
    """A join code as it was typed. After `is_valid()`, `code` is a code as it stands in addresses."""

    code = forms.CharField(max_length=codes.LONGEST_TYPED, strip=True)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["code"]
        field.label = _("Code of the class")
        field.help_text = _("Six letters and digits. Capitals and spaces do not matter.")
        field.error_messages |= {
            "required": _("Type the code that your teacher shows."),
            "max_length": _("That is longer than any code. Check where it ends."),
        }
        field.widget.attrs |= {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        self.helper = helper(_("Find the class"))

    def clean_code(self) -> str:
        """Return the code that was meant, or say which symbol no code holds."""
        try:
            return codes.read_join_code(self.cleaned_data["code"])
        except codes.CodeError as error:
            if not error.symbol:
                message = _("A code has six letters and digits. Compare it with the screen.")
            elif error.meant:
                message = _("No code holds “%(symbol)s”. Perhaps it is one of these: %(meant)s.") % {
                    "symbol": error.symbol,
                    "meant": error.meant,
                }
            else:
                message = _("No code holds “%(symbol)s”. Compare it with the screen.") % {"symbol": error.symbol}
            raise forms.ValidationError(message) from error
