"""Login roles and what is asked of accounts, without a server."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.vault import CONNECTOR
from connectors.vault.attributes import live_attributes
from connectors.vault.declarations import VaultAlias, VaultTarget
from connectors.vault.logins import FIELDS, LoginRole, as_attribute, from_attribute, live_role
from connectors.vault.mapping import Entity, Issued
from connectors.vault.tokens import strays
from reconciler.errors import DeclarationError
from tests.connectors.vault.partners import APPROLE, JWT, Person, principal, spec, vendor
from tests.contract.vault_world import target_spec

PEOPLE = (Person(), Person("persona"), Person("automation"), Person("automation", APPROLE))
_OTHER: Mapping[type, object] = {bool: True, int: 77, str: "somebody", list: ["somebody"], dict: {"claim": ["x"]}}


def roles(person: Person) -> tuple[LoginRole, ...]:
    return from_attribute(person.asked["login"])


@pytest.mark.parametrize("person", PEOPLE)
def test_a_role_that_the_server_shows_as_it_was_sent_is_the_same(person: Person) -> None:
    """What is written reads back as what was asked, in the server's own shapes."""
    (role,) = roles(person)
    shown = {
        **role.body,
        "token_period": 0,
        "unknown": "field",
        "token_policies": None,
        "token_bound_cidrs": ["127.0.0.0/8"],
    }
    assert live_role(role.mount, role.name, role.type, shown).text == role.text
    assert as_attribute([role]) == person.asked["login"]


@given(st.data())
def test_no_field_of_a_role_can_be_changed_unseen(data: st.DataObject) -> None:
    """Whichever field somebody sets to something else, the role is another one."""
    (role,) = roles(data.draw(st.sampled_from(PEOPLE)))
    name = data.draw(st.sampled_from(sorted(FIELDS[role.type])))
    sent = {**role.body, "token_period": 0}
    default = FIELDS[role.type][name]
    edited = next(value for value in (_OTHER[type(default)], default, not default) if value != sent[name])
    assert live_role(role.mount, role.name, role.type, {**sent, name: edited}).text != role.text


@given(st.permutations(["b", "a", "c"]), st.permutations(["10.0.0.0/8", "192.0.2.7", "2001:DB8::/32"]))
def test_order_and_spelling_are_no_drift(words: list[str], networks: list[str]) -> None:
    """Lists have no order, and a network is itself however it is written."""
    one = live_role("m", "r", "jwt", {"bound_audiences": words, "token_bound_cidrs": networks})
    other = live_role(
        "m",
        "r",
        "jwt",
        {"bound_audiences": sorted(words), "token_bound_cidrs": ["2001:db8::/32", "192.0.2.7/32", "10.0.0.0/8"]},
    )
    assert one.text == other.text


@pytest.mark.parametrize("person", PEOPLE)
def test_no_declared_role_gives_tokens_anything_of_their_own(person: Person) -> None:
    """Identity alone gives rights: no policies, no period, no batch tokens, no default policy, an end, a network."""
    (role,) = roles(person)
    assert not role.escapes
    assert (role.body["token_policies"], role.body["token_period"], role.body["token_type"]) == ([], "0s", "service")
    assert (role.body["token_no_default_policy"], role.body["token_ttl"], role.body["token_max_ttl"]) == (
        True,
        900,
        3600,
    )
    assert role.body["token_bound_cidrs"] == ["127.0.0.0/8"]
    assert role.users == {person.alias}


