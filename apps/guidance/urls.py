"""Addresses of the guidance, all behind a language."""

from django.urls import path

from apps.guidance import views, views_search

app_name = "guidance"

urlpatterns = [
    path("guides/", views.guides, name="guides"),
    path("guides/<slug:guide_id>/", views.guide, name="guide"),
    path("actions/<slug:action_id>/", views.action, name="action"),
    path("platforms/", views.platforms, name="platforms"),
    path("rights/", views.rights_by_place, name="rights_by_place"),
    path("rights/<slug:place_id>/", views.rights, name="rights"),
    path("letters/", views.letters, name="letters"),  # one letter reads the visitor's place: checkup:letter
    path("claims/", views.claims, name="claims"),
    path("claims/<slug:claim_id>/", views.claim, name="claim"),
    path("freshness/", views.freshness, name="freshness"),
    path("glossary/", views.glossary, name="glossary"),
    path("glossary/<slug:term_id>/", views.term, name="term"),
    path("search/", views_search.search, name="search"),
]
