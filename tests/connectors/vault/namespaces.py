"""A namespace of the tests' server, with everything that a target needs."""

from dataclasses import dataclass

from connectors.vault import CONNECTOR
from connectors.vault.client import VaultClient
from connectors.vault.connector import VaultConnector
from connectors.vault.declarations import VaultTarget
from tests.contract.vault_world import IMPATIENT, VaultWorld, target_spec

NARROW = {"any": {"prefix": "vendor_"}}


@dataclass
class Namespace:
    """A namespace with a secret, vendors' entities, and guestlist's token of the least rights there."""

    vault: VaultWorld
    name: str

    def __post_init__(self) -> None:
        raw = self.vault.raw
        raw("POST", f"sys/namespaces/{self.name}", {})
        raw("POST", self.path("sys/mounts/kv"), {"type": "kv"})
        raw("POST", self.path("kv/crown-jewels"), {"value": "x"})
        raw("POST", self.path("sys/policies/acl/guestlist-reconciler"), {"policy": CONNECTOR.least_rights(self.spec)})
        made = raw("POST", self.path("auth/token/create"), {"policies": ["guestlist-reconciler"]})
        self.token = str(made["client_token"])

    @property
    def spec(self) -> VaultTarget:
        return target_spec(**NARROW).model_copy(update={"namespace": self.name})

    def path(self, path: str) -> str:
        return f"{self.name}/{path}"

    def connector(self, address: str | None = None) -> VaultConnector:
        client = VaultClient(
            self.name,
            address or self.vault.address,
            self.token,
            namespace=self.name,
            ca=self.vault.certificates.ca,
            patience=IMPATIENT,
        )
        return VaultConnector(self.spec, client)

    def entity(self, name: str) -> str:
        return str(self.vault.raw("POST", self.path("identity/entity"), {"name": name})["id"])
