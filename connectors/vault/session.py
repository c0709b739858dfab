"""guestlist's own session in a vault: one login for a whole run, renewed when it is about to end, revoked at the end.

A login that every read repeats fills a vault with leases (a known operator's users counted half a million), so there is
one, and what it gave is never kept anywhere. https://openbao.org/api-docs/auth/jwt/ , …/approle/ , …/token/
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from threading import Lock
from typing import Protocol

from connectors.vault.auth import VaultAuth
from connectors.vault.mapping import Json, Wire, read_as
from reconciler.errors import RateLimited, TargetError, Unauthorized, Unreachable, Unreadable
from reconciler.ports import Credentials

_RENEW_BELOW = 0.5
"""The share of its life below which a token is renewed."""
_SHORTEST = 1


@dataclass(frozen=True, slots=True)
class Login:
    """How to log in: where, and with what.

    Attributes:
        path: the call that logs in, `auth/MOUNT/login`.
        body: what is sent.
        text: who that is, in words that may be shown.
    """

    path: str
    body: Mapping[str, str] = field(repr=False)
    text: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of it may stand in no message."""
        return tuple(value for key, value in self.body.items() if key != "role")


@dataclass(frozen=True, slots=True)
class Given:
    """A token that somebody else made; ours to use, not to end."""

    token: str = field(repr=False)


def proof(auth: VaultAuth, credentials: Credentials) -> Login | Given:
    """What the declared credential is; CredentialError when it is not there."""
    if auth.jwt is not None:
        body = {"role": auth.jwt.role, "jwt": credentials.text(auth.jwt.token)}
        return Login(f"auth/{auth.jwt.mount}/login", body, f"role {auth.jwt.role} of auth/{auth.jwt.mount}")
    if auth.approle is not None:
        body = {
            "role_id": credentials.text(auth.approle.role_id),
            "secret_id": credentials.text(auth.approle.secret_id),
        }
        return Login(f"auth/{auth.approle.mount}/login", body, f"the AppRole of auth/{auth.approle.mount}")
    if auth.token is None:
        raise TypeError("a validated auth has exactly one way")
    return Given(credentials.text(auth.token))


class Grantor(Protocol):
    """Sends one call with a given token (none: without), and gives the whole answer; raises TargetError."""

    def __call__(self, path: str, body: Json, token: str) -> Json:
        """Send it."""


class _Auth(Wire):
    """What a login or a renewal gave, as https://openbao.org/api-docs/auth/token/ shows it."""

    client_token: str
    lease_duration: int
    renewable: bool
    token_type: str = "service"  # noqa: S105  a kind, not a token


class Session:
    """Our token: asked for when first needed, renewed when half of its life is over. Safe to use from several threads.

    `monotonic` tells seconds; they are compared with the life that the server gives, so no clocks have to agree.
    """

    def __init__(self, proof: Login | Given, send: Grantor, target: str, monotonic: Callable[[], float]) -> None:
        self._proof = proof
        self._send = send
        self._target = target
        self._monotonic = monotonic
        self._lock = Lock()
        self._tokens: list[str] = []
        self._auth: _Auth | None = None
        self._until = 0.0
        self._lost: TargetError | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may stand in no message."""
        known = (self._proof.token,) if isinstance(self._proof, Given) else tuple(self._proof.secrets)
        return (*known, *self._tokens)

    def token(self) -> str:
        """The token to send; logs in or renews when that is due. Raises TargetError when it cannot be had."""
        if isinstance(self._proof, Given):
            return self._proof.token
        with self._lock:
            if self._lost is not None:
                raise self._lost
            if self._auth is None:
                self._log_in(self._proof)
            elif self._left() < self._auth.lease_duration * _RENEW_BELOW:
                self._prolong(self._auth, self._proof)
            return self._tokens[-1]

    def end(self) -> None:
        """Revoke what we logged in for; what cannot be reached ends by its own time to live."""
        with self._lock:
            auth, self._auth = self._auth, None
            self._lost = Unauthorized(f"{self._target}: the session has ended")
            if auth is None or auth.token_type == "batch":  # noqa: S105  a kind; batch tokens cannot be revoked
                return
            for token in self._tokens:
                with suppress(TargetError):
                    self._send("auth/token/revoke-self", {}, token)

    def _left(self) -> float:
        return self._until - self._monotonic()

    def _log_in(self, login: Login) -> None:
        try:
            made = self._ask(login.path, login.body, "")
            if not made.client_token:
                raise Unauthorized("it asks for a second factor, and a program has none")
        except TargetError as error:
            failed = type(error)(f"{self._target}: logging in as {login.text} failed: {error}")
            if not isinstance(error, Unreachable | RateLimited):
                self._lost = failed  # the same credential fails again, and may be locked out
            raise failed from None
        self._take(made)

    def _prolong(self, auth: _Auth, login: Login) -> None:
        """Renew; past the longest life that the server gives, log in anew. As long as what we have holds, it will do.

        An old token is revoked at the end, because other threads may be sending it.
        """
        if auth.renewable:
            with suppress(TargetError):
                self._auth = self._ask("auth/token/renew-self", {}, self._tokens[-1])
                if self._auth.lease_duration > auth.lease_duration * _RENEW_BELOW:
                    return
        try:
            self._take(self._ask(login.path, login.body, ""))
        except TargetError:
            if self._left() < _SHORTEST:
                raise

    def _take(self, made: _Auth) -> None:
        self._auth = made
        self._tokens.append(made.client_token)

    def _ask(self, path: str, body: Json, token: str) -> _Auth:
        before = self._monotonic()
        data = self._send(path, body, token).get("auth")
        if not isinstance(data, Mapping):
            raise Unreadable(f"{self._target}: the answer to {path} has no token")
        made = read_as(_Auth, data, f"{self._target}: the answer to {path}")
        # A life of 0 is one without an end.
        self._until = before + made.lease_duration if made.lease_duration else inf
        return made
