"""Whom and what guestlist answers for in a vault. Pure."""

from dataclasses import dataclass

from connectors.vault.declarations import VaultPopulation
from connectors.vault.mapping import Entity, Listed, Token
from connectors.vault.names import BUILT_IN
from reconciler.ports import Sought


@dataclass(frozen=True, slots=True)
class Population:
    """The declared predicates, and who we are ourselves: our own entity and policies win over any predicate."""

    declared: VaultPopulation
    own: Token

    @property
    def prefix(self) -> str:
        """How names begin that belong to it, lower-case."""
        return self.declared.any_.prefix

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
        """Whether guestlist answers for an entity: selected or governed before, not excepted, and not ourselves."""
        if self.protects(entity):
            return False
        metadata = self.declared.any_.metadata
        marked = bool(metadata) and metadata.items() <= entity.metadata.items()
        by_login = self._logs_in(entity) and not self._logs_in_elsewhere(entity)
        return marked or self._named(entity) or by_login or entity.id in sought.governed

    def doubts(self, entity: Entity) -> bool:
        """Whether an entity logs in both as a vendor and as somebody else.

        An alias can be moved onto an employee's entity, and an employee's work is not ours to stop. So such an alias
        alone selects nobody; a name, a mark or having been governed before still does.
        """
        return self._logs_in(entity) and self._logs_in_elsewhere(entity) and not self.protects(entity)

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

    def _selected(self, listed: Listed) -> bool:
        return self._named(listed) or self._logs_in(listed)

    def _named(self, listed: Listed) -> bool:
        return listed.name.lower().startswith(self.prefix)

    def _logs_in(self, listed: Listed) -> bool:
        return not listed.mounts.isdisjoint(self.declared.any_.mounts)

    def _logs_in_elsewhere(self, listed: Listed) -> bool:
        # A mount that no longer exists has no name, and lets nobody in.
        return not listed.mounts <= {*self.declared.any_.mounts, ""}

    def _excepted(self, name: str) -> bool:
        return name.lower() in {excepted.lower() for excepted in self.declared.except_.names}
