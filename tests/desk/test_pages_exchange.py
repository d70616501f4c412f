"""Packs in and out of the draft by the pages: what would change is told first, and a bad pack changes nothing."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.editions.pack_files import read_zip
from tests.desk.desks import data_of, everything, make_draft
from tests.desk.pages import Browser, saved, signed_in

pytestmark = pytest.mark.django_db

IN = "/editor/exchange/import/"


def upload(client: Browser, data: bytes):
    return client.post(IN, {"pack": SimpleUploadedFile("pack.zip", data)})


def exported(client: Browser) -> dict[str, bytes]:
    answer = client.get("/editor/exchange/draft.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def hidden(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def test_a_draft_goes_out_and_comes_back_identical_to_the_byte(edition):
    client = signed_in()
    client.get("/editor/")
    first = client.get("/editor/exchange/draft.zip")
    assert first["Content-Disposition"] == 'attachment; filename="draft.zip"'
    assert read_zip(first.content)
    saved(client, "/editor/items/guide/t3/edit/", d__title__en="Other")
    page = upload(client, first.content).content.decode()
    assert client.post(IN, {"sure": "1", "pack": hidden(page, "pack")}).status_code == 303
    assert client.get("/editor/exchange/draft.zip").content == first.content


def test_a_dry_run_tells_the_difference_and_changes_nothing():
    make_draft()
    client = signed_in()
    files = exported(client)
    name = next(name for name in files if name.startswith("topics/t1"))
    files[name] = files[name].replace(b"Who sees your face?", b"Who has your face?", 1)
    before = everything()
    page = upload(client, zipped(files)).content.decode()
    assert "question q1" in page
    assert "text.en" in page
    assert "Who has your face?" in page
    assert everything() == before
    client.post(IN, {"sure": "1", "pack": hidden(page, "pack")})
    assert data_of("question", "q1")["text"] == {"en": "Who has your face?"}


def bomb() -> bytes:
    return b"a: &a [1,1,1,1,1,1,1,1,1,1]\n" + b"".join(
        b"%c: &%c [%s]\n" % (97 + n, 97 + n, b",".join([b"*%c" % (96 + n)] * 10)) for n in range(1, 9)
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda files: {"../../evil.yaml": b"x: 1"} | files,
        lambda files: files | {"pack.yaml": bomb()},
        lambda files: files | {"pack.yaml": "name: x".encode("utf-16")},
        lambda files: files | {"pack.yaml": b"\x00" * 10},
        lambda files: {},
        lambda files: {name: data for name, data in files.items() if name != "pack.yaml"},
        lambda files: files | {"claims/law.yaml": files["claims/law.yaml"] * 2},
        lambda files: files | {"pack.yaml": b"x" * 2_100_000},
    ],
)
def test_a_hostile_or_broken_pack_is_told_in_words_and_leaves_the_draft_unchanged(change):
    make_draft()
    client = signed_in()
    files = exported(client)
    before = everything()
    answer = upload(client, zipped(change(files)))
    assert answer.status_code == 422
    assert "The draft is unchanged" in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04" + b"x" * 50, b"x" * 4_100_000])
def test_what_is_no_pack_is_refused(data):
    make_draft()
    before = everything()
    assert upload(signed_in(), data).status_code == 422
    assert everything() == before


@pytest.mark.parametrize("pack", ["", "!!", "é", "AAAA", "x" * 100])
def test_a_forged_second_step_changes_nothing(pack):
    make_draft()
    before = everything()
    assert signed_in().post(IN, {"sure": "1", "pack": pack}).status_code == 422
    assert everything() == before


def test_an_edition_is_put_into_the_draft_after_its_difference_was_shown(edition):
    client = signed_in()
    client.get("/editor/")
    saved(client, "/editor/items/guide/t3/edit/", d__title__en="Other")
    page = client.post("/editor/exchange/edition/", {"number": "1"}).content.decode()
    assert "guide t3" in page
    assert data_of("guide", "t3")["title"]["en"] == "Other"
    assert client.post("/editor/exchange/edition/", {"number": "1", "sure": "1"}).status_code == 303
    assert data_of("guide", "t3")["title"]["en"] != "Other"
    for number in ("0", "99", "x", "9" * 30):
        assert client.post("/editor/exchange/edition/", {"number": number}).status_code == 404


def test_an_edition_goes_out_as_it_was_published(edition):
    client = signed_in()
    answer = client.get("/editor/exchange/edition-1.zip")
    assert read_zip(answer.content) == edition.pack
    assert client.get("/editor/exchange/edition-9.zip").status_code == 404
