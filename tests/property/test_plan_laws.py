"""The laws of planning, over random worlds."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.admission.judge import judge
from reconciler.admission.judgement import Admitted, Lapsed, Unknown
from reconciler.desired.models import Guard, Limit
from reconciler.model import BindingKey, Grant, ReasonCode
from reconciler.plan.changes import AnyChange, GrantBinding, RevokeBinding
from reconciler.plan.demand import Demand
from reconciler.plan.diff import diff
from reconciler.plan.guard import guard
from reconciler.plan.memory import AccountMemory, Memory, TargetMemory
from reconciler.plan.plan import Plan
from reconciler.plan.weighing import weigh
from tests.property.model_target import written
from tests.property.strategies import NOW, World, grants, principals, worlds

REMEMBERED = TargetMemory("org-1")


def planned(world: World, memory: TargetMemory = REMEMBERED) -> tuple[Demand, list[AnyChange]]:
    wanted = weigh(world.asked, world.live, memory, NOW)
    changes, _ = diff(wanted, world.live, memory)
    return wanted, changes


@given(worlds())
def test_writing_the_plan_leaves_nothing_to_plan(world: World) -> None:
    """A run converges: a second run right after a good one plans nothing."""
    _, changes = planned(world)
    _, again = planned(replace(world, live=written(world.live, changes)))
    assert again == []


@given(worlds())
def test_after_the_plan_live_is_desired(world: World) -> None:
    """What stands afterwards in the population is exactly what is wanted, and what is held."""
    wanted, changes = planned(world)
    after = written(world.live, changes)
    held = set(wanted.uncertain)
    shaky = {owned.account.id for owned in wanted.matching.owners.values() if owned.claim.doubt is not None}
    for binding in after.bindings:
        unlisted = binding.key.account not in wanted.matching.owners
        assert (
            binding.key in wanted.wanted
            or binding.key in held
            or binding.key.account in shaky
            or (unlisted and wanted.blind is not None)
        )
    assert set(wanted.wanted) <= {binding.key for binding in after.bindings}


@settings(max_examples=500)
@given(worlds())
def test_what_is_wanted_has_its_latest_end_and_its_definition(world: World) -> None:
    """A binding lasts until the latest end of the grants admitted for it, and allows what its role declares."""
    _, changes = planned(world)
    after = written(world.live, changes)
    ends = {binding.key: binding.until for binding in after.bindings}
    for grant in world.asked.grants:
        owner = next((a for a in after.accounts.values() if a.inside and grant.key in a.keys), None)
        if not isinstance(judge(grant, NOW), Admitted) or owner is None or grant.native is None:
            continue
        key = BindingKey(owner.id, grant.native)
        end = ends.get(key)
        if end is not None:
            assert end >= grant.until
            assert end in {other.until for other in world.asked.grants}
        if grant.definition is not None and key in ends:
            assert after.definitions[grant.native].meaning == grant.definition.meaning


@settings(max_examples=500)
@given(worlds())
def test_what_is_in_doubt_stays_as_it_is(world: World) -> None:
    """A binding that only a doubtful grant asks for stands or falls with nothing that we do, and so does its role."""
    _, changes = planned(world)
    after = written(world.live, changes)
    certain = {
        (grant.key, grant.native) for grant in world.asked.grants if isinstance(judge(grant, NOW), Admitted | Lapsed)
    }
    for grant in world.asked.grants:
        owner = next((a for a in after.accounts.values() if a.inside and grant.key in a.keys), None)
        if not isinstance(judge(grant, NOW), Unknown) or grant.native is None or owner is None:
            continue
        if (grant.key, grant.native) in certain:
            continue
        stood = [binding for binding in world.live.bindings if binding.key == BindingKey(owner.id, grant.native)]
        assert [binding for binding in after.bindings if binding.key == BindingKey(owner.id, grant.native)] == stood
        assert after.definitions.get(grant.native) == world.live.definitions.get(grant.native)


@given(worlds())
def test_nothing_outside_the_population_is_ever_changed(world: World) -> None:
    """No write outside the population."""
    _, changes = planned(world)
    outside = {account.id for account in world.live.accounts.values() if not account.inside}
    assert not [change for change in changes if change.account in outside]


@given(worlds())
def test_an_expired_grant_never_survives(world: World) -> None:
    """Whatever has ended is gone afterwards, at any position, in any number, in doubt or not."""
    _, changes = planned(world)
    after = {binding.key for binding in written(world.live, changes).bindings}
    lasting = {(grant.key, grant.native) for grant in world.asked.grants if grant.until > NOW}
    for grant in world.asked.grants:
        gone = grant.until <= NOW and (grant.key, grant.native) not in lasting
        for key in after if gone else ():
            assert (world.live.accounts[key.account].keys, key.native) != (frozenset({grant.key}), grant.native) or (
                world.live.accounts[key.account].inside is False
            )


@given(worlds())
def test_doubt_neither_grants_nor_revokes(world: World) -> None:
    """On the account of a vendor whose file is broken, nothing is given, and only what had ended is taken."""
    _, changes = planned(world)
    doubted = {claim.vendor for claim in world.asked.claims if claim.doubt is not None}
    for change in changes:
        if change.vendor in doubted:
            assert isinstance(change, RevokeBinding) or change.kind == "role"
            assert change.reason.code in {ReasonCode.EXPIRED, ReasonCode.CONTRACT_ENDED}


@given(worlds(), st.randoms(use_true_random=False))
def test_the_digest_ignores_order(world: World, shuffle: random.Random) -> None:
    """The same world has the same digest, in whatever order it was declared and read."""
    _, changes = planned(world)
    asked = replace(
        world.asked, grants=_shuffled(world.asked.grants, shuffle), claims=_shuffled(world.asked.claims, shuffle)
    )
    live = replace(world.live, bindings=_shuffled(world.live.bindings, shuffle))
    _, other = planned(World(asked, live))
    assert Plan("r", NOW, tuple(changes)).digest == Plan("s", NOW, tuple(other)).digest


Item = TypeVar("Item")


def _shuffled(items: tuple[Item, ...], shuffle: random.Random) -> tuple[Item, ...]:
    return tuple(shuffle.sample(items, len(items)))


@given(principals("p").flatmap(lambda who: grants("acme", who)))
def test_admission_is_monotonic(grant: Grant) -> None:
    """Taking away a proof, a condition, the sponsor or valid days never admits more."""
    poorer = [
        replace(grant, principal=replace(grant.principal, proofed=None)),
        replace(grant, principal=replace(grant.principal, mfa=False)),
        replace(grant, principal=replace(grant.principal, accountable=None)),
        replace(grant, sponsor=replace(grant.sponsor, known=False)),
        replace(grant, sponsor=replace(grant.sponsor, since=grant.sponsor.since + timedelta(days=1))),
        replace(grant, end=grant.end - timedelta(days=1)),
        replace(grant, contract_end=grant.contract_end - timedelta(days=1)),
    ]
    if isinstance(judge(grant, NOW), Lapsed):
        assert not any(isinstance(judge(less, NOW), Admitted) for less in poorer)


@given(worlds(), st.integers(0, 6), st.integers(0, 100))
def test_the_guard_is_monotonic(world: World, most: int, percent: int) -> None:
    """More of the same changes is never let through where fewer were stopped."""
    _, changes = planned(world)
    limit = Limit(max=most, percent=percent)
    limits = Guard(grants=limit, revocations=limit, disabled=limit)
    for size in range(len(changes)):
        fewer = guard(changes[:size], live=world.live, limits=limits, lifts=(), memory=Memory())
        more = guard(changes[: size + 1], live=world.live, limits=limits, lifts=(), memory=Memory())
        assert not fewer.blocked or more.blocked


@given(worlds(), st.integers(1, 99))
def test_what_was_done_before_never_makes_room(world: World, percent: int) -> None:
    """Changes of the last 24 hours, these or others, let nothing through that an empty day would stop."""
    _, changes = planned(world)
    limit = Limit(max=50, percent=percent)
    limits = Guard(grants=limit, revocations=limit, disabled=limit)
    fresh = guard(changes, live=world.live, limits=limits, lifts=(), memory=Memory())
    again = {(world.live.stable_id, name): ids for name, ids in fresh.counted.items()}
    tired = guard(changes, live=world.live, limits=limits, lifts=(), memory=Memory(spent=again))
    assert fresh.blocked <= tired.blocked


@given(worlds())
def test_zero_means_zero(world: World) -> None:
    """With limits of nothing, only what ended by its own declaration or was added by hand is written."""
    _, changes = planned(world)
    nothing = Limit(max=0, percent=0)
    verdict = guard(
        changes,
        live=world.live,
        limits=Guard(grants=nothing, revocations=nothing, disabled=nothing),
        lifts=(),
        memory=Memory(),
    )
    for change in changes:
        assert change.id in verdict.blocked or not isinstance(change, GrantBinding)
        if isinstance(change, RevokeBinding) and change.reason.code is ReasonCode.UNDECLARED:
            assert change.id in verdict.blocked


@given(worlds())
def test_a_guard_is_no_shield_for_what_was_added_by_hand(world: World) -> None:
    """What somebody added to accounts that a verified run left clean is taken away, however much it is."""
    clean = {id_: AccountMemory(account.name, clean=True) for id_, account in world.live.accounts.items()}
    memory = TargetMemory("org-1", accounts=clean, definitions={})
    _, changes = planned(world, memory)
    nothing = Limit(max=0, percent=0)
    verdict = guard(
        changes,
        live=world.live,
        limits=Guard(grants=nothing, revocations=nothing, disabled=nothing),
        lifts=(),
        memory=Memory(targets={world.live.target: memory}),
    )
    for change in changes:
        if isinstance(change, RevokeBinding) and change.reason.code is ReasonCode.UNDECLARED:
            assert change.id not in verdict.blocked
