"""What the checkup asks, as forms. They render through crispy with our own template pack, `plain`."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Layout, Submit
from django import forms
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps import scoring
from apps.checkup.wording import states_of, wording
from apps.editions.compiled import CompiledEdition
from apps.editions.schema import (
    LINE_CHARACTERS,
    LINES_CHARACTERS,
    NONE,
    PREFER_NOT,
    UNSURE,
    Letter,
    LetterField,
    Question,
)
from apps.editions.templatetags.content import say, words

PARTLY = "partly"
"""Ticked together with options of a multi question: "these, but I am not sure about the rest"."""

STATES = (UNSURE, PREFER_NOT, PARTLY)


class CardsMixin:
    """A choice field whose options are cards in a fieldset.

    `heading` puts the page's h1 into the legend; `states` are values drawn dashed; `exclusive` lists values
    that stand alone, for the script that unticks the others.
    """

    cards = True
    heading = False
    states: tuple[str, ...] = ()
    exclusive = ""


class RadioCards(CardsMixin, forms.ChoiceField):
    """One answer of several. Nothing is preselected."""

    widget = forms.RadioSelect


class CheckboxCards(CardsMixin, forms.MultipleChoiceField):
    """Any number of answers."""

    widget = forms.CheckboxSelectMultiple


def helper(button: str | Promise, *, middle: str = "", action: str = "", multipart: bool = False) -> FormHelper:
    """Return the crispy helper that all our forms share: POST, no autocomplete, one button.

    `middle` is the template of what stands between the fields and the button.
    """
    made = FormHelper()
    made.form_method = "post"
    made.form_action = action
    made.attrs = {"autocomplete": "off"}
    if multipart:
        made.attrs["enctype"] = "multipart/form-data"
    if middle:
        made.layout = Layout()
        made.layout.fields.append(HTML('{% include "' + middle + '" %}'))
    made.add_input(Submit("submit", button))
    return made


class QuestionForm(forms.Form):
    """One question of an edition: its options, and the states that every question has.

    `answer` is the answer that the sheet holds now, if any. After `is_valid()`, `cleaned_data["answer"]` is a
    `scoring.Answer`.
    """

    skip = ""
    skip_label = ""

    def __init__(
        self,
        question: Question,
        data: Any = None,
        *,
        answer: scoring.Answer | None = None,
        for_child: bool = False,
    ) -> None:
        super().__init__(data, initial={"answer": values_of(answer)} if answer else None)
        self.question = question
        self.is_multi = question.kind == "multi"
        choices = [(option.id, say(wording(option, for_child))) for option in question.options]
        choices += states_of(self.is_multi)
        kind = CheckboxCards if self.is_multi else RadioCards
        field = kind(
            choices=choices,
            label=say(wording(question, for_child)),
            help_text=self._hint(question),
            error_messages={
                "required": _("Choose an answer. “Not sure” and “I would rather not say” are answers too."),
                "invalid_choice": _("That answer is not in the list. Choose one of the answers below."),
                "invalid_list": _("That answer is not in the list. Choose one of the answers below."),
            },
        )
        field.heading = True
        field.states = STATES
        if self.is_multi:
            field.exclusive = f"{NONE} {UNSURE} {PREFER_NOT}"
        if answer and not self.is_bound and not self.is_multi:
            self.initial["answer"] = values_of(answer)[0]
        self.fields["answer"] = field
        self.helper = helper(_("Continue"))
        self.helper.layout = Layout("answer", HTML('{% include "checkup/_why.html" %}'))

    def _hint(self, question: Question) -> str:
        hints = [say(question.hint)] if question.hint else []
        if self.is_multi:
            hints.append(_("Tick all that are true."))
        return format_html_join(" ", "{}", ((one,) for one in hints))

    def clean_answer(self) -> scoring.Answer:
        """Return the chosen values as an answer; values that exclude each other are refused."""
        chosen = self.cleaned_data["answer"] if self.is_multi else [self.cleaned_data["answer"]]
        answer = answer_of(self.question, chosen)
        if answer is None and set(chosen) == {PARTLY}:
            raise forms.ValidationError(_("Tick the answers you are sure of as well, or choose “Not sure”."))
        if answer is None:
            raise forms.ValidationError(
                _(
                    "Two of these answers exclude each other. "
                    "Tick either the things that are true, or one answer such as “Not sure”."
                )
            )
        return answer


def answer_of(question: Question, values: list[str]) -> scoring.Answer | None:
    """Return the answer that form values stand for, or None where they stand for none.

    A page that takes a valid answer needs no more than this; the form is for showing what is wrong.
    """
    picks = set(values if question.kind == "multi" else values[-1:])
    if picks == {UNSURE}:
        return scoring.Answer.not_sure()
    if picks == {PREFER_NOT}:
        return scoring.Answer.prefer_not()
    certain = picks - {PARTLY}
    if not certain or not certain <= {option.id for option in question.options}:
        return None
    if question.kind == "multi" and NONE in certain and len(picks) > 1:
        return None
    if PARTLY not in picks:
        return scoring.Answer.known(*certain)
    return scoring.Answer.partly(*certain) if question.kind == "multi" else None


def values_of(answer: scoring.Answer) -> list[str]:
    """Return the form values that stand for an answer."""
    if answer.state is scoring.State.NOT_SURE:
        return [UNSURE]
    if answer.state is scoring.State.PREFER_NOT_TO_SAY:
        return [PREFER_NOT]
    return [*sorted(answer.picks), *([PARTLY] if answer.state is scoring.State.PARTLY_SURE else [])]


class StartForm(forms.Form):
    """What the checkup is about: whole or one topic, for whom, where, and which parts of life apply.

    Place and situation may be skipped; an untouched situation means "skipped", not "none".
    """

    WHOLE = "whole"
    NO_PLACE = ""
    NOTHING = "nothing"

    topic = RadioCards(label=gettext_lazy("What would you like to check?"))
    who = RadioCards(label=gettext_lazy("Whose face is it about?"))
    place = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Where do you live?"),
        help_text=gettext_lazy("It decides which laws and addresses we show. It does not change the score."),
    )
    situation = CheckboxCards(
        required=False,
        label=gettext_lazy("Which of these are part of life now?"),
        help_text=gettext_lazy("It decides which questions are asked. Leave it empty to be asked everything."),
    )
    remember = forms.BooleanField(
        required=False,
        label=gettext_lazy("Remember my answers on this device for six months"),
        help_text=gettext_lazy(
            "Leave this unticked on a shared device. Then the answers go when you close the browser."
        ),
    )

    def __init__(self, edition: CompiledEdition, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["topic"].choices = [  # type: ignore[attr-defined]
            (self.WHOLE, _("Everything, in about five minutes")),
            *((topic.id, words(topic.name)) for topic in edition.scored_topics),
        ]
        self.fields["topic"].error_messages = {
            "required": _("Choose everything or one topic."),
            "invalid_choice": _("That topic is not in the list. Choose one of the topics below."),
        }
        self.fields["who"].choices = [("me", _("Mine")), ("child", _("My child's"))]  # type: ignore[attr-defined]
        self.fields["who"].error_messages = {
            "required": _("Choose whose face it is about. It changes only the wording."),
            "invalid_choice": _("Choose one of the two answers below."),
        }
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            (self.NO_PLACE, _("Skip this")),
            *((place.id, words(place.name)) for place in edition.pack.places),
        ]
        self.fields["place"].error_messages = {
            "invalid_choice": _("That place is not in the list. Choose one from the list, or skip it.")
        }
        situation = self.fields["situation"]
        situation.choices = [  # type: ignore[attr-defined]
            *((item.id, words(item.name)) for item in edition.pack.situations),
            (self.NOTHING, _("None of these")),
        ]
        situation.exclusive = self.NOTHING  # type: ignore[attr-defined]
        situation.error_messages = {
            "invalid_choice": _("That is not in the list. Tick what is true, or leave it empty."),
            "invalid_list": _("That is not in the list. Tick what is true, or leave it empty."),
        }
        self.helper = helper(_("Start"))

    def clean_situation(self) -> frozenset[str] | None:
        """Return the chosen situations; None where the question was skipped."""
        chosen = set(self.cleaned_data["situation"])
        if self.NOTHING in chosen and len(chosen) > 1:
            raise forms.ValidationError(_("Tick either “None of these” or the things that are true."))
        return frozenset(chosen - {self.NOTHING}) if chosen else None


class ResumeForm(forms.Form):
    """A resume code, typed by hand."""

    code = forms.CharField(
        label=gettext_lazy("Your resume code"),
        help_text=gettext_lazy("Letters and digits in groups. Capitals, spaces and hyphens do not matter."),
        max_length=200,
        error_messages={
            "required": gettext_lazy("Type the code you wrote down."),
            "max_length": gettext_lazy("That is longer than any of our codes. Check where it ends."),
            "null_characters_not_allowed": gettext_lazy("The code has a character that cannot be typed."),
        },
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.helper = helper(_("Continue with this code"))


class LoadForm(forms.Form):
    """A saved answers file, to go on from or to compare with the answers of now."""

    CONTINUE, COMPARE = "continue", "compare"

    file = forms.FileField(
        label=gettext_lazy("Your saved file"),
        help_text=gettext_lazy("It is read, used for this page and forgotten. It is not stored."),
        error_messages={
            "required": gettext_lazy("Choose the file that you saved."),
            "missing": gettext_lazy("Choose the file that you saved."),
            "empty": gettext_lazy("This file is empty. Choose the file that you saved."),
            "invalid": gettext_lazy("No file arrived. Choose the file again."),
        },
    )
    purpose = RadioCards(
        label=gettext_lazy("What would you like to do with it?"),
        choices=[
            (CONTINUE, gettext_lazy("Go on from it. It replaces the answers in this browser")),
            (COMPARE, gettext_lazy("Compare it with my answers in this browser")),
        ],
        error_messages={
            "required": gettext_lazy("Choose what to do with the file."),
            "invalid_choice": gettext_lazy("Choose one of the two answers below."),
        },
    )

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.helper = helper(_("Load the file"), multipart=True)


class LetterForm(forms.Form):
    """The gaps of a letter and the place whose law it names. Every field may stay empty.

    After `is_valid()`, `values()` gives what goes into the gaps, by the letter's field ids.
    """

    NO_PLACE = ""
    AS_TEXT = "as_text"

    def __init__(self, edition: CompiledEdition, letter: Letter, data: Any = None, *, place: str | None = None) -> None:
        super().__init__(data, initial={"place": place or self.NO_PLACE})
        self.letter = letter
        offered = [item for item in edition.pack.places if not letter.places or item.id in letter.places]
        self.fields["place"] = forms.ChoiceField(
            required=False,
            label=_("Where do you live?"),
            help_text=_("It puts the right law into the letter."),
            choices=[(self.NO_PLACE, _("Not chosen")), *((item.id, words(item.name)) for item in offered)],
            error_messages={"invalid_choice": _("That place is not in the list. Choose one from the list.")},
        )
        for field in letter.fields:
            self.fields[self.name_of(field)] = self._field(field)
        self.helper = helper(_("Make the letter"))
        self.helper.form_action = "#letter"
        self.helper.add_input(Submit(self.AS_TEXT, _("Save as plain text"), css_class="quiet"))

    @staticmethod
    def name_of(field: LetterField) -> str:
        """Return a field's name in the form; the prefix keeps it apart from the form's own fields."""
        return f"gap-{field.id}"

    @staticmethod
    def _field(field: LetterField) -> forms.Field:
        about: dict[str, Any] = {"required": False, "label": words(field.label), "help_text": words(field.hint)}
        if field.kind == "choice":
            refused = {"invalid_choice": _("That is not in the list. Choose one from the list.")}
            options = [("", _("Not chosen")), *((option.id, words(option.text)) for option in field.options)]
            return forms.ChoiceField(choices=options, error_messages=refused, **about)
        if field.kind == "date":
            refused = {"invalid": _("That is no date. Write it as day, month and year.")}
            widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            return forms.DateField(widget=widget, error_messages=refused, **about)
        longest = LINES_CHARACTERS if field.kind == "lines" else LINE_CHARACTERS
        return forms.CharField(
            max_length=longest,
            widget=forms.Textarea(attrs={"rows": 4}) if field.kind == "lines" else forms.TextInput(),
            error_messages={
                "max_length": _("Write at most %(limit_value)s characters here. You wrote %(show_value)s."),
                "null_characters_not_allowed": _("This has a character that cannot be typed. Write it again."),
            },
            **about,
        )

    def values(self) -> dict[str, str]:
        """Return the words for each gap; what was left empty or is not valid is missing."""
        found = {}
        for field in self.letter.fields:
            given = self.cleaned_data.get(self.name_of(field)) if self.is_bound else None
            if not given:
                continue
            if field.kind == "choice":
                found[field.id] = next(words(option.text) for option in field.options if option.id == given)
            elif field.kind == "date":
                found[field.id] = date_format(given, "DATE_FORMAT")
            elif field.kind == "line":
                found[field.id] = " ".join(given.split())
            else:
                found[field.id] = given.replace("\r\n", "\n")
        return found
