"""Every known error at every call of every kind of write, once and twice over.

Whatever goes wrong: each change has one outcome; what is said to be done is so; nobody else is touched; nothing goes on
for ever; and the next run, over a wire that works, gets to where the first was going.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from connectors.salesforce.connector import SalesforceConnector
from reconciler.model import Native, Scope, provisional
from reconciler.plan.changes import (
    AnyChange,
    CreateAccount,
    CreateRole,
    DeleteRole,
    DisableAccount,
    EnableAccount,
    GrantBinding,
    RevokeBinding,
    SetEnd,
    UpdateAccount,
    UpdateRole,
)
from reconciler.ports import OutcomeStatus
from tests.connectors.salesforce.acting import change, defined, username
from tests.connectors.salesforce.inside import CLOSED, HALF, LOST, STATUS, Fault, Inside, Wire, inside

TRIAGE = Native("permissionSet", "Vendor_Case_Triage")
EMEA = Native("group", "Vendor_EMEA_Cases")
ROLE = Native("userRole", "Support_Engineering")
SHARE = Native("caseShare", "Read")
LATER = datetime(2027, 5, 1, tzinfo=UTC)
ROLE_CONTENT = {"objects": {"Case": ["read", "escalate"]}, "fields": {"Case.Subject": "read"}, "system": ["RunReports"]}

Make = Callable[[Inside, SalesforceConnector], Sequence[AnyChange]]
Shows = Callable[[Inside, AnyChange], bool]


@dataclass(frozen=True)
class Try:
    """A kind of write.

    Attributes:
        make: prepares the org and gives the changes.
        shows: whether the org shows what a change wanted.
    """

    make: Make
    shows: Shows


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """The org, inside this process."""
    with inside(tmp_path_factory.mktemp("inside")) as made:
        yield made


def _people(org: Inside) -> list[str]:
    return [account for account, _ in org.users()]


def _case(org: Inside) -> Scope:
    made = org.create("Case", Subject="A case")
    return (("cases", (str(org.query(f"SELECT CaseNumber FROM Case WHERE Id = '{made}'")[0]["CaseNumber"]),)),)


def _held(org: Inside, one: AnyChange) -> bool:
    native = one.native or Native("", "")
    match native.kind:
        case "permissionSet":
            who = f"AssigneeId = '{one.account}'"
            soql = f"FROM PermissionSetAssignment WHERE {who} AND PermissionSet.Name = '{native.name}'"
        case "group":
            soql = f"FROM GroupMember WHERE UserOrGroupId = '{one.account}' AND Group.DeveloperName = '{native.name}'"
        case "userRole":
            soql = f"FROM User WHERE Id = '{one.account}' AND UserRole.DeveloperName = '{native.name}'"
        case _:
            number = one.scope[0][1][0]
            soql = (
                f"FROM CaseShare WHERE UserOrGroupId = '{one.account}' AND RowCause = 'Manual' "
                f"AND Case.CaseNumber = '{number}' AND CaseAccessLevel = '{native.name}'"
            )
    return bool(org.query(f"SELECT Id {soql}"))


def _gone(org: Inside, one: AnyChange) -> bool:
    return not _held(org, one)


def _granting(native: Native) -> Make:
    def make(org: Inside, connector: SalesforceConnector) -> Sequence[AnyChange]:
        scope = _case(org) if native == SHARE else ()
        return [change(connector, GrantBinding, one, native, scope) for one in _people(org)]

    return make


def _revoking(native: Native) -> Make:
    def make(org: Inside, connector: SalesforceConnector) -> Sequence[AnyChange]:
        grants = list(_granting(native)(org, connector))
        assert {one.status for one in org.connect(Wire(org)).apply(grants)} == {OutcomeStatus.DONE}
        return [change(connector, RevokeBinding, one.account, native, one.scope) for one in grants]

    return make


def _ending(org: Inside, connector: SalesforceConnector) -> Sequence[AnyChange]:
    grants = _granting(TRIAGE)(org, connector)
    list(org.connect(Wire(org)).apply(grants))
    return [change(connector, SetEnd, one.account, TRIAGE, until=LATER) for one in grants]


def _ends(org: Inside, one: AnyChange) -> bool:
    where = f"AssigneeId = '{one.account}' AND PermissionSet.Name = '{TRIAGE.name}'"
    rows = org.query(f"SELECT ExpirationDate FROM PermissionSetAssignment WHERE {where}")
    return [str(row["ExpirationDate"])[:10] for row in rows] == ["2027-05-01"]


_ROLES = iter(range(1, 100_000))


def _defining(org: Inside, connector: SalesforceConnector) -> Sequence[AnyChange]:
    del org
    wanted = [defined(f"fault-{next(_ROLES)}", **ROLE_CONTENT) for _ in range(2)]
    return [change(connector, CreateRole, native=one.native, definition=one) for one in wanted]


def _repairing(org: Inside, connector: SalesforceConnector) -> Sequence[AnyChange]:
    made = _defining(org, connector)
    list(org.connect(Wire(org)).apply(made))
    for one in made:
        assert one.native is not None
        at = org.id_of("PermissionSet", one.native.name)
        org.call(
            "PATCH", f"sobjects/PermissionSet/{at}", {"PermissionsDataExport": True, "PermissionsRunReports": False}
        )
        org.create("ObjectPermissions", ParentId=at, SobjectType="Contact", PermissionsRead=True)
        (field,) = org.query(f"SELECT Id FROM FieldPermissions WHERE ParentId = '{at}' AND Field = 'Case.Priority'")
        org.call("DELETE", f"sobjects/FieldPermissions/{field['Id']}")
    return [change(connector, UpdateRole, native=one.native, definition=one.definition) for one in made]


def _deleting(org: Inside, connector: SalesforceConnector) -> Sequence[AnyChange]:
    made = _defining(org, connector)
    list(org.connect(Wire(org)).apply(made))
    return [change(connector, DeleteRole, native=one.native) for one in made]


def _defined(org: Inside, one: AnyChange) -> bool:
    assert one.native is not None
    assert one.definition is not None
    rows = org.query(
        f"SELECT Id,PermissionsDataExport,PermissionsRunReports FROM PermissionSet WHERE Name = '{one.native.name}'"
    )
    if not rows or rows[0]["PermissionsDataExport"] or not rows[0]["PermissionsRunReports"]:
        return False
    at = rows[0]["Id"]
    objects = org.query(f"SELECT SobjectType,PermissionsEdit FROM ObjectPermissions WHERE ParentId = '{at}'")
    fields = org.query(f"SELECT Field FROM FieldPermissions WHERE ParentId = '{at}'")
    return [(row["SobjectType"], row["PermissionsEdit"]) for row in objects] == [("Case", True)] and {
        row["Field"] for row in fields
    } == {"Case.Subject", "Case.Priority", "Case.IsEscalated"}


def _undefined(org: Inside, one: AnyChange) -> bool:
    assert one.native is not None
    return not org.query(f"SELECT Id FROM PermissionSet WHERE Name = '{one.native.name}'")


def _making(org: Inside, connector: SalesforceConnector) -> Sequence[AnyChange]:
    del org
    keys = [username(f"fault{next(_ROLES)}@acme-support.example") for _ in range(2)]
    return [change(connector, CreateAccount, provisional(key), key=key, principal="maria.k") for key in keys]


def _made(org: Inside, one: AnyChange) -> bool:
    assert one.key is not None
    return bool(org.query(f"SELECT Id FROM User WHERE Username = '{one.key.value}' AND IsActive = true"))


def _correcting(org: Inside, connector: SalesforceConnector) -> Sequence[AnyChange]:
    return [
        change(connector, UpdateAccount, one, attributes={"federationId": f"fed|{one}", "lastName": "Kovacs"})
        for one in _people(org)
    ]


def _corrected(org: Inside, one: AnyChange) -> bool:
    (row,) = org.query(f"SELECT FederationIdentifier,LastName FROM User WHERE Id = '{one.account}'")
    return (row["FederationIdentifier"], row["LastName"]) == (f"fed|{one.account}", "Kovacs")


def _closing(*, retire: bool) -> Make:
    def make(org: Inside, connector: SalesforceConnector) -> Sequence[AnyChange]:
        people = org.users()
        for _, name in people:
            answer = org.web.request("POST", "/__sandbox__/login", json={"username": name})
            assert answer.status_code == 200, answer.text
        after = {"enabled": False, "retired": True} if retire else {"enabled": False}
        return [change(connector, DisableAccount, one, after=after) for one, _ in people]

    return make


def _closed(org: Inside, one: AnyChange) -> bool:
    frozen = org.query(f"SELECT IsFrozen FROM UserLogin WHERE UserId = '{one.account}'")[0]["IsFrozen"]
    alive = org.query(f"SELECT Id FROM AuthSession WHERE UsersId = '{one.account}'")
    return bool(frozen) and not alive


def _retired(org: Inside, one: AnyChange) -> bool:
    active = org.query(f"SELECT IsActive FROM User WHERE Id = '{one.account}'")[0]["IsActive"]
    return not active and not org.query(f"SELECT Id FROM AuthSession WHERE UsersId = '{one.account}'")


def _opening(org: Inside, connector: SalesforceConnector) -> Sequence[AnyChange]:
    closed = _closing(retire=False)(org, connector)
    list(org.connect(Wire(org)).apply(closed))
    return [change(connector, EnableAccount, one.account) for one in closed]


def _opened(org: Inside, one: AnyChange) -> bool:
    return org.query(f"SELECT IsFrozen FROM UserLogin WHERE UserId = '{one.account}'")[0]["IsFrozen"] is False


TRIES = {
    "grant an assignment": Try(_granting(TRIAGE), _held),
    "grant a membership": Try(_granting(EMEA), _held),
    "grant a share": Try(_granting(SHARE), _held),
    "grant a role": Try(_granting(ROLE), _held),
    "revoke an assignment": Try(_revoking(TRIAGE), _gone),
    "revoke a membership": Try(_revoking(EMEA), _gone),
    "revoke a share": Try(_revoking(SHARE), _gone),
    "revoke a role": Try(_revoking(ROLE), _gone),
    "set an end": Try(_ending, _ends),
    "define a role": Try(_defining, _defined),
    "repair a role": Try(_repairing, _defined),
    "delete a role": Try(_deleting, _undefined),
    "make an account": Try(_making, _made),
    "correct an account": Try(_correcting, _corrected),
    "close an account": Try(_closing(retire=False), _closed),
    "retire an account": Try(_closing(retire=True), _retired),
    "open an account": Try(_opening, _opened),
}


def _bystanders(org: Inside) -> object:
    """Everything of everybody who is in no change: employees, and the vendors of the seed."""
    who = "(Profile.Name != 'Vendor Support' OR Alias != 'in') AND Username != 'guestlist@example.com'"
    who += " AND (NOT Username LIKE 'fault%')"
    inner = f"SELECT Id FROM User WHERE {who}"
    return (
        org.query(f"SELECT Id,IsActive,UserRoleId,ProfileId,FederationIdentifier FROM User WHERE {who} ORDER BY Id"),
        org.query(f"SELECT Id,ExpirationDate FROM PermissionSetAssignment WHERE AssigneeId IN ({inner}) ORDER BY Id"),
        org.query(f"SELECT Id FROM GroupMember WHERE UserOrGroupId IN ({inner}) ORDER BY Id"),
        org.query(f"SELECT Id FROM CaseShare WHERE RowCause = 'Manual' AND UserOrGroupId IN ({inner}) ORDER BY Id"),
        org.query("SELECT Id,SystemModstamp FROM PermissionSet WHERE NOT Name LIKE 'Guestlist_%' ORDER BY Id"),
    )


def _attempt(org: Inside, which: Try, fault: Fault | None) -> Wire:
    """One run that goes wrong, and the next, which does not."""
    wire = Wire(org)
    connector = org.connect(wire)
    changes = list(which.make(org, connector))
    wire.calls.clear()
    wire.fault = fault
    outcomes = list(connector.apply(changes))
    wire.fault = None
    assert sorted(id(one.change) for one in outcomes) == sorted(map(id, changes))
    for outcome in outcomes:
        assert outcome.status is OutcomeStatus.DONE or outcome.text
        assert "QUOTED" not in outcome.text
        if outcome.status is not OutcomeStatus.FAILED:
            assert which.shows(org, outcome.change), f"{outcome.status}: {outcome.text}; calls: {wire.calls}"
    again = [one for one in changes if not (isinstance(one, CreateAccount) and _made(org, one))]
    for outcome in org.connect(Wire(org)).apply(again):
        assert outcome.status is not OutcomeStatus.FAILED, outcome.text
    assert all(which.shows(org, one) for one in changes)
    # Left where they are, they would all be read again by every later attempt.
    for row in org.query("SELECT Id FROM PermissionSet WHERE Name LIKE 'Guestlist_Fault%'"):
        org.call("DELETE", f"sobjects/PermissionSet/{row['Id']}")
    return wire


CLASSES = ("INVALID_SESSION_ID", "REQUEST_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW", "ENTITY_IS_DELETED", LOST)
"""One error of each way to be treated."""


def _swept(place: Inside, kind: str, codes: Sequence[str], *, item: bool, every: bool = False) -> None:
    """Break every call of one kind of write by every one of these errors; once and twice over, or by turns."""
    which = TRIES[kind]
    whole = _attempt(place, which, None)
    before = _bystanders(place)
    for at in range(len(whole.calls)):
        some = codes if every else [codes[(at + turn) % len(codes)] for turn in range(min(3, len(codes)))]
        for turn, code in enumerate(some, start=at):
            for times in (1, 2) if every else (1 + turn % 2,):
                wire = _attempt(place, which, Fault(at, code, times, item))
                assert len(wire.calls) <= 3 * len(whole.calls) + 12, "nothing goes on for ever"
                if code == "REQUEST_LIMIT_EXCEEDED" and not item:
                    assert len(wire.calls) == at + 1, "the org is asked nothing more once its calls are used up"
    assert _bystanders(place) == before


@pytest.mark.parametrize("kind", TRIES)
def test_whatever_goes_wrong_with_a_call_what_is_said_is_so_and_the_next_run_ends_it(place: Inside, kind: str) -> None:
    _swept(place, kind, CLASSES, item=False)


@pytest.mark.parametrize("kind", TRIES)
def test_one_record_that_is_refused_stops_no_other_and_the_next_run_ends_it(place: Inside, kind: str) -> None:
    _swept(place, kind, ("UNABLE_TO_LOCK_ROW", "DUPLICATE_VALUE"), item=True)


@pytest.mark.exhaustive
@pytest.mark.parametrize("item", [False, True], ids=["calls", "records"])
@pytest.mark.parametrize("kind", TRIES)
def test_every_known_error_at_every_call_once_and_twice_over(place: Inside, kind: str, *, item: bool) -> None:
    _swept(place, kind, tuple(STATUS) if item else (*STATUS, CLOSED, LOST, HALF), item=item, every=True)
