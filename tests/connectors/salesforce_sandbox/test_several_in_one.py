"""Requests that carry others: linked ones, graphs, bulk jobs; and login by SOAP."""

import pytest

from connectors.salesforce.sandbox.http import soap
from connectors.salesforce.sandbox.http.exchange import Request

from .house import BASE, House
from .test_rules import person

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


ACCOUNT = {"method": "POST", "url": f"{BASE}/sobjects/Account", "body": {"Name": "Mixed"}}


def setup_requests(house: House) -> dict[str, dict[str, object]]:
    """A request for each Setup object that the Apex guide lists, and for what it excepts."""
    tom, triage = house.user("tom.b"), house.one("SELECT Id FROM PermissionSet WHERE Name = 'Employee_Reports'")
    group = house.one("SELECT Id FROM Group WHERE DeveloperName = 'Vendor_EMEA_Cases'")
    queue = house.create("Group", Name="Empty", Type="Queue")
    right = {"ParentId": triage, "SobjectType": "Account", "PermissionsRead": True}
    field = {"ParentId": triage, "SobjectType": "Account", "Field": "Account.Phone", "PermissionsRead": True}
    app = house.one("SELECT Id FROM ConnectedApplication LIMIT 1")
    session = house.one("SELECT Id FROM AuthSession WHERE Users.Username LIKE 'maria%'")
    role = house.one("SELECT Id FROM UserRole LIMIT 1")
    vendors = house.one("SELECT Id FROM Profile WHERE Name = 'Vendor Support'")
    return {
        "PermissionSetAssignment": _request("POST", "", {"AssigneeId": tom, "PermissionSetId": triage}),
        "PermissionSet": _request("POST", "", {"Name": "Mix", "Label": "Mix"}),
        "ObjectPermissions": _request("POST", "", right),
        "FieldPermissions": _request("POST", "", field),
        "SetupEntityAccess": _request("POST", "", {"ParentId": triage, "SetupEntityId": app}),
        "GroupMember": _request("POST", "", {"GroupId": group, "UserOrGroupId": house.user("maria")}),
        "QueueSobject": _request("POST", "", {"QueueId": queue, "SobjectType": "Case"}),
        "UserRole": _request("POST", "", {"Name": "Mix"}),
        "AuthSession": _request("DELETE", session, None),
        "Group": _request("DELETE", group, None),
        "User": _request("PATCH", tom, {"IsActive": False}),
        "User with a role": _request("POST", "", person("r@x.example", ProfileId=vendors, UserRoleId=role)),
        "User: free fields": _request("PATCH", tom, {"Title": "Guest"}),
        "User without a role": _request("POST", "", person("n@x.example", ProfileId=vendors)),
        "Group: new": _request("POST", "", {"Name": "Mix"}),
        "Group: renamed": _request("PATCH", group, {"Name": "Mix"}),
    }


FREE = {"User: free fields", "User without a role", "Group: new", "Group: renamed"}
SETUP = [
    "PermissionSetAssignment", "PermissionSet", "ObjectPermissions", "FieldPermissions", "SetupEntityAccess",
    "GroupMember", "QueueSobject", "UserRole", "AuthSession", "Group", "User", "User with a role", *sorted(FREE),
]  # fmt: skip


def _request(method: str, record: str, body: dict[str, object] | None) -> dict[str, object]:
    return {"method": method, "url": record, **({} if body is None else {"body": body})}


