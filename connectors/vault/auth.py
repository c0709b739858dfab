"""How guestlist proves who it is to a vault, as Settings declare it. What is done with it is in `session`."""

import re
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from connectors.vault.names import PREFIX, mount_name
from reconciler.desired.basics import Strict
from reconciler.desired.models import Reference

_MOUNT = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_ROLE = r"^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$"


def plain_mount(value: str) -> str:
    """A mount without slashes around it and without any sign that a policy's path would read otherwise."""
    mount = value.strip("/")
    if not _MOUNT.fullmatch(mount) or {".", ".."} & set(mount.split("/")):
        raise ValueError(f"{value!r} is no mount; write it as it is listed, without slashes around it")
    return mount


def _login_mount(value: str) -> str:
    return plain_mount(mount_name(value))


def _outside(role: str) -> str:
    if role.lower().startswith(PREFIX):
        raise ValueError(f"role {role!r} begins as vendors' do ({PREFIX}); guestlist's own stand outside that prefix")
    return role


LoginMount = Annotated[
    str,
    AfterValidator(_login_mount),
    Field(min_length=1, max_length=200, description="Where the auth method is mounted: not where vendors log in."),
]
LoginRole = Annotated[str, AfterValidator(_outside), Field(max_length=200, pattern=_ROLE)]


class JwtAuth(Strict):
    """A JWT of somebody whom the vault trusts, such as the CI's OIDC token: no lasting secret anywhere."""

    mount: LoginMount
    role: LoginRole
    token: Reference


class AppRoleAuth(Strict):
    """An AppRole of guestlist's own."""

    mount: LoginMount = "approle"
    role_id: Reference
    secret_id: Reference


class VaultAuth(Strict):
    """How guestlist proves who it is: exactly one of these.

    With `jwt` and `approle` it logs in once a run, renews what it got where the run lasts longer, and revokes it at the
    end. A `token` was made by somebody else, and is neither renewed nor revoked.
    """

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    token: Reference | None = None
    jwt: JwtAuth | None = None
    approle: AppRoleAuth | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "VaultAuth":
        said = [name for name in ("token", "jwt", "approle") if getattr(self, name) is not None]
        if len(said) != 1:
            found = f"there are {' and '.join(said)}" if said else "there is none"
            raise ValueError(f"auth takes exactly one of token, jwt and approle; {found}")
        return self

    @property
    def mount(self) -> str | None:
        """Where guestlist logs in; None where it is given a token."""
        way = self.jwt or self.approle
        return None if way is None else way.mount
