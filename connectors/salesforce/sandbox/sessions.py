"""Coming in: applications, logins, access tokens, and what of them is left as records."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.salesforce.sandbox import ids
from connectors.salesforce.sandbox.errors import OAuthError
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.rules.sessions import end_sessions
from connectors.salesforce.sandbox.store import DELETED, Row

_TWO_HOURS = 7200
_LOCAL = "127.0.0.1"
_SOAP = "Other Apex API"


@dataclass(frozen=True, slots=True)
class App:
    """A connected application.

    Attributes:
        name: As `OauthToken.AppName` and the login history call it.
        run_as: The user of the client credentials flow, None where the flow is off.
        public_key: PEM of the key that JWT assertions are signed with, None where the flow is off.
    """

    name: str
    client_id: str
    client_secret: str = field(repr=False)
    run_as: str | None = None
    public_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who came in: the session's record and the user it acts as."""

    session_id: str
    user_id: str


class Sessions:
    """Opens sessions and knows their tokens. Tokens stand nowhere but here."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.apps: dict[str, App] = {}
        self._tokens: dict[str, str] = {}
        self._refresh: dict[str, str] = {}
        self._passwords: dict[str, str] = {}

    def set_password(self, user_id: str, password: str, *, security_token: str = "") -> None:
        """Gives a user a password to log in with, and what must follow it where the network is not trusted."""
        self._passwords[user_id] = password + security_token

    def user_named(self, username: str) -> Row | None:
        """The user of that name, letters' case ignored."""
        found = self._org.store.find(self._org.schema["User"], Username=username)
        return found[0] if found else None

    def log_in(self, username: str, password: str) -> str | None:
        """A token for a name and password, or None where they do not belong together or the user may not log in."""
        user = self.user_named(username)
        if user is None:
            return None
        user_id = str(user["Id"])
        expected = self._passwords.get(user_id, "")
        right = bool(expected) and secrets.compare_digest(expected.encode(), password.encode())
        barred = self.bars_login(user) if right else "Invalid Password"
        if barred:
            self._note(user_id, "SOAP", barred, _SOAP)
            return None
        return self.open(user_id, session_type="API", login_type=_SOAP, application="SOAP")

    def bars_login(self, user: Row) -> str | None:
        """Why the user may not log in (a status of the login history), or None."""
        if not user["IsActive"]:
            return "User is Inactive"
        switches = self._org.store.find(self._org.schema["UserLogin"], UserId=user["Id"])
        return "User is Frozen" if switches and switches[0]["IsFrozen"] else None

    def grant(self, app: App, user_id: str) -> str:
        """A token for a user through an application.

        Raises:
            OAuthError: The user may not log in.
        """
        user = self._org.store.get(self._org.schema["User"], user_id)
        barred = self.bars_login(user) if user else "User is Inactive"
        if barred:
            self._note(user_id, app.name, barred)
            raise OAuthError("invalid_grant", "authentication failure")
        return self.open(user_id, session_type="Oauth2", login_type="Remote Access 2.0", application=app.name)

    def open(self, user_id: str, *, session_type: str, login_type: str, application: str) -> str:
        """Opens a session and returns its access token."""
        org, now = self._org, self._org.now()
        history = self._note(user_id, application, "Success", login_type)
        user = org.store.get(org.schema["User"], user_id) or {}
        session_id = org.add(
            "AuthSession",
            UsersId=user_id,
            CreatedDate=now,
            LastModifiedDate=now,
            NumSecondsValid=_TWO_HOURS,
            UserType=user.get("UserType"),
            SourceIp=_LOCAL,
            LoginType=login_type,
            SessionType=session_type,
            SessionSecurityLevel="STANDARD",
            LoginHistoryId=history,
        )
        org.store.update(org.schema["User"], user_id, {"LastLoginDate": now})
        token = f"{org.org_id[: ids.SHORT]}!AQ{secrets.token_urlsafe(48).replace('-', '.')}"
        self._tokens[token] = session_id
        return token

    def remember(self, app: App, user_id: str) -> str:
        """Leaves the user's consent to an application as an `OauthToken` record, and returns the refresh token."""
        org, now = self._org, self._org.now()
        refresh = f"5Aep861{secrets.token_urlsafe(40).replace('-', '.')}"
        record = org.add(
            "OauthToken",
            UserId=user_id,
            AppName=app.name,
            CreatedDate=now,
            LastUsedDate=now,
            UseCount=1,
            DeleteToken=f"rt!{secrets.token_hex(16)}",
            AccessToken=secrets.token_hex(8),
        )
        self._refresh[refresh] = record
        return refresh

    def refresh(self, refresh: str) -> tuple[str, App]:
        """A new token for a refresh token.

        Raises:
            OAuthError: It was revoked, or never was one.
        """
        row = self._org.store.get(self._org.schema["OauthToken"], self._refresh.get(refresh, ""))
        app = next((app for app in self.apps.values() if row and app.name == row["AppName"]), None)
        if row is None or app is None or row[DELETED]:
            raise OAuthError("invalid_grant", "expired access/refresh token")
        return self.grant(app, str(row["UserId"])), app

    def resolve(self, token: str) -> Session | None:
        """Whose a token is, or None if its session is over; using it keeps the session alive."""
        session_id = self._tokens.get(token)
        kind, now = self._org.schema["AuthSession"], self._org.now()
        found = self._org.store.alive(kind, now, Id=session_id)
        if not found or session_id is None:
            return None
        self._org.store.update(kind, session_id, {"LastModifiedDate": now})
        return Session(session_id, str(found[0]["UsersId"]))

    def outlast(self, leap: Callable[[], None]) -> None:
        """Moves the org's clock by `leap`: nobody was idle meanwhile, so every session that lived still lives."""
        kind, org = self._org.schema["AuthSession"], self._org
        living = [str(row["Id"]) for row in org.store.alive(kind, org.now())]
        leap()
        for session_id in living:
            org.store.update(kind, session_id, {"LastModifiedDate": org.now()})

    def revoke(self, token: str) -> bool:
        """Ends the session that a token opened, or the consent it stands for with its sessions; False if it is none."""
        org = self._org
        session = self._tokens.get(token)
        if session is not None and not (org.store.get(org.schema["AuthSession"], session) or {DELETED: 1})[DELETED]:
            org.store.delete(org.schema["AuthSession"], session)
            return True
        kind = org.schema["OauthToken"]
        by_refresh = org.store.get(kind, self._refresh.get(token, ""))
        rows = [by_refresh] if by_refresh and not by_refresh[DELETED] else org.store.find(kind, DeleteToken=token)
        for row in rows:
            org.store.delete(kind, str(row["Id"]))
            end_sessions(org, str(row["UserId"]), session_type="Oauth2")
        return bool(rows)

    def _note(self, user_id: str, application: str, status: str, login_type: str = "Remote Access 2.0") -> str:
        return self._org.add(
            "LoginHistory",
            UserId=user_id,
            LoginTime=self._org.now(),
            LoginType=login_type,
            SourceIp=_LOCAL,
            LoginUrl="localhost",
            TlsProtocol="TLS 1.3",
            Status=status,
            Application=application,
            ApiType="REST API",
        )
