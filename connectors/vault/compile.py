"""Declared objects and actions → the smallest policy that allows them. Pure."""

from collections import defaultdict
from functools import lru_cache

from connectors.vault.declarations import VaultRole
from connectors.vault.engines import ENGINES
from connectors.vault.names import policy_name
from connectors.vault.policies import Rules, canonical, render
from reconciler.desired.kinds import Compiled
from reconciler.model import Definition, Native, Scope


def rules_of(role: VaultRole) -> Rules:
    """Which capabilities the role needs at which path."""
    rules: dict[str, frozenset[str]] = defaultdict(frozenset)
    for thing in role.objects:
        for action in role.actions:
            for need in ENGINES[thing.engine].actions[action]:
                rules[need.at(thing.mount, thing.path)] |= need.capabilities
    return dict(rules)


def compile_role(name: str, role: VaultRole, *, vendor: str, principal: str, scope: Scope) -> Compiled:
    """The policy of one binding: named after it alone, because it carries the binding's end."""
    native = Native("policy", policy_name(vendor, principal, name, scope))
    text, meaning = _policy(name, role)
    return Compiled(native, Definition(native, text=text, meaning=meaning))


@lru_cache(maxsize=1024)
def _policy(name: str, role: VaultRole) -> tuple[str, str]:
    """The text and the meaning of a role's policy: the same for everybody who holds it."""
    rules = rules_of(role)
    text = f"# Made by guestlist from the role {name}; what is changed here is undone.\n{render(rules)}"
    return text, canonical(rules)
