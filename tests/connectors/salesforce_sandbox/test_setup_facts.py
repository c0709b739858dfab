"""What Setup says over HTTPS: activation in a session, login limits of profiles, sharing models, roles as code."""

import pytest

from .estate import DATA, Asker


def test_a_permission_set_that_asks_for_activation_allows_nothing_before(org: Asker) -> None:
    """It counts in the session where it was activated, and in no other; in a group it needs none."""
    flags = "SELECT PermissionsDataExport FROM UserPermissionAccess"
    first, second = org.as_user("exporter"), org.as_user("exporter")
    assert [one.rows(flags)[0]["PermissionsDataExport"] for one in (first, second)] == [False, False]
    assert org.as_user("grouped").rows(flags) == [{"PermissionsDataExport": True}]
    role = org.one("SELECT Id FROM PermissionSet WHERE Name = 'Exporter'")
    user = org.user("exporter")
    session = org.rows(f"SELECT Id FROM AuthSession WHERE UsersId = '{user}' ORDER BY CreatedDate, Id LIMIT 1")[0]["Id"]
    made = org.create("SessionPermSetActivation", AuthSessionId=session, UserId=user, PermissionSetId=role)
    assert sorted(bool(one.rows(flags)[0]["PermissionsDataExport"]) for one in (first, second)) == [False, True]
    assert org.ask("DELETE", f"/sobjects/SessionPermSetActivation/{made}").status_code == 204
    assert [one.rows(flags)[0]["PermissionsDataExport"] for one in (first, second)] == [False, False]
    other = {"AuthSessionId": session, "UserId": org.user("plain"), "PermissionSetId": role}
    assert org.refused("POST", "/sobjects/SessionPermSetActivation", json=other) == "FIELD_INTEGRITY_EXCEPTION"


def test_a_user_activates_what_they_hold_for_their_own_session(org: Asker) -> None:
    """The standard action asks for no permission but the assignment: activation alone keeps nobody out."""
    flags = "SELECT PermissionsDataExport FROM UserPermissionAccess"
    first, second = org.as_user("exporter"), org.as_user("exporter")
    body = {"inputs": [{"PermSetName": "Exporter"}]}
    answer = first.ask("POST", "/actions/standard/activateSessionPermSet", json=body)
    assert (answer.status_code, answer.json()[0]["isSuccess"]) == (200, True)
    assert first.rows(flags) == [{"PermissionsDataExport": True}]
    assert second.rows(flags) == [{"PermissionsDataExport": False}]
    assert first.ask("POST", "/actions/standard/deactivateSessionPermSet", json=body).status_code == 200
    assert first.rows(flags) == [{"PermissionsDataExport": False}]
    refused = org.as_user("plain").ask("POST", "/actions/standard/activateSessionPermSet", json=body)
    assert (refused.status_code, refused.json()[0]["isSuccess"]) == (400, False)


def test_a_group_that_asks_for_activation_allows_nothing_before(org: Asker) -> None:
    asked = org.as_user("asked")
    assert asked.refused("GET", "/query", params={"q": "SELECT Id FROM Case"}) == "INVALID_TYPE"
    user = org.user("asked")
    group = org.one("SELECT Id FROM PermissionSetGroup WHERE DeveloperName = 'Asks'")
    session = org.one(f"SELECT Id FROM AuthSession WHERE UsersId = '{user}'")
    org.create("SessionPermSetActivation", AuthSessionId=session, UserId=user, PermissionSetGroupId=group)
    assert asked.rows("SELECT Id FROM Case") == []


def test_all_fields_of_an_object_can_be_shown_by_one_right(org: Asker) -> None:
    """View All Fields shows what field permissions do not list; before v63 nobody is told of it."""
    asker = org.as_user("allfields")
    assert asker.rows("SELECT Reason, Description FROM Case") == []
    asked = "SELECT PermissionsViewAllFields FROM ObjectPermissions WHERE Parent.Name = 'All_Fields'"
    assert org.rows(asked) == [{"PermissionsViewAllFields": True}]
    assert org.refused("GET", "/services/data/v62.0/query", params={"q": asked}) == "INVALID_FIELD"


