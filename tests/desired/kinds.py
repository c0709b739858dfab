"""Two small kinds of target for the loader's tests, shaped like the real ones and independent of them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from reconciler.desired.kinds import Compiled, Schemas
from reconciler.desired.models import Many, PrincipalSpec, Reference, Strict, TargetSpec, VendorSpec
from reconciler.model import AccountKey, Definition, Native, Scope


class ClientCredentials(Strict):
    """A client and its secret."""

    client_id: Reference
    client_secret: Reference


class JwtBearer(Strict):
    """A client and its key."""

    client_id: Reference
    username: str
    private_key: Reference


class CrmTarget(TargetSpec):
    """A CRM."""

    connector: Literal["salesforce"]
    auth: ClientCredentials | JwtBearer
    population: Annotated[dict[str, object], Field(description="Who belongs.")]


class PermissionSetUse(Strict):
    """An existing permission set."""

    permission_set: Annotated[str, Field(min_length=1)]


class QueueUse(Strict):
    """An existing queue."""

    queue: Annotated[str, Field(min_length=1)]


class BundleUse(Strict):
    """An existing permission set group."""

    permission_set_group: Annotated[str, Field(min_length=1)]


class GroupUse(Strict):
    """An existing public group."""

    group: Annotated[str, Field(min_length=1)]


class CrmRole(Strict):
    """Something that exists in the CRM."""

    connector: Literal["salesforce"]
    uses: PermissionSetUse | BundleUse | GroupUse | QueueUse


class CrmKind:
    """How CRMs are declared."""

    name = "salesforce"
    target_model: type[TargetSpec] = CrmTarget
    role_model: type[BaseModel] = CrmRole
    account_model: object = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]

    def account_key(
        self,
        declared: object | None,
        *,
        vendor: str,  # noqa: ARG002 -- the port's word
        principal: str,  # noqa: ARG002 -- the port's word
        email: str | None,
    ) -> AccountKey | None:
        """The declared user name, or the e-mail."""
        name = declared or email
        return AccountKey("username", str(name).lower()) if name else None

    def account_attributes(
        self,
        declared: object | None,  # noqa: ARG002 -- the port's word
        *,
        target: TargetSpec,  # noqa: ARG002 -- the port's word
        vendor: VendorSpec,  # noqa: ARG002 -- the port's word
        principal: PrincipalSpec,  # noqa: ARG002 -- the port's word
    ) -> Mapping[str, str]:
        """Nothing is asked."""
        return {}

    def reach(self, spec: BaseModel) -> Mapping[str, frozenset[str]]:  # noqa: ARG002 -- the port's word
        """Nothing is said."""
        return {}

    def compile(
        self,
        role: str,  # noqa: ARG002 -- the port's word
        spec: BaseModel,
        *,
        target: TargetSpec,  # noqa: ARG002 -- the port's word
        vendor: str,  # noqa: ARG002 -- the port's word
        principal: str,  # noqa: ARG002 -- the port's word
        scope: Scope,  # noqa: ARG002 -- the port's word
    ) -> tuple[Compiled, ...]:
        """What exists under that name."""
        assert isinstance(spec, CrmRole)
        ((kind, name),) = spec.uses.model_dump(by_alias=True).items()
        return (Compiled(Native(kind, name)),)


class VaultTarget(TargetSpec):
    """A vault."""

    connector: Literal["vault"]
    auth: dict[str, Reference]
    population: Annotated[dict[str, object], Field(default_factory=dict)]


class VaultRole(Strict):
    """What may be done with which secrets."""

    connector: Literal["vault"]
    objects: Many[dict[str, str]]
    actions: Many[str]


class VaultAlias(Strict):
    """An account by how it logs in."""

    mount: str
    alias: str


class VaultKind:
    """How vaults are declared."""

    name = "vault"
    target_model: type[TargetSpec] = VaultTarget
    role_model: type[BaseModel] = VaultRole
    account_model: object = Annotated[str, Field(min_length=1)] | VaultAlias

    def account_key(
        self,
        declared: object | None,
        *,
        vendor: str,
        principal: str,
        email: str | None,  # noqa: ARG002 -- the port's word
    ) -> AccountKey | None:
        """The declared entity or alias, or the entity that is named after both."""
        if isinstance(declared, VaultAlias):
            return AccountKey("alias", f"{declared.mount}/{declared.alias}")
        return AccountKey("entity", str(declared or f"vendor_{vendor}_{principal}").lower())

    def account_attributes(
        self,
        declared: object | None,  # noqa: ARG002 -- the port's word
        *,
        target: TargetSpec,  # noqa: ARG002 -- the port's word
        vendor: VendorSpec,  # noqa: ARG002 -- the port's word
        principal: PrincipalSpec,  # noqa: ARG002 -- the port's word
    ) -> Mapping[str, str]:
        """Nothing is asked."""
        return {}

    def reach(self, spec: BaseModel) -> Mapping[str, frozenset[str]]:  # noqa: ARG002 -- the port's word
        """Nothing is said."""
        return {}

    def compile(
        self,
        role: str,
        spec: BaseModel,
        *,
        target: TargetSpec,  # noqa: ARG002 -- the port's word
        vendor: str,
        principal: str,
        scope: Scope,  # noqa: ARG002 -- the port's word
    ) -> tuple[Compiled, ...]:
        """A policy of the binding's own."""
        assert isinstance(spec, VaultRole)
        native = Native("policy", f"vendor_{vendor}_{principal}_{role}")
        text = "\n".join(str(thing) for thing in spec.objects)
        return (Compiled(native, Definition(native, text=text, meaning=text)),)


KINDS: Schemas = {"salesforce": CrmKind(), "vault": VaultKind()}
