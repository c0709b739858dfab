"""Two small kinds of target for the loader's tests, shaped like the real ones and independent of them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from reconciler.desired.basics import Many, Strict
from reconciler.desired.kinds import Compiled, Schemas
from reconciler.desired.models import PrincipalSpec, Reference, RoleSpec, TargetSpec, VendorSpec
from reconciler.errors import DeclarationError
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


class Defined(Strict):
    """A role of our own: what it shows, and whether that is customers' records."""

    shows: Many[str]
    records: bool = False


class CrmRole(RoleSpec):
    """Something that exists in the CRM, or what guestlist shall define there."""

    connector: Literal["salesforce"]
    uses: PermissionSetUse | BundleUse | GroupUse | QueueUse | None = None
    defines: Defined | None = None


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
        target: TargetSpec,
        vendor_name: str,
        vendor: VendorSpec,
        principal: PrincipalSpec,
    ) -> Mapping[str, str]:
        """The full name and the vendor's tier, where accounts are created."""
        if target.accounts == "existing":
            return {}
        if principal.title is None:
            raise DeclarationError(f"{principal.name} needs a title, because its account is created")
        return {"name": principal.title, "company": vendor_name, "tier": vendor.tier}

    def reach(self, spec: BaseModel) -> Mapping[str, frozenset[str]]:  # noqa: ARG002 -- the port's word
        """Nothing is said."""
        return {}

    def exposes(self, spec: BaseModel) -> frozenset[str]:
        """What a role of our own shows."""
        assert isinstance(spec, CrmRole)
        return frozenset() if spec.defines is None else frozenset(spec.defines.shows)

    def needs_scope(self, spec: BaseModel) -> frozenset[str]:
        """Cases, of a role of our own that is about records."""
        assert isinstance(spec, CrmRole)
        return frozenset({"cases"}) if spec.defines is not None and spec.defines.records else frozenset()

    def compile(
        self,
        role: str,
        spec: BaseModel,
        *,
        target: TargetSpec,  # noqa: ARG002 -- the port's word
        vendor: str,  # noqa: ARG002 -- the port's word
        principal: str,  # noqa: ARG002 -- the port's word
        scope: Scope,
    ) -> tuple[Compiled, ...]:
        """What exists under that name or is defined under it, and a share of each case in the scope."""
        assert isinstance(spec, CrmRole)
        shares = []
        for word, values in scope:
            if word != "cases":
                raise DeclarationError(f"role {role} can be narrowed to cases, and the scope names {word}")
            shares += [Compiled(Native("caseShare", "Read"), scope=((word, (value,)),)) for value in values]
        if spec.defines is not None:
            native = Native("permissionSet", f"guestlist_{role}")
            text = " ".join(spec.defines.shows)
            return (Compiled(native, Definition(native, text=text, meaning=text, lasting=True)), *shares)
        assert spec.uses is not None
        ((kind, name),) = spec.uses.model_dump(by_alias=True).items()
        return (Compiled(Native(kind, name)), *shares)


class VaultTarget(TargetSpec):
    """A vault."""

    connector: Literal["vault"]
    auth: dict[str, Reference]
    population: Annotated[dict[str, object], Field(default_factory=dict)]


class VaultRole(RoleSpec):
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
        vendor_name: str,  # noqa: ARG002 -- the port's word
        vendor: VendorSpec,  # noqa: ARG002 -- the port's word
        principal: PrincipalSpec,  # noqa: ARG002 -- the port's word
    ) -> Mapping[str, str]:
        """Nothing is asked."""
        return {}

    def reach(self, spec: BaseModel) -> Mapping[str, frozenset[str]]:
        """What the objects say of themselves."""
        assert isinstance(spec, VaultRole)
        said = {
            f"{word}s": thing[word] for thing in spec.objects for word in ("tenant", "environment") if word in thing
        }
        return {words: frozenset(thing[words[:-1]] for thing in spec.objects if words[:-1] in thing) for words in said}

    def exposes(self, spec: BaseModel) -> frozenset[str]:  # noqa: ARG002 -- the port's word
        """Nothing is labelled."""
        return frozenset()

    def needs_scope(self, spec: BaseModel) -> frozenset[str]:  # noqa: ARG002 -- the port's word
        """Never."""
        return frozenset()

    def compile(
        self,
        role: str,
        spec: BaseModel,
        *,
        target: TargetSpec,  # noqa: ARG002 -- the port's word
        vendor: str,
        principal: str,
        scope: Scope,
    ) -> tuple[Compiled, ...]:
        """A policy of the binding's own."""
        assert isinstance(spec, VaultRole)
        if scope:
            raise DeclarationError(f"role {role}: a vault knows no records")
        for thing in spec.objects:
            if ".." in thing.get("path", ""):
                raise DeclarationError(f"role {role}: the path {thing['path']} leaves its tenant")
        native = Native("policy", f"vendor_{vendor}_{principal}_{role}")
        text = "\n".join(str(thing) for thing in spec.objects)
        return (Compiled(native, Definition(native, text=text, meaning=text)),)


KINDS: Schemas = {"salesforce": CrmKind(), "vault": VaultKind()}
