"""The sandbox's throw-away certificate authority."""

from pathlib import Path

import trustme

from reconciler.ports import Certificates


def issue(directory: Path) -> Certificates:
    """Make a CA (`ca.pem`) and a server certificate for localhost in `directory`."""
    authority = trustme.CA(organization_name="guestlist sandbox")
    server = authority.issue_cert("localhost", "127.0.0.1")
    made = Certificates(directory / "ca.pem", directory / "ca.key", directory / "server.pem", directory / "server.key")
    authority.cert_pem.write_to_path(made.ca)
    made.ca_key.touch(mode=0o600)
    authority.private_key_pem.write_to_path(made.ca_key)
    for blob in server.cert_chain_pems:
        blob.write_to_path(made.certificate, append=made.certificate.exists())
    made.key.touch(mode=0o600)
    server.private_key_pem.write_to_path(made.key)
    return made
