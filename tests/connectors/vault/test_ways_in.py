"""Every way in that somebody can make beside guestlist, by raw HTTP on a real server: found, said, closed.

And whoever is no vendor keeps everything.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from connectors.vault.connector import VaultConnector
from reconciler.model import BindingKey, Live, LiveBinding, Native
from reconciler.plan.changes import DeleteRole, GrantBinding, RevokeBinding
from reconciler.ports import Outcome, OutcomeStatus, Sought
from tests.connectors.vault.partners import APPROLE, JWT, READ, SECRET, Partners, Person, spec
from tests.contract.vault_world import WHY, VaultWorld

DONE, ALREADY, FAILED = OutcomeStatus.DONE, OutcomeStatus.ALREADY, OutcomeStatus.FAILED
_numbers = count(1)


@pytest.fixture(scope="module")
def partners(vault: VaultWorld) -> Partners:
    made = Partners(vault)
    made.raw("POST", "sys/policies/acl/side", {"policy": READ})
    return made


@pytest.fixture
def kept(partners: Partners) -> Iterator[VaultConnector]:
    with partners.connector() as made:
        yield made


@pytest.fixture
def person(partners: Partners) -> Person:
    made = Person()
    partners.made(made)
    return made


@pytest.fixture
def unique() -> str:
    return f"w{next(_numbers)}"


def one(outcomes: Iterator[Outcome]) -> Outcome:
    (outcome,) = outcomes
    return outcome


def held(live: Live, id_: str) -> Mapping[Native, LiveBinding]:
    return {binding.key.native: binding for binding in live.bindings if binding.key.account == id_}


def taking(partners: Partners, key: BindingKey) -> RevokeBinding:
    return RevokeBinding(
        target="vault", stable_id=partners.vault.stable_id, reasons=WHY, account=key.account, native=key.native
    )


def removing(partners: Partners, live: Live, native: Native) -> DeleteRole:
    seen = live.definitions[native]
    return DeleteRole(
        target="vault",
        stable_id=partners.vault.stable_id,
        reasons=WHY,
        native=native,
        before={"definition": seen.digest},
        definition=seen,
    )


def userpass(partners: Partners, name: str, **user: object) -> str:
    """A userpass mount with one user; its accessor."""
    partners.raw("POST", f"sys/auth/{name}", {"type": "userpass"})
    partners.raw("POST", f"auth/{name}/users/somebody", {"password": "p", **user})
    return str(partners.raw("GET", "sys/auth")[f"{name}/"]["accessor"])


@dataclass(frozen=True)
class Case:
    """Whose way in it is, and a word for what is made for it."""

    partners: Partners
    person: Person
    id: str
    unique: str


# What a person has beside what is declared, how it is made, and by which token it works.


def by_policy(case: Case) -> str:
    case.partners.vault.attach(case.id, "side")
    return str(case.partners.login(case.person)["client_token"])


def by_group(case: Case) -> str:
    case.partners.raw(
        "POST", "identity/group", {"name": f"G {case.unique}", "policies": ["side"], "member_entity_ids": [case.id]}
    )
    return str(case.partners.login(case.person)["client_token"])


def by_nested_groups(case: Case) -> str:
    child = case.partners.raw(
        "POST", "identity/group", {"name": f"child {case.unique}", "member_entity_ids": [case.id]}
    )["id"]
    parent = case.partners.raw("POST", "identity/group", {"name": f"mid {case.unique}", "member_group_ids": [child]})[
        "id"
    ]
    top = {"name": f"top {case.unique}", "policies": ["side"], "member_group_ids": [parent]}
    case.partners.raw("POST", "identity/group", top)
    return str(case.partners.login(case.person)["client_token"])


def by_userpass(case: Case) -> str:
    accessor = userpass(case.partners, f"up-{case.unique}", token_policies=["side"])
    case.partners.vault.alias(case.id, "somebody", accessor)
    return str(case.partners.raw("POST", f"auth/up-{case.unique}/login/somebody", {"password": "p"})["client_token"])


def by_another_of_our_mounts(case: Case) -> str:
    fields = {"token_policies": ["side"], "role_id": f"r-{case.unique}", "bind_secret_id": True}
    case.partners.raw("POST", f"auth/{APPROLE}/role/side-{case.unique}", fields)
    case.partners.vault.alias(case.id, f"r-{case.unique}", case.partners.accessors[APPROLE])
    secret = case.partners.raw("POST", f"auth/{APPROLE}/role/side-{case.unique}/secret-id", {})["secret_id"]
    body = {"role_id": f"r-{case.unique}", "secret_id": secret}
    return str(case.partners.raw("POST", f"auth/{APPROLE}/login", body)["client_token"])


def by_role_with_policies(case: Case) -> str:
    role = {"role_type": "jwt", "user_claim": "email", "bound_audiences": ["guestlist-partners"]}
    case.partners.raw("POST", f"auth/{JWT}/role/side-{case.unique}", {**role, "token_policies": ["side"]})
    body = {"role": f"side-{case.unique}", "jwt": case.partners.sign({"email": case.person.alias})}
    return str(case.partners.raw("POST", f"auth/{JWT}/login", body)["client_token"])


def by_periodic_child(case: Case) -> str:
    """A vendor that may make tokens for a moment, and keeps one without an end."""
    case.partners.raw(
        "POST",
        "sys/policies/acl/maker",
        {"policy": 'path "auth/token/create" { capabilities = ["create", "update", "sudo"] }'},
    )
    case.partners.vault.attach(case.id, "maker", "side")
    token = case.partners.login(case.person)["client_token"]
    child = case.partners.raw("POST", "auth/token/create", {"policies": ["side"], "period": "1h"}, token=token)
    case.partners.raw("POST", f"identity/entity/id/{case.id}", {"policies": []})
    return str(child["client_token"])


def by_static_token(case: Case) -> str:
    """A token for an alias, made by an administrator: a password by another name."""
    case.partners.raw("POST", f"auth/token/roles/r-{case.unique}", {"allowed_entity_aliases": [f"s-{case.unique}"]})
    accessor = str(case.partners.raw("GET", "sys/auth")["token/"]["accessor"])
    case.partners.vault.alias(case.id, f"s-{case.unique}", accessor)
    body = {"entity_alias": f"s-{case.unique}", "policies": ["side"]}
    return str(case.partners.raw("POST", f"auth/token/create/r-{case.unique}", body)["client_token"])


WAYS: Mapping[str, tuple[Callable[[Case], str], set[str]]] = {
    "a policy attached directly": (by_policy, {"policy"}),
    "a group": (by_group, {"group"}),
    "a group in a group in a group": (by_nested_groups, {"group"}),
    "a userpass login of its own": (by_userpass, {"alias", "token"}),
    "another of the vendors' mounts": (by_another_of_our_mounts, {"alias", "token"}),
    "a login role with policies": (by_role_with_policies, {"token"}),
    "a periodic child token": (by_periodic_child, {"token"}),
    "a static token for an alias": (by_static_token, {"alias", "token"}),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_in_is_found_and_closed(
    partners: Partners, kept: VaultConnector, person: Person, unique: str, way: str
) -> None:
    """Whatever was made by hand is seen in one look, taken in one go, and the token that used it is refused."""
    make, kinds = WAYS[way]
    id_ = partners.live(kept, person).id
    token = make(Case(partners, person, id_, unique))
    assert partners.raw.status("GET", SECRET, token=token) == 200
    live = kept.observe(person.sought)
    assert live.complete
    found = held(live, id_)
    assert kinds <= {native.kind for native in found}
    assert all(binding.unremovable is None for binding in found.values())
    roles = [removing(partners, live, native) for native in live.definitions if unique in native.name]
    assert {outcome.status for outcome in kept.apply(roles)} <= {DONE}
    outcomes = list(kept.apply([taking(partners, binding.key) for binding in found.values()]))
    assert {outcome.status for outcome in outcomes} <= {DONE, ALREADY}, [outcome.text for outcome in outcomes]
    assert partners.raw.status("GET", SECRET, token=token) == 403
    again = kept.observe(person.sought)
    assert not held(again, id_)
    assert not [native for native in again.definitions if unique in native.name]
    assert partners.login(person)["entity_id"] == id_
    assert [account.id for account in again.population() if account.id == id_] == [id_]


def test_nothing_names_a_token(partners: Partners, kept: VaultConnector, person: Person, unique: str) -> None:
    """What people see of a token is how it came to be, never the token or its accessor."""
    id_ = partners.live(kept, person).id
    token = by_userpass(Case(partners, person, id_, unique))
    accessor = partners.raw("GET", "auth/token/lookup-self", token=token)["accessor"]
    said = repr(held(kept.observe(person.sought), id_))
    assert f"auth/up-{unique}/login/somebody with side" in said
    assert token not in said
    assert accessor not in said


def test_a_child_in_an_external_group_says_the_whole_path(
    partners: Partners, kept: VaultConnector, person: Person, unique: str
) -> None:
    """What only the identity provider can undo says through which groups the rights come."""
    id_ = partners.live(kept, person).id
    outer = partners.raw("POST", "identity/group", {"name": f"ext-{unique}", "type": "external"})["id"]
    body = {"name": f"crew-{unique}", "mount_accessor": partners.accessors[JWT], "canonical_id": outer}
    partners.raw("POST", "identity/group-alias", body)
    top = {"name": f"top-{unique}", "policies": ["side"], "member_group_ids": [outer]}
    partners.raw("POST", "identity/group", top)
    role = {"role_type": "jwt", "user_claim": "email", "bound_audiences": ["guestlist-partners"]}
    partners.raw("POST", f"auth/{JWT}/role/grouped-{unique}", {**role, "groups_claim": "groups"})
    login = {
        "role": f"grouped-{unique}",
        "jwt": partners.sign({"email": person.alias, "groups": [f"crew-{unique}"]}),
    }
    partners.raw("POST", f"auth/{JWT}/login", login)
    live = kept.observe(person.sought)
    found = held(live, id_)
    why = found[Native("group", f"top-{unique}")].unremovable or ""
    assert f"external group ext-{unique}, and through it in top-{unique}" in why
    assert Native("loginRole", f"{JWT}/grouped-{unique}") in live.definitions
    above = one(kept.apply([taking(partners, BindingKey(id_, Native("group", f"top-{unique}")))]))
    assert above.status is FAILED
    kept_definition = removing(partners, live, Native("loginRole", f"{JWT}/grouped-{unique}"))
    assert one(kept.apply([kept_definition])).status is DONE


def test_a_token_of_nobody_with_a_vendors_policy_is_ended(
    partners: Partners, kept: VaultConnector, unique: str
) -> None:
    """An orphan has no entity; one that carries a policy of the population is known by that."""
    partners.raw("POST", f"sys/policies/acl/vendor_acme_{unique}_r", {"policy": READ})
    body = {"policies": [f"vendor_acme_{unique}_r"], "period": "1h"}
    token = partners.raw("POST", "auth/token/create-orphan", body)["client_token"]
    live = kept.observe(Sought())
    (native,) = [native for native in live.definitions if native.kind == "token" and unique in native.name]
    change = removing(partners, live, native)
    assert [one(kept.apply([change])).status for _ in range(2)] == [DONE, ALREADY]
    assert partners.raw.status("GET", "auth/token/lookup-self", token=token) == 403


def test_a_vendors_alias_on_an_employees_entity_goes_and_nothing_else(
    partners: Partners, kept: VaultConnector, unique: str
) -> None:
    """The vendor no longer acts as the employee, also by no token; the employee's own token and rights stay."""
    accessor = userpass(partners, f"staff-{unique}")
    employee = partners.vault.entity(f"dana-{unique}", policies=["side"])
    partners.vault.alias(employee, "somebody", accessor)
    theirs = partners.raw("POST", f"auth/staff-{unique}/login/somebody", {"password": "p"})["client_token"]
    person = Person()
    partners.made(person)
    alias = partners.raw("GET", f"identity/entity/name/{person.entity}")["aliases"][0]
    partners.raw("POST", f"identity/entity-alias/id/{alias['id']}", {"canonical_id": employee})
    stolen = partners.login(person)["client_token"]
    assert partners.raw.status("GET", SECRET, token=stolen) == 200
    live = kept.observe(person.sought)
    assert not live.accounts[employee].inside
    found = held(live, employee)
    assert {native.kind for native in found} == {"alias", "token"}
    ours = [binding for binding in found.values() if binding.unremovable is None]
    assert {binding.key.native.name for binding in ours} == {f"{JWT}/{person.alias}", f"auth/{JWT}/login"}
    (loud,) = [binding for binding in found.values() if binding.unremovable is not None]
    assert "both a vendor's and a foreign alias" in (loud.unremovable or "")
    assert one(kept.apply([partners.disabling(employee)])).status is FAILED
    assert one(kept.apply([taking(partners, loud.key)])).status is FAILED
    theirs_too = taking(partners, BindingKey(employee, Native("token", f"auth/staff-{unique}/login/somebody")))
    assert one(kept.apply([theirs_too])).status is FAILED
    for binding in sorted(ours, key=lambda binding: binding.key.native.kind):  # the alias first, each in a stage alone
        assert one(kept.apply([taking(partners, binding.key)])).status is DONE
    assert partners.raw.status("GET", SECRET, token=stolen) == 403
    after = partners.raw("GET", f"identity/entity/id/{employee}")
    assert (after["disabled"], after["policies"]) == (False, ["side"])
    assert [alias["mount_path"] for alias in after["aliases"]] == [f"auth/staff-{unique}/"]
    assert partners.raw.status("GET", SECRET, token=theirs) == 200
    again = kept.observe(person.sought)
    assert employee not in again.accounts
    change = partners.updating(person, partners.live(kept, person))
    assert one(kept.apply([change])).status is DONE


