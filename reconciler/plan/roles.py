"""Definitions of roles, desired against live: which are written, put right and taken away."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.model import BindingKey, DefinedRole, Definition, Native, Reason, ReasonCode
from reconciler.plan.changes import CreateRole, DeleteRole, UpdateRole
from reconciler.plan.compared import UNDECLARED, Compared, Subject, end, flags
from reconciler.plan.demand import Hold, Wanted
from reconciler.plan.pairing import pair

AnyRole = CreateRole | UpdateRole | DeleteRole


@dataclass(frozen=True, slots=True)
class _Ended:
    """What became of the bindings of roles: why they were taken away, and of which roles something is held."""

    revoked: Mapping[Native, tuple[Reason, ...]]
    sheltered: Collection[Native]


def compare_roles(
    sides: Compared, revoked: Mapping[Native, tuple[Reason, ...]], sheltered: Collection[Native]
) -> tuple[list[AnyRole], list[Hold]]:
    """Hold the definitions that are wanted against those that are live.

    A definition of one binding comes and goes with it; a lasting one is made for the first binding and kept, and kept
    right, as long as it is declared. `revoked` and `sheltered` say what became of the bindings.
    """
    ended = _Ended(revoked, {*sheltered, *sides.demand.sheltered})
    kept = sides.demand.definitions
    standing = {binding.key for binding in sides.live.bindings}
    wanted: dict[Native, Wanted] = {}
    for key, asked in sorted(sides.demand.wanted.items(), key=lambda pair: (pair[1].until, pair[0])):
        if asked.grant.definition is not None:
            wanted[key.native] = asked
    changes: list[AnyRole] = []
    held: list[Hold] = []
    both: dict[Native, Wanted | None] = {**dict.fromkeys(kept), **wanted}
    for native, want, found in pair(both, sides.live.definitions):
        if native in kept:
            changes.extend(_keep(sides, kept[native], found, needed=want is not None))
        elif want is not None:
            changes.extend(_define(sides, want, found, standing))
        elif found is not None and native not in ended.sheltered:
            _undefine(sides, found, ended, changes, held)
    return changes, held


def _keep(sides: Compared, role: DefinedRole, found: Definition | None, *, needed: bool) -> Iterator[AnyRole]:
    """A lasting definition: of nobody in particular, and without an end."""
    wanted = role.definition
    subject: Subject = {
        "target": sides.live.target,
        "stable_id": sides.live.stable_id,
        "account": "",
        "account_name": "",
        "vendor": None,
        "principal": None,
        "role": role.role,
        "grant": None,
    }
    if role.doubt is not None:
        return
    if found is None and needed:
        yield CreateRole(
            **subject,
            native=wanted.native,
            reasons=(Reason(ReasonCode.DECLARED, "the role is granted, and not defined there yet", role.at),),
            risk=flags(wanted.risks),
            after={"definition": wanted.digest},
            definition=wanted,
        )
    elif found is not None and found.meaning != wanted.meaning:
        yield UpdateRole(
            **subject,
            native=wanted.native,
            reasons=(Reason(ReasonCode.WRONG_DEFINITION, _wrong(sides, role.role, wanted, found), role.at),),
            risk=flags((*sides.live.risks.get(wanted.native, found.risks), *wanted.risks)),
            before={"definition": found.digest},
            after={"definition": wanted.digest},
            definition=wanted,
            replaced=found,
        )


def _wrong(sides: Compared, role: str, wanted: Definition, found: Definition) -> str:
    """In words, that a definition is not as declared, and what it dangerously allows besides."""
    text = f"{wanted.native.name} does not allow what the role {role} declares"
    known = {(risk.flag, risk.permission) for risk in wanted.risks}
    besides = [
        f"{risk.flag} ({risk.permission}) by {risk.via}"
        for risk in sorted(sides.live.risks.get(wanted.native, found.risks))
        if (risk.flag, risk.permission) not in known
    ]
    return f"{text}; besides, it allows {', '.join(besides)}" if besides else text


def _define(
    sides: Compared, want: Wanted, found: Definition | None, standing: Collection[BindingKey]
) -> Iterator[AnyRole]:
    """The definition of one binding: it ends when that does."""
    declared = want.grant.definition
    if declared is None:
        return
    wanted = replace(declared, until=want.until)
    subject = sides.subject(sides.account(want.key.account), want.grant)
    if found is None:
        yield CreateRole(
            **subject,
            native=wanted.native,
            until=wanted.until,
            reasons=want.reasons,
            risk=flags(wanted.risks),
            after={"definition": wanted.digest, **end(wanted.until)},
            definition=wanted,
        )
        return
    moved = want.key not in standing and wanted.native.kind not in sides.live.endless and found.until != wanted.until
    reasons = []
    if found.meaning != wanted.meaning:
        text = _wrong(sides, want.grant.role, wanted, found)
        reasons.append(Reason(ReasonCode.WRONG_DEFINITION, text, want.grant.at))
    if moved:
        text = f"{wanted.native.name} does not end when the grant does"
        reasons.append(Reason(ReasonCode.END_CHANGED, text, want.grant.at))
    if reasons:
        yield UpdateRole(
            **subject,
            native=wanted.native,
            until=wanted.until,
            reasons=tuple(reasons),
            risk=flags((*sides.live.risks.get(wanted.native, found.risks), *wanted.risks)),
            before={"definition": found.digest, **end(found.until)},
            after={"definition": wanted.digest, **end(wanted.until)},
            definition=wanted,
            replaced=found,
        )


def _undefine(sides: Compared, found: Definition, ended: _Ended, changes: list[AnyRole], held: list[Hold]) -> None:
    """Take away what nobody declares; while nobody knows who is declared, only what certainly ended."""
    native = found.native
    if sides.demand.blind is not None and (found.lasting or native not in ended.revoked):
        held.append(Hold(sides.live.target, sides.demand.blind, role=native.name))
        return
    changes.append(
        DeleteRole(
            target=sides.live.target,
            stable_id=sides.live.stable_id,
            native=native,
            reasons=ended.revoked.get(native) or sides.demand.ended.get(native) or (UNDECLARED,),
            before={"definition": found.digest, **end(found.until)},
            definition=found,
            risk=sides.risk(native, found.risks),
        )
    )
