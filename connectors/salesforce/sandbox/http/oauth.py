"""`/services/oauth2/token` and `/revoke`."""

import base64
import binascii
from time import time
from urllib.parse import parse_qs

import jwt

from connectors.salesforce.sandbox.errors import OAuthError
from connectors.salesforce.sandbox.http.exchange import Answer, Request, Site
from connectors.salesforce.sandbox.sessions import App

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LOGIN_HOSTS = {"https://login.salesforce.com", "https://test.salesforce.com"}
_MILLISECONDS = 10**11
_LEEWAY = 180


def token(site: Site, request: Request) -> Answer:
    """Answers a grant: client credentials, JWT bearer, refresh token, or user name and password."""
    try:
        return _answered(site, request, _form(request))
    except OAuthError as error:
        return Answer({"error": error.error, "error_description": error.description}, status=error.status)


def _answered(site: Site, request: Request, form: dict[str, str]) -> Answer:
    match form.get("grant_type"):
        case "client_credentials":
            return _client_credentials(site, request, form)
        case grant if grant == JWT_BEARER:
            return _jwt_bearer(site, form)
        case "refresh_token":
            access, app = site.sessions.refresh(form.get("refresh_token", ""))
            return _granted(site, access, app)
        case "password":
            return _password(site, form)
        case _:
            raise OAuthError("unsupported_grant_type", "grant type not supported")


def revoke(site: Site, request: Request) -> Answer:
    """Ends a token; one that stands for nothing is refused."""
    named = (_form(request) | request.query).get("token", "")
    if not site.sessions.revoke(named):
        return Answer(
            {"error": "unsupported_token_type", "error_description": "this token type is not supported"}, status=400
        )
    return Answer(b"", media="text/html")


def _client_credentials(site: Site, request: Request, form: dict[str, str]) -> Answer:
    client_id, secret = _basic(request) or (form.get("client_id", ""), form.get("client_secret", ""))
    app = site.sessions.apps.get(client_id)
    if app is None:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if app.client_secret != secret:
        raise OAuthError("invalid_client", "invalid client credentials", 401)
    if app.run_as is None:
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    return _granted(site, site.sessions.grant(app, app.run_as), app)


def _jwt_bearer(site: Site, form: dict[str, str]) -> Answer:
    assertion = form.get("assertion", "")
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise OAuthError("invalid_grant", "invalid assertion") from None
    app = site.sessions.apps.get(str(claims.get("iss")))
    if app is None or app.public_key is None:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    try:
        jwt.decode(assertion, app.public_key, algorithms=["RS256"], options={"verify_exp": False, "verify_aud": False})
    except jwt.InvalidTokenError:
        raise OAuthError("invalid_grant", "invalid assertion") from None
    if str(claims.get("aud")).rstrip("/") not in _LOGIN_HOSTS | {site.url}:
        raise OAuthError("invalid_grant", "audience is invalid")
    if _expiry(claims.get("exp")) < time() - _LEEWAY:
        raise OAuthError("invalid_grant", "expired authorization code")
    user = site.sessions.user_named(str(claims.get("sub")))
    if user is None:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    return _granted(site, site.sessions.grant(app, str(user["Id"])), app)


def _password(site: Site, form: dict[str, str]) -> Answer:
    app = site.sessions.apps.get(form.get("client_id", ""))
    if app is None or app.client_secret != form.get("client_secret"):
        raise OAuthError("invalid_client_id", "client identifier invalid")
    access = site.sessions.log_in(form.get("username", ""), form.get("password", ""))
    if access is None:
        raise OAuthError("invalid_grant", "authentication failure")
    return _granted(site, access, app)


def _granted(site: Site, access: str, app: App) -> Answer:
    session = site.sessions.resolve(access)
    user_id = session.user_id if session else ""
    return Answer(
        {
            "access_token": access,
            "signature": base64.b64encode(app.name.encode()).decode(),
            "scope": "api",
            "instance_url": site.url,
            "id": f"{site.url}/id/{site.org.org_id}/{user_id}",
            "token_type": "Bearer",
            "issued_at": str(int(site.org.clock.now().timestamp() * 1000)),
        }
    )


def _expiry(claim: object) -> float:
    """The `exp` claim in seconds: clients send it as text, or in milliseconds, and are understood."""
    try:
        number = float(str(claim))
    except ValueError:
        return 0
    return number / 1000 if number > _MILLISECONDS else number


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, secret


def _form(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
