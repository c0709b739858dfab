"""For how long what is handed out lives on: what roles declare (`longest`), against the engines' own roles.

Certificates, generated users and passwords outlive the policy that allowed them, so only the engine's role bounds them.
Sources: the answers of OpenBao 2.7 to reads of roles, and https://openbao.org/api-docs/secret/pki/ (`not_after_bound`:
while it is `permit`, which is the default, a caller's `not_after` goes past `max_ttl`; HashiCorp Vault has no such
field, and takes `not_after` likewise).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from connectors.vault import durations
from connectors.vault.mapping import Json
from connectors.vault.policies import longest_in, rules_in
from connectors.vault.tenants import Templates, engine_of
from reconciler.errors import Missing, Rejected, TargetError, Unauthorized
from reconciler.model import Definition

_CALL = re.compile(r"(?P<mount>.+?)/(?P<call>issue|sign|creds|static-creds)/(?P<name>[^/*+]+)")
_ROLES = {"issue": "roles", "sign": "roles", "creds": "roles", "static-creds": "static-roles"}
_USING = frozenset({"read", "create", "update"})
_ISSUERS = frozenset({"pki", "ssh", "database"})
_NAMED = 3


class Reads(Protocol):
    """Reads a path of the server."""

    def read(self, path: str) -> Json:
        """The answer's `data`."""


@dataclass(frozen=True, slots=True, order=True)
class EngineRole:
    """A role of a secrets engine, which says for how long what it hands out is valid."""

    mount: str
    kind: str
    name: str

    @property
    def path(self) -> str:
        """Where it is read."""
        return f"{self.mount}/{self.kind}/{self.name}"


def used(definition: Definition) -> Iterator[EngineRole]:
    """The engines' roles that hand something out under a policy."""
    for path, capabilities in (rules_in(definition.text) or {}).items():
        if capabilities & _USING and (role := role_at(path)) is not None:
            yield role


def role_at(path: str) -> EngineRole | None:
    """The engine's role by which a call of this path hands something out; None where it is no such call."""
    found = _CALL.fullmatch(path)
    return None if found is None else EngineRole(found["mount"], _ROLES[found["call"]], found["name"])


def overlong(server: Reads, definitions: Iterable[Definition]) -> Sequence[str]:
    """What lasts longer than the policies declare, or cannot be compared, a sentence for each role of an engine.

    A role that is not there hands nothing out, and so does a path that is not an issuing engine's (transit signs too).
    """
    declared: dict[EngineRole, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for definition in definitions:
        if (longest := longest_in(definition.text)) is not None:
            for role in dict.fromkeys(used(definition)):
                declared[role][durations.seconds(longest)].add(definition.native.name)
    said: list[str] = []
    for role in sorted(declared):
        try:
            said.extend(_compared(server, role, declared[role]))
        except (Missing, Rejected):
            continue
        except Unauthorized:
            said.append(
                f"{role.path}: for how long what it hands out is valid cannot be seen; allow us to read the role"
            )
        except TargetError as error:
            said.append(f"{role.path}: for how long what it hands out is valid could not be read: {error}")
    return said


def readable(templates: Templates) -> Iterator[str]:
    """The paths that comparing reads, where Settings name the mounts: roles and the mounts' longest leases.

    Not for mounts that are named after their tenant: a glob in a mount's place would reach other engines' secrets.
    """
    for name, template in templates:
        if engine_of(name, template) in _ISSUERS and "{" not in template.full_mount:
            kinds = ("roles", "static-roles") if engine_of(name, template) == "database" else ("roles",)
            yield from (f"{template.full_mount}/{kind}/*" for kind in kinds)
            yield _tuning(template.mount, template.namespace)


def _compared(server: Reads, role: EngineRole, declared: Mapping[int, AbstractSet[str]]) -> Iterator[str]:
    said = server.read(role.path)
    if endless := _endless(said):
        yield f"{role.path}: {endless}; {_who(declared)}"
        return
    life = _life(said)
    if life is None:
        with suppress(Missing, Rejected, Unauthorized):
            life = _number(server.read(_tuning(role.mount, None)).get("max_lease_ttl"))
    if life is None:
        text = "neither it nor its mount says for how long what it hands out is valid; set its max_ttl"
        yield f"{role.path}: {text}; {_who(declared)}"
    elif beyond := {longest: names for longest, names in declared.items() if longest < life}:
        yield f"{role.path}: what it hands out is valid for up to {durations.words(life)}; {_who(beyond)}"


def _endless(role: Json) -> str | None:
    """Why no length bounds what a role hands out; None where one does."""
    if role.get("not_after"):
        return f"what it hands out is valid until {role['not_after']}, whenever that was"
    if "key_usage" in role and role.get("not_after_bound", "permit") == "permit":
        return "whoever uses it may choose any end (not_after_bound is permit); set ttl-limited or forbid"
    if role.get("rotation_schedule"):
        return "its password is rotated by a schedule, so no length can be compared"
    return None


def _life(role: Json) -> int | None:
    """The longest life that a role itself sets, in seconds; None where the mount's longest lease holds."""
    return _number(role.get("rotation_period")) or _number(role.get("max_ttl"))


def _number(value: object) -> int | None:
    """Seconds; None for zero, which the engines use for `not set`, and for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _tuning(mount: str, namespace: str | None) -> str:
    before = "" if namespace is None else f"{namespace}/"
    return f"{before}sys/mounts/{mount}/tune"


def _who(declared: Mapping[int, AbstractSet[str]]) -> str:
    lines = []
    for longest in sorted(declared):
        names = sorted(declared[longest])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        lines.append(f"{', '.join(names[:_NAMED])}{more} declared {durations.words(longest)} at most")
    return "; ".join(lines)
