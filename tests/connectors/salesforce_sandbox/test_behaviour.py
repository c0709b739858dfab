"""What the org does by itself: expiry, sessions, freezing, licences, duplicates, rows of its own."""

from datetime import UTC, datetime, timedelta

import pytest

from .house import House

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
HELD = (
    "SELECT Id, ExpirationDate, IsActive FROM PermissionSetAssignment "
    "WHERE Assignee.Username LIKE '{}%' AND PermissionSet.Name = '{}'"
)


def assign(house: House, user: str, role: str, until: str | None = TOMORROW) -> str:
    set_id = house.one(f"SELECT Id FROM PermissionSet WHERE Name = '{role}'")
    return house.create(
        "PermissionSetAssignment", AssigneeId=house.user(user), PermissionSetId=set_id, ExpirationDate=until
    )


def test_an_assignment_ends_by_the_clock(house: House) -> None:
    assign(house, "tom.b", "Vendor_Case_Triage")
    held = HELD.format("tom.b", "Vendor_Case_Triage")
    assert house.rows(held)[0]["IsActive"] is True
    house.org.clock.set(datetime.now(UTC) + timedelta(days=2))
    assert house.rows(held) == []
    (kept,) = house.rows(held, "queryAll")
    assert kept["IsActive"] is False


@pytest.mark.parametrize("allowed", [True, False])
def test_granting_again_after_expiry_depends_on_the_org(house: House, *, allowed: bool) -> None:
    house.org.switches.regrant_after_expiry = allowed
    assign(house, "tom.b", "Vendor_Case_Triage")
    house.org.clock.set(datetime.now(UTC) + timedelta(days=2))
    body = {
        "AssigneeId": house.user("tom.b"),
        "PermissionSetId": house.one("SELECT Id FROM PermissionSet WHERE Name = 'Vendor_Case_Triage'"),
    }
    answer = house.ask("POST", "/sobjects/PermissionSetAssignment", body)
    assert answer.status == (201 if allowed else 400)


def test_an_assignment_is_not_made_twice(house: House) -> None:
    assign(house, "tom.b", "Vendor_Case_Triage")
    body = {
        "AssigneeId": house.user("tom.b"),
        "PermissionSetId": house.one("SELECT Id FROM PermissionSet WHERE Name = 'Vendor_Case_Triage'"),
    }
    assert house.refused("POST", "/sobjects/PermissionSetAssignment", body) == (400, "DUPLICATE_VALUE")


def test_only_the_end_of_an_assignment_can_change(house: House) -> None:
    made = assign(house, "tom.b", "Vendor_Case_Triage")
    path = f"/sobjects/PermissionSetAssignment/{made}"
    assert house.ask("PATCH", path, {"ExpirationDate": None}).status == 204
    changed = {"AssigneeId": house.user("priya.s")}
    assert house.refused("PATCH", path, changed) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert house.refused("PATCH", path, {"IsActive": False}) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    past = {"ExpirationDate": "2020-01-01T00:00:00Z"}
    assert house.refused("PATCH", path, past) == (400, "FIELD_INTEGRITY_EXCEPTION")


