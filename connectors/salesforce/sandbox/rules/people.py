"""Users: what their profile makes of them, licences, portal access, deactivation and freezing."""

import re

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.errors import integrity
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.base import Change, Rules
from connectors.salesforce.sandbox.rules.leaving import check_leaving
from connectors.salesforce.sandbox.rules.licences import take_user_licence, used
from connectors.salesforce.sandbox.rules.sessions import end_sessions
from connectors.salesforce.sandbox.rules.trail import USERS, user_changed, user_created
from connectors.salesforce.sandbox.store import Row, Value

PORTAL_TYPES = {"PowerPartner", "PowerCustomerSuccess", "CustomerSuccess", "CspLitePortal"}


class UserRules(Rules):
    """The life of a user."""

    def before_create(self, change: Change) -> None:
        """Derives what the profile and the contact decide, and asks for a free licence."""
        new = change.new
        _check_username(change)
        new["Name"] = _full_name(new)
        new["CommunityNickname"] = new.get("CommunityNickname") or str(new["Username"]).split("@")[0][:40]
        self._follow_profile(change)
        self._follow_contact(change)
        if new.get("IsActive"):
            take_user_licence(change.org, new["ProfileId"])

    def after_create(self, change: Change) -> None:
        """Adds the login switch, the profile's own permission set, and the trail."""
        change.org.add("UserLogin", by=change.actor.user_id, UserId=change.record_id)
        hold_profile(change.org, change.record_id, change.value("ProfileId"))
        recount(change.org, change.value("ProfileId"))
        change.audit(*user_created(change))

    def before_update(self, change: Change) -> None:
        """Refuses to deactivate who is needed; carries out what leaving a portal means."""
        _check_username(change)
        if change.changes("IsPortalEnabled"):
            self._switch_portal(change)
        if change.changes("IsActive") and not change.new["IsActive"]:
            check_leaving(change)
        if change.new.get("ContactId") is not None and change.changes("ContactId"):
            raise integrity("ContactId can't be changed", "ContactId")
        if change.changes("ProfileId"):
            self._follow_profile(change)
        activated = change.changes("IsActive") and change.new["IsActive"]
        if activated or (change.changes("ProfileId") and change.value("IsActive")):
            take_user_licence(change.org, change.value("ProfileId"))
        if {"FirstName", "LastName"} & change.new.keys():
            change.new["Name"] = _full_name(change.old | change.new)

    def after_update(self, change: Change) -> None:
        """Ends the sessions of who was deactivated, moves to another profile's set, counts licences again."""
        if change.changes("ProfileId"):
            hold_profile(change.org, change.record_id, change.value("ProfileId"))
            recount(change.org, change.old["ProfileId"])
        for entry in user_changed(change):
            change.audit(*entry)
        if change.changes("IsActive") and not change.new["IsActive"]:
            end_sessions(change.org, change.record_id)
        recount(change.org, change.value("ProfileId"))

    def _follow_profile(self, change: Change) -> None:
        profile = change.find("Profile", change.value("ProfileId"))
        change.new["UserType"] = profile.get("UserType")

    def _follow_contact(self, change: Change) -> None:
        contact = change.new.get("ContactId")
        portal = change.new["UserType"] in PORTAL_TYPES
        if contact is None:
            if portal:
                raise integrity("Portal users must be associated to a contact", "ContactId")
            return
        if not portal:
            raise integrity("Only portal users can be associated to a contact", "ContactId")
        account = change.find("Contact", contact).get("AccountId")
        if account is None:
            raise integrity("The contact of a portal user must belong to an account", "ContactId")
        change.new |= {"AccountId": account, "IsPortalEnabled": 1}

    def _switch_portal(self, change: Change) -> None:
        """Leaving a portal deactivates and lets go of the contact for good; it does not go with `IsActive`."""
        if change.new["IsPortalEnabled"]:
            message = "A user that is no portal user, or was one, cannot be enabled for a portal"
            raise integrity(message, "IsPortalEnabled")
        if "IsActive" in change.new:
            message = "IsActive and IsPortalEnabled can't be changed in one request"
            raise integrity(message, "IsActive", "IsPortalEnabled")
        change.new |= {"IsActive": 0, "ContactId": None, "AccountId": None}


class LoginRules(Rules):
    """The switch that stops logins. Sessions that are open stay open."""

    def before_update(self, change: Change) -> None:
        """A password can be unlocked, not locked; nobody freezes themselves."""
        if change.new.get("IsPasswordLocked"):
            raise integrity("IsPasswordLocked can only be set to false", "IsPasswordLocked")
        if change.new.get("IsFrozen") and change.old["UserId"] == change.actor.user_id:
            raise integrity("You can't freeze yourself", "IsFrozen")

    def after_update(self, change: Change) -> None:
        """Leaves a trail."""
        user = change.find("User", change.old["UserId"])
        if change.changes("IsFrozen"):
            verb = "froze" if change.new["IsFrozen"] else "unfroze"
            change.audit(f"{verb}user", USERS, f"{verb.capitalize()} user account for {user.get('Name')}")
        if change.changes("IsPasswordLocked"):
            text = f"Unlocked user {user.get('Username')} (UserID: [{str(user.get('Id'))[: ids.SHORT]}])"
            change.audit("unlockeduser", USERS, text)


class ContactRules(Rules):
    """Contacts have a name made of two."""

    def before_create(self, change: Change) -> None:
        """Fills the name and the owner."""
        change.new["Name"] = _full_name(change.new)
        change.new["OwnerId"] = change.new.get("OwnerId") or change.actor.user_id

    def before_update(self, change: Change) -> None:
        """Keeps the name."""
        change.new["Name"] = _full_name(change.old | change.new)


def _check_username(change: Change) -> None:
    """A user name looks like an e-mail address, if only just (object reference, User; as quoted from orgs)."""
    if "Username" in change.new and not re.fullmatch(r"\S+@\S+\.\S+", str(change.new["Username"])):
        message = "Username must be in the form of an email address (for example, john@acme.com): Username"
        raise integrity(message, "Username")


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
        org.store.update(org.schema["UserLicense"], licence, {"UsedLicenses": used(org, licence)})


def _full_name(row: Row) -> str:
    return " ".join(str(part) for part in (row.get("FirstName"), row.get("LastName")) if part)
