"""The simulated org as a part of `guestlist sandbox`."""

from collections.abc import Callable
from pathlib import Path

from connectors.salesforce.sandbox.process import StartError, start
from connectors.salesforce.sandbox.tls import Authority
from reconciler.errors import GuestlistError
from reconciler.ports import Certificates, Started


class SalesforceSandbox:
    """Starts a simulated org; see `reconciler.ports.SandboxPart`."""

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
        """Start it on a free port. The org's integration user has the rights of its profile, so `rights` go unused."""
        del rights
        try:
            authority = Authority(certificates.ca, certificates.ca_key)
            org = start(directory, seed=seed, accounts=accounts, ca=authority, spawned=spawned)
        except StartError as error:
            raise GuestlistError(str(error)) from None
        return Started(
            pid=org.pid,
            facts={
                "instance_url": org.instance_url,
                "access_token": org.access_token,
                "client_id": org.client_id,
                "client_secret": org.client_secret,
                "control_token": org.control_token,
                "ca_file": org.ca_file,
                "pid": org.pid,
            },
            environment={
                "GUESTLIST_CRM_URL": org.instance_url,
                "GUESTLIST_CRM_ID": org.client_id,
                "GUESTLIST_CRM_SECRET": org.client_secret,
                "GUESTLIST_CRM_CA_FILE": org.ca_file,
            },
        )
