"""Figures for those who run the site: right over several processes, bounded, and about nobody."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from apps.editions import current
from apps.website import metrics
from tests.classroom.people import Teacher

TOKEN = "a-token-of-the-operator-0123456789"
WITH_TOKEN = {"authorization": f"Bearer {TOKEN}"}
SECRET = "Zx9marker"


@pytest.fixture
def meter(monkeypatch, tmp_path, settings):
    """Counters that begin at zero, and are gone afterwards."""
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.setattr(metrics.values, "ValueClass", metrics.values.ValueClass)
    monkeypatch.setattr(metrics, "_present", metrics.Present())
    own = metrics.Meter(tmp_path)
    monkeypatch.setattr(metrics, "_meter", own)
    return own


def read(text):
    """Return each figure by its name and labels."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def figures(client):
    response = client.get("/metrics", headers=WITH_TOKEN)
    assert response.status_code == 200
    return read(response.content.decode())


# --- Who may read them -----------------------------------------------------------------------------------


def test_without_a_token_in_the_settings_there_is_no_such_page(edition, settings):
    settings.METRICS_TOKEN = ""
    for headers in ({}, WITH_TOKEN, {"authorization": "Bearer "}, {"authorization": "Bearer"}):
        response = Client().get("/metrics", headers=headers)
        assert response.status_code == 404
        assert "There is no page here" in response.content.decode()


@pytest.mark.parametrize(
    "given",
    ["", TOKEN, "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer \xfc", "Bearer " + "x" * 5000],
)
def test_another_token_is_refused_without_a_figure(meter, edition, given):
    response = Client().get("/metrics", headers={"authorization": given})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response["Cache-Control"] == "no-store"
    assert response.content == b"A token is needed.\n"


@pytest.mark.django_db(databases="__all__")
def test_the_page_is_kept_by_nobody_and_only_read(meter, edition):
    response = Client().get("/metrics", headers=WITH_TOKEN)
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    assert not response.cookies
    assert Client().post("/metrics", headers=WITH_TOKEN).status_code == 405


# --- What they say ---------------------------------------------------------------------------------------


@pytest.mark.django_db(databases="__all__")
def test_requests_are_counted_by_route_method_and_status(meter, edition):
    client = Client()
    for _ in range(3):
        client.get("/en/guides/t1/")
    client.get("/en/guides/t2/")
    client.get("/en/guides/nothing/")
    client.post("/en/guides/t1/")
    found = figures(client)
    route = "en/guides/<slug:guide_id>/"
    assert found["privacycheck_requests_total", "GET", route, "200"] == 4
    assert found["privacycheck_requests_total", "GET", route, "404"] == 1
    assert found["privacycheck_requests_total", "POST", route, "405"] == 1
    assert found["privacycheck_request_seconds_count", "GET", route] == 5
    assert found["privacycheck_request_seconds_bucket", "+Inf", "GET", route] == 5
    assert found["privacycheck_request_seconds_sum", "GET", route] > 0


@pytest.mark.django_db(databases="__all__")
def test_whatever_strangers_send_makes_no_new_label(meter, edition):
    client = Client(raise_request_exception=False)
    client.get("/en/")
    before = set(figures(client))
    for number in range(50):
        client.get(f"/{SECRET}-{number}/")
        client.get(f"/en/guides/{SECRET}-{number}/")
        client.generic(f"{SECRET}{number}", "/en/")
        client.get("/en/", headers={"host": f"{SECRET}{number}.example"})
    text = client.get("/metrics", headers=WITH_TOKEN).content.decode()
    assert SECRET.lower() not in text.lower()
    new = {(key[0], *key[-3:]) for key in set(read(text)) - before if key[0] == "privacycheck_requests_total"}
    assert new == {
        ("privacycheck_requests_total", "GET", "unknown", "404"),
        ("privacycheck_requests_total", "GET", "en/guides/<slug:guide_id>/", "404"),
        ("privacycheck_requests_total", "other", "en/", "405"),
        ("privacycheck_requests_total", "GET", "unknown", "400"),
        ("privacycheck_requests_total", "GET", "metrics", "200"),
    }


