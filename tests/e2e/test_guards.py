"""How much one day may change, and what no guard may stop."""

import re
from collections.abc import Iterator

import pytest

from tests.e2e.company import Company

VENDORS = ("acme-support", "northwind-msp")


@pytest.fixture
def declared(company: Company) -> Iterator[dict[str, str]]:
    """The vendor files, which stand again afterwards."""
    folder = company.repository / "desired-state" / "vendors"
    texts = {name: (folder / f"{name}.yaml").read_text() for name in VENDORS}
    yield texts
    company.commit("As it was", **{f"vendors__{name.replace('-', '_')}": text for name, text in texts.items()})
    assert company.apply().code == 0


def snapshot(company: Company) -> object:
    return (
        company.query(
            "SELECT Id, AssigneeId, PermissionSetId, ExpirationDate FROM PermissionSetAssignment ORDER BY Id"
        ),
        company.query("SELECT Id, GroupId, UserOrGroupId FROM GroupMember ORDER BY Id"),
        company.query("SELECT Id, IsFrozen FROM UserLogin ORDER BY Id"),
        company.vault.request("LIST", "/v1/sys/policies/detailed/acl").json()["data"],
        company.vault.request("LIST", "/v1/identity/entity/id").json()["data"],
    )


def test_an_emptied_vendors_folder_is_refused(company: Company, declared: dict[str, str]) -> None:
    """Nobody is declared any more: exit 3, the limits are named, and nothing is written."""
    company.commit("Oops", **{f"vendors__{name.replace('-', '_')}": None for name in declared})
    before = snapshot(company)
    planned = company.guestlist("plan", "--format", "json")
    assert planned.code == 3
    assert {line["target"] for line in planned.json["guard"] if line["exceeded"]} == {"crm", "vault"}
    assert {change["status"] for change in planned.json["changes"]} == {"blocked"}
    assert company.apply().code == 3
    assert snapshot(company) == before


def test_a_hundred_memberships_by_hand_are_all_removed(company: Company) -> None:
    """What a rogue adds to accounts that a verified run left clean is no declaration's doing: no guard shields it."""
    maria = company.user("maria.k@acme-support.example")
    groups = [
        company.create("Group", Name=f"Rogue {n}", DeveloperName=f"Rogue_{n}", Type="Regular") for n in range(100)
    ]
    records = [{"attributes": {"type": "GroupMember"}, "GroupId": group, "UserOrGroupId": maria} for group in groups]
    made = company.crm.post("/services/data/v62.0/composite/sobjects", json={"allOrNone": False, "records": records})
    assert all(result["success"] for result in made.json())
    ended = company.apply()
    assert ended.code == 0, ended.stdout + ended.stderr
    assert len(ended.json["outcomes"]) == 100
    assert (
        company.query(f"SELECT Id FROM GroupMember WHERE UserOrGroupId = '{maria}' AND Group.Name LIKE 'Rogue%'") == []
    )


def test_an_ended_contract_is_never_stopped(company: Company, declared: dict[str, str]) -> None:
    """Everything of a vendor whose contract has ended goes, however much of the whole it is."""
    texts = {f"vendors__{name.replace('-', '_')}": _ended(text) for name, text in declared.items()}
    company.commit("Both contracts are over", **texts)
    planned = company.guestlist("plan", "--format", "json")
    assert planned.code == 0
    assert {change["reason"]["code"] for change in planned.json["changes"]} == {"contract-ended"}
    assert company.apply().code == 0
    assert (
        company.query(
            "SELECT Id FROM PermissionSetAssignment WHERE Assignee.Profile.Name = 'Vendor Support'"
            " AND PermissionSet.IsOwnedByProfile = false"
        )
        == []
    )


def _ended(text: str) -> str:
    return re.sub(r"\bends: [0-9-]+", "ends: 2026-11-01", text)
