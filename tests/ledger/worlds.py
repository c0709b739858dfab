"""Plans, changes and readings that the ledger is told about."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from reconciler.errors import ExitCode
from reconciler.ledger import Ledger, Reading
from reconciler.model import Account, BindingKey, Definition, Live, LiveBinding, Mode, Native, Reason, ReasonCode
from reconciler.plan.changes import AnyChange, DisableAccount, GrantBinding, RevokeBinding, UpdateRole
from reconciler.plan.guard import GuardLine, LimitName
from reconciler.plan.plan import Plan, TargetView
from reconciler.ports import Outcome, OutcomeStatus

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ORG = "00D000000000001"
POLICY = Native("policy", "vendor_acme_x")
BECAUSE = (Reason(ReasonCode.UNDECLARED, "no grant declares this"),)


def native(number: int) -> Native:
    return Native("permissionSet", f"Set_{number}")


def revoke(number: int, account: str = "005A") -> RevokeBinding:
    return RevokeBinding(
        target="crm", stable_id=ORG, reasons=BECAUSE, account=account, account_name="m@x", native=native(number)
    )


def grant(number: int, account: str = "005A") -> GrantBinding:
    return GrantBinding(
        target="crm", stable_id=ORG, reasons=BECAUSE, account=account, account_name="m@x", native=native(number)
    )


def disable(account: str = "005A") -> DisableAccount:
    return DisableAccount(target="crm", stable_id=ORG, reasons=BECAUSE, account=account, account_name="m@x")


def update(definition: Definition) -> UpdateRole:
    return UpdateRole(
        target="crm",
        stable_id=ORG,
        reasons=BECAUSE,
        native=definition.native,
        after={"definition": definition.digest, "until": None},
        definition=definition,
    )


def plan(changes: Sequence[AnyChange], *, allowed: int = 1000) -> Plan:
    """A plan that writes all the changes; each counts as what it is."""
    limits = {GrantBinding: LimitName.GRANTS, RevokeBinding: LimitName.REVOCATIONS, DisableAccount: LimitName.DISABLED}
    counted: dict[tuple[str, LimitName], frozenset[str]] = {}
    for change in changes:
        limit = limits.get(type(change), LimitName.GRANTS)
        counted["crm", limit] = counted.get(("crm", limit), frozenset()) | {change.id}
    return Plan(
        revision="0" * 40,
        at=NOW,
        changes=tuple(changes),
        targets=(TargetView("crm", "salesforce", Mode.ENFORCE, complete=True, accounts=1, bindings=1),),
        counted=counted,
        guard=tuple(GuardLine("crm", limit, allowed=allowed, planned=0, found=0) for limit in LimitName),
    )


def live(bindings: Iterable[LiveBinding] = (), *, enabled: bool = True, definition: Definition | None = None) -> Live:
    return Live(
        target="crm",
        stable_id=ORG,
        at=NOW,
        accounts={"005A": Account("005A", "m@x", frozenset(), inside=True, enabled=enabled)},
        bindings=tuple(bindings),
        definitions={} if definition is None else {definition.native: definition},
    )


def holds(*numbers: int) -> list[LiveBinding]:
    return [LiveBinding(BindingKey("005A", native(number))) for number in numbers]


def clean(seen: Live) -> Reading:
    return Reading(
        seen, verified=True, left=dict.fromkeys(seen.accounts, True), definitions=frozenset(seen.definitions)
    )


def done(changes: Iterable[AnyChange]) -> list[Outcome]:
    return [Outcome(change, OutcomeStatus.DONE) for change in changes]


def whole_run(ledger: Ledger, changes: Sequence[AnyChange], now: datetime, reading: Reading | None = None) -> str:
    """Begin, write and end a run; its path."""
    run = ledger.begin(plan(changes), now=now)
    run.record(done(changes), now=now + timedelta(seconds=1))
    run.end(exit_code=ExitCode.OK, readings={"crm": reading}, now=now + timedelta(seconds=2))
    return run.path
