"""Reads the object tables: TOML files whose `fields` hold one field a line (name, type, writers, traits)."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files

from connectors.salesforce.sandbox.schema.model import Child, Field, ObjectType, Schema

_FILES = ("identity.toml", "entitlement.toml", "sessions.toml", "service.toml", "teams.toml", "setup.toml")
_ID = Field("Id", "id", length=18, filled=True)
_SYSTEM = {
    "deleted": (Field("IsDeleted", "boolean", filled=True, computed="deleted"),),
    "created": (
        Field("CreatedDate", "datetime", filled=True),
        Field("CreatedById", "ref", length=18, targets=("User",), relationship="CreatedBy", filled=True),
    ),
    "modified": (
        Field("LastModifiedDate", "datetime", filled=True),
        Field("LastModifiedById", "ref", length=18, targets=("User",), relationship="LastModifiedBy", filled=True),
    ),
    "stamp": (Field("SystemModstamp", "datetime", filled=True),),
}


@cache
def load() -> Schema:
    """Reads every table once."""
    permissions = tuple(_permissions())
    objects: dict[str, ObjectType] = {}
    for name in _FILES:
        tables = tomllib.loads(_text(name))
        objects |= {name: _object(name, table, permissions) for name, table in tables.items()}
    children = _children(objects)
    return Schema({name: replace(found, children=children.get(name, {})) for name, found in objects.items()})


def permission_names() -> tuple[str, ...]:
    """The system permissions that the org knows, without the prefix `Permissions`."""
    return tuple(_permissions())


def _text(name: str) -> str:
    return (files(__package__) / "objects" / name).read_text("utf-8")


def _permissions() -> Iterator[str]:
    return _lines("permissions.txt")


def _lines(name: str) -> Iterator[str]:
    return (line for line in _text(name).splitlines() if line and not line.startswith("#"))


def _object(name: str, table: dict[str, object], permissions: tuple[str, ...]) -> ObjectType:
    allows = str(table["allows"])
    fields = {} if table.get("virtual") and name != "Name" else {"Id": replace(_ID, blank=bool(table.get("blank_id")))}
    for line in str(table["fields"]).splitlines():
        if line.strip():
            fields |= {found.name: found for found in _line(line.split(), permissions)}
    alive = table.get("alive")
    shares, feature = table.get("shares"), table.get("feature")
    return ObjectType(
        name=name,
        prefix=str(table["prefix"]),
        fields=fields,
        createable="C" in allows,
        updateable="U" in allows,
        deletable="D" in allows,
        setup=bool(table.get("setup")),
        alive=str(alive) if alive else None,
        shares=str(shares) if shares else None,
        virtual=bool(table.get("virtual")),
        feature=str(feature) if feature else None,
        aggregates=not table.get("count_only"),
        queueable=bool(table.get("queueable")),
    )


def _line(words: list[str], permissions: tuple[str, ...]) -> Iterator[Field]:
    match words:
        case ["@", *groups]:
            for group in groups:
                yield from _SYSTEM[group]
        case ["@permissions", *how]:
            writable = how == ["writable"]
            prefix = "MaximumPermissions" if how == ["maximum"] else "Permissions"
            for name in permissions:
                yield Field(f"{prefix}{name}", "boolean", createable=writable, updateable=writable, default="false")
        case [name, kind, access, *traits]:
            yield _field(name, kind, access, traits)
        case _:
            raise ValueError(f"not a field: {' '.join(words)}")


def _field(name: str, kind: str, access: str, traits: list[str]) -> Field:
    base, _, inside = kind.partition("(")
    inside = inside.rstrip(")")
    facts = dict(trait.split("=", 1) for trait in traits if "=" in trait)
    is_id = base in {"id", "ref"}
    return Field(
        name=name,
        type=base,
        length=18 if is_id else int(inside or 0),
        targets=tuple(inside.split("|")) if is_id else (),
        relationship=facts.get("rel", name.removesuffix("Id")) if base == "ref" else None,
        children=facts.get("child"),
        createable="C" in access,
        updateable="U" in access,
        required="required" in traits,
        filled="filled" in traits,
        default=facts.get("default"),
        unique="unique" in traits,
        external="external" in traits,
        is_name="name" in traits,
        values=_values(facts.get("values", "")),
        since=int(facts.get("since", 0)),
        computed=facts.get("is"),
        hidden="hidden" in traits,
        hierarchy="hierarchy" in traits,
        tooling="tooling" in traits,
        unfiltered="unfiltered" in traits,
        ungrouped="ungrouped" in traits,
    )


def _values(text: str) -> tuple[str, ...]:
    """The values of a restricted picklist: `A|B`, or `@NAME` for the lines of a file."""
    if text.startswith("@"):
        return tuple(_lines(f"{text[1:]}.txt"))
    return tuple(text.split("|")) if text else ()


def _children(objects: dict[str, ObjectType]) -> dict[str, dict[str, Child]]:
    found: dict[str, dict[str, Child]] = {}
    for owner in objects.values():
        for field in owner.fields.values():
            if field.children:
                for target in field.targets:
                    child = Child(field.children, owner.name, field.name)
                    found.setdefault(target, {})[field.children.lower()] = child
    return found
