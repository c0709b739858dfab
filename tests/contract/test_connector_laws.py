"""The laws that every connector keeps, whatever its target."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.errors import (
    Conflict,
    Missing,
    RateLimited,
    TargetError,
    Unauthorized,
    Unreachable,
    Unreadable,
)
from reconciler.model import BindingKey, Live
from reconciler.plan.changes import AnyChange
from reconciler.ports import Connector, Outcome, OutcomeStatus, Sought
from tests.contract.worlds import Fault, FaultProxy, Manner, World

UNTIL = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=9)


def look(world: World, address: str | None = None) -> Live:
    with closing(world.connector(address or world.address)) as connector:
        return connector.observe(Sought())


def write(connector: Connector, stages: Sequence[Sequence[AnyChange]]) -> list[Outcome]:
    return [outcome for stage in stages for outcome in connector.apply(stage)]


def statuses(outcomes: Sequence[Outcome]) -> set[OutcomeStatus]:
    return {outcome.status for outcome in outcomes}


def test_observing_is_pure(world: World) -> None:
    """Looking changes nothing, and looking twice shows the same."""
    account = world.account()
    world.intrude(account)
    before = world.snapshot()
    first, second = look(world), look(world)
    assert world.snapshot() == before
    assert first == replace(second, at=first.at)


def test_a_vendors_account_is_in_the_population(world: World) -> None:
    """What the predicates select is seen as inside, enabled, and under a key."""
    account = world.account()
    found = look(world).accounts[account]
    assert found.inside
    assert found.enabled
    assert found.keys


def test_applying_gives_what_was_asked(world: World) -> None:
    """After the changes are applied, the binding is live with its end, for us and for a witness."""
    key, stages = world.granting(world.account(), UNTIL)
    with closing(world.connector(world.address)) as connector:
        outcomes = write(connector, stages)
        live = connector.observe(Sought())
    assert statuses(outcomes) == {OutcomeStatus.DONE}
    (binding,) = [binding for binding in live.bindings if binding.key == key]
    assert binding.until == UNTIL
    assert world.holds(key)


def test_twice_is_once(world: World) -> None:
    """Applying the same changes again finds everything already so, and changes nothing."""
    _, stages = world.granting(world.account(), UNTIL)
    with closing(world.connector(world.address)) as connector:
        write(connector, stages)
        before = world.snapshot()
        again = write(connector, stages)
    assert statuses(again) == {OutcomeStatus.ALREADY}
    assert world.snapshot() == before


def test_what_nobody_declared_is_seen_and_taken_away(world: World) -> None:
    """A binding made by hand is observed, revoked, and gone for a witness; nothing else of the account goes."""
    account = world.account()
    kept, stages = world.granting(account, UNTIL)
    with closing(world.connector(world.address)) as connector:
        write(connector, stages)
        key = BindingKey(account, world.intrude(account))
        assert key in {binding.key for binding in connector.observe(Sought()).bindings}
        first, second = (list(connector.apply([world.revoking(key)])) for _ in range(2))
    assert (statuses(first), statuses(second)) == ({OutcomeStatus.DONE}, {OutcomeStatus.ALREADY})
    assert not world.holds(key)
    assert world.holds(kept)


def test_every_change_has_one_outcome_and_one_failure_stops_no_other(world: World) -> None:
    """A change that cannot be made fails alone."""
    good, bad = world.account(), world.account()
    (_, good_stages), (_, bad_stages) = world.granting(good, UNTIL), world.granting(bad, UNTIL)
    impossible = replace(bad_stages[-1][0], account="00000000-0000-0000-0000-000000000000")
    with closing(world.connector(world.address)) as connector:
        write(connector, good_stages[:-1])
        outcomes = list(connector.apply([impossible, *good_stages[-1]]))
    assert {outcome.change: outcome.status for outcome in outcomes} == {
        impossible: OutcomeStatus.FAILED,
        good_stages[-1][0]: OutcomeStatus.DONE,
    }


def test_a_change_is_never_replayed_elsewhere(world: World) -> None:
    """What was planned for another target fails, and nothing is written."""
    _, stages = world.granting(world.account(), UNTIL)
    before = world.snapshot()
    with closing(world.connector(world.address)) as connector:
        elsewhere = [[replace(change, stable_id="somewhere-else") for change in stage] for stage in stages]
        assert statuses(write(connector, elsewhere)) == {OutcomeStatus.FAILED}
    assert world.snapshot() == before


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, Unauthorized),
        (403, Unauthorized),
        (404, Missing),
        (409, Conflict),
        (429, RateLimited),
        (500, Unreachable),
        (502, Unreachable),
        (503, Unreachable),
        (504, Unreachable),
    ],
)
def test_refusals_are_told_in_our_words(
    world: World, proxy: FaultProxy, status: int, expected: type[TargetError]
) -> None:
    """Each status of the target is one error of ours, and carries no secret, whatever the answer says."""
    proxy.fault = Fault(world.central, status=status, body=world.refusal(status), headers={"Retry-After": "1"})
    with pytest.raises(expected) as caught:
        look(world, proxy.address)
    assert not [secret for secret in world.secrets if secret in str(caught.value)]


@pytest.mark.parametrize(
    ("manner", "expected"),
    [("cut", Unreachable), ("hang", Unreachable), ("half", Unreachable), ("garbage", Unreadable)],
)
def test_broken_answers_are_told_in_our_words(
    world: World, proxy: FaultProxy, manner: Manner, expected: type[TargetError]
) -> None:
    """A cut, a silence, half an answer and nonsense are errors, never an empty target."""
    proxy.fault = Fault(world.central, manner=manner)
    with pytest.raises(expected):
        look(world, proxy.address)


@pytest.mark.parametrize("fault", [Fault("", status=503), Fault("", status=429), Fault("", manner="cut")])
def test_a_passing_fault_is_retried(world: World, proxy: FaultProxy, fault: Fault) -> None:
    """What fails once and then works is no failure."""
    proxy.fault = replace(fault, url=world.central, times=1, body=world.refusal(fault.status))
    assert look(world, proxy.address).complete


@pytest.mark.parametrize("status", [403, 500])
def test_an_incomplete_reading_says_so(world: World, proxy: FaultProxy, status: int) -> None:
    """When one of many readings fails, the whole says that it is not whole."""
    url = world.partial.replace("{account}", world.account())
    proxy.fault = Fault(url, status=status, body=world.refusal(status))
    assert not look(world, proxy.address).complete


def test_an_unreachable_target_fails_every_change(world: World, proxy: FaultProxy) -> None:
    """With the target gone, each change has its failed outcome, and no exception leaves `apply`."""
    _, stages = world.granting(world.account(), UNTIL)
    proxy.fault = Fault("", manner="cut")
    with closing(world.connector(proxy.address)) as connector:
        outcomes = write(connector, stages)
    assert len(outcomes) == sum(map(len, stages))
    assert statuses(outcomes) == {OutcomeStatus.FAILED}


def test_diagnosis_of_the_least_rights_is_clean(world: World) -> None:
    """With the rights that the connector itself asks for, nothing needs attention."""
    with closing(world.connector(world.address)) as connector:
        assert not [finding for finding in connector.diagnose() if finding.ok is False]
