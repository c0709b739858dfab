"""OAuth 2.0 for programs: how guestlist gets its access token, and who the org says it is.

simple-salesforce's own login always speaks to `*.salesforce.com` with no time-out, so the two flows are spoken here.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import jwt
import requests

from reconciler.errors import CredentialError, Unauthorized, Unreachable, Unreadable

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105  a path, not a secret
_LIFETIME = timedelta(minutes=3)
_IDENTITY = re.compile(r"/id/(?P<org>00D[A-Za-z0-9]{12,15})/(?P<user>005[A-Za-z0-9]{12,15})/?$")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

_ADVICE = {
    "invalid_client": "check the client id and secret",
    "invalid_client_id": "check the client id",
    "invalid_grant": "check that the app allows this flow, that its user is approved and active, and the audience",
    "invalid_app_access": "let the app's user use the app",
    "unsupported_grant_type": "enable this OAuth flow for the app",
    "inactive_user": "the app's user is not active",
    "inactive_org": "the org is not active",
}


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and whose it is."""

    access: str = field(repr=False)
    org: str
    user: str


class Login(Protocol):
    """One way to ask for an access token."""

    def form(self) -> dict[str, str]:
        """The fields of the request."""


@dataclass(frozen=True, slots=True)
class ClientCredentialsLogin:
    """The app speaks for itself, as its integration user."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)

    def form(self) -> dict[str, str]:
        """The fields of the request."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }


@dataclass(frozen=True, slots=True)
class JwtLogin:
    """A signed assertion that the app speaks for a user."""

    client_id: str = field(repr=False)
    username: str
    private_key: str = field(repr=False)
    audience: str

    def form(self) -> dict[str, str]:
        """The fields of the request; the assertion is valid for three minutes."""
        claims = {
            "iss": self.client_id,
            "sub": self.username,
            "aud": self.audience,
            "exp": int((datetime.now(UTC) + _LIFETIME).timestamp()),
        }
        try:
            assertion = jwt.encode(claims, self.private_key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise CredentialError("the private key of the Salesforce app is not an RSA key in PEM form") from None
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}


def log_in(session: requests.Session, url: str, login: Login) -> Token:
    """Ask for an access token; nothing of the request or the answer is in any error."""
    form = login.form()
    try:
        response = session.post(url + TOKEN_PATH, data=form, headers={"Accept": "application/json"})
    except requests.RequestException as error:
        raise Unreachable(f"logging in to {url}: no answer ({type(error).__name__})") from None
    try:
        body = response.json()
    except ValueError:
        body = None
    if response.status_code >= 500:  # noqa: PLR2004  server errors
        raise Unreachable(f"logging in to {url}: Salesforce answered with HTTP status {response.status_code}")
    if response.status_code != 200:  # noqa: PLR2004  OK
        code = body.get("error") if isinstance(body, dict) else None
        code = code if isinstance(code, str) and re.fullmatch(r"[a-z_]{3,40}", code) else "no reason given"
        advice = _ADVICE.get(code, "see the org's login history")
        raise Unauthorized(f"logging in to {url}: refused ({code}); {advice}")
    return _token(body, url)


def _token(body: object, url: str) -> Token:
    if not isinstance(body, dict):
        raise Unreadable(f"logging in to {url}: the answer is not in the documented shape")
    access, identity = body.get("access_token"), body.get("id")
    found = _IDENTITY.search(identity) if isinstance(identity, str) else None
    if not isinstance(access, str) or not access or found is None:
        raise Unreadable(f"logging in to {url}: the answer is not in the documented shape")
    return Token(access, long_id(found["org"]), long_id(found["user"]))


def long_id(short: str) -> str:
    """The 18-character form of an id: three characters that say which of each five letters are capitals."""
    if len(short) != 15:  # noqa: PLR2004  the case-sensitive form
        return short
    return short + "".join(
        _ALPHABET[sum(1 << place for place, letter in enumerate(short[start : start + 5]) if "A" <= letter <= "Z")]
        for start in (0, 5, 10)
    )
