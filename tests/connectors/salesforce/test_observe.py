from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from reconciler.model import AccountKey, Live, Native
from reconciler.ports import Sought
from tests.connectors.salesforce.wire import (
    ORG,
    OWN,
    Answer,
    Wire,
    assignment_row,
    batch,
    connector,
    error,
    member_row,
    records,
    user_id,
    user_row,
)

END = "2027-02-01T00:00:00.000+0000"


@dataclass
class Org:
    """What an org holds, by the object that a query reads; `faults` are answered instead."""

    rows: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    found_by_key: list[dict[str, object]] = field(default_factory=list)
    faults: dict[str, Answer] = field(default_factory=dict)
    refuse: Callable[[str], Answer | None] = lambda _: None
    expiry: bool = True
    asked: list[str] = field(default_factory=list)

    def __call__(self, method: str, path: str, body: object) -> Answer:
        assert (method, path) == ("POST", "composite/batch"), "observing only ever asks"
        return batch(self._answer, body)

    def _answer(self, resource: str, soql: str) -> Answer:
        if resource.endswith("/describe"):
            field = {"name": "ExpirationDate", "createable": self.expiry, "updateable": self.expiry}
            return 200, {"name": "PermissionSetAssignment", "fields": [{"name": "Id"}, field]}
        self.asked.append(soql)
        kind = soql.split(" FROM ")[1].split(maxsplit=1)[0]
        refused = self.refuse(soql) or self.faults.get(kind)
        if refused is not None:
            return refused
        if kind == "User" and (" WHERE Username IN" in soql or " WHERE Id IN" in soql or " WHERE Federation" in soql):
            return 200, records(*(row for row in self.found_by_key if str(row["Id"]) in soql or "@" in soql))
        return 200, records(*self.rows.get(kind, []))


def observe(org: Org, sought: Sought | None = None) -> tuple[Live, Wire]:
    made, wire = connector(org)
    return made.observe(sought or Sought()), wire


def vendors() -> Org:
    return Org(
        {
            "User": [user_row(1, "maria@acme.example"), user_row(2, "jonas@acme.example", IsActive=False)],
            "PermissionSetAssignment": [
                assignment_row(1, 1, "Triage", END),
                assignment_row(2, 1, "Export"),
                assignment_row(3, 2, "Triage", IsActive=False),
            ],
            "GroupMember": [member_row(1, 1, "All"), member_row(2, 1, "L2", "Queue")],
        }
    )


def test_a_population_is_one_call() -> None:
    """Every query of an ordinary observation travels in one composite batch."""
    natives = frozenset({Native("permissionSet", "Triage"), Native("group", "All"), Native("queue", "Nope")})
    org = vendors()
    org.rows["PermissionSet"] = [{"Id": "0PS000000000001AAA", "Name": "Triage", "NamespacePrefix": None}]
    org.rows["Group"] = [{"Id": "00G000000000001AAA", "DeveloperName": "All", "Type": "Regular"}]
    live, wire = observe(org, Sought(natives=natives))
    assert len(wire.calls) == 1
    assert (live.stable_id, live.target) == (ORG, "crm")
    assert live.at == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert live.existing == {Native("permissionSet", "Triage"), Native("group", "All")}
    assert live.endless == {"group", "queue"}
    assert live.complete


def test_bindings_are_what_accounts_of_the_population_hold_now() -> None:
    """Assignments with their end, memberships without one; what has expired is no binding."""
    live, _ = observe(vendors())
    assert {(binding.key.account, binding.key.native.name, binding.until) for binding in live.bindings} == {
        (user_id(1), "Triage", datetime(2027, 2, 1, tzinfo=UTC)),
        (user_id(1), "Export", None),
        (user_id(1), "All", None),
        (user_id(1), "L2", None),
    }
    assert {account.name: account.enabled for account in live.accounts.values()} == {
        "maria@acme.example": True,
        "jonas@acme.example": False,
    }


def test_a_frozen_account_is_closed_only_once_no_session_of_it_is_left() -> None:
    """A freeze stops logins, not sessions: what is still alive is said."""
    org = vendors()
    org.rows["UserLogin"] = [{"Id": "0Yw000000000001AAA", "UserId": user_id(1), "IsFrozen": True}]
    account = observe(org)[0].accounts[user_id(1)]
    assert (account.enabled, account.lingering) == (False, False)
    org.rows["AuthSession"] = [{"Id": "0Ak000000000001AAA", "UsersId": user_id(1)}]
    account = observe(org)[0].accounts[user_id(1)]
    assert (account.enabled, account.lingering) == (False, True)


