"""Wire JSON to the model, pure: users, what they hold, and what roles there are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from connectors.salesforce import words
from connectors.salesforce.auth import long_id
from connectors.salesforce.conditions import FIXED
from connectors.salesforce.declarations import Exclusion, Population, Selector, federation_key, username_key
from connectors.salesforce.words import ASSIGNED, JOINED
from reconciler.errors import Unreadable
from reconciler.model import Account, AccountKey, BindingKey, LiveBinding, Native, Scope

__all__ = ["ASSIGNED", "JOINED", "MEMBER_KINDS", "Row", "Standing", "User"]

Row = Mapping[str, object]

MEMBER_KINDS = {"Regular": words.GROUP, "Queue": words.QUEUE}
"""`Group.Type` and what we call it."""
_LONG = 18
"""Characters of an id as the API writes it."""
_REMEMBERED = 1 << 16
"""How many different names and instants are kept: most rows repeat them."""


@dataclass(frozen=True, slots=True)
class User:
    """A User row, as far as it says who somebody is and whether guestlist answers for them.

    Attributes:
        role_id: of the UserRole; empty where there is none.
        portal: whether the user belongs to a contact, so that the role comes with the account.
        attributes: what declarations may ask for, as in `words.ATTRIBUTES`.
    """

    id: str
    username: str
    federation_id: str | None
    email: str
    active: bool
    user_type: str
    profile: str
    role_id: str = ""
    portal: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


class Standing(NamedTuple):
    """A row that gives something to a user, of any kind of native.

    Attributes:
        id: of the row: a PermissionSetAssignment, a GroupMember, a share, a member of a team …
        scope: the record that it is narrowed to; empty where it is narrowed to none.
        unremovable: why guestlist cannot take it away, or None.
    """

    id: str
    account: str
    native: Native
    until: datetime | None
    active: bool
    scope: Scope = ()
    unremovable: str | None = None

    @property
    def key(self) -> BindingKey:
        """Which binding it makes."""
        return BindingKey(self.account, self.native, self.scope)

    @property
    def binding(self) -> LiveBinding:
        """As the engine sees it."""
        return LiveBinding(BindingKey(self.account, self.native, self.scope), self.until, self.id, self.unremovable)


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
        role_id=long_id(optional(row, "UserRoleId")),
        portal=bool(row.get("ContactId")),
        attributes=_attributes(row, profile),
    )


def _attributes(row: Row, profile: object) -> dict[str, str]:
    """The attributes of an account that stand in its User row; what has no value is left out."""
    found = {word: str(row[name]) for word, name in words.ATTRIBUTES.items() if row.get(name)}
    if words.A_EMAIL in found:
        found[words.A_EMAIL] = found[words.A_EMAIL].lower()
    if isinstance(profile, Mapping) and profile.get("Name"):
        found[words.A_PROFILE] = str(profile["Name"])
    if words.A_FEDERATION_ID in found:
        found[words.A_FEDERATED] = "required"
    return found


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
    return value.casefold() in _folded(names)


@lru_cache(maxsize=_REMEMBERED)
def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def account(
    someone: User,
    *,
    inside: bool,
    frozen: bool = False,
    in_session: bool = False,
    attributes: Mapping[str, str] | None = None,
) -> Account:
    """The engine's account. A deactivated one is never opened by guestlist, which only freezes.

    `attributes` replaces what the User row alone says of them.
    """
    enabled = someone.active and not frozen
    return Account(
        id=someone.id,
        name=someone.username,
        keys=keys(someone),
        inside=inside,
        enabled=enabled,
        lingering=in_session and not enabled,
        reopenable=someone.active,
        attributes=someone.attributes if attributes is None else attributes,
        retired=not someone.active,
        fixed=FIXED,
    )


def keys(someone: User) -> frozenset[AccountKey]:
    """Every key by which a declaration may name a user."""
    named = username_key(someone.username)
    if someone.federation_id is None:
        return frozenset((named,))
    return frozenset((named, federation_key(someone.federation_id)))


def assignment(row: Row) -> Standing:
    """A PermissionSetAssignment row. One of a permission set group also names the group's own permission set."""
    # Of these there are more than of anything else, so what is in order is told without further calls.
    get = row.get
    if get("PermissionSetGroupId"):
        kind, holder, name = words.PERMISSION_SET_GROUP, get("PermissionSetGroup"), "DeveloperName"
    else:
        kind, holder, name = words.PERMISSION_SET, get("PermissionSet"), "Name"
    if not isinstance(holder, dict):
        raise Unreadable("reading permission set assignments: one does not say what it assigns")
    prefix, called = holder.get("NamespacePrefix"), holder.get(name)
    if type(called) is not str or not (prefix is None or type(prefix) is str):
        raise Unreadable("reading permission set assignments: one does not say what it assigns")
    id_, account_, until, active = get("Id"), get("AssigneeId"), get("ExpirationDate"), get("IsActive")
    return Standing(
        id_ if type(id_) is str and len(id_) == _LONG else identifier(row, "Id"),
        account_ if type(account_) is str and len(account_) == _LONG else identifier(row, "AssigneeId"),
        _qualified(kind, prefix, called),
        None if until is None else _instant(str(until)),
        active if active is True or active is False else flag(row, "IsActive"),
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
        native=native(kind, text(group, "DeveloperName")),
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
    """Whether an assignment can be given an end, by the description of PermissionSetAssignment.

    A description is made for who asks (SOAP API developer guide, describeSObjects): of somebody who may not write
    assignments at all, it tells no more than that there is such a field.
    """
    fields = description.get("fields")
    if not isinstance(fields, list) or not fields:
        raise Unreadable("reading what an assignment can carry: the org's answer is not in the documented shape")
    blind = description.get("createable") is False or description.get("updateable") is False
    return any(
        isinstance(field, Mapping)
        and field.get("name") == "ExpirationDate"
        and (blind or (field.get("createable") is True and field.get("updateable") is True))
        for field in fields
    )


@lru_cache(maxsize=_REMEMBERED)
def native(kind: str, name: str) -> Native:
    """A native; the same one each time, because most rows name what others name too."""
    return Native(kind, name)


@lru_cache(maxsize=_REMEMBERED)
def _qualified(kind: str, prefix: str | None, name: str) -> Native:
    return Native(kind, qualified({"NamespacePrefix": prefix, "Name": name}, "Name"))


def instant(value: object) -> datetime | None:
    """`2022-03-17T16:21:26.000+0000`, or None for no value."""
    return None if value is None else _instant(str(value))


@lru_cache(maxsize=_REMEMBERED)
def _instant(value: str) -> datetime:
    try:
        read = datetime.fromisoformat(value)
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
    value = row.get(name)
    if isinstance(value, str) and len(value) == _LONG:
        return value
    return long_id(text(row, name))


def flag(row: Row, name: str) -> bool:
    """A checkbox."""
    value = row.get(name)
    if not isinstance(value, bool):
        raise Unreadable(f"the org sent a record whose {name} is neither true nor false")
    return value
