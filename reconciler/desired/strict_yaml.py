"""Strict YAML: one document of plain values with the place of each, or what is wrong with it."""

from collections.abc import Iterable
from itertools import islice

import yaml

from reconciler.desired.strict_builder import Builder, Limits, Stopped
from reconciler.desired.strict_document import (
    Document,
    Mark,
    Path,
    Position,
    Positions,
    Problem,
    Value,
    line_and_column,
    mark_at,
    mark_of,
)
from reconciler.desired.strict_syntax import explain
from reconciler.desired.strict_text import decode, objections, place

__all__ = ["Document", "Limits", "Path", "Position", "Problem", "Value", "parse"]

_PARSER: type[yaml.BaseLoader | yaml.CBaseLoader] = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
"""Whose events are read: of PyYAML's loaders only the parser below them is used."""

_DEFAULT_LIMITS = Limits()
_MOST_OBJECTIONS = 100
_START = "begin it with 'apiVersion: guestlist/v1'"


def parse(data: bytes, *, file: str, limits: Limits = _DEFAULT_LIMITS) -> Document | tuple[Problem, ...]:
    """Read one declaration. Whatever the bytes are, the answer is a document, or one problem or more in file order.

    Args:
        data: the file's content.
        file: its name in positions.
        limits: how much it may hold.
    """
    text = _text(data, limits)
    if not isinstance(text, str):
        return _problems(file, "", text)
    builder = _build(text, limits)
    result = builder.result()
    if result is None:
        return _problems(file, text, builder.found or [(mark_at(0, 0), f"found an empty file; {_START}, or remove it")])
    value, node = result
    if not isinstance(value, dict):
        what = "a list" if isinstance(value, list) else "a single value" if value else "nothing"
        elsewhere = [(mark, sentence) for mark, sentence in builder.found if mark != mark_of(node)]
        top = (mark_of(node), f"found {what} at the top, expected a mapping; {_START}")
        return _problems(file, text, [top, *elsewhere])
    if builder.found:
        return _problems(file, text, builder.found)
    return Document(value, Positions(file, node), Positions(file, node, of_keys=True))


def _text(data: bytes, limits: Limits) -> str | list[tuple[Mark, str]]:
    """The file's text, or why no parser shall see it."""
    if len(data) > limits.bytes:
        return [(mark_at(0, 0), f"found a file of {len(data)} bytes; at most {limits.bytes} are allowed: split it")]
    text = decode(data)
    if not isinstance(text, str):
        return [text]
    found = islice(objections(text), _MOST_OBJECTIONS)
    return [(place(text, offset), sentence) for offset, sentence in found] or text


def _build(text: str, limits: Limits) -> Builder:
    builder = Builder(text, limits)
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            builder.take(event)
    except Stopped:
        pass
    except yaml.YAMLError as error:
        builder.found.append(explain(error, text))
    return builder


def _problems(file: str, text: str, found: Iterable[tuple[Mark, str]]) -> tuple[Problem, ...]:
    return tuple(sorted({Problem(_position(file, text, mark), sentence) for mark, sentence in found}))


def _position(file: str, text: str, mark: Mark) -> Position:
    """The mark's position; libyaml's end of a file that lacks its last line feed lies a line too low."""
    end = place(text, len(text))
    return Position(file, *line_and_column(min(mark, end) if text else mark))
