"""WHERE and HAVING as SQL. Every condition is true or false, never unknown: a null differs from every value."""

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.clock import stored
from connectors.salesforce.sandbox.errors import OrgError, QueryError
from connectors.salesforce.sandbox.soql import ast
from connectors.salesforce.sandbox.soql.dates import span
from connectors.salesforce.sandbox.soql.scope import Scope
from connectors.salesforce.sandbox.soql.terms import Grouping, Term, Terms
from connectors.salesforce.sandbox.store import Value
from connectors.salesforce.sandbox.values import parse_instant

MOST_JOINS = 2
_SQL = {"=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LONG_STRING = 4000


class Conditions:
    """Turns the conditions of one SELECT into SQL."""

    def __init__(self, scope: Scope, semi_join: "SemiJoin", grouping: Grouping | None = None) -> None:
        self._scope = scope
        self.term = Terms(scope, grouping).term
        self._context = scope.context
        self._semi_join = semi_join
        self._joins = 0

    def sql(self, condition: ast.Condition, *, nested: bool = False) -> str:
        """The condition; `nested` where semi-joins are no longer allowed."""
        match condition:
            case ast.Junction("AND", parts):
                return "(" + " AND ".join(self.sql(part, nested=nested) for part in parts) + ")"
            case ast.Junction(_, parts):
                return "(" + " OR ".join(self.sql(part, nested=True) for part in parts) + ")"
            case ast.Negation(inner):
                # Two cancel out: every condition is true or false. So no depth of them is too deep for the engine.
                odd = True
                while isinstance(inner, ast.Negation):
                    inner, odd = inner.condition, not odd
                found = self.sql(inner, nested=True)
                return f"(NOT {found})" if odd else found
            case ast.Comparison():
                return self._comparison(condition)
            case ast.Membership():
                return self._membership(condition, nested=nested)

    def _comparison(self, condition: ast.Comparison) -> str:
        term = self.term(condition.operand)
        operator, value = condition.operator, condition.value
        if operator == "LIKE":
            return self._like(term, value)
        if _is_null(value) or (value.kind == "string" and value.text == "" and term.type not in {"boolean", "int"}):
            return self._null(term, operator)
        if value.kind == "name" and term.type in {"date", "datetime"}:
            return self._span(term, operator, value)
        bound = self._context.bind(self.value(term, value))
        if operator == "!=":
            return f"({term.sql} IS NOT {bound})"
        if term.type == "boolean" and operator != "=":
            raise self._operator_refused(term, "boolean")
        return f"({term.sql} IS NOT NULL AND {term.sql} {_SQL[operator]} {bound})"

    def _null(self, term: Term, operator: str) -> str:
        if term.type == "boolean":
            # A flag is never null: compared with null it is as good as false.
            return f"({term.sql} = 0)" if operator == "=" else f"({term.sql} = 1)"
        if operator not in {"=", "!="}:
            return "(0)"
        return f"({term.sql} IS {'' if operator == '=' else 'NOT '}NULL)"

    def _like(self, term: Term, value: ast.Literal) -> str:
        if term.field is None or not term.field.is_text:
            kind = "ID" if term.field and term.field.is_id else term.type
            message = f"invalid operator on {kind.lower()} field"
            raise self._context.refuse("INVALID_QUERY_FILTER_OPERATOR", message, term.place)
        self.value(term, value)
        pattern = self._context.bind(value.pattern)
        return f"({term.sql} IS NOT NULL AND {term.sql} LIKE {pattern} ESCAPE '\\')"

    def _span(self, term: Term, operator: str, value: ast.Literal) -> str:
        now = parse_instant(self._context.now)
        days = span(value.text, value.count, now) if now else None
        if days is None:
            shown = value.text if value.count is None else f"{value.text}:{value.count}"
            raise self._context.refuse("MALFORMED_QUERY", f"unexpected token: '{shown}'", value.place)
        tail = "" if term.type == "date" else "T00:00:00.000Z"
        start, end = (self._context.bind(day.isoformat() + tail) for day in days)
        inside = f"({term.sql} IS NOT NULL AND {term.sql} >= {start} AND {term.sql} < {end})"
        match operator:
            case "=":
                return inside
            case "!=":
                return f"(NOT {inside})"
            case "<":
                return f"({term.sql} IS NOT NULL AND {term.sql} < {start})"
            case "<=":
                return f"({term.sql} IS NOT NULL AND {term.sql} < {end})"
            case ">":
                return f"({term.sql} IS NOT NULL AND {term.sql} >= {end})"
            case _:
                return f"({term.sql} IS NOT NULL AND {term.sql} >= {start})"

    def _membership(self, condition: ast.Membership, *, nested: bool) -> str:
        term = self.term(condition.operand)
        if condition.operator in {"INCLUDES", "EXCLUDES"}:
            return self._multiple(term, condition)
        negative = condition.operator.startswith("NOT")
        if condition.query is not None:
            return self._joined(term, condition, negative=negative, nested=nested)
        values = [self.value(term, value) for value in condition.values if not _is_null(value)]
        marks = ", ".join(map(self._context.bind, values))
        found = f"({term.sql} IS NOT NULL AND {term.sql} IN ({marks}))"
        if any(map(_is_null, condition.values)):
            found = f"({found} OR {term.sql} IS NULL)"
        return f"(NOT {found})" if negative else found

    def _joined(self, term: Term, condition: ast.Membership, *, negative: bool, nested: bool) -> str:
        query = condition.query
        if query is None:
            raise AssertionError
        self._joins += 1
        if nested:
            message = (
                "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE "
                "expressions."
            )
            raise self._context.refuse("MALFORMED_QUERY", message, condition.place)
        if self._joins > MOST_JOINS:
            message = f"Cannot have more than {MOST_JOINS} semi join sub-selects"
            raise self._context.refuse("MALFORMED_QUERY", message, condition.place)
        if term.field is None or not term.field.is_id:
            message = f"Semi join sub-selects can only be used with an ID or reference field, cannot use: '{term.name}'"
            raise self._context.refuse("MALFORMED_QUERY", message, term.place)
        inner = self._semi_join.compile(query, self._scope)
        found = f"({term.sql} IS NOT NULL AND {term.sql} IN ({inner}))"
        return f"(NOT {found})" if negative else found

    def _multiple(self, term: Term, condition: ast.Membership) -> str:
        if term.type != "multipicklist":
            message = f"{condition.operator.lower()} operator is only valid on multipicklist fields"
            raise self._context.refuse("INVALID_QUERY_FILTER_OPERATOR", message, term.place)
        choices = []
        for value in condition.values:
            parts = [self._context.bind(f"%;{part};%") for part in str(self.value(term, value)).split(";")]
            choices.append("(" + " AND ".join(f"(';' || {term.sql} || ';') LIKE {part}" for part in parts) + ")")
        found = f"({term.sql} IS NOT NULL AND ({' OR '.join(choices)}))"
        return f"(NOT {found})" if condition.operator == "EXCLUDES" else found

    def value(self, term: Term, literal: ast.Literal) -> Value:
        """The stored form of a literal, as the term's type asks for it."""
        if len(literal.text) > _LONG_STRING:
            raise OrgError("QUERY_TOO_COMPLICATED", "The filter value is too long: at most 4000 characters")
        read = _READ.get(term.type, _string)
        found = read(literal)
        if found is None and term.field is not None and term.field.is_id and literal.kind == "string":
            message = f"invalid ID field: {literal.text}"
            raise self._context.refuse("INVALID_QUERY_FILTER_OPERATOR", message, term.place)
        if found is None:
            quoted = term.field is not None and (term.field.is_text or term.field.is_id)
            quotes = "should be" if quoted else "should not be"
            shown = "string" if quoted else _SHOWN_TYPES.get(term.type, term.type)
            message = (
                f"value of filter criterion for field '{term.name}' must be of type {shown} and {quotes} "
                "enclosed in quotes"
            )
            raise self._context.refuse("INVALID_FIELD", message, term.place)
        return found

    def _operator_refused(self, term: Term, kind: str) -> QueryError:
        return self._context.refuse("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {kind} field", term.place)


class SemiJoin:
    """Compiles the statement inside a semi-join; provided by the compiler of statements."""

    def compile(self, query: ast.Query, outer: Scope) -> str:
        """SQL that gives one column of ids."""
        raise NotImplementedError


def _is_null(literal: ast.Literal) -> bool:
    return literal.kind == "name" and literal.text.lower() == "null"


def _string(literal: ast.Literal) -> Value:
    return literal.text if literal.kind == "string" else None


def _id(literal: ast.Literal) -> Value:
    if literal.kind != "string":
        return None
    return ids.normal(literal.text)


def _boolean(literal: ast.Literal) -> Value:
    word = literal.text.lower()
    return int(word == "true") if literal.kind == "name" and word in {"true", "false"} else None


def _number(literal: ast.Literal) -> Value:
    return float(literal.text) if literal.kind == "number" else None


def _date(literal: ast.Literal) -> Value:
    return literal.text if literal.kind == "date" else None


def _datetime(literal: ast.Literal) -> Value:
    instant = parse_instant(literal.text.upper()) if literal.kind == "datetime" else None
    return stored(instant) if instant else None


_SHOWN_TYPES = {"datetime": "dateTime", "currency": "double"}
_READ = {
    "id": _id,
    "ref": _id,
    "boolean": _boolean,
    "int": _number,
    "double": _number,
    "currency": _number,
    "date": _date,
    "datetime": _datetime,
}
