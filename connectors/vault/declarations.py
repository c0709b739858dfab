"""How vault targets, roles and accounts are declared."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from connectors.vault.engines import ENGINES, RESERVED, Action, Engine, known_action, known_engine, lacking
from connectors.vault.names import PREFIX, mount_name
from reconciler.desired.models import Many, Reference, Strict, TargetSpec

_SEGMENT = re.compile(r"[A-Za-z0-9_.@:=~-]+")
_SHORTEST_PREFIX = 3


def _prefix(value: str) -> str:
    folded = value.lower()
    if len(folded) < _SHORTEST_PREFIX:
        raise ValueError(
            f"prefix {value!r} would select far too much; give at least {_SHORTEST_PREFIX} characters: {PREFIX}"
        )
    if not PREFIX.startswith(folded):
        raise ValueError(f"prefix {value!r} does not select what guestlist makes, named {PREFIX}…; use {PREFIX}")
    return folded


def _plain(value: str, what: str) -> str:
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


def _path(value: str) -> str:
    return _plain(value, "path")


def _mount(value: str) -> str:
    return _plain(mount_name(value), "mount")


def _engine_mount(value: str) -> str:
    mount = _plain(value.strip("/"), "mount")
    for segment in mount.split("/"):
        if segment in RESERVED:
            raise ValueError(f"mount {value!r} is the server's own ({segment}); name the mount of a secrets engine")
    return mount


Mount = Annotated[str, AfterValidator(_mount), Field(min_length=1, max_length=200)]
EngineMount = Annotated[
    str,
    AfterValidator(_engine_mount),
    Field(min_length=1, max_length=200, description="Where the secrets engine is mounted."),
]
ObjectPath = Annotated[str, AfterValidator(_path), Field(min_length=1, max_length=500)]
EntityName = Annotated[str, Field(min_length=1, max_length=200, description="The name of an identity entity.")]


class VaultAuth(Strict):
    """How guestlist proves who it is."""

    token: Reference


class VaultSelectors(Strict):
    """Who belongs to the population: whatever one of these selects.

    `mounts` are the login mounts of vendors alone: whoever has an alias there is one. `metadata` selects entities that
    carry all the given pairs; it costs a read of every entity of the vault, because listings do not show metadata.
    """

    prefix: Annotated[str, AfterValidator(_prefix), Field(description="How names of vendors' entities begin.")] = PREFIX
    mounts: Many[Mount] = ()
    metadata: Annotated[dict[str, str], Field(default_factory=dict)]


class VaultExceptions(Strict):
    """What never belongs, whatever selects it: names of entities, groups and policies."""

    names: Many[EntityName] = ()


class VaultPopulation(Strict):
    """Whom guestlist answers for in a vault."""

    any_: Annotated[VaultSelectors, Field(alias="any")] = VaultSelectors()
    except_: Annotated[VaultExceptions, Field(alias="except")] = VaultExceptions()


class VaultTarget(TargetSpec):
    """An OpenBao or HashiCorp Vault server, or one namespace of it."""

    connector: Literal["vault"]
    namespace: Annotated[Mount | None, Field(description="The namespace to work in; default: the root.")] = None
    auth: VaultAuth
    population: VaultPopulation = VaultPopulation()


class VaultObject(Strict):
    """One secret, key or role, by the engine that keeps it, its mount and its path."""

    engine: Annotated[
        Engine,
        BeforeValidator(known_engine),
        Field(description="`kv` is the key-value engine with versions (KV v2), `kv-v1` the one without."),
    ]
    mount: EngineMount
    path: Annotated[
        ObjectPath,
        Field(description="A secret (`kv`, `kv-v1`), a key (`transit`) or a role (`database`, `pki`, `ssh`)."),
    ]

    @field_validator("path")
    @classmethod
    def _reaches_no_other_call(cls, path: str, info: ValidationInfo) -> str:
        """Below a plain name, or below a mount that is a namespace, the server answers other calls."""
        if (engine := info.data.get("engine")) is None:
            return path
        table = ENGINES[engine]
        first, *more = path.split("/")
        if more and not table.folders:
            raise ValueError(f"path {path!r} has a slash; in the engine '{engine}' it is the name of {table.holds}")
        if table.bare and first in RESERVED:
            raise ValueError(f"path {path!r} begins with {first}, where the server itself answers; move the secret")
        return path


class VaultRole(Strict):
    """What may be done with which objects; guestlist makes the policy from it."""

    connector: Literal["vault"]
    objects: Annotated[tuple[VaultObject, ...], Field(strict=False, min_length=1)]
    actions: Annotated[
        tuple[Annotated[Action, BeforeValidator(known_action)], ...],
        Field(strict=False, min_length=1, description="Each holds for every object; the engines have different ones."),
    ]

    @field_validator("actions")
    @classmethod
    def _every_engine_has_them(cls, actions: tuple[Action, ...], info: ValidationInfo) -> tuple[Action, ...]:
        engines: list[Engine] = [thing.engine for thing in info.data.get("objects", ())]
        said = [lacking(engine, action) for engine in dict.fromkeys(engines) for action in dict.fromkeys(actions)]
        if missing := [sentence for sentence in said if sentence]:
            apart = "; make a role for each engine" if len(set(engines)) > 1 else ""
            raise ValueError("; ".join(missing) + apart)
        return actions


class VaultAlias(Strict):
    """An account by how it logs in: the name that the mount's identity provider gives it."""

    mount: Mount
    alias: Annotated[str, Field(min_length=1, max_length=200)]


VaultAccount = EntityName | VaultAlias
"""A principal's account: the entity's name, or one of its aliases."""
