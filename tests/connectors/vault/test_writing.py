import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.vault.connector import VaultConnector
from reconciler.model import BindingKey, Definition, Native
from reconciler.plan.changes import (
    AnyChange,
    DeleteRole,
    DisableAccount,
    EnableAccount,
    GrantBinding,
    RevokeBinding,
    SetEnd,
    UpdateRole,
)
from reconciler.ports import Outcome, OutcomeStatus, Sought
from tests.contract.vault_world import WHY, VaultWorld, role, target_spec
from tests.contract.worlds import Fault, FaultProxy

SECRET = "secret/data/acme/prod/db"
READ = 'path "secret/data/acme/prod/db" { capabilities = ["read"] }'
WIDER = 'path "secret/data/*" { capabilities = ["read", "list"] }'
DONE, ALREADY, FAILED = OutcomeStatus.DONE, OutcomeStatus.ALREADY, OutcomeStatus.FAILED


def soon(**later: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(**later)


def apply(connector: VaultConnector, *changes: AnyChange) -> list[Outcome]:
    return list(connector.apply(changes))


def states(outcomes: Sequence[Outcome]) -> list[OutcomeStatus]:
    return [outcome.status for outcome in outcomes]


def grant(vault: VaultWorld, connector: VaultConnector, until: datetime, *actions: str) -> tuple[BindingKey, str]:
    """A vendor with a granted role; the binding, and a token that it was given before."""
    id_, _, alias = vault.person()
    token = str(vault.login(alias)["client_token"])
    key, stages = vault.granting(id_, until, role(*actions))
    for stage in stages:
        assert states(apply(connector, *stage)) == [DONE]
    return key, token


def of_role(
    vault: VaultWorld, kind: type[UpdateRole] | type[DeleteRole], seen: Definition, **fields: object
) -> AnyChange:
    return kind(
        target="vault",
        stable_id=vault.stable_id,
        reasons=WHY,
        native=seen.native,
        before={"definition": seen.digest},
        definition=seen,
        **fields,  # type: ignore[arg-type] # a test's shorthand
    )


def of_account(vault: VaultWorld, kind: type[DisableAccount] | type[EnableAccount], id_: str) -> AnyChange:
    return kind(target="vault", stable_id=vault.stable_id, reasons=WHY, account=id_)


def test_a_token_issued_before_gains_and_loses_with_the_binding(vault: VaultWorld, connector: VaultConnector) -> None:
    """Granting acts on tokens that are out already, and so does revoking."""
    key, token = grant(vault, connector, soon(days=1), "read")
    assert vault.raw.status("GET", SECRET, token=token) == 200
    assert states(apply(connector, vault.revoking(key))) == [DONE]
    assert vault.raw.status("GET", SECRET, token=token) == 403


def test_a_token_with_a_hand_attached_policy_is_refused_after(vault: VaultWorld, connector: VaultConnector) -> None:
    """What an intruder attached stops working for the tokens that used it."""
    id_, _, alias = vault.person()
    native = vault.intrude(id_)
    token = vault.login(alias)["client_token"]
    assert vault.raw.status("GET", SECRET, token=token) == 200
    assert states(apply(connector, vault.revoking(BindingKey(id_, native)))) == [DONE]
    assert vault.raw.status("GET", SECRET, token=token) == 403


def test_access_ends_with_no_run_of_ours(vault: VaultWorld, connector: VaultConnector) -> None:
    """The declared end is the policy's own, and after it the server refuses by itself."""
    until = soon(seconds=2)
    key, token = grant(vault, connector, until, "read")
    live = vault.raw("GET", f"sys/policies/acl/{key.native.name}")
    assert datetime.fromisoformat(live["expiration"]) == until
    assert vault.raw.status("GET", SECRET, token=token) == 200
    time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()) + 0.2)
    assert vault.raw.status("GET", SECRET, token=token) == 403
    assert key in {binding.key for binding in connector.observe(Sought()).bindings}
    assert states(apply(connector, vault.revoking(key))) == [DONE]
    assert not vault.holds(key)


def test_an_end_is_moved_and_nothing_else(vault: VaultWorld, connector: VaultConnector) -> None:
    """`set-end` moves the policy's end both ways and leaves its body as it is."""
    key, _ = grant(vault, connector, soon(days=1), "read")
    before = vault.raw("GET", f"sys/policies/acl/{key.native.name}")
    for until in (soon(days=30), soon(hours=1)):
        change = SetEnd(
            target="vault",
            stable_id=vault.stable_id,
            reasons=WHY,
            account=key.account,
            native=key.native,
            until=until,
        )
        assert states([*apply(connector, change), *apply(connector, change)]) == [DONE, ALREADY]
        after = vault.raw("GET", f"sys/policies/acl/{key.native.name}")
        assert datetime.fromisoformat(after["expiration"]) == until
        assert after["policy"] == before["policy"]


