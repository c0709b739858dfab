"""What a Salesforce target looks like in Settings."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from connectors.salesforce.conditions import Conditions
from connectors.salesforce.spelling import Domain, Label, Username, UserType
from reconciler.desired.basics import Many, Strict, iana_time_zone
from reconciler.desired.models import Reference, TargetSpec
from reconciler.model import Mode

ADMINISTRATOR = "System Administrator"
"""The standard profile that no population may select: whoever holds it administers the org."""

Tier = Literal["critical", "high", "medium", "low"]


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


def _no_administrators(profiles: tuple[str, ...]) -> tuple[str, ...]:
    if any(profile.strip().casefold() == ADMINISTRATOR.casefold() for profile in profiles):
        raise ValueError(f"{ADMINISTRATOR} may not be selected: guestlist never governs who administers the org")
    return profiles


class Selector(Strict):
    """Which users belong to the population: the union of what is named here."""

    profiles: Annotated[Many[Label], AfterValidator(_no_administrators)] = ()
    user_types: Many[UserType] = ()
    email_domains: Many[Domain] = ()
    usernames: Many[Username] = ()

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


class NewAccounts(Strict):
    """What an account that guestlist creates begins with.

    It gets no password: whoever it is for comes by single sign-on.
    """

    profile: Annotated[Label, Field(description="The profile; one that allows nothing by itself.")]
    time_zone: Annotated[str, AfterValidator(iana_time_zone), Field(description="IANA name.")] = "Europe/London"
    locale: Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Za-z0-9]+)*$", max_length=40)] = "en_US"
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Za-z0-9]+)*$", max_length=40)] = "en_US"
    email_encoding: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=40)] = "UTF-8"

    @field_validator("profile")
    @classmethod
    def _no_administrator(cls, profile: str) -> str:
        if profile.strip().casefold() == ADMINISTRATOR.casefold():
            raise ValueError(f"an account that guestlist creates is never a {ADMINISTRATOR}")
        return profile


class SalesforceTarget(TargetSpec):
    """A Salesforce org in Settings. `url` is its My Domain, `https://….my.salesforce.com`."""

    connector: Literal["salesforce"]
    auth: ClientCredentials | JwtBearer
    api_version: Annotated[
        str,
        Field(
            pattern=r"^(6[3-9]|[7-9]\d)\.0$",
            description="63.0 or later: an earlier one does not say who is shown every field of an object.",
        ),
    ] = "64.0"
    population: Population
    profiles: Annotated[
        Many[Label],
        AfterValidator(_no_administrators),
        Field(
            description="The profiles that a vendor's account may have besides those that select the population; any "
            "other is drift. Where neither names one, any will do."
        ),
    ] = ()
    new_accounts: Annotated[
        NewAccounts | None, Field(description="What accounts begin with, where `accounts: create`.")
    ] = None
    federated: Annotated[
        Literal["required"] | None,
        Field(description="`required`: an account that single sign-on does not know by a federation id is drift."),
    ] = None
    daily_calls: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="Percent of the org's API calls of 24 hours. When so many are used up, by whomever, "
            "guestlist stops rather than starve the org.",
        ),
    ] = 90
    conditions: Annotated[
        dict[Tier, Conditions],
        Field(
            default_factory=dict,
            description="By the vendor's tier: what the profiles of its accounts must ask of whoever logs in.",
        ),
    ]

    @model_validator(mode="after")
    def _knows_how_to_create(self) -> "SalesforceTarget":
        if self.accounts == "create" and self.new_accounts is None:
            raise ValueError("accounts: create needs newAccounts, which says with which profile; add it")
        if self.new_accounts is not None and not self.allows_profile(self.new_accounts.profile):
            raise ValueError(
                f"newAccounts has the profile {self.new_accounts.profile!r}, which is not in profiles; add it there"
            )
        if self.new_accounts is not None and _among(self.new_accounts.profile, self.population.except_.profiles):
            raise ValueError(
                f"newAccounts has the profile {self.new_accounts.profile!r}, which the population's except names: "
                "guestlist would not govern what it makes"
            )
        return self

    @property
    def writes(self) -> bool:
        """Whether guestlist may write there, for any vendor."""
        return Mode.ENFORCE in {self.mode, *self.vendor_modes.values()}

    def allows_profile(self, name: str) -> bool:
        """Whether a vendor's account may have this profile."""
        allowed = (*self.population.any.profiles, *self.profiles)
        return not allowed or _among(name, allowed)


def _among(name: str, names: tuple[str, ...]) -> bool:
    return name.casefold() in {other.casefold() for other in names}
