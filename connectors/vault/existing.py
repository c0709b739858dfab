"""What exists in a vault and somebody else keeps: policies and groups that roles may use, and what they really allow.

Pure. A group gives what its policies allow, and those of every group that it is in. What our rights do not let us read
can be given by nobody and is taken from nobody because of what it says: nobody knows that.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from connectors.vault.mapping import Entity, Group, Policy
from connectors.vault.memberships import GROUP
from connectors.vault.population import Population
from connectors.vault.risks import risks_in
from reconciler.model import Native, Reason, ReasonCode, Risk, Scope

POLICY = "policy"


@dataclass(frozen=True)
class Existing:
    """What was read of a vault's policies and groups.

    Attributes:
        policies: by name, those that concern the population; `closed` the names of those that exist and that our
            rights do not let us read.
        groups: by id, those that concern the population, with every group above them.
        names: the names of all groups that there are.
    """

    policies: Mapping[str, Policy]
    closed: frozenset[str]
    groups: Mapping[str, Group]
    names: frozenset[str]

    @property
    def natives(self) -> Iterator[Native]:
        """Everything that exists, as roles may name it."""
        yield from (Native(POLICY, name) for name in (*self.policies, *self.closed))
        yield from (Native(GROUP, name) for name in self.names)

    def risks(self, natives: Iterable[Native], population: Population) -> Mapping[Native, tuple[Risk, ...]]:
        """What those natives really allow that is dangerous; what guestlist defines says so itself."""
        return {
            native: tuple(sorted({risk for policy in self._policies(native) for risk in risks_in(policy.policy)}))
            for native in natives
            if not population.owns(native.name) and not self._unread(native)
        }

    def obstacles(self, sought: Iterable[Native], population: Population) -> Mapping[tuple[Native, Scope], Reason]:
        """What of the sought natives cannot be given, and why."""
        found = ((native, self._obstacle(native, population)) for native in sought)
        return {(native, ()): reason for native, reason in found if reason is not None}

    def _obstacle(self, native: Native, population: Population) -> Reason | None:
        if native.kind == POLICY and native.name in population.own.all_policies:
            text = f"the policy {native.name} is guestlist's own; it is given to nobody else"
            return Reason(ReasonCode.OUTSIDE_POPULATION, text)
        if unread := self._unread(native):
            text = (
                f"guestlist may not read {', '.join(unread)}, so nobody knows what the {native.kind} {native.name}"
                f" allows: let it read sys/policies/acl/{unread[0]}"
            )
            return Reason(ReasonCode.UNREADABLE, text)
        if native.kind != GROUP:
            return None
        group = self._by_name.get(native.name)
        if group is not None and group.external:
            text = f"the group {native.name} is external: its identity provider decides who is in it; add them there"
            return Reason(ReasonCode.BROKEN_DECLARATION, text)
        alike = sorted(name for name in self.names if name.lower() == native.name.lower())
        if alike and native.name not in alike:
            text = f"the group is called {alike[0]} there, not {native.name}: write it so in the role"
            return Reason(ReasonCode.BROKEN_DECLARATION, text)
        return None

    def _unread(self, native: Native) -> list[str]:
        """The policies that a native gives and that could not be read."""
        return sorted(set(self._given(native)) & self.closed)

    def _policies(self, native: Native) -> Iterator[Policy]:
        yield from (self.policies[name] for name in sorted(set(self._given(native))) if name in self.policies)

    def _given(self, native: Native) -> Iterator[str]:
        """The names of all policies that a native gives."""
        if native.kind == POLICY:
            yield native.name
        elif native.kind == GROUP and native.name in self._by_name:
            for each in self._upwards(self._by_name[native.name]):
                yield from (policy.lower() for policy in each.policies)

    @cached_property
    def _by_name(self) -> Mapping[str, Group]:
        return {group.name: group for group in self.groups.values()}

    def _upwards(self, group: Group) -> Iterator[Group]:
        """A group and every group that it is in."""
        ways, seen = [group], {group.id}
        while ways:
            one = ways.pop()
            yield one
            above = [id_ for id_ in one.parent_group_ids if id_ in self.groups and id_ not in seen]
            seen.update(above)
            ways += [self.groups[id_] for id_ in above]


def policy_names(entities: Iterable[Entity], groups: Iterable[Group], sought: Iterable[Native]) -> frozenset[str]:
    """The names of the policies that concern the population, whatever they are called."""
    return frozenset(
        {
            *(name for entity in entities for name in entity.policy_names),
            *(policy.lower() for group in groups for policy in group.policies),
            *(native.name for native in sought if native.kind == POLICY),
        }
    )