def test_an_edited_policy_is_made_right_with_its_end(vault: VaultWorld, connector: VaultConnector) -> None:
    """An edit by hand drops the server's end; repairing brings back both the text and the end."""
    until = soon(days=2)
    key, _ = grant(vault, connector, until, "rotate")
    declared = connector.observe(Sought()).definitions[key.native]
    vault.raw("POST", f"sys/policies/acl/{key.native.name}", {"policy": WIDER})
    edited = connector.observe(Sought()).definitions[key.native]
    assert (edited.meaning, edited.until) != (declared.meaning, declared.until)
    change = replace(of_role(vault, UpdateRole, edited), definition=declared)
    assert states(apply(connector, change)) == [DONE]
    assert connector.observe(Sought()).definitions[key.native] == declared
    assert states(apply(connector, change)) == [ALREADY]


@pytest.mark.parametrize("kind", [UpdateRole, DeleteRole])
def test_an_edit_after_the_plan_is_never_overwritten(
    vault: VaultWorld, connector: VaultConnector, kind: type[UpdateRole] | type[DeleteRole]
) -> None:
    """What somebody wrote between plan and write is kept, and the change fails with what to do."""
    key, _ = grant(vault, connector, soon(days=1), "read")
    seen = connector.observe(Sought()).definitions[key.native]
    vault.raw("POST", f"sys/policies/acl/{key.native.name}", {"policy": WIDER})
    wanted = replace(seen, meaning="[]", text=READ)
    (outcome,) = apply(connector, replace(of_role(vault, kind, seen), definition=wanted))
    assert outcome.status is FAILED
    assert "changed meanwhile; run again" in outcome.text
    assert vault.raw("GET", f"sys/policies/acl/{key.native.name}")["policy"] == WIDER


def test_an_edit_between_our_read_and_our_write_is_never_overwritten(
    vault: VaultWorld, proxy: FaultProxy, connector: VaultConnector
) -> None:
    """The server's check-and-set closes the last gap; what it refuses is a failed outcome."""
    key, _ = grant(vault, connector, soon(days=1), "read")
    seen = connector.observe(Sought()).definitions[key.native]
    body = b'{"errors":["check-and-set parameter 1 did not match the current version 2"]}'
    proxy.fault = Fault("POST /v1/sys/policies/acl/", status=400, body=body)
    with closing(vault.connector(proxy.address)) as late:
        wanted = replace(seen, meaning="[]", text=WIDER)
        (outcome,) = apply(late, replace(of_role(vault, UpdateRole, seen), definition=wanted))
    assert outcome.status is FAILED
    assert "run again" in outcome.text or "read again" in outcome.text


def test_a_write_whose_answer_was_lost_is_no_failure(vault: VaultWorld, proxy: FaultProxy) -> None:
    """The first try was written and its answer cut: the second one is refused by `cas`, and finds it already so."""
    id_, _, _ = vault.person()
    key, stages = vault.granting(id_, soon(days=1))
    proxy.fault = Fault("POST /v1/sys/policies/acl/", manner="lost", times=1)
    with closing(vault.connector(proxy.address)) as connector:
        assert states(apply(connector, *stages[0])) == [ALREADY]
    assert vault.raw("GET", f"sys/policies/acl/{key.native.name}")["version"] == 1


def test_changes_of_one_entity_are_one_write_and_leave_the_rest_of_it(vault: VaultWorld, proxy: FaultProxy) -> None:
    """Three changes of one account: one read, one write; metadata, aliases and other policies stay."""
    id_, name, _ = vault.person()
    vault.raw("POST", f"identity/entity/id/{id_}", {"policies": ["stays", "goes-1", "goes-2"], "metadata": {"a": "b"}})
    before = vault.raw("GET", f"identity/entity/id/{id_}")
    keys = [BindingKey(id_, Native("policy", policy)) for policy in ("goes-1", "goes-2", "was-never")]
    came = GrantBinding(
        target="vault", stable_id=vault.stable_id, reasons=WHY, account=id_, native=Native("policy", "comes")
    )
    with closing(vault.connector(proxy.address)) as connector:
        outcomes = apply(connector, *map(vault.revoking, keys), came)
    assert {outcome.change.native.name: outcome.status for outcome in outcomes if outcome.change.native} == {
        "goes-1": DONE,
        "goes-2": DONE,
        "was-never": ALREADY,
        "comes": DONE,
    }
    after = vault.raw("GET", f"identity/entity/id/{id_}")
    assert sorted(after["policies"]) == ["comes", "stays"]
    unchanged = {"aliases", "metadata", "name", "disabled", "id"}
    assert {k: after[k] for k in unchanged} == {k: before[k] for k in unchanged}
    assert sum(call.startswith("POST") for call in proxy.calls) == 1
    assert f"POST /v1/identity/entity/name/{name}" in proxy.calls


