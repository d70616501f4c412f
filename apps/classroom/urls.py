"""Addresses of classes and of the pages for teachers, all behind a language."""

from django.urls import include, path

from apps.classroom.views import made_up, pupil, screen, teacher

app_name = "classroom"

urlpatterns = [
    path("", include("apps.classroom.educator_urls")),
    # The teacher. `new` and `made-up` can be no codes.
    path("classes/new/", teacher.new, name="new"),
    path("classes/made-up/", made_up.overview, name="made_up"),
    path("classes/made-up/<slug:step>/", made_up.step, name="made_up_step"),
    path("classes/<str:code>/", teacher.klass, name="class"),
    path("classes/<str:code>/manage/<str:secret>/", teacher.manage, name="manage"),
    path("classes/<str:code>/keep-link/", teacher.keep_link, name="keep_link"),
    path("classes/<str:code>/new-link/", teacher.new_link, name="new_link"),
    path("classes/<str:code>/slips/", teacher.slips, name="slips"),
    path("classes/<str:code>/close/", teacher.close, name="close"),
    path("classes/<str:code>/next-round/", teacher.next_round, name="next_round"),
    path("classes/<str:code>/results/", teacher.results, name="results"),
    path("classes/<str:code>/results.csv", teacher.results_csv, name="results_csv"),
    path("classes/<str:code>/delete/", teacher.delete, name="delete"),
    path("classes/<str:code>/sign-out/", teacher.sign_out, name="sign_out"),
    # Everybody in the room
    path("classes/<str:code>/screen/", screen.screen, name="screen"),
    # The pupil
    path("join/", pupil.join, name="join"),
    path("join/<str:code>/", pupil.join_class, name="join_class"),
    path("join/<str:code>/add/", pupil.add, name="add"),
]
