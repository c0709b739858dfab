"""Runs plans, page by page."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement found.

    Which records match is settled when it is run; their fields are read page by page, so that the first page of a long
    result costs no more than it must.

    Attributes:
        found: The records' keys, or the groups themselves.
        base: `/services/data/v59.0`, for the records' addresses.
        moment: When and in which session it was asked.
    """

    org: Org
    plan: Plan
    found: Rows
    base: str
    moment: Moment

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
            records = self._records(chosen if self.plan.aggregate else self._read(chosen), most)
        return records, start + len(records)

    def _read(self, keys: Rows) -> Rows:
        return _asked(self.org, self.plan.sql, self.plan, self.moment, page=json.dumps([key for (key,) in keys]))

    def _records(self, rows: Rows, most: int) -> list[Record]:
        records: list[Record] = []
        taken = 0
        for record, size in self._shaped(self.plan, rows):
            if records and taken + size > most:
                break
            records.append(record)
            taken += size
        return records

    def _shaped(self, plan: Plan, rows: Rows) -> Iterator[tuple[Record, int]]:
        """Records with how many rows each one takes, its children included."""
        children = {
            name: self._children(cell, rows, plan) for name, cell in plan.shape.items() if isinstance(cell, Children)
        }
        shape = shaper(plan, self.base)
        for row in rows:
            record = shape(row)
            size = 1
            for name, by_parent in children.items():
                found, below = by_parent.get(str(row[plan.id_column or 0]), ([], 0))
                record[name] = {"totalSize": len(found), "done": True, "records": found} if found else None
                size += below
            yield record, size

    def _children(self, cell: Children, rows: Rows, plan: Plan) -> dict[str, tuple[list[Record], int]]:
        """The children by parent, with how many rows they take, those below them included."""
        parents = json.dumps([row[plan.id_column or 0] for row in rows])
        kept: dict[str, Rows] = {}
        for row in _asked(self.org, cell.plan.sql, cell.plan, self.moment, parents=parents):
            kept.setdefault(str(row[cell.link]), []).append(row)
        end = None if cell.plan.limit is None else cell.plan.offset + cell.plan.limit
        found: dict[str, tuple[list[Record], int]] = {}
        for parent, group in kept.items():
            shaped = list(self._shaped(cell.plan, group[cell.plan.offset : end]))
            found[parent] = [record for record, _ in shaped], sum(size for _, size in shaped)
        return found


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
    """Refuses what the engine underneath cannot do, as the platform refuses what is too much for its own."""
    try:
        yield
    except (RecursionError, OverflowError, sqlite3.OperationalError) as error:
        message = "This query is too complicated for the query engine."
        raise OrgError("QUERY_TOO_COMPLICATED", message) from error


def _asked(org: Org, sql: str, plan: Plan, moment: Moment, **more: str) -> Rows:
    return org.store.tuples(sql, plan.values | {"now": moment.now, "session": moment.session} | more)
