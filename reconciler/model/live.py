"""What a target says now: accounts, what they hold, and what that allows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from reconciler.model.reasons import Reason


@dataclass(frozen=True, slots=True, order=True)
class Native:
    """What the target itself calls the role: `Native("permissionSet", "Vendor_Case_Triage")`."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, order=True)
class AccountKey:
    """One way to name an account that the outsider cannot change: `AccountKey("username", "m@x.example")`.

    Connectors normalise `value` (Salesforce user names and vault entity names ignore case), so equal means the same.
    """

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


PROVISIONAL = "new:"
"""Begins the id that an account has in a plan until it is created; no target's own ids begin so."""


def provisional(key: AccountKey) -> str:
    """The id, in changes of the plan that creates it, of the account that is to have this key."""
    return f"{PROVISIONAL}{key.kind}:{key.value}"


def is_provisional(account: str) -> bool:
    """Whether an account id is one of an account that is still to be created."""
    return account.startswith(PROVISIONAL)


Scope = tuple[tuple[str, tuple[str, ...]], ...]
"""What a binding is narrowed to, sorted: `(("cases", ("00001042",)),)`. Empty: the whole of what the role allows.

A value that begins with `FOLLOWED` is a pattern, which the target itself resolves at each reading.
"""

FOLLOWED = "assignedTo:"
"""Begins a scope's value that follows assignment: `(("cases", ("assignedTo:Support_L2",)),)`."""


def is_pattern(scope: Scope) -> bool:
    """Whether a scope is a pattern, so that it stands for the concrete scopes in `Live.followed`."""
    return any(value.startswith(FOLLOWED) for _, values in scope for value in values)


@dataclass(frozen=True, slots=True, order=True)
class Risk:
    """Something dangerous that a role really allows.

    Attributes:
        flag: our word for it: `export`, `manage-users`.
        permission: the target's own: `PermissionsDataExport`.
        via: by which path, in words: `permission set Vendor_Case_Export`.
        high: whether nobody may hold it standing, only for a while or in an activated session.
    """

    flag: str
    permission: str
    via: str
    high: bool


@dataclass(frozen=True, slots=True, order=True)
class Exposure:
    """A labelled object or field that a role really shows: `Exposure("Case.SSN__c", "permission set Vendor_X")`."""

    item: str
    via: str


@dataclass(frozen=True, slots=True)
class Account:
    """A principal's identity in one target.

    Attributes:
        id: the target's own stable id (Salesforce User id, vault entity id).
        name: what people call it there (Username, entity name).
        keys: every key by which a declaration may name it.
        inside: whether it belongs to the population, so that guestlist answers for it.
        enabled: whether somebody can log in with it; frozen, deactivated and disabled accounts let nobody in.
        lingering: whether, although nobody can log in any more, sessions from before are still alive.
        reopenable: whether guestlist can open it again; not when it was closed by a means that guestlist never uses.
        attributes: what the target keeps of it that a declaration may ask for, in the target's words and canonical, so
            that equal means the same (`profile`, `federationId`; an entity's metadata, its login role).
        retired: whether it is closed for good (deactivated, so that its licence is free); nothing more is to be done.
        fixed: attributes that guestlist cannot change on this account, and why, a sentence each.
    """

    id: str
    name: str
    keys: frozenset[AccountKey]
    inside: bool
    enabled: bool
    lingering: bool = False
    reopenable: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)
    retired: bool = False
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class BindingKey:
    """What makes a binding itself within its target: which account holds which role within which scope."""

    account: str
    native: Native
    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class LiveBinding:
    """A binding as it stands in a target.

    Attributes:
        until: the end that the target itself keeps; None where it keeps none.
        handle: the target's id of the row that makes it so, where it has one.
        unremovable: why guestlist cannot take it away, or None.
        endless: whether it can carry no end although others of its kind can, so that a missing end is no drift.
        brought_by: what of the same account brings it along: it stays as long as one of these does, and goes with the
            last. Each is a native that the account holds, or one that an attribute names (`Native("profile", …)`).
    """

    key: BindingKey
    until: datetime | None = None
    handle: str = ""
    unremovable: str | None = None
    endless: bool = False
    brought_by: frozenset[Native] = frozenset()


@dataclass(frozen=True, slots=True)
class Definition:
    """What a role that guestlist defines in a target allows, in the target's own language.

    `meaning` is the canonical form that is compared: two texts with the same meaning are no drift. `until` is the end
    that the target keeps on the definition itself, where it can.

    Attributes:
        lasting: whether it is shared by everybody who holds the role and carries no end of its own; it is then kept as
            long as it is declared, and its bindings end by themselves.
        risks: what it allows that is dangerous.
        words: what it allows, a readable line each, sorted: `read secret/data/acme/prod/db`. Plans show what is added
            and removed in these.
    """

    native: Native
    text: str
    meaning: str
    until: datetime | None = None
    lasting: bool = False
    risks: tuple[Risk, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """`sha256:…` of the meaning, so that a wider definition under the same name is another one."""
        return "sha256:" + sha256(self.meaning.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Live:
    """What a target says now about its population.

    Attributes:
        stable_id: the target's own identity (org id; cluster id and namespace), not its address.
        at: the target's clock when it answered.
        accounts: accounts of the population, and declared ones outside it (`inside=False`), by id.
        bindings: every binding of the accounts inside the population.
        definitions: the roles of the population that are defined in the target, by native name.
        existing: natives that declared roles name and that exist in the target.
        endless: the kinds of native whose bindings cannot carry an end here, so that a missing end is no drift.
        gaps: what could not be read completely; empty when the reading is complete.
        followed: the concrete scopes that each sought pattern means now (see `FOLLOWED`); an empty tuple is an answer,
            a missing entry is doubt.
        obstacles: what of the sought natives and scopes cannot be given here, and why (the case does not exist, its
            object's sharing is not private).
        risks: what natives of the population really allow that is dangerous.
        exposures: which labelled objects and fields natives of the population really show.
        activated: natives that hold only in a session that was activated for them.
        activates: whether the target can have a role hold so at all.
        notes: what the target lacks or cannot show, a sentence each; no doubt about anything that was read.
        parts: of natives that are wider and narrower forms of one thing, what each is made of: one includes another
            whose parts are all among its own. An account has one binding of them within a scope, which gives all.
    """

    target: str
    stable_id: str
    at: datetime
    accounts: Mapping[str, Account] = field(default_factory=dict)
    bindings: tuple[LiveBinding, ...] = ()
    definitions: Mapping[Native, Definition] = field(default_factory=dict)
    existing: frozenset[Native] = frozenset()
    endless: frozenset[str] = frozenset()
    gaps: tuple[str, ...] = ()
    followed: Mapping[Scope, tuple[Scope, ...]] = field(default_factory=dict)
    obstacles: Mapping[tuple[Native, Scope], Reason] = field(default_factory=dict)
    risks: Mapping[Native, tuple[Risk, ...]] = field(default_factory=dict)
    exposures: Mapping[Native, tuple[Exposure, ...]] = field(default_factory=dict)
    activated: frozenset[Native] = frozenset()
    activates: bool = False
    notes: tuple[str, ...] = ()
    parts: Mapping[Native, frozenset[Native]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether everything of the population was read."""
        return not self.gaps

    def population(self) -> Iterator[Account]:
        """The accounts that guestlist answers for."""
        return (account for account in self.accounts.values() if account.inside)
