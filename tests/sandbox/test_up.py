"""`guestlist sandbox up` with an org that a file describes, and with many accounts."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from reconciler.cli.main import run
from tests.e2e.company import Company, sandbox

EXAMPLE = Path(__file__).parents[2] / "docs" / "org.example.json"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("described") / "sandbox"
    sandbox("up", "--dir", str(place), "--seed", str(EXAMPLE), "--accounts", "25")
    yield place
    sandbox("down", "--dir", str(place))


@pytest.fixture(scope="module")
def facts(directory: Path) -> Any:  # noqa: ANN401 - JSON, used in place
    return json.loads((directory / "sandbox.json").read_text(encoding="utf-8"))


def client(facts: Any, part: str, address: str, **headers: str) -> httpx.Client:  # noqa: ANN401 - JSON, used in place
    trusted = ssl.create_default_context(cafile=facts[part]["ca_file"])
    return httpx.Client(base_url=facts[part][address], headers=headers, verify=trusted)


def test_the_org_is_the_one_that_the_file_describes(facts: Any) -> None:  # noqa: ANN401 - JSON, used in place
    """With the accounts that were asked for besides."""
    bearer = f"Bearer {facts['salesforce']['access_token']}"
    soql = "SELECT Username FROM User WHERE Profile.Name = 'Vendor Support'"
    with client(facts, "salesforce", "instance_url", Authorization=bearer) as org:
        rows = org.get("/services/data/v60.0/query", params={"q": soql}).json()["records"]
        named = org.get("/services/data/v60.0/query", params={"q": "SELECT Name FROM Organization"}).json()
    assert {"ken.ode@nightcare.example", "lou.lind@nightcare.example"} < {row["Username"] for row in rows}
    assert len(rows) == 25 + 2
    assert named["records"][0]["Name"] == "Fjord Logistics"


def test_the_vault_is_furnished_and_empty(facts: Any) -> None:  # noqa: ANN401 - JSON, used in place
    """A file that describes an org says nothing of a vault: it has what the seed `empty` has."""
    with client(facts, "vault", "address", **{"X-Vault-Token": facts["vault"]["root_token"]}) as vault:
        assert "vendor-oidc/" in vault.get("/v1/sys/auth").json()["data"]
        assert vault.request("LIST", "/v1/identity/entity/name").status_code == 404


def test_the_repository_declares_no_vendor_and_can_be_planned(directory: Path) -> None:
    """Everybody is undeclared; the guard says that this is more than one run may take away."""
    assert not (directory / "repo" / "desired-state" / "vendors").exists()
    company = Company(directory)
    try:
        ended = company.guestlist("plan", "--format", "json")
    finally:
        company.close()
    assert ended.code == 3
    revoked = {change["account"] for change in ended.json["changes"]}
    assert {"ken.ode@nightcare.example", "lou.lind@nightcare.example"} < revoked


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run(["sandbox", "up", *arguments])
    return code, capsys.readouterr().err


def test_a_seed_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is made."""
    code, error = said(capsys, "--dir", str(tmp_path / "new"), "--seed", "demmo")
    assert (code, "there is no seed demmo" in error) == (1, True)
    assert not (tmp_path / "new").exists()


def test_a_seed_that_makes_no_sense_leaves_nothing_running(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence says what is wrong where."""
    seed = tmp_path / "org.json"
    seed.write_text('{"users": [{"username": "a@b.example", "profile": "Standard User"}]}', encoding="utf-8")
    code, error = said(capsys, "--dir", str(tmp_path / "new"), "--seed", str(seed))
    assert code == 1
    assert "is wrong at users.0.lastName: Field required" in error
    assert "Traceback" not in error
    lines = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    assert not [line for line in lines if str(tmp_path / "new") in line]


@pytest.mark.parametrize("number", ["-1", "100001", "many"])
def test_a_senseless_number_of_accounts_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: str
) -> None:
    code, error = said(capsys, "--dir", str(tmp_path / "new"), "--accounts", number)
    assert code != 0
    assert "--accounts" in error
    assert not (tmp_path / "new").exists()
