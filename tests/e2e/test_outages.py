"""What cannot be read is held; everything else goes on."""

import pytest

from tests.e2e.company import Company, Stopped

MARIA = "maria.k@acme-support.example"


def test_a_vault_that_is_not_there_holds_the_vault_only(company: Company) -> None:
    """No OpenBao: no vault change is planned, the CRM's part is still done, and the run ends with 4."""
    nowhere = {"GUESTLIST_VAULT_URL": "https://127.0.0.1:9"}
    made = company.assign(MARIA, "Vendor_Case_Export")
    planned = company.guestlist("plan", "--format", "json", variables=nowhere)
    assert planned.code == 4
    assert {change["target"] for change in planned.json["changes"]} == {"crm"}
    assert [(hold["target"], hold["reason"]["code"]) for hold in planned.json["held"]] == [("vault", "unreadable")]
    assert company.apply(variables=nowhere).code == 4
    assert not company.exists("PermissionSetAssignment", made)
    assert company.guestlist("plan").code == 0


@pytest.mark.slow
def test_a_vault_that_stands_still_is_given_up(company: Company) -> None:
    """Connections that are made and never answered: the run ends within its time limit, and says so with 4."""
    with Stopped(company.facts["vault"]["pid"]):
        assert company.guestlist("plan").code == 4
    assert company.guestlist("plan").code == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"path": "PermissionSetAssignment", "errorCode": "SERVER_UNAVAILABLE", "times": -1},
        {"path": "FROM User ", "errorCode": "INSUFFICIENT_ACCESS", "times": -1},
        {"path": "PermissionSetAssignment", "halfPage": True, "times": -1},
        {"path": "/composite/batch", "cut": True, "times": -1},
    ],
    ids=["assignments", "users", "half a page", "cut"],
)
def test_a_half_read_org_loses_nothing(company: Company, fault: dict[str, object]) -> None:
    """A query that fails half-way: nothing is revoked in that target, the run says so and ends with 4."""
    made = company.assign(MARIA, "Vendor_Case_Export")
    company.crm.post("/__sandbox__/faults", json=fault).raise_for_status()
    try:
        ended = company.apply()
        assert ended.code == 4, ended.stdout + ended.stderr
        assert ended.json["plan"]["changes"] == []
        assert {hold["target"] for hold in ended.json["plan"]["held"]} == {"crm"}
    finally:
        company.crm.delete("/__sandbox__/faults").raise_for_status()
    assert company.exists("PermissionSetAssignment", made)
    assert company.apply().code == 0
    assert not company.exists("PermissionSetAssignment", made)


def test_a_clock_apart_holds_its_target(company: Company) -> None:
    """A target whose clock is more than two minutes from ours is held: whose end would count?"""
    now = company.crm.get("/__sandbox__/clock").json()["now"]
    company.crm.post("/__sandbox__/clock", json={"now": f"{now[:11]}{(int(now[11:13]) + 1) % 24:02d}{now[13:]}"})
    try:
        planned = company.guestlist("plan", "--format", "json")
        assert planned.code == 4
        assert [(hold["target"], hold["reason"]["code"]) for hold in planned.json["held"]] == [("crm", "clock-skew")]
    finally:
        company.crm.delete("/__sandbox__/clock").raise_for_status()


def test_a_certificate_file_that_is_not_there_holds_its_target_only(company: Company) -> None:
    """One broken target stays one: the other is planned."""
    planned = company.guestlist("plan", "--format", "json", variables={"GUESTLIST_CRM_CA_FILE": "/nowhere.pem"})
    assert planned.code == 4
    assert [(hold["target"], hold["reason"]["code"]) for hold in planned.json["held"]] == [("crm", "unreadable")]
    assert {target["name"]: target["complete"] for target in planned.json["targets"]} == {"crm": False, "vault": True}
