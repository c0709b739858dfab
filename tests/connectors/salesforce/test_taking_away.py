"""Whatever an observation calls removable, revoking it removes, and the next observation does not show it."""

from dataclasses import dataclass, field
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.salesforce import levels
from reconciler.model import LiveBinding, Native
from reconciler.plan.changes import GrantBinding, RevokeBinding
from reconciler.ports import Sought
from tests.connectors.salesforce.acting import change, let_write, written
from tests.connectors.salesforce.conftest import Org
from tests.connectors.salesforce.hands import account, case, fresh, observe

LEVELS = ("None", "Read", "Edit")
NARROWED = {"caseShare", "accountShare", "caseTeamRole", "accountTeamRole"}
API = "/services/data/v64.0/sobjects"


@pytest.fixture(scope="module", autouse=True)
def _may_write(org: Org) -> None:
    let_write(org)


@dataclass
class Hand:
    """Somebody who shares records with a vendor by hand; each row is on a record of its own."""

    org: Org
    vendor: str
    rows: list[str] = field(default_factory=list)

    def share_case(self, level: str) -> str:
        return self._made("CaseShare", CaseId=case(self.org)[0], UserOrGroupId=self.vendor, CaseAccessLevel=level)

    def share_account(self, own: str, cases: str, opportunities: str, called: str | None = None) -> str:
        return self._made(
            "AccountShare",
            AccountId=account(self.org, called)[0],
            UserOrGroupId=self.vendor,
            AccountAccessLevel=own,
            CaseAccessLevel=cases,
            OpportunityAccessLevel=opportunities,
        )

    def join_account(self, role: str | None, own: str, cases: str) -> str:
        return self._made(
            "AccountTeamMember",
            AccountId=account(self.org)[0],
            UserId=self.vendor,
            TeamMemberRole=role,
            AccountAccessLevel=own,
            CaseAccessLevel=cases,
        )

    def join_case(self, role: str) -> str:
        made = self.org.create("CaseTeamRole", Name=role, AccessLevel="Read")
        return self._made("CaseTeamMember", ParentId=case(self.org)[0], MemberId=self.vendor, TeamRoleId=made)

    def _made(self, kind: str, **fields: object) -> str:
        self.rows.append(self.org.create(kind, **fields))
        return self.rows[-1]


def held(org: Org, vendor: str, sought: Sought | None = None) -> list[LiveBinding]:
    return [
        one
        for one in observe(org, sought).bindings
        if one.key.account == vendor and one.key.native.kind in NARROWED and one.unremovable is None
    ]


def revoke(org: Org, *bindings: LiveBinding) -> list[str]:
    connector = org.connect()
    asked = [
        change(connector, RevokeBinding, one.key.account, one.key.native, one.key.scope, handle=one.handle)
        for one in bindings
    ]
    return [status for status, _ in written(connector, *asked)]


def test_every_share_and_place_of_every_width(org: Org, vendor: str) -> None:
    hand = Hand(org, vendor)
    for level in ("Read", "Edit"):
        hand.share_case(level)
    for own, cases, opportunities in product(("Read", "Edit"), LEVELS, LEVELS):
        hand.share_account(own, cases, opportunities)
    for role, own, cases in product(("Support", "Support, Gold", None), ("Read", "Edit"), LEVELS):
        hand.join_account(role, own, cases)
    for role in ("Expert", "Expert, second line", "Support, account Edit"):
        hand.join_case(f"{role} {fresh()}")
    bindings = held(org, vendor)
    assert {one.handle for one in bindings} == set(hand.rows)
    assert len({one.key for one in bindings}) == len(hand.rows)
    assert set(revoke(org, *bindings)) == {"done"}
    assert held(org, vendor) == []


