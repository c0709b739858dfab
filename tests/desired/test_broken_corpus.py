"""A hundred broken files of many kinds, each put into the example organisation."""

import re
import shutil
from pathlib import Path

import pytest

from reconciler.desired.load import load
from reconciler.desired.resolve import resolve
from reconciler.discovery import connector_kinds
from reconciler.errors import DeclarationError
from tests.desired.world import World

EXAMPLE = Path(__file__).parents[2] / "desired-state"
CORPUS = sorted((Path(__file__).parent / "broken").iterdir())
KINDS = {name: kind.schema for name, kind in connector_kinds().items()}


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World.make(tmp_path_factory.mktemp("corpus") / "repo", {})
    shutil.copytree(EXAMPLE, world.root / "desired-state")
    world.commit({})
    return world


def header(data: bytes, word: str, default: str) -> str:
    """What a broken file says of itself in its first comments; some are broken in a way that leaves no room for any."""
    found = re.search(rb"^# " + word.encode() + rb": (.+)$", data, re.MULTILINE)
    return found[1].decode().strip() if found else default


def test_there_are_a_hundred() -> None:
    assert len(CORPUS) >= 100


@pytest.mark.parametrize("broken", CORPUS, ids=lambda path: path.stem)
def test_a_broken_file_is_a_problem_with_file_line_and_column(example: World, broken: Path) -> None:
    """No traceback: each error names the file, the line and the column, and says what it is about."""
    data = broken.read_bytes()
    file = header(data, "file", "vendors/acme-support.yaml")
    place = example.root / "desired-state" / file
    before = place.read_bytes() if place.exists() else None
    try:
        example.write({file: data})
        source = example.on_disk()
        try:
            loaded = load(source, KINDS)
        except DeclarationError as error:
            assert file == "guestlist.yaml"
            problems = error.problems
        else:
            assert file != "guestlist.yaml"
            problems = tuple(str(problem) for problem in loaded.problems)
            asked = resolve(loaded, KINDS)
            assert asked.claims
    finally:
        example.write({file: before})
    assert problems
    assert all(re.match(rf"desired-state/{re.escape(file)}:\d+:\d+: \S", problem) for problem in problems), problems
    expected = header(data, "expect", "")
    assert expected.lower() in " ".join(problems).lower(), (expected, problems)
