"""What Settings say of a vendor's leaving: what guestlist may rotate by itself, and by when the rest is to be done."""

from typing import Annotated

from pydantic import AfterValidator, Field

from connectors.vault.auth import plain_mount
from reconciler.desired.basics import Many, Strict

SecretsMount = Annotated[
    str, AfterValidator(plain_mount), Field(min_length=1, max_length=200, description="The mount of a secrets engine.")
]


class VaultRotation(Strict):
    """The mounts where guestlist may rotate by itself, by engine; it learns no value by that."""

    database: Annotated[Many[SecretsMount], Field(description="Passwords of static roles.")] = ()
    transit: Annotated[
        Many[SecretsMount], Field(description="Keys; the older versions stay until somebody ends them.")
    ] = ()


class VaultOffboarding(Strict):
    """What happens with the secrets that a departed vendor could read."""

    due_days: Annotated[int, Field(ge=0, le=365, description="Within how many days they are to be rotated.")] = 7
    rotate: VaultRotation = VaultRotation()
    leases: Annotated[
        Many[SecretsMount], Field(description="Mounts whose leases guestlist may list: names and ends, no credential.")
    ] = ()
