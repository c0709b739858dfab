"""Access ends without us: the declared end stands in the target itself."""

import time
from datetime import UTC, datetime, timedelta

from tests.e2e.company import Company

BOT = "vendor_acme-support_sync-bot"


def test_ends_in_the_targets_are_the_declared_ones(company: Company) -> None:
    """`ExpirationDate` and `expiration` equal the end of the window, a date being inclusive in the Settings' zone."""
    (row,) = company.query(
        "SELECT ExpirationDate FROM PermissionSetAssignment"
        " WHERE Assignee.Username = 'maria.k@acme-support.example' AND PermissionSet.Name = 'Vendor_Case_Triage'"
    )
    assert row["ExpirationDate"] == "2027-01-31T23:00:00.000+0000"
    policy = company.read(f"sys/policies/acl/{BOT}_vendor-db-rotate")
    assert policy["expiration"] == "2027-06-30T22:00:00Z"


def test_an_assignment_ends_with_no_run_of_ours(company: Company) -> None:
    """With the org's clock past the declared end, the assignment is gone, and nobody of us did it."""
    maria = (
        "SELECT Id FROM PermissionSetAssignment WHERE Assignee.Username = 'maria.k@acme-support.example'"
        " AND PermissionSet.Name = 'Vendor_Case_Triage'"
    )
    assert len(company.query(maria)) == 1
    company.crm.post("/__sandbox__/clock", json={"now": "2027-02-01T00:00:00Z"}).raise_for_status()
    try:
        assert company.query(maria) == []
    finally:
        company.crm.delete("/__sandbox__/clock").raise_for_status()


def test_a_policy_ends_with_no_run_of_ours(company: Company) -> None:
    """A short window: the vendor's token can read while it lasts, and no longer, with no second run."""
    vendor = (company.repository / "desired-state" / "vendors" / "acme-support.yaml").read_text()
    until = datetime.now(UTC) + timedelta(seconds=12)
    short = f"""    - name: short-look
      target: vault
      role: vendor-api-read
      principals: [sync-bot]
      window: {{until: {until:%Y-%m-%dT%H:%M:%SZ}}}
      reason: a look at the key
"""
    company.commit("Let the bot look", vendors__acme_support=vendor + short)
    ended = company.apply()
    token = company.vendor_token(BOT)
    try:
        assert ended.code == 0, ended.stdout + ended.stderr
        assert company.vault_as(token, "secret/data/acme/prod/api").status_code == 200
        while datetime.now(UTC) < until + timedelta(seconds=1):
            time.sleep(0.2)
        assert company.vault_as(token, "secret/data/acme/prod/api").status_code == 403
        plan = company.plan()
        assert {(c["action"], c["reason"]["code"]) for c in plan["changes"]} == {("revoke", "expired")}
        assert company.apply().code == 0
        assert company.plan()["changes"] == []
    finally:
        company.commit("Enough looked", vendors__acme_support=vendor)
        assert company.apply().code == 0
