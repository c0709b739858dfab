"""Roles that guestlist defines, over the wire: made, read back the same, repaired, and deleted only when unused."""

from collections.abc import Mapping
from itertools import count

import pytest

from connectors.salesforce.content import native_of
from connectors.salesforce.definitions import QUERIES, stored
from connectors.salesforce.delta import Phase
from connectors.salesforce.reading import read
from reconciler.model import Definition, Entitlements, Native
from reconciler.plan.changes import CreateRole, DeleteRole, GrantBinding, RevokeBinding, UpdateRole
from reconciler.plan.diff import diff
from reconciler.plan.memory import TargetMemory
from reconciler.plan.weighing import weigh
from reconciler.ports import Sought
from tests.connectors.salesforce.acting import change, defined, let_write, written
from tests.connectors.salesforce.conftest import Org

_NAMES = count(1)
TRIAGE: Mapping[str, object] = {
    "objects": {"Case": ["read", "comment", "escalate"], "Account": ["read"]},
    "fields": {"Case.Subject": "read", "Case.Description": "edit"},
    "system": ["RunReports"],
}


@pytest.fixture(scope="module", autouse=True)
def _may_write(org: Org) -> None:
    let_write(org)


def name() -> str:
    return f"role-{next(_NAMES)}"


def kept(org: Org, native: Native) -> Definition | None:
    """What the org holds of a defined role, by the connector's own reading."""
    from connectors.salesforce.declarations import definition  # noqa: PLC0415  compared with, not used to write

    found = stored(read(org.connect()._client, QUERIES)).get(native)
    return None if found is None else definition(native, found.content)


def make(org: Org, role: str, **allows: object) -> Definition:
    connector = org.connect()
    wanted = defined(role, **(allows or TRIAGE))
    create = change(connector, CreateRole, native=wanted.native, role=role, definition=wanted)
    assert written(connector, create)[0][0] == "done"
    return wanted


def test_a_role_is_made_and_read_back_as_it_was_declared(org: Org) -> None:
    role = name()
    wanted = make(org, role)
    assert kept(org, wanted.native) == wanted
    (row,) = org.query(f"SELECT Description FROM PermissionSet WHERE Name = '{wanted.native.name}'")
    assert row["Description"] == f"Managed by guestlist: {role}"


def test_a_role_for_activated_sessions_says_so(org: Org) -> None:
    wanted = make(org, name(), system=["RunReports"], activation="session")
    (row,) = org.query(f"SELECT HasActivationRequired FROM PermissionSet WHERE Name = '{wanted.native.name}'")
    assert row["HasActivationRequired"] is True
    assert kept(org, wanted.native) == wanted


def test_making_it_again_changes_nothing(org: Org) -> None:
    role = name()
    wanted = make(org, role)
    connector = org.connect()
    for kind in (CreateRole, UpdateRole):
        again = change(connector, kind, native=wanted.native, role=role, definition=wanted)
        assert written(connector, again)[0][0] == "already"


def tamper(org: Org, wanted: Definition, how: str) -> None:
    """Change one thing about a permission set, as an administrator would."""
    made = org.id_of("PermissionSet", wanted.native.name)
    (case,) = org.query(f"SELECT Id FROM ObjectPermissions WHERE ParentId = '{made}' AND SobjectType = 'Case'")
    (field,) = org.query(f"SELECT Id FROM FieldPermissions WHERE ParentId = '{made}' AND Field = 'Case.Subject'")
    app = org.query("SELECT Id FROM ConnectedApplication LIMIT 1")[0]["Id"]
    of_object, of_field = f"ObjectPermissions/{case['Id']}", f"FieldPermissions/{field['Id']}"
    more = {"ParentId": made, "PermissionsRead": True}
    method, path, body = {
        "a permission more": ("PATCH", f"PermissionSet/{made}", {"PermissionsDataExport": True}),
        "a permission less": ("PATCH", f"PermissionSet/{made}", {"PermissionsRunReports": False}),
        "an object more": ("POST", "ObjectPermissions", {"SobjectType": "Contact", **more}),
        "a right more": ("PATCH", of_object, {"PermissionsDelete": True}),
        "an object less": ("DELETE", of_object, None),
        "every field": ("PATCH", of_object, {"PermissionsViewAllFields": True}),
        "a field more": ("POST", "FieldPermissions", {"SobjectType": "Case", "Field": "Case.Reason", **more}),
        "a field wider": ("PATCH", of_field, {"PermissionsEdit": True}),
        "a field less": ("DELETE", of_field, None),
        "its mark lost": ("PATCH", f"PermissionSet/{made}", {"Description": "mine now"}),
        "an activation more": ("PATCH", f"PermissionSet/{made}", {"HasActivationRequired": True}),
        "an application": ("POST", "SetupEntityAccess", {"ParentId": made, "SetupEntityId": app}),
    }[how]
    assert org.call(method, f"/services/data/v64.0/sobjects/{path}", body).ok


