"""Accounts of vendors, from nothing to gone, on the real server with the least rights."""

import json
from collections.abc import Callable, Iterator, Mapping

import pytest

from connectors.vault.connector import VaultConnector
from reconciler.model import Native
from reconciler.plan.changes import GrantBinding
from reconciler.ports import Outcome, OutcomeStatus
from tests.connectors.vault.database import database
from tests.connectors.vault.partners import APPROLE, JWT, READ, SECRET, Partners, Person, spec
from tests.contract.vault_world import WHY, VaultWorld

DONE, ALREADY, FAILED = OutcomeStatus.DONE, OutcomeStatus.ALREADY, OutcomeStatus.FAILED


@pytest.fixture(scope="module")
def partners(vault: VaultWorld) -> Partners:
    return Partners(vault)


@pytest.fixture
def kept(partners: Partners) -> Iterator[VaultConnector]:
    with partners.connector() as made:
        yield made


def one(outcomes: Iterator[Outcome]) -> Outcome:
    (outcome,) = outcomes
    return outcome


def test_a_declared_person_gets_an_account_and_can_log_in_as_nobody_else(
    partners: Partners, kept: VaultConnector
) -> None:
    """Entity, alias and login role: created once, right at once, and for this one claim, audience and network alone."""
    person = Person()
    outcome = one(kept.apply([partners.creating(person)]))
    assert (outcome.status, outcome.text) == (DONE, "")
    assert one(kept.apply([partners.creating(person)])).status is FAILED
    account = partners.live(kept, person)
    assert account.inside
    assert {name: account.attributes[name] for name in person.asked} == person.asked
    auth = partners.login(person)
    assert auth["entity_id"] == account.id
    assert (auth["policies"], auth["lease_duration"], auth["token_type"]) == ([], 900, "service")
    assert auth["metadata"] == {"role": person.entity, "subject": "S-1"}
    assert partners.refuses(person, email="mallory@acme.example")
    assert partners.refuses(person, aud="somebody-else")


def test_a_vendor_elsewhere_cannot_log_in(partners: Partners, kept: VaultConnector) -> None:
    """The token is bound to the vendor's declared networks: from another one the login is refused."""
    person = Person(networks=["192.0.2.0/24"])
    assert one(kept.apply([partners.creating(person)])).status is DONE
    assert partners.refuses(person)


def test_a_reused_alias_is_told_by_its_subject(partners: Partners, kept: VaultConnector) -> None:
    """An e-mail can be given to somebody else; the provider's subject cannot."""
    person = Person(subject="S-77")
    assert one(kept.apply([partners.creating(person)])).status is DONE
    assert partners.refuses(person, sub="S-1")
    assert partners.login(person, sub="S-77")["client_token"]


def test_a_persona_says_who_acts_behind_it(partners: Partners, kept: VaultConnector) -> None:
    """Its own entity, with who answers for it, and the acting subject on each token."""
    person = Person("persona")
    kept.apply([partners.creating(person)])
    assert one(kept.apply([partners.creating(person)])).status is DONE
    live = partners.raw("GET", f"identity/entity/name/{person.entity}")["metadata"]
    assert live == {
        "kind": "persona",
        "login": f"{JWT}/{person.alias}",
        "on_behalf_of": "maria",
        "principal": person.name,
        "sponsor": "dana.reyes",
        "vendor": "acme",
    }
    assert partners.login(person, sub="human-9")["metadata"]["subject"] == "human-9"


def test_what_is_granted_in_the_same_plan_reaches_the_new_account(partners: Partners, kept: VaultConnector) -> None:
    """The provisional id of a plan becomes the real one for the later stages of the same run, and of no other."""
    person = Person()
    partners.raw("POST", f"sys/policies/acl/{person.entity}_r", {"policy": READ})
    grant = GrantBinding(
        target="vault",
        stable_id=partners.vault.stable_id,
        reasons=WHY,
        account=person.provisional,
        native=Native("policy", f"{person.entity}_r"),
    )
    assert one(kept.apply([grant])).status is FAILED
    assert one(kept.apply([partners.creating(person)])).status is DONE
    outcome = one(kept.apply([grant]))
    assert (outcome.status, outcome.change) == (DONE, grant)
    assert partners.raw.status("GET", SECRET, token=partners.login(person)["client_token"]) == 200


