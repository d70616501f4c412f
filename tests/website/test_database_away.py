"""Where the database does not do its work, a page says so, and when to come again; a fault of ours stays one."""

from __future__ import annotations

import pytest
from django import db
from django.test import Client

PASSING = (db.OperationalError, db.InterfaceError, db.InternalError, db.ProgrammingError)
FAULTS = (db.IntegrityError, db.DataError, ValueError)
SECRET = "what the database says of itself"


def _asked(address: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch, view: str):
    def fail(*_: object, **__: object) -> None:
        raise error(SECRET)

    monkeypatch.setattr(view, fail)
    return Client(raise_request_exception=False).get(address)


@pytest.mark.parametrize("error", PASSING)
def test_a_page_that_needs_it_is_a_503_that_says_when_to_come_again(edition, monkeypatch, error):
    response = _asked("/en/self-audit/", error, monkeypatch, "apps.website.views.render")
    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "30", "no-store")
    assert "Your answers are still in your browser" in response.content.decode()
    assert SECRET not in response.content.decode()


@pytest.mark.django_db
def test_an_editor_is_told_that_nothing_was_saved(edition, monkeypatch):
    response = _asked("/editor/sign-in/", db.OperationalError, monkeypatch, "apps.desk.views.account.render")
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "what you typed is still in the form" in response.content.decode()


@pytest.mark.parametrize("error", FAULTS)
def test_a_fault_of_ours_does_not_pass_by_waiting(edition, monkeypatch, error):
    response = _asked("/en/self-audit/", error, monkeypatch, "apps.website.views.render")
    assert response.status_code == 500
    assert "Retry-After" not in response
