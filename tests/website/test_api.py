"""The open content: JSON that keeps to its published schema, open to every origin, kept by caches."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from django.db import OperationalError
from django.test import Client
from jsonschema import Draft202012Validator

from apps.editions import current, services
from apps.editions.models import Edition
from apps.editions.pack_files import content_hash
from apps.editions.schema import Pack
from tests.editions import packs

ADDRESSES = ("/api/editions/", "/api/editions/1.json", "/api/editions/2.json", "/api/schema.json")
ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture
def published(db, shipped_pack):
    """Two editions, the small pack and then the shipped one, the second in memory."""
    current.forget()
    services.publish(packs.make_pack(), "The small one")
    services.publish(shipped_pack, "The shipped one")
    current.refresh()
    yield current.current_edition()
    current.forget()


@pytest.fixture
def nothing(db):
    current.forget()
    yield
    current.forget()


def data_of(response):
    assert response.status_code == 200
    return json.loads(response.content)


def assert_open(response):
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Credentials" not in response
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"


# --- What is in it -------------------------------------------------------------------------------------


def test_the_list_names_every_edition_newest_first(client, published):
    data = data_of(client.get("/api/editions/"))
    assert data["schema"] == f"{ORIGIN}/api/schema.json"
    assert data["licence_of_code"]["id"] == "MIT"
    assert [(row["number"], row["note"]) for row in data["editions"]] == [(2, "The shipped one"), (1, "The small one")]
    for row, stored in zip(data["editions"], Edition.objects.all(), strict=True):
        assert row["content_hash"] == stored.content_hash
        assert row["published_at"].startswith(f"{stored.published_at:%Y-%m-%dT%H:%M:%S}")
        assert row["licence"]["id"] == "CC-BY-4.0"
        assert row["class"] == "major"
        assert data_of(client.get(row["address"].removeprefix(ORIGIN)))["number"] == row["number"]


def test_the_class_is_null_where_it_is_not_known(client, published):
    Edition.objects.filter(number=1).update(changes="")
    current.forget()
    assert data_of(client.get("/api/editions/"))["editions"][1]["class"] is None


@pytest.mark.parametrize("number", [1, 2])
def test_an_edition_keeps_to_the_published_schema_and_loads_again(client, published, shipped_pack, number):
    schema = data_of(client.get("/api/schema.json"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    data = data_of(client.get(f"/api/editions/{number}.json"))
    assert list(validator.iter_errors(data)) == []
    assert data["schema"] == schema["$id"] == f"{ORIGIN}/api/schema.json"
    assert data["number"] == number
    assert data["licence"]["id"] == "CC-BY-4.0"
    assert data["licence"]["address"] == "https://creativecommons.org/licenses/by/4.0/"
    assert data["licence"]["attribution"] == f"PrivacyCheck, edition {number}"
    pack = Pack.model_validate(data["content"])
    assert pack == (packs.make_pack() if number == 1 else shipped_pack)
    assert content_hash(pack) == data["content_hash"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.pop("licence"),
        lambda data: data.update(number=0),
        lambda data: data.update(content_hash="x"),
        lambda data: data.update(unknown=1),
        lambda data: data["content"].pop("topics"),
        lambda data: data["content"].update(unknown=1),
        lambda data: data["content"]["topics"][0]["questions"][0]["options"][0].update(level=5),
        lambda data: data["content"]["actions"][0].update(minutes="ten"),
        lambda data: data["content"]["claims"][0].update(grade="certain"),
        lambda data: data["content"]["topics"][0].update(id="T 1"),
    ],
)
def test_the_schema_refuses_what_is_no_edition(client, published, spoil):
    schema = data_of(client.get("/api/schema.json"))
    data = data_of(client.get("/api/editions/2.json"))
    spoil(data)
    assert not Draft202012Validator(schema).is_valid(data)


def test_the_schema_says_which_schema_it_is_written_in_and_refers_to_nothing_outside(client, published):
    response = client.get("/api/schema.json")
    schema = data_of(response)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert response["Content-Type"] == "application/schema+json; charset=utf-8"
    assert all(ref.startswith("#/$defs/") for ref in re.findall(r'"\$ref": "([^"]+)"', response.content.decode()))


# --- Who may read it, and keep it ----------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_origin_may_read_it(client, published, address):
    response = client.get(address, headers={"origin": "https://elsewhere.example"})
    assert_open(response)
    assert response["Access-Control-Expose-Headers"] == "ETag"
    assert response["Content-Type"].endswith("charset=utf-8")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_browser_that_asks_first_is_told_yes(published, address):
    client = Client(enforce_csrf_checks=True)
    headers = {"origin": "https://elsewhere.example", "access-control-request-method": "GET"}
    response = client.options(address, headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert_open(response)
    assert response["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("address", ADDRESSES)
def test_even_a_spoilt_cookie_is_not_answered_with_one(client, published, settings, address):
    client.cookies[settings.CSRF_COOKIE_NAME] = "spoilt"
    assert_open(client.get(address))


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_it_can_only_be_read(client, published, address, method):
    response = getattr(client, method)(address)
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"
    assert set(json.loads(response.content)) == {"error"}
    assert_open(response)


def test_a_form_from_elsewhere_changes_nothing(published):
    response = Client(enforce_csrf_checks=True).post("/api/editions/")
    assert response.status_code in (403, 405)
    assert Edition.objects.count() == 2


@pytest.mark.parametrize(
    ("address", "caching"),
    [
        ("/api/editions/", "public, max-age=300"),
        ("/api/schema.json", "public, max-age=300"),
        ("/api/editions/1.json", "public, max-age=31536000, immutable"),
        ("/api/editions/2.json", "public, max-age=31536000, immutable"),
    ],
)
def test_it_may_be_kept_and_is_not_sent_twice(client, published, address, caching):
    first = client.get(address)
    assert first["Cache-Control"] == caching
    assert re.fullmatch(r'"[0-9a-f]{64}"', first["ETag"])  # strong: no W/
    for tag in (first["ETag"], f'"other", {first["ETag"]}', f"W/{first['ETag']}", "*"):
        again = client.get(address, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert again["Cache-Control"] == caching
        assert_open(again)
    assert client.get(address, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_is_compressed_when_asked_with_an_etag_of_its_own(client, published, address):
    plain, zipped = client.get(address), client.get(address, headers={"accept-encoding": "gzip, br"})
    assert "Content-Encoding" not in plain
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain.content
    assert "Accept-Encoding" in zipped["Vary"]
    assert "Accept-Encoding" in plain["Vary"]
    assert not zipped["ETag"].startswith("W/")
    assert zipped["ETag"] != plain["ETag"]
    headers = {"accept-encoding": "gzip", "if-none-match": zipped["ETag"]}
    assert client.get(address, headers=headers).status_code == 304


def test_head_gives_the_headers_alone(client, published):
    response = client.head("/api/editions/2.json")
    assert (response.status_code, response.content) == (200, b"")
    assert response["ETag"] == client.get("/api/editions/2.json")["ETag"]


def test_other_content_has_another_etag(client, published):
    assert client.get("/api/editions/1.json")["ETag"] != client.get("/api/editions/2.json")["ETag"]


def test_the_list_takes_up_a_new_edition(client, published):
    before = client.get("/api/editions/")
    services.publish(packs.make_pack(lambda data: packs.option(data, "q1", "b").update(level=3)), "A third")
    current.refresh()
    after = client.get("/api/editions/", headers={"if-none-match": before["ETag"]})
    assert data_of(after)["editions"][0]["note"] == "A third"


def test_a_browser_s_language_does_not_change_it(client, published):
    bodies = {
        client.get("/api/editions/2.json", headers={"accept-language": asked}).content for asked in ("en", "zh-CN")
    }
    assert len(bodies) == 1
    assert client.get("/api/editions/2.json")["Content-Language"] == "en, zh-hans"


# --- The database --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/api/editions/", "/api/editions/2.json", "/api/schema.json"])
def test_the_current_edition_the_list_and_the_schema_need_no_query(
    client, published, address, django_assert_num_queries
):
    with django_assert_num_queries(0):
        assert client.get(address).status_code == 200


def test_an_older_edition_needs_one_query_once(client, published, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert client.get("/api/editions/1.json").status_code == 200
    with django_assert_num_queries(0):
        assert client.get("/api/editions/1.json").status_code == 200


@pytest.mark.parametrize("number", ["0", "3", "99", "2147483648", "9" * 19, "9" * 40])
def test_an_unknown_edition_is_404_in_json(client, published, number, django_assert_max_num_queries):
    with django_assert_max_num_queries(1):
        response = client.get(f"/api/editions/{number}.json")
    assert response.status_code == 404
    assert json.loads(response.content) == {"error": "There is no edition with this number."}
    assert response["Cache-Control"] == "no-store"
    assert_open(response)


def _dead(*args, **kwargs):
    raise OperationalError("the password is hunter2")


def assert_unavailable(response):
    assert response.status_code == 503
    assert set(json.loads(response.content)) == {"error"}
    assert "hunter2" not in response.content.decode()
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"
    assert_open(response)


def test_while_the_database_is_down_what_is_in_memory_is_served(client, published, monkeypatch):
    monkeypatch.setattr(Edition.objects, "filter", _dead)
    assert_unavailable(client.get("/api/editions/1.json"))
    for address in ("/api/editions/", "/api/editions/2.json", "/api/schema.json"):
        assert client.get(address).status_code == 200


def test_without_memory_and_database_it_says_so_but_the_schema_stands(client, nothing, monkeypatch):
    monkeypatch.setattr(Edition.objects, "order_by", _dead)
    for address in ("/api/editions/", "/api/editions/1.json"):
        assert_unavailable(client.get(address))
    assert client.get("/api/schema.json").status_code == 200


def test_before_anything_is_published_it_says_so(client, nothing):
    for address in ("/api/editions/", "/api/editions/1.json"):
        assert_unavailable(client.get(address))
