"""The laws of looking, over random worlds: what could not be read completely is not planned."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.desired.models import EnvReference, Limit, TargetSpec
from reconciler.desired.models import Guard as Limits
from reconciler.errors import TargetError, Unauthorized, Unreachable, Unreadable
from reconciler.model import Live, Mode, ReasonCode
from reconciler.plan.changes import AnyChange
from reconciler.plan.memory import Memory
from reconciler.plan.terms import Terms
from reconciler.ports import Connector, Finding, Outcome, Sought
from reconciler.run import KNOWN, _reading
from reconciler.survey import Question, Survey, sought, survey
from tests.property.strategies import NOW, TARGET, World, worlds
from tests.property.test_wide_laws import planned
from tests.property.wide_worlds import Wide, wide_worlds

GENEROUS = Limit(max=1000, percent=100)
SPEC = TargetSpec.model_validate(
    {
        "connector": "memory",
        "mode": Mode.ENFORCE,
        "url": EnvReference(env="GUESTLIST_URL"),
        "guard": Limits(grants=GENEROUS, revocations=GENEROUS, disabled=GENEROUS),
    }
)


class Showing:
    """A connector that shows one reading, or fails."""

    def __init__(self, shown: Live | TargetError) -> None:
        self._shown = shown

    def observe(self, sought: Sought) -> Live:
        del sought
        if isinstance(self._shown, TargetError):
            raise self._shown
        return self._shown

    def apply(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        raise AssertionError(changes)

    def residue(self, accounts: Sequence[str]) -> Sequence[str]:
        raise AssertionError(accounts)

    def diagnose(self) -> Sequence[Finding]:
        return ()

    def close(self) -> None:
        pass


class Still:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW


def seen(world: World, shown: Live | TargetError, spec: TargetSpec = SPEC, memory: Memory | None = None) -> Survey:
    connectors: Mapping[str, Connector | TargetError] = {TARGET: Showing(shown)}
    question = Question("r", NOW, {TARGET: spec}, world.asked, memory or Memory())
    return survey(question, connectors, Still())


@given(worlds(), st.lists(st.sampled_from(("users", "assignments", "groups")), min_size=1, unique=True))
def test_an_incomplete_reading_changes_nothing(world: World, gaps: list[str]) -> None:
    """Whatever else was read, and however much is missing from it: nothing is planned, and it is said."""
    plan = seen(world, replace(world.live, gaps=tuple(gaps))).plan
    assert plan.changes == ()
    assert {hold.reason.code for hold in plan.held} == {ReasonCode.UNREADABLE}
    assert [view.complete for view in plan.targets] == [False]


@pytest.mark.parametrize("error", [Unreachable("gone"), Unauthorized("no"), Unreadable("half")])
@given(worlds())
def test_an_error_changes_nothing(error: TargetError, world: World) -> None:
    """An answer that did not come is not an empty answer."""
    plan = seen(world, error).plan
    assert (plan.changes, len(plan.held)) == ((), 1)


@given(worlds(), st.integers(min_value=-600, max_value=600))
def test_a_clock_apart_changes_nothing(world: World, seconds: int) -> None:
    """More than two minutes either way, and nobody knows whose end counts."""
    plan = seen(world, replace(world.live, at=NOW + timedelta(seconds=seconds))).plan
    skewed = {hold.reason.code for hold in plan.held} == {ReasonCode.CLOCK_SKEW}
    assert skewed is (abs(seconds) > 120)
    assert not (skewed and plan.changes)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(wide_worlds())
def test_everything_that_is_declared_is_sought(wide: Wide) -> None:
    """Each account, each role that exists there, each scope, and each label; nothing of another target's."""
    asked = wide.world.asked
    wanted = sought(Question("r", NOW, {TARGET: SPEC}, asked, Memory(targets={TARGET: wide.state.memory})), TARGET)
    assert wanted.declared == {claim.key for claim in asked.claims}
    assert wanted.governed == wide.state.accounts.keys()
    assert wanted.labelled == {"Case.SSN__c"}
    for grant in asked.grants:
        assert grant.native is not None
        if grant.scope:
            assert (grant.native, grant.scope) in wanted.scoped
        elif grant.definition is None:
            assert grant.native in wanted.natives
    other = sought(Question("r", NOW, {}, asked), "elsewhere")
    assert other == Sought()


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(wide_worlds())
def test_settings_reach_the_plan(wide: Wide) -> None:
    """What the target's Settings say of accounts and of what cannot be taken away is what is planned by."""
    grace = wide.terms.grace
    spec = SPEC.model_copy(
        update={
            "unremovable": "freeze" if wide.terms.freezes else "hold",
            "accounts": "create" if wide.terms.creates else "existing",
            "deactivate_after": None if grace is None else grace.days,
        }
    )
    assert Terms.of(spec) == wide.terms
    noted = replace(wide.world.live, notes=("case teams are not enabled",))
    plan = seen(wide.world, noted, spec, Memory(targets={TARGET: wide.state.memory})).plan
    _, changes, _ = planned(wide)
    assert {change.id for change in plan.changes} == {change.id for change in changes}
    assert [view.notes for view in plan.targets] == [noted.notes]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(wide_worlds())
def test_what_cannot_be_taken_away_makes_nobody_doubt_the_rest(wide: Wide) -> None:
    """An account is remembered as clean when what is left on it is known; not when something of it is in doubt."""
    looked = seen(wide.world, wide.world.live, memory=Memory(targets={TARGET: wide.state.memory}))
    reading = _reading(looked, TARGET, verified=True)
    assert reading is not None
    pending = {change.account for change in looked.plan.changes}
    for account in wide.world.live.population():
        codes = {hold.reason.code for hold in looked.plan.held if hold.account == account.name}
        doubt = account.id in looked.demands[TARGET].matching.held or codes - KNOWN
        assert reading.left[account.id] is (account.id not in pending and not doubt)


class Leasing(Showing):
    """A connector that says what outlives changes, and remembers which it was asked about."""

    def __init__(self, shown: Live | TargetError) -> None:
        super().__init__(shown)
        self.asked: list[AnyChange] = []

    def outliving(self, changes: Sequence[AnyChange]) -> Sequence[str]:
        self.asked += changes
        return ("a lease lives on",)


@given(worlds())
def test_what_outlives_the_planned_changes_is_noted_with_them(world: World) -> None:
    """Asked once, of exactly the changes that are planned; never where nothing changes; it changes no digest."""
    made = Leasing(world.live)
    question = Question("r", NOW, {TARGET: SPEC}, world.asked, Memory())
    plan = survey(question, {TARGET: made}, Still()).plan
    assert plan.digest == seen(world, world.live).plan.digest
    assert tuple(made.asked) == plan.changes
    (view,) = plan.targets
    assert view.notes == ((*world.live.notes, "a lease lives on") if plan.changes else world.live.notes)
