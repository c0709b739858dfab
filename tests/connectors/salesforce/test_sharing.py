"""Access to single records, over the wire: exactly the record, exactly the account, nothing more."""

from collections.abc import Iterator
from itertools import count

import pytest

from reconciler.model import Native, Scope
from reconciler.plan.changes import GrantBinding, RevokeBinding
from tests.connectors.salesforce.acting import change, let_write, written
from tests.connectors.salesforce.conftest import Org

READ, EDIT = Native("caseShare", "Read"), Native("caseShare", "Edit")
_NAMES = count(1)


@pytest.fixture(scope="module", autouse=True)
def _may_write(org: Org) -> None:
    let_write(org)


def case(org: Org) -> tuple[str, str]:
    """A new case of a new account: its id and number."""
    account = org.create("Account", Name=f"Customer {next(_NAMES)}")
    made = org.create("Case", Subject="A case", AccountId=account)
    (row,) = org.query(f"SELECT CaseNumber FROM Case WHERE Id = '{made}'")
    return made, str(row["CaseNumber"])


def cases(number: str) -> Scope:
    return (("cases", (number,)),)


def accounts(value: str) -> Scope:
    return (("accounts", (value,)),)


def shares(org: Org, account: str, kind: str = "Case") -> list[tuple[object, ...]]:
    levels = (
        ["CaseAccessLevel"] if kind == "Case" else ["AccountAccessLevel", "CaseAccessLevel", "OpportunityAccessLevel"]
    )
    rows = org.query(
        f"SELECT {kind}Id,{','.join(levels)} FROM {kind}Share WHERE UserOrGroupId = '{account}' AND RowCause = 'Manual'"
    )
    return sorted((row[f"{kind}Id"], *(row[level] for level in levels)) for row in rows)


def test_a_share_is_of_one_case_for_one_account_and_goes_again(org: Org) -> None:
    connector = org.connect()
    (maria, _), (other, _) = org.user(), org.user()
    made, number = case(org)
    assert written(connector, change(connector, GrantBinding, maria, READ, cases(number)))[0][0] == "done"
    assert shares(org, maria) == [(made, "Read")]
    assert shares(org, other) == []
    assert written(connector, change(connector, GrantBinding, maria, READ, cases(number)))[0][0] == "already"
    assert written(connector, change(connector, RevokeBinding, maria, READ, cases(number)))[0][0] == "done"
    assert shares(org, maria) == []
    assert written(connector, change(connector, RevokeBinding, maria, READ, cases(number)))[0][0] == "already"


def test_a_share_without_an_assignment_shows_nothing_and_with_one_that_case_only(org: Org) -> None:
    """As maria's own session: the share is inert until a permission set allows the object."""
    maria, name = org.user()
    made, number = case(org)
    case(org)
    connector = org.connect()
    written(connector, change(connector, GrantBinding, maria, READ, cases(number)))
    session = org.log_in(name)
    triage = Native("permissionSet", "Vendor_Case_Triage")
    path = "/services/data/v64.0/query?q=SELECT+Id+FROM+Case"
    assert org.call("GET", path, token=session).status_code == 400
    written(connector, change(connector, GrantBinding, maria, triage))
    seen = org.call("GET", path, token=session).json()["records"]
    assert [row["Id"] for row in seen] == [made]
    written(connector, change(connector, RevokeBinding, maria, triage))
    assert org.call("GET", path, token=session).status_code == 400


def test_reading_becomes_editing_by_revoking_and_granting(org: Org) -> None:
    connector = org.connect()
    maria, _ = org.user()
    made, number = case(org)
    written(connector, change(connector, GrantBinding, maria, READ, cases(number)))
    changes = [
        change(connector, RevokeBinding, maria, READ, cases(number)),
        change(connector, GrantBinding, maria, EDIT, cases(number)),
    ]
    assert [status for status, _ in written(connector, *changes)] == ["done", "done"]
    assert shares(org, maria) == [(made, "Edit")]


def test_a_wider_share_is_not_narrowed_by_a_grant_nor_taken_for_the_narrow_one(org: Org) -> None:
    """Somebody widened it after the plan: neither change is for the wide one, so the next plan decides."""
    connector = org.connect()
    maria, _ = org.user()
    made, number = case(org)
    org.create("CaseShare", CaseId=made, UserOrGroupId=maria, CaseAccessLevel="Edit")
    assert written(connector, change(connector, GrantBinding, maria, READ, cases(number)))[0][0] == "already"
    assert written(connector, change(connector, RevokeBinding, maria, READ, cases(number)))[0][0] == "already"
    assert shares(org, maria) == [(made, "Edit")]


def test_an_account_is_shared_without_its_cases_and_opportunities(org: Org) -> None:
    connector = org.connect()
    maria, _ = org.user()
    name = f"Customer {next(_NAMES)}"
    made = org.create("Account", Name=name)
    share = Native("accountShare", "Read")
    for value in (name, made):
        assert written(connector, change(connector, GrantBinding, maria, share, accounts(value)))[0][0] in {
            "done",
            "already",
        }
        assert shares(org, maria, "Account") == [(made, "Read", "None", "None")]
    assert written(connector, change(connector, RevokeBinding, maria, share, accounts(made)))[0][0] == "done"
    assert shares(org, maria, "Account") == []


