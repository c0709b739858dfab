"""The server's second factor for vendors' logins: one rule for the whole population, of which accounts are members.

Source: https://openbao.org/api-docs/secret/identity/mfa/login-enforcement/ . A rule names who is asked and by which
methods, any one of which is enough; so a method that somebody adds makes it weaker, and is drift of every member.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from connectors.vault.client import VaultClient, segment
from connectors.vault.mapping import Enforcement, Method
from connectors.vault.names import PREFIX
from connectors.vault.principals import MfaSettings
from connectors.vault.reading import Reader
from reconciler.errors import Conflict, Rejected

MFA = "mfaEnforcement"
"""The kind of native that a rule of the population is which nobody declares."""

RULE = f"{PREFIX}mfa"
"""The one rule that guestlist keeps; no compiled name can be the same, because those have two more parts."""

_TRIES = 3


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What is live of second factors: the methods there are, and the population's rules, by name."""

    methods: Mapping[str, Method]
    rules: Mapping[str, Enforcement]

    def of(self, entity: str) -> str:
        """Which methods guestlist's rule asks an entity for, in comparable form; empty when it asks for none."""
        rule = self.rules.get(RULE)
        return "" if rule is None or entity not in rule.identity_entity_ids else self.meaning(rule)

    def meaning(self, rule: Enforcement) -> str:
        """The methods by name; what a rule says of anybody else is another meaning."""
        names = [self.methods[id_].name or id_ for id_ in rule.mfa_method_ids if id_ in self.methods]
        others = (*rule.identity_group_ids, *rule.auth_method_accessors, *rule.auth_method_types)
        gone = [id_ for id_ in rule.mfa_method_ids if id_ not in self.methods]
        return as_attribute([*names, *gone]) + (" and for others" if others else "")

    def missing(self, settings: MfaSettings) -> str:
        """Why the declared second factor cannot be asked for here; empty when it can."""
        known = {method.name for method in self.methods.values()} | set(self.methods)
        absent = sorted(set(settings.methods) - known)
        return f"there is no MFA method called {', '.join(absent)} here; create it, or correct `mfa`" if absent else ""

    def ids(self, names: Collection[str]) -> list[str]:
        """The ids of the methods of these names (or ids)."""
        return sorted(id_ for id_, method in self.methods.items() if method.name in names or id_ in names)


def as_attribute(methods: Collection[str]) -> str:
    """Methods as the value of an account's attribute; empty for none."""
    return json.dumps(sorted(methods)) if methods else ""


def read(reader: Reader, owns: Collection[str] | None = None) -> SecondFactor:
    """What is live; `owns` narrows it to some rules."""
    rules = reader.enforcements()
    return SecondFactor(reader.methods(), {name: rule for name, rule in rules.items() if owns is None or name in owns})


def enforce(
    client: VaultClient, reader: Reader, settings: MfaSettings, *, wanted: Collection[str], unwanted: Collection[str]
) -> bool:
    """Make the rule ask `wanted` and not `unwanted` entities, by the declared methods alone; whether that was to do.

    Whom else it asks stays as it is.
    The server has no check-and-set for it, so it is read again afterwards, and once more written where somebody else
    was at it too.
    """
    for attempt in range(_TRIES + 1):
        live = read(reader, (RULE,))
        if problem := live.missing(settings):
            raise Rejected(problem)
        methods = live.ids(settings.methods)
        rule = live.rules.get(RULE)
        members = set(rule.identity_entity_ids) if rule is not None else set()
        after = (members | set(wanted)) - set(unwanted)
        plain = rule is None or not (rule.identity_group_ids or rule.auth_method_accessors or rule.auth_method_types)
        if members == after and plain and (rule is None or sorted(rule.mfa_method_ids) == methods):
            return attempt > 0
        if attempt == _TRIES:
            break
        body = {
            "mfa_method_ids": methods,
            "identity_entity_ids": sorted(after),
            "identity_group_ids": [],
            "auth_method_accessors": [],
            "auth_method_types": [],
        }
        client.write(f"identity/mfa/login-enforcement/{segment(RULE)}", body)
    raise Conflict(f"somebody else changes the MFA login enforcement {RULE} at the same time; run again")