@pytest.mark.parametrize("first", [False, True], ids=["after a record", "before a record"])
@pytest.mark.parametrize("name", SETUP)
def test_setup_objects_do_not_share_a_transaction_with_records(house: House, name: str, *, first: bool) -> None:
    """In one composite request with all or none, and in one graph: refused, and nothing of it is done."""
    kind = name.partition(" ")[0].partition(":")[0]
    wanted = setup_requests(house)[name]
    wanted |= {"url": f"{BASE}/sobjects/{kind}" + (f"/{wanted['url']}" if wanted["url"] else ""), "referenceId": "s"}
    pair = [ACCOUNT | {"referenceId": "a"}, wanted]
    requests = pair[::-1] if first else pair
    later, original = ("Account", kind) if first else (kind, "Account")
    trail = house.query("SELECT COUNT() FROM SetupAuditTrail")["totalSize"]
    refused = name not in FREE
    graph = house.ask("POST", "/composite/graph", {"graphs": [{"graphId": "1", "compositeRequest": requests}]})
    answer = graph.body["graphs"][0]
    assert answer["isSuccessful"] is not refused
    if refused:
        body = house.ask("POST", "/composite", {"allOrNone": True, "compositeRequest": requests}).body
        for responses in (body["compositeResponse"], answer["graphResponse"]["compositeResponse"]):
            assert responses[0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
            assert (responses[1]["httpStatusCode"], responses[1]["body"]) == (400, [mixed(later, original)])
        assert house.rows("SELECT Id FROM Account WHERE Name = 'Mixed'") == []
        assert house.query("SELECT COUNT() FROM SetupAuditTrail")["totalSize"] == trail


def mixed(later: str, original: str) -> dict[str, object]:
    """The refusal in the words that the Apex guide's readers know."""
    sentence = (
        "DML operation on setup object is not permitted after you have updated a non-setup object (or vice versa): "
        f"{later}, original object: {original}"
    )
    return {"message": sentence, "errorCode": "MIXED_DML_OPERATION", "fields": []}


def test_each_request_is_a_transaction_of_its_own_unless_all_or_none(house: House) -> None:
    """Neither a plain composite request nor a batch mixes anything; nor do the graphs of one request."""
    group = {"method": "POST", "url": f"{BASE}/sobjects/UserRole", "body": {"Name": "Apart"}}
    parts = [ACCOUNT | {"referenceId": "a"}, group | {"referenceId": "s"}]
    plain = house.ask("POST", "/composite", {"compositeRequest": parts}).body["compositeResponse"]
    assert [part["httpStatusCode"] for part in plain] == [201, 201]
    inside = [{"method": "POST", "url": part["url"], "richInput": part["body"]} for part in (ACCOUNT, group)]
    assert not house.ask("POST", "/composite/batch", {"batchRequests": inside}).body["hasErrors"]
    graphs = [{"graphId": part["referenceId"], "compositeRequest": [part]} for part in parts]
    answers = house.ask("POST", "/composite/graph", {"graphs": graphs}).body["graphs"]
    assert [answer["isSuccessful"] for answer in answers] == [True, True]


def test_setup_objects_mix_with_each_other(house: House) -> None:
    found = setup_requests(house)
    requests = []
    for at, kind in enumerate(["PermissionSet", "PermissionSetAssignment", "GroupMember"]):
        requests.append(found[kind] | {"url": f"{BASE}/sobjects/{kind}", "referenceId": str(at)})
    body = house.ask("POST", "/composite", {"allOrNone": True, "compositeRequest": requests}).body
    assert [part["httpStatusCode"] for part in body["compositeResponse"]] == [201, 201, 201]


def test_a_collection_inside_counts_too(house: House) -> None:
    role = {"attributes": {"type": "UserRole"}, "Name": "Inside"}
    collection = {
        "method": "POST",
        "url": f"{BASE}/composite/sobjects",
        "referenceId": "c",
        "body": {"records": [role]},
    }
    requests = [ACCOUNT | {"referenceId": "a"}, collection]
    body = house.ask("POST", "/composite", {"allOrNone": True, "compositeRequest": requests}).body
    (result,) = body["compositeResponse"][1]["body"]
    assert result["errors"][0]["statusCode"] == "MIXED_DML_OPERATION"


@pytest.mark.parametrize(("method", "pair"), [("POST", "records"), ("PATCH", "records"), ("DELETE", "records"),
                                              ("POST", "setup"), ("PATCH", "setup"), ("DELETE", "setup")])  # fmt: skip
def test_a_collection_holds_one_kind_of_object_where_one_is_of_setup(house: House, method: str, pair: str) -> None:
    """Creating, changing and deleting alike, and two Setup objects as well (REST guide, sObject Collections)."""
    role = house.create("UserRole", Name="Apart")
    other = house.create("Account", Name="Apart") if pair == "records" else house.create("Group", Name="Apart")
    kind = "Account" if pair == "records" else "Group"
    if method == "DELETE":
        answer = house.ask("DELETE", f"/composite/sobjects?ids={other},{role}")
    else:
        records = [{"attributes": {"type": name}, "Name": "Renamed"} for name in (kind, "UserRole")]
        if method == "PATCH":
            records = [one | {"Id": key} for one, key in zip(records, (other, role), strict=True)]
        answer = house.ask(method, "/composite/sobjects", {"records": records})
    assert answer.status == 400
    assert answer.body == [mixed("UserRole", kind)]
    assert len(house.rows("SELECT Id FROM UserRole WHERE Name = 'Apart'")) == 1
    assert len(house.rows(f"SELECT Id FROM {kind} WHERE Name = 'Apart'")) == 1


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
