"""simple-salesforce, unmodified and over HTTPS: every way in that it has, and everything that it can ask of an org."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

from connectors.salesforce.sandbox.process import Started

ACCOUNT = {"attributes": {"type": "Account"}}
Flow = Callable[[Started, requests.Session], Salesforce]


class ToLocal(HTTPAdapter):
    """Takes what is meant for `*.salesforce.com`, the one place simple-salesforce logs in at, to this machine."""

    def __init__(self, org: Started) -> None:
        super().__init__()
        self._org = org

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        parts = urlsplit(str(request.url))
        assert str(parts.hostname).endswith(".salesforce.com")
        request.url = self._org.instance_url + parts.path
        return super().send(request, *args, **kwargs)  # type: ignore[arg-type] # passed on as they came


@pytest.fixture(autouse=True)
def trusted(big: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """As users do it: requests prefers this variable to what a session says."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", big.ca_file)


@pytest.fixture
def session(big: Started) -> requests.Session:
    made = requests.Session()
    for host in ("login", "org"):
        made.mount(f"https://{host}.salesforce.com", ToLocal(big))
    return made


@pytest.fixture
def simple(big: Started) -> Salesforce:
    return Salesforce(instance_url=big.instance_url, session_id=big.access_token)


def _jwt(org: Started, session: requests.Session, **key: str) -> Salesforce:
    return Salesforce(username="eve@example.com", consumer_key=org.client_id, session=session, **key)


def _key(org: Started) -> Path:
    return Path(org.ca_file).parent / "jwt.key"


FLOWS: dict[str, tuple[str, Flow]] = {
    "client credentials": (
        "guestlist@example.com",
        lambda org, session: Salesforce(
            consumer_key=org.client_id, consumer_secret=org.client_secret, domain="org", session=session
        ),
    ),
    "JWT with a key file": (
        "eve@example.com",
        lambda org, session: _jwt(org, session, privatekey_file=str(_key(org))),
    ),
    "JWT with a key": ("eve@example.com", lambda org, session: _jwt(org, session, privatekey=_key(org).read_text())),
    "JWT at the org's own host": (
        "eve@example.com",
        lambda org, session: _jwt(org, session, privatekey_file=str(_key(org)), instance_url="org"),
    ),
    "password and security token": (
        "far.away@example.com",
        lambda _, session: Salesforce(
            username="far.away@example.com", password="open-sesame", security_token="T0k3n", session=session
        ),
    ),
    "password from a trusted network": (
        "eve@example.com",
        lambda org, session: Salesforce(
            username="eve@example.com", password="open & <sesame>", organizationId=org.org_id, session=session
        ),
    ),
    "OAuth's password flow": (
        "eve@example.com",
        lambda org, session: Salesforce(
            username="eve@example.com",
            password="open & <sesame>",
            consumer_key=org.client_id,
            consumer_secret=org.client_secret,
            session=session,
        ),
    ),
    "session id and instance": (
        "admin@example.com",
        lambda org, session: Salesforce(
            session_id=org.access_token, instance=org.instance_url.removeprefix("https://"), session=session
        ),
    ),
    "session id and URL": (
        "admin@example.com",
        lambda org, session: Salesforce(session_id=org.access_token, instance_url=org.instance_url, session=session),
    ),
}


@pytest.mark.parametrize("flow", FLOWS)
def test_every_flow_logs_in(big: Started, session: requests.Session, flow: str) -> None:
    """Whoever comes in is who the flow says, and may ask for themselves."""
    who, log_in = FLOWS[flow]
    client = log_in(big, session)
    assert client.oauth2("userinfo")["preferred_username"] == who
    assert client.query(f"SELECT Id FROM User WHERE Username = '{who}'")["totalSize"] == 1


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({"username": "eve@example.com", "password": "wrong", "security_token": ""}, "INVALID_LOGIN"),
        ({"username": "nobody@example.com", "password": "x", "security_token": ""}, "INVALID_LOGIN"),
        ({"username": "far.away@example.com", "password": "open-sesame", "security_token": "old"}, "INVALID_LOGIN"),
        ({"consumer_key": "3MVGx", "consumer_secret": "x", "domain": "org"}, "invalid_client_id"),
    ],
    ids=["password", "name", "token", "application"],
)
def test_a_wrong_login_is_refused(session: requests.Session, named: dict[str, str], code: str) -> None:
    with pytest.raises(SalesforceAuthenticationFailed) as refused:
        Salesforce(session=session, **named)
    assert refused.value.code == code


