"""Addresses of the guidance, all behind a language."""

from django.urls import path

from apps.guidance import views

app_name = "guidance"

urlpatterns = [
    path("guides/", views.guides, name="guides"),
    path("guides/<slug:guide_id>/", views.guide, name="guide"),
    path("actions/<slug:action_id>/", views.action, name="action"),
    path("claims/<slug:claim_id>/", views.claim, name="claim"),
    path("glossary/", views.glossary, name="glossary"),
    path("glossary/<slug:term_id>/", views.term, name="term"),
]
