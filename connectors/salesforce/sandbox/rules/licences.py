"""Licences: how many there are, and what each allows."""

from connectors.salesforce.sandbox.errors import OrgError, integrity
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.base import Change
from connectors.salesforce.sandbox.rules.bundles import object_rights
from connectors.salesforce.sandbox.store import Row, Value

# User licences that come with no access to standard objects: a permission set that gives some is refused to their
# users. The one for integrations has it from a permission set licence (help, "Give Integration Users API Only Access").
_WITHOUT_OBJECTS = frozenset({"PID_Salesforce_Integration", "PID_Identity", "CSN"})
_INTEGRATION = "SalesforceAPIIntegrationPsl"
# What no user of a portal may do, whatever permission set says so.
_INTERNAL = ("ManageUsers", "ModifyAllData", "ViewAllData", "ViewSetup", "CustomizeApplication", "AuthorApex")
_PORTALS = frozenset({"PID_Partner_Community", "PID_Customer_Community"})


def take_user_licence(org: Org, profile_id: Value) -> None:
    """Refuses one more active user than were bought."""
    profile = org.store.get(org.schema["Profile"], str(profile_id)) or {}
    licence = org.store.get(org.schema["UserLicense"], str(profile.get("UserLicenseId")))
    if licence and used(org, str(licence["Id"])) >= int(licence["TotalLicenses"] or 0):
        raise exceeded(licence["Name"])


def used(org: Org, licence: str) -> int:
    """How many active users hold a user licence."""
    sql = (
        'SELECT count(*) FROM "User" JOIN "Profile" ON "Profile"."Id" = "User"."ProfileId" '
        'WHERE "Profile"."UserLicenseId" = ? AND "User"."IsActive" = 1'
    )
    return int(org.store.tuples(sql, [licence])[0][0] or 0)


def check_set(change: Change, role: Row, user: Row) -> None:
    """Refuses a permission set that the user's licence does not allow, and takes the licence that comes with it."""
    org, licence = change.org, role.get("LicenseId")
    own = org.store.get(org.schema["UserLicense"], str(change.find("Profile", user["ProfileId"]).get("UserLicenseId")))
    if licence is not None:
        kind = org.schema.of_id(str(licence))
        if kind and kind.name == "PermissionSetLicense":
            take_set_licence(change, str(user["Id"]), str(licence))
        elif own is None or licence != own["Id"]:
            flag = next((name for name in sorted(role) if name.startswith("Permissions") and role[name]), None)
            raise _not_allowed(role, user, flag.removeprefix("Permissions") if flag else str(role["Label"]))
    key = None if own is None else own["LicenseDefinitionKey"]
    if key in _WITHOUT_OBJECTS and not _holds(org, str(user["Id"]), _INTEGRATION):
        rights = sorted(object_rights(org, str(role["Id"])))
        if rights:
            name, right = rights[0]
            raise _not_allowed(role, user, f"{right.title()} {name}")
    if key in _PORTALS:
        for flag in _INTERNAL:
            if role.get(f"Permissions{flag}"):
                raise _not_allowed(role, user, flag)


def take_set_licence(change: Change, user_id: str, licence: str) -> None:
    """Assigns a permission set licence, as the org does with a permission set that is made for it."""
    org, kind = change.org, change.org.schema["PermissionSetLicenseAssign"]
    if org.store.find(kind, AssigneeId=user_id, PermissionSetLicenseId=licence):
        return
    check_set_licence(org, licence)
    org.add(kind.name, by=change.actor.user_id, AssigneeId=user_id, PermissionSetLicenseId=licence)
    recount_set_licence(org, licence)


def check_set_licence(org: Org, licence: Value) -> None:
    """Refuses one more holder of a permission set licence than were bought."""
    bought = org.store.get(org.schema["PermissionSetLicense"], str(licence)) or {}
    if int(bought.get("UsedLicenses") or 0) >= int(bought.get("TotalLicenses") or 0):
        raise exceeded(bought.get("MasterLabel"))


def recount_set_licence(org: Org, licence: Value) -> None:
    """Counts the holders of a permission set licence again."""
    held = org.store.find(org.schema["PermissionSetLicenseAssign"], PermissionSetLicenseId=licence)
    org.store.update(org.schema["PermissionSetLicense"], str(licence), {"UsedLicenses": len(held)})


def exceeded(name: Value) -> OrgError:
    """The refusal of one licence too many."""
    return OrgError("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded", fields=[str(name)])


def _not_allowed(role: Row, user: Row, permission: str) -> OrgError:
    message = (
        f"Can't assign permission set {role['Label']} to user {user['Name']}. "
        f"The user license doesn't allow the permission: {permission}"
    )
    return integrity(message, "PermissionSetId")


def _holds(org: Org, user_id: str, developer_name: str) -> bool:
    licences = org.store.find(org.schema["PermissionSetLicense"], DeveloperName=developer_name)
    kind = org.schema["PermissionSetLicenseAssign"]
    return any(org.store.find(kind, AssigneeId=user_id, PermissionSetLicenseId=one["Id"]) for one in licences)
