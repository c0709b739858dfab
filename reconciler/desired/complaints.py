"""pydantic's errors as problems: one for each place, with what was found there and what would be right."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reconciler.desired.basics import NAME_PATTERN, PATTERNS
from reconciler.desired.shape import Expectation, Shape
from reconciler.desired.strict_yaml import Document, Path, Position, Problem
from reconciler.desired.wording import echo, found_words, unknown

_KEY = "[key]"
_MOST_ERRORS = 200
"""Nobody mends more at once, and a hostile file could hold a hundred thousand."""


def complaints(
    error: ValidationError, value: object, shape: Callable[[], Shape], document: Document, prefix: Path
) -> Iterator[Problem]:
    """What is wrong with `value`, which stands at `prefix` of `document`, one problem for each place."""
    part = _Part(value, shape(), document, prefix)
    errors = error.errors(include_url=False, include_input=False)[:_MOST_ERRORS]
    found = [one for one in (_locate(details, value) for details in errors) if not part.long_enough(one)]
    yield from (part.problem(one) for one in found if one.union is None)
    unions = sorted((one for one in found if one.union is not None), key=_union)
    for place, alternatives in groupby(unions, key=_union):
        yield from part.union_problems(list(alternatives), place)


@dataclass(frozen=True, slots=True)
class _Found:
    """One of pydantic's errors, with its place in the checked value.

    Attributes:
        place: what the error is about; of an unknown or missing key, the mapping.
        union: the place of the outermost union on the way there, and `branch` the alternative of it that was tried.
        key: the key, where the error is about one: unknown, missing or badly written.
    """

    details: ErrorDetails
    place: Path
    union: Path | None
    branch: str
    key: str | None

    @property
    def type(self) -> str:
        return self.details["type"]

    @property
    def misfit(self) -> bool:
        """Whether the alternative does not fit at all, as opposed to fitting and containing something wrong."""
        kinds = self.type.endswith("_type") or self.type in {"timezone_aware", "literal_error", "enum"}
        return self.union == self.place and kinds


def _union(found: _Found) -> Path:
    return found.union or ()


def _locate(details: ErrorDetails, value: object) -> _Found:
    """Follow pydantic's location through the value; what leads nowhere there is the name of a union's alternative."""
    place: list[str | int] = []
    union: Path | None = None
    branch = ""
    key: str | None = None
    location = details["loc"]
    if details["type"] == "missing":
        key = str(location[-1])
        location = location[:-1]
    for segment in location:
        if segment == _KEY:
            key = str(place[-1])
        elif _leads_on(value, segment):
            value = value[segment]  # type: ignore[index]  # just checked
            place.append(segment)
        elif union is None:
            union, branch = tuple(place), str(segment)
    if details["type"] == "extra_forbidden":
        key = str(place.pop())
    return _Found(details, tuple(place), union, branch, key)


def _leads_on(value: object, segment: str | int) -> bool:
    if isinstance(value, Mapping):
        return segment in value
    return isinstance(value, list) and isinstance(segment, int) and segment < len(value)


@dataclass(frozen=True, slots=True)
class _Part:
    """The checked part of a document: its value, the shape that it should have, and where it stands."""

    value: object
    shape: Shape
    document: Document
    prefix: Path

    def long_enough(self, one: _Found) -> bool:
        """Whether a list is only too short because pydantic does not count entries that are wrong themselves."""
        here = self._look_up(one.place)
        least = one.details.get("ctx", {}).get("min_length", 0)
        return one.type == "too_short" and isinstance(here, Sequence) and len(here) >= least

    def problem(self, one: _Found) -> Problem:
        """What one error says."""
        place = self.prefix + one.place
        expected = self.shape.at(one.place)
        if one.key is None:
            return Problem(self.document.at(place), self._about_value(one, expected))
        if one.type == "extra_forbidden":
            return self._unknown_key(one.key, expected, one.place)
        if one.type == "missing":
            belongs = str(self.shape.at((*one.place, one.key)))
            text = f"the key '{one.key}' is missing{_within(place)}: write {belongs or 'it'}"
            return Problem(self._at_key(place), text)
        return Problem(self._at_key(place), f"found the key '{echo(one.key)}', expected {_right_key(one.details)}")

    def union_problems(self, found: Sequence[_Found], place: Path) -> Iterator[Problem]:
        """One clear statement about a union: on the alternative that was meant, where one plainly was."""
        here = self._look_up(place)
        expected = self.shape.at(place)
        strange = [key for key in here if key not in expected.keys] if isinstance(here, Mapping) else []
        if strange and expected.keys:
            yield from (self._unknown_key(str(key), expected, place) for key in strange)
            return
        branches: dict[str, list[_Found]] = {}
        for one in found:
            branches.setdefault(one.branch, []).append(one)
        distances = {branch: _distance(errors) for branch, errors in branches.items()}
        nearest = min(distances.values())
        meant = [branch for branch, distance in distances.items() if distance == nearest]
        if len(meant) == 1 and not any(one.misfit for one in branches[meant[0]]):
            yield from (self.problem(one) for one in branches[meant[0]])
        else:
            path = self.prefix + place
            yield Problem(self.document.at(path), _mismatch(path, here, expected))

    def _about_value(self, one: _Found, expected: Expectation) -> str:
        place = self.prefix + one.place
        if one.type == "value_error":
            return f"{_name(place)}{one.details.get('ctx', {}).get('error', one.details['msg'])}"
        if one.type == "reference" or not str(expected):
            return f"{_name(place)}{one.details['msg']}"
        return _mismatch(place, self._look_up(one.place), expected)

    def _unknown_key(self, key: str, expected: Expectation, place: Path) -> Problem:
        return Problem(self._at_key((*self.prefix, *place, key)), unknown("key", key, expected.keys))

    def _look_up(self, place: Path) -> object:
        value = self.value
        for segment in place:
            value = value[segment]  # type: ignore[index]  # the place was found by walking this very value
        return value

    def _at_key(self, place: Path) -> Position:
        return self.document.key_positions.get(place) or self.document.at(place)


def _distance(errors: Sequence[_Found]) -> tuple[int, int, int]:
    """How far a value is from an alternative of a union."""
    structural = sum(one.type in {"missing", "extra_forbidden"} for one in errors)
    return sum(one.misfit for one in errors), structural, len(errors)


def _right_key(details: ErrorDetails) -> str:
    """What a key would have to be."""
    context = details.get("ctx", {})
    if details["type"] == "string_too_long":
        return f"one of at most {context.get('max_length')} characters"
    return PATTERNS.get(str(context.get("pattern")), PATTERNS[NAME_PATTERN])


def _mismatch(place: Path, here: object, expected: Expectation) -> str:
    quiet = expected.secret or not expected.scalar
    return f"{_name(place)}found {found_words(here, quiet=quiet)}, expected {expected}"


def _name(place: Path) -> str:
    words = [segment for segment in place if isinstance(segment, str)]
    return f"{words[-1]}: " if words else ""


def _within(place: Path) -> str:
    words = [segment for segment in place if isinstance(segment, str)]
    return f" in {words[-1]}" if words else ""
