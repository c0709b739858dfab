"""What the judged grants ask of one target, against the accounts that it really has."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.admission.judge import judge
from reconciler.admission.judgement import Admitted, Lapsed, Unknown
from reconciler.model import BindingKey, Claim, Entitlements, Grant, Live, Native, Reason, ReasonCode
from reconciler.plan.matching import Match, Matching, match
from reconciler.plan.memory import TargetMemory


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something declared that is not live and is not given, and why. Known, so it does not make a run incomplete."""

    target: str
    grant: str
    vendor: str
    principal: str
    role: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Hold:
    """Something that is left exactly as it is, because it is in doubt. A run with holds is incomplete."""

    target: str
    reason: Reason
    vendor: str | None = None
    principal: str | None = None
    account: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A binding that at least one admitted grant asks for; `grant` is the one that lasts longest."""

    key: BindingKey
    grant: Grant
    reasons: tuple[Reason, ...]

    @property
    def until(self) -> datetime:
        """The latest admitted end."""
        return self.grant.until


@dataclass(frozen=True, slots=True)
class Demand:
    """What one target should look like, and what of it nobody can say.

    Attributes:
        wanted: the bindings that admitted grants ask for.
        lapsed: bindings that only lapsed grants ask for: which grant, and why it lapsed.
        uncertain: bindings that are held as they are.
        ended: why the role of a lapsed grant has ended, where the grant's binding no longer stands.
        sheltered: definitions that belong to something uncertain and stay as they are.
        named: the declared role for what the target itself defines.
        blind: why every account that nobody lists is held, or None.
    """

    matching: Matching
    wanted: Mapping[BindingKey, Wanted]
    lapsed: Mapping[BindingKey, tuple[tuple[Grant, tuple[Reason, ...]], ...]]
    uncertain: Mapping[BindingKey, tuple[Grant, Reason]]
    ended: Mapping[Native, tuple[Reason, ...]]
    sheltered: frozenset[Native]
    refused: tuple[Refusal, ...]
    held: tuple[Hold, ...]
    named: Mapping[Native, str]
    blind: Reason | None


def demand(asked: Entitlements, live: Live, memory: TargetMemory, now: datetime) -> Demand:
    """Judge every grant on `live`'s target at the instant `now` and find the account that it means."""
    claims = [claim for claim in asked.claims if claim.target == live.target]
    builder = _Builder(live, match(claims, live), memory)
    for grant in asked.grants:
        if grant.target == live.target:
            builder.add(grant, now)
    builder.shelter(claims)
    named = {native: role for (target, native), role in asked.named.items() if target == live.target}
    return builder.demand(asked.blind, named)


class _Builder:
    def __init__(self, live: Live, matching: Matching, memory: TargetMemory) -> None:
        self._live = live
        self._matching = matching
        self._memory = memory
        self._standing = {binding.key for binding in live.bindings}
        self._wanted: dict[BindingKey, list[tuple[Grant, Reason]]] = defaultdict(list)
        self._lapsed: dict[BindingKey, list[tuple[Grant, tuple[Reason, ...]]]] = defaultdict(list)
        self._uncertain: dict[BindingKey, tuple[Grant, Reason]] = {}
        self._ended: dict[Native, tuple[Reason, ...]] = {}
        self._sheltered: set[Native] = set()
        self._refused: list[Refusal] = []
        self._held: list[Hold] = []

    def add(self, grant: Grant, now: datetime) -> None:
        owned = None if grant.key is None or grant.lapse is not None else self._matching.by_key.get(grant.key)
        key = None if owned is None or grant.native is None else BindingKey(owned.account.id, grant.native, grant.scope)
        match judge(grant, now):
            case Lapsed(reasons) if key is not None and key in self._standing:
                self._lapsed[key].append((grant, reasons))
            case Lapsed(reasons):
                self._refuse(grant, reasons[0])
                if owned is not None and grant.native is not None:
                    self._ended[grant.native] = reasons
            case Unknown(reason):
                self._hold(grant, reason, owned, key)
            case Admitted(reason):
                self._admit(grant, reason, owned, key)

    def _admit(self, grant: Grant, reason: Reason, owned: Match | None, key: BindingKey | None) -> None:
        obstacle = self._obstacle(grant, owned, key)
        doubt = None if grant.key is None else self._matching.held_keys.get(grant.key)
        if doubt is not None:
            self._hold(grant, doubt, owned, key)
        elif key is None or obstacle is not None:
            self._refuse(
                grant, obstacle or Reason(ReasonCode.BROKEN_DECLARATION, "the role has no definition", grant.at)
            )
        else:
            self._wanted[key].append((grant, reason))

    def _obstacle(self, grant: Grant, owned: Match | None, key: BindingKey | None) -> Reason | None:
        """What makes it impossible to give an admitted grant here; a binding that already stands has none."""
        if grant.key is None or owned is None:
            missing = Reason(ReasonCode.MISSING_ACCOUNT, f"{grant.principal.name} names no account here", grant.at)
            return missing if grant.key is None else self._matching.refused.get(grant.key, missing)
        if key is None or key in self._standing:
            return None
        ours = owned.account.reopenable and self._memory.closed(owned.account.id)
        if not owned.account.enabled and not ours:
            text = f"{owned.account.name} was disabled in {grant.target} by somebody else; enable it there first"
            return Reason(ReasonCode.ACCOUNT_DISABLED, text, grant.at)
        if grant.definition is None and key.native not in self._live.existing:
            text = f"{grant.target} has no {key.native.kind} called {key.native.name}; create it or correct the role"
            return Reason(ReasonCode.BROKEN_DECLARATION, text, grant.at)
        return None

    def _refuse(self, grant: Grant, reason: Reason) -> None:
        self._refused.append(Refusal(grant.target, grant.id, grant.vendor, grant.principal.name, grant.role, reason))

    def _hold(self, grant: Grant, reason: Reason, owned: Match | None, key: BindingKey | None) -> None:
        account = None if owned is None else owned.account.name
        self._held.append(Hold(grant.target, reason, grant.vendor, grant.principal.name, account, grant.role))
        if key is not None:
            self._uncertain[key] = (grant, reason)
        if grant.native is not None:
            self._sheltered.add(grant.native)

    def shelter(self, claims: Iterable[Claim]) -> None:
        """Say of every vendor in doubt that it is held, also when none of its grants is: its accounts are."""
        said = {hold.vendor for hold in self._held}
        for claim in claims:
            if claim.doubt is not None and claim.vendor not in said:
                said.add(claim.vendor)
                self._held.append(Hold(claim.target, claim.doubt, claim.vendor))

    def demand(self, blind: tuple[Reason, ...], named: Mapping[Native, str]) -> Demand:
        wanted = {
            key: Wanted(
                key, max(grants, key=lambda pair: (pair[0].until, pair[0].id))[0], tuple(reason for _, reason in grants)
            )
            for key, grants in self._wanted.items()
        }
        return Demand(
            matching=self._matching,
            wanted=wanted,
            lapsed={
                key: tuple(sorted(grants, key=lambda pair: pair[0].id))
                for key, grants in self._lapsed.items()
                if key not in wanted
            },
            uncertain=self._uncertain,
            ended=self._ended,
            sheltered=frozenset(self._sheltered),
            refused=tuple(self._refused),
            held=tuple(self._held) + tuple(Hold(self._live.target, reason) for reason in blind),
            named=named,
            blind=blind[0] if blind else None,
        )
