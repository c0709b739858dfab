"""Requests that carry others: linked ones, graphs, bulk jobs; and login by SOAP."""

from connectors.salesforce.sandbox.http import soap
from connectors.salesforce.sandbox.http.exchange import Request

from .house import BASE, House

LINKED = [
    {"method": "POST", "url": f"{BASE}/sobjects/Account", "referenceId": "made", "body": {"Name": "Linked"}},
    {
        "method": "POST",
        "url": f"{BASE}/sobjects/Contact",
        "referenceId": "who",
        "body": {"LastName": "L", "AccountId": "@{made.id}"},
    },
    {"method": "GET", "url": f"{BASE}/query?q=SELECT+Name+FROM+Account+WHERE+Id='@{{made.id}}'", "referenceId": "read"},
]
BROKEN = {"method": "POST", "url": f"{BASE}/sobjects/Contact", "referenceId": "broken", "body": {"FirstName": "x"}}


def test_later_requests_use_earlier_answers(house: House) -> None:
    responses = house.ask("POST", "/composite", {"compositeRequest": LINKED}).body["compositeResponse"]
    assert [response["httpStatusCode"] for response in responses] == [201, 201, 200]
    assert responses[2]["body"]["records"][0]["Name"] == "Linked"
    assert responses[1]["referenceId"] == "who"


def test_one_failure_undoes_all_where_asked(house: House) -> None:
    body = {"allOrNone": True, "compositeRequest": [LINKED[0], BROKEN]}
    responses = house.ask("POST", "/composite", body).body["compositeResponse"]
    assert responses[0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert responses[1]["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert house.rows("SELECT Id FROM Account WHERE Name = 'Linked'") == []


def test_one_failure_leaves_the_rest_where_not(house: House) -> None:
    house.ask("POST", "/composite", {"compositeRequest": [LINKED[0], BROKEN]})
    assert len(house.rows("SELECT Id FROM Account WHERE Name = 'Linked'")) == 1


def test_a_reference_to_nothing_is_refused(house: House) -> None:
    responses = house.ask("POST", "/composite", {"compositeRequest": [LINKED[1]]}).body["compositeResponse"]
    assert responses[0]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_composite_takes_25_requests_and_5_queries(house: House) -> None:
    queries = [LINKED[2] | {"url": f"{BASE}/query?q=SELECT+Id+FROM+Account"}] * 6
    assert house.refused("POST", "/composite", {"compositeRequest": queries}) == (400, "LIMIT_EXCEEDED")
    assert house.refused("POST", "/composite", {"compositeRequest": [LINKED[0]] * 26}) == (400, "LIMIT_EXCEEDED")


def test_each_graph_stands_or_falls_as_a_whole(house: House) -> None:
    graphs = [{"graphId": "1", "compositeRequest": LINKED}, {"graphId": "2", "compositeRequest": [LINKED[0], BROKEN]}]
    answers = house.ask("POST", "/composite/graph", {"graphs": graphs}).body["graphs"]
    assert [answer["isSuccessful"] for answer in answers] == [True, False]
    assert len(house.rows("SELECT Id FROM Account WHERE Name = 'Linked'")) == 1


def test_a_bulk_query_pages_through_csv(house: House) -> None:
    job = house.ask(
        "POST", "/jobs/query", {"operation": "query", "query": "SELECT Username, Profile.Name FROM User"}
    ).body
    assert house.ask("GET", f"/jobs/query/{job['id']}").body["state"] == "JobComplete"
    first = house.ask("GET", f"/jobs/query/{job['id']}/results?maxRecords=15")
    assert first.content().decode().splitlines()[0] == '"Username","Profile.Name"'
    rest = house.ask("GET", f"/jobs/query/{job['id']}/results?locator={first.headers['Sforce-Locator']}")
    assert rest.headers["Sforce-Locator"] == "null"
    assert int(first.headers["Sforce-NumberOfRecords"]) + int(rest.headers["Sforce-NumberOfRecords"]) == 20


def test_bulk_does_not_group(house: House) -> None:
    body = {"operation": "query", "query": "SELECT COUNT(Id) FROM User"}
    assert house.refused("POST", "/jobs/query", body)[0] == 400


def test_soap_login_opens_a_session_or_says_invalid_login(house: House) -> None:
    user = house.user("dana.reyes")
    house.site.sessions.set_password(user, "secret & more")
    form = "<e><login><username>dana.reyes@example.com</username><password>{}</password></login></e>"
    right = soap.answer(house.site, Request("POST", "/", {}, form.format("secret &amp; more").encode()), "60.0")
    assert b"<userName>dana.reyes@example.com</userName>" in right.content()
    wrong = soap.answer(house.site, Request("POST", "/", {}, form.format("wrong").encode()), "60.0")
    assert (wrong.status, b"INVALID_LOGIN" in wrong.content()) == (500, True)


def test_pages_hold_two_thousand_rows_children_included(house: House) -> None:
    org = house.org
    accounts = org.add_all("Account", [{"Name": f"A{n:04d}", "OwnerId": org.admin_id} for n in range(1500)])
    org.add_all("Contact", [{"LastName": "C", "AccountId": account} for account in accounts for _ in range(2)])
    seen, page = (
        0,
        house.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Name LIKE 'A0%' OR Name LIKE 'A1%'"),
    )
    while True:
        rows = sum(1 + record["Contacts"]["totalSize"] for record in page["records"])
        assert rows <= 2000
        seen += rows
        if page["done"]:
            break
        page = house.ask("GET", page["nextRecordsUrl"]).body
    assert seen == 4500