@pytest.mark.parametrize(
    "how",
    [
        "a permission more",
        "a permission less",
        "an object more",
        "a right more",
        "every field",
        "an object less",
        "a field more",
        "a field wider",
        "a field less",
        "an activation more",
        "an application",
    ],
)
def test_whatever_somebody_changes_is_seen_and_repaired(org: Org, how: str) -> None:
    role = name()
    wanted = make(org, role)
    tamper(org, wanted, how)
    now = kept(org, wanted.native)
    assert now is not None
    assert now.digest != wanted.digest
    assert now.words != wanted.words
    connector = org.connect()
    repair = change(connector, UpdateRole, native=wanted.native, role=role, definition=wanted)
    assert written(connector, repair)[0][0] == "done"
    assert kept(org, wanted.native) == wanted


def test_what_stands_under_our_name_without_our_mark_is_seen_and_never_changed(org: Org) -> None:
    """Somebody else may have made it, and an employee may hold it."""
    role = name()
    wanted = make(org, role)
    tamper(org, wanted, "its mark lost")
    tamper(org, wanted, "a permission more")
    before = kept(org, wanted.native)
    assert before is not None
    assert "is not marked as managed by guestlist" in before.words
    connector = org.connect()
    repair = change(connector, UpdateRole, native=wanted.native, role=role, definition=wanted)
    ((status, why),) = written(connector, repair)
    assert (status, "may be somebody else's" in why) == ("failed", True)
    assert kept(org, wanted.native) == before


def test_what_holds_in_an_activated_session_only_may_be_held_standing() -> None:
    allows = {"objects": {"Case": ["read"]}, "system": ["DataExport"]}
    assert any(risk.high for risk in defined(name(), **allows).risks)
    session = defined(name(), activation="session", **allows)
    assert {risk.flag for risk in session.risks} == {"export"}
    assert not any(risk.high for risk in session.risks)


def test_a_danger_that_somebody_adds_is_a_risk_of_the_definition(org: Org) -> None:
    wanted = make(org, name())
    tamper(org, wanted, "a permission more")
    now = kept(org, wanted.native)
    assert now is not None
    assert [(risk.flag, risk.high) for risk in now.risks] == [("export", True)]


def test_a_role_that_changes_altogether_is_only_ever_narrowed_before_it_is_widened(org: Org) -> None:
    role = name()
    make(org, role)
    other = defined(role, objects={"Contact": ["read", "edit"], "Case": ["read"]}, fields={"Case.Subject": "read"})
    connector = org.connect()
    assert written(connector, change(connector, UpdateRole, native=other.native, role=role, definition=other))[0][
        0
    ] == ("done")
    assert kept(org, other.native) == other
    narrowing = [phase for phase in Phase if phase < Phase.SET]
    assert all(phase.name.startswith(("CLOSE", "DROP", "LOWER")) for phase in narrowing)


def test_what_was_left_half_made_is_repaired(org: Org) -> None:
    """A run that was killed after the first of its writes leaves an empty, marked permission set."""
    role = name()
    wanted = defined(role, **TRIAGE)
    org.create(
        "PermissionSet", Name=wanted.native.name, Label="x", Description=f"Managed by guestlist: {role}"
    )  # fmt: skip
    now = kept(org, wanted.native)
    assert now is not None
    assert now.digest != wanted.digest
    connector = org.connect()
    for kind, status in ((UpdateRole, "done"), (CreateRole, "already")):
        assert written(connector, change(connector, kind, native=wanted.native, definition=wanted))[0][0] == status
    assert kept(org, wanted.native) == wanted


