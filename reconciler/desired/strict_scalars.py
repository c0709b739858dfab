"""Unquoted scalars: what is plainly one thing is read, what YAML's versions read differently is refused.

YAML 1.1 (PyYAML, https://yaml.org/type/) and YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema) disagree about
words like `no`, numbers like `010` and times like `1:30`; no reader of a declaration should have to know which holds.
"""

import re
from datetime import date, datetime

from reconciler.desired.strict_document import Scalar

_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
_BOOLEANS = {"y": "true", "yes": "true", "on": "true", "n": "false", "no": "false", "off": "false"}
_LONGEST_WORD = 5
_SPECIAL_STARTS = frozenset("0123456789+-.~<=")
_LONGEST_ECHO = 40

_LONGEST_SHOWN_NUMBER = 20
"""Longer ones are not repeated in messages: a hexadecimal key written down by mistake is a secret."""

_LONGEST_NUMBER = 18
"""Digits: every such integer fits 64 bits, in whatever reads our JSON."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)

_LIKE_A_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_LIKE_AN_INSTANT = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|\s+)[0-9]{1,2}(?::[0-9.:]*)?(.*)", re.DOTALL)
_SURPRISES = (
    (re.compile(r"[-+]?0[0-9]+"), "a number with a leading zero, octal to some; leave the zero out, or quote it"),
    (re.compile(r"[-+]?0[xX][0-9a-fA-F_]+"), "a hexadecimal number; write it in decimal, or quote it"),
    (re.compile(r"[-+]?0[oO][0-7_]+"), "an octal number; write it in decimal, or quote it"),
    (re.compile(r"[-+]?0[bB][01_]+"), "a binary number; write it in decimal, or quote it"),
    (re.compile(r"[-+]?[0-9]+(?::[0-9]+)+(?:\.[0-9_]*)?"), "a number in base 60 to YAML 1.1; quote it"),
    (re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?"), "a number with '_'; leave them out, or quote it"),
    (re.compile(r"[-+]?[0-9]+\.[0-9]*_[0-9_]*"), "a number with '_'; leave them out, or quote it"),
    (re.compile(r"[-+]?\.inf|\.nan", re.IGNORECASE), "not a finite number; write a finite one, or quote it"),
    (re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+"), "an exponent; write the digits out, or quote it"),
    (re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)"), "an unusual decimal; write it like 0.5, or quote it"),
    (re.compile(r"\+[0-9]+"), "a number with '+'; leave the sign out, or quote it"),
)  # fmt: skip  # one surprise a line


class Ambiguous(ValueError):
    """An unquoted scalar that readers of YAML understand differently; its text says what to write instead."""


def read_plain(text: str) -> Scalar:
    """The value of an unquoted scalar.

    Raises:
        Ambiguous: it looks like one thing and may be read as another, or it is a date or number that cannot be.
    """
    if text[:1] in _SPECIAL_STARTS:
        return _special(text)
    if len(text) <= _LONGEST_WORD:
        if text in _WORDS:
            return _WORDS[text]
        _refuse_word(text)
    return text


def echo(text: str) -> str:
    """What was found, as a message may repeat it: on one line, and not for ever."""
    line = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return f"'{line}'" if len(line) <= _LONGEST_ECHO else f"'{line[:_LONGEST_ECHO]}…'"


def _refuse_word(text: str) -> None:
    word = text.lower()
    if not word:
        raise Ambiguous('found nothing, expected a value; write one, or null, or "" for an empty text')
    if word in _WORDS:
        raise Ambiguous(f"found '{text}', which not every reader takes for {word}; write {word}, or quote it")
    if word in _BOOLEANS:
        raise Ambiguous(
            f"found '{text}', which YAML 1.1 reads as {_BOOLEANS[word]}; quote it, or write {_BOOLEANS[word]}"
        )


def _special(text: str) -> Scalar:
    if _DATE.fullmatch(text) or _INSTANT.fullmatch(text):
        return _calendar(text)
    if _INTEGER.fullmatch(text):
        return int(_short(text))
    if _DECIMAL.fullmatch(text):
        return float(_short(text))
    if text == "~":
        raise Ambiguous("found '~'; write null, or quote it")
    if text in {"<<", "="}:
        raise Ambiguous(f"found '{text}', which has a meaning of its own in YAML 1.1; quote it")
    _refuse_calendar(text)
    for pattern, what in _SURPRISES:
        if pattern.fullmatch(text):
            shown = f"{echo(text)}, " if len(text) <= _LONGEST_SHOWN_NUMBER else ""
            raise Ambiguous(f"found {shown}{what}")
    return text


def _short(number: str) -> str:
    digits = len(number.lstrip("-").replace(".", ""))
    if digits > _LONGEST_NUMBER:
        raise Ambiguous(f"found a number of {digits} digits, more than {_LONGEST_NUMBER}; quote it if it is a text")
    return number


def _calendar(text: str) -> date | datetime:
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        raise Ambiguous(f"found '{text}', a day that is in no calendar; correct it, or quote it") from None


def _refuse_calendar(text: str) -> None:
    like = _LIKE_A_DATE.fullmatch(text)
    if like:
        year, month, day = like.groups()
        raise Ambiguous(f"found '{text}'; write the date as {year}-{month:0>2}-{day:0>2}, or quote it")
    instant = _LIKE_AN_INSTANT.fullmatch(text)
    if instant and not instant[1]:
        raise Ambiguous(f"found {echo(text)}, a time without an offset; add Z or an offset like +02:00")
    if instant:
        raise Ambiguous(f"found {echo(text)}; write an instant like 2026-01-02T03:04:05Z or …+02:00, or quote it")
