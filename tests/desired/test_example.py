"""The example organisation, on the real kinds of target: it is what the demo runs on and what people copy."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler.desired.load import Declarations, load
from reconciler.desired.resolve import resolve
from reconciler.discovery import connector_kinds
from reconciler.model import Mode
from tests.desired.world import World

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "desired-state"
KINDS = {name: kind.schema for name, kind in connector_kinds().items()}
FILES = sorted(EXAMPLE.rglob("*.yaml"))
READ_IN_HALF_A_MINUTE = 100


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Declarations:
    world = World.make(tmp_path_factory.mktemp("example") / "repo", {})
    shutil.copytree(EXAMPLE, world.root / "desired-state")
    world.commit({})
    return load(world.source(), KINDS)


def test_nothing_is_wrong_with_it(example: Declarations) -> None:
    assert not example.problems
    assert set(example.vendors) == {"acme-support", "northwind-msp"}
    assert {name: target.mode for name, target in example.settings.spec.targets.items()} == {
        "crm": Mode.ENFORCE,
        "vault": Mode.ENFORCE,
    }


def test_everything_in_it_is_used(example: Declarations) -> None:
    """Each role is granted to somebody and each person answers for something."""
    specs = [vendor.spec for vendor in example.vendors.values()]
    assert {grant.role for spec in specs for grant in spec.grants} == set(example.roles)
    named = {name for spec in specs for name in (spec.sponsor.name, spec.owners.business, spec.owners.technical)}
    assert named == set(example.people)


def test_it_shows_every_kind_of_principal_and_something_that_is_over(example: Declarations) -> None:
    asked = resolve(example, KINDS)
    assert {grant.principal.kind for grant in asked.grants} == {"human", "persona", "automation"}
    assert not asked.blind
    assert not any(grant.doubt or grant.lapse for grant in asked.grants)
    over = {grant.id for grant in asked.grants if grant.end < datetime(2026, 11, 21, tzinfo=UTC)}
    assert over == {"acme-support/spring-export"}
    assert {grant.end.year for grant in asked.grants if grant.id not in over} == {2027}


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_each_file_tells_editors_its_schema(file: Path) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    schema = json.loads((file.parent / first.removeprefix(prefix)).read_text(encoding="utf-8"))
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert schema["title"] == document["kind"]
    assert not list(Draft202012Validator(schema).iter_errors(json.loads(json.dumps(document, default=str))))


@pytest.mark.parametrize("file", sorted((EXAMPLE / "vendors").iterdir()), ids=lambda path: path.stem)
def test_a_sponsor_can_read_a_vendor_at_a_glance(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= READ_IN_HALF_A_MINUTE
    assert max(map(len, lines)) <= 120
