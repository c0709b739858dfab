"""Rights that no binding gives are said with the path by which an account has them."""

import pytest

from reconciler.model import Native, ReasonCode
from reconciler.ports import Sought
from tests.connectors.salesforce.fake import EVERYBODY, STAFF, grouped, observe, reading_cases, vendors
from tests.connectors.salesforce.wire import (
    member_row,
    user_id,
)


@pytest.mark.parametrize(
    ("holder", "cause", "kind", "said"),
    [
        (user_id(1), "Rule", "sharingRule", "a sharing rule"),
        (user_id(1), "Owner", "ownership", "owns"),
        (user_id(1), "Territory", "otherShare", "Territory"),
        (str(EVERYBODY["Id"]), "Rule", "sharingRule", "group AllInternalUsers"),
        (str(STAFF["Id"]), "Rule", "sharingRule", "group AllInternalUsers, in public group Staff"),
    ],
)
def test_ways_to_records_that_cannot_be_taken_away_are_said_with_their_path(
    holder: str, cause: str, kind: str, said: str
) -> None:
    org = reading_cases(vendors())
    org.rows["Group"] = [EVERYBODY, STAFF]
    org.rows["GroupMember nested"] = [
        {"Id": "011000000000900AAA", "GroupId": STAFF["Id"], "UserOrGroupId": EVERYBODY["Id"]}
    ]
    org.rows["CaseShare grouped"] = [grouped(holder, cause)]
    live, _ = observe(org)
    (found,) = (one for one in live.bindings if one.unremovable is not None)
    assert (found.key.account, found.key.native) == (user_id(1), Native(kind, "Case"))
    assert found.unremovable is not None
    assert said in found.unremovable
    assert "permission set Triage" in found.unremovable


def test_what_a_group_is_given_goes_with_the_membership() -> None:
    org = reading_cases(vendors())
    org.rows["Group"] = [STAFF]
    org.rows["GroupMember"] = [member_row(1, 1, "Staff") | {"GroupId": STAFF["Id"]}]
    org.rows["CaseShare grouped"] = [grouped(str(STAFF["Id"]), "Rule")]
    live, _ = observe(org)
    assert not [one for one in live.bindings if one.unremovable is not None]


@pytest.mark.parametrize("level", ["Read", "Edit", "ReadEditTransfer"])
def test_what_everybody_sees_cannot_be_taken_away_nor_narrowed(level: str) -> None:
    """Where the organisation-wide default is not private, for those who read the object at all."""
    org = vendors()
    org.rows["Organization"][0]["DefaultCaseAccess"] = level
    assert not [one for one in observe(org)[0].bindings if one.unremovable is not None]
    org.rows["Case"] = [{"Id": "500000000000001AAA", "CaseNumber": "00001042"}]
    key = (Native("caseShare", "Read"), (("cases", ("00001042",)),))
    live, _ = observe(reading_cases(org), Sought(scoped=frozenset({key})))
    left = [one.key for one in live.bindings if one.unremovable is not None]
    assert {(one.account, one.native) for one in left} == {(user_id(1), Native("organizationDefault", "Case"))}
    assert live.obstacles[key].code is ReasonCode.UNREMOVABLE


def test_a_place_in_a_predefined_team_is_not_taken_away_one_by_one() -> None:
    org = vendors()
    org.rows["CaseTeamMember"] = [
        {
            "Id": f"0B6{number:012d}AAA",
            "MemberId": user_id(1),
            "ParentId": "500000000000001AAA",
            "Parent": {"CaseNumber": f"0000104{number}"},
            "TeamRole": {"Name": "Worker"},
            "TeamTemplateMemberId": template,
        }
        for number, template in enumerate((None, "0B5000000000001AAA"))
    ]
    live, _ = observe(org)
    teams = {one.key.scope: one.unremovable for one in live.bindings if one.key.native.kind == "caseTeamRole"}
    assert teams[("cases", ("00001040",)),] is None
    assert "predefined case team" in str(teams[("cases", ("00001041",)),])