def test_an_unlisted_account_that_only_its_mount_selects_is_closed_in_one_run(
    partners: Partners, kept: VaultConnector, unique: str
) -> None:
    """Taking its alias off, which comes first, does not make it a stranger; to a later run it is one."""
    id_ = partners.vault.entity(f"nobody-{unique}", policies=["side"])
    partners.vault.alias(id_, f"{unique}@acme.example", partners.accessors[JWT])
    live = kept.observe(Sought())
    assert live.accounts[id_].inside
    alias = taking(partners, BindingKey(id_, Native("alias", f"{JWT}/{unique}@acme.example")))
    policy = taking(partners, BindingKey(id_, Native("policy", "side")))
    assert one(kept.apply([alias])).status is DONE
    assert one(kept.apply([policy])).status is DONE
    assert one(kept.apply([partners.disabling(id_)])).status is DONE
    after = partners.raw("GET", f"identity/entity/id/{id_}")
    assert (after["disabled"], after["policies"], after["aliases"]) == (True, [], [])
    kept.observe(Sought())
    outcome = one(kept.apply([partners.disabling(id_)]))
    assert (outcome.status, "outside the population" in outcome.text) == (FAILED, True)


def test_an_alias_that_somebody_else_moved_meanwhile_selects_nobody(
    partners: Partners, kept: VaultConnector, unique: str
) -> None:
    """Only what guestlist itself has taken off is remembered: another's move is believed."""
    id_ = partners.vault.entity(f"moved-{unique}")
    partners.vault.alias(id_, f"{unique}@acme.example", partners.accessors[JWT])
    assert kept.observe(Sought()).accounts[id_].inside
    (alias,) = partners.raw("GET", f"identity/entity/id/{id_}")["aliases"]
    partners.raw("DELETE", f"identity/entity-alias/id/{alias['id']}")
    assert one(kept.apply([partners.disabling(id_)])).status is FAILED
    assert not partners.raw("GET", f"identity/entity/id/{id_}")["disabled"]


