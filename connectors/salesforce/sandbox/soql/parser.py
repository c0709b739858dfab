"""Text to `ast.Query`, with the refusals that a real org words."""

from functools import cache
from importlib.resources import files
from typing import cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from connectors.salesforce.sandbox.errors import OrgError, QueryError
from connectors.salesforce.sandbox.soql import ast
from connectors.salesforce.sandbox.soql.strings import IllegalStringError, read_string

LONGEST = 100_000
_MOST = 2**31


def parse(text: str) -> ast.Query:
    """Reads one statement.

    Raises:
        OrgError: It is no SOQL, or longer than 100,000 characters.
    """
    if len(text) > LONGEST:
        raise OrgError(
            "QUERY_TOO_COMPLICATED", f"SOQL statements cannot be longer than {LONGEST:,} characters.".replace(",", "")
        )
    try:
        return cast("ast.Query", _Builder().transform(_parser().parse(text)))
    except UnexpectedToken as error:
        raise _unexpected(text, error) from None
    except UnexpectedCharacters as error:
        place = error.pos_in_stream or 0  # type: ignore[redundant-expr]  # lark types it as always set, and it is not
        message = f"line {error.line}:{error.column - 1} no viable alternative at character '{text[place]}'"
        raise OrgError("MALFORMED_QUERY", message) from None
    except UnexpectedInput as error:
        raise OrgError("MALFORMED_QUERY", f"unexpected input: {error}") from None
    except VisitError as error:
        if isinstance(error.orig_exc, IllegalStringError):
            illegal = error.orig_exc
            # As recorded: the caret stands one before the quote.
            place = max(0, illegal.place - 1)
            raise QueryError("MALFORMED_QUERY", illegal.message, query=text, place=place) from None
        raise


