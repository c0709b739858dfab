"""The tokens of entities: found by going through all accessors, ended by accessor, which ends their leases too.

There is no index by entity, so a search costs one call for each token of the vault, once a run. Batch tokens have no
accessor: they are neither found nor ended, and live as long as they were made for, unless their entity is disabled. So
is an orphan that a vendor made with `auth/token/create-orphan`: it has no entity, and is known only by a policy of the
population, where it has one.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from connectors.vault.client import VaultClient
from connectors.vault.mapping import Entity, Issued
from connectors.vault.reading import Reader, has_ended
from reconciler.errors import Conflict, TargetError
from reconciler.plan.changes import AnyChange
from reconciler.ports import Outcome, OutcomeStatus

Key = TypeVar("Key", bound=Hashable)

TOKEN = "token"  # noqa: S105 - the kind of native, no secret
"""The kind of native that tokens of one origin are: `Native("token", "auth/userpass/login/maria")`."""

_HARMLESS = frozenset({"default"})
_SWEEPS = 3


def origin(issued: Issued) -> str:
    """How a token came to be, and what it carries of its own: what people and plans call it."""
    own = sorted({policy.lower() for policy in issued.policies} - _HARMLESS)
    parts = [issued.path, *([f"with {', '.join(own)}"] if own else []), *(["periodic"] if issued.period else [])]
    return " ".join(parts)


def strays(issued: Issued, mounts: Collection[str]) -> bool:
    """Whether a vendor's token was given by no declared login, or carries what identity cannot take away.

    Where no mount is said to be the vendors', only what no login gives at all is known to be wrong.
    """
    path = f"/{issued.path}"
    declared = any(f"/auth/{mount}/" in path for mount in mounts) if mounts else "/auth/token/" not in path
    return not declared or issued.period > 0 or bool({policy.lower() for policy in issued.policies} - _HARMLESS)


def ended_outcome(change: AnyChange, ended: int | TargetError) -> Outcome:
    """How a change ended that was to end tokens: by how many there were, or what failed."""
    if isinstance(ended, TargetError):
        return Outcome(change, OutcomeStatus.FAILED, str(ended))
    text = f"{ended} of its tokens ended" if ended else ""
    return Outcome(change, OutcomeStatus.DONE if ended else OutcomeStatus.ALREADY, text)


def given_at(path: str, mounts: Collection[str]) -> bool:
    """Whether a token of this path or origin was given by a login on one of these mounts."""
    _, _, login = f"/{path}".partition("/auth/")
    return any(login.startswith(f"{mount}/") for mount in mounts)


class Tokens:
    """Finds and ends tokens by the entity that they belong to."""

    def __init__(self, client: VaultClient, reader: Reader) -> None:
        self._client = client
        self._reader = reader

    def all(self, most: int | None = None) -> Mapping[str, Issued] | None:
        """Every token, by accessor; None when there are more than `most`. Raises when one cannot be looked at."""
        accessors = self._reader.accessors()
        if most is not None and len(accessors) > most:
            return None
        found = {}
        for accessor, issued in zip(accessors, self._reader.spread(self._look, accessors), strict=True):
            if isinstance(issued, TargetError):
                raise issued
            if issued is not None:
                found[accessor] = issued
        return found

    def of(self, entities: Collection[Entity]) -> Mapping[str, Sequence[str]]:
        """The accessors of each entity's live tokens, by the entity's id."""
        owners = {id_: entity.id for entity in entities for id_ in entity.ids}
        found: dict[str, list[str]] = defaultdict(list)
        for accessor, issued in (self.all() or {}).items() if owners else ():
            if issued.entity_id in owners:
                found[owners[issued.entity_id]].append(accessor)
        return found

    def end(self, entities: Collection[Entity]) -> Mapping[str, int]:
        """End every token of these entities and look again until none is left; how many there were, by entity."""
        ended: dict[str, int] = defaultdict(int)
        for _ in range(_SWEEPS):
            left = self.of(entities)
            if not left:
                return ended
            for entity, accessors in left.items():
                ended[entity] += len(accessors)
                self.revoke(accessors)
        if self.of(entities):
            raise Conflict(f"{self._client.target}: new tokens appear as fast as they are ended; disable the account")
        return ended

    def end_by(self, wrong: Callable[[Issued], Key | None]) -> Mapping[Key, int | TargetError]:
        """End the tokens to which `wrong` gives a key, and look again; by key how many there were, or what failed.

        One search for all keys: it costs a call for each token of the vault. Raises when that search fails.
        """
        ended: dict[Key, int] = defaultdict(int)
        failed: dict[Key, TargetError] = {}
        for _ in range(_SWEEPS):
            left = self._by(wrong, failed)
            if not left:
                return {**ended, **failed}
            for key, accessors in left.items():
                try:
                    self.revoke(accessors)
                except TargetError as error:
                    failed[key] = error
                ended[key] += len(accessors)
        text = f"{self._client.target}: such tokens appear as fast as they are ended; close the way they come"
        return {**ended, **failed, **{key: Conflict(text) for key in self._by(wrong, failed)}}

    def _by(self, wrong: Callable[[Issued], Key | None], but: Collection[Key]) -> Mapping[Key, Sequence[str]]:
        found: dict[Key, list[str]] = defaultdict(list)
        for accessor, issued in (self.all() or {}).items():
            key = wrong(issued)
            if key is not None and key not in but:
                found[key].append(accessor)
        return found

    def revoke(self, accessors: Iterable[str]) -> None:
        """End tokens, and with them whatever they made; those that another of them had made are gone by then."""
        for accessor in accessors:
            try:
                self._client.write("auth/token/revoke-accessor", {"accessor": accessor})
            except TargetError as error:
                if not has_ended(error):
                    raise

    def _look(self, accessor: str) -> Issued | TargetError | None:
        try:
            return self._reader.issued(accessor)
        except TargetError as error:
            return error
