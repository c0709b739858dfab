"""Doubt neither grants nor revokes; what is known to be wrong is refused and costs nobody else anything."""

from collections.abc import Iterator

import pytest

from tests.e2e.company import Company

PRIYA, MARIA = "priya.s@northwind-msp.example", "maria.k@acme-support.example"
NORTHWIND = "vendors__northwind_msp"


@pytest.fixture
def northwind(company: Company) -> Iterator[str]:
    """The vendor's file, which stands again afterwards."""
    text = (company.repository / "desired-state" / "vendors" / "northwind-msp.yaml").read_text()
    yield text
    company.commit("As it was", **{NORTHWIND: text})
    assert company.apply().code == 0


def test_a_broken_vendor_file_holds_that_vendor_only(company: Company, northwind: str) -> None:
    """Its bindings, also undeclared ones, stay as they are; another vendor's are put in order; the run ends with 4."""
    company.commit("Break it", **{NORTHWIND: northwind.replace("tier: medium", "tier: no")})
    theirs, ours = company.assign(PRIYA, "Vendor_Case_Export"), company.assign(MARIA, "Vendor_Case_Export")
    ended = company.apply()
    assert ended.code == 4
    assert {change["vendor"] for change in ended.json["plan"]["changes"]} == {"acme-support"}
    held = {(hold["vendor"], hold["reason"]["code"]) for hold in ended.json["plan"]["held"]}
    assert held == {("northwind-msp", "broken-declaration")}
    assert company.exists("PermissionSetAssignment", theirs)
    assert not company.exists("PermissionSetAssignment", ours)


def test_a_hold_never_outlives_what_was_ended(company: Company, northwind: str) -> None:
    """A broken file whose last valid version has ended is no reason to keep anything."""
    ended = northwind.replace("ends: 2027-09-30", "ends: 2026-11-01")
    company.commit("It is over", **{NORTHWIND: ended})
    company.commit("And broken", **{NORTHWIND: ended.replace("tier: medium", "tier: no")})
    plan = company.plan()
    assert plan["changes"]
    assert {change["reason"]["code"] for change in plan["changes"]} == {"contract-ended"}
    assert company.apply().code == 4


def test_a_missing_role_breaks_that_grant_only(company: Company, northwind: str) -> None:
    """Its binding is held, the vendor's other grants go on."""
    company.commit("Misspell", **{NORTHWIND: northwind.replace("role: vendor-care-bundle", "role: vendor-care-bundel")})
    planned = company.guestlist("plan", "--format", "json")
    assert planned.code == 4
    assert planned.json["changes"] == []
    assert {hold["role"] for hold in planned.json["held"]} <= {
        "vendor-care-bundle",
        "vendor-care-bundel",
        "Vendor_Care_Bundle",
    }
    said = company.guestlist("validate")
    assert said.code == 1
    assert "did you mean" in said.stdout
    assert "vendor-care-bundle" in said.stdout


def test_a_missing_sponsor_is_a_changed_sponsor(company: Company, northwind: str) -> None:
    """Nobody vouches any more: the grants lapse."""
    company.commit("Leave", **{NORTHWIND: northwind.replace("name: mina.okafor, since", "name: somebody.else, since")})
    plan = company.plan()
    assert plan["changes"]
    assert {change["reason"]["code"] for change in plan["changes"]} == {"sponsor-changed"}


@pytest.mark.parametrize(
    ("email", "code"),
    [("sofia.lind@example.com", "outside-population"), ("nobody@northwind-msp.example", "missing-account")],
)
def test_naming_somebody_who_is_no_vendor_costs_them_nothing(
    company: Company, northwind: str, email: str, code: str
) -> None:
    """An employee in a vendor file is refused, never adopted; an account that is not there is refused too."""
    company.commit("Name them", **{NORTHWIND: northwind.replace(f"email: {PRIYA}", f"email: {email}")})
    planned = company.guestlist("plan", "--format", "json", "--target", "crm")
    refused = {(refusal["principal"], refusal["reason"]["code"]) for refusal in planned.json["refused"]}
    assert ("priya.s", code) in refused
    assert {change["account"] for change in planned.json["changes"]} == {PRIYA}, "she is not listed any more"


def test_an_account_that_is_declared_again_is_opened_empty(company: Company, northwind: str) -> None:
    """Closed as unlisted, declared again: no session from before is left when it is opened."""
    without = northwind.replace("principals: [priya.s, tom.b]", "principals: [tom.b]")
    start, end = without.index("    - name: priya.s"), without.index("    - name: tom.b")
    without = without[:start] + without[end:]
    start, end = without.index("    - name: night-care"), without.index("    - name: emea-cases")
    without = without[:start] + without[end:]
    login = company.crm.post("/__sandbox__/login", json={"username": PRIYA, "application": "Data Loader"})
    token = {"Authorization": f"Bearer {login.json()['access_token']}"}
    assert company.crm.get("/services/data/v62.0/limits", headers=token).status_code == 200

    company.commit("She left", **{NORTHWIND: without})
    assert company.apply().code == 0
    assert company.crm.get("/services/data/v62.0/limits", headers=token).status_code == 401
    company.commit("She is back", **{NORTHWIND: northwind})
    ended = company.apply()
    assert ended.code == 0, ended.stdout + ended.stderr
    assert "enable" in {change["action"] for change in ended.json["plan"]["changes"]}
    (frozen,) = company.query(f"SELECT IsFrozen FROM UserLogin WHERE UserId = '{company.user(PRIYA)}'")
    assert frozen["IsFrozen"] is False
    assert company.crm.get("/services/data/v62.0/limits", headers=token).status_code == 401


def test_a_vendor_moved_to_an_administrators_profile_does_not_escape(company: Company) -> None:
    """Who was governed stays governed: what is undeclared on the account goes, whatever profile it was moved to.

    The profile itself cannot be taken away, which is said.
    """
    tom = company.user("tom.b@northwind-msp.example")
    path = f"/services/data/v62.0/sobjects/User/{tom}"
    profile = {name: company.record_id("Profile", "Name", name) for name in ("System Administrator", "Vendor Support")}
    company.crm.patch(path, json={"ProfileId": profile["System Administrator"]}).raise_for_status()
    try:
        made = company.assign("tom.b@northwind-msp.example", "Admin_Tools")
        ended = company.apply()
        assert ended.code == 4, ended.stdout + ended.stderr
        assert "unremovable" in {held["reason"]["code"] for held in ended.json["plan"]["held"]}
        assert not company.exists("PermissionSetAssignment", made)
    finally:
        company.crm.patch(path, json={"ProfileId": profile["Vendor Support"]}).raise_for_status()
