"""An org in this process, asked without a wire."""

import json
import ssl
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from connectors.salesforce.sandbox.http.exchange import Answer, Request, Site
from connectors.salesforce.sandbox.http.router import Router
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.process import Started
from connectors.salesforce.sandbox.seeds import Seed, plant, read
from connectors.salesforce.sandbox.sessions import Session, Sessions

BASE = "/services/data/v60.0"
BIG_ORG = {
    "users": [
        {
            "username": "eve@example.com",
            "lastName": "Eve",
            "profile": "System Administrator",
            "password": "open & <sesame>",
        },
        {
            "username": "far.away@example.com",
            "lastName": "Away",
            "profile": "Standard User",
            "password": "open-sesame",
            "securityToken": "T0k3n",
        },
    ]
}
"""Who can come in by password; many vendors are made up besides."""


@dataclass
class House:
    """An org, asked as one of its users."""

    site: Site
    session: Session

    @property
    def org(self) -> Org:
        return self.site.org

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Asks a resource below `/services/data/v60.0`."""
        content = b"" if body is None else json.dumps(body).encode()
        address = path if path.startswith("/services") else BASE + path
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return Router(self.site).answer(Request(method, address, names, content), self.session)

    def query(self, soql: str, resource: str = "query") -> dict:
        """A successful query's first page."""
        answer = self.ask("GET", f"/{resource}?q={quote(soql)}")
        assert answer.status == 200, answer.body
        return answer.body

    def rows(self, soql: str, resource: str = "query") -> list:
        """The records of a query, without their attributes."""
        return [_bare(record) for record in self.query(soql, resource)["records"]]

    def refusal(self, soql: str) -> dict:
        """The one error that a query is refused with."""
        answer = self.ask("GET", f"/query?q={quote(soql)}")
        assert answer.status == 400, answer.body
        return answer.body[0]

    def one(self, soql: str) -> str:
        """The id of the one record that a query finds."""
        (record,) = self.query(soql)["records"]
        return record["Id"]

    def user(self, name: str) -> str:
        """The id of the user whose name begins like that."""
        return self.one(f"SELECT Id FROM User WHERE Username LIKE '{name}%'")

    def create(self, kind: str, **values: object) -> str:
        answer = self.ask("POST", f"/sobjects/{kind}", values)
        assert answer.status == 201, answer.body
        return answer.body["id"]

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = self.ask(method, path, body)
        assert answer.status >= 400, answer.body
        return answer.status, answer.body[0]["errorCode"]

    def as_user(self, name: str) -> "House":
        """The same org, asked as somebody else."""
        user_id = self.org.store.select("SELECT Id FROM User WHERE Username LIKE ?", [f"{name}%"])[0]["Id"]
        token = self.site.sessions.open(
            str(user_id), session_type="UI", login_type="Application", application="Browser"
        )
        session = self.site.sessions.resolve(token)
        assert session is not None
        return House(self.site, session)


def control(served: Started) -> dict[str, str]:
    """The header that opens the controls of the served org."""
    return {"Sandbox-Control": served.control_token}


def trust(served: Started) -> ssl.SSLContext:
    """What a client of the served org trusts."""
    return ssl.create_default_context(cafile=served.ca_file)


def open_house(seed: str | Seed) -> House:
    """Plants a seed and signs in as the administrator."""
    return _house(*(_copy(*_planted(seed)) if isinstance(seed, str) else _plant(seed)))


def _house(org: Org, sessions: Sessions) -> House:
    token = sessions.open(org.admin_id, session_type="API", login_type="Application", application="Test")
    session = sessions.resolve(token)
    assert session is not None
    return House(Site(org, sessions, "https://localhost:1"), session)


def _plant(seed: Seed) -> tuple[Org, Sessions]:
    org = Org()
    sessions = Sessions(org)
    plant(seed, org, sessions, jwt_public_key="")
    return org, sessions


@cache
def _planted(seed: str) -> tuple[Org, Sessions]:
    return _plant(read(seed))


def _copy(org: Org, sessions: Sessions) -> tuple[Org, Sessions]:
    """The same org once more: copying one is much cheaper than planting it."""
    twin = Org(ids=deepcopy(org.ids), org_id=org.org_id, admin_id=org.admin_id, case_number=org.case_number)
    twin.store._db.deserialize(org.store._db.serialize())
    twin.sharing_rules.extend(org.sharing_rules)
    twin_sessions = Sessions(twin)
    twin_sessions.__dict__.update({name: dict(kept) for name, kept in vars(sessions).items() if isinstance(kept, dict)})
    return twin, twin_sessions


def _bare(record: object) -> object:
    if isinstance(record, dict):
        return {name: _bare(value) for name, value in record.items() if name != "attributes"}
    return [_bare(one) for one in record] if isinstance(record, list) else record
