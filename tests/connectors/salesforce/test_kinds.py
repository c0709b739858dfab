"""Every way in that somebody else gives a vendor by hand in the simulated org is observed, with its path."""

import pytest

from connectors.salesforce.declarations import Population
from reconciler.model import Native, Scope
from reconciler.ports import Sought
from tests.connectors.salesforce.conftest import Org
from tests.connectors.salesforce.hands import TRIAGE, account, assign, case, fresh, held, observe, only, permission_set


def test_a_share_of_a_case(org: Org, vendor: str, employee: str) -> None:
    made, number = case(org)
    for who, level in ((vendor, "Edit"), (employee, "Read")):
        share = org.create("CaseShare", CaseId=made, UserOrGroupId=who, CaseAccessLevel=level)
        if who == vendor:
            mine = share
    live = observe(org)
    one = only(live, vendor)
    assert (one.key.native, one.key.scope) == (Native("caseShare", "Edit"), (("cases", (number,)),))
    assert (one.until, one.handle, one.unremovable) == (None, mine, None)
    assert employee not in live.accounts


@pytest.mark.parametrize(
    ("levels", "name"),
    [
        ({"AccountAccessLevel": "Read"}, "Read"),
        ({"AccountAccessLevel": "Edit"}, "Edit"),
        ({"AccountAccessLevel": "Read", "CaseAccessLevel": "Edit"}, "Read, cases Edit"),
        ({"AccountAccessLevel": "Read", "OpportunityAccessLevel": "Read"}, "Read, opportunities Read"),
    ],
)
def test_a_share_of_an_account_is_named_by_all_that_it_gives(
    org: Org, vendor: str, levels: dict[str, str], name: str
) -> None:
    """One that was widened by hand is another than the one that was declared."""
    made, _ = account(org)
    org.create("AccountShare", AccountId=made, UserOrGroupId=vendor, **{"OpportunityAccessLevel": "None", **levels})
    one = only(observe(org), vendor)
    assert (one.key.native, one.key.scope) == (Native("accountShare", name), (("accounts", (made,)),))


def test_a_share_is_called_as_declarations_call_the_account(org: Org, vendor: str) -> None:
    made, name = account(org)
    org.create(
        "AccountShare",
        AccountId=made,
        UserOrGroupId=vendor,
        AccountAccessLevel="Read",
        OpportunityAccessLevel="None",
    )
    for declared in (name, name.upper(), made):
        scope: Scope = (("accounts", (declared,)),)
        live = observe(org, Sought(scoped=frozenset({(Native("accountShare", "Read"), scope)})))
        assert only(live, vendor).key.scope == scope
        assert not live.obstacles


def test_places_in_teams(org: Org, vendor: str) -> None:
    (case_id, number), (account_id, _) = case(org), account(org)
    role = org.id_of("CaseTeamRole", "Case Worker")
    org.create("CaseTeamMember", ParentId=case_id, MemberId=vendor, TeamRoleId=role)
    org.create("AccountTeamMember", AccountId=account_id, UserId=vendor, TeamMemberRole="Support")
    other, _ = account(org)
    org.create("AccountTeamMember", AccountId=other, UserId=vendor, TeamMemberRole="Support", AccountAccessLevel="Edit")
    assert held(observe(org), vendor).keys() == {
        (Native("caseTeamRole", "Case Worker"), (("cases", (number,)),)),
        (Native("accountTeamRole", "Support"), (("accounts", (account_id,)),)),
        (Native("accountTeamRole", "Support, account Edit"), (("accounts", (other,)),)),
    }


