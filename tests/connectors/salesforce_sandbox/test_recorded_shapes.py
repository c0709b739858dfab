"""Answers have the shapes of recorded answers of real orgs, whose keys are in `recorded_shapes.json`."""

import json
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from connectors.salesforce.sandbox.process import Started

from .house import House, trust

RECORDED = json.loads(Path(__file__).with_name("recorded_shapes.json").read_text(encoding="utf-8"))
SOMETIMES = {"associateEntityType", "associateParentEntity", "sobjectDescribeOption"}
"""Keys that some of the recorded answers have and others, of other versions, lack."""

LAX = {
    ("Account", "IsCustomerPortal", "createable"),  # writable only where portals are switched on: they are here
    ("Account", "IsPartner", "createable"),
    ("Contact", "Name", "nillable"),  # put together from two parts
    ("Case", "Comments", "sortable"),  # write-only there: never comes back
    ("Case", "Comments", "aggregatable"),
}
ACCOUNT = {"attributes": {"type": "Account"}, "Name": "Shaped"}


def keys(shape: str) -> set[str]:
    return set(RECORDED[shape]) - SOMETIMES


def shown(answer: dict[str, object]) -> set[str]:
    return set(answer) - SOMETIMES


def test_the_list_of_objects(house: House) -> None:
    body = house.ask("GET", "/sobjects").body
    assert shown(body) == keys("global")
    assert all(shown(one) == keys("global sobject") for one in body["sobjects"])


@pytest.mark.parametrize("kind", ["Account", "Contact", "Case", "User", "PermissionSetAssignment"])
def test_a_describe(house: House, kind: str) -> None:
    body = house.ask("GET", f"/sobjects/{kind}/describe").body
    assert shown(body) == keys("describe")
    assert all(shown(field) == keys("describe field") for field in body["fields"])
    assert all(shown(child) == keys("describe child") for child in body["childRelationships"])
    values = [value for field in body["fields"] for value in field["picklistValues"]]
    assert all(shown(value) == keys("describe picklist value") for value in values)


@pytest.mark.parametrize("kind", RECORDED["fields"])
def test_what_describe_says_of_a_field(house: House, kind: str) -> None:
    """Types, writability and references of standard fields are those of real orgs."""
    ours = {field["name"]: field for field in house.ask("GET", f"/sobjects/{kind}/describe").body["fields"]}
    differing = [
        (name, key, ours[name][key], theirs)
        for name, recorded in RECORDED["fields"][kind].items()
        for key, theirs in recorded.items()
        if ours[name][key] != theirs and (kind, name, key) not in LAX
    ]
    assert differing == []


def test_a_page(house: House) -> None:
    assert set(house.query("SELECT Id FROM User LIMIT 1")) == keys("query")
    assert house.query("SELECT COUNT() FROM Profile WHERE Name LIKE 'System%'") == {
        "totalSize": 1,
        "done": True,
        "records": [],
    }


def test_a_group(house: House) -> None:
    (record,) = house.query("SELECT COUNT(Id) FROM Profile WHERE Name LIKE 'System%'")["records"]
    assert record == {"attributes": {"type": "AggregateResult"}, "expr0": 1}


def test_a_page_of_the_tooling_api(house: House) -> None:
    (record,) = house.query("SELECT Id FROM Profile LIMIT 1", "tooling/query")["records"]
    assert set(house.query("SELECT Id FROM Profile LIMIT 1", "tooling/query")) == keys("tooling query")
    assert record["attributes"]["url"] == f"/services/data/v60.0/tooling/sobjects/Profile/{record['Id']}"


def test_a_new_record(house: House) -> None:
    assert set(house.ask("POST", "/sobjects/Account/", {"Name": "Shaped"}).body) == keys("created")
    (made,) = house.ask("POST", "/composite/sobjects", {"records": [ACCOUNT]}).body
    assert set(made) == keys("created")


def test_an_upsert_without_an_id_creates(house: House) -> None:
    body = {"allOrNone": False, "records": [ACCOUNT | {"Id": None}]}
    (made,) = house.ask("PATCH", "/composite/sobjects/Account/Id", body).body
    assert (set(made), made["created"]) == (keys("collection upsert"), True)


def test_counted_records(house: House) -> None:
    body = house.ask("GET", "/limits/recordCount?sObjects=Account,Nonsense").body
    (counted,) = body["sObjects"]
    assert (set(counted), counted["name"], counted["count"]) == (keys("record count"), "Account", 4)


def test_a_type_that_is_not_there(house: House) -> None:
    """Word for word and caret for caret as recorded, within a composite request."""
    requests = [
        {"referenceId": "here", "method": "GET", "url": "/services/data/v60.0/query/?q=select count() from Account"},
        {"referenceId": "gone", "method": "GET", "url": "/services/data/v60.0/query/?q=select count() from XYZZY"},
    ]
    here, gone = house.ask("POST", "/composite", {"compositeRequest": requests}).body["compositeResponse"]
    assert set(here) == set(gone) == keys("composite response")
    assert here["body"] == {"totalSize": 4, "done": True, "records": []}
    (error,) = gone["body"]
    assert set(error) == keys("error")
    assert error["errorCode"] == "INVALID_TYPE"
    assert error["message"] == (
        "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\n"
        "sObject type 'XYZZY' is not supported. If you are attempting to use a custom object, be sure to append the "
        "'__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
    )


def test_a_resource_that_is_not_there(house: House) -> None:
    request = {"referenceId": "r", "method": "GET", "url": "/services/data/v60.0/sobjects/Foo"}
    (response,) = house.ask("POST", "/composite", {"compositeRequest": [request]}).body["compositeResponse"]
    error = {"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}
    assert response == {"body": [error], "httpHeaders": {}, "httpStatusCode": 404, "referenceId": "r"}


def test_an_empty_child_query_is_null(house: House) -> None:
    """CumulusCI's recordings have null, not an empty result."""
    soql = quote("SELECT Id, (SELECT Id FROM Contacts WHERE LastName = 'Nobody') FROM Account LIMIT 1")
    (record,) = house.ask("GET", f"/query?q={soql}").body["records"]
    assert record["Contacts"] is None


def test_a_granted_token(served: Started) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": served.client_id,
        "client_secret": served.client_secret,
    }
    granted = httpx.post(f"{served.instance_url}/services/oauth2/token", data=form, verify=trust(served)).json()
    assert set(granted) == keys("token")
    assert granted["token_type"] == "Bearer"
    assert granted["issued_at"].isdigit()
    assert granted["instance_url"] == served.instance_url
