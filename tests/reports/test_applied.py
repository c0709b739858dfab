"""What a run says afterwards on a terminal."""

from dataclasses import replace

import pytest

from reconciler.model import Mode, Native, Reason, ReasonCode
from reconciler.plan.changes import AnyChange, CreateAccount, DeleteRole, DisableAccount, GrantBinding, UpdateAccount
from reconciler.plan.plan import Plan, TargetView
from reconciler.ports import Outcome, OutcomeStatus
from reconciler.reports.applied import applied_text
from reconciler.reports.words import headline
from reconciler.run import Applied
from tests.property.strategies import NOW

BECAUSE = (Reason(ReasonCode.UNDECLARED, "nobody declares it"),)
HINT = "its owner fetches a secret id, wrapped, with: bao write -wrap-ttl=5m -f auth/m/role/r/secret-id"
DONE, FAILED = OutcomeStatus.DONE, OutcomeStatus.FAILED


def plan(*changes: AnyChange) -> Plan:
    names = dict.fromkeys(change.target for change in changes)
    views = tuple(TargetView(name, "vault", Mode.ENFORCE, complete=True, accounts=1, bindings=1) for name in names)
    return Plan("worktree", NOW, changes, targets=views)


def said(*outcomes: Outcome) -> str:
    return applied_text(Applied("r1", plan(*(outcome.change for outcome in outcomes)), outcomes, ())).plain


def deleting(kind: str, name: str, target: str = "vault") -> DeleteRole:
    return DeleteRole(target=target, stable_id="s", reasons=BECAUSE, native=Native(kind, name))


@pytest.mark.parametrize("make", [CreateAccount, UpdateAccount])
def test_what_is_to_be_done_about_an_account_is_printed(make: type[CreateAccount | UpdateAccount]) -> None:
    """Whoever reads the terminal learns how the owner of an automation comes by its secret id."""
    change = make(target="vault", stable_id="s", reasons=BECAUSE, account="a", account_name="vendor_acme_bot")
    assert HINT in said(Outcome(change, DONE, HINT))


def test_what_went_well_otherwise_is_one_line() -> None:
    """How many tokens a closed account had is for the record, not for everybody's terminal."""
    change = DisableAccount(target="vault", stable_id="s", reasons=BECAUSE, account="a", account_name="vendor_acme_bot")
    assert "3 of its tokens" not in said(Outcome(change, DONE, "3 of its tokens ended"))


def test_what_somebody_gives_again_and_again_is_loud() -> None:
    """An unattended run prints no plan, so what works against it is said beside what was done."""
    contested = Reason(ReasonCode.CONTESTED, "came back after guestlist had taken it away twice")
    change = replace(deleting("policy", "vendor_x"), reasons=(contested, *BECAUSE))
    assert "contested: came back" in said(Outcome(change, DONE))


def test_each_target_has_a_heading() -> None:
    """The same name in two targets is told apart, however the outcomes arrive."""
    first, second, third = (deleting("policy", f"vendor_{n}", f"vault-{n % 2}") for n in range(3))
    lines = said(Outcome(first, DONE), Outcome(second, FAILED, "no"), Outcome(third, DONE)).splitlines()
    assert [line for line in lines if line in {"vault-0", "vault-1"}] == ["vault-0", "vault-1"]
    zero, one = lines.index("vault-0"), lines.index("vault-1")
    assert "vendor_0" in lines[zero + 1]
    assert "vendor_2" in lines[zero + 2]
    assert "vendor_1" in lines[one + 1]


def test_what_is_deleted_is_counted_as_what_it_is() -> None:
    """Tokens, login roles and MFA rules are no roles of anybody."""
    changes = [
        deleting("policy", "vendor_a"),
        deleting("policy", "vendor_b"),
        deleting("loginRole", "m/x"),
        deleting("permissionSet", "Vendor_X"),
        deleting("token", "auth/token/create-orphan with vendor_a"),
    ]
    assert (
        headline(plan(*changes))
        == "1 login role to delete, 1 permission set to delete, 2 policies to delete, 1 token to delete"
    )
    role = GrantBinding(target="v", stable_id="s", reasons=BECAUSE, account="a", native=Native("policy", "p"))
    assert headline(plan(role, replace(role, account="b"))) == "2 to grant"
