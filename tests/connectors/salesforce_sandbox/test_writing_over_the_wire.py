"""What writing answers over HTTPS: upserts, addresses of new records, conditions on writing, linked requests."""

from collections.abc import Mapping
from email.utils import format_datetime, parsedate_to_datetime

import httpx
import pytest

DATA = "/services/data/v60.0"
ROWS = f"{DATA}/sobjects/Account"
KEYED = f"{ROWS}/ExternalKey__c"
ACCOUNT = {"attributes": {"type": "Account"}}


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def upserted(
    wire: httpx.Client, *records: Mapping[str, object], key: str = "ExternalKey__c"
) -> list[dict[str, object]]:
    body = {"records": [ACCOUNT | record for record in records]}
    answer = wire.patch(f"{DATA}/composite/sobjects/Account/{key}", json=body)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def reason(result: Mapping[str, object]) -> tuple[str, str]:
    (error,) = result["errors"]  # type: ignore[misc] # a list of one
    return error["statusCode"], error["message"]


@pytest.fixture
def account(wire: httpx.Client) -> str:
    return str(wire.post(ROWS, json={"Name": "Conditional"}).json()["id"])


@pytest.mark.parametrize("without", [{}, {"ExternalKey__c": None}, {"ExternalKey__c": ""}])
def test_an_upsert_without_the_key_changes_nothing(wire: httpx.Client, without: dict[str, object]) -> None:
    """Records without the key are refused one by one; none is taken for the records that have none."""
    keyless = wire.post(ROWS, json={"Name": "Keyless"}).json()["id"]
    refused, made = upserted(wire, {"Name": "Overwritten"} | without, {"Name": "Keyed", "ExternalKey__c": "key-1"})
    assert reason(refused) == ("MISSING_ARGUMENT", "ExternalKey__c not specified")
    assert made["success"] is True
    assert wire.get(f"{ROWS}/{keyless}").json()["Name"] == "Keyless"
    assert wire.get(f"{DATA}/query", params={"q": "SELECT Id FROM Account WHERE Name = 'Overwritten'"}).json()[
        "totalSize"
    ] == 0  # fmt: skip


def test_an_upsert_by_id_creates_without_one_and_never_in_its_place(wire: httpx.Client, account: str) -> None:
    made, changed, absent = upserted(
        wire,
        {"Name": "Made"},
        {"Id": account, "Name": "Changed"},
        {"Id": account[:12] + "zzz", "Name": "Absent"},
        key="Id",
    )
    assert (made["created"], changed["created"], absent["success"]) == (True, False, False)
    assert reason(absent)[0] == "INVALID_CROSS_REFERENCE_KEY"


def test_one_key_twice_in_a_call_is_refused_twice(wire: httpx.Client) -> None:
    records = [{"Name": "First", "ExternalKey__c": "twice"}, {"Name": "Second", "ExternalKey__c": "TWICE"}]
    first, second, other = upserted(wire, *records, {"Name": "Third", "ExternalKey__c": "once"})
    assert reason(first) == ("DUPLICATE_VALUE", "Duplicate external id specified: twice")
    assert reason(second) == ("DUPLICATE_VALUE", "Duplicate external id specified: TWICE")
    assert other["success"] is True
    assert wire.get(f"{KEYED}/twice").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("PATCH", "{account}", "Id"),
        ("PATCH", "{account}", "id"),
        ("POST", "", "Id"),
        ("PATCH", "ExternalKey__c/key-2", "ExternalKey__c"),
        ("PATCH", "ExternalKey__c/key-2", "Id"),
    ],
)
def test_what_the_address_says_the_record_does_not(
    wire: httpx.Client, account: str, method: str, path: str, name: str
) -> None:
    url = f"{ROWS}/{path.format(account=account)}".rstrip("/")
    answer = wire.request(method, url, json={"Name": "Twice", name: account})
    shown = "Id" if name.lower() == "id" else name
    assert answer.status_code == 400
    assert answer.json() == [
        {"message": f"The {shown} field should not be specified in the sobject data.", "errorCode": "INVALID_FIELD"}
    ]


def test_a_new_record_says_where_it_is(wire: httpx.Client) -> None:
    """Alone, by an external id, and within other requests; a change says nothing."""
    made = wire.post(ROWS, json={"Name": "Located"})
    assert made.headers["location"] == f"{ROWS}/{made.json()['id']}"
    keyed = wire.patch(f"{KEYED}/located", json={"Name": "Located"})
    assert (keyed.status_code, keyed.headers["location"]) == (201, f"{ROWS}/{keyed.json()['id']}")
    assert "location" not in wire.patch(f"{KEYED}/located", json={"Name": "Located"}).headers
    part = {"method": "POST", "url": ROWS, "referenceId": "made", "body": {"Name": "Located"}}
    (inner,) = wire.post(f"{DATA}/composite", json={"compositeRequest": [part]}).json()["compositeResponse"]
    assert inner["httpHeaders"] == {"Location": f"{ROWS}/{inner['body']['id']}"}


