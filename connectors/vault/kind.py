"""The kind of target that a vault is: how it is declared, compiled and connected to."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel

from connectors.vault.client import Patience, VaultClient
from connectors.vault.compile import compile_role
from connectors.vault.connector import VaultConnector
from connectors.vault.declarations import VaultAccount, VaultAlias, VaultRole, VaultTarget
from connectors.vault.names import alias_key, entity_name, name_key
from connectors.vault.rights import policy_text
from reconciler.desired.kinds import Compiled
from reconciler.desired.models import PrincipalSpec, TargetSpec, VendorSpec
from reconciler.model import AccountKey, Scope
from reconciler.ports import Credentials

Model = TypeVar("Model", bound=BaseModel)


class VaultSchema:
    """How vault targets, roles and accounts are declared."""

    name = "vault"
    target_model: type[TargetSpec] = VaultTarget
    role_model: type[BaseModel] = VaultRole
    account_model: object = VaultAccount

    def account_key(self, declared: object | None, *, vendor: str, principal: str, email: str | None) -> AccountKey:
        """The declared entity name or alias, or the entity `vendor_<vendor>_<principal>`; e-mail never counts."""
        del email
        match declared:
            case VaultAlias(mount=mount, alias=alias):
                return alias_key(mount, alias)
            case str(name):
                return name_key(name)
            case None:
                return name_key(entity_name(vendor, principal))
            case _:
                raise TypeError(f"an account in a vault is a name or an alias, not {type(declared).__name__}")

    def account_attributes(
        self,
        declared: object | None,  # noqa: ARG002  the port names it
        *,
        target: TargetSpec,  # noqa: ARG002  likewise
        vendor: VendorSpec,  # noqa: ARG002  likewise
        principal: PrincipalSpec,  # noqa: ARG002  likewise
    ) -> Mapping[str, str]:
        """Nothing is asked of an account beyond its existence."""
        return {}

    def reach(self, spec: BaseModel) -> Mapping[str, frozenset[str]]:  # noqa: ARG002  the port names it
        """A vault role says nothing in the words of a contract."""
        return {}

    def compile(
        self,
        role: str,
        spec: BaseModel,
        *,
        target: TargetSpec,  # noqa: ARG002  the port names it
        vendor: str,
        principal: str,
        scope: Scope,
    ) -> tuple[Compiled, ...]:
        """One policy for this principal alone, because it carries the end of this binding."""
        return (compile_role(role, _as(VaultRole, spec), vendor=vendor, principal=principal, scope=scope),)


class VaultKind:
    """OpenBao and HashiCorp Vault."""

    schema = VaultSchema()

    def connect(self, name: str, spec: TargetSpec, credentials: Credentials) -> VaultConnector:
        """A connection that has made no call yet; CredentialError when address, token or CA are missing."""
        target = _as(VaultTarget, spec)
        client = VaultClient(
            name,
            credentials.text(target.url),
            credentials.text(target.auth.token),
            namespace=target.namespace,
            ca=credentials.path(target.ca_file) if target.ca_file else None,
            patience=Patience(),
        )
        return VaultConnector(target, client)

    def least_rights(self, spec: TargetSpec) -> str:
        """The policy of guestlist's own token, in HCL."""
        return policy_text(_as(VaultTarget, spec))


def _as(model: type[Model], spec: BaseModel) -> Model:
    if not isinstance(spec, model):
        raise TypeError(f"a vault is declared with {model.__name__}, not with {type(spec).__name__}")
    return spec
