"""Bindings, desired against live: what is given, moved and taken away, and what is held as it is."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.model import Account, BindingKey, LiveBinding, Native, Reason, ReasonCode, utc
from reconciler.plan.changes import AnyChange, GrantBinding, RevokeBinding, SetEnd
from reconciler.plan.compared import UNDECLARED, Compared, end
from reconciler.plan.demand import Hold, Wanted
from reconciler.plan.memory import CONTESTED_AFTER, CONTESTED_WITHIN
from reconciler.plan.pairing import pair
from reconciler.plan.staying import Included
from reconciler.plan.taints import unremovable


@dataclass(slots=True)
class Bindings:
    """What became of the bindings.

    Attributes:
        revoked: why the bindings of a role are taken away, for what becomes of its definition.
        sheltered: roles of which something is held.
    """

    changes: list[AnyChange] = field(default_factory=list)
    held: list[Hold] = field(default_factory=list)
    revoked: dict[Native, tuple[Reason, ...]] = field(default_factory=dict)
    sheltered: set[Native] = field(default_factory=set)


def compare_bindings(sides: Compared) -> Bindings:
    """Pair what is wanted with what stands, and compare each pair."""
    made = Bindings()
    standing = {binding.key: binding for binding in sides.live.bindings}
    included = Included(sides.live, sides.demand.wanted, sides.demand.uncertain)
    for key, wanted, found in pair(sides.demand.wanted, standing):
        if wanted is not None and found is not None:
            made.changes.extend(_moved(sides, wanted, found))
        elif wanted is not None:
            if not included.gives(key):
                made.changes.append(_given(sides, wanted))
        elif found is not None and key not in sides.demand.uncertain and not included.makes_up(key):
            _unwanted(sides, found, made)
    return made


def _moved(sides: Compared, wanted: Wanted, found: LiveBinding) -> Iterator[SetEnd]:
    native, declared = wanted.key.native, wanted.grant.definition
    undefined = declared is not None and not declared.lasting and native not in sides.live.definitions
    endless = found.endless or native.kind in sides.live.endless
    if endless or undefined or found.until == wanted.until:
        return
    has = "has no end" if found.until is None else f"ends at {utc(found.until)}"
    text = f"{has} in {sides.live.target}, declared is {utc(wanted.until)}"
    yield SetEnd(
        **sides.subject(sides.account(wanted.key.account), wanted.grant),
        native=native,
        scope=wanted.key.scope,
        until=wanted.until,
        reasons=(Reason(ReasonCode.END_CHANGED, text, wanted.grant.at),),
        before=end(found.until),
        after=end(wanted.until),
        handle=found.handle,
    )


def _given(sides: Compared, wanted: Wanted) -> GrantBinding:
    definition = wanted.grant.definition
    return GrantBinding(
        **sides.subject(sides.account(wanted.key.account), wanted.grant),
        native=wanted.key.native,
        scope=wanted.key.scope,
        until=wanted.until,
        reasons=wanted.reasons,
        risk=sides.risk(wanted.key.native, () if definition is None else definition.risks),
        after=end(wanted.until),
    )


def _unwanted(sides: Compared, found: LiveBinding, made: Bindings) -> None:
    """Revoke what nobody asks for, unless it is in doubt or cannot be taken away.

    What something else brings along stays with that; what cannot be taken away by itself goes with it.
    """
    account = sides.live.accounts[found.key.account]
    lapsed = sides.demand.lapsed.get(found.key, ())
    if found.brought_by:
        if sides.demand.stays(found, account) is (found.unremovable is None):
            return
        lapsed = lapsed or tuple(each for key in _bringers(found) for each in sides.demand.lapsed.get(key, ()))
    doubt = None if lapsed else sides.demand.doubt(account)
    if found.unremovable is not None and doubt is None:
        if not _closing(sides, account):
            doubt = unremovable(found)
        else:
            return
    if doubt is not None:
        made.sheltered.add(found.key.native)
        made.held.append(sides.hold(account, doubt, found.key.native.name))
        return
    reasons = tuple(dict.fromkeys(reason for _, why in lapsed for reason in why)) or (UNDECLARED,)
    made.revoked.setdefault(found.key.native, reasons)
    subject = sides.subject(account, lapsed[0][0] if lapsed else None)
    subject["role"] = subject["role"] or sides.demand.named.get(found.key.native)
    made.changes.append(
        RevokeBinding(
            **subject,
            native=found.key.native,
            scope=found.key.scope,
            until=found.until,
            reasons=(*_contested(sides, found), *reasons),
            risk=sides.risk(found.key.native),
            before=end(found.until),
            handle=found.handle,
        )
    )


def _bringers(found: LiveBinding) -> Iterator[BindingKey]:
    return (BindingKey(found.key.account, native) for native in sorted(found.brought_by))


def _closing(sides: Compared, account: Account) -> bool:
    """Whether nobody can use an account: it is closed, or this plan closes it."""
    if not account.enabled and not account.lingering:
        return True
    if not account.inside or sides.demand.doubt(account) is not None:
        return False
    return account.id not in sides.demand.matching.owners or sides.demand.terms.freezes


def _contested(sides: Compared, found: LiveBinding) -> Iterator[Reason]:
    times = sides.memory.taken_away(found.key, sides.demand.at)
    if times >= CONTESTED_AFTER:
        text = (
            f"it came back after guestlist had taken it away {times} times in {CONTESTED_WITHIN.days} days: something"
            f" in {sides.live.target} gives it again"
        )
        yield Reason(ReasonCode.CONTESTED, text)
