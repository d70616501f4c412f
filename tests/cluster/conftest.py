"""The data, the database and the edition are those of the faults."""

from tests.faults.conftest import _pattern, edition, english, place, postgres

__all__ = ["_pattern", "edition", "english", "place", "postgres"]
