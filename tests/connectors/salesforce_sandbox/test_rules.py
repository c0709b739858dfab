"""Every rule on what may be created, changed and deleted, and every error, by one request each."""

import httpx
import pytest

from .house import House, open_house
from .rule_cases import CALLS, CASES, NAMES, Case

UNSUPPORTED = "INVALID_TYPE_FOR_OPERATION"
METHODS = {"C": "POST", "U": "PATCH", "D": "DELETE"}


@pytest.fixture(scope="module")
def org() -> House:
    """A demo org with what the demo lacks: a portal user, a robot, licences that run out, muting, shares."""
    house = open_house("demo")
    store, schema = house.org.store, house.org.schema
    found = {name: house.one(f"SELECT Id FROM PermissionSetLicense WHERE DeveloperName = '{name}'")
             for name in ("SalesConsoleUser", "IdentityConnect")}  # fmt: skip
    identity = house.one("SELECT Id FROM UserLicense WHERE Name = 'Identity'")
    for name, licence in (("Console", found["SalesConsoleUser"]), ("Scarce", found["IdentityConnect"]),
                          ("For_Identity", identity), ("Spare", None)):  # fmt: skip
        house.create("PermissionSet", Name=name, Label=name, LicenseId=licence)
    maria = house.user("maria")
    house.create("PermissionSetLicenseAssign", AssigneeId=maria, PermissionSetLicenseId=found["SalesConsoleUser"])
    store.update(schema["PermissionSetLicense"], found["IdentityConnect"], {"TotalLicenses": 0})
    for name in ("Mute", "Second"):
        house.create("MutingPermissionSet", DeveloperName=name, MasterLabel=name)
    bundle = house.one(NAMES["bundle"])
    house.create("PermissionSetGroupComponent", PermissionSetGroupId=bundle, PermissionSetId=house.one(NAMES["mute"]))
    hers = house.one("SELECT Id FROM Case WHERE Subject = 'Appointment reminders sent twice'")
    house.create("CaseComment", ParentId=hers, CommentBody="Ours")
    case = house.one(NAMES["case"])
    house.create("CaseShare", CaseId=case, UserOrGroupId=house.user("jonas"), CaseAccessLevel="Read")
    full = house.org.add("UserLicense", Name="Full", MasterLabel="Full", LicenseDefinitionKey="FULL", TotalLicenses=0)
    house.org.add("Profile", Name="Full", UserLicenseId=full, UserType="Standard")
    robots = house.one("SELECT Id FROM UserLicense WHERE Name = 'Salesforce Integration'")
    profile = house.org.add("Profile", Name="Robots", UserLicenseId=robots, UserType="Standard")
    account = house.one(NAMES["account"])
    insider = house.create("Contact", LastName="Insider", AccountId=account)
    house.create("Contact", LastName="Another", AccountId=account)
    partners = house.one(NAMES["partners"])
    house.create("User", **person("robot@example.com", ProfileId=profile))
    house.create("User", **person("portal@partner.example", ProfileId=partners, ContactId=insider))
    return house


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.ask} {list(case.body or ())} {case.answer}")
def test_rule(org: House, case: Case) -> None:
    """The answer that its source gives; what a request changes is undone."""
    org.org.store.execute("SAVEPOINT before")
    try:
        assert asked(org, case) == case.answer
    finally:
        org.org.store.execute("ROLLBACK TO before")
        org.org.store.execute("RELEASE before")


def test_every_object_is_in_the_table(org: House) -> None:
    assert set(CALLS) == {kind.name for kind in org.org.schema.objects.values() if not kind.virtual}


@pytest.mark.parametrize(("kind", "call"), [(kind, call) for kind in CALLS for call in METHODS])
def test_calls_that_the_object_reference_lists_and_no_others(org: House, kind: str, call: str) -> None:
    """An object takes the calls that the object reference lists for it; describe says the same."""
    supported = call in CALLS[kind]
    prefix = org.org.schema[kind].prefix
    path = f"/sobjects/{kind}" + ("" if call == "C" else f"/{org.org.ids.new(prefix)}")
    answer = org.ask(METHODS[call], path, None if call == "D" else {"Nonsense__c": 1})
    assert (answer.body[0]["errorCode"] != UNSUPPORTED) == supported
    described = org.ask("GET", f"/sobjects/{kind}/describe").body
    assert described[{"C": "createable", "U": "updateable", "D": "deletable"}[call]] is supported