def test_our_own_user_and_whom_except_names_are_never_inside() -> None:
    """Whatever the org answers; our own user also when it was governed before."""
    org = Org(
        {"User": [user_row(1, "boss@acme.example", "System Administrator"), user_row(9, "g@acme.example", Id=OWN)]}
    )
    org.rows["PermissionSetAssignment"] = [
        assignment_row(1, 1, "Triage"),
        assignment_row(2, 9, "Triage", AssigneeId=OWN),
    ]
    declared = frozenset({AccountKey("username", "boss@acme.example"), AccountKey("username", "g@acme.example")})
    live, _ = observe(org, Sought(declared=declared, governed=frozenset({OWN})))
    assert {account.inside for account in live.accounts.values()} == {False}
    assert len(live.accounts) == 2
    assert not live.bindings
    assert not observe(org)[0].accounts


def test_a_declared_account_outside_the_population_is_shown_as_outside() -> None:
    org = vendors()
    org.found_by_key = [user_row(7, "dana@example.com", "Standard User")]
    live, wire = observe(org, Sought(declared=frozenset({AccountKey("username", "dana@example.com")})))
    assert not live.accounts[user_id(7)].inside
    assert len(wire.calls) == 2


def test_declared_accounts_that_were_seen_cost_nothing_more() -> None:
    _, wire = observe(vendors(), Sought(declared=frozenset({AccountKey("username", "maria@acme.example")})))
    assert len(wire.calls) == 1


def test_a_governed_account_that_was_moved_away_stays_inside_with_all_it_holds() -> None:
    """A vendor moved to another profile and e-mail is drift, not escape."""
    org = vendors()
    org.found_by_key = [user_row(7, "moved@example.com", "Standard User")]
    org.rows["PermissionSetAssignment"].append(assignment_row(9, 7, "Export"))
    live, _ = observe(org, Sought(governed=frozenset({user_id(7)})))
    assert live.accounts[user_id(7)].inside
    assert (user_id(7), "Export") in {(binding.key.account, binding.key.native.name) for binding in live.bindings}
    assert any(f"AssigneeId IN ('{user_id(7)}')" in soql for soql in org.asked)
    assert any(f"UserOrGroupId IN ('{user_id(7)}')" in soql for soql in org.asked)


def test_an_org_without_expiring_assignments_is_read_without_ends_and_remembered() -> None:
    """Bindings there are endless, so a missing end is no drift; nobody asks for it a second time."""
    org = vendors()
    no_column = error("INVALID_FIELD", "No such column 'ExpirationDate' on entity 'PermissionSetAssignment'")
    org.refuse = lambda soql: (400, no_column) if "ExpirationDate" in soql else None
    made, wire = connector(org)
    live = made.observe(Sought())
    assert live.complete
    assert live.endless == {"group", "queue", "permissionSet", "permissionSetGroup"}
    assert len(wire.calls) == 2
    made.observe(Sought())
    assert len(wire.calls) == 3


def test_an_org_whose_ends_cannot_be_written_is_endless() -> None:
    """What cannot be given an end is no drift for having none, even where the field can be read."""
    org = vendors()
    org.expiry = False
    live, wire = observe(org)
    assert live.endless == {"group", "queue", "permissionSet", "permissionSetGroup"}
    assert live.complete
    assert len(wire.calls) == 1


def test_an_org_that_does_not_join_is_asked_by_id() -> None:
    org = vendors()
    org.rows["UserLogin"] = [{"Id": "0Yw000000000001AAA", "UserId": user_id(1), "IsFrozen": True}]
    org.rows["AuthSession"] = [{"Id": "0Ak000000000001AAA", "UsersId": user_id(1)}]
    joined = observe(org)[0]
    org.refuse = lambda soql: (400, error("MALFORMED_QUERY")) if "(SELECT Id FROM User" in soql else None
    live, _ = observe(org)
    assert live.complete
    assert live.bindings == joined.bindings
    assert live.accounts == joined.accounts


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