@cache
def _parser() -> Lark:
    grammar = (files(__package__) / "soql.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=True)


def _unexpected(text: str, error: UnexpectedToken) -> OrgError:
    token = error.token
    if token.type == "$END":
        return QueryError("MALFORMED_QUERY", "unexpected token: '<EOF>'", query=text, place=len(text))
    return QueryError("MALFORMED_QUERY", f"unexpected token: '{token}'", query=text, place=token.start_pos or 0)


def _path(token: Token) -> ast.Path:
    return ast.Path(tuple(part.strip() for part in str(token).split(".")), token.start_pos or 0)


def _operand(item: object) -> ast.Operand:
    return _path(item) if isinstance(item, Token) else cast("ast.Operand", item)


class _Builder(Transformer[Token, object]):
    """Turns the parse tree into the statement, innermost first."""

    def start(self, items: list[ast.Query]) -> ast.Query:
        return items[0]

    def query(self, items: list[object]) -> ast.Query:
        select, source, scope, where, _, groups, having, order, limit, offset, _, all_rows = items
        path, aliases = cast("tuple[ast.Path, tuple[tuple[str, ast.Path], ...]]", source)
        return ast.Query(
            items=cast("tuple[ast.Selected | ast.TypeOf | ast.Query, ...]", select),
            source=path,
            aliases=aliases,
            where=cast("ast.Condition | None", where),
            groups=cast("tuple[ast.Operand, ...]", groups),
            having=cast("ast.Condition | None", having),
            order=cast("tuple[ast.Order, ...]", order),
            limit=cast("int | None", limit),
            offset=cast("int | None", offset) or 0,
            all_rows=bool(all_rows),
            place=path.place,
            scope=cast("ast.Path | None", scope),
        )

    def select_list(self, items: list[object]) -> tuple[object, ...]:
        return tuple(items)

    def field(self, items: list[object]) -> ast.Selected:
        return ast.Selected(_path(cast("Token", items[0])), cast("str | None", items[1]))

    def call_item(self, items: list[object]) -> ast.Selected:
        return ast.Selected(cast("ast.Call", items[0]), cast("str | None", items[1]))

    def subquery(self, items: list[ast.Query]) -> ast.Query:
        return items[0]

    def alias(self, items: list[Token]) -> str:
        return str(items[0])

    def typeof(self, items: list[object]) -> ast.TypeOf:
        reference, *rest = items
        pairs = list(zip(rest[:-1:2], rest[1:-1:2], strict=True))
        cases = tuple((str(kind), cast("tuple[ast.Path, ...]", paths)) for kind, paths in pairs)
        return ast.TypeOf(_path(cast("Token", reference)), cases, cast("tuple[ast.Path, ...]", rest[-1] or ()))

    def paths(self, items: list[Token]) -> tuple[ast.Path, ...]:
        return tuple(map(_path, items))

    def call(self, items: list[object]) -> ast.Call:
        name, *arguments = items
        token = cast("Token", name)
        return ast.Call(str(token), tuple(map(_argument, filter(None, arguments))), token.start_pos or 0)

    def named(self, items: list[Token | None]) -> tuple[ast.Path, str | None]:
        path, alias = items
        return _path(cast("Token", path)), str(alias) if alias else None

    def source(self, items: list[tuple[ast.Path, str | None]]) -> tuple[ast.Path, tuple[tuple[str, ast.Path], ...]]:
        return items[0][0], tuple((alias, path) for path, alias in items if alias)

    def scope(self, items: list[Token | None]) -> ast.Path | None:
        return _path(items[0]) if items and items[0] else None

    def where(self, items: list[ast.Condition | None]) -> ast.Condition | None:
        return items[0] if items else None

    having = where

    def all_rows(self, items: list[Token | None]) -> bool:
        return bool(items and items[0])

    def grouping(self, items: list[object]) -> tuple[ast.Operand, ...]:
        return tuple(map(_operand, filter(None, items)))

    def ordering(self, items: list[ast.Order | None]) -> tuple[ast.Order, ...]:
        return tuple(filter(None, items))

    def order(self, items: list[object]) -> ast.Order:
        operand, direction, nulls = items
        first = None if nulls is None else str(nulls).upper().endswith("FIRST")
        return ast.Order(_operand(operand), str(direction).upper() == "DESC", first)

    def limit(self, items: list[Token | None]) -> int | None:
        return min(int(float(items[0])), _MOST) if items and items[0] else None

    offset = limit

    def conjunction(self, items: list[ast.Condition]) -> ast.Junction:
        return ast.Junction("AND", tuple(items))

    def disjunction(self, items: list[ast.Condition]) -> ast.Junction:
        return ast.Junction("OR", tuple(items))

    def negation(self, items: list[ast.Condition]) -> ast.Negation:
        return ast.Negation(items[0])

    def comparison(self, items: list[object]) -> ast.Comparison:
        operand, operator, value = items
        return ast.Comparison(_operand(operand), str(operator).upper().replace("<>", "!="), cast("ast.Literal", value))

    def membership(self, items: list[object]) -> ast.Membership:
        operand, operator, *values = items
        token = cast("Token", operator)
        query = values[0] if isinstance(values[0], ast.Query) else None
        literals = () if query else tuple(cast("list[ast.Literal]", values))
        return ast.Membership(_operand(operand), " ".join(token.upper().split()), literals, query, token.start_pos or 0)

    def value(self, items: list[object]) -> ast.Literal:
        (item,) = items
        return item if isinstance(item, ast.Literal) else _literal(cast("Token", item))

    def constant(self, items: list[Token | None]) -> ast.Literal:
        name, count = items
        place = (name.start_pos if name else 0) or 0
        return ast.Literal("name", str(name), place, int(float(count)) if count else None)


def _argument(item: object) -> ast.Path | ast.Call | ast.Literal:
    if isinstance(item, Token):
        return _path(item) if item.type == "PATH" else _literal(item)
    return cast("ast.Call", item)


_KINDS = {"STRING": "string", "NUMBER": "number", "DATE": "date", "DATETIME": "datetime"}


def _literal(token: Token) -> ast.Literal:
    kind = _KINDS[token.type]
    place = token.start_pos or 0
    if kind != "string":
        return ast.Literal(kind, str(token), place)
    text, pattern = read_string(token[1:-1], place)
    return ast.Literal(kind, text, place, pattern=pattern)
