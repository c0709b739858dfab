"""Declared objects and actions → the smallest policy that allows them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from connectors.vault.declarations import ExistingRole, VaultRole
from connectors.vault.engines import ENGINES, Action
from connectors.vault.hidden import astray, conflicts
from connectors.vault.names import PREFIX, policy_name
from connectors.vault.objects import DIMENSIONS
from connectors.vault.policies import Rules, canonical, header, meaning, render
from connectors.vault.risks import NOT_HIDDEN, VERBATIM, risks_in, risks_of
from connectors.vault.tenants import Placed, Templates, place
from connectors.vault.wording import words
from reconciler.desired.kinds import Compiled
from reconciler.errors import DeclarationError
from reconciler.model import Definition, Native


def placed(role: VaultRole, templates: Templates = ()) -> tuple[Placed, ...]:
    """Where the role's objects are; DeclarationError where one leaves its tenant, or shows what is to be hidden."""
    found = tuple(place(thing, templates) for thing in role.objects)
    for thing in found:
        if "list" in role.actions and not thing.whole and not ENGINES[thing.engine].folders:
            raise DeclarationError(
                f"'list' shows every name of the mount {thing.mount}, other tenants' too, because the engine "
                f"'{thing.engine}' has no folders; leave it out, or give each tenant a mount of its own"
            )
    places = [(thing.engine, thing.path) for thing in found]
    for sentence in (*conflicts(places, role.actions, role.hidden), *astray(places, role.hidden)):
        raise DeclarationError(sentence)
    return found


def rules_of(things: Iterable[Placed], actions: Iterable[Action]) -> Rules:
    """Which capabilities the actions need at which path."""
    rules: dict[str, frozenset[str]] = defaultdict(frozenset)
    asked = tuple(actions)
    for thing in things:
        for action in asked:
            for need in ENGINES[thing.engine].actions[action]:
                rules[need.at(thing.mount, thing.path)] |= need.capabilities
    return dict(rules)


def compile_role(
    name: str, role: VaultRole, *, vendor: str, principal: str, templates: Templates = (), prefix: str = PREFIX
) -> Compiled:
    """The policy of one binding: named after it alone, because it carries the binding's end; or what a role uses."""
    if role.uses is not None:
        return Compiled(_used(role.uses, templates, prefix))
    native = Native("policy", policy_name(vendor, principal, name))
    return Compiled(native, replace(_definition(name, role, templates), native=native))


@lru_cache(maxsize=1024)
def _definition(name: str, role: VaultRole, templates: Templates) -> Definition:
    """What a role's policy says: the same for everybody who holds it."""
    if role.policy is not None:
        return _verbatim(role.policy, templates)
    things = placed(role, templates)
    rules = rules_of(things, role.actions)
    text = header(name, role.longest) + render(rules)
    risks = risks_of(things, role.actions, role.hidden)
    warned = (f"although it is to be hidden: {risk.via}" for risk in risks if risk.flag == NOT_HIDDEN)
    return Definition(
        Native("policy", ""),
        text=text,
        meaning=canonical(rules),
        risks=risks,
        words=tuple(sorted((*words(text), *warned))),
    )


def _verbatim(policy: str, templates: Templates) -> Definition:
    """A policy word for word; DeclarationError where tenants are walled off, because nobody knows what it reaches."""
    if templates:
        raise DeclarationError(
            "a policy word for word cannot be held within its tenant's place; say objects and actions instead"
        )
    return Definition(
        Native("policy", ""),
        text=policy,
        meaning=meaning(policy),
        risks=tuple(sorted({VERBATIM, *risks_in(policy)})),
        words=words(policy),
    )


def _used(uses: ExistingRole, templates: Templates, prefix: str) -> Native:
    """What exists already; DeclarationError where guestlist removes what is called so, or tenants are walled off."""
    if uses.name.lower().startswith(prefix):
        raise DeclarationError(
            f"the {uses.kind} {uses.name} is named like what guestlist makes here ({prefix}…), and it removes what"
            " nobody declares of that name: say objects and actions instead"
        )
    if templates:
        raise DeclarationError(
            f"nobody can say which tenants the {uses.kind} {uses.name} reaches, and here each has a place of its own;"
            " say objects and actions instead"
        )
    return Native(uses.kind, uses.name)


def reach(role: VaultRole) -> Mapping[str, frozenset[str]]:
    """Whose objects a role reaches, in the words of a contract."""
    found: dict[str, frozenset[str]] = {}
    for word, dimension in DIMENSIONS.items():
        if named := frozenset(thing.whose[word] for thing in role.objects if word in thing.whose):
            found[dimension] = named
    return found
