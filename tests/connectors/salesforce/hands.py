"""What somebody gives by hand in the simulated org, and what an observation says of it."""

from itertools import count

from connectors.salesforce.declarations import Population
from reconciler.model import Live, LiveBinding, Native, Scope
from reconciler.ports import Sought
from tests.connectors.salesforce.conftest import POPULATION, Org

NUMBERS = count(1)
TRIAGE = Native("permissionSet", "Vendor_Case_Triage")
EXPORT = Native("permissionSet", "Vendor_Case_Export")
RIGHTS = ("Create", "Read", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")


def observe(org: Org, sought: Sought | None = None, population: Population = POPULATION) -> Live:
    live = org.connect(population).observe(sought or Sought())
    assert live.complete, live.gaps
    return live


def held(live: Live, account: str) -> dict[tuple[Native, Scope], LiveBinding]:
    return {(one.key.native, one.key.scope): one for one in live.bindings if one.key.account == account}


def only(live: Live, account: str) -> LiveBinding:
    (one,) = held(live, account).values()
    return one


def assign(org: Org, account: str, native: Native) -> str:
    return org.create(
        "PermissionSetAssignment", AssigneeId=account, PermissionSetId=org.id_of("PermissionSet", native.name)
    )


def permission_set(
    org: Org, *flags: str, objects: dict[str, str] | None = None, **fields: object
) -> tuple[Native, str]:
    name = f"Made_{next(NUMBERS)}"
    made = org.create(
        "PermissionSet", Name=name, Label=name, **{f"Permissions{flag}": True for flag in flags}, **fields
    )
    for kind, letters in (objects or {}).items():
        rights = {f"Permissions{right}": right[0] in letters for right in RIGHTS}
        org.create("ObjectPermissions", ParentId=made, SobjectType=kind, **rights)
    return Native("permissionSet", name), made


def account(org: Org, name: str | None = None) -> tuple[str, str]:
    name = name or f"Customer {next(NUMBERS)}"
    return org.create("Account", Name=name), name


def case(org: Org, **fields: object) -> tuple[str, str]:
    made = org.create("Case", Subject="A case", **fields)
    (row,) = org.query(f"SELECT CaseNumber FROM Case WHERE Id = '{made}'")
    return made, str(row["CaseNumber"])


def fresh() -> int:
    """A number that nobody else in this process has."""
    return next(NUMBERS)
