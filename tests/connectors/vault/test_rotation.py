"""What a departed vendor could learn, and replacing it by the engines themselves, on guestlist's least rights."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.vault import CONNECTOR
from connectors.vault.declarations import VaultRole, VaultTarget
from connectors.vault.engines import ENGINES, Action, Engine
from reconciler.model import BindingKey, Native
from reconciler.plan.changes import DisableAccount
from reconciler.ports import KeepsSecrets, Learned, OutcomeStatus, ReplacesSecrets, ShowsLeases, Sought
from tests.connectors.vault.database import Database, database
from tests.contract.vault_world import VaultWorld, target_spec
from tests.contract.worlds import FaultProxy

_numbers = count(1)
UNTIL = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=9)
BY_THEMSELVES = {("database", "read"), ("transit", "export")}


def target(**offboarding: object) -> VaultTarget:
    spec = target_spec(any={"prefix": "vendor_"}).model_dump(by_alias=True, mode="json", exclude_none=True)
    return VaultTarget.model_validate({**spec, "offboarding": offboarding})


def role(engine: str, action: str, mount: str, path: str = "app") -> VaultRole:
    body = {"connector": "vault", "objects": [{"engine": engine, "mount": mount, "path": path}], "actions": [action]}
    if action in ENGINES[engine].issuing:  # type: ignore[index]
        body["longest"] = "1h"
    return VaultRole.model_validate(body)


def learned(engine: str, action: str, mount: str, **offboarding: object) -> tuple[Learned, ...]:
    assert isinstance(CONNECTOR, KeepsSecrets)
    return tuple(CONNECTOR.learned(role(engine, action, mount), target(**offboarding)))


@pytest.fixture(scope="module")
def users() -> Iterator[Database]:
    with database() as made:
        yield made


@pytest.fixture
def mounted(vault: VaultWorld, users: Database) -> tuple[str, str]:
    """A transit and a database engine with something in each, at mounts of their own."""
    number = next(_numbers)
    transit, base = f"keys-{number}", f"db-{number}"
    vault.raw("POST", f"sys/mounts/{transit}", {"type": "transit"})
    vault.raw("POST", f"{transit}/keys/app", {"exportable": True})
    vault.raw("POST", f"sys/mounts/{base}", {"type": "database"})
    connection = {"plugin_name": "influxdb-database-plugin", "host": "127.0.0.1", "port": users.port}
    vault.raw("POST", f"{base}/config/main", {**connection, "username": "root", "password": "x", "allowed_roles": "*"})
    vault.raw("POST", f"{base}/static-roles/app", {"db_name": "main", "username": "app", "rotation_period": "24h"})
    vault.raw("POST", f"{base}/roles/reports", {"db_name": "main", "default_ttl": "1h", "max_ttl": "2h"})
    return transit, base


def test_what_the_engines_replace_is_replaced_without_being_seen(
    vault: VaultWorld, users: Database, mounted: tuple[str, str]
) -> None:
    """A new password in the database, a new version of the key; our token can see neither, and touch no other mount."""
    transit, base = mounted
    spec = target(rotate={"database": [base], "transit": [transit]})
    items = [item for kind, mount in (("database", base), ("transit", transit)) for item in found(kind, mount, spec)]
    token = vault.limited(spec)
    before = vault.raw("GET", f"{base}/static-creds/app")["password"]
    with closing(vault.connector(spec=spec, token=token)) as connector:
        assert isinstance(connector, ReplacesSecrets)
        done = list(connector.rotate(items))
    assert [one.done for one in done] == [True, True], [one.text for one in done]
    after = vault.raw("GET", f"{base}/static-creds/app")["password"]
    assert after != before
    assert {before, after} <= users.passwords
    assert vault.raw("GET", f"{transit}/keys/app")["latest_version"] == 2
    refused = [
        ("GET", f"{base}/static-creds/app", None),
        ("GET", f"{transit}/export/encryption-key/app", None),
        ("GET", f"{transit}/keys/app", None),
        ("POST", f"{transit}/keys/app/config", {"deletion_allowed": True}),
        ("POST", f"{base}/static-roles/app", {"username": "root"}),
        ("POST", f"{base}/rotate-root/main", {}),
        ("POST", f"other-{base}/rotate-role/app", {}),
    ]
    assert {vault.raw.status(method, path, body, token=token) for method, path, body in refused} == {403}


def found(kind: str, mount: str, spec: VaultTarget) -> tuple[Learned, ...]:
    action = next(action for engine, action in sorted(BY_THEMSELVES) if engine == kind)
    return tuple(CONNECTOR.learned(role(kind, action, mount), spec))


def test_a_rotation_that_fails_stops_no_other(vault: VaultWorld, mounted: tuple[str, str]) -> None:
    """A role that is no longer there: it is said, and the key is rotated all the same."""
    transit, base = mounted
    spec = target(rotate={"database": [base], "transit": [transit]})
    vault.raw("DELETE", f"{base}/static-roles/app")
    items = [*found("database", base, spec), *found("transit", transit, spec)]
    with closing(vault.connector(spec=spec, token=vault.limited(spec))) as connector:
        done = {one.item.kind: one for one in connector.rotate(items)}
    assert {kind: one.done for kind, one in done.items()} == {"database": False, "transit": True}
    assert done["database"].text


def test_what_settings_do_not_allow_is_not_rotated(vault: VaultWorld, mounted: tuple[str, str]) -> None:
    """By our code, and by our rights."""
    transit, _ = mounted
    (item,) = learned("transit", "export", transit)
    assert not item.rotates
    with closing(vault.connector(spec=target(), token=vault.limited(target()))) as connector:
        assert list(connector.rotate([item])) == []
    assert vault.raw.status("POST", f"{transit}/keys/app/rotate", {}, token=vault.limited(target())) == 403
    observing = target(rotate={"transit": [transit]}).model_copy(update={"mode": "observe"})
    assert vault.raw.status("POST", f"{transit}/keys/app/rotate", {}, token=vault.limited(observing)) == 403
    assert vault.raw("GET", f"{transit}/keys/app")["latest_version"] == 1


def test_leases_that_outlive_their_holder_are_shown(vault: VaultWorld, mounted: tuple[str, str]) -> None:
    """While a lease lives it is counted by its role; revoked, it is gone."""
    _, base = mounted
    spec = target(leases=[base])
    items = CONNECTOR.learned(role("database", "issue", base, "reports"), spec)
    with closing(vault.connector(spec=spec, token=vault.limited(spec))) as connector:
        assert connector.valid(items) == []
        vault.raw("GET", f"{base}/creds/reports")
        (said,) = connector.valid(items)
        assert said.startswith(f"1 leases below {base}/creds/reports/ are valid")
        vault.raw("POST", f"sys/leases/revoke-prefix/{base}/creds/reports", {"sync": True})
        assert connector.valid(items) == []


def test_leases_that_may_not_be_listed_are_not_passed_over(vault: VaultWorld, mounted: tuple[str, str]) -> None:
    """Without the right there is a sentence instead of an empty answer."""
    _, base = mounted
    spec = target(leases=[base])
    items = CONNECTOR.learned(role("database", "issue", base, "reports"), spec)
    with closing(vault.connector(spec=spec, token=vault.limited(target()))) as connector:
        (said,) = connector.valid(items)
    assert "could not be listed" in said


def test_our_token_sees_leases_of_the_named_mounts_alone(vault: VaultWorld, mounted: tuple[str, str]) -> None:
    """Sudo is given below those mounts, and only to list."""
    _, base = mounted
    token = vault.limited(target(leases=[base]))
    vault.raw("GET", f"{base}/creds/reports")
    (key,) = vault.raw("LIST", f"sys/leases/lookup/{base}/creds/reports/")["keys"]
    assert vault.raw.status("LIST", f"sys/leases/lookup/{base}/creds/reports/", token=token) == 200
    id_ = f"{base}/creds/reports/{key}"
    assert vault.raw.status("LIST", "sys/leases/lookup/auth/", token=token) == 403
    assert vault.raw.status("POST", "sys/leases/lookup", {"lease_id": id_}, token=token) == 403
    assert vault.raw.status("POST", "sys/leases/revoke", {"lease_id": id_}, token=token) == 403
    assert vault.raw.status("POST", "sys/leases/renew", {"lease_id": id_}, token=token) == 403


EVERY: list[tuple[Engine, Action]] = [(engine, action) for engine, table in ENGINES.items() for action in table.actions]
REMAINS = {
    ("kv", "read"), ("kv-v1", "read"), ("transit", "export"), ("database", "read"), ("database", "issue"),
    ("pki", "issue"), ("pki", "sign"), ("ssh", "issue"), ("ssh", "sign"),
}  # fmt: skip


@pytest.mark.parametrize(("engine", "action"), EVERY)
def test_every_action_that_leaves_something_behind_says_what_to_do(engine: Engine, action: Action) -> None:
    """Whoever adds an action has to say whether it lets anybody learn something; looking and changing do not."""
    items = learned(engine, action, "m", dueDays=3)
    assert [(item.kind, item.name, item.within) for item in items] == (
        [(engine, "m/app", 3)] if (engine, action) in REMAINS else []
    )


@given(
    pairs=st.lists(st.sampled_from(EVERY), min_size=1, max_size=6),
    allowed=st.sets(st.sampled_from(["a", "b"])),
    mount=st.sampled_from(["a", "b"]),
)
def test_only_what_both_settings_and_engine_can_is_rotated(
    pairs: list[tuple[Engine, Action]], allowed: set[str], mount: str
) -> None:
    """Nothing else ever says `rotates`, whatever the role."""
    for engine, action in pairs:
        for item in learned(engine, action, mount, rotate={"database": sorted(allowed), "transit": sorted(allowed)}):
            assert item.rotates == ((engine, action) in BY_THEMSELVES and mount in allowed)


def test_leases_that_outlive_what_is_taken_away_are_shown_with_the_plan(
    vault: VaultWorld, proxy: FaultProxy, mounted: tuple[str, str]
) -> None:
    """By one listing for the mount, and only when something that made them is taken, or whoever held it is closed."""
    _, base = mounted
    spec = target(leases=[base])
    vault.raw("GET", f"{base}/creds/reports")
    holder, other = vault.account(), vault.account()
    name = f"makes-users-{base}"
    makes = f'path "{base}/creds/reports" {{ capabilities = ["read"] }}'
    vault.raw("POST", f"sys/policies/acl/{name}", {"policy": makes})
    vault.attach(holder, name)
    key, (create, grant) = vault.granting(other, UNTIL, role("database", "issue", base, "reports"))
    with closing(vault.connector(proxy.address, spec=spec, token=vault.limited(spec))) as connector:
        assert isinstance(connector, ShowsLeases)
        assert {one.status for stage in (create, grant) for one in connector.apply(stage)} == {OutcomeStatus.DONE}
        connector.observe(Sought())
        by_hand = vault.revoking(BindingKey(holder, Native("policy", name)))
        closed = DisableAccount(target="vault", stable_id=vault.stable_id, reasons=by_hand.reasons, account=other)
        proxy.calls.clear()
        (said,) = connector.outliving([by_hand, closed])
        assert proxy.calls == [f"LIST /v1/sys/leases/lookup/{base}/creds"]
        assert f"leases below {base}/creds/reports are valid" in said
        assert name in said
        assert key.native.name in said
        assert [len(connector.outliving([one])) for one in (by_hand, vault.revoking(key), closed)] == [1, 1, 1]
        proxy.calls.clear()
        nothing = vault.revoking(BindingKey(holder, Native("policy", "of-another-engine")))
        assert connector.outliving([nothing, *grant]) == []
        assert proxy.calls == []
        vault.raw("POST", f"sys/leases/revoke-prefix/{base}/creds/reports", {"sync": True})
        assert connector.outliving([by_hand, closed]) == []
    with closing(vault.connector(spec=spec, token=vault.limited(target()))) as connector:
        connector.observe(Sought())
        (said,) = connector.outliving([by_hand])
        assert "could not be listed" in said
    with closing(vault.connector(spec=target(), token=vault.limited(target()))) as connector:
        connector.observe(Sought())
        assert connector.outliving([by_hand]) == ()
