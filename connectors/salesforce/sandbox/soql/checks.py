"""What a SELECT may not say, whatever the org holds."""

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.schema import ObjectType
from connectors.salesforce.sandbox.soql import ast, functions
from connectors.salesforce.sandbox.soql.scope import Context

MOST_OFFSET, MOST_CHILDREN = 2000, 20


def check(context: Context, kind: ObjectType, query: ast.Query) -> None:
    """Refuses clauses that do not go together.

    Raises:
        OrgError: They do not.
    """
    if query.offset > MOST_OFFSET:
        message = f"Maximum SOQL offset allowed is {MOST_OFFSET}"
        raise OrgError("NUMBER_OUTSIDE_VALID_RANGE", message)
    if sum(isinstance(item, ast.Query) for item in query.items) > MOST_CHILDREN:
        raise context.refuse("MALFORMED_QUERY", "too many child relationships: at most 20", query.place)
    grouped = bool(query.groups) or any(map(is_aggregate, query.items))
    if grouped and not counts(query) and not kind.aggregates:
        # Object reference, SetupAuditTrail: SELECT count() works, SELECT count(Id) fails.
        message = f"entity type {kind.name} does not support aggregate queries"
        raise context.refuse("MALFORMED_QUERY", message, query.place)
    if query.limit is not None and grouped and not query.groups and not counts(query):
        # SOQL Reference, "Considerations for GROUP BY": LIMIT with an aggregate function needs GROUP BY.
        message = "Non-grouped query that uses overall aggregate functions cannot also use LIMIT"
        raise context.refuse("MALFORMED_QUERY", message, query.place)
    if query.having is not None and not query.groups:
        # SOQL Reference, "HAVING": used with a GROUP BY clause.
        raise context.refuse("MALFORMED_QUERY", "HAVING needs GROUP BY", query.place)
    if any(map(_is_bare_count, query.items)) and (len(query.items) > 1 or query.order or query.groups):
        message = "COUNT() must be the only thing selected, and goes neither with ORDER BY nor with GROUP BY"
        raise context.refuse("MALFORMED_QUERY", message, query.place)


def is_aggregate(item: ast.Selected | ast.TypeOf | ast.Query) -> bool:
    """Whether an aggregate function is selected."""
    return (
        isinstance(item, ast.Selected)
        and isinstance(item.operand, ast.Call)
        and item.operand.name.upper() in functions.AGGREGATES
    )


def counts(query: ast.Query) -> bool:
    """Whether only the number of records is asked for."""
    return len(query.items) == 1 and _is_bare_count(query.items[0])


def _is_bare_count(item: ast.Selected | ast.TypeOf | ast.Query) -> bool:
    operand = item.operand if isinstance(item, ast.Selected) else None
    return isinstance(operand, ast.Call) and operand.name.upper() == "COUNT" and not operand.arguments
