"""The rights that keeping principals takes: login roles, aliases, second factors. Only what Settings ask for."""

from collections.abc import Iterator

from connectors.vault.attributes import governs
from connectors.vault.declarations import VaultTarget
from connectors.vault.logins import FIELDS
from connectors.vault.right import Right

ENTITY_FIELDS = ("policies", "disabled")
_HARMLESS = {
    "token_policies": "[[]]",
    "token_policies_template_claims": "[false]",
    "token_period": '["0s"]',
    "token_type": '["service"]',
}
"""With these a login role gives nothing of its own, whoever writes it with our rights."""


def principal_rights(target: VaultTarget) -> Iterator[Right]:
    """Every right that vendors' ways in need."""
    for mount in dict.fromkeys((*target.logins, *target.population.any_.mounts)):
        yield from _logins(target, mount)
    if target.logins or target.population.any_.mounts:
        yield Right("identity/entity-alias/id/+", "Take off aliases that no declaration speaks of.", writes=("delete",))
    if governs(target):
        yield from _accounts()
    if target.mfa is not None:
        yield from _second_factor(target)


def selects_any_name(target: VaultTarget) -> bool:
    """Whether whoever belongs to the population may have any name: a login or metadata says who does."""
    selectors = target.population.any_
    return bool(selectors.mounts or selectors.metadata or target.logins)


def entity_rights(target: VaultTarget, *, anybody: bool, why: str) -> Iterator[Right]:
    """Writing entities by name: of the population's prefix, and of `anybody` where names do not say who belongs."""
    prefix = target.population.any_.prefix
    fields = (*ENTITY_FIELDS, *(("metadata",) if governs(target) else ()))
    if anybody:
        yield Right("identity/entity/name/*", why, writes=("update",), fields=fields)
    made = ("create", "read") if governs(target) else ()
    gone = ("delete",) if target.deactivate_after is not None else ()
    if not anybody or made or gone:
        said = "Make the population's entities, write who they are, and remove them in the end." if anybody else why
        yield Right(f"identity/entity/name/{prefix}*", said, writes=("update", *made, *gone), fields=fields)


def _logins(target: VaultTarget, mount: str) -> Iterator[Right]:
    login = target.logins.get(mount)
    yield Right(f"auth/{mount}/role", "See who is let in where vendors log in.", reads=("list",))
    if login is None:
        why = "How they are let in; a role that gives tokens policies of their own is removed."
        yield Right(f"auth/{mount}/role/+", why, reads=("read",), writes=("delete",))
        return
    yield Right(
        f"auth/{mount}/role/+",
        "Keep one login role for each principal, and remove every other; none can give a policy of its own.",
        reads=("read",),
        writes=("create", "update", "delete"),
        fields=tuple(FIELDS[login.type]),
        values=_HARMLESS,
    )
    if login.type == "approle":
        role = f"auth/{mount}/role/+"
        yield Right(f"{role}/role-id", "Compare the role id, which is no secret.", reads=("read",))
        yield Right(f"{role}/secret-id", "Count secret ids by accessor; none can be made or read.", reads=("list",))
        yield Right(f"{role}/secret-id-accessor/lookup", "See which outlive their role; none is shown.", ("update",))
        why = "Destroy those of a closed account, and those that outlive their role."
        yield Right(f"{role}/secret-id-accessor/destroy", why, writes=("update",))


def _accounts() -> Iterator[Right]:
    yield Right("sys/auth", "Where an alias belongs, and which mounts give batch tokens.", reads=("read",))
    yield Right("identity/lookup/entity", "See whose an alias is before it is made.", writes=("update",))
    yield Right(
        "identity/entity-alias",
        "Make the aliases of vendors. The API cannot narrow it: who may do this can become anybody of the namespace.",
        writes=("create", "update"),
        fields=("name", "canonical_id", "mount_accessor"),
    )


def _second_factor(target: VaultTarget) -> Iterator[Right]:
    rules = "identity/mfa/login-enforcement"
    yield Right("identity/mfa/method", "Find the methods of a second factor by name.", reads=("list",))
    yield Right(rules, "See whose logins ask for a second factor.", reads=("list",))
    yield Right(
        f"{rules}/{target.population.any_.prefix}*",
        "Keep the rule that asks vendors for one.",
        writes=("create", "update", "delete"),
    )
