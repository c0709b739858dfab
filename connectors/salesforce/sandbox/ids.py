"""Record ids: 15 characters that tell case apart, and the 3 that make them safe where case is lost."""

from collections import Counter
from functools import lru_cache
from string import ascii_uppercase, digits

_ALPHABET = digits + ascii_uppercase + ascii_uppercase.lower()
_CHECK = ascii_uppercase + "012345"
_POD = "gL0"
SHORT, LONG = 15, 18


def suffix(short: str) -> str:
    """The three check characters of a 15-character id.

    Each encodes which of five characters are capitals, the first of the five in the lowest bit
    (Salesforce help, "Convert 15-character Ids to 18-character Ids").
    """
    chunks = (short[start : start + 5] for start in range(0, SHORT, 5))
    return "".join(map(_check, chunks))


@lru_cache(4096)
def _check(chunk: str) -> str:
    return _CHECK[sum(1 << at for at, char in enumerate(chunk) if char in ascii_uppercase)]


def normal(text: str) -> str | None:
    """The 18-character form of an id, or None if the text is none."""
    if len(text) not in {SHORT, LONG} or not text.isascii() or not text.isalnum():
        return None
    short = text[:SHORT]
    if len(text) == SHORT:
        return short + suffix(short)
    return text if text[SHORT:] == suffix(short) else _repaired(text)


def _repaired(text: str) -> str | None:
    """Restores the case of an 18-character id from its suffix; the platform accepts any case there."""
    bits = [_CHECK.find(char) for char in text[SHORT:].upper()]
    if min(bits) < 0:
        return None
    chars = [
        char.upper() if bits[at // 5] >> (at % 5) & 1 else char.lower() if char.isalpha() else char
        for at, char in enumerate(text[:SHORT])
    ]
    short = "".join(chars)
    return short + suffix(short) if suffix(short) == text[SHORT:].upper() else None


class Ids:
    """Hands out new ids, counting per object."""

    def __init__(self) -> None:
        self._last: Counter[str] = Counter()

    def new(self, prefix: str) -> str:
        """The next id of that key prefix."""
        self._last[prefix] += 1
        number, tail = self._last[prefix], ""
        for _ in range(SHORT - len(prefix) - len(_POD)):
            number, rest = divmod(number, len(_ALPHABET))
            tail = _ALPHABET[rest] + tail
        short = prefix + _POD + tail
        return short + suffix(short)
