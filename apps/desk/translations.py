"""Whether a translation still follows its original.

Each translated text remembers a hash of the original it was made from. When the original changes and the
translation does not, the two differ, and the translation counts as outdated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from apps.desk.shapes import Data, texts_of
from apps.editions.wording_checks import ORIGINAL

Origins = dict[str, dict[str, str]]
"""The hash of the original that each translation was made from, by field path and language."""

State = Literal["missing", "current", "outdated"]


@dataclass(frozen=True)
class Translation:
    """One text of an item in one language, and whether it is there and follows its original."""

    path: str
    language: str
    state: State


def translations(kind: str, data: Data, origins: Origins, languages: Iterable[str]) -> tuple[Translation, ...]:
    """Return the state of every text of an item in each language but the original one."""
    others = [language for language in languages if language != ORIGINAL]
    return tuple(
        Translation(path, language, _state(text, language, origins.get(path, {})))
        for path, text in texts_of(kind, data).items()
        for language in others
    )


def origins_after(
    kind: str, before: Data | None, after: Data, origins: Origins, confirmed: Collection[tuple[str, str]] = ()
) -> Origins:
    """Return what translations are made from after a change.

    A translation that changed, or is in `confirmed` as (path, language), is made from the original as it is now.
    One that stayed is made from what it was made from before.
    """
    old_texts = texts_of(kind, before) if before is not None else {}
    found: Origins = {}
    for path, text in texts_of(kind, after).items():
        old = old_texts.get(path, {})
        for language, words in text.items():
            if language == ORIGINAL:
                continue
            origin = origins.get(path, {}).get(language)
            if words != old.get(language) or (path, language) in confirmed:
                origin = _hash(text.get(ORIGINAL, ""))
            found.setdefault(path, {})[language] = origin or _hash(old.get(ORIGINAL, ""))
    return found


def _state(text: Mapping[str, str], language: str, origins: Mapping[str, str]) -> State:
    if not text.get(language, "").strip():
        return "missing"
    return "current" if origins.get(language) == _hash(text.get(ORIGINAL, "")) else "outdated"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
