"""What is live, written as declarations, means what is live."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce import CONNECTOR
from connectors.salesforce.adoption import adoption
from connectors.salesforce.content import Content, native_of
from connectors.salesforce.declarations import SalesforceRole, definition
from connectors.salesforce.roles import Allows
from connectors.salesforce.vocabulary import MEANS
from reconciler.model import Account, BindingKey, Live, LiveBinding, Native, Risk, Scope
from reconciler.ports import Sought
from tests.connectors.salesforce.acting import TARGET
from tests.connectors.salesforce.conftest import Org

SCHEMA = CONNECTOR.schema
CASE: Scope = (("cases", ("00001042",)),)
SET = Native("permissionSet", "Vendor_Case_Triage")
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def live(*held: tuple[str, Native, Scope], accounts: tuple[Account, ...] = (), **more: object) -> Live:
    people = {account.id: account for account in accounts}
    for account, _, _ in held:
        people.setdefault(account, someone(account))
    bindings = tuple(LiveBinding(BindingKey(*one)) for one in held)
    return Live("crm", "00D", NOW, accounts=people, bindings=bindings, **more)  # type: ignore[arg-type]


def someone(name: str, **attributes: str) -> Account:
    given = {"email": f"{name}@acme.example", "profile": "Vendor Support", **attributes}
    return Account(name, f"{name}@acme.example", frozenset(), inside=True, enabled=True, attributes=given)


def compiled(native: Native, seen: Live, scope: Scope = ()) -> set[tuple[Native, Scope]]:
    role = adoption(seen).roles[native]
    spec = SalesforceRole.model_validate(role.spec)
    made = SCHEMA.compile(role.name, spec, target=TARGET, vendor="acme", principal="m", scope=scope)
    return {(one.native, one.scope) for one in made}


@pytest.mark.parametrize(
    "native",
    [
        SET,
        Native("permissionSet", "acme__Triage"),
        Native("permissionSetGroup", "Bundle"),
        Native("permissionSetLicense", "SomePsl"),
        Native("group", "Everybody"),
        Native("queue", "Support_L2"),
        Native("userRole", "Support"),
    ],
)
def test_what_somebody_holds_is_a_role_that_uses_it(native: Native) -> None:
    assert compiled(native, live(("maria", native, ()))) == {(native, ())}


@pytest.mark.parametrize(
    "native",
    [
        Native("caseShare", "Read"),
        Native("caseShare", "Edit"),
        Native("caseTeamRole", "Vendor Expert"),
        Native("accountShare", "Read"),
        Native("accountTeamRole", "Vendor"),
    ],
)
def test_a_share_by_itself_is_a_role_within_its_scope(native: Native) -> None:
    scope: Scope = CASE if native.kind.startswith("case") else (("accounts", ("001000000000001AAA",)),)
    assert compiled(native, live(("maria", native, scope)), scope) == {(native, scope)}


@pytest.mark.parametrize("level", ["Read", "Edit"])
def test_a_permission_set_with_shares_is_one_role_that_is_granted_within_them(level: str) -> None:
    share = Native("caseShare", level)
    seen = live(("maria", SET, ()), ("maria", share, CASE))
    assert compiled(SET, seen, CASE) == {(SET, ()), (share, CASE)}


@pytest.mark.parametrize("kind", ["oauthToken", "delegatedApprover", "profile", "sharingRule", "organizationDefault"])
def test_what_no_role_can_say_is_left_out(kind: str) -> None:
    native = Native(kind, "X")
    assert native not in adoption(live(("maria", native, ()))).roles


def test_a_share_that_gives_more_than_a_declaration_can_is_left_out() -> None:
    native = Native("accountShare", "Read, opportunities Edit")
    assert native not in adoption(live(("maria", native, (("accounts", ("001",)),)))).roles


WORDS = st.sampled_from(["read", "create", "edit", "delete", "viewAll", "modifyAll"])


@given(
    st.dictionaries(st.sampled_from(["Case", "Account", "Invoice__c"]), st.frozensets(WORDS, min_size=1), min_size=1),
    st.booleans(),
    st.frozensets(st.sampled_from(["ApiEnabled", "RunReports"])),
)
def test_a_role_that_guestlist_defined_is_written_as_it_was(
    objects: dict[str, frozenset[str]],
    session: bool,  # noqa: FBT001  drawn
    system: frozenset[str],
) -> None:
    """Compiled again it has the same name and the same meaning, so importing changes nothing."""
    content = Content(
        mark="case-triage",
        objects={name: frozenset(flag for word in words for flag in MEANS[word]) for name, words in objects.items()},
        fields={"Case.Subject": False} if "Case" in objects else {},
        system=system,
        session=session,
    )
    native = native_of("case-triage")
    seen = live(("maria", native, ()), definitions={native: definition(native, content)})
    role = adoption(seen).roles[native]
    spec = SalesforceRole.model_validate(role.spec)
    (made,) = SCHEMA.compile(role.name, spec, target=TARGET, vendor="acme", principal="m", scope=())
    assert made.native == native
    assert made.definition == seen.definitions[native]
    assert isinstance(spec.allows, Allows)


@pytest.mark.parametrize(
    "content",
    [
        Content(mark=None, system=frozenset({"ApiEnabled"})),
        Content(mark="another-role", system=frozenset({"ApiEnabled"})),
        Content(mark="case-triage", access=frozenset({"ConnectedApplication:0H4"})),
    ],
)
def test_a_definition_that_no_declaration_can_be_is_left_out(content: Content) -> None:
    native = native_of("case-triage")
    assert native not in adoption(live(("maria", native, ()), definitions={native: definition(native, content)})).roles


def test_accounts_are_named_so_that_they_are_found_again() -> None:
    """By default, by a Username that is not the e-mail, and with the federation id that they have."""
    plain, named = someone("maria"), someone("omar", email="omar@elsewhere.example")
    federated = someone("tina", federationId="t|42", firstName="Tina", lastName="Maier")
    said = adoption(live(accounts=(plain, named, federated))).accounts
    assert said["maria"].declared is None
    assert said["omar"].declared == "omar@acme.example"
    assert said["tina"].declared == {"username": "tina@acme.example", "federationId": "t|42"}
    assert said["tina"].title == "Tina Maier"
    for account in (plain, named, federated):
        one = said[account.id]
        key = SCHEMA.account_key(one.declared, vendor="acme", principal="m", email=one.email)
        assert key is not None
        assert key.value == account.name


@pytest.mark.parametrize("native", [SET, Native("profile", "Vendor Support")])
def test_who_may_use_nothing_but_the_api_is_a_machine(native: Native) -> None:
    risks = {native: (Risk("api", "PermissionsApiUserOnly", "x", high=False),)}
    said = adoption(
        live(("maria", SET, ()), accounts=(someone("omar", profile="Standard User"),), risks=risks)
    ).accounts
    assert said["maria"].kind == "automation"
    assert said["omar"].kind == "human"


def test_nobody_outside_the_population_is_written_down() -> None:
    outside = Account("dana", "dana@example.com", frozenset(), inside=False, enabled=True)
    assert "dana" not in adoption(live(accounts=(outside,))).accounts


def test_everything_that_the_seed_s_vendors_hold_is_written_and_means_what_is_live(org: Org) -> None:
    """Over the wire: each binding that could be taken away is a role that gives exactly it."""
    connector = org.connect()
    seen = connector.observe(Sought())
    assert seen.complete, seen.gaps
    said = connector.adopt(seen)
    assert said.accounts.keys() == {account.id for account in seen.population()}
    removable = [binding.key for binding in seen.bindings if binding.unremovable is None]
    assert removable
    for key in removable:
        if key.native.kind != "oauthToken":
            assert compiled(key.native, seen, key.scope) >= {(key.native, key.scope)}
