"""Accounts that guestlist makes, corrects and retires, over the wire."""

from itertools import count

import pytest

from connectors.salesforce.auth import ClientCredentialsLogin
from connectors.salesforce.client import Client, Patience, Session
from connectors.salesforce.connector import SalesforceConnector
from reconciler.model import AccountKey, Native, provisional
from reconciler.plan.changes import CreateAccount, DisableAccount, GrantBinding, RevokeBinding, UpdateAccount
from tests.connectors.salesforce.acting import TARGET, change, let_write, username, written
from tests.connectors.salesforce.conftest import Org

TRIAGE = Native("permissionSet", "Vendor_Case_Triage")
_NAMES = count(1)


@pytest.fixture(scope="module", autouse=True)
def _may_write(org: Org) -> None:
    let_write(org)


def connected(org: Org) -> SalesforceConnector:
    login = ClientCredentialsLogin(org.client_id, org.client_secret)
    made = Client(org.url, login, "64.0", Session(org.ca_file), Patience(sleep=lambda _: None))
    return SalesforceConnector("crm", TARGET.population, made, TARGET)


def somebody() -> str:
    return f"new{next(_NAMES)}@acme-support.example"


def creation(connector: SalesforceConnector, key: AccountKey, **attributes: str) -> CreateAccount:
    made = change(
        connector,
        CreateAccount,
        provisional(key),
        key=key,
        attributes={"profile": "Vendor Support", **attributes},
        principal="maria.k",
    )
    assert isinstance(made, CreateAccount)
    return made


def row(org: Org, name: str) -> dict[str, object]:
    (found,) = org.query(
        "SELECT Id,Email,FirstName,LastName,Alias,Profile.Name,TimeZoneSidKey,LocaleSidKey,LanguageLocaleKey,"
        f"EmailEncodingKey,FederationIdentifier,IsActive,UserRoleId FROM User WHERE Username = '{name}'"
    )
    return found


def test_an_account_is_made_as_declared_and_later_changes_of_the_plan_find_it(org: Org) -> None:
    connector = connected(org)
    name = somebody()
    create = creation(
        connector,
        username(name),
        federationId=f"fed|{name}",
        email="maria@acme.example",
        firstName="Maria",
        lastName="K",
    )
    assert written(connector, create)[0][0] == "done"
    grant = change(connector, GrantBinding, create.account, TRIAGE)
    assert written(connector, grant)[0][0] == "done"
    made = row(org, name)
    assert made["Profile"]["Name"] == "Vendor Support"  # type: ignore[index]
    assert {field: made[field] for field in ("Email", "FirstName", "LastName", "Alias", "FederationIdentifier")} == {
        "Email": "maria@acme.example",
        "FirstName": "Maria",
        "LastName": "K",
        "Alias": "mariak",
        "FederationIdentifier": f"fed|{name}",
    }
    assert [made["TimeZoneSidKey"], made["LocaleSidKey"], made["IsActive"], made["UserRoleId"]] == [
        "Europe/Berlin",
        "en_US",
        True,
        None,
    ]
    assert org.query(f"SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = '{made['Id']}' AND "
                     "PermissionSet.Name = 'Vendor_Case_Triage'")  # fmt: skip


def test_no_password_is_ever_sent(org: Org) -> None:
    """Neither in the record nor by a call of its own."""
    connector = connected(org)
    sent: list[str] = []
    session = connector._client._session
    session.hooks["response"].append(lambda answer, **_: sent.append(f"{answer.request.url} {answer.request.body}"))
    written(connector, creation(connector, username(somebody())))
    assert sent
    assert not [one for one in sent if "password" in one.lower()]


def test_somebody_whom_only_single_sign_on_knows_gets_the_e_mail_as_username(org: Org) -> None:
    connector = connected(org)
    name = somebody()
    key = AccountKey("federationId", f"fed|{name}")
    assert written(connector, creation(connector, key, federationId=key.value, email=name))[0][0] == "done"
    assert row(org, name)["FederationIdentifier"] == key.value
    nameless = creation(connector, AccountKey("federationId", "fed|nobody"))
    ((status, why),) = written(connector, nameless)
    assert (status, "Username" in why) == ("failed", True)


def test_an_account_that_is_there_by_now_is_not_taken_over(org: Org) -> None:
    """Whoever it belongs to: an employee's, say. Nothing of the plan's is given to it."""
    connector = connected(org)
    _, name = org.user("Standard User", "example.com")
    create = creation(connector, username(name))
    grant = change(connector, GrantBinding, create.account, TRIAGE)
    assert [status for status, _ in written(connector, create, grant)] == ["failed", "failed"]
    assert row(org, name)["Profile"]["Name"] == "Standard User"  # type: ignore[index]