@pytest.mark.parametrize("doubt", ["foreign alias", "merged"])
def test_what_is_ours_goes_from_an_entity_that_an_employee_may_be_behind(
    partners: Partners, kept: VaultConnector, unique: str, doubt: str
) -> None:
    """Our policy and alias go; it is never disabled, and what an employee may need stays; it is said until cleared."""
    person = Person()
    id_ = partners.made(person)
    partners.raw("POST", f"sys/policies/acl/{person.entity}_r", {"policy": READ})
    partners.vault.attach(id_, f"{person.entity}_r", "employees-own")
    if doubt == "merged":
        other = partners.vault.entity(f"colleague-{unique}")
        partners.raw("POST", "identity/entity/merge", {"from_entity_ids": [other], "to_entity_id": id_})
    else:
        accessor = userpass(partners, f"all-{unique}")
        partners.vault.alias(partners.vault.entity(f"staff-{unique}"), "another", accessor)
        partners.vault.alias(id_, "somebody", accessor)
    live = kept.observe(person.sought)
    assert not live.accounts[id_].inside
    found = held(live, id_)
    loud = [binding for binding in found.values() if binding.unremovable]
    assert len(loud) == 1
    assert "an employee may be behind it" in (loud[0].unremovable or "")
    assert Native("policy", "employees-own") not in found
    outcomes = list(kept.apply([taking(partners, b.key) for b in found.values() if not b.unremovable]))
    assert {outcome.status for outcome in outcomes} == {DONE}
    foreign = taking(partners, BindingKey(id_, Native("policy", "employees-own")))
    assert one(kept.apply([foreign])).status is FAILED
    assert one(kept.apply([partners.disabling(id_)])).status is FAILED
    grant = GrantBinding(
        target="vault",
        stable_id=partners.vault.stable_id,
        reasons=WHY,
        account=id_,
        native=Native("policy", f"{person.entity}_r"),
    )
    assert one(kept.apply([grant])).status is FAILED
    after = partners.raw("GET", f"identity/entity/id/{id_}")
    assert (after["disabled"], after["policies"]) == (False, ["employees-own"])
    assert JWT not in str(after["aliases"])
    partners.raw("DELETE", f"identity/entity/id/{id_}")


