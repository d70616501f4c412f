"""Addresses of the pages for teachers, included under the name `classroom`, behind a language."""

from django.urls import path

from apps.classroom import educators

urlpatterns = [
    path("educators/", educators.educators, name="educators"),
    path("educators/lessons/<slug:lesson_id>/", educators.lesson, name="lesson"),
    path("educators/lessons/<slug:lesson_id>/slides/", educators.lesson_slides, name="lesson_slides"),
    path("educators/handouts/<slug:handout_id>/", educators.handout, name="handout"),
    path("educators/prompts/", educators.prompts, name="prompts"),
    path("educators/persona-cards/", educators.persona_cards, name="persona_cards"),
    path("educators/material.zip", educators.lesson_zip, name="lesson_zip"),
]
