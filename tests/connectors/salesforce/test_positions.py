"""Roles in the hierarchy, licences and tokens, over the wire."""

import pytest

from reconciler.model import Native
from reconciler.plan.changes import GrantBinding, RevokeBinding
from tests.connectors.salesforce.acting import change, written
from tests.connectors.salesforce.conftest import Org

ROLE = Native("userRole", "Support_Engineering")


def role_of(org: Org, account: str) -> object:
    (row,) = org.query(f"SELECT UserRoleId,UserRole.DeveloperName FROM User WHERE Id = '{account}'")
    role = row["UserRole"]
    return role["DeveloperName"] if isinstance(role, dict) else None


def test_a_place_in_the_hierarchy_is_given_and_taken_away(org: Org) -> None:
    connector = org.connect()
    account, _ = org.user()
    grant, revoke = (change(connector, kind, account, ROLE) for kind in (GrantBinding, RevokeBinding))
    assert [written(connector, grant)[0][0], role_of(org, account)] == ["done", "Support_Engineering"]
    assert written(connector, grant)[0][0] == "already"
    assert [written(connector, revoke)[0][0], role_of(org, account)] == ["done", None]
    assert written(connector, revoke)[0][0] == "already"


def test_another_role_that_somebody_gave_meanwhile_is_not_touched(org: Org) -> None:
    connector = org.connect()
    account, _ = org.user()
    other = org.id_of("UserRole", "Customer_Care", "DeveloperName")
    org.call("PATCH", f"/services/data/v64.0/sobjects/User/{account}", {"UserRoleId": other})
    assert written(connector, change(connector, GrantBinding, account, ROLE))[0][0] == "failed"
    assert written(connector, change(connector, RevokeBinding, account, ROLE))[0][0] == "already"
    assert role_of(org, account) == "Customer_Care"


def licence(org: Org) -> tuple[str, str]:
    (row,) = org.query("SELECT Id,PermissionSetLicenseKey,TotalLicenses FROM PermissionSetLicense LIMIT 1")
    return str(row["Id"]), str(row["PermissionSetLicenseKey"])


def test_a_permission_set_licence_is_given_and_taken_away(org: Org) -> None:
    connector = org.connect()
    account, _ = org.user()
    _, key = licence(org)
    native = Native("permissionSetLicense", key)
    grant, revoke = (change(connector, kind, account, native) for kind in (GrantBinding, RevokeBinding))
    assert written(connector, grant)[0][0] == "done"
    assert org.query(f"SELECT Id FROM PermissionSetLicenseAssign WHERE AssigneeId = '{account}'")
    assert written(connector, grant)[0][0] == "already"
    assert written(connector, revoke)[0][0] == "done"
    assert not org.query(f"SELECT Id FROM PermissionSetLicenseAssign WHERE AssigneeId = '{account}'")
    assert written(connector, revoke)[0][0] == "already"


def test_tokens_of_an_application_are_revoked_and_those_of_others_are_not(org: Org) -> None:
    connector = org.connect()
    account, name = org.user()
    (app, *_) = (str(row["Name"]) for row in org.query("SELECT Name FROM ConnectedApplication"))
    org.log_in(name, application=app)
    where = f"SELECT AppName FROM OauthToken WHERE UserId = '{account}'"
    assert [row["AppName"] for row in org.query(where)] == [app]
    other = change(connector, RevokeBinding, account, Native("oauthToken", "Nobody's"))
    assert written(connector, other)[0][0] == "already"
    assert org.query(where)
    revoke = change(connector, RevokeBinding, account, Native("oauthToken", app))
    assert written(connector, revoke)[0][0] == "done"
    assert not org.query(where)


@pytest.mark.parametrize("kind", ["profile", "delegatedApprover", "sharingRule", "oauthToken"])
def test_what_guestlist_cannot_give_fails_and_stops_no_other(org: Org, kind: str) -> None:
    connector = org.connect()
    account, _ = org.user()
    changes = [
        change(connector, GrantBinding, account, Native(kind, "X")),
        change(connector, GrantBinding, account, ROLE),
    ]
    assert [status for status, _ in written(connector, *changes)] == ["failed", "done"]


@pytest.mark.parametrize("native", [Native("userRole", "Nobody"), Native("permissionSetLicense", "Nobody")])
def test_what_the_org_does_not_have_is_a_failure(org: Org, native: Native) -> None:
    connector = org.connect()
    account, _ = org.user()
    assert written(connector, change(connector, GrantBinding, account, native))[0][0] == "failed"
    assert written(connector, change(connector, RevokeBinding, account, native))[0][0] == "already"
