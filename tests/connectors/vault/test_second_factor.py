"""The server's own second factor for vendors whose tier demands it, on a real server."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from connectors.vault.connector import VaultConnector
from connectors.vault.declarations import VaultTarget
from reconciler.model import Native
from reconciler.plan.changes import DeleteRole
from reconciler.ports import Outcome, OutcomeStatus
from tests.connectors.vault.partners import JWT, Partners, Person, spec
from tests.contract.vault_world import WHY, VaultWorld

DONE, ALREADY, FAILED = OutcomeStatus.DONE, OutcomeStatus.ALREADY, OutcomeStatus.FAILED
RULE = "identity/mfa/login-enforcement/vendor_mfa"


@pytest.fixture(scope="module")
def partners(vault: VaultWorld) -> Iterator[Partners]:
    made = Partners(vault)
    made.raw("POST", "identity/mfa/method/totp", {"method_name": "partners-totp", "issuer": "guestlist"})
    yield made
    for name in made.raw.keys("identity/mfa/login-enforcement"):
        made.raw("DELETE", f"identity/mfa/login-enforcement/{name}")


@pytest.fixture(scope="module")
def asking() -> VaultTarget:
    return spec(mfa={"tiers": ["critical", "high"], "methods": ["partners-totp"]})


@pytest.fixture
def kept(partners: Partners, asking: VaultTarget) -> Iterator[VaultConnector]:
    with partners.connector(target=asking) as made:
        yield made


def one(outcomes: Iterator[Outcome]) -> Outcome:
    (outcome,) = outcomes
    return outcome


def asked(partners: Partners, person: Person) -> bool:
    """Whether a login gives a token only after a second factor."""
    auth = partners.login(person)
    return auth["mfa_requirement"] is not None and not auth["client_token"]


def test_whose_tier_demands_it_is_asked_from_the_first_login(
    partners: Partners, kept: VaultConnector, asking: VaultTarget
) -> None:
    """Humans and personas are; automations, and vendors of another tier, are not."""
    human, persona = Person(target=asking), Person("persona", target=asking)
    machine, low = Person("automation", target=asking), Person(target=asking, tier="low")
    changes = [partners.creating(person) for person in (human, persona, machine, low)]
    assert {outcome.status for outcome in kept.apply(changes)} == {DONE}
    assert [asked(partners, person) for person in (human, persona, machine, low)] == [True, True, False, False]
    for person in (human, persona, machine, low):
        assert partners.updating(person, partners.live(kept, person)).attributes == {}


EDITS: Mapping[str, Callable[[Partners, str], None]] = {
    "the rule removed": lambda partners, _: partners.raw("DELETE", RULE),
    "taken off the rule": lambda partners, id_: edit(partners, identity_entity_ids=without(partners, id_)),
    "a weaker method beside it": lambda partners, _: edit(
        partners, mfa_method_ids=[*methods(partners), weaker(partners)]
    ),
    "others put on the rule": lambda partners, _: edit(partners, auth_method_types=["userpass"]),
}


def edit(partners: Partners, **fields: object) -> None:
    kept = {"mfa_method_ids", "identity_entity_ids"}
    partners.raw("POST", RULE, {key: value for key, value in partners.raw("GET", RULE).items() if key in kept} | fields)


def without(partners: Partners, id_: str) -> list[str]:
    return [one for one in partners.raw("GET", RULE)["identity_entity_ids"] if one != id_]


def methods(partners: Partners) -> list[str]:
    return list(partners.raw("GET", RULE)["mfa_method_ids"])


def weaker(partners: Partners) -> str:
    return str(partners.raw("POST", "identity/mfa/method/totp", {"issuer": "weaker"})["method_id"])


@pytest.mark.parametrize("way", EDITS)
def test_what_weakens_it_is_drift_and_repaired(
    partners: Partners, kept: VaultConnector, asking: VaultTarget, way: str
) -> None:
    """Compared with everything the rule says; whoever else is on it stays on it."""
    person, other = Person(target=asking), Person(target=asking)
    list(kept.apply([partners.creating(person), partners.creating(other)]))
    id_ = partners.live(kept, person).id
    EDITS[way](partners, id_)
    change = partners.updating(person, partners.live(kept, person))
    assert set(change.attributes) == {"mfa"}
    assert one(kept.apply([change])).status is DONE
    assert one(kept.apply([change])).status is ALREADY
    assert asked(partners, person)
    assert partners.raw("GET", RULE)["auth_method_types"] == []
    repaired = partners.updating(other, partners.live(kept, other))
    assert {outcome.status for outcome in kept.apply([repaired] if repaired.attributes else [])} <= {DONE}
    assert asked(partners, other)


def test_another_rule_of_the_population_is_undeclared(partners: Partners, kept: VaultConnector) -> None:
    """A rule that claims to be the population's is removed; anybody else's is never seen or written."""
    method = partners.raw("LIST", "identity/mfa/method")["keys"][0]
    body = {"mfa_method_ids": [method], "auth_method_types": ["userpass"]}
    for name in ("vendor_lockout", "employees"):
        partners.raw("POST", f"identity/mfa/login-enforcement/{name}", body)
    live = kept.observe(Person().sought)
    found = [native for native in live.definitions if native.kind == "mfaEnforcement"]
    assert found == [Native("mfaEnforcement", "vendor_lockout")]

    def removing(name: str) -> Outcome:
        change = DeleteRole(
            target="vault",
            stable_id=partners.vault.stable_id,
            reasons=WHY,
            native=Native("mfaEnforcement", name),
        )
        return one(kept.apply([change]))

    assert [removing(name).status for name in ("vendor_lockout", "vendor_lockout", "employees", "vendor_mfa")] == [
        DONE,
        ALREADY,
        FAILED,
        FAILED,
    ]
    assert partners.raw("GET", "identity/mfa/login-enforcement/employees")["auth_method_types"] == ["userpass"]


def test_a_method_that_does_not_exist_lets_nobody_in(partners: Partners) -> None:
    """Without the method there is no second factor, so there is no alias and no login role either."""
    target = spec(mfa={"tiers": ["high"], "methods": ["nothing-of-this-name"]})
    person = Person(target=target)
    with partners.connector(target=target) as connector:
        outcome = one(connector.apply([partners.creating(person)]))
        account = partners.live(connector, person)
        said = [finding.text for finding in connector.diagnose() if finding.topic == "second factor"]
    assert outcome.status is FAILED
    assert "no MFA method called nothing-of-this-name" in outcome.text
    assert "no MFA method called nothing-of-this-name" in account.fixed["mfa"]
    assert said == [account.fixed["mfa"]]
    assert partners.raw.status("GET", f"auth/{JWT}/role/{person.entity}") == 404
