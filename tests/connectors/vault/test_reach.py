"""How far guestlist's own rights reach: tried with its own token, in a shared namespace and in one of its own."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from connectors.vault import CONNECTOR
from connectors.vault.policies import render
from reconciler.model import BindingKey, Native
from reconciler.plan.changes import DisableAccount, GrantBinding
from reconciler.ports import OutcomeStatus, Sought
from tests.connectors.vault.namespaces import NARROW, Namespace
from tests.contract.vault_world import WHY, VaultWorld, target_spec

_numbers = count(1)
EVERYTHING = render({"*": frozenset({"create", "read", "update", "delete", "list", "sudo"})})


@pytest.fixture
def namespaces(vault: VaultWorld) -> tuple[Namespace, Namespace]:
    number = next(_numbers)
    return Namespace(vault, f"tenant-a{number}"), Namespace(vault, f"tenant-b{number}")


def escape(vault: VaultWorld, token: str, prefix: str = "") -> str:
    """What a stolen token of guestlist can do: write a policy that allows everything, and attach it to a vendor.

    The vendor's token, made before, in whose hands all of it is then.
    """
    name = f"vendor_mallory{next(_numbers)}"
    id_ = str(vault.raw("POST", f"{prefix}identity/entity", {"name": name})["id"])
    accessor = f"{prefix}sys/auth/login{next(_numbers)}"
    vault.raw("POST", accessor, {"type": "userpass"})
    mount = accessor.removeprefix(f"{prefix}sys/auth/")
    vault.raw("POST", f"{prefix}auth/{mount}/users/mallory", {"password": "a-long-password"})
    found = vault.raw("GET", accessor)["accessor"]
    vault.raw(
        "POST", f"{prefix}identity/entity-alias", {"name": "mallory", "canonical_id": id_, "mount_accessor": found}
    )
    login = vault.raw("POST", f"{prefix}auth/{mount}/login/mallory", {"password": "a-long-password"})
    assert vault.raw.status("POST", f"{prefix}sys/policies/acl/vendor_all", {"policy": EVERYTHING}, token=token) == 204
    body = {"policies": ["vendor_all"]}
    assert vault.raw.status("POST", f"{prefix}identity/entity/name/{name}", body, token=token) == 204
    return str(login["client_token"])


def test_who_writes_policies_and_attaches_them_is_root_where_others_are(vault: VaultWorld) -> None:
    """In a shared namespace the least rights are, by a detour, all rights: the documents say so, and here it is."""
    mallory = escape(vault, vault.limited(target_spec(**NARROW)))
    assert vault.raw.status("GET", "secret/data/acme/prod/db", token=mallory) == 200
    assert vault.raw.status("GET", "sys/policies/acl/guestlist-reconciler", token=mallory) == 200
    vault.raw("DELETE", "sys/policies/acl/vendor_all")


def test_in_a_namespace_of_its_own_the_detour_ends_at_its_wall(
    vault: VaultWorld, namespaces: tuple[Namespace, Namespace]
) -> None:
    """The same deed in a vendor's own namespace opens that namespace, and nothing beside or above it."""
    ours, other = namespaces
    mallory = escape(vault, ours.token, f"{ours.name}/")
    assert vault.raw.status("GET", ours.path("kv/crown-jewels"), token=mallory) == 200
    for path in (other.path("kv/crown-jewels"), "secret/data/acme/prod/db", "sys/policies/acl/guestlist-reconciler"):
        assert vault.raw.status("GET", path, token=mallory) == 403
    assert (
        vault.raw.status("POST", other.path("sys/policies/acl/vendor_x"), {"policy": EVERYTHING}, token=mallory) == 403
    )
    assert vault.raw.status("POST", "sys/policies/acl/vendor_x", {"policy": EVERYTHING}, token=mallory) == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "kv/crown-jewels", None),
        ("GET", "sys/policies/acl/guestlist-reconciler", None),
        ("POST", "sys/policies/acl/vendor_x", {"policy": EVERYTHING}),
        ("LIST", "identity/entity/id", None),
        ("POST", "identity/entity/name/vendor_x", {"policies": ["x"]}),
        ("LIST", "auth/token/accessors", None),
        ("POST", "auth/token/revoke-accessor", {"accessor": "x"}),
    ],
)
def test_our_token_of_one_namespace_can_do_nothing_in_another(
    vault: VaultWorld, namespaces: tuple[Namespace, Namespace], method: str, path: str, body: object
) -> None:
    """Not even what it may do at home; neither beside nor above."""
    ours, other = namespaces
    assert vault.raw.status(method, other.path(path), body, token=ours.token) == 403
    above = "sys/policies/acl/default" if method == "GET" else path
    assert vault.raw.status(method, above, body, token=ours.token) == 403


def test_a_role_in_one_namespace_touches_no_other(vault: VaultWorld, namespaces: tuple[Namespace, Namespace]) -> None:
    """The same names in two namespaces of one server are two targets: what is written in one is only there."""
    ours, other = namespaces
    names = {each.name: each.entity("vendor_acme_maria") for each in namespaces}
    for each in namespaces:
        vault.raw("POST", each.path("sys/policies/acl/vendor_acme_maria_read"), {"policy": EVERYTHING})
    with closing(ours.connector()) as here, closing(other.connector()) as there:
        before, mine = there.observe(Sought()), here.observe(Sought())
        assert mine.stable_id != before.stable_id
        native = Native("policy", "vendor_acme_maria_read")
        grant = GrantBinding(
            target=ours.name,
            stable_id=mine.stable_id,
            reasons=WHY,
            account=names[ours.name],
            native=native,
            until=datetime.now(UTC) + timedelta(days=1),
        )
        (done,) = here.apply([grant])
        assert done.status is OutcomeStatus.DONE, done.text
        (elsewhere,) = there.apply([grant])
        assert elsewhere.status is OutcomeStatus.FAILED
        after, mine = there.observe(Sought()), here.observe(Sought())
    assert BindingKey(names[ours.name], native) in {binding.key for binding in mine.bindings}
    assert (after.bindings, after.accounts, after.definitions) == (before.bindings, before.accounts, before.definitions)


