"""GROUP BY, with subtotals: `ROLLUP(a, b)` also groups by a and by nothing, `CUBE(a, b)` by every choice of them.

Every row is counted once in each set of terms that is grouped by; a set is a number, whose bits say which terms count.
"""

from connectors.salesforce.sandbox.soql import ast
from connectors.salesforce.sandbox.soql.scope import Scope
from connectors.salesforce.sandbox.soql.terms import Grouping, Terms

MOST = 3


class Groups:
    """What one SELECT groups by."""

    def __init__(self, scope: Scope, groups: tuple[ast.Operand, ...]) -> None:
        self._scope = scope
        self._sets = f"{scope.alias}g"
        self._groups, self._masks = self._read(groups)
        self.sql: list[str] = []

    def grouping(self) -> Grouping:
        """What of the rows is left in the groups; `sql` then has the terms of GROUP BY.

        Raises:
            QueryError: One of the terms cannot be grouped by.
        """
        terms = Terms(self._scope)
        found = [terms.term(group, "grouped").sql for group in self._groups]
        if not self._masks:
            self.sql = found
            return Grouping(dict(zip(found, found, strict=True)), {})
        shown = {sql: f"CASE WHEN {self._sets}.m & {1 << at} THEN {sql} END" for at, sql in enumerate(found)}
        self.sql = [f"{self._sets}.m", *shown.values()]
        return Grouping(shown, {sql: f"({self._sets}.m & {1 << at} = 0)" for at, sql in enumerate(found)})

    @property
    def tables(self) -> str:
        """What FROM needs besides the tables: the sets, where there are several."""
        sets = " UNION ALL ".join(f"SELECT {mask} AS m" for mask in self._masks)
        return f" CROSS JOIN ({sets}) AS {self._sets}" if sets else ""

    def _read(self, groups: tuple[ast.Operand, ...]) -> tuple[tuple[ast.Operand, ...], list[int]]:
        named = [group for group in groups if isinstance(group, ast.Call) and group.name.upper() in {"ROLLUP", "CUBE"}]
        if not named:
            return groups, []
        call, context = named[0], self._scope.context
        inner = tuple(one for one in call.arguments if not isinstance(one, ast.Literal))
        if len(groups) > 1 or not inner or len(inner) < len(call.arguments) or len(inner) > MOST:
            message = f"GROUP BY {call.name.upper()} takes one to three fields, and stands alone"
            raise context.refuse("MALFORMED_QUERY", message, call.place)
        every = range((1 << len(inner)) - 1, -1, -1)
        return inner, [mask for mask in every if call.name.upper() == "CUBE" or mask & (mask + 1) == 0]