def test_a_place_in_the_role_hierarchy_and_what_it_shows(org: Org, vendor: str) -> None:
    role = org.id_of("UserRole", "Customer_Care", "DeveloperName")
    org.call("PATCH", f"/services/data/v64.0/sobjects/User/{vendor}", {"UserRoleId": role}).raise_for_status()
    live = observe(org)
    native = Native("userRole", "Customer_Care")
    assert only(live, vendor).key.native == native
    assert {(risk.flag, risk.high) for risk in live.risks[native]} == {("role-hierarchy", True)}
    assert "Support_Engineering" in live.risks[native][0].via
    leaf = Native("userRole", "Support_Engineering")
    live = observe(org, Sought(natives=frozenset({leaf})))
    assert leaf in live.existing
    assert leaf not in live.risks


def test_a_licence_goes_with_what_brought_it_along(org: Org, vendor: str) -> None:
    licence = org.id_of("PermissionSetLicense", "SalesConsoleUser", "DeveloperName")
    name, made = permission_set(org, LicenseId=licence)
    org.create("PermissionSetAssignment", AssigneeId=vendor, PermissionSetId=made)
    assert {native: one.brought_by for (native, _), one in held(observe(org), vendor).items()} == {
        name: frozenset(),
        Native("permissionSetLicense", "SalesConsoleUser"): {name},
    }
    org.call("DELETE", f"/services/data/v64.0/sobjects/PermissionSet/{made}")
    (row,) = org.query(f"SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = '{made}'")
    org.call("DELETE", f"/services/data/v64.0/sobjects/PermissionSetAssignment/{row['Id']}").raise_for_status()
    one = only(observe(org), vendor)
    assert one.key.native == Native("permissionSetLicense", "SalesConsoleUser")
    assert (one.unremovable, one.brought_by) == (None, frozenset())


def test_a_licence_that_a_part_of_a_group_needs_is_no_drift(org: Org, vendor: str) -> None:
    licence = org.id_of("PermissionSetLicense", "SalesConsoleUser", "DeveloperName")
    _, part = permission_set(org, LicenseId=licence)
    name = f"Bundle_{fresh()}"
    group = org.create("PermissionSetGroup", DeveloperName=name, MasterLabel=name)
    org.create("PermissionSetGroupComponent", PermissionSetGroupId=group, PermissionSetId=part)
    org.create("PermissionSetAssignment", AssigneeId=vendor, PermissionSetGroupId=group)
    if not org.query(f"SELECT Id FROM PermissionSetLicenseAssign WHERE AssigneeId = '{vendor}'"):
        org.create("PermissionSetLicenseAssign", AssigneeId=vendor, PermissionSetLicenseId=licence)
    bundle, licensed = Native("permissionSetGroup", name), Native("permissionSetLicense", "SalesConsoleUser")
    assert {native: one.brought_by for (native, _), one in held(observe(org), vendor).items()} == {
        bundle: frozenset(),
        licensed: {bundle},
    }


def test_standing_tokens_of_applications(org: Org) -> None:
    """One binding an application; of an account that nobody can use, what is left alive."""
    vendor, name = org.user()
    org.log_in(name, application="Data Loader")
    org.log_in(name, application="Data Loader")
    org.log_in(name, application="Salesforce CLI")
    live = observe(org)
    assert {native for native, _ in held(live, vendor)} == {
        Native("oauthToken", "Data Loader"),
        Native("oauthToken", "Salesforce CLI"),
    }
    (login,) = org.query(f"SELECT Id FROM UserLogin WHERE UserId = '{vendor}'")
    org.call("PATCH", f"/services/data/v64.0/sobjects/UserLogin/{login['Id']}", {"IsFrozen": True}).raise_for_status()
    live = observe(org)
    assert not held(live, vendor)
    assert (live.accounts[vendor].enabled, live.accounts[vendor].lingering) == (False, True)


def test_approving_in_somebodys_place(org: Org, vendor: str, employee: str) -> None:
    where = f"/services/data/v64.0/sobjects/User/{employee}"
    org.call("PATCH", where, {"DelegatedApproverId": vendor}).raise_for_status()
    (row,) = org.query(f"SELECT Username FROM User WHERE Id = '{employee}'")
    live = observe(org)
    native = Native("delegatedApprover", str(row["Username"]))
    one = only(live, vendor)
    assert one.key.native == native
    assert one.unremovable is not None
    assert [(risk.flag, risk.high) for risk in live.risks[native]] == [("approve", True)]


