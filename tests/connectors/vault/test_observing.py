from collections.abc import Iterator
from contextlib import closing
from itertools import count

import pytest

from connectors.vault.connector import VaultConnector
from reconciler.errors import Unreachable
from reconciler.model import Account, AccountKey, BindingKey, Live, Native
from reconciler.plan.changes import DisableAccount
from reconciler.ports import OutcomeStatus, Sought
from tests.contract.vault_world import WHY, VaultWorld, target_spec
from tests.contract.worlds import Fault, FaultProxy

_numbers = count(1)
POLICY = 'path "secret/data/acme/prod/db" { capabilities = ["read"] }'


@pytest.fixture
def unique() -> str:
    return f"o{next(_numbers)}"


def account(live: Live, id_: str) -> Account | None:
    return live.accounts.get(id_)


def natives(live: Live, id_: str) -> set[Native]:
    return {binding.key.native for binding in live.bindings if binding.key.account == id_}


def test_an_entity_by_its_first_login_is_in_the_population(
    vault: VaultWorld, connector: VaultConnector, unique: str
) -> None:
    """An alias on the vendors' mount counts, whatever the server called the entity."""
    auth = vault.login(f"{unique}@acme.example")
    found = account(connector.observe(Sought()), auth["entity_id"])
    assert found is not None
    assert found.inside
    assert found.name.startswith("entity_")
    assert AccountKey("alias", f"vendor-oidc/{unique}@acme.example") in found.keys


def test_the_case_of_a_name_is_no_way_out(vault: VaultWorld, connector: VaultConnector, unique: str) -> None:
    """The server folds names, so the prefix counts in any case."""
    id_ = vault.entity(f"Vendor_{unique}")
    found = account(connector.observe(Sought()), id_)
    assert found is not None
    assert found.inside


def test_an_employee_is_seen_only_when_declared_and_then_as_outside(
    vault: VaultWorld, connector: VaultConnector, unique: str
) -> None:
    """Whoever no predicate selects is not read; a declaration that names one gets `inside=False` and no bindings."""
    id_ = vault.entity(f"employee-{unique}", policies=["by-employee"])
    assert account(connector.observe(Sought()), id_) is None
    live = connector.observe(Sought(declared=frozenset({AccountKey("name", f"employee-{unique}")})))
    found = account(live, id_)
    assert found is not None
    assert not found.inside
    assert natives(live, id_) == set()


def test_a_governed_account_stays_in_the_population(vault: VaultWorld, connector: VaultConnector, unique: str) -> None:
    """Renaming an entity out of the prefix is drift, not escape."""
    id_ = vault.entity(f"vendor_{unique}", policies=["something"])
    vault.raw("POST", f"identity/entity/id/{id_}", {"name": f"escaped-{unique}"})
    assert account(connector.observe(Sought()), id_) is None
    live = connector.observe(Sought(governed=frozenset({id_})))
    found = account(live, id_)
    assert found is not None
    assert found.inside
    assert natives(live, id_) == {Native("policy", "something")}


@pytest.fixture
def employee(vault: VaultWorld, unique: str) -> Iterator[str]:
    """An employee's entity, with its own login and an outsider's alias moved onto it."""
    id_ = vault.entity(f"dana.{unique}", policies=["platform-reader"])
    vault.alias(id_, f"dana.{unique}", str(vault.raw("GET", "sys/auth/employees")["accessor"]))
    vault.alias(id_, f"tom.{unique}@acme.example")
    yield id_
    vault.raw("DELETE", f"identity/entity/id/{id_}")


def test_an_alias_moved_onto_an_employee_makes_no_vendor_of_them(
    vault: VaultWorld, connector: VaultConnector, unique: str, employee: str
) -> None:
    """Seen, but outside, with the vendor's alias alone to be taken; whoever the alias was taken from stays inside."""
    tom = vault.entity(f"vendor_{unique}_tom")
    key = AccountKey("alias", f"vendor-oidc/tom.{unique}@acme.example")
    live = connector.observe(Sought(declared=frozenset({key}), governed=frozenset({tom})))
    assert (live.accounts[employee].inside, live.accounts[tom].inside) == (False, True)
    assert key in live.accounts[employee].keys
    assert {binding.key.native for binding in live.bindings if binding.unremovable is None} & natives(
        live, employee
    ) == {Native("alias", f"vendor-oidc/tom.{unique}@acme.example")}
    change = DisableAccount(target="vault", stable_id=vault.stable_id, reasons=WHY, account=employee)
    (outcome,) = connector.apply([change])
    assert outcome.status is OutcomeStatus.FAILED
    assert vault.raw("GET", f"identity/entity/id/{employee}")["disabled"] is False


