"""Plan, write, observe, plan again, over the wire: what follows from something else is settled in the same run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.declarations import Population, username_key
from reconciler.model import (
    BindingKey,
    Claim,
    Entitlements,
    Grant,
    Live,
    Native,
    Principal,
    ReasonCode,
    Scope,
    Sponsorship,
)
from reconciler.plan.changes import AnyChange, DisableAccount, GrantBinding, RevokeBinding, UpdateAccount
from reconciler.plan.diff import diff
from reconciler.plan.memory import TargetMemory
from reconciler.plan.terms import Terms
from reconciler.plan.weighing import weigh
from reconciler.ports import OutcomeStatus, Sought
from tests.connectors.salesforce.acting import TARGET, let_write
from tests.connectors.salesforce.conftest import Org
from tests.connectors.salesforce.hands import account, case, permission_set

LICENSE = Native("permissionSetLicense", "SalesConsoleUser")
READ, EDIT = Native("caseShare", "Read"), Native("caseShare", "Edit")


@pytest.fixture(scope="module", autouse=True)
def _may_write(org: Org) -> None:
    let_write(org)


@dataclass
class Vendor:
    """One vendor's user in an org where nobody else is governed, and what is declared of it."""

    org: Org
    id: str
    username: str
    declared: list[tuple[Native, Scope]] = field(default_factory=list)
    lapsed: list[tuple[Native, Scope]] = field(default_factory=list)
    attributes: Mapping[str, str] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    held: int = 0

    def connect(self) -> SalesforceConnector:
        population = Population.model_validate({"any": {"usernames": [self.username]}})
        target = TARGET.model_copy(update={"population": population, "profiles": ("Vendor Support",)})
        client = self.org.connect()._client
        return SalesforceConnector("crm", population, client, target)

    def plan(self) -> list[AnyChange]:
        """What a run would write now."""
        live = self.observe()
        memory = TargetMemory(live.stable_id)
        demand = weigh(self._asked(live), live, memory, live.at, self.terms)
        changes, held = diff(demand, live, memory)
        self.held = len(held) + len(demand.held)
        return changes

    def observe(self) -> Live:
        every = [*self.declared, *self.lapsed]
        sought = Sought(
            declared=frozenset({username_key(self.username)}),
            natives=frozenset(native for native, scope in every if not scope),
            scoped=frozenset((native, scope) for native, scope in every if scope),
        )
        live = self.connect().observe(sought)
        assert live.complete, live.gaps
        return live

    def run(self) -> list[AnyChange]:
        """Write the plan; what was written. A second run right after plans nothing."""
        changes = self.plan()
        connector = self.connect()
        for stage in sorted({change.stage for change in changes}):
            for outcome in connector.apply([change for change in changes if change.stage == stage]):
                assert outcome.status is not OutcomeStatus.FAILED, outcome.text
        assert self.plan() == []
        return changes

    def _asked(self, live: Live) -> Entitlements:
        principal = Principal(
            name="maria", kind="human", email=None, accountable=None, proofed=live.at, mfa=True, at="x.yaml:2"
        )
        claim = Claim("acme", "maria", "crm", username_key(self.username), "x.yaml:2", attributes=self.attributes)
        grants = [
            *(self._grant(live, principal, number, *one) for number, one in enumerate(self.declared)),
            *(self._grant(live, principal, 100 + number, *one, over=True) for number, one in enumerate(self.lapsed)),
        ]
        return Entitlements(grants=tuple(grants), claims=(claim,))

    def _grant(
        self, live: Live, principal: Principal, number: int, native: Native, scope: Scope, *, over: bool = False
    ) -> Grant:
        # To the second, as an org keeps an end.
        end = live.at.replace(minute=0, second=0, microsecond=0) + timedelta(days=-1 if over else 30)
        return Grant(
            vendor="acme",
            name=f"g{number}",
            principal=principal,
            sponsor=Sponsorship("dana", live.at - timedelta(days=9), True, "x.yaml:1"),
            target="crm",
            role=f"r{number}",
            key=username_key(self.username),
            start=live.at - timedelta(days=9),
            end=end,
            contract_start=live.at - timedelta(days=99),
            contract_end=live.at + timedelta(days=99),
            reason="because",
            ticket=None,
            at=f"x.yaml:{number}",
            native=native,
            scope=scope,
            unscoped="a test",
        )


@pytest.fixture
def maria(org: Org) -> Vendor:
    return Vendor(org, *org.user())


def natives(changes: Iterable[AnyChange], kind: type[AnyChange]) -> set[Native]:
    return {change.native for change in changes if isinstance(change, kind) and change.native is not None}


def licensed(org: Org) -> Native:
    licence = org.id_of("PermissionSetLicense", LICENSE.name, "DeveloperName")
    return permission_set(org, LicenseId=licence)[0]


def assigned(org: Org, maria: Vendor) -> list[object]:
    rows = org.query(
        "SELECT PermissionSetLicense.PermissionSetLicenseKey FROM PermissionSetLicenseAssign "
        f"WHERE AssigneeId = '{maria.id}'"
    )
    return [row["PermissionSetLicense"]["PermissionSetLicenseKey"] for row in rows]  # type: ignore[index]


