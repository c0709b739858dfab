"""What only a sandbox has: faults at the n-th call, and a clock that can be moved."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import psutil
import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceError

from connectors.salesforce.sandbox.process import Started

from .house import trust

DATA = "/services/data/v60.0"
USERS = {"q": "SELECT Id FROM User"}


def set_fault(wire: httpx.Client, **fault: object) -> None:
    assert wire.post("/__sandbox__/faults", json=fault).status_code == 200


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("INVALID_SESSION_ID", 401),
        ("REQUEST_LIMIT_EXCEEDED", 403),
        ("UNABLE_TO_LOCK_ROW", 400),
        ("SERVER_UNAVAILABLE", 503),
        ("NOT_FOUND", 404),
    ],
)
def test_an_error_comes_with_its_own_status(wire: httpx.Client, code: str, status: int) -> None:
    set_fault(wire, path="FROM User", errorCode=code)
    answer = wire.get(f"{DATA}/query", params=USERS)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)
    assert wire.get(f"{DATA}/query", params=USERS).status_code == 200


def test_a_fault_waits_and_counts(wire: httpx.Client) -> None:
    set_fault(wire, path="*/query?*", errorCode="SERVER_UNAVAILABLE", after=1, times=2)
    codes = [wire.get(f"{DATA}/query", params=USERS).status_code for _ in range(4)]
    assert codes == [200, 503, 503, 200]


def test_a_cut_answer_breaks_off_in_the_middle(wire: httpx.Client) -> None:
    set_fault(wire, path="/query", cut=True)
    with pytest.raises(httpx.RemoteProtocolError):
        wire.get(f"{DATA}/query", params=USERS)
    assert wire.get(f"{DATA}/query", params=USERS).status_code == 200


def test_half_a_page_says_that_more_is_to_come_and_refuses_it(wire: httpx.Client) -> None:
    total = wire.get(f"{DATA}/query", params=USERS).json()["totalSize"]
    set_fault(wire, path="/query", halfPage=True)
    page = wire.get(f"{DATA}/query", params=USERS).json()
    assert not page["done"]
    assert len(page["records"]) == total // 2
    refusal = wire.get(page["nextRecordsUrl"])
    assert (refusal.status_code, refusal.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_faults_reach_requests_inside_a_batch(wire: httpx.Client) -> None:
    set_fault(wire, path="FROM Profile", errorCode="UNABLE_TO_LOCK_ROW")
    requests = [
        {"method": "GET", "url": f"v60.0/query?q=SELECT+Id+FROM+{name}"} for name in ("User", "Profile", "Group")
    ]
    answer = wire.post(f"{DATA}/composite/batch", json={"batchRequests": requests}).json()
    assert answer["hasErrors"]
    assert [result["statusCode"] for result in answer["results"]] == [200, 400, 200]
    assert answer["results"][1]["result"][0]["errorCode"] == "UNABLE_TO_LOCK_ROW"


def test_a_fault_without_sense_is_refused_with_a_sentence(wire: httpx.Client) -> None:
    answer = wire.post("/__sandbox__/faults", json={"path": "/query"})
    assert answer.status_code == 400
    assert "errorCode" in answer.json()["error"]


@pytest.fixture
def simple(served: Started, monkeypatch: pytest.MonkeyPatch) -> Salesforce:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", served.ca_file)
    return Salesforce(instance_url=served.instance_url, session_id=served.access_token)


def seen_by(client: Callable[[], object]) -> str:
    """What a stranger's client makes of one call."""
    try:
        client()
    except SalesforceError as refusal:
        return str(refusal.content[0]["errorCode"])
    except requests.RequestException as failure:
        return type(failure).__name__
    return "fine"


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ({"errorCode": "SERVER_UNAVAILABLE"}, "SERVER_UNAVAILABLE"),
        ({"errorCode": "UNABLE_TO_LOCK_ROW"}, "UNABLE_TO_LOCK_ROW"),
        ({"errorCode": "REQUEST_LIMIT_EXCEEDED"}, "REQUEST_LIMIT_EXCEEDED"),
        ({"cut": True}, "ChunkedEncodingError"),
        ({"halfPage": True}, "INVALID_QUERY_LOCATOR"),
    ],
    ids=["unavailable", "locked", "limit", "cut", "half"],
)
def test_a_strangers_client_meets_the_fault_at_the_nth_call(
    wire: httpx.Client, simple: Salesforce, fault: dict[str, object], seen: str, nth: int
) -> None:
    """The calls before it and after it are as if nothing were."""
    set_fault(wire, path="FROM Profile", after=nth - 1, **fault)
    outcomes = [seen_by(lambda: simple.query_all("SELECT Id FROM Profile")) for _ in range(4)]
    assert outcomes == ["fine"] * (nth - 1) + [seen] + ["fine"] * (4 - nth)


