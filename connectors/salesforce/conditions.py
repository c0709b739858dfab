"""Under which conditions a vendor logs in: what Settings ask of a profile, and what a profile says, in the same words.

Both sides are attributes of an account (see `words`), so that the plan compares them like any other. A profile is
changed in Setup only: guestlist says what differs and never writes it.

A profile's `Metadata` holds `loginIpRanges` (`startAddress`, `endAddress`) and `loginHours` (`mondayStart`,
`mondayEnd` and so on, minutes since midnight, in the org's time zone); no ranges mean any address, no hours mean any
time (Salesforce Metadata API developer guide, Profile; https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_profile.htm).
Multi-factor authentication is the user permission ForceTwoFactor ("Multi-Factor Authentication for User Interface
Logins"). The session security level that a profile requires is in another metadata type, ProfileSessionSetting
(https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_profilesessionsetting.htm), which the
REST and Tooling APIs do not show: it can be declared, and is not compared, which `unread` says.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network, summarize_address_range
from typing import Annotated, Literal, cast

from pydantic import Field, model_validator

from connectors.salesforce.words import A_FEDERATED, A_LOGIN_HOURS, A_LOGIN_RANGES, A_MFA
from reconciler.desired.basics import Many, Network, Strict
from reconciler.errors import Unreadable

REQUIRED = "required"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_MINUTES = 24 * 60

FIXED: Mapping[str, str] = {
    A_LOGIN_RANGES: "login IP ranges are set on the profile; change them in Setup, or move the account to another",
    A_LOGIN_HOURS: "login hours are set on the profile; change them in Setup, or move the account to another",
    A_MFA: "multi-factor authentication is a permission of the profile or of a permission set; set it in Setup",
    A_FEDERATED: "nobody has declared its federation id; write accounts: {…: {username: …, federationId: …}}",
}
"""Attributes that guestlist compares and never changes, and what to do instead."""

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", description="In the org's time zone.")]


class Hours(Strict):
    """From when until when, on one day."""

    from_: Annotated[Clock, Field(alias="from")]
    until: Clock

    @model_validator(mode="after")
    def _in_order(self) -> "Hours":
        if minutes(self.from_) >= minutes(self.until):
            raise ValueError(f"until ({self.until}) is not after from ({self.from_})")
        return self


class WeekHours(Strict):
    """When people may log in; on a day that is not named, nobody may."""

    monday: Hours | None = None
    tuesday: Hours | None = None
    wednesday: Hours | None = None
    thursday: Hours | None = None
    friday: Hours | None = None
    saturday: Hours | None = None
    sunday: Hours | None = None


class Conditions(Strict):
    """What a profile must ask of whoever logs in. What is not named is not compared."""

    login_ip_ranges: Annotated[Many[Network] | None, Field(description="Exactly these networks, in CIDR notation.")] = (
        None
    )
    login_hours: WeekHours | None = None
    mfa: Annotated[Literal["required"] | None, Field(description="Multi-factor authentication at every login.")] = None
    session_level: Annotated[
        Literal["STANDARD", "HIGH_ASSURANCE"] | None,
        Field(description="The session security level required at login. No API that guestlist uses shows it."),
    ] = None

    @property
    def attributes(self) -> Mapping[str, str]:
        """What of it can be read, as attributes of an account."""
        asked: dict[str, str] = {}
        if self.login_ip_ranges is not None:
            asked[A_LOGIN_RANGES] = networks(
                (str(ip_network(one)[0]), str(ip_network(one)[-1])) for one in self.login_ip_ranges
            )
        if self.login_hours is not None:
            named = {day: getattr(self.login_hours, day) for day in DAYS}
            asked[A_LOGIN_HOURS] = week(
                {day: (minutes(hours.from_), minutes(hours.until)) for day, hours in named.items() if hours}
            )
        if self.mfa is not None:
            asked[A_MFA] = self.mfa
        return asked


def unread(conditions: Mapping[str, Conditions]) -> tuple[str, ...]:
    """What is declared, by vendors' tiers, and cannot be compared, a sentence each."""
    return tuple(
        f"the session level that the tier {tier} requires is not shown by the org's API; look at it in Setup"
        for tier, asked in sorted(conditions.items())
        if asked.session_level is not None
    )


def profile_attributes(metadata: Mapping[str, object], *, mfa: bool) -> dict[str, str]:
    """What a profile's `Metadata` asks of whoever logs in, as attributes of its accounts.

    `mfa` is whether they have the permission ForceTwoFactor, from the profile or from what they hold.

    Unreadable when the metadata is not in the documented shape.
    """
    said = {A_LOGIN_RANGES: _ranges(metadata.get("loginIpRanges")), A_LOGIN_HOURS: _hours(metadata.get("loginHours"))}
    return {**said, A_MFA: REQUIRED} if mfa else said


def networks(ranges: Iterable[tuple[str, str]]) -> str:
    """Address ranges in canonical form, so that the same addresses are the same text; `any` for none."""
    found: dict[int, list[IPv4Network | IPv6Network]] = {4: [], 6: []}
    for first, last in ranges:
        try:
            start, end = ip_address(first), ip_address(last)
            found[start.version] += summarize_address_range(start, end)
        except (ValueError, TypeError):
            raise Unreadable("the profile's login IP ranges are not in the documented shape") from None
    merged = [
        str(network) for version in found.values() for network in collapse_addresses(cast("list[IPv4Network]", version))
    ]
    return " ".join(sorted(merged)) or "any"


def week(hours: Mapping[str, tuple[int, int]]) -> str:
    """Login hours in canonical form: `monday 08:00-18:00 …`; `none` for no day at all."""
    spans = [f"{day} {_clock(hours[day][0])}-{_clock(hours[day][1])}" for day in DAYS if day in hours]
    return " ".join(spans) or "none"


def minutes(clock: str) -> int:
    """Minutes since midnight of `08:30`."""
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _ranges(value: object) -> str:
    if value is None:
        return "any"
    if not isinstance(value, list):
        raise Unreadable("the profile's login IP ranges are not in the documented shape")
    ranges = []
    for one in value:
        start = one.get("startAddress") if isinstance(one, Mapping) else None
        end = one.get("endAddress") if isinstance(one, Mapping) else None
        if not isinstance(start, str) or not isinstance(end, str):
            raise Unreadable("the profile's login IP ranges are not in the documented shape")
        ranges.append((start, end))
    return networks(ranges)


def _hours(value: object) -> str:
    if value is None:
        return week(dict.fromkeys(DAYS, (0, _DAY_MINUTES)))
    if not isinstance(value, Mapping):
        raise Unreadable("the profile's login hours are not in the documented shape")
    found: dict[str, tuple[int, int]] = {}
    for day in DAYS:
        start, end = value.get(f"{day}Start"), value.get(f"{day}End")
        if start is None and end is None:
            continue
        if not str(start).isdecimal() or not str(end).isdecimal():
            raise Unreadable("the profile's login hours are not in the documented shape")
        found[day] = (int(str(start)), int(str(end)))
    return week(found)
