"""One request per rule and error: where the rule is written, the request, and what it is answered with.

`OR` is the object reference, `Help` Salesforce Help, `Seen` an answer of an org that somebody published, `Unverified`
what
docs/salesforce.md says nobody could confirm. A `$name` stands for the id that `NAMES` finds.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

SOON = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
PAST = "2020-01-01T00:00:00Z"


class Case(NamedTuple):
    source: str
    ask: str
    body: dict[str, object] | None
    answer: str


def _user(name: str) -> str:
    return f"SELECT Id FROM User WHERE Username LIKE '{name}%'"


def _set(name: str) -> str:
    return f"SELECT Id FROM PermissionSet WHERE Name = '{name}'"


NAMES = {
    "admin": _user("admin"),
    "tom": _user("tom.b"),
    "maria": _user("maria"),
    "priya": _user("priya"),
    "jonas": _user("jonas"),
    "grace": _user("grace"),
    "dana": _user("dana"),
    "portal": _user("portal"),
    "robot": _user("robot"),
    "vendors": "SELECT Id FROM Profile WHERE Name = 'Vendor Support'",
    "partners": "SELECT Id FROM Profile WHERE Name = 'Partner Community User'",
    "triage": _set("Vendor_Case_Triage"),
    "knowledge": _set("Vendor_Knowledge_Read"),
    "tools": _set("Admin_Tools"),
    "reports": _set("Employee_Reports"),
    "console": _set("Console"),
    "scarce": _set("Scarce"),
    "identity": _set("For_Identity"),
    "spare": _set("Spare"),
    "owned": "SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true LIMIT 1",
    "bundled": "SELECT Id FROM PermissionSet WHERE Type = 'Group' LIMIT 1",
    "bundle": "SELECT Id FROM PermissionSetGroup WHERE DeveloperName = 'Vendor_Care_Bundle'",
    "part": "SELECT Id FROM PermissionSetGroupComponent LIMIT 1",
    "mute": "SELECT Id FROM MutingPermissionSet WHERE DeveloperName = 'Mute'",
    "second_mute": "SELECT Id FROM MutingPermissionSet WHERE DeveloperName = 'Second'",
    "held": "SELECT Id FROM PermissionSetAssignment WHERE Assignee.Username LIKE 'maria%' "
    "AND PermissionSet.Name = 'Vendor_Case_Triage'",
    "held_by_profile": "SELECT Id FROM PermissionSetAssignment WHERE Assignee.Username LIKE 'maria%' "
    "AND PermissionSet.IsOwnedByProfile = true",
    "licence": "SELECT Id FROM PermissionSetLicense WHERE DeveloperName = 'SalesConsoleUser'",
    "used_up": "SELECT Id FROM PermissionSetLicense WHERE DeveloperName = 'IdentityConnect'",
    "licensed": "SELECT Id FROM PermissionSetLicenseAssign LIMIT 1",
    "group": "SELECT Id FROM Group WHERE DeveloperName = 'Vendor_EMEA_Cases'",
    "queue": "SELECT Id FROM Group WHERE Type = 'Queue'",
    "member": "SELECT Id FROM GroupMember WHERE Group.DeveloperName = 'Employees_All' LIMIT 1",
    "queue_object": "SELECT Id FROM QueueSobject LIMIT 1",
    "role": "SELECT Id FROM UserRole WHERE Name = 'Customer Care'",
    "login": "SELECT Id FROM UserLogin WHERE IsFrozen = false AND UserId = '$tom'",
    "my_login": "SELECT Id FROM UserLogin WHERE UserId = '$admin'",
    "session": "SELECT Id FROM AuthSession WHERE Users.Username LIKE 'maria%'",
    "case": "SELECT Id FROM Case WHERE Subject = 'SIM activation delayed'",
    "account": "SELECT Id FROM Account WHERE Name = 'Quartz Telecom plc'",
    "contact": "SELECT Id FROM Contact WHERE LastName = 'Hart'",
    "comment": "SELECT Id FROM CaseComment WHERE Parent.Subject = 'Appointment reminders sent twice'",
    "owner_share": "SELECT Id FROM CaseShare WHERE RowCause = 'Owner' LIMIT 1",
    "manual_share": "SELECT Id FROM CaseShare WHERE RowCause = 'Manual' LIMIT 1",
    "case_role": "SELECT Id FROM CaseTeamRole WHERE Name = 'Case Worker'",
    "object_right": "SELECT Id FROM ObjectPermissions WHERE Parent.Name = 'Vendor_Case_Export'",
    "field_right": "SELECT Id FROM FieldPermissions WHERE Parent.Name = 'Vendor_Case_Triage' "
    "AND Field = 'Case.Subject'",
    "owned_right": "SELECT Id FROM ObjectPermissions WHERE Parent.IsOwnedByProfile = true LIMIT 1",
    "app": "SELECT Id FROM ConnectedApplication LIMIT 1",
    "organization": "SELECT Id FROM Organization",
}

PERSON = {
    "Username": "new@vendor.example",
    "LastName": "New",
    "Email": "new@vendor.example",
    "Alias": "new",
    "ProfileId": "$vendors",
    "TimeZoneSidKey": "UTC",
    "LocaleSidKey": "en_US",
    "EmailEncodingKey": "UTF-8",
    "LanguageLocaleKey": "en_US",
}
PSA, SHARE = "PermissionSetAssignment", "CaseShare"
INTEGRITY, READ_ONLY = "400 FIELD_INTEGRITY_EXCEPTION", "400 INSUFFICIENT_ACCESS_OR_READONLY"
UNWRITABLE, DUPLICATE = "400 INVALID_FIELD_FOR_INSERT_UPDATE", "400 DUPLICATE_VALUE"


def _without(name: str) -> dict[str, object]:
    return {key: value for key, value in PERSON.items() if key != name}


CASES = [
    # Users
    Case("OR User", "POST User", PERSON, "201"),
    *(Case("OR User: required", "POST User", _without(name), "400 REQUIRED_FIELD_MISSING") for name in PERSON),
    Case("OR User: Username", "POST User",
         {**PERSON, "Username": "TOM.B@northwind-msp.example"}, "400 DUPLICATE_USERNAME"),
    Case("OR User: AccountId read-only", "POST User", {**PERSON, "AccountId": "$account"}, UNWRITABLE),
    Case("OR User: UserType read-only", "POST User", {**PERSON, "UserType": "Standard"}, UNWRITABLE),
    Case("OR User: IsPortalEnabled update only", "POST User", {**PERSON, "IsPortalEnabled": True}, UNWRITABLE),
    Case("OR User: ContactId", "POST User", {**PERSON, "ProfileId": "$partners"}, INTEGRITY),
    Case("OR User: ContactId", "POST User", {**PERSON, "ContactId": "$contact"}, INTEGRITY),
    Case("OR User: ContactId", "POST User", {**PERSON, "ProfileId": "$partners", "ContactId": "$contact"}, "201"),
    Case("Seen: in the form of an email address", "POST User", {**PERSON, "Username": "newcomer"}, INTEGRITY),
    Case("Seen: in the form of an email address", "PATCH User $tom", {"Username": "tom"}, INTEGRITY),
    Case("OR User: restricted picklist", "POST User", {**PERSON, "TimeZoneSidKey": "Europe/Atlantis"},
         "400 INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    Case("Seen: License Limit Exceeded", "POST User", {**PERSON, "ProfileId": "$full"}, "400 LICENSE_LIMIT_EXCEEDED"),
    Case("Seen: Cannot de-activate self", "PATCH User $admin", {"IsActive": False}, INTEGRITY),
    Case("OR User", "PATCH User $tom", {"IsActive": False}, "204"),
    Case("Seen: not with IsActive", "PATCH User $portal", {"IsPortalEnabled": False, "IsActive": False}, INTEGRITY),
    Case("Seen: portal switch", "PATCH User $portal", {"IsPortalEnabled": False}, "204"),
    Case("Facts: not undone", "PATCH User $tom", {"IsPortalEnabled": True}, INTEGRITY),
    Case("Unverified", "PATCH User $portal", {"ContactId": "$another"}, INTEGRITY),
    Case("OR User: required", "PATCH User $tom", {"LastName": ""}, "400 REQUIRED_FIELD_MISSING"),
    Case("OR User: no delete", "DELETE User $tom", None, "400 INVALID_TYPE_FOR_OPERATION"),
    # Freezing and sessions
    Case("OR UserLogin", "PATCH UserLogin $login", {"IsFrozen": True}, "204"),
    Case("OR UserLogin: unlock only", "PATCH UserLogin $login", {"IsPasswordLocked": True}, INTEGRITY),
    Case("OR UserLogin: UserId read-only", "PATCH UserLogin $login", {"UserId": "$maria"}, UNWRITABLE),
    Case("Unverified", "PATCH UserLogin $my_login", {"IsFrozen": True}, INTEGRITY),
    Case("OR AuthSession", "DELETE AuthSession $session", None, "204"),
    # Permission sets
    Case("OR PermissionSet", "POST PermissionSet", {"Name": "New", "Label": "New"}, "201"),
    Case("OR PermissionSet: unique name", "POST PermissionSet", {"Name": "spare", "Label": "S"},
         "400 DUPLICATE_DEVELOPER_NAME"),
    *(
        Case("OR PermissionSet: Name", "POST PermissionSet", {"Name": name, "Label": "N"}, INTEGRITY)
        for name in ("1st", "a-b", "a b", "ends_", "two__lines", "caf\u00e9")
    ),
    Case("OR PermissionSet: ProfileId read-only", "POST PermissionSet",
         {"Name": "N", "Label": "N", "ProfileId": "$vendors"},
         UNWRITABLE),
    Case("OR PermissionSet", "PATCH PermissionSet $spare", {"PermissionsRunReports": True}, "204"),
    Case("OR PermissionSet: LicenseId create only", "PATCH PermissionSet $spare",
         {"LicenseId": "$licence"}, UNWRITABLE),
    Case("OR PermissionSet: of a profile", "PATCH PermissionSet $owned", {"PermissionsRunReports": True}, READ_ONLY),
    Case("OR PermissionSet: of a group", "PATCH PermissionSet $bundled", {"PermissionsRunReports": True}, READ_ONLY),
    Case("OR PermissionSet: not while assigned", "DELETE PermissionSet $triage", None, "400 DELETE_FAILED"),
    Case("Unverified: of a profile", "DELETE PermissionSet $owned", None, READ_ONLY),
    Case("OR PermissionSet", "DELETE PermissionSet $spare", None, "204"),
    # Groups of permission sets
    Case("OR PermissionSetGroup", "POST PermissionSetGroup", {"DeveloperName": "N", "MasterLabel": "N"}, "201"),
    Case("OR PermissionSetGroup: Status read-only", "PATCH PermissionSetGroup $bundle",
         {"Status": "Outdated"}, UNWRITABLE),
    Case("OR PermissionSetGroup", "PATCH PermissionSetGroup $bundle", {"Description": "d"}, "204"),
    Case("OR PermissionSetGroup", "DELETE PermissionSetGroup $bundle", None, "204"),
    Case("OR PermissionSetGroupComponent", "POST PermissionSetGroupComponent",
         {"PermissionSetGroupId": "$bundle", "PermissionSetId": "$spare"}, "201"),
    Case("Unverified: twice", "POST PermissionSetGroupComponent",
         {"PermissionSetGroupId": "$bundle", "PermissionSetId": "$triage"}, DUPLICATE),
    Case("Help: one muting set", "POST PermissionSetGroupComponent",
         {"PermissionSetGroupId": "$bundle", "PermissionSetId": "$second_mute"}, INTEGRITY),
    Case("Unverified: of a profile", "POST PermissionSetGroupComponent",
         {"PermissionSetGroupId": "$bundle", "PermissionSetId": "$owned"}, INTEGRITY),
    Case("OR PermissionSetGroupComponent", "PATCH PermissionSetGroupComponent $part", {"PermissionSetId": "$spare"},
         "400 INVALID_TYPE_FOR_OPERATION"),
    Case("OR PermissionSetGroupComponent", "DELETE PermissionSetGroupComponent $part", None, "204"),
    # Assignments
    Case("OR PSA", f"POST {PSA}", {"AssigneeId": "$tom", "PermissionSetId": "$triage", "ExpirationDate": SOON}, "201"),
    Case("OR PSA", f"POST {PSA}", {"AssigneeId": "$tom", "PermissionSetGroupId": "$bundle"}, "201"),
    Case("OR PSA: AssigneeId", f"POST {PSA}", {"PermissionSetId": "$triage"}, "400 REQUIRED_FIELD_MISSING"),
    Case("Unverified: one of two", f"POST {PSA}", {"AssigneeId": "$tom"}, INTEGRITY),
    Case("OR PSA: IsActive read-only", f"POST {PSA}",
         {"AssigneeId": "$tom", "PermissionSetId": "$triage", "IsActive": True},
         UNWRITABLE),
    Case("Seen: Duplicate PermissionSetAssignment", f"POST {PSA}",
         {"AssigneeId": "$maria", "PermissionSetId": "$triage"},
         DUPLICATE),
    Case("Unverified: end in the past", f"POST {PSA}",
         {"AssigneeId": "$tom", "PermissionSetId": "$triage", "ExpirationDate": PAST}, INTEGRITY),
    Case("Help: no end with Manage Users", f"POST {PSA}",
         {"AssigneeId": "$tom", "PermissionSetId": "$tools", "ExpirationDate": SOON}, INTEGRITY),
    Case("Help: no end with Manage Users", f"POST {PSA}", {"AssigneeId": "$tom", "PermissionSetId": "$tools"}, "201"),
    Case("Facts: of a profile", f"POST {PSA}", {"AssigneeId": "$tom", "PermissionSetId": "$owned"},
         "400 INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"),
    Case("OR PSA: licences match", f"POST {PSA}", {"AssigneeId": "$tom", "PermissionSetId": "$identity"}, INTEGRITY),
    Case("Seen: integration licence", f"POST {PSA}", {"AssigneeId": "$robot", "PermissionSetId": "$triage"}, INTEGRITY),
    Case("Seen: integration licence", f"POST {PSA}", {"AssigneeId": "$robot", "PermissionSetId": "$knowledge"}, "201"),
    Case("Seen: licence of a portal", f"POST {PSA}", {"AssigneeId": "$portal", "PermissionSetId": "$tools"}, INTEGRITY),
    Case("Help: licence comes along", f"POST {PSA}", {"AssigneeId": "$tom", "PermissionSetId": "$console"}, "201"),
    Case("Seen: none left", f"POST {PSA}", {"AssigneeId": "$tom", "PermissionSetId": "$scarce"},
         "400 LICENSE_LIMIT_EXCEEDED"),
    Case("OR PSA", f"PATCH {PSA} $held", {"ExpirationDate": SOON}, "204"),
    Case("OR PSA", f"PATCH {PSA} $held", {"ExpirationDate": None}, "204"),
    Case("OR PSA: create only", f"PATCH {PSA} $held", {"AssigneeId": "$tom"}, UNWRITABLE),
    Case("OR PSA: create only", f"PATCH {PSA} $held", {"PermissionSetId": "$spare"}, UNWRITABLE),
    Case("OR PSA: access policies only", f"PATCH {PSA} $held", {"IsRevoked": True}, UNWRITABLE),
    Case("OR PSA", f"DELETE {PSA} $held", None, "204"),
    Case("Help 000394118: of a profile", f"DELETE {PSA} $held_by_profile", None, READ_ONLY),
    # Licences
    Case("OR PSLA", "POST PermissionSetLicenseAssign",
         {"AssigneeId": "$tom", "PermissionSetLicenseId": "$licence"}, "201"),
    Case("Unverified: twice", "POST PermissionSetLicenseAssign",
         {"AssigneeId": "$maria", "PermissionSetLicenseId": "$licence"}, DUPLICATE),
    Case("Seen: none left", "POST PermissionSetLicenseAssign",
         {"AssigneeId": "$tom", "PermissionSetLicenseId": "$used_up"},
         "400 LICENSE_LIMIT_EXCEEDED"),
    Case("OR PSLA", "DELETE PermissionSetLicenseAssign $licensed", None, "204"),
    # Object and field permissions
    Case("OR ObjectPermissions", "POST ObjectPermissions",
         {"ParentId": "$spare", "SobjectType": "Case", "PermissionsRead": True}, "201"),
    Case("OR ObjectPermissions: edit needs read", "POST ObjectPermissions",
         {"ParentId": "$spare", "SobjectType": "Case", "PermissionsEdit": True}, INTEGRITY),
    Case("OR ObjectPermissions: create only", "PATCH ObjectPermissions $object_right",
         {"SobjectType": "Account"}, UNWRITABLE),
    Case("OR ObjectPermissions", "PATCH ObjectPermissions $object_right", {"PermissionsEdit": True}, "204"),
    Case("OR PermissionSet: not of profiles", "PATCH ObjectPermissions $owned_right",
         {"PermissionsRead": True}, READ_ONLY),
    Case("OR ObjectPermissions", "DELETE ObjectPermissions $object_right", None, "204"),
    Case("OR FieldPermissions: edit needs read", "PATCH FieldPermissions $field_right",
         {"PermissionsRead": False, "PermissionsEdit": True}, INTEGRITY),
    Case("OR FieldPermissions", "DELETE FieldPermissions $field_right", None, "204"),
    *(
        Case("OR FieldPermissions: not permissionable", "POST FieldPermissions",
             {"ParentId": "$spare", "SobjectType": "Case", "Field": f"Case.{name}", "PermissionsRead": True},
             "400 INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
        for name in ("Id", "CaseNumber", "OwnerId", "IsClosed")
    ),
    Case("OR SetupEntityAccess", "POST SetupEntityAccess", {"ParentId": "$spare", "SetupEntityId": "$app"}, "201"),
    # Groups, queues, roles
    Case("OR Group", "POST Group", {"Name": "New group"}, "201"),
    Case("Unverified: of the org", "POST Group", {"Name": "New", "Type": "Organization"}, INTEGRITY),
    Case("OR Group: Type create only", "PATCH Group $group", {"Type": "Queue"}, UNWRITABLE),
    Case("OR Group", "DELETE Group $group", None, "204"),
    Case("OR GroupMember", "POST GroupMember", {"GroupId": "$group", "UserOrGroupId": "$maria"}, "201"),
    Case("OR GroupMember: repeated", "POST GroupMember", {"GroupId": "$group", "UserOrGroupId": "$tom"}, "201"),
    Case("OR GroupMember: no update", "PATCH GroupMember $member",
         {"GroupId": "$group"}, "400 INVALID_TYPE_FOR_OPERATION"),
    Case("Unverified: itself", "POST GroupMember", {"GroupId": "$group", "UserOrGroupId": "$group"}, INTEGRITY),
    Case("OR GroupMember", "DELETE GroupMember $member", None, "204"),
    Case("OR QueueSobject: no update", "PATCH QueueSobject $queue_object", {"SobjectType": "Account"},
         "400 INVALID_TYPE_FOR_OPERATION"),
    Case("Unverified: no queue holds it", "POST QueueSobject", {"QueueId": "$queue", "SobjectType": "Account"},
         "400 INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    Case("OR UserRole", "POST UserRole", {"Name": "New role", "ParentRoleId": "$role"}, "201"),
    Case("OR UserRole: PortalType read-only", "PATCH UserRole $role", {"PortalType": "None"}, UNWRITABLE),
    Case("Unverified: in use", "DELETE UserRole $role", None, "400 DELETE_FAILED"),
    # Cases, comments
    Case("OR Case: CaseNumber read-only", "POST Case", {"Subject": "s", "CaseNumber": "1"}, UNWRITABLE),
    Case("OR Case: IsClosed read-only", "PATCH Case $case", {"IsClosed": True}, UNWRITABLE),
    Case("OR Case: ClosedDate read-only", "PATCH Case $case", {"ClosedDate": SOON}, UNWRITABLE),
    Case("OR Case", "PATCH Case $case", {"Status": "Closed", "OwnerId": "$grace"}, "204"),
    Case("OR Case: owner may be a queue", "PATCH Case $case", {"OwnerId": "$queue"}, "204"),
    Case("OR CaseComment: ParentId create only", "PATCH CaseComment $comment", {"ParentId": "$case"}, UNWRITABLE),
    Case("OR CaseComment", "as grace PATCH CaseComment $comment", {"IsPublished": True}, "204"),
    Case("OR CaseComment: only publishing", "as grace PATCH CaseComment $comment", {"CommentBody": "x"}, READ_ONLY),
    Case("OR CaseComment: not deleted", "as grace DELETE CaseComment $comment", None, READ_ONLY),
    Case("OR CaseComment: with all rights", "DELETE CaseComment $comment", None, "204"),
    # Shares and teams
    Case("OR CaseShare", f"POST {SHARE}",
         {"CaseId": "$case", "UserOrGroupId": "$maria", "CaseAccessLevel": "Read"}, "201"),
    *(
        Case("OR CaseShare: only Manual", f"POST {SHARE}",
             {"CaseId": "$case", "UserOrGroupId": "$maria", "CaseAccessLevel": "Read", "RowCause": cause}, INTEGRITY)
        for cause in ("Owner", "Rule", "Team")
    ),
    Case("OR CaseShare: not All", f"POST {SHARE}",
         {"CaseId": "$case", "UserOrGroupId": "$maria", "CaseAccessLevel": "All"},
         "400 INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    Case("OR CaseShare: not All, repeated", f"POST {SHARE}",
         {"CaseId": "$case", "UserOrGroupId": "$jonas", "CaseAccessLevel": "All"},
         "400 INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    Case("OR CaseShare: repeated, full access only", f"as maria POST {SHARE}",
         {"CaseId": "$case", "UserOrGroupId": "$jonas", "CaseAccessLevel": "Edit"},
         "400 INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"),
    Case("OR CaseShare: RowCause create only", f"PATCH {SHARE} $manual_share", {"RowCause": "Manual"}, UNWRITABLE),
    Case("OR CaseShare: CaseId create only", f"PATCH {SHARE} $manual_share", {"CaseId": "$case"}, UNWRITABLE),
    Case("OR CaseShare", f"PATCH {SHARE} $manual_share", {"CaseAccessLevel": "Edit"}, "204"),
    Case("OR CaseShare", f"DELETE {SHARE} $manual_share", None, "204"),
    Case("OR CaseShare: other causes", f"PATCH {SHARE} $owner_share", {"CaseAccessLevel": "Read"}, READ_ONLY),
    Case("OR CaseShare: other causes", f"DELETE {SHARE} $owner_share", None, READ_ONLY),
    Case("OR CaseShare: full access only", f"as maria POST {SHARE}",
         {"CaseId": "$case", "UserOrGroupId": "$maria", "CaseAccessLevel": "Read"},
         "400 INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"),
    Case("OR AccountShare: above the default", "POST AccountShare",
         {"AccountId": "$account", "UserOrGroupId": "$maria", "AccountAccessLevel": "Read",
          "OpportunityAccessLevel": "None",
          "ContactAccessLevel": "Read"}, UNWRITABLE),
    Case("OR AccountTeamMember", "POST AccountTeamMember", {"AccountId": "$account", "UserId": "$maria"}, "201"),
    Case("OR CaseTeamMember", "POST CaseTeamMember",
         {"ParentId": "$case", "MemberId": "$contact", "TeamRoleId": "$case_role"}, "201"),
    Case("OR CaseTeamMember: read-only", "POST CaseTeamMember",
         {"ParentId": "$case", "MemberId": "$maria", "TeamRoleId": "$case_role", "TeamTemplateMemberId": "x"},
          UNWRITABLE),
    Case("OR CaseTeamRole: no delete", "DELETE CaseTeamRole $case_role", None, "400 INVALID_TYPE_FOR_OPERATION"),
    # What holds for every object
    Case("Seen: MALFORMED_ID", f"POST {PSA}", {"AssigneeId": "$case", "PermissionSetId": "$spare"}, "400 MALFORMED_ID"),
    Case("Seen: invalid cross reference", f"POST {PSA}", {"AssigneeId": "005gL0000000zzz", "PermissionSetId": "$spare"},
         "400 INVALID_CROSS_REFERENCE_KEY"),
    Case("Seen: invalid cross reference", f"DELETE {PSA} 0PagL0000000zzz", None, "404 INVALID_CROSS_REFERENCE_KEY"),
    Case("Seen: No such column", "PATCH Case $case", {"Nonsense": 1}, "400 INVALID_FIELD"),
    Case("Seen: bad value", "PATCH Case $case", {"Status": "Odd"}, "400 INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    Case("Seen: too large", "PATCH Case $case", {"Subject": "x" * 256}, "400 STRING_TOO_LONG"),
    Case("Seen: invalid email", "PATCH Contact $contact", {"Email": "none"}, "400 INVALID_EMAIL_ADDRESS"),
    Case("Seen: The requested resource does not exist", "POST Nonsense", {}, "404 NOT_FOUND"),
    Case("Seen: entity type cannot be inserted", "as maria POST Case", {"Subject": "s"},
         "400 CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"),
    Case("OR Special Access Rules", "as maria POST Group", {"Name": "mine"}, READ_ONLY),
    Case("OR Special Access Rules", f"as maria POST {PSA}",
         {"AssigneeId": "$maria", "PermissionSetId": "$tools"}, READ_ONLY),
]  # fmt: skip

# What each object's "Supported Calls" name in the object reference: create, update, delete.
CALLS = {
    "User": "CU", "UserLicense": "", "Profile": "", "PermissionSet": "CUD", "PermissionSetGroup": "CUD",
    "PermissionSetGroupComponent": "CD", "MutingPermissionSet": "CUD", PSA: "CUD", "PermissionSetLicense": "",
    "PermissionSetLicenseAssign": "CD", "Group": "CUD", "GroupMember": "CD", "QueueSobject": "CD", "UserRole": "CUD",
    "ObjectPermissions": "CUD", "FieldPermissions": "CUD", "SetupEntityAccess": "CD", "AccountShare": "CUD",
    SHARE: "CUD", "AccountTeamMember": "CUD", "CaseTeamMember": "CUD", "CaseTeamRole": "CU", "UserLogin": "U",
    "AuthSession": "D", "OauthToken": "", "ConnectedApplication": "", "LoginHistory": "", "LoginIp": "D",
    "VerificationHistory": "", "TwoFactorMethodsInfo": "", "SetupAuditTrail": "", "EventLogFile": "",
    "UserPermissionAccess": "", "Organization": "U", "Account": "CUD", "Contact": "CUD", "Case": "CUD",
    "CaseComment": "CUD", "CaseTeamTemplate": "CUD", "CaseTeamTemplateMember": "CUD", "CaseTeamTemplateRecord": "CD",
    "SessionPermSetActivation": "CD", "EntityDefinition": "", "UserRecordAccess": "",
}  # fmt: skip