def test_a_profile_tells_its_login_limits_through_the_tooling_api(org: Asker) -> None:
    """One profile a query, as documented: addresses, and hours in minutes after midnight."""
    asked = "SELECT Id, Name, FullName, Metadata FROM Profile WHERE Name = '{}'"
    (row,) = org.rows(asked.format("Vendor Support"), "tooling/query")
    metadata = row["Metadata"]
    assert row["FullName"] == "Vendor Support"
    assert isinstance(metadata, dict)
    assert metadata["loginIpRanges"] == [
        {"description": "office", "endAddress": "203.0.113.255", "startAddress": "203.0.113.0"}
    ]
    assert (metadata["loginHours"]["mondayStart"], metadata["loginHours"]["mondayEnd"]) == ("480", "1080")
    assert (metadata["loginHours"]["sundayStart"], metadata["loginHours"]["sundayEnd"]) == (None, None)
    assert metadata["userLicense"] == "Salesforce"
    assert metadata["userPermissions"] == [{"enabled": True, "name": "ApiEnabled"}]
    assert {"editable": False, "field": "Case.Subject", "hidden": None, "readable": True} in metadata[
        "fieldPermissions"
    ]
    assert {one["object"] for one in metadata["objectPermissions"]} == {"Account", "Case"}
    (bare,) = org.rows(asked.format("Bare"), "tooling/query")
    assert isinstance(bare["Metadata"], dict)
    assert (bare["Metadata"]["loginHours"], bare["Metadata"]["loginIpRanges"]) == (None, [])
    assert org.rows(asked.format("Nobody"), "tooling/query") == []


@pytest.mark.parametrize("field", ["Metadata", "FullName"])
def test_metadata_is_for_one_record_and_for_the_tooling_api(org: Asker, field: str) -> None:
    query = {"q": f"SELECT Id, {field} FROM Profile"}
    answer = org.ask("GET", "/tooling/query", params=query)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "MALFORMED_QUERY")
    count = len(org.rows("SELECT Id FROM Profile"))
    assert answer.json()[0]["message"] == (
        "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than "
        f"one row for retrieval. Result size: {count}"
    )
    assert org.refused("GET", "/query", params={"q": f"SELECT {field} FROM Profile LIMIT 1"}) == "INVALID_FIELD"
    described = {one["name"] for one in org.ask("GET", "/sobjects/Profile/describe").json()["fields"]}
    assert not {"Metadata", "FullName", "LoginLimits"} & described


def test_the_org_tells_its_sharing_models(org: Asker) -> None:
    models = {
        str(row["QualifiedApiName"]): (row["InternalSharingModel"], row["ExternalSharingModel"], row["KeyPrefix"])
        for row in org.rows(
            "SELECT QualifiedApiName, InternalSharingModel, ExternalSharingModel, KeyPrefix FROM EntityDefinition"
        )
    }
    assert models["Case"] == ("Private", "Private", "500")
    assert models["Contact"][0] == "ControlledByParent"
    (row,) = org.rows("SELECT DefaultCaseAccess, DefaultAccountAccess FROM Organization")
    assert row == {"DefaultCaseAccess": "None", "DefaultAccountAccess": "None"}
    theirs = org.as_user("plain").rows(
        "SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName = 'Contact'"
    )
    assert theirs == []


def test_who_approves_for_whom_can_be_read(org: Asker) -> None:
    (agent,) = org.rows("SELECT DelegatedApproverId, Manager.Username FROM User WHERE Username = 'agent@v.example'")
    assert agent["DelegatedApproverId"] == org.user("boss")


def test_a_role_is_made_compared_and_taken_apart_as_code(org: Asker) -> None:
    """Permission set, object and field permissions: made in one graph, changed, and deleted with what it allowed."""
    steps = [
        ("role", "PermissionSet", {"Name": "Coded", "Label": "Coded", "PermissionsRunReports": True}),
        ("object", "ObjectPermissions", {"ParentId": "@{role.id}", "SobjectType": "case", "PermissionsRead": True}),
        ("field", "FieldPermissions",
         {"ParentId": "@{role.id}", "SobjectType": "Case", "Field": "Case.reason", "PermissionsRead": True}),
    ]  # fmt: skip
    requests = [
        {"method": "POST", "url": f"{DATA}/sobjects/{kind}", "referenceId": name, "body": body}
        for name, kind, body in steps
    ]
    body = {"graphs": [{"graphId": "1", "compositeRequest": requests}]}
    assert org.ask("POST", "/composite/graph", json=body).json()["graphs"][0]["isSuccessful"]
    role = org.one("SELECT Id FROM PermissionSet WHERE Name = 'Coded'")
    fields = f"SELECT SobjectType, Field, PermissionsRead FROM FieldPermissions WHERE ParentId = '{role}'"
    assert org.rows(fields) == [{"SobjectType": "Case", "Field": "Case.Reason", "PermissionsRead": True}]
    wrong = {"ParentId": role, "SobjectType": "Case", "Field": "Case.Nonsense__c", "PermissionsRead": True}
    for kind, values in (
        ("FieldPermissions", wrong),
        ("FieldPermissions", wrong | {"Field": "Account.Phone"}),
        ("ObjectPermissions", {"ParentId": role, "SobjectType": "Nonsense__c", "PermissionsRead": True}),
    ):
        assert org.refused("POST", f"/sobjects/{kind}", json=values) == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert org.ask("DELETE", f"/sobjects/PermissionSet/{role}").status_code == 204
    assert org.rows(fields) == []
    assert org.rows(f"SELECT Id FROM ObjectPermissions WHERE ParentId = '{role}'") == []
