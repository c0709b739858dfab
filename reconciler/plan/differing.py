"""How one attribute of an account differs from another, in words: of structured values only what differs. Pure.

Connectors give some attributes as JSON (a login role, an entity's metadata). Plans compare and keep them whole; people
read which of their keys differ.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

_IDENTIFYING = ("mount", "role", "name", "id")
"""The keys by which the objects of two lists are found to be about the same thing."""
_SECONDS = ("ttl", "period")
"""How keys end whose whole numbers are seconds, in every system that calls a lifetime a TTL."""
_UNITS = ((86400, "d"), (3600, "h"), (60, "m"))
_DAYS_FROM = 2
_LONGEST = 60
_MOST = 8


def difference(was: str | None, becomes: str | None) -> str | None:
    """What differs, short: `token_ttl 24h → 1h, bound_audiences +"x"`; None unless one is an object or list in JSON.

    The other one may be absent or empty, which is the same as an empty object or list.
    """
    before, after = _structure(was), _structure(becomes)
    if before is None or after is None or not (before or after):
        return None
    if before and after and isinstance(before, dict) is not isinstance(after, dict):
        return None
    found = list(_between("", before or None, after or None)) or ["in the order of its parts"]
    more = len(found) - _MOST
    return ", ".join(found[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _structure(text: str | None) -> dict[str, object] | list[object] | None:
    """The object or list that a text is; an empty one for no text; None for anything else."""
    if not text:
        return {}
    if text[0] not in "{[":
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def _between(path: str, was: object, becomes: object) -> Iterator[str]:
    """The differences of two values, each with the path of its key."""
    if was == becomes:
        return
    if isinstance(was, Mapping | None) and isinstance(becomes, Mapping | None) and (was or becomes):
        for key in sorted({*(was or {}), *(becomes or {})}):
            yield from _between(f"{path}.{key}" if path else key, (was or {}).get(key), (becomes or {}).get(key))
    elif isinstance(was, list | None) and isinstance(becomes, list | None) and (was or becomes):
        yield from _lists(path, was or [], becomes or [])
    else:
        yield f"{path} {_scalars(path, was, becomes)}".strip()


def _lists(path: str, was: Sequence[object], becomes: Sequence[object]) -> Iterator[str]:
    """What is in one and not in the other; what both have of the same identity is compared within."""
    gone = [each for each in was if each not in becomes]
    new = [each for each in becomes if each not in was]
    pairs: list[tuple[object, object]] = []
    for each in list(new):
        other = next((old for old in gone if _identity(old) and _identity(old) == _identity(each)), None)
        if other is not None:
            gone.remove(other)
            new.remove(each)
            pairs.append((other, each))
    alone = len(was) <= 1 and len(becomes) <= 1
    for old, each in pairs:
        yield from _between(path if alone else ".".join(filter(None, (path, _identity(each)))), old, each)
    signed = [*(f"+{_value(path, each)}" for each in new), *(f"-{_value(path, each)}" for each in gone)]
    if signed:
        yield f"{path} {' '.join(signed)}".strip()


def _identity(value: object) -> str:
    """What an object calls itself: `vendor-oidc/vendor_acme_maria`; empty where it says nothing."""
    if not isinstance(value, Mapping):
        return ""
    return "/".join(str(value[key]) for key in _IDENTIFYING if key in value)


def _scalars(path: str, was: object, becomes: object) -> str:
    if was is None:
        return f"+{_value(path, becomes)}"
    if becomes is None:
        return f"-{_value(path, was)}"
    return f"{_value(path, was)} → {_value(path, becomes)}"


def _value(path: str, value: object) -> str:
    """A value as people read it, never longer than fits in a line."""
    if isinstance(value, int) and not isinstance(value, bool) and path.endswith(_SECONDS):
        return _duration(value)
    text = _identity(value) or json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _duration(seconds: int) -> str:
    """Seconds in the largest unit that says them exactly; one day is 24h, as people write it."""
    for size, unit in _UNITS:
        if seconds and seconds % size == 0 and (unit != "d" or seconds >= _DAYS_FROM * size):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