def test_a_user_who_never_approved_is_refused(big: Started, session: requests.Session) -> None:
    """simple-salesforce keys on the very sentence, and tells how to approve."""
    with pytest.warns(UserWarning, match="Allow Access"), pytest.raises(SalesforceAuthenticationFailed):
        Salesforce(
            username="nobody@example.com",
            consumer_key=big.client_id,
            privatekey_file=str(_key(big)),
            session=session,
        )


def test_ten_thousand_rows_are_paged(simple: Salesforce) -> None:
    """Each row comes once, in pages of 2,000, by whichever of the client's ways."""
    first = simple.query("SELECT Id FROM User ORDER BY Username")
    assert (len(first["records"]), first["done"]) == (2000, False)
    rows = simple.query_all("SELECT Id FROM User ORDER BY Username")["records"]
    assert len({row["Id"] for row in rows}) == len(rows) == first["totalSize"] >= 10_000
    assert [row["Id"] for row in simple.query_all_iter("SELECT Id FROM User ORDER BY Username")] == [
        row["Id"] for row in rows
    ]
    locator = first["nextRecordsUrl"].rpartition("/")[2]
    assert (
        simple.query_more(locator)["records"]
        == simple.query_more(first["nextRecordsUrl"], identifier_is_url=True)["records"]
    )


def test_it_counts_and_aggregates(simple: Salesforce) -> None:
    assert simple.query("SELECT COUNT() FROM User WHERE Profile.Name = 'Standard User'")["records"] == []
    grouped = simple.query("SELECT Profile.Name, COUNT(Id) n FROM User GROUP BY Profile.Name")["records"]
    assert {row["Name"] for row in grouped} >= {"System Administrator", "Standard User"}


def test_it_creates_reads_changes_and_deletes(simple: Salesforce) -> None:
    made = simple.Account.create({"Name": "Made by a client", "Industry": "Energy"})
    assert dict(made) == {"id": made["id"], "success": True, "errors": []}
    assert simple.Account.get(made["id"])["Industry"] == "Energy"
    assert simple.Account.update(made["id"], {"Industry": "Retail"}) == 204
    assert simple.Account.get(made["id"])["Industry"] == "Retail"
    assert simple.Account.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        simple.Account.get(made["id"])
    deleted = simple.query(f"SELECT IsDeleted FROM Account WHERE Id = '{made['id']}'", include_deleted=True)
    assert deleted["records"][0]["IsDeleted"] is True


def test_it_upserts_by_external_id(simple: Salesforce) -> None:
    assert simple.Account.upsert("ExternalKey__c/k-1", {"Name": "Keyed"}) == 201
    assert simple.Account.upsert("ExternalKey__c/k-1", {"Name": "Keyed again"}) in {200, 204}
    assert simple.Account.get_by_custom_id("ExternalKey__c", "k-1")["Name"] == "Keyed again"


