from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce import mapping
from connectors.salesforce.declarations import Exclusion, Population
from reconciler.errors import Unreadable
from reconciler.model import AccountKey, Native
from tests.connectors.salesforce.wire import assignment_row, member_row, user_id, user_row, vendors

END = "2027-01-31T00:00:00.000+0000"


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001  made aware below
def test_an_instant_survives_the_wire(moment: datetime) -> None:
    """What is written is what is read, to the second that Salesforce keeps."""
    aware = moment.replace(tzinfo=UTC, microsecond=0)
    assert mapping.instant(mapping.wire(aware)) == aware
    assert mapping.instant(aware.strftime("%Y-%m-%dT%H:%M:%S.000+0000")) == aware


def test_an_account_is_known_by_both_its_keys() -> None:
    row = user_row(1, "Maria.K@Acme.example", FederationIdentifier="Maria|42")
    account = mapping.account(mapping.user(row), inside=True)
    assert account.keys == {AccountKey("username", "maria.k@acme.example"), AccountKey("federationId", "Maria|42")}
    assert (account.name, account.enabled) == ("Maria.K@Acme.example", True)


@pytest.mark.parametrize(("active", "frozen"), [(False, False), (True, True), (False, True)])
def test_an_account_that_cannot_be_used_is_not_enabled(active: bool, frozen: bool) -> None:  # noqa: FBT001  cases
    row = user_row(1, "m@acme.example", IsActive=active)
    account = mapping.account(mapping.user(row), inside=True, frozen=frozen, in_session=True)
    assert (account.enabled, account.lingering, account.reopenable) == (False, True, active)


def test_an_administrators_profile_lets_nobody_off_who_was_governed() -> None:
    """A vendor moved by hand to an administrator's profile is drift; an excluded name is always excluded."""
    exclusion = Exclusion(profiles=("System Administrator",), usernames=("own@acme.example",))
    moved = mapping.user(user_row(1, "m@acme.example", "System Administrator"))
    assert mapping.excluded(exclusion, moved)
    assert not mapping.excluded(exclusion, moved, governed=True)
    assert mapping.excluded(exclusion, mapping.user(user_row(1, "own@acme.example")), governed=True)


@pytest.mark.parametrize(
    ("row", "belongs"),
    [
        (user_row(1, "a@x.example", "vendor support"), True),
        (user_row(1, "a@x.example", "Standard User"), False),
        (user_row(1, "a@ACME.example", "Standard User"), True),
        (user_row(1, "a@sub.acme.example", "Standard User"), False),
        (user_row(1, "a@notacme.example", "Standard User"), False),
        (user_row(1, "a@acme.example", "System Administrator"), False),
        (user_row(1, "a@acme.example", "Vendor Support", Profile=None), True),
        (user_row(1, "a@x.example", "Vendor Support", Profile=None), False),
    ],
)
def test_the_population_is_judged_here_as_it_is_asked_for_there(row: dict[str, object], belongs: bool) -> None:  # noqa: FBT001  cases
    """A user belongs by any predicate, never by part of a domain, and never against `except`."""
    assert mapping.belongs(vendors(), mapping.user(row)) is belongs


def test_an_explicit_exclusion_wins_over_everything() -> None:
    population = Population.model_validate(
        {"any": {"usernames": ["Boss@acme.example"]}, "except": {"usernames": ["boss@ACME.example"]}}
    )
    assert not mapping.belongs(population, mapping.user(user_row(1, "boss@acme.example")))


def test_an_assignment_names_its_set_its_group_and_its_end() -> None:
    plain = mapping.assignment(assignment_row(1, 1, "Triage", END))
    assert (plain.native, plain.account) == (Native("permissionSet", "Triage"), user_id(1))
    assert plain.until == datetime(2027, 1, 31, tzinfo=UTC)
    group = {"DeveloperName": "Bundle", "NamespacePrefix": "acme"}
    row = assignment_row(2, 1, "Bundle00Aggregate", PermissionSetGroupId="0PG1", PermissionSetGroup=group)
    assert mapping.assignment(row).native == Native("permissionSetGroup", "acme__Bundle")


def test_a_membership_is_of_a_group_or_a_queue() -> None:
    assert mapping.membership(member_row(1, 1, "All")).native == Native("group", "All")
    assert mapping.membership(member_row(1, 1, "L2", "Queue")).native == Native("queue", "L2")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(sorted(user_row(1, "m@acme.example").keys() - {"attributes"})), JSON)
def test_a_row_in_another_shape_is_unreadable_and_nothing_else(field: str, value: object) -> None:
    """No shape of an answer is a traceback."""
    for make, row in (
        (mapping.user, user_row(1, "m@acme.example")),
        (mapping.assignment, assignment_row(1, 1, "Triage", END)),
        (mapping.membership, member_row(1, 1, "All")),
    ):
        for name in (field, *row):
            try:
                make(row | {name: value})
            except Unreadable:
                continue
