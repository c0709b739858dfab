"""A statement made ready: SQL with its parameters, and how its columns become an answer."""

from dataclasses import dataclass, field

from connectors.salesforce.sandbox.schema import Field
from connectors.salesforce.sandbox.store import Value


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of the answer: a column, and the field that says how to write it (None: as it is)."""

    column: int
    field: Field | None = None


@dataclass(slots=True)
class Parent:
    """A record reached by a way up: null where the way leads nowhere.

    Attributes:
        column: Holds its id.
        kind: Its object, or None where a column tells.
        kind_column: Holds the object's name, for polymorphic references.
        cells: What is asked of it, by canonical name.
        concrete: `attributes` name its object; they say `Name` for what polymorphic references lead to otherwise.
    """

    column: int
    kind: str | None
    kind_column: int | None
    cells: "dict[str, Cell | Parent | Children | Typed]" = field(default_factory=dict)
    concrete: bool = False


@dataclass(slots=True)
class Typed:
    """A record whose fields depend on what it is (TYPEOF): one parent per object name, None for all others."""

    cases: "dict[str | None, Parent]"


@dataclass(slots=True)
class Children:
    """Records reached by a way down: `plan` selects those of `:parents`, column `link` holds the parent's id."""

    plan: "Plan"
    link: int


Shape = dict[str, Cell | Parent | Children | Typed]


@dataclass(slots=True)
class Plan:
    """What to run.

    Attributes:
        kind: The object asked; `AggregateResult` for grouped answers.
        sql: Selects the columns: of all groups; of the children of `:parents`; or of the records in `:page`, a JSON
            list of what `keys` selects. Without LIMIT and OFFSET, which children need per parent.
        values: Its parameters, but for `now`, `session`, `parents` and `page`.
        keys: Selects the records that match, in order, each as its rowid; empty for groups and children.
        count: It is a `SELECT COUNT()`: only the number is answered.
        id_column: Holds the record's id; None for grouped answers.
        limit: Most records, per parent where these are children.
        offset: Records to leave out first.
    """

    kind: str
    sql: str
    values: dict[str, Value]
    shape: Shape
    keys: str = ""
    count: bool = False
    id_column: int | None = None
    limit: int | None = None
    offset: int = 0
    columns: tuple["Column", ...] = ()

    @property
    def aggregate(self) -> bool:
        """Whether rows stand for groups, not records."""
        return self.id_column is None


@dataclass(frozen=True, slots=True)
class Column:
    """A column as `columns=true` describes it."""

    name: str
    aggregate: bool
    type: str
    joined: "tuple[Column, ...]" = ()