REFUSED: Mapping[str, tuple[str, str, dict[str, object], str]] = {
    "a human on an AppRole": (APPROLE, "human", {}, "which is for automations"),
    "an AppRole from anywhere": (APPROLE, "automation", {"networks": []}, "say from which `networks`"),
    "employees' mount": ("employees", "human", {}, "no mount of the vendors'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_way_in_that_settings_do_not_allow_is_refused(case: str) -> None:
    """With a sentence about what to do instead, before anything is planned."""
    mount, kind, fields, said = REFUSED[case]
    with pytest.raises(DeclarationError, match=said):
        CONNECTOR.schema.account_attributes(
            VaultAlias(mount=mount, alias="somebody"),
            target=spec(),
            vendor_name="acme",
            vendor=vendor(**fields),
            principal=principal("q", kind),
        )


def test_a_browser_is_for_people() -> None:
    """An automation cannot log in by OIDC; people can, with the redirect that is declared."""
    oidc = {"type": "oidc", "redirectUris": ["https://vault.example/ui/callback"], "boundAudiences": ["guestlist"]}
    target = spec(logins={"people": oidc})
    account = VaultAlias(mount="people", alias="somebody")
    asked = {"target": target, "vendor_name": "acme", "vendor": vendor()}
    with pytest.raises(DeclarationError, match="logged in on with a browser"):
        CONNECTOR.schema.account_attributes(account, principal=principal("q", "automation"), **asked)  # type: ignore[arg-type]
    found = CONNECTOR.schema.account_attributes(account, principal=principal("q"), **asked)  # type: ignore[arg-type]
    (role,) = from_attribute(found["login"])
    assert role.body["allowed_redirect_uris"] == ["https://vault.example/ui/callback"]
    assert role.body["role_type"] == "oidc"


def test_nothing_is_asked_where_settings_say_nothing() -> None:
    """A target without logins, second factor and creation leaves accounts as they are."""
    for account in (None, "vendor_x", VaultAlias(mount="vendor-oidc", alias="x")):
        asked = CONNECTOR.schema.account_attributes(
            account, target=target_spec(), vendor_name="acme", vendor=vendor(), principal=principal("q")
        )
        assert asked == {}


def test_an_account_without_an_alias_may_have_no_login_role() -> None:
    """Where guestlist keeps the login roles, one for an account that names none is drift."""
    asked = CONNECTOR.schema.account_attributes(
        None, target=spec(), vendor_name="acme", vendor=vendor(), principal=principal("q")
    )
    assert (asked["login"], "alias" in asked) == ("[]", False)


WRONG = {
    "too long": ({"type": "jwt", "boundAudiences": ["x"], "maxTtl": "25h"}, "lives 24h at most"),
    "crossed": ({"type": "jwt", "boundAudiences": ["x"], "ttl": "2h", "maxTtl": "1h"}, "longer than maxTtl"),
    "no audience": ({"type": "jwt", "boundAudiences": []}, "at least 1"),
    "reserved": ({"type": "jwt", "boundAudiences": ["x"], "claims": {"v": "vendor"}}, "guestlist do"),
    "userpass": ({"type": "userpass"}, "jwt"),
    "endless uses": ({"type": "approle", "secretIdNumUses": 0}, "greater than or equal to 1"),
    "old secret ids": ({"type": "approle", "secretIdTtl": "91d"}, "more than 90 days"),
}


@pytest.mark.parametrize("case", WRONG)
def test_logins_that_would_be_weak_are_no_settings(case: str) -> None:
    """There is no userpass, no login for anybody's audience, and nothing without an end."""
    login, said = WRONG[case]
    with pytest.raises(ValidationError, match=said):
        spec(logins={"m": login})


def test_guestlist_does_not_log_in_where_vendors_do() -> None:
    """Its own role would be removed as nobody's."""
    settings = spec().model_dump(mode="json", by_alias=True, exclude_none=True)
    settings["auth"] = {"jwt": {"mount": JWT, "role": "ci", "token": {"env": "GUESTLIST_CI"}}}
    with pytest.raises(ValidationError, match="may not log in on"):
        VaultTarget.model_validate(settings)


PATHS = {
    "auth/partners-jwt/login": False,
    "auth/partners-jwt/oidc/callback": False,
    "auth/token/create": True,
    "auth/userpass/login/x": True,
    "auth/partners-jwt-2/login": True,
}


@pytest.mark.parametrize("path", PATHS)
def test_a_token_of_a_declared_login_is_no_stray(path: str) -> None:
    """By the call that made it; and never with a policy or a period of its own."""
    plain = Issued(entity_id="e", path=path, policies=("default",))
    assert strays(plain, {JWT}) is PATHS[path]
    assert strays(plain.model_copy(update={"policies": ("default", "x")}), {JWT})
    assert strays(plain.model_copy(update={"period": 60}), {JWT})


def test_without_any_declared_mount_only_what_no_login_gives_is_a_stray() -> None:
    """Nobody can say of a login that it is the wrong one where none is declared."""
    assert not strays(Issued(entity_id="e", path="auth/anything/login"), ())
    assert strays(Issued(entity_id="e", path="auth/token/create"), ())


def test_undeclared_metadata_is_named_and_its_value_not_shown() -> None:
    """A plan says that there is something, and not what: it may be a secret."""
    wire = {"id": "e", "name": "vendor_x", "disabled": False, "policies": None, "direct_group_ids": None}
    entity = Entity.model_validate({**wire, "metadata": {"vendor": "acme", "password": "hunter2", "team": "blue"}})
    found = live_attributes(entity, selectors={"team": "blue"}, declared=(), roles=(), second=None)
    assert json.loads(found["metadata"]) == {"vendor": "acme", "password": "…", "team": "blue"}
