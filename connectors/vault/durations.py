"""Lengths of time as declarations write them and as the server does: `30m`, `1h`, `7d`."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FORM = re.compile(r"([1-9][0-9]{0,6})([smhd])")


def seconds(duration: str) -> int:
    """A declared length of time in seconds; ValueError where it is none."""
    found = _FORM.fullmatch(duration)
    if found is None:
        raise ValueError(f"{duration!r} is no length of time: write a number and s, m, h or d, such as 30m or 1h")
    return int(found[1]) * _UNITS[found[2]]


def words(length: int) -> str:
    """Seconds in the largest unit that holds them whole."""
    unit = next(unit for unit in "dhms" if length % _UNITS[unit] == 0)
    return f"{length // _UNITS[unit]}{unit}"


def _checked(value: str) -> str:
    seconds(value)
    return value


Duration = Annotated[
    str, AfterValidator(_checked), Field(min_length=2, max_length=8, description="A length of time: 30m, 1h, 7d.")
]
