"""The benchmark of the simulated org runs, at a size that says nothing: what it says is in benchmarks/README.md."""

import json
from pathlib import Path

from click.testing import CliRunner

from benchmarks import org


def test_the_org_is_measured(tmp_path: Path) -> None:
    """A line for each kind of request, and the same figures as JSON."""
    out = tmp_path / "org.json"
    ended = CliRunner().invoke(org.main, ["--accounts", "450", "--runs", "1", "--out", str(out)])
    assert ended.exit_code == 0, ended.output
    figures = json.loads(out.read_text())
    names = [cost["name"] for cost in figures["costs"]]
    assert [line.split("|")[1].strip() for line in ended.output.splitlines()[4:]] == names
    assert names == [
        "users, one page",
        "users, first page of all",
        "assignments, one page",
        "assignments, first page of all",
        "assignments, a further page",
        "200 assignments made",
        "200 ends moved",
        "200 assignments taken away",
    ]
    assert figures["accounts"] == 450
    assert figures["assignments"] > 2000
    assert all(cost["seconds"] > 0 and cost["bytes"] > 0 for cost in figures["costs"])
