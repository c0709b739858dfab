"""What is dangerous about permissions, and which groups lead where: laws of the pure parts."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.declarations import Population
from connectors.salesforce.flags import COLUMNS, FLAGS, risks
from connectors.salesforce.holdings import Hierarchy, Role
from connectors.salesforce.membership import Groups
from connectors.salesforce.queries import objects, permission_sets
from connectors.salesforce.sandbox.schema.reader import permission_names
from connectors.salesforce.vocabulary import OBJECT_FLAGS

permissions = st.frozensets(st.sampled_from([*COLUMNS, "PermissionsRunReports"]))
rights = st.dictionaries(
    st.sampled_from(["Account", "Case", "Opportunity"]), st.frozensets(st.sampled_from(OBJECT_FLAGS))
)


def test_every_flag_is_a_permission_that_orgs_have() -> None:
    assert {flag.name for flag in FLAGS} <= set(permission_names())


@given(permissions, permissions, rights)
def test_more_permissions_are_never_less_dangerous(
    some: frozenset[str], more: frozenset[str], allowed: dict[str, frozenset[str]]
) -> None:
    via = "permission set X"
    assert set(risks(some, allowed, via)) <= set(risks(some | more, allowed, via))
    assert set(risks(some, {}, via)) <= set(risks(some, allowed, via))
    assert all(risk.via == via for risk in risks(some, allowed, via))


def test_what_is_dangerous_in_every_org_is_high() -> None:
    words = {flag.word for flag in FLAGS if flag.high}
    assert words >= {"export", "view-all", "modify-all", "manage-users", "login-as", "reset-passwords", "author-code"}


edges = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30)


def group_id(number: int) -> str:
    return f"00G{number:012d}AAA"


@given(edges, st.sets(st.integers(0, 9)))
def test_groups_lead_wherever_they_lead_and_no_further(links: list[tuple[int, int]], direct: set[int]) -> None:
    """Also round in circles."""
    groups = Groups()
    groups.add({"Id": group_id(n), "DeveloperName": f"G{n}", "Type": "Regular", "RelatedId": None} for n in range(10))
    groups.nest({"Id": "011", "UserOrGroupId": group_id(inner), "GroupId": group_id(outer)} for inner, outer in links)
    expected = set(direct)
    while more := {outer for inner, outer in links if inner in expected} - expected:
        expected |= more
    found = groups.reached(map(group_id, direct))
    assert set(found) == set(map(group_id, expected))
    for number in direct:
        assert found[group_id(number)].endswith(f"public group G{number}")


@given(edges)
def test_nobody_is_above_themselves_for_ever(links: list[tuple[int, int]]) -> None:
    parents = dict(links)
    roles = Hierarchy(Role(f"{n}", f"R{n}", str(parents.get(n, "")), portal=False) for n in range(10))
    for number in range(10):
        above = list(roles.above(f"{number}"))
        assert above[0] == f"{number}"
        assert len(above) == len(set(above))


@given(st.lists(st.text(min_size=1, max_size=20).filter(str.isprintable), min_size=1, max_size=5))
def test_no_profile_breaks_out_of_a_query(names: list[str]) -> None:
    """Whatever a profile or an object is called."""
    population = Population.model_construct(
        any=Population.model_fields["any"].annotation.model_construct(profiles=tuple(names))
    )  # type: ignore[union-attr]
    text = objects(names, population).soql
    plain = text.replace("\\\\", "").replace("\\'", "")
    assert plain.count("'") == 4 * len(names)
    assert permission_sets(COLUMNS).soql.count("'") == 0
