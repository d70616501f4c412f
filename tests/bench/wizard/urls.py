"""The wizard's forms, views and addresses: with an address for each question as on our site, or with one for all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from formtools.wizard.views import NamedUrlSessionWizardView, SessionWizardView

from tests.bench.wizard import QUESTIONS


class QuestionForm(forms.Form):
    """One question; a subclass for each says what it asks."""

    asked: dict[str, Any]

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        is_multi = self.asked["kind"] == "multi"
        self.fields["answer"] = (forms.MultipleChoiceField if is_multi else forms.ChoiceField)(
            label=self.asked["text"],
            help_text=self.asked["hint"],
            choices=self.asked["options"],
            widget=forms.CheckboxSelectMultiple if is_multi else forms.RadioSelect,
        )
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.add_input(Submit("submit", "Continue"))


def forms_asked() -> list[tuple[str, type[QuestionForm]]]:
    """Return a form for each question, by its id."""
    asked = json.loads((settings.FOLDER / QUESTIONS).read_text(encoding="utf-8"))
    return [(one["id"], type("AskedForm", (QuestionForm,), {"asked": one})) for one in asked]


class Wizard:
    """What both wizards have."""

    template_name = "question.html"
    request: Any

    def done(self, form_list: Iterable[QuestionForm], **_: Any) -> HttpResponse:
        """Show the answers."""
        answers = [(form.asked["text"], form.cleaned_data["answer"]) for form in form_list]
        return render(self.request, "done.html", {"answers": answers})


class NamedWizard(Wizard, NamedUrlSessionWizardView):  # type: ignore[misc]
    """Each question has its address; an answer leads to the next one by a redirect."""


class PlainWizard(Wizard, SessionWizardView):  # type: ignore[misc]
    """One address for all; the answer to a form is the next form, so there are half as many requests."""


application = get_wsgi_application()  # before the views, which need the apps
call_command("migrate", verbosity=0)
asked = forms_asked()
named = NamedWizard.as_view(asked, url_name="asked", done_step_name="done")
urlpatterns = [
    path("named/", named),
    path("named/<slug:step>/", named, name="asked"),
    path("plain/", PlainWizard.as_view(asked)),
]
