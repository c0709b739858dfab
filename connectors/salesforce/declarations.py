"""What a Salesforce target, its roles and its accounts look like in declarations, and how they compile."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator

from reconciler.desired.kinds import Compiled
from reconciler.desired.models import Many, PrincipalSpec, Reference, Strict, TargetSpec, VendorSpec
from reconciler.errors import DeclarationError
from reconciler.model import AccountKey, Native, Scope

ADMINISTRATOR = "System Administrator"
"""The standard profile that no population may select: whoever holds it administers the org."""

UserType = Literal["PowerPartner", "PowerCustomerSuccess", "CustomerSuccess", "CspLitePortal", "CsnOnly", "SelfService"]
"""`User.UserType` of people outside the company (Salesforce object reference, User). `Standard` is everybody inside."""

Label = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+$")]
Domain = Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)+$")]
Username = Annotated[
    str,
    Field(
        max_length=80,
        pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$",
        description="A Salesforce Username: looks like an e-mail, is unique in all of Salesforce, ignores case.",
    ),
]
DeveloperName = Annotated[
    str,
    Field(
        max_length=96,
        pattern=r"^([A-Za-z][A-Za-z0-9]{0,14}__)?[A-Za-z](_?[A-Za-z0-9])*$",
        description="An API name; a managed package's begins with its namespace and two underscores.",
    ),
]


class ClientCredentials(Strict):
    """OAuth client credentials: runs as the app's integration user, at the org's own My Domain."""

    client_id: Reference
    client_secret: Reference


class JwtBearer(Strict):
    """OAuth JWT bearer: runs as `username`, proved by the app's private key (PEM)."""

    client_id: Reference
    username: Username
    private_key: Reference
    audience: Annotated[
        str, Field(pattern=r"^https://\S+$", description="The login URL that the assertion is meant for.")
    ] = "https://login.salesforce.com"


class Selector(Strict):
    """Which users belong to the population: the union of what is named here."""

    profiles: Many[Label] = ()
    user_types: Many[UserType] = ()
    email_domains: Many[Domain] = ()
    usernames: Many[Username] = ()

    @field_validator("profiles")
    @classmethod
    def _no_administrators(cls, profiles: tuple[str, ...]) -> tuple[str, ...]:
        if any(profile.strip().casefold() == ADMINISTRATOR.casefold() for profile in profiles):
            raise ValueError(f"{ADMINISTRATOR} may not be selected: guestlist never governs who administers the org")
        return profiles

    @model_validator(mode="after")
    def _selects_something(self) -> "Selector":
        if not (self.profiles or self.user_types or self.email_domains or self.usernames):
            raise ValueError("selects nobody; name at least one of profiles, userTypes, emailDomains, usernames")
        return self


class Exclusion(Strict):
    """Who never belongs to the population, whatever selects them."""

    profiles: Many[Label] = (ADMINISTRATOR,)
    usernames: Many[Username] = ()


class Population(Strict):
    """The accounts that guestlist answers for; `except` and guestlist's own user always win."""

    any: Selector
    except_: Annotated[Exclusion, Field(alias="except")] = Exclusion()


class SalesforceTarget(TargetSpec):
    """A Salesforce org in Settings. `url` is its My Domain, `https://….my.salesforce.com`."""

    connector: Literal["salesforce"]
    auth: ClientCredentials | JwtBearer
    api_version: Annotated[str, Field(pattern=r"^[6-9]\d\.0$", description="60.0 or later.")] = "64.0"
    population: Population


class Uses(Strict):
    """Exactly one thing that exists in the org, by its API name."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    permission_set: DeveloperName | None = None
    permission_set_group: DeveloperName | None = None
    group: Annotated[DeveloperName | None, Field(description="A public group.")] = None
    queue: DeveloperName | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Uses":
        if len(self.named) != 1:
            raise ValueError("names exactly one of permissionSet, permissionSetGroup, group, queue")
        return self

    @property
    def named(self) -> tuple[Native, ...]:
        """What it names."""
        return tuple(Native(kind, name) for kind, name in self.model_dump(by_alias=True).items() if name is not None)


class SalesforceRole(Strict):
    """A role that names one thing that exists in the org."""

    connector: Literal["salesforce"]
    uses: Uses

    @property
    def native(self) -> Native:
        """What the org calls it."""
        return self.uses.named[0]


class FederationId(Strict):
    """An account by its FederationIdentifier, which single sign-on uses; case counts."""

    federation_id: Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\x00-\x1f]+$")]


AccountName = Username | FederationId
_ACCOUNT: TypeAdapter[str | FederationId] = TypeAdapter(AccountName)


def username_key(username: str) -> AccountKey:
    """The key of a Username, which ignores case."""
    return AccountKey("username", username.lower())


def federation_key(identifier: str) -> AccountKey:
    """The key of a FederationIdentifier, taken exactly."""
    return AccountKey("federationId", identifier)


class SalesforceSchema:
    """How Salesforce targets are declared."""

    name = "salesforce"
    target_model: type[TargetSpec] = SalesforceTarget
    role_model: type[BaseModel] = SalesforceRole
    account_model: object = AccountName

    def account_key(
        self,
        declared: object | None,
        *,
        vendor: str,  # noqa: ARG002  the port names it; a Username needs no vendor
        principal: str,  # noqa: ARG002  likewise
        email: str | None,
    ) -> AccountKey | None:
        """The declared Username or FederationIdentifier, or else the e-mail as Username."""
        if declared is None:
            return None if email is None else username_key(email)
        if isinstance(declared, BaseModel):
            declared = declared.model_dump(by_alias=True)
        try:
            named = _ACCOUNT.validate_python(declared)
        except ValidationError as error:
            raise DeclarationError("a Salesforce account is a Username or {federationId: …}") from error
        return username_key(named) if isinstance(named, str) else federation_key(named.federation_id)

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
        """A Salesforce role says nothing in the words of a contract."""
        return {}

    def compile(
        self,
        role: str,
        spec: BaseModel,
        *,
        target: TargetSpec,  # noqa: ARG002  the port's words; a role that exists is the same for everybody
        vendor: str,  # noqa: ARG002  likewise
        principal: str,  # noqa: ARG002  likewise
        scope: Scope,
    ) -> tuple[Compiled, ...]:
        """The existing permission set, group or queue that the role names."""
        if not isinstance(spec, SalesforceRole):
            raise DeclarationError(f"role {role}: not a Salesforce role")
        if scope:
            raise DeclarationError(f"role {role}: a Salesforce binding cannot be narrowed to a scope")
        return (Compiled(spec.native),)
