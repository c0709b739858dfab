"""The declarations as pydantic models: frozen, nothing unknown accepted; the JSON Schemas are generated from them.

Field names are camelCase in YAML and snake_case here. References between documents are checked in `references`, not
here: a model sees one document only.
"""

from collections.abc import Mapping
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from reconciler.desired.basics import (
    ENVIRONMENT_PATTERN,
    FILE_PATTERN,
    Day,
    Email,
    Instant,
    Many,
    Name,
    Network,
    Strict,
    Text,
    iana_time_zone,
)
from reconciler.desired.labels import Tier
from reconciler.desired.scopes import GrantScope
from reconciler.model import Mode, Scope


class Metadata(Strict):
    """The header of a document."""

    name: Name
    title: Text | None = None


class EnvReference(Strict):
    """A value kept in an environment variable."""

    env: Annotated[str, Field(pattern=ENVIRONMENT_PATTERN, description="A variable that starts with GUESTLIST_.")]


class FileReference(Strict):
    """A value kept in a file below the directory that `GUESTLIST_SECRETS_DIR` names, outside the repository."""

    file: Annotated[str, Field(pattern=FILE_PATTERN, description="A path below the secrets directory.")]


def _kind_of_reference(value: object) -> str | None:
    if isinstance(value, Mapping):
        return "file" if "file" in value and "env" not in value else "env"
    return "env" if isinstance(value, EnvReference) else "file" if isinstance(value, FileReference) else None


Reference = Annotated[
    Annotated[EnvReference, Tag("env")] | Annotated[FileReference, Tag("file")],
    Discriminator(
        _kind_of_reference,
        custom_error_type="reference",
        custom_error_message="a value itself may not stand in the repository: write {env: GUESTLIST_…} or {file: …}",
    ),
]
"""Where a value is that may not stand in the repository."""


class Limit(Strict):
    """How much one rolling day may change: an absolute number and a share of what is live. Zero means none."""

    max: Annotated[int, Field(ge=0)]
    percent: Annotated[int, Field(ge=0, le=100)]


class Guard(Strict):
    """The blast radius of one target."""

    grants: Limit = Limit(max=50, percent=30)
    revocations: Limit = Limit(max=20, percent=20)
    disabled: Limit = Limit(max=5, percent=20)


class TargetSpec(Strict):
    """What every kind of target has in common; connectors add how to authenticate and who the population is."""

    connector: str
    mode: Annotated[Mode, Field(strict=False)] = Mode.OBSERVE
    vendor_modes: Annotated[
        dict[Name, Annotated[Mode, Field(strict=False)]],
        Field(default_factory=dict, description="Vendors with a mode of their own."),
    ]
    url: Reference
    ca_file: Annotated[Reference | None, Field(description="A PEM bundle to trust instead of the usual one.")] = None
    guard: Guard = Guard()
    unremovable: Annotated[
        Literal["hold", "freeze"],
        Field(
            description="What becomes of rights that cannot be taken away: `hold` leaves them and the run incomplete, "
            "`freeze` closes the account that has them."
        ),
    ] = "hold"
    accounts: Annotated[
        Literal["existing", "create"],
        Field(description="Whether a declared account that is missing is an error, or is created."),
    ] = "existing"
    deactivate_after: Annotated[
        int | None,
        Field(
            ge=1,
            le=3650,
            description="Days after which an account that guestlist closed is retired for good; never without it.",
        ),
    ] = None


class RoleSpec(Strict):
    """What a role of every connector says; its own model adds what may be done.

    Without `shows`, holders may see what is labelled for vendors and for customers, and nothing else that is labelled.
    """

    connector: str
    shows: Annotated[Many[Tier], Field(description="The tiers of labelled data that holders may see.")] = (
        "vendor-visible",
        "customer-visible",
    )


Target = TypeVar("Target", bound=TargetSpec)


class SettingsSpec(Strict, Generic[Target]):
    """What holds for the whole repository. `Target` is the union of the kinds of target there are."""

    branch: Annotated[Text, Field(description="The branch that counts; `apply` in enforce accepts only its head.")]
    time_zone: Annotated[
        str, AfterValidator(iana_time_zone), Field(description="IANA time zone of the dates in declarations.")
    ] = "UTC"
    targets: Annotated[dict[Name, Target], Field(min_length=1)]


class GitHubIdentity(Strict):
    """Who somebody is on GitHub: the login for people, the numeric id for machines (logins are reused)."""

    login: Text
    id: Annotated[int, Field(gt=0)]


class Forge(Strict):
    """Who somebody is on the forge."""

    github: GitHubIdentity


class PersonSpec(Strict):
    """An employee who may sponsor or own."""

    title: Text
    email: Email
    forge: Forge | None = None


class Sponsor(Strict):
    """The employee who vouches for the vendor, and since when."""

    name: Name
    since: Day


class Owners(Strict):
    """Who owns the relationship, and who its technical side."""

    business: Name
    technical: Name


