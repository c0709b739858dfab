"""A Salesforce that answers from a script: a requests adapter, so that everything above the socket is real."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import BaseAdapter

from connectors.salesforce.auth import ClientCredentialsLogin
from connectors.salesforce.client import Client, Patience, Session
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.declarations import Population

URL = "https://example.my.salesforce.com"
ORG = "00D000000000001AAA"
OWN = "005000000000ownAAA"
SECRET = "a-secret-nobody-may-see"
TOKEN = "00D000000000001!token-nobody-may-see"
DATE = "Sat, 21 Nov 2026 10:00:00 GMT"

Body = object
Answer = tuple[int, Body] | tuple[int, Body, Mapping[str, str]] | Exception
Script = Callable[[str, str, Body], Answer]
"""`(method, path below the version with its query, body) -> (status, body[, headers])`, or the exception to raise."""


@dataclass
class Wire(BaseAdapter):
    """Answers logins by itself and everything else from the script; remembers what it was asked."""

    script: Script
    login: Answer | None = None
    calls: list[tuple[str, str]] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    logins: int = 0
    used: float = 0.36
    """Percent of the org's calls of the last 24 hours."""

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        parts = urlsplit(request.url or "")
        self.hosts.add(parts.netloc)
        if parts.path == "/services/oauth2/token":
            self.logins += 1
            return self._response(request, self.login or (200, login_answer()))
        path = parts.path.removeprefix("/services/data/v64.0/") + (f"?{parts.query}" if parts.query else "")
        self.calls.append((request.method or "", path))
        try:
            body = json.loads(request.body) if request.body else None
        except ValueError:
            body = request.body
        return self._response(request, self.script(request.method or "", path, body))

    def close(self) -> None:
        pass

    def _response(self, request: requests.PreparedRequest, answer: Answer) -> requests.Response:
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer[0]
        response.url = request.url or ""
        response.request = request
        response.headers.update({"Date": DATE, "Sforce-Limit-Info": f"api-usage={int(self.used * 50)}/5000"})
        response.headers.update(answer[2] if len(answer) == 3 else {})
        response._content = answer[1] if isinstance(answer[1], bytes) else json.dumps(answer[1]).encode()
        return response


def login_answer(**other: str) -> dict[str, str]:
    return {
        "access_token": TOKEN,
        "instance_url": URL,
        "id": f"https://login.salesforce.com/id/{ORG}/{OWN}",
        "token_type": "Bearer",
        "issued_at": "1795255200000",
        "signature": "x",
        **other,
    }


def client(script: Script, wire: Wire | None = None) -> tuple[Client, Wire]:
    wire = wire or Wire(script)
    session = Session()
    session.mount("https://", wire)
    return Client(URL, ClientCredentialsLogin("an-id", SECRET), "64.0", session, Patience(sleep=lambda _: None)), wire


def connector(script: Script, population: Population | None = None) -> tuple[SalesforceConnector, Wire]:
    made, wire = client(script)
    return SalesforceConnector("crm", population or vendors(), made), wire


def vendors() -> Population:
    return Population.model_validate({"any": {"profiles": ["Vendor Support"], "emailDomains": ["acme.example"]}})


def records(*rows: Mapping[str, object], total: int | None = None, following: str | None = None) -> dict[str, object]:
    page: dict[str, object] = {
        "totalSize": len(rows) if total is None else total,
        "done": following is None,
        "records": list(rows),
    }
    return page if following is None else page | {"nextRecordsUrl": following}


def error(code: str, message: str = "maria.k@acme.example and 005000000000001AAA") -> list[dict[str, str]]:
    return [{"message": message, "errorCode": code}]


