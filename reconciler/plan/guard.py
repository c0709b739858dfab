"""The blast radius: how much declarations and settings may give or take away in one target within 24 hours.

Not counted, and so never blocked, is what ends by its own declaration, and what somebody added by hand to an account
that a verified run had left clean: a guard must not become a shield.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.desired.models import Guard, Limit
from reconciler.model import BindingKey, Live, Native, ReasonCode
from reconciler.plan.changes import (
    AnyChange,
    CreateAccount,
    CreateRole,
    DeleteRole,
    DisableAccount,
    EnableAccount,
    GrantBinding,
    RevokeBinding,
    SetEnd,
    UpdateAccount,
    UpdateRole,
)
from reconciler.plan.memory import Memory, TargetMemory

DECLARED_CAUSES = frozenset(
    {ReasonCode.EXPIRED, ReasonCode.CONTRACT_ENDED, ReasonCode.CASE_CLOSED, ReasonCode.OFFBOARDED}
)
"""Ends that the declaration itself set: taking away for these is always allowed."""


class LimitName(StrEnum):
    """What a guard limits."""

    GRANTS = "grants"
    REVOCATIONS = "revocations"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Lift:
    """An override that is in force: `limit` of `target` may go up to `max`."""

    name: str
    target: str
    limit: LimitName
    max: int


@dataclass(frozen=True, slots=True)
class GuardLine:
    """One limit of one target.

    Attributes:
        allowed: how many changes 24 hours may hold, lifted by `override` where that names one.
        planned: how many this plan has; `found` those and what the 24 hours before it had.
    """

    target: str
    limit: LimitName
    allowed: int
    planned: int
    found: int
    override: str | None = None

    @property
    def exceeded(self) -> bool:
        """Whether the plan has something that this limit does not allow."""
        return self.planned > 0 and self.found > self.allowed


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says of one target's changes.

    Attributes:
        lines: every limit of the target.
        counted: the ids that each limit counts, for the ledger.
        blocked: ids of the changes that may not be written.
    """

    lines: tuple[GuardLine, ...] = ()
    counted: Mapping[LimitName, frozenset[str]] = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()


def guard(changes: Sequence[AnyChange], *, live: Live, limits: Guard, lifts: Iterable[Lift], memory: Memory) -> Verdict:
    """Hold the changes of one target against its limits.

    `changes` are all that would be written there. The share is of what is live now and was taken away or before what
    was given in the last 24 hours, so that many small runs are one. When one limit is passed, nothing that any limit
    counts is written in this target, nor what belongs to it: half of a mistake is a mistake too.
    """
    counting = _Counting(changes, memory.of(live))
    counted: dict[LimitName, set[str]] = {name: set() for name in LimitName}
    for change in changes:
        limit = counting.limit(change)
        if limit is not None:
            counted[limit].add(change.id)

    spent = {name: memory.spent.get((live.stable_id, name), frozenset()) for name in LimitName}
    gone = {name: len(spent[name] - counted[name]) for name in LimitName}  # what is planned again is live again
    base = {
        LimitName.GRANTS: max(0, len(live.bindings) - len(spent[LimitName.GRANTS])),
        LimitName.REVOCATIONS: len(live.bindings) + gone[LimitName.REVOCATIONS],
        LimitName.DISABLED: sum(account.enabled for account in live.population()) + gone[LimitName.DISABLED],
    }
    declared = {
        LimitName.GRANTS: limits.grants,
        LimitName.REVOCATIONS: limits.revocations,
        LimitName.DISABLED: limits.disabled,
    }
    lines = []
    for name in LimitName:
        allowed, override = _allowed(declared[name], base[name]), None
        for lift in lifts:
            if (lift.target, lift.limit) == (live.target, name) and lift.max > allowed:
                allowed, override = lift.max, lift.name
        lines.append(
            GuardLine(live.target, name, allowed, len(counted[name]), len(counted[name] | spent[name]), override)
        )

    stopped = any(line.exceeded for line in lines)
    all_counted = frozenset().union(*counted.values())
    blocked = all_counted | counting.belonging(all_counted) if stopped else frozenset()
    return Verdict(tuple(lines), {name: frozenset(ids) for name, ids in counted.items()}, blocked)


def _allowed(limit: Limit, base: int) -> int:
    """The smaller of the absolute number and the share, rounded down; 100 percent is no limit by share."""
    return limit.max if limit.percent == 100 else min(limit.max, base * limit.percent // 100)  # noqa: PLR2004 - per cent


class _Counting:
    """Which limit counts a change, seen in the light of its neighbours and of what the last verified run left."""

    def __init__(self, changes: Sequence[AnyChange], memory: TargetMemory) -> None:
        self._changes = changes
        self._memory = memory
        self._granted: dict[Native, set[str]] = defaultdict(set)
        self._revoked: dict[Native, set[str]] = defaultdict(set)
        for change in changes:
            if change.native is not None and isinstance(change, GrantBinding):
                self._granted[change.native].add(change.id)
            if change.native is not None and isinstance(change, RevokeBinding):
                self._revoked[change.native].add(change.id)

    def limit(self, change: AnyChange) -> LimitName | None:
        """The limit that counts this change, or None when it is never blocked (or counts with another change)."""
        counted: LimitName | None
        match change:
            case GrantBinding() | EnableAccount() | CreateAccount():
                counted = LimitName.GRANTS
            case UpdateAccount():
                by_hand = self._memory.edited_since(change.account, change.before or {})
                counted = None if by_hand else LimitName.GRANTS
            case DisableAccount():
                counted = None if change.cause.code in DECLARED_CAUSES else LimitName.DISABLED
            case RevokeBinding():
                counted = None if self._harmless(change) else LimitName.REVOCATIONS
            case DeleteRole(native=native):
                follows = native in self._revoked or self._added(native) or change.cause.code in DECLARED_CAUSES
                counted = None if follows else LimitName.REVOCATIONS
            case CreateRole(native=native):
                counted = None if native in self._granted else LimitName.GRANTS
            case UpdateRole():
                counted = None if self._edited(change) else LimitName.GRANTS
            case SetEnd():
                counted = LimitName.GRANTS if self._extends(change) else None
        return counted

    def _harmless(self, change: RevokeBinding) -> bool:
        if change.cause.code in DECLARED_CAUSES:
            return True
        if change.native is None or change.cause.code is not ReasonCode.UNDECLARED:
            return False
        return self._memory.added_since(BindingKey(change.account, change.native, change.scope))

    def _added(self, native: Native | None) -> bool:
        """Whether somebody added this definition after a verified run."""
        known = self._memory.definitions
        return known is not None and native not in known

    def _edited(self, change: UpdateRole) -> bool:
        """Whether somebody edited the definition by hand; otherwise its declaration changed, which gives."""
        known = self._memory.definitions
        if known is None or change.native is None or change.before is None:
            return False
        return known.get(change.native) != change.before["definition"]

    @staticmethod
    def _extends(change: SetEnd) -> bool:
        before = None if change.before is None else change.before["until"]
        after = None if change.after is None else change.after["until"]
        return isinstance(before, str) and isinstance(after, str) and before < after

    def belonging(self, blocked: frozenset[str]) -> frozenset[str]:
        """Changes that make sense only together with a blocked one: a definition without its binding."""
        return frozenset(
            change.id
            for change in self._changes
            if change.native is not None and self._partners(change).get(change.native, set()) & blocked
        )

    def _partners(self, change: AnyChange) -> Mapping[Native, set[str]]:
        match change:
            case CreateRole():
                return self._granted
            case DeleteRole():
                return self._revoked
            case _:
                return {}