def test_an_alias_moved_onto_an_employee_is_said_loudly(connector: VaultConnector, unique: str, employee: str) -> None:
    """The diagnosis names the entity and the alias that is not the vendor's."""
    assert employee in connector.observe(Sought()).accounts
    (finding,) = [finding for finding in connector.diagnose() if f"dana.{unique}" in finding.text]
    assert finding.ok is False
    assert "both a vendor's and a foreign alias" in finding.text
    assert f"employees/dana.{unique}" in finding.text


@pytest.mark.parametrize("by", ["name", "history"])
def test_a_second_login_is_no_way_out(
    vault: VaultWorld, connector: VaultConnector, unique: str, employee: str, by: str
) -> None:
    """A name in the prefix, and having been governed, hold whoever gets an alias elsewhere."""
    if by == "name":
        vault.raw("POST", f"identity/entity/id/{employee}", {"name": f"vendor_{unique}"})
    governed = frozenset({employee} if by == "history" else set())
    assert connector.observe(Sought(governed=governed)).accounts[employee].inside


def test_exceptions_win_over_every_predicate(vault: VaultWorld, unique: str) -> None:
    """What is excepted by name is outside: entities, policies and groups."""
    name = f"vendor_{unique}"
    id_ = vault.entity(name)
    vault.raw("POST", f"sys/policies/acl/{name}", {"policy": POLICY})
    vault.raw("POST", "identity/group", {"name": name})
    spec = target_spec(any={"prefix": "vendor_"}, **{"except": {"names": [name.upper()]}})
    with closing(vault.connector(spec=spec)) as connector:
        live = connector.observe(Sought(governed=frozenset({id_})))
    assert not [found for found in live.population() if found.id == id_]
    assert not [native for native in live.definitions if native.name == name]


def test_we_are_never_in_the_population(vault: VaultWorld, unique: str) -> None:
    """Our own entity and policies win over prefix, mount and history."""
    rights = vault.raw("GET", "sys/policies/acl/guestlist-reconciler")["policy"]
    vault.raw("POST", f"sys/policies/acl/vendor_{unique}_own", {"policy": rights})
    own = vault.entity(f"vendor_{unique}", policies=[f"vendor_{unique}_own"])
    vault.alias(own, f"{unique}@acme.example")
    token = vault.login(f"{unique}@acme.example")["client_token"]
    with closing(vault.connector(token=token)) as connector:
        live = connector.observe(Sought(governed=frozenset({own})))
    assert account(live, own) is None
    assert Native("policy", f"vendor_{unique}_own") not in live.definitions


def test_built_in_policies_are_no_roles(connector: VaultConnector) -> None:
    """`default`, `root` and what is outside the prefix never appear as definitions."""
    assert {native.name.startswith("vendor_") for native in connector.observe(Sought()).definitions} <= {True}


def test_metadata_selects_where_it_is_asked_to(vault: VaultWorld, unique: str) -> None:
    """An entity with all the declared pairs belongs; one that lacks a pair does not."""
    marked = vault.entity(f"m-{unique}", metadata={"kind": "vendor", "run": unique})
    half = vault.entity(f"n-{unique}", metadata={"kind": "vendor"})
    spec = target_spec(any={"metadata": {"kind": "vendor", "run": unique}})
    with closing(vault.connector(spec=spec)) as connector:
        live = connector.observe(Sought())
    assert marked in live.accounts
    assert half not in live.accounts


def test_group_memberships_are_bindings_and_external_ones_say_who_must_remove_them(
    vault: VaultWorld, connector: VaultConnector, unique: str
) -> None:
    """Being in a group is a binding; what only an identity provider can undo says so."""
    id_, _, alias = vault.person()
    vault.raw("POST", "identity/group", {"name": f"Team {unique}", "member_entity_ids": [id_]})
    outer = vault.raw("POST", "identity/group", {"name": f"ext-{unique}", "type": "external"})["id"]
    body = {"name": f"crew-{unique}", "mount_accessor": vault.mount_accessor, "canonical_id": outer}
    vault.raw("POST", "identity/group-alias", body)
    vault.raw(
        "POST",
        "auth/vendor-oidc/role/grouped",
        {
            "role_type": "jwt",
            "user_claim": "sub",
            "bound_audiences": ["guestlist-sandbox"],
            "groups_claim": "groups",
        },
    )
    vault.login(alias, role="grouped", groups=[f"crew-{unique}"])
    bindings = {b.key.native.name: b for b in connector.observe(Sought()).bindings if b.key.account == id_}
    assert bindings[f"Team {unique}"].unremovable is None
    assert "identity provider" in (bindings[f"ext-{unique}"].unremovable or "")


