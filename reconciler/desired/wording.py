"""How messages repeat what was declared, and what they suggest instead."""

from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from functools import lru_cache

_LONGEST_ECHO = 60
_KNOWN_SHOWN = 12


@lru_cache(maxsize=10_000)  # one person who left can be missed in a thousand files
def unknown(what: str, found: str, known: tuple[str, ...]) -> str:
    """The sentence about a word that is not known, with the nearest one that is."""
    near = get_close_matches(found, known, 1)
    if near:
        return f"unknown {what} '{echo(found)}': did you mean '{near[0]}'?"
    if not known:
        return f"unknown {what} '{echo(found)}': there is none"
    shown = ", ".join(f"'{word}'" for word in known[:_KNOWN_SHOWN])
    more = " and others" if len(known) > _KNOWN_SHOWN else ""
    return f"unknown {what} '{echo(found)}': there are {shown}{more}"


def found_words(value: object, *, quiet: bool = False) -> str:
    """What stands at a place; `quiet` where it could be a secret that somebody wrote down by mistake."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return "a text" if quiet else f"'{echo(value)}'"
    if isinstance(value, Mapping | Sequence):
        kind = "mapping" if isinstance(value, Mapping) else "list"
        return f"a {kind}" if value else f"an empty {kind}"
    return "a number" if quiet else echo(str(value))


def echo(text: str) -> str:
    """A declared text as a message may repeat it: on one line, and not for ever."""
    line = text if text.isprintable() else text.encode("unicode_escape").decode()
    return line if len(line) <= _LONGEST_ECHO else f"{line[:_LONGEST_ECHO]}…"
