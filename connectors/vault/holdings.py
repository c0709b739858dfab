"""What an entity holds, whatever way it came to it: the bindings that the engine compares. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.vault.mapping import Entity, Group
from connectors.vault.memberships import GROUP, memberships
from connectors.vault.population import Population
from connectors.vault.tokens import TOKEN
from reconciler.model import BindingKey, Definition, LiveBinding, Native
from reconciler.ports import Sought

POLICY, ALIAS, MERGED = "policy", "alias", "mergedEntity"
"""Kinds of native: an attached policy, a way in, and an entity that somebody has merged into another."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of everybody: groups by id, definitions, and the origins of tokens to be ended by the owner's id.

    Attributes:
        tokens: of a vendor, those that no declared login gave; of whom an employee may be behind, the vendors' alone.
        ends: of policies that somebody else keeps, the ends that they carry.
    """

    groups: Mapping[str, Group]
    defined: Mapping[Native, Definition]
    tokens: Mapping[str, Iterable[str]]
    ends: Mapping[str, datetime | None] = field(default_factory=dict)


def holdings(entity: Entity, seen: Seen, population: Population, sought: Sought) -> Iterator[LiveBinding]:
    """Everything that a vendor's entity holds."""
    for name in entity.policy_names:
        yield _policy(entity, name, seen)
    used = {native.name for native in sought.natives if native.kind == GROUP}
    for group, why in memberships(entity, seen.groups, used):
        yield LiveBinding(BindingKey(entity.id, Native(GROUP, group.name)), handle=group.id, unremovable=why)
    for alias in population.stray(entity, sought):
        yield LiveBinding(BindingKey(entity.id, Native(ALIAS, alias.key.value)), handle=alias.id)
    for origin in sorted(set(seen.tokens.get(entity.id, ()))):
        yield LiveBinding(BindingKey(entity.id, Native(TOKEN, origin)))


def doubtful_holdings(entity: Entity, seen: Seen, population: Population, sought: Sought) -> Iterator[LiveBinding]:
    """What of an entity that an employee may be behind is ours to take away, and why the rest is not."""
    for name in entity.policy_names:
        if population.owns(name):
            yield _policy(entity, name, seen)
    for group, why in memberships(entity, seen.groups):
        if population.owns(group.name):
            yield LiveBinding(BindingKey(entity.id, Native(GROUP, group.name)), handle=group.id, unremovable=why)
    for alias in entity.aliases:
        if alias.mount in population.mounts:
            yield LiveBinding(BindingKey(entity.id, Native(ALIAS, alias.key.value)), handle=alias.id)
    for origin in sorted(set(seen.tokens.get(entity.id, ()))):
        yield LiveBinding(BindingKey(entity.id, Native(TOKEN, origin)))
    for alias in population.foreign(entity, sought):
        why = (
            f"entity {entity.name} has both a vendor's and a foreign alias ({alias.key.value}), so an employee may be"
            " behind it: it is not disabled, and only what is the vendors' is taken from it; take off the alias that is"
            " not its own, or name it in the population's `except`"
        )
        yield LiveBinding(BindingKey(entity.id, Native(ALIAS, alias.key.value)), handle=alias.id, unremovable=why)
    for id_ in population.merged(entity):
        why = (
            f"the entity {id_} was merged into {entity.name}, so an employee may be behind it: it is not disabled, and"
            " only what is the vendors' is taken from it; make an entity for each of them"
        )
        yield LiveBinding(BindingKey(entity.id, Native(MERGED, id_)), unremovable=why)


def _policy(entity: Entity, name: str, seen: Seen) -> LiveBinding:
    """The name of a policy that no longer exists (it ended natively) is still held: it must be detached.

    The end of a policy that somebody else keeps is not the binding's, and guestlist does not move it.
    """
    native = Native(POLICY, name)
    definition = seen.defined.get(native)
    if name in seen.ends:
        return LiveBinding(BindingKey(entity.id, native), until=seen.ends[name], endless=True)
    return LiveBinding(BindingKey(entity.id, native), until=None if definition is None else definition.until)
