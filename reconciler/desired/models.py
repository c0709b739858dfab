"""The declarations as pydantic models: frozen, nothing unknown accepted; the JSON Schemas are generated from them.

Field names are camelCase in YAML and snake_case here. References between documents are checked in `references`, not
here: a model sees one document only.
"""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic.alias_generators import to_camel

from reconciler.model import Mode

Item = TypeVar("Item")
Many = Annotated[tuple[Item, ...], Field(strict=False)]
"""A YAML list, kept as a tuple."""

NAME_PATTERN = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"
Name = Annotated[
    str,
    Field(
        pattern=NAME_PATTERN,
        max_length=63,
        description="Lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit.",
    ),
]
Text = Annotated[str, Field(min_length=1, max_length=500)]
EMAIL_PATTERN = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
Email = Annotated[str, Field(pattern=EMAIL_PATTERN, max_length=254)]
ENVIRONMENT_PATTERN = r"^GUESTLIST_[A-Z0-9_]+$"
FILE_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$"

PATTERNS: Mapping[str, str] = {
    NAME_PATTERN: "a name: lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit",
    EMAIL_PATTERN: "an e-mail address",
    ENVIRONMENT_PATTERN: "the name of an environment variable that starts with GUESTLIST_ (capitals, digits, '_')",
    FILE_PATTERN: "a path below the secrets directory, without '..' and leading '/'",
}
"""What the regular expressions mean, for whoever failed one."""

_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def _plausible(value: date) -> date:
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError(f"the year {value.year} is not between {_FIRST_YEAR} and {_LAST_YEAR}")
    return value


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        near = get_close_matches(name, available_timezones(), 1)
        hint = f"did you mean {near[0]!r}?" if near else "write an IANA name such as 'Europe/Berlin'"
        raise ValueError(f"there is no time zone {name!r}: {hint}") from error
    return name


Day = Annotated[date, AfterValidator(_plausible)]
"""A calendar day in Settings' time zone; the bounds keep every instant made of it representable."""
Instant = Day | Annotated[AwareDatetime, AfterValidator(_plausible)]
"""A date (as a start it begins at 00:00, as an end it is inclusive) or an instant with an offset."""


class Strict(BaseModel):
    """What every declared thing has in common: frozen, camelCase, no unknown keys, no conversion between types."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        populate_by_name=False,
        use_enum_values=False,
    )


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
        dict[Name, Annotated[Mode, Field(strict=False)]], Field(description="Vendors with a mode of their own.")
    ] = {}
    url: Reference
    ca_file: Annotated[Reference | None, Field(description="A PEM bundle to trust instead of the usual one.")] = None
    guard: Guard = Guard()


Target = TypeVar("Target", bound=TargetSpec)


class SettingsSpec(Strict, Generic[Target]):
    """What holds for the whole repository. `Target` is the union of the kinds of target there are."""

    branch: Annotated[Text, Field(description="The branch that counts; `apply` in enforce accepts only its head.")]
    time_zone: Annotated[
        str, AfterValidator(_time_zone), Field(description="IANA time zone of the dates in declarations.")
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
    """What the vendor is here for, and for how long; both dates are inclusive."""

    id: Text
    scope: Text
    starts: Day
    ends: Day

    @model_validator(mode="after")
    def _in_order(self) -> "Contract":
        if self.ends < self.starts:
            raise ValueError(f"ends ({self.ends}) is before starts ({self.starts})")
        return self


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
    email: Email | None = None
    accounts: Annotated[dict[Name, str | dict[str, str]], Field(description="Its account per target.")] = {}
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
    """Principals get a role in a target, for a window, for a reason."""

    name: Name
    target: Name
    role: Name
    principals: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)]
    window: Window
    reason: Text
    ticket: Text | None = None


class VendorSpec(Strict):
    """An outside organisation, whom it sends, and what they may do."""

    sponsor: Sponsor
    owners: Owners
    tier: Literal["critical", "high", "medium", "low"]
    regions: Many[Name] = ()
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
