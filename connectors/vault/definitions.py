"""What is defined in a vault that nobody but guestlist should define there, as the engine compares it. Pure."""

from dataclasses import replace

from connectors.vault.enforcement import MFA
from connectors.vault.logins import LOGIN_ROLE, LoginRole
from connectors.vault.mapping import Enforcement, Group, Issued, Policy
from connectors.vault.memberships import GROUP
from connectors.vault.policies import meaning
from connectors.vault.population import Population
from connectors.vault.risks import risks_in
from connectors.vault.tokens import TOKEN, origin
from connectors.vault.wording import words
from reconciler.model import Definition, Native

POLICY = "policy"


def policy_definition(policy: Policy) -> Definition:
    """A live policy as a definition."""
    name = Native(POLICY, policy.name.lower())
    return Definition(
        name,
        text=policy.policy,
        meaning=meaning(policy.policy),
        until=policy.expiration,
        risks=risks_in(policy.policy),
        words=words(policy.policy),
    )


def group_definition(group: Group) -> Definition:
    """A live group as a definition; guestlist declares none, so that one of the population is there by hand."""
    return Definition(Native(GROUP, group.name), text=group.meaning, meaning=group.meaning)


def login_definition(role: LoginRole) -> Definition:
    """A login role that no account has: declared ones are attributes of their accounts."""
    text = replace(role, outliving=0).text
    return Definition(Native(LOGIN_ROLE, role.path), text=text, meaning=text)


def rule_definition(rule: Enforcement) -> Definition:
    """An MFA rule of the population that is not the one which guestlist keeps."""
    text = rule.model_dump_json()
    return Definition(Native(MFA, rule.name), text=text, meaning=text)


def token_definition(issued: Issued) -> Definition:
    """Tokens of one origin that belong to no entity, and carry the population's policies."""
    return Definition(Native(TOKEN, origin(issued)), text=origin(issued), meaning=origin(issued))


def ownerless(issued: Issued, population: Population) -> bool:
    """Whether a token belongs to no entity and carries a policy of the population: no account could be closed on it."""
    return not issued.entity_id and any(population.owns(policy) for policy in issued.policies)
