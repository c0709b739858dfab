"""Rows of the setup audit trail for what is changed through the API."""

import pytest

from .house import House
from .test_behaviour import new_user

PSA = "PermissionSetAssignment"
TRAIL = [
    ("POST", "User", None, "createduser", "Created new user eve"),
    ("PATCH", "User/$tom", {"IsActive": False}, "deactivateduser", "Deactivated user Tom Becker (UserID: [005"),
    ("PATCH", "User/$tom", {"ProfileId": "$standard"}, "changedprofileforusercusttostd",
     "Changed profile for user Tom Becker from Vendor Support to Standard User"),
    ("PATCH", "User/$tom", {"UserRoleId": "$role"}, "changedroleforuserfromnone",
     "Changed role for user Tom Becker from <None Specified> to Customer Care"),
    ("PATCH", "User/$tom", {"Email": "t@x.example"}, "changedemail", "Changed email for user Tom Becker (UserID: [005"),
    ("PATCH", "User/$tom", {"FederationIdentifier": "fed1"}, "changedfederationid", "from null to fed1"),
    ("PATCH", "User/$tom", {"ManagerId": "$maria"}, "changedManager", "from <None Specified> to Maria Kovac"),
    ("PATCH", "User/$tom", {"Username": "t2@x.example"}, "changedusername", "to t2@x.example"),
    ("PATCH", "UserLogin/$login", {"IsFrozen": True}, "frozeuser", "Froze user account for Tom Becker"),
    ("POST", PSA, {"AssigneeId": "$tom", "PermissionSetId": "$triage"}, "PermSetAssign",
     "Permission set Vendor: case triage: assigned to user Tom Becker (UserID: [005"),
    ("POST", PSA, {"AssigneeId": "$tom", "PermissionSetId": "$triage", "ExpirationDate": "2031-05-20T06:59:59Z"},
     "PermSetAssign_HasExpiration", "expiring on Tue May 20 06:59:59 GMT 2031"),
    ("POST", PSA, {"AssigneeId": "$tom", "PermissionSetGroupId": "$bundle"}, "PermSetGroupAssign",
     "Permission set group Vendor care: assigned to user Tom Becker"),
    ("PATCH", f"{PSA}/$held", {"ExpirationDate": "2031-05-20T06:59:59Z"}, "PermSetAssignmentExpirationChange",
     "expiration was changed from null to Tue May 20 06:59:59 GMT 2031"),
    ("DELETE", f"{PSA}/$held", None, "PermSetUnassign", "unassigned from user Maria Kovac"),
    ("POST", "PermissionSetLicenseAssign", {"AssigneeId": "$tom", "PermissionSetLicenseId": "$licence"},
     "PermSetLicenseAssign", "Permission set license Sales Console User: assigned to user Tom Becker"),
    ("POST", "PermissionSet", {"Name": "N", "Label": "N"}, "PermSetCreateNoLicense",
     "Created permission set N: with no license"),
    ("PATCH", "PermissionSet/$triage", {"PermissionsExportReport": True}, "PermSetEnableUserPerm",
     "ExportReport permission was changed from disabled to enabled"),
    ("PATCH", "PermissionSet/$triage", {"Label": "L"}, "PermSetLabelChange", "from Vendor: case triage to L"),
    ("POST", "ObjectPermissions", {"ParentId": "$triage", "SobjectType": "Account", "PermissionsRead": True},
     "PermSetEntityPermChanged", "Account object permissions were changed from No Access to Read"),
    ("POST", "FieldPermissions",
     {"ParentId": "$triage", "SobjectType": "Case", "Field": "Case.Type", "PermissionsRead": True},
     "PermSetFlsChanged", "field-level security for Case: Type was changed from No Access to Read"),
    ("POST", "SetupEntityAccess", {"ParentId": "$triage", "SetupEntityId": "$app"},
     "SetupEntityAccessAudit_PermissionSet_ConnectedApplication_Enabled", "connected app is enabled"),
    ("POST", "PermissionSetGroup", {"DeveloperName": "G", "MasterLabel": "g"}, "PermissionSetGroupCreate",
     "Created permission set group G"),
    ("DELETE", "PermissionSetGroupComponent/$part", None, "PermissionSetGroupComponentRemoved",
     "Changed permission set group Vendor_Care_Bundle: group member"),
    ("POST", "Group", {"Name": "Rebels"}, "createdgroup", "Created Public Group Rebels"),
    ("POST", "GroupMember", {"GroupId": "$group", "UserOrGroupId": "$maria"}, "groupMembership",
     "Changed membership of Group Vendor EMEA cases"),
    ("POST", "UserRole", {"Name": "Lord"}, "createdrole", "Created new role Lord"),
    ("PATCH", "User/$tom", {"DelegatedApproverId": "$maria"}, "changedDelegateApprover",
     "The delegate approver for user Tom Becker (UserID: [005"),
    ("PATCH", "PermissionSet/$triage", {"HasActivationRequired": True}, "PermSetHasActivationRequiredChange",
     "Session Activation Required has changed from disabled to enabled"),
    ("POST", "Group", {"Name": "Calls", "Type": "Queue"}, "createdqueue", "Created Queue Calls"),
    ("PATCH", "Group/$queue", {"Name": "Second line"}, "updatedqueue",
     "Updated Queue Second line: Changed Name from Support L2 to Second line"),
    ("PATCH", "Group/$group", {"Name": "Rebels"}, "updatedgroup",
     "Updated Public Group Rebels: Changed Name from Vendor EMEA cases to Rebels"),
    ("POST", "GroupMember", {"GroupId": "$queue", "UserOrGroupId": "$maria"}, "queueMembership",
     "Changed membership for Queue Support L2"),
    ("POST", "QueueSobject", {"QueueId": "$empty", "SobjectType": "Case"}, "updatedqueue", "Empty: Added Case"),
    ("DELETE", "QueueSobject/$held_object", None, "updatedqueue", "Support L2: Removed Case"),
    ("POST", "CaseTeamRole", {"Name": "Helper", "AccessLevel": "Read"}, "createdcaseteamrole",
     "Created case team role Helper"),
    ("PATCH", "CaseTeamRole/$worker", {"AccessLevel": "Read"}, "changedcaseteamrole",
     "Changed case team role Case Worker"),
    ("POST", "MutingPermissionSet", {"DeveloperName": "M", "MasterLabel": "Hush"}, "PermSetCreateNoLicense",
     "Created muting permission set Hush"),
]  # fmt: skip
FOUND = {
    "$standard": "SELECT Id FROM Profile WHERE Name = 'Standard User'",
    "$role": "SELECT Id FROM UserRole WHERE Name = 'Customer Care'",
    "$triage": "SELECT Id FROM PermissionSet WHERE Name = 'Vendor_Case_Triage'",
    "$bundle": "SELECT Id FROM PermissionSetGroup",
    "$part": "SELECT Id FROM PermissionSetGroupComponent LIMIT 1",
    "$licence": "SELECT Id FROM PermissionSetLicense WHERE DeveloperName = 'SalesConsoleUser'",
    "$group": "SELECT Id FROM Group WHERE DeveloperName = 'Vendor_EMEA_Cases'",
    "$queue": "SELECT Id FROM Group WHERE Type = 'Queue'",
    "$held_object": "SELECT Id FROM QueueSobject",
    "$worker": "SELECT Id FROM CaseTeamRole WHERE Name = 'Case Worker'",
    "$app": "SELECT Id FROM ConnectedApplication LIMIT 1",
    "$tom": "SELECT Id FROM User WHERE Username LIKE 'tom.b%'",
    "$maria": "SELECT Id FROM User WHERE Username LIKE 'maria%'",
    "$held": "SELECT Id FROM PermissionSetAssignment WHERE Assignee.Username LIKE 'maria%' "
    "AND PermissionSet.Name = 'Vendor_Case_Triage'",
}


