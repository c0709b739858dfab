"""The record of one run: JSON lines, the first says what the run is, the last how it ended.

A run's file is written by that run alone, and only ever grows. What is about to be written in a target stands there
before it is written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from reconciler.errors import LedgerError
from reconciler.model import BindingKey, Native
from reconciler.plan.changes import AnyChange
from reconciler.plan.plan import Plan
from reconciler.ports import Outcome, OutcomeStatus

FORMAT: Literal["guestlist.run/v1"] = "guestlist.run/v1"

UNSENT = "unsent"
"""What the record's counts call a change that was intended and never sent."""


class Line(BaseModel):
    """What all lines have in common: camelCase keys, none unknown."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )


class Narrowed(Line):
    """What the run was narrowed to; empty means everything."""

    targets: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()


class Begin(Line):
    """The run: of which plan, and when.

    Attributes:
        kind: what is recorded: a `run` of a plan, or a `rotation` of secrets that a departed vendor could read.
        by: who rotated, as Git knows them; None for a run, which its plan's approvals answer for.
    """

    format: Literal["guestlist.run/v1"] = FORMAT
    event: Literal["begin"] = "begin"
    kind: Literal["run", "rotation"] = "run"
    by: str | None = None
    run: str
    at: AwareDatetime
    revision: str
    digest: str
    targets: tuple[str, ...]
    narrowed_to: Narrowed


class Intend(Line):
    """One change that is about to be written.

    Attributes:
        account: the account's id in the target; its people's name is kept in the target's state only.
        native: kind and name; `scope` as the binding has it; `definition` is the digest a role will have.
        reason: the reason's code. `counts` are the guard limits that count the change.
    """

    event: Literal["intend"] = "intend"
    id: str
    at: AwareDatetime
    action: str
    kind: str
    target: str
    stable_id: str
    account: str = ""
    vendor: str | None = None
    principal: str | None = None
    role: str | None = None
    native: tuple[str, str] | None = None
    scope: tuple[tuple[str, tuple[str, ...]], ...] = ()
    until: AwareDatetime | None = None
    grant: str | None = None
    definition: str | None = None
    reason: str
    counts: tuple[str, ...] = ()

    @property
    def key(self) -> BindingKey | None:
        """The binding that is given, moved or taken away; None for other kinds of change."""
        if self.kind != "binding" or self.native is None:
            return None
        return BindingKey(self.account, Native(*self.native), self.scope)


class Result(Line):
    """What became of one change."""

    event: Literal["outcome"] = "outcome"
    id: str
    at: AwareDatetime
    status: OutcomeStatus
    text: str = ""


class TargetEnd(Line):
    """Whether a target was read again after the last write, and nothing was left to do there."""

    verified: bool


class End(Line):
    """How the run ended. A change without an outcome was not sent to its target.

    Attributes:
        counts: how many changes ended as `done`, `already`, `failed` and `unsent`.
        exit: the command's exit code.
    """

    event: Literal["end"] = "end"
    at: AwareDatetime
    counts: Mapping[str, int]
    exit: int
    targets: Mapping[str, TargetEnd]


AnyLine = Annotated[Begin | Intend | Result | End, Field(discriminator="event")]
_LINE: TypeAdapter[Begin | Intend | Result | End] = TypeAdapter(AnyLine)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What one run's file says. `end` is None while it runs, and for ever when it was killed."""

    begin: Begin
    intents: tuple[Intend, ...] = ()
    results: tuple[Result, ...] = ()
    end: End | None = None

    @property
    def last(self) -> datetime:
        """The latest instant at which the run recorded anything."""
        return max(line.at for line in self.lines())

    def lines(self) -> tuple[Begin | Intend | Result | End, ...]:
        """The lines in the order in which they stand in the file."""
        return (self.begin, *self.intents, *self.results, *(() if self.end is None else (self.end,)))


def path(run: str, at: datetime) -> str:
    """Where a run's file is: by its day, so that the last days are found without reading the rest."""
    return at.astimezone(UTC).strftime(f"runs/%Y/%m/%d/%Y%m%dT%H%M%SZ-{run}.jsonl")


def begin(run: str, plan: Plan, at: datetime) -> RunRecord:
    """The beginning of the run that writes what the plan allows to be written."""
    narrowed = Narrowed(targets=plan.narrowed.targets, vendors=plan.narrowed.vendors)
    first = Begin(
        run=run,
        at=at,
        revision=plan.revision,
        digest=plan.digest,
        targets=tuple(view.name for view in plan.targets),
        narrowed_to=narrowed,
    )
    return RunRecord(first, tuple(_intend(change, plan, at) for change in plan.writable))


def _intend(change: AnyChange, plan: Plan, at: datetime) -> Intend:
    definition = change.after.get("definition") if change.kind == "role" and change.after is not None else None
    return Intend(
        id=change.id,
        at=at,
        action=change.action,
        kind=change.kind,
        target=change.target,
        stable_id=change.stable_id,
        account=change.account,
        vendor=change.vendor,
        principal=change.principal,
        role=change.role,
        native=None if change.native is None else (change.native.kind, change.native.name),
        scope=change.scope,
        until=change.until,
        grant=change.grant,
        definition=definition if isinstance(definition, str) else None,
        reason=change.reason.code.value,
        counts=tuple(
            sorted(
                limit.value
                for (target, limit), ids in plan.counted.items()
                if target == change.target and change.id in ids
            )
        ),
    )


def results(outcomes: Iterable[Outcome], at: datetime) -> tuple[Result, ...]:
    """The outcomes as lines."""
    return tuple(Result(id=outcome.change.id, at=at, status=outcome.status, text=outcome.text) for outcome in outcomes)


def write(record: RunRecord) -> bytes:
    """The record as its file."""
    return b"".join(line.model_dump_json(by_alias=True).encode() + b"\n" for line in record.lines())


def read(name: str, content: bytes) -> RunRecord:
    """The record that the file `name` holds.

    Raises:
        LedgerError: a line is broken, of an unknown format, or where it cannot be.
    """
    lines: list[Begin | Intend | Result | End] = []
    for number, text in enumerate(content.splitlines(), 1):
        try:
            lines.append(_LINE.validate_json(text))
        except ValidationError as error:
            what = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(str(part) for part in what["loc"])
            raise LedgerError(f"{name}:{number}: not a line of {FORMAT}: {place} {what['msg']}".strip()) from None
    first = lines[0] if lines else None
    if not isinstance(first, Begin) or not content.endswith(b"\n"):
        raise LedgerError(f"{name}: not a whole {FORMAT} file")
    record = RunRecord(
        first,
        tuple(line for line in lines if isinstance(line, Intend)),
        tuple(line for line in lines if isinstance(line, Result)),
        next((line for line in lines if isinstance(line, End)), None),
    )
    known = {intent.id for intent in record.intents}
    if record.lines() != tuple(lines) or any(result.id not in known for result in record.results):
        raise LedgerError(f"{name}: its lines are not in the order begin, intend, outcome, end")
    return record
