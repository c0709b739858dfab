"""Many records in few calls, with one answer for each: created, changed or deleted 200 at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from connectors.salesforce.auth import long_id
from connectors.salesforce.client import Client
from connectors.salesforce.faults import GONE, LOCKED, Fault, fault
from connectors.salesforce.survey import END_FIELD
from reconciler.errors import TargetError, Unreachable, Unreadable

MOST_RECORDS = 200
"""Records of one collections call (REST API guide, sObject Collections)."""
ROUNDS = 3
"""How often records that somebody else has locked are tried."""

UNWRITABLE = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"})

Item = TypeVar("Item")
Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record.

    Attributes:
        code: why not, in the org's words; empty when it is done.
        text: why not, as a sentence.
        endless: whether the org refuses the field that would carry the end.
        uncertain: whether it may have been written all the same, because no answer came.
        id: the record's, where the org says it.
    """

    code: str = ""
    text: str = ""
    uncertain: bool = False
    endless: bool = False
    id: str = ""

    @property
    def done(self) -> bool:
        """Whether the org says that it was written."""
        return not self.text

    @property
    def gone(self) -> bool:
        """Whether what was to be deleted was not there."""
        return self.code in GONE


class Records:
    """Writes lists of records of one type."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(self, kind: str, records: Sequence[Record]) -> list[Result]:
        """Create records of one object, in order; an answer that did not come leaves its records uncertain."""
        typed = [_typed(kind, record) for record in records]
        return self._rounds(typed, lambda some: self._client.create(some, f"creating {kind} records"))

    def update(self, kind: str, records: Sequence[Record]) -> list[Result]:
        """Change records of one object, in order; each names its `id` and only what changes."""
        typed = [_typed(kind, record) for record in records]
        return self._rounds(typed, lambda some: self._client.update(some, f"changing {kind} records"))

    def delete(self, kind: str, ids: Sequence[str]) -> list[Result]:
        """Delete records of one object, in order."""
        return self._rounds(ids, lambda some: self._client.delete(some, f"deleting {kind} records"))

    def _rounds(self, items: Sequence[Item], write: Callable[[Sequence[Item]], list[object]]) -> list[Result]:
        """Write all, then again what was locked, a few times."""
        results: dict[int, Result] = {}
        waiting = list(range(len(items)))
        for round_ in range(ROUNDS):
            if round_:
                self._client.wait(round_)
            for some in _cut(waiting):
                results.update(zip(some, _write([items[index] for index in some], write), strict=True))
            waiting = [index for index in waiting if results[index].code == LOCKED]
            if not waiting:
                break
        return [results[index] for index in range(len(items))]


def _typed(kind: str, record: Record) -> Record:
    return {"attributes": {"type": kind}, **record}


def _cut(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), MOST_RECORDS):
        yield items[start : start + MOST_RECORDS]


def _write(items: Sequence[Item], write: Callable[[Sequence[Item]], list[object]]) -> list[Result]:
    """One call; when it fails as a whole, every record of it says so."""
    try:
        return [_result(answer) for answer in write(items)]
    except TargetError as error:
        lost = isinstance(error, Unreachable | Unreadable)
        return [Result(type(error).__name__, str(error), uncertain=lost)] * len(items)


def _result(answer: object) -> Result:
    if not isinstance(answer, Mapping) or not isinstance(answer.get("success"), bool):
        return Result("Unreadable", "the org did not say what became of it", uncertain=True)
    if answer["success"]:
        made = answer.get("id")
        return Result(id=long_id(made) if isinstance(made, str) else "")
    said: Fault = fault(0, answer.get("errors"))
    endless = said.code in UNWRITABLE and said.mentions(END_FIELD)
    return Result(said.code or "REFUSED", said.text if said.code else "Salesforce refused it", endless=endless)
