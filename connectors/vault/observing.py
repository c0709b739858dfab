"""What a vault says now, as `Live`: a few listings, then one read for each entity and group that may concern us."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from connectors.vault import enforcement
from connectors.vault.attributes import MFA, governs, lets_in, live_attributes
from connectors.vault.declarations import VaultTarget
from connectors.vault.definitions import (
    group_definition,
    login_definition,
    ownerless,
    policy_definition,
    rule_definition,
    token_definition,
)
from connectors.vault.enforcement import SecondFactor
from connectors.vault.existing import POLICY, Existing, policy_names
from connectors.vault.holdings import ALIAS, MERGED, Seen, doubtful_holdings, holdings
from connectors.vault.lifetimes import overlong
from connectors.vault.logins import LoginRole
from connectors.vault.mapping import Entity, Issued, Listed
from connectors.vault.memberships import GROUP
from connectors.vault.names import BUILT_IN
from connectors.vault.population import Population
from connectors.vault.reading import Batch
from connectors.vault.tokens import TOKEN, given_at, origin, strays
from connectors.vault.working import Workplace
from reconciler.errors import TargetError
from reconciler.model import Account, AccountKey, Definition, Live
from reconciler.ports import Sought

_ENDLESS = frozenset({GROUP, ALIAS, TOKEN, MERGED})


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen, and the population as the reading has made it known."""

    live: Live
    population: Population


def observe(place: Workplace, live: Live) -> Observed:
    """Fill in `live` (who and when) with everything of the population.

    The listings raise when they fail: without them nothing can be judged. A single entity, group, policy or login role
    that fails is a gap, and so are the tokens. An entity that an employee may be behind too is in `accounts`, outside.
    """
    reader, target, population, sought = place.reader, place.target, place.population, place.sought
    batch = Batch()
    listed = reader.listed("entity")
    population = population.among(listed, sought)
    found = reader.entities([id_ for id_, entry in listed.items() if population.may_hold(id_, entry, sought)], batch)
    inside = {id_: entity for id_, entity in sorted(found.items()) if population.holds(entity, sought)}
    doubted = {id_: entity for id_, entity in sorted(found.items()) if population.doubts(entity, sought)}

    names = {id_: entry.name for id_, entry in reader.listed("group").items()}
    joined = {
        id_
        for entity in (*inside.values(), *doubted.values())
        for id_ in (*entity.direct_group_ids, *entity.inherited_group_ids)
    }
    used = {native.name for native in sought.natives if native.kind == GROUP}
    asked = {id_ for id_, name in names.items() if name in used or population.owns(name)}
    groups = reader.groups(sorted(joined | asked), batch)
    named = policy_names((*inside.values(), *doubted.values()), groups.values(), sought.natives) - BUILT_IN
    policies = reader.policies(lambda name: population.owns(name) or name in named, batch, population.owns)
    there = Existing(policies, frozenset(batch.closed), groups, frozenset(names.values()))
    ways = _ways(place, batch)

    definitions = [
        *(policy_definition(policy) for name, policy in policies.items() if population.owns(name)),
        *(group_definition(group) for group in groups.values() if population.owns(group.name)),
        *ways.definitions(target, population, inside.values()),
    ]
    defined = {definition.native: definition for definition in definitions}
    ends = {name: policy.expiration for name, policy in policies.items() if not population.owns(name)}
    ends |= dict.fromkeys(there.closed)
    tokens = {**ways.strays(inside.values(), population, sought), **ways.vendors(doubted.values(), population)}
    seen = Seen(groups, defined, tokens, ends)
    accounts = _Accounts(target, population, sought, ways, listed)
    bindings = (
        *(binding for entity in inside.values() for binding in holdings(entity, seen, population, sought)),
        *(bound for entity in doubted.values() for bound in doubtful_holdings(entity, seen, population, sought)),
    )
    natives = {*sought.natives, *(binding.key.native for binding in bindings)}
    filled = replace(
        live,
        accounts={
            id_: accounts.account(entity, inside=id_ in inside)
            for id_, entity in found.items()
            if id_ in inside or id_ in doubted or not sought.declared.isdisjoint(accounts.keys(entity))
        },
        bindings=bindings,
        definitions=defined,
        existing=frozenset(there.natives) & sought.natives,
        obstacles=there.obstacles(sought.natives, population),
        risks=there.risks({native for native in natives if native.kind in {POLICY, GROUP}}, population),
        endless=_ENDLESS if reader.native_expiry() else _ENDLESS | {POLICY},
        gaps=tuple(batch.gaps),
        notes=(*ways.notes, *overlong(place.client, {*defined.values(), *sought.definitions})),
    )
    return Observed(filled, population)