def test_a_write_whose_answer_is_cut_is_done_all_the_same(wire: httpx.Client, simple: Salesforce) -> None:
    """What one cannot see from outside: whether it was done. Here it was; where it was refused, it was not."""
    set_fault(wire, path="/sobjects/Account", cut=True)
    with pytest.raises(requests.RequestException):
        simple.Account.create({"Name": "Cut off"})
    set_fault(wire, path="/sobjects/Account", errorCode="SERVER_UNAVAILABLE")
    with pytest.raises(SalesforceError):
        simple.Account.create({"Name": "Refused"})
    found = simple.query("SELECT Name FROM Account WHERE Name IN ('Cut off', 'Refused')")["records"]
    assert [row["Name"] for row in found] == ["Cut off"]


@pytest.mark.parametrize("nth", [1, 3])
def test_a_slow_answer_comes_at_the_nth_call_and_holds_up_no_other(
    wire: httpx.Client, simple: Salesforce, nth: int
) -> None:
    """Waiting is not working: while one client waits, another is answered. It goes on when the faults are cleared."""
    set_fault(wire, path="FROM Profile", after=nth - 1, latency=3600)
    query = "SELECT Id FROM Profile"
    before = [seen_by(lambda: simple.query_all(query)) for _ in range(nth - 1)]
    assert before == ["fine"] * (nth - 1)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(simple.query_all, query)
        try:
            while not wire.get("/__sandbox__/faults").json()[0]["hits"]:
                assert not slow.done()
            assert wire.get(f"{DATA}/query", params=USERS).status_code == 200
            assert wire.get(f"{DATA}/query", params={"q": query}).status_code == 200
            assert not slow.done()
        finally:
            wire.delete("/__sandbox__/faults")
        assert slow.result()["done"] is True


def test_a_token_can_be_refused_and_opens_nothing(wire: httpx.Client, served: Started) -> None:
    form = {"grant_type": "client_credentials", "client_id": served.client_id, "client_secret": served.client_secret}
    sessions = {"q": "SELECT COUNT() FROM AuthSession"}
    before = wire.get(f"{DATA}/query", params=sessions).json()["totalSize"]
    set_fault(wire, path="/oauth2/token", errorCode="SERVER_UNAVAILABLE")
    assert wire.post("/services/oauth2/token", data=form).status_code == 503
    assert wire.get(f"{DATA}/query", params=sessions).json()["totalSize"] == before


