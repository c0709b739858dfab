"""Permission sets, the groups that bundle them, and who is given them until when."""

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.base import Change, Rules
from connectors.salesforce.sandbox.schema.reader import permission_names
from connectors.salesforce.sandbox.store import Row, Value

_FLAGS = tuple(f"Permissions{name}" for name in permission_names())


class AssignmentRules(Rules):
    """Who holds which permission set or group."""

    def before_create(self, change: Change) -> None:
        """Refuses duplicates, what a licence does not allow, and ends that are past."""
        new = change.new
        wanted, group = new.get("PermissionSetId"), new.get("PermissionSetGroupId")
        if (wanted is None) == (group is None):
            message = "Specify either a permission set or a permission set group"
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", message, fields=["PermissionSetId", "PermissionSetGroupId"])
        if group is not None:
            wanted = new["PermissionSetId"] = aggregate(change.org, str(group))
        role = change.find("PermissionSet", wanted)
        if role.get("IsOwnedByProfile") or (role.get("Type") == "Group" and group is None):
            raise OrgError(
                "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
                "insufficient access rights on cross-reference id",
                fields=[],
            )
        self._check_duplicate(change)
        self._check_licence(change, role)
        self._check_end(change)

    def before_update(self, change: Change) -> None:
        """Only the end can change."""
        self._not_of_profile(change)
        self._check_end(change)

    def before_delete(self, change: Change) -> None:
        """What a profile gives goes only with the profile."""
        self._not_of_profile(change)

    def after_create(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "PermSetAssign", "assigned to")

    def after_delete(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "PermSetUnassign", "unassigned from")

    def _check_duplicate(self, change: Change) -> None:
        user, role = change.new["AssigneeId"], change.new["PermissionSetId"]
        for held in change.org.store.find(change.kind, AssigneeId=user, PermissionSetId=role):
            end = held["ExpirationDate"]
            lapsed = end is not None and str(end) <= change.org.now()
            if not lapsed or not change.org.switches.regrant_after_expiry:
                message = f"Duplicate PermissionSetAssignment. Assignee: {user}; Permission Set: {role}"
                raise OrgError("DUPLICATE_VALUE", message, fields=[])

    def _check_licence(self, change: Change, role: Row) -> None:
        licence = role.get("LicenseId")
        if licence is None:
            return
        user = change.find("User", change.new["AssigneeId"])
        own = change.find("Profile", user["ProfileId"]).get("UserLicenseId")
        if licence == own or _has_set_licence(change.org, user["Id"], licence):
            return
        flag = next((name.removeprefix("Permissions") for name in _FLAGS if role.get(name)), str(role["Label"]))
        message = (
            f"Can't assign permission set {role['Label']} to user {user['Name']}. "
            f"The user license doesn't allow the permission: {flag}"
        )
        raise OrgError("FIELD_INTEGRITY_EXCEPTION", message, fields=["PermissionSetId"])

    def _check_end(self, change: Change) -> None:
        end = change.new.get("ExpirationDate")
        if end is None:
            return
        if not change.org.switches.assignment_expiry:
            message = (
                "Unable to create/update fields: ExpirationDate. Please check the security settings of this field and "
                "verify that it is read/write for your profile or permission set."
            )
            raise OrgError("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=["ExpirationDate"])
        if str(end) <= change.org.now():
            message = "The expiration date must be in the future"
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", message, fields=["ExpirationDate"])

    def _not_of_profile(self, change: Change) -> None:
        if change.find("PermissionSet", change.old["PermissionSetId"]).get("IsOwnedByProfile"):
            raise OrgError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", fields=[])

    def _trail(self, change: Change, action: str, what: str) -> None:
        role = change.find("PermissionSet", change.value("PermissionSetId"))
        user = change.find("User", change.value("AssigneeId"))
        text = f"Permission set {role.get('Label')}: {what} user {user.get('Name')} (UserID: [{user.get('Id')}])"
        change.audit(action, "Manage Users", text)


class PermissionSetRules(Rules):
    """Permission sets made by hand, and those that the org keeps for profiles and groups."""

    def before_create(self, change: Change) -> None:
        """Names are unique."""
        change.new |= {"IsCustom": 1, "IsOwnedByProfile": 0, "Type": "Regular"}
        if change.org.store.find(change.kind, Name=change.new["Name"]):
            message = f"duplicate value found: Name duplicates value on record: {change.new['Name']}"
            raise OrgError("DUPLICATE_DEVELOPER_NAME", message, fields=["Name"])

    def before_update(self, change: Change) -> None:
        """A group's aggregate is worked out, not written."""
        if change.old["Type"] == "Group":
            raise OrgError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", fields=[])

    def after_update(self, change: Change) -> None:
        """Groups that hold it are worked out again."""
        holders = change.org.schema["PermissionSetGroupComponent"]
        for held in change.org.store.find(holders, PermissionSetId=change.record_id):
            aggregate(change.org, str(held["PermissionSetGroupId"]))

    def before_delete(self, change: Change) -> None:
        """What is assigned cannot be deleted."""
        if change.old["IsOwnedByProfile"] or change.old["Type"] == "Group":
            raise OrgError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", fields=[])
        if change.org.store.find(change.org.schema["PermissionSetAssignment"], PermissionSetId=change.record_id):
            message = "You can't delete a permission set that's assigned to users"
            raise OrgError("DELETE_FAILED", message, fields=[])


class GroupSetRules(Rules):
    """Bundles of permission sets."""

    def before_create(self, change: Change) -> None:
        """Nothing is to be worked out yet."""
        change.new["Status"] = "Updated"
        if change.org.store.find(change.kind, DeveloperName=change.new["DeveloperName"]):
            message = f"duplicate value found: DeveloperName duplicates value on record: {change.new['DeveloperName']}"
            raise OrgError("DUPLICATE_DEVELOPER_NAME", message, fields=["DeveloperName"])

    def after_create(self, change: Change) -> None:
        """Its flags live in a permission set of their own."""
        aggregate(change.org, change.record_id)

    def after_delete(self, change: Change) -> None:
        """Assignments go with it."""
        held = change.org.schema["PermissionSetAssignment"]
        for row in change.org.store.find(held, PermissionSetGroupId=change.record_id):
            change.org.store.delete(held, str(row["Id"]))


class ComponentRules(Rules):
    """What a bundle holds."""

    def before_create(self, change: Change) -> None:
        """Each set once."""
        group, part = change.new["PermissionSetGroupId"], change.new["PermissionSetId"]
        if change.org.store.find(change.kind, PermissionSetGroupId=group, PermissionSetId=part):
            message = "This permission set is already in the permission set group"
            raise OrgError("DUPLICATE_VALUE", message, fields=[])

    def after_create(self, change: Change) -> None:
        """The bundle is worked out again."""
        aggregate(change.org, str(change.value("PermissionSetGroupId")))

    def after_delete(self, change: Change) -> None:
        """The bundle is worked out again."""
        aggregate(change.org, str(change.value("PermissionSetGroupId")))


class LicenseAssignRules(Rules):
    """Licences that come with permission sets are counted."""

    def before_create(self, change: Change) -> None:
        """Refuses duplicates and more than were bought."""
        licence, user = change.new["PermissionSetLicenseId"], change.new["AssigneeId"]
        if change.org.store.find(change.kind, PermissionSetLicenseId=licence, AssigneeId=user):
            message = f"Duplicate PermissionSetLicenseAssign. Assignee: {user}; Permission Set License: {licence}"
            raise OrgError("DUPLICATE_VALUE", message, fields=[])
        bought = change.find("PermissionSetLicense", licence)
        if int(bought["UsedLicenses"] or 0) >= int(bought["TotalLicenses"] or 0):
            raise OrgError("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded", fields=[str(bought["MasterLabel"])])

    def after_create(self, change: Change) -> None:
        """Counts again."""
        self._recount(change, change.new["PermissionSetLicenseId"])

    def after_delete(self, change: Change) -> None:
        """Counts again."""
        self._recount(change, change.old["PermissionSetLicenseId"])

    def _recount(self, change: Change, licence: Value) -> None:
        used = len(change.org.store.find(change.kind, PermissionSetLicenseId=licence))
        change.org.store.update(change.org.schema["PermissionSetLicense"], str(licence), {"UsedLicenses": used})


def aggregate(org: Org, group_id: str) -> str:
    """Works out the permission set that stands for a group: what its parts allow, minus what its muting sets mute.

    Returns:
        The id of that permission set, made on first need (`Type` is `Group`).
    """
    parts: list[Row] = []
    muted: list[Row] = []
    for held in org.store.find(org.schema["PermissionSetGroupComponent"], PermissionSetGroupId=group_id):
        part = str(held["PermissionSetId"])
        kind = org.schema.of_id(part)
        row = org.store.get(kind, part) if kind else None
        if row and kind:
            (muted if kind.name == "MutingPermissionSet" else parts).append(row)
    flags: Row = {
        name: int(any(part[name] for part in parts) and not any(mute[name] for mute in muted)) for name in _FLAGS
    }
    kind = org.schema["PermissionSet"]
    present = org.store.find(kind, PermissionSetGroupId=group_id)
    if present:
        org.store.update(kind, str(present[0]["Id"]), flags)
        return str(present[0]["Id"])
    group = org.store.get(org.schema["PermissionSetGroup"], group_id) or {}
    return org.add(
        "PermissionSet",
        flags,
        Name=f"X{group_id[: ids.SHORT]}",
        Label=group.get("MasterLabel"),
        Type="Group",
        PermissionSetGroupId=group_id,
    )


def _has_set_licence(org: Org, user_id: Value, licence: Value) -> bool:
    kind = org.schema["PermissionSetLicenseAssign"]
    return bool(org.store.find(kind, AssigneeId=user_id, PermissionSetLicenseId=licence))
