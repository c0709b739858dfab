"""`guestlist init`: what it writes can be used as it is."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler.cli.main import run
from reconciler.desired.layout import FOLDERS
from reconciler.desired.load import load
from reconciler.discovery import connector_kinds
from reconciler.model import Mode
from tests.desired.world import World

KINDS = {name: kind.schema for name, kind in connector_kinds().items()}


@pytest.mark.parametrize("name", ["repo", "Our Vendors_2", "undecided", "…"])
def test_a_first_desired_state_is_valid_and_only_observes(tmp_path: Path, name: str) -> None:
    world = World.make(tmp_path / name, {})
    assert run(["init", str(world.root / "desired-state")]) == 0
    world.commit({})
    declarations = load(world.source(), KINDS)
    assert not declarations.problems
    assert {target.mode for target in declarations.settings.spec.targets.values()} == {Mode.OBSERVE}
    assert {target.connector for target in declarations.settings.spec.targets.values()} == set(KINDS)


def test_it_offers_a_folder_for_each_kind_and_the_schemas_that_its_files_name(tmp_path: Path) -> None:
    place = tmp_path / "desired-state"
    assert run(["init", str(place)]) == 0
    assert {path.name for path in place.iterdir() if path.is_dir()} == {*FOLDERS, ".schemas"}
    settings = (place / "guestlist.yaml").read_text(encoding="utf-8")
    named = settings.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    schema = json.loads((place / named).read_text(encoding="utf-8"))
    assert not list(Draft202012Validator(schema).iter_errors(yaml.safe_load(settings)))
    assert {path.name for path in (place / ".schemas").iterdir()} >= {
        f"{kind}.schema.json" for kind in ("vendor", "role")
    }


def test_what_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "desired-state"
    place.mkdir()
    (place / "mine.txt").write_text("mine")
    assert run(["init", str(place)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in place.iterdir()] == ["mine.txt"]
