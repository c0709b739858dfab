"""The values everything else speaks in: frozen, comparable, and without any input or output.

A target is described twice in the same words: `Live` is what it says now, desired bindings and `Definition`s are what
the admitted grants ask of it. The unit of both is the binding: an account holds a role within a scope until an instant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from hashlib import sha256


class ReasonCode(StrEnum):
    """Why: one vocabulary for plans, ledger and reports."""

    DECLARED = "declared"
    UNDECLARED = "undeclared"
    UNLISTED_ACCOUNT = "unlisted-account"
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    CONTRACT_ENDED = "contract-ended"
    SPONSOR_CHANGED = "sponsor-changed"
    UNPROOFED = "unproofed"
    MFA_MISSING = "mfa-missing"
    WRONG_DEFINITION = "wrong-definition"
    END_CHANGED = "end-changed"
    UNREADABLE = "unreadable"
    BROKEN_DECLARATION = "broken-declaration"
    MISSING_ACCOUNT = "missing-account"
    OUTSIDE_POPULATION = "outside-population"
    AMBIGUOUS_ACCOUNT = "ambiguous-account"
    ACCOUNT_DISABLED = "account-disabled"
    UNREMOVABLE = "unremovable"
    CLOCK_SKEW = "clock-skew"


class Mode(StrEnum):
    """What guestlist may do in a target: only look, or also write."""

    OBSERVE = "observe"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """Why something is so: a code of the vocabulary, a sentence a sponsor understands, and where it is declared.

    `at` is `file:line` of the declaration that decides, or None where none does.
    """

    code: ReasonCode
    text: str
    at: str | None = None


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


Scope = tuple[tuple[str, tuple[str, ...]], ...]
"""What a binding is narrowed to, sorted: `(("cases", ("00001042",)),)`. Empty: the whole of what the role allows."""


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
    """

    id: str
    name: str
    keys: frozenset[AccountKey]
    inside: bool
    enabled: bool
    lingering: bool = False
    reopenable: bool = True


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
    """

    key: BindingKey
    until: datetime | None = None
    handle: str = ""
    unremovable: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """What a role that guestlist defines in a target allows, in the target's own language.

    `meaning` is the canonical form that is compared: two texts with the same meaning are no drift. `until` is the end
    that the target keeps on the definition itself, where it can.
    """

    native: Native
    text: str
    meaning: str
    until: datetime | None = None

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

    @property
    def complete(self) -> bool:
        """Whether everything of the population was read."""
        return not self.gaps

    def population(self) -> Iterator[Account]:
        """The accounts that guestlist answers for."""
        return (account for account in self.accounts.values() if account.inside)


@dataclass(frozen=True, slots=True)
class Grant:
    """One principal's share of a declared grant, with everything admission needs to know about the declaration.

    A declared grant over three principals is three of these. Instants are UTC; `start` and `end` are the declared
    window, half-open; `contract_start` and `contract_end` likewise.

    Attributes:
        id: `vendor/grant`.
        key: the account the principal names in the grant's target; None when it names none.
        native: what the target calls the role for this binding; None when the role could not be compiled.
        at: `file:line` of the grant.
        zone: the time zone in which its dates were declared, so that people read the day they wrote.
        doubt: why this declaration cannot be relied on (its file is broken, so this is its last valid version).
        lapse: why the declaration itself can never be admitted (an account that another vendor declared earlier).
    """

    vendor: str
    name: str
    principal: "Principal"
    sponsor: "Sponsorship"
    target: str
    role: str
    key: AccountKey | None
    start: datetime | None
    end: datetime
    contract_start: datetime
    contract_end: datetime
    reason: str
    ticket: str | None
    at: str
    native: Native | None = None
    definition: Definition | None = None
    scope: Scope = ()
    zone: tzinfo = UTC
    doubt: Reason | None = None
    lapse: Reason | None = None

    @property
    def id(self) -> str:
        """`vendor/grant`, as people write it."""
        return f"{self.vendor}/{self.name}"

    @property
    def until(self) -> datetime:
        """When access ends: the grant's window or the contract, whichever is first."""
        return min(self.end, self.contract_end)


@dataclass(frozen=True, slots=True)
class Principal:
    """One named outsider, as far as admission looks at it.

    Attributes:
        kind: `human`, `persona` or `automation`.
        accountable: the human who answers for a persona or an automation; None where none is declared.
        proofed: the instant from which the identity proof counts; None where there is none.
        mfa: whether multi-factor authentication is declared as required.
        at: `file:line` of the principal.
    """

    name: str
    kind: str
    email: str | None
    accountable: str | None
    proofed: datetime | None
    mfa: bool
    at: str


@dataclass(frozen=True, slots=True)
class Sponsorship:
    """Who vouches for a vendor, and since when; `known` is false when nobody of that name is declared."""

    name: str
    since: datetime
    known: bool
    at: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A declared principal says: this account is me.

    Attributes:
        doubt: why the declaration cannot be relied on (its file is broken, so this is its last valid version); whatever
            is undeclared on such an account is held.
        refused: why this claim cannot stand (another vendor declared the account earlier); the account is not theirs.
        at: `file:line` of the principal.
    """

    vendor: str
    principal: str
    target: str
    key: AccountKey
    at: str
    doubt: Reason | None = None
    refused: Reason | None = None


@dataclass(frozen=True, slots=True)
class Entitlements:
    """Everything that the declarations of one revision ask for, before anybody judges it.

    Attributes:
        grants: one per principal of each declared grant.
        claims: which accounts the declared principals name, in every target where they name one.
        blind: vendor files that are broken and never were valid: nobody knows whom they name, so every account that is
            not listed elsewhere is held.
        named: the declared role for what a target itself defines, by target and native, also where no grant uses it.
    """

    grants: tuple[Grant, ...] = ()
    claims: tuple[Claim, ...] = ()
    blind: tuple[Reason, ...] = ()
    named: Mapping[tuple[str, Native], str] = field(default_factory=dict)


def utc(instant: datetime) -> str:
    """An instant as every report writes it: `2026-12-01T00:00:00Z` (seconds; plans and targets speak UTC)."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
