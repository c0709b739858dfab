"""The ledger as a run uses it: what is remembered, and the run's own record, committed step by step."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from git import Repo

from reconciler.errors import ExitCode, LedgerError, Refused, RepositoryError
from reconciler.ledger import history, records, rotation, state
from reconciler.ledger.branch import APPLIED
from reconciler.ledger.records import End, Intend, RunRecord, TargetEnd
from reconciler.ledger.refs import Refs
from reconciler.ledger.rotation import Rotating, Rotation
from reconciler.ledger.state import Reading, TargetState
from reconciler.ledger.store import Files, Snapshot, Store
from reconciler.plan.memory import Memory, TargetMemory
from reconciler.plan.plan import Plan
from reconciler.ports import Outcome, OutcomeStatus

RECOVERABLE = 50
"""How many earlier versions of a damaged state are tried."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """What the ledger knows, and a sentence for each thing that is wrong with it (none when `memory.readable`)."""

    memory: Memory
    problems: tuple[str, ...] = ()


class Ledger:
    """The ledger of one repository, local and, where there is a remote `origin`, shared."""

    def __init__(self, repo: Repo) -> None:
        self._refs = Refs(repo)
        self._store = Store(repo)
        self._parsed: dict[str, RunRecord] = {}

    @classmethod
    def open(cls, repo: Repo) -> "Ledger":
        """The ledger kept in this repository, bare or not; nothing is read or written yet."""
        return cls(repo)

    def memory(self, targets: Iterable[str], now: datetime) -> Memory:
        """What is remembered of the declared targets; never raises for what is wrong with the ledger."""
        return self.recall(targets, now).memory

    def recall(self, targets: Iterable[str], now: datetime) -> Recollection:
        """`memory`, with what is wrong with the ledger, so that it can be said."""
        problems: list[str] = []
        snapshot = self._snapshot(problems)
        try:
            runs = self._runs(snapshot, now, problems)
            known = {target: self._state(snapshot, target, problems) for target in targets}
        except LedgerError as error:
            problems.append(str(error))
            runs, known = [], {}
        remembered: dict[str, TargetMemory] = {}
        for target, found in known.items():
            if found is not None:
                remembered[target] = history.overlaid(found, runs).memory
        memory = Memory(readable=not problems, targets=remembered, spent=history.spent(runs, now))
        return Recollection(memory, tuple(problems))

    def taken_from(self, vendor: str) -> Sequence[records.Intend]:
        """Every binding that a run was about to take away from a vendor's accounts, the oldest first.

        Reads every run there ever was. Raises LedgerError when one of them cannot be read.
        """
        snapshot = self._store.snapshot()
        files = {entry.path: entry.id for entry in snapshot.entries("runs/", deep=True) if not entry.folder}
        contents = snapshot.contents(files.values())
        runs = (records.read(path, contents[name]) for path, name in sorted(files.items()))
        taken = [one for run in runs for one in run.intents if one.vendor == vendor and one.action == "revoke"]
        return sorted(taken, key=lambda intent: intent.at)

    def begin(self, plan: Plan, *, now: datetime) -> "Run":
        """Record that a run is about to write what the plan allows; nothing may be written before this returns.

        Raises:
            LedgerError: it could not be recorded.
            Refused: another run has written since the plan was made, and both together pass a guard limit.
        """
        run = secrets.token_hex(6)
        record = records.begin(run, plan, now)
        path = records.path(run, now)
        names = {change.account: change.account_name for change in plan.writable if change.account}

        def build(snapshot: Snapshot) -> Files:
            self._refuse_excess(snapshot, record, plan, now)
            return {path: records.write(record), **self._expecting(snapshot, record, names)}

        self._store.append(build, message=f"begin {run} of {plan.revision[:12]}", at=now)
        return Run(self, self._store, path, record)

    def begin_rotation(
        self, vendor: str, revision: str, about: Sequence[Rotating], clock: Callable[[], datetime]
    ) -> Rotation:
        """Record that secrets which a departed vendor could read are about to be replaced; see `rotation.begin`."""
        return rotation.begin(self._store, vendor, revision, about, clock)

    def _refuse_excess(self, snapshot: Snapshot, record: RunRecord, plan: Plan, now: datetime) -> None:
        """Hold the limits against the runs there are at this commit: those who began meanwhile count too."""
        spent = history.spent(self._runs(snapshot, now, []), now)
        for line in plan.guard:
            mine = [i for i in record.intents if i.target == line.target and line.limit.value in i.counts]
            if not mine:
                continue
            together = spent.get((mine[0].stable_id, line.limit.value), frozenset()) | {intent.id for intent in mine}
            if len(together) > line.allowed:
                raise Refused(
                    f"{line.target}: another run has changed something since this plan was made; together"
                    f" {len(together)} {line.limit} in 24 hours, allowed are {line.allowed}; plan again"
                )

    def _expecting(self, snapshot: Snapshot, record: RunRecord, names: Mapping[str, str]) -> Files:
        """The states of the targets that the run is about to change."""
        files: dict[str, bytes] = {}
        for target, stable_id in {intent.target: intent.stable_id for intent in record.intents}.items():
            mine = [intent for intent in record.intents if intent.target == target]
            files |= self.rewritten(snapshot, target, stable_id, _expecting(mine, names))
        return files

    def rewritten(
        self, snapshot: Snapshot, target: str, stable_id: str, change: Callable[[TargetState], TargetState]
    ) -> Files:
        """The target's state at a commit, changed; nothing when that leaves it as it is.

        What is known starts from nothing when the name stood for another system.
        """
        problems: list[str] = []
        found = self._state(snapshot, target, problems)
        known = found if found is not None and found.stable_id == stable_id else TargetState(stable_id)
        new = change(known)
        return {state.path(target): state.write(new)} if new != found or problems else {}

    def _snapshot(self, problems: list[str]) -> Snapshot:
        try:
            snapshot = self._store.snapshot()
            if snapshot.tip is None and self._applied():
                problems.append(
                    "the branch guestlist-ledger is missing, although guestlist has applied before; restore it from"
                    " a clone that has it"
                )
        except RepositoryError as error:
            problems.append(f"the ledger cannot be brought up to date: {error}")
            return self._store.here()
        if snapshot.aside is not None:
            problems.append(
                "the branch guestlist-ledger here and at origin have parted; the next run that applies joins them"
            )
        return snapshot

    def _applied(self) -> bool:
        return bool(self._refs.here(APPLIED)) or (self._refs.remote and bool(self._refs.there(APPLIED)))

    def _runs(self, snapshot: Snapshot, now: datetime, problems: list[str]) -> list[RunRecord]:
        """The runs that may count at `now`; what cannot be read of them becomes a problem."""
        days = history.recent((entry.path for entry in snapshot.entries(*history.folders(now))), now)
        files = {entry.path: entry.id for entry in snapshot.entries(*days, deep=True)}
        contents = snapshot.contents(name for name in files.values() if name not in self._parsed)
        runs = []
        for path, name in files.items():
            try:
                if name not in self._parsed:
                    self._parsed[name] = records.read(path, contents[name])
                runs.append(self._parsed[name])
            except LedgerError as error:
                problems.append(str(error))
        return runs

    @staticmethod
    def _state(snapshot: Snapshot, target: str, problems: list[str]) -> TargetState | None:
        """The target's state; when it is damaged, the latest that was not, so that no account is forgotten."""
        path = state.path(target)
        content = snapshot.read(path).get(path)
        if content is None:
            return None
        try:
            return state.read(path, content)
        except LedgerError as error:
            problems.append(str(error))
        for commit in snapshot.versions(path, RECOVERABLE):
            try:
                return state.read(path, snapshot.at(commit).read(path).get(path, b""))
            except LedgerError:
                continue
        return None


