"""What is handed out, against what roles declare of it: on the real server, whose own roles decide."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta

import pytest

from connectors.vault.client import VaultClient
from connectors.vault.compile import compile_role
from connectors.vault.declarations import VaultRole, VaultTarget
from connectors.vault.lifetimes import overlong, readable
from reconciler.errors import Unauthorized, Unreachable
from reconciler.model import Definition
from reconciler.ports import Sought
from tests.connectors.vault.database import Database, database
from tests.contract.vault_world import VaultWorld, target_spec

CREATION = "CREATE USER \"{{username}}\" WITH PASSWORD '{{password}}'"


def allowing(engine: str, action: str, name: str, longest: str = "1h", *, mount: str = "") -> Definition:
    spec = VaultRole.model_validate(
        {
            "connector": "vault",
            "objects": [{"engine": engine, "mount": mount or f"lives-{engine}", "path": name}],
            "actions": [action],
            "longest": longest,
        }
    )
    made = compile_role("r", spec, vendor="v", principal=f"{name}.{longest}", templates=()).definition
    assert made is not None
    return made


@pytest.fixture(scope="module")
def server(vault: VaultWorld) -> Iterator[VaultClient]:
    """Engines with roles that hand out for an hour, for longer, and without a bound."""
    raw = vault.raw
    for engine in ("pki", "ssh", "database", "transit"):
        raw("POST", f"sys/mounts/lives-{engine}", {"type": engine})
    pki = {"allow_any_name": True, "key_type": "ec", "ttl": "10m"}
    raw("POST", "lives-pki/root/generate/internal", {"common_name": "authority", "key_type": "ec"})
    raw("POST", "lives-pki/roles/hour", {**pki, "max_ttl": "1h", "not_after_bound": "ttl-limited"})
    raw("POST", "lives-pki/roles/two-days", {**pki, "max_ttl": "48h", "not_after_bound": "forbid"})
    raw("POST", "lives-pki/roles/unset", {**pki, "not_after_bound": "forbid"})
    raw("POST", "lives-pki/roles/any", {**pki, "max_ttl": "1h"})
    ca = {"key_type": "ca", "allow_user_certificates": True, "allowed_users": "*", "ttl": "5m"}
    raw("POST", "lives-ssh/roles/hour", {**ca, "max_ttl": "1h"})
    raw("POST", "lives-ssh/roles/day", {**ca, "max_ttl": "24h"})
    raw("POST", "lives-ssh/roles/once", {"key_type": "otp", "default_user": "u", "cidr_list": "10.0.0.0/8"})
    raw("POST", "lives-transit/keys/orders", {})
    with database() as users:
        _database(vault, users)
        yield vault.connector(token=raw.root)._client
    for engine in ("pki", "ssh", "database", "transit"):
        raw("DELETE", f"sys/mounts/lives-{engine}")


def _database(vault: VaultWorld, users: Database) -> None:
    where = {"plugin_name": "influxdb-database-plugin", "host": "127.0.0.1", "port": users.port}
    login = {"allowed_roles": "*", "username": "root", "password": "root"}
    vault.raw("POST", "lives-database/config/db", {**where, **login})
    role = {"db_name": "db", "creation_statements": CREATION}
    vault.raw("POST", "lives-database/roles/hour", {**role, "max_ttl": "1h"})
    vault.raw("POST", "lives-database/roles/day", {**role, "max_ttl": "24h"})
    kept = {"db_name": "db", "username": "keeper"}
    vault.raw("POST", "lives-database/static-roles/weekly", {**kept, "rotation_period": "168h"})


@pytest.mark.parametrize(
    ("engine", "action", "name"),
    [
        ("pki", "issue", "hour"),
        ("pki", "sign", "hour"),
        ("ssh", "sign", "hour"),
        ("ssh", "issue", "hour"),
        ("database", "issue", "hour"),
        ("pki", "issue", "not-there"),
        ("database", "read", "not-there"),
    ],
)
def test_what_is_short_enough_is_not_mentioned(server: VaultClient, engine: str, action: str, name: str) -> None:
    """An engine's role that keeps to the declared length, or that does not exist, is no news."""
    assert list(overlong(server, [allowing(engine, action, name)])) == []


@pytest.mark.parametrize(
    ("engine", "action", "name", "said"),
    [
        ("pki", "issue", "two-days", "lives-pki/roles/two-days: what it hands out is valid for up to 2d"),
        ("pki", "sign", "unset", "lives-pki/roles/unset: what it hands out is valid for up to 32d"),
        ("pki", "issue", "any", "whoever uses it may choose any end (not_after_bound is permit)"),
        ("ssh", "sign", "day", "valid for up to 1d"),
        ("ssh", "issue", "once", "lives-ssh/roles/once: what it hands out is valid for up to 32d"),
        ("database", "issue", "day", "lives-database/roles/day: what it hands out is valid for up to 1d"),
        ("database", "read", "weekly", "lives-database/static-roles/weekly: what it hands out is valid for up to 7d"),
    ],
)
def test_what_lasts_longer_is_said(server: VaultClient, engine: str, action: str, name: str, said: str) -> None:
    """Where the engine's role (or its mount, where that says nothing) allows more than declared, a sentence says so."""
    (sentence,) = overlong(server, [allowing(engine, action, name)])
    assert said in sentence
    assert f"vendor_v_{name}.1h_r declared 1h at most" in sentence


