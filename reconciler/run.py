"""One run of `apply`: look, record, write, look again, record; safe to kill at any point."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from reconciler.apply import Verified, verify, write
from reconciler.errors import ExitCode, RepositoryError, TargetError
from reconciler.ledger import APPLIED, VERIFIED, Branches, Ledger, Reading
from reconciler.model import Mode, ReasonCode
from reconciler.plan.plan import Plan
from reconciler.ports import Clock, Connector, Outcome, OutcomeStatus
from reconciler.survey import Question, Survey, survey

KNOWN = frozenset({ReasonCode.UNREMOVABLE, ReasonCode.WRONG_ACCOUNT, ReasonCode.DATA_TIER_VIOLATION})
"""Why something is held that is known and cannot be changed: it makes nobody doubt the rest of the account."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a run did.

    Attributes:
        run: the run's name in the ledger.
        outcomes: what became of each change that was to be written.
        verified: what the second look found, for each target that was written to.
    """

    run: str
    plan: Plan
    outcomes: tuple[Outcome, ...]
    verified: tuple[Verified, ...]

    @property
    def exit_code(self) -> ExitCode:
        """1 for a failed write or an unclean second look, 3 for what a guard stopped, 4 for what is held."""
        failed = any(outcome.status is OutcomeStatus.FAILED for outcome in self.outcomes)
        unclean = not all(each.clean for each in self.verified)
        return ExitCode.worst(
            ExitCode.ERROR if failed or unclean else ExitCode.OK,
            ExitCode.REFUSED if self.plan.stopped else ExitCode.OK,
            ExitCode.HELD if self.plan.held else ExitCode.OK,
        )


@dataclass(frozen=True)
class Apply:
    """Applies what a survey planned. `branch` is the one whose head alone may be applied in `enforce`."""

    question: Question
    connectors: Mapping[str, Connector | TargetError]
    ledger: Ledger
    branches: Branches
    branch: str
    clock: Clock

    def check_revision(self) -> None:
        """RepositoryError unless the revision may be applied now; where everything is only observed, any may."""
        if any(_writes(spec.mode, spec.vendor_modes) for spec in self.question.targets.values()):
            self.branches.check_applicable(self.question.revision, self.branch)

    def run(self, before: Survey, told: Callable[[Outcome], None] = lambda _: None) -> Applied:
        """Write what `before` planned, and prove it.

        What is about to be written stands in the ledger before it is written, and the branch is looked at once more in
        between. Raises Refused or RepositoryError before the first write; LedgerError when the record cannot be kept.
        """
        plan = before.plan
        record = self.ledger.begin(plan, now=self.clock.now())
        try:
            self.check_revision()
            if plan.writable and not plan.narrowed and not plan.stopped:
                self.branches.advance(APPLIED, plan.revision)
        except RepositoryError as error:
            record.end(exit_code=error.exit_code, readings={}, now=self.clock.now())
            raise
        connectors = {name: each for name, each in self.connectors.items() if not isinstance(each, TargetError)}
        outcomes = tuple(write(plan.writable, connectors, told))
        after, verified = before, tuple[Verified, ...]()
        if outcomes:
            record.record(outcomes, now=self.clock.now())
            after = survey(replace(self.question, at=self.clock.now()), self.connectors, self.clock)
            verified = verify(plan, outcomes, after, connectors)
        applied = Applied(record.id, plan, outcomes, verified)
        record.end(exit_code=applied.exit_code, readings=self._readings(after, verified), now=self.clock.now())
        self._advance(applied)
        return applied

    def _readings(self, after: Survey, verified: tuple[Verified, ...]) -> Mapping[str, Reading | None]:
        unclean = {each.target for each in verified if not each.clean}
        return {
            view.name: _reading(after, view.name, verified=view.name not in unclean)
            for view in after.plan.targets
            if _writes(view.mode, self.question.targets[view.name].vendor_modes)
        }

    def _advance(self, applied: Applied) -> None:
        """Move the marks of what was applied and verified; a narrowed, stopped or failed run applied a part only.

        A run that writes has moved the first mark before, so that a killed one still bars the way back.
        """
        if applied.plan.narrowed or applied.exit_code not in {ExitCode.OK, ExitCode.HELD}:
            return
        looked = any(view.complete for view in applied.plan.targets)
        if not looked or (applied.plan.observed and not applied.outcomes):
            return
        self.branches.advance(APPLIED, applied.plan.revision)
        if applied.exit_code is ExitCode.OK:
            self.branches.advance(VERIFIED, applied.plan.revision)


def _writes(mode: Mode, vendor_modes: Mapping[str, Mode]) -> bool:
    return Mode.ENFORCE in {mode, *vendor_modes.values()}


def _reading(after: Survey, target: str, *, verified: bool) -> Reading | None:
    """What the run's last look at a target says about each account and definition that the run answers for."""
    live = after.live.get(target)
    if live is None:
        return None
    demand = after.demands[target]
    pending = [change for change in after.plan.changes if change.target == target]
    dirty = {change.account for change in pending} | set(demand.matching.held)
    held = {hold.account for hold in after.plan.held if hold.target == target and hold.reason.code not in KNOWN}
    undefined = {change.native for change in pending if change.kind == "role"}
    left: dict[str, bool] = {}
    for account in live.population():
        owned = demand.matching.owners.get(account.id)
        if after.plan.narrowed.covers(target, None if owned is None else owned.claim.vendor):
            left[account.id] = account.id not in dirty and account.name not in held
    definitions = frozenset() if after.plan.narrowed.vendors else frozenset(live.definitions) - undefined
    return Reading(live, verified, left, definitions)
