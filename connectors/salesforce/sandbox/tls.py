"""The certificate of the simulated org, from a throw-away authority."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Authority:
    """Files of a certificate authority: its certificate and its private key, PEM."""

    certificate: Path
    key: Path


def authority(directory: Path, given: Authority | None) -> tuple[trustme.CA, Path]:
    """The authority to sign with, and the file that clients trust it by.

    Args:
        directory: Where `ca.pem` is written if none is given.
        given: An authority from outside, which may serve other parts of the sandbox too.
    """
    if given is not None:
        return trustme.CA.from_pem(given.certificate.read_bytes(), given.key.read_bytes()), given.certificate
    made, path = trustme.CA(), directory / "ca.pem"
    made.cert_pem.write_to_path(str(path))
    return made, path


@contextmanager
def server_certificate(ca: trustme.CA, directory: Path) -> Iterator[Path]:
    """A file with key and certificate for this machine's loopback names; gone when the block ends."""
    with ca.issue_cert(*_NAMES).private_key_and_cert_chain_pem.tempfile(dir=str(directory)) as path:
        yield Path(path)
