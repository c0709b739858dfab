"""What commands print is what their published schemas say."""

import json
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
    secrets = [company.facts["salesforce"][key] for key in ("access_token", "client_secret")]
    secrets += [company.facts["vault"][key] for key in ("token", "root_token")]
    company.assign("maria.k@acme-support.example", "Vendor_Case_Export")
    said = [company.guestlist(*words, "--format", "json") for words in (("plan",), ("apply", "--yes"), ("doctor",))]
    kept = company.git("log", "-p", "guestlist-ledger")
    for secret in secrets:
        assert secret not in kept
        assert not any(secret in ended.stdout + ended.stderr for ended in said)
