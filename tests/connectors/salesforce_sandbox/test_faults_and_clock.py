"""What only a sandbox has: faults at the n-th call, and a clock that can be moved."""

from email.utils import parsedate_to_datetime

import httpx
import pytest

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
