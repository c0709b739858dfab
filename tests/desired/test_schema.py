"""The JSON Schemas say what the loader says, and the committed ones are current."""

import json
from datetime import date
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler.desired.documents import read
from reconciler.desired.layout import Kind
from reconciler.desired.schema import documents_schema
from reconciler.desired.source import File
from reconciler.discovery import connector_kinds
from tests.desired.kinds import KINDS
from tests.desired.test_documents import ROLE, SETTING, VENDOR, changed
from tests.desired.test_labels import CASES
from tests.desired.test_labels import WRONG as LABELS
from tests.desired.world import ACME, FILES, SETTINGS, override, role

ROOT = Path(__file__).parents[2]
SCHEMAS = documents_schema(KINDS)
FOLDERS = {"people": "person", "roles": "role", "vendors": "vendor", "overrides": "override", "data": "datalabel"}


def schema_of(name: str) -> str:
    return f"{FOLDERS.get(name.split('/', maxsplit=1)[0], 'settings')}.schema.json"


def errors(schema: str, text: str) -> list[str]:
    """What an editor would underline; editors read dates as text."""
    value = json.loads(json.dumps(yaml.safe_load(text), default=date.isoformat))
    return [error.message for error in Draft202012Validator(SCHEMAS[schema]).iter_errors(value)]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_each_is_a_schema_of_the_draft_it_names(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]
    assert schema["description"]
    assert '"$id"' not in json.dumps(schema)


def test_every_definition_is_described_and_used() -> None:
    for name, schema in SCHEMAS.items():
        text = json.dumps(schema)
        definitions = schema["$defs"]
        assert isinstance(definitions, dict)
        for definition, content in definitions.items():
            assert f'"#/$defs/{definition}"' in text, (name, definition)
            assert content.get("description"), (name, definition)


def test_they_are_the_same_every_time() -> None:
    assert json.dumps(documents_schema(dict(reversed(list(KINDS.items()))))) == json.dumps(SCHEMAS)


@pytest.mark.parametrize("name", [*sorted(FILES), "overrides/wave.yaml", "data/cases.yaml"])
def test_what_the_loader_accepts_the_schema_accepts(name: str) -> None:
    others = {"overrides/wave.yaml": override("crm", "dana.reyes"), "data/cases.yaml": CASES}
    text = FILES.get(name) or others[name]
    kinds = {kind.value.lower(): kind for kind in Kind}
    kind = kinds.get(schema_of(name).split(".")[0], Kind.SETTINGS)
    assert not isinstance(read(File(name, name, 1), text.encode(), kind, KINDS), tuple)
    assert not errors(schema_of(name), text)


BEYOND = {"since: 1026-01-10", "until: 9999-12-31", "since: soon", "until: later", "timeZone: Europe/Berln"} | {
    "timeZone: ../../etc/passwd",
    "since: 2026-01-10T10:00:00Z",  # editors do not check formats unless asked to
    "starts: 2026-01-01, ends: 2025-12-31",
    "kind: automation, onBehalfOf: maria.k",
}
"""Mistakes that no schema can see."""


@pytest.mark.parametrize("new", [new for _, new, _ in VENDOR if new not in BEYOND])
def test_an_editor_underlines_what_the_loader_refuses_in_a_vendor(new: str) -> None:
    old = next(old for old, other, _ in VENDOR if other == new)
    assert errors("vendor.schema.json", changed(ACME, old, new))


@pytest.mark.parametrize("new", [new for _, new, _ in SETTING if new not in BEYOND])
def test_an_editor_underlines_what_the_loader_refuses_in_settings(new: str) -> None:
    old = next(old for old, other, _ in SETTING if other == new)
    assert errors("settings.schema.json", SETTINGS.replace(old, new, 1))


@pytest.mark.parametrize("spec", [spec for spec, _ in ROLE])
def test_an_editor_underlines_what_the_loader_refuses_in_a_role(spec: str) -> None:
    assert errors("role.schema.json", role("triage", spec))


@pytest.mark.parametrize("new", [new for _, new, _ in LABELS])
def test_an_editor_underlines_what_the_loader_refuses_in_labels(new: str) -> None:
    old = next(old for old, other, _ in LABELS if other == new)
    assert errors("datalabel.schema.json", CASES.replace(old, new, 1))


def test_the_committed_schemas_are_current() -> None:
    """`guestlist generate schema` would change nothing."""
    current = documents_schema({name: kind.schema for name, kind in connector_kinds().items()})
    for name, schema in current.items():
        committed = json.loads((ROOT / "schemas" / name).read_text(encoding="utf-8"))
        assert committed == schema, f"schemas/{name} is old: run `guestlist generate schema`"
