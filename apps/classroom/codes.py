"""Codes of a class: the join code and slips that people type, the manage secret and tokens that nobody types.

Plain Python without Django. Codes use the alphabet of the resume code, which has no look-alikes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata

from apps.checkup.sheet import ALPHABET

JOIN_LENGTH = 6
"""Six of 31 symbols are 29.7 bits: at 60 wrong tries a minute, one class among 1,000 takes over ten days to hit."""

SLIP_LENGTH = 8
"""Longer than a join code, so that one is never taken for the other, and so that slips cannot be guessed."""

MADE_UP = "MADEUP"
"""The code of the made-up class, which no real class is given."""

LONGEST_TYPED = 200
"""Longer input is refused before it is looked at. A pasted join address is shorter."""

SECRET_BYTES = 24
TOKEN_BYTES = 16

LOOK_ALIKES = {"0": "D, Q", "O": "D, Q", "1": "J, 7", "I": "J, 7", "L": "J, 7"}
"""Symbols that no code holds, and what may have been meant."""

_SEPARATORS = re.compile(r"[\s\-_\u00ad\u200b\u2010-\u2015\u2060\u2212\u30fc\ufe58\ufe63\ufeff.]+")
_ADDRESS = re.compile(r"/join/([^/?#]+)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


class CodeError(ValueError):
    """What was typed cannot be a code.

    `symbol` is the first symbol that no code holds, in capitals, and `meant` what it may have been, like
    "D, Q"; both are empty for input of the wrong length.
    """

    def __init__(self, message: str, symbol: str = "") -> None:
        """Keep the symbol beside the message."""
        super().__init__(message)
        self.symbol = symbol
        self.meant = LOOK_ALIKES.get(symbol, "")


def new_join_code() -> str:
    """Return a join code, like "K7Q2MX"."""
    return _random_code(JOIN_LENGTH)


def new_slips(count: int) -> tuple[str, ...]:
    """Return so many different slips, in an order that says nothing."""
    slips: set[str] = set()
    while len(slips) < count:
        slips.add(_random_code(SLIP_LENGTH))
    return tuple(sorted(slips))


def _random_code(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def is_join_code(text: str) -> bool:
    """Return whether a text is a join code exactly as we write it in addresses."""
    return len(text) == JOIN_LENGTH and all(symbol in ALPHABET for symbol in text)


def read_join_code(text: str) -> str:
    """Return the join code in what was typed, or in a pasted join address. Raise CodeError.

    Small letters, full-width letters, spaces, full stops and hyphens of any kind do not matter.
    """
    found = _ADDRESS.search(text) if len(text) <= LONGEST_TYPED else None
    return _read(found[1] if found else text, JOIN_LENGTH)


def read_slip(text: str) -> str:
    """Return the slip in what was typed, as forgiving as `read_join_code`. Raise CodeError."""
    return _read(text, SLIP_LENGTH)


def _read(text: str, length: int) -> str:
    if len(text) > LONGEST_TYPED:
        raise CodeError("this is longer than any code")
    code = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    for character in code:
        # Only ASCII is put in capitals: elsewhere that can turn one letter into two, or into another alphabet's.
        symbol = character.upper() if character.isascii() else character
        if symbol not in ALPHABET:
            name = symbol if symbol.isprintable() else f"U+{ord(symbol):04X}"
            raise CodeError(f"no code holds the symbol {name}", name)
    if len(code) != length:
        raise CodeError(f"a code has {length} symbols")
    return code.upper()


def grouped(code: str) -> str:
    """Return a code as it is shown: "K7Q 2MX", or "K7Q2 MX4P" for a slip."""
    half = len(code) // 2
    return f"{code[:half]} {code[half:]}"


def new_secret() -> str:
    """Return the secret of a manage link: 192 bits, fit for an address."""
    return secrets.token_urlsafe(SECRET_BYTES)


def secret_hash(secret: str) -> str:
    """Return what is stored of a manage secret. It is too long to be guessed, so a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def is_secret(secret: str, stored_hash: str) -> bool:
    """Return whether this is the secret behind a stored hash, in a time that says nothing."""
    return hmac.compare_digest(secret_hash(secret), stored_hash)


def new_token() -> str:
    """Return a token by which one device's contribution to a round is known when it is sent again."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_token(text: str) -> bool:
    """Return whether a text has the shape of a token."""
    return _TOKEN.fullmatch(text) is not None