def test_a_queue_that_approves_and_what_a_group_leads_to(org: Org, vendor: str, employee: str) -> None:
    """A vendor reached through a nested group is found: the direct group is what is held, the outer ones are said."""
    mine = fresh()
    outer = org.create("Group", Name=f"Queue {mine}", DeveloperName=f"Queue_{mine}", Type="Queue")
    inner = org.create("Group", Name=f"Inner {mine}", DeveloperName=f"Inner_{mine}", Type="Regular")
    org.create("GroupMember", GroupId=outer, UserOrGroupId=inner)
    org.create("GroupMember", GroupId=inner, UserOrGroupId=vendor)
    where = f"/services/data/v64.0/sobjects/User/{employee}"
    org.call("PATCH", where, {"DelegatedApproverId": outer}).raise_for_status()
    live = observe(org)
    native = Native("group", f"Inner_{mine}")
    assert only(live, vendor).key.native == native
    path = f"public group Inner_{mine}, in queue Queue_{mine}"
    assert {(risk.flag, risk.via, risk.high) for risk in live.risks[native]} == {
        ("reaches-group", path, False),
        ("approve", path, True),
    }
    sought = observe(org, Sought(natives=frozenset({Native("queue", f"Queue_{mine}")})))
    assert sought.existing == {Native("queue", f"Queue_{mine}")}


def test_a_profile_that_vendors_may_not_have(org: Org) -> None:
    vendor, _ = org.user("Standard User", "acme-support.example")
    one = only(observe(org), vendor)
    assert one.key.native == Native("profile", "Standard User")
    assert one.unremovable is not None
    assert "profile Standard User" in one.unremovable
    anybody = Population.model_validate({"any": {"emailDomains": ["acme-support.example"]}})
    left = {native.kind for native, _ in held(observe(org, population=anybody), vendor)}
    assert left == {"profileAccess", "profileRisk"}, "what such a profile allows by itself is said all the same"


def test_what_a_profile_allows_by_itself(org: Org) -> None:
    vendor, _ = org.user("Standard User", "acme-support.example")
    anybody = Population.model_validate({"any": {"profiles": ["Standard User"]}})
    live = observe(org, population=anybody)
    bindings = held(live, vendor)
    assert {native for native, _ in bindings} == {
        Native("profileAccess", "Case"),
        Native("profileAccess", "Account"),
        Native("profileRisk", "Standard User"),
    }
    assert all(one.unremovable and "profile Standard User" in one.unremovable for one in bindings.values())
    flags = {risk.flag for risk in live.risks[Native("profile", "Standard User")]}
    assert {"export", "delete", "merge", "api"} <= flags


def test_owning_records_counts_where_they_can_be_read(org: Org, vendor: str) -> None:
    """Ownership is inert without a right to the object, and is said once however many records there are."""
    for _ in range(3):
        case(org, OwnerId=vendor)
    assert not held(observe(org), vendor)
    assign(org, vendor, TRIAGE)
    bindings = held(observe(org), vendor)
    assert {native for native, _ in bindings} == {TRIAGE, Native("ownership", "Case")}
    why = bindings[Native("ownership", "Case"), ()].unremovable
    assert why is not None
    assert "owns Case records" in why
    assert "permission set Vendor_Case_Triage" in why


def test_what_a_queue_owns_goes_with_the_membership(org: Org, vendor: str) -> None:
    queue = org.id_of("Group", "Support_L2", "DeveloperName")
    org.create("GroupMember", GroupId=queue, UserOrGroupId=vendor)
    assign(org, vendor, TRIAGE)
    assert {native for native, _ in held(observe(org), vendor)} == {TRIAGE, Native("queue", "Support_L2")}
