"""Random conditions give the same rows as a plain Python reading of the same conditions."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.salesforce.sandbox.seeds import Seed

from .house import House, open_house

NAMES = ("alpha", "Beta", "gamma_1", "delta%", "Epsilon")
INDUSTRIES = ("Energy", "Retail", None)
SIZES = (None, 1, 20, 300)
Row = dict[str, object]


@dataclass(frozen=True)
class Leaf:
    """`field operator value`, or several values."""

    field: str
    operator: str
    value: object

    def soql(self) -> str:
        return f"{self.field} {self.operator} {written(self.value)}"

    def holds(self, row: Row) -> bool:
        mine, operator, value = folded(row[self.field]), self.operator, self.value
        if operator in {"IN", "NOT IN"}:
            assert isinstance(value, tuple)
            return (mine in {folded(one) for one in value}) == (operator == "IN")
        wanted = folded(value)
        if operator in {"=", "!="}:
            return (mine == wanted) == (operator == "=")
        if mine is None or wanted is None:
            return False
        if operator == "LIKE":
            assert isinstance(mine, str)
            return mine.startswith(str(wanted).removesuffix("%"))
        return {"<": mine < wanted, "<=": mine <= wanted, ">": mine > wanted, ">=": mine >= wanted}[operator]


@dataclass(frozen=True)
class Not:
    inner: "Condition"

    def soql(self) -> str:
        return f"(NOT {self.inner.soql()})"

    def holds(self, row: Row) -> bool:
        return not self.inner.holds(row)


@dataclass(frozen=True)
class Joined:
    word: str
    parts: "tuple[Condition, ...]"

    def soql(self) -> str:
        return "(" + f" {self.word} ".join(part.soql() for part in self.parts) + ")"

    def holds(self, row: Row) -> bool:
        return (all if self.word == "AND" else any)(part.holds(row) for part in self.parts)


Condition = Leaf | Not | Joined


def folded(value: object) -> object:
    """Text compares without regard to case."""
    return value.lower() if isinstance(value, str) else value


def written(value: object) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(map(written, value)) + ")"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'" if isinstance(value, str) else str(value)


def text_tests(field: str, values: tuple[object, ...]) -> st.SearchStrategy[Leaf]:
    some = st.sampled_from([value for value in values if value is not None])
    return st.one_of(
        st.builds(Leaf, st.just(field), st.sampled_from(["=", "!="]), st.sampled_from(values)),
        st.builds(Leaf, st.just(field), st.sampled_from(["<", "<=", ">", ">="]), some),
        st.builds(
            Leaf,
            st.just(field),
            st.sampled_from(["IN", "NOT IN"]),
            st.lists(st.sampled_from(values), min_size=1, max_size=3).map(tuple),
        ),
    )


prefixes = st.builds(Leaf, st.just("Name"), st.just("LIKE"), st.sampled_from(["a%", "BETA%", "e%", "z%", "%"]))
flags = st.builds(Leaf, st.just("IsPartner"), st.sampled_from(["=", "!="]), st.booleans())
leaves = st.one_of(
    text_tests("Name", NAMES),
    text_tests("Industry", INDUSTRIES),
    text_tests("NumberOfEmployees", SIZES),
    prefixes,
    flags,
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Joined, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def estate() -> tuple[House, list[Row]]:
    house = open_house(Seed())
    rows: list[Row] = [
        {"Name": name, "Industry": industry, "NumberOfEmployees": size, "IsPartner": (at + len(name)) % 2 == 0}
        for at, name in enumerate(NAMES)
        for industry in INDUSTRIES
        for size in SIZES
    ]
    for at, row in enumerate(rows):
        row["ExternalKey__c"] = f"k{at:03d}"
        house.org.add("Account", {key: int(value) if isinstance(value, bool) else value for key, value in row.items()})
    return house, rows


@given(condition=conditions)
@settings(max_examples=150, deadline=None)
def test_the_same_rows_as_plain_python(estate: tuple[House, list[Row]], condition: Condition) -> None:
    house, rows = estate
    found = house.rows(f"SELECT ExternalKey__c FROM Account WHERE {condition.soql()} ORDER BY ExternalKey__c")
    assert [row["ExternalKey__c"] for row in found] == [row["ExternalKey__c"] for row in rows if condition.holds(row)]
