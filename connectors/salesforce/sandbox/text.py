"""How text compares: without regard to letters' case in any script, where SQLite by itself knows ASCII's only."""

import re
import sqlite3
from functools import lru_cache


def install(database: sqlite3.Connection) -> None:
    """Makes `COLLATE NOCASE` and `LIKE` of this connection fold every letter."""
    database.create_collation("NOCASE", _compare)
    for arguments in (2, 3):
        database.create_function("like", arguments, _like, deterministic=True)


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
