"""What is in the sandbox's vault: secrets and login mounts always, and for the demo people and a believable mess."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from connectors.vault.sandbox.api import Api
from reconciler.errors import DeclarationError

VENDORS_MOUNT, EMPLOYEES_MOUNT = "vendor-oidc", "employees"
AUDIENCE = "guestlist-sandbox"
LOGIN_KEY = "vendor-oidc-key.pem"
"""In the sandbox's directory: signs the tokens with which an outsider logs in on the vendors' mount."""

_SECRETS = ("acme/prod/db", "acme/prod/api", "northwind/monitoring")


@dataclass(frozen=True, slots=True)
class Entity:
    """An identity entity: its alias on a mount, and the policies attached directly."""

    name: str
    mount: str
    alias: str
    policies: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Group:
    """An identity group of employees."""

    name: str
    policies: Sequence[str]
    members: Sequence[str]


def _allow(path: str, *capabilities: str) -> str:
    return f'path "{path}" {{ capabilities = {json.dumps(capabilities)} }}\n'


PLATFORM_POLICIES: Mapping[str, str] = {
    "platform-admin": _allow("secret/*", "create", "read", "update", "delete", "list"),
    "platform-reader": _allow("secret/data/acme/*", "read") + _allow("secret/metadata/*", "read", "list"),
}


@dataclass(frozen=True, slots=True)
class VendorPolicy:
    """A vendor's policy, as an earlier run may have left it, with the end that the server keeps."""

    text: str
    expiration: str | None = None


VENDOR_POLICIES: Mapping[str, VendorPolicy] = {
    # In order.
    "vendor_northwind-msp_tom.b_vendor-monitoring-read": VendorPolicy(
        _allow("secret/data/northwind/monitoring", "read") + _allow("secret/metadata/northwind/monitoring", "read"),
        "2027-03-31T22:00:00Z",
    ),
    # Edited by hand: one key was declared, now it is everything.
    "vendor_acme-support_maria.k_vendor-api-read": VendorPolicy(
        _allow("secret/data/*", "read") + _allow("secret/metadata/acme/prod/api", "read"), "2027-01-31T23:00:00Z"
    ),
    # Left behind: of a role, and of somebody, that nobody declares any more.
    "vendor_acme-support_maria.k_vendor-db-read": VendorPolicy(_allow("secret/data/acme/prod/*", "read", "list")),
    "vendor_acme-support_ghost_vendor-db-read": VendorPolicy(_allow("secret/data/acme/prod/db", "read")),
}

ENTITIES = (
    Entity(
        "vendor_acme-support_maria.k",
        VENDORS_MOUNT,
        "maria.k@acme-support.example",
        ["vendor_acme-support_maria.k_vendor-api-read", "vendor_acme-support_maria.k_vendor-db-read"],
    ),
    Entity("vendor_acme-support_sync-bot", VENDORS_MOUNT, "sync-bot@acme-support.example"),
    Entity(
        "vendor_northwind-msp_tom.b",
        VENDORS_MOUNT,
        "tom.b@northwind-msp.example",
        ["vendor_northwind-msp_tom.b_vendor-monitoring-read", "platform-reader"],
    ),
    Entity(
        "vendor_acme-support_ghost",
        VENDORS_MOUNT,
        "ghost@acme-support.example",
        ["vendor_acme-support_ghost_vendor-db-read"],
    ),
    Entity("dana.reyes", EMPLOYEES_MOUNT, "dana.reyes", ["platform-reader"]),
    Entity("liam.ford", EMPLOYEES_MOUNT, "liam.ford"),
    Entity("noor.aziz", EMPLOYEES_MOUNT, "noor.aziz", ["platform-admin"]),
)

GROUPS = (
    Group("platform-team", ["platform-admin"], ["noor.aziz"]),
    Group("Everybody", ["platform-reader"], ["dana.reyes", "liam.ford", "noor.aziz"]),
)


def plant(api: Api, seed: str, directory: Path) -> None:
    """Fill a fresh server."""
    match seed:
        case "empty":
            _furnish(api, directory)
        case "demo":
            _furnish(api, directory)
            _populate(api)
        case _:
            raise DeclarationError(f"there is no seed {seed!r} for the vault; use demo or empty")


def _furnish(api: Api, directory: Path) -> None:
    api.post("sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
    for path in _SECRETS:
        api.post(f"secret/data/{path}", {"data": {"value": secrets.token_urlsafe()}})
    api.post(f"sys/auth/{EMPLOYEES_MOUNT}", {"type": "userpass"})
    api.post(f"sys/auth/{VENDORS_MOUNT}", {"type": "jwt"})
    api.post(f"auth/{VENDORS_MOUNT}/config", {"jwt_validation_pubkeys": [_login_key(directory / LOGIN_KEY)]})
    role = {
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": [AUDIENCE],
        "token_ttl": "15m",
        "token_max_ttl": "1h",
    }
    api.post(f"auth/{VENDORS_MOUNT}/role/vendor", role)


def _populate(api: Api) -> None:
    for name, text in PLATFORM_POLICIES.items():
        api.post(f"sys/policies/acl/{name}", {"policy": text})
    for name, policy in VENDOR_POLICIES.items():
        if policy.expiration is None:
            api.post(f"sys/policies/acl/{name}", {"policy": policy.text})
        elif datetime.fromisoformat(policy.expiration) > datetime.now(UTC):  # past its end it would be gone by itself
            api.post(f"sys/policies/acl/{name}", {"policy": policy.text, "expiration": policy.expiration})
    mounts = api.get("sys/auth")["data"]
    ids: dict[str, str] = {}
    for entity in ENTITIES:
        made = api.post("identity/entity", {"name": entity.name, "policies": list(entity.policies)})
        ids[entity.name] = made["data"]["id"]
        alias = {
            "name": entity.alias,
            "canonical_id": ids[entity.name],
            "mount_accessor": mounts[f"{entity.mount}/"]["accessor"],
        }
        api.post("identity/entity-alias", alias)
    for group in GROUPS:
        members = [ids[name] for name in group.members]
        api.post("identity/group", {"name": group.name, "policies": list(group.policies), "member_entity_ids": members})


def _login_key(path: Path) -> str:
    """Make the key, keep its private half in a file that only we can read, and give the public one."""
    key = generate_private_key(SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(private)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public.decode()