def test_a_membership_is_taken_away_and_the_group_stays(vault: VaultWorld, connector: VaultConnector) -> None:
    """A vendor leaves an employees' group; its other members, policies and name do not change."""
    id_, _, alias = vault.person()
    employee = vault.entity(f"colleague-{id_}")
    vault.raw("POST", "sys/policies/acl/crew", {"policy": READ})
    fields = {"name": f"Crew {id_}", "policies": ["crew"], "member_entity_ids": [id_, employee]}
    group = vault.raw("POST", "identity/group", fields)["id"]
    token = vault.login(alias)["client_token"]
    assert vault.raw.status("GET", SECRET, token=token) == 200
    (key,) = [binding.key for binding in connector.observe(Sought()).bindings if binding.key.account == id_]
    assert states(apply(connector, vault.revoking(key))) == [DONE]
    after = vault.raw("GET", f"identity/group/id/{group}")
    assert (after["member_entity_ids"], after["policies"], after["name"]) == ([employee], ["crew"], f"Crew {id_}")
    assert vault.raw.status("GET", SECRET, token=token) == 403


def test_an_undeclared_group_of_the_prefix_is_removed(vault: VaultWorld, connector: VaultConnector) -> None:
    """A group that claims to be the population's goes, and a second removal finds it gone."""
    vault.raw("POST", "identity/group", {"name": "Vendor_Rogue", "policies": ["platform-admin"]})
    change = of_role(vault, DeleteRole, connector.observe(Sought()).definitions[Native("group", "Vendor_Rogue")])
    assert states([*apply(connector, change), *apply(connector, change)]) == [DONE, ALREADY]
    assert Native("group", "Vendor_Rogue") not in connector.observe(Sought()).definitions


def test_a_closed_account_has_no_tokens_and_gets_none_back(vault: VaultWorld, connector: VaultConnector) -> None:
    """Disabling ends its tokens alone, proves it, and enabling again revives nothing."""
    id_, _, alias = vault.person()
    _, _, other = vault.person()
    token, others = (vault.login(login)["client_token"] for login in (alias, other))
    assert connector.residue([id_])
    change = of_account(vault, DisableAccount, id_)
    assert states([*apply(connector, change), *apply(connector, change)]) == [DONE, ALREADY]
    assert connector.residue([id_]) == []
    assert vault.raw.status("GET", "auth/token/lookup-self", token=token) == 403
    assert vault.raw.status("GET", "auth/token/lookup-self", token=others) == 200
    assert vault.raw("GET", f"identity/entity/id/{id_}")["disabled"] is True
    assert states(apply(connector, of_account(vault, EnableAccount, id_))) == [DONE]
    assert vault.raw.status("GET", "auth/token/lookup-self", token=token) == 403
    assert vault.login(alias)["entity_id"] == id_


def test_enabling_first_ends_what_was_only_asleep(vault: VaultWorld, connector: VaultConnector) -> None:
    """An entity that somebody else disabled keeps its tokens; they must not wake up with it."""
    id_, _, alias = vault.person()
    token = vault.login(alias)["client_token"]
    vault.raw("POST", f"identity/entity/id/{id_}", {"disabled": True})
    assert states(apply(connector, of_account(vault, EnableAccount, id_))) == [DONE]
    assert vault.raw.status("GET", "auth/token/lookup-self", token=token) == 403


def test_an_account_stays_closed_when_its_tokens_cannot_be_ended(vault: VaultWorld, proxy: FaultProxy) -> None:
    """Doubt about old tokens leaves the account as it is, and says so."""
    id_, _, alias = vault.person()
    vault.login(alias)
    vault.raw("POST", f"identity/entity/id/{id_}", {"disabled": True})
    proxy.fault = Fault("revoke-accessor", status=500, body=vault.refusal(500))
    with closing(vault.connector(proxy.address)) as connector:
        (outcome,) = apply(connector, of_account(vault, EnableAccount, id_))
    assert outcome.status is FAILED
    assert "stays disabled" in outcome.text
    assert vault.raw("GET", f"identity/entity/id/{id_}")["disabled"] is True


def test_an_entity_by_its_first_login_can_be_closed(vault: VaultWorld, connector: VaultConnector) -> None:
    """The least rights reach the entities that the server names itself, with their tokens."""
    auth = vault.login("first-login@acme.example")
    assert states(apply(connector, of_account(vault, DisableAccount, auth["entity_id"]))) == [DONE]
    assert vault.raw.status("GET", "auth/token/lookup-self", token=auth["client_token"]) == 403