@dataclass(frozen=True, slots=True)
class _Ways:
    """How people come in: login roles, second factors, and the tokens that were given.

    Attributes:
        second: None where Settings say nothing of a second factor.
        issued: None where there are too many to look at each.
    """

    roles: tuple[LoginRole, ...] = ()
    second: SecondFactor | None = None
    issued: Mapping[str, Issued] | None = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of(self, entity: Entity, target: VaultTarget) -> tuple[LoginRole, ...]:
        """The login roles of an account, on the mounts whose roles guestlist keeps."""
        return tuple(role for role in self.roles if role.mount in target.logins and lets_in(role, entity))

    def definitions(
        self, target: VaultTarget, population: Population, inside: Iterable[Entity]
    ) -> Iterator[Definition]:
        """What lets in, or holds rights, without any account: login roles, MFA rules and tokens."""
        inside = tuple(inside)
        for role in self.roles:
            if role.mount not in target.logins:
                owned = not role.escapes
            else:
                owned = any(lets_in(role, entity) for entity in inside)
            if not owned:
                yield login_definition(role)
        for name, rule in (self.second.rules if self.second else {}).items():
            if population.owns(name) and name != enforcement.RULE:
                yield rule_definition(rule)
        for token in (self.issued or {}).values():
            if ownerless(token, population):
                yield token_definition(token)

    def strays(self, entities: Iterable[Entity], population: Population, sought: Sought) -> Mapping[str, Iterable[str]]:
        """The origins of tokens that no declared login gave, by the entity that has them."""
        owners = {id_: entity.id for entity in entities for id_ in entity.ids}
        mounts = login_mounts(population, sought)
        found: dict[str, set[str]] = defaultdict(set)
        for token in (self.issued or {}).values():
            if token.entity_id in owners and strays(token, mounts):
                found[owners[token.entity_id]].add(origin(token))
        return found

    def vendors(self, entities: Iterable[Entity], population: Population) -> Mapping[str, Iterable[str]]:
        """The origins of tokens that a login on a vendors' mount gave, by the entity that has them."""
        owners = {id_: entity.id for entity in entities for id_ in entity.ids}
        found: dict[str, set[str]] = defaultdict(set)
        for token in (self.issued or {}).values():
            if token.entity_id in owners and given_at(token.path, population.mounts):
                found[owners[token.entity_id]].add(origin(token))
        return found

    def alive(self) -> frozenset[str]:
        """The ids of entities that have tokens."""
        return frozenset(token.entity_id for token in (self.issued or {}).values())


def login_mounts(population: Population, sought: Sought) -> frozenset[str]:
    """Where vendors may log in: on their own mounts, and where a declaration says that one of them does."""
    keys = [key.value.split("/") for key in sought.declared if key.kind == ALIAS]
    # Both a mount and an alias may have slashes in them, so every beginning counts; one that is no mount gives nothing.
    return population.mounts | {"/".join(parts[:end]) for parts in keys for end in range(1, len(parts))}


class _Accounts:
    """Entities as the engine sees them."""

    def __init__(
        self,
        target: VaultTarget,
        population: Population,
        sought: Sought,
        ways: _Ways,
        listed: Mapping[str, Listed],
    ) -> None:
        self._target = target
        self._population = population
        self._sought = sought
        self._ways = ways
        self._alive = ways.alive()
        self._taken = frozenset(alias.key for entry in listed.values() for alias in entry.aliases)

    def keys(self, entity: Entity) -> frozenset[AccountKey]:
        """Every key by which a declaration may name it."""
        return self._population.keys(entity, self._taken)

    def account(self, entity: Entity, *, inside: bool) -> Account:
        """An account; a closed one lingers as long as there are tokens from before, or a role that would let it in."""
        target = self._target
        roles = self._ways.of(entity, target) if inside else ()
        second = self._ways.second
        attributes = live_attributes(
            entity,
            selectors=target.population.any_.metadata,
            declared=self._sought.declared,
            roles=roles,
            second=second,
        )
        problem = second.missing(target.mfa) if second is not None and target.mfa is not None else ""
        return Account(
            entity.id,
            entity.name,
            self.keys(entity),
            inside=inside,
            enabled=not entity.disabled,
            lingering=entity.disabled and (bool(roles) or not self._alive.isdisjoint(entity.ids)),
            attributes=attributes if governs(target) else {},
            fixed={MFA: problem} if problem else {},
        )


def _ways(place: Workplace, batch: Batch) -> _Ways:
    reader, target = place.reader, place.target
    roles: list[LoginRole] = []
    second, issued, notes = None, None, []
    kept = {mount: login.type for mount, login in target.logins.items()}
    others = dict.fromkeys(target.population.any_.mounts, "other")
    try:
        for mount, type_ in (others | kept).items():
            roles.extend(reader.login_roles(mount, type_, batch))
        if target.mfa is not None:
            second = enforcement.read(reader)
        issued = place.tokens.all(target.most_tokens)
    except TargetError as error:
        batch.gaps.append(str(error))
    if issued is None:
        notes.append(
            f"there are more than {target.most_tokens} tokens (mostTokens), so none was looked at: a vendor's token"
            " that no declared login gave, or with policies of its own, would not be seen"
        )
    return _Ways(tuple(roles), second, issued, tuple(notes))
