"""What queries and describe answer over HTTPS, where an org that answered otherwise would mislead its clients."""

import asyncio
import sqlite3
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.salesforce.sandbox.errors import OrgError
from connectors.salesforce.sandbox.http.app import build
from connectors.salesforce.sandbox.process import Started
from connectors.salesforce.sandbox.soql.runner import within_reach

from .house import House, open_house, trust

DATA = "/services/data/v60.0"


def rows(client: httpx.Client, soql: str, resource: str = "query") -> list[dict[str, object]]:
    answer = client.get(f"{DATA}/{resource}", params={"q": soql})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["records"])


def refusal(client: httpx.Client, soql: str) -> tuple[int, str]:
    answer = client.get(f"{DATA}/query", params={"q": soql})
    return answer.status_code, answer.json()[0]["errorCode"]


@pytest.fixture
def rest(big: Started) -> Iterator[httpx.Client]:
    """The administrator of an org of more than 10,000 users."""
    headers = {"Authorization": f"Bearer {big.access_token}"}
    with httpx.Client(base_url=big.instance_url, verify=trust(big), headers=headers, timeout=60) as client:
        yield client


def test_deleted_rows_of_every_object_are_read_without_a_condition(wire: httpx.Client, house: House) -> None:
    """`queryAll`, `ALL ROWS` and bulk, asked by who sees everything: then there is no condition at all."""
    kinds = [kind.name for kind in house.org.schema.objects.values() if not kind.virtual]
    for worked_out in ("UserRecordAccess", "UserPermissionAccess"):
        kinds.remove(worked_out)
    for kind in kinds:
        assert len(rows(wire, f"SELECT Id FROM {kind}", "queryAll")) >= len(rows(wire, f"SELECT Id FROM {kind}"))
        assert rows(wire, f"SELECT Id FROM {kind} ALL ROWS") == rows(wire, f"SELECT Id FROM {kind}", "queryAll")
    gone = wire.post(f"{DATA}/sobjects/Account", json={"Name": "Gone"}).json()["id"]
    assert wire.delete(f"{DATA}/sobjects/Account/{gone}").status_code == 204
    assert gone in {row["Id"] for row in rows(wire, "SELECT Id FROM Account", "queryAll")}
    asked = {"operation": "queryAll", "query": "SELECT Id FROM Account"}
    job = wire.post(f"{DATA}/jobs/query", json=asked).json()["id"]
    assert gone in wire.get(f"{DATA}/jobs/query/{job}/results").text


@pytest.mark.parametrize("sign", ["parser stack overflow", "Expression tree is too large (maximum depth 1000)"])
def test_only_what_is_too_much_is_too_complicated(sign: str) -> None:

    with pytest.raises(OrgError, match="too complicated"), within_reach():
        raise sqlite3.OperationalError(sign)
    with pytest.raises(sqlite3.OperationalError), within_reach():
        raise sqlite3.OperationalError("no such column: t.Nonsense")


