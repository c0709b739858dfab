"""Runs plans, page by page."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.soql.plan import Children, Plan
from connectors.salesforce.sandbox.soql.shaping import Record, Row, shaper

Rows = list[Row]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a statement is run (as stored), and the id of the session that asks."""

    now: str
    session: str


class Paged(Protocol):
    """What is read page by page."""

    @property
    def plan(self) -> Plan:
        """How it is found."""

    @property
    def total(self) -> int:
        """How many records it has."""

    def page(self, start: int, most: int) -> tuple[list[Record], int]:
        """The records from `start` on, at most `most` counting children, and where the next page starts."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for pages, and how.

    Attributes:
        base: `/services/data/v59.0`, for the records' addresses.
        moment: When and in which session it was asked.
        keep: Keeps children that do not fit into a page of so many rows, and returns the address of where they go on.
    """

    base: str
    moment: Moment
    keep: "Callable[[Paged, int], str]"


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement found.

    Which records match is settled when it is run; their fields are read page by page, so that the first page of a long
    result costs no more than it must.

    Attributes:
        found: The records' keys, or the groups themselves.
    """

    org: Org
    plan: Plan
    found: Rows
    asking: Asking

    @property
    def total(self) -> int:
        """How many records the statement has."""
        return int(self.found[0][0] or 0) if self.plan.count else len(self.found)

    def page(self, start: int, most: int) -> tuple[list[Record], int]:
        """The records from `start` on, at most `most` counting children, and where the next page starts."""
        if self.plan.count:
            return [], 0
        chosen = self.found[start : start + most]
        with within_reach():
            reading = _Reading(self.org, self.asking, most)
            records, _ = reading.fitting(self.plan, chosen if self.plan.aggregate else self._read(chosen))
        return records, start + len(records)

    def _read(self, keys: Rows) -> Rows:
        page = json.dumps([key for (key,) in keys])
        return _asked(self.org, self.plan.sql, self.plan, self.asking.moment, page=page)


@dataclass(frozen=True, slots=True)
class _Below:
    """The children of one record, of which there are more than a page holds.

    REST API Developer Guide, "Query" with a relationship query: the inner result has `done` and `nextRecordsUrl` of its
    own.
    """

    org: Org
    plan: Plan
    rows: Rows
    asking: Asking

    @property
    def total(self) -> int:
        """How many they are."""
        return len(self.rows)

    def page(self, start: int, most: int) -> tuple[list[Record], int]:
        """Some of them, with what is below them, and where the next page starts."""
        with within_reach():
            records, _ = _Reading(self.org, self.asking, most).fitting(self.plan, self.rows[start : start + most])
        return records, start + len(records)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Makes records of rows; of what is below a record, no more than `most` rows at once."""

    org: Org
    asking: Asking
    most: int

    def fitting(self, plan: Plan, rows: Rows) -> tuple[list[Record], int]:
        """The first records that take no more than `most` rows together, but at least one; and how many they take."""
        records: list[Record] = []
        taken = 0
        for record, size in self._shaped(plan, rows[: self.most]):
            if records and taken + size > self.most:
                break
            records.append(record)
            taken += size
        return records, taken

    def _shaped(self, plan: Plan, rows: Rows) -> Iterator[tuple[Record, int]]:
        """Records with how many rows each one takes, its children included."""
        children = {
            name: (cell, self._children(cell, rows, plan))
            for name, cell in plan.shape.items()
            if isinstance(cell, Children)
        }
        shape = shaper(plan, self.asking.base)
        for row in rows:
            record = shape(row)
            size = 1
            for name, (cell, by_parent) in children.items():
                below = by_parent.get(str(row[plan.id_column or 0]))
                record[name], taken = self._shown(cell.plan, below) if below else (None, 0)
                size += taken
            yield record, size

    def _shown(self, plan: Plan, rows: Rows) -> tuple[Record, int]:
        """The children of one record as the record shows them, and how many rows they take."""
        records, taken = self.fitting(plan, rows)
        shown: Record = {"totalSize": len(rows), "done": len(records) == len(rows), "records": records}
        if len(records) < len(rows):
            key = self.asking.keep(_Below(self.org, plan, rows, self.asking), self.most)
            shown["nextRecordsUrl"] = f"{key}-{len(records)}"
        return shown, taken

    def _children(self, cell: Children, rows: Rows, plan: Plan) -> dict[str, Rows]:
        """The rows of children by parent."""
        parents = json.dumps([row[plan.id_column or 0] for row in rows])
        kept: dict[str, Rows] = {}
        for row in _asked(self.org, cell.plan.sql, cell.plan, self.asking.moment, parents=parents):
            kept.setdefault(str(row[cell.link]), []).append(row)
        end = None if cell.plan.limit is None else cell.plan.offset + cell.plan.limit
        return {parent: group[cell.plan.offset : end] for parent, group in kept.items()}


def run(org: Org, plan: Plan, moment: Moment) -> Rows:
    """What a plan finds: one key per record, or the groups themselves."""
    sql = plan.keys or plan.sql
    if not plan.count and (plan.limit is not None or plan.offset):
        sql += f" LIMIT {-1 if plan.limit is None else plan.limit} OFFSET {plan.offset}"
    rows = _asked(org, sql, plan, moment)
    if plan.count and plan.limit is not None:
        return [(min(int(rows[0][0] or 0), plan.limit),)]
    return rows


@contextmanager
def within_reach() -> Iterator[None]:
    """Refuses what is too much for the engine underneath, as the platform refuses what is too much for its own.

    Whatever else the engine does not take is a fault of ours, and stays one.
    """
    try:
        yield
    except (RecursionError, OverflowError, sqlite3.OperationalError) as error:
        if isinstance(error, sqlite3.OperationalError) and not any(sign in str(error) for sign in _TOO_MUCH):
            raise
        message = "This query is too complicated for the query engine."
        raise OrgError("QUERY_TOO_COMPLICATED", message) from error


# What SQLite says at its limits (sqlite.org/limits.html).
_TOO_MUCH = (
    "parser stack overflow",
    "Expression tree is too large",
    "too many SQL variables",
    "too many columns",
    "too many terms",
    "tables in a join",
    "query is too large",
)


def _asked(org: Org, sql: str, plan: Plan, moment: Moment, **more: str) -> Rows:
    return org.store.tuples(sql, plan.values | {"now": moment.now, "session": moment.session} | more)
