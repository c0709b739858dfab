"""The ways to a record: groups of groups and of roles, sharing rules, teams; and how to ask what came of them."""

import pytest

from .estate import Asker

CASES = "SELECT Subject FROM Case ORDER BY Subject"


@pytest.mark.parametrize(
    ("name", "subjects"),
    [
        ("nested", ["outer"]),
        ("agent", ["below", "outer"]),
        ("boss", ["below"]),
        ("ruled", ["desk"]),
        ("teamed", ["team"]),
        ("plain", []),
    ],
)
def test_a_case_is_reached_through_groups_roles_rules_and_teams(org: Asker, name: str, subjects: list[str]) -> None:
    """A group in a group, the users of a role, a role with those below it, a sharing rule, a predefined team."""
    assert [row["Subject"] for row in org.as_user(name).rows(CASES)] == subjects


def test_the_org_keeps_two_groups_for_each_role_and_one_for_everybody(org: Asker) -> None:
    """Rows that point at them say who is meant; they are not changed by hand, and go with the role."""
    role = org.create("UserRole", Name="Trainees", DeveloperName="Trainees")
    kept = f"SELECT Id, Type, DeveloperName FROM Group WHERE RelatedId = '{role}' ORDER BY Type"
    groups = org.rows(kept)
    assert [group["Type"] for group in groups] == ["Role", "RoleAndSubordinates"]
    member = {"GroupId": groups[0]["Id"], "UserOrGroupId": org.user("plain")}
    assert org.refused("POST", "/sobjects/GroupMember", json=member) == "FIELD_INTEGRITY_EXCEPTION"
    outer = org.one("SELECT Id FROM Group WHERE DeveloperName = 'Inner'")
    org.create("GroupMember", GroupId=outer, UserOrGroupId=str(groups[0]["Id"]))
    assert org.ask("DELETE", f"/sobjects/UserRole/{role}").status_code == 204
    assert org.rows(kept) == []
    assert org.rows(f"SELECT Id FROM GroupMember WHERE UserOrGroupId = '{groups[0]['Id']}'") == []
    assert len(org.rows("SELECT Id FROM Group WHERE Type = 'Organization'")) == 1


def test_rows_of_sharing_rules_say_so_and_follow_the_owner(org: Asker) -> None:
    case = org.one("SELECT Id FROM Case WHERE Subject = 'free'")
    desk = org.one("SELECT Id FROM Group WHERE DeveloperName = 'Desk'")
    before = org.one(f"SELECT OwnerId, Id FROM Case WHERE Id = '{case}'")
    ruled = f"SELECT UserOrGroup.Name, CaseAccessLevel FROM CaseShare WHERE CaseId = '{case}' AND RowCause = 'Rule'"
    assert org.rows(ruled) == []
    owner = org.rows(f"SELECT OwnerId FROM Case WHERE Id = '{before}'")[0]["OwnerId"]
    assert org.ask("PATCH", f"/sobjects/Case/{case}", json={"OwnerId": desk}).status_code == 204
    (row,) = org.rows(ruled)
    assert row["CaseAccessLevel"] == "Edit"
    share = org.one(f"SELECT Id FROM CaseShare WHERE CaseId = '{case}' AND RowCause = 'Rule'")
    assert org.refused("DELETE", f"/sobjects/CaseShare/{share}") == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert org.ask("PATCH", f"/sobjects/Case/{case}", json={"OwnerId": owner}).status_code == 204
    assert org.rows(ruled) == []
    accounts = "SELECT Account.Name FROM AccountShare WHERE RowCause = 'Rule'"
    assert org.rows(accounts)[0]["Account"]["Name"] == "B"  # type: ignore[index] # a record


def test_a_predefined_team_comes_and_goes_as_one(org: Asker) -> None:
    case = org.one("SELECT Id FROM Case WHERE Subject = 'free'")
    team = org.one("SELECT Id FROM CaseTeamTemplate WHERE Name = 'Second line'")
    teamed = org.as_user("teamed")
    made = org.create("CaseTeamTemplateRecord", ParentId=case, TeamTemplateId=team)
    assert [row["Subject"] for row in teamed.rows(CASES)] == ["free", "team"]
    (member,) = org.rows(
        "SELECT TeamTemplateId, TeamTemplateMember.TeamTemplateId, Member.Username, TeamRole.Name FROM CaseTeamMember "
        f"WHERE ParentId = '{case}'"
    )
    assert member["TeamTemplateId"] == team
    twice = {"ParentId": case, "TeamTemplateId": team}
    assert org.refused("POST", "/sobjects/CaseTeamTemplateRecord", json=twice) == "DUPLICATE_VALUE"
    assert org.ask("DELETE", f"/sobjects/CaseTeamTemplateRecord/{made}").status_code == 204
    assert [row["Subject"] for row in teamed.rows(CASES)] == ["team"]


