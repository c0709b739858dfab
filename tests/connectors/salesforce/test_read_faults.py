"""Every known error at every call, and at every part of a call, of an observation, once and twice over.

Whatever goes wrong: what is said to be complete is the truth, nothing goes on for ever, and what passes by itself is
waited for.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.salesforce.faults import EXHAUSTED
from connectors.salesforce.sandbox.http import queries as pages
from connectors.salesforce.survey import Survey
from reconciler.errors import RateLimited, TargetError
from reconciler.model import FOLLOWED, Live, Native
from reconciler.ports import Sought
from tests.connectors.salesforce.fake import END, EVERYBODY, STAFF, Org, grouped, reading_cases, vendors
from tests.connectors.salesforce.inside import CLOSED, HALF, LOST, STATUS, Fault, Inside, Wire, inside
from tests.connectors.salesforce.wire import (
    Answer,
    Body,
    assignment_row,
    client,
    error,
    profile_set_row,
    records,
    set_row,
    user_id,
    user_row,
)
from tests.connectors.salesforce.wire import vendors as population

PASSING = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"})
"""Errors that go away by themselves."""
TEAMS = ("CaseTeamMember", "AccountTeamMember")
FEW = 20
"""Rows of a page here, so that answers have several."""


# -- whole calls, to the simulated org ---------------------------------------------------------------------------------


def vendor(org: Inside, number: int) -> str:
    name = f"reading{number}@acme-support.example"
    return org.create(
        "User",
        Username=name,
        Email=name,
        LastName="Reading",
        Alias="reading",
        ProfileId=org.id_of("Profile", "Vendor Support"),
        TimeZoneSidKey="UTC",
        LocaleSidKey="en_US",
        EmailEncodingKey="UTF-8",
        LanguageLocaleKey="en_US",
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """An org whose answers have several pages, and in which vendors hold something of every kind."""
    patch = pytest.MonkeyPatch()
    patch.setattr(pages, "PAGE", FEW)
    with inside(Path(tmp_path_factory.mktemp("reading"))) as org:
        people = [vendor(org, number) for number in range(FEW)]
        triage = org.id_of("PermissionSet", "Vendor_Case_Triage")
        for one in people:
            org.create("PermissionSetAssignment", AssigneeId=one, PermissionSetId=triage)
            case = org.create("Case", Subject="A case")
            org.create("CaseShare", CaseId=case, UserOrGroupId=one, CaseAccessLevel="Read")
        yield org
    patch.undo()


SOUGHT = Sought(
    labelled=frozenset({"Case", "Case.Subject"}),
    scoped=frozenset({(Native("caseShare", "Read"), (("cases", (f"{FOLLOWED}Support_L2",)),))}),
)


def look(org: Inside, fault: Fault | None = None) -> tuple[Live | TargetError, Wire]:
    wire = Wire(org, fault)
    try:
        live: Live | TargetError = org.connect(wire).observe(SOUGHT)
    except TargetError as wrong:
        live = wrong
    return live, wire


@pytest.fixture(scope="module")
def truth(place: Inside) -> tuple[Live, int]:
    """What an undisturbed observation says, and its number of calls."""
    live, wire = look(place)
    assert isinstance(live, Live)
    assert live.complete, live.gaps
    assert {"permissionSet", "caseShare", "group"} <= {one.key.native.kind for one in live.bindings}
    return live, len(wire.calls)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("code", [*STATUS, CLOSED, LOST, HALF])
def test_an_error_at_any_call_is_waited_for_or_said(
    place: Inside, truth: tuple[Live, int], code: str, times: int
) -> None:
    """Complete is the truth; the rest says that it is not complete."""
    whole, calls = truth
    assert calls > 3, "there are further pages and a further batch, and they are tried too"
    for at in range(calls):
        live, wire = look(place, Fault(at, code, times))
        same = isinstance(live, Live) and replace(live, at=whole.at) == whole
        known = isinstance(live, TargetError) or not live.complete
        assert same or known, (at, code)
        assert len(wire.calls) < 2 * calls + 10, (at, code)
        if code in PASSING or (code == "INVALID_SESSION_ID" and times == 1):
            assert same, (at, code)
        if code == EXHAUSTED:
            assert known
            assert len(wire.calls) == at + 1, "an org without calls left is asked nothing more"


# -- parts of a call, to an org of tables ------------------------------------------------------------------------------


def everything() -> Org:
    """An org in which a vendor holds something of every kind."""
    org = reading_cases(vendors())
    case = {"Parent": {"CaseNumber": "00001042"}, "ParentId": "500000000000001AAA", "TeamTemplateMemberId": None}
    staff = {"Id": "011000000000900AAA", "GroupId": STAFF["Id"], "UserOrGroupId": EVERYBODY["Id"]}
    levels = {"AccountAccessLevel": "Read", "CaseAccessLevel": "None", "OpportunityAccessLevel": "None"}
    account = {"AccountId": "001000000000001AAA", **levels}
    org.rows["User"][0] |= {"UserRoleId": "00E000000000001AAA"}
    org.rows["UserLogin"] = [{"Id": "0Yw000000000001AAA", "UserId": user_id(3), "IsFrozen": True}]
    org.rows["AuthSession"] = [{"Id": "0Ak000000000001AAA", "UsersId": user_id(3)}]
    org.rows["User"].append(user_row(3, "frozen@acme.example"))
    org.rows["PermissionSetAssignment"].append(
        assignment_row(4, 1, "", END, PermissionSet=None, PermissionSetGroupId="0PG000000000001AAA")
        | {"PermissionSetGroup": {"DeveloperName": "Bundle", "NamespacePrefix": None}}
    )
    org.rows["PermissionSet"] += [
        profile_set_row(996, "Admin", "DataExport"),
        set_row(7, "X7", "DataExport", Type="Group", PermissionSetGroupId="0PG000000000001AAA")
        | {"PermissionSetGroup": {"DeveloperName": "Bundle", "NamespacePrefix": None, "HasActivationRequired": True}},
    ]
    org.rows["FieldPermissions"] = [
        {"Id": "01k000000000001AAA", "ParentId": "0PS000000000001AAA", "Field": "Case.Subject"}
    ]
    org.rows["Group"] = [EVERYBODY, STAFF]
    org.rows["GroupMember nested"] = [staff]
    org.rows["UserRole"] = [
        {"Id": "00E000000000001AAA", "DeveloperName": "Boss", "ParentRoleId": None, "PortalType": "None"},
        {
            "Id": "00E000000000002AAA",
            "DeveloperName": "Clerk",
            "ParentRoleId": "00E000000000001AAA",
            "PortalType": None,
        },
    ]
    org.rows["CaseShare"] = [
        {"Id": "01n000000000001AAA", "UserOrGroupId": user_id(1), "CaseAccessLevel": "Edit"}
        | {"CaseId": "500000000000001AAA", "Case": {"CaseNumber": "00001042"}}
    ]
    org.rows["AccountShare"] = [{"Id": "00r000000000001AAA", "UserOrGroupId": user_id(1), **account}]
    org.rows["CaseShare grouped"] = [grouped(user_id(1), "Owner"), grouped(str(EVERYBODY["Id"]), "Rule")]
    org.rows["CaseTeamMember"] = [
        {"Id": "0B6000000000001AAA", "MemberId": user_id(1), "TeamRole": {"Name": "Worker"}, **case}
    ]
    org.rows["AccountTeamMember"] = [
        {"Id": "01M000000000001AAA", "UserId": user_id(1), "TeamMemberRole": "Support", **account}
    ]
    org.rows["PermissionSetLicenseAssign"] = [
        {"Id": "2LA000000000001AAA", "AssigneeId": user_id(1), "PermissionSetLicenseId": "0PL000000000001AAA"}
        | {"PermissionSetLicense": {"PermissionSetLicenseKey": "Console"}}
    ]
    org.rows["OauthToken"] = [{"UserId": user_id(1), "AppName": "Loader"}]
    org.rows["User delegating"] = [
        {"Id": user_id(8), "Username": "dana@example.com", "DelegatedApproverId": user_id(1)}
    ]
    org.columns = tuple(name for row in org.rows["PermissionSet"] for name in row if name.startswith("Permissions"))
    return org


LABELLED = Sought(labelled=frozenset({"Case.Subject"}), natives=frozenset({Native("permissionSet", "Export")}))


@dataclass
class Broken:
    """An org that answers one part of its first batch wrongly, and that query once more where it is asked alone."""

    org: Org
    part: int
    answer: Answer
    times: int
    soql: str = ""
    calls: int = 0
    _broken: int = field(default=0)

    def __call__(self, method: str, path: str, body: Body) -> Answer:
        self.calls += 1
        answer = self.org(method, path, body)
        if self._broken == 0 and isinstance(body, dict):
            self._broken = 1
            said = answer[1]
            assert isinstance(said, dict)
            self.soql = str(body["batchRequests"][self.part]["url"])
            said["results"][self.part] = {"statusCode": self.answer[0], "result": self.answer[1]}
        elif self._broken < self.times and method == "GET":
            self._broken += 1
            return self.answer
        return answer


def seen(script: Broken | Org) -> Live:
    made, _ = client(script)
    return Survey(made, "crm", population()).observe(LABELLED)


WHOLE = seen(everything())


def parts() -> int:
    """How many parts the first batch has."""
    counted: list[int] = []
    org = everything()

    def count(method: str, path: str, body: Body) -> Answer:
        if isinstance(body, dict):
            counted.append(len(body["batchRequests"]))
        return org(method, path, body)

    made, _ = client(count)
    Survey(made, "crm", population()).observe(LABELLED)
    return counted[0]


PARTS = parts()


def test_an_ordinary_observation_is_one_batch() -> None:
    assert WHOLE.complete, WHOLE.gaps
    assert PARTS <= 25
    assert {one.key.native.kind for one in WHOLE.bindings} >= {
        "permissionSet",
        "permissionSetGroup",
        "permissionSetLicense",
        "group",
        "queue",
        "userRole",
        "caseShare",
        "accountShare",
        "caseTeamRole",
        "accountTeamRole",
        "delegatedApprover",
        "oauthToken",
        "ownership",
        "sharingRule",
    }


WRONG: Mapping[str, Answer] = {
    **{code: (status, error(code)) for code, status in STATUS.items()},
    "nothing": (200, None),
    "no list": (200, {"totalSize": 1, "done": True}),
    "too few": (200, records(total=7)),
    "no ids": (200, records({"Name": "x"}, {"Name": "y"})),
    "a page less": (200, records(total=3, following="/services/data/v64.0/query/01g000-2")),
    "not ours": (200, records({"Id": "x"}, total=2, following="https://elsewhere.example/query/01g000-2")),
}


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("times", [1, 2])
def test_an_error_in_any_part_is_waited_for_or_said(part: int, times: int) -> None:
    """Complete is the truth; only an org that says that it has no teams is believed, and that is noted."""
    for name, answer in WRONG.items():
        script = Broken(everything(), part, answer, times)
        try:
            live = seen(script)
        except RateLimited:
            assert name == EXHAUSTED
            continue
        assert script.calls < 20, (name, script.soql)
        absent = name == "INVALID_TYPE" and any(f"FROM+{team}+" in script.soql for team in TEAMS)
        if absent:
            assert live.complete
            assert any("the org has no" in note for note in live.notes)
        else:
            assert live == WHOLE or not live.complete, (name, script.soql)
        if name in PASSING:
            assert live == WHOLE or times == 2, (name, script.soql)


PLACES = [
    (kind, index, name)
    for kind, rows in sorted(everything().rows.items())
    for index, row in enumerate(rows)
    for name in sorted(row)
    if name != "attributes"
]
STRANGE: list[object] = [None, 1, True, "", "x", {}, [], {"Name": []}, ["x"]]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PLACES), st.sampled_from(STRANGE))
def test_a_field_in_any_shape_is_read_or_doubted_and_breaks_nothing(place: tuple[str, int, str], value: object) -> None:
    """Whatever stands in one field of one row: an observation ends, with an answer or with doubt."""
    kind, index, name = place
    org = everything()
    row = dict(org.rows[kind][index])
    row[name] = value
    org.rows[kind][index] = row
    with contextlib.suppress(TargetError):
        assert isinstance(seen(org), Live)
