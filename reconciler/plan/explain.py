"""Why things are as they are: every binding of an account or a role, with its declaration and its judgement."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from reconciler.admission.judge import judge
from reconciler.admission.judgement import Admitted, Lapsed, Unknown
from reconciler.model import Account, BindingKey, Entitlements, Grant, Live, LiveBinding, Reason, ReasonCode
from reconciler.plan.demand import Demand
from reconciler.plan.diff import UNDECLARED


@dataclass(frozen=True, slots=True)
class Cause:
    """One grant that speaks of a binding, and how it was judged: `admitted`, `lapsed` or `unknown`."""

    grant: str
    at: str
    sponsor: str
    verdict: Literal["admitted", "lapsed", "unknown"]
    reasons: tuple[Reason, ...]
    until: datetime
    why: str
    ticket: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One binding, live or declared or both.

    Attributes:
        until: the end that the target keeps, or for a binding that is not live the one that would be set.
        causes: the grants that ask for it; none when nobody declares it.
        verdict: the reasons that decide what becomes of it.
    """

    target: str
    account: str
    vendor: str | None
    principal: str | None
    role: str | None
    native_kind: str
    native: str
    live: bool
    until: datetime | None
    causes: tuple[Cause, ...]
    verdict: tuple[Reason, ...]


def explain(
    query: str, asked: Entitlements, live: Mapping[str, Live], demands: Mapping[str, Demand], now: datetime
) -> tuple[Explanation, ...]:
    """Every binding that `query` names; for an account that is a principal's, all that the principal has anywhere.

    `query` is an account (`maria.k@acme-support.example`), a principal, a vendor, a grant (`acme-support/triage`), a
    role, or `target/` before an account or before what the target calls the role (`crm/Vendor_Case_Triage`).
    """
    wanted = query.casefold()
    every = [
        each
        for target, shown in live.items()
        for each in sorted(
            _of_target(asked, shown, demands[target], now), key=lambda it: (it.account, it.native_kind, it.native)
        )
    ]
    meant = {(each.vendor, each.principal) for each in every if each.account.casefold() == wanted and each.principal}
    return tuple(each for each in every if wanted in _names(each) or (each.vendor, each.principal) in meant)


def _names(each: Explanation) -> set[str]:
    own = {each.account, each.native, each.role, each.principal, each.vendor, *(cause.grant for cause in each.causes)}
    plain = {name.casefold() for name in own if name}
    return plain | {f"{each.target}/{name}" for name in plain}


def _of_target(asked: Entitlements, live: Live, demand: Demand, now: datetime) -> Iterator[Explanation]:
    standing = {binding.key: binding for binding in live.bindings}
    grants: dict[BindingKey, list[Grant]] = {}
    for grant in asked.grants:
        owned = demand.matching.by_key.get(grant.key) if grant.target == live.target and grant.key else None
        if owned is not None and grant.native is not None and grant.lapse is None:
            grants.setdefault(BindingKey(owned.account.id, grant.native, grant.scope), []).append(grant)
        elif grant.target == live.target:
            yield _homeless(grant, demand, now)
    for account in live.population():
        yield _of_account(account, live.target, demand)
    for key in {**standing, **grants}:
        yield _of_binding(key, standing.get(key), grants.get(key, ()), live=live, demand=demand, now=now)


def _of_account(account: Account, target: str, demand: Demand) -> Explanation:
    """The account itself: whose it is, and whether it is open. It has no role; `live` says that it is open."""
    owned = demand.matching.owners.get(account.id)
    if account.id in demand.matching.held:
        verdict = demand.matching.held[account.id]
    elif owned is not None:
        verdict = Reason(ReasonCode.DECLARED, f"{owned.claim.principal} of {owned.claim.vendor}", owned.claim.at)
    else:
        verdict = demand.blind or Reason(ReasonCode.UNLISTED_ACCOUNT, "no vendor declares this account")
    return Explanation(
        target=target,
        account=account.name,
        vendor=None if owned is None else owned.claim.vendor,
        principal=None if owned is None else owned.claim.principal,
        role=None,
        native_kind="account",
        native=account.name,
        live=account.enabled,
        until=None,
        causes=(),
        verdict=(verdict,),
    )


def _of_binding(
    key: BindingKey, found: LiveBinding | None, grants: Sequence[Grant], *, live: Live, demand: Demand, now: datetime
) -> Explanation:
    causes = tuple(_cause(grant, now) for grant in grants)
    owned = demand.matching.owners.get(key.account)
    wanted = demand.wanted.get(key)
    verdict = (
        wanted.reasons if wanted is not None else tuple(reason for cause in causes for reason in cause.reasons)
    ) or (UNDECLARED,)
    declared = max((grant.until for grant in grants), default=None) if wanted is None else wanted.until
    return Explanation(
        target=live.target,
        account=live.accounts[key.account].name,
        vendor=None if owned is None else owned.claim.vendor,
        principal=None if owned is None else owned.claim.principal,
        role=next((grant.role for grant in grants), None),
        native_kind=key.native.kind,
        native=key.native.name,
        live=found is not None,
        until=declared if found is None else found.until,
        causes=causes,
        verdict=verdict,
    )


def _homeless(grant: Grant, demand: Demand, now: datetime) -> Explanation:
    """A grant whose account could not be found or may not be used."""
    cause = _cause(grant, now)
    obstacles = (
        refusal.reason
        for refusal in demand.refused
        if (refusal.grant, refusal.principal) == (grant.id, grant.principal.name)
    )
    return Explanation(
        target=grant.target,
        account="" if grant.key is None else grant.key.value,
        vendor=grant.vendor,
        principal=grant.principal.name,
        role=grant.role,
        native_kind="" if grant.native is None else grant.native.kind,
        native="" if grant.native is None else grant.native.name,
        live=False,
        until=grant.until,
        causes=(cause,),
        verdict=tuple(obstacles) or cause.reasons,
    )


def _cause(grant: Grant, now: datetime) -> Cause:
    reasons: tuple[Reason, ...]
    verdict: Literal["admitted", "lapsed", "unknown"]
    match judge(grant, now):
        case Admitted(reason):
            verdict, reasons = "admitted", (reason,)
        case Lapsed(against):
            verdict, reasons = "lapsed", against
        case Unknown(reason):
            verdict, reasons = "unknown", (reason,)
    return Cause(grant.id, grant.at, grant.sponsor.name, verdict, reasons, grant.until, grant.reason, grant.ticket)