def test_a_group_of_the_prefix_is_a_role_to_account_for(
    vault: VaultWorld, connector: VaultConnector, unique: str
) -> None:
    """An undeclared group that claims to be the population's is reported with what it gives."""
    vault.raw("POST", "identity/group", {"name": f"vendor_{unique}", "policies": ["b", "a"]})
    found = connector.observe(Sought()).definitions[Native("group", f"vendor_{unique}")]
    assert found.meaning == "policies:a,b"


def test_a_natively_expired_name_is_still_a_binding(vault: VaultWorld, connector: VaultConnector, unique: str) -> None:
    """The name of a policy that ended by itself stays attached, and must be seen to be detached."""
    id_ = vault.entity(f"vendor_{unique}", policies=[f"vendor_{unique}_gone"])
    live = connector.observe(Sought())
    assert BindingKey(id_, Native("policy", f"vendor_{unique}_gone")) in {binding.key for binding in live.bindings}
    assert Native("policy", f"vendor_{unique}_gone") not in live.definitions


def test_what_vanishes_while_we_read_is_gone_and_no_gap(vault: VaultWorld, proxy: FaultProxy) -> None:
    """An entity deleted between listing and reading is not missing from the answer: it does not exist."""
    id_, _, _ = vault.person()
    proxy.fault = Fault(f"GET /v1/identity/entity/id/{id_}", status=404, body=b'{"errors":[]}')
    with closing(vault.connector(proxy.address)) as connector:
        live = connector.observe(Sought())
    assert live.complete
    assert id_ not in live.accounts


def test_a_server_that_dies_while_we_read_is_not_asked_on(vault: VaultWorld, proxy: FaultProxy) -> None:
    """After a call without an answer the others are not waited for, however many there were to be."""
    for _ in range(12):
        vault.person()
    proxy.fault = Fault("GET /v1/identity/entity/id/", manner="cut", after=2)
    with closing(vault.connector(proxy.address)) as connector, pytest.raises(Unreachable):
        connector.observe(Sought())
    assert sum("/identity/entity/id/" in call for call in proxy.calls) <= 2 + 4 * 2


@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_detailed_listing_is_read_one_by_one(
    vault: VaultWorld, proxy: FaultProxy, status: int
) -> None:
    """HashiCorp Vault shows the same population, with bindings that cannot carry an end, and is asked only once."""
    proxy.fault = Fault("sys/policies/detailed/acl", status=status, body=b'{"errors":["unsupported path"]}')
    vault.raw("POST", "sys/policies/acl/vendor_hashicorp", {"policy": POLICY})
    with closing(vault.connector()) as usual, closing(vault.connector(proxy.address)) as degraded:
        full, found, _ = usual.observe(Sought()), degraded.observe(Sought()), degraded.observe(Sought())
        weaker = [finding for finding in degraded.diagnose() if finding.ok is False]
    assert found.definitions == full.definitions
    assert found.bindings == full.bindings
    assert found.endless == full.endless | {"policy"}
    assert sum("detailed" in call for call in proxy.calls) == 1
    assert [finding.topic for finding in weaker] == ["native expiry"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"initialized":true,"sealed":true,"standby":true,"version":"2"}', "sealed"),
        (b'{"initialized":true,"sealed":false,"standby":true,"version":"2"}', "standby"),
        (b'{"initialized":false,"sealed":true,"standby":true,"version":"2"}', "not initialised"),
    ],
)
def test_a_vault_that_cannot_serve_says_why(vault: VaultWorld, proxy: FaultProxy, body: bytes, said: str) -> None:
    """Sealed, standby and not initialised are told apart, and nothing is read."""
    proxy.fault = Fault("sys/health", status=503, body=body)
    with closing(vault.connector(proxy.address)) as connector:
        (finding,) = connector.diagnose()
    assert finding.ok is False
    assert said in finding.text
    assert set(proxy.calls) == {"GET /v1/sys/health"}


def test_reading_costs_one_call_for_each_thing_of_the_population(
    vault: VaultWorld, proxy: FaultProxy, unique: str
) -> None:
    """Policies come in one call, entities outside are never read, nothing is read twice."""
    for number in range(5):
        vault.entity(f"employee-{unique}-{number}")
    with closing(vault.connector(proxy.address)) as connector:
        live = connector.observe(Sought())
    # A token is looked at by its accessor, which is in the body: one call for each.
    tokens = sum("lookup-accessor" in call for call in proxy.calls)
    assert tokens == len(vault.raw("LIST", "auth/token/accessors")["keys"])
    assert len(set(proxy.calls)) == len(proxy.calls) - tokens + 1
    assert sum("/identity/entity/id/" in call for call in proxy.calls) == len(live.accounts)
