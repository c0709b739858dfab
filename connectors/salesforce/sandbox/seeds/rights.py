"""Writes what profiles, permission sets and muting sets allow: flags, object permissions, field permissions."""

from collections.abc import Iterator, Mapping

from connectors.salesforce.sandbox.access.permissions import FLAGS
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.seeds.model import SeedError
from connectors.salesforce.sandbox.store import Row

LETTERS = {
    "C": "PermissionsCreate",
    "R": "PermissionsRead",
    "E": "PermissionsEdit",
    "D": "PermissionsDelete",
    "V": "PermissionsViewAllRecords",
    "M": "PermissionsModifyAllRecords",
    "F": "PermissionsViewAllFields",
}


def flags(permissions: tuple[str, ...]) -> Row:
    """Every permission flag, set as named; `*` sets all."""
    wanted = {f"Permissions{name}" for name in permissions} - {"Permissions*"}
    if unknown := sorted(wanted - set(FLAGS)):
        raise SeedError(f"there is no permission {', '.join(unknown)}")
    return {flag: int(flag in wanted or "*" in permissions) for flag in FLAGS}


def write_objects(org: Org, parent: str, objects: Mapping[str, str]) -> None:
    """Adds object permissions, given as letters per object."""
    for name, letters in _each_object(org, objects):
        row: Row = {flag: int(letter in letters) for letter, flag in LETTERS.items()}
        org.add("ObjectPermissions", row, ParentId=parent, SobjectType=name)


def write_fields(org: Org, parent: str, fields: Mapping[str, str]) -> None:
    """Adds field permissions, given as `r` or `rw` per field; `Object.*` is each field that permissions rule."""
    for path, access in fields.items():
        name, _, wanted = path.partition(".")
        kind = org.schema.find(name)
        if kind is None:
            raise SeedError(f"there is no object {name}")
        for field in kind.fields.values():
            ruled = not (field.required or field.filled or field.name == "Id" or field.is_name)
            if ruled and wanted in {"*", field.name}:
                org.add(
                    "FieldPermissions",
                    ParentId=parent,
                    SobjectType=kind.name,
                    Field=f"{kind.name}.{field.name}",
                    PermissionsRead=1,
                    PermissionsEdit=int(access == "rw"),
                )


def _each_object(org: Org, objects: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, letters in objects.items():
        if name == "*":
            yield from (
                (kind.name, letters) for kind in org.schema.objects.values() if not kind.setup and not kind.virtual
            )
        elif org.schema.find(name) is None:
            raise SeedError(f"there is no object {name}")
        else:
            yield name, letters
