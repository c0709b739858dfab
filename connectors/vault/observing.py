"""What a vault says now, as `Live`: a few listings, then one read for each entity and group that may concern us."""

from collections.abc import Iterator, Mapping

from connectors.vault.mapping import Entity, Group, Policy
from connectors.vault.policies import meaning
from connectors.vault.population import Population
from connectors.vault.reading import Batch, Reader
from reconciler.model import BindingKey, Definition, Live, LiveBinding, Native
from reconciler.ports import Sought

POLICY, GROUP = "policy", "group"


def policy_definition(policy: Policy) -> Definition:
    """A live policy as a definition."""
    name = Native(POLICY, policy.name.lower())
    return Definition(name, text=policy.policy, meaning=meaning(policy.policy), until=policy.expiration)


def group_definition(group: Group) -> Definition:
    """A live group as a definition; guestlist declares none, so that one of the population is there by hand."""
    return Definition(Native(GROUP, group.name), text=group.meaning, meaning=group.meaning)


def observe(reader: Reader, population: Population, live: Live, sought: Sought) -> Live:
    """Fill in `live` (who and when) with everything of the population.

    The listings raise when they fail: without them nothing can be judged. A single entity, group or policy that fails
    is a gap. An entity that logs in both as a vendor and as somebody else may be an employee: it is in `accounts`, and
    outside. Names of policies that no longer exist (they ended natively) are still bindings: they must be detached.
    """
    batch = Batch()
    named = {native.name.lower() for native in sought.natives if native.kind == POLICY}
    policies = reader.policies(lambda name: population.owns(name) or name in named, batch)

    listed = reader.listed("entity")
    found = reader.entities([id_ for id_, entry in listed.items() if population.may_hold(id_, entry, sought)], batch)
    inside = {id_ for id_, entity in found.items() if population.holds(entity, sought)}
    accounts = {
        id_: entity.account(inside=id_ in inside)
        for id_, entity in found.items()
        if id_ in inside or population.doubts(entity) or not sought.declared.isdisjoint(entity.keys)
    }

    names = {id_: entry.name for id_, entry in reader.listed("group").items()}
    joined = {id_ for member in inside for id_ in found[member].direct_group_ids}
    groups = reader.groups(sorted(joined | {id_ for id_, name in names.items() if population.owns(name)}), batch)

    endless = {GROUP} if reader.native_expiry() else {GROUP, POLICY}
    definitions = [
        *(policy_definition(policy) for name, policy in policies.items() if population.owns(name)),
        *(group_definition(group) for group in groups.values() if population.owns(group.name)),
    ]
    defined = {definition.native: definition for definition in definitions}
    existing = {Native(POLICY, name) for name in policies} | {Native(GROUP, name) for name in names.values()}
    return Live(
        target=live.target,
        stable_id=live.stable_id,
        at=live.at,
        accounts=accounts,
        bindings=tuple(_bindings({id_: found[id_] for id_ in sorted(inside)}, groups, defined)),
        definitions=defined,
        existing=frozenset(existing & sought.natives),
        endless=frozenset(endless),
        gaps=tuple(batch.gaps),
    )


def _bindings(
    entities: Mapping[str, Entity], groups: Mapping[str, Group], defined: Mapping[Native, Definition]
) -> Iterator[LiveBinding]:
    for id_, entity in entities.items():
        for name in entity.policy_names:
            native = Native(POLICY, name)
            definition = defined.get(native)
            yield LiveBinding(BindingKey(id_, native), until=None if definition is None else definition.until)
        for group_id in sorted(entity.direct_group_ids):
            group = groups.get(group_id)
            if group is None:
                continue  # it vanished meanwhile, or could not be read, which is a gap
            why = (
                f"{entity.name} is in the external group {group.name} by its identity provider; take it out there"
                if group.external
                else None
            )
            yield LiveBinding(BindingKey(id_, Native(GROUP, group.name)), handle=group.id, unremovable=why)
