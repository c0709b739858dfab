"""Resources and refusals in Salesforce's own shapes."""

import pytest

from .house import House

ACCOUNT = {"attributes": {"type": "Account"}}


def test_a_missing_required_field_is_named(house: House) -> None:
    answer = house.ask("POST", "/sobjects/Contact", {"FirstName": "X"})
    assert answer.status == 400
    assert answer.body == [
        {
            "message": "Required fields are missing: [LastName]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["LastName"],
        }
    ]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"Name": "A", "Xyzzy": 1}, "INVALID_FIELD"),
        ({"Name": "A", "CreatedDate": "2020-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Name": "x" * 256}, "STRING_TOO_LONG"),
        ({"Name": "A", "NumberOfEmployees": "many"}, "JSON_PARSER_ERROR"),
        ({"Name": "A", "Industry": "Juggling"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"Name": "A", "OwnerId": "001gL0000000001QAA"}, "MALFORMED_ID"),
        ({"Name": "A", "ParentId": "not-an-id"}, "MALFORMED_ID"),
        ({"Name": "A", "ParentId": "001gL0000000zzz"}, "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
def test_values_that_do_not_fit_are_refused(house: House, values: dict[str, object], code: str) -> None:
    assert house.refused("POST", "/sobjects/Account", values) == (400, code)


@pytest.mark.parametrize("kind", ["UserLicense", "LoginHistory", "SetupAuditTrail", "AuthSession", "UserLogin"])
def test_what_the_org_alone_writes_is_not_created(house: House, kind: str) -> None:
    assert house.refused("POST", f"/sobjects/{kind}", {}) == (400, "INVALID_TYPE_FOR_OPERATION")


def test_a_missing_object_or_record_is_not_found(house: House) -> None:
    assert house.refused("GET", "/sobjects/ScratchOrgInfo/describe") == (404, "NOT_FOUND")
    assert house.refused("GET", "/sobjects/Account/001gL00000009ZZ") == (404, "NOT_FOUND")
    assert house.refused("DELETE", "/sobjects/Account/001gL00000009ZZ") == (404, "INVALID_CROSS_REFERENCE_KEY")


def test_deleting_twice_says_so(house: House) -> None:
    made = house.create("Account", Name="Short-lived")
    assert house.ask("DELETE", f"/sobjects/Account/{made}").status == 204
    assert house.refused("DELETE", f"/sobjects/Account/{made}") == (404, "ENTITY_IS_DELETED")


def test_fifteen_characters_name_a_record_as_well_as_eighteen(house: House) -> None:
    made = house.create("Account", Name="Short id")
    assert house.ask("GET", f"/sobjects/Account/{made[:15]}").body["Id"] == made
    assert house.rows(f"SELECT Name FROM Account WHERE Id = '{made[:15]}'") == [{"Name": "Short id"}]


def test_an_unknown_version_or_resource_is_not_found(house: House) -> None:
    assert house.refused("GET", "/services/data/v20.0/limits") == (404, "NOT_FOUND")
    assert house.refused("GET", "/juggling") == (404, "NOT_FOUND")
    assert house.refused("PUT", "/sobjects/Account") == (405, "METHOD_NOT_ALLOWED")


def test_a_collection_answers_record_by_record(house: House) -> None:
    records = [ACCOUNT | {"Name": "One"}, ACCOUNT | {"Name": ""}, ACCOUNT | {"Name": "Three"}]
    answer = house.ask("POST", "/composite/sobjects", {"records": records})
    assert [result["success"] for result in answer.body] == [True, False, True]
    assert answer.body[1]["errors"] == [
        {
            "statusCode": "REQUIRED_FIELD_MISSING",
            "message": "Required fields are missing: [Name]",
            "fields": ["Name"],
        }
    ]


def test_all_or_none_leaves_none(house: House) -> None:
    records = [ACCOUNT | {"Name": "One"}, ACCOUNT | {"Name": ""}]
    answer = house.ask("POST", "/composite/sobjects", {"allOrNone": True, "records": records})
    assert [result["success"] for result in answer.body] == [False, False]
    assert answer.body[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert house.rows("SELECT Id FROM Account WHERE Name = 'One'") == []


def test_a_collection_changes_and_deletes(house: House) -> None:
    made = [house.create("Account", Name=f"A{n}") for n in range(3)]
    records = [ACCOUNT | {"Id": one, "Name": "changed"} for one in made]
    assert all(result["success"] for result in house.ask("PATCH", "/composite/sobjects", {"records": records}).body)
    assert len(house.rows("SELECT Id FROM Account WHERE Name = 'changed'")) == 3
    answer = house.ask("DELETE", f"/composite/sobjects?ids={','.join([*made, made[0]])}&allOrNone=false")
    assert [result["success"] for result in answer.body] == [True, True, True, False]
    assert answer.body[3]["errors"][0]["statusCode"] == "ENTITY_IS_DELETED"


def test_a_collection_has_at_most_200_records_in_10_chunks(house: House) -> None:
    many = [ACCOUNT | {"Name": str(n)} for n in range(201)]
    assert house.refused("POST", "/composite/sobjects", {"records": many}) == (400, "EXCEEDED_ID_LIMIT")
    mixed = [{"attributes": {"type": kind}, "Name": "x", "LastName": "x"} for kind in ("Account", "Contact") * 6]
    assert house.refused("POST", "/composite/sobjects", {"records": mixed}) == (400, "LIMIT_EXCEEDED")


def test_setup_objects_do_not_travel_with_others(house: House) -> None:
    records = [ACCOUNT | {"Name": "x"}, {"attributes": {"type": "Group"}, "Name": "x"}]
    assert house.refused("POST", "/composite/sobjects", {"records": records}) == (400, "MIXED_DML_OPERATION")


def test_a_collection_upserts_by_external_id(house: House) -> None:
    body = {"records": [ACCOUNT | {"ExternalKey__c": "e1", "Name": "First"}]}
    first = house.ask("PATCH", "/composite/sobjects/Account/ExternalKey__c", body).body[0]
    second = house.ask("PATCH", "/composite/sobjects/Account/ExternalKey__c", body).body[0]
    assert (first["created"], second["created"]) == (True, False)
    assert first["id"] == second["id"]


def test_a_batch_has_at_most_25_requests(house: House) -> None:
    requests = [{"method": "GET", "url": "v60.0/limits"}] * 26
    assert house.refused("POST", "/composite/batch", {"batchRequests": requests}) == (400, "LIMIT_EXCEEDED")


def test_a_batch_halts_where_asked(house: House) -> None:
    requests = [{"method": "GET", "url": "v60.0/nowhere"}, {"method": "GET", "url": "v60.0/limits"}]
    answer = house.ask("POST", "/composite/batch", {"haltOnError": True, "batchRequests": requests}).body
    assert [result["statusCode"] for result in answer["results"]] == [404, 412]


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id FROM Account WHERE " + "(NOT " * 5000 + "Name = 'x'" + ")" * 5000,
        "SELECT Id FROM Account WHERE " + " AND ".join(["Name = 'x'"] * 2000),
        "SELECT Id FROM Account WHERE CreatedDate = LAST_N_DAYS:99999999999",
        "SELECT Id FROM Account WHERE Name = '" + "x" * 4001 + "'",
        "SELECT Id FROM Account WHERE Name = '" + "x" * 100_000 + "'",
    ],
    ids=["nested", "long", "far", "value", "text"],
)
def test_what_is_too_much_is_refused(house: House, soql: str) -> None:
    assert house.refusal(soql)["errorCode"] == "QUERY_TOO_COMPLICATED"


@pytest.mark.parametrize("depth", [49, 50, 200])
def test_negations_may_be_nested_deeply(house: House, depth: int) -> None:
    found = house.query("SELECT COUNT() FROM Account WHERE " + "(NOT " * depth + "Name = 'x'" + ")" * depth)
    assert found["totalSize"] == (house.query("SELECT COUNT() FROM Account")["totalSize"] if depth % 2 else 0)


def test_describe_hides_fields_that_the_user_cannot_read(house: House) -> None:
    fields = house.as_user("maria.k").ask("GET", "/sobjects/Case/describe").body["fields"]
    assert {field["name"] for field in fields} >= {"Id", "Subject", "Status"}
    assert "Reason" not in {field["name"] for field in fields}


def test_a_day_has_so_many_requests(house: House) -> None:
    house.org.switches.daily_api_requests = 5
    house.org.requests = 5
    assert house.ask("GET", "/limits").body["DailyApiRequests"] == {"Max": 5, "Remaining": 0}
