"""A real server whose data outlives its process: it can be sealed, unsealed, killed and started again."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from connectors.vault import CONNECTOR
from connectors.vault.sandbox.api import Api
from connectors.vault.sandbox.seeds import plant
from connectors.vault.sandbox.server import Server, find_binary
from reconciler.ports import Certificates, Started
from tests.contract.vault_world import VaultWorld, target_spec


class Durable:
    """The server; `world` is what is in it."""

    def __init__(self, directory: Path, certificates: Certificates) -> None:
        self._certificates = certificates
        self._server = Server.launch(find_binary(), directory, certificates, keep=directory / "data")
        with Api(self._server.address, certificates.ca) as api:
            self._server.wait(api.answers)
            made = api.put("sys/init", {"secret_shares": 1, "secret_threshold": 1})
            self._key = str(made["keys_base64"][0])
            api.token = str(made["root_token"])
            self.unseal()
            api.put("sys/policies/acl/guestlist-reconciler", {"policy": CONNECTOR.least_rights(target_spec())})
            body = {"policies": ["guestlist-reconciler"], "no_default_policy": True}
            token = api.post("auth/token/create-orphan", body)["auth"]["client_token"]
            plant(api, "empty", directory)
            facts = {"address": self._server.address, "token": str(token), "root_token": api.token}
        started = Started(pid=self._server.pid, facts=facts, environment={})
        self.world = VaultWorld(started, certificates, directory)

    def seal(self) -> None:
        self.world.raw("PUT", "sys/seal")

    def unseal(self) -> None:
        with Api(self._server.address, self._certificates.ca) as api:
            self._server.wait(api.answers)
            api.put("sys/unseal", {"key": self._key})
            self._server.wait(api.is_open)

    def kill(self) -> None:
        """End the process at once."""
        self._server.kill()

    def start(self) -> None:
        """Start it again where it was; it is sealed, as every server is that was started."""
        self._server = self._server.again(find_binary())
        with Api(self._server.address, self._certificates.ca) as api:
            self._server.wait(api.answers)


@contextlib.contextmanager
def durable(directory: Path, certificates: Certificates) -> Iterator[Durable]:
    """One for as long as the block lasts."""
    server = Durable(directory, certificates)
    try:
        yield server
    finally:
        server.world.raw.close()
        server.kill()
