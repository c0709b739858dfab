"""Rows as the JSON of REST answers. What each column needs is worked out once per page, not once per row."""

from collections.abc import Callable, Sequence
from operator import itemgetter

from connectors.salesforce.sandbox.soql.plan import Cell, Children, Parent, Plan, Shape, Typed
from connectors.salesforce.sandbox.store import Value
from connectors.salesforce.sandbox.values import given

Row = tuple[Value, ...]
Record = dict[str, object]
_Shown = Callable[[Row], object]
_AS_STORED = frozenset(("id", "ref", "string", "textarea", "email", "phone", "url", "picklist", "multipicklist"))


def shaper(plan: Plan, base: str) -> Callable[[Row], Record]:
    """What turns a row of the plan into a record, its children still null.

    Args:
        plan: Whose rows.
        base: `/services/data/v59.0`, for the records' addresses.
    """
    cells = _cells(plan.shape, base)
    kind, column = plan.kind, plan.id_column
    if column is None:
        return lambda row: {"attributes": {"type": kind}} | cells(row)
    address = f"{base}/sobjects/{kind}/"
    return lambda row: {"attributes": {"type": kind, "url": f"{address}{row[column]}"}} | cells(row)


def _cells(shape: Shape, base: str) -> Callable[[Row], Record]:
    shown = [(name, _shown(cell, base)) for name, cell in shape.items()]
    return lambda row: {name: show(row) for name, show in shown}


def _shown(cell: Cell | Parent | Children | Typed, base: str) -> _Shown:
    match cell:
        case Cell():
            return _value(cell)
        case Parent():
            return _parent(cell, base)
        case Typed(cases):
            return _typed({kind: (case, _parent(case, base)) for kind, case in cases.items()})
        case Children():
            return _nothing


def _value(cell: Cell) -> _Shown:
    column, field = cell.column, cell.field
    if field is None or (field.type in _AS_STORED and not field.blank):
        return itemgetter(column)
    if field.type == "boolean":
        return lambda row: None if row[column] is None else bool(row[column])
    return lambda row: given(field, row[column])


def _parent(parent: Parent, base: str) -> _Shown:
    column, kind, kind_column, cells = parent.column, parent.kind, parent.kind_column or 0, _cells(parent.cells, base)
    start = f"{base}/sobjects/"

    def shown(row: Row) -> Record | None:
        record_id = row[column]
        if record_id is None:
            return None
        name = kind or row[kind_column]
        shown_name = name if kind or parent.concrete else "Name"
        return {"attributes": {"type": shown_name, "url": f"{start}{name}/{record_id}"}} | cells(row)

    return shown


def _typed(cases: dict[str | None, tuple[Parent, _Shown]]) -> _Shown:
    some, _ = next(iter(cases.values()))

    def shown(row: Row) -> object:
        kind = None if row[some.column] is None else str(row[some.kind_column or 0])
        _, show = cases.get(kind, cases[None])
        return show(row)

    return shown


def _nothing(row: Sequence[Value]) -> None:
    """Children are filled in by who knows them."""
    del row
