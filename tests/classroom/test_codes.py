"""Codes: short, without look-alikes, forgiving to read; secrets that nobody guesses."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.checkup.sheet import ALPHABET, LONGEST_CLASS_CODE
from apps.classroom import codes
from apps.classroom.codes import CodeError, read_join_code, read_slip


def test_a_join_code_is_short_and_still_has_28_bits():
    code = codes.new_join_code()
    assert len(code) == codes.JOIN_LENGTH <= LONGEST_CLASS_CODE
    assert set(code) <= set(ALPHABET)
    assert codes.is_join_code(code)
    assert codes.JOIN_LENGTH * math.log2(len(ALPHABET)) >= 28
    assert len({codes.new_join_code() for _ in range(500)}) == 500


@pytest.mark.parametrize(
    "typed",
    [
        "K7Q2MX",
        "k7q2mx",
        " k7q 2mx ",
        "K7Q-2MX",
        "K7Q\u20132MX",
        "k.7.q.2.m.x.",
        "\uff2b\uff17\uff31\uff12\uff2d\uff38",
        "K7Q\u200b2MX\n",
        "https://privacy.example/en/join/K7Q2MX/",
        "privacy.example/en/JOIN/k7q2mx?x=1",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed):
    assert read_join_code(typed) == "K7Q2MX"


@pytest.mark.parametrize(
    ("typed", "symbol", "meant"),
    [
        ("K7O2MX", "O", "D, Q"),
        ("k702mx", "0", "D, Q"),
        ("K7Ql", "L", "J, 7"),
        ("1", "1", "J, 7"),
        ("i7Q2MX", "I", "J, 7"),
        ("K7Q2M!", "!", ""),
        ("K7Q2M\u0416", "\u0416", ""),
        ("K7Q2M\x00", "U+0000", ""),
    ],
)
def test_a_symbol_that_no_code_holds_is_named_with_what_it_may_be(typed, symbol, meant):
    with pytest.raises(CodeError) as refused:
        read_join_code(typed)
    assert (refused.value.symbol, refused.value.meant) == (symbol, meant)


@pytest.mark.parametrize("typed", ["", "   ", "K7Q2M", "K7Q2MXX", "K7Q2MX" * 40, "/join/"])
def test_a_code_of_another_length_is_refused(typed):
    with pytest.raises(CodeError):
        read_join_code(typed)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(CodeError):
        assert codes.is_join_code(read_join_code(text))


@given(st.text(alphabet=ALPHABET, min_size=8, max_size=8))
def test_what_is_shown_can_be_typed(code):
    assert read_slip(codes.grouped(code).lower()) == code
    assert read_join_code(codes.grouped(code[:6])) == code[:6]


@pytest.mark.parametrize("text", ["k7q2mx", "K7Q 2MX", "K7Q2M", "K7Q2MO", "K7Q2M\x00", ""])
def test_an_address_holds_only_codes_as_we_write_them(text):
    assert not codes.is_join_code(text)


def test_slips_differ_and_are_no_join_codes():
    slips = codes.new_slips(40)
    assert len(set(slips)) == 40
    assert all(read_slip(slip) == slip and not codes.is_join_code(slip) for slip in slips)


def test_a_manage_secret_is_long_and_only_its_hash_is_known():
    secret = codes.new_secret()
    assert codes.SECRET_BYTES * 8 >= 128
    assert len(secret) == 32
    stored = codes.secret_hash(secret)
    assert secret not in stored
    assert codes.is_secret(secret, stored)
    assert not codes.is_secret(secret[:-1], stored)
    assert not codes.is_secret("\ud800", stored)


def test_a_token_has_one_shape():
    assert codes.is_token(codes.new_token())
    assert not codes.is_token("")
    assert not codes.is_token(codes.new_token() + "x")
    assert not codes.is_token(codes.new_token() + "\n")
