"""What the judged grants ask of one target, against the accounts that it really has and what its roles really allow."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from reconciler.admission.content import Labels, against
from reconciler.admission.judge import judge
from reconciler.admission.judgement import Admitted, Judgement, Lapsed, Unknown
from reconciler.model import (
    BindingKey,
    Claim,
    DefinedRole,
    Entitlements,
    Grant,
    Live,
    Native,
    Reason,
    ReasonCode,
    is_pattern,
    is_provisional,
)
from reconciler.plan.demand import Demand, Hold, Lapses, Refusal, Wanted
from reconciler.plan.matching import Match, Matching, match
from reconciler.plan.memory import TargetMemory
from reconciler.plan.scopes import Standing, concrete
from reconciler.plan.taints import taints
from reconciler.plan.terms import USUAL, Terms

_NOT_THEIRS = frozenset({ReasonCode.AMBIGUOUS_ACCOUNT, ReasonCode.MISSING_ACCOUNT})
"""Why a declaration lapses although it names an account: the account is another's, or there is none."""


def weigh(asked: Entitlements, live: Live, memory: TargetMemory, now: datetime, terms: Terms = USUAL) -> Demand:
    """Judge every grant on `live`'s target at the instant `now` and find the account and the records that it means."""
    claims = [claim for claim in asked.claims if claim.target == live.target]
    grants = [grant for grant in asked.grants if grant.target == live.target]
    labels = {item: label for (target, item), label in asked.labels.items() if target == live.target}
    matching = match(claims, live, creates=terms.creates)
    denied = _denied(grants, live, labels)
    scale = _Scale(live, matching, memory, denied)
    for grant in grants:
        scale.add(grant, now)
    scale.shelter(claims)
    wanted = scale.wanted()
    tainted = taints(live, matching, wanted, uncertain=scale.uncertain, labels=labels)
    if tainted:
        scale.withdraw(tainted, freezes=terms.freezes)
        wanted = scale.wanted()
    return Demand(
        at=now,
        matching=matching,
        wanted=wanted,
        lapsed=scale.lapsed(),
        uncertain=scale.uncertain,
        ended=scale.ended,
        sheltered=frozenset(scale.sheltered),
        refused=scale.refused(),
        held=(*dict.fromkeys(scale.held), *(Hold(live.target, reason) for reason in asked.blind)),
        named={native: role for (target, native), role in asked.named.items() if target == live.target},
        blind=asked.blind[0] if asked.blind else None,
        definitions=_kept(asked.definitions, live.target, wanted),
        denied=denied,
        tainted=tainted,
        terms=terms,
    )


def _denied(grants: Iterable[Grant], live: Live, labels: Labels) -> Mapping[tuple[str, str], tuple[Reason, ...]]:
    """What the roles of grants allow and may not, by grant and principal: one binding of several denies them all.

    A scope that would narrow nothing denies them too: what it was to narrow would be given whole.
    """
    found: dict[tuple[str, str], dict[Reason, None]] = defaultdict(dict)
    for grant in grants:
        if reasons := (*against(grant, live, labels), *_useless(grant, live)):
            found[grant.id, grant.principal.name].update(dict.fromkeys(reasons))
    return {key: tuple(reasons) for key, reasons in found.items()}


def _useless(grant: Grant, live: Live) -> Iterator[Reason]:
    """Why the scope of a grant narrows nothing in this target; that one of its records is missing is no such thing."""
    if grant.native is None or not grant.scope:
        return
    for scope in dict.fromkeys((grant.scope, *(concrete(grant.scope, live) or ()))):
        obstacle = live.obstacles.get((grant.native, scope))
        if obstacle is not None and obstacle.code is not ReasonCode.CASE_MISSING:
            yield obstacle


def judged(grant: Grant, now: datetime, denied: Mapping[tuple[str, str], tuple[Reason, ...]]) -> Judgement:
    """The judgement on a grant, with what its role really allows in its target."""
    judgement = judge(grant, now)
    reasons = denied.get((grant.id, grant.principal.name))
    return Lapsed(reasons) if reasons and isinstance(judgement, Admitted) else judgement


