"""What a plan says to people and programs of accounts, roles, risks and what keeps coming back."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import jsonschema
from hypothesis import HealthCheck, given, settings

from reconciler.model import (
    Account,
    AccountKey,
    BindingKey,
    Definition,
    Entitlements,
    Exposure,
    Live,
    LiveBinding,
    Mode,
    Native,
    Reason,
    ReasonCode,
    Risk,
    provisional,
)
from reconciler.plan.changes import (
    AnyChange,
    CreateAccount,
    DeleteRole,
    DisableAccount,
    RevokeBinding,
    UpdateAccount,
    UpdateRole,
)
from reconciler.plan.explain import explain
from reconciler.plan.memory import AccountMemory, Memory, TargetMemory, binding_mark
from reconciler.plan.plan import Plan, TargetView
from reconciler.plan.weighing import weigh
from reconciler.reports.convert import binding_shapes, plan_shape
from reconciler.reports.markdown import escape, explain_markdown, plan_markdown
from reconciler.reports.text import explain_text, plan_text
from tests.property.strategies import NOW
from tests.property.test_wide_laws import planned
from tests.property.wide_worlds import Wide, wide_worlds

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
BECAUSE = (Reason(ReasonCode.WRONG_ACCOUNT, "profile is Standard, declared is Vendor Support", "vendors/acme.yaml:7"),)
KEY = AccountKey("username", "nina@acme.example")
SET = Native("permissionSet", "Vendor_Triage")


def plan(*changes: AnyChange, notes: tuple[str, ...] = ()) -> Plan:
    view = TargetView("crm", "salesforce", Mode.ENFORCE, complete=True, accounts=3, bindings=4, notes=notes)
    return Plan("worktree", NOW, changes, targets=(view,))


def wordy(*words: str) -> Definition:
    return Definition(SET, text="<permissions>\n  it <b>all</b>", meaning=" ".join(words), lasting=True, words=words)


CREATION = CreateAccount(
    target="crm",
    stable_id="org",
    account=provisional(KEY),
    account_name=KEY.value,
    vendor="acme",
    principal="nina",
    reasons=(Reason(ReasonCode.DECLARED, "nina has no account in crm yet", "vendors/acme.yaml:7"),),
    after={"profile": "Vendor Support", "federationId": "n-17"},
    key=KEY,
)
UPDATE = UpdateAccount(
    target="crm",
    stable_id="org",
    account="005A",
    account_name="maria@acme.example",
    reasons=BECAUSE,
    before={"profile": "Standard", "federationId": None},
    after={"profile": "Vendor Support", "federationId": "m-1"},
)


def test_an_account_to_create_or_to_correct_is_read_at_a_glance() -> None:
    """Who, why by which declaration, and each attribute with what it was."""
    said = plan_text(plan(CREATION, UPDATE)).plain
    for line in (
        "+ create  nina@acme.example   account",
        "declared: nina has no account in crm yet (vendors/acme.yaml:7)",
        "profile: Vendor Support\n",
        "~ update  maria@acme.example  account",
        "profile: Vendor Support, was Standard",
        "federationId: m-1, was none",
        "1 account to create, 1 account to put right",
    ):
        assert line in said
    cells = plan_markdown(plan(CREATION, UPDATE))
    assert "| create | nina&#64;acme.example | account |  | declared: nina has no account" in cells
    assert "<br>profile: Vendor Support, was Standard |" in cells


def test_a_role_shows_what_is_added_and_removed_and_its_own_language_on_demand() -> None:
    changed = UpdateRole(
        target="crm",
        stable_id="org",
        native=SET,
        reasons=(Reason(ReasonCode.WRONG_DEFINITION, "edited"),),
        definition=wordy("edit Case", "read Case"),
        replaced=wordy("delete Case", "read Case"),
        risk=("delete", "api"),
    )
    deleted = DeleteRole(target="crm", stable_id="org", native=SET, reasons=BECAUSE, definition=wordy("read Case"))
    said = plan_text(plan(changed)).plain
    assert "             + edit Case\n             - delete Case\n             risk: delete, api\n" in said
    assert "- read Case" in plan_text(plan(deleted)).plain
    assert "read Case" not in said
    assert "<permissions>" not in said + plan_markdown(plan(changed))
    assert "│   it <b>all</b>" in plan_text(plan(changed), definitions=True).plain
    assert "\n      it <b>all</b>\n" in plan_markdown(plan(changed), definitions=True)
    (shape,) = plan_shape(plan(changed)).changes
    assert shape.definition is not None
    assert (shape.definition.words.added, shape.definition.words.removed) == (["edit Case"], ["delete Case"])
    assert shape.definition.text is None
    (full,) = plan_shape(plan(changed), definitions=True).changes
    assert full.definition is not None
    assert full.definition.text == wordy().text


def test_what_keeps_coming_back_is_loud() -> None:
    """First below its change, in the headline, and in Markdown in bold; the reason that decides stays readable."""
    contested = Reason(ReasonCode.CONTESTED, "it came back after guestlist had taken it away 2 times in 30 days")
    undeclared = Reason(ReasonCode.UNDECLARED, "no grant declares this")
    change = RevokeBinding(target="crm", stable_id="org", native=SET, reasons=(contested, undeclared))
    said = plan_text(plan(change)).plain
    assert "undeclared: no grant declares this" in said
    assert "CONTESTED: it came back" in said
    assert "1 CONTESTED" in said
    assert "**CONTESTED: it came back" in plan_markdown(plan(change))
    (shape,) = plan_shape(plan(change)).changes
    assert [reason.code for reason in shape.reasons] == ["contested", "undeclared"]


def test_closing_for_good_is_told_from_closing() -> None:
    closing = DisableAccount(target="crm", stable_id="org", reasons=BECAUSE, account="005A", account_name="m@x")
    assert "account, for good" in plan_text(plan(replace(closing, after={"enabled": False, "retired": True}))).plain
    assert "for good" not in plan_text(plan(closing)).plain


def test_notes_of_a_target_are_said() -> None:
    noted = plan(notes=("case teams are not enabled",))
    assert "note: case teams are not enabled" in plan_text(noted).plain
    assert "- note: case teams are not enabled" in plan_markdown(noted)
    assert plan_shape(noted).targets[0].notes == ["case teams are not enabled"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(wide_worlds())
def test_every_plan_is_of_its_published_shape_and_names_every_attribute(wide: Wide) -> None:
    _, changes, held = planned(wide)
    made = replace(plan(*sorted(changes, key=lambda change: change.order)), held=tuple(held))
    for definitions in (False, True):
        jsonschema.validate(json.loads(plan_shape(made, definitions=definitions).json_text()), SCHEMA)
    said, marked = plan_text(made).plain, plan_markdown(made)
    for change in changes:
        for name, value in change.attributes.items():
            assert f"{name}: {value or 'none'}" in said
        assert escape(change.cause.text) in marked
        assert change.cause.text in said
        assert not change.risk or f"risk: {', '.join(change.risk)}" in said


def test_explain_names_risks_exposures_and_how_often_it_came_back() -> None:
    """By which path each; in every format."""
    key = BindingKey("005A", SET, (("cases", ("00001042",)),))
    live = Live(
        "crm",
        "org",
        NOW,
        accounts={"005A": Account("005A", "m@x", frozenset(), inside=True, enabled=True)},
        bindings=(LiveBinding(key),),
        risks={SET: (Risk("export", "PermissionsDataExport", "permission set Vendor_Triage", high=True),)},
        exposures={SET: (Exposure("Case.SSN__c", "permission set Vendor_Triage"),)},
    )
    times = (NOW - timedelta(days=2), NOW - timedelta(days=1))
    known = TargetMemory("org", {"005A": AccountMemory("m@x", revoked={binding_mark(key): times})})
    demands = {"crm": weigh(Entitlements(), live, known, NOW)}
    memory = Memory(targets={"crm": known})
    explained = explain("m@x", Entitlements(), {"crm": live}, demands, now=NOW, memory=memory)
    said = explain_text("m@x", explained, ()).plain
    assert "Vendor_Triage on cases 00001042" in said
    assert "risk: export (PermissionsDataExport) by permission set Vendor_Triage, high" in said
    assert "shows Case.SSN__c by permission set Vendor_Triage" in said
    assert "CONTESTED: taken away 2 times in 30 days" in said
    assert "taken away 2 times in 30 days" in explain_markdown("m@x", explained)
    (shape,) = [each for each in binding_shapes(explained) if each.native != {"account": "m@x"}]
    assert shape.taken_away == 2
    assert [(risk.flag, risk.high) for risk in shape.risks] == [("export", True)]
    assert [shown.item for shown in shape.exposures] == ["Case.SSN__c"]
    assert shape.scope == {"cases": ["00001042"]}
