"""Look at every target and plan: the one place where reading live systems and the pure core meet."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from reconciler.desired.models import TargetSpec
from reconciler.errors import TargetError
from reconciler.model import Entitlements, Live, Mode, Reason, ReasonCode, utc
from reconciler.plan.changes import AnyChange
from reconciler.plan.demand import Demand, Hold
from reconciler.plan.diff import diff
from reconciler.plan.guard import Lift, Verdict, guard
from reconciler.plan.memory import Memory
from reconciler.plan.plan import Narrowing, Plan, TargetView
from reconciler.plan.reach import covered, mode_of
from reconciler.plan.terms import Terms
from reconciler.plan.weighing import weigh
from reconciler.ports import Clock, Connector, ShowsLeases, Sought

LARGEST_SKEW = timedelta(minutes=2)
"""Past this, admission by our clock and expiry by the target's would disagree: the target is held."""

WORKERS = 8


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be planned.

    Attributes:
        revision: what `asked` was declared at; `at` the instant to judge.
        targets: the declared targets by name; `lifts` the overrides in force.
        asked: what the declarations ask for; `memory` what the ledger knows.
        narrowed: what the run is narrowed to.
    """

    revision: str
    at: datetime
    targets: Mapping[str, TargetSpec]
    asked: Entitlements
    memory: Memory = field(default_factory=Memory)
    lifts: tuple[Lift, ...] = ()
    narrowed: Narrowing = field(default_factory=Narrowing)


@dataclass(frozen=True, slots=True)
class Survey:
    """What was seen and what follows from it; `live` and `demands` hold the targets that could be read completely."""

    plan: Plan
    live: Mapping[str, Live]
    demands: Mapping[str, Demand]


@dataclass(frozen=True, slots=True)
class _Part:
    """One target's part of the plan."""

    view: TargetView
    changes: tuple[AnyChange, ...] = ()
    held: tuple[Hold, ...] = ()
    verdict: Verdict = field(default_factory=Verdict)
    observed: frozenset[str] = frozenset()
    demand: Demand | None = None
    live: Live | None = None


def survey(
    question: Question,
    connectors: Mapping[str, Connector | TargetError],
    clock: Clock,
    progress: Callable[[str], None] = lambda _: None,
) -> Survey:
    """Read every target at once, then plan each: one unreadable target holds back its own part only.

    `connectors` has, for each target in question, a connection or the error that stands in its way. `progress` is told
    each target's name when it was read.
    """
    narrowed = question.narrowed.targets
    names = [name for name in question.targets if not narrowed or name in narrowed]

    def look(name: str) -> Live | TargetError:
        connector = connectors[name]
        if isinstance(connector, TargetError):
            return connector
        try:
            live = connector.observe(sought(question, name))
        except TargetError as error:
            return error
        finally:
            progress(name)
        return _on_time(live, clock.now())

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        parts = [_part(question, name, seen) for name, seen in zip(names, pool.map(look, names), strict=True)]
        views = pool.map(lambda part: _noted(part, connectors[part.view.name]), parts)
        parts = [replace(part, view=view) for part, view in zip(parts, views, strict=True)]
    return Survey(
        plan=_plan(question, parts),
        live={part.view.name: part.live for part in parts if part.live is not None},
        demands={part.view.name: part.demand for part in parts if part.demand is not None},
    )


def sought(question: Question, target: str) -> Sought:
    """What a connector has to look for besides its population: what declarations name there."""
    asked = question.asked
    grants = [grant for grant in asked.grants if grant.target == target]
    return Sought(
        declared=frozenset(claim.key for claim in asked.claims if claim.target == target),
        governed=question.memory.governed(target),
        natives=frozenset(
            grant.native
            for grant in grants
            if grant.native is not None and grant.definition is None and not grant.scope
        ),
        scoped=frozenset((grant.native, grant.scope) for grant in grants if grant.native is not None and grant.scope),
        labelled=frozenset(label.item or item for (name, item), label in asked.labels.items() if name == target),
        definitions=frozenset(grant.definition for grant in grants if grant.definition is not None),
    )


def _noted(part: _Part, connector: object) -> TargetView:
    """The target's view, with what outlives the changes that are planned there."""
    if not part.changes or not isinstance(connector, ShowsLeases):
        return part.view
    return replace(part.view, notes=(*part.view.notes, *connector.outliving(part.changes)))


class _SkewError(TargetError):
    """The target's clock is not ours."""


def _on_time(live: Live, now: datetime) -> Live | TargetError:
    apart = abs(live.at - now)
    if apart <= LARGEST_SKEW:
        return live
    return _SkewError(
        f"the clock of {live.target} says {utc(live.at)}, ours {utc(now)}: {int(apart.total_seconds())} seconds apart;"
        " set the wrong one right"
    )


def _part(question: Question, name: str, seen: Live | TargetError) -> _Part:
    spec = question.targets[name]
    if isinstance(seen, TargetError):
        code = ReasonCode.CLOCK_SKEW if isinstance(seen, _SkewError) else ReasonCode.UNREADABLE
        view = TargetView(name, spec.connector, spec.mode, complete=False, accounts=0, bindings=0)
        return _Part(view, held=(Hold(name, Reason(code, str(seen))),))
    view = TargetView(
        name,
        spec.connector,
        spec.mode,
        seen.complete,
        sum(1 for _ in seen.population()),
        len(seen.bindings),
        notes=seen.notes,
    )
    if not seen.complete:
        return _Part(view, held=tuple(Hold(name, Reason(ReasonCode.UNREADABLE, gap)) for gap in seen.gaps))

    known = question.memory.of(seen)
    wanted = weigh(question.asked, seen, known, question.at, Terms.of(spec))
    found, held = diff(wanted, seen, known)
    changes = tuple(sorted(covered(found, wanted, question.narrowed), key=lambda change: change.order))
    modes = mode_of(changes, wanted, spec)
    observed = frozenset(change.id for change in changes if modes(change) is Mode.OBSERVE)
    verdict = guard(
        [change for change in changes if change.id not in observed],
        live=seen,
        limits=spec.guard,
        lifts=question.lifts,
        memory=question.memory,
    )
    return _Part(view, changes, (*wanted.held, *held), verdict, observed, wanted, seen)


def _plan(question: Question, parts: Iterable[_Part]) -> Plan:
    parts = tuple(parts)
    narrowed = question.narrowed
    return Plan(
        revision=question.revision,
        at=question.at.astimezone(UTC),
        changes=tuple(change for part in parts for change in part.changes),
        refused=tuple(
            sorted(
                (
                    refusal
                    for part in parts
                    if part.demand is not None
                    for refusal in part.demand.refused
                    if narrowed.covers(refusal.target, refusal.vendor)
                ),
                key=lambda refusal: (refusal.target, refusal.grant, refusal.principal),
            )
        ),
        held=tuple(
            hold
            for part in parts
            for hold in part.held
            if hold.vendor is None or narrowed.covers(hold.target, hold.vendor)
        ),
        targets=tuple(part.view for part in parts),
        guard=tuple(line for part in parts for line in part.verdict.lines),
        counted={(part.view.name, limit): ids for part in parts for limit, ids in part.verdict.counted.items()},
        blocked=frozenset().union(*(part.verdict.blocked for part in parts)),
        observed=frozenset().union(*(part.observed for part in parts)),
        narrowed=narrowed,
    )
