"""Every engine and action on the real server: what the compiled policy allows, and that it allows nothing else."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.vault.compile import compile_role
from connectors.vault.declarations import VaultRole
from connectors.vault.engines import ENGINES, Action, Engine
from tests.connectors.vault.database import Database, database
from tests.contract.vault_world import VaultWorld

Call = tuple[str, str]
"""A method and a path below the mount."""

VALUE = "dG9wIHNlY3JldA=="
"""The secret of every engine that keeps one; as base64, because transit takes nothing else."""

PRIVATE = "PRIVATE KEY"


class Bench:
    """One engine, mounted for the tests."""

    def __init__(self, vault: VaultWorld, engine: Engine) -> None:
        self.mount = f"matrix-{engine}"
        self._vault = vault

    def send(self, method: str, path: str, body: object = None, token: str | None = None) -> httpx.Response:
        """One call below the mount; as root without a token."""
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"X-Vault-Token": token or self._vault.raw.root, "Content-Type": kind}
        return self._vault.raw._http.request(method, f"{self.mount}/{path}", json=body, headers=headers)

    def must(self, method: str, path: str, body: object = None) -> httpx.Response:
        """A call as root that must succeed; a new versioned mount refuses writes for a moment."""
        end = time.monotonic() + 5
        while not (answer := self.send(method, path, body)).is_success:
            assert "pgrad" in answer.text, f"{method} {path}: {answer.text}"
            assert time.monotonic() < end
            time.sleep(0.02)
        return answer


def _csr() -> str:
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "host.example")])
    signed = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _public_key() -> str:
    public = Ed25519PrivateKey.generate().public_key()
    return public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def _kv(bench: Bench) -> None:
    for path in ("team/db", "team/db/below", "team/other"):
        bench.must("POST", f"data/{path}", {"data": {"value": VALUE}})


def _kv_v1(bench: Bench) -> None:
    for path in ("team/db", "team/db/below", "team/other"):
        bench.must("POST", path, {"value": VALUE})


def _transit(bench: Bench) -> None:
    bench.send("POST", "keys/orders/soft-delete-restore")
    for key, kind in (("orders", "rsa-2048"), ("other", "aes256-gcm96")):
        bench.must("POST", f"keys/{key}", {"type": kind, "exportable": True})
        bench.must("POST", f"keys/{key}/config", {"deletion_allowed": True})


def _pki(bench: Bench) -> None:
    if not bench.send("GET", "roles/web").is_success:
        bench.must("POST", "root/generate/internal", {"common_name": "authority", "key_type": "ec"})
    for role in ("web", "other"):
        bench.must("POST", f"roles/{role}", {"allow_any_name": True, "key_type": "ec", "ttl": "1h"})


def _ssh(bench: Bench) -> None:
    if not bench.send("GET", "roles/people").is_success:
        bench.must("POST", "config/ca", {"generate_signing_key": True, "key_type": "ed25519"})
    people = {"key_type": "ca", "allow_user_certificates": True, "allowed_users": "*", "default_user": "u", "ttl": "1h"}
    for role in ("people", "other"):
        bench.must("POST", f"roles/{role}", people)
    bench.must("POST", "roles/hosts", {"key_type": "otp", "default_user": "u", "cidr_list": "10.0.0.0/8"})


def _database(bench: Bench) -> None:
    for role in ("app", "other"):
        creation = "CREATE USER \"{{username}}\" WITH PASSWORD '{{password}}'"
        bench.must("POST", f"roles/{role}", {"db_name": "db", "creation_statements": creation, "max_ttl": "1h"})
    for role in ("keeper", "warden"):
        if not bench.send("GET", f"static-roles/{role}").is_success:
            bench.must("POST", f"static-roles/{role}", {"db_name": "db", "username": role, "rotation_period": "24h"})


def _ciphertext(bench: Bench) -> object:
    made = bench.must("POST", "encrypt/orders", {"plaintext": VALUE}).json()["data"]
    return {"ciphertext": made["ciphertext"]}


@dataclass(frozen=True, slots=True)
class Lab:
    """How one engine is tried.

    Attributes:
        kind: the body that mounts it.
        paths: the declared objects.
        calls: what each action is, by an account of the API that is not the table's.
        beyond: calls that no action is.
        prepare: makes everything be there, again and again.
        bodies: what a call sends, by path.
    """

    kind: Mapping[str, object]
    paths: tuple[str, ...]
    calls: Mapping[Action, frozenset[Call]]
    beyond: frozenset[Call]
    prepare: Callable[[Bench], None]
    bodies: Mapping[str, object | Callable[[Bench], object]] = field(default_factory=dict)

    def everything(self) -> list[Call]:
        return sorted(self.beyond.union(*self.calls.values()))

    def body(self, bench: Bench, call: Call) -> object:
        method, path = call
        if method not in {"POST", "PATCH"}:
            return None
        body = self.bodies.get(path)
        return body(bench) if callable(body) else body


def _calls(*lines: str) -> frozenset[Call]:
    """Each line is a method and a path."""
    return frozenset((method, path) for method, path in (line.split() for line in lines))


LABS: Mapping[Engine, Lab] = {
    "kv": Lab(
        kind={"type": "kv", "options": {"version": "2"}},
        paths=("team/db",),
        calls={
            "list": _calls("LIST metadata/team/db", "GET metadata/team/db?list=true"),
            "view-metadata": _calls("GET metadata/team/db"),
            "read": _calls("GET data/team/db"),
            "rotate": _calls("POST data/team/db", "PATCH data/team/db"),
            "write": _calls("POST data/team/db", "PATCH data/team/db"),
            "delete": _calls("POST delete/team/db", "DELETE data/team/db"),
            "destroy": _calls("POST destroy/team/db", "DELETE metadata/team/db"),
        },
        beyond=_calls(
            "LIST metadata/team",
            "SCAN metadata/team/db",
            "LIST detailed-metadata/team/db",
            "POST metadata/team/db",
            "POST undelete/team/db",
            "GET subkeys/team/db",
            "GET data/team/other",
            "POST data/team/other",
            "GET data/team/db/below",
            "GET config",
            "POST config",
        ),
        prepare=_kv,
        bodies={
            "data/team/db": {"data": {"value": "new"}},
            "delete/team/db": {"versions": [1]},
            "destroy/team/db": {"versions": [1]},
        },
    ),
    "kv-v1": Lab(
        kind={"type": "kv", "options": {"version": "1"}},
        paths=("team/db",),
        calls={
            "list": _calls("LIST team/db", "GET team/db?list=true"),
            "read": _calls("GET team/db"),
            "rotate": _calls("POST team/db"),
            "write": _calls("POST team/db"),
            "destroy": _calls("DELETE team/db"),
        },
        beyond=_calls("LIST team", "SCAN team/db", "GET team/other", "POST team/other", "GET team/db/below"),
        prepare=_kv_v1,
        bodies={"team/db": {"value": "new"}},
    ),
    "transit": Lab(
        kind={"type": "transit"},
        paths=("orders",),
        calls={
            "list": _calls("LIST keys"),
            "view-metadata": _calls("GET keys/orders"),
            "read": _calls("POST decrypt/orders"),
            "rotate": _calls("POST keys/orders/rotate"),
            "write": _calls("POST encrypt/orders"),
            "export": _calls(*(f"GET export/{kind}-key/orders" for kind in ("encryption", "signing", "hmac"))),
            "delete": _calls("DELETE keys/orders/soft-delete"),
            "destroy": _calls("DELETE keys/orders"),
            "sign": _calls("POST sign/orders"),
        },
        beyond=_calls(
            "POST keys/orders",
            "POST keys/orders/config",
            "POST keys/orders/trim",
            "POST keys/orders/soft-delete-restore",
            "GET backup/orders",
            "GET export/encryption-key/orders/1",
            "GET export/public-key/orders",
            "POST datakey/plaintext/orders",
            "POST rewrap/orders",
            "POST hmac/orders",
            "GET keys/other",
            "POST decrypt/other",
            "POST encrypt/other",
            "POST encrypt/new",
            "POST sign/other",
            "GET export/encryption-key/other",
            "DELETE keys/other",
        ),
        prepare=_transit,
        bodies={
            "decrypt/orders": _ciphertext,
            "encrypt/orders": {"plaintext": VALUE},
            "sign/orders": {"input": VALUE},
        },
    ),
    "pki": Lab(
        kind={"type": "pki"},
        paths=("web",),
        calls={
            "list": _calls("LIST roles"),
            "view-metadata": _calls("GET roles/web"),
            "sign": _calls("POST sign/web"),
            "issue": _calls("POST issue/web"),
        },
        beyond=_calls(
            "POST roles/web",
            "PATCH roles/web",
            "DELETE roles/web",
            "POST sign-verbatim/web",
            "POST issuer/default/issue/web",
            "POST issuer/default/sign/web",
            "POST root/sign-intermediate",
            "POST revoke",
            "LIST certs",
            "GET roles/other",
            "POST sign/other",
            "POST issue/other",
        ),
        prepare=_pki,
        bodies={
            "sign/web": lambda _: {"csr": _csr(), "common_name": "host.example"},
            "issue/web": {"common_name": "host.example"},
        },
    ),
    "ssh": Lab(
        kind={"type": "ssh"},
        paths=("people", "hosts"),
        calls={
            "list": _calls("LIST roles"),
            "view-metadata": _calls("GET roles/people", "GET roles/hosts"),
            "sign": _calls("POST sign/people"),
            "issue": _calls("POST issue/people", "POST creds/hosts"),
        },
        beyond=_calls(
            "POST roles/people",
            "DELETE roles/people",
            "POST config/ca",
            "LIST issuers",
            "POST lookup",
            "GET roles/other",
            "POST sign/other",
            "POST issue/other",
            "POST creds/other",
        ),
        prepare=_ssh,
        bodies={
            "sign/people": lambda _: {"public_key": _public_key()},
            "issue/people": {"key_type": "ed25519"},
            "creds/hosts": {"ip": "10.0.0.1"},
        },
    ),
    "database": Lab(
        kind={"type": "database"},
        paths=("app", "keeper"),
        calls={
            "list": _calls("LIST roles", "LIST static-roles"),
            "view-metadata": _calls("GET roles/app", "GET static-roles/keeper"),
            "read": _calls("GET static-creds/keeper"),
            "rotate": _calls("POST rotate-role/keeper"),
            "issue": _calls("GET creds/app"),
        },
        beyond=_calls(
            "POST roles/app",
            "PATCH roles/app",
            "DELETE roles/app",
            "POST static-roles/keeper",
            "DELETE static-roles/keeper",
            "POST config/db",
            "POST rotate-root/db",
            "POST reset/db",
            "LIST config",
            "GET config/db",
            "GET roles/other",
            "GET creds/other",
            "GET static-roles/warden",
            "GET static-creds/warden",
            "POST rotate-role/warden",
        ),
        prepare=_database,
    ),
}

EVERY = [(engine, action) for engine, table in ENGINES.items() for action in table.actions]


@pytest.fixture(scope="module")
def users() -> Iterator[Database]:
    with database() as made:
        yield made


@pytest.fixture(scope="module")
def benches(vault: VaultWorld, users: Database) -> Iterator[Mapping[Engine, Bench]]:
    made = {engine: Bench(vault, engine) for engine in LABS}
    for engine, bench in made.items():
        vault.raw("POST", f"sys/mounts/{bench.mount}", LABS[engine].kind)
        if engine == "database":
            where = {"plugin_name": "influxdb-database-plugin", "host": "127.0.0.1", "port": users.port}
            bench.must("POST", "config/db", {**where, "allowed_roles": "*", "username": "root", "password": VALUE})
        LABS[engine].prepare(bench)
    yield made
    for bench in made.values():
        vault.raw("DELETE", f"sys/mounts/{bench.mount}")


def token_of(vault: VaultWorld, bench: Bench, engine: Engine, action: Action) -> str:
    """A token that holds exactly the policy of one action."""
    objects = [{"engine": engine, "mount": bench.mount, "path": path} for path in LABS[engine].paths]
    longest = {"longest": "1h"} if action in ENGINES[engine].issuing else {}
    declared = VaultRole.model_validate({"connector": "vault", "objects": objects, "actions": [action], **longest})
    definition = compile_role("r", declared, vendor="v", principal="p").definition
    assert definition is not None
    name = f"{bench.mount}-{action}"
    vault.raw("POST", f"sys/policies/acl/{name}", {"policy": definition.text})
    body = {"policies": [name], "no_default_policy": True}
    return str(vault.raw("POST", "auth/token/create", body)["client_token"])


@pytest.mark.parametrize(("engine", "action"), EVERY)
def test_the_matrix_has_every_engine_and_action(engine: Engine, action: Action) -> None:
    """No line of a table is untried, and nothing is tried that no table has."""
    assert LABS[engine].calls[action]
    assert set(LABS[engine].calls) == set(ENGINES[engine].actions)


@pytest.mark.parametrize(("engine", "action"), EVERY)
def test_an_action_can_do_exactly_that(
    vault: VaultWorld, benches: Mapping[Engine, Bench], users: Database, engine: Engine, action: Action
) -> None:
    """A token with the compiled policy makes each call of its action, and is refused every other one of the engine.

    No answer shows the value but that of `read`, none a private key but those of `export` and `issue`, and none a
    database's password but those of `read` and `issue`.
    """
    lab, bench = LABS[engine], benches[engine]
    token = token_of(vault, bench, engine, action)
    for call in lab.everything():
        allowed = call in lab.calls[action]
        if allowed:
            lab.prepare(bench)
        answer = bench.send(*call, lab.body(bench, call) if allowed else None, token)
        assert answer.is_success if allowed else answer.status_code == 403, f"{call}: {answer.text}"
        assert VALUE not in answer.text or action == "read"
        assert PRIVATE not in answer.text or action in {"export", "issue"}
        assert action in {"read", "issue"} or not any(password in answer.text for password in users.passwords)


def test_writing_to_a_transit_key_makes_none(vault: VaultWorld, benches: Mapping[Engine, Bench]) -> None:
    """Encrypting with a key that is not there, or no longer, is refused and creates nothing."""
    bench = benches["transit"]
    token = token_of(vault, bench, "transit", "write")
    LABS["transit"].prepare(bench)
    bench.must("DELETE", "keys/orders")
    assert bench.send("POST", "encrypt/orders", {"plaintext": VALUE}, token).status_code == 403
    assert bench.send("GET", "keys/orders").status_code == 404
