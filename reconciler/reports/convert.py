"""From the engine's values to the published shapes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from reconciler.model import Native, Reason, Scope, utc
from reconciler.plan.changes import AnyChange
from reconciler.plan.demand import Hold
from reconciler.plan.explain import Explanation
from reconciler.plan.plan import Plan
from reconciler.reports.shapes import (
    BindingShape,
    CauseShape,
    ChangeShape,
    DefinitionShape,
    ExposureShape,
    GuardShape,
    HeldShape,
    NarrowedShape,
    PlanShape,
    PopulationShape,
    ReasonShape,
    RefusedShape,
    RiskShape,
    TargetShape,
    WordsShape,
)


def _instant(until: datetime | None) -> str | None:
    return None if until is None else utc(until)


def _reason(reason: Reason) -> ReasonShape:
    return ReasonShape(code=reason.code.value, text=reason.text, at=reason.at)


def _native(native: Native | None) -> dict[str, str]:
    return {} if native is None else {native.kind: native.name}


def _scope(scope: Scope) -> dict[str, list[str]]:
    return {name: list(values) for name, values in scope}


def definition_shape(change: AnyChange, *, definitions: bool = False) -> DefinitionShape | None:
    """How a role's definition changes, in words, and with `definitions` in the target's own language too."""
    if change.kind != "role" or change.definition is None:
        return None
    added, removed = worded(change)
    text = change.definition.text if definitions else None
    return DefinitionShape(words=WordsShape(added=list(added), removed=list(removed)), text=text)


def worded(change: AnyChange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the role of a change allows more afterwards, and what less: a readable line each, sorted."""
    if change.definition is None:
        return (), ()
    deleted = change.action == "delete"
    after = set[str]() if deleted else set(change.definition.words)
    replaced = change.definition if deleted else change.replaced
    before = set[str]() if replaced is None else set(replaced.words)
    return tuple(sorted(after - before)), tuple(sorted(before - after))


def change_shape(
    change: AnyChange, status: Literal["planned", "blocked", "observed"], *, definitions: bool = False
) -> ChangeShape:
    """One change as a plan shows it."""
    return ChangeShape(
        id=change.id,
        action=change.action,
        kind=change.kind,
        status=status,
        target=change.target,
        vendor=change.vendor,
        principal=change.principal,
        account=change.account_name or None,
        account_id=change.account or None,
        role=change.role,
        native=_native(change.native),
        scope=_scope(change.scope),
        until=_instant(change.until),
        grant=change.grant,
        reason=_reason(change.reason),
        reasons=[_reason(reason) for reason in change.reasons],
        risk=list(change.risk),
        before=None if change.before is None else dict(change.before),
        after=None if change.after is None else dict(change.after),
        definition=definition_shape(change, definitions=definitions),
    )


def held_shape(hold: Hold) -> HeldShape:
    """One thing that is held."""
    return HeldShape(
        target=hold.target,
        vendor=hold.vendor,
        principal=hold.principal,
        account=hold.account,
        role=hold.role,
        reason=_reason(hold.reason),
    )


def status_of(plan: Plan, change: AnyChange) -> Literal["planned", "blocked", "observed"]:
    """Whether a run would write this change."""
    if change.id in plan.observed:
        return "observed"
    return "blocked" if change.id in plan.blocked else "planned"


def plan_shape(plan: Plan, *, definitions: bool = False) -> PlanShape:
    """The plan as `guestlist.plan/v1`; with `definitions`, roles' definitions in the target's own language too."""
    return PlanShape(
        digest=plan.digest,
        revision=plan.revision,
        at=utc(plan.at),
        summary=dict(plan.summary),
        changes=[change_shape(change, status_of(plan, change), definitions=definitions) for change in plan.changes],
        refused=[
            RefusedShape(
                grant=refusal.grant,
                vendor=refusal.vendor,
                principal=refusal.principal,
                target=refusal.target,
                role=refusal.role,
                reason=_reason(refusal.reason),
            )
            for refusal in plan.refused
        ],
        held=[held_shape(hold) for hold in plan.held],
        targets=[
            TargetShape(
                name=view.name,
                kind=view.kind,
                mode=view.mode.value,
                complete=view.complete,
                population=PopulationShape(accounts=view.accounts, bindings=view.bindings),
                notes=list(view.notes),
            )
            for view in plan.targets
        ],
        guard=[
            GuardShape(
                target=line.target,
                limit=line.limit.value,
                allowed=line.allowed,
                found=line.found,
                exceeded=line.exceeded,
                override=line.override,
            )
            for line in plan.guard
        ],
        narrowed_to=NarrowedShape(targets=list(plan.narrowed.targets), vendors=list(plan.narrowed.vendors))
        if plan.narrowed
        else None,
    )


def binding_shapes(explanations: Sequence[Explanation]) -> list[BindingShape]:
    """Explained bindings."""
    return [
        BindingShape(
            target=each.target,
            account=each.account,
            vendor=each.vendor,
            principal=each.principal,
            role=each.role,
            native={each.native_kind: each.native} if each.native else {},
            live=each.live,
            until=_instant(each.until),
            verdict=[_reason(reason) for reason in each.verdict],
            grants=[
                CauseShape(
                    grant=cause.grant,
                    at=cause.at,
                    sponsor=cause.sponsor,
                    verdict=cause.verdict,
                    reasons=[_reason(reason) for reason in cause.reasons],
                    until=utc(cause.until),
                    why=cause.why,
                    ticket=cause.ticket,
                )
                for cause in each.causes
            ],
            scope=_scope(each.scope),
            risks=[
                RiskShape(flag=risk.flag, permission=risk.permission, via=risk.via, high=risk.high)
                for risk in each.risks
            ],
            exposures=[ExposureShape(item=shown.item, via=shown.via) for shown in each.exposures],
            taken_away=each.taken_away,
        )
        for each in explanations
    ]
