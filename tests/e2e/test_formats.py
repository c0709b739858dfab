"""What commands print is what their published schemas say."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.e2e.company import Company

SCHEMAS = Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        ("plan", ("plan",)),
        ("plan", ("drift",)),
        ("apply", ("apply", "--yes")),
        ("validate", ("validate",)),
        ("explain", ("explain", "maria.k@acme-support.example")),
        ("explain", ("explain", "crm/Vendor_Case_Triage")),
        ("doctor", ("doctor",)),
    ],
)
def test_results_follow_their_schema(company: Company, schema: str, arguments: tuple[str, ...]) -> None:
    """Every result in JSON validates, and the other formats of the same command are never empty."""
    ended = company.guestlist(*arguments, "--format", "json")
    assert ended.code == 0, ended.stdout + ended.stderr
    jsonschema.validate(ended.json, json.loads((SCHEMAS / f"{schema}.schema.json").read_text()))
    for format_ in ("text", "markdown"):
        assert company.guestlist(*arguments, "--format", format_).stdout.strip()


def test_nothing_secret_is_printed_or_kept(company: Company) -> None:
    """No credential stands in any result, nor anywhere on the ledger's branch."""
    secrets = [company.facts["salesforce"][key] for key in ("access_token", "client_secret", "control_token")]
    secrets += [company.facts["vault"][key] for key in ("token", "root_token")]
    company.assign("maria.k@acme-support.example", "Vendor_Case_Export")
    said = [company.guestlist(*words, "--format", "json") for words in (("plan",), ("apply", "--yes"), ("doctor",))]
    status = [sys.executable, "-m", "reconciler", "sandbox", "status", "--dir", str(company.directory)]
    shown = subprocess.run(status, capture_output=True, text=True, timeout=60, check=True).stdout
    assert company.facts["vault"]["address"] in shown
    kept = company.git("log", "-p", "guestlist-ledger") + shown
    for secret in secrets:
        assert secret not in kept
        assert not any(secret in ended.stdout + ended.stderr for ended in said)


def test_an_error_is_json_too_where_json_was_asked_for(company: Company) -> None:
    """A program that reads standard output learns why there is no result."""
    ended = company.guestlist("plan", "--revision", "nowhere", "--format", "json")
    assert ended.code == 1
    jsonschema.validate(ended.json, json.loads((SCHEMAS / "error.schema.json").read_text()))
    assert company.guestlist("plan", "--at", "9999-12-31T23:59:59-14:00").code == 1


def test_an_account_is_explained_also_when_it_holds_nothing(company: Company) -> None:
    """Whatever a plan changes can be explained: also an account that nobody declares."""
    ended = company.guestlist("explain", "old.contractor@acme-support.example", "--format", "json")
    (account,) = ended.json["bindings"]
    assert account["native"] == {"account": "old.contractor@acme-support.example"}
    assert (account["live"], account["verdict"][0]["code"]) == (False, "unlisted-account")
