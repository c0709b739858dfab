"""Names to columns: what a path means for one statement, and the joins that it needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.salesforce.sandbox.errors import QueryError, unknown_column, unknown_relationship
from connectors.salesforce.sandbox.schema import Field, ObjectType, Schema
from connectors.salesforce.sandbox.soql import ast
from connectors.salesforce.sandbox.store import DELETED, Value

DEEPEST, MOST_PARENTS = 5, 55
Sight = Callable[[ObjectType, str], str | None]
Readable = Callable[[ObjectType, Field], bool]


@dataclass(frozen=True, slots=True)
class Context:
    """What every part of one request shares.

    Attributes:
        text: The statement, for carets.
        version: The API version asked through.
        now: The org's instant, as stored.
        sight: SQL condition on the rows of an object (under an alias) that the user may see; None: all.
        readable: Whether the user may read a field.
        known: Whether an object exists for the user.
        tooling: Asked through the Tooling API.
        user_id: Who asks.
        zone: The name of the asker's time zone.
        single: The fields asked for that only queries for one record may name.
    """

    schema: Schema
    text: str
    version: int
    now: str
    sight: Sight
    readable: Readable
    known: Callable[[ObjectType], bool]
    tooling: bool = False
    user_id: str = ""
    zone: str = "GMT"
    single: set[str] = field(default_factory=set)
    values: dict[str, Value] = field(default_factory=dict)

    def bind(self, value: Value) -> str:
        """Adds a parameter, and says how SQL names it."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def refuse(self, code: str, message: str, place: int) -> QueryError:
        """A refusal that points at a place in the statement."""
        return QueryError(code, message, query=self.text, place=place)


@dataclass(frozen=True, slots=True)
class Located:
    """A field where a path found it: `alias` is the table's, `way` the canonical relationship names to it."""

    alias: str
    kind: ObjectType
    field: Field
    way: tuple[str, ...]

    @property
    def sql(self) -> str:
        """Its value."""
        kind, alias = self.kind, self.alias
        if self.field.computed == "deleted":
            return f"({alias}.{DELETED} OR NOT {kind.alive_as(alias)})" if kind.alive else f"{alias}.{DELETED}"
        if self.field.computed == "current":
            return f'({alias}."Id" = :session)'
        if self.field.computed == "alive":
            return f"(NOT {alias}.{DELETED} AND {kind.alive_as(alias)})"
        return f'{alias}."{self.field.name}"'


class Scope:
    """The tables of one SELECT."""

    def __init__(self, context: Context, kind: ObjectType, alias: str, aliases: Mapping[str, ast.Path]) -> None:
        self.context = context
        self.kind = kind
        self.alias = alias
        self._aliases = {name.lower(): path for name, path in aliases.items()}
        self._joins: dict[tuple[str, ...], tuple[str, ObjectType]] = {(): (alias, kind)}
        self._sql: list[str] = []

    @property
    def tables(self) -> str:
        """The FROM clause's contents."""
        return " ".join([f'"{self.kind.name}" AS {self.alias}', *self._sql])

    def is_own(self, way: Sequence[str]) -> bool:
        """Whether a way leads nowhere: it is empty, or the object's own name or alias (`FROM Account.Contacts`)."""
        names = {self.kind.name.lower(), *(name for name, path in self._aliases.items() if len(path.parts) == 1)}
        return not way or (len(way) == 1 and way[0].lower() in names)

    def locate(self, path: ast.Path) -> Located:
        """The field that a path names.

        Raises:
            QueryError: There is no such way or field, or the user may not read it.
        """
        *way, last = self._expand(path.parts)
        alias, kind, steps = self.walk(way, path.place)
        found = self.field(kind, last, path.place)
        return Located(alias, kind, found, steps)

    def walk(self, way: list[str], place: int) -> tuple[str, ObjectType, tuple[str, ...]]:
        """Follows ways up, joining what is not joined yet."""
        if len(way) > DEEPEST:
            raise self.context.refuse("MALFORMED_QUERY", "SELECT paths cannot go up more than 5 relationships", place)
        steps: tuple[str, ...] = ()
        alias, kind = self._joins[()]
        for name in way:
            alias, kind, steps = self._step(alias, kind, steps, name, place)
        return alias, kind, steps

    def field(self, kind: ObjectType, name: str, place: int) -> Field:
        """The object's field of that name, as this user and version know it."""
        found = kind.field(name)
        context = self.context
        unknown = found is None or found.since > context.version or (found.tooling and not context.tooling)
        if found is None or unknown or not context.readable(kind, found):
            raise context.refuse("INVALID_FIELD", unknown_column(name, kind.name), place)
        if found.tooling:
            context.single.add(found.name)
        return found

    def join(self, kind: ObjectType, alias: str, reference: str) -> None:
        """Joins one object of a polymorphic reference, given as SQL."""
        self._sql.append(f'LEFT JOIN "{kind.name}" AS {alias} ON {alias}."Id" = {reference}')

    def _expand(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Replaces a leading alias by what it stands for, and drops the object's own name."""
        if len(parts) > 1:
            named = self._aliases.get(parts[0].lower())
            if named is not None:
                return self._expand((*named.parts, *parts[1:])) if len(named.parts) > 1 else parts[1:]
            if parts[0].lower() == self.kind.name.lower() and self.kind.parent(parts[0]) is None:
                return parts[1:]
        return parts

    def _step(
        self, alias: str, kind: ObjectType, steps: tuple[str, ...], name: str, place: int
    ) -> tuple[str, ObjectType, tuple[str, ...]]:
        reference = kind.parent(name)
        if reference is None or reference.since > self.context.version:
            raise self.context.refuse("INVALID_FIELD", unknown_relationship(name, "field path"), place)
        steps = (*steps, str(reference.relationship))
        if steps not in self._joins:
            if len(self._joins) > MOST_PARENTS:
                raise self.context.refuse("MALFORMED_QUERY", "too many parent relationships: at most 55", place)
            target = self.context.schema.target(reference)
            joined = f"{self.alias}j{len(self._joins)}"
            self._sql.append(f'LEFT JOIN "{target.name}" AS {joined} ON {joined}."Id" = {alias}."{reference.name}"')
            self._joins[steps] = joined, target
        return (*self._joins[steps], steps)
