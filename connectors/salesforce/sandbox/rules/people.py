"""Users: what their profile makes of them, licences, portal access, deactivation and freezing."""

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.base import Change, Rules
from connectors.salesforce.sandbox.rules.sessions import end_sessions
from connectors.salesforce.sandbox.store import Row, Value

_PORTAL_TYPES = {"PowerPartner", "PowerCustomerSuccess", "CustomerSuccess", "CspLitePortal"}


class UserRules(Rules):
    """The life of a user."""

    def before_create(self, change: Change) -> None:
        """Derives what the profile and the contact decide, and asks for a free licence."""
        new = change.new
        new["Name"] = _full_name(new)
        new["CommunityNickname"] = new.get("CommunityNickname") or str(new["Username"]).split("@")[0][:40]
        self._follow_profile(change)
        self._follow_contact(change)
        if new.get("IsActive"):
            _take_licence(change.org, new["ProfileId"])

    def after_create(self, change: Change) -> None:
        """Adds the login switch, the profile's own permission set, and the trail."""
        change.org.add("UserLogin", by=change.actor.user_id, UserId=change.record_id)
        hold_profile(change.org, change.record_id, change.value("ProfileId"))
        recount(change.org, change.value("ProfileId"))
        change.audit("createduser", "Manage Users", f"Created new user {change.value('Name')}")

    def before_update(self, change: Change) -> None:
        """Refuses to deactivate oneself; carries out what leaving a portal means."""
        if change.changes("IsActive") and not change.new["IsActive"] and change.record_id == change.actor.user_id:
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", "Cannot de-activate self", fields=[])
        if change.changes("IsPortalEnabled"):
            self._switch_portal(change)
        if change.changes("ContactId") and change.new["ContactId"] is not None:
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", "ContactId can't be changed", fields=["ContactId"])
        if change.changes("ProfileId"):
            self._follow_profile(change)
        activated = change.changes("IsActive") and change.new["IsActive"]
        if activated or (change.changes("ProfileId") and change.value("IsActive")):
            _take_licence(change.org, change.value("ProfileId"))
        if {"FirstName", "LastName"} & change.new.keys():
            change.new["Name"] = _full_name(change.old | change.new)

    def after_update(self, change: Change) -> None:
        """Ends the sessions of who was deactivated, moves to another profile's set, counts licences again."""
        if change.changes("ProfileId"):
            hold_profile(change.org, change.record_id, change.value("ProfileId"))
            recount(change.org, change.old["ProfileId"])
            name = change.find("Profile", change.value("ProfileId")).get("Name")
            text = f"Changed profile for user {change.value('Name')} to {name}"
            change.audit("changedprofileforuser", "Manage Users", text)
        if change.changes("IsActive"):
            verb = "Activated" if change.new["IsActive"] else "Deactivated"
            change.audit(f"{verb.lower()}user", "Manage Users", f"{verb} user {change.value('Name')}")
            if not change.new["IsActive"]:
                end_sessions(change.org, change.record_id)
        recount(change.org, change.value("ProfileId"))

    def _follow_profile(self, change: Change) -> None:
        profile = change.find("Profile", change.value("ProfileId"))
        change.new["UserType"] = profile.get("UserType")

    def _follow_contact(self, change: Change) -> None:
        contact = change.new.get("ContactId")
        if contact is None:
            if change.new["UserType"] in _PORTAL_TYPES:
                message = "Portal users must be associated to a contact"
                raise OrgError("FIELD_INTEGRITY_EXCEPTION", message, fields=["ContactId"])
            return
        if change.new["UserType"] not in _PORTAL_TYPES:
            message = "Only portal users can be associated to a contact"
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", message, fields=["ContactId"])
        change.new["AccountId"] = change.find("Contact", contact).get("AccountId")
        change.new["IsPortalEnabled"] = 1

    def _switch_portal(self, change: Change) -> None:
        """Leaving a portal deactivates and lets go of the contact for good (Object Reference, User.IsPortalEnabled)."""
        if change.new["IsPortalEnabled"]:
            message = "A user that left the portal cannot be enabled again"
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", message, fields=["IsPortalEnabled"])
        if "IsActive" in change.new:
            message = "IsActive and IsPortalEnabled can't be changed in one request"
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", message, fields=["IsActive", "IsPortalEnabled"])
        change.new |= {"IsActive": 0, "ContactId": None, "AccountId": None}


