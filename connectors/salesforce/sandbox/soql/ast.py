"""A SOQL statement as it was written, before anything is known about the org. `place` is an offset into the text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """A dotted name."""

    parts: tuple[str, ...]
    place: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function: an aggregate, a date function, `FIELDS`, `toLabel`, `FORMAT`."""

    name: str
    arguments: "tuple[Path | Call | Literal, ...]"
    place: int


Operand = Path | Call


@dataclass(frozen=True, slots=True)
class Literal:
    """A value. `kind` is `string`, `number`, `date`, `datetime` or `name`; `count` is the n of `LAST_N_DAYS:n`.

    `pattern` is a string as LIKE reads it: what is not meant as a wildcard is escaped.
    """

    kind: str
    text: str
    place: int
    count: int | None = None
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Selected:
    """A field or function of the select list."""

    operand: Operand
    alias: str | None


@dataclass(frozen=True, slots=True)
class TypeOf:
    """A choice of fields by what a polymorphic reference leads to."""

    reference: Path
    cases: tuple[tuple[str, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operand operator value`; the operator in capitals."""

    operand: Operand
    operator: str
    value: Literal


@dataclass(frozen=True, slots=True)
class Membership:
    """`operand IN (…)` and its kin: values, or a statement for semi- and anti-joins."""

    operand: Operand
    operator: str
    values: tuple[Literal, ...]
    query: "Query | None"
    place: int


@dataclass(frozen=True, slots=True)
class Negation:
    """`NOT condition`."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by one word: `AND` or `OR`."""

    word: str
    conditions: "tuple[Condition, ...]"


Condition = Comparison | Membership | Negation | Junction


@dataclass(frozen=True, slots=True)
class Order:
    """One ORDER BY term; `nulls_first` is None where nothing is said."""

    operand: Operand
    descending: bool
    nulls_first: bool | None


@dataclass(frozen=True, slots=True)
class Query:
    """A statement, or one inside another.

    Attributes:
        aliases: Short names, and the paths that FROM gives them.
        scope: What `USING SCOPE` says, if anything.
    """

    items: "tuple[Selected | TypeOf | Query, ...]"
    source: Path
    aliases: tuple[tuple[str, Path], ...]
    where: Condition | None
    groups: tuple[Operand, ...]
    having: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int
    all_rows: bool
    place: int
    scope: Path | None = None
