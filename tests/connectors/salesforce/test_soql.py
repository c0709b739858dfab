from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce import soql
from connectors.salesforce.declarations import Population
from reconciler.model import Native

TEXT = st.text(max_size=300)


def literal(text: str) -> tuple[str, str]:
    """Read one string literal as SOQL does: the value, and what follows it."""
    assert text[0] == "'"
    names = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
    value, index = "", 1
    while text[index] != "'":
        if text[index] == "\\":
            index += 1
            value += names.get(text[index], text[index])
        else:
            value += text[index]
        index += 1
    return value, text[index + 1 :]


@given(TEXT, TEXT)
def test_a_quoted_value_reads_back_as_itself_and_ends_where_it_ends(value: str, rest: str) -> None:
    """Whatever is quoted is one literal: nothing of it can be taken for SOQL."""
    assert literal(soql.quote(value) + rest) == (value, rest)


@given(st.text(alphabet="a%_\\'", max_size=20))
def test_a_suffix_has_no_wildcards_of_its_own(suffix: str) -> None:
    """A LIKE condition matches the suffix literally: every wildcard in it is escaped for LIKE."""
    pattern = soql.ends_with("Email", suffix).removeprefix("Email LIKE '%").removesuffix("'")
    # SOQL reads \% and \_ as the characters themselves, \\ and \' as string escapes.
    unescaped, index = "", 0
    while index < len(pattern):
        assert pattern[index] not in "%_'"
        index += pattern[index] == "\\"
        unescaped += pattern[index]
        index += 1
    assert unescaped == suffix


@given(st.sets(st.text(min_size=1, max_size=80), max_size=600))
def test_chunks_cover_exactly(values: set[str]) -> None:
    """Each value stands in one chunk, none is empty, and none is longer than a query may hold."""
    cut = list(soql.chunks(values))
    assert sorted(value for chunk in cut for value in chunk) == sorted(values)
    assert all(0 < len(chunk) <= 250 for chunk in cut)


def test_chunks_of_ids_are_as_few_as_the_limit_allows() -> None:
    ids = [f"005{number:015d}" for number in range(1001)]
    assert [len(chunk) for chunk in soql.chunks(ids)] == [250, 250, 250, 250, 1]


def test_the_predicate_is_a_union_from_which_except_takes_away() -> None:
    population = Population.model_validate(
        {
            "any": {"profiles": ["O'Brien's"], "userTypes": ["PowerPartner"], "emailDomains": ["acme.example"]},
            "except": {"usernames": ["boss@acme.example"]},
        }
    )
    assert soql.selected(population, "Assignee.") == (
        "(Assignee.Profile.Name IN ('O\\'Brien\\'s') OR Assignee.UserType IN ('PowerPartner') "
        "OR Assignee.Email LIKE '%@acme.example') AND Assignee.Profile.Name NOT IN ('System Administrator') "
        "AND Assignee.Username NOT IN ('boss@acme.example')"
    )


def test_roles_are_asked_for_by_object_and_without_their_namespace() -> None:
    natives = {
        Native("permissionSet", "acme__Triage"),
        Native("permissionSetGroup", "Bundle"),
        Native("group", "Everybody"),
        Native("queue", "Level_2"),
    }
    asked = {query.topic: query.soql for query in soql.roles(natives)}
    assert "FROM PermissionSet WHERE Name IN ('Triage')" in asked["permission sets"]
    assert "DeveloperName IN ('Bundle')" in asked["permission set groups"]
    assert "DeveloperName IN ('Everybody','Level_2')" in asked["groups and queues"]