def test_an_org_without_expiry_does_not_take_an_end(house: House) -> None:
    house.org.switches.assignment_expiry = False
    set_id = house.one("SELECT Id FROM PermissionSet WHERE Name = 'Vendor_Case_Triage'")
    body = {"AssigneeId": house.user("tom.b"), "PermissionSetId": set_id, "ExpirationDate": TOMORROW}
    expected = (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert house.refused("POST", "/sobjects/PermissionSetAssignment", body) == expected


def test_what_a_profile_gives_cannot_be_taken_away(house: House) -> None:
    owned = house.one(
        "SELECT Id FROM PermissionSetAssignment WHERE PermissionSet.IsOwnedByProfile = true "
        "AND Assignee.Username LIKE 'tom.b%'"
    )
    path = f"/sobjects/PermissionSetAssignment/{owned}"
    assert house.refused("DELETE", path)[1] == "INSUFFICIENT_ACCESS_OR_READONLY"


def test_a_repeated_membership_answers_with_the_first(house: House) -> None:
    group = house.one("SELECT Id FROM Group WHERE DeveloperName = 'Vendor_EMEA_Cases'")
    values = {"GroupId": group, "UserOrGroupId": house.user("tom.b")}
    first = house.create("GroupMember", **values)
    assert house.create("GroupMember", **values) == first
    assert len(house.rows(f"SELECT Id FROM GroupMember WHERE UserOrGroupId = '{values['UserOrGroupId']}'")) == 1


def test_users_cannot_be_deleted(house: House) -> None:
    assert house.refused("DELETE", f"/sobjects/User/{house.user('tom.b')}")[1] == "INVALID_TYPE_FOR_OPERATION"


def test_nobody_deactivates_themselves(house: House) -> None:
    path = f"/sobjects/User/{house.org.admin_id}"
    assert house.refused("PATCH", path, {"IsActive": False}) == (400, "FIELD_INTEGRITY_EXCEPTION")


def test_freezing_stops_logins_and_leaves_sessions(house: House) -> None:
    user = house.user("maria.k")
    login = house.one(f"SELECT Id FROM UserLogin WHERE UserId = '{user}'")
    before = house.rows(f"SELECT Id FROM AuthSession WHERE UsersId = '{user}'")
    assert house.ask("PATCH", f"/sobjects/UserLogin/{login}", {"IsFrozen": True}).status == 204
    assert house.rows(f"SELECT Id FROM AuthSession WHERE UsersId = '{user}'") == before
    row = house.org.store.get(house.org.schema["User"], user)
    assert row is not None
    assert house.site.sessions.bars_login(row) == "User is Frozen"


def test_deleting_a_session_ends_its_token(house: House) -> None:
    sessions = house.site.sessions
    token = sessions.open(house.user("maria.k"), session_type="UI", login_type="Application", application="Browser")
    session = sessions.resolve(token)
    assert session is not None
    assert house.ask("DELETE", f"/sobjects/AuthSession/{session.session_id}").status == 204
    assert sessions.resolve(token) is None


def test_a_session_runs_out(house: House) -> None:
    sessions = house.site.sessions
    token = sessions.open(house.user("maria.k"), session_type="UI", login_type="Application", application="Browser")
    house.org.clock.set(datetime.now(UTC) + timedelta(hours=3))
    assert sessions.resolve(token) is None


def test_revoking_a_consent_ends_its_sessions_only(house: House) -> None:
    user = house.user("old.contractor")
    (consent,) = house.rows(f"SELECT Id, DeleteToken, AppName FROM OauthToken WHERE UserId = '{user}'")
    assert house.site.sessions.revoke(consent["DeleteToken"])
    left = house.rows(f"SELECT SessionType FROM AuthSession WHERE UsersId = '{user}'")
    assert [session["SessionType"] for session in left] == ["UI"]
    assert house.rows(f"SELECT AppName FROM OauthToken WHERE UserId = '{user}'") == []


def test_deactivating_ends_sessions_and_frees_the_licence(house: House) -> None:
    user = house.user("maria.k")
    used = "SELECT UsedLicenses FROM UserLicense WHERE LicenseDefinitionKey = 'SFDC'"
    before = house.rows(used)[0]["UsedLicenses"]
    assert house.ask("PATCH", f"/sobjects/User/{user}", {"IsActive": False}).status == 204
    assert house.rows(used)[0]["UsedLicenses"] == before - 1
    assert house.rows(f"SELECT Id FROM AuthSession WHERE UsersId = '{user}'") == []


def test_a_new_user_gets_a_login_switch_and_the_profiles_set(house: House) -> None:
    user = new_user(house, "eve@vendor.example")
    assert house.rows(f"SELECT IsFrozen FROM UserLogin WHERE UserId = '{user}'") == [{"IsFrozen": False}]
    sets = house.rows(f"SELECT PermissionSet.IsOwnedByProfile FROM PermissionSetAssignment WHERE AssigneeId = '{user}'")
    assert sets == [{"PermissionSet": {"IsOwnedByProfile": True}}]


def test_a_username_is_taken_once(house: House) -> None:
    new_user(house, "eve@vendor.example")
    answer = house.ask("POST", "/sobjects/User", user_values(house, "EVE@vendor.example"))
    assert answer.body[0]["errorCode"] == "DUPLICATE_USERNAME"


def test_a_full_licence_takes_nobody_more(house: House) -> None:
    house.org.store.execute("UPDATE UserLicense SET TotalLicenses = UsedLicenses")
    answer = house.ask("POST", "/sobjects/User", user_values(house, "eve@vendor.example"))
    assert answer.body[0]["errorCode"] == "LICENSE_LIMIT_EXCEEDED"


def test_a_set_of_another_licence_is_not_assigned(house: House) -> None:
    licence = house.one("SELECT Id FROM UserLicense WHERE Name = 'Identity'")
    role = house.create("PermissionSet", Name="Odd", Label="Odd", LicenseId=licence, PermissionsRunReports=True)
    body = {"AssigneeId": house.user("tom.b"), "PermissionSetId": role}
    answer = house.ask("POST", "/sobjects/PermissionSetAssignment", body)
    assert answer.body[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    assert "The user license doesn't allow the permission: RunReports" in answer.body[0]["message"]


@pytest.mark.parametrize("cause", ["Owner", "Rule"])
def test_only_manual_shares_are_made(house: House, cause: str) -> None:
    case = house.rows("SELECT Id FROM Case LIMIT 1")[0]["Id"]
    body = {"CaseId": case, "UserOrGroupId": house.user("maria.k"), "CaseAccessLevel": "Read", "RowCause": cause}
    assert house.refused("POST", "/sobjects/CaseShare", body)[1] == "FIELD_INTEGRITY_EXCEPTION"


def test_the_owners_share_stays(house: House) -> None:
    share = house.rows("SELECT Id FROM CaseShare WHERE RowCause = 'Owner' LIMIT 1")[0]["Id"]
    assert house.refused("DELETE", f"/sobjects/CaseShare/{share}")[1] == "INSUFFICIENT_ACCESS_OR_READONLY"


def test_setup_changes_leave_a_trail(house: House) -> None:
    assign(house, "tom.b", "Vendor_Case_Triage", until=None)
    (row,) = house.rows("SELECT Action, CreatedBy.Username FROM SetupAuditTrail WHERE Action = 'PermSetAssign'")
    assert row["CreatedBy"]["Username"] == "admin@example.com"


def test_a_groups_flags_follow_its_parts_and_what_it_mutes(house: House) -> None:
    bundle = "PermissionSetGroup.DeveloperName = 'Vendor_Care_Bundle'"
    flag = f"SELECT PermissionsAllowViewKnowledge FROM PermissionSet WHERE {bundle}"
    assert house.rows(flag) == [{"PermissionsAllowViewKnowledge": True}]
    mute = house.create("MutingPermissionSet", DeveloperName="M", MasterLabel="M", PermissionsAllowViewKnowledge=True)
    group = house.one("SELECT Id FROM PermissionSetGroup")
    house.create("PermissionSetGroupComponent", PermissionSetGroupId=group, PermissionSetId=mute)
    assert house.rows(flag) == [{"PermissionsAllowViewKnowledge": False}]


def user_values(house: House, username: str) -> dict[str, object]:
    return {
        "Username": username,
        "LastName": "New",
        "Email": username,
        "Alias": "new",
        "ProfileId": house.one("SELECT Id FROM Profile WHERE Name = 'Vendor Support'"),
        "TimeZoneSidKey": "UTC",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
    }


def new_user(house: House, username: str) -> str:
    return house.create("User", **user_values(house, username))