FEATURES = {
    "caseTeams": ["CaseTeamMember", "CaseTeamRole", "CaseTeamTemplate", "CaseTeamTemplateMember",
                  "CaseTeamTemplateRecord"],
    "accountTeams": ["AccountTeamMember"],
}  # fmt: skip


@pytest.mark.parametrize(("feature", "kind"), [(name, kind) for name, kinds in FEATURES.items() for kind in kinds])
def test_what_is_switched_off_is_not_there(org: Asker, feature: str, kind: str) -> None:
    """Neither for queries nor for describe, writes and collections; everything else goes on."""
    there = f"SELECT Id FROM {kind} LIMIT 1"
    org.rows(there)
    org.switch(**{feature: False})
    try:
        assert org.refused("GET", "/query", params={"q": there}) == "INVALID_TYPE"
        assert org.refused("GET", f"/sobjects/{kind}/describe") == "NOT_FOUND"
        assert org.refused("POST", f"/sobjects/{kind}", json={}) == "NOT_FOUND"
        records = {"records": [{"attributes": {"type": kind}}]}
        assert org.refused("POST", "/composite/sobjects", json=records) == "INVALID_TYPE"
        listed = {one["name"] for one in org.ask("GET", "/sobjects").json()["sobjects"]}
        assert kind not in listed
        assert org.rows(f"SELECT Label FROM EntityDefinition WHERE QualifiedApiName = '{kind}'") == []
        assert org.rows(CASES)
    finally:
        org.switch(**{feature: True})


def access(asker: Asker, user: str, where: str) -> list[dict[str, object]]:
    fields = "RecordId, HasReadAccess, HasEditAccess, HasDeleteAccess, HasTransferAccess, HasAllAccess, MaxAccessLevel"
    return asker.rows(f"SELECT {fields} FROM UserRecordAccess WHERE UserId = '{user}' AND {where}")


def test_what_a_user_may_do_with_records_can_be_asked(org: Asker) -> None:
    """What sharing and permissions come to, for one user and many records; unseen ones are left out."""
    found = {str(row["Subject"]): str(row["Id"]) for row in org.rows("SELECT Id, Subject FROM Case")}
    listed = ", ".join(f"'{key}'" for key in found.values())
    levels = {
        name: {row["RecordId"]: row["MaxAccessLevel"] for row in access(org, org.user(name), f"RecordId IN ({listed})")}
        for name in ("ruled", "plain")
    }
    assert levels["ruled"][found["desk"]] == "Read"  # shared to edit, but no permission to edit cases
    assert levels["ruled"][found["free"]] == "None"
    assert set(levels["plain"].values()) == {"None"}
    boss = org.one("SELECT Id FROM User WHERE Username LIKE 'admin@%'")
    assert {row["HasAllAccess"] for row in access(org, boss, f"RecordId IN ({listed})")} == {True}
    seen = access(org.as_user("ruled"), boss, f"RecordId IN ({listed})")
    assert [row["RecordId"] for row in seen] == [found["desk"]]
    filtered = (
        f"FROM UserRecordAccess WHERE UserId = '{boss}' AND RecordId = '{found['free']}' AND HasReadAccess = true"
    )
    assert org.rows(f"SELECT RecordId {filtered}") == [{"RecordId": found["free"]}]
    assert (
        org.refused("GET", "/query", params={"q": f"SELECT RecordId, MaxAccessLevel {filtered}"}) == "MALFORMED_QUERY"
    )


@pytest.mark.parametrize(
    "where",
    ["UserId = '{user}'", "RecordId = '{case}'", "UserId = '{user}' AND RecordId IN ({many})", "MaxAccessLevel = 'All'",
     "UserId IN ('{user}', '{other}') AND RecordId = '{case}'", "UserId = '{user}' OR RecordId = '{case}'"],
)  # fmt: skip
def test_record_access_is_asked_for_one_user_and_at_most_200_records(org: Asker, where: str) -> None:
    case = org.one("SELECT Id FROM Case WHERE Subject = 'free'")
    many = ", ".join(f"'{case}'" for _ in range(201))
    values = {"user": org.user("plain"), "other": org.user("ruled"), "case": case, "many": many}
    query = f"SELECT RecordId FROM UserRecordAccess WHERE {where.format(**values)}"
    assert org.refused("GET", "/query", params={"q": query}) == "MALFORMED_QUERY"