def soql_of(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("q", [""])[0]


def batch(answer: Callable[[str, str], Answer], body: Body) -> Answer:
    """Answer a composite batch: `answer(resource, soql)` for each of its queries."""
    assert isinstance(body, dict)
    results = []
    for request in body["batchRequests"]:
        part = answer(urlsplit(request["url"]).path, soql_of(request["url"]))
        assert not isinstance(part, Exception)
        results.append({"statusCode": part[0], "result": part[1]})
    return 200, {"hasErrors": any(result["statusCode"] >= 300 for result in results), "results": results}


def user_row(number: int, name: str, profile: str = "Vendor Support", **other: object) -> dict[str, object]:
    return {
        "attributes": {"type": "User"},
        "Id": user_id(number),
        "Username": name,
        "FederationIdentifier": None,
        "Email": name,
        "IsActive": True,
        "UserType": "Standard",
        "Profile": {"attributes": {"type": "Profile"}, "Name": profile},
        **other,
    }


def user_id(number: int) -> str:
    return f"005{number:012d}AAA"


def assignment_row(number: int, user: int, name: str, until: str | None = None, **other: object) -> dict[str, object]:
    return {
        "Id": f"0Pa{number:012d}AAA",
        "AssigneeId": user_id(user),
        "PermissionSet": {"Name": name, "NamespacePrefix": None},
        "PermissionSetGroupId": None,
        "PermissionSetGroup": None,
        "IsActive": True,
        "ExpirationDate": until,
        **other,
    }


def member_row(number: int, user: int, name: str, kind: str = "Regular") -> dict[str, object]:
    return {
        "Id": f"011{number:012d}AAA",
        "GroupId": "00G000000000001AAA",
        "Group": {"DeveloperName": name, "Type": kind},
        "UserOrGroupId": user_id(user),
    }


OWN_SET = "0PS000000000ownAAA"


def set_row(number: int, name: str, *permissions: str, **other: object) -> dict[str, object]:
    return {
        "Id": f"0PS{number:012d}AAA",
        "Name": name,
        "NamespacePrefix": None,
        "Type": "Regular",
        "LicenseId": None,
        "HasActivationRequired": False,
        "IsOwnedByProfile": False,
        "Profile": None,
        "PermissionSetGroupId": None,
        "PermissionSetGroup": None,
        **{f"Permissions{permission}": True for permission in permissions},
        **other,
    }


def profile_set_row(number: int, profile: str, *permissions: str) -> dict[str, object]:
    return set_row(number, f"X{number}", *permissions, Type="Profile", IsOwnedByProfile=True, Profile={"Name": profile})


def object_row(number: int, parent: str, name: str, letters: str) -> dict[str, object]:
    rights = {
        "R": "PermissionsRead",
        "C": "PermissionsCreate",
        "E": "PermissionsEdit",
        "D": "PermissionsDelete",
        "V": "PermissionsViewAllRecords",
        "M": "PermissionsModifyAllRecords",
        "F": "PermissionsViewAllFields",
    }
    flags = {flag: letter in letters for letter, flag in rights.items()}
    return {"Id": f"110{number:012d}AAA", "ParentId": parent, "SobjectType": name, **flags}


def ordinary() -> dict[str, list[dict[str, object]]]:
    """What every org has: what we ourselves may do there, the vendors' profile, and private records."""
    seeing = ("ViewSetup", "ViewAllUsers", "ManageUsers", "CustomizeApplication")
    return {
        "PermissionSetAssignment": [assignment_row(999, 0, "guestlist", AssigneeId=OWN, PermissionSetId=OWN_SET)],
        "PermissionSet": [
            set_row(999, "guestlist", *seeing, Id=OWN_SET),
            profile_set_row(998, "Vendor Support"),
            profile_set_row(997, "Standard User"),
            *(set_row(number, name) for number, name in enumerate(("Triage", "Export"), 1)),
        ],
        "ObjectPermissions": [object_row(1, OWN_SET, "Case", "RV"), object_row(2, OWN_SET, "Account", "RV")],
        "Organization": [
            {
                "Id": ORG,
                "DefaultAccountAccess": "Private",
                "DefaultCaseAccess": "Private",
                "DefaultOpportunityAccess": "Private",
            }
        ],
    }