def _kept(
    declared: Iterable[DefinedRole], target: str, wanted: Mapping[BindingKey, Wanted]
) -> Mapping[Native, DefinedRole]:
    """The lasting definitions of a target: the declared ones, and what wanted bindings stand on besides."""
    kept = {one.definition.native: one for one in declared if one.target == target}
    used: dict[Native, Grant] = {}
    for key, want in wanted.items():
        definition = want.grant.definition
        if definition is not None and definition.lasting and key.native not in kept:
            used[key.native] = min(want.grant, used.get(key.native, want.grant), key=lambda each: (each.role, each.id))
    for native, grant in used.items():
        if grant.definition is not None:
            kept[native] = DefinedRole(target, grant.role, grant.definition, grant.at)
    return kept


class _Scale:
    """Gathers what grants ask for, one grant at a time."""

    def __init__(
        self,
        live: Live,
        matching: Matching,
        memory: TargetMemory,
        denied: Mapping[tuple[str, str], tuple[Reason, ...]],
    ) -> None:
        self._live = live
        self._matching = matching
        self._memory = memory
        self._denied = denied
        self._standing = Standing(live)
        self._wanted: dict[BindingKey, list[tuple[Grant, Reason]]] = defaultdict(list)
        self._lapsed: dict[BindingKey, list[tuple[Grant, tuple[Reason, ...]]]] = defaultdict(list)
        self._refused: dict[Refusal, None] = {}
        self.uncertain: dict[BindingKey, tuple[Grant, Reason]] = {}
        self.ended: dict[Native, tuple[Reason, ...]] = {}
        self.sheltered: set[Native] = set()
        self.held: list[Hold] = []

    def add(self, grant: Grant, now: datetime) -> None:
        strange = grant.lapse is not None and grant.lapse.code in _NOT_THEIRS
        owned = None if grant.key is None or strange else self._matching.by_key.get(grant.key)
        match judged(grant, now, self._denied):
            case Lapsed(reasons):
                self._lapse(grant, reasons, owned)
            case Unknown(reason):
                self._hold(grant, reason, owned)
            case Admitted(reason):
                self._admit(grant, reason, owned)

    def _meant(self, grant: Grant, owned: Match | None) -> Sequence[BindingKey] | None:
        """The bindings on the grant's account that it means now; None when nobody can say."""
        scopes = concrete(grant.scope, self._live)
        if owned is None or grant.native is None or scopes is None:
            return None
        return [BindingKey(owned.account.id, grant.native, scope) for scope in scopes]

    def _given(self, grant: Grant, owned: Match | None, now: Sequence[BindingKey]) -> Iterable[BindingKey]:
        """The standing bindings that a pattern gave before and does not mean now: we gave them, says the ledger."""
        if owned is None or grant.native is None or not is_pattern(grant.scope):
            return
        for key in self._standing.alike(owned.account.id, grant.native, grant.scope):
            if key not in now and self._memory.left(key):
                yield key

    def _lapse(self, grant: Grant, reasons: tuple[Reason, ...], owned: Match | None) -> None:
        meant = self._meant(grant, owned) or ()
        standing = [key for key in meant if key in self._standing]
        standing += self._given(grant, owned, meant)
        for key in standing:
            self._lapsed[key].append((grant, reasons))
        if not standing:
            self._refuse(grant, reasons[0])
            if owned is not None and grant.native is not None:
                self.ended[grant.native] = reasons

    def _admit(self, grant: Grant, reason: Reason, owned: Match | None) -> None:
        doubt = None if grant.key is None else self._matching.held_keys.get(grant.key)
        if doubt is not None:
            self._hold(grant, doubt, owned)
            return
        if grant.key is None or owned is None:
            missing = Reason(ReasonCode.MISSING_ACCOUNT, f"{grant.principal.name} names no account here", grant.at)
            self._refuse(grant, missing if grant.key is None else self._matching.refused.get(grant.key, missing))
            return
        if grant.native is None:
            self._refuse(grant, Reason(ReasonCode.BROKEN_DECLARATION, "the role has no definition", grant.at))
            return
        meant = self._meant(grant, owned)
        if meant is None:
            text = f"{grant.target} did not say which records {_said(grant)} means now"
            self._hold(grant, Reason(ReasonCode.UNREADABLE, text, grant.at), owned)
            return
        for key in meant:
            obstacle = self._obstacle(grant, owned, key)
            if obstacle is None:
                self._wanted[key].append((grant, reason))
            else:
                self._refuse(grant, obstacle)
        text = f"{_said(grant)} no longer means it in {grant.target}"
        for key in self._given(grant, owned, meant):
            self._lapsed[key].append((grant, (Reason(ReasonCode.CASE_CLOSED, text, grant.at),)))

    def _obstacle(self, grant: Grant, owned: Match, key: BindingKey) -> Reason | None:
        """What makes it impossible to give an admitted grant here; a binding that already stands has none."""
        if key in self._standing:
            return None
        account = owned.account
        ours = account.reopenable and not account.retired and self._memory.closed(account.id)
        if not account.enabled and not ours:
            text = f"{account.name} was disabled in {grant.target} by somebody else; enable it there first"
            if account.retired:
                text = f"{account.name} was closed for good in {grant.target}; activate it there first"
            return Reason(ReasonCode.ACCOUNT_DISABLED, text, grant.at)
        for scope in (key.scope, grant.scope):
            if (key.native, scope) in self._live.obstacles:
                return self._live.obstacles[key.native, scope]
        if grant.definition is None and not key.scope and key.native not in self._live.existing:
            text = f"{grant.target} has no {key.native.kind} called {key.native.name}; create it or correct the role"
            return Reason(ReasonCode.BROKEN_DECLARATION, text, grant.at)
        return None

    def _refuse(self, grant: Grant, reason: Reason) -> None:
        refusal = Refusal(grant.target, grant.id, grant.vendor, grant.principal.name, grant.role, reason)
        self._refused.setdefault(refusal)

    def _hold(self, grant: Grant, reason: Reason, owned: Match | None) -> None:
        account = None if owned is None else owned.account.name
        self.held.append(Hold(grant.target, reason, grant.vendor, grant.principal.name, account, grant.role))
        if grant.native is None:
            return
        self.sheltered.add(grant.native)
        if owned is not None:
            meant = list(self._meant(grant, owned) or ())
            if is_pattern(grant.scope):
                meant += self._standing.alike(owned.account.id, grant.native, grant.scope)
            self.uncertain.update((key, (grant, reason)) for key in meant)

    def shelter(self, claims: Iterable[Claim]) -> None:
        """Say of every vendor in doubt that it is held, also when none of its grants is: its accounts are."""
        said = {hold.vendor for hold in self.held}
        for claim in claims:
            if claim.doubt is not None and claim.vendor not in said:
                said.add(claim.vendor)
                self.held.append(Hold(claim.target, claim.doubt, claim.vendor))

    def withdraw(self, tainted: Mapping[str, tuple[Reason, ...]], *, freezes: bool) -> None:
        """Give nothing new on an account that is closed, is about to be or not made yet, for what stands on it."""
        for key in [key for key in self._wanted if key.account in tainted]:
            account = self._matching.owners[key.account].account
            if freezes or not account.enabled or is_provisional(account.id):
                for grant, _ in self._wanted[key]:
                    self._refuse(grant, tainted[key.account][0])
                if key not in self._standing:
                    del self._wanted[key]

    def wanted(self) -> Mapping[BindingKey, Wanted]:
        return {
            key: Wanted(
                key,
                max(grants, key=lambda pair: (pair[0].until, pair[0].id, pair[0].role))[0],
                tuple(reason for _, reason in grants),
            )
            for key, grants in self._wanted.items()
        }

    def lapsed(self) -> Lapses:
        return {
            key: tuple(sorted(grants, key=lambda pair: (pair[0].id, pair[0].role)))
            for key, grants in self._lapsed.items()
            if key not in self._wanted
        }

    def refused(self) -> tuple[Refusal, ...]:
        """What is refused; not what is revoked for the same reason, which says it already."""
        said = {
            (grant.id, grant.principal.name, reason)
            for grants in self.lapsed().values()
            for grant, reasons in grants
            for reason in reasons
        }
        return tuple(each for each in self._refused if (each.grant, each.principal, each.reason) not in said)


def _said(grant: Grant) -> str:
    """The pattern of a grant, as people write it."""
    return ", ".join(f"{kind} {value}" for kind, values in grant.scope for value in values)
