"""Roles that use what somebody else keeps: said precisely, given and taken as it is, never made or removed."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.vault import CONNECTOR
from connectors.vault.connector import VaultConnector
from connectors.vault.declarations import VaultRole, VaultTarget
from connectors.vault.existing import Existing
from connectors.vault.mapping import Group, Policy, Token
from connectors.vault.population import Population
from connectors.vault.rotation import learned
from reconciler.desired.kinds import Compiled
from reconciler.errors import DeclarationError
from reconciler.model import Live, Native, ReasonCode
from reconciler.plan.changes import GrantBinding
from reconciler.ports import OutcomeStatus, Sought
from tests.contract.vault_world import WHY, VaultWorld, target_spec
from tests.contract.worlds import Fault, FaultProxy

UNTIL = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=9)
READS = 'path "secret/data/shared/db" { capabilities = ["read"] }'
RULES = 'path "sys/policies/acl/*" { capabilities = ["update"] }'


def used(**uses: str) -> VaultRole:
    return VaultRole.model_validate({"connector": "vault", "uses": uses})


def compiled(role: VaultRole, target: VaultTarget | None = None) -> Sequence[Compiled]:
    return CONNECTOR.schema.compile("r", role, target=target or target_spec(), vendor="v", principal="p", scope=())


# What a declaration may say


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ({"uses": {"policy": "default"}}, "the server's own"),
        ({"uses": {"policy": "ROOT"}}, "the server's own"),
        ({"uses": {"policy": "Vendor_acme_m_reader"}}, "say objects and actions"),
        ({"uses": {"group": "vendor_all"}}, "say objects and actions"),
        ({"uses": {}}, "a policy, or a group"),
        ({"uses": {"policy": "a", "group": "b"}}, "a policy, or a group"),
        ({"uses": {"policy": "a\nb"}}, "pattern"),
        ({"uses": {"policy": "a"}, "policy": READS}, "says nothing else"),
        ({"uses": {"policy": "a"}, "longest": "1h"}, "says nothing else"),
        (
            {"uses": {"group": "a"}, "objects": [{"engine": "kv", "mount": "s", "path": "a"}], "actions": ["read"]},
            "says nothing else",
        ),
        ({}, "or uses what exists"),
    ],
)
def test_what_it_may_not_say_is_refused_with_a_sentence(spec: dict[str, object], what: str) -> None:
    with pytest.raises(ValidationError) as refused:
        VaultRole.model_validate({"connector": "vault", **spec})
    assert what in str(refused.value)


def test_it_means_what_exists_and_defines_nothing() -> None:
    """Policies ignore case and are lower-case everywhere; groups are called as the server writes them."""
    assert compiled(used(policy="Platform-Reader")) == (Compiled(Native("policy", "platform-reader")),)
    assert compiled(used(group="Support Team")) == (Compiled(Native("group", "Support Team")),)


def test_it_is_refused_where_tenants_are_walled_off_and_where_the_name_is_ours() -> None:
    walled = target_spec().model_dump(mode="json", by_alias=True, exclude_none=True)
    walled["paths"] = {"kv": {"mount": "secret", "path": "{tenant}/{application}"}}
    with pytest.raises(DeclarationError, match="nobody can say which tenants the group team reaches"):
        compiled(used(group="team"), VaultTarget.model_validate(walled))
    with pytest.raises(DeclarationError, match="removes what nobody declares of that name"):
        compiled(used(policy="vendors"), target_spec(any={"prefix": "vend"}))


def test_whoever_held_it_could_learn_what_it_opens() -> None:
    (item,) = learned(used(group="team"), target_spec())
    assert (item.kind, item.name, item.rotates) == ("group", "team", False)


# What it really allows

NAMES = ("a", "b", "c", "d")


@given(
    parents=st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES))),
    policies=st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(["reads", "rules", "gone", "hidden"]))),
)
def test_a_group_is_as_dangerous_as_everything_above_it(
    parents: dict[str, set[str]], policies: dict[str, set[str]]
) -> None:
    """Also in circles; and of what could not be read nothing is said, but an obstacle."""
    groups = {
        name: Group(
            id=name,
            name=name,
            type="internal",
            policies=tuple(sorted(policies.get(name, ()))),
            member_entity_ids=(),
            parent_group_ids=tuple(sorted(parents.get(name, ()))),
        )
        for name in NAMES
    }
    read = {"reads": Policy(name="reads", policy=READS), "rules": Policy(name="rules", policy=RULES)}
    there = Existing(read, frozenset({"hidden"}), groups, frozenset(NAMES))
    own = Population(target_spec().population, Token(display_name="", entity_id="", policies=("me",), ttl=0))
    above, ways = {"a"}, ["a"]
    while ways:
        new = parents.get(ways.pop(), set()) - above
        above |= new
        ways += new
    given_ = {policy for name in above for policy in policies.get(name, ())}
    native = Native("group", "a")
    risks, obstacles = there.risks([native], own), there.obstacles([native], own)
    if "hidden" in given_:
        assert native not in risks
        assert obstacles[native, ()].code is ReasonCode.UNREADABLE
    else:
        flags = {risk.flag for risk in risks[native]}
        assert flags == {flag for name, flag in (("reads", "read-secret"), ("rules", "administer")) if name in given_}
        assert not obstacles


# On the real server


@pytest.fixture
def shared(vault: VaultWorld, unique: str) -> Iterator[tuple[str, str]]:
    """A policy and a group of somebody else's; the group gives what it says through one above it."""
    policy, group = f"shared-{unique}", f"Team {unique}"
    vault.raw("POST", f"sys/policies/acl/{policy}", {"policy": READS})
    id_ = vault.raw("POST", "identity/group", {"name": group})["id"]
    above = vault.raw("POST", "identity/group", {"name": f"Above {unique}", "member_group_ids": [id_]})["id"]
    vault.raw("POST", f"identity/group/id/{above}", {"policies": [policy], "member_group_ids": [id_]})
    yield policy, group
    for one in (id_, above):
        vault.raw("DELETE", f"identity/group/id/{one}")
    vault.raw("DELETE", f"sys/policies/acl/{policy}")


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> str:
    return f"{abs(hash(request.node.nodeid)) % 10**8}"


