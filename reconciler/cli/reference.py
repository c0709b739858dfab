"""The reference of the declarations as Markdown, made from the same JSON Schemas that editors check them with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from reconciler.desired.basics import PATTERNS
from reconciler.desired.layout import FOLDERS, SETTINGS_FILE, Kind

Json = Mapping[str, object]

INTRODUCTION = """\
# Declarations

This page is generated from the models that guestlist reads declarations with: `guestlist generate reference`.

Declarations are YAML files in the folder `desired-state/` of a Git repository: one document per file, a folder per
kind, and the file's stem is the declaration's name. Every file begins with the same header:

```yaml
apiVersion: guestlist/v1
kind: Vendor
metadata: {name: acme-support, title: Acme Support GmbH}
spec: {}
```

- **Names** are lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit, 63 at most.
- **Dates** (`2026-11-01`) are days in the time zone of the Settings. As a start, a day begins at 00:00; as an end it is
  inclusive. **Instants** carry an offset: `2026-11-01T08:00:00Z`.
- **References** (`{env: GUESTLIST_…}` or `{file: …}`) say where a value is that may not stand in the repository.
- The YAML is strict: unknown and duplicate keys, tabs, tags, several documents, words that YAML may read as something
  else (`no`, `on`, `1:30`) and whatever does not fit the tables below are errors with file, line and column. So are
  names that nothing declares. `guestlist validate` finds all of them in one pass.
