"""The benchmarks run, at a size that says nothing: what they say is in benchmarks/README.md."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import calls, core, reading, vault
from benchmarks.company import declarations
from benchmarks.sandboxed import endpoint

STEPS = ["load", "load again", "resolve", "admit", "plan", "plan, nothing live yet"]


def test_the_company_is_the_same_for_the_same_seed() -> None:
    assert declarations(20, 1) == declarations(20, 1)
    assert declarations(20, 1) != declarations(20, 2)


def test_the_core_is_measured(tmp_path: Path) -> None:
    """A line for each step, and the same figures as JSON; the made-up drift is planned away."""
    out = tmp_path / "core.json"
    ended = CliRunner().invoke(core.main, ["--vendors", "30", "--runs", "1", "--out", str(out)])
    assert ended.exit_code == 0, ended.output
    assert [line.split("|")[1].strip() for line in ended.output.splitlines()[2:]] == STEPS
    (size,) = json.loads(out.read_text())["sizes"]
    assert size["vendors"] == 30
    assert list(size["steps"]) == STEPS
    assert all(step["times"] > 0 for step in size["steps"].values())
    assert 0 < size["changes"] < size["bindings"]


def test_reading_is_measured_beside_a_floor(tmp_path: Path) -> None:
    """A line for each org; calls do not grow with accounts below the 2,000 rows of a page."""
    out = tmp_path / "reading.json"
    options = ["--accounts", "5", "--accounts", "40", "--runs", "1", "--out", str(out)]
    ended = CliRunner().invoke(reading.main, options)
    assert ended.exit_code == 0, ended.output
    assert len(ended.output.splitlines()) == 4
    few, more = json.loads(out.read_text())["orgs"]
    assert few["accounts"] < more["accounts"]
    assert few["octets"] < more["octets"]
    assert few["calls"] == more["calls"] <= 2
    assert few["against_floor"]["times"] > 0


READS_BY_POST = ("/auth/token/lookup-accessor", "/sys/capabilities-self", "/sys/capabilities-accessor")


def test_calls_are_counted(tmp_path: Path) -> None:
    """Plan and apply, in both targets, for nothing to do, one grant, many, and their end; a plan never writes."""
    out = tmp_path / "calls.json"
    ended = CliRunner().invoke(calls.main, ["--people", "3", "--many", "2", "--out", str(out)])
    assert ended.exit_code == 0, ended.output
    counts = json.loads(out.read_text())["counts"]
    assert [(one["command"], one["grants"]) for one in counts] == [
        (command, grants) for grants in (0, 1, 2, -2) for command in ("plan", "apply")
    ]
    assert [one["changes"] for one in counts[::2]] == [
        {},
        {"crm": 1, "vault": 2},
        {"crm": 2, "vault": 4},
        {"crm": 2, "vault": 4},
    ]
    for one in counts:
        assert one["targets"]["crm"]
        assert one["targets"]["vault"]
    for plan in counts[::2]:
        writes = [name for name in plan["targets"]["vault"] if not name.startswith(("GET ", "LIST "))]
        # Vaults take these questions as POST; they change nothing.
        assert set(writes) <= {f"POST {name}" for name in READS_BY_POST}


def test_endpoints_carry_no_names() -> None:
    assert endpoint("/v1/identity/entity/id/0d2c?x=y") == "/identity/entity/id/…"
    assert endpoint("/v1/sys/policies/acl/vendor_acme_maria_read") == "/sys/policies/acl/…"
    assert endpoint("/v1/sys/policies/detailed/acl") == "/sys/policies/detailed/acl"


def test_reading_a_vault_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One read for each entity, one call for all policies however many, and a sentence where Ansible is not there."""
    monkeypatch.setattr(vault, "_on_path", lambda: None)
    out = tmp_path / "vault.json"
    ended = CliRunner().invoke(vault.main, ["--entities", "3", "--entities", "9", "--runs", "1", "--out", str(out)])
    assert ended.exit_code == 0, ended.output
    assert "Not measured beside Ansible" in ended.output
    few, more = json.loads(out.read_text())["sizes"]
    assert more["calls"] - few["calls"] == 6
    assert (few["policies"], more["policies"]) == (1, 1)
    assert min(few["times"], more["times"]) > 0
