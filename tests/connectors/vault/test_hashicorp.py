"""What is weaker in HashiCorp Vault, tried on a server that answers as it does: no detailed listing, so no native ends.

https://developer.hashicorp.com/vault/api-docs/system/policies : list and read of one, without version or expiration.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from connectors.vault.connector import VaultConnector
from connectors.vault.policies import render
from reconciler.model import Native
from reconciler.plan.changes import CreateRole, UpdateRole
from reconciler.ports import OutcomeStatus, Sought
from tests.contract.vault_world import VaultWorld
from tests.contract.worlds import Fault, FaultProxy

UNTIL = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=9)
HEALTH = b'{"initialized":true,"sealed":false,"standby":false,"version":"1.20.0","cluster_id":"c","enterprise":false}'
WIDE = render({"secret/*": frozenset({"read"})})


@pytest.fixture(params=[b'{"errors":[]}', b'{"errors":["unsupported path"]}'], ids=["nothing", "a word"])
def hashicorp(vault: VaultWorld, proxy: FaultProxy, request: pytest.FixtureRequest) -> Iterator[VaultConnector]:
    proxy.fault = Fault("sys/policies/detailed/acl", status=404, body=request.param)
    with closing(vault.connector(proxy.address)) as connector:
        connector.observe(Sought())
        yield connector


def test_policies_are_found_whatever_a_server_says_to_a_question_that_it_does_not_know(
    vault: VaultWorld, hashicorp: VaultConnector
) -> None:
    """An empty answer to the detailed listing is never a vault without policies: every one has `default`."""
    vault.raw("POST", "sys/policies/acl/vendor_seen-by-both", {"policy": WIDE})
    with closing(vault.connector()) as usual:
        assert hashicorp.observe(Sought()).definitions.keys() == usual.observe(Sought()).definitions.keys() != set()


def test_what_is_written_carries_no_end_and_asks_for_no_version(
    vault: VaultWorld, proxy: FaultProxy, hashicorp: VaultConnector
) -> None:
    """Fields that it does not know are not sent, what is there is read first, and a missing end is no drift."""
    key, stages = vault.granting(vault.account(), UNTIL)
    proxy.calls.clear()
    outcomes = [outcome for stage in stages for outcome in hashicorp.apply(stage)]
    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.DONE}, outcomes
    path = f"/v1/sys/policies/acl/{key.native.name}"
    assert [call for call in proxy.calls if call.endswith(path)] == [f"GET {path}", f"POST {path}"]
    assert vault.raw("GET", f"sys/policies/acl/{key.native.name}").get("expiration") is None
    live = hashicorp.observe(Sought())
    (binding,) = [binding for binding in live.bindings if binding.key == key]
    assert binding.until is None
    assert "policy" in live.endless
    assert {outcome.status for stage in stages for outcome in hashicorp.apply(stage)} == {OutcomeStatus.ALREADY}


def test_another_policy_under_the_name_is_still_not_overwritten(vault: VaultWorld, hashicorp: VaultConnector) -> None:
    """Without check-and-set, what is read just before the write is compared with what the plan has seen."""
    key, stages = vault.granting(vault.account(), UNTIL)
    vault.raw("POST", f"sys/policies/acl/{key.native.name}", {"policy": WIDE})
    (outcome,) = hashicorp.apply(stages[0])
    assert outcome.status is OutcomeStatus.FAILED
    (create,) = stages[0]
    assert isinstance(create, CreateRole)
    update = UpdateRole(
        target=create.target,
        stable_id=create.stable_id,
        reasons=create.reasons,
        native=Native("policy", key.native.name),
        until=UNTIL,
        definition=create.definition,
        before={"definition": "sha256:another"},
        after=create.after,
    )
    (outcome,) = hashicorp.apply([update])
    assert outcome.status is OutcomeStatus.FAILED
    assert vault.raw("GET", f"sys/policies/acl/{key.native.name}")["policy"] == WIDE


def test_a_policy_that_cannot_be_read_is_a_gap(vault: VaultWorld, proxy: FaultProxy) -> None:
    """Read one by one, one may fail: then the reading is not whole."""
    name = f"vendor_{vault.person()[1].removeprefix('vendor_')}_hidden"
    vault.raw("POST", f"sys/policies/acl/{name}", {"policy": WIDE})
    proxy.fault = Fault("sys/policies/detailed/acl", status=404, body=b'{"errors":[]}')
    with closing(vault.connector(proxy.address)) as connector:
        assert connector.observe(Sought()).complete
        proxy.fault = Fault(f"GET /v1/sys/policies/acl/{name}$", status=500)
        live = connector.observe(Sought())
    assert not live.complete


def test_the_diagnosis_names_the_product_and_what_is_weaker(vault: VaultWorld, proxy: FaultProxy) -> None:
    proxy.fault = Fault("sys/health", status=200, body=HEALTH)
    with closing(vault.connector(proxy.address)) as connector:
        found = {finding.topic: finding.text for finding in connector.diagnose()}
    assert found["version"] == "HashiCorp Vault 1.20.0"