- **Gaps**: where a person's name is due (sponsor, owners, `proofing.by`, `onBehalfOf`, `owner`), the word `undecided`
  may stand, and a text (`reason`, `unscoped`, the contract's `id` and `scope`, `evidence`) may begin with `undecided:`.
  That is valid, and `guestlist validate` lists it; what rests on it is held, so that nothing is granted or revoked.
- The same is in `schemas/`, as JSON Schema. The first line of a file connects it to an editor:
  `# yaml-language-server: $schema=../../schemas/vendor.schema.json`.

In the tables, **bold** keys are required. Examples stand in [`desired-state/`](../desired-state).
"""


def reference(schemas: Mapping[str, Json]) -> str:
    """The page, from the schema of every kind of declaration by file name, as `documents_schema` gives them."""
    parts = [INTRODUCTION]
    for kind in Kind:
        schema = schemas[f"{kind.value.lower()}.schema.json"]
        parts.append("\n".join(_kind(kind, schema)))
    return "\n".join(parts)


def _kind(kind: Kind, schema: Json) -> Iterator[str]:
    """One kind: where it stands, and a table for each mapping in it, below the one that mentions it first."""
    folder = next((f"{name}/" for name, held in FOLDERS.items() if held is kind), SETTINGS_FILE)
    yield from (f"## {kind.value}", "", f"`{folder}`. {schema['description']}", "")
    definitions = cast("Mapping[str, Json]", schema["$defs"])
    spec = cast("Mapping[str, Json]", schema["properties"])["spec"]
    yield from _tables(_Place(kind, "spec"), spec, definitions, set())


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a mapping stands: its kind, the path to it, and which of several kinds of thing it then is."""

    kind: Kind
    path: str
    choice: str = ""

    @property
    def title(self) -> str:
        return f"{self.kind.value}: `{self.path}`" + (f" ({self.choice})" if self.choice else "")


def _tables(place: _Place, node: Json, definitions: Mapping[str, Json], seen: set[str]) -> Iterator[str]:
    """The table of a mapping, or of each that it may be, and then of everything in it; each only once."""
    if "oneOf" in node:
        for option in cast("list[Json]", node["oneOf"]):
            chosen = _resolved(cast("list[Json]", option["allOf"])[0], definitions)
            yield from _tables(replace(place, choice=str(option["title"])), chosen, definitions, seen)
        return
    mapping = _resolved(node, definitions)
    yield from _table(place.title, mapping, definitions)
    for key, value in _properties(mapping).items():
        for path, name, inner in _below(f"{place.path}.{key}", value, definitions):
            if name not in seen:
                seen.add(name)
                yield from _tables(replace(place, path=path), inner, definitions, seen)


def _table(title: str, node: Json, definitions: Mapping[str, Json]) -> Iterator[str]:
    yield from (f"### {title}", "")
    if description := str(node.get("description", "")):
        yield description
        yield ""
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    required = cast("list[str]", node.get("required", []))
    for key, value in _properties(node).items():
        name = f"**`{key}`**" if key in required else f"`{key}`"
        cells = (name, _type(value, definitions), _default(value), _meaning(value, definitions))
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
    yield ""


def _below(path: str, node: Json, definitions: Mapping[str, Json]) -> list[tuple[str, str, Json]]:
    """What has a table of its own in a value: the path to it, the name that tells it from others, and the node."""
    if "$ref" in node:
        own = "properties" in _resolved(node, definitions) and not _is_reference(node)
        return [(path, str(node["$ref"]), node)] if own else []
    if "items" in node:
        return _below(f"{path}[]", cast("Json", node["items"]), definitions)
    if "patternProperties" in node:
        (value,) = cast("Mapping[str, Json]", node["patternProperties"]).values()
        return [(f"{path}.NAME", path, value)] if "oneOf" in value else _below(f"{path}.NAME", value, definitions)
    if isinstance(node.get("additionalProperties"), dict):
        return _below(f"{path}.KEY", cast("Json", node["additionalProperties"]), definitions)
    options = cast("list[Json]", node.get("anyOf", node.get("oneOf", [])))
    return [found for option in options for found in _below(path, option, definitions)]


def _type(node: Json, definitions: Mapping[str, Json]) -> str:
    """A schema as people would say it."""
    match node:
        case {"$ref": str(ref)}:
            return _named(ref, definitions)
        case {"anyOf": list(options)} | {"oneOf": list(options)}:
            kinds = [_type(option, definitions) for option in options if option.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
        case {"type": "array", "items": inner}:
            return f"list of: {_type(cast('Json', inner), definitions)}"
        case {"patternProperties": inner}:
            (value,) = cast("Mapping[str, Json]", inner).values()
            return f"mapping, by name, of: {'see below' if 'oneOf' in value else _type(value, definitions)}"
        case {"additionalProperties": dict(inner)}:
            return f"mapping of: {_type(cast('Json', inner), definitions)}"
        case _:
            return _scalar(node)


def _scalar(node: Json) -> str:
    match node:
        case {"const": value}:
            return f"`{value}`"
        case {"enum": list(values)}:
            return " or ".join(f"`{value}`" for value in values)
        case {"format": "date"}:
            return "date"
        case {"format": "date-time"}:
            return "instant"
        case {"pattern": str(pattern)} if pattern in PATTERNS:
            return PATTERNS[pattern].partition(":")[0].removeprefix("a ").removeprefix("an ")
        case _:
            words = {"string": "text", "integer": "number", "boolean": "`true` or `false`"}
            return words.get(str(node.get("type")), "mapping") + _bounds(node)


def _bounds(node: Json) -> str:
    low = node.get("minimum", node.get("exclusiveMinimum"))
    sign = "≥" if "minimum" in node else ">"
    parts = [f"{sign} {low}"] if low is not None else []
    parts += [f"≤ {node['maximum']}"] if "maximum" in node else []
    return f" ({', '.join(parts)})" if parts else ""


def _named(ref: str, definitions: Mapping[str, Json]) -> str:
    found = definitions[ref.rpartition("/")[2]]
    if "properties" not in found:
        return _type(found, definitions)
    if _is_reference({"$ref": ref}):
        return _code({next(iter(_properties(found))): "…"})
    keys = cast("list[str]", found.get("required", []))
    return _code(dict.fromkeys(keys, "…")) if keys else "mapping"


def _is_reference(node: Json) -> bool:
    return str(node.get("$ref", "")).endswith(("/EnvReference", "/FileReference"))


def _default(node: Json) -> str:
    value = node.get("default")
    return "" if value in (None, [], {}) else _code(value)


def _code(value: object) -> str:
    return f"`{_flow(value)}`"


def _flow(value: object) -> str:
    """A value as YAML's flow style writes it."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(_flow(inner) for inner in value) + "]"
        case _:
            return str(value)


def _meaning(node: Json, definitions: Mapping[str, Json]) -> str:
    """The key's own description, or else that of what it holds; nothing where the type says it."""
    own = str(node.get("description", ""))
    if own and node.get("pattern") not in PATTERNS:
        return own
    match node:
        case {"$ref": _}:
            return str(_resolved(node, definitions).get("description", "")).partition("\n")[0]
        case {"items": {"$ref": _} as inner}:
            return _meaning(cast("Json", inner), definitions)
        case {"anyOf": [{"$ref": _} as inner, {"type": "null"}]}:
            return _meaning(cast("Json", inner), definitions)
        case _:
            return ""


def _resolved(node: Json, definitions: Mapping[str, Json]) -> Json:
    ref = node.get("$ref")
    return node if ref is None else definitions[str(ref).rpartition("/")[2]]


def _properties(node: Json) -> Mapping[str, Json]:
    return cast("Mapping[str, Json]", node.get("properties", {}))
