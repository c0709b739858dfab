"""What is remembered of one target between runs: one file per target, one account per line.

The file belongs to the target's stable id; another system under the same declared name starts from nothing.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from reconciler.errors import LedgerError
from reconciler.ledger.records import Intend
from reconciler.model import Live, Native, ReasonCode, is_provisional, utc
from reconciler.plan.changes import RevokeBinding
from reconciler.plan.memory import CONTESTED_WITHIN, AccountMemory, TargetMemory, attribute_mark, binding_mark

FORMAT: Literal["guestlist.state/v1"] = "guestlist.state/v1"

REVOCATIONS = 5
"""How many revocations of one binding are remembered: what came back so often is contested however often it was."""

REVOKED = 50
"""Of how many bindings of one account revocations are remembered: the latest."""


@dataclass(frozen=True, slots=True)
class DefinitionMemory:
    """A role's definition: the digests that guestlist left or was about to leave there, and its end."""

    digests: tuple[str, ...]
    until: datetime | None = None


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    format: Literal["guestlist.state/v1"]
    stable_id: str
    definitions: dict[str, DefinitionMemory] | None
    accounts: dict[str, AccountMemory]


@dataclass(frozen=True, slots=True)
class TargetState:
    """What is remembered of one target; `definitions` is None until a run was verified there."""

    stable_id: str
    accounts: Mapping[str, AccountMemory] = field(default_factory=dict)
    definitions: Mapping[Native, DefinitionMemory] | None = None

    @property
    def memory(self) -> TargetMemory:
        """What the plan is told.

        While it is open which of several digests a definition has (a run that changes it has not been verified), it
        cannot be said who made it what it is: then no definition is exempt from counting.
        """
        certain: dict[Native, str] | None = None
        if self.definitions is not None and all(len(known.digests) == 1 for known in self.definitions.values()):
            certain = {native: known.digests[0] for native, known in self.definitions.items()}
        return TargetMemory(self.stable_id, self.accounts, certain)

    def expecting(self, intents: Iterable[Intend], names: Mapping[str, str]) -> "TargetState":
        """The state once these changes may have been written, so that what we wrote is never taken for an intruder's.

        `names` are what people call the accounts, where known. Taking something away makes no account governed that was
        not: what is a vendor's may be on an employee's account, which the run's last reading does not show as ours.
        """
        accounts = dict(self.accounts)
        definitions = None if self.definitions is None else dict(self.definitions)
        for intent in intents:
            if intent.account and not is_provisional(intent.account):
                new = AccountMemory(names.get(intent.account, intent.account), governed=False)
                old = _touched(accounts.get(intent.account, new), intent)
                ours = old.governed or intent.action != RevokeBinding.action
                accounts[intent.account] = replace(old, governed=ours)
            if definitions is not None and intent.native is not None and intent.definition is not None:
                native = Native(*intent.native)
                had = definitions.get(native, DefinitionMemory(()))
                definitions[native] = replace(had, digests=tuple(sorted({*had.digests, intent.definition})))
        return replace(self, accounts=accounts, definitions=definitions)

    def revoking(self, intents: Iterable[Intend], now: datetime) -> "TargetState":
        """The state once these revocations were certainly written; older ones than a month are forgotten."""
        accounts = dict(self.accounts)
        for intent in intents:
            if intent.key is not None and intent.account in accounts:
                accounts[intent.account] = _revoked(accounts[intent.account], binding_mark(intent.key), now)
        return replace(self, accounts=accounts)

    def after(self, reading: "Reading") -> "TargetState":
        """The state after the run's last reading of the target."""
        seen = self.seen(reading.live)
        if not reading.verified:
            return seen
        marks: dict[str, set[str]] = {}
        for binding in reading.live.bindings:
            marks.setdefault(binding.key.account, set()).add(binding_mark(binding.key))
        accounts = dict(seen.accounts)
        for account, clean in reading.left.items():
            if account in accounts:
                held = frozenset(marks.get(account, ())) if clean else frozenset[str]()
                has = reading.live.accounts[account].attributes if account in reading.live.accounts else {}
                known = frozenset(attribute_mark(name, value) for name, value in has.items())
                accounts[account] = replace(
                    accounts[account], clean=clean, bindings=held, attributes=known if clean and known else None
                )
        return replace(seen, accounts=accounts, definitions=self._definitions(reading))

    def _definitions(self, reading: "Reading") -> Mapping[Native, DefinitionMemory] | None:
        """Those examined, as they are now, and what was known of the others; nothing until all were once examined."""
        live = reading.live.definitions
        if self.definitions is None and not live.keys() <= reading.definitions:
            return None
        known = {native: old for native, old in (self.definitions or {}).items() if native not in reading.definitions}
        return known | {
            native: DefinitionMemory((live[native].digest,), live[native].until)
            for native in reading.definitions & live.keys()
        }

    def seen(self, live: Live) -> "TargetState":
        """The state after `live` was read: the whole population is governed from now on, and what is open is open."""
        accounts = dict(self.accounts)
        for account in live.population():
            old = accounts.get(account.id, AccountMemory(account.name))
            closed = old.closed and not account.enabled
            closed_at = (old.closed_at or live.at) if closed else None
            accounts[account.id] = replace(old, name=account.name, closed=closed, closed_at=closed_at, governed=True)
        return replace(self, accounts=accounts)