def test_an_entity_of_another_namespace_is_nobody_here(
    vault: VaultWorld, namespaces: tuple[Namespace, Namespace]
) -> None:
    """An id from elsewhere, even one that was governed, is never written."""
    ours, other = namespaces
    stranger = other.entity("vendor_acme_priya")
    with closing(ours.connector()) as here:
        stable = here.observe(Sought(governed=frozenset({stranger}))).stable_id
        (outcome,) = here.apply([DisableAccount(target=ours.name, stable_id=stable, reasons=WHY, account=stranger)])
    assert outcome.status is OutcomeStatus.ALREADY
    assert vault.raw("GET", other.path(f"identity/entity/id/{stranger}"))["disabled"] is False


OBSERVING = target_spec(**NARROW).model_copy(update={"mode": "observe"})


def test_a_target_that_is_observed_needs_to_read_and_nothing_else(vault: VaultWorld) -> None:
    """Reading, diagnosing, importing and looking for what is left: all on rights that change nothing."""
    id_, name, _ = vault.person()
    token = vault.limited(OBSERVING)
    with closing(vault.connector(spec=OBSERVING, token=token)) as connector:
        live = connector.observe(Sought())
        assert live.complete
        connector.adopt(live)
        connector.residue([id_])
        assert not [finding for finding in connector.diagnose() if finding.ok is False]
    writes = [
        ("POST", f"identity/entity/name/{name}", {"disabled": True}),
        ("POST", f"identity/entity/id/{id_}", {"disabled": True}),
        ("POST", "sys/policies/acl/vendor_x", {"policy": EVERYTHING}),
        ("DELETE", "sys/policies/acl/vendor_x", None),
        ("POST", "identity/entity-alias", {"name": "x", "canonical_id": id_, "mount_accessor": vault.mount_accessor}),
        ("POST", "auth/token/revoke-accessor", {"accessor": "x"}),
        ("DELETE", f"identity/group/name/{name}", None),
        ("POST", "auth/vendor-oidc/role/vendor", {"user_claim": "sub"}),
    ]
    assert {vault.raw.status(method, path, body, token=token) for method, path, body in writes} == {403}


def test_what_is_our_own_stands_outside_of_what_we_may_write(vault: VaultWorld) -> None:
    """Our policy, our entity and the role that we log in by: refused, whatever it is that we would write there."""
    spec = target_spec(**NARROW).model_copy(update={"accounts": "create"})
    token = vault.limited(spec)
    own = f"guestlist-{next(_numbers)}"
    id_ = vault.entity(own)
    tries = [
        ("POST", "sys/policies/acl/guestlist-reconciler", {"policy": EVERYTHING}),
        ("DELETE", "sys/policies/acl/guestlist-reconciler", None),
        ("POST", f"identity/entity/name/{own}", {"policies": ["root"]}),
        ("POST", f"identity/entity/id/{id_}", {"policies": ["root"]}),
        ("DELETE", f"identity/entity/id/{id_}", None),
        ("POST", "auth/ci-oidc/role/guestlist", {"token_policies": ["root"]}),
        ("POST", "auth/approle/role/guestlist", {"token_policies": ["root"]}),
        ("POST", "auth/token/create", {"policies": ["root"]}),
        ("POST", "auth/token/roles/any", {"allowed_policies": ["root"]}),
        ("POST", "identity/entity/merge", {"from_entity_ids": [id_], "to_entity_id": id_}),
    ]
    for method, path, body in tries:
        assert vault.raw.status(method, path, body, token=token) == 403, path


def test_who_makes_aliases_can_become_anybody_where_others_are(
    vault: VaultWorld, namespaces: tuple[Namespace, Namespace]
) -> None:
    """No right can narrow to whom an alias is added: in a shared namespace that is an employee's entity too.

    In a namespace of its own there are no employees, and an entity from elsewhere is none.
    """
    spec = target_spec(**NARROW).model_copy(update={"accounts": "create"})
    employee = vault.entity(f"boss-{next(_numbers)}", policies=["boss"])
    alias = {"name": f"mallory{next(_numbers)}@acme.example", "canonical_id": employee}
    body = {**alias, "mount_accessor": vault.mount_accessor}
    assert vault.raw.status("POST", "identity/entity-alias", body, token=vault.limited(spec)) == 200
    assert vault.login(alias["name"])["identity_policies"] == ["boss"]
    ours, _ = namespaces
    policy = {"policy": CONNECTOR.least_rights(spec)}
    vault.raw("POST", ours.path("sys/policies/acl/guestlist-makes-accounts"), policy)
    made = vault.raw("POST", ours.path("auth/token/create"), {"policies": ["guestlist-makes-accounts"]})
    for path in ("identity/entity-alias", ours.path("identity/entity-alias")):
        assert vault.raw.status("POST", path, body, token=str(made["client_token"])) in {400, 403}
    aliases = vault.raw("GET", f"identity/entity/id/{employee}")["aliases"]
    assert [one["name"] for one in aliases] == [alias["name"]]
    vault.raw("DELETE", f"identity/entity/id/{employee}")
