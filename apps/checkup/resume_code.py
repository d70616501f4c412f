"""The resume code: a person's answers, short enough to write on paper and type in again.

It is the sheet's own text with a check symbol behind it, in groups of four. The check finds every
mistyped symbol and every two neighbours that changed places, so a slip of the pen never becomes another
person's answers. It holds no persona, class, round or wish to be remembered. Source: design, section 4.
"""

from __future__ import annotations

from typing import Literal

from apps.checkup.sheet import ALPHABET, BASE, LONGEST_TEXT, AnswerSheet, Layout, encode

Reason = Literal["empty", "too-long", "bad-symbol", "check"]

GROUP = 4

_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
_HYPHENS = "-_\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u30fc"
"""What keyboards put where a hyphen was meant."""
_SOFT_SPACES = "\u200b\u2060\ufeff"
"""Spaces without width, which copying from a page can bring along; `str.isspace` does not know them."""
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_TO_HALF_WIDTH = 0xFEE0


class ResumeCodeError(ValueError):
    """What was typed is not a resume code.

    `reason` is "empty", "too-long", "bad-symbol" or "check" (mistyped, or cut off). `symbol` is the first
    symbol that no code holds, as typed, or written like U+202E where it cannot be printed; it is empty for
    the other reasons.
    """

    def __init__(self, reason: Reason, message: str, symbol: str = "") -> None:
        """Keep the reason and the symbol beside the message."""
        super().__init__(message)
        self.reason: Reason = reason
        self.symbol = symbol


def make(sheet: AnswerSheet, layout: Layout) -> str:
    """Return the resume code of a sheet, like "K7Q2-MX4P-9". Raise SheetError for a sheet out of place."""
    body = encode(sheet, layout)
    code = body + _check_symbol(body)
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read(text: str) -> str:
    """Return the sheet's text in a code as typed, for `sheet.edition_of` and `sheet.decode(…, full=False)`.

    Small letters, spaces and hyphens of any kind do not matter. 0, O, 1, I and L are refused by name instead
    of guessed, since no code holds any of them. Raise ResumeCodeError.
    """
    if len(text) > LONGEST_TEXT:
        raise ResumeCodeError("too-long", "this is longer than any resume code")
    code = "".join(_symbol(character) for character in text if not _is_separator(character))
    if not code:
        raise ResumeCodeError("empty", "no code was typed")
    if len(code) < 2 or _weighted_sum(code) % BASE:
        raise ResumeCodeError("check", "a symbol is wrong, missing or in another place")
    return code[:-1]


def _is_separator(character: str) -> bool:
    return character.isspace() or character in _HYPHENS or character in _SOFT_SPACES


def _symbol(character: str) -> str:
    """Return the symbol meant by a character, or raise ResumeCodeError with its name."""
    # Chinese and Japanese keyboards can type Latin letters in full width.
    plain = chr(ord(character) - _TO_HALF_WIDTH) if ord(character) in _FULL_WIDTH else character
    # Only ASCII is put in capitals: elsewhere that can turn one letter into two, or into another alphabet's.
    symbol = plain.upper() if plain.isascii() else plain
    if symbol not in _VALUES:
        name = plain if plain.isprintable() else f"U+{ord(plain):04X}"
        raise ResumeCodeError("bad-symbol", f"no code holds the symbol {name}", name)
    return symbol


def _weight(place: int) -> int:
    """Return the weight of a place: 1 to 30 in turn, never 0, and never the same for two neighbours."""
    return place % (BASE - 1) + 1


def _weighted_sum(code: str) -> int:
    # The length takes part, so that a first symbol of the alphabet (value 0) added at the end is noticed.
    return len(code) + sum(_weight(place) * _VALUES[symbol] for place, symbol in enumerate(code))


def _check_symbol(body: str) -> str:
    """Return the symbol that makes the weighted sum of the whole code divisible by 31."""
    missing = -_weighted_sum(body + ALPHABET[0])
    return ALPHABET[missing * pow(_weight(len(body)), -1, BASE) % BASE]