def test_it_uses_collections(simple: Salesforce) -> None:
    """Results come record by record, in the order asked: created, changed, upserted, read and deleted."""
    records = [ACCOUNT | {"Name": f"Collected {n}", "ExternalKey__c": f"c-{n}"} for n in range(200)]
    made = simple.restful("composite/sobjects", method="POST", json={"allOrNone": False, "records": records})
    assert all(result["success"] for result in made)
    some = [made[0]["id"], made[1]["id"]]
    change = [ACCOUNT | {"Id": some[0], "Name": "Changed"}, ACCOUNT | {"Id": some[1], "Name": ""}]
    changed = simple.restful("composite/sobjects", method="PATCH", json={"records": change})
    assert [result["success"] for result in changed] == [True, False]
    assert changed[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    keyed = {"records": [ACCOUNT | {"ExternalKey__c": "c-0", "Name": "By key"}]}
    (upserted,) = simple.restful("composite/sobjects/Account/ExternalKey__c", method="PATCH", json=keyed)
    assert (upserted["id"], upserted["created"]) == (some[0], False)
    read = simple.restful("composite/sobjects/Account", params={"ids": ",".join(some), "fields": "Id,Name"})
    assert [row["Name"] for row in read] == ["By key", "Collected 1"]
    ids = ",".join(result["id"] for result in made)
    gone = simple.restful("composite/sobjects", method="DELETE", params={"ids": ids, "allOrNone": "false"})
    assert [result["success"] for result in gone] == [True] * 200


def test_it_describes(simple: Salesforce) -> None:
    names = {found["name"] for found in simple.describe()["sobjects"]}
    assert names >= {"User", "PermissionSetAssignment", "Case"}
    assert "ScratchOrgInfo" not in names
    fields = {field["name"]: field for field in simple.PermissionSetAssignment.describe()["fields"]}
    assert fields["ExpirationDate"]["updateable"]
    assert not fields["IsActive"]["updateable"]
    assert not fields["AssigneeId"]["updateable"]
    assert simple.PermissionSetAssignment.metadata()["objectDescribe"]["keyPrefix"] == "0Pa"
    assert simple.is_sandbox() is True


def test_it_reads_limits(simple: Salesforce) -> None:
    assert simple.limits()["DailyApiRequests"]["Max"] > 0
    assert simple.api_usage["api-usage"].total > 0
    counted = simple.restful("limits/recordCount", params={"sObjects": "User,Profile"})["sObjects"]
    assert {one["name"]: one["count"] >= 7 for one in counted} == {"User": True, "Profile": True}


def test_it_asks_the_tooling_api(simple: Salesforce) -> None:
    page = simple.toolingexecute("query", params={"q": "SELECT Id FROM Profile LIMIT 1"})
    assert (page["size"], page["queryLocator"], page["entityTypeName"]) == (1, None, "Profile")
    assert "/tooling/sobjects/Profile/" in page["records"][0]["attributes"]["url"]


def test_it_queries_in_bulk(simple: Salesforce, tmp_path: Path) -> None:
    """Ten thousand rows as CSV, in pages that the client asks for; a statement that cannot be is refused."""
    pages = list(simple.bulk2.User.query("SELECT Id, Username FROM User", max_records=5000, wait=0))
    assert len(pages) == 3
    assert sum(len(page.splitlines()) - 1 for page in pages) >= 10_000
    files = simple.bulk2.Profile.download("SELECT Id, Name FROM Profile", path=str(tmp_path), wait=0)
    assert Path(files[0]["file"]).read_text().startswith('"Id","Name"\n')
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        list(simple.bulk2.User.query("SELECT Nonsense FROM User", wait=0))


def test_it_raises_its_own_errors(big: Started, simple: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        simple.query("SELECT Nonsense FROM User")
    with pytest.raises((SalesforceMalformedRequest, SalesforceGeneralError), match="REQUIRED_FIELD_MISSING"):
        simple.Contact.create({"FirstName": "Nameless"})
    with pytest.raises(SalesforceExpiredSession, match="INVALID_SESSION_ID"):
        Salesforce(instance_url=big.instance_url, session_id="00Dx!made.up").query("SELECT Id FROM User")


def test_it_follows_children_that_did_not_fit(simple: Salesforce) -> None:
    soql = "SELECT (SELECT Id FROM Users) FROM Profile WHERE Name = 'Standard User'"
    part = simple.query(soql)["records"][0]["Users"]
    found = [row["Id"] for row in part["records"]]
    while not part["done"]:
        part = simple.query_more(part["nextRecordsUrl"], identifier_is_url=True)
        found += [row["Id"] for row in part["records"]]
    assert len(set(found)) == len(found) == part["totalSize"] > 2000