def test_an_assignment_ends_when_the_clock_passes_its_end(wire: httpx.Client, simple: Salesforce) -> None:
    """A client that saw it sees it no more, but among the deleted; what the assignment allowed is gone with it."""
    grace = simple.query("SELECT Id FROM User WHERE Username = 'grace.obi@example.com'")["records"][0]["Id"]
    role = simple.query("SELECT Id FROM PermissionSet WHERE Name = 'Security_Audit'")["records"][0]["Id"]
    token = wire.post("/__sandbox__/login", json={"username": "grace.obi@example.com"}).json()["access_token"]
    hers = {"Authorization": f"Bearer {token}"}
    logs = {"q": "SELECT Id FROM SetupAuditTrail LIMIT 1"}
    wire.post("/__sandbox__/clock", json={"now": "2031-01-01T12:00:00Z"})
    made = simple.PermissionSetAssignment.create(
        {"AssigneeId": grace, "PermissionSetId": role, "ExpirationDate": "2031-01-01T13:00:00Z"}
    )
    one = f"SELECT Id, IsActive FROM PermissionSetAssignment WHERE Id = '{made['id']}'"
    assert simple.query(one)["records"][0]["IsActive"] is True
    assert wire.get(f"{DATA}/query", params=logs, headers=hers).json()["totalSize"] == 1
    wire.post("/__sandbox__/clock", json={"now": "2031-01-01T13:00:01Z"})
    assert simple.query(one)["totalSize"] == 0
    (gone,) = simple.query(one, include_deleted=True)["records"]
    assert gone["IsActive"] is False
    assert wire.get(f"{DATA}/query", params=logs, headers=hers).json()["totalSize"] == 0


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "rebound.example"}],
    ids=["origin", "fetch", "host"],
)
def test_no_web_page_reaches_the_controls(wire: httpx.Client, headers: dict[str, str]) -> None:
    """Not by a form, not by a script, not by a name that was made to lead here; and nothing invites one."""
    for path in ("login", "clock", "faults", "calls", "switches"):
        answer = wire.post(f"/__sandbox__/{path}", json={"username": "admin@example.com"}, headers=headers)
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    asked = wire.options("/__sandbox__/login", headers=headers)
    assert asked.status_code == 405
    assert not [name for name in asked.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("secret", [None, "", "nonsense"])
def test_nobody_reaches_the_controls_without_their_secret(
    served: Started, wire: httpx.Client, secret: str | None
) -> None:
    """Not even an administrator: the secret is made when the org starts, and told to who started it alone."""
    headers = {"Authorization": f"Bearer {served.access_token}"}
    headers |= {} if secret is None else {"Sandbox-Control": secret}
    with httpx.Client(base_url=served.instance_url, verify=trust(served), headers=headers) as other:
        for method in ("GET", "POST", "DELETE"):
            for path in ("login", "clock", "faults", "calls", "switches", "nonsense"):
                answer = other.request(method, f"/__sandbox__/{path}", json={"username": "admin@example.com"})
                assert answer.status_code == 401
                assert "access_token" not in answer.text
    assert wire.get("/__sandbox__/faults").json() == []
    assert served.control_token not in repr(served)


def test_only_this_machine_reaches_the_server(served: Started) -> None:
    listening = [one for one in psutil.Process(served.pid).net_connections() if one.status == psutil.CONN_LISTEN]
    assert {(one.family, one.laddr.ip) for one in listening} == {(socket.AF_INET, "127.0.0.1")}


def test_nothing_outside_the_sandbox_speaks_of_the_controls() -> None:
    """They are the sandbox's: the command and the connector neither serve them nor call them."""
    root = Path(__file__).parents[3]
    sources = [*root.glob("reconciler/**/*.py"), *root.glob("connectors/**/*.py")]
    speaking = {path for path in sources if "__sandbox__" in path.read_text(encoding="utf-8")}
    served = root / "connectors" / "salesforce" / "sandbox" / "http"
    assert speaking == {served / "app.py", served / "control.py"}


def test_switches_and_automation_are_set_by_name(wire: httpx.Client) -> None:
    """What an administrator may have set up differently; what makes no sense is refused, and changes nothing."""
    before = wire.get("/__sandbox__/switches").json()
    assert before["defaultCaseOwner"] == "admin@example.com"
    changed = {"recalculationSeconds": 60, "defaultCaseOwner": "grace.obi@example.com"}
    try:
        assert wire.post("/__sandbox__/switches", json=changed).json() == before | changed
        grace = wire.get(
            f"{DATA}/query", params={"q": "SELECT Id FROM User WHERE Username = 'grace.obi@example.com'"}
        ).json()["records"][0]["Id"]
        leaving = wire.patch(f"{DATA}/sobjects/User/{grace}", json={"IsActive": False})
        assert "default owner of cases" in leaving.json()[0]["message"]
        for wrong in (
            {"defaultCaseOwner": "nobody@example.com"},
            {"assignmentExpiry": "no"},
            {"recalculationSeconds": -1},
            {"x": 1},
        ):
            assert wire.post("/__sandbox__/switches", json=wrong).status_code == 400
        assert wire.get("/__sandbox__/switches").json() == before | changed
    finally:
        wire.post("/__sandbox__/switches", json={name: before[name] for name in changed})


def test_the_clock_moves_and_goes_on(wire: httpx.Client) -> None:
    wire.post("/__sandbox__/clock", json={"now": "2030-05-01T12:00:00Z"})
    shown = parsedate_to_datetime(wire.get("/services/data").headers["Date"])
    assert (shown.year, shown.month, shown.day) == (2030, 5, 1)
    wire.delete("/__sandbox__/clock")
    assert parsedate_to_datetime(wire.get("/services/data").headers["Date"]).year < 2030


def test_calls_are_counted_per_endpoint(wire: httpx.Client) -> None:
    wire.delete("/__sandbox__/calls")
    wire.get(f"{DATA}/query", params=USERS)
    batch = {"batchRequests": [{"method": "GET", "url": "v60.0/limits"}]}
    wire.post(f"{DATA}/composite/batch", json=batch)
    counted = wire.get("/__sandbox__/calls").json()
    assert counted["endpoints"] == {"GET /query": 1, "POST /composite/batch": 1}
    assert counted["inside"] == {"GET /limits": 1}
    assert counted["total"] == 2


def test_nobody_without_a_session_is_answered(wire: httpx.Client) -> None:
    answer = wire.get(f"{DATA}/query", params=USERS, headers={"Authorization": "Bearer 00Dx!made.up"})
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
