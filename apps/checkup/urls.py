"""Addresses of the checkup, all behind a language."""

from django.urls import path

from apps.checkup.views import keep, letter, paper, practice, result, walk

app_name = "checkup"

urlpatterns = [
    # The walk. `review` is a reserved id.
    path("checkup/", walk.start, name="start"),
    path("checkup/review/", walk.review, name="review"),
    path("checkup/<slug:question_id>/", walk.question, name="question"),
    # The result
    path("result/", result.result, name="result"),
    path("result/print/", result.print_view, name="print"),
    path("result/reminder.ics", result.reminder, name="reminder"),
    path("result/save", keep.save, name="save"),
    path("result/load/", keep.load, name="load"),
    path("plan/", result.tick, name="tick"),
    path("plan/platforms/", result.platforms, name="platforms"),
    # One's own answers
    path("resume/", keep.resume, name="resume"),
    path("remember/", keep.remember, name="remember"),
    path("upgrade/", keep.upgrade, name="upgrade"),
    path("erase/", keep.erase, name="erase"),
    # Practice and paper
    path("practice/", practice.practice, name="practice"),
    path("practice/<slug:persona_id>/", practice.persona, name="persona"),
    path("paper/", paper.paper, name="paper"),
    # A letter, which starts from the visitor's place; the list of letters is in the guidance
    path("letters/<slug:letter_id>/", letter.letter, name="letter"),
]