def test_a_licence_comes_and_goes_with_the_permission_set_that_needs_it(org: Org, maria: Vendor) -> None:
    one, other = licensed(org), licensed(org)
    maria.declared = [(one, ()), (other, ())]
    assert natives(maria.run(), GrantBinding) == {one, other}
    assert assigned(org, maria) == [LICENSE.name]
    maria.declared, maria.lapsed = [(other, ())], [(one, ())]
    assert natives(maria.run(), RevokeBinding) == {one}, "another still needs the licence"
    maria.declared, maria.lapsed = [], [(other, ())]
    changes = maria.run()
    assert natives(changes, RevokeBinding) == {other, LICENSE}
    assert {change.reasons[0].code for change in changes} == {ReasonCode.EXPIRED}, "and for the same reason"
    assert assigned(org, maria) == []


def test_a_licence_that_is_declared_by_itself_stays(org: Org, maria: Vendor) -> None:
    one = licensed(org)
    maria.declared = [(one, ()), (LICENSE, ())]
    maria.run()
    maria.declared = [(LICENSE, ())]
    assert natives(maria.run(), RevokeBinding) == {one}
    assert assigned(org, maria) == [LICENSE.name]


@pytest.mark.parametrize("freezes", [True, False])
def test_a_profile_that_is_put_right_closes_no_account(org: Org, freezes: bool) -> None:  # noqa: FBT001  both
    """What the wrong profile allows goes with it."""
    maria = Vendor(org, *org.user("Standard User"), terms=Terms(freezes=freezes))
    one, _ = permission_set(org)
    maria.declared, maria.attributes = [(one, ())], {"profile": "Vendor Support"}
    changes = maria.run()
    assert [change for change in changes if isinstance(change, DisableAccount)] == []
    assert [change.attributes for change in changes if isinstance(change, UpdateAccount)] == [maria.attributes]
    assert natives(changes, GrantBinding) == {one}
    assert maria.held == 0


@pytest.mark.parametrize("freezes", [True, False])
def test_a_profile_that_nobody_asks_to_change_is_said(org: Org, freezes: bool) -> None:  # noqa: FBT001  both
    maria = Vendor(org, *org.user("Standard User"), terms=Terms(freezes=freezes))
    changes = maria.plan()
    assert [type(change) for change in changes] == ([DisableAccount] if freezes else [])
    assert bool(maria.held) is not freezes


def shared(org: Org, maria: Vendor) -> list[object]:
    where = f"UserOrGroupId = '{maria.id}' AND RowCause = 'Manual'"
    return [row["CaseAccessLevel"] for row in org.query(f"SELECT CaseAccessLevel FROM CaseShare WHERE {where}")]


def test_a_wide_share_that_is_declared_includes_the_narrow_one(org: Org, maria: Vendor) -> None:
    _, number = case(org)
    scope: Scope = (("cases", (number,)),)
    maria.declared = [(READ, scope), (EDIT, scope)]
    assert natives(maria.run(), GrantBinding) == {EDIT}
    assert shared(org, maria) == ["Edit"]
    maria.declared, maria.lapsed = [(READ, scope)], [(EDIT, scope)]
    changes = maria.run()
    assert (natives(changes, RevokeBinding), natives(changes, GrantBinding)) == ({EDIT}, {READ})
    assert shared(org, maria) == ["Read"]
    maria.declared, maria.lapsed = [(READ, scope), (EDIT, scope)], []
    assert natives(maria.run(), GrantBinding) == {EDIT}
    assert shared(org, maria) == ["Edit"]


def test_a_wide_share_that_nobody_declares_includes_nothing(org: Org, maria: Vendor) -> None:
    made, number = case(org)
    org.create("CaseShare", CaseId=made, UserOrGroupId=maria.id, CaseAccessLevel="Edit")
    maria.declared = [(READ, (("cases", (number,)),))]
    changes = maria.run()
    assert (natives(changes, RevokeBinding), natives(changes, GrantBinding)) == ({EDIT}, {READ})
    assert shared(org, maria) == ["Read"]


def test_shares_of_which_neither_includes_the_other_are_one_row(org: Org, maria: Vendor) -> None:
    made, _ = account(org)
    scope: Scope = (("accounts", (made,)),)
    wide, deep = Native("accountShare", "Edit"), Native("accountShare", "Read, cases Edit")
    both = Native("accountShare", "Edit, cases Edit")
    for declared in ([wide, deep], [wide], [wide, deep], [deep], [deep, both]):
        maria.declared = [(native, scope) for native in declared]
        maria.run()
        live = maria.observe()
        (found,) = (one.key.native for one in live.bindings if one.key.scope)
        assert found == (both if len(declared) > 1 else declared[0])


def test_a_share_in_doubt_is_left_and_includes_what_it_gives(org: Org, maria: Vendor) -> None:
    """Doubt neither grants nor revokes: neither the wide share nor the narrow one is planned."""
    made, number = case(org)
    org.create("CaseShare", CaseId=made, UserOrGroupId=maria.id, CaseAccessLevel="Edit")
    scope: Scope = (("cases", (number,)),)
    maria.declared = [(READ, scope)]
    live = maria.observe()
    memory = TargetMemory(live.stable_id)
    demand = weigh(maria._asked(live), live, memory, live.at)
    grant = demand.wanted[BindingKey(maria.id, READ, scope)].grant
    doubtful = replace(
        demand,
        uncertain={
            BindingKey(maria.id, EDIT, scope): (grant, demand.wanted[BindingKey(maria.id, READ, scope)].reasons[0])
        },
    )
    assert diff(doubtful, live, memory)[0] == []
