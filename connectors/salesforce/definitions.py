"""Reading back the permission sets that guestlist defines: with everything about them that decides what they allow.

They are found by their names' prefix, which is reserved for guestlist, and marked as ours by their Description; one
that has lost its mark is a changed definition, not somebody else's.

Tab settings, custom permissions' names and page layouts are not read: they show or hide screens and allow no data.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.salesforce.content import Content, mark_of
from connectors.salesforce.mapping import flag, identifier, optional, text
from connectors.salesforce.reading import Reading, Row
from connectors.salesforce.soql import Query, select
from connectors.salesforce.vocabulary import EDIT, OBJECT_FLAGS, READ
from connectors.salesforce.words import PERMISSION_SET, PREFIX
from reconciler.model import Native

_INFERRED = "000"
"""Begins the ids of field permissions that the org infers; they are no rows and cannot be written."""
_PERMISSION = "Permissions"
_LIKE = f"LIKE '{PREFIX.replace('_', chr(92) + '_')}%'"
_MINE = f"Name {_LIKE} AND NamespacePrefix = null AND IsOwnedByProfile = false"
_BELOW = f"Parent.Name {_LIKE} AND Parent.NamespacePrefix = null AND Parent.IsOwnedByProfile = false"

SETS = Query("defined roles", select("FIELDS(STANDARD)", "PermissionSet", _MINE))
OBJECTS = Query(
    "object permissions of defined roles",
    select(f"Id,ParentId,SobjectType,{','.join(OBJECT_FLAGS)}", "ObjectPermissions", _BELOW),
)
FIELDS = Query(
    "field permissions of defined roles",
    select("Id,ParentId,Field,PermissionsRead,PermissionsEdit", "FieldPermissions", _BELOW),
)
ACCESS = Query(
    "what defined roles open", select("Id,ParentId,SetupEntityId,SetupEntityType", "SetupEntityAccess", _BELOW)
)
LICENSES = Query("permission set licences", select("Id,PermissionSetLicenseKey", "PermissionSetLicense"))

QUERIES = (SETS, OBJECTS, FIELDS, ACCESS, LICENSES)
"""All that `stored` needs; their answers belong into one batch, so that they are of one moment."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A permission set that guestlist defines, as the org keeps it.

    Attributes:
        id: of the PermissionSet.
        objects: ids of its ObjectPermissions by object; `fields` by field and `access` by entity likewise.
    """

    id: str
    native: Native
    content: Content
    objects: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    access: Mapping[str, str] = field(default_factory=dict)


def stored(readings: Iterable[Reading]) -> dict[Native, Stored]:
    """The defined permission sets in the answers to `QUERIES`.

    Raises:
        TargetError: one of the answers is not whole, or not in the documented shape.
    """
    rows: dict[str, tuple[Row, ...]] = {}
    for reading in readings:
        if reading.error is not None:
            raise reading.error
        rows[reading.query.topic] = reading.rows
    licences = {identifier(row, "Id"): text(row, "PermissionSetLicenseKey") for row in rows[LICENSES.topic]}
    below = {topic: _by_parent(rows[topic]) for topic in (OBJECTS.topic, FIELDS.topic, ACCESS.topic)}
    found: dict[Native, Stored] = {}
    for row in rows[SETS.topic]:
        if not text(row, "Name").startswith(PREFIX):
            # LIKE ignores case, and a name that only resembles the prefix is somebody else's.
            continue
        made = _stored(row, licences, {topic: by.get(identifier(row, "Id"), ()) for topic, by in below.items()})
        found[made.native] = made
    return found


def _stored(row: Row, licences: Mapping[str, str], below: Mapping[str, Iterable[Row]]) -> Stored:
    objects = {text(one, "SobjectType"): one for one in below[OBJECTS.topic]}
    fields = {text(one, "Field"): one for one in below[FIELDS.topic]}
    access = {f"{optional(one, 'SetupEntityType')}:{text(one, 'SetupEntityId')}": one for one in below[ACCESS.topic]}
    licence = optional(row, "LicenseId")
    content = Content(
        mark=mark_of(optional(row, "Description")),
        objects={name: frozenset(flag_ for flag_ in OBJECT_FLAGS if flag(one, flag_)) for name, one in objects.items()},
        fields={name: flag(one, EDIT) for name, one in fields.items() if flag(one, READ)},
        system=frozenset(
            name.removeprefix(_PERMISSION) for name, on in row.items() if name.startswith(_PERMISSION) and on is True
        ),
        session=flag(row, "HasActivationRequired"),
        license=licences.get(identifier(row, "LicenseId"), licence) if licence else None,
        access=frozenset(access),
    )
    return Stored(
        id=identifier(row, "Id"),
        native=Native(PERMISSION_SET, text(row, "Name")),
        content=content,
        objects={name: identifier(one, "Id") for name, one in objects.items()},
        fields={name: identifier(one, "Id") for name, one in fields.items()},
        access={name: identifier(one, "Id") for name, one in access.items()},
    )


def _by_parent(rows: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        if not text(row, "Id").startswith(_INFERRED):
            grouped.setdefault(identifier(row, "ParentId"), []).append(row)
    return grouped
