"""A statement and the org's objects to a `Plan`."""

from collections.abc import Iterator

from connectors.salesforce.sandbox.errors import OrgError, unknown_object, unknown_relationship
from connectors.salesforce.sandbox.schema import Field, ObjectType
from connectors.salesforce.sandbox.soql import ast, functions
from connectors.salesforce.sandbox.soql.checks import check, counts, is_aggregate
from connectors.salesforce.sandbox.soql.conditions import Conditions, SemiJoin
from connectors.salesforce.sandbox.soql.grouping import Groups
from connectors.salesforce.sandbox.soql.plan import Cell, Children, Column, Parent, Plan, Shape, Typed
from connectors.salesforce.sandbox.soql.scope import Context, Located, Scope
from connectors.salesforce.sandbox.store import DELETED

MOST_OF_ALL = 200
# Children of children: up to five levels with the root, from v58 on (SOQL Reference, relationship query limitations).
DEEPEST_CHILDREN, CHILDREN_OF_CHILDREN = 5, 58


def compile_query(context: Context, query: ast.Query, *, deleted_too: bool = False) -> Plan:
    """Makes a statement ready to run.

    Args:
        context: The org, the user and the version asked through.
        query: The statement.
        deleted_too: Deleted rows count as well (`queryAll`).

    Raises:
        OrgError: It names what is not there, or asks for what SOQL does not do.
    """
    kind = context.schema.find(query.source.parts[-1]) if len(query.source.parts) == 1 else None
    if kind is None or not context.known(kind):
        name = ".".join(query.source.parts)
        raise context.refuse("INVALID_TYPE", unknown_object(name), query.place)
    return _Select(context, query, kind, "t", deleted_too=deleted_too or query.all_rows).plan()


