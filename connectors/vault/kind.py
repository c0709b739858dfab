"""The kind of target that a vault is: how it is declared, compiled and connected to."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel

from connectors.vault.attributes import declared_attributes
from connectors.vault.client import Patience, VaultClient
from connectors.vault.compile import compile_role, reach
from connectors.vault.connector import VaultConnector
from connectors.vault.declarations import VaultAccount, VaultAlias, VaultRole, VaultTarget
from connectors.vault.names import alias_key, entity_name, name_key
from connectors.vault.rights import policy_text
from connectors.vault.rotation import learned
from connectors.vault.session import proof
from reconciler.desired.kinds import Compiled
from reconciler.desired.models import PrincipalSpec, TargetSpec, VendorSpec
from reconciler.errors import DeclarationError
from reconciler.model import AccountKey, Scope
from reconciler.ports import Credentials, Learned

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
        declared: object | None,
        *,
        target: TargetSpec,
        vendor_name: str,
        vendor: VendorSpec,
        principal: PrincipalSpec,
    ) -> Mapping[str, str]:
        """Who acts here, how it logs in and with which second factor; nothing where Settings say nothing of that."""
        account = declared if isinstance(declared, VaultAlias | str) else None
        return declared_attributes(
            account, target=_as(VaultTarget, target), vendor_name=vendor_name, vendor=vendor, principal=principal
        )

    def reach(self, spec: BaseModel) -> Mapping[str, frozenset[str]]:
        """Whose objects a role reaches: what its objects say of themselves."""
        return reach(_as(VaultRole, spec))

    def exposes(self, spec: BaseModel) -> frozenset[str]:  # noqa: ARG002  the port names it
        """Nothing in a vault is labelled as data: its tenants' walls are in `reach`."""
        return frozenset()

    def needs_scope(self, spec: BaseModel) -> frozenset[str]:  # noqa: ARG002  the port names it
        """A vault role is about no customers' records."""
        return frozenset()

    def compile(
        self,
        role: str,
        spec: BaseModel,
        *,
        target: TargetSpec,
        vendor: str,
        principal: str,
        scope: Scope,
    ) -> tuple[Compiled, ...]:
        """One policy for this principal alone, because it carries the end of this binding; or what the role uses."""
        if scope:
            raise DeclarationError(
                "a grant in a vault has no scope: a vault role names its objects; make a role for those objects"
            )
        vault = _as(VaultTarget, target)
        return (
            compile_role(
                role,
                _as(VaultRole, spec),
                vendor=vendor,
                principal=principal,
                templates=tuple(vault.paths.items()),
                prefix=vault.population.any_.prefix,
            ),
        )


class VaultKind:
    """OpenBao and HashiCorp Vault."""

    schema = VaultSchema()

    def connect(self, name: str, spec: TargetSpec, credentials: Credentials) -> VaultConnector:
        """A connection that has made no call yet; CredentialError when address, token or CA are missing."""
        target = _as(VaultTarget, spec)
        client = VaultClient(
            name,
            credentials.text(target.url),
            proof(target.auth, credentials),
            namespace=target.namespace,
            ca=credentials.path(target.ca_file) if target.ca_file else None,
            patience=Patience(),
        )
        return VaultConnector(target, client)

    def learned(self, role: BaseModel, target: TargetSpec) -> Sequence[Learned]:
        """The secrets, keys and certificates that the role's holders could have."""
        return tuple(learned(_as(VaultRole, role), _as(VaultTarget, target)))

    def least_rights(self, spec: TargetSpec) -> str:
        """The policy of guestlist's own token, in HCL."""
        return policy_text(_as(VaultTarget, spec))


def _as(model: type[Model], spec: BaseModel) -> Model:
    if not isinstance(spec, model):
        raise TypeError(f"a vault is declared with {model.__name__}, not with {type(spec).__name__}")
    return spec
