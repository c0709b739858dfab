"""What profile, permission sets and groups allow together: system permissions, objects, fields."""

from dataclasses import dataclass

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.bundles import FLAGS, Right, field_rights, object_rights, settle
from connectors.salesforce.sandbox.store import Row, Value

__all__ = ["FLAGS", "Permissions", "permissions_of", "refresh_own_access"]


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a user is allowed.

    Attributes:
        flags: System permissions (`PermissionsViewAllData`, …).
        objects: Pairs of object and `create`, `read`, `edit`, `delete`, `view all`, `modify all`, `view all fields`.
        fields: Pairs of `Object.Field` and `read` or `edit`.
    """

    flags: frozenset[str]
    objects: frozenset[Right]
    fields: frozenset[Right]

    def has(self, *flags: str) -> bool:
        """Whether one of these system permissions, without their prefix, is there."""
        return any(f"Permissions{flag}" in self.flags for flag in flags)


def permissions_of(org: Org, user_id: str, session_id: str | None = None) -> Permissions:
    """Works out what a user is allowed now, in one session or apart from any.

    What has expired allows nothing, nor does what asks for activation and is not activated in that session. Within a
    permission set group only the group's own `HasActivationRequired` counts (object reference,
    SessionPermSetActivation).
    """
    settle(org)
    activated = _activated(org, user_id, session_id)
    flags: set[str] = set()
    objects: set[Right] = set()
    fields: set[Right] = set()
    for held in org.store.alive(org.schema["PermissionSetAssignment"], org.now(), AssigneeId=user_id):
        source = str(held["PermissionSetId"])
        row = org.store.get(org.schema["PermissionSet"], source) or {}
        if _asks_for_activation(org, row) and not {source, held["PermissionSetGroupId"]} & activated:
            continue
        flags |= {flag for flag in FLAGS if row.get(flag)}
        objects |= object_rights(org, source)
        fields |= field_rights(org, source)
    readable = {name for name, right in objects if right == "read"}
    return Permissions(frozenset(flags), frozenset(one for one in objects if one[0] in readable), frozenset(fields))


def _activated(org: Org, user_id: str, session_id: str | None) -> set[Value]:
    """The permission sets and groups that are activated in a session."""
    if session_id is None:
        return set()
    rows = org.store.find(org.schema["SessionPermSetActivation"], UserId=user_id, AuthSessionId=session_id)
    return {row[name] for row in rows for name in ("PermissionSetId", "PermissionSetGroupId") if row[name]}


def _asks_for_activation(org: Org, row: Row) -> bool:
    group = row.get("PermissionSetGroupId")
    if group is not None:
        row = org.store.get(org.schema["PermissionSetGroup"], str(group)) or {}
    return bool(row.get("HasActivationRequired"))


def refresh_own_access(org: Org, user_id: str, session_id: str, sql: str) -> None:
    """Fills `UserPermissionAccess` for who asks, if the statement reads it: it always tells of the asker."""
    if '"UserPermissionAccess"' not in sql:
        return
    held = permissions_of(org, user_id, session_id).flags
    org.store.execute('DELETE FROM "UserPermissionAccess"')
    org.add("UserPermissionAccess", {flag: int(flag in held) for flag in FLAGS}, LastCacheUpdate=org.now())
