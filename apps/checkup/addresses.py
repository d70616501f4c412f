"""Addresses of pages, remembered: a result links to a hundred of them, and working one out takes a while."""

from __future__ import annotations

from functools import lru_cache

from django.urls import reverse
from django.utils.translation import get_language


def address(name: str, *args: str) -> str:
    """Return the address of a page in the current language; the ids in `args` are the edition's, so few."""
    return _remembered(get_language(), name, *args)


@lru_cache(maxsize=4096)
def _remembered(language: str | None, name: str, *args: str) -> str:
    return reverse(name, args=args)