@pytest.mark.parametrize("change", TRAIL, ids=lambda change: f"{change[3]} {change[1]}")
def test_setup_changes_leave_rows_as_published(house: House, change: tuple) -> None:
    """The action and sentence of the published catalogue, by who did it, and by nobody on their behalf."""
    method, path, body, action, display = change
    kind, _, named = path.partition("/")
    if kind == "User" and method == "POST":
        new_user(house, "eve@vendor.example")
        display = "Created new user New"
    else:
        tom = house.one(FOUND["$tom"])
        login = f"SELECT Id FROM UserLogin WHERE UserId = '{tom}'"
        found = {name: house.one(soql) for name, soql in (FOUND | {"$login": login}).items()}
        found["$empty"] = house.create("Group", Name="Empty", Type="Queue")
        values = None if body is None else {name: found.get(str(value), value) for name, value in body.items()}
        answer = house.ask(method, f"/sobjects/{kind}/{found[named]}" if named else f"/sobjects/{kind}", values)
        assert answer.status < 300, answer.body
    rows = house.rows(
        f"SELECT Display, Section, DelegateUser, CreatedBy.Username FROM SetupAuditTrail WHERE Action = '{action}'"
    )
    (row,) = [row for row in rows if display in row["Display"]]
    assert row["DelegateUser"] is None
    assert row["Section"]
    assert row["CreatedBy"]["Username"] == "admin@example.com"


def test_muting_sets_leave_rows_and_groups_follow(house: House) -> None:
    """Created, changed and deleted; the group that it mutes is worked out again without it."""
    bundle = house.one(FOUND["$bundle"])
    mute = house.create("MutingPermissionSet", DeveloperName="M", MasterLabel="Hush")
    house.create("PermissionSetGroupComponent", PermissionSetGroupId=bundle, PermissionSetId=mute)
    flags = f"SELECT PermissionsAllowViewKnowledge FROM PermissionSet WHERE PermissionSetGroupId = '{bundle}'"
    path = f"/sobjects/MutingPermissionSet/{mute}"
    assert house.ask("PATCH", path, {"PermissionsAllowViewKnowledge": True}).status == 204
    assert house.rows(flags) == [{"PermissionsAllowViewKnowledge": False}]
    assert house.ask("DELETE", path).status == 204
    assert house.rows(flags) == [{"PermissionsAllowViewKnowledge": True}]
    of_it = "SELECT Action FROM SetupAuditTrail WHERE Action LIKE 'PermSet%'"
    rows = [row["Action"] for row in house.rows(of_it)]
    assert rows == ["PermSetCreateNoLicense", "PermSetEnableUserPerm", "PermSetDelete"]
