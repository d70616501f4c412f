"""A class lived through at random, next to a plain model of it: what is shown is what the model says, always."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.classroom import codes, refusals, services
from apps.classroom.models import Class, OpenRound, Round
from tests.classroom.classes import DAY, counters_of, no_wobble, picks

SIZE, ROUNDS = 12, 3


@dataclass
class Model:
    """What a round is, in the plainest way."""

    opened: dt.date
    picked: list[tuple[int, ...]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    end: str = ""
    table: list[list[Any]] | None = None

    def close(self, lengths: list[int]) -> None:
        n = len(self.picked)
        self.end = "released" if n >= 10 else "too-few"
        if n >= 10:
            self.table = [
                [label(sum(one[item] == place for one in self.picked), n) for place in range(length)]
                for item, length in enumerate(lengths)
            ]
        else:
            self.picked.clear()


def label(people: int, n: int) -> int | str:
    if people <= n / 10:
        return "few"
    return "nearly-all" if people >= n - n / 10 else people


def machine_for(edition: Any) -> type[RuleBasedStateMachine]:
    """The state machine on classes of this edition, without a wobble."""

    class Life(RuleBasedStateMachine):
        @initialize()
        def open(self) -> None:
            self.today = DAY
            self.opened = services.open_class(
                edition, size=SIZE, rounds=ROUNDS, age_group="adult", byte=no_wobble, today=DAY
            )
            self.klass = self.opened.klass
            self.lengths = [len(item.categories) for item in self.klass.counted]
            self.rounds = [Model(DAY)]
            self.is_deleted = False

        # --- What the model knows

        @property
        def last(self) -> Model:
            return self.rounds[-1]

        def is_due(self, one: Model) -> bool:
            return not one.end and (self.today - one.opened).days >= 14

        def send(self, number: int, places: tuple[int, ...], token: str, changed: dict[str, Any] | None = None) -> None:
            given: dict[str, Any] = {"number": number, "picks": picks(self.klass.counted, *places), "token": token}
            services.contribute(self.klass, today=self.today, **({"edition": 1} | given | (changed or {})))

        # --- What people do

        @precondition(lambda self: not self.is_deleted)
        @rule(
            places=st.tuples(st.integers(0, 1), st.integers(0, 5), st.integers(0, 9)),
            many=st.sampled_from([1, 1, 3, 9, 12]),
        )
        def add(self, places: tuple[int, ...], many: int) -> None:
            for _ in range(many):
                self.add_one(places)

        def add_one(self, places: tuple[int, ...]) -> None:
            token = codes.new_token()
            number = len(self.rounds)
            if self.is_due(self.last):
                with pytest.raises(refusals.TooLate):
                    self.send(number, places, token)
                self.last.close(self.lengths)
            elif self.last.end:
                full = self.last.end == "released" and len(self.last.picked) == SIZE
                with pytest.raises(refusals.RoundFull if full else refusals.RoundClosed):
                    self.send(number, places, token)
            else:
                self.send(number, places, token)
                self.last.picked.append(places)
                self.last.tokens.append(token)
                if len(self.last.picked) == SIZE:
                    self.last.close(self.lengths)

        @precondition(lambda self: not self.is_deleted and self.last.tokens)
        @rule(data=st.data())
        def send_again(self, data: st.DataObject) -> None:
            token = data.draw(st.sampled_from(self.last.tokens))
            if self.is_due(self.last):
                return  # `add` looks at rounds that are due
            with pytest.raises(refusals.RoundClosed if self.last.end else refusals.AlreadyAdded):
                self.send(len(self.rounds), (0, 0, 0), token)

        @precondition(lambda self: not self.is_deleted)
        @rule(
            bad=st.sampled_from(
                [
                    {"edition": 2},
                    {"token": "short"},
                    {"picks": []},
                    {"picks": [("band", "few")] * 3},
                    {"picks": [("band", "few"), ("topic", "t1"), ("colour", "red")]},
                    {"number": ROUNDS + 1},
                    {"number": -1},
                ]
            )
        )
        def send_nonsense(self, bad: dict[str, Any]) -> None:
            with pytest.raises(refusals.ContributionRefused):
                self.send(len(self.rounds), (0, 0, 0), codes.new_token(), bad)

        @precondition(lambda self: not self.is_deleted and len(self.rounds) > 1)
        @rule()
        def send_to_an_earlier_round(self) -> None:
            with pytest.raises(refusals.RoundClosed):
                self.send(len(self.rounds) - 1, (0, 0, 0), codes.new_token())

        @precondition(lambda self: not self.is_deleted)
        @rule(times=st.integers(1, 2))
        def close(self, times: int) -> None:
            found = {services.close_round(self.klass, len(self.rounds), self.today) for _ in range(times)}
            assert len(found) == 1
            if not self.last.end:
                self.last.close(self.lengths)

        @precondition(lambda self: not self.is_deleted)
        @rule()
        def open_next(self) -> None:
            due = self.is_due(self.last)
            if not self.last.end and not due:
                with pytest.raises(refusals.RoundStillOpen):
                    services.open_next_round(self.klass, no_wobble, self.today)
            elif len(self.rounds) == ROUNDS:
                with pytest.raises(refusals.NoRoundLeft):
                    services.open_next_round(self.klass, no_wobble, self.today)
            else:
                services.open_next_round(self.klass, no_wobble, self.today)
                if due:
                    self.last.close(self.lengths)
                self.rounds.append(Model(self.today))

        @rule(days=st.sampled_from([-30, -1, 1, 5, 14]))
        def time_passes(self, days: int) -> None:
            # The class lives on until its 90 days are over; that end has tests of its own.
            self.today = min(self.today + dt.timedelta(days=days), DAY + dt.timedelta(days=89))

        @rule()
        def tidy(self) -> None:
            services.tidy(self.today)
            if not self.is_deleted and self.is_due(self.last):
                self.last.close(self.lengths)

        @precondition(lambda self: not self.is_deleted)
        @rule(sure=st.sampled_from([False, False, False, False, True]))
        def delete(self, sure: bool) -> None:
            if sure:
                services.delete_class(self.klass)
                self.is_deleted = True

        # --- What must hold at any time

        @invariant()
        def what_is_shown_is_what_the_model_says(self) -> None:
            if self.is_deleted:
                assert services.rounds_shown(self.klass, self.today) == ()
                assert not Class.objects.filter(code=self.klass.code).exists()
                assert not Round.objects.filter(klass_id=self.klass.code).exists()
                return
            shown = services.rounds_shown(self.klass, self.today)
            assert len(shown) == len(self.rounds)
            for found, one in zip(shown, self.rounds):
                n = len(one.picked)
                assert found.state.value == (one.end or ("due" if self.is_due(one) else "open"))
                assert found.progress == (None if one.end else 0 if n < 10 else n - n % 5)
                assert (found.table.as_json() if found.table else None) == (
                    {"n": n, "rows": one.table} if one.table else None
                )

        @invariant()
        def counters_exist_only_while_a_round_is_open(self) -> None:
            still_open = [] if self.is_deleted else [one for one in self.rounds if not one.end]
            rows = list(OpenRound.objects.filter(round__klass_id=self.klass.code))
            assert len(rows) == len(still_open) <= 1
            for row, one in zip(rows, still_open):
                assert row.n == len(one.picked) == len(row.tokens.split())
                assert all(sum(counts) == row.n for counts in counters_of(self.opened))

    return Life


@pytest.mark.django_db(databases="__all__")
def test_any_life_of_a_class_goes_by_the_rules(edition_in_use):
    run_state_machine_as_test(machine_for(edition_in_use), settings=settings(max_examples=40, stateful_step_count=30))