def test_login_roles_of_a_mount_that_guestlist_does_not_keep_are_left_unless_they_escape(
    partners: Partners, unique: str
) -> None:
    """Only a role whose tokens would carry what identity cannot take away is drift there."""
    partners.raw("POST", f"sys/auth/other-{unique}", {"type": "approle"})
    partners.raw("POST", f"auth/other-{unique}/role/fine", {"token_ttl": "10m"})
    escapes = {"policies": {"token_policies": ["x"]}, "batch": {"token_type": "batch"}, "ever": {"token_period": "1h"}}
    for name, fields in escapes.items():
        partners.raw("POST", f"auth/other-{unique}/role/{name}", fields)
    settings: dict[str, Any] = {"population": {"any": {"prefix": "vendor_", "mounts": [f"other-{unique}"]}}}
    with partners.connector(target=spec(**settings)) as connector:
        live = connector.observe(Sought())
        found = {native for native in live.definitions if native.name.startswith(f"other-{unique}/")}
        assert found == {Native("loginRole", f"other-{unique}/{name}") for name in escapes}
        assert {outcome.status for outcome in connector.apply([removing(partners, live, n) for n in found])} == {DONE}
    assert list(partners.raw("LIST", f"auth/other-{unique}/role")["keys"]) == ["fine"]


