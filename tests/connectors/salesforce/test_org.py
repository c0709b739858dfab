"""The connector against the simulated org over HTTPS; whatever it should find or undo is done with raw requests."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.salesforce import CONNECTOR
from connectors.salesforce.auth import JwtLogin
from connectors.salesforce.client import Client, Session
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.declarations import Population
from connectors.salesforce.mapping import instant, wire
from reconciler.desired.models import EnvReference, Reference
from reconciler.model import AccountKey, Live, Native, Reason, ReasonCode
from reconciler.plan.changes import AnyChange, DisableAccount, EnableAccount, GrantBinding, RevokeBinding, SetEnd
from reconciler.ports import OutcomeStatus, Sought
from tests.connectors.salesforce.conftest import POPULATION, Org

TRIAGE = Native("permissionSet", "Vendor_Case_Triage")
BUNDLE = Native("permissionSetGroup", "Vendor_Care_Bundle")
EMEA = Native("group", "Vendor_EMEA_Cases")
QUEUE = Native("queue", "Support_L2")
END = datetime(2027, 2, 1, tzinfo=UTC)


def write(
    connector: SalesforceConnector,
    kind: type[AnyChange],
    account: str,
    native: Native | None = None,
    until: datetime | None = END,
) -> tuple[OutcomeStatus, str]:
    """Apply one change; how it ended."""
    stable_id = connector._client.token.org
    reason = Reason(ReasonCode.DECLARED, "declared")
    change = kind(  # type: ignore[call-arg]  # the union's members take the same keywords
        target="crm", stable_id=stable_id, account=account, native=native, until=until, reasons=(reason,)
    )
    (outcome,) = connector.apply([change])
    return outcome.status, outcome.text


def held(live: Live, account: str) -> dict[Native, datetime | None]:
    return {binding.key.native: binding.until for binding in live.bindings if binding.key.account == account}


def test_what_anybody_gives_by_hand_is_observed(org: Org) -> None:
    """An assignment, a group's assignment, memberships and a new user, made with raw requests."""
    account, name = org.user()
    org.create("PermissionSetAssignment", AssigneeId=account, PermissionSetId=org.id_of("PermissionSet", TRIAGE.name))
    bundle = org.id_of("PermissionSetGroup", BUNDLE.name, "DeveloperName")
    org.create("PermissionSetAssignment", AssigneeId=account, PermissionSetGroupId=bundle, ExpirationDate=wire(END))
    for group in (EMEA, QUEUE):
        org.create("GroupMember", GroupId=org.id_of("Group", group.name, "DeveloperName"), UserOrGroupId=account)
    live = org.connect().observe(Sought())
    assert live.complete, live.gaps
    assert held(live, account) == {TRIAGE: None, BUNDLE: END, EMEA: None, QUEUE: None}
    assert live.accounts[account].keys == {AccountKey("username", name)}
    assert live.accounts[account].inside
    assert live.accounts[account].enabled


def test_employees_administrators_and_we_never_appear(org: Org) -> None:
    live = org.connect().observe(Sought())
    assert live.accounts
    assert not [account.name for account in live.accounts.values() if account.name.endswith("@example.com")]
    assert {binding.key.account for binding in live.bindings} <= live.accounts.keys()


def test_a_declared_employee_is_shown_as_outside(org: Org) -> None:
    declared = frozenset({AccountKey("username", "dana.reyes@example.com"), AccountKey("username", "no@body.example")})
    live = org.connect().observe(Sought(declared=declared))
    outside = [account for account in live.accounts.values() if not account.inside]
    assert [account.name for account in outside] == ["dana.reyes@example.com"]
    assert not held(live, outside[0].id)


def test_a_federation_id_finds_its_user_exactly(org: Org) -> None:
    account, _ = org.user("Standard User")
    org.call("PATCH", f"/services/data/v64.0/sobjects/User/{account}", {"FederationIdentifier": "Fed|Case"})
    for value, found in (("Fed|Case", True), ("fed|case", False)):
        live = org.connect().observe(Sought(declared=frozenset({AccountKey("federationId", value)})))
        assert (account in live.accounts) is found


def test_a_vendor_moved_to_another_profile_stays_governed(org: Org) -> None:
    """Also an administrator's: that is drift, not escape."""
    account, _ = org.user()
    for profile in ("Standard User", "System Administrator"):
        moved = {"ProfileId": org.id_of("Profile", profile)}
        assert org.call("PATCH", f"/services/data/v64.0/sobjects/User/{account}", moved).status_code == 204
        live = org.connect().observe(Sought(governed=frozenset({account})))
        assert live.accounts[account].inside


@pytest.mark.parametrize("native", [TRIAGE, BUNDLE, EMEA, QUEUE])
def test_granted_is_live_with_its_end_and_revoked_is_gone(org: Org, native: Native) -> None:
    """Apply then observe gives what was asked for; twice is once."""
    account, _ = org.user()
    connector = org.connect()
    until = END if native in (TRIAGE, BUNDLE) else None
    assert write(connector, GrantBinding, account, native)[0] is OutcomeStatus.DONE
    assert held(org.connect().observe(Sought()), account) == {native: until}
    assert write(connector, GrantBinding, account, native)[0] is OutcomeStatus.ALREADY
    assert write(connector, RevokeBinding, account, native)[0] is OutcomeStatus.DONE
    assert held(org.connect().observe(Sought()), account) == {}
    assert write(connector, RevokeBinding, account, native)[0] is OutcomeStatus.ALREADY


