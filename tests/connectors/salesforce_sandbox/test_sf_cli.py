"""What the sf command line and other clients were seen to ask and to rely on, each as it was seen."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest

from connectors.salesforce.sandbox.process import Started

from .house import trust

DATA = "/services/data/v60.0"
NEWEST = "/services/data/v64.0"
ALL_USERS = {"q": "SELECT Id FROM User"}
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture
def stranger(served: Started) -> Iterator[httpx.Client]:
    """A client that has not signed in."""
    with httpx.Client(base_url=served.instance_url, verify=trust(served)) as client:
        yield client


def assertion(org: Started, **claims: object) -> dict[str, str]:
    """The form of a JWT bearer grant for Dana; claims replace those that would be right."""
    key = (Path(org.ca_file).parent / "jwt.key").read_text()
    right = {"iss": org.client_id, "sub": "dana.reyes@example.com", "aud": org.instance_url}
    signed = jwt.encode(right | {"exp": int(time.time()) + 60} | claims, key, algorithm="RS256")
    return {"grant_type": _GRANT, "assertion": signed}


def test_login_with_an_access_token_asks_who_it_is(wire: httpx.Client, served: Started) -> None:
    """`sf org login access-token` reads user and organisation out of userinfo, with ids of 18 characters."""
    assert re.fullmatch(r"00D\w{12,15}![.\w]*", served.access_token)
    about = wire.get("/services/oauth2/userinfo").json()
    assert about["preferred_username"] == "admin@example.com"
    assert (about["user_id"][:3], about["organization_id"]) == ("005", served.org_id)
    assert {"sub", "name", "email", "zoneinfo", "locale", "active", "user_type", "urls"} <= about.keys()
    assert about["sub"] == f"{served.instance_url}/id/{served.org_id}/{about['user_id']}"
    user = wire.get(f"{NEWEST}/sobjects/User/{about['user_id']}").json()
    assert user["Username"] == "admin@example.com"


def test_no_scratch_org_info_is_an_answer_too(wire: httpx.Client) -> None:
    """It asks for scratch orgs to learn whether this is a hub; a type that is not there says no."""
    answer = wire.get(f"{NEWEST}/query", params={"q": "SELECT Id FROM ScratchOrgInfo LIMIT 1"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_TYPE")
    assert wire.get(f"{NEWEST}/sobjects/ScratchOrgInfo/describe").status_code == 404


def test_it_asks_the_organisation_what_it_is(wire: httpx.Client) -> None:
    fields = "Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType"
    (found,) = wire.get(f"{NEWEST}/query", params={"q": f"SELECT {fields} FROM Organization"}).json()["records"]
    assert found["IsSandbox"] is True
    assert found["TrialExpirationDate"] is None


def test_versions_are_told_to_anybody(stranger: httpx.Client) -> None:
    versions = stranger.get("/services/data").json()
    assert {"52.0", "64.0", "68.0"} <= {one["version"] for one in versions}
    assert all(one["url"] == f"/services/data/v{one['version']}" for one in versions)


def test_a_version_tells_its_resources(wire: httpx.Client) -> None:
    """`sf org assign permset` asks for the version itself; jsforce reads `identity` there and follows it."""
    resources = wire.get(NEWEST).json()
    assert resources["query"] == f"{NEWEST}/query"
    assert wire.get(resources["identity"]).json()["username"] == "admin@example.com"


def test_columns_are_described_beside_the_query(wire: httpx.Client) -> None:
    """`sf data query` asks again with `columns=true`, to print a table even where there is no row."""
    soql = "SELECT Name, Profile.Name, (SELECT Id FROM PermissionSetAssignments) FROM User"
    described = wire.get(f"{DATA}/query", params={"q": soql, "columns": "true"}).json()["columnMetadata"]
    assert [(one["columnName"], one["aggregate"]) for one in described] == [
        ("Name", False),
        ("Profile.Name", False),
        ("PermissionSetAssignments", True),
    ]
    assert [one["columnName"] for one in described[2]["joinColumns"]] == ["Id"]
    assert all("displayName" in one for one in described)


def test_names_come_back_as_they_are_spelled_in_the_org(wire: httpx.Client) -> None:
    """`sf org list users` asks in small letters and reads in capitals."""
    records = wire.get(f"{DATA}/query", params={"q": "SELECT username, profileid, id FROM User"}).json()["records"]
    assert set(records[0]) == {"attributes", "Username", "ProfileId", "Id"}


def test_it_assigns_a_permission_set(wire: httpx.Client) -> None:
    """`sf org assign permset`: user and permission set by name, one POST, `DUPLICATE_VALUE` the second time."""
    user = wire.get(f"{DATA}/query", params={"q": "SELECT Id FROM User WHERE Username='grace.obi@example.com'"})
    role = wire.get(f"{DATA}/query", params={"q": "SELECT Id FROM PermissionSet WHERE Name='Employee_Reports'"})
    ids = [answer.json()["records"][0]["Id"] for answer in (user, role)]
    wanted = dict(zip(("AssigneeId", "PermissionSetId"), ids, strict=True))
    made = wire.post(f"{DATA}/sobjects/PermissionSetAssignment", json=wanted)
    assert made.status_code == 201
    again = wire.post(f"{DATA}/sobjects/PermissionSetAssignment", json=wanted)
    assert (again.status_code, again.json()[0]["errorCode"]) == (400, "DUPLICATE_VALUE")
    assert wire.delete(f"{DATA}/sobjects/PermissionSetAssignment/{made.json()['id']}").status_code == 204


def test_double_slashes_are_forgiven(wire: httpx.Client, served: Started) -> None:
    assert wire.get(f"{served.instance_url}//services/data").json()[0]["version"] == "52.0"
    assert wire.get(f"{served.instance_url}//services/oauth2//userinfo").status_code == 200


@pytest.mark.parametrize("path", ["/services/data/", f"{DATA}/", f"{DATA}/sobjects/", f"{DATA}/sobjects/User/"])
def test_trailing_slashes_are_forgiven(wire: httpx.Client, path: str) -> None:
    assert wire.get(path).json() == wire.get(path.rstrip("/")).json()


def test_a_trailing_slash_before_the_query_is_forgiven(wire: httpx.Client) -> None:
    """simple-salesforce and CumulusCI ask `/query/?q=`."""
    assert wire.get(f"{DATA}/query/", params=ALL_USERS).json()["done"]


def test_a_chunked_body_is_read(wire: httpx.Client) -> None:
    """Node's fetch sends no Content-Length."""

    def body() -> Iterator[bytes]:
        yield b'{"Name": '
        yield b'"Chunked"}'

    answer = wire.post(f"{DATA}/sobjects/Account", content=body())
    assert answer.status_code == 201
    assert "content-length" not in answer.request.headers
    wire.delete(f"{DATA}/sobjects/Account/{answer.json()['id']}")


