"""The record of a rotation: secrets that a departed vendor could read, replaced by their targets.

It is a record like that of a run: begun with everything that is about to be replaced before anything is, one outcome
for each as it is known, and an end. No plan is behind it, so its digest is that of what it is about.
"""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from reconciler.errors import ExitCode
from reconciler.ledger import records
from reconciler.ledger.records import Begin, End, Intend, Narrowed, Result, RunRecord
from reconciler.ledger.store import Files, Snapshot, Store
from reconciler.model import ReasonCode
from reconciler.ports import OutcomeStatus

ACTION, KIND = "rotate", "secret"


@dataclass(frozen=True, slots=True, order=True)
class Rotating:
    """One thing that is about to be replaced: what its target calls it, never what it holds."""

    target: str
    stable_id: str
    kind: str
    name: str

    @property
    def id(self) -> str:
        """The same on every machine."""
        return _digest([self.target, self.stable_id, self.kind, self.name])[:12]


class Rotation:
    """One rotation's record. Every method returns once what it says is safe; a kill leaves a valid ledger."""

    def __init__(self, store: Store, path: str, record: RunRecord, clock: Callable[[], datetime]) -> None:
        self.path = path
        self._store = store
        self._record = record
        self._clock = clock

    def done(self, what: Rotating, *, failed: str | None = None) -> None:
        """Record what became of one; `failed` says why it was not replaced. LedgerError when it cannot be recorded."""
        status = OutcomeStatus.DONE if failed is None else OutcomeStatus.FAILED
        result = Result(id=what.id, at=self._clock(), status=status, text=failed or "")
        record = replace(self._record, results=(*self._record.results, result))
        self._record = _append(self._store, self.path, record, f"outcome of {record.begin.run}", result.at)

    def end(self) -> None:
        """Record that it has ended; LedgerError when it cannot be recorded."""
        now, statuses = self._clock(), [result.status for result in self._record.results]
        counts = {status.value: statuses.count(status) for status in OutcomeStatus}
        exit_code = ExitCode.ERROR if OutcomeStatus.FAILED in statuses else ExitCode.OK
        unsent = len(self._record.intents) - len(statuses)
        end = End(at=now, counts=counts | {records.UNSENT: unsent}, exit=int(exit_code), targets={})
        record = replace(self._record, end=end)
        self._record = _append(self._store, self.path, record, f"end {record.begin.run}", now)


def begin(
    store: Store, vendor: str, revision: str, about: Sequence[Rotating], clock: Callable[[], datetime]
) -> Rotation:
    """Record that a rotation is about to begin; nothing may be replaced before this returns.

    Raises:
        LedgerError: it could not be recorded.
    """
    now, run = clock(), secrets.token_hex(6)
    targets = tuple(sorted({one.target for one in about}))
    first = Begin(
        kind="rotation",
        by=store.who,
        run=run,
        at=now,
        revision=revision,
        digest=f"sha256:{_digest([vendor, *sorted(one.id for one in about)])}",
        targets=targets,
        narrowed_to=Narrowed(targets=targets, vendors=(vendor,)),
    )
    intents = tuple(
        Intend(
            id=one.id,
            at=now,
            action=ACTION,
            kind=KIND,
            target=one.target,
            stable_id=one.stable_id,
            vendor=vendor,
            native=(one.kind, one.name),
            reason=ReasonCode.OFFBOARDED.value,
        )
        for one in sorted(set(about))
    )
    path = records.path(run, now)
    record = _append(store, path, RunRecord(first, intents), f"begin {run}, a rotation after {vendor}", now)
    return Rotation(store, path, record, clock)


def _append(store: Store, path: str, record: RunRecord, message: str, now: datetime) -> RunRecord:
    content = records.write(record)

    def build(_: Snapshot) -> Files:
        return {path: content}

    store.append(build, message=message, at=now)
    return record


def _digest(parts: Sequence[str]) -> str:
    return sha256(json.dumps(list(parts), separators=(",", ":")).encode()).hexdigest()
