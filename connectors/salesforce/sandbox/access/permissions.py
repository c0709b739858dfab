"""What profile, permission sets and groups allow together: system permissions, objects, fields."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema.reader import permission_names

FLAGS = tuple(f"Permissions{name}" for name in permission_names())
_LETTERS = {
    "create": "PermissionsCreate",
    "read": "PermissionsRead",
    "edit": "PermissionsEdit",
    "delete": "PermissionsDelete",
    "view all": "PermissionsViewAllRecords",
    "modify all": "PermissionsModifyAllRecords",
}
Right = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Source:
    """One thing that allows: the permission sets in it, and those that mute."""

    allowing: tuple[str, ...]
    muting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a user is allowed.

    Attributes:
        flags: System permissions (`PermissionsViewAllData`, …).
        objects: Pairs of object and `create`, `read`, `edit`, `delete`, `view all`, `modify all`.
        fields: Pairs of `Object.Field` and `read` or `edit`.
    """

    flags: frozenset[str]
    objects: frozenset[Right]
    fields: frozenset[Right]

    def has(self, *flags: str) -> bool:
        """Whether one of these system permissions, without their prefix, is there."""
        return any(f"Permissions{flag}" in self.flags for flag in flags)


def permissions_of(org: Org, user_id: str) -> Permissions:
    """Works out what a user is allowed now; what has expired allows nothing."""
    flags: set[str] = set()
    objects: set[Right] = set()
    fields: set[Right] = set()
    for held in org.store.alive(org.schema["PermissionSetAssignment"], org.now(), AssigneeId=user_id):
        source = str(held["PermissionSetId"])
        row = org.store.get(org.schema["PermissionSet"], source) or {}
        flags |= {flag for flag in FLAGS if row.get(flag)}
        parts = _parts(org, source, row.get("PermissionSetGroupId"))
        objects |= _combined(parts, lambda parent: set(_objects(org, parent)))
        fields |= _combined(parts, lambda parent: set(_fields(org, parent)))
    readable = {name for name, right in objects if right == "read"}
    return Permissions(frozenset(flags), frozenset(one for one in objects if one[0] in readable), frozenset(fields))


def refresh_own_access(org: Org, user_id: str, sql: str) -> None:
    """Fills `UserPermissionAccess` for who asks, if the statement reads it: it always tells of the asker."""
    if '"UserPermissionAccess"' not in sql:
        return
    held = permissions_of(org, user_id).flags
    org.store.execute('DELETE FROM "UserPermissionAccess"')
    org.add("UserPermissionAccess", {flag: int(flag in held) for flag in FLAGS}, LastCacheUpdate=org.now())


def _parts(org: Org, source: str, group: object) -> _Source:
    if group is None:
        return _Source((source,))
    held = org.store.find(org.schema["PermissionSetGroupComponent"], PermissionSetGroupId=str(group))
    ids = [str(row["PermissionSetId"]) for row in held]
    mute = org.schema["MutingPermissionSet"].prefix
    muting = tuple(one for one in ids if one.startswith(mute))
    return _Source(tuple(one for one in ids if not one.startswith(mute)), muting)


def _combined(source: _Source, read: Callable[[str], set[Right]]) -> set[Right]:
    allowed = set[Right]().union(*map(read, source.allowing))
    return allowed - set[Right]().union(*map(read, source.muting))


def _objects(org: Org, parent: str) -> Iterator[Right]:
    for row in org.store.find(org.schema["ObjectPermissions"], ParentId=parent):
        yield from ((str(row["SobjectType"]), right) for right, flag in _LETTERS.items() if row[flag])


def _fields(org: Org, parent: str) -> Iterator[Right]:
    for row in org.store.find(org.schema["FieldPermissions"], ParentId=parent):
        if row["PermissionsRead"]:
            yield str(row["Field"]), "read"
        if row["PermissionsEdit"]:
            yield str(row["Field"]), "edit"