@pytest.mark.parametrize(
    ("source", "code", "status"),
    [
        ("REST guide: 403", "REQUEST_LIMIT_EXCEEDED", 403),
        ("Facts: two statuses seen", "UNABLE_TO_LOCK_ROW", 400),
        ("REST guide: 503", "SERVER_UNAVAILABLE", 503),
    ],
)
def test_errors_that_come_by_themselves(wire: httpx.Client, source: str, code: str, status: int) -> None:
    """What no request can bring about is there as a fault, with the status that its source gives."""
    del source
    wire.post("/__sandbox__/faults", json={"path": "/limits", "errorCode": code})
    answer = wire.get("/services/data/v60.0/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_errors_of_reading(wire: httpx.Client) -> None:
    """Carets, statuses and codes of the published answers, over the wire."""
    data = "/services/data/v60.0"
    missing = wire.get(f"{data}/query", params={"q": "select count() from XYZZY"})
    assert missing.status_code == 400
    assert missing.json()[0]["errorCode"] == "INVALID_TYPE"
    place = "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\nsObject type 'XYZZY' is not"
    assert missing.json()[0]["message"].startswith(place)
    column = wire.get(f"{data}/query", params={"q": "SELECT Id, Nonsense FROM Case"}).json()[0]
    assert column["errorCode"] == "INVALID_FIELD"
    assert "ERROR at Row:1:Column:12\nNo such column 'Nonsense' on entity 'Case'." in column["message"]
    locator = wire.get(f"{data}/query/01gNONSENSE-2000")
    assert (locator.status_code, locator.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")
    absent = wire.get(f"{data}/nonsense")
    assert (absent.status_code, absent.json()[0]) == (
        404,
        {"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"},
    )
    nobody = wire.get(f"{data}/limits", headers={"Authorization": "Bearer 00D!nobody"})
    assert (nobody.status_code, nobody.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_a_record_is_deleted_once(org: House) -> None:
    """The second time it is gone: 404, `fields` empty, as a published answer has it."""
    made = org.create("Contact", LastName="Gone")
    assert org.ask("DELETE", f"/sobjects/Contact/{made}").status == 204
    answer = org.ask("DELETE", f"/sobjects/Contact/{made}")
    assert answer.status == 404
    assert answer.body == [{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}]


def test_setup_does_not_travel_with_records(org: House) -> None:
    records = [
        {"attributes": {"type": "Contact"}, "LastName": "One"},
        {"attributes": {"type": "Group"}, "Name": "Two"},
    ]
    answer = org.ask("POST", "/composite/sobjects", {"records": records})
    assert "MIXED_DML_OPERATION" in str(answer.body)
    assert org.rows("SELECT Id FROM Contact WHERE LastName = 'One'") == []


def person(username: str, **more: object) -> dict[str, object]:
    values = {"Username": username, "LastName": username.split("@", maxsplit=1)[0], "Email": username, "Alias": "x"}
    keys = {"TimeZoneSidKey": "UTC", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US"}
    return {**values, **keys, **more}


def asked(org: House, case: Case) -> str:
    """The request of a case: status, and the code of a refusal."""
    words = case.ask.split()
    house = org
    if words[0] == "as":
        house, words = org.as_user(words[1]), words[2:]
    method, kind, *rest = words
    path = "/".join(["/sobjects", kind, *(str(resolved(org, word)) for word in rest)])
    body = None if case.body is None else {name: resolved(org, value) for name, value in case.body.items()}
    answer = house.ask(method, path, body)
    return str(answer.status) if answer.status < 400 else f"{answer.status} {answer.body[0]['errorCode']}"


def resolved(org: House, value: object) -> object:
    """A value of the table, `$name` replaced by the id that it stands for."""
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    more = {
        "full": "SELECT Id FROM Profile WHERE Name = 'Full'",
        "another": "SELECT Id FROM Contact WHERE LastName = 'Another'",
    }
    soql = (NAMES | more)[value[1:]]
    for name in ("tom", "admin"):
        if f"${name}" in soql:
            soql = soql.replace(f"${name}", org.one(NAMES[name]))
    return org.one(soql)
