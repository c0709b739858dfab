"""What declarations ask for: grants, the principals behind them, and which accounts they name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from reconciler.model.live import AccountKey, Definition, Native, Scope
from reconciler.model.reasons import Reason


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
