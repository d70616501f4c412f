"""Addresses of the site's own pages, all behind a language."""

from django.urls import path

from apps.website import changes, views

app_name = "website"

urlpatterns = [
    path("", views.home, name="home"),
    path("story/", views.story, name="story"),
    path("method/", views.method, name="method"),
    path("method/<slug:question_id>/", views.method_question, name="method_question"),
    path("changes/", changes.changes, name="changes"),
    path("changes/feed.xml", changes.feed, name="changes_feed"),
    # About this installation
    path("privacy/", views.privacy, name="privacy"),
    path("self-audit/", views.self_audit, name="self_audit"),
    path("about/", views.about, name="about"),
    path("accessibility/", views.accessibility, name="accessibility"),
]
