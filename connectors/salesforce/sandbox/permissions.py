"""System permissions: what a user's profile, permission sets and groups allow together, as of now."""

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema.reader import permission_names

FLAGS = tuple(f"Permissions{name}" for name in permission_names())


def sources(org: Org, user_id: str) -> list[str]:
    """The permission sets whose contents the user has now: the profile's own, the assigned ones, groups' aggregates."""
    kind = org.schema["PermissionSetAssignment"]
    held = org.store.alive(kind, org.now(), AssigneeId=user_id)
    return [str(row["PermissionSetId"]) for row in held]


def flags(org: Org, user_id: str) -> frozenset[str]:
    """The system permissions (`PermissionsViewAllData`, …) that the user has."""
    kind = org.schema["PermissionSet"]
    rows = [org.store.get(kind, source) or {} for source in sources(org, user_id)]
    return frozenset(flag for flag in FLAGS if any(row.get(flag) for row in rows))


def refresh_own_access(org: Org, user_id: str, sql: str) -> None:
    """Fills `UserPermissionAccess` for who asks, if the statement reads it: it always tells of the asker."""
    if '"UserPermissionAccess"' not in sql:
        return
    held = flags(org, user_id)
    org.store.execute('DELETE FROM "UserPermissionAccess"')
    org.add("UserPermissionAccess", {flag: int(flag in held) for flag in FLAGS}, LastCacheUpdate=org.now())