class Contract(Strict):
    """What the vendor is here for, and for how long; both dates are inclusive.

    A role that names a tenant, an application, an environment, a queue, a region or a tier of customers can be granted
    only where the contract names it too.
    """

    id: Text
    scope: Text
    starts: Day
    ends: Day
    tenants: Annotated[Many[Name], Field(description="Whose objects its roles may name.")] = ()
    applications: Annotated[Many[Name], Field(description="Likewise, by application.")] = ()
    environments: Annotated[Many[Name], Field(description="Likewise, by environment: prod, test.")] = ()
    queues: Annotated[Many[Name], Field(description="Likewise, by queue.")] = ()
    regions: Annotated[Many[Name], Field(description="Likewise, by region.")] = ()
    customer_tiers: Annotated[Many[Name], Field(description="Likewise, by the tier of the customers served.")] = ()

    @model_validator(mode="after")
    def _in_order(self) -> "Contract":
        if self.ends < self.starts:
            raise ValueError(f"ends ({self.ends}) is before starts ({self.starts})")
        return self

    @property
    def covers(self) -> Mapping[str, frozenset[str]]:
        """What it names, in the words of `TargetSchema.reach`; a dimension about which it says nothing is empty."""
        return {
            "tenants": frozenset(self.tenants),
            "applications": frozenset(self.applications),
            "environments": frozenset(self.environments),
            "queues": frozenset(self.queues),
            "regions": frozenset(self.regions),
            "customerTiers": frozenset(self.customer_tiers),
        }


class Proofing(Strict):
    """How, by whom and when it was made sure that a principal is who it says."""

    method: Annotated[
        Literal["video-id", "in-person", "document", "federated", "sponsor-statement"], Field(description="How.")
    ]
    by: Name
    date: Day
    evidence: Text


class PrincipalSpec(Strict):
    """One named outsider; never shared.

    `accounts` names its account per target, by a key that the outsider cannot change. Without an entry the kind of
    target has its default: in Salesforce the e-mail as Username, in a vault the entity `vendor_<vendor>_<principal>`.
    """

    name: Name
    kind: Literal["human", "persona", "automation"]
    title: Annotated[Text | None, Field(description="The full name, as an account that is created will carry it.")] = (
        None
    )
    email: Email | None = None
    accounts: Annotated[
        dict[Name, str | dict[str, str]], Field(default_factory=dict, description="Its account per target.")
    ]
    on_behalf_of: Annotated[Name | None, Field(description="A persona's accountable human.")] = None
    owner: Annotated[Name | None, Field(description="An automation's accountable human.")] = None
    proofing: Proofing | None = None
    mfa: Literal["required"] | None = None

    @property
    def accountable(self) -> str | None:
        """The name of the human who answers for a persona or an automation; None where none is declared."""
        return self.owner if self.kind == "automation" else self.on_behalf_of

    @model_validator(mode="after")
    def _answered_for(self) -> "PrincipalSpec":
        if self.on_behalf_of is not None and self.kind != "persona":
            raise ValueError(
                f"onBehalfOf is for a persona, and {self.name} is of kind {self.kind!r}: remove one of both"
            )
        if self.owner is not None and self.kind != "automation":
            raise ValueError(
                f"owner is for an automation, and {self.name} is of kind {self.kind!r}: remove one of both"
            )
        return self


class Window(Strict):
    """From when until when; a date as an end is inclusive."""

    from_: Annotated[Instant | None, Field(alias="from")] = None
    until: Instant


class GrantSpec(Strict):
    """Principals get a role in a target, for a window, for a reason.

    A role that reaches a customer's records is granted within a `scope`, or says with `unscoped` why it cannot be.
    """

    name: Name
    target: Name
    role: Name
    principals: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)]
    window: Window
    reason: Text
    ticket: Text | None = None
    scope: GrantScope | None = None
    unscoped: Annotated[Text | None, Field(description="Why the grant reaches more than single records.")] = None

    @field_validator("unscoped")
    @classmethod
    def _scoped_or_not(cls, reason: str | None, info: ValidationInfo) -> str | None:
        if reason is not None and info.data.get("scope") is not None:
            raise ValueError("says why the grant has no scope, and it has one: remove one of both")
        return reason

    @property
    def narrowed(self) -> Scope:
        """The scope as bindings carry it; empty without one."""
        return () if self.scope is None else self.scope.value


class VendorSpec(Strict):
    """An outside organisation, whom it sends, and what they may do."""

    sponsor: Sponsor
    owners: Owners
    tier: Literal["critical", "high", "medium", "low"]
    regions: Many[Name] = ()
    networks: Annotated[
        Many[Network], Field(description="Where its people come from, in CIDR notation; logins from elsewhere fail.")
    ] = ()
    contract: Contract
    principals: Many[PrincipalSpec] = ()
    grants: Many[GrantSpec] = ()


class OverrideSpec(Strict):
    """Lifts one guard limit of one target, up to a count, for some days. Both dates are inclusive."""

    target: Name
    limit: Literal["grants", "revocations", "disabled"]
    max: Annotated[int, Field(ge=1)]
    from_: Annotated[Day, Field(alias="from")]
    until: Day
    by: Name
    reason: Text

    @model_validator(mode="after")
    def _in_order(self) -> "OverrideSpec":
        if self.until < self.from_:
            raise ValueError(f"until ({self.until}) is before from ({self.from_})")
        return self
