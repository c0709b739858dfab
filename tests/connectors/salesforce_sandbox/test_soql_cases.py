"""Every construct of SOQL that entitlement clients use: statements with what they answer, each with its origin."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from connectors.salesforce.sandbox.seeds import Seed

from .house import House, _bare, open_house

CREATED = {
    "Acme GmbH": "2026-06-15T08:00:00.000Z",
    "Borealis": "2026-06-14T23:59:59.000Z",
    "Cactus Inc": "2026-05-31T12:00:00.000Z",
    "Delta_One": "2025-12-31T23:00:00.000Z",
    "Estrella": "2026-06-08T00:00:00.000Z",
}
SEED = {
    "permissionSets": [{"name": "Reader", "label": "Reader", "objects": {"Case": "R"}}],
    "users": [
        {
            "username": "worker@example.com",
            "lastName": "Worker",
            "profile": "Standard User",
            "permissionSets": ["Reader"],
        }
    ],
    "groups": [
        {"name": "Care", "label": "Care", "type": "Queue", "objects": ["Case"], "members": ["worker@example.com"]}
    ],
}


@dataclass(frozen=True)
class Case:
    origin: str
    soql: str
    expected: str


def cases() -> Iterator[Case]:
    origin, soql = "", ""
    for line in Path(__file__).with_name("cases.soql").read_text("utf-8").splitlines():
        if line.startswith("## "):
            origin = line.removeprefix("## ")
        elif line.startswith(("=>", "!!", "#")) and soql:
            yield Case(origin, soql, line)
            soql = ""
        elif line and not line.startswith("#"):
            soql = line


@pytest.fixture(scope="module")
def org() -> House:
    house = open_house(Seed.model_validate(SEED))
    house.org.clock.set(datetime(2026, 6, 15, 12, tzinfo=UTC))
    account = house.create
    acme = account(
        "Account",
        Name="Acme GmbH",
        Industry="Energy",
        Rating="Hot",
        NumberOfEmployees=10,
        AnnualRevenue=100.5,
        Regions__c="EMEA;AMER",
    )
    boreal = account(
        "Account",
        Name="Borealis",
        Industry="Technology",
        Rating="Warm",
        NumberOfEmployees=250,
        Regions__c="EMEA",
        Website="100% wind",
    )
    cactus = account("Account", Name="Cactus Inc", Regions__c="AMER")
    account("Account", Name="Delta_One", Industry="Retail", Rating="Cold", NumberOfEmployees=5000)
    account("Account", Name="Estrella", Industry="Energy", Rating="Hot", NumberOfEmployees=40, Regions__c="EMEA;APAC")
    house.ask("DELETE", f"/sobjects/Account/{account('Account', Name='Gone Ltd')}")
    account("Contact", FirstName="Anna", LastName="Arndt", AccountId=acme, Birthdate="1990-01-02")
    account("Contact", FirstName="Bo", LastName="Berg", AccountId=boreal, Birthdate="1995-05-05", DoNotCall=True)
    account("Contact", FirstName="Carl", LastName="Cox", AccountId=cactus)
    account("Contact", FirstName="Dee", LastName="Dahl")
    queue = house.one("SELECT Id FROM Group WHERE DeveloperName = 'Care'")
    account("Case", Subject="One", AccountId=acme, OwnerId=queue)
    account("Case", Subject="Two", AccountId=acme, Status="Working")
    account("Case", Subject="Zero", AccountId=boreal, Status="Closed")
    for name, instant in CREATED.items():
        house.org.store.execute("UPDATE Account SET CreatedDate = ? WHERE Name = ?", [instant, name])
    return house


@pytest.mark.parametrize("case", tuple(cases()), ids=lambda case: case.soql[:60])
def test_statement(org: House, case: Case) -> None:
    answer = org.ask("GET", f"/query?q={quote(case.soql)}")
    if case.expected.startswith("!!"):
        code, _, part = case.expected.removeprefix("!! ").partition(": ")
        assert answer.status == 400, answer.body
        assert answer.body[0]["errorCode"] == code, answer.body
        assert part.replace("\\n", "\n") in answer.body[0]["message"]
        return
    assert answer.status == 200, answer.body
    if case.expected.startswith("#"):
        assert answer.body["totalSize"] == int(case.expected.removeprefix("#"))
        return
    rows = [str(next(iter(_bare(record).values()))) for record in answer.body["records"]]
    expected = case.expected.removeprefix("=>").strip()
    assert rows == (expected.split("; ") if expected else [])


def test_there_are_enough_cases_and_half_are_not_ours() -> None:
    """At least 150 statements, half of them from recorded answers or a page of the vendor's reference that is named."""
    all_cases = list(cases())
    assert len(all_cases) >= 150
    assert len({case.soql for case in all_cases}) == len(all_cases)
    foreign = [case for case in all_cases if re.match(r"SOQL Reference: .* \[\w+\??\]$|recorded: ", case.origin)]
    assert len(foreign) * 2 >= len(all_cases)
    others = {case.origin.partition(":")[0] for case in all_cases if case not in foreign}
    assert others == {"clients", "quoted", "ours"}


def test_pages_count_the_children_of_children(org: House) -> None:
    """Rows below rows below records count as well, and fewer levels are known before v58."""
    soql = "SELECT Id, (SELECT Id, (SELECT Id FROM Cases) FROM Contacts) FROM Account"
    answer = org.ask("GET", f"/services/data/v57.0/query?q={quote(soql)}")
    assert answer.body[0]["errorCode"] == "MALFORMED_QUERY"
    house = open_house(Seed.model_validate(SEED))
    account = house.create("Account", Name="Wide")
    contact = house.create("Contact", LastName="Busy", AccountId=account)
    house.org.add_all("Case", [{"ContactId": contact, "AccountId": account} for _ in range(1999)])
    second = house.create("Account", Name="Next")
    page = house.query(soql)
    assert (len(page["records"]), page["done"]) == (1, False)
    assert [row["Id"] for row in house.ask("GET", page["nextRecordsUrl"]).body["records"]] == [second]
