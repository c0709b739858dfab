"""A vendor that leaves: what is left of it before and after the run that takes it away, and what is to be rotated."""

import json

from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from reconciler.cli.main import guestlist
from reconciler.cli.schemas import all_schemas
from tests.e2e.company import Company

VENDOR = "northwind-msp"


def test_a_vendor_whose_file_is_removed_leaves_a_checklist_and_nothing_else(company: Company) -> None:
    """Declared: still here. Removed: its open accounts are shown. Applied: nothing is left, and the checklist stays."""
    here = company.guestlist("offboard", VENDOR, "--format", "json")
    assert (here.code, here.json["ended"]) == (0, False)
    path = company.repository / "desired-state" / "vendors" / f"{VENDOR}.yaml"
    text = path.read_text()
    company.commit("They have left", **{f"vendors__{VENDOR}": None})
    try:
        before = company.guestlist("offboard", VENDOR, "--format", "json")
        assert before.json["ended"]
        assert any("is open" in one["text"] for one in before.json["remains"])
        Draft202012Validator(dict(all_schemas()["offboard.schema.json"])).validate(json.loads(before.stdout))
        assert company.apply().code == 0
        after = company.guestlist("offboard", VENDOR, "--format", "json", "--detailed-exitcode")
        # An employee's account that the vendor's file once named is said, and is nothing that the vendor left.
        assert [one for one in after.json["remains"] if "outside the population" not in one["text"]] == []
        assert after.code == 2
        names = {task["name"] for task in after.json["tasks"]}
        assert "secret/northwind/monitoring" in names
        assert {task["status"] for task in after.json["tasks"]} == {"open"}
        assert {"policy": "platform-reader"} in [stray["native"] for stray in after.json["strays"]]
        assert "To be rotated" in company.guestlist("offboard", VENDOR).stdout
    finally:
        company.commit("They are back", **{f"vendors__{VENDOR}": text})
        assert company.apply().code == 0


def test_a_vendor_that_never_was_is_an_error(company: Company) -> None:
    ended = company.guestlist("offboard", "nobody")
    assert ended.code == 1
    assert "no vendor was ever called nobody" in ended.stderr


def generated(company: Company, *arguments: str) -> Result:
    return CliRunner().invoke(guestlist, ["generate", "vault-policy", "-C", str(company.repository), *arguments])


def test_the_policy_for_a_target_can_be_printed(company: Company) -> None:
    """For the mode of the Settings and, for a pipeline that only plans, for observing."""
    assert '"delete"' in generated(company).stdout
    only = generated(company, "--mode", "observe").stdout
    assert 'path "identity/entity/id"' in only
    assert '"delete"' not in only
    refused = generated(company, "--target", "crm")
    assert "no vault target is called crm; there are: vault" in str(refused.exception)
