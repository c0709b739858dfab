"""Permission set groups worked out: one permission set stands for each, with what its parts allow less what is muted.

The platform keeps that permission set (`Type` is `Group`) with flags, object and field permissions of its own, and
queries may ask for them by `Parent.PermissionSetGroup.DeveloperName` (object reference, PermissionSetGroup).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema.reader import permission_names
from connectors.salesforce.sandbox.store import Row, Value

FLAGS = tuple(f"Permissions{name}" for name in permission_names())
Right = tuple[str, str]
_OBJECTS = {
    "create": "PermissionsCreate",
    "read": "PermissionsRead",
    "edit": "PermissionsEdit",
    "delete": "PermissionsDelete",
    "view all": "PermissionsViewAllRecords",
    "modify all": "PermissionsModifyAllRecords",
    "view all fields": "PermissionsViewAllFields",
}
_FIELDS = {"read": "PermissionsRead", "edit": "PermissionsEdit"}
_NEEDS = {
    "create": ("read",),
    "edit": ("read",),
    "delete": ("read", "edit"),
    "view all": ("read",),
    "view all fields": ("read",),
    "modify all": ("read", "edit", "delete", "view all"),
}


def object_rights(org: Org, parent: str) -> set[Right]:
    """Pairs of object and right that a permission set's object permissions state."""
    rows = org.store.find(org.schema["ObjectPermissions"], ParentId=parent)
    return {(str(row["SobjectType"]), right) for row in rows for right, flag in _OBJECTS.items() if row[flag]}


def field_rights(org: Org, parent: str) -> set[Right]:
    """Pairs of `Object.Field` and right that a permission set's field permissions state."""
    rows = org.store.find(org.schema["FieldPermissions"], ParentId=parent)
    return {(str(row["Field"]), right) for row in rows for right, flag in _FIELDS.items() if row[flag]}


def set_of(org: Org, group_id: str) -> str:
    """The id of the permission set that stands for a group, made on first need."""
    present = org.store.find(org.schema["PermissionSet"], PermissionSetGroupId=group_id)
    return str(present[0]["Id"]) if present else aggregate(org, group_id)


def outdate(org: Org, group_id: Value) -> None:
    """Has a group worked out again: at once, or after the time that the org takes for it (`Status` tells)."""
    group, seconds = str(group_id), org.switches.recalculation_seconds
    if not seconds:
        aggregate(org, group)
        return
    org.recalculations[group] = org.clock.now() + timedelta(seconds=seconds)
    org.store.update(org.schema["PermissionSetGroup"], group, {"Status": "Updating"})


def settle(org: Org) -> None:
    """Works out the groups whose time has come."""
    due = [group for group, instant in org.recalculations.items() if instant <= org.clock.now()]
    for group in due:
        del org.recalculations[group]
        aggregate(org, group)
        org.store.update(org.schema["PermissionSetGroup"], group, {"Status": "Updated"})


def holders(org: Org, part: Value) -> list[str]:
    """The groups that a permission set or a muting set is part of."""
    held = org.store.find(org.schema["PermissionSetGroupComponent"], PermissionSetId=part)
    return [str(row["PermissionSetGroupId"]) for row in held]


def aggregate(org: Org, group_id: str) -> str:
    """Works out the permission set that stands for a group.

    Returns:
        Its id.
    """
    parts, muting = _components(org, group_id)
    flags: Row = {
        name: int(any(part[name] for part in parts) and not any(mute[name] for mute in muting)) for name in FLAGS
    }
    kind = org.schema["PermissionSet"]
    present = org.store.find(kind, PermissionSetGroupId=group_id)
    if present:
        made = str(present[0]["Id"])
        org.store.update(kind, made, flags)
    else:
        group = org.store.get(org.schema["PermissionSetGroup"], group_id) or {}
        made = org.add(
            "PermissionSet",
            flags,
            Name=f"X{group_id[: ids.SHORT]}",
            Label=group.get("MasterLabel"),
            Type="Group",
            PermissionSetGroupId=group_id,
        )
    _keep(org, made, "ObjectPermissions", object_rights, _combined(org, parts, muting, object_rights))
    _keep(org, made, "FieldPermissions", field_rights, _combined(org, parts, muting, field_rights))
    return made


def _components(org: Org, group_id: str) -> tuple[list[Row], list[Row]]:
    """The permission sets in a group, and its muting sets."""
    parts: list[Row] = []
    muting: list[Row] = []
    for held in org.store.find(org.schema["PermissionSetGroupComponent"], PermissionSetGroupId=group_id):
        part = str(held["PermissionSetId"])
        kind = org.schema.of_id(part)
        row = org.store.get(kind, part) if kind else None
        if row and kind:
            (muting if kind.name == "MutingPermissionSet" else parts).append(row)
    return parts, muting


def _combined(
    org: Org, parts: Iterable[Row], muting: Iterable[Row], rights: Callable[[Org, str], set[Right]]
) -> set[Right]:
    """What the parts allow together, less what is muted, less what needs something that is then missing."""
    given = set[Right]().union(*(rights(org, str(part["Id"])) for part in parts))
    given -= set[Right]().union(*(rights(org, str(mute["Id"])) for mute in muting))
    return {(name, right) for name, right in given if all((name, need) in given for need in _NEEDS.get(right, ()))}


def _keep(org: Org, parent: str, kind: str, rights: Callable[[Org, str], set[Right]], wanted: set[Right]) -> None:
    """Makes the permission rows of the set that stands for a group say exactly that."""
    if rights(org, parent) == wanted:
        return
    org.store.execute(f'DELETE FROM "{kind}" WHERE "ParentId" = ?', [parent])  # noqa: S608 (names come from the object tables)
    for row in _rows(kind, wanted):
        org.add(kind, row, ParentId=parent)


def _rows(kind: str, wanted: set[Right]) -> Iterator[Row]:
    flags = _OBJECTS if kind == "ObjectPermissions" else _FIELDS
    for name in sorted({name for name, _ in wanted}):
        row: Row = {flag: int((name, right) in wanted) for right, flag in flags.items()}
        row["SobjectType"] = name.partition(".")[0]
        yield row if kind == "ObjectPermissions" else row | {"Field": name}