class Run:
    """One run's record. Every method returns once what it says is safe; a kill in between leaves a valid ledger."""

    def __init__(self, ledger: Ledger, store: Store, path: str, record: RunRecord) -> None:
        self.path = path
        self._ledger = ledger
        self._store = store
        self._record = record

    @property
    def id(self) -> str:
        """The run's name in the ledger."""
        return self._record.begin.run

    def record(self, outcomes: Iterable[Outcome], *, now: datetime) -> None:
        """Record what became of some of the changes.

        Raises:
            LedgerError: it could not be recorded; the changes count as perhaps written.
        """
        results = records.results(outcomes, now)
        if results:
            record = replace(self._record, results=(*self._record.results, *results))
            done = {result.id for result in results if result.status is OutcomeStatus.DONE}
            revoked = [i for i in record.intents if i.action == "revoke" and i.id in done]
            targets = {intent.target: intent.stable_id for intent in revoked}
            states = [
                (target, stable_id, _revoking([intent for intent in revoked if intent.target == target], now))
                for target, stable_id in targets.items()
            ]
            self._commit(record, states, f"outcomes of {self.id}", now)

    def end(self, *, exit_code: ExitCode, readings: Mapping[str, Reading | None], now: datetime) -> None:
        """Record how the run ended, and what it left in each target; changes without an outcome were not sent.

        `readings` hold, for each target of the run, how it was read after the last write; None where it could not be.

        Raises:
            LedgerError: it could not be recorded; then the run counts as never ended.
        """
        statuses = [result.status.value for result in self._record.results]
        counts = {status.value: statuses.count(status.value) for status in OutcomeStatus}
        unsent = {intent.id for intent in self._record.intents} - {result.id for result in self._record.results}
        end = End(
            at=now,
            counts=counts | {records.UNSENT: len(unsent)},
            exit=int(exit_code),
            targets={
                target: TargetEnd(verified=reading is not None and reading.verified)
                for target, reading in sorted(readings.items())
            },
        )
        states = [
            (target, reading.live.stable_id, _after(reading))
            for target, reading in readings.items()
            if reading is not None
        ]
        self._commit(replace(self._record, end=end), states, f"end {self.id}, exit {int(exit_code)}", now)

    def _commit(self, record: RunRecord, states: Sequence["_Rewriting"], message: str, now: datetime) -> None:
        """Add to the record, and rewrite what is remembered of targets, in one commit."""
        if self._record.end is not None:
            raise LedgerError(f"run {self.id} has ended; begin another one to record more")
        content = records.write(record)

        def build(snapshot: Snapshot) -> Files:
            files: dict[str, bytes] = {self.path: content}
            for target, stable_id, change in states:
                files |= self._ledger.rewritten(snapshot, target, stable_id, change)
            return files

        self._store.append(build, message=message, at=now)
        self._record = record


_Rewriting = tuple[str, str, Callable[[TargetState], TargetState]]
"""A target, its stable id, and what becomes of what is remembered of it."""


def _revoking(intents: list[Intend], now: datetime) -> Callable[[TargetState], TargetState]:
    return lambda known: known.revoking(intents, now)


def _after(reading: Reading) -> Callable[[TargetState], TargetState]:
    return lambda known: known.after(reading)


def _expecting(intents: list[Intend], names: Mapping[str, str]) -> Callable[[TargetState], TargetState]:
    return lambda known: known.expecting(intents, names)