def test_the_end_in_the_org_is_the_end_that_was_asked_for(org: Org) -> None:
    account, _ = org.user()
    connector = org.connect()
    for kind, until in ((GrantBinding, END), (SetEnd, END + timedelta(days=3)), (GrantBinding, END)):
        assert write(connector, kind, account, TRIAGE, until)[0] is OutcomeStatus.DONE
        rows = org.query(
            f"SELECT ExpirationDate FROM PermissionSetAssignment WHERE AssigneeId = '{account}' "
            f"AND PermissionSet.Name = '{TRIAGE.name}'"
        )
        assert [instant(row["ExpirationDate"]) for row in rows] == [until]
    assert write(connector, SetEnd, account, TRIAGE)[0] is OutcomeStatus.ALREADY
    assert write(connector, SetEnd, account, QUEUE)[0] is OutcomeStatus.FAILED


def test_access_ends_by_the_orgs_clock_and_can_be_granted_again(org: Org) -> None:
    """Without a run of ours; the expired row that the org keeps is no binding and in nobody's way."""
    account, _ = org.user()
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    assert write(org.connect(), GrantBinding, account, TRIAGE, soon)[0] is OutcomeStatus.DONE
    org.sandbox("POST", "clock", {"now": wire(soon + timedelta(hours=1))})
    connector = org.connect()
    live = connector.observe(Sought())
    assert held(live, account) == {}
    assert live.at > soon
    assert write(connector, GrantBinding, account, TRIAGE, soon + timedelta(days=9))[0] is OutcomeStatus.DONE
    assert held(connector.observe(Sought()), account) == {TRIAGE: soon + timedelta(days=9)}


def test_an_org_that_lets_nobody_replace_what_expired_is_said(org: Org) -> None:
    """Or the same grant succeeds, where the org lets the expired row be given a new end."""
    org.sandbox("POST", "switches", {"regrantAfterExpiry": False})
    account, _ = org.user()
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    assert write(org.connect(), GrantBinding, account, TRIAGE, soon)[0] is OutcomeStatus.DONE
    org.sandbox("POST", "clock", {"now": wire(soon + timedelta(hours=1))})
    connector = org.connect()
    status, text = write(connector, GrantBinding, account, TRIAGE, soon + timedelta(days=9))
    lasting = held(connector.observe(Sought()), account) == {TRIAGE: soon + timedelta(days=9)}
    assert (status is OutcomeStatus.DONE) is lasting
    assert lasting or "keeps it as expired" in text


def test_an_org_without_expiry_is_granted_without_an_end_and_says_so(org: Org) -> None:
    org.sandbox("POST", "switches", {"assignmentExpiry": False})
    account, _ = org.user()
    connector = org.connect()
    status, text = write(connector, GrantBinding, account, TRIAGE)
    assert status is OutcomeStatus.DONE
    assert "no end" in text
    live = connector.observe(Sought())
    assert live.complete, live.gaps
    assert TRIAGE.kind in live.endless
    assert held(live, account) == {TRIAGE: None}
    assert write(connector, GrantBinding, account, TRIAGE)[0] is OutcomeStatus.ALREADY
    assert write(connector, SetEnd, account, TRIAGE)[0] is OutcomeStatus.FAILED


def test_a_frozen_accounts_session_is_refused_and_gone(org: Org) -> None:
    """Closing ends logins, sessions and OAuth tokens; opening again revives none of them."""
    account, name = org.user()
    tokens = [org.log_in(name), org.log_in(name, application="Data Loader")]
    connector = org.connect()
    assert connector.residue([account]) != []
    assert write(connector, DisableAccount, account) == (OutcomeStatus.DONE, "")
    assert connector.residue([account]) == []
    assert not org.query(f"SELECT Id FROM AuthSession WHERE UsersId = '{account}'")
    assert not connector.observe(Sought()).accounts[account].enabled
    assert write(connector, DisableAccount, account)[0] is OutcomeStatus.ALREADY
    assert write(connector, EnableAccount, account)[0] is OutcomeStatus.DONE
    assert connector.observe(Sought()).accounts[account].enabled
    for token in tokens:
        answer = org.call("GET", "/services/data/v64.0/limits", token=token)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_a_session_that_outlived_a_freeze_is_ended_before_the_account_opens(org: Org) -> None:
    account, name = org.user()
    token = org.log_in(name)
    (login,) = org.query(f"SELECT Id FROM UserLogin WHERE UserId = '{account}'")
    org.call("PATCH", f"/services/data/v64.0/sobjects/UserLogin/{login['Id']}", {"IsFrozen": True})
    connector = org.connect()
    assert connector.observe(Sought()).accounts[account].lingering, "it can still be used"
    assert write(connector, EnableAccount, account)[0] is OutcomeStatus.DONE
    assert org.call("GET", "/services/data/v64.0/limits", token=token).status_code == 401


