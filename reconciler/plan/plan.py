"""The plan: what one run would change, what it refuses, what it holds, and one digest for exactly that."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from reconciler.model import Mode
from reconciler.plan.changes import AnyChange
from reconciler.plan.demand import Hold, Refusal
from reconciler.plan.guard import GuardLine, LimitName

FORMAT = "guestlist.plan/v1"

SUMMARY = {
    "grant": "grant",
    "revoke": "revoke",
    "set-end": "extend",
    "create": "create",
    "update": "update",
    "delete": "delete",
    "enable": "enable",
    "disable": "disable",
}
"""What a plan's summary calls each action."""


@dataclass(frozen=True, slots=True)
class TargetView:
    """One target as the plan saw it; `complete` is False when something of it could not be read.

    `notes` are what the target lacks or cannot show, a sentence each.
    """

    name: str
    kind: str
    mode: Mode
    complete: bool
    accounts: int
    bindings: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a run was narrowed to; empty means everything. Nothing outside it is changed."""

    targets: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.targets or self.vendors)

    def covers(self, target: str, vendor: str | None) -> bool:
        """Whether something of this vendor in this target may be changed."""
        return (not self.targets or target in self.targets) and (not self.vendors or vendor in self.vendors)


@dataclass(frozen=True)
class Plan:
    """What would be changed, in the order in which it would be written, target by target.

    Attributes:
        revision: the commit whose declarations are desired; `worktree` when they were not committed.
        at: the instant that was judged.
        counted: ids of the changes that each guard limit counts, by (target, limit).
        blocked: ids of the changes that a guard stops.
        observed: ids of the changes that are only reported, because their target or vendor is in `observe`.
    """

    revision: str
    at: datetime
    changes: tuple[AnyChange, ...] = ()
    refused: tuple[Refusal, ...] = ()
    held: tuple[Hold, ...] = ()
    targets: tuple[TargetView, ...] = ()
    guard: tuple[GuardLine, ...] = ()
    counted: Mapping[tuple[str, LimitName], frozenset[str]] = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()
    observed: frozenset[str] = frozenset()
    narrowed: Narrowing = Narrowing()

    @cached_property
    def digest(self) -> str:
        """`sha256:…` over the canonical changes, sorted: the same plan has the same digest everywhere."""
        return "sha256:" + sha256("\n".join(sorted(change.canonical for change in self.changes)).encode()).hexdigest()

    @property
    def summary(self) -> Mapping[str, int]:
        """How many changes of each action there are, and how much is refused and held."""
        counts = Counter(SUMMARY[change.action] for change in self.changes)
        return {name: counts[name] for name in SUMMARY.values()} | {
            "held": len(self.held),
            "refused": len(self.refused),
        }

    @property
    def writable(self) -> tuple[AnyChange, ...]:
        """The changes that `apply` writes: neither blocked nor only observed."""
        return tuple(c for c in self.changes if c.id not in self.blocked and c.id not in self.observed)

    @property
    def stopped(self) -> bool:
        """Whether a guard stops anything."""
        return bool(self.blocked)
