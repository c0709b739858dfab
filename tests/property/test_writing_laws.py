"""The laws of writing and of reach: what stands on something failed is not given, and shared roles go with holders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.apply import write
from reconciler.desired.models import EnvReference, Guard, Limit, TargetSpec
from reconciler.model import Live, Mode, ReasonCode
from reconciler.plan.changes import (
    AnyChange,
    CreateAccount,
    CreateRole,
    DeleteRole,
    DisableAccount,
    EnableAccount,
    GrantBinding,
    UpdateAccount,
    UpdateRole,
)
from reconciler.plan.guard import guard
from reconciler.plan.memory import Memory
from reconciler.plan.plan import Narrowing
from reconciler.plan.reach import covered, mode_of
from reconciler.ports import Finding, Outcome, OutcomeStatus, Sought
from tests.property.strategies import TARGET, VENDORS
from tests.property.test_wide_laws import planned
from tests.property.wide_worlds import Wide, wide_worlds

laws = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@dataclass
class Failing:
    """A connector that writes all but some changes, and remembers what it was told to write."""

    failing: frozenset[str]
    told: list[AnyChange]

    def observe(self, sought: Sought) -> Live:
        raise AssertionError(sought)

    def apply(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        for change in changes:
            self.told.append(change)
            yield Outcome(change, OutcomeStatus.FAILED if change.id in self.failing else OutcomeStatus.DONE, "no")

    def residue(self, accounts: Sequence[str]) -> Sequence[str]:
        raise AssertionError(accounts)

    def diagnose(self) -> Sequence[Finding]:
        return ()

    def close(self) -> None:
        pass


@laws
@given(wide_worlds(), st.data())
def test_nothing_is_given_on_what_could_not_be_written(wide: Wide, data: st.DataObject) -> None:
    """Not without its account, and not without its right definition; everything else is written all the same."""
    _, changes, _ = planned(wide)
    ordered = sorted(changes, key=lambda change: change.order)
    failing = frozenset(data.draw(st.lists(st.sampled_from([c.id for c in ordered])))) if ordered else frozenset[str]()
    connector = Failing(failing, [])
    outcomes = write(ordered, {TARGET: connector})
    assert sorted(outcome.change.id for outcome in outcomes) == sorted(change.id for change in ordered)
    told = {change.id for change in connector.told}
    homeless = {change.account for change in ordered if isinstance(change, CreateAccount) and change.id in failing}
    wrong = {c.native for c in ordered if isinstance(c, CreateRole | UpdateRole) and c.id in failing}
    for change in ordered:
        needs_account = change.account in homeless and not isinstance(change, CreateAccount)
        needs_role = isinstance(change, GrantBinding) and change.native in wrong
        if needs_role or (needs_account and change.order > _creation(ordered, change.account)):
            assert change.id not in told
        elif change.native not in wrong:
            assert change.id in told or change.account in homeless


def _creation(ordered: Sequence[AnyChange], account: str) -> tuple[int, str, str, str]:
    return next(each.order for each in ordered if isinstance(each, CreateAccount) and each.account == account)


@laws
@given(wide_worlds(), st.lists(st.sampled_from(VENDORS), unique=True, min_size=1))
def test_a_narrowed_run_takes_the_shared_definition_along(wide: Wide, vendors: list[str]) -> None:
    """With a grant comes what it stands on, and nothing that only others stand on."""
    wanted, changes, _ = planned(wide)
    some = covered(changes, wanted, Narrowing(vendors=tuple(vendors)))
    assert {change.vendor for change in some} <= {*vendors, None}
    given = {change.native for change in some if isinstance(change, GrantBinding)}
    for change in changes:
        if isinstance(change, CreateRole):
            assert (change in some) is (change.native in given)
        if isinstance(change, DeleteRole):
            assert change not in some
    for change in some:
        if change.vendor is None:
            holders = {want.grant.vendor for key, want in wanted.wanted.items() if key.native == change.native}
            assert holders & set(vendors)
    assert covered(changes, wanted, Narrowing()) == changes


@laws
@given(wide_worlds(), st.sampled_from(Mode), st.dictionaries(st.sampled_from(VENDORS), st.sampled_from(Mode)))
def test_a_role_is_written_when_somebody_enforced_needs_it(wide: Wide, mode: Mode, vendors: dict[str, Mode]) -> None:
    """No enforced grant is written while the definition that it stands on is only observed, nor the other way round."""
    wanted, changes, _ = planned(wide)
    spec = TargetSpec.model_validate(
        {"connector": "memory", "mode": mode, "vendorModes": vendors, "url": EnvReference(env="GUESTLIST_URL")}
    )
    modes = mode_of(changes, wanted, spec)
    given = [change for change in changes if isinstance(change, GrantBinding)]
    for change in changes:
        if change.vendor is not None:
            assert modes(change) is vendors.get(change.vendor, mode)
        elif isinstance(change, CreateRole):
            needed = {modes(grant) for grant in given if grant.native == change.native}
            assert (modes(change) is Mode.ENFORCE) is (Mode.ENFORCE in needed)
        elif isinstance(change, DeleteRole):
            leaving = {modes(other) for other in changes if other.action == "revoke" and other.native == change.native}
            assert modes(change) is (Mode.OBSERVE if Mode.OBSERVE in leaving else mode)


NONE = Limit(max=0, percent=0)


@laws
@given(wide_worlds())
def test_where_nothing_is_allowed_nothing_is_given(wide: Wide) -> None:
    """Created, opened and corrected accounts count as giving, closings as closing; what ended by itself as nothing."""
    _, changes, _ = planned(wide)
    memory = Memory(targets={TARGET: wide.state.memory})
    limits = Guard(grants=NONE, revocations=NONE, disabled=NONE)
    verdict = guard(changes, live=wide.world.live, limits=limits, lifts=(), memory=memory)
    ended = {ReasonCode.EXPIRED, ReasonCode.CONTRACT_ENDED, ReasonCode.CASE_CLOSED, ReasonCode.OFFBOARDED}
    for change in changes:
        if isinstance(change, GrantBinding | CreateAccount | EnableAccount):
            assert change.id in verdict.blocked
        if isinstance(change, DisableAccount):
            assert (change.id in verdict.blocked) is (change.cause.code not in ended)
        if isinstance(change, UpdateAccount):
            by_hand = memory.of(wide.world.live).edited_since(change.account, change.before or {})
            assert (change.id in verdict.blocked) is not by_hand
        if change.action == "revoke" and change.cause.code in ended:
            assert change.id not in verdict.blocked


@laws
@given(wide_worlds())
def test_a_damaged_ledger_exempts_no_correction(wide: Wide) -> None:
    """Without memory, everything that is not a declared end counts."""
    _, changes, _ = planned(replace(wide, state=replace(wide.state, accounts={})))
    limits = Guard(grants=NONE, revocations=NONE, disabled=NONE)
    memory = Memory(readable=False, targets={TARGET: wide.state.memory})
    verdict = guard(changes, live=wide.world.live, limits=limits, lifts=(), memory=memory)
    assert all(change.id in verdict.blocked for change in changes if isinstance(change, UpdateAccount))