def test_an_automation_gets_an_approle_whose_secret_id_guestlist_never_sees(
    partners: Partners, kept: VaultConnector
) -> None:
    """Bound, short and counted; the owner is told how to fetch it wrapped, and our own token cannot make one."""
    person = Person("automation", APPROLE)
    outcome = one(kept.apply([partners.creating(person)]))
    assert outcome.status is DONE
    assert f"bao write -wrap-ttl=5m -f auth/{APPROLE}/role/{person.entity}/secret-id" in outcome.text
    role = partners.raw("GET", f"auth/{APPROLE}/role/{person.entity}")
    assert (role["secret_id_ttl"], role["secret_id_num_uses"]) == (3600, 3)
    assert (role["secret_id_bound_cidrs"], role["token_bound_cidrs"]) == (["127.0.0.0/8"], ["127.0.0.0/8"])
    path = f"auth/{APPROLE}/role/{person.entity}/secret-id"
    assert partners.raw.status("POST", path, {}, token=partners.token) == 403
    assert partners.raw.status("POST", path, {"token_policies": []}, token=partners.token) == 403
    secret = partners.raw("POST", path, {})["secret_id"]
    auth = partners.raw("POST", f"auth/{APPROLE}/login", {"role_id": person.alias, "secret_id": secret})
    assert auth["entity_id"] == partners.live(kept, person).id


def test_a_half_made_account_is_finished(partners: Partners, kept: VaultConnector) -> None:
    """A run that was killed after the entity leaves one that the next plan finds by what it says of itself."""
    person = Person()
    metadata = json.loads(person.asked["metadata"])
    partners.raw("POST", f"identity/entity/name/{person.entity}", {"metadata": metadata})
    change = partners.updating(person, partners.live(kept, person))
    assert set(change.attributes) == {"alias", "login"}
    assert one(kept.apply([change])).status is DONE
    assert partners.login(person)["entity_id"] == partners.live(kept, person).id
    assert partners.updating(person, partners.live(kept, person)).attributes == {}


def test_an_entity_of_somebody_elses_making_is_not_taken_for_a_new_one(
    partners: Partners, kept: VaultConnector
) -> None:
    """What already stands under the name, with rights of its own, is seen first and judged first."""
    person = Person()
    partners.vault.entity(person.entity, policies=["platform-admin"])
    outcome = one(kept.apply([partners.creating(person)]))
    assert outcome.status is FAILED
    assert "run again" in outcome.text


EDITS: Mapping[str, Callable[[Partners, str], object]] = {
    "templated metadata": lambda p, e: p.raw("POST", f"identity/entity/name/{e}", {"metadata": {"tenant": "other"}}),
    "policies on tokens": lambda p, e: p.raw("POST", f"auth/{JWT}/role/{e}", role(p, e, token_policies=["platform"])),
    "other users": lambda p, e: p.raw("POST", f"auth/{JWT}/role/{e}", role(p, e, bound_claims={"email": ["x@y.z"]})),
    "any user": lambda p, e: p.raw("POST", f"auth/{JWT}/role/{e}", role(p, e, bound_claims={})),
    "any network": lambda p, e: p.raw("POST", f"auth/{JWT}/role/{e}", role(p, e, token_bound_cidrs=[])),
    "long tokens": lambda p, e: p.raw("POST", f"auth/{JWT}/role/{e}", role(p, e, token_max_ttl=0)),
    "batch tokens": lambda p, e: p.raw("POST", f"auth/{JWT}/role/{e}", role(p, e, token_type="batch")),
    "periodic tokens": lambda p, e: p.raw("POST", f"auth/{JWT}/role/{e}", role(p, e, token_period=3600)),
    "other audiences": lambda p, e: p.raw("POST", f"auth/{JWT}/role/{e}", role(p, e, bound_audiences=["x"])),
    "groups": lambda p, e: p.raw("POST", f"auth/{JWT}/role/{e}", role(p, e, groups_claim="groups")),
    "no role": lambda p, e: p.raw("DELETE", f"auth/{JWT}/role/{e}"),
}