@pytest.mark.parametrize("spelled", [str.upper, str.lower])
def test_a_record_that_is_declared_in_other_letters(org: Org, vendor: str, spelled: type[str]) -> None:
    """An org compares names without case, so a declared name is found whatever its letters are."""
    name = f"Customer in Letters {fresh()}"
    Hand(org, vendor).share_account("Read", "Edit", "None", name)
    sought = Sought(scoped=frozenset({(Native("accountShare", "Read"), (("accounts", (spelled(name),)),))}))
    (one,) = held(org, vendor, sought)
    assert one.key.scope == (("accounts", (spelled(name),)),)
    assert revoke(org, one) == ["done"]
    assert held(org, vendor, sought) == []


def test_a_row_of_two_accounts_of_one_name_goes_by_itself(org: Org, vendor: str) -> None:
    """The row that was observed says which of them is meant."""
    name = f"Twins {fresh()}"
    Hand(org, vendor).share_account("Read", "Read", "None", name)
    sought = Sought(scoped=frozenset({(Native("accountShare", "Read"), (("accounts", (name,)),))}))
    (one,) = held(org, vendor, sought)
    Hand(org, vendor).share_account("Read", "Read", "None", name)
    assert revoke(org, one) == ["done"]
    (left,) = held(org, vendor)
    assert left.handle != one.handle


def test_a_row_that_gives_something_else_by_now_is_left_to_the_next_plan(org: Org, vendor: str) -> None:
    made = Hand(org, vendor).share_account("Read", "None", "None")
    (before,) = held(org, vendor)
    org.call("PATCH", f"{API}/AccountShare/{made}", {"CaseAccessLevel": "Edit"}).raise_for_status()
    assert revoke(org, before) == ["already"]
    (after,) = held(org, vendor)
    assert (after.handle, after.key.native.name) == (made, "Read, cases Edit")
    assert revoke(org, after) == ["done"]


def test_grants_on_one_record_are_one_row_that_gives_all_of_them(org: Org, vendor: str) -> None:
    """Together, and one after the other: the later grant takes nothing of the earlier away."""
    connector = org.connect()
    made, _ = account(org)
    scope = (("accounts", (made,)),)
    edit, cases = Native("accountShare", "Edit"), Native("accountShare", "Read, cases Edit")
    for batches in ([[edit, cases]], [[edit], [cases]], [[cases], [edit]]):
        for some in batches:
            asked = [change(connector, GrantBinding, vendor, one, scope) for one in some]
            assert {status for status, _ in written(connector, *asked)} == {"done"}
        (one,) = held(org, vendor)
        assert one.key.native.name == "Edit, cases Edit"
        again = [change(connector, GrantBinding, vendor, one, scope) for one in (edit, cases)]
        assert {status for status, _ in written(connector, *again)} == {"already"}
        assert revoke(org, one) == ["done"]


NAMES = st.builds(
    lambda own, cases, opportunities: levels.named(own, {"cases": cases, "opportunities": opportunities}, {}),
    st.sampled_from(("Read", "Edit")),
    st.sampled_from(LEVELS),
    st.sampled_from(LEVELS),
)
SHARES = st.builds(Native, st.just("accountShare"), NAMES) | st.builds(
    Native, st.just("caseShare"), st.sampled_from(("Read", "Edit"))
)


def _fields(native: Native) -> dict[str, int]:
    return {name: levels.rank(level) for name, level in levels.joined([native]).items()}


@settings(max_examples=200, deadline=None)
@given(SHARES, SHARES)
def test_parts_say_which_share_includes_which(one: Native, other: Native) -> None:
    includes = levels.parts(other) <= levels.parts(one)
    wider = one.kind == other.kind and all(_fields(one).get(name, 0) >= rank for name, rank in _fields(other).items())
    assert includes == wider
    if one.kind == other.kind:
        both = {name: levels.rank(level) for name, level in levels.joined([one, other]).items()}
        assert both == {
            name: max(_fields(one).get(name, 0), _fields(other).get(name, 0))
            for name in _fields(one).keys() | _fields(other).keys()
        }
