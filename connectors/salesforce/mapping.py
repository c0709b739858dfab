"""Wire JSON to the model, pure: users, what they hold, and what roles there are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.salesforce.auth import long_id
from connectors.salesforce.declarations import Exclusion, Population, Selector, federation_key, username_key
from reconciler.errors import Unreadable
from reconciler.model import Account, BindingKey, LiveBinding, Native

Row = Mapping[str, object]

MEMBER_KINDS = {"Regular": "group", "Queue": "queue"}
"""`Group.Type` and what we call it."""
ASSIGNED = frozenset({"permissionSet", "permissionSetGroup"})
"""Kinds that are held by a PermissionSetAssignment, which can carry an end."""
JOINED = frozenset(MEMBER_KINDS.values())
"""Kinds that are held by a GroupMember, which cannot."""


@dataclass(frozen=True, slots=True)
class User:
    """A User row, as far as it says who somebody is and whether guestlist answers for them."""

    id: str
    username: str
    federation_id: str | None
    email: str
    active: bool
    user_type: str
    profile: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A row that gives a role to a user: a PermissionSetAssignment or a GroupMember."""

    id: str
    account: str
    native: Native
    until: datetime | None
    active: bool

    @property
    def key(self) -> BindingKey:
        """Which binding it makes."""
        return BindingKey(self.account, self.native)

    @property
    def binding(self) -> LiveBinding:
        """As the engine sees it."""
        return LiveBinding(self.key, until=self.until, handle=self.id)


def is_user_id(value: str) -> bool:
    """Whether this can be the id of a User; one that cannot makes the org refuse a whole query."""
    return re.fullmatch(r"005[A-Za-z0-9]{15}", value) is not None


def user(row: Row) -> User:
    """A User row; Unreadable when it is not in the documented shape."""
    profile = row.get("Profile")
    federation_id = row.get("FederationIdentifier")
    return User(
        id=identifier(row, "Id"),
        username=text(row, "Username"),
        federation_id=federation_id if isinstance(federation_id, str) and federation_id else None,
        email=optional(row, "Email"),
        active=flag(row, "IsActive"),
        user_type=optional(row, "UserType"),
        profile=optional(profile, "Name") if isinstance(profile, Mapping) else "",
    )


def belongs(population: Population, someone: User) -> bool:
    """Whether the declared predicates select this user; `except` wins."""
    return _chosen(population.any, someone) and not excluded(population.except_, someone)


def excluded(exclusion: Exclusion, someone: User, *, governed: bool = False) -> bool:
    """Whether `except` names this user.

    One that guestlist has governed before is not let off by a profile: a vendor whom somebody moved to an
    administrator's profile is drift, not escape.
    """
    by_profile = not governed and _among(someone.profile, exclusion.profiles)
    return by_profile or _among(someone.username, exclusion.usernames)


def _chosen(selector: Selector, someone: User) -> bool:
    domain = someone.email.rpartition("@")[2]
    return (
        _among(someone.profile, selector.profiles)
        or _among(someone.user_type, selector.user_types)
        or _among(domain, selector.email_domains)
        or _among(someone.username, selector.usernames)
    )


def _among(value: str, names: tuple[str, ...]) -> bool:
    return value.casefold() in {name.casefold() for name in names}


def account(someone: User, *, inside: bool, frozen: bool = False, in_session: bool = False) -> Account:
    """The engine's account. A deactivated one is never opened by guestlist, which only freezes."""
    keys = {username_key(someone.username)}
    if someone.federation_id is not None:
        keys.add(federation_key(someone.federation_id))
    enabled = someone.active and not frozen
    return Account(
        id=someone.id,
        name=someone.username,
        keys=frozenset(keys),
        inside=inside,
        enabled=enabled,
        lingering=in_session and not enabled,
        reopenable=someone.active,
    )


def assignment(row: Row) -> Standing:
    """A PermissionSetAssignment row. One of a permission set group also names the group's own permission set."""
    if row.get("PermissionSetGroupId"):
        kind, holder, name = "permissionSetGroup", row.get("PermissionSetGroup"), "DeveloperName"
    else:
        kind, holder, name = "permissionSet", row.get("PermissionSet"), "Name"
    if not isinstance(holder, Mapping):
        raise Unreadable("reading permission set assignments: one does not say what it assigns")
    return Standing(
        id=identifier(row, "Id"),
        account=identifier(row, "AssigneeId"),
        native=Native(kind, qualified(holder, name)),
        until=instant(row.get("ExpirationDate")),
        active=flag(row, "IsActive"),
    )


def membership(row: Row) -> Standing:
    """A GroupMember row of a public group or a queue."""
    group = row.get("Group")
    if not isinstance(group, Mapping):
        raise Unreadable("reading group and queue memberships: one does not say of what")
    kind = MEMBER_KINDS.get(text(group, "Type"))
    if kind is None:
        raise Unreadable("reading group and queue memberships: one is neither of a public group nor of a queue")
    return Standing(
        id=identifier(row, "Id"),
        account=identifier(row, "UserOrGroupId"),
        native=Native(kind, text(group, "DeveloperName")),
        until=None,
        active=True,
    )


def role(topic: str, row: Row) -> tuple[Native, str]:
    """What a row of a role query is called, and its id; `topic` is the query's."""
    if topic == "groups and queues":
        kind = MEMBER_KINDS.get(text(row, "Type"))
        if kind is None:
            raise Unreadable(f"reading {topic}: one is neither a public group nor a queue")
        return Native(kind, text(row, "DeveloperName")), identifier(row, "Id")
    if topic == "permission set groups":
        return Native("permissionSetGroup", qualified(row, "DeveloperName")), identifier(row, "Id")
    return Native("permissionSet", qualified(row, "Name")), identifier(row, "Id")


def qualified(row: Row, name: str) -> str:
    """An API name with its package's namespace, which the name field leaves out."""
    prefix = optional(row, "NamespacePrefix")
    return f"{prefix}__{text(row, name)}" if prefix else text(row, name)


def carries_end(description: Row) -> bool:
    """Whether an assignment can be given an end, by the description of PermissionSetAssignment."""
    fields = description.get("fields")
    if not isinstance(fields, list) or not fields:
        raise Unreadable("reading what an assignment can carry: the org's answer is not in the documented shape")
    return any(
        isinstance(field, Mapping)
        and field.get("name") == "ExpirationDate"
        and field.get("createable") is True
        and field.get("updateable") is True
        for field in fields
    )


def instant(value: object) -> datetime | None:
    """`2022-03-17T16:21:26.000+0000`, or None for no value."""
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        raise Unreadable("the org wrote an instant in a way that is not documented") from None
    if read.tzinfo is None:
        raise Unreadable("the org wrote an instant without its offset")
    return read.astimezone(UTC)


def wire(moment: datetime) -> str:
    """An instant as Salesforce takes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(row: Row, name: str) -> str:
    """A field that always has a value."""
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"the org sent a record without {name}")
    return value


def optional(row: Row, name: str) -> str:
    """A field that may have none; empty then."""
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(f"the org sent a record whose {name} is not text")
    return value


def identifier(row: Row, name: str) -> str:
    """An id, in its 18-character form."""
    return long_id(text(row, name))


def flag(row: Row, name: str) -> bool:
    """A checkbox."""
    value = row.get(name)
    if not isinstance(value, bool):
        raise Unreadable(f"the org sent a record whose {name} is neither true nor false")
    return value