def role(partners: Partners, name: str, **edited: object) -> dict[str, object]:
    return {**partners.raw("GET", f"auth/{JWT}/role/{name}"), **edited}


@pytest.mark.parametrize("edit", EDITS)
def test_what_somebody_edits_of_an_account_is_seen_and_put_right(
    partners: Partners, kept: VaultConnector, edit: str
) -> None:
    """Every field of a login role and all metadata count; repaired once, nothing is left to do."""
    person = Person()
    partners.made(person)
    EDITS[edit](partners, person.entity)
    live = partners.live(kept, person)
    change = partners.updating(person, live)
    assert change.attributes
    assert one(kept.apply([change])).status is DONE
    assert partners.updating(person, partners.live(kept, person)).attributes == {}
    assert one(kept.apply([change])).status is ALREADY
    auth = partners.login(person)
    assert (auth["policies"], auth["entity_id"]) == ([], live.id)


def test_an_edit_after_the_plan_is_never_overwritten(partners: Partners, kept: VaultConnector) -> None:
    """What the plan has not seen is neither undone nor hidden: the change fails, and the next plan sees it."""
    person = Person()
    partners.made(person)
    partners.raw("POST", f"auth/{JWT}/role/{person.entity}", role(partners, person.entity, token_bound_cidrs=[]))
    change = partners.updating(person, partners.live(kept, person))
    partners.raw("POST", f"auth/{JWT}/role/{person.entity}", role(partners, person.entity, bound_audiences=["y"]))
    outcome = one(kept.apply([change]))
    assert outcome.status is FAILED
    assert "changed meanwhile; run again" in outcome.text
    assert role(partners, person.entity)["bound_audiences"] == ["y"]


def test_an_alias_of_somebody_else_is_never_taken(partners: Partners, kept: VaultConnector) -> None:
    """The server would move an alias without a word; guestlist looks whose it is."""
    person = Person()
    employee = partners.vault.entity(f"employee-{person.name}")
    partners.vault.alias(employee, person.alias, partners.accessors[JWT])
    outcome = one(kept.apply([partners.creating(person)]))
    assert outcome.status is FAILED
    assert "belongs to another entity" in outcome.text
    assert [alias["name"] for alias in partners.raw("GET", f"identity/entity/id/{employee}")["aliases"]] == [
        person.alias
    ]
    partners.raw("DELETE", f"identity/entity/id/{employee}")


def test_a_closed_person_has_no_way_in_and_nothing_left(partners: Partners, kept: VaultConnector) -> None:
    """Token, session, lease, login role and alias end; what is read back proves it; the vendor's own hands agree."""
    person = Person()
    id_ = partners.made(person)
    partners.raw("POST", f"sys/policies/acl/{person.entity}_r", {"policy": READ})
    partners.vault.attach(id_, f"{person.entity}_r")
    token = partners.login(person)["client_token"]
    assert partners.raw.status("GET", SECRET, token=token) == 200
    assert kept.residue([id_])
    kept.observe(person.sought)
    assert one(kept.apply([partners.disabling(id_)])).status is DONE
    assert list(kept.residue([id_])) == []
    assert partners.raw.status("GET", SECRET, token=token) == 403
    assert partners.raw.status("GET", "auth/token/lookup-self", token=token) == 403
    assert partners.raw.status("POST", "sys/capabilities", {"token": token, "paths": [SECRET]}) == 400
    assert partners.refuses(person)
    assert partners.raw.status("GET", f"auth/{JWT}/role/{person.entity}") == 404
    closed = partners.live(kept, person)
    assert (closed.id, closed.enabled, closed.lingering) == (id_, False, False)
    assert not partners.raw("GET", f"identity/entity/id/{id_}")["aliases"]
    assert one(kept.apply([partners.disabling(id_)])).status is ALREADY


