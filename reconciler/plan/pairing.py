"""Pair first, compare second: the one way in which two keyed collections are held against each other."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

Key = TypeVar("Key")
Wanted = TypeVar("Wanted")
Found = TypeVar("Found")


def pair(wanted: Mapping[Key, Wanted], found: Mapping[Key, Found]) -> Iterator[tuple[Key, Wanted | None, Found | None]]:
    """Every key of either side once, with what each side has there."""
    for key, want in wanted.items():
        yield key, want, found.get(key)
    for key, have in found.items():
        if key not in wanted:
            yield key, None, have
