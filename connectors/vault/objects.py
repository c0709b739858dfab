"""One object of a role: the engine that keeps it, where it is, and whose it is."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from connectors.vault.engines import ENGINES, RESERVED, Engine, known_engine
from reconciler.desired.basics import Name, Strict

_SEGMENT = re.compile(r"[A-Za-z0-9_.@:=~-]+")

DIMENSIONS: Mapping[str, str] = MappingProxyType(
    {
        "tenant": "tenants",
        "application": "applications",
        "environment": "environments",
        "queue": "queues",
        "region": "regions",
        "customerTier": "customerTiers",
    }
)
"""Whose an object can be, as objects and templates write it, and what a contract calls it."""


def plain(value: str, what: str) -> str:
    """A path that can only mean itself; ValueError for globs, templates, climbing, and what others would decode."""
    for sign, meaning in (("*", "a glob"), ("+", "a glob"), ("{{", "a template"), ("}}", "a template")):
        if sign in value:
            raise ValueError(f"{what} {value!r} contains {meaning} ({sign}); name one object by its full path")
    if value.startswith("/") or value.endswith("/") or "//" in value:
        raise ValueError(f"{what} {value!r} has a slash too many; write it as a/b/c")
    for segment in value.split("/"):
        if segment in {".", ".."}:
            raise ValueError(f"{what} {value!r} climbs with {segment!r}; name the object by its full path")
        if not _SEGMENT.fullmatch(segment):
            raise ValueError(f"{what} {value!r} may only contain letters, digits and _ . @ : = ~ - between its slashes")
    return value


def engine_mount(value: str) -> str:
    """Where a secrets engine may be mounted; ValueError for the server's own places."""
    mount = plain(value.strip("/"), "mount")
    for segment in mount.split("/"):
        if segment in RESERVED:
            raise ValueError(f"mount {value!r} is the server's own ({segment}); name the mount of a secrets engine")
    return mount


def reaches_no_other_call(engine: Engine, path: str) -> None:
    """ValueError where the server would answer another call: below a plain name, or below a mount that is none."""
    table = ENGINES[engine]
    first, *more = path.split("/")
    if more and not table.folders:
        raise ValueError(f"path {path!r} has a slash; in the engine '{engine}' it is the name of {table.holds}")
    if table.bare and first in RESERVED:
        raise ValueError(f"path {path!r} begins with {first}, where the server itself answers; move the secret")


def _path(value: str) -> str:
    return plain(value, "path")


EngineMount = Annotated[
    str,
    AfterValidator(engine_mount),
    Field(min_length=1, max_length=200, description="Where the secrets engine is mounted."),
]
ObjectPath = Annotated[str, AfterValidator(_path), Field(min_length=1, max_length=500)]


class VaultObject(Strict):
    """One secret, key or role, by the engine that keeps it, its mount and its path.

    Whose it is (`tenant` and the other fields) is compared with the vendor's contract. Where the target's `paths` have
    a template for the engine, `mount` and `path` follow from it: leave them out, or name what lies below.
    """

    engine: Annotated[
        Engine,
        BeforeValidator(known_engine),
        Field(description="`kv` is the key-value engine with versions (KV v2), `kv-v1` the one without."),
    ]
    mount: EngineMount | None = None
    path: Annotated[
        ObjectPath | None,
        Field(description="A secret (`kv`, `kv-v1`), a key (`transit`) or a role (`database`, `pki`, `ssh`)."),
    ] = None
    tenant: Annotated[Name | None, Field(description="Whose it is.")] = None
    application: Name | None = None
    environment: Annotated[Name | None, Field(description="`prod`, `test`.")] = None
    queue: Name | None = None
    region: Name | None = None
    customer_tier: Annotated[Name | None, Field(description="The tier of the customers whose it is.")] = None

    @property
    def whose(self) -> Mapping[str, str]:
        """What it says of whose it is, by the words of `DIMENSIONS`."""
        said = {
            "tenant": self.tenant,
            "application": self.application,
            "environment": self.environment,
            "queue": self.queue,
            "region": self.region,
            "customerTier": self.customer_tier,
        }
        return {word: value for word, value in said.items() if value is not None}

    @model_validator(mode="after")
    def _is_one_object(self) -> "VaultObject":
        if self.path is not None:
            reaches_no_other_call(self.engine, self.path)
        return self
