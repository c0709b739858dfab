"""A seed file, read and checked: pydantic models of what `--seed FILE` may say."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, IPvAnyAddress, ValidationError
from pydantic.alias_generators import to_camel


class SeedError(ValueError):
    """A seed cannot be read; the message says what is wrong where."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Rights(_Part):
    """What a profile or a permission set allows.

    Attributes:
        permissions: System permissions without the prefix `Permissions`; `*` for all.
        objects: Letters per object (`*` for all): Create, Read, Edit, Delete, View all, Modify all,
            and F for View all fields.
        fields: `Object.Field` with `r` or `rw`; `Object.*` for all fields of an object.
    """

    permissions: tuple[str, ...] = ()
    objects: dict[str, str] = {}
    fields: dict[str, Literal["r", "rw"]] = {}


class License(_Part):
    """A user licence."""

    name: str
    key: str
    total: int = 100


class SetLicense(_Part):
    """A permission set licence."""

    name: str
    label: str
    total: int = 10


class LoginIpRange(_Part):
    """Addresses from which users of a profile may log in."""

    start: IPvAnyAddress
    end: IPvAnyAddress
    description: str | None = None


Minutes = Annotated[int, Field(ge=0, le=1440, multiple_of=60)]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Profile(Rights):
    """A profile, with the licence that it needs and the type that its users get.

    Attributes:
        login_ip_ranges: Where its users may log in from; empty for anywhere.
        login_hours: When they may, by weekday: first and last minute after midnight, whole hours; empty for always.
    """

    name: str
    license: str
    user_type: str = "Standard"
    login_ip_ranges: tuple[LoginIpRange, ...] = ()
    login_hours: dict[Day, tuple[Minutes, Minutes]] = {}


class PermissionSet(Rights):
    """A permission set; `license` names a user licence or a permission set licence."""

    name: str
    label: str
    description: str | None = None
    license: str | None = None
    activation_required: bool = False


class Muting(_Part):
    """What a permission set group mutes of what its parts allow."""

    permissions: tuple[str, ...] = ()
    objects: dict[str, str] = {}
    fields: dict[str, Literal["r", "rw"]] = {}


class PermissionSetGroup(_Part):
    """A bundle of permission sets."""

    name: str
    label: str
    permission_sets: tuple[str, ...]
    muting: Muting | None = None
    activation_required: bool = False


class Role(_Part):
    """A place in the role hierarchy."""

    name: str
    parent: str | None = None


class Group(_Part):
    """A public group or queue; `objects` are what a queue holds.

    Members are usernames, names of groups, `role:NAME`, or `role+:NAME` for a role and those below it.
    """

    name: str
    label: str
    type: Literal["Regular", "Queue"] = "Regular"
    members: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()


class Assignment(_Part):
    """A permission set or group held until an instant, or without end."""

    name: str
    until: AwareDatetime | None = None


class User(_Part):
    """A user, what they hold, and what their earlier logins left.

    Attributes:
        contact: E-mail address of the contact that a portal user is; `profile` must then be a portal's.
        password: For SOAP login and OAuth's password flow.
        security_token: What must follow the password there; none where the user comes from a trusted network.
        sessions: How many browser sessions are open.
        applications: Connected applications that have the user's consent, each with a session.
        manager: Username of a user before this one in the seed; `delegated_approver` likewise.
    """

    username: str
    first_name: str | None = None
    last_name: str
    email: str | None = None
    profile: str
    role: str | None = None
    contact: str | None = None
    active: bool = True
    frozen: bool = False
    federation_identifier: str | None = None
    title: str | None = None
    password: str | None = None
    security_token: str | None = None
    permission_sets: tuple[str | Assignment, ...] = ()
    permission_set_groups: tuple[str | Assignment, ...] = ()
    groups: tuple[str, ...] = ()
    sessions: int = 0
    applications: tuple[str, ...] = ()
    manager: str | None = None
    delegated_approver: str | None = None


class Comment(_Part):
    """A comment on a case."""

    body: str
    published: bool = False


class Case(_Part):
    """A case. The owner is a username or the name of a queue; `team` gives usernames their role in it.

    `teams` are predefined ones.
    """

    subject: str
    status: str = "New"
    priority: str = "Medium"
    origin: str = "Web"
    contact: str | None = None
    owner: str | None = None
    comments: tuple[Comment, ...] = ()
    team: dict[str, str] = {}
    teams: tuple[str, ...] = ()
    shares: dict[str, str] = {}


class Contact(_Part):
    """A person at an account."""

    first_name: str | None = None
    last_name: str
    email: str


class Account(_Part):
    """A customer or partner. `shares` and `team` give usernames or groups `Read` or `Edit`."""

    name: str
    industry: str | None = None
    country: str | None = None
    owner: str | None = None
    contacts: tuple[Contact, ...] = ()
    cases: tuple[Case, ...] = ()
    team: dict[str, str] = {}
    shares: dict[str, str] = {}


class Application(_Part):
    """A connected application."""

    name: str


class SharingRule(_Part):
    """What members of one group own (or a queue, or a role as in groups' members), another group has."""

    object: Literal["Account", "Case"]
    owned_by: str
    shared_with: str
    level: Literal["Read", "Edit"] = "Read"


class Features(_Part):
    """What an org may lack."""

    case_teams: bool = True
    account_teams: bool = True


class Sharing(_Part):
    """Organisation-wide defaults: who sees records that nobody shared."""

    account: Literal["Private", "Read", "Edit"] = "Private"
    case: Literal["Private", "Read", "Edit"] = "Private"


class Seed(_Part):
    """An org.

    Attributes:
        domain: Of the e-mail addresses that the org's own users get.
        case_teams: Predefined case teams: usernames with their roles, by the team's name.
        made_up: How many vendor users to make up besides.
    """

    organization: str = "Example Industries"
    domain: str = "example.com"
    sharing: Sharing = Sharing()
    licenses: tuple[License, ...] = ()
    permission_set_licenses: tuple[SetLicense, ...] = ()
    profiles: tuple[Profile, ...] = ()
    permission_sets: tuple[PermissionSet, ...] = ()
    permission_set_groups: tuple[PermissionSetGroup, ...] = ()
    roles: tuple[Role, ...] = ()
    groups: tuple[Group, ...] = ()
    users: tuple[User, ...] = ()
    case_team_roles: dict[str, str] = Field(default_factory=dict)
    case_teams: dict[str, dict[str, str]] = Field(default_factory=dict)
    sharing_rules: tuple[SharingRule, ...] = ()
    features: Features = Features()
    applications: tuple[Application, ...] = ()
    accounts: tuple[Account, ...] = ()
    made_up: int = 0


def read(seed: str, *, accounts: int = 0) -> Seed:
    """The seed of that name (`demo`, `empty`) or in that file.

    Raises:
        SeedError: There is none, or it says what no seed can say.
    """
    known = files(__package__) / f"{seed}.json"
    try:
        text = known.read_text("utf-8") if seed.isidentifier() and known.is_file() else Path(seed).read_text("utf-8")
        found = Seed.model_validate_json(text)
    except OSError as error:
        raise SeedError(f"there is no seed {seed}: name demo, empty, or a JSON file ({error.strerror})") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SeedError(f"the seed {seed} is wrong at {place or 'its beginning'}: {first['msg']}") from None
    return found.model_copy(update={"made_up": accounts or found.made_up})


def baseline() -> Seed:
    """What every org has before any seed."""
    return Seed.model_validate_json((files(__package__) / "baseline.json").read_text("utf-8"))
