"""Who is given which permission sets, groups and licences, until when."""

from connectors.salesforce.sandbox.errors import OrgError, deleted, integrity, out_of_reach, read_only
from connectors.salesforce.sandbox.rules import licences
from connectors.salesforce.sandbox.rules.base import Change, Rules
from connectors.salesforce.sandbox.rules.bundles import aggregate, set_of
from connectors.salesforce.sandbox.rules.trail import USERS, moment, person
from connectors.salesforce.sandbox.store import DELETED, Row

__all__ = ["AssignmentRules", "LicenseAssignRules", "aggregate"]

# A permission set with one of these takes no end (Salesforce help, "Set Assignment Expiration Details").
_ENDLESS = ("AssignPermissionSets", "ManageProfilesPermissionsets", "ManageUsers")


class AssignmentRules(Rules):
    """Who holds which permission set or group."""

    finds_lapsed = True

    def before_create(self, change: Change) -> None:
        """Refuses duplicates, what a licence does not allow, and ends that are past."""
        new = change.new
        wanted, group = new.get("PermissionSetId"), new.get("PermissionSetGroupId")
        if (wanted is None) == (group is None):
            message = "Specify either a permission set or a permission set group"
            raise integrity(message, "PermissionSetId", "PermissionSetGroupId")
        if group is not None:
            wanted = new["PermissionSetId"] = set_of(change.org, str(group))
        role, user = change.find("PermissionSet", wanted), change.find("User", new["AssigneeId"])
        if role.get("IsOwnedByProfile") or (role.get("Type") == "Group" and group is None):
            raise out_of_reach()
        self._check_duplicate(change)
        self._check_end(change, role)
        for part in self._parts(change, role):
            licences.check_set(change, part, user)

    def before_update(self, change: Change) -> None:
        """Only the end can change. One that is past is moved on only where the org keeps the expired row for that."""
        role = change.find("PermissionSet", change.old["PermissionSetId"])
        if role.get("IsOwnedByProfile"):
            raise read_only()
        if _lapsed(change.old, change.org.now()):
            kept = change.org.switches.assignment_expiry and not change.org.switches.regrant_after_expiry
            if not kept or "ExpirationDate" not in change.new:
                raise deleted()
        self._check_end(change, role)

    def before_delete(self, change: Change) -> None:
        """What a profile gives goes only with the profile."""
        if _lapsed(change.old, change.org.now()):
            raise deleted()
        if change.find("PermissionSet", change.old["PermissionSetId"]).get("IsOwnedByProfile"):
            raise read_only()

    def after_create(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "Assign", "assigned to")

    def after_update(self, change: Change) -> None:
        """Leaves a trail."""
        if change.changes("ExpirationDate"):
            before, after = moment(change.old["ExpirationDate"]), moment(change.new["ExpirationDate"])
            what, user = self._named(change)
            text = f"{what} assigned to user {user}: expiration was changed from {before} to {after}"
            change.audit("PermSetAssignmentExpirationChange", USERS, text)

    def after_delete(self, change: Change) -> None:
        """Leaves a trail."""
        self._trail(change, "Unassign", "unassigned from")

    def _check_duplicate(self, change: Change) -> None:
        user, role = change.new["AssigneeId"], change.new["PermissionSetId"]
        switches = change.org.switches
        for held in change.org.store.find(change.kind, AssigneeId=user, PermissionSetId=role):
            again = switches.regrant_after_expiry or not switches.assignment_expiry
            if not again or not _lapsed(held, change.org.now()):
                message = f"Duplicate PermissionSetAssignment. Assignee: {user}; Permission Set: {role}"
                raise OrgError("DUPLICATE_VALUE", message, fields=[])

    def _check_end(self, change: Change, role: Row) -> None:
        end = change.new.get("ExpirationDate")
        if end is None:
            return
        if str(end) <= change.org.now():
            raise integrity("The expiration date must be in the future", "ExpirationDate")
        if any(role.get(f"Permissions{flag}") for flag in _ENDLESS):
            message = f"Assignments of permission set {role.get('Label')} can't have an expiration date"
            raise integrity(message, "ExpirationDate")

    def _parts(self, change: Change, role: Row) -> list[Row]:
        """The permission sets whose licences count: the set, or those in the group."""
        group = role.get("PermissionSetGroupId")
        if group is None:
            return [role]
        kinds = change.org.schema["PermissionSetGroupComponent"]
        held = change.org.store.find(kinds, PermissionSetGroupId=group)
        return [row for one in held if (row := change.find("PermissionSet", one["PermissionSetId"]))]

    def _named(self, change: Change) -> tuple[str, str]:
        """The set or group, and the user, as the trail names them."""
        group = change.value("PermissionSetGroupId")
        role = change.find("PermissionSet", change.value("PermissionSetId"))
        named = change.find("PermissionSetGroup", group).get("MasterLabel") if group else role.get("Label")
        user = person(change.find("User", change.value("AssigneeId")))
        return f"Permission set {'group ' if group else ''}{named}", user

    def _trail(self, change: Change, verb: str, how: str) -> None:
        what, user = self._named(change)
        end = change.value("ExpirationDate")
        if change.value("PermissionSetGroupId"):
            change.audit(f"PermSetGroup{verb}", USERS, f"{what}: {how} user {user}")
        elif end is None:
            change.audit(f"PermSet{verb}", USERS, f"{what}: {how} user {user}")
        else:
            until = f", expiring on {moment(end)}" if verb == "Assign" else ""
            change.audit(f"PermSet{verb}_HasExpiration", USERS, f"{what} with expiration: {how} user {user}{until}")


class LicenseAssignRules(Rules):
    """Licences that come with permission sets are counted."""

    def before_create(self, change: Change) -> None:
        """Refuses duplicates and more than were bought."""
        licence, user = change.new["PermissionSetLicenseId"], change.new["AssigneeId"]
        if change.org.store.find(change.kind, PermissionSetLicenseId=licence, AssigneeId=user):
            message = f"Duplicate PermissionSetLicenseAssign. Assignee: {user}; Permission Set License: {licence}"
            raise OrgError("DUPLICATE_VALUE", message, fields=[])
        licences.check_set_licence(change.org, licence)

    def after_create(self, change: Change) -> None:
        """Counts again and leaves a trail."""
        label, user = self._named(change)
        change.audit("PermSetLicenseAssign", USERS, f"Permission set license {label}: assigned to user {user}")

    def after_delete(self, change: Change) -> None:
        """Counts again and leaves a trail."""
        label, user = self._named(change)
        change.audit("PermSetLicenseUnassign", USERS, f"Permission set license {label} removed from user {user}")

    def _named(self, change: Change) -> tuple[str, str]:
        licence = change.value("PermissionSetLicenseId")
        licences.recount_set_licence(change.org, licence)
        label = change.find("PermissionSetLicense", licence).get("MasterLabel")
        return str(label), person(change.find("User", change.value("AssigneeId")))


def _lapsed(row: Row, now: str) -> bool:
    """Whether an assignment ended by the clock; one that was taken away did not."""
    end = row["ExpirationDate"]
    return not row[DELETED] and end is not None and str(end) <= now