@pytest.mark.parametrize("when", ["before the repair", "after the repair"])
@pytest.mark.parametrize("loose", [{"secret_id_ttl": 0}, {"secret_id_ttl": "48h"}, {"secret_id_num_uses": 0}])
def test_a_secret_id_that_outlives_its_role_is_found_and_destroyed(
    partners: Partners, kept: VaultConnector, when: str, loose: dict[str, object]
) -> None:
    """It keeps the life that it was made with; one that is as short as declared stays."""
    person = Person("automation", APPROLE)
    assert one(kept.apply([partners.creating(person)])).status is DONE
    path = f"auth/{APPROLE}/role/{person.entity}"
    strict = {name: value for name, value in partners.raw("GET", path).items() if name != "local_secret_ids"}
    short = partners.raw("POST", f"{path}/secret-id", {})["secret_id"]
    partners.raw("POST", path, {**strict, **loose})
    long = partners.raw("POST", f"{path}/secret-id", {})["secret_id"]
    if when == "after the repair":
        partners.raw("POST", path, strict)
    account = partners.live(kept, person)
    assert account.attributes["login"] != person.asked["login"]
    assert ("secret_ids_that_outlive_it" in account.attributes["login"]) == (when == "after the repair")
    outcome = one(kept.apply([partners.updating(person, account)]))
    assert (outcome.status, outcome.text.partition(";")[0]) == (DONE, "1 secret ids destroyed that outlived it")
    logins = {
        secret: partners.raw.status("POST", f"auth/{APPROLE}/login", {"role_id": person.alias, "secret_id": secret})
        for secret in (short, long)
    }
    assert logins == {short: 200, long: 400}
    assert partners.live(kept, person).attributes["login"] == person.asked["login"]


def test_a_closed_automation_has_no_secret_id_left(partners: Partners, kept: VaultConnector) -> None:
    """Every secret id is destroyed with the role; one that was fetched before lets nobody in, also after reopening."""
    person = Person("automation", APPROLE)
    id_ = partners.made(person)
    path = f"auth/{APPROLE}/role/{person.entity}/secret-id"
    secret = partners.raw("POST", path, {})["secret_id"]
    body = {"role_id": person.alias, "secret_id": secret}
    token = partners.raw("POST", f"auth/{APPROLE}/login", body)["client_token"]
    kept.observe(person.sought)
    assert any("1 secret ids" in text for text in kept.residue([id_]))
    assert one(kept.apply([partners.disabling(id_)])).status is DONE
    assert list(kept.residue([id_])) == []
    assert partners.raw.status("GET", "auth/token/lookup-self", token=token) == 403
    assert partners.raw.status("POST", f"auth/{APPROLE}/login", body) == 400
    change = partners.updating(person, partners.live(kept, person))
    assert one(kept.apply([change])).status is DONE
    assert one(kept.apply([partners.enabling(id_)])).status is DONE
    assert partners.raw.status("POST", f"auth/{APPROLE}/login", body) == 400


def test_somebody_declared_again_is_found_without_an_alias_and_put_right(
    partners: Partners, kept: VaultConnector
) -> None:
    """A closed account is known by what its entity says of itself, and comes back with the same entity."""
    person = Person()
    id_ = partners.made(person)
    token = partners.login(person)["client_token"]
    kept.observe(person.sought)
    kept_closed = one(kept.apply([partners.disabling(id_)]))
    assert kept_closed.status is DONE
    change = partners.updating(person, partners.live(kept, person))
    assert set(change.attributes) == {"alias", "login"}
    assert [one(kept.apply([step])).status for step in (change, partners.enabling(id_))] == [DONE, DONE]
    assert partners.raw.status("GET", "auth/token/lookup-self", token=token) == 403
    assert partners.login(person)["entity_id"] == id_
    assert partners.updating(person, partners.live(kept, person)).attributes == {}