def test_a_vendor_of_any_name_can_be_closed(vault: VaultWorld) -> None:
    """Selected by an alias on the vendors' mount: the least rights reach whatever it is called."""
    spec = target_spec(any={"prefix": "vendor_", "mounts": ["vendor-oidc"]})
    id_ = vault.entity("bob")
    vault.alias(id_, "bob@acme.example")
    token = vault.login("bob@acme.example")["client_token"]
    with closing(vault.connector(spec=spec, token=vault.limited(spec))) as connector:
        assert states(apply(connector, of_account(vault, DisableAccount, id_))) == [DONE]
        assert connector.residue([id_]) == []
    assert vault.raw.status("GET", "auth/token/lookup-self", token=token) == 403


def test_a_marked_entity_of_any_name_can_be_closed(vault: VaultWorld) -> None:
    """Selected by metadata: likewise."""
    spec = target_spec(any={"metadata": {"kind": "closable"}})
    id_ = vault.entity("marked-bob", metadata={"kind": "closable"})
    with closing(vault.connector(spec=spec, token=vault.limited(spec))) as connector:
        assert states(apply(connector, of_account(vault, DisableAccount, id_))) == [DONE]


def test_an_entity_that_was_governed_can_be_closed_and_nobody_else(vault: VaultWorld) -> None:
    """Whoever was governed before is known by the last look; without one, nobody is taken for one of ours."""
    spec = target_spec()
    id_ = vault.entity("renamed-bob")
    change = of_account(vault, DisableAccount, id_)
    with closing(vault.connector(spec=spec, token=vault.limited(spec))) as connector:
        (refused,) = apply(connector, change)
        connector.observe(Sought(governed=frozenset({id_})))
        assert states([refused, *apply(connector, change)]) == [FAILED, DONE]
    assert "outside the population" in refused.text


def test_the_tokens_end_even_when_disabling_fails(vault: VaultWorld, proxy: FaultProxy) -> None:
    """What can be taken is taken, and the failure is told with it."""
    id_, _, alias = vault.person()
    token = vault.login(alias)["client_token"]
    proxy.fault = Fault("POST /v1/identity/entity/name/", status=403, body=vault.refusal(403))
    with closing(vault.connector(proxy.address)) as connector:
        (outcome,) = apply(connector, of_account(vault, DisableAccount, id_))
    assert outcome.status is FAILED
    assert "could not be disabled" in outcome.text
    assert "1 of its tokens ended" in outcome.text
    assert vault.raw.status("GET", "auth/token/lookup-self", token=token) == 403
    assert vault.raw("GET", f"identity/entity/id/{id_}")["disabled"] is False


def test_an_entity_in_another_case_can_be_closed(vault: VaultWorld, connector: VaultConnector) -> None:
    """The rights know lower-case names only, and the server folds them (and may write the name so from then on)."""
    id_ = vault.entity("VENDOR_Shout")
    assert states(apply(connector, of_account(vault, DisableAccount, id_))) == [DONE]
    assert vault.raw("GET", f"identity/entity/id/{id_}")["disabled"] is True


@pytest.mark.parametrize("name", ["default", "platform", "guestlist-reconciler"])
def test_a_role_outside_the_population_is_never_written(
    vault: VaultWorld, connector: VaultConnector, name: str
) -> None:
    """Whatever a plan might say, built-in, foreign and our own policies are refused here once more."""
    native = Native("policy", name)
    (outcome,) = apply(connector, of_role(vault, DeleteRole, Definition(native, READ, "[]")))
    assert outcome.status is FAILED
    assert "outside the population" in outcome.text


def test_an_employee_is_never_written(vault: VaultWorld, connector: VaultConnector) -> None:
    """Whatever a plan might say, and however far our rights reach, each write looks once more at whose it is."""
    id_ = vault.entity("employee-out-of-reach", policies=["kept"])
    change = RevokeBinding(
        target="vault", stable_id=vault.stable_id, reasons=WHY, account=id_, native=Native("policy", "kept")
    )
    (outcome,) = apply(connector, change)
    (closing_,) = apply(connector, of_account(vault, DisableAccount, id_))
    assert (outcome.status, closing_.status) == (FAILED, FAILED)
    assert "outside the population" in outcome.text
    after = vault.raw("GET", f"identity/entity/id/{id_}")
    assert (after["policies"], after["disabled"]) == (["kept"], False)


def test_two_writers_at_once_end_in_the_same_state(vault: VaultWorld) -> None:
    """The slower of two identical applies finds everything already so."""
    id_, _, _ = vault.person()
    key, stages = vault.granting(id_, soon(days=1))
    with closing(vault.connector()) as one, closing(vault.connector()) as other:
        for stage in stages:
            assert {states(apply(one, *stage))[0], states(apply(other, *stage))[0]} == {DONE, ALREADY}
    assert vault.holds(key)
