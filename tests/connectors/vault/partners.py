"""Mounts where vendors alone log in and guestlist keeps the login roles, on a real server; all hands are raw HTTP."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization

from connectors.vault import CONNECTOR
from connectors.vault.connector import VaultConnector
from connectors.vault.declarations import VaultAlias, VaultTarget
from reconciler.desired.models import PrincipalSpec, VendorSpec
from reconciler.model import Account, provisional
from reconciler.plan.changes import CreateAccount, DisableAccount, EnableAccount, UpdateAccount
from reconciler.ports import Sought
from tests.contract.vault_world import WHY, VaultWorld, target_spec

JWT, APPROLE = "partners-jwt", "partners-approle"
AUDIENCE = "guestlist-partners"
SECRET = "secret/data/acme/prod/db"
READ = 'path "secret/data/acme/prod/db" { capabilities = ["read"] }'
_numbers = count(1)


def spec(**more: object) -> VaultTarget:
    """A target that keeps login roles on both mounts and creates accounts."""
    settings = target_spec().model_dump(mode="json", by_alias=True, exclude_none=True)
    settings["population"] = {"any": {"prefix": "vendor_"}}
    settings["accounts"] = "create"
    settings["logins"] = {
        JWT: {"type": "jwt", "boundAudiences": [AUDIENCE], "userClaim": "email", "claims": {"sub": "subject"}},
        APPROLE: {"type": "approle", "secretIdTtl": "1h", "secretIdNumUses": 3},
    }
    return VaultTarget.model_validate(settings | more)


def vendor(**more: object) -> VendorSpec:
    return VendorSpec.model_validate(
        {
            "sponsor": {"name": "dana.reyes", "since": "2026-01-10"},
            "owners": {"business": "liam.ford", "technical": "noor.aziz"},
            "tier": "high",
            "networks": ["127.0.0.0/8"],
            "contract": {"id": "C-1", "scope": "support", "starts": "2026-01-01", "ends": "2027-12-31"},
        }
        | more,
        strict=False,
    )


def principal(name: str, kind: str = "human", **more: object) -> PrincipalSpec:
    return PrincipalSpec.model_validate({"name": name, "kind": kind} | more)


class Person:
    """A declared principal: what is asked of its account, and how it logs in."""

    def __init__(
        self, kind: str = "human", mount: str = JWT, *, target: VaultTarget | None = None, **more: object
    ) -> None:
        number = next(_numbers)
        self.target = target or spec()
        self.vendor, self.name = "acme", f"q{number}"
        self.entity = f"vendor_{self.vendor}_{self.name}"
        self.alias = f"{self.name}@acme.example" if mount == JWT else self.entity
        self.mount = mount
        subject = more.pop("subject", None)
        account = VaultAlias(mount=mount, alias=self.alias, subject=None if subject is None else str(subject))
        owner = {"persona": {"onBehalfOf": "maria"}, "automation": {"owner": "maria"}}.get(kind, {})
        self.key = CONNECTOR.schema.account_key(account, vendor=self.vendor, principal=self.name, email=None)
        self.asked = CONNECTOR.schema.account_attributes(
            account,
            target=self.target,
            vendor_name=self.vendor,
            vendor=vendor(**more),
            principal=principal(self.name, kind, **owner),
        )

    @property
    def provisional(self) -> str:
        assert self.key is not None
        return provisional(self.key)

    @property
    def sought(self) -> Sought:
        assert self.key is not None
        return Sought(declared=frozenset({self.key}))


class Partners:
    """The two mounts on a world's server, and the changes that a plan would make of them."""

    def __init__(self, vault: VaultWorld) -> None:
        self.vault = vault
        self.raw = vault.raw
        self.token = vault.limited(spec())
        mounts = self.raw("GET", "sys/auth")
        if f"{JWT}/" not in mounts:
            self.raw("POST", f"sys/auth/{JWT}", {"type": "jwt"})
            self.raw("POST", f"sys/auth/{APPROLE}", {"type": "approle"})
            private = serialization.load_pem_private_key(vault.login_key.encode(), None)
            public = private.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            self.raw("POST", f"auth/{JWT}/config", {"jwt_validation_pubkeys": [public.decode()]})
            mounts = self.raw("GET", "sys/auth")
        self.accessors = {name: mounts[f"{name}/"]["accessor"] for name in (JWT, APPROLE)}

    @contextmanager
    def connector(self, address: str | None = None, target: VaultTarget | None = None) -> Iterator[VaultConnector]:
        token = self.token if target is None else self.vault.limited(target)
        made = self.vault.connector(address, spec=target or spec(), token=token)
        try:
            yield made
        finally:
            made.close()

    def sign(self, claims: Mapping[str, object]) -> str:
        now = int(time.time())
        times = {"iat": now, "nbf": now - 5, "exp": now + 300}
        return jwt.encode({"aud": AUDIENCE, "sub": "S-1", **times, **claims}, self.vault.login_key, algorithm="ES256")

    def login(self, person: Person, **claims: object) -> Mapping[str, Any]:
        """The answer's `auth` of a login by JWT, with the claims of the person where no others are given."""
        body = {"role": person.entity, "jwt": self.sign({"email": person.alias} | claims)}
        auth: Mapping[str, Any] = self.raw("POST", f"auth/{person.mount}/login", body)
        return auth

    def refuses(self, person: Person, role: str | None = None, **claims: object) -> bool:
        body = {"role": role or person.entity, "jwt": self.sign({"email": person.alias} | claims)}
        return self.raw.status("POST", f"auth/{person.mount}/login", body) in {400, 403}

    def creating(self, person: Person) -> CreateAccount:
        return CreateAccount(
            target="vault",
            stable_id=self.vault.stable_id,
            reasons=WHY,
            account=person.provisional,
            vendor=person.vendor,
            principal=person.name,
            key=person.key,
            after=dict(person.asked),
            attributes=person.asked,
        )

    def updating(self, person: Person, live: Account) -> UpdateAccount:
        """As a plan makes it: what differs, and what was seen of it."""
        names = [name for name, wanted in person.asked.items() if live.attributes.get(name) != wanted]
        return UpdateAccount(
            target="vault",
            stable_id=self.vault.stable_id,
            reasons=WHY,
            account=live.id,
            before={name: live.attributes.get(name) for name in names},
            after={name: person.asked[name] for name in names},
            attributes={name: person.asked[name] for name in names},
        )

    def disabling(self, id_: str, **after: bool) -> DisableAccount:
        return DisableAccount(
            target="vault", stable_id=self.vault.stable_id, reasons=WHY, account=id_, after={"enabled": False, **after}
        )

    def enabling(self, id_: str) -> EnableAccount:
        return EnableAccount(target="vault", stable_id=self.vault.stable_id, reasons=WHY, account=id_)

    def made(self, person: Person) -> str:
        """A person's account as guestlist makes it; its id."""
        with self.connector(target=person.target) as connector:
            (outcome,) = connector.apply([self.creating(person)])
            assert not outcome.text or outcome.status == "done", outcome.text
            return self.live(connector, person).id

    def live(self, connector: VaultConnector, person: Person) -> Account:
        (found,) = [
            account for account in connector.observe(person.sought).accounts.values() if person.key in account.keys
        ]
        return found
