"""Write a plan and look again: batched by stage, one outcome per change, and a second reading as the proof."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from reconciler.errors import TargetError
from reconciler.plan.changes import AnyChange, CreateAccount, CreateRole, DisableAccount, GrantBinding, UpdateRole
from reconciler.plan.plan import Plan
from reconciler.ports import Connector, Outcome, OutcomeStatus
from reconciler.survey import Survey


@dataclass(frozen=True, slots=True)
class Verified:
    """What the second look at a target found.

    Attributes:
        left: what is still different from the plan or left over, a sentence each; empty is clean.
        complete: whether the target could be read again at all.
    """

    target: str
    left: tuple[str, ...] = ()
    complete: bool = True

    @property
    def clean(self) -> bool:
        """Whether the target is now as planned."""
        return self.complete and not self.left


def write(
    changes: Sequence[AnyChange],
    connectors: Mapping[str, Connector],
    told: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Write `changes` (ordered, as a plan has them) target by target, stage by stage.

    One failure stays one: the others are still written. Only what stands on a failed definition is not given, because
    a binding has neither its rights nor its end without its definition, and others with a wrong one; nor what stands
    on an account that could not be created.
    """
    outcomes: list[Outcome] = []
    for (target, _), batch in groupby(changes, key=lambda change: (change.target, change.stage)):
        failed = [
            outcome.change
            for outcome in outcomes
            if outcome.status is OutcomeStatus.FAILED and outcome.change.target == target
        ]
        ended = []
        for outcome in _stage(list(batch), connectors[target], failed):
            ended.append(outcome)
            told(outcome)
        outcomes += sorted(ended, key=lambda outcome: outcome.change.order)
    return outcomes


def _stage(batch: list[AnyChange], connector: Connector, failed: Sequence[AnyChange]) -> Iterator[Outcome]:
    undefined = {change.native for change in failed if isinstance(change, CreateRole | UpdateRole)}
    homeless = {change.account for change in failed if isinstance(change, CreateAccount)}
    ready = []
    for change in batch:
        if change.account and change.account in homeless:
            yield Outcome(change, OutcomeStatus.FAILED, "its account could not be created")
        elif isinstance(change, GrantBinding) and change.native in undefined:
            yield Outcome(change, OutcomeStatus.FAILED, "its definition could not be written")
        else:
            ready.append(change)
    waiting = {change.id: change for change in ready}
    fault = "the connector said nothing about it"
    try:
        for outcome in connector.apply(ready) if ready else ():
            if waiting.pop(outcome.change.id, None) is not None:
                yield outcome
    except TargetError as error:
        fault = str(error)
    for change in waiting.values():
        yield Outcome(change, OutcomeStatus.FAILED, fault)


def verify(
    plan: Plan, outcomes: Iterable[Outcome], after: Survey, connectors: Mapping[str, Connector]
) -> tuple[Verified, ...]:
    """Hold what was written against a second reading of every target that was written to.

    What a guard stopped, what is only observed and what is held was never written, and is no residue. A change that
    the second plan has and the first had not (somebody was faster) is.
    """
    written: dict[str, list[AnyChange]] = {}
    for outcome in outcomes:
        written.setdefault(outcome.change.target, []).append(outcome.change)
    return tuple(_look(plan, target, changes, after, connectors[target]) for target, changes in written.items())


def _look(plan: Plan, target: str, changes: list[AnyChange], after: Survey, connector: Connector) -> Verified:
    if target not in after.demands:
        reasons = tuple(hold.reason.text for hold in after.plan.held if hold.target == target)
        return Verified(target, reasons, complete=False)
    expected = plan.blocked | after.plan.observed
    left = [
        f"{change.action} of {change.account_name or (change.native and change.native.name)} is still to be done"
        for change in after.plan.changes
        if change.target == target and change.id not in expected
    ]
    closed = [change.account for change in changes if isinstance(change, DisableAccount)]
    try:
        left += connector.residue(closed) if closed else ()
    except TargetError as error:
        return Verified(target, (str(error),), complete=False)
    return Verified(target, tuple(left))