def test_what_the_org_does_not_know_fails_that_role_with_its_name(org: Org) -> None:
    connector = org.connect()
    good, bad = defined(name(), **TRIAGE), defined(name(), system=["NobodyKnowsThis"])
    changes = [change(connector, CreateRole, native=one.native, definition=one) for one in (good, bad)]
    (first, _), (second, why) = written(connector, *changes)
    assert (first, second) == ("done", "failed")
    assert "user permission" in why
    assert kept(org, good.native) == good


def test_a_field_that_the_org_does_not_have_is_named(org: Org) -> None:
    connector = org.connect()
    bad = defined(name(), objects={"Case": ["read"]}, fields={"Case.Nothing__c": "read"})
    ((status, why),) = written(connector, change(connector, CreateRole, native=bad.native, definition=bad))
    assert status == "failed"
    assert "Case.Nothing__c" in why


def test_only_what_is_marked_and_unused_is_deleted(org: Org) -> None:
    connector = org.connect()
    account, _ = org.user()
    role = name()
    wanted = make(org, role)
    written(connector, change(connector, GrantBinding, account, wanted.native))
    delete = change(connector, DeleteRole, native=wanted.native, role=role)
    ((status, why),) = written(connector, delete)
    assert (status, "assigned to 1 users" in why) == ("failed", True)
    written(connector, change(connector, RevokeBinding, account, wanted.native))
    assert [status for status, _ in written(connector, delete)] == ["done"]
    assert kept(org, wanted.native) is None
    assert [status for status, _ in written(connector, delete)] == ["already"]


def test_what_somebody_else_calls_by_our_prefix_is_never_deleted(org: Org) -> None:
    native = native_of(name())
    org.create("PermissionSet", Name=native.name, Label="somebody's")
    connector = org.connect()
    ((status, why),) = written(connector, change(connector, DeleteRole, native=native))
    assert (status, "Description" in why) == ("failed", True)
    assert org.query(f"SELECT Id FROM PermissionSet WHERE Name = '{native.name}'")


def test_what_only_has_our_prefix_is_never_planned_for_deletion_and_said(org: Org) -> None:
    """Neither marked nor declared, it is somebody else's; declared, it is said; marked, it is ours to delete."""
    role = name()
    wanted = defined(role, **TRIAGE)
    made = org.create("PermissionSet", Name=wanted.native.name, Label="somebody's")

    def deleted(sought: Sought) -> tuple[bool, bool, bool]:
        live = org.connect().observe(sought)
        memory = TargetMemory(live.stable_id)
        changes, _ = diff(weigh(Entitlements(), live, memory, live.at), live, memory)
        planned = any(isinstance(one, DeleteRole) and one.native == wanted.native for one in changes)
        noted = any(wanted.native.name in note and "reserved" in note for note in live.notes)
        return planned, noted, wanted.native in live.definitions

    assert deleted(Sought()) == (False, True, False)
    assert deleted(Sought(definitions=frozenset({wanted})))[1:] == (False, True)
    where = f"/services/data/v64.0/sobjects/PermissionSet/{made}"
    org.call("PATCH", where, {"Description": f"Managed by guestlist: {role}"}).raise_for_status()
    assert deleted(Sought()) == (True, False, True)
    org.call("DELETE", where).raise_for_status()


def test_a_name_that_only_resembles_the_prefix_is_somebody_else_s(org: Org) -> None:
    org.create("PermissionSet", Name="guestlist_Lookalike", Label="somebody's")
    assert kept(org, Native("permissionSet", "guestlist_Lookalike")) is None


def test_a_permission_set_of_the_org_s_own_is_no_definition(org: Org) -> None:
    assert kept(org, Native("permissionSet", "Vendor_Case_Triage")) is None
    connector = org.connect()
    ((status, _),) = written(connector, change(connector, DeleteRole, native=Native("permissionSet", "Admin_Tools")))
    assert status == "already"
    assert org.query("SELECT Id FROM PermissionSet WHERE Name = 'Admin_Tools'")


def test_twenty_roles_take_no_more_calls_than_one(org: Org) -> None:
    connector = org.connect()
    wanted = [defined(name(), **TRIAGE) for _ in range(20)]
    changes = [change(connector, CreateRole, native=one.native, definition=one) for one in wanted]
    org.calls()
    assert {status for status, _ in written(connector, *changes)} == {"done"}
    assert org.calls() <= 8
