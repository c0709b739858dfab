"""Which user permissions guestlist's user needs in an org, as data: for the doctor, and for the permission set to make.

Sources: the special access rules in the Salesforce object reference of each object (PermissionSetAssignment,
PermissionSet, UserLogin, AuthSession, OauthToken, Group).
"""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from connectors.salesforce.soql import Query, select


@dataclass(frozen=True, slots=True)
class Right:
    """A user permission: its API name without `Permissions`, its label in Setup, and what it is needed for."""

    name: str
    label: str
    purpose: str

    @property
    def field(self) -> str:
        """The checkbox on PermissionSet and UserPermissionAccess."""
        return f"Permissions{self.name}"


NEEDED = (
    Right("ApiEnabled", "API Enabled", "every call"),
    Right("ViewSetup", "View Setup and Configuration", "reading permission sets, groups and assignments"),
    Right("ViewAllUsers", "View All Users", "reading users, whatever the sharing of users is"),
    Right("AssignPermissionSets", "Assign Permission Sets", "granting, ending and revoking assignments"),
    Right("ManageUsers", "Manage Users", "group and queue members, freezing, reading and ending sessions"),
    Right("CustomizeApplication", "Customize Application", "seeing the OAuth tokens of others, to revoke them"),
)
"""The least that every action of the connector needs. Setup adds what Manage Users depends on by itself."""

TOO_MUCH = (
    Right("ModifyAllData", "Modify All Data", "guestlist writes no business data"),
    Right("ViewAllData", "View All Data", "guestlist reads no business data"),
    Right("DataExport", "Weekly Data Export", "guestlist exports nothing"),
    Right("AuthorApex", "Author Apex", "guestlist deploys no code"),
    Right("BulkApiHardDelete", "Bulk API Hard Delete", "guestlist deletes no business data"),
    Right("PasswordNeverExpires", "Password Never Expires", "guestlist has no password"),
)
"""What our user should not have, and why."""

SEES_TOKENS = Query(
    "our own permissions", select("PermissionsCustomizeApplication", "UserPermissionAccess"), keyed=False
)
"""Without this permission the org shows only our own OAuth tokens, and says nothing about the others."""

OWN_RIGHTS = Query(
    "our own permissions",
    select(",".join(right.field for right in (*NEEDED, *TOO_MUCH)), "UserPermissionAccess"),
    keyed=False,
)


def permission_set() -> str:
    """The least rights as a permission set, in Salesforce's Metadata API form: `guestlist.permissionset-meta.xml`."""
    root = ET.Element("PermissionSet", xmlns="http://soap.sforce.com/2006/04/metadata")
    _add(root, "description", "What guestlist needs to govern vendor access; nothing more.")
    _add(root, "hasActivationRequired", "false")
    _add(root, "label", "guestlist")
    for right in sorted(NEEDED, key=lambda right: right.name):
        root.append(ET.Comment(f" {right.label}: {right.purpose} "))
        entry = ET.SubElement(root, "userPermissions")
        _add(entry, "enabled", "true")
        _add(entry, "name", right.name)
    ET.indent(root, "    ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text
