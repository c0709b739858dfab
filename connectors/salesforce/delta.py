"""The writes that make a permission set what is declared: only what differs, and narrowing before widening. Pure.

What depends on another goes after it when it is given and before it when it is taken away: a field permission needs
the object's (Salesforce object reference, FieldPermissions and ObjectPermissions).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from connectors.salesforce.content import Content, description_of
from connectors.salesforce.definitions import Stored
from connectors.salesforce.vocabulary import EDIT, OBJECT_FLAGS, READ

PERMISSION_SET = "PermissionSet"
OBJECT = "ObjectPermissions"
FIELD = "FieldPermissions"
ACCESS = "SetupEntityAccess"


class Phase(IntEnum):
    """The order of the writes; each phase is one kind of call on one object."""

    CLOSE_ACCESS = 0
    DROP_FIELDS = 1
    LOWER_FIELDS = 2
    DROP_OBJECTS = 3
    LOWER_OBJECTS = 4
    SET = 5
    RAISE_OBJECTS = 6
    ADD_OBJECTS = 7
    RAISE_FIELDS = 8
    ADD_FIELDS = 9


WRITES: Mapping[Phase, tuple[str, str]] = {
    Phase.CLOSE_ACCESS: ("delete", ACCESS),
    Phase.DROP_FIELDS: ("delete", FIELD),
    Phase.LOWER_FIELDS: ("update", FIELD),
    Phase.DROP_OBJECTS: ("delete", OBJECT),
    Phase.LOWER_OBJECTS: ("update", OBJECT),
    Phase.SET: ("update", PERMISSION_SET),
    Phase.RAISE_OBJECTS: ("update", OBJECT),
    Phase.ADD_OBJECTS: ("create", OBJECT),
    Phase.RAISE_FIELDS: ("update", FIELD),
    Phase.ADD_FIELDS: ("create", FIELD),
}
"""What each phase does, and with which object."""


@dataclass(frozen=True, slots=True)
class Write:
    """One record to write: a deletion has an id only, a creation has no id."""

    phase: Phase
    record: Mapping[str, object]


def new_set(role: str, name: str, wanted: Content, license_id: str | None) -> dict[str, object]:
    """The PermissionSet of a role that the org does not have yet; what is below it follows by `delta`.

    It begins without user permissions: they come last, like everything that widens.
    """
    record: dict[str, object] = {
        "Name": name,
        "Label": f"guestlist: {role}",
        "Description": description_of(role),
        "HasActivationRequired": wanted.session,
    }
    return record if license_id is None else record | {"LicenseId": license_id}


def delta(now: Stored, wanted: Content) -> Iterator[Write]:
    """The writes that turn what the org keeps into what is declared; nothing when they are the same."""
    yield from (Write(Phase.CLOSE_ACCESS, {"id": now.access[name]}) for name in sorted(now.content.access))
    yield from _fields(now, wanted)
    yield from _objects(now, wanted)
    changed = _set(now.content, wanted)
    if changed:
        yield Write(Phase.SET, {"id": now.id, **changed})


def _set(now: Content, wanted: Content) -> dict[str, object]:
    changed: dict[str, object] = {f"Permissions{name}": False for name in sorted(now.system - wanted.system)}
    changed |= {f"Permissions{name}": True for name in sorted(wanted.system - now.system)}
    if now.session != wanted.session:
        changed["HasActivationRequired"] = wanted.session
    if now.mark != wanted.mark and wanted.mark is not None:
        changed["Description"] = description_of(wanted.mark)
    return changed


def _objects(now: Stored, wanted: Content) -> Iterator[Write]:
    for name, row in sorted(now.objects.items()):
        if name not in wanted.objects:
            yield Write(Phase.DROP_OBJECTS, {"id": row})
            continue
        has, needs = now.content.objects[name], wanted.objects[name]
        if has != needs:
            phase = Phase.LOWER_OBJECTS if has - needs else Phase.RAISE_OBJECTS
            yield Write(phase, {"id": row, **{flag: flag in needs for flag in OBJECT_FLAGS if flag in has ^ needs}})
    for name in sorted(wanted.objects.keys() - now.objects.keys()):
        flags = {flag: True for flag in OBJECT_FLAGS if flag in wanted.objects[name]}
        yield Write(Phase.ADD_OBJECTS, {"ParentId": now.id, "SobjectType": name, **flags})


def _fields(now: Stored, wanted: Content) -> Iterator[Write]:
    for name, row in sorted(now.fields.items()):
        if name not in wanted.fields:
            yield Write(Phase.DROP_FIELDS, {"id": row})
        elif now.content.fields.get(name) != wanted.fields[name]:
            phase = Phase.RAISE_FIELDS if wanted.fields[name] else Phase.LOWER_FIELDS
            yield Write(phase, {"id": row, READ: True, EDIT: wanted.fields[name]})
    for name in sorted(wanted.fields.keys() - now.fields.keys()):
        flags = {READ: True, EDIT: wanted.fields[name]}
        yield Write(
            Phase.ADD_FIELDS, {"ParentId": now.id, "SobjectType": name.partition(".")[0], "Field": name, **flags}
        )