def test_a_fault_of_the_org_itself_is_said_loudly(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken SQL is no refusal that a client could take for an answer."""
    monkeypatch.setattr("connectors.salesforce.sandbox.soql.grouping.Groups.tables", " JOIN nothing")
    with pytest.raises(sqlite3.OperationalError):
        house.ask("GET", "/query?q=SELECT+Id+FROM+User")
    token = house.site.sessions.open(
        house.org.admin_id, session_type="API", login_type="Application", application="Test"
    )

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(build(house.site))
        async with httpx.AsyncClient(transport=transport, base_url="https://localhost") as client:
            headers = {"Authorization": f"Bearer {token}"}
            return await client.get(f"{DATA}/query?q=SELECT+Id+FROM+User", headers=headers)

    answer = asyncio.run(asked())
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (500, "UNKNOWN_EXCEPTION")


PATHS = st.sampled_from(
    ["Id", "Name", "Owner.Name", "Industry", "AnnualRevenue", "IsDeleted", "CreatedDate", "Description", "Regions__c"]
)
CALLS = st.sampled_from(
    ["COUNT", "SUM", "MAX", "AVG", "CALENDAR_YEAR", "DAY_ONLY", "toLabel", "FORMAT", "GROUPING", "FIELDS", "nonsense"]
)
OPERANDS = PATHS | st.builds("{}({})".format, CALLS, PATHS) | st.just("COUNT()")
LISTS = st.lists(OPERANDS, min_size=1, max_size=3).map(", ".join)
CONDITIONS = st.builds(
    "{} {} {}".format,
    OPERANDS,
    st.sampled_from(["=", "!=", "<", ">=", "LIKE", "IN", "INCLUDES"]),
    st.sampled_from(["'x'", "1", "null", "true", "TODAY", "('x', null)", "(SELECT AccountId FROM Contact)", "-1.5"]),
)


@st.composite
def statements(draw: st.DrawFn) -> str:
    parts = [f"SELECT {draw(LISTS)} FROM Account"]
    parts += [draw(st.sampled_from(["", "USING SCOPE mine", "USING SCOPE everything"]))]
    for word, clause in (("WHERE", CONDITIONS), ("GROUP BY", LISTS), ("HAVING", CONDITIONS), ("ORDER BY", LISTS)):
        if draw(st.booleans()):
            written = draw(clause)
            rolled = word == "GROUP BY" and draw(st.booleans())
            parts.append(f"{word} {f'ROLLUP({written})' if rolled else written}")
    parts += [draw(st.sampled_from(["", "LIMIT 5", "LIMIT 99999999999999999999", "LIMIT 2 OFFSET 1"]))]
    return " ".join([*parts, draw(st.sampled_from(["", "ALL ROWS"]))])


@pytest.fixture(scope="module")
def some() -> House:
    return open_house("demo")


@given(soql=statements(), resource=st.sampled_from(["query", "queryAll"]))
@settings(max_examples=300, deadline=None)
def test_every_statement_is_answered_or_refused(some: House, soql: str, resource: str) -> None:
    """Whatever is asked, the engine underneath never fails: that would come out here as its own exception."""
    answer = some.ask("GET", f"/{resource}?q={quote(soql)}")
    assert answer.status in {200, 400}
    assert answer.status == 200 or answer.body[0]["errorCode"] != "QUERY_TOO_COMPLICATED"


def test_the_audit_trail_is_counted_and_not_grouped(wire: httpx.Client) -> None:
    """Object reference, SetupAuditTrail: count() works, count(Id) fails; the properties of its fields."""
    assert wire.get(f"{DATA}/query", params={"q": "SELECT count() FROM SetupAuditTrail"}).json()["totalSize"] >= 0
    for asked in ("count(Id)", "MAX(CreatedDate)", "Action, COUNT(Id)"):
        soql = f"SELECT {asked} FROM SetupAuditTrail" + (" GROUP BY Action" if "," in asked else "")
        assert refusal(wire, soql) == (400, "MALFORMED_QUERY")
    assert refusal(wire, "SELECT Action FROM SetupAuditTrail GROUP BY Action") == (400, "MALFORMED_QUERY")
    for name in ("Display", "Section"):
        assert refusal(wire, f"SELECT Id FROM SetupAuditTrail WHERE {name} = 'x'") == (400, "INVALID_FIELD")
        rows(wire, f"SELECT Id FROM SetupAuditTrail ORDER BY {name} LIMIT 1")
    rows(wire, "SELECT Id FROM SetupAuditTrail WHERE Action = 'PermSetAssign' ORDER BY Action LIMIT 1")
    described = wire.get(f"{DATA}/sobjects/SetupAuditTrail/describe").json()["fields"]
    properties = {
        field["name"]: [field[name] for name in ("filterable", "groupable", "sortable")] for field in described
    }
    assert properties["Display"] == properties["Section"] == [False, False, True]
    assert properties["Action"] == [True, False, True]


def test_describe_and_queries_agree(wire: httpx.Client) -> None:
    """What describe calls filterable, sortable and groupable is just that."""
    for kind in ("Account", "User", "Case"):
        for field in wire.get(f"{DATA}/sobjects/{kind}/describe").json()["fields"]:
            name = field["name"]
            ends = {
                "filterable": f"WHERE {name} = null",
                "sortable": f"ORDER BY {name} LIMIT 1",
                "groupable": f"GROUP BY {name}",
            }
            for able, clause in ends.items():
                selected = name if able == "groupable" else "Id"
                status = wire.get(f"{DATA}/query", params={"q": f"SELECT {selected} FROM {kind} {clause}"}).status_code
                assert (status == 200) is field[able], (kind, name, able)


def test_children_that_do_not_fit_go_on_at_an_address_of_their_own(rest: httpx.Client) -> None:
    """More children than a page holds: cut, with their own `done` and `nextRecordsUrl`."""
    below = "(SELECT Id, Username FROM Users ORDER BY Username)"
    total = rest.get(f"{DATA}/query", params={"q": "SELECT Id FROM User WHERE Profile.Name = 'Standard User'"}).json()
    assert total["totalSize"] > 2 * 2000
    (profile,) = rows(rest, f"SELECT Name, {below} FROM Profile WHERE Name = 'Standard User'")
    part = profile["Users"]
    assert isinstance(part, dict)
    found = list(part["records"])
    assert (len(found), part["done"], part["totalSize"]) == (2000, False, total["totalSize"])
    while not part["done"]:
        part = rest.get(part["nextRecordsUrl"]).json()
        assert part["totalSize"] == total["totalSize"]
        found += part["records"]
    expected = "SELECT Id FROM User WHERE Profile.Name = 'Standard User' ORDER BY Username LIMIT 5"
    assert [row["Id"] for row in found[:5]] == [row["Id"] for row in rows(rest, expected)]
    assert len({row["Id"] for row in found}) == len(found) == total["totalSize"]
    assert found[0]["attributes"]["type"] == "User"
    (few,) = rows(rest, "SELECT (SELECT Id FROM Users LIMIT 2000) FROM Profile WHERE Name = 'Standard User'")
    assert isinstance(few["Users"], dict)
    assert few["Users"]["done"] is True


def test_typeof_names_the_object(wire: httpx.Client) -> None:
    """A record reached by TYPEOF is of its own type; reached without, of type Name."""
    soql = "SELECT TYPEOF Owner WHEN User THEN Username WHEN Group THEN DeveloperName END FROM Case"
    kinds = set()
    for row in rows(wire, soql):
        owner = row["Owner"]
        assert isinstance(owner, dict)
        assert f"/sobjects/{owner['attributes']['type']}/" in owner["attributes"]["url"]
        kinds.add((owner["attributes"]["type"], *sorted(set(owner) - {"attributes"})))
    assert kinds == {("User", "Username"), ("Group", "DeveloperName")}
    assert {row["Owner"]["attributes"]["type"] for row in rows(wire, "SELECT Owner.Name FROM Case")} == {"Name"}  # type: ignore[index] # a record


def test_describe_tells_what_the_asker_may_write(house: House) -> None:
    """Object and field permissions of the session, not of the org."""
    maria = house.as_user("maria.k")
    case = maria.ask("GET", "/sobjects/Case/describe").body
    assert (case["createable"], case["updateable"], case["deletable"]) == (False, True, False)
    fields = {field["name"]: (field["createable"], field["updateable"]) for field in case["fields"]}
    assert fields["Status"] == (False, True)
    assert fields["Subject"] == (False, False)
    user = maria.ask("GET", "/sobjects/User/describe").body
    assert (user["createable"], user["updateable"]) == (False, False)
    assert not any(field["createable"] or field["updateable"] for field in user["fields"])
    listed = {one["name"]: one for one in maria.ask("GET", "/sobjects").body["sobjects"]}
    assert (listed["Case"]["createable"], listed["Case"]["updateable"]) == (False, True)
    own = house.as_user("guestlist@").ask("GET", "/sobjects/PermissionSetAssignment/describe").body
    assert (own["createable"], own["updateable"], own["deletable"]) == (True, True, True)
    assert maria.ask("GET", "/sobjects/AuthSession/describe").body["deletable"] is True
