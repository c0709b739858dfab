"""What cannot be read whole, or is not known to be whole, is doubt; what the org lacks is only noted."""

import pytest

from connectors.salesforce.survey import Survey
from reconciler.errors import RateLimited
from reconciler.model import Native
from reconciler.ports import Sought
from tests.connectors.salesforce.fake import EVERYBODY, STAFF, grouped, observe, reading_cases, vendors
from tests.connectors.salesforce.wire import (
    OWN_SET,
    Answer,
    assignment_row,
    client,
    connector,
    error,
    records,
    set_row,
    user_id,
    user_row,
)
from tests.connectors.salesforce.wire import vendors as population


@pytest.mark.parametrize("kind", ["User", "PermissionSetAssignment", "GroupMember", "UserLogin", "AuthSession"])
@pytest.mark.parametrize(
    "answer",
    [(403, error("INSUFFICIENT_ACCESS")), (400, error("INVALID_TYPE")), (200, {"totalSize": 5}), (200, None)],
)
def test_a_part_that_is_not_answered_is_a_gap(kind: str, answer: Answer) -> None:
    """An empty answer is not an error-free answer."""
    org = vendors()
    org.faults[kind] = answer
    live, _ = observe(org)
    assert not live.complete


EVERY_KIND = [
    "AccountShare",
    "AccountTeamMember",
    "CaseShare",
    "CaseTeamMember",
    "Group",
    "OauthToken",
    "ObjectPermissions",
    "Organization",
    "PermissionSet",
    "PermissionSetLicenseAssign",
    "UserRole",
]


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize(
    "answer",
    [
        (403, error("INSUFFICIENT_ACCESS")),
        (400, error("INVALID_QUERY_LOCATOR")),
        (500, error("UNKNOWN_EXCEPTION")),
        (200, {"totalSize": 5}),
        (200, records({"Id": "x"})),
        (200, None),
    ],
)
def test_a_kind_that_cannot_be_read_is_a_gap(kind: str, answer: Answer) -> None:
    """Whatever kind it is, and also where only its rows are not as documented."""
    org = vendors()
    org.faults[kind] = answer
    assert not observe(org)[0].complete


@pytest.mark.parametrize("kind", ["CaseTeamMember", "AccountTeamMember"])
def test_teams_that_the_org_lacks_are_noted_once(kind: str) -> None:
    org = vendors()
    org.faults[kind] = (400, error("INVALID_TYPE"))
    live, wire = observe(org)
    assert live.complete
    assert [note for note in live.notes if "teams" in note and "the org has no" in note]
    assert len(live.notes) == len(set(live.notes))
    assert len(wire.calls) == 1


@pytest.mark.parametrize(("team", "share"), [("CaseTeamMember", "CaseShare"), ("AccountTeamMember", "AccountShare")])
def test_teams_that_are_hidden_like_the_shares_are_doubt(team: str, share: str) -> None:
    """The org answers alike for what it lacks and for what it hides."""
    org = vendors()
    org.faults |= {team: (400, error("INVALID_TYPE")), share: (400, error("INVALID_TYPE"))}
    assert not observe(org)[0].complete


@pytest.mark.parametrize("right", ["ViewSetup", "ManageUsers", "CustomizeApplication"])
def test_rows_that_we_may_not_see_are_doubt(right: str) -> None:
    """The org leaves them out and says nothing about it."""
    org = vendors()
    (own,) = (row for row in org.rows["PermissionSet"] if row["Id"] == OWN_SET)
    own[f"Permissions{right}"] = False
    live, _ = observe(org)
    assert not live.complete
    assert "guestlist doctor" in live.gaps[0]


@pytest.mark.parametrize("kind", ["Case", "Account"])
def test_shares_are_complete_for_who_sees_every_record(kind: str) -> None:
    org = vendors()
    org.rows["ObjectPermissions"] = [row for row in org.rows["ObjectPermissions"] if row["SobjectType"] != kind]
    live, _ = observe(org)
    assert any(f"View All on {kind}" in gap for gap in live.gaps)
    (own,) = (row for row in org.rows["PermissionSet"] if row["Id"] == OWN_SET)
    own["PermissionsViewAllData"] = True
    assert observe(org)[0].complete
    own["HasActivationRequired"] = True
    assert not observe(org)[0].complete, "a permission set that nobody activated shows nothing"