@pytest.mark.django_db(databases="__all__")
def test_the_edition_and_the_open_classes_are_told(meter, edition, monkeypatch):
    first, second = Teacher(), Teacher()
    assert figures(Client())["privacycheck_open_classes",] == 2
    assert figures(Client())["privacycheck_edition",] == edition.number
    first.close()
    assert figures(Client())["privacycheck_open_classes",] == 2, "counted at most once in some seconds"
    monkeypatch.setattr(metrics, "_present", metrics.Present())
    assert figures(Client())["privacycheck_open_classes",] == 1
    text = Client().get("/metrics", headers=WITH_TOKEN).content.decode()
    assert second.code not in text


@pytest.mark.django_db(databases="__all__")
def test_what_is_not_known_is_left_out(meter, edition, monkeypatch):
    def dead(*args, **kwargs):
        raise OperationalError("no")

    monkeypatch.setattr(metrics.Round.objects, "filter", dead)
    found = figures(Client())
    assert ("privacycheck_open_classes",) not in found
    assert found["privacycheck_edition",] == edition.number


@pytest.mark.django_db(databases="__all__")
def test_without_an_edition_the_figures_are_there_all_the_same(meter):
    current.forget()
    assert ("privacycheck_edition",) not in figures(Client())


@pytest.mark.django_db(databases="__all__")
def test_there_is_no_other_figure_and_no_other_label(meter, edition):
    client = Client(REMOTE_ADDR="203.0.113.9", headers={"user-agent": SECRET, "cookie": f"sheet={SECRET}"})
    client.get(f"/en/checkup/?x={SECRET}")
    text = client.get("/metrics", headers=WITH_TOKEN).content.decode()
    assert set(re.findall(r"# TYPE (\S+)", text)) == {
        "privacycheck_requests_total",
        "privacycheck_request_seconds",
        "privacycheck_edition",
        "privacycheck_open_classes",
    }
    assert set(re.findall(r"(\w+)=\"", text)) == {"route", "method", "status", "le"}
    assert SECRET not in text
    assert "203.0.113" not in text


# --- Several processes -----------------------------------------------------------------------------------


def in_process(work):
    """Do something in a process of its own, as a worker after the fork, and wait for its end."""
    process = os.fork()
    if not process:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    assert os.waitpid(process, 0)[1] == 0


def total(meter):
    found = read(generate_latest(meter.registry()).decode())
    return found["privacycheck_requests_total", "GET", "en/", "200"]


def test_all_processes_are_added_up_and_one_that_ends_is_not_forgotten(meter, tmp_path):
    for _ in range(30):
        in_process(lambda: [meter.note("en/", "GET", 200, 0.002) for _ in range(7)])
    assert total(meter) == 210
    assert len(list(tmp_path.glob("counter_*.db"))) == 1, "each took the place of the one before"


def test_processes_that_live_together_never_share_a_place(meter, tmp_path):
    meter.note("en/", "GET", 200, 0.002)

    def three_generations(left=3):
        meter.note("en/", "GET", 200, 0.002)
        if left > 1:
            in_process(lambda: three_generations(left - 1))
        meter.note("en/", "GET", 200, 0.002)

    in_process(three_generations)
    assert total(meter) == 7
    assert len(list(tmp_path.glob("counter_*.db"))) == 4


def test_the_folder_is_for_us_alone_and_removed_by_the_process_that_made_it(monkeypatch, settings):
    monkeypatch.setattr(metrics, "_meter", None)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.setattr(metrics.values, "ValueClass", metrics.values.ValueClass)
    registered = []
    monkeypatch.setattr(metrics.atexit, "register", lambda *call: registered.append(call))
    metrics.meter()
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    assert folder.stat().st_mode & 0o777 == 0o700
    [(remove, *values)] = registered
    in_process(lambda: remove(*values))
    assert folder.is_dir(), "a worker that ends leaves it"
    remove(*values)
    assert not folder.exists()