def test_a_way_in_made_for_a_closed_account_is_closed_again(partners: Partners, kept: VaultConnector) -> None:
    """A role that somebody makes for a disabled account makes it linger, so that it is closed once more."""
    person = Person()
    id_ = partners.made(person)
    kept.observe(person.sought)
    assert one(kept.apply([partners.disabling(id_)])).status is DONE
    partners.raw("POST", f"auth/{JWT}/role/{person.entity}", {**role_for(person), "token_policies": ["x"]})
    assert partners.live(kept, person).lingering
    assert one(kept.apply([partners.disabling(id_)])).status is DONE
    assert not partners.live(kept, person).lingering


def role_for(person: Person) -> dict[str, object]:
    claims = {"email": [person.alias]}
    return {"role_type": "jwt", "user_claim": "email", "bound_audiences": ["x"], "bound_claims": claims}


def test_an_account_is_retired_for_good(partners: Partners) -> None:
    """Where Settings say so, a closed entity is deleted; its name is free."""
    target = spec(deactivateAfter=30)
    person = Person(target=target)
    id_ = partners.made(person)
    with partners.connector(target=target) as connector:
        connector.observe(person.sought)
        assert one(connector.apply([partners.disabling(id_)])).status is DONE
        assert one(connector.apply([partners.disabling(id_, retired=True)])).status is DONE
    assert partners.raw.status("GET", f"identity/entity/id/{id_}") == 404


def test_a_second_look_plans_nothing_with_every_kind_of_principal(partners: Partners, kept: VaultConnector) -> None:
    """Humans, personas and automations are as declared after one run, in the server's own words."""
    people = [Person(), Person("persona"), Person("automation"), Person("automation", APPROLE)]
    assert {outcome.status for outcome in kept.apply([partners.creating(person) for person in people])} == {DONE}
    for person in people:
        assert partners.updating(person, partners.live(kept, person)).attributes == {}
    names = {native.name for native in kept.observe(people[0].sought).definitions if native.kind == "loginRole"}
    assert names.isdisjoint({f"{person.mount}/{person.entity}" for person in people})


def test_a_lease_ends_with_the_token_that_it_was_given_to(partners: Partners, kept: VaultConnector) -> None:
    """A database user that was issued is gone with the account: the lease is not there, and cannot be renewed."""
    person = Person()
    id_ = partners.made(person)
    base = f"db-{person.name}"
    partners.raw("POST", f"sys/mounts/{base}", {"type": "database"})
    with database() as users:
        connection = {"plugin_name": "influxdb-database-plugin", "host": "127.0.0.1", "port": users.port}
        config = {**connection, "username": "root", "password": "x", "allowed_roles": "*"}
        partners.raw("POST", f"{base}/config/users", config)
        partners.raw("POST", f"{base}/roles/app", {"db_name": "users", "default_ttl": "1h", "max_ttl": "2h"})
        issue = f'path "{base}/creds/app" {{ capabilities = ["read"] }}'
        partners.raw("POST", f"sys/policies/acl/{person.entity}_r", {"policy": issue})
        partners.vault.attach(id_, f"{person.entity}_r")
        token = partners.login(person)["client_token"]
        assert partners.raw("GET", f"{base}/creds/app", token=token)["username"]
        (lease,) = partners.raw("LIST", f"sys/leases/lookup/{base}/creds/app")["keys"]
        path = f"{base}/creds/app/{lease}"
        kept.observe(person.sought)
        assert one(kept.apply([partners.disabling(id_)])).status is DONE
        assert partners.raw.status("POST", "sys/leases/lookup", {"lease_id": path}) == 400
        assert partners.raw.status("POST", "sys/leases/renew", {"lease_id": path}) == 400
