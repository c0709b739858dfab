"""What stands left of an operator, in GROUP BY and in ORDER BY: fields, date functions, aggregate functions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from connectors.salesforce.sandbox.schema import Field
from connectors.salesforce.sandbox.soql import ast, functions
from connectors.salesforce.sandbox.soql.scope import Scope

Use = Literal["filtered", "sorted", "grouped", "shown"]
_CODES = {"filtered": "INVALID_FIELD", "sorted": "MALFORMED_QUERY", "grouped": "MALFORMED_QUERY"}


@dataclass(frozen=True, slots=True)
class Term:
    """The left side of a comparison: SQL, how messages call it, and the field whose type rules (None: a number)."""

    sql: str
    name: str
    field: Field | None
    place: int

    @property
    def type(self) -> str:
        """The type that values must have."""
        return self.field.type if self.field else "double"


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a GROUP BY leaves to speak of.

    Attributes:
        shown: By the SQL of each term that is grouped by: the SQL that stands for it, null in subtotals over it.
        subtotal: By the same: the SQL that is 1 in subtotals over it and 0 elsewhere; empty without subtotals.
    """

    shown: Mapping[str, str]
    subtotal: Mapping[str, str]


class Terms:
    """The operands of one SELECT: of its rows, or with a grouping of its groups."""

    def __init__(self, scope: Scope, grouping: Grouping | None = None) -> None:
        self._scope = scope
        self._context = scope.context
        self._grouping = grouping

    def term(self, operand: ast.Operand, use: Use = "filtered") -> Term:
        """What an operand stands for.

        Raises:
            QueryError: It names what is not there, or what cannot be used like that.
        """
        if isinstance(operand, ast.Call):
            return self._function(operand, use)
        found = self._scope.locate(operand)
        able = {"filtered": found.field.filterable, "sorted": found.field.sortable, "grouped": found.field.groupable}
        if not able.get(use, True):
            message = f"field '{found.field.name}' can not be {use} in a query call"
            raise self._context.refuse(_CODES[use], message, operand.place)
        sql = f"coalesce({found.sql}, 0)" if found.field.type == "boolean" else found.sql
        return self._as_grouped(Term(sql, found.field.name, found.field, operand.place), use)

    def _as_grouped(self, term: Term, use: Use) -> Term:
        if self._grouping is None:
            return term
        shown = self._grouping.shown.get(term.sql)
        if shown is None:
            lead = "Ordered field" if use == "sorted" else "Field"
            message = f"{lead} must be grouped or aggregated: {term.name}"
            raise self._context.refuse("MALFORMED_QUERY", message, term.place)
        return replace(term, sql=shown)

    def _function(self, call: ast.Call, use: Use) -> Term:
        name = call.name.upper()
        argument = call.arguments[0] if call.arguments else None
        if name in functions.AGGREGATES and (name == "COUNT" or isinstance(argument, ast.Path)):
            return self._aggregate(name, argument, call)
        if name in functions.SHOWN and isinstance(argument, ast.Path):
            return self.term(argument, use)
        if name == "GROUPING" and isinstance(argument, ast.Path):
            return self._subtotal(argument, call)
        zoned = isinstance(argument, ast.Call) and argument.name.upper() == "CONVERTTIMEZONE"
        if isinstance(argument, ast.Call) and zoned:
            argument = argument.arguments[0] if argument.arguments else None
        if name not in functions.DATES or not isinstance(argument, ast.Path):
            raise self._context.refuse("MALFORMED_QUERY", f"Invalid function: {call.name}", call.place)
        inner = self._scope.locate(argument)
        sql = functions.DATES[name].format(self._in_zone(inner.sql) if zoned else inner.sql)
        field = Field(name, "date") if name == "DAY_ONLY" else None
        return self._as_grouped(Term(sql, name, field, call.place), use)

    def _in_zone(self, sql: str) -> str:
        """The instant as clocks show it where the asker is."""
        self._context.values["zone"] = self._context.zone
        return f"in_zone({sql}, :zone)"

    def _aggregate(self, name: str, argument: object, call: ast.Call) -> Term:
        if self._grouping is None:
            message = f"Aggregate function {name} is allowed in SELECT, HAVING and ORDER BY of grouped queries only"
            raise self._context.refuse("MALFORMED_QUERY", message, call.place)
        if not isinstance(argument, ast.Path):
            return Term("count(*)", "COUNT", None, call.place)
        inner = self._scope.locate(argument)
        if not inner.field.aggregatable or (name in functions.NUMERIC_ONLY and not inner.field.is_number):
            message = f"field {inner.field.name} does not support aggregate operator {name}"
            raise self._context.refuse("MALFORMED_QUERY", message, call.place)
        kept = inner.field if name in {"MIN", "MAX"} else None
        return Term(functions.AGGREGATES[name].format(inner.sql), name, kept, call.place)

    def _subtotal(self, argument: ast.Path, call: ast.Call) -> Term:
        found = Terms(self._scope).term(argument, "grouped")
        subtotal = self._grouping.subtotal.get(found.sql) if self._grouping else None
        if subtotal is None:
            message = f"GROUPING is for fields of GROUP BY ROLLUP and GROUP BY CUBE: {found.name}"
            raise self._context.refuse("MALFORMED_QUERY", message, call.place)
        return Term(subtotal, "GROUPING", None, call.place)
