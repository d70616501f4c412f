"""Limits: counted for all workers alike, by network, and gone when their time is over."""

from __future__ import annotations

import datetime as dt

import pytest

from apps.classroom.limits import (
    WRONG_CODE,
    Limit,
    allow,
    forget_past,
    is_spent,
)
from apps.classroom.models import Attempts
from privacycheck.visitors import address_prefix

AT = dt.datetime(2026, 3, 2, 23, 58, 20, tzinfo=dt.timezone.utc)
THREE = Limit("test", 3, 60)


def seconds(count: float) -> dt.datetime:
    return AT + dt.timedelta(seconds=count)


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        (" 192.0.2.1 ", "192.0.2.0/24"),
        ("::ffff:192.0.2.9", "192.0.2.0/24"),
        ("2001:db8:1:2ff:aaaa::1", "2001:db8:1:200::/56"),
        ("2001:db8:1:201::9", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
        ("not an address", "unknown"),
        ("192.0.2.77\x00", "unknown"),
    ],
)
def test_neighbours_count_as_one(address, prefix):
    assert address_prefix(address) == prefix


@pytest.mark.parametrize(("most", "length"), [(0, 60), (1, 0), (1, 86_401)])
def test_a_limit_is_a_sensible_one(most, length):
    with pytest.raises(ValueError, match="a limit"):
        Limit("test", most, length)


def test_wrong_codes_never_reach_sixty_in_any_minute():
    assert WRONG_CODE.seconds == 60
    assert 2 * WRONG_CODE.most < 60  # the end of one stretch and the start of the next


@pytest.mark.django_db(databases="__all__")
class TestCounting:
    def test_so_many_tries_are_allowed_and_no_more(self):
        assert [allow(THREE, "192.0.2.0/24", AT) for _ in range(5)] == [True, True, True, False, False]
        assert Attempts.objects.get().count == 3

    def test_each_network_class_and_scope_counts_for_itself(self):
        for _ in range(3):
            allow(THREE, "192.0.2.0/24", AT)
        assert not allow(THREE, "192.0.2.0/24", AT)
        assert allow(THREE, "198.51.100.0/24", AT)
        assert allow(THREE, "K7Q2MX", AT)
        assert allow(Limit("other", 3, 60), "192.0.2.0/24", AT)

    def test_looking_counts_nothing(self):
        assert not is_spent(THREE, "192.0.2.0/24", AT)
        assert not Attempts.objects.exists()
        for _ in range(3):
            allow(THREE, "192.0.2.0/24", AT)
        assert is_spent(THREE, "192.0.2.0/24", AT)
        assert not is_spent(THREE, "192.0.2.0/24", seconds(60))

    def test_a_new_stretch_begins_afresh_and_removes_the_one_before(self):
        for _ in range(4):
            allow(THREE, "192.0.2.0/24", AT)
        allow(Limit("hour", 3, 3600), "192.0.2.0/24", AT)
        assert allow(THREE, "198.51.100.0/24", seconds(60))
        assert sorted(Attempts.objects.values_list("seconds", "count")) == [(60, 1), (3600, 1)]

    def test_rows_go_when_their_time_is_over_even_if_nobody_tries_again(self):
        for who in ("a", "b"):
            allow(THREE, who, AT)
        assert forget_past(seconds(30)) == 0
        assert forget_past(seconds(61)) == 2
        assert not Attempts.objects.exists()

    def test_midnight_begins_afresh(self):
        day_long = Limit("day", 1, 86_400)
        assert allow(day_long, "a", AT)
        assert not allow(day_long, "a", seconds(90))
        assert allow(day_long, "a", seconds(110))

    def test_no_address_and_no_time_is_stored(self):
        allow(THREE, "192.0.2.0/24", AT)
        row = Attempts.objects.values().get()
        assert row.keys() == {"key", "seconds", "window", "count"}
        stored = repr(row)
        stretch = int(AT.timestamp()) // 60
        assert not any(sign in stored for sign in ("192", "test", str(stretch), f"{stretch:x}", AT.isoformat()[:10]))

    def test_the_key_changes_with_the_day_and_with_the_secret(self, settings):
        marks = set()
        for day in range(3):
            allow(THREE, "192.0.2.0/24", seconds(86_400 * day))
            marks.add(Attempts.objects.values_list("key", "window").get())
            Attempts.objects.all().delete()
        settings.SECRET_KEY = "another-" + "y" * 60
        allow(THREE, "192.0.2.0/24", AT)
        marks.add(Attempts.objects.values_list("key", "window").get())
        assert len({key for key, _ in marks}) == len({window for _, window in marks}) == 4
