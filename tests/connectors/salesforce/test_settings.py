"""What Settings say of a Salesforce org, and what declarations ask of its accounts."""

from datetime import date

import pytest
from pydantic import ValidationError

from connectors.salesforce import CONNECTOR
from connectors.salesforce.declarations import SalesforceTarget
from reconciler.desired.models import PrincipalSpec, VendorSpec
from reconciler.errors import DeclarationError
from tests.connectors.salesforce.test_declarations import TARGET

SCHEMA = CONNECTOR.schema
NEW = {"profile": "Vendor Support", "timeZone": "Europe/Berlin"}
VENDOR = VendorSpec.model_validate(
    {
        "sponsor": {"name": "dana.reyes", "since": date(2026, 1, 1)},
        "owners": {"business": "dana.reyes", "technical": "dana.reyes"},
        "tier": "high",
        "contract": {"id": "C-1", "scope": "care", "starts": date(2026, 1, 1), "ends": date(2027, 1, 1)},
    }
)


def target(**said: object) -> SalesforceTarget:
    return SalesforceTarget.model_validate(TARGET | said)


def principal(**said: object) -> PrincipalSpec:
    return PrincipalSpec.model_validate({"name": "maria.k", "kind": "human", **said})


def asked(org: SalesforceTarget, declared: object = None, **said: object) -> dict[str, str]:
    return dict(
        SCHEMA.account_attributes(declared, target=org, vendor_name="acme", vendor=VENDOR, principal=principal(**said))
    )


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ({"accounts": "create"}, "newAccounts"),
        ({"newAccounts": {"profile": "System Administrator"}}, "never a System Administrator"),
        ({"newAccounts": {"profile": "Standard User"}}, "not in profiles"),
        ({"newAccounts": NEW | {"timeZone": "Mars/Olympus"}}, "time zone"),
        ({"newAccounts": NEW | {"password": "x"}}, "password"),
        ({"profiles": ["System Administrator"]}, "may not be selected"),
        ({"dailyCalls": 0}, "greater than or equal to 1"),
        ({"dailyCalls": 101}, "less than or equal to 100"),
        ({"conditions": {"extreme": {"mfa": "required"}}}, "'critical'"),
        ({"federated": True}, "required"),
        (
            {
                "population": {"any": {"usernames": ["a@b.example"]}, "except": {"profiles": ["Vendor Support"]}},
                "newAccounts": NEW,
            },
            "except",
        ),
    ],
)
def test_settings_that_would_not_do_what_they_say_are_refused(said: dict[str, object], hint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        target(**said)
    assert hint in str(caught.value)


def test_an_org_without_more_settings_asks_nothing_of_an_account() -> None:
    assert asked(target(), email="maria@acme.example", title="Maria Kovacs") == {}
    assert target().daily_calls == 90


def test_where_guestlist_makes_accounts_it_says_everything_about_them() -> None:
    org = target(accounts="create", newAccounts=NEW)
    declared = {"username": "maria@acme.example", "federationId": "m|42"}
    assert asked(org, declared, email="Maria@ACME.example", title="Maria van den Berg") == {
        "federationId": "m|42",
        "profile": "Vendor Support",
        "email": "maria@acme.example",
        "firstName": "Maria van den",
        "lastName": "Berg",
    }


@pytest.mark.parametrize("title", ["Madonna", "  Madonna "])
def test_somebody_with_one_name_has_a_last_name(title: str) -> None:
    org = target(accounts="create", newAccounts=NEW)
    assert asked(org, title=title)["lastName"] == "Madonna"
    assert "firstName" not in asked(org, title=title)


def test_a_declared_profile_is_asked_for_and_must_be_allowed() -> None:
    org = target(profiles=["Vendor Portal"])
    assert asked(org, {"username": "m@x.example", "profile": "Vendor Portal"})["profile"] == "Vendor Portal"
    assert asked(org, {"username": "m@x.example", "profile": "Vendor Support"})["profile"] == "Vendor Support"
    with pytest.raises(DeclarationError, match="does not allow"):
        asked(org, {"username": "m@x.example", "profile": "Standard User"})
    with pytest.raises(DeclarationError):
        asked(target(), {"username": "m@x.example", "profile": " system administrator "})


def test_an_account_is_to_be_known_to_single_sign_on_where_settings_say_so() -> None:
    org = target(federated="required")
    assert asked(org, "m@x.example") == {"federated": "required"}
    assert asked(org, {"username": "m@x.example", "federationId": "m|42"}) == {"federationId": "m|42"}
    with pytest.raises(DeclarationError, match="federation id"):
        asked(target(federated="required", accounts="create", newAccounts=NEW), "m@x.example")


def test_the_conditions_are_those_of_the_vendor_s_tier() -> None:
    org = target(conditions={"high": {"mfa": "required"}, "low": {"loginIpRanges": ["192.0.2.0/24"]}})
    assert asked(org) == {"mfa": "required"}


def test_a_username_names_an_account_before_a_federation_id_does() -> None:
    """Declaring a federation id beside it asks for it; it finds nobody else's account."""
    key = SCHEMA.account_key(
        {"username": "Maria@ACME.example", "federationId": "m|42"}, vendor="acme", principal="m", email=None
    )
    assert key is not None
    assert (key.kind, key.value) == ("username", "maria@acme.example")
    with pytest.raises(DeclarationError):
        SCHEMA.account_key({"profile": "Vendor Support"}, vendor="acme", principal="m", email=None)
