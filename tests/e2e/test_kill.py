"""Killed at any write, the next run finishes the work."""

import os
import signal
import subprocess
import sys

import pytest

from tests.e2e.company import Company
from tests.e2e.proxy import Killer, Moment, proxy

MOST = 40
"""More writes than a run over the whole mess makes; reaching it would mean that the points were not all tried."""


def mess(company: Company) -> None:
    """Something of every kind for a run to do, in both targets."""
    maria, priya = "maria.k@acme-support.example", "priya.s@northwind-msp.example"
    company.assign(maria, "Vendor_Case_Export")
    company.create(
        "GroupMember",
        GroupId=company.record_id("Group", "DeveloperName", "Employees_All"),
        UserOrGroupId=company.user(priya),
    )
    for name, set_ in ((maria, "Vendor_Knowledge_Read"), (maria, "Vendor_Case_Triage")):
        (row,) = company.query(
            "SELECT Id FROM PermissionSetAssignment"
            f" WHERE Assignee.Username = '{name}' AND PermissionSet.Name = '{set_}'"
        )
        path = f"/services/data/v62.0/sobjects/PermissionSetAssignment/{row['Id']}"
        if set_ == "Vendor_Knowledge_Read":
            company.crm.delete(path).raise_for_status()
        else:
            company.crm.patch(path, json={"ExpirationDate": "2029-01-01T00:00:00Z"}).raise_for_status()
    old = company.user("old.contractor@acme-support.example")
    (login,) = company.query(f"SELECT Id FROM UserLogin WHERE UserId = '{old}'")
    thaw = company.crm.patch(f"/services/data/v62.0/sobjects/UserLogin/{login['Id']}", json={"IsFrozen": False})
    thaw.raise_for_status()
    company.crm.post(
        "/__sandbox__/login", json={"username": "old.contractor@acme-support.example", "application": "Data Loader"}
    ).raise_for_status()

    bot = "vendor_acme-support_sync-bot"
    company.write(f"identity/entity/name/{bot}", policies=[])
    company.vault.delete(f"/v1/sys/policies/acl/{bot}_vendor-db-rotate").raise_for_status()
    tom = "vendor_northwind-msp_tom.b"
    company.write(f"identity/entity/name/{tom}", policies=["platform-reader", f"{tom}_vendor-monitoring-read"])
    company.write(
        f"sys/policies/acl/{tom}_vendor-monitoring-read", policy='path "secret/*" { capabilities = ["read"] }'
    )
    company.write("sys/policies/acl/vendor_left-behind", policy='path "secret/*" { capabilities = ["read"] }')
    company.write("identity/entity/name/vendor_acme-support_ghost", disabled=False)
    company.vendor_token("vendor_acme-support_ghost")


def killed_run(company: Company, at: int, moment: Moment) -> Killer:
    """Apply through the proxies in a process of its own, and kill it with SIGKILL at its `at`-th write."""
    killer = Killer(at, moment)
    crm, vault = company.facts["salesforce"]["instance_url"], company.facts["vault"]["address"]
    with (
        proxy(crm, company.directory, killer) as crm_url,
        proxy(vault, company.directory, killer) as vault_url,
        subprocess.Popen(
            [sys.executable, "-m", "reconciler", "apply", "--yes"],
            cwd=company.repository,
            env={
                **os.environ,
                **company.variables,
                "GUESTLIST_CRM_URL": crm_url,
                "GUESTLIST_VAULT_URL": vault_url,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        killer.pid = process.pid
        code = process.wait(timeout=60)
    assert code == (-signal.SIGKILL if killer.writes >= at else 0)
    return killer


def converges(company: Company, at: int, moment: Moment) -> bool:
    """Make a mess, kill a run at its `at`-th write, and let the next one finish; whether there was an `at`-th write."""
    mess(company)
    killer = killed_run(company, at, moment)
    ended = company.apply()
    assert ended.code == 0, f"after a kill {moment} write {at}: {ended.stdout}{ended.stderr}"
    assert company.plan()["changes"] == []
    return killer.writes >= at


@pytest.mark.parametrize(("at", "moment"), [(3, "before"), (7, "after"), (11, "after")])
def test_killed_at_some_write_the_next_run_finishes(company: Company, at: int, moment: Moment) -> None:
    """A sample of the points below, for every day."""
    assert converges(company, at, moment)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_any_write_the_next_run_finishes(company: Company, moment: Moment) -> None:
    """`kill -9` at every write point, before and after the target carried it out: the next run converges."""
    tried = next(at for at in range(1, MOST) if not converges(company, at, moment))
    assert tried > len(("disable", "revoke", "delete", "update", "create", "set-end", "grant"))
