"""What an account in a vault is, beside what it may do: declared and live in the same words. Pure.

- `metadata`: all of the entity's metadata, because templated policies read it; a pair that somebody added is drift.
- `alias`: how it logs in.
- `login`: the login roles that let it in, whole.
- `mfa`: the methods of which the server asks one at login.
"""

import json
from collections.abc import Collection, Iterable, Mapping

from connectors.vault.declarations import VaultAlias, VaultTarget
from connectors.vault.enforcement import SecondFactor
from connectors.vault.enforcement import as_attribute as mfa_attribute
from connectors.vault.logins import LoginRole, as_attribute, declared_role
from connectors.vault.mapping import Entity
from connectors.vault.names import alias_key, entity_name
from connectors.vault.population import LOGIN
from connectors.vault.principals import AppRoleLogin, OidcLogin
from reconciler.desired.models import PrincipalSpec, VendorSpec
from reconciler.errors import DeclarationError
from reconciler.model import AccountKey

METADATA, ALIAS, LOGINS, MFA = "metadata", "alias", "login", "mfa"
_OURS = frozenset({"vendor", "principal", "kind", "sponsor", "on_behalf_of", "owner", LOGIN})
"""The metadata that guestlist writes; any other that is live is named, and its value not shown."""


def governs(target: VaultTarget) -> bool:
    """Whether the target's settings ask anything of accounts beyond their existence."""
    return bool(target.logins) or target.mfa is not None or target.accounts == "create"


def declared_attributes(
    account: VaultAlias | str | None,
    *,
    target: VaultTarget,
    vendor_name: str,
    vendor: VendorSpec,
    principal: PrincipalSpec,
) -> Mapping[str, str]:
    """What is asked of a principal's account; DeclarationError when the target has no such way in for it."""
    if not governs(target):
        return {}
    asked = {METADATA: _dumped(_metadata(account, target, vendor_name, vendor, principal))}
    role = None
    if isinstance(account, VaultAlias):
        _refuse_elsewhere(account, target, principal)
        asked[ALIAS] = alias_key(account.mount, account.alias).value
        role = _role(account, target, vendor_name, vendor, principal)
    if target.logins:
        asked[LOGINS] = as_attribute([role] if role else [])
    if target.mfa is not None:
        needed = vendor.tier in target.mfa.tiers and principal.kind != "automation"
        asked[MFA] = mfa_attribute(target.mfa.methods if needed else ())
    return asked


def live_attributes(
    entity: Entity,
    *,
    selectors: Mapping[str, str],
    declared: Collection[AccountKey],
    roles: Iterable[LoginRole],
    second: SecondFactor | None,
) -> Mapping[str, str]:
    """What is live of an account; `roles` are its login roles, `declared` the keys that declarations name."""
    shown = _OURS | set(selectors)
    keys = {alias.key for alias in entity.aliases if alias.mount}
    found = {
        METADATA: _dumped({key: value if key in shown else "…" for key, value in entity.metadata.items()}),
        ALIAS: ", ".join(sorted(key.value for key in (keys & set(declared) or keys))),
        LOGINS: as_attribute(roles),
    }
    return found if second is None else found | {MFA: second.of(entity.id)}


def written_metadata(text: str) -> Mapping[str, str]:
    """The metadata that an attribute's value says."""
    return {str(key): str(value) for key, value in json.loads(text).items()}


def lets_in(role: LoginRole, entity: Entity) -> bool:
    """Whether a login role is this account's own: by its name, or by what the entity says of itself and its alias."""
    if role.name.lower() == entity.name.lower():
        return True
    vendor, principal = entity.metadata.get("vendor", ""), entity.metadata.get("principal", "")
    own = {alias.name.lower() for alias in entity.aliases if alias.mount == role.mount}
    mount, _, kept = entity.metadata.get(LOGIN, "").lower().rpartition(f"{role.mount.lower()}/")
    if kept and not mount:
        own.add(kept)
    return role.name.lower() == entity_name(vendor, principal) and not own.isdisjoint(role.users)


def _metadata(
    account: VaultAlias | str | None,
    target: VaultTarget,
    vendor_name: str,
    vendor: VendorSpec,
    principal: PrincipalSpec,
) -> Mapping[str, str]:
    """Who acts here, and who answers for it; it stands in the audit log beside each request by the entity's id."""
    said = {
        "vendor": vendor_name,
        "principal": principal.name,
        "kind": principal.kind,
        "sponsor": vendor.sponsor.name,
        "on_behalf_of": principal.on_behalf_of,
        "owner": principal.owner,
        LOGIN: alias_key(account.mount, account.alias).value if isinstance(account, VaultAlias) else None,
    }
    return {**target.population.any_.metadata, **{key: value for key, value in said.items() if value}}


def _refuse_elsewhere(account: VaultAlias, target: VaultTarget, principal: PrincipalSpec) -> None:
    mounts = sorted({*target.logins, *target.population.any_.mounts})
    if mounts and account.mount not in mounts:
        raise DeclarationError(
            f"{principal.name} would log in on {account.mount}, which is no mount of the vendors' here: take one of"
            f" {', '.join(mounts)}"
        )


def _role(
    account: VaultAlias, target: VaultTarget, vendor_name: str, vendor: VendorSpec, principal: PrincipalSpec
) -> LoginRole | None:
    login = target.logins.get(account.mount)
    if login is None:
        return None
    name, automation = principal.name, principal.kind == "automation"
    if isinstance(login, AppRoleLogin) and not automation:
        raise DeclarationError(
            f"{name} is a {principal.kind}, and {account.mount} is an AppRole mount, which is for automations: let"
            " people log in by OIDC or JWT"
        )
    if isinstance(login, OidcLogin) and automation:
        raise DeclarationError(
            f"{name} is an automation, and {account.mount} is logged in on with a browser: give it a JWT or AppRole"
        )
    if isinstance(login, AppRoleLogin) and not vendor.networks:
        raise DeclarationError(
            f"{name} logs in with an AppRole, whose secret id could be used from anywhere: say from which `networks`"
            f" {vendor_name} comes"
        )
    if account.subject is not None and isinstance(login, AppRoleLogin):
        raise DeclarationError(f"{name} has a subject, which an AppRole does not know: leave it out")
    return declared_role(
        login,
        mount=account.mount,
        name=entity_name(vendor_name, name),
        alias=account.alias,
        subject=account.subject,
        networks=vendor.networks,
    )


def _dumped(value: Mapping[str, str]) -> str:
    return json.dumps(dict(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