def test_observing_is_one_call_and_changes_nothing(org: Org) -> None:
    connector = org.connect()
    first = connector.observe(Sought(natives=frozenset({TRIAGE, BUNDLE, EMEA, QUEUE})))
    assert first.existing == {TRIAGE, BUNDLE, EMEA, QUEUE}
    org.calls()
    second = connector.observe(Sought(natives=frozenset({TRIAGE, BUNDLE, EMEA, QUEUE})))
    assert org.calls() == 1
    assert (second.accounts, second.bindings) == (first.accounts, first.bindings)


def test_writing_costs_the_same_for_one_as_for_many(org: Org) -> None:
    """Roles, what stands there, and one creation: three calls for any number up to 200."""
    connector = org.connect()
    live = connector.observe(Sought())
    accounts = [org.user()[0] for _ in range(5)]
    reason = Reason(ReasonCode.DECLARED, "declared")
    changes = [
        GrantBinding(
            target="crm", stable_id=live.stable_id, account=account, native=TRIAGE, until=END, reasons=(reason,)
        )
        for account in accounts
    ]
    org.calls()
    assert {outcome.status for outcome in connector.apply(changes)} == {OutcomeStatus.DONE}
    assert org.calls() == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"errorCode": "UNABLE_TO_LOCK_ROW", "times": 2},
        {"errorCode": "SERVER_UNAVAILABLE", "times": 2},
        {"cut": True, "times": 1},
    ],
)
def test_what_passes_by_itself_is_outlived(org: Org, fault: dict[str, object]) -> None:
    org.sandbox("POST", "faults", {"path": "/composite/batch", **fault})
    assert org.connect().observe(Sought()).complete


@pytest.mark.parametrize("kind", ["FROM PermissionSetAssignment", "FROM GroupMember", "FROM User "])
@pytest.mark.parametrize("fault", [{"halfPage": True}, {"errorCode": "INSUFFICIENT_ACCESS"}])
def test_half_an_answer_is_a_gap(org: Org, kind: str, fault: dict[str, object]) -> None:
    """Whichever query of the batch it hits."""
    org.sandbox("POST", "faults", {"path": kind, "times": -1, **fault})
    live = org.connect().observe(Sought())
    assert not live.complete


def test_the_doctor_knows_who_and_how_many(org: Org) -> None:
    findings = {finding.topic: finding for finding in org.connect().diagnose()}
    assert "guestlist@example.com" in findings["identity"].text
    assert findings["rights"].ok, findings["rights"].text
    assert findings["native expiry"].ok
    assert findings["clock"].ok
    assert int(findings["accounts in the population"].text) > 5
    assert "100000" in findings["API calls"].text


def test_a_clock_that_differs_is_said(org: Org) -> None:
    org.sandbox("POST", "clock", {"now": wire(datetime.now(UTC) + timedelta(minutes=5))})
    assert [finding.ok for finding in org.connect().diagnose() if finding.topic == "clock"] == [False]


def test_the_app_may_speak_for_its_user_by_a_signed_assertion(org: Org) -> None:
    login = JwtLogin(org.client_id, "guestlist@example.com", org.jwt_key.read_text(), org.url)
    client = Client(org.url, login, "64.0", Session(org.ca_file))
    assert SalesforceConnector("crm", POPULATION, client).observe(Sought()).accounts


class Given:
    """Credentials as they are declared for the org."""

    def __init__(self, org: Org) -> None:
        self._values = {"URL": org.url, "ID": org.client_id, "SECRET": org.client_secret, "CA": org.ca_file}

    def text(self, reference: Reference) -> str:
        assert isinstance(reference, EnvReference)
        return self._values[reference.env.removeprefix("GUESTLIST_")] + "\n"

    def path(self, reference: Reference) -> Path:
        return Path(self.text(reference).strip())


def test_what_settings_declare_is_all_that_connecting_needs(org: Org) -> None:
    declared = {
        "connector": "salesforce",
        "url": {"env": "GUESTLIST_URL"},
        "caFile": {"env": "GUESTLIST_CA"},
        "auth": {"clientId": {"env": "GUESTLIST_ID"}, "clientSecret": {"env": "GUESTLIST_SECRET"}},
        "population": {"any": {"profiles": ["Vendor Support"]}},
    }
    spec = CONNECTOR.schema.target_model.model_validate(declared)
    connector = CONNECTOR.connect("crm", spec, Given(org))
    assert connector.observe(Sought()).complete
    connector.close()


def test_a_population_of_partners_is_found_by_user_type(org: Org) -> None:
    population = Population.model_validate(
        {"any": {"userTypes": ["PowerPartner"], "usernames": ["MARIA.K@acme-support.example"]}}
    )
    live = org.connect(population).observe(Sought())
    assert live.complete, live.gaps
    assert [account.name for account in live.accounts.values()] == ["maria.k@acme-support.example"]
