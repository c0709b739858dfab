"""A lived-in server, in the words of declarations: compiled again, it is what is live."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from connectors.vault import CONNECTOR
from connectors.vault.declarations import VaultRole
from connectors.vault.policies import render
from reconciler.desired.kinds import Compiled
from reconciler.model import Live, Native
from reconciler.ports import Adoption, Adopts, Sought
from tests.contract.vault_world import VaultWorld, target_spec, vault_world
from tests.contract.worlds import fault_proxy, make_certificates

NOT_OURS = 'path "secret/data/acme/*" { capabilities = ["read"] }'


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultWorld]:
    """The demo's server, with what people do besides: a key's policy, a first login, a policy that no role can say."""
    directory = tmp_path_factory.mktemp("lived-in")
    with vault_world(directory, make_certificates(directory), seed="demo") as world:
        raw = world.raw
        raw("POST", "sys/mounts/keys", {"type": "transit"})
        raw("POST", "sys/mounts/old", {"type": "kv"})
        tom = "vendor_northwind-msp_tom.b"
        policies = {
            f"{tom}_export": render(
                {
                    "keys/export/encryption-key/app": frozenset({"read"}),
                    "keys/export/signing-key/app": frozenset({"read"}),
                    "keys/export/hmac-key/app": frozenset({"read"}),
                }
            ),
            f"{tom}_old": 'path "old/data/a" { capabilities = ["read"] }',
            f"{tom}_odd": 'path "secret/data/a" { capabilities = ["read"] min_wrapping_ttl = "1s" }',
            "vendor_by-hand": NOT_OURS,
        }
        for name, text in policies.items():
            raw("POST", f"sys/policies/acl/{name}", {"policy": text})
        world.attach(str(raw("GET", f"identity/entity/name/{tom}")["id"]), *policies)
        first = world.login("lena@acme-support.example")["entity_id"]
        name = "vendor_acme-support_lena_api"
        raw(
            "POST",
            f"sys/policies/acl/{name}",
            {"policy": 'path "secret/data/acme/prod/api" { capabilities = ["read"] }'},
        )
        world.attach(str(first), name)
        yield world


@pytest.fixture(scope="module")
def read(lived_in: VaultWorld) -> tuple[Live, Adoption]:
    """By guestlist's own token of the least rights."""
    with fault_proxy(lived_in) as proxy, closing(lived_in.connector(proxy.address)) as connector:
        assert isinstance(connector, Adopts)
        live = connector.observe(Sought())
        proxy.calls.clear()
        found = connector.adopt(live)
        assert proxy.calls == ["GET /v1/sys/mounts"]
    return live, found


def test_every_role_of_ours_compiles_to_the_very_policy_that_is_live(read: tuple[Live, Adoption]) -> None:
    """Same name for the same principal, and the same meaning: a plan of it has nothing to repair."""
    live, found = read
    ours = {native: role for native, role in found.roles.items() if "uses" not in role.spec}
    assert len(ours) >= 8
    for native, role in ours.items():
        vendor, principal, name = native.name.removeprefix("vendor_").split("_")
        assert name == role.name
        (compiled,) = CONNECTOR.schema.compile(
            name,
            VaultRole.model_validate(role.spec),
            target=target_spec(),
            vendor=vendor,
            principal=principal,
            scope=(),
        )
        assert compiled.native == native
        assert compiled.definition is not None
        assert compiled.definition.meaning == live.definitions[native].meaning


def test_engines_are_those_that_are_mounted(read: tuple[Live, Adoption]) -> None:
    """A versioned and an unversioned mount have the same paths; the server says which is which."""
    _, found = read
    specs = {role.name: role for role in found.roles.values()}
    assert specs["old"].spec["objects"] == [{"engine": "kv-v1", "mount": "old", "path": "data/a"}]
    assert specs["export"].spec["objects"] == [{"engine": "transit", "mount": "keys", "path": "app"}]
    assert specs["vendor-monitoring-read"].review is None


def test_what_cannot_be_said_is_word_for_word_and_marked(read: tuple[Live, Adoption]) -> None:
    _, found = read
    odd = {role.name: role for role in found.roles.values()}["odd"]
    assert "min_wrapping_ttl" in str(odd.spec["policy"])
    assert "word for word" in (odd.review or "")


def test_what_somebody_else_keeps_is_used_and_marked(read: tuple[Live, Adoption]) -> None:
    """A policy of another name compiles to itself, with nothing to define; whoever reviews it learns what is weaker."""
    _, found = read
    native = Native("policy", "platform-reader")
    role = found.roles[native]
    assert role.spec == {"connector": "vault", "uses": {"policy": "platform-reader"}}
    assert "carries no end of its own" in (role.review or "")
    spec = VaultRole.model_validate(role.spec)
    made = CONNECTOR.schema.compile("x", spec, target=target_spec(), vendor="v", principal="p", scope=())
    assert made == (Compiled(native),)


def test_what_is_named_like_ours_and_after_nobody_is_no_role(read: tuple[Live, Adoption]) -> None:
    """What of its prefix nobody declares, guestlist removes, so nothing may rest on it."""
    live, found = read
    assert "vendor_by-hand" in {binding.key.native.name for binding in live.bindings}
    assert "vendor_by-hand" not in {native.name for native in found.roles}


def test_accounts_are_named_as_declarations_name_them(read: tuple[Live, Adoption]) -> None:
    """By default where the name is guestlist's own; an entity that the server named, by its alias and its policies."""
    live, found = read
    by_name = {live.accounts[id_].name: account for id_, account in found.accounts.items()}
    maria = by_name["vendor_acme-support_maria.k"]
    assert (maria.declared, maria.email, maria.vendor_hint, maria.name_hint) == (
        None,
        "maria.k@acme-support.example",
        "acme-support",
        "maria.k",
    )
    (lena,) = [account for name, account in by_name.items() if name.startswith("entity_")]
    assert lena.declared == {"mount": "vendor-oidc", "alias": "lena@acme-support.example"}
    assert (lena.vendor_hint, lena.name_hint) == ("acme-support", "lena")
