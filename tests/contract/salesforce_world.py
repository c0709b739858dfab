"""The Salesforce world: the simulated org over HTTPS, read and disturbed by raw HTTP."""

import contextlib
import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path

import httpx

from connectors.salesforce.auth import ClientCredentialsLogin
from connectors.salesforce.client import Client, Patience, Session
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.declarations import Population
from connectors.salesforce.rights import NEEDED
from connectors.salesforce.sandbox.process import Started, start
from connectors.salesforce.sandbox.tls import Authority
from reconciler.model import BindingKey, Native, Reason, ReasonCode
from reconciler.plan.changes import AnyChange, GrantBinding, RevokeBinding
from reconciler.ports import Certificates
from tests.contract.worlds import World

WHY = (Reason(ReasonCode.UNDECLARED, "a test"),)
IMPATIENT = Patience(connect=1, answer=4, attempts=2, total=9, sleep=lambda _: None)
API = "/services/data/v64.0"
VENDORS = Population.model_validate({"any": {"profiles": ["Vendor Support"]}})
CODES = {
    401: "INVALID_SESSION_ID",
    403: "API_DISABLED_FOR_ORG",
    404: "NOT_FOUND",
    409: "UNABLE_TO_LOCK_ROW",
    503: "SERVER_UNAVAILABLE",
}


class SalesforceWorld:
    """An org with more vendors than one page of an answer holds."""

    name = "salesforce"
    central = r"POST /services/data/v64.0/composite/batch"
    partial = r"GET /services/data/v64.0/query/"

    def __init__(self, org: Started, certificates: Certificates) -> None:
        self._org = org
        self.certificates = certificates
        self.address = org.instance_url
        self.secrets = (org.client_secret, org.access_token)
        self._http = httpx.Client(
            base_url=org.instance_url,
            verify=ssl.create_default_context(cafile=str(certificates.ca)),
            headers={"Authorization": f"Bearer {org.access_token}"},
            trust_env=False,
            timeout=30,
        )
        self._numbers = count(1)
        self._profile = self._id("Profile", "Name", "Vendor Support")
        self._give_rights()

    def _give_rights(self) -> None:
        """What `least_rights` asks for, as a permission set of the connector's user."""
        flags = {right.field: True for right in NEEDED}
        rights = self._create("PermissionSet", Name="guestlist", Label="guestlist", **flags)
        own = self._id("User", "Username", "guestlist@example.com")
        self._create("PermissionSetAssignment", AssigneeId=own, PermissionSetId=rights)

    def connector(self, address: str) -> SalesforceConnector:
        login = ClientCredentialsLogin(self._org.client_id, self._org.client_secret)
        session = Session(str(self.certificates.ca), IMPATIENT)
        return SalesforceConnector("salesforce", VENDORS, Client(address, login, "64.0", session, IMPATIENT))

    def account(self) -> str:
        name = f"law{next(self._numbers)}@northwind-msp.example"
        return self._create(
            "User",
            Username=name,
            Email=name,
            LastName="Law",
            Alias="law",
            ProfileId=self._profile,
            TimeZoneSidKey="UTC",
            LocaleSidKey="en_US",
            EmailEncodingKey="UTF-8",
            LanguageLocaleKey="en_US",
        )

    def granting(self, account: str, until: datetime) -> tuple[BindingKey, Sequence[Sequence[AnyChange]]]:
        native = Native("permissionSet", "Vendor_Case_Triage")
        grant = GrantBinding(
            target="salesforce",
            stable_id=self._org.org_id,
            reasons=WHY,
            account=account,
            native=native,
            until=until,
        )
        return BindingKey(account, native), [[grant]]

    def intrude(self, account: str) -> Native:
        native = Native("permissionSet", "Vendor_Case_Export")
        self._create(
            "PermissionSetAssignment",
            AssigneeId=account,
            PermissionSetId=self._id("PermissionSet", "Name", native.name),
        )
        return native

    def revoking(self, key: BindingKey) -> RevokeBinding:
        return RevokeBinding(
            target="salesforce", stable_id=self._org.org_id, reasons=WHY, account=key.account, native=key.native
        )

    def holds(self, key: BindingKey) -> bool:
        where = f"AssigneeId = '{key.account}' AND PermissionSet.Name = '{key.native.name}'"
        return bool(self._rows("Id", "PermissionSetAssignment", where))

    def snapshot(self) -> object:
        return (
            self._rows("Id,AssigneeId,PermissionSetId,ExpirationDate", "PermissionSetAssignment", "IsActive = true"),
            self._rows("Id,GroupId,UserOrGroupId", "GroupMember"),
            self._rows("Id,UserId", "UserLogin", "IsFrozen = true"),
        )

    def refusal(self, status: int) -> bytes:
        said = f"refused with {status} for {self._org.client_secret}"
        body = [{"message": said, "errorCode": CODES[status]}] if status in CODES else {"said": said}
        return json.dumps(body).encode()

    def close(self) -> None:
        self._http.close()

    def _create(self, kind: str, **fields: object) -> str:
        answer = self._http.post(f"{API}/sobjects/{kind}", json=fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _id(self, kind: str, field: str, value: str) -> str:
        (row,) = self._rows("Id", kind, f"{field} = '{value}'")
        return str(row["Id"])

    def _rows(self, fields: str, kind: str, where: str = "") -> list[Mapping[str, object]]:
        """All rows, to the last page."""
        soql = f"SELECT {fields} FROM {kind}{' WHERE ' if where else ''}{where}"
        page = self._http.get(f"{API}/query", params={"q": soql}).json()
        rows = list(page["records"])
        while not page["done"]:
            page = self._http.get(page["nextRecordsUrl"]).json()
            rows += page["records"]
        return rows


@contextlib.contextmanager
def salesforce_world(directory: Path, certificates: Certificates) -> Iterator[SalesforceWorld]:
    """An org for as long as the block lasts."""
    authority = Authority(certificates.ca, certificates.ca_key)
    org = start(directory, seed="demo", ca=authority, accounts=2000)
    try:
        world = SalesforceWorld(org, certificates)
        yield world
        world.close()
    finally:
        org.stop()


def _is_a_world(world: SalesforceWorld) -> World:
    return world
