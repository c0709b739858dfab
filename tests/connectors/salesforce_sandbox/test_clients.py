"""Clients that strangers wrote log in and work, unmodified, over HTTPS."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import jwt
import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceGeneralError, SalesforceMalformedRequest, SalesforceResourceNotFound

from connectors.salesforce.sandbox.process import Started

from .house import trust


class ToLocal(requests.Session):
    """Sends what is meant for `*.salesforce.com`, the one place simple-salesforce logs in at, to this machine."""

    def __init__(self, instance_url: str) -> None:
        super().__init__()
        self._instance_url = instance_url

    def request(self, method: str | bytes, url: str | bytes, *args: object, **kwargs: object) -> requests.Response:
        parts = urlsplit(str(url))
        assert parts.netloc == "org.salesforce.com"
        return super().request(method, self._instance_url + parts.path, *args, **kwargs)


@pytest.fixture(autouse=True)
def trusted(served: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """As users do it: requests prefers this variable to what a session says."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", served.ca_file)


@pytest.fixture
def simple(served: Started) -> Salesforce:
    return Salesforce(instance_url=served.instance_url, session_id=served.access_token)


def test_simple_salesforce_logs_in_with_client_credentials(served: Started) -> None:
    client = Salesforce(
        consumer_key=served.client_id,
        consumer_secret=served.client_secret,
        domain="org",
        session=ToLocal(served.instance_url),
    )
    local = Salesforce(instance_url=served.instance_url, session_id=client.session_id)
    assert local.query("SELECT LoginType FROM AuthSession WHERE IsCurrent = true")["totalSize"] == 1


def test_simple_salesforce_queries_and_counts(simple: Salesforce) -> None:
    assert simple.query("SELECT COUNT() FROM User WHERE Profile.Name = 'Vendor Support'")["totalSize"] == 6
    names = [row["Name"] for row in simple.query_all_iter("SELECT Name FROM Profile ORDER BY Name")]
    assert "Vendor Support" in names


def test_simple_salesforce_creates_reads_changes_and_deletes(simple: Salesforce) -> None:
    made = simple.Account.create({"Name": "Made by a client", "Industry": "Energy"})
    assert made["success"]
    assert simple.Account.get(made["id"])["Industry"] == "Energy"
    assert simple.Account.update(made["id"], {"Industry": "Retail"}) == 204
    assert simple.Account.get(made["id"])["Industry"] == "Retail"
    assert simple.Account.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        simple.Account.get(made["id"])


def test_simple_salesforce_upserts_by_external_id(simple: Salesforce) -> None:
    assert simple.Account.upsert("ExternalKey__c/k-1", {"Name": "Keyed"}) == 201
    assert simple.Account.upsert("ExternalKey__c/k-1", {"Name": "Keyed again"}) in {200, 204}
    assert simple.Account.get_by_custom_id("ExternalKey__c", "k-1")["Name"] == "Keyed again"


def test_simple_salesforce_describes(simple: Salesforce) -> None:
    assert {found["name"] for found in simple.describe()["sobjects"]} >= {"User", "PermissionSetAssignment", "Case"}
    fields = {field["name"]: field for field in simple.PermissionSetAssignment.describe()["fields"]}
    assert fields["ExpirationDate"]["updateable"]
    assert not fields["IsActive"]["updateable"]
    assert not fields["AssigneeId"]["updateable"]


def test_simple_salesforce_reads_limits(simple: Salesforce) -> None:
    assert simple.limits()["DailyApiRequests"]["Max"] > 0
    assert simple.api_usage["api-usage"].total > 0


def test_simple_salesforce_raises_its_own_errors(simple: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        simple.query("SELECT Nonsense FROM User")
    with pytest.raises((SalesforceMalformedRequest, SalesforceGeneralError), match="REQUIRED_FIELD_MISSING"):
        simple.Contact.create({"FirstName": "Nameless"})


def test_jwt_bearer_signs_in_the_named_user(served: Started) -> None:
    key = (Path(served.ca_file).parent / "jwt.key").read_text()
    claims = {"iss": served.client_id, "sub": "dana.reyes@example.com", "aud": served.instance_url}
    assertion = jwt.encode(claims | {"exp": int(time.time() + 60) * 1000}, key, algorithm="RS256")
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    with httpx.Client(base_url=served.instance_url, verify=trust(served)) as client:
        token = client.post("/services/oauth2/token", data=grant).json()["access_token"]
        about = client.get("/services/oauth2/userinfo", headers={"Authorization": f"Bearer {token}"}).json()
        assert about["preferred_username"] == "dana.reyes@example.com"
        wrong = client.post("/services/oauth2/token", data=grant | {"assertion": assertion[:-6] + "AAAAAA"})
        assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")


def test_wrong_secret_is_refused(wire: httpx.Client, served: Started) -> None:
    form = {"grant_type": "client_credentials", "client_id": served.client_id, "client_secret": "wrong"}
    answer = wire.post("/services/oauth2/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_double_and_trailing_slashes_are_forgiven(wire: httpx.Client, served: Started) -> None:
    assert wire.get(f"{served.instance_url}//services/data/").json()[0]["version"] == "52.0"
    assert wire.get("/services/data/v60.0/limits/").status_code == 200


def test_every_data_answer_says_what_was_used(wire: httpx.Client) -> None:
    header = wire.get("/services/data/v60.0/limits").headers["Sforce-Limit-Info"]
    used, _, most = header.removeprefix("api-usage=").partition("/")
    assert 0 < int(used) <= int(most)


def test_a_chunked_body_is_read(wire: httpx.Client) -> None:
    def body() -> Iterator[bytes]:
        yield b'{"Name": '
        yield b'"Chunked"}'

    answer = wire.post("/services/data/v60.0/sobjects/Account", content=body())
    assert answer.status_code == 201
