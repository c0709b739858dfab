"""Two runs at once, and people who edit meanwhile: what is lost is said, and nothing is lost for good."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from connectors.vault.policies import render
from reconciler.model import BindingKey
from reconciler.plan.changes import AnyChange, CreateRole
from reconciler.ports import Outcome, OutcomeStatus, Sought
from tests.contract.vault_world import VaultWorld, role

UNTIL = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=9)
FINE = {OutcomeStatus.DONE, OutcomeStatus.ALREADY}
WIDE = render({"secret/*": frozenset({"read"})})


def together(vault: VaultWorld, *runs: Sequence[Sequence[AnyChange]]) -> list[list[Outcome]]:
    """Each run by a connection of its own, all beginning every stage at once."""
    barrier = Barrier(len(runs))

    def run(stages: Sequence[Sequence[AnyChange]]) -> list[Outcome]:
        with closing(vault.connector()) as connector:
            connector.observe(Sought())
            outcomes = []
            for stage in stages:
                barrier.wait()
                outcomes += list(connector.apply(stage))
            return outcomes

    with ThreadPoolExecutor(len(runs)) as pool:
        return list(pool.map(run, runs))


@pytest.mark.parametrize("runs", [2, 4])
def test_the_same_plan_at_once_is_done_once(vault: VaultWorld, runs: int) -> None:
    """No run fails for another's sake, every policy is written once, and every binding stands."""
    granted = [vault.granting(vault.account(), UNTIL) for _ in range(5)]
    stages = [[change for _, each in granted for change in each[at]] for at in range(2)]
    outcomes = together(vault, *[stages] * runs)
    assert {outcome.status for each in outcomes for outcome in each} <= FINE
    for key, _ in granted:
        assert vault.holds(key)
        assert vault.raw("GET", f"sys/policies/acl/{key.native.name}")["version"] == 1


def test_different_plans_for_one_account_at_once_converge_in_the_next_run(vault: VaultWorld) -> None:
    """An entity has no check-and-set: one grant may undo another's. The next reading shows it, the next run repairs it.

    What was there before is never lost.
    """
    account = vault.account()
    before, first_stages = vault.granting(account, UNTIL)
    together(vault, first_stages)
    grants = [with_role(vault, account, f"r{number}") for number in range(4)]
    together(vault, *[stages for _, stages in grants])
    with closing(vault.connector()) as connector:
        seen = {binding.key for binding in connector.observe(Sought()).bindings}
        assert before in seen
        missing = [stages for key, stages in grants if key not in seen]
        for stages in missing:
            assert {outcome.status for stage in stages for outcome in connector.apply(stage)} <= FINE
        seen = {binding.key for binding in connector.observe(Sought()).bindings}
    assert {before, *(key for key, _ in grants)} <= seen


def with_role(vault: VaultWorld, account: str, name: str) -> tuple[BindingKey, Sequence[Sequence[AnyChange]]]:
    """Another grant for the account, under a name of its own."""
    key, stages = vault.granting(account, UNTIL, role("read"))
    native = replace(key.native, name=f"{key.native.name}-{name}")
    (create,), (grant,) = stages
    assert isinstance(create, CreateRole)
    assert create.definition is not None
    created = replace(create, native=native, definition=replace(create.definition, native=native))
    return replace(key, native=native), [[created], [replace(grant, native=native)]]


def test_a_policy_that_somebody_makes_wider_between_plan_and_write_is_not_granted_as_planned(vault: VaultWorld) -> None:
    """Another's policy under the name that we were to create: nothing is overwritten, and the change fails aloud."""
    key, stages = vault.granting(vault.account(), UNTIL)
    with closing(vault.connector()) as connector:
        connector.observe(Sought())
        vault.raw("POST", f"sys/policies/acl/{key.native.name}", {"policy": WIDE})
        (outcome,) = connector.apply(stages[0])
    assert outcome.status is OutcomeStatus.FAILED
    assert "run again" in outcome.text
    assert vault.raw("GET", f"sys/policies/acl/{key.native.name}")["policy"] == WIDE


def ends_soon(vault: VaultWorld, name: str) -> None:
    """Make a policy that ends natively, and wait for its end without reading it."""
    vault.raw("POST", f"sys/policies/acl/{name}", {"policy": WIDE, "ttl": "1s"})
    ended = datetime.now(UTC) + timedelta(seconds=1.1)
    while datetime.now(UTC) < ended:
        time.sleep(0.05)


def test_a_policy_that_ended_natively_can_be_made_again(vault: VaultWorld) -> None:
    """The server counts it as existing until it is read: creating it anew is no conflict."""
    key, stages = vault.granting(vault.account(), UNTIL)
    with closing(vault.connector()) as connector:
        connector.observe(Sought())
        ends_soon(vault, key.native.name)
        (outcome,) = connector.apply(stages[0])
    assert outcome.status is OutcomeStatus.DONE, outcome.text


def test_a_policy_that_has_just_ended_is_gone_and_no_doubt(vault: VaultWorld) -> None:
    """The first listing after its end still has its name and nothing about it: the reading is whole, without it."""
    key, _ = vault.granting(vault.account(), UNTIL)
    with closing(vault.connector()) as connector:
        ends_soon(vault, key.native.name)
        live = connector.observe(Sought())
    assert live.complete
    assert key.native not in live.definitions
