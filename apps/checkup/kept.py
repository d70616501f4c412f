"""Parts of a page that are the same for everybody but for named places, rendered once for each edition and language.

Most of a personal page is not personal. Such a part is kept with its edition, and what is a person's is put into its
places on every request and kept nowhere. A key holds ids of the edition, and yes or no: never an answer, a number or
a code. So there are only so many parts, and none says anything about anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import get_language

from apps.editions.compiled import CompiledEdition

_PLACE = re.compile("\ue000([a-z_]+)\ue001")


def place(name: str) -> str:
    """Return the mark of a place, to render in a value's stead. Escaping leaves it as it is."""
    return f"\ue000{name}\ue001"


class Part:
    """HTML with places."""

    def __init__(self, html: str) -> None:
        """Take it apart at the marks."""
        self._pieces = _PLACE.split(html)
        self._names = tuple(enumerate(self._pieces))[1::2]

    def filled(self, **values: Any) -> SafeString:
        """Return the HTML with a value in every place, escaped unless it is safe. Raise KeyError without one."""
        pieces = self._pieces.copy()
        for number, name in self._names:
            value = values[name]
            pieces[number] = value if type(value) is SafeString else escape(str(value))
        return SafeString("".join(pieces))  # rendered by a template, and each value escaped  # nosec B703


def part(
    edition: CompiledEdition, *key: str | bool | None, make: Callable[[], str], language: str | None = None
) -> Part:
    """Return the part kept under a key in the current language, made on first use.

    Whoever asks for many parts may look up the current language once and say it.

    What `make` renders must follow from the edition, the language and the key. Raise TypeError for a key of another
    kind, which might tell about a person.
    """

    def made() -> Part:
        for one in key:
            if not isinstance(one, str | bool | None):
                raise TypeError(f"{one!r} cannot be in the key of a kept part: name an id of the edition, or yes or no")
        return Part(make())

    return edition.memo(("part", language or get_language(), *key), made)
