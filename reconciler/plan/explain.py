"""Why things are as they are: every binding of an account or a role, with its declaration and its judgement."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from reconciler.admission.judgement import Admitted, Lapsed, Unknown
from reconciler.model import (
    Account,
    BindingKey,
    Entitlements,
    Exposure,
    Grant,
    Live,
    LiveBinding,
    Native,
    Reason,
    ReasonCode,
    Risk,
    Scope,
)
from reconciler.plan.compared import UNDECLARED
from reconciler.plan.demand import Demand
from reconciler.plan.memory import Memory, TargetMemory
from reconciler.plan.scopes import concrete
from reconciler.plan.taints import unremovable
from reconciler.plan.weighing import judged


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
        scope: what it is narrowed to.
        risks: what it really allows that is dangerous, and by which path.
        exposures: which labelled objects and fields it really shows, and by which path.
        taken_away: how often guestlist has taken it away in the last 30 days.
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
    scope: Scope = ()
    risks: tuple[Risk, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    taken_away: int = 0


def explain(
    query: str,
    asked: Entitlements,
    live: Mapping[str, Live],
    demands: Mapping[str, Demand],
    *,
    now: datetime,
    memory: Memory | None = None,
) -> tuple[Explanation, ...]:
    """Every binding that `query` names; for an account that is a principal's, all that the principal has anywhere.

    `query` is an account (`maria.k@acme-support.example`), a principal, a vendor, a grant (`acme-support/triage`), a
    role, or `target/` before an account or before what the target calls the role (`crm/Vendor_Case_Triage`).
    """
    wanted = query.casefold()
    known = Memory() if memory is None else memory
    every = [
        each
        for target, shown in live.items()
        for each in sorted(
            _of_target(asked, shown, demands[target], known.of(shown), now),
            key=lambda it: (it.account, it.native_kind, it.native, it.scope),
        )
    ]
    meant = {(each.vendor, each.principal) for each in every if each.account.casefold() == wanted and each.principal}
    return tuple(each for each in every if wanted in _names(each) or (each.vendor, each.principal) in meant)


def _names(each: Explanation) -> set[str]:
    own = {each.account, each.native, each.role, each.principal, each.vendor, *(cause.grant for cause in each.causes)}
    plain = {name.casefold() for name in own if name}
    return plain | {f"{each.target}/{name}" for name in plain}


def _of_target(
    asked: Entitlements, live: Live, demand: Demand, memory: TargetMemory, now: datetime
) -> Iterator[Explanation]:
    standing = {binding.key: binding for binding in live.bindings}
    grants: dict[BindingKey, list[Grant]] = {}
    for grant in asked.grants:
        if grant.target != live.target:
            continue
        owned = demand.matching.by_key.get(grant.key) if grant.key else None
        scopes = concrete(grant.scope, live)
        if owned is None or grant.native is None or grant.lapse is not None or not scopes:
            yield _homeless(grant, demand, now)
            continue
        for scope in scopes:
            grants.setdefault(BindingKey(owned.account.id, grant.native, scope), []).append(grant)
    for account in live.population():
        yield _of_account(account, live, demand)
    for key in {**standing, **grants}:
        yield _of_binding(_Subject(key, standing.get(key), grants.get(key, ())), live, demand, memory, now)


def _of_account(account: Account, live: Live, demand: Demand) -> Explanation:
    """The account itself: whose it is, and whether it is open. It has no role; `live` says that it is open."""
    owned = demand.matching.owners.get(account.id)
    if account.id in demand.matching.held:
        verdict = demand.matching.held[account.id]
    elif owned is not None:
        verdict = Reason(ReasonCode.DECLARED, f"{owned.claim.principal} of {owned.claim.vendor}", owned.claim.at)
    else:
        verdict = demand.blind or Reason(ReasonCode.UNLISTED_ACCOUNT, "no vendor declares this account")
    natives = [Native(name, value) for name, value in sorted(account.attributes.items())]
    return Explanation(
        target=live.target,
        account=account.name,
        vendor=None if owned is None else owned.claim.vendor,
        principal=None if owned is None else owned.claim.principal,
        role=None,
        native_kind="account",
        native=account.name,
        live=account.enabled,
        until=None,
        causes=(),
        verdict=(verdict, *demand.tainted.get(account.id, ())),
        risks=tuple(risk for native in natives for risk in live.risks.get(native, ())),
        exposures=tuple(shown for native in natives for shown in live.exposures.get(native, ())),
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """A binding, as it stands where it does, and the grants that speak of it."""

    key: BindingKey
    found: LiveBinding | None
    grants: Sequence[Grant]


def _of_binding(subject: _Subject, live: Live, demand: Demand, memory: TargetMemory, now: datetime) -> Explanation:
    key, found, grants = subject.key, subject.found, subject.grants
    causes = tuple(_cause(grant, demand, now) for grant in grants)
    owned = demand.matching.owners.get(key.account)
    wanted = demand.wanted.get(key)
    verdict = wanted.reasons if wanted is not None else tuple(reason for cause in causes for reason in cause.reasons)
    if wanted is None:
        verdict += tuple(reason for _, why in demand.lapsed.get(key, ()) for reason in why)
        refused = {(each.grant, each.principal): each.reason for each in demand.refused}
        said = ((grant.id, grant.principal.name) for grant in grants)
        verdict += tuple(refused[each] for each in said if found is None and each in refused)
        if found is not None and found.unremovable is not None and demand.stays(found, live.accounts[key.account]):
            verdict += (unremovable(found),)
    declared = max((grant.until for grant in grants), default=None) if wanted is None else wanted.until
    known = live.accounts.get(key.account)
    risks = next((grant.definition.risks for grant in grants if grant.definition is not None), ())
    return Explanation(
        target=live.target,
        account=demand.matching.owners[key.account].account.name if known is None else known.name,
        vendor=None if owned is None else owned.claim.vendor,
        principal=None if owned is None else owned.claim.principal,
        role=next((grant.role for grant in grants), demand.named.get(key.native)),
        native_kind=key.native.kind,
        native=key.native.name,
        live=found is not None,
        until=declared if found is None else found.until,
        causes=causes,
        verdict=tuple(dict.fromkeys(verdict)) or (UNDECLARED,),
        scope=key.scope,
        risks=tuple(live.risks.get(key.native, risks)),
        exposures=tuple(live.exposures.get(key.native, ())),
        taken_away=memory.taken_away(key, now),
    )


def _homeless(grant: Grant, demand: Demand, now: datetime) -> Explanation:
    """A grant whose account could not be found or may not be used."""
    cause = _cause(grant, demand, now)
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
        scope=grant.scope,
    )


def _cause(grant: Grant, demand: Demand, now: datetime) -> Cause:
    reasons: tuple[Reason, ...]
    verdict: Literal["admitted", "lapsed", "unknown"]
    match judged(grant, now, demand.denied):
        case Admitted(reason):
            verdict, reasons = "admitted", (reason,)
        case Lapsed(against):
            verdict, reasons = "lapsed", against
        case Unknown(reason):
            verdict, reasons = "unknown", (reason,)
    return Cause(grant.id, grant.at, grant.sponsor.name, verdict, reasons, grant.until, grant.reason, grant.ticket)
