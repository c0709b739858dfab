"""JSON Schemas of the declarations, for editors: one for each kind, from the models that the loader itself uses."""

from collections.abc import Iterator, Mapping
from typing import cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from reconciler.desired.documents import API_VERSION, HEADER
from reconciler.desired.kinds import Schemas
from reconciler.desired.labels import DataLabelSpec
from reconciler.desired.layout import Kind
from reconciler.desired.models import Metadata, OverrideSpec, PersonSpec, SettingsSpec, TargetSpec, VendorSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Json = dict[str, object]

_MEANING = {
    Kind.SETTINGS: "What holds for the whole repository: targets, their populations, and how much may change.",
    Kind.PERSON: "An employee who may sponsor or own.",
    Kind.ROLE: "What may be done in one kind of target, defined once.",
    Kind.VENDOR: "An outside organisation, whom it sends, and what they may do.",
    Kind.OVERRIDE: "A named, dated lifting of one guard limit.",
    Kind.DATA_LABEL: "What objects and fields of one kind of target are: who may see them, and what kind of data.",
}


def documents_schema(schemas: Schemas) -> dict[str, Json]:
    """The JSON Schema (draft 2020-12) of every kind of declaration, by file name: `vendor.schema.json` and so on.

    The targets of Settings and the specs of Roles are those of the given kinds of target. The same models give the
    same text: nothing in it depends on the machine or the day.
    """
    kinds = [schemas[name] for name in sorted(schemas)]
    return {
        "settings.schema.json": _settings({kind.name: kind.target_model for kind in kinds}),
        "person.schema.json": _plain(Kind.PERSON, PersonSpec),
        "role.schema.json": _role({kind.name: kind.role_model for kind in kinds}),
        "vendor.schema.json": _plain(Kind.VENDOR, VendorSpec),
        "override.schema.json": _plain(Kind.OVERRIDE, OverrideSpec),
        "datalabel.schema.json": _labels(sorted(schemas)),
    }


def _plain(kind: Kind, model: type[BaseModel]) -> Json:
    places, definitions = _definitions(model)
    return _document(kind, places[model], definitions)


def _role(models: Mapping[str, type[BaseModel]]) -> Json:
    places, definitions = _definitions(*models.values())
    return _document(Kind.ROLE, {"oneOf": list(_by_connector(models, places))}, definitions)


def _labels(connectors: list[str]) -> Json:
    places, definitions = _definitions(DataLabelSpec)
    name = str(places[DataLabelSpec]["$ref"]).removeprefix("#/$defs/")
    spec = cast("Json", definitions.pop(name))
    properties = cast("Json", spec["properties"])
    properties["connector"] = {"title": "Connector", "enum": connectors}
    return _document(Kind.DATA_LABEL, spec, definitions)


def _settings(models: Mapping[str, type[BaseModel]]) -> Json:
    settings = SettingsSpec[TargetSpec]
    places, definitions = _definitions(settings, *models.values())
    name = str(places[settings]["$ref"]).removeprefix("#/$defs/")
    spec = cast("Json", definitions.pop(name))
    properties = cast("dict[str, Json]", spec["properties"])
    targets = properties["targets"]
    union: Json = {"oneOf": list(_by_connector(models, places))}
    targets["patternProperties"] = dict.fromkeys(cast("Json", targets["patternProperties"]), union)
    if TargetSpec not in models.values():
        definitions.pop(TargetSpec.__name__)
    return _document(Kind.SETTINGS, {**spec, "title": "Settings"}, definitions)


def _by_connector(models: Mapping[str, type[BaseModel]], places: Mapping[type[BaseModel], Json]) -> Iterator[Json]:
    """Each model, for the `connector` that chooses it."""
    for connector, model in models.items():
        chosen = {"properties": {"connector": {"const": connector}}, "required": ["connector"]}
        yield {"title": connector, "allOf": [places[model], chosen]}


def _definitions(*models: type[BaseModel]) -> tuple[dict[type[BaseModel], Json], Json]:
    """Where each model's schema is to be found, and all of them under their names."""
    wanted: list[type[BaseModel]] = list(dict.fromkeys((Metadata, *models)))
    places, schema = models_json_schema([(model, "validation") for model in wanted], by_alias=True)
    _close(schema)
    return {model: cast("Json", places[(model, "validation")]) for model in wanted}, dict(schema["$defs"])


def _close(node: object) -> None:
    """Refuse keys that no pattern takes; pydantic only says what the others must hold."""
    if isinstance(node, dict):
        if "patternProperties" in node:
            node.setdefault("additionalProperties", False)
        for inner in node.values():
            _close(inner)
    elif isinstance(node, list):
        for inner in node:
            _close(inner)


def _document(kind: Kind, spec: Json, definitions: Json) -> Json:
    return {
        "$schema": DIALECT,
        "title": kind.value,
        "description": _MEANING[kind],
        "type": "object",
        "additionalProperties": False,
        "required": list(HEADER),
        "properties": {
            "apiVersion": {"const": API_VERSION, "title": "Version of the language"},
            "kind": {"const": kind.value, "title": "Kind"},
            "metadata": {"$ref": f"#/$defs/{Metadata.__name__}"},
            "spec": spec,
        },
        "$defs": dict(sorted(definitions.items())),
    }
