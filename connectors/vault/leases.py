"""Leases that outlive what a plan takes away: found by the engines' roles that made them, one listing for each mount.

A lease does not say for which entity it was made, so what is found may be somebody else's. Leases of a token end with
the token, and a closed account's tokens are ended; a policy that is taken away ends neither.
Source: https://openbao.org/api-docs/system/leases/ (listings by prefix).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from connectors.vault.lifetimes import EngineRole, role_at, used
from connectors.vault.mapping import Listing
from reconciler.errors import Missing, TargetError
from reconciler.model import Definition, Live, Native
from reconciler.plan.changes import AnyChange, DisableAccount, RevokeBinding

_NAMED = 3
_CREDENTIALS = "creds"
"""Below which word of a mount the engines that lease hand out credentials."""


class Lists(Protocol):
    """Lists a path of the server."""

    def list(self, path: str) -> Listing:
        """What is there; Missing when that is nothing."""


def outliving(
    server: Lists,
    mounts: Iterable[str],
    live: Live,
    definitions: Iterable[Definition],
    changes: Sequence[AnyChange],
) -> Iterator[str]:
    """What is still valid of what could be handed out by the policies that changes take away, a sentence each.

    `mounts` are those whose leases may be listed. A policy that has ended by itself is known by what is declared of it,
    among `definitions`. Asks nothing when the changes take nothing of this kind away.
    """
    known = {one.native: one for one in definitions} | dict(live.definitions)
    taken: dict[EngineRole, set[str]] = defaultdict(set)
    for native in _taken(live, changes):
        for role in _roles(native, known, live):
            taken[role].add(native.name)
    for mount in sorted(set(mounts) & {role.mount for role in taken}):
        mine = {role.name: names for role, names in taken.items() if role.mount == mount and role.kind == "roles"}
        yield from _alive(server, f"{mount}/{_CREDENTIALS}", mine)


def _roles(native: Native, known: Mapping[Native, Definition], live: Live) -> Iterator[EngineRole]:
    """The engines' roles that a native lets its holders use; of what somebody else keeps, by its risks."""
    if native in known:
        yield from used(known[native])
    for risk in live.risks.get(native, ()):
        if risk.flag == "issue" and (role := role_at(risk.permission)) is not None:
            yield role


def _taken(live: Live, changes: Sequence[AnyChange]) -> frozenset[Native]:
    """What is revoked, and what is held by accounts that are closed."""
    closed = {change.account for change in changes if isinstance(change, DisableAccount)}
    revoked = {change.native for change in changes if isinstance(change, RevokeBinding) and change.native is not None}
    return frozenset(revoked | {one.key.native for one in live.bindings if one.key.account in closed})


def _alive(server: Lists, place: str, roles: Mapping[str, set[str]]) -> Iterator[str]:
    if not roles:
        return
    try:
        keys = server.list(f"sys/leases/lookup/{place}/").keys
    except Missing:
        return
    except TargetError as error:
        yield f"the leases below {place} could not be listed: {error}"
        return
    for name in sorted({key.rstrip("/") for key in keys} & roles.keys()):
        names = sorted(roles[name])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield (
            f"leases below {place}/{name} are valid, whoever they were made for;"
            f" {', '.join(names[:_NAMED])}{more} could make them. Those of tokens that are ended end too; any other"
            f" lasts until its own end, or until it is revoked: bao lease revoke -prefix {place}/{name}"
        )
