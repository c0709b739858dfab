"""Whom and what guestlist answers for in a vault. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from connectors.vault.declarations import VaultPopulation
from connectors.vault.mapping import Alias, Entity, Listed, Token
from connectors.vault.names import BUILT_IN
from reconciler.model import AccountKey
from reconciler.ports import Sought

LOGIN = "login"
"""The metadata in which an entity keeps the alias that it was declared with, so that it is known without it."""


@dataclass(frozen=True)
class Population:
    """The declared predicates, and who we are ourselves: our own entity and policies win over any predicate.

    Attributes:
        logins: mounts whose login roles guestlist keeps; they are vendors' mounts too.
        employees: mounts where somebody outside the population logs in too, by the last reading; None before one.
    """

    declared: VaultPopulation
    own: Token
    logins: frozenset[str] = frozenset()
    employees: frozenset[str] | None = None

    @property
    def prefix(self) -> str:
        """How names begin that belong to it, lower-case."""
        return self.declared.any_.prefix

    @cached_property
    def mounts(self) -> frozenset[str]:
        """Where vendors alone log in."""
        return self.logins | frozenset(self.declared.any_.mounts)

    def among(self, listed: Mapping[str, Listed], sought: Sought) -> "Population":
        """The same, knowing from a listing of all entities where others than vendors log in.

        Only a name and having been governed say for certain that somebody is a vendor: an alias can be moved.
        """
        strangers: set[str] = set()
        for id_, entry in listed.items():
            if not self._named(entry) and id_ not in sought.governed:
                strangers |= entry.mounts
        return replace(self, employees=frozenset(strangers))

    def may_hold(self, id_: str, listed: Listed, sought: Sought) -> bool:
        """Whether an entity must be read, by what the listing shows of it.

        With a `metadata` selector that is every entity, because listings do not show metadata.
        """
        return (
            bool(self.declared.any_.metadata)
            or self._selected(listed)
            or id_ in sought.governed
            or not sought.declared.isdisjoint(listed.keys)
        )

    def holds(self, entity: Entity, sought: Sought) -> bool:
        """Whether guestlist answers for an entity: selected or governed before, not excepted, and not in doubt."""
        return self._chosen(entity, sought) and not self._shared(entity, sought)

    def doubts(self, entity: Entity, sought: Sought) -> bool:
        """Whether an entity would be a vendor's, but an employee may be behind it too.

        An alias can be moved onto an employee's entity, and entities can be merged; an employee's work is not ours to
        stop. What guestlist itself has given goes; the entity is never disabled, nor anything else of it changed.
        """
        return self._chosen(entity, sought) and self._shared(entity, sought)

    def protects(self, entity: Entity) -> bool:
        """Whether an entity is ourselves or excepted by name: never changed, whatever else is true of it."""
        return entity.id == self.own.entity_id or self._excepted(entity.name)

    def owns(self, name: str) -> bool:
        """Whether a policy or group of this name is one of the population's roles."""
        folded = name.lower()
        return (
            folded.startswith(self.prefix)
            and folded not in BUILT_IN
            and folded not in self.own.all_policies
            and not self._excepted(folded)
        )

    def foreign(self, entity: Entity, sought: Sought) -> tuple[Alias, ...]:
        """The aliases by which somebody outside the population may come in."""
        return tuple(alias for alias in self.stray(entity, sought) if self._strangers(alias.mount))

    def stray(self, entity: Entity, sought: Sought) -> tuple[Alias, ...]:
        """The aliases that no declaration speaks of: on another mount, or beside the declared one.

        Where no mount is said to be the vendors', nobody can say which is not. A mount that no longer exists has no
        name, and lets nobody in.
        """
        declared = {alias.key for alias in entity.aliases} & sought.declared
        return tuple(
            alias
            for alias in entity.aliases
            if alias.mount
            and alias.key not in declared
            and self.mounts
            and (alias.mount not in self.mounts or bool(declared))
        )

    def merged(self, entity: Entity) -> tuple[str, ...]:
        """The ids of entities that were merged into this one, whose people act as it now."""
        return tuple(sorted(entity.merged_entity_ids))

    def keys(self, entity: Entity, taken: Iterable[AccountKey] = ()) -> frozenset[AccountKey]:
        """Every key by which a declaration may name it; also the alias that was taken off when it was closed.

        `taken` are the keys that others have: whoever really has an alias is found by it.
        """
        written = entity.metadata.get(LOGIN, "")
        kept = AccountKey("alias", written.lower())
        known = entity.keys
        ours = entity.name.lower().startswith(self.prefix) and "/" in written
        if not ours or kept in taken or any(alias.mount in self.mounts for alias in entity.aliases):
            return known
        return known | {kept}

    def _chosen(self, entity: Entity, sought: Sought) -> bool:
        if self.protects(entity):
            return False
        metadata = self.declared.any_.metadata
        marked = bool(metadata) and metadata.items() <= entity.metadata.items()
        return marked or self._selected(entity) or entity.id in sought.governed

    def _shared(self, entity: Entity, sought: Sought) -> bool:
        return bool(entity.merged_entity_ids) or bool(self.foreign(entity, sought))

    def _strangers(self, mount: str) -> bool:
        return mount not in self.mounts and (self.employees is None or mount in self.employees)

    def _selected(self, listed: Listed) -> bool:
        return self._named(listed) or self._logs_in(listed)

    def _named(self, listed: Listed) -> bool:
        return listed.name.lower().startswith(self.prefix)

    def _logs_in(self, listed: Listed) -> bool:
        return not listed.mounts.isdisjoint(self.mounts)

    def _excepted(self, name: str) -> bool:
        return name.lower() in {excepted.lower() for excepted in self.declared.except_.names}
