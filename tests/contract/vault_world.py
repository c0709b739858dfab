"""The vault's world: a real OpenBao, read and disturbed by raw HTTP."""

import contextlib
import json
import os
import signal
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import jwt

from connectors.vault import CONNECTOR
from connectors.vault.client import Patience, VaultClient
from connectors.vault.connector import VaultConnector
from connectors.vault.declarations import VaultRole, VaultTarget
from connectors.vault.sandbox import SANDBOX
from reconciler.model import BindingKey, Native, Reason, ReasonCode
from reconciler.plan.changes import AnyChange, CreateRole, GrantBinding, RevokeBinding
from reconciler.ports import Certificates, Started

WHY = (Reason(ReasonCode.UNDECLARED, "a test"),)
IMPATIENT = Patience(connect=1, answer=0.5, attempts=2, total=2, longest_pause=0.01, sleep=lambda _: None)


def target_spec(**population: object) -> VaultTarget:
    """The target as Settings declare it, in enforce."""
    return VaultTarget.model_validate(
        {
            "connector": "vault",
            "mode": "enforce",
            "url": {"env": "GUESTLIST_VAULT_URL"},
            "caFile": {"env": "GUESTLIST_VAULT_CA_FILE"},
            "auth": {"token": {"env": "GUESTLIST_VAULT_TOKEN"}},
            "population": population or {"any": {"prefix": "vendor_", "mounts": ["vendor-oidc"]}},
        }
    )


def role(*actions: str, path: str = "acme/prod/db") -> VaultRole:
    """A declared role on one secret."""
    return VaultRole.model_validate(
        {"connector": "vault", "objects": [{"engine": "kv", "mount": "secret", "path": path}], "actions": list(actions)}
    )


class Raw:
    """The intruder's and the witness's hands: plain HTTP."""

    def __init__(self, started: Started, ca: Path) -> None:
        self.root = str(started.facts["root_token"])
        self._http = httpx.Client(
            base_url=f"{started.facts['address']}/v1/",
            verify=ssl.create_default_context(cafile=str(ca)),
            trust_env=False,
        )

    def status(self, method: str, path: str, body: object = None, *, token: str | None = None) -> int:
        """The status of a call."""
        return self._send(method, path, body, token).status_code

    def __call__(self, method: str, path: str, body: object = None, *, token: str | None = None) -> Any:  # noqa: ANN401 - JSON of many shapes
        """The `data` (or else `auth`) of a call that must succeed; None where there is none."""
        answer = self._send(method, path, body, token)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        if not answer.content:
            return None
        document = answer.json()
        return document.get("auth") or document.get("data")

    def keys(self, path: str) -> Mapping[str, Any]:
        """A listing, by key; empty when there is nothing."""
        answer = self._send("LIST", path, None, None)
        return {} if answer.status_code == 404 else answer.json()["data"].get("key_info", {})

    def close(self) -> None:
        self._http.close()

    def _send(self, method: str, path: str, body: object, token: str | None) -> httpx.Response:
        return self._http.request(method, path, json=body, headers={"X-Vault-Token": token or self.root})


