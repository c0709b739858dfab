"""An org in this process, and a wire to it that breaks where it is told: for the many tries of fault injection."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import httpx
import requests
from requests.adapters import BaseAdapter

from connectors.salesforce.auth import ClientCredentialsLogin
from connectors.salesforce.client import Client, Patience, Session
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.rights import NEEDED
from connectors.salesforce.sandbox.http.app import build
from connectors.salesforce.sandbox.http.exchange import Site
from connectors.salesforce.sandbox.keys import public_key
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.seeds import plant, read
from connectors.salesforce.sandbox.sessions import Sessions
from tests.connectors.salesforce.acting import TARGET

API = "/services/data/v64.0"
_NUMBERS = count(1)
_RIGHTS = ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
_ATTEMPTS = 3
CLOSED = "closed"
"""Instead of an error's code: the connection closes before the call arrives."""
LOST = "lost"
"""The call arrives and does its work, and the connection closes before its answer."""
HALF = "half"
"""The same, with half of the answer."""

STATUS: Mapping[str, int] = {
    "INVALID_SESSION_ID": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "UNABLE_TO_LOCK_ROW": 500,
    "DUPLICATE_VALUE": 400,
    "INVALID_CROSS_REFERENCE_KEY": 404,
    "ENTITY_IS_DELETED": 404,
    "FIELD_INTEGRITY_EXCEPTION": 400,
    "LICENSE_LIMIT_EXCEEDED": 400,
    "INVALID_TYPE": 400,
    "INVALID_FIELD": 400,
    "MALFORMED_QUERY": 400,
    "INVALID_FIELD_FOR_INSERT_UPDATE": 400,
    "INSUFFICIENT_ACCESS": 400,
    "INSUFFICIENT_ACCESS_OR_READONLY": 400,
    "INVALID_QUERY_LOCATOR": 400,
    "NOT_FOUND": 404,
    "SERVER_UNAVAILABLE": 503,
}
"""Every error that the org is known to answer with, and its HTTP status."""


