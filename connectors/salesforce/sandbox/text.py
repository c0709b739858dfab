"""How text compares: without regard to letters' case in any script, where SQLite by itself knows ASCII's only.

And what the clocks of a time zone show, which SQLite does not know either.
"""

import re
import sqlite3
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


def install(database: sqlite3.Connection) -> None:
    """Makes `COLLATE NOCASE` and `LIKE` of this connection fold every letter, and adds `in_zone(instant, zone)`."""
    database.create_collation("NOCASE", _compare)
    for arguments in (2, 3):
        database.create_function("like", arguments, _like, deterministic=True)
    database.create_function("in_zone", 2, _in_zone, deterministic=True)


def _in_zone(instant: str | None, zone: str) -> str | None:
    """An instant as stored, as the clocks of a time zone show it."""
    if instant is None:
        return None
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")


def _compare(left: str, right: str) -> int:
    one, other = left.casefold(), right.casefold()
    return (one > other) - (one < other)


def _like(pattern: object, value: object, escape: str = "") -> bool | None:
    if pattern is None or value is None:
        return None
    return _pattern(str(pattern), escape).fullmatch(str(value).casefold()) is not None


@lru_cache(256)
def _pattern(text: str, escape: str) -> re.Pattern[str]:
    """The expression that a pattern of LIKE means: `%` any text, `_` any character, after the escape itself."""
    parts, plain = [], False
    for char in text:
        if not plain and char == escape:
            plain = True
            continue
        parts.append(re.escape(char.casefold()) if plain else _WILD.get(char) or re.escape(char.casefold()))
        plain = False
    return re.compile("".join(parts), re.DOTALL)


_WILD = {"%": ".*", "_": "."}
