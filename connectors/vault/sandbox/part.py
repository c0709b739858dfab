"""The vault's part of the sandbox: a server, what is in it, and a token with the least rights."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from connectors.vault.sandbox.api import Api
from connectors.vault.sandbox.seeds import plant
from connectors.vault.sandbox.server import Server, find_binary
from reconciler.ports import Certificates, Started

RECONCILER_POLICY = "guestlist-reconciler"
_LIFE = "768h"


class VaultSandbox:
    """Starts OpenBao with storage in memory and TLS by the sandbox's own authority; what it held is gone at its end."""

    def start(
        self,
        directory: Path,
        *,
        seed: str,
        accounts: int = 0,
        certificates: Certificates,
        rights: str,
        spawned: Callable[[int], None] = lambda _: None,
    ) -> Started:
        """Start, initialise, unseal and fill it; `rights` is the policy of guestlist's own token.

        A seed that is a file describes another kind of target, and `accounts` are made up there: here is `empty`.
        """
        del accounts
        with ExitStack() as stack:
            server = Server.launch(find_binary(), directory, certificates)
            stack.callback(server.kill)
            spawned(server.pid)
            api = stack.enter_context(Api(server.address, certificates.ca))
            root = _open(server, api)
            api.token = root
            api.put(f"sys/policies/acl/{RECONCILER_POLICY}", {"policy": rights})
            token = _reconciler_token(api)
            plant(api, "empty" if Path(seed).is_file() else seed, directory)
            api.close()
            stack.pop_all()
        return Started(
            pid=server.pid,
            facts={
                "address": server.address,
                "token": token,
                "root_token": root,
                "ca_file": str(certificates.ca),
                "pid": server.pid,
            },
            environment={
                "GUESTLIST_VAULT_URL": server.address,
                "GUESTLIST_VAULT_TOKEN": token,
                "GUESTLIST_VAULT_CA_FILE": str(certificates.ca),
            },
        )


def _open(server: Server, api: Api) -> str:
    """Initialise and unseal; the root token."""
    server.wait(api.answers)
    made = api.put("sys/init", {"secret_shares": 1, "secret_threshold": 1})
    api.put("sys/unseal", {"key": made["keys_base64"][0]})
    server.wait(api.is_open)
    return str(made["root_token"])


def _reconciler_token(api: Api) -> str:
    made = api.post(
        "auth/token/create-orphan",
        {
            "policies": [RECONCILER_POLICY],
            "no_default_policy": True,
            "display_name": "guestlist",
            "ttl": _LIFE,
            "renewable": True,
        },
    )
    return str(made["auth"]["client_token"])
