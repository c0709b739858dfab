"""A server that is sealed, a standby, restarting, or cut off: held and said, and the next run finishes the work."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from connectors.vault.connector import VaultConnector
from reconciler.errors import Unreachable
from reconciler.model import BindingKey, Entitlements, Live, ReasonCode
from reconciler.plan.changes import AnyChange
from reconciler.ports import Outcome, OutcomeStatus, Sought
from reconciler.survey import Question, survey
from tests.connectors.vault.durable import Durable, durable
from tests.contract.vault_world import IMPATIENT, VaultWorld, target_spec
from tests.contract.worlds import Fault, FaultProxy, Manner, fault_proxy, make_certificates

UNTIL = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=9)
DONE, FAILED = OutcomeStatus.DONE, OutcomeStatus.FAILED


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Durable]:
    directory = tmp_path_factory.mktemp("durable")
    with durable(directory, make_certificates(directory)) as made:
        yield made


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def held(connector: VaultConnector) -> tuple[list[ReasonCode], str]:
    """What a plan says of the target: nothing but that it is held, and why."""
    question = Question("r", datetime.now(UTC), {"vault": target_spec()}, Entitlements())
    plan = survey(question, {"vault": connector}, Clock()).plan
    assert plan.changes == ()
    return [hold.reason.code for hold in plan.held], " ".join(hold.reason.text for hold in plan.held)


def write(connector: VaultConnector, stages: Sequence[Sequence[AnyChange]]) -> list[Outcome]:
    return [outcome for stage in stages for outcome in connector.apply(stage)]


def statuses(outcomes: Sequence[Outcome]) -> set[OutcomeStatus]:
    return {outcome.status for outcome in outcomes}


def looked(connector: VaultConnector) -> Live:
    return connector.observe(Sought())


def test_a_sealed_server_is_held_and_a_run_that_it_interrupts_is_finished_by_the_next(server: Durable) -> None:
    """Sealed between two stages: what was not written fails with the cause, what was is found done."""
    world = server.world
    key, stages = world.granting(world.account(), UNTIL)
    with closing(world.connector()) as connector:
        looked(connector)
        assert statuses(write(connector, stages[:1])) == {DONE}
        server.seal()
        interrupted = write(connector, stages[1:])
        assert statuses(interrupted) == {FAILED}
        assert "sealed" in interrupted[0].text
        codes, text = held(connector)
        assert codes == [ReasonCode.UNREADABLE]
        assert "sealed" in text
        server.unseal()
    with closing(world.connector()) as connector:
        assert looked(connector).complete
        assert statuses(write(connector, stages)) == {OutcomeStatus.ALREADY, DONE}
    assert world.holds(key)


def test_a_killed_and_restarted_server_keeps_what_was_written_and_takes_the_rest(server: Durable) -> None:
    """`kill -9` between two stages, a start (sealed), an unsealing: the same session goes on where it was."""
    world = server.world
    key, stages = world.granting(world.account(), UNTIL)
    with closing(world.connector()) as connector:
        looked(connector)
        assert statuses(write(connector, stages[:1])) == {DONE}
        server.kill()
        interrupted = write(connector, stages[1:])
        assert statuses(interrupted) == {FAILED}
        assert held(connector)[0] == [ReasonCode.UNREADABLE]
        server.start()
        assert "sealed" in held(connector)[1]
        server.unseal()
        assert BindingKey(key.account, key.native) not in {binding.key for binding in looked(connector).bindings}
        assert statuses(write(connector, stages)) == {OutcomeStatus.ALREADY, DONE}
        (binding,) = [binding for binding in looked(connector).bindings if binding.key == key]
    assert binding.until == UNTIL


def health(*, sealed: bool = False, standby: bool = False) -> bytes:
    said = f'"sealed":{str(sealed).lower()},"standby":{str(standby).lower()}'
    return f'{{"initialized":true,{said},"version":"2.7.2","cluster_id":"c"}}'.encode()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, health(sealed=True), "sealed"),
        (429, health(standby=True), "standby"),
        (473, health(standby=True), "standby"),
    ],
)
def test_what_passes_within_the_limit_is_waited_for_and_what_lasts_is_said(
    vault: VaultWorld, proxy: FaultProxy, status: int, body: bytes, said: str
) -> None:
    """A node that is sealed or a standby for a moment is asked again; when it stays so, nothing is read of it."""
    with closing(vault.connector(proxy.address)) as connector:
        proxy.fault = Fault("sys/health", status=status, body=body, times=1)
        assert looked(connector).complete
        proxy.calls.clear()
        proxy.fault = Fault("sys/health", status=status, body=body)
        with pytest.raises(Unreachable, match=said):
            looked(connector)
    assert set(proxy.calls) == {"GET /v1/sys/health"}
    assert len(proxy.calls) == IMPATIENT.attempts


@pytest.mark.parametrize("manner", ["cut", "lost", "hang"])
@pytest.mark.parametrize("after", range(3))
def test_cut_off_at_any_write_the_next_run_finishes(
    vault: VaultWorld, proxy: FaultProxy, manner: Manner, after: int
) -> None:
    """The network goes while a run writes, before or after the server has done it: no exception, and then converged."""
    granted = [vault.granting(vault.account(), UNTIL) for _ in range(2)]
    stages = [[change for _, each in granted for change in each[at]] for at in range(2)]
    with closing(vault.connector(proxy.address)) as connector:
        looked(connector)
        proxy.fault = Fault("POST /v1/(sys/policies|identity)", manner=manner, after=after)
        outcomes = write(connector, stages)
    assert len(outcomes) == sum(map(len, stages))
    assert FAILED in statuses(outcomes)
    with closing(vault.connector()) as connector:
        looked(connector)
        assert FAILED not in statuses(write(connector, stages))
        bindings = {binding.key: binding.until for binding in looked(connector).bindings}
    assert [bindings[key] for key, _ in granted] == [UNTIL, UNTIL]


def test_a_cut_that_is_over_does_not_hold_the_stages_after_it(vault: VaultWorld, proxy: FaultProxy) -> None:
    """Once the server answers again, the same run writes on; as long as it does not, each stage fails at once."""
    _, first = vault.granting(vault.account(), UNTIL)
    _, second = vault.granting(vault.account(), UNTIL)
    with closing(vault.connector(proxy.address)) as connector:
        looked(connector)
        proxy.fault = Fault("", manner="cut")
        assert statuses(write(connector, first)) == {FAILED}
        proxy.fault = None
        assert statuses(write(connector, second)) == {DONE}


def test_a_stage_asks_for_the_health_of_a_server_once_a_reading(vault: VaultWorld, proxy: FaultProxy) -> None:
    """Which vault it is does not change within a run: stages do not ask, and a create does not read first."""
    _, stages = vault.granting(vault.account(), UNTIL)
    with closing(vault.connector(proxy.address)) as connector:
        looked(connector)
        proxy.calls.clear()
        assert statuses(write(connector, stages)) == {DONE}
    assert not [call for call in proxy.calls if "health" in call]
    assert not [call for call in proxy.calls if call.startswith("GET /v1/sys/policies/acl/")]


def test_a_server_behind_another_address_is_noticed_by_its_identity(server: Durable, vault: VaultWorld) -> None:
    """A changed cluster behind the same address is another target: what was planned for the first is refused."""
    _, stages = vault.granting(vault.account(), UNTIL)
    with fault_proxy(server.world) as proxy, closing(server.world.connector(proxy.address)) as connector:
        looked(connector)
        assert statuses(write(connector, stages)) == {FAILED}
