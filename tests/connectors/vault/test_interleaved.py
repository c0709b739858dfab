"""Writes of entities and groups, which have no check-and-set, with somebody else's write at a chosen moment."""

from collections.abc import Callable
from contextlib import closing

import pytest

from connectors.vault.client import VaultClient
from connectors.vault.connector import VaultConnector
from reconciler.model import BindingKey, Native
from reconciler.plan.changes import GrantBinding
from reconciler.ports import OutcomeStatus, Sought
from tests.contract.vault_world import WHY, VaultWorld

DONE, FAILED = OutcomeStatus.DONE, OutcomeStatus.FAILED


@pytest.fixture
def interleave(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let somebody else act just `before` or after our first write to a path that contains `where`."""

    def arrange(where: str, other: Callable[[], object], *, before: bool) -> None:
        usual, left = VaultClient.write, [1]

        def write(client: VaultClient, path: str, body: dict[str, object]) -> object:
            strikes = where in path and left[0] > 0
            left[0] -= strikes
            if strikes and before:
                other()
            answer = usual(client, path, body)
            if strikes and not before:
                other()
            return answer

        monkeypatch.setattr(VaultClient, "write", write)

    return arrange


def giving(vault: VaultWorld, id_: str, name: str) -> GrantBinding:
    native = Native("policy", name)
    return GrantBinding(target="vault", stable_id=vault.stable_id, reasons=WHY, account=id_, native=native)


def test_a_policy_that_another_run_wrote_over_is_written_again(
    vault: VaultWorld, connector: VaultConnector, interleave: Callable[..., None]
) -> None:
    """A slower run that had read before our write undoes it; we look again, and both grants stand."""
    id_, _, _ = vault.person()
    path = f"identity/entity/id/{id_}"
    interleave("identity/entity/name/", lambda: vault.raw("POST", path, {"policies": ["theirs"]}), before=False)
    (outcome,) = connector.apply([giving(vault, id_, "ours")])
    assert outcome.status is DONE
    assert sorted(vault.raw("GET", path)["policies"]) == ["ours", "theirs"]


def test_somebody_who_never_stops_is_said(vault: VaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few rounds it is a failure with what to do, and no endless fight."""
    id_, _, _ = vault.person()
    usual = VaultClient.write

    def write(client: VaultClient, path: str, body: dict[str, object]) -> object:
        answer = usual(client, path, body)
        vault.raw("POST", f"identity/entity/id/{id_}", {"policies": []})
        return answer

    monkeypatch.setattr(VaultClient, "write", write)
    with closing(vault.connector()) as connector:
        (outcome,) = connector.apply([giving(vault, id_, "ours")])
    assert outcome.status is FAILED
    assert "run again" in outcome.text


@pytest.mark.parametrize("before", [True, False])
def test_an_employee_who_joins_a_group_meanwhile_is_not_lost_unsaid(
    vault: VaultWorld, connector: VaultConnector, interleave: Callable[..., None], *, before: bool
) -> None:
    """A group counts its writes: one between our reading and our writing is noticed, and one after ours stays."""
    id_, _, _ = vault.person()
    other = vault.entity(f"joins-{id_}")
    group = vault.raw("POST", "identity/group", {"name": f"Crew {id_}", "member_entity_ids": [id_]})["id"]
    path = f"identity/group/id/{group}"

    def join() -> None:
        members = vault.raw("GET", path)["member_entity_ids"] or []
        vault.raw("POST", path, {"member_entity_ids": [*members, other]})

    key = BindingKey(id_, Native("group", f"Crew {id_}"))
    connector.observe(Sought())
    interleave(path, join, before=before)
    (outcome,) = connector.apply([vault.revoking(key)])
    members = vault.raw("GET", path)["member_entity_ids"] or []
    assert id_ not in members
    assert outcome.status is FAILED
    assert "see that their change still stands" in outcome.text
    assert (other in members) is not before
