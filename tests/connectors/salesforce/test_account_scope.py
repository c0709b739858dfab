"""A grant that is narrowed to an account, as maria's own session sees it: that account, its cases, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.declarations import SalesforceRole, SalesforceSchema
from connectors.salesforce.mapping import wire
from reconciler.desired.kinds import Compiled
from reconciler.model import Native, ReasonCode, Scope
from reconciler.plan.changes import CreateRole, GrantBinding
from reconciler.ports import Sought
from tests.connectors.salesforce.acting import END, TARGET, change, let_write, written
from tests.connectors.salesforce.conftest import Org
from tests.connectors.salesforce.fake import Org as Fake
from tests.connectors.salesforce.hands import account, assign, case, fresh, held, observe, permission_set
from tests.connectors.salesforce.wire import connector as wired

PROFILE = "Minimum Access - Salesforce"
"""One that allows nothing by itself; of a profile that reads accounts, a shared account outlives the assignment."""
API = "/services/data/v64.0"


@pytest.fixture(scope="module", autouse=True)
def _may_write(org: Org) -> None:
    let_write(org)


def somebody(org: Org) -> tuple[str, str]:
    """A vendor's user who may use the API and nothing else, standing."""
    maria, username = org.user(PROFILE, "acme-support.example")
    native, _ = permission_set(org, "ApiEnabled")
    assign(org, maria, native)
    return maria, username


def compiled(allows: Mapping[str, object], scope: Scope) -> tuple[Compiled, ...]:
    spec = SalesforceRole.model_validate({"connector": "salesforce", "allows": allows})
    name = f"scoped-{fresh()}"
    return SalesforceSchema().compile(name, spec, target=TARGET, vendor="acme", principal="maria.k", scope=scope)


def give(connector: SalesforceConnector, maria: str, bindings: tuple[Compiled, ...]) -> None:
    """What a run would: the definitions first, then the bindings."""
    defined = [
        change(connector, CreateRole, native=one.native, definition=one.definition)
        for one in bindings
        if one.definition
    ]
    granted = [change(connector, GrantBinding, maria, one.native, one.scope) for one in bindings]
    for some in (defined, granted):
        assert {status for status, _ in written(connector, *some)} == {"done"}


@dataclass(frozen=True)
class Seen:
    """What a session sees: ids of cases and accounts; none where it may not read the object at all."""

    cases: frozenset[str]
    accounts: frozenset[str]


def seen(org: Org, session: str) -> Seen:
    found = {}
    for kind in ("Case", "Account"):
        answer = org.call("GET", f"{API}/query?q=SELECT+Id+FROM+{kind}", token=session)
        rows = answer.json()["records"] if answer.status_code == 200 else []
        found[kind] = frozenset(str(row["Id"]) for row in rows)
    return Seen(found["Case"], found["Account"])


def edits(org: Org, session: str, made: str) -> bool:
    answer = org.call("PATCH", f"{API}/sobjects/Case/{made}", {"Subject": "Seen"}, token=session)
    return answer.status_code == 204


NOTHING = Seen(frozenset(), frozenset())
CASES = {"objects": {"Case": ["read"]}}


@pytest.mark.parametrize("word", ["read", "edit"])
def test_exactly_that_account_and_its_cases_until_the_assignment_ends(org: Org, word: str) -> None:
    maria, username = somebody(org)
    (mine, name), (other, _) = account(org), account(org)
    first, _ = case(org, AccountId=mine)
    elsewhere, _ = case(org, AccountId=other)
    session, connector = org.log_in(username), org.connect()
    assert seen(org, session) == NOTHING
    allows = {"objects": {"Case": [word], "Account": ["read"]}, "fields": {"Case.Subject": word}}
    scope: Scope = (("accounts", (name,)),)
    bindings = compiled(allows, scope)
    give(connector, maria, bindings)
    later, _ = case(org, AccountId=mine)
    assert seen(org, session) == Seen(frozenset({first, later}), frozenset({mine}))
    assert edits(org, session, first) is (word == "edit")
    assert not edits(org, session, elsewhere)
    sought = Sought(scoped=frozenset((one.native, one.scope) for one in bindings if one.scope))
    live = observe(org, sought)
    assert not live.obstacles
    assert {(one.native, one.scope) for one in bindings} == {
        (native, scope) for native, scope in held(live, maria) if scope or native.name.startswith("Guestlist_")
    }
    org.sandbox("POST", "clock", {"now": wire(END + timedelta(hours=1))})
    assert seen(org, session) == NOTHING


def test_a_role_that_is_about_cases_only_shows_the_cases(org: Org) -> None:
    maria, username = somebody(org)
    (mine, _), (other, _) = account(org), account(org)
    made, _ = case(org, AccountId=mine)
    case(org, AccountId=other)
    give(org.connect(), maria, compiled(CASES, (("accounts", (mine,)),)))
    assert seen(org, org.log_in(username)) == Seen(frozenset({made}), frozenset())


def test_a_role_that_is_about_accounts_only_gives_no_cases(org: Org) -> None:
    """Not even to somebody whom another role lets read cases."""
    maria, username = somebody(org)
    mine, _ = account(org)
    case(org, AccountId=mine)
    connector = org.connect()
    give(connector, maria, compiled({"objects": {"Account": ["edit"]}}, (("accounts", (mine,)),)))
    give(connector, maria, compiled(CASES, ()))
    assert seen(org, org.log_in(username)) == Seen(frozenset(), frozenset({mine}))


@pytest.mark.parametrize(("level", "refused"), [("None", set()), ("Read", {"Read, cases Read"})])
def test_cases_that_everybody_sees_cannot_be_narrowed_by_an_account(level: str, refused: set[str]) -> None:
    """The share would narrow nothing, so it is refused with why; that of the account alone is not."""
    org = Fake({"Account": [{"Id": "001000000000001AAA", "Name": "Acme"}]})
    org.rows["Organization"][0]["DefaultCaseAccess"] = level
    scope: Scope = (("accounts", ("Acme",)),)
    wanted = frozenset({(Native("accountShare", "Read"), scope), (Native("accountShare", "Read, cases Read"), scope)})
    made, _ = wired(org)
    live = made.observe(Sought(scoped=wanted))
    assert live.complete, live.gaps
    assert {native.name for native, _ in live.obstacles} == refused
    assert all(reason.code is ReasonCode.UNREMOVABLE and "Case" in reason.text for reason in live.obstacles.values())