def test_an_account_is_changed_only_as_it_is_known(wire: httpx.Client, account: str) -> None:
    """REST guide, Conditional Request Headers: 412 where the precondition fails, 304 where nothing is new."""
    url = f"{ROWS}/{account}"
    read = wire.get(url)
    tag, changed = read.headers["etag"], read.headers["last-modified"]
    assert wire.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert wire.get(url, headers={"If-Modified-Since": changed}).status_code == 304
    assert wire.get(url, headers={"If-Match": f'"other", {tag}'}).json() == read.json()
    assert wire.patch(url, json={"Name": "New"}, headers={"If-Match": tag}).status_code == 204
    after = wire.get(url, headers={"If-None-Match": tag})
    assert (after.status_code, after.json()["Name"], after.headers["etag"] == tag) == (200, "New", False)
    early = format_datetime(parsedate_to_datetime(changed).replace(year=2001), usegmt=True)
    for failing in ({"If-Match": tag}, {"If-Unmodified-Since": early}, {"If-None-Match": after.headers["etag"]}):
        answer = wire.patch(url, json={"Name": "Lost"}, headers=failing)
        assert (*code(answer),) == (412, "PRECONDITION_FAILED")
    assert wire.get(url).json()["Name"] == "New"
    assert wire.get(url, headers={"If-Match": tag}).status_code == 412
    late = format_datetime(parsedate_to_datetime(changed).replace(year=2099), usegmt=True)
    assert wire.patch(url, json={"Name": "Won"}, headers={"If-Unmodified-Since": late}).status_code == 204
    for name in ("If-Match", "If-Unmodified-Since"):
        assert wire.patch(url, json={"Name": "Lost"}, headers={name: "nonsense"}).status_code == 400
    assert wire.delete(url, headers={"If-Match": tag}).status_code == 204


def test_a_part_of_a_composite_request_has_conditions_of_its_own(wire: httpx.Client, account: str) -> None:
    part = {"method": "PATCH", "url": f"{ROWS}/{account}", "referenceId": "a", "body": {"Name": "Lost"}}
    stale = part | {"httpHeaders": {"If-Match": '"stale"'}}
    (inner,) = wire.post(f"{DATA}/composite", json={"compositeRequest": [stale]}).json()["compositeResponse"]
    assert inner["httpStatusCode"] == 412
    inherited = part | {"httpHeaders": {"Authorization": "Bearer else"}}
    assert wire.post(f"{DATA}/composite", json={"compositeRequest": [inherited]}).status_code == 400


def test_other_objects_have_no_conditions(wire: httpx.Client) -> None:
    contact = wire.post(f"{DATA}/sobjects/Contact", json={"LastName": "Free"}).json()["id"]
    read = wire.get(f"{DATA}/sobjects/Contact/{contact}", headers={"If-Match": '"other"'})
    assert (read.status_code, "etag" in read.headers) == (200, False)


@pytest.mark.parametrize("names", [("same", "same"), ("with-dash", "b"), ("a b", "b"), ("", "b"), (None, "b")])
def test_linked_requests_are_told_apart_by_plain_names(wire: httpx.Client, names: tuple[str | None, str]) -> None:
    """REST guide, Composite Subrequest Result: letters, numbers and underscores; nothing is done otherwise."""
    part = {"method": "POST", "url": ROWS, "body": {"Name": "Unlinked"}}
    parts = [part if name is None else part | {"referenceId": name} for name in names]
    assert wire.post(f"{DATA}/composite", json={"compositeRequest": parts}).status_code == 400
    graphs = {"graphs": [{"graphId": "1", "compositeRequest": parts}]}
    assert wire.post(f"{DATA}/composite/graph", json=graphs).status_code == 400
    found = wire.get(f"{DATA}/query", params={"q": "SELECT COUNT() FROM Account WHERE Name = 'Unlinked'"})
    assert found.json()["totalSize"] == 0


@pytest.mark.parametrize("path", ["/services/oauth2/userinfo", "/id/00D000000000000/005000000000000"])
def test_who_am_i_refuses_in_words_of_its_own(wire: httpx.Client, path: str) -> None:
    bad = wire.get(path, headers={"Authorization": "Bearer nonsense"})
    assert (bad.status_code, bad.text) == (403, "Bad_OAuth_Token")
    missing = wire.get(path, headers={"Authorization": ""})
    assert (missing.status_code, missing.text) == (403, "Missing_OAuth_Token")
