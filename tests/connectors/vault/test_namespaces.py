"""Several targets that are namespaces of one server."""

from datetime import UTC, datetime

from reconciler.model import Entitlements
from reconciler.survey import Question, survey
from tests.connectors.vault.namespaces import Namespace
from tests.contract.vault_world import VaultWorld
from tests.contract.worlds import FaultProxy


def test_two_namespaces_are_two_targets_with_a_session_each(vault: VaultWorld, proxy: FaultProxy) -> None:
    """One survey reads both at once, each with its own token, and one that fails holds back itself alone."""
    namespaces = Namespace(vault, "survey-a"), Namespace(vault, "survey-b")
    ids = {each.name: each.entity("vendor_acme_tom") for each in namespaces}
    connectors = {each.name: each.connector(proxy.address) for each in namespaces}
    specs = {each.name: each.spec for each in namespaces}

    class Clock:
        def now(self) -> datetime:
            return datetime.now(UTC)

    question = Question("r", datetime.now(UTC), specs, Entitlements())
    try:
        seen = survey(question, connectors, Clock())
        assert {name: set(live.accounts) for name, live in seen.live.items()} == {k: {v} for k, v in ids.items()}
        ours, other = namespaces
        vault.raw("POST", ours.path("auth/token/revoke"), {"token": ours.token})
        again = survey(question, connectors, Clock())
        assert set(again.live) == {other.name}
        assert {hold.target for hold in again.plan.held} == {ours.name}
    finally:
        for each in connectors.values():
            each.close()
