"""What guestlist's user needs in an org, as data: for the doctor, and for the permission set to make.

Sources: the special access rules in the Salesforce object reference of each object (PermissionSetAssignment,
PermissionSet, UserLogin, AuthSession, OauthToken, Group, UserRole, CaseShare, AccountShare). Rows of shares and teams
are shown for records that the asker sees, so reading all of them takes View All on the object: that shows which records
there are, and of their fields only those that no field permission hides. View All Data is not needed. Sharing by hand
is for who has full access to a record, so writing shares takes Modify All on the object.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar
from xml.etree import ElementTree as ET

from connectors.salesforce.soql import Query, one_of, quote, select
from connectors.salesforce.vocabulary import DELETE, EDIT, FLAG_WORDS, MODIFY_ALL, OBJECT_FLAGS, READ, VIEW_ALL


@dataclass(frozen=True, slots=True)
class Right:
    """A user permission: its API name without `Permissions`, its label in Setup, and what it is needed for.

    Attributes:
        writes: whether only a target that guestlist writes to needs it.
    """

    name: str
    label: str
    purpose: str
    writes: bool = False

    @property
    def field(self) -> str:
        """The checkbox on PermissionSet and UserPermissionAccess."""
        return f"Permissions{self.name}"


@dataclass(frozen=True, slots=True)
class ObjectRight:
    """Object permissions: the checkboxes of ObjectPermissions, and what they are needed for.

    Attributes:
        writes: whether only a target that guestlist writes to needs them.
    """

    name: str
    rights: frozenset[str]
    purpose: str
    writes: bool = False

    @property
    def label(self) -> str:
        """What people call them."""
        return f"{', '.join(FLAG_WORDS[right] for right in OBJECT_FLAGS if right in self.rights)} on {self.name}"


NEEDED = (
    Right("ApiEnabled", "API Enabled", "every call"),
    Right("ViewSetup", "View Setup and Configuration", "reading permission sets, groups, licences and assignments"),
    Right("ViewAllUsers", "View All Users", "reading users, whatever the sharing of users is"),
    Right("AssignPermissionSets", "Assign Permission Sets", "granting, ending and revoking assignments", writes=True),
    Right(
        "ManageUsers",
        "Manage Users",
        "group and queue members, roles, freezing, creating and deactivating users, reading and ending sessions",
    ),
    Right("CustomizeApplication", "Customize Application", "seeing the OAuth tokens of others, to revoke them"),
)
"""The least that every action of the connector needs. Setup adds what Manage Users depends on by itself."""

DEFINING = (
    Right(
        "ManageProfilesPermissionsets",
        "Manage Profiles and Permission Sets",
        "creating, repairing and deleting the permission sets of roles that say what they allow",
        writes=True,
    ),
)
"""What only an org needs in which guestlist defines roles."""

_READING = frozenset({READ, VIEW_ALL})
_WRITING = frozenset({MODIFY_ALL})
OBJECTS = (
    ObjectRight("Account", _READING, "reading shares and teams of all accounts"),
    ObjectRight("Account", _WRITING, "giving and taking away shares and team places of accounts", writes=True),
    ObjectRight("Case", _READING, "reading shares and teams of all cases, and which are open in a queue"),
    ObjectRight("Case", _WRITING, "giving and taking away shares and team places of cases", writes=True),
)
"""Object permissions."""
_WITH = {MODIFY_ALL: frozenset({EDIT, DELETE})}
"""What Setup does not let go without the other."""

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
    select(",".join(right.field for right in (*NEEDED, *DEFINING, *TOO_MUCH)), "UserPermissionAccess"),
    keyed=False,
)


AnyRight = TypeVar("AnyRight", Right, ObjectRight)


def of_mode(rights: Iterable[AnyRight], *, writes: bool) -> list[AnyRight]:
    """Those that a target needs, which guestlist writes to or not."""
    return [right for right in rights if writes or not right.writes]


def own_objects(user: str) -> Query:
    """What our permission sets allow us on the objects that are shared."""
    held = select("PermissionSetId", "PermissionSetAssignment", f"AssigneeId = {quote(user)}")
    names = sorted({right.name for right in OBJECTS})
    where = f"{one_of('SobjectType', names)} AND ParentId IN ({held})"
    fields = f"Id,SobjectType,{','.join(OBJECT_FLAGS)}"
    return Query("our own object permissions", select(fields, "ObjectPermissions", where))


def permission_set(*, writes: bool = True) -> str:
    """The least rights as a permission set, in Salesforce's Metadata API form: `guestlist.permissionset-meta.xml`.

    Without `writes`, for a target that guestlist only looks at: it can then neither assign permission sets nor share
    records nor define roles. (What Manage Users lets write, reading takes too.)
    """
    root = ET.Element("PermissionSet", xmlns="http://soap.sforce.com/2006/04/metadata")
    _add(root, "description", "What guestlist needs to govern vendor access; nothing more.")
    _add(root, "hasActivationRequired", "false")
    _add(root, "label", "guestlist")
    objects = of_mode(OBJECTS, writes=writes)
    for name in sorted({right.name for right in objects}):
        _object(root, name, [right for right in objects if right.name == name])
    for right in sorted(of_mode((*NEEDED, *DEFINING), writes=writes), key=lambda right: right.name):
        root.append(ET.Comment(f" {right.label}: {right.purpose} "))
        entry = ET.SubElement(root, "userPermissions")
        _add(entry, "enabled", "true")
        _add(entry, "name", right.name)
    ET.indent(root, "    ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


_ELEMENTS = (
    ("allowCreate", "PermissionsCreate"),
    ("allowDelete", DELETE),
    ("allowEdit", EDIT),
    ("allowRead", READ),
    ("modifyAllRecords", MODIFY_ALL),
    ("object", ""),
    ("viewAllRecords", VIEW_ALL),
)
"""The elements of `objectPermissions` and the checkboxes they stand for (Metadata API, PermissionSet)."""


def _object(root: ET.Element, name: str, needed: Iterable[ObjectRight]) -> None:
    rights: set[str] = set()
    for right in needed:
        root.append(ET.Comment(f" {right.label}: {right.purpose} "))
        rights |= right.rights.union(*(_WITH.get(one, frozenset()) for one in right.rights))
    entry = ET.SubElement(root, "objectPermissions")
    for element, checkbox in _ELEMENTS:
        _add(entry, element, str(checkbox in rights).lower() if checkbox else name)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text
