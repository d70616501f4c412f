"""What a balancer is told of a process, and what only its operators are."""

from __future__ import annotations

import threading

import pytest
from django.conf import settings as site
from django.db import OperationalError, connections
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from apps.editions import current
from apps.website import health
from apps.website.health import Part, Watch

TOKEN = "a-token-of-the-operator-0123456789"
PASSWORD = "hunter2-of-the-database"
EVERY_DATABASE = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def watch(monkeypatch, settings):
    """A watch that has seen nothing, and keeps nothing."""
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(health, "KEPT_SECONDS", 0.0)
    monkeypatch.setattr(health, "_watch", Watch())


@pytest.fixture
def operator():
    return Client(headers={"authorization": f"Bearer {TOKEN}"})


def _dead(*args, **kwargs):
    raise OperationalError(f"the password is {PASSWORD}")


def test_health_needs_neither_edition_nor_database(client):
    current.forget()
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"alive\n")
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", sorted(health.ADDRESSES))
@EVERY_DATABASE
def test_they_are_answered_under_any_host_and_without_tls(edition, settings, address):
    settings.SECURE_SSL_REDIRECT = True
    client = Client(headers={"host": "10.1.2.3:8000", "authorization": f"Bearer {TOKEN}"})
    assert client.get(address).status_code == 200
    assert client.get("/en/").status_code == 400, "pages are still for the hosts of the site"
    assert "X-Frame-Options" in client.get(address)


@EVERY_DATABASE
def test_ready_means_databases_tables_and_an_edition(edition, client, operator):
    assert (client.get("/readyz").status_code, client.get("/readyz").content) == (200, b"ready\n")
    lines = operator.get("/readyz").content.decode().splitlines()
    assert lines == ["ready", *(f"database {alias}: well" for alias in site.DATABASES), f"edition: {edition.number}"]


@EVERY_DATABASE
def test_missing_tables_are_told_to_operators_alone(edition, client, operator, monkeypatch):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *args: ["one", "two"])
    assert (client.get("/readyz").status_code, client.get("/readyz").content) == (503, b"not ready\n")
    assert "database default: 2 migrations are not applied" in operator.get("/readyz").content.decode()
    assert operator.get("/readyz")["Cache-Control"] == "no-store"


@pytest.mark.parametrize("alias", site.DATABASES)
@EVERY_DATABASE
def test_each_database_counts_and_no_message_of_it_is_repeated(edition, client, operator, monkeypatch, caplog, alias):
    monkeypatch.setattr(connections[alias], "cursor", _dead)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"not ready\n")
    told = operator.get("/readyz").content.decode()
    assert f"database {alias}: does not answer (OperationalError)" in told
    assert told.count("does not answer") == 1
    assert PASSWORD not in told + caplog.text


@EVERY_DATABASE
def test_nothing_is_ready_before_an_edition_is_published(client, operator):
    current.forget()
    assert client.get("/readyz").status_code == 503
    assert "edition: none is published" in operator.get("/readyz").content.decode()


@EVERY_DATABASE
def test_the_reason_is_logged_when_it_changes_and_not_each_time(edition, client, monkeypatch, caplog):
    with monkeypatch.context() as patch:
        patch.setattr(MigrationExecutor, "migration_plan", lambda *args: ["one"])
        for _ in range(5):
            client.get("/readyz")
    for _ in range(5):
        client.get("/readyz")
    said = [record.getMessage() for record in caplog.records if record.name == health.__name__]
    assert len(said) == 2
    assert said[0].startswith("Not ready. database default: 1 migrations are not applied")
    assert said[1] == "Ready again."


@pytest.mark.parametrize("token", ["", TOKEN[:-1], "x"])
@EVERY_DATABASE
def test_without_the_right_token_there_is_one_word(edition, token, settings):
    for wanted in (TOKEN, ""):
        settings.METRICS_TOKEN = wanted
        response = Client(headers={"authorization": f"Bearer {token}"}).get("/readyz")
        assert response.content == b"ready\n"


# --- How often one looks ---------------------------------------------------------------------------------


def test_asking_often_looks_once_a_second(monkeypatch):
    now, looks = 100.0, []
    monkeypatch.setattr(health, "KEPT_SECONDS", 1.0)
    monkeypatch.setattr(health, "look", lambda: [looks.append(now) or Part("edition", "1", True)])
    watch = Watch(clock=lambda: now)
    for _ in range(50):
        watch.look()
    now = 101.5
    watch.look()
    assert looks == [100.0, 101.5]


def test_while_a_database_hangs_only_one_thread_waits_for_it(monkeypatch):
    release, begun = threading.Event(), threading.Event()
    answers = iter([[Part("edition", "1", True)], None])

    def look():
        found = next(answers)
        if found is None:
            begun.set()
            assert release.wait(10)
            return [Part("database default", "does not answer", False)]
        return found

    monkeypatch.setattr(health, "look", look)
    watch = Watch()
    watch.look()
    waiting = threading.Thread(target=watch.look)
    waiting.start()
    assert begun.wait(10)
    assert watch.look() == (Part("edition", "1", True),), "what was found before, at once"
    release.set()
    waiting.join(10)
    assert not watch._parts[0].is_well
