"""Bring together what two people made of one item: what only one of them changed is taken from that one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.desk.shapes import Data

_GONE = object()


def merged(base: Data | None, theirs: Data, yours: Data) -> Data:
    """Return both changes in one. Where both changed the same field, yours stands; parts are known by their ids."""
    found: Data = _merged(base or {}, theirs, yours)
    return found


def _merged(base: Any, theirs: Any, yours: Any) -> Any:
    if yours == base:
        return theirs
    if theirs in (base, yours):
        return yours
    if isinstance(theirs, Mapping) and isinstance(yours, Mapping):
        return _merged_mapping(base if isinstance(base, Mapping) else {}, theirs, yours)
    if _has_ids(theirs) and _has_ids(yours):
        return _merged_parts(base if _has_ids(base) else [], theirs, yours)
    return yours


def _merged_mapping(base: Mapping[str, Any], theirs: Mapping[str, Any], yours: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for key in dict.fromkeys((*yours, *theirs)):
        value = _merged(base.get(key, _GONE), theirs.get(key, _GONE), yours.get(key, _GONE))
        if value is not _GONE:
            found[key] = value
    return found


def _merged_parts(base: Sequence[Any], theirs: Sequence[Any], yours: Sequence[Any]) -> list[Any]:
    """Return the parts in your order, with those that only they added behind."""
    old, their, your = ({part["id"]: part for part in parts} for parts in (base, theirs, yours))
    values = ((_merged(old.get(key, _GONE), their.get(key, _GONE), your.get(key, _GONE))) for key in {**your, **their})
    return [value for value in values if value is not _GONE]


def _has_ids(value: Any) -> bool:
    return isinstance(value, Sequence) and bool(value) and all(isinstance(p, Mapping) and "id" in p for p in value)
