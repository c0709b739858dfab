"""What declarations ask for: grants, the principals behind them, and which accounts they name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from reconciler.model.live import AccountKey, Definition, Native, Scope
from reconciler.model.reasons import Reason

SHOWN_BY_DEFAULT = frozenset({"vendor-visible", "customer-visible"})
"""What a role may show when it says nothing about it."""


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
        unscoped: why it reaches more than single records, where the declaration says so.
        shows: the tiers of labelled data that its role may show.
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
    unscoped: str | None = None
    shows: frozenset[str] = SHOWN_BY_DEFAULT

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
        attributes: what the declarations ask of the account, in the target's words (see `Account.attributes`); what is
            not named here is left as it is.
        at: `file:line` of the principal.
    """

    vendor: str
    principal: str
    target: str
    key: AccountKey
    at: str
    doubt: Reason | None = None
    refused: Reason | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Label:
    """What an object or field is declared to be.

    Attributes:
        tier: who may see it: `internal`, `vendor-visible`, `customer-visible` or `restricted`.
        classes: what kind of data it is: `pii`, `phi`, `payment`, `financial`, `secret`.
        at: `file:line` of the label.
        item: the object or field as the declaration spells it.
    """

    tier: str
    classes: frozenset[str]
    at: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class DefinedRole:
    """A declared role that is kept in a target as long as it is declared, whoever holds it (`Definition.lasting`).

    `doubt` says why the declaration cannot be relied on (its file is broken, so this is its last valid version): what
    is live of it then stays as it is.
    """

    target: str
    role: str
    definition: Definition
    at: str
    doubt: Reason | None = None


@dataclass(frozen=True, slots=True)
class Entitlements:
    """Everything that the declarations of one revision ask for, before anybody judges it.

    Attributes:
        grants: one per principal of each declared grant.
        claims: which accounts the declared principals name, in every target where they name one.
        blind: vendor files that are broken and never were valid: nobody knows whom they name, so every account that is
            not listed elsewhere is held.
        named: the declared role for what a target itself defines, by target and native, also where no grant uses it.
        labels: what objects and fields are, by target and item; items ignore case and are keyed by `str.casefold`.
        definitions: the roles that are kept in a target as long as they are declared, also where no grant uses them.
    """

    grants: tuple[Grant, ...] = ()
    claims: tuple[Claim, ...] = ()
    blind: tuple[Reason, ...] = ()
    named: Mapping[tuple[str, Native], str] = field(default_factory=dict)
    labels: Mapping[tuple[str, str], Label] = field(default_factory=dict)
    definitions: tuple[DefinedRole, ...] = ()