class _Select(SemiJoin):
    """One SELECT on its way to SQL."""

    def __init__(
        self,
        context: Context,
        query: ast.Query,
        kind: ObjectType,
        alias: str,
        *,
        deleted_too: bool,
        link: Field | None = None,
        level: int = 1,
    ) -> None:
        self._context = context
        self._query = query
        self._kind = kind
        self._link = link
        self._level = level
        self._deleted_too = deleted_too
        aliases = dict(query.aliases)
        self._scope = Scope(context, kind, alias, aliases)
        self._conditions = Conditions(self._scope, self)
        self._grouped = self._conditions
        self._groups = Groups(self._scope, query.groups)
        self._columns: list[str] = []
        self._shape: Shape = {}
        self._described: list[Column] = []
        self._aliases: dict[str, str] = {}
        self.link: int | None = None

    def plan(self) -> Plan:
        query = self._query
        check(self._context, self._kind, query)
        grouped = bool(query.groups) or any(map(is_aggregate, query.items))
        count = counts(query)
        id_column = None if grouped else self._column(f'{self._scope.alias}."Id"')
        link = self._column(f'{self._scope.alias}."{self._link.name}"') if self._link else None
        if grouped:
            self._grouped = Conditions(self._scope, self, self._groups.grouping())
            self._grouped_items()
        else:
            for item in query.items:
                self._item(item)
        found = self._sql(grouped=grouped)
        paged = not grouped and self._link is None
        plan = Plan(
            kind="AggregateResult" if grouped else self._kind.name,
            sql=self._page() if paged else f"SELECT {', '.join(self._columns)} {found}",
            values=self._context.values,
            shape=self._shape,
            keys=f"SELECT {self._scope.alias}.rowid {found}" if paged else "",
            count=count,
            id_column=id_column,
            limit=query.limit,
            offset=query.offset,
            columns=tuple(self._described),
        )
        self.link = link
        return plan

    def compile(self, query: ast.Query, outer: Scope) -> str:
        """The statement of a semi-join: one id field, nothing fancy."""
        kind = self._context.schema.find(query.source.parts[-1])
        if kind is None or not self._context.known(kind):
            return compile_query(self._context, query).sql
        if kind is outer.kind:
            message = "The inner and outer selects should not be on the same object type"
            raise self._context.refuse("MALFORMED_QUERY", message, query.place)
        selected = query.items[0]
        if (
            len(query.items) != 1
            or not isinstance(selected, ast.Selected)
            or not isinstance(selected.operand, ast.Path)
        ):
            message = "Semi join sub-selects must select exactly one ID or reference field"
            raise self._context.refuse("MALFORMED_QUERY", message, query.place)
        if query.order or query.limit is not None or query.offset or query.groups:
            message = "Semi join sub-selects can't use ORDER BY, LIMIT, OFFSET or GROUP BY"
            raise self._context.refuse("MALFORMED_QUERY", message, query.place)
        inner = _Select(self._context, query, kind, outer.alias + "s", deleted_too=False)
        found = inner._scope.locate(selected.operand)
        if not found.field.is_id:
            message = f"Semi join sub-selects can only query id fields, cannot use: '{found.field.name}'"
            raise self._context.refuse("MALFORMED_QUERY", message, selected.operand.place)
        inner._column(found.sql)
        return f"SELECT {found.sql} {inner._sql(grouped=False, nested=True)}"

    def _column(self, sql: str) -> int:
        self._columns.append(sql)
        return len(self._columns) - 1

    def _item(self, item: ast.Selected | ast.TypeOf | ast.Query) -> None:
        match item:
            case ast.Query():
                self._children(item)
            case ast.TypeOf():
                self._typeof(item)
            case ast.Selected(ast.Path() as path, alias):
                if alias is not None:
                    raise self._context.refuse(
                        "MALFORMED_QUERY", "only aggregate expressions use field aliasing", path.place
                    )
                self._put(self._scope.locate(path))
            case ast.Selected(ast.Call() as call, alias):
                self._function(call, alias)

    def _put(self, found: Located) -> None:
        shape = self._shape
        for depth in range(len(found.way)):
            shape = self._parent(shape, found.way[: depth + 1]).cells
        if found.field.name in shape:
            # Without a caret: SOQL and SOSL Reference, "FIELDS()", shows the whole answer.
            raise OrgError("INVALID_FIELD", f"duplicate field selected: {'.'.join([*found.way, found.field.name])}")
        shape[found.field.name] = Cell(self._column(found.sql), found.field)
        described = Column(".".join([*found.way, found.field.name]), aggregate=False, type=found.field.type)
        self._described.append(described)

    def _parent(self, shape: Shape, way: tuple[str, ...]) -> Parent:
        present = shape.get(way[-1])
        if isinstance(present, Parent):
            return present
        alias, kind, _ = self._scope.walk(list(way), self._query.place)
        type_column = self._column(f'{alias}."Type"') if kind.virtual else None
        made = Parent(self._column(f'{alias}."Id"'), None if kind.virtual else kind.name, type_column)
        shape[way[-1]] = made
        return made

    def _function(self, call: ast.Call, alias: str | None) -> None:
        name = call.name.upper()
        argument = call.arguments[0] if call.arguments else None
        if name == "FIELDS" and isinstance(argument, ast.Path):
            self._fields(argument)
        elif name in functions.SHOWN and isinstance(argument, ast.Path):
            found = self._scope.locate(argument)
            shape = self._shape
            for depth in range(len(found.way)):
                shape = self._parent(shape, found.way[: depth + 1]).cells
            shape[alias or found.field.name] = Cell(self._column(found.sql), found.field)
        else:
            raise self._context.refuse("MALFORMED_QUERY", f"Invalid function: {call.name}", call.place)

    def _fields(self, which: ast.Path) -> None:
        word = which.parts[0].upper()
        if word not in {"ALL", "STANDARD", "CUSTOM"}:
            message = f"The SOQL FIELDS function doesn't know {word}"
            raise self._context.refuse("MALFORMED_QUERY", message, which.place)
        if word != "STANDARD" and (self._query.limit is None or self._query.limit > MOST_OF_ALL):
            message = f"The SOQL FIELDS function must have a LIMIT of at most {MOST_OF_ALL}"
            raise self._context.refuse("MALFORMED_QUERY", message, which.place)
        for field in self._kind.fields.values():
            custom = field.name.endswith("__c")
            known = field.since <= self._context.version and self._context.readable(self._kind, field)
            known = known and not field.tooling
            if known and (word == "ALL" or custom == (word == "CUSTOM")):
                self._put(Located(self._scope.alias, self._kind, field, ()))

    def _typeof(self, item: ast.TypeOf) -> None:
        name = item.reference.parts[0]
        reference = self._kind.parent(name) if len(item.reference.parts) == 1 else None
        if reference is None or len(reference.targets) < 2:  # noqa: PLR2004 (polymorphic means more than one)
            message = f"A relationship field in a TYPEOF clause must be polymorphic: {name}"
            raise self._context.refuse("MALFORMED_QUERY", message, item.reference.place)
        alias, _, way = self._scope.walk([name], item.reference.place)
        cases: dict[str | None, Parent] = {}
        for wanted, paths in (*item.cases, (None, item.otherwise)):
            kind = self._context.schema.find(wanted) if wanted else self._context.schema["Name"]
            if kind is None:
                message = f"sObject type '{wanted}' is not supported."
                raise self._context.refuse("INVALID_TYPE", message, item.reference.place)
            joined = alias if kind.virtual else f"{alias}_{kind.name}"
            if not kind.virtual:
                self._scope.join(kind, joined, f'{self._scope.alias}."{reference.name}"')
            parent = Parent(self._column(f'{alias}."Id"'), None, self._column(f'{alias}."Type"'), concrete=True)
            for path in paths:
                field = self._scope.field(kind, path.parts[0], path.place)
                parent.cells[field.name] = Cell(self._column(f'{joined}."{field.name}"'), field)
            cases[None if wanted is None else kind.name] = parent
        self._shape[way[0]] = Typed(cases)

    def _children(self, query: ast.Query) -> None:
        *of, name = query.source.parts
        child = self._kind.children.get(name.lower()) if self._scope.is_own(of) else None
        if child is None or not self._context.known(self._context.schema[child.object]):
            message = unknown_relationship(name, "FROM part of query call")
            raise self._context.refuse("INVALID_TYPE", message, query.place)
        if self._level >= (DEEPEST_CHILDREN if self._context.version >= CHILDREN_OF_CHILDREN else 2):
            message = "Only root queries support aggregate expressions and child relationships"
            raise self._context.refuse("MALFORMED_QUERY", message, query.place)
        kind = self._context.schema[child.object]
        inner = _Select(
            self._context,
            query,
            kind,
            f"{self._scope.alias}c{len(self._shape)}",
            deleted_too=self._deleted_too,
            link=kind.fields[child.field],
            level=self._level + 1,
        )
        if any(map(is_aggregate, query.items)):
            raise self._context.refuse(
                "MALFORMED_QUERY", "Only root queries support aggregate expressions", query.place
            )
        plan = inner.plan()
        self._shape[child.relationship] = Children(plan, inner.link or 0)
        self._described.append(Column(child.relationship, aggregate=True, type="", joined=plan.columns))

    def _grouped_items(self) -> None:
        unnamed = 0
        for item in self._query.items:
            if not isinstance(item, ast.Selected):
                raise self._context.refuse(
                    "MALFORMED_QUERY", "Grouped queries select fields and functions only", self._query.place
                )
            term = self._grouped.term(item.operand, "shown")
            aggregate = is_aggregate(item)
            name = item.alias or (None if isinstance(item.operand, ast.Call) else term.name)
            if name is None:
                name, unnamed = f"expr{unnamed}", unnamed + 1
            if name in self._shape:
                raise self._context.refuse("MALFORMED_QUERY", f"duplicate alias: {name}", term.place)
            self._shape[name] = Cell(self._column(term.sql), term.field)
            self._aliases[name.lower()] = term.sql
            self._described.append(Column(name, aggregate=aggregate, type=term.type))

    def _page(self) -> str:
        """The columns of chosen records, in the order in which they are named: so each page of a result is read."""
        chosen = f"json_each(:page) AS page CROSS JOIN {self._scope.tables}"
        by = f"{self._scope.alias}.rowid = page.value"
        return f"SELECT {', '.join(self._columns)} FROM {chosen} WHERE {by} ORDER BY page.key"  # noqa: S608 (names come from the object tables, values are bound)

    def _sql(self, *, grouped: bool, nested: bool = False) -> str:
        """Everything behind the columns."""
        query, alias, kind = self._query, self._scope.alias, self._kind
        tests = list(self._scoped())
        if not (self._deleted_too and "IsDeleted" in kind.fields):
            tests += [f"NOT {alias}.{DELETED}", kind.alive_as(alias)]
        sight = self._context.sight(kind, alias)
        if sight is not None:
            tests.append(sight)
        if self._link:
            parents = "(SELECT value FROM json_each(:parents))"
            tests.append(f'{alias}."{self._link.name}" IN {parents}')
        if nested:
            # An id that is null is none: without this, NOT IN would be unknown for every row.
            tests.append(f"{self._columns[0]} IS NOT NULL")
        if query.where:
            tests.append(self._conditions.sql(query.where, nested=nested))
        having = [self._grouped.sql(query.having, nested=True)] if query.having else []
        order = list(self._order(grouped=grouped))
        # Nothing to test is possible: deleted rows count as well, and who asks sees them all.
        parts = [f"FROM {self._scope.tables}{self._groups.tables} WHERE {' AND '.join(tests or ['1'])}"]
        parts += [f"GROUP BY {', '.join(self._groups.sql)}"] if self._groups.sql else []
        parts += [f"HAVING {having[0]}"] if having else []
        parts += [f"ORDER BY {', '.join(order)}"] if order else []
        return " ".join(parts)

    def _scoped(self) -> Iterator[str]:
        """`USING SCOPE`: everything, or what the asker owns."""
        scope = self._query.scope
        word = "everything" if scope is None else scope.parts[0].lower()
        if scope is None or word == "everything":
            return
        if word != "mine" or "OwnerId" not in self._kind.fields:
            message = f"filter scope '{scope.parts[0]}' is not supported for {self._kind.name}"
            raise self._context.refuse("MALFORMED_QUERY", message, scope.place)
        yield f'{self._scope.alias}."OwnerId" = {self._context.bind(self._context.user_id)}'

    def _order(self, *, grouped: bool) -> Iterator[str]:
        for order in self._query.order:
            named = self._named(order.operand) if grouped else None
            sql = named or (self._grouped if grouped else self._conditions).term(order.operand, "sorted").sql
            # Nulls come first where nothing is said, in both directions (SOQL Reference, ORDER BY).
            first = order.nulls_first is not False
            yield f"{sql} {'DESC' if order.descending else 'ASC'} NULLS {'FIRST' if first else 'LAST'}"
        if not grouped:
            yield f"{self._scope.alias}.rowid"

    def _named(self, operand: ast.Operand) -> str | None:
        if isinstance(operand, ast.Path) and len(operand.parts) == 1:
            return self._aliases.get(operand.parts[0].lower())
        return None