def test_login_roles_of_employees_are_never_written(partners: Partners, kept: VaultConnector, unique: str) -> None:
    """Whatever a plan might say, a role on a mount that is not the vendors' is refused here once more."""
    partners.raw("POST", f"sys/auth/crew-{unique}", {"type": "approle"})
    partners.raw("POST", f"auth/crew-{unique}/role/deploy", {"token_policies": ["platform"]})
    change = DeleteRole(
        target="vault",
        stable_id=partners.vault.stable_id,
        reasons=WHY,
        native=Native("loginRole", f"crew-{unique}/deploy"),
    )
    outcome = one(kept.apply([change]))
    assert outcome.status is FAILED
    assert partners.raw("GET", f"auth/crew-{unique}/role/deploy")["token_policies"] == ["platform"]


def test_our_own_token_can_write_no_role_that_gives_policies(partners: Partners, unique: str) -> None:
    """The least rights let login roles be kept, and none be made that gives anything by itself."""
    fine = {"role_type": "jwt", "user_claim": "email", "bound_audiences": ["x"]}
    path = f"auth/{JWT}/role/least-{unique}"
    for extra in (
        {"token_policies": ["side"]},
        {"policies": ["side"]},
        {"token_type": "batch"},
        {"token_period": "1h"},
    ):
        assert partners.raw.status("POST", path, {**fine, **extra}, token=partners.token) == 403
    assert partners.raw.status("POST", path, {**fine, "token_policies": []}, token=partners.token) == 204
    assert partners.raw.status("DELETE", path, token=partners.token) == 204


def test_more_tokens_than_settings_allow_are_said_and_not_read(partners: Partners, person: Person) -> None:
    """The price is one call a token; past the limit nobody is told that there are none."""
    with partners.connector(target=spec(mostTokens=0)) as connector:
        live = connector.observe(person.sought)
    assert live.complete
    assert any("more than 0 tokens" in note for note in live.notes)


def test_tokens_that_cannot_be_listed_are_a_gap(vault: VaultWorld) -> None:
    """Who gave us no right to look must not read that nobody has a token."""
    rights = vault.raw("GET", "sys/policies/acl/guestlist-reconciler")["policy"]
    rights = rights.replace('path "auth/token/accessors"', 'path "auth/token/nothing"')
    vault.raw("POST", "sys/policies/acl/no-look", {"policy": rights})
    token = vault.raw("POST", "auth/token/create", {"policies": ["no-look"]})["client_token"]
    connector = vault.connector(token=token)
    live = connector.observe(Sought())
    connector.close()
    assert not live.complete
    assert any("auth/token/accessors" in gap for gap in live.gaps)
