"""Rows of the setup audit trail: actions, sections and sentences as orgs write them.

Names and sentences follow a published catalogue of rows from orgs ("Salesforce Setup Audit Trail Reference"); the few
that it lacks are listed in docs/salesforce.md.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.rules.base import Change
from connectors.salesforce.sandbox.store import Row, Value

USERS, GROUPS, QUEUES, SET_GROUPS = "Manage Users", "Groups", "Data Management", "Permission Set Group"
CASES = "Customize Cases"
_STANDARD = frozenset(
    {
        "System Administrator",
        "Standard User",
        "Minimum Access - Salesforce",
        "Partner Community User",
        "Customer Community User",
        "Chatter Free User",
    }
)
_NONE = "<None Specified>"
_PARTNERS, _CUSTOMERS = {"PowerPartner"}, {"PowerCustomerSuccess", "CustomerSuccess", "CspLitePortal"}
Entry = tuple[str, str, str]


def person(user: Row) -> str:
    """A user as most sentences name them."""
    return f"{user.get('Name')} (UserID: [{str(user.get('Id'))[: ids.SHORT]}])"


def moment(stored: Value) -> str:
    """An instant as sentences show it: `Sat May 20 06:59:59 GMT 2023`."""
    if stored is None:
        return "null"
    return datetime.fromisoformat(str(stored)).astimezone(UTC).strftime("%a %b %d %H:%M:%S GMT %Y")


def user_created(change: Change) -> Entry:
    """The row for a new user, by kind of user."""
    name, kind = change.value("Name"), change.value("UserType")
    if kind in _PARTNERS:
        return "createdpartneruser", "Partner Relationship Management", f"Created new Partner User {name}"
    if kind in _CUSTOMERS:
        return "createdcustomersuccessuser", "Customer Portal", f"Created new Customer User {name}"
    return "createduser", USERS, f"Created new user {name}"


def user_changed(change: Change) -> Iterator[Entry]:
    """A row for each change to a user that the trail knows of."""
    user = change.old | change.new
    name, who = user.get("Name"), person(user)
    if change.changes("IsPortalEnabled"):
        action, section, sort = (
            ("PRMUserDisabled", "Partner Relationship Management", "Partner")
            if user.get("UserType") in _PARTNERS
            else ("CSPUserDisabled", "Customer Portal", "Customer Portal")
        )
        yield action, section, f"User {user.get('Username')} disabled as a {sort} user"
    if change.changes("IsActive"):
        verb = "Activated" if change.new["IsActive"] else "Deactivated"
        yield f"{verb.lower()}user", USERS, f"{verb} user {who}"
    if change.changes("ProfileId"):
        before, after = (_named(change, "Profile", row.get("ProfileId")) for row in (change.old, user))
        kinds = tuple("std" if one in _STANDARD else "cust" for one in (before, after))
        suffix = "" if kinds == ("cust", "cust") else f"{kinds[0]}to{kinds[1]}"
        yield f"changedprofileforuser{suffix}", USERS, f"Changed profile for user {name} from {before} to {after}"
    if change.changes("UserRoleId"):
        before, after = (_named(change, "UserRole", row.get("UserRoleId")) for row in (change.old, user))
        suffix = "fromnone" if before == _NONE else "tonone" if after == _NONE else ""
        yield f"changedroleforuser{suffix}", USERS, f"Changed role for user {name} from {before} to {after}"
    if change.changes("Username"):
        text = f"from {change.old['Username']} to {user.get('Username')}"
        yield "changedusername", USERS, f"Changed username for {str(user.get('Id'))[: ids.SHORT]} {text}"
    if change.changes("Email"):
        yield "changedemail", USERS, f"Changed email for user {who} from {change.old['Email']} to {user.get('Email')}"
    if change.changes("FederationIdentifier"):
        before, after = (str(row.get("FederationIdentifier") or "null") for row in (change.old, user))
        yield "changedfederationid", USERS, f"Changed federation id for user {who} from {before} to {after}"
    if change.changes("DelegatedApproverId"):
        before, after = (_approver(change, row.get("DelegatedApproverId")) for row in (change.old, user))
        text = f"The delegate approver for user {who} changed from {before} to {after}"
        yield "changedDelegateApprover", USERS, text
    if change.changes("ManagerId"):
        before, after = (_named(change, "User", row.get("ManagerId")) for row in (change.old, user))
        yield "changedManager", USERS, f"The manager for user {who} changed from {before} to {after}"


def set_created(change: Change) -> Entry:
    """The row for a new permission set."""
    licence = change.value("LicenseId")
    label = f"Created permission set {change.value('Label')}:"
    if licence is None:
        return "PermSetCreateNoLicense", USERS, f"{label} with no license"
    kind = change.org.schema.of_id(str(licence))
    sort = "Permission Set License" if kind and kind.name == "PermissionSetLicense" else "User License"
    row = change.find(kind.name, licence) if kind else {}
    return "PermSetCreate", USERS, f"{label} with {sort} {row.get('MasterLabel')}"


def muting_created(change: Change) -> Entry:
    """The row for a new muting permission set; no published row of one is known."""
    return "PermSetCreateNoLicense", USERS, f"Created muting permission set {change.value('MasterLabel')}"


def set_changed(change: Change) -> Iterator[Entry]:
    """A row for each change to a permission set or a muting one: its names, its activation, each system permission."""
    muting = change.kind.name == "MutingPermissionSet"
    label, name = ("MasterLabel", "DeveloperName") if muting else ("Label", "Name")
    lead = f"Changed {'muting ' if muting else ''}permission set {change.value(label)}:"
    if change.changes(label):
        text = f"{lead} Master Label was changed from {change.old[label]} to {change.new[label]}"
        yield "PermSetLabelChange", USERS, text
    if change.changes(name):
        text = f"{lead} API name was changed from {change.old[name]} to {change.new[name]}"
        yield "PermSetDeveloperNameChange", USERS, text
    if change.changes("Description"):
        yield "PermSetDescriptionChange", USERS, f"{lead} description was changed"
    if change.changes("HasActivationRequired"):
        before, after = ("disabled", "enabled") if change.new["HasActivationRequired"] else ("enabled", "disabled")
        text = f"Changed Permission Set {change.value(label)}: Session Activation Required has changed "
        yield "PermSetHasActivationRequiredChange", USERS, f"{text}from {before} to {after}"
    for permission, value in change.new.items():
        if permission.startswith("Permissions") and change.changes(permission):
            verb, before, after = ("Enable", "disabled", "enabled") if value else ("Disable", "enabled", "disabled")
            flag = permission.removeprefix("Permissions")
            yield f"PermSet{verb}UserPerm", USERS, f"{lead} {flag} permission was changed from {before} to {after}"


def _approver(change: Change, record_id: Value) -> str:
    kind = change.org.schema.of_id(str(record_id)) if record_id is not None else None
    return _NONE if kind is None else _named(change, kind.name, record_id)


def _named(change: Change, kind: str, record_id: Value) -> str:
    return str(change.find(kind, record_id).get("Name") or _NONE)