class LoginRules(Rules):
    """The switch that stops logins. Sessions that are open stay open."""

    def before_update(self, change: Change) -> None:
        """A password can be unlocked, not locked; nobody freezes themselves."""
        if change.new.get("IsPasswordLocked"):
            message = "IsPasswordLocked can only be set to false"
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", message, fields=["IsPasswordLocked"])
        if change.new.get("IsFrozen") and change.old["UserId"] == change.actor.user_id:
            raise OrgError("FIELD_INTEGRITY_EXCEPTION", "You can't freeze yourself", fields=["IsFrozen"])

    def after_update(self, change: Change) -> None:
        """Leaves a trail."""
        if change.changes("IsFrozen"):
            verb = "froze" if change.new["IsFrozen"] else "unfroze"
            name = change.find("User", change.old["UserId"]).get("Username")
            change.audit(f"{verb}user", "Manage Users", f"{verb.capitalize()} user {name}")


class ContactRules(Rules):
    """Contacts have a name made of two."""

    def before_create(self, change: Change) -> None:
        """Fills the name and the owner."""
        change.new["Name"] = _full_name(change.new)
        change.new["OwnerId"] = change.new.get("OwnerId") or change.actor.user_id

    def before_update(self, change: Change) -> None:
        """Keeps the name."""
        change.new["Name"] = _full_name(change.old | change.new)


def hold_profile(org: Org, user_id: str, profile_id: Value) -> None:
    """Makes the user hold exactly the permission set of that profile, as the org does by itself."""
    assignments = org.schema["PermissionSetAssignment"]
    for held in org.store.find(assignments, AssigneeId=user_id):
        kept = org.store.get(org.schema["PermissionSet"], str(held["PermissionSetId"]))
        if kept and kept["IsOwnedByProfile"]:
            org.store.delete(assignments, str(held["Id"]))
    for owned in org.store.find(org.schema["PermissionSet"], ProfileId=profile_id):
        org.add("PermissionSetAssignment", AssigneeId=user_id, PermissionSetId=owned["Id"])


def recount(org: Org, profile_id: Value) -> None:
    """Counts the active users of the licence behind a profile again."""
    profile = org.store.get(org.schema["Profile"], str(profile_id))
    if profile:
        licence = str(profile["UserLicenseId"])
        org.store.update(org.schema["UserLicense"], licence, {"UsedLicenses": _used(org, licence)})


def _used(org: Org, licence: str) -> int:
    sql = (
        'SELECT count(*) FROM "User" JOIN "Profile" ON "Profile"."Id" = "User"."ProfileId" '
        'WHERE "Profile"."UserLicenseId" = ? AND "User"."IsActive" = 1'
    )
    return int(org.store.tuples(sql, [licence])[0][0] or 0)


def _take_licence(org: Org, profile_id: Value) -> None:
    profile = org.store.get(org.schema["Profile"], str(profile_id)) or {}
    licence = org.store.get(org.schema["UserLicense"], str(profile.get("UserLicenseId")))
    if licence and _used(org, str(licence["Id"])) >= int(licence["TotalLicenses"] or 0):
        raise OrgError("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded", fields=[str(licence["Name"])])


def _full_name(row: Row) -> str:
    return " ".join(str(part) for part in (row.get("FirstName"), row.get("LastName")) if part)


def short(record_id: Value) -> str:
    """An id as messages show it."""
    return str(record_id)[: ids.SHORT]
