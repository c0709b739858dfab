from datetime import UTC, datetime

from connectors.salesforce.words import ASSIGNED, ENDLESS
from reconciler.model import AccountKey, Native
from reconciler.ports import Sought
from tests.connectors.salesforce.fake import Org, observe, vendors
from tests.connectors.salesforce.wire import (
    ORG,
    OWN,
    assignment_row,
    connector,
    error,
    user_id,
    user_row,
)


def test_a_population_is_one_call() -> None:
    """Every query of an ordinary observation travels in one composite batch."""
    natives = frozenset({Native("permissionSet", "Triage"), Native("group", "All"), Native("queue", "Nope")})
    org = vendors()
    org.rows["Group"] = [{"Id": "00G000000000001AAA", "DeveloperName": "All", "Type": "Regular"}]
    live, wire = observe(org, Sought(natives=natives))
    assert len(wire.calls) == 1
    assert (live.stable_id, live.target) == (ORG, "crm")
    assert live.at == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert live.existing == {Native("permissionSet", "Triage"), Native("group", "All")}
    assert live.endless == ENDLESS
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
    org.rows["PermissionSetAssignment"] += [
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
    assert live.endless == ENDLESS | ASSIGNED
    assert len(wire.calls) == 2
    made.observe(Sought())
    assert len(wire.calls) == 3


def test_an_org_whose_ends_cannot_be_written_is_endless() -> None:
    """What cannot be given an end is no drift for having none, even where the field can be read."""
    org = vendors()
    org.expiry = False
    live, wire = observe(org)
    assert live.endless == ENDLESS | ASSIGNED
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