@pytest.mark.parametrize("shape", [int, str, lambda seconds: seconds * 1000, lambda seconds: str(seconds * 1000)])
def test_an_assertions_end_may_be_text_or_in_milliseconds(
    stranger: httpx.Client, served: Started, shape: type[int]
) -> None:
    form = assertion(served, exp=shape(int(time.time()) + 60))
    granted = stranger.post("/services/oauth2/token", data=form).json()
    about = stranger.get("/services/oauth2/userinfo", headers={"Authorization": f"Bearer {granted['access_token']}"})
    assert about.json()["preferred_username"] == "dana.reyes@example.com"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"aud": "https://elsewhere.example"}, ("invalid_grant", "audience is invalid")),
        ({"sub": "nobody@example.com"}, ("invalid_grant", "user hasn't approved this consumer")),
        ({"exp": 1_600_000_000}, ("invalid_grant", "expired authorization code")),
        ({"exp": "soon"}, ("invalid_grant", "expired authorization code")),
        ({"iss": "3MVGother"}, ("invalid_client_id", "client identifier invalid")),
    ],
)
def test_an_assertion_that_claims_wrongly_is_refused(
    stranger: httpx.Client, served: Started, claims: dict[str, object], said: tuple[str, str]
) -> None:
    answer = stranger.post("/services/oauth2/token", data=assertion(served, **claims))
    assert answer.status_code == 400
    assert answer.json() == dict(zip(("error", "error_description"), said, strict=True))


def test_an_assertion_that_somebody_else_signed_is_refused(stranger: httpx.Client, served: Started) -> None:
    form = assertion(served)
    head, claims, signature = form["assertion"].split(".")
    form["assertion"] = f"{head}.{claims}.{signature[:20]}{'B' if signature[20] == 'A' else 'A'}{signature[21:]}"
    answer = stranger.post("/services/oauth2/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_wrong_secret_is_refused(stranger: httpx.Client, served: Started) -> None:
    form = {"grant_type": "client_credentials", "client_id": served.client_id, "client_secret": "wrong"}
    answer = stranger.post("/services/oauth2/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_locator_of_query_all_is_followed_at_query(wire: httpx.Client) -> None:
    """Both resources' locators lead on at `/query/<locator>`, whichever the query came by."""
    headers = {"Sforce-Query-Options": "batchSize=200"}
    soql = {"q": "SELECT Id FROM FieldPermissions"}
    for resource in ("query", "queryAll"):
        page = wire.get(f"{DATA}/{resource}", params=soql, headers=headers).json()
        seen = len(page["records"])
        assert seen == 200
        while not page["done"]:
            locator = page["nextRecordsUrl"].rpartition("/")[2]
            page = wire.get(f"{DATA}/query/{locator}").json()
            seen += len(page["records"])
        assert seen == page["totalSize"]


def test_every_data_answer_says_what_was_used(wire: httpx.Client) -> None:
    header = wire.get(f"{DATA}/limits").headers["Sforce-Limit-Info"]
    used, _, most = header.removeprefix("api-usage=").partition("/")
    assert 0 < int(used) <= int(most)


def test_a_token_that_is_revoked_is_over(stranger: httpx.Client, served: Started) -> None:
    token = stranger.post("/services/oauth2/token", data=assertion(served)).json()["access_token"]
    assert stranger.post("/services/oauth2/revoke", data={"token": token}).status_code == 200
    answer = stranger.get(f"{DATA}/limits", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