def test_a_name_that_two_accounts_have_is_neither_shared_nor_revoked(org: Org) -> None:
    """Doubt about which record is meant neither grants nor revokes."""
    connector = org.connect()
    maria, _ = org.user()
    name = f"Twins {next(_NAMES)}"
    one = org.create("Account", Name=name)
    share = Native("accountShare", "Read")
    written(connector, change(connector, GrantBinding, maria, share, accounts(one)))
    org.create("Account", Name=name)
    for kind in (GrantBinding, RevokeBinding):
        status, text = written(connector, change(connector, kind, maria, share, accounts(name)))[0]
        assert (status, "by its id" in text) == ("failed", True)
    assert shares(org, maria, "Account") == [(one, "Read", "None", "None")]


@pytest.mark.parametrize(
    ("native", "scope"),
    [(READ, cases("99999999")), (Native("accountShare", "Read"), accounts("Nobody Ltd")),
     (Native("accountTeamRole", "Vendor"), accounts("001000000000000AAA"))],
)  # fmt: skip
def test_a_record_that_is_not_there_is_a_failure_of_its_grant_only(org: Org, native: Native, scope: Scope) -> None:
    connector = org.connect()
    maria, _ = org.user()
    made, number = case(org)
    changes = [
        change(connector, GrantBinding, maria, native, scope),
        change(connector, GrantBinding, maria, READ, cases(number)),
    ]
    assert [status for status, _ in written(connector, *changes)] == ["failed", "done"]
    assert shares(org, maria) == [(made, "Read")]
    assert written(connector, change(connector, RevokeBinding, maria, native, scope))[0][0] == "already"


def test_a_place_in_a_case_team_is_given_and_taken_away(org: Org) -> None:
    connector = org.connect()
    maria, _ = org.user()
    made, number = case(org)
    role = f"Vendor Expert {next(_NAMES)}"
    org.create("CaseTeamRole", Name=role, AccessLevel="Read")
    native = Native("caseTeamRole", role)
    assert written(connector, change(connector, GrantBinding, maria, native, cases(number)))[0][0] == "done"
    rows = org.query(f"SELECT ParentId,TeamRole.Name FROM CaseTeamMember WHERE MemberId = '{maria}'")
    assert [(row["ParentId"], row["TeamRole"]["Name"]) for row in rows] == [(made, role)]  # type: ignore[index]
    assert written(connector, change(connector, GrantBinding, maria, native, cases(number)))[0][0] == "already"
    other = Native("caseTeamRole", f"{role} too")
    org.create("CaseTeamRole", Name=other.name, AccessLevel="Edit")
    assert written(connector, change(connector, RevokeBinding, maria, other, cases(number)))[0][0] == "already"
    status, text = written(connector, change(connector, GrantBinding, maria, other, cases(number)))[0]
    assert (status, role in text) == ("failed", True)
    assert written(connector, change(connector, RevokeBinding, maria, native, cases(number)))[0][0] == "done"
    assert not org.query(f"SELECT Id FROM CaseTeamMember WHERE MemberId = '{maria}'")
    nobody = Native("caseTeamRole", "Nobody's")
    assert written(connector, change(connector, GrantBinding, maria, nobody, cases(number)))[0][0] == "failed"


def test_a_place_in_an_account_team_reads_the_account_and_nothing_else(org: Org) -> None:
    connector = org.connect()
    maria, _ = org.user()
    made = org.create("Account", Name=f"Customer {next(_NAMES)}")
    native = Native("accountTeamRole", "Vendor Support")
    assert written(connector, change(connector, GrantBinding, maria, native, accounts(made)))[0][0] == "done"
    (row,) = org.query(
        "SELECT TeamMemberRole,AccountAccessLevel,CaseAccessLevel,OpportunityAccessLevel FROM AccountTeamMember "
        f"WHERE UserId = '{maria}'"
    )
    assert [row[name] for name in ("TeamMemberRole", "AccountAccessLevel", "CaseAccessLevel")] == [
        "Vendor Support",
        "Read",
        "None",
    ]
    assert written(connector, change(connector, RevokeBinding, maria, native, accounts(made)))[0][0] == "done"
    assert not org.query(f"SELECT Id FROM AccountTeamMember WHERE UserId = '{maria}'")


def test_a_hundred_shares_are_two_calls(org: Org) -> None:
    """One to look, one to write; so are their revocations."""
    connector = org.connect()
    people = [org.user()[0] for _ in range(10)]
    numbers = [case(org)[1] for _ in range(10)]
    scoped = [(one, cases(number)) for one in people for number in numbers]
    for kind in (GrantBinding, RevokeBinding):
        changes = [change(connector, kind, one, READ, scope) for one, scope in scoped]
        org.calls()
        assert {status for status, _ in written(connector, *changes)} == {"done"}
        assert org.calls() == 2


@pytest.fixture(autouse=True)
def _nobody_else_is_shared_with(org: Org) -> Iterator[None]:
    """Whatever a test does, no share of an employee comes or goes."""
    employees = "UserOrGroupId IN (SELECT Id FROM User WHERE Profile.Name != 'Vendor Support')"
    before = org.query(f"SELECT Id FROM CaseShare WHERE {employees} AND RowCause = 'Manual' ORDER BY Id")
    yield
    assert org.query(f"SELECT Id FROM CaseShare WHERE {employees} AND RowCause = 'Manual' ORDER BY Id") == before