def test_a_certificate_can_outlive_the_longest_life_of_its_role(server: VaultClient, vault: VaultWorld) -> None:
    """Why `permit` is mentioned: the server itself lets the caller go past max_ttl."""
    server.health()
    end = server.now + timedelta(days=10)
    body = {"common_name": "a.example", "not_after": end.strftime("%Y-%m-%dT%H:%M:%SZ")}
    refused = vault.raw._send("POST", "lives-pki/issue/hour", body, None)
    assert "not_after" in refused.text
    assert vault.raw("POST", "lives-pki/issue/any", body)["expiration"] == int(end.timestamp())


def test_one_role_of_an_engine_is_read_once_and_only_those_it_exceeds_are_named(server: VaultClient) -> None:
    """Many policies on one engine's role are one call and one sentence."""
    reads: list[str] = []

    class Counting:
        def read(self, path: str) -> Mapping[str, object]:
            reads.append(path)
            return server.read(path)

    declared = [allowing("ssh", "sign", "day", longest) for longest in ("1h", "2h", "7d", "90s", "5m", "10m")]
    (sentence,) = overlong(Counting(), declared)
    assert reads == ["lives-ssh/roles/day"]
    assert "7d" not in sentence
    assert sentence.count("declared") == 5


def test_a_signature_of_a_transit_key_is_not_compared(server: VaultClient) -> None:
    """Its path looks like an issuing engine's, and there is no role behind it."""
    both = allowing("pki", "sign", "orders", mount="lives-transit")
    assert list(overlong(server, [both])) == []


def test_what_cannot_be_seen_is_said(server: VaultClient, vault: VaultWorld) -> None:
    """Without the right to read the engine's role, nobody is told that all is well."""
    with_least_rights = vault.connector(token=vault.limited(target_spec()))._client
    (sentence,) = overlong(with_least_rights, [allowing("pki", "issue", "hour")])
    assert "cannot be seen" in sentence

    class Silent:
        def read(self, path: str) -> Mapping[str, object]:
            raise Unreachable(f"{path} did not answer")

    (sentence,) = overlong(Silent(), [allowing("pki", "issue", "hour")])
    assert "could not be read: lives-pki/roles/hour did not answer" in sentence

    class Tuneless:
        def read(self, path: str) -> Mapping[str, object]:
            if path.startswith("sys/"):
                raise Unauthorized("no")
            return server.read(path)

    (sentence,) = overlong(Tuneless(), [allowing("pki", "issue", "unset")])
    assert "set its max_ttl" in sentence


def test_a_policy_without_a_declared_length_is_not_compared(server: VaultClient) -> None:
    """What somebody wrote by hand declares nothing; that it is there is told elsewhere."""
    made = allowing("pki", "issue", "two-days")
    assert list(overlong(server, [Definition(made.native, made.text.partition("\n\n")[0].split("\n", 2)[2], "")])) == []


def test_what_is_read_for_it_follows_from_settings() -> None:
    """Only mounts that Settings name literally: a glob in a mount's place would reach secrets."""
    paths = {
        "pki": {"mount": "pki", "path": "{tenant}"},
        "database": {"mount": "db", "path": "{tenant}"},
        "ssh": {"mount": "ssh-{tenant}"},
        "kv": {"mount": "secret", "path": "{tenant}"},
    }
    spec = VaultTarget.model_validate({**target_spec().model_dump(by_alias=True, mode="json"), "paths": paths})
    assert list(readable(tuple(spec.paths.items()))) == [
        "pki/roles/*",
        "sys/mounts/pki/tune",
        "db/roles/*",
        "db/static-roles/*",
        "sys/mounts/db/tune",
    ]


@pytest.mark.usefixtures("server")
def test_the_plan_is_told_of_what_is_live_and_of_what_is_to_be_granted(vault: VaultWorld) -> None:
    """A reading notes both, with the rights that are generated for it, and the doctor finds no fault with them."""
    paths = {"pki": {"mount": "lives-pki", "path": "{tenant}"}}
    spec = VaultTarget.model_validate({**target_spec().model_dump(by_alias=True, mode="json"), "paths": paths})
    live, asked = allowing("pki", "issue", "two-days"), allowing("pki", "sign", "unset")
    looking = 'path "lives-pki/roles/two-days" { capabilities = ["read"] }'
    vault.raw("POST", f"sys/policies/acl/{live.native.name}", {"policy": live.text})
    vault.raw("POST", "sys/policies/acl/vendor_v_looks_r", {"policy": looking})
    with closing(vault.connector(spec=spec, token=vault.limited(spec))) as connector:
        notes = connector.observe(Sought(definitions=frozenset({asked}))).notes
        found = connector.diagnose()
    for name in (live.native.name, "vendor_v_looks_r"):
        vault.raw("DELETE", f"sys/policies/acl/{name}")
    assert [note.partition(":")[0] for note in notes if "hands out" in note] == [
        "lives-pki/roles/two-days",
        "lives-pki/roles/unset",
    ]
    assert not [finding for finding in found if finding.topic in {"rights", "excess rights"} and finding.ok is False]
