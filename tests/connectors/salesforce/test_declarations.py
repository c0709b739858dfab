import pytest
from pydantic import ValidationError

from connectors.salesforce import CONNECTOR
from connectors.salesforce.declarations import Population, SalesforceRole, SalesforceTarget
from reconciler.errors import DeclarationError
from reconciler.model import AccountKey, Native

TARGET = {
    "connector": "salesforce",
    "url": {"env": "GUESTLIST_CRM_URL"},
    "auth": {"clientId": {"env": "GUESTLIST_CRM_ID"}, "clientSecret": {"env": "GUESTLIST_CRM_SECRET"}},
    "population": {"any": {"profiles": ["Vendor Support"]}},
}
SCHEMA = CONNECTOR.schema
ORG = SalesforceTarget.model_validate(TARGET)


def test_a_target_excludes_administrators_unless_told_whom() -> None:
    target = SalesforceTarget.model_validate(TARGET)
    assert target.population.except_.profiles == ("System Administrator",)


def test_a_target_may_authenticate_by_jwt() -> None:
    auth = {"clientId": {"env": "GUESTLIST_ID"}, "username": "g@x.example", "privateKey": {"file": "crm/key.pem"}}
    assert SalesforceTarget.model_validate(TARGET | {"auth": auth}).auth.audience == "https://login.salesforce.com"


@pytest.mark.parametrize(
    "selector",
    [
        {},
        {"profiles": []},
        {"profiles": ["System Administrator"]},
        {"profiles": [" system administrator "]},
        {"userTypes": ["Standard"]},
        {"emailDomains": ["%"]},
        {"emailDomains": ["@acme.example"]},
        {"usernames": ["no-at-sign"]},
        {"everybody": True},
    ],
)
def test_a_population_that_selects_nobody_or_too_many_is_refused(selector: dict[str, object]) -> None:
    """A population names outsiders: nobody, every employee or the administrators are mistakes."""
    with pytest.raises(ValidationError):
        Population.model_validate({"any": selector})


@pytest.mark.parametrize(
    ("uses", "native"),
    [
        ({"permissionSet": "Triage"}, Native("permissionSet", "Triage")),
        ({"permissionSet": "acme__Triage"}, Native("permissionSet", "acme__Triage")),
        ({"permissionSetGroup": "Bundle"}, Native("permissionSetGroup", "Bundle")),
        ({"group": "Everybody"}, Native("group", "Everybody")),
        ({"queue": "Level_2"}, Native("queue", "Level_2")),
    ],
)
def test_a_role_compiles_to_what_it_uses(uses: dict[str, str], native: Native) -> None:
    role = SalesforceRole.model_validate({"connector": "salesforce", "uses": uses})
    (compiled,) = SCHEMA.compile("triage", role, target=ORG, vendor="acme", principal="maria.k", scope=())
    assert (compiled.native, compiled.definition) == (native, None)


@pytest.mark.parametrize("uses", [{}, {"permissionSet": "A", "group": "B"}, {"permissionSet": "A'B"}, {"profile": "A"}])
def test_a_role_uses_exactly_one_thing_with_an_api_name(uses: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        SalesforceRole.model_validate({"connector": "salesforce", "uses": uses})


def test_a_scope_is_refused_rather_than_ignored() -> None:
    role = SalesforceRole.model_validate({"connector": "salesforce", "uses": {"group": "G"}})
    with pytest.raises(DeclarationError):
        SCHEMA.compile("g", role, target=ORG, vendor="acme", principal="maria.k", scope=(("cases", ("1",)),))


@pytest.mark.parametrize(
    ("declared", "key"),
    [
        (None, AccountKey("username", "maria@acme.example")),
        ("Maria.K@ACME.example", AccountKey("username", "maria.k@acme.example")),
        ({"federationId": "Maria|42"}, AccountKey("federationId", "Maria|42")),
    ],
)
def test_an_account_is_named_by_what_its_owner_cannot_change(declared: object, key: AccountKey) -> None:
    """Usernames ignore case, federation ids do not, and the e-mail stands in for a Username."""
    assert SCHEMA.account_key(declared, vendor="acme", principal="maria", email="maria@acme.example") == key


def test_without_an_email_there_is_no_default_account() -> None:
    assert SCHEMA.account_key(None, vendor="acme", principal="bot", email=None) is None


@pytest.mark.parametrize("declared", ["no-at-sign", {"federationId": ""}, {"alias": "x"}, 5])
def test_an_account_that_is_neither_is_refused(declared: object) -> None:
    with pytest.raises(DeclarationError):
        SCHEMA.account_key(declared, vendor="acme", principal="bot", email=None)


def test_the_least_rights_are_a_permission_set_of_the_rights_that_actions_need() -> None:
    text = CONNECTOR.least_rights(SalesforceTarget.model_validate(TARGET | {"mode": "enforce"}))
    assert "<name>AssignPermissionSets</name>" in text
    assert "ModifyAllData" not in text
