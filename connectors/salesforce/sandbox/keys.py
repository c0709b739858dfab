"""The key pair of the JWT bearer flow."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_BITS, _EXPONENT = 2048, 65537


def public_key(directory: Path, given: Path | None) -> str:
    """The key that assertions are verified with, PEM.

    Without one given, a pair is made, and its private half left as `jwt.key` in the directory, readable by its owner.
    """
    if given is not None:
        return given.read_text("ascii")
    private = rsa.generate_private_key(public_exponent=_EXPONENT, key_size=_BITS)
    path = directory / "jwt.key"
    path.touch(mode=0o600)
    path.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    shown = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return shown.decode("ascii")