@pytest.mark.parametrize(
    ("attributes", "word"),
    [({"profile": "No Such Profile"}, "profile"), ({"federationId": "taken"}, "federation id")],
)
def test_what_the_org_refuses_is_said_with_what_to_do(org: Org, attributes: dict[str, str], word: str) -> None:
    connector = connected(org)
    if "federationId" in attributes:
        written(connector, creation(connector, username(somebody()), **attributes))
    good, bad = creation(connector, username(somebody())), creation(connector, username(somebody()), **attributes)
    (first, _), (second, why) = written(connector, good, bad)
    assert (first, second, word in why) == ("done", "failed", True)


def test_a_username_that_another_org_has_is_said(org: Org) -> None:
    connector = connected(org)
    create = creation(connector, username(somebody()))
    grant = change(connector, GrantBinding, create.account, TRIAGE)
    real = connector._client.create

    def taken(records: object, what: str) -> list[object]:
        del records, what
        return [{"success": False, "errors": [{"statusCode": "DUPLICATE_USERNAME", "message": "x", "fields": []}]}]

    connector._client.create = taken  # type: ignore[method-assign]
    ((status, why),) = written(connector, create)
    connector._client.create = real  # type: ignore[method-assign]
    assert (status, "another org" in why) == ("failed", True)
    assert written(connector, grant)[0] == ("failed", "its account could not be made")


def test_without_settings_for_new_accounts_none_is_made(org: Org) -> None:
    connector = org.connect()
    ((status, _),) = written(connector, creation(connector, username(somebody())))
    assert status == "failed"


def test_only_what_differs_is_put_right(org: Org) -> None:
    connector = connected(org)
    account, name = org.user(domain="acme-support.example")
    update = change(
        connector, UpdateAccount, account, attributes={"federationId": f"fed|{name}", "email": name.lower()}
    )
    assert written(connector, update)[0][0] == "done"
    assert row(org, name)["FederationIdentifier"] == f"fed|{name}"
    assert written(connector, update)[0][0] == "already"


def test_a_vendor_who_was_moved_to_another_profile_is_moved_back(org: Org) -> None:
    connector = connected(org)
    account, name = org.user("Standard User", "acme-support.example")
    update = change(connector, UpdateAccount, account, attributes={"profile": "Vendor Support"})
    assert written(connector, update)[0][0] == "done"
    assert row(org, name)["Profile"]["Name"] == "Vendor Support"  # type: ignore[index]


@pytest.mark.parametrize(
    "attributes", [{"loginIpRanges": "192.0.2.0/24"}, {"federated": "required"}, {"profile": "System Administrator"}]
)
def test_what_guestlist_does_not_change_is_refused(org: Org, attributes: dict[str, str]) -> None:
    connector = connected(org)
    account, name = org.user(domain="acme-support.example")
    ((status, why),) = written(connector, change(connector, UpdateAccount, account, attributes=attributes))
    assert status == "failed"
    assert why
    assert row(org, name)["Profile"]["Name"] == "Vendor Support"  # type: ignore[index]


def test_retiring_frees_the_licence_and_leaves_nothing(org: Org) -> None:
    connector = connected(org)
    account, name = org.user()
    session = org.log_in(name)
    retire = change(connector, DisableAccount, account, after={"enabled": False, "retired": True})
    assert written(connector, retire)[0][0] == "done"
    assert row(org, name)["IsActive"] is False
    assert org.call("GET", "/services/data/v64.0/sobjects", token=session).status_code == 401
    assert not connector.residue([account])
    assert written(connector, retire)[0][0] == "already"


def test_what_a_retired_account_still_holds_is_said_until_it_is_gone(org: Org) -> None:
    connector = connected(org)
    account, _ = org.user()
    made = org.create("Account", Name="Somebody's")
    written(connector, change(connector, GrantBinding, account, TRIAGE))
    share = Native("accountShare", "Read")
    written(connector, change(connector, GrantBinding, account, share, (("accounts", (made,)),)))
    written(connector, change(connector, DisableAccount, account, after={"enabled": False, "retired": True}))
    (left,) = connector.residue([account])
    assert "1 assignment" in left
    assert "1 share of an account" in left
    written(connector, change(connector, RevokeBinding, account, TRIAGE))
    written(connector, change(connector, RevokeBinding, account, share, (("accounts", (made,)),)))
    assert not connector.residue([account])


def test_somebody_whom_the_org_needs_stays_frozen_and_that_is_said(org: Org) -> None:
    connector = connected(org)
    account, name = org.user()
    _, other = org.user()
    holder = row(org, other)["Id"]
    org.call("PATCH", f"/services/data/v64.0/sobjects/User/{holder}", {"Backup__c": account})
    retire = change(connector, DisableAccount, account, after={"enabled": False, "retired": True})
    ((status, why),) = written(connector, retire)
    assert (status, "depends on it" in why) == ("failed", True)
    assert row(org, name)["IsActive"] is True
    (login,) = org.query(f"SELECT IsFrozen FROM UserLogin WHERE UserId = '{account}'")
    assert login["IsFrozen"] is True
