"""A simulated org over HTTPS, and an administrator who plays everybody else in it with raw requests."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import requests

from connectors.salesforce.auth import ClientCredentialsLogin
from connectors.salesforce.client import Client, Patience, Session
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.declarations import Population
from connectors.salesforce.rights import NEEDED, OBJECTS
from connectors.salesforce.sandbox.process import start

POPULATION = Population.model_validate(
    {"any": {"profiles": ["Vendor Support"], "emailDomains": ["acme-support.example"]}}
)
_NUMBERS = count(1)


@dataclass(frozen=True)
class Org:
    """The org, seen by its administrator."""

    url: str
    token: str
    ca_file: str
    client_id: str
    client_secret: str
    jwt_key: Path
    control: str

    def call(self, method: str, path: str, body: object = None, token: str | None = None) -> requests.Response:
        return requests.request(
            method,
            f"{self.url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {token or self.token}", "Sandbox-Control": self.control},
            verify=self.ca_file,
            timeout=20,
        )

    def query(self, soql: str, *, everything: bool = False) -> list[dict[str, object]]:
        answer = requests.get(
            f"{self.url}/services/data/v64.0/{'queryAll' if everything else 'query'}",
            params={"q": soql},
            headers={"Authorization": f"Bearer {self.token}"},
            verify=self.ca_file,
            timeout=20,
        )
        answer.raise_for_status()
        return list(answer.json()["records"])

    def create(self, kind: str, **fields: object) -> str:
        answer = self.call("POST", f"/services/data/v64.0/sobjects/{kind}", fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def id_of(self, kind: str, name: str, field: str = "Name") -> str:
        (row,) = self.query(f"SELECT Id FROM {kind} WHERE {field} = '{name}'")
        return str(row["Id"])

    def user(self, profile: str = "Vendor Support", domain: str = "northwind-msp.example") -> tuple[str, str]:
        """A new active user: its id and Username."""
        name = f"u{next(_NUMBERS)}@{domain}"
        made = self.create(
            "User",
            Username=name,
            Email=name,
            LastName="New",
            Alias="new",
            ProfileId=self.id_of("Profile", profile),
            TimeZoneSidKey="Europe/Berlin",
            LocaleSidKey="en_US",
            EmailEncodingKey="UTF-8",
            LanguageLocaleKey="en_US",
        )
        return made, name

    def sandbox(self, method: str, what: str, body: object = None) -> requests.Response:
        answer = self.call(method, f"/__sandbox__/{what}", body)
        answer.raise_for_status()
        return answer

    def log_in(self, username: str, **other: str) -> str:
        return str(self.sandbox("POST", "login", {"username": username, **other}).json()["access_token"])

    def calls(self) -> int:
        """API calls since the last time, logins not counted."""
        found = self.sandbox("GET", "calls").json()["endpoints"]
        self.sandbox("DELETE", "calls")
        return sum(number for endpoint, number in found.items() if "oauth2/token" not in endpoint)

    def connect(self, population: Population = POPULATION) -> SalesforceConnector:
        login = ClientCredentialsLogin(self.client_id, self.client_secret)
        made = Client(self.url, login, "64.0", Session(self.ca_file), Patience(sleep=lambda _: None))
        return SalesforceConnector("crm", population, made)


def entitle(org: Org) -> None:
    """Give the integration user the rights that the connector asks for."""
    rights = org.create("PermissionSet", Name="guestlist", Label="guestlist", **{right.field: True for right in NEEDED})
    for kind in sorted({right.name for right in OBJECTS}):
        needed: frozenset[str] = frozenset().union(*(right.rights for right in OBJECTS if right.name == kind))
        every = needed | {"PermissionsEdit", "PermissionsDelete"}
        org.create("ObjectPermissions", ParentId=rights, SobjectType=kind, **dict.fromkeys(every, True))
    own = org.id_of("User", "guestlist@example.com", "Username")
    org.create("PermissionSetAssignment", AssigneeId=own, PermissionSetId=rights)


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    """A seeded org whose integration user has the rights that the connector asks for."""
    directory = tmp_path_factory.mktemp("org")
    started = start(directory, seed="demo")
    try:
        made = Org(
            started.instance_url,
            started.access_token,
            str(started.ca_file),
            started.client_id,
            started.client_secret,
            directory / "jwt.key",
            started.control_token,
        )
        entitle(made)
        yield made
    finally:
        started.stop()


@pytest.fixture(autouse=True)
def _no_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test begins and ends with an org that answers truthfully and keeps the time."""
    yield
    if "org" in request.fixturenames:
        used: Org = request.getfixturevalue("org")
        used.sandbox("DELETE", "faults")
        used.sandbox("DELETE", "clock")
        used.sandbox("POST", "switches", {"assignmentExpiry": True, "regrantAfterExpiry": True})


@pytest.fixture
def vendor(org: Org) -> str:
    return org.user()[0]


@pytest.fixture
def employee(org: Org) -> str:
    return org.user("Standard User", "example.com")[0]