def sought(*natives: Native) -> Sought:
    return Sought(natives=frozenset(natives))


def granting(vault: VaultWorld, account: str, native: Native) -> GrantBinding:
    return GrantBinding(
        target="vault", stable_id=vault.stable_id, reasons=WHY, account=account, native=native, until=UNTIL
    )


def bindings(live: Live, account: str) -> set[Native]:
    return {binding.key.native for binding in live.bindings if binding.key.account == account}


def test_it_is_given_and_taken_with_the_least_rights(vault: VaultWorld, shared: tuple[str, str]) -> None:
    """The vendor's own token can what it gives, and no more once it is taken; the thing itself stays as it is."""
    natives = [Native("policy", shared[0]), Native("group", shared[1])]
    vault.raw("POST", "secret/data/shared/db", {"data": {"a": "b"}})
    for native in natives:
        account, _, alias = vault.person()
        token = str(vault.login(alias)["client_token"])
        with closing(vault.connector(token=vault.limited(target_spec()))) as connector:
            live = connector.observe(sought(*natives))
            assert live.existing == frozenset(natives)
            assert {risk.flag for each in natives for risk in live.risks[each]} == {"read-secret"}
            assert vault.raw.status("GET", "secret/data/shared/db", token=token) == 403
            (outcome,) = connector.apply([granting(vault, account, native)])
            assert outcome.status is OutcomeStatus.DONE, outcome.text
            assert vault.raw.status("GET", "secret/data/shared/db", token=token) == 200
            assert bindings(connector.observe(sought(*natives)), account) == {native}
            (binding,) = [
                one
                for one in connector.observe(sought(*natives)).bindings
                if one.key.account == account and one.key.native == native
            ]
            assert binding.until is None
            assert binding.endless or native.kind == "group"
            (outcome,) = connector.apply([vault.revoking(binding.key)])
            assert outcome.status is OutcomeStatus.DONE, outcome.text
            assert vault.raw.status("GET", "secret/data/shared/db", token=token) == 403
            after = connector.observe(sought(*natives))
            assert bindings(after, account) == set()
            assert after.existing == frozenset(natives)


def test_what_cannot_be_given_says_why(vault: VaultWorld, connector: VaultConnector, unique: str) -> None:
    group, external = f"Crew {unique}", f"outside-{unique}"
    vault.raw("POST", "identity/group", {"name": group})
    vault.raw("POST", "identity/group", {"name": external, "type": "external"})
    own = vault.raw("GET", "auth/token/lookup-self", token=vault.token)["policies"][0]
    natives = {
        Native("group", group.lower()): f"is called {group} there",
        Native("group", external): "is external",
        Native("policy", own): "guestlist's own",
    }
    live = connector.observe(sought(*natives, Native("policy", "nowhere")))
    assert Native("policy", "nowhere") not in live.existing
    assert {native: live.obstacles[native, ()].text for native in natives}.keys() == natives.keys()
    for native, text in natives.items():
        assert text in live.obstacles[native, ()].text


def test_nobody_outside_the_population_is_let_into_a_group(
    vault: VaultWorld, connector: VaultConnector, shared: tuple[str, str], unique: str
) -> None:
    """And one who is refused keeps no other out."""
    employee, vendor = vault.entity(f"dana.{unique}"), vault.account()
    native = Native("group", shared[1])
    changes = [granting(vault, employee, native), granting(vault, vendor, native)]
    connector.observe(sought(native))
    outcomes = {outcome.change.account: outcome.status for outcome in connector.apply(changes)}
    assert outcomes == {employee: OutcomeStatus.FAILED, vendor: OutcomeStatus.DONE}
    assert vault.raw("GET", f"identity/entity/id/{employee}")["direct_group_ids"] == []


def test_where_policies_are_read_one_by_one_what_may_not_be_read_is_not_given_and_holds_nothing_else(
    vault: VaultWorld, proxy: FaultProxy, shared: tuple[str, str]
) -> None:
    """HashiCorp Vault has no detailed listing, and our rights reach the population's policies alone."""
    proxy.fault = Fault("sys/policies/detailed/acl", status=404, body=b'{"errors":[]}')
    account = vault.account()
    vault.attach(account, shared[0])
    native = Native("policy", shared[0])
    with closing(vault.connector(proxy.address, token=vault.limited(target_spec()))) as connector:
        live = connector.observe(sought(native))
    assert live.complete, live.gaps
    assert native in live.existing & bindings(live, account)
    assert native not in live.risks
    assert live.obstacles[native, ()].code is ReasonCode.UNREADABLE
