"""Runs plans and shapes their rows as REST answers."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.soql.plan import Cell, Children, Parent, Plan, Shape, Typed
from connectors.salesforce.sandbox.store import Value
from connectors.salesforce.sandbox.values import given

Rows = list[tuple[Value, ...]]
Record = dict[str, object]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a statement is run (as stored), and the id of the session that asks."""

    now: str
    session: str


@dataclass(frozen=True, slots=True)
class Result:
    """All rows of a plan, shaped page by page.

    Attributes:
        base: `/services/data/v59.0`, for the records' addresses.
        moment: When and in which session it was asked.
    """

    org: Org
    plan: Plan
    rows: Rows
    base: str
    moment: Moment

    @property
    def total(self) -> int:
        """How many records the statement has."""
        return int(self.rows[0][0] or 0) if self.plan.count else len(self.rows)

    def page(self, start: int, most: int) -> tuple[list[Record], int]:
        """The records from `start` on, at most `most` counting children, and where the next page starts."""
        if self.plan.count:
            return [], 0
        rows = self.rows[start : start + most]
        records: list[Record] = []
        taken = 0
        for record, size in self._shaped(self.plan, rows):
            if records and taken + size > most:
                break
            records.append(record)
            taken += size
        return records, start + len(records)

    def _shaped(self, plan: Plan, rows: Rows) -> Iterator[tuple[Record, int]]:
        """Records with how many rows each one takes, its children included."""
        children = {
            name: self._children(cell, rows, plan) for name, cell in plan.shape.items() if isinstance(cell, Children)
        }
        for row in rows:
            record = {"attributes": self._attributes(plan, row)} | self._cells(plan.shape, row)
            size = 1
            for name, by_parent in children.items():
                found = by_parent.get(str(row[plan.id_column or 0]), [])
                record[name] = {"totalSize": len(found), "done": True, "records": found} if found else None
                size += len(found)
            yield record, size

    def _children(self, cell: Children, rows: Rows, plan: Plan) -> dict[str, list[Record]]:
        parents = json.dumps([row[plan.id_column or 0] for row in rows])
        found = run(self.org, cell.plan, self.moment, parents=parents)
        kept: dict[str, Rows] = {}
        for row in found:
            kept.setdefault(str(row[cell.link]), []).append(row)
        end = None if cell.plan.limit is None else cell.plan.offset + cell.plan.limit
        return {
            parent: [record for record, _ in self._shaped(cell.plan, group[cell.plan.offset : end])]
            for parent, group in kept.items()
        }

    def _attributes(self, plan: Plan, row: Sequence[Value]) -> Record:
        if plan.id_column is None:
            return {"type": plan.kind}
        return self._address(plan.kind, row[plan.id_column])

    def _address(self, kind: str, record_id: Value) -> Record:
        return {"type": kind, "url": f"{self.base}/sobjects/{kind}/{record_id}"}

    def _cells(self, shape: Shape, row: Sequence[Value]) -> Record:
        record: Record = {}
        for name, cell in shape.items():
            match cell:
                case Cell(column, field):
                    record[name] = given(field, row[column]) if field else row[column]
                case Parent():
                    record[name] = self._parent(cell, row)
                case Typed(cases):
                    some = next(iter(cases.values()))
                    kind = None if row[some.column] is None else str(row[some.kind_column or 0])
                    record[name] = self._parent(cases.get(kind, cases[None]), row)
                case Children():
                    record[name] = None
        return record

    def _parent(self, parent: Parent, row: Sequence[Value]) -> Record | None:
        record_id = row[parent.column]
        if record_id is None:
            return None
        kind = parent.kind or str(row[parent.kind_column or 0])
        address = {"type": "Name", "url": f"{self.base}/sobjects/{kind}/{record_id}"}
        if parent.kind is not None:
            address = {"type": kind, "url": address["url"]}
        return {"attributes": address} | self._cells(parent.cells, row)


def run(org: Org, plan: Plan, moment: Moment, *, parents: str = "[]") -> Rows:
    """All rows of a plan; LIMIT and OFFSET of children are left to who groups them by parent.

    Args:
        org: Where to run it.
        plan: What to run.
        moment: When and in which session.
        parents: JSON list of the parents' ids, for children.
    """
    sql = plan.sql
    if parents == "[]" and not plan.count:
        most = -1 if plan.limit is None else plan.limit
        sql += f" LIMIT {most} OFFSET {plan.offset}" if plan.limit is not None or plan.offset else ""
    rows = org.store.tuples(sql, plan.values | {"now": moment.now, "session": moment.session, "parents": parents})
    if plan.count and plan.limit is not None:
        return [(min(int(rows[0][0] or 0), plan.limit),)]
    return rows