def test_an_org_without_some_permissions_is_asked_for_those_that_it_has() -> None:
    """It is told by a description, once."""
    org = vendors()
    org.columns = ("PermissionsDataExport", "PermissionsViewSetup")
    lacking = error("INVALID_FIELD", "No such column 'PermissionsMassInlineEdit' on entity 'PermissionSet'")
    org.refuse = lambda soql: (400, lacking) if "PermissionsMassInlineEdit" in soql else None
    org.rows["PermissionSet"].append(set_row(5, "Dangerous", "DataExport"))
    made, wire = connector(org)
    live = made.observe(Sought(natives=frozenset({Native("permissionSet", "Dangerous")})))
    assert live.complete, live.gaps
    assert [risk.flag for risk in live.risks[Native("permissionSet", "Dangerous")]] == ["export"]
    assert len(wire.calls) == 3
    made.observe(Sought())
    assert len(wire.calls) == 4


@pytest.mark.parametrize("code", ["MALFORMED_QUERY", "EXCEEDED_ID_LIMIT", "INVALID_QUERY_FILTER_OPERATOR"])
@pytest.mark.parametrize("kind", ["CaseShare", "AccountTeamMember", "OauthToken", "FieldPermissions", "GroupMember"])
def test_whatever_the_org_does_not_join_is_asked_by_id(kind: str, code: str) -> None:
    """With the same outcome, and at once the next time."""
    org = reading_cases(vendors())
    org.rows["Group"] = [EVERYBODY, STAFF]
    org.rows["GroupMember nested"] = [
        {"Id": "011000000000900AAA", "GroupId": STAFF["Id"], "UserOrGroupId": EVERYBODY["Id"]}
    ]
    org.rows["CaseShare grouped"] = [grouped(str(EVERYBODY["Id"]), "Rule")]
    org.rows["OauthToken"] = [{"UserId": user_id(1), "AppName": "Loader"}]
    org.rows["FieldPermissions"] = [
        {"Id": "01k000000000001AAA", "ParentId": "0PS000000000001AAA", "Field": "Case.Subject"}
    ]
    sought = Sought(labelled=frozenset({"Case.Subject"}))
    joined, _ = observe(org, sought)
    assert joined.complete, joined.gaps
    org.refuse = lambda soql: (400, error(code)) if f"FROM {kind} " in soql and "(SELECT" in soql else None
    made, wire = connector(org)
    live = made.observe(sought)
    assert live == joined
    first = len(wire.calls)
    assert made.observe(sought) == joined
    assert len(wire.calls) - first <= first


def test_more_tokens_than_the_org_shows_at_once_are_asked_for_by_user() -> None:
    org = vendors()
    org.rows["OauthToken"] = [{"UserId": user_id(1), "AppName": f"App {number}"} for number in range(2_500)]
    live, _ = observe(org)
    assert not live.complete, "also by id there are as many as the org shows at once"
    assert any("'005" in soql for soql in org.asked if "FROM OauthToken" in soql)


def test_the_org_is_not_starved() -> None:
    """Once as many calls are used up as Settings allow, by whomever, nothing more is asked and nothing is planned."""
    made, wire = client(vendors())
    made._percent = 30
    wire.used = 29
    assert Survey(made, "crm", population()).observe(Sought()).complete
    wire.used = 31
    with pytest.raises(RateLimited, match="used 1550 of its 5000"):
        Survey(made, "crm", population()).observe(Sought())
    before = len(wire.calls)
    with pytest.raises(RateLimited, match="dailyCalls"):
        made.get("limits", "reading limits")
    assert len(wire.calls) == before


def test_a_row_in_an_unknown_shape_is_a_gap() -> None:
    org = vendors()
    org.rows["PermissionSetAssignment"].append(assignment_row(9, 1, "Odd", PermissionSet=None))
    assert not observe(org)[0].complete


def test_somebody_whom_the_predicates_do_not_name_is_doubt_and_not_governed() -> None:
    org = vendors()
    org.rows["User"].append(user_row(7, "dana@example.com", "Standard User"))
    live, _ = observe(org)
    assert user_id(7) not in live.accounts
    assert not live.complete
