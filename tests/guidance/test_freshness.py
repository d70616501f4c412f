"""The freshness contract: every item says when it was checked, and what is due is listed for all to see."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from apps.editions.compiled import CompiledEdition
from apps.editions.pack_items import checked_items
from apps.guidance.freshness import due_items, kept_items, next_items
from tests.editions.packs import make_pack

DAY = dt.date(2026, 7, 1)


def _edition(**dates: object) -> CompiledEdition:
    """Return an edition whose guide on the law has other dates than everything else (checked a day before DAY)."""

    def change(data):
        law = next(guide for guide in data["guides"] if guide["id"] == "law")
        law.update(dates)
        for name in [name for name, value in dates.items() if value is None]:
            del law[name]

    return CompiledEdition(1, make_pack(change))


def test_every_item_with_a_date_of_checking_is_kept(edition):
    kept = sorted(id(one.item) for one in kept_items(edition))
    assert kept == sorted(map(id, checked_items(edition.pack)))


def test_the_page_lists_each_kind(edition):
    assert {kept.kind for kept in kept_items(edition)} == {
        *("guide", "action", "step", "rights", "letter", "lesson", "handout", "claim"),
    }


@pytest.mark.parametrize(
    ("dates", "is_due"),
    [
        ({"due": "2026-07-02"}, False),
        ({"due": "2026-07-01"}, True),
        ({"due": "2026-06-30", "checked": "2026-01-01"}, True),
        ({"due": None, "checked": None}, True),
    ],
)
def test_an_item_is_due_on_its_day_and_at_once_when_never_checked(dates, is_due):
    assert [kept.id for kept in due_items(_edition(**dates), DAY)] == (["law"] if is_due else [])


def test_what_falls_due_soon_is_listed_soonest_first():
    edition = _edition(due="2026-08-01")
    assert [kept.id for kept in next_items(edition, 31, DAY)] == ["law"]
    assert next_items(edition, 30, DAY) == []


def test_never_checked_comes_first():
    edition = _edition(due=None, checked=None)
    later = dt.date(2027, 7, 1)
    assert due_items(edition, later)[0].id == "law"


def test_the_page_lists_every_due_item_with_a_link_that_leads_there(client, edition):
    page = client.get("/en/freshness/").content.decode()
    due = due_items(edition)
    for kept in due:
        assert not kept.address or f'href="{kept.address}"' in page
    for address in dict.fromkeys(kept.address.partition("#")[0] for kept in due[:40]):
        assert client.get(address).status_code == 200


def test_an_item_past_its_day_says_so_on_its_page(client, edition, monkeypatch):
    past = [kept for kept in due_items(edition) if kept.kind in {"claim", "guide"} and kept.item.checked]
    fresh = [kept for kept in kept_items(edition) if kept.kind == "guide" and not kept.is_due()]
    for kept in past[:3]:
        assert "may be out of date" in client.get(kept.address).content.decode()
    for kept in fresh[:3]:
        page = client.get(kept.address).content.decode()
        assert "may be out of date" not in re.sub(r'<section aria-labelledby="sources">.*', "", page, flags=re.DOTALL)
        assert "Next check due on" in page
