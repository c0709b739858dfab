"""What a model expects at a place of a document, in words: read from the JSON Schema that the model generates."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from reconciler.desired.basics import PATTERNS
from reconciler.desired.models import EnvReference, FileReference
from reconciler.desired.strict_yaml import Path

Node = Mapping[str, object]

_SECRETIVE = {EnvReference.__name__, FileReference.__name__}
_FORMATS = {"date": "a date (2026-01-31)", "date-time": "an instant with an offset (2026-01-31T18:00:00+01:00)"}


class Shape:
    """A JSON Schema that can be asked what belongs at a place; unions and references are seen through."""

    def __init__(self, schema: Node) -> None:
        self._definitions = cast("Mapping[str, Node]", schema.get("$defs", {}))
        self._top = schema

    def at(self, path: Path) -> "Expectation":
        """What may stand at `path`."""
        nodes = self._leaves([self._top])
        secret = _is_secretive(nodes)
        for segment in path:
            nodes = self._leaves(_step(nodes, segment))
            secret = secret or _is_secretive(nodes)
        return Expectation(nodes, secret)

    def _leaves(self, nodes: Iterable[Node]) -> tuple[Node, ...]:
        found: list[Node] = []
        for node in nodes:
            alternatives = [cast("Sequence[Node]", node[word]) for word in ("anyOf", "oneOf", "allOf") if word in node]
            if "$ref" in node:
                found.extend(self._leaves([self._definitions[str(node["$ref"]).removeprefix("#/$defs/")]]))
            elif alternatives:
                found.extend(self._leaves(option for options in alternatives for option in options))
            else:
                found.append(node)
        return tuple(found)


class Expectation:
    """What may stand at one place: the alternatives, in words; `secret` where no value may be repeated."""

    def __init__(self, nodes: tuple[Node, ...], secret: bool) -> None:  # noqa: FBT001 -- made by Shape alone
        self._nodes = nodes
        self.secret = secret

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that are known here."""
        found: dict[str, None] = {}
        for node in self._nodes:
            found.update(dict.fromkeys(cast("Mapping[str, object]", node.get("properties", {}))))
        return tuple(found)

    @property
    def scalar(self) -> bool:
        """Whether a single value may stand here."""
        return any(node.get("type") not in {"object", "array", "null"} for node in self._nodes)

    def __str__(self) -> str:
        return " or ".join(dict.fromkeys(filter(None, (_words(node) for node in self._nodes))))


def _is_secretive(nodes: Sequence[Node]) -> bool:
    return any(node.get("title") in _SECRETIVE for node in nodes)


def _step(nodes: Sequence[Node], segment: str | int) -> Iterable[Node]:
    for node in nodes:
        if isinstance(segment, int):
            inner = node.get("items")
        else:
            properties = cast("Mapping[str, object]", node.get("properties", {}))
            patterns = cast("Mapping[str, object]", node.get("patternProperties", {}))
            others = next(iter(patterns.values()), node.get("additionalProperties"))
            inner = properties.get(segment, others)
        if isinstance(inner, Mapping):
            yield inner


def _words(node: Node) -> str:
    if "const" in node:
        return _literal(node["const"])
    if "enum" in node:
        values = [_literal(value) for value in cast("Sequence[object]", node["enum"])]
        return values[0] if len(values) == 1 else f"one of {', '.join(values)}"
    words = _WORDS.get(str(node.get("type")))
    return words(node) if words else ""


def _text(node: Node) -> str:
    if node.get("format") in _FORMATS:
        return _FORMATS[str(node["format"])]
    pattern = node.get("pattern")
    if isinstance(pattern, str):
        words = PATTERNS.get(pattern) or str(node.get("description") or f"a text that matches {pattern}")
        return words.rstrip(".") + _bounds(node, "", "maxLength", "characters")
    return "a text" + _bounds(node, "minLength", "maxLength", "characters")


def _mapping(node: Node) -> str:
    required = cast("Sequence[str]", node.get("required", ()))
    if required:
        return "{" + ", ".join(f"{key}: …" for key in required) + "}"
    return "a mapping" + _bounds(node, "minProperties", "maxProperties", "entries")


def _bounds(node: Node, least: str, most: str, unit: str = "") -> str:
    low, high = node.get(least), node.get(most)
    unit = unit and f" {unit}"
    if low is not None and high is not None:
        return f" of {low} to {high}{unit}"
    if low is not None:
        return f" of at least {low}{unit}"
    return "" if high is None else f" of at most {high}{unit}"


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


_WORDS: Mapping[str, Callable[[Node], str]] = {
    "string": _text,
    "integer": lambda node: "a whole number" + _bounds(node, "minimum", "maximum"),
    "boolean": lambda _: "true or false",
    "array": lambda node: "a list" + _bounds(node, "minItems", "maxItems", "entries"),
    "object": _mapping,
}