class Web:
    """Requests to the org's application without a socket between."""

    def __init__(self, site: Site) -> None:
        self._loop = asyncio.new_event_loop()
        transport, headers = httpx.ASGITransport(build(site)), {"Sandbox-Control": site.control}
        self._web = httpx.AsyncClient(transport=transport, base_url="https://localhost", headers=headers)

    def request(
        self,
        method: str,
        path: str,
        *,
        content: str | bytes | None = None,
        json: object = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        asked = self._web.request(method, path, content=content, json=json, params=params, headers=headers)
        return self._loop.run_until_complete(asked)

    def close(self) -> None:
        self._loop.run_until_complete(self._web.aclose())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


@dataclass
class Inside:
    """The org; `call` is its administrator's."""

    web: Web
    token: str
    client_id: str
    client_secret: str
    profile: str = ""

    def call(self, method: str, path: str, body: object = None) -> object:
        answer = self.web.request(method, f"{API}/{path}", json=body, headers={"Authorization": f"Bearer {self.token}"})
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def query(self, soql: str) -> list[dict[str, object]]:
        answer = self.web.request(
            "GET", f"{API}/query", params={"q": soql}, headers={"Authorization": f"Bearer {self.token}"}
        )
        assert answer.status_code == 200, answer.text
        return list(answer.json()["records"])

    def create(self, kind: str, **fields: object) -> str:
        made = self.call("POST", f"sobjects/{kind}", fields)
        assert isinstance(made, dict)
        return str(made["id"])

    def id_of(self, kind: str, name: str, field_: str = "Name") -> str:
        (row,) = self.query(f"SELECT Id FROM {kind} WHERE {field_} = '{name}'")
        return str(row["Id"])

    def users(self) -> list[tuple[str, str]]:
        """Two new vendors' users: their ids and Usernames."""
        names = [f"inside{next(_NUMBERS)}@acme-support.example" for _ in range(2)]
        fields = {"LastName": "In", "Alias": "in", "EmailEncodingKey": "UTF-8", "TimeZoneSidKey": "UTC"}
        fields |= {"LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "ProfileId": self.profile}
        records = [{"attributes": {"type": "User"}, "Username": name, "Email": name, **fields} for name in names]
        made = self.call("POST", "composite/sobjects", {"records": records})
        assert isinstance(made, list)
        return [(str(one["id"]), name) for one, name in zip(made, names, strict=True)]

    def connect(self, wire: "Wire") -> SalesforceConnector:
        session = Session()
        session.mount("https://", wire)
        patience = Patience(attempts=_ATTEMPTS, sleep=lambda _: None)
        login = ClientCredentialsLogin(self.client_id, self.client_secret)
        return SalesforceConnector(
            "crm", TARGET.population, Client("https://localhost", login, "64.0", session, patience), TARGET
        )


@dataclass(frozen=True)
class Fault:
    """What goes wrong with the calls from `at` on, `times` times.

    Attributes:
        code: the org's error, or one of CLOSED, LOST, HALF.
        item: whether it is the first record or part of the call that is refused, and not the call.
    """

    at: int
    code: str
    times: int = 1
    item: bool = False

    def hits(self, call: int) -> bool:
        return self.at <= call < self.at + self.times


@dataclass
class Wire(BaseAdapter):
    """Carries calls to the org; logins are never broken, because they write nothing."""

    org: Inside
    fault: Fault | None = None
    calls: list[str] = field(default_factory=list)

    def send(  # type: ignore[override]  # nobody passes more
        self, request: requests.PreparedRequest, **_: object
    ) -> requests.Response:
        path = urlsplit(request.url or "").path
        if path.endswith("/oauth2/token"):
            return self._carried(request, request.body)
        at = len(self.calls)
        self.calls.append(f"{request.method} {path.removeprefix(API)}")
        fault = self.fault
        if fault is None or not fault.hits(at):
            return self._carried(request, request.body)
        if fault.code == CLOSED:
            raise requests.ConnectionError
        if fault.code in {LOST, HALF}:
            answer = self._carried(request, request.body)
            if fault.code == LOST:
                raise requests.ConnectionError
            answer._content = answer.content[: len(answer.content) // 2]
            return answer
        refusal = [{"message": "QUOTED 005", "errorCode": fault.code}]
        if not fault.item or "/composite/" not in path:
            return _answer(request, STATUS[fault.code], refusal)
        return self._one_refused(request, path, fault.code)

    def _one_refused(self, request: requests.PreparedRequest, path: str, code: str) -> requests.Response:
        """The first record or part is refused and not carried out; the others are."""
        if path.endswith("composite/batch"):
            answer = self._carried(request, request.body)
            said = answer.json()
            said["results"][0] = {"statusCode": STATUS[code], "result": [{"message": "x", "errorCode": code}]}
            said["hasErrors"] = True
            return _answer(request, 200, said)
        refused = {"success": False, "errors": [{"statusCode": code, "message": "QUOTED 005", "fields": []}]}
        if request.method == "DELETE":
            url = request.url or ""
            head, _, tail = url.partition("ids=")
            ids, _, rest = tail.partition("&")
            others = ids.split("%2C" if "%2C" in ids else ",")[1:]
            request.url = f"{head}ids={','.join(others)}&{rest}"
            done = self._carried(request, None).json() if others else []
        else:
            body = json.loads(request.body or b"{}")
            body["records"] = body["records"][1:]
            done = self._carried(request, json.dumps(body)).json() if body["records"] else []
        return _answer(request, 200, [refused, *done])

    def close(self) -> None:
        pass

    def _carried(self, request: requests.PreparedRequest, body: object) -> requests.Response:
        parts = urlsplit(request.url or "")
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        answer = self.org.web.request(
            request.method or "GET",
            parts.path + (f"?{parts.query}" if parts.query else ""),
            content=cast("str | bytes | None", body),
            headers=headers,
        )
        return _answer(request, answer.status_code, answer.content, answer.headers)


def _answer(
    request: requests.PreparedRequest, status: int, body: object, headers: Mapping[str, str] | None = None
) -> requests.Response:
    response = requests.Response()
    response.status_code, response.url, response.request = status, request.url or "", request
    response.headers.update(headers or {})
    response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return response


@contextmanager
def inside(directory: Path) -> Iterator[Inside]:
    """A seeded org whose integration user may write what guestlist writes."""
    org = Org()
    sessions = Sessions(org)
    app = plant(read("demo"), org, sessions, jwt_public_key=public_key(directory, None))
    token = sessions.open(org.admin_id, session_type="API", login_type="Application", application="Sandbox")
    web = Web(Site(org, sessions, "https://localhost"))
    try:
        made = Inside(web, token, app.client_id, app.client_secret)
        flags = {right.field: True for right in NEEDED} | {"PermissionsManageProfilesPermissionsets": True}
        rights = made.create("PermissionSet", Name="guestlist", Label="guestlist", **flags)
        for kind in ("Account", "Case", "Contact"):
            every = {f"Permissions{right}": True for right in _RIGHTS}
            made.create("ObjectPermissions", ParentId=rights, SobjectType=kind, **every)
        own = made.id_of("User", "guestlist@example.com", "Username")
        made.create("PermissionSetAssignment", AssigneeId=own, PermissionSetId=rights)
        made.profile = made.id_of("Profile", "Vendor Support")
        yield made
    finally:
        web.close()