class VaultWorld:
    """A real server, seeded or empty."""

    name = "vault"
    central = r"LIST /v1/identity/entity/id"
    partial = r"GET /v1/identity/entity/id/{account}"

    def __init__(self, started: Started, certificates: Certificates, directory: Path) -> None:
        self.started = started
        self.certificates = certificates
        self.address = str(started.facts["address"])
        self.token = str(started.facts["token"])
        self.raw = Raw(started, certificates.ca)
        self.secrets = (self.token, self.raw.root)
        self.mount_accessor = str(self.raw("GET", "sys/auth/vendor-oidc")["accessor"])
        self.login_key = (directory / "vendor-oidc-key.pem").read_text()
        self._numbers = count(1)
        self._vendor: dict[str, tuple[str, str]] = {}
        health = httpx.get(
            f"{self.address}/v1/sys/health",
            verify=ssl.create_default_context(cafile=str(certificates.ca)),
            trust_env=False,
        )
        self.stable_id = f"{health.json()['cluster_id']}/"

    def connector(self, address: str | None = None, spec: VaultTarget | None = None, token: str = "") -> VaultConnector:
        client = VaultClient(
            "vault",
            address or self.address,
            token or self.token,
            namespace=None,
            ca=self.certificates.ca,
            patience=IMPATIENT,
        )
        return VaultConnector(spec or target_spec(), client)

    def limited(self, spec: VaultTarget) -> str:
        """A token with the least rights for a target that is declared so."""
        name = f"least-{next(self._numbers)}"
        self.raw("POST", f"sys/policies/acl/{name}", {"policy": CONNECTOR.least_rights(spec)})
        body = {"policies": [name], "no_default_policy": True}
        return str(self.raw("POST", "auth/token/create", body)["client_token"])

    def entity(self, name: str, **fields: object) -> str:
        """An entity by raw HTTP; its id."""
        return str(self.raw("POST", "identity/entity", {"name": name, **fields})["id"])

    def alias(self, entity: str, name: str, accessor: str | None = None) -> None:
        body = {"name": name, "canonical_id": entity, "mount_accessor": accessor or self.mount_accessor}
        self.raw("POST", "identity/entity-alias", body)

    def login(self, alias: str, role: str = "vendor", groups: Sequence[str] = ()) -> Mapping[str, Any]:
        """Log in as an outsider on the vendors' mount; the answer's `auth`."""
        now = int(time.time())
        times = {"iat": now, "nbf": now - 5, "exp": now + 300}
        claims = {"sub": alias, "aud": "guestlist-sandbox", "groups": list(groups), **times}
        signed = jwt.encode(claims, self.login_key, algorithm="ES256")
        auth: Mapping[str, Any] = self.raw("POST", "auth/vendor-oidc/login", {"role": role, "jwt": signed})
        return auth

    def person(self) -> tuple[str, str, str]:
        """A vendor's account with an alias: its id, its name and its alias."""
        number = next(self._numbers)
        vendor, principal = "acme-support", f"p{number}-{os.getpid()}"
        name, alias = f"vendor_{vendor}_{principal}", f"{principal}@acme-support.example"
        id_ = self.entity(name)
        self.alias(id_, alias)
        self._vendor[id_] = vendor, principal
        return id_, name, alias

    def account(self) -> str:
        return self.person()[0]

    def granting(
        self, account: str, until: datetime, declared: VaultRole | None = None
    ) -> tuple[BindingKey, Sequence[Sequence[AnyChange]]]:
        vendor, principal = self._vendor[account]
        (compiled,) = CONNECTOR.schema.compile(
            "db-rotate",
            declared or role("view-metadata", "rotate"),
            target=target_spec(),
            vendor=vendor,
            principal=principal,
            scope=(),
        )
        assert compiled.definition is not None
        definition = replace(compiled.definition, until=until)
        create = CreateRole(
            target="vault",
            stable_id=self.stable_id,
            reasons=WHY,
            native=compiled.native,
            until=until,
            definition=definition,
            after={"definition": definition.digest},
        )
        grant = GrantBinding(
            target="vault",
            stable_id=self.stable_id,
            reasons=WHY,
            account=account,
            native=compiled.native,
            until=until,
        )
        return BindingKey(account, compiled.native), [[create], [grant]]

    def intrude(self, account: str) -> Native:
        name = f"by-hand-{next(self._numbers)}"
        self.raw(
            "POST", f"sys/policies/acl/{name}", {"policy": 'path "secret/data/acme/*" { capabilities = ["read"] }'}
        )
        self.attach(account, name)
        return Native("policy", name)

    def attach(self, account: str, *policies: str) -> None:
        """Attach policies by hand, beside what is there."""
        held = self.raw("GET", f"identity/entity/id/{account}")["policies"]
        self.raw("POST", f"identity/entity/id/{account}", {"policies": [*held, *policies]})

    def revoking(self, key: BindingKey) -> RevokeBinding:
        return RevokeBinding(
            target="vault", stable_id=self.stable_id, reasons=WHY, account=key.account, native=key.native
        )

    def holds(self, key: BindingKey) -> bool:
        return key.native.name in self.raw("GET", f"identity/entity/id/{key.account}")["policies"]

    def snapshot(self) -> object:
        entities = [self.raw("GET", f"identity/entity/id/{id_}") for id_ in sorted(self.raw.keys("identity/entity/id"))]
        groups = [self.raw("GET", f"identity/group/id/{id_}") for id_ in sorted(self.raw.keys("identity/group/id"))]
        return entities, groups, self.raw.keys("sys/policies/detailed/acl")

    def refusal(self, status: int) -> bytes:
        return json.dumps({"errors": [f"refused with {status} for {self.token}"]}).encode()


@contextlib.contextmanager
def vault_world(directory: Path, certificates: Certificates, seed: str = "empty") -> Iterator[VaultWorld]:
    """A server for as long as the block lasts."""
    rights = CONNECTOR.least_rights(target_spec())
    started = SANDBOX.start(directory, seed=seed, certificates=certificates, rights=rights)
    world = None
    try:
        world = VaultWorld(started, certificates, directory)
        yield world
    finally:
        if world is not None:
            world.raw.close()
        os.kill(started.pid, signal.SIGTERM)
        os.waitpid(started.pid, 0)
