"""The two sides that are compared, and what every change and every hold says of its subject."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from reconciler.model import Account, Grant, Live, Native, Reason, ReasonCode, Risk, utc
from reconciler.plan.changes import State
from reconciler.plan.demand import Demand, Hold
from reconciler.plan.memory import TargetMemory

UNDECLARED = Reason(ReasonCode.UNDECLARED, "no grant declares this")


class Subject(TypedDict):
    """Whom a change concerns, as the keywords that every change takes."""

    target: str
    stable_id: str
    account: str
    account_name: str
    vendor: str | None
    principal: str | None
    role: str | None
    grant: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """What is asked of a target, what it shows, and what the ledger remembers of it."""

    demand: Demand
    live: Live
    memory: TargetMemory

    def account(self, id_: str) -> Account:
        """A live account, or one that is to be created."""
        known = self.live.accounts.get(id_)
        return self.demand.matching.owners[id_].account if known is None else known

    def subject(self, account: Account, grant: Grant | None) -> Subject:
        """Whose the account is, and which grant speaks."""
        owned = self.demand.matching.owners.get(account.id)
        return {
            "target": self.live.target,
            "stable_id": self.live.stable_id,
            "account": account.id,
            "account_name": account.name,
            "vendor": None if owned is None else owned.claim.vendor,
            "principal": None if owned is None else owned.claim.principal,
            "role": None if grant is None else grant.role,
            "grant": None if grant is None else grant.id,
        }

    def hold(self, account: Account, reason: Reason, role: str | None = None) -> Hold:
        """Something of the account that is left as it is."""
        owned = self.demand.matching.owners.get(account.id)
        vendor, principal = (None, None) if owned is None else (owned.claim.vendor, owned.claim.principal)
        return Hold(self.live.target, reason, vendor, principal, account.name, role)

    def risk(self, native: Native, declared: Iterable[Risk] = ()) -> tuple[str, ...]:
        """The flags of what a role allows that is dangerous: as read, where it was read, otherwise as declared."""
        return flags(self.live.risks.get(native, declared))


def flags(risks: Iterable[Risk]) -> tuple[str, ...]:
    """The flags of risks, each once, high ones first."""
    ordered = sorted(risks, key=lambda risk: (not risk.high, risk.flag))
    return tuple(dict.fromkeys(risk.flag for risk in ordered))


def end(until: datetime | None) -> State:
    """The end that a target keeps, as plans compare it."""
    return {"until": None if until is None else utc(until)}
