"""What somebody does by hand in a target, outside of guestlist: found with its reason, taken away, and proved gone."""

from typing import Any

import pytest

from tests.e2e.company import Company

MARIA = "maria.k@acme-support.example"
MARIA_IN_VAULT = "vendor_acme-support_maria.k"


def only_change(company: Company, **expected: object) -> dict[str, Any]:
    """The plan's one change, which is what is expected."""
    plan = company.plan()
    (change,) = plan["changes"]
    found = {"action": change["action"], "kind": change["kind"], "code": change["reason"]["code"]}
    assert found == expected, plan
    return dict(change)


def applied(company: Company) -> None:
    ended = company.apply()
    assert ended.code == 0, ended.stdout + ended.stderr
    assert all(outcome["status"] in {"done", "already"} for outcome in ended.json["outcomes"])
    assert company.plan()["changes"] == []


def test_an_assignment_by_hand(company: Company) -> None:
    made = company.assign(MARIA, "Vendor_Case_Export")
    change = only_change(company, action="revoke", kind="binding", code="undeclared")
    assert (change["account"], change["native"]) == (MARIA, {"permissionSet": "Vendor_Case_Export"})
    assert change["role"] == "vendor-case-export"
    applied(company)
    assert not company.exists("PermissionSetAssignment", made)


def test_a_membership_by_hand(company: Company) -> None:
    group = company.record_id("Group", "DeveloperName", "Employees_All")
    made = company.create("GroupMember", GroupId=group, UserOrGroupId=company.user(MARIA))
    change = only_change(company, action="revoke", kind="binding", code="undeclared")
    assert (change["account"], change["native"]) == (MARIA, {"group": "Employees_All"})
    applied(company)
    assert not company.exists("GroupMember", made)


def test_a_new_user_in_the_population(company: Company) -> None:
    name = "somebody.new@acme-support.example"
    user = company.create(
        "User",
        Username=name,
        Email=name,
        Alias="somebody",
        LastName="New",
        ProfileId=company.record_id("Profile", "Name", "Vendor Support"),
        TimeZoneSidKey="Europe/Berlin",
        EmailEncodingKey="UTF-8",
        LocaleSidKey="en_US",
        LanguageLocaleKey="en_US",
    )
    change = only_change(company, action="disable", kind="account", code="unlisted-account")
    assert change["account"] == name
    applied(company)
    (login,) = company.query(f"SELECT IsFrozen FROM UserLogin WHERE UserId = '{user}'")
    assert login["IsFrozen"] is True


@pytest.fixture
def secret(company: Company) -> str:
    company.write("sys/policies/acl/reads-everything", policy='path "secret/data/*" { capabilities = ["read"] }')
    company.vault.post("/v1/secret/data/northwind/monitoring", json={"data": {"k": "v"}}).raise_for_status()
    return "secret/data/northwind/monitoring"


def test_a_policy_attached_to_an_entity(company: Company, secret: str) -> None:
    token = company.vendor_token(MARIA_IN_VAULT)
    policies = company.read(f"identity/entity/name/{MARIA_IN_VAULT}")["policies"]
    company.write(f"identity/entity/name/{MARIA_IN_VAULT}", policies=[*policies, "reads-everything"])
    assert company.vault_as(token, secret).status_code == 200
    change = only_change(company, action="revoke", kind="binding", code="undeclared")
    assert (change["account"], change["native"]) == (MARIA_IN_VAULT, {"policy": "reads-everything"})
    applied(company)
    assert company.read(f"identity/entity/name/{MARIA_IN_VAULT}")["policies"] == policies
    assert company.vault_as(token, secret).status_code == 403