@dataclass(frozen=True, slots=True)
class Reading:
    """A target as a run read it after its last write.

    Attributes:
        live: the complete reading.
        verified: whether the run's part of the target was proved to be as desired.
        left: for each account that the run examined (a narrowed run examines its own), whether nothing was left on it
            that is not desired. What is known of other accounts stays.
        definitions: the role definitions that the run examined, likewise.
    """

    live: Live
    verified: bool
    left: Mapping[str, bool] = field(default_factory=dict)
    definitions: frozenset[Native] = frozenset()


def _touched(old: AccountMemory, intent: Intend) -> AccountMemory:
    if intent.action == "disable" and intent.reason != ReasonCode.OFFBOARDED.value:
        return replace(old, closed=True, closed_at=intent.at)
    if (intent.action, intent.kind) == ("update", "account"):
        return replace(old, attributes=None)
    if intent.action == "grant" and intent.key is not None:
        mark = binding_mark(intent.key)
        others = {each: instants for each, instants in old.revoked.items() if each != mark}
        return replace(old, bindings=old.bindings | {mark}, revoked=others)
    return old


def _revoked(old: AccountMemory, mark: str, now: datetime) -> AccountMemory:
    """The account's memory with one revocation more, and without those that are too old or too many."""
    every = {**old.revoked, mark: (*old.revoked.get(mark, ()), now)}
    recent = {
        each: kept
        for each, instants in every.items()
        if (kept := tuple(at for at in instants if now - at < CONTESTED_WITHIN)[-REVOCATIONS:])
    }
    latest = sorted(recent, key=lambda each: (recent[each][-1], each))[-REVOKED:]
    return replace(old, revoked={each: recent[each] for each in latest})


def path(target: str) -> str:
    """Where a target's state is kept."""
    return f"state/{target}.json"


def write(state: TargetState) -> bytes:
    """The state as its file: sorted, a line each, so that Git keeps only what differs from one run to the next."""
    definitions = (
        "null"
        if state.definitions is None
        else _rows(
            (
                f"{native.kind}/{native.name}",
                {"digests": known.digests, "until": None if known.until is None else utc(known.until)},
            )
            for native, known in state.definitions.items()
        )
    )
    accounts = _rows((account, _account(known)) for account, known in state.accounts.items())
    head = {"format": FORMAT, "stableId": state.stable_id}
    return f'{_json(head)[:-1]},\n"definitions": {definitions},\n"accounts": {accounts}}}\n'.encode(errors="replace")


def _account(known: AccountMemory) -> dict[str, object]:
    row: dict[str, object] = {"name": known.name}
    if known.closed:
        row["closed"] = True
    if known.clean:
        row["clean"] = True
    if known.bindings:
        row["bindings"] = sorted(known.bindings)
    if not known.governed:
        row["governed"] = False
    if known.closed_at is not None:
        row["closedAt"] = utc(known.closed_at)
    if known.attributes is not None:
        row["attributes"] = sorted(known.attributes)
    if known.revoked:
        row["revoked"] = {mark: [utc(at) for at in known.revoked[mark]] for mark in sorted(known.revoked)}
    return row


def _rows(items: Iterable[tuple[str, Mapping[str, object]]]) -> str:
    rows = (f"\n{_json(name)}: {_json(row)}" for name, row in sorted(items))
    return "{" + ",".join(rows) + "}"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def read(name: str, content: bytes) -> TargetState:
    """The state that the file `name` holds.

    Raises:
        LedgerError: it is broken, or of an unknown format.
    """
    try:
        file = _File.model_validate_json(content)
    except ValidationError as error:
        what = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise LedgerError(f"{name}: not a {FORMAT} file: {'.'.join(map(str, what['loc']))} {what['msg']}") from None
    definitions = None
    if file.definitions is not None:
        definitions = {_native(text): known for text, known in file.definitions.items()}
    return TargetState(file.stable_id, file.accounts, definitions)


def _native(text: str) -> Native:
    kind, _, name = text.partition("/")
    return Native(kind, name)
