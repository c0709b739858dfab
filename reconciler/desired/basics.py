"""What all models of declarations are made of: names, texts, days, and what every declared thing has in common."""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

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
ITEM_PATTERN = r"^\S+$"
FILE_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$"

PATTERNS: Mapping[str, str] = {
    NAME_PATTERN: "a name: lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit",
    EMAIL_PATTERN: "an e-mail address",
    ENVIRONMENT_PATTERN: "the name of an environment variable that starts with GUESTLIST_ (capitals, digits, '_')",
    ITEM_PATTERN: "the name of an object or field, such as 'Case' or 'Case.SSN__c', without blanks",
    FILE_PATTERN: "a path below the secrets directory, without '..' and leading '/'",
}
"""What the regular expressions mean, for whoever failed one."""

_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def _plausible(value: date) -> date:
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError(f"the year {value.year} is not between {_FIRST_YEAR} and {_LAST_YEAR}")
    return value


def iana_time_zone(name: str) -> str:
    """The IANA name itself; ValueError with the nearest one when there is none of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        near = get_close_matches(name, available_timezones(), 1)
        hint = f"did you mean {near[0]!r}?" if near else "write an IANA name such as 'Europe/Berlin'"
        raise ValueError(f"there is no time zone {name!r}: {hint}") from error
    return name


def _network(text: str) -> str:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no network: {error}; write it like 192.0.2.0/24 or 2001:db8::/32") from error
    if network.prefixlen == 0:
        raise ValueError(f"{text!r} is every address there is; name the networks that the vendor's people come from")
    return str(network)


Network = Annotated[str, AfterValidator(_network), Field(max_length=50, description="A network in CIDR notation.")]
"""An IPv4 or IPv6 network in CIDR notation, canonical (a single address becomes /32 or /128)."""
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