def test_a_policy_edited_by_hand(company: Company, secret: str) -> None:
    token = company.vendor_token(MARIA_IN_VAULT)
    (name,) = company.read(f"identity/entity/name/{MARIA_IN_VAULT}")["policies"]
    before = company.read(f"sys/policies/acl/{name}")
    wider = before["policy"] + '\npath "secret/data/*" { capabilities = ["read"] }\n'
    company.write(f"sys/policies/acl/{name}", policy=wider, expiration=before["expiration"])
    assert company.vault_as(token, secret).status_code == 200
    change = only_change(company, action="update", kind="role", code="wrong-definition")
    assert change["native"] == {"policy": name}
    applied(company)
    after = company.read(f"sys/policies/acl/{name}")
    assert (after["policy"], after["expiration"]) == (before["policy"], before["expiration"])
    assert company.vault_as(token, secret).status_code == 403


def test_an_entity_in_the_prefix(company: Company) -> None:
    company.write("identity/entity/name/vendor_acme-support_nobody", policies=[])
    token = company.vendor_token("vendor_acme-support_nobody")
    assert company.vault_as(token, "auth/token/lookup-self").status_code == 200
    change = only_change(company, action="disable", kind="account", code="unlisted-account")
    assert change["account"] == "vendor_acme-support_nobody"
    applied(company)
    assert company.read("identity/entity/name/vendor_acme-support_nobody")["disabled"] is True
    assert company.vault_as(token, "auth/token/lookup-self").status_code == 403


EMPLOYEES = "SELECT Id, Username FROM User WHERE Profile.Name = 'System Administrator' AND IsActive = true"


def test_what_happens_to_employees_is_none_of_our_business(company: Company) -> None:
    """No change is planned for an employee, an administrator, a built-in policy, or guestlist itself."""
    (employee, *_) = company.query("SELECT Id, Username FROM User WHERE Profile.Name = 'Standard User'")
    (admin, *_) = company.query(EMPLOYEES)
    export = company.record_id("PermissionSet", "Name", "Vendor_Case_Export")
    made = [
        company.create("PermissionSetAssignment", AssigneeId=user["Id"], PermissionSetId=export)
        for user in (employee, admin)
    ]
    company.write("identity/entity/name/carla.boss", policies=["default", "guestlist-reconciler"])
    company.write("sys/policies/acl/default", policy=company.read("sys/policies/acl/default")["policy"] + "\n# ours\n")
    company.write("sys/policies/acl/platform-new", policy='path "sys/health" { capabilities = ["read"] }')
    assert company.plan()["changes"] == []
    for id_ in made:
        assert company.exists("PermissionSetAssignment", id_)


def test_an_outsiders_alias_moved_onto_an_employee(company: Company) -> None:
    """The outsider's alias is taken off; the employee loses nothing, and it is said until it is put right."""
    tom, dana = (company.read(f"identity/entity/name/{name}") for name in ("vendor_northwind-msp_tom.b", "dana.reyes"))
    (alias,) = tom["aliases"]
    moved = {"name": alias["name"], "mount_accessor": alias["mount_accessor"]}
    company.write("identity/entity-alias", canonical_id=dana["id"], **moved)
    try:
        assert len(company.read("identity/entity/name/dana.reyes")["aliases"]) == 2
        company.write(f"identity/entity/id/{tom['id']}", policies=[*tom["policies"], "platform-reader"])
        plan = company.plan()
        assert {(change["action"], change["account"], *change["native"].values()) for change in plan["changes"]} == {
            ("revoke", "dana.reyes", f"vendor-oidc/{alias['name']}"),
            ("revoke", tom["name"], "platform-reader"),
        }
        assert any("both a vendor's and a foreign alias" in held["reason"]["text"] for held in plan["held"])
        assert company.apply().code == 4
        after = company.read("identity/entity/name/dana.reyes")
        assert (after["policies"], after["disabled"]) == (dana["policies"], False)
        assert [one["mount_path"] for one in after["aliases"]] == ["auth/employees/"]
        assert company.plan()["changes"] == []
    finally:
        company.write("identity/entity-alias", canonical_id=tom["id"], **moved)
