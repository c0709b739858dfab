"""Why: the vocabulary of reasons, and in which mode a target stands."""

from dataclasses import dataclass
from enum import StrEnum


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
    WRONG_ACCOUNT = "wrong-account"
    DATA_TIER_VIOLATION = "data-tier-violation"
    RULE_DENIED = "rule-denied"
    CONTESTED = "contested"
    OFFBOARDED = "offboarded"
    CASE_MISSING = "case-missing"
    CASE_CLOSED = "case-closed"
    END_CHANGED = "end-changed"
    UNREADABLE = "unreadable"
    BROKEN_DECLARATION = "broken-declaration"
    MISSING_ACCOUNT = "missing-account"
    OUTSIDE_POPULATION = "outside-population"
    OUT_OF_CONTRACT_SCOPE = "out-of-contract-scope"
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
