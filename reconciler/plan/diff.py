"""Desired against live, for one target: which changes would make them equal, and what is held as it is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TypedDict

from reconciler.model import Account, BindingKey, Definition, Grant, Live, LiveBinding, Native, Reason, ReasonCode, utc
from reconciler.plan.changes import (
    AnyChange,
    CreateRole,
    DeleteRole,
    DisableAccount,
    EnableAccount,
    GrantBinding,
    RevokeBinding,
    SetEnd,
    State,
    UpdateRole,
)
from reconciler.plan.demand import Demand, Hold, Wanted
from reconciler.plan.memory import TargetMemory
from reconciler.plan.pairing import pair

UNDECLARED = Reason(ReasonCode.UNDECLARED, "no grant declares this")


def _end(until: datetime | None) -> State:
    return {"until": None if until is None else utc(until)}


def diff(demand: Demand, live: Live, memory: TargetMemory) -> tuple[list[AnyChange], list[Hold]]:
    """The changes that make `live` what `demand` asks for, unordered, and what is held although it is not asked for."""
    differ = _Differ(demand, live, memory)
    changes = [*differ.bindings(), *differ.accounts(), *differ.roles()]
    return changes, differ.held


class _Subject(TypedDict):
    """Whom a change concerns, as the keywords that every change takes."""

    target: str
    stable_id: str
    account: str
    account_name: str
    vendor: str | None
    principal: str | None
    role: str | None
    grant: str | None


class _Differ:
    def __init__(self, demand: Demand, live: Live, memory: TargetMemory) -> None:
        self._demand = demand
        self._live = live
        self._memory = memory
        self._bindings = {binding.key: binding for binding in live.bindings}
        self._sheltered = set(demand.sheltered)
        self._revoked: dict[Native, tuple[Reason, ...]] = {}
        self.held: list[Hold] = []

    def bindings(self) -> Iterator[AnyChange]:
        for key, wanted, found in pair(self._demand.wanted, self._bindings):
            if wanted is not None and found is not None:
                yield from self._compare(wanted, found)
            elif wanted is not None:
                yield self._grant(wanted)
            elif found is not None and key not in self._demand.uncertain:
                yield from self._unwanted(found)

    def _compare(self, wanted: Wanted, found: LiveBinding) -> Iterator[SetEnd]:
        native = wanted.key.native
        undefined = wanted.grant.definition is not None and native not in self._live.definitions
        if native.kind in self._live.endless or undefined or found.until == wanted.until:
            return
        has = "has no end" if found.until is None else f"ends at {utc(found.until)}"
        text = f"{has} in {self._live.target}, declared is {utc(wanted.until)}"
        yield SetEnd(
            **self._subject(self._live.accounts[wanted.key.account], wanted.grant),
            native=native,
            scope=wanted.key.scope,
            until=wanted.until,
            reasons=(Reason(ReasonCode.END_CHANGED, text, wanted.grant.at),),
            before=_end(found.until),
            after=_end(wanted.until),
            handle=found.handle,
        )

    def _grant(self, wanted: Wanted) -> GrantBinding:
        return GrantBinding(
            **self._subject(self._live.accounts[wanted.key.account], wanted.grant),
            native=wanted.key.native,
            scope=wanted.key.scope,
            until=wanted.until,
            reasons=wanted.reasons,
            after=_end(wanted.until),
        )

    def _unwanted(self, found: LiveBinding) -> Iterator[RevokeBinding]:
        """Revoke what nobody asks for, unless it is in doubt or cannot be taken away."""
        account = self._live.accounts[found.key.account]
        lapsed = self._demand.lapsed.get(found.key, ())
        doubt = None if lapsed else self._doubt(account)
        if found.unremovable is not None:
            doubt = Reason(ReasonCode.UNREMOVABLE, found.unremovable)
        if doubt is not None:
            self._hold(account, found.key, doubt)
            return
        reasons = tuple(reason for _, why in lapsed for reason in why) or (UNDECLARED,)
        self._revoked.setdefault(found.key.native, reasons)
        subject = self._subject(account, lapsed[0][0] if lapsed else None)
        subject["role"] = subject["role"] or self._demand.named.get(found.key.native)
        yield RevokeBinding(
            **subject,
            native=found.key.native,
            scope=found.key.scope,
            until=found.until,
            reasons=reasons,
            before=_end(found.until),
            handle=found.handle,
        )

    def _doubt(self, account: Account) -> Reason | None:
        """Why nothing may be concluded from nobody declaring something on this account."""
        if account.id in self._demand.matching.held:
            return self._demand.matching.held[account.id]
        owned = self._demand.matching.owners.get(account.id)
        return self._demand.blind if owned is None else owned.claim.doubt

    def _hold(self, account: Account, key: BindingKey, reason: Reason) -> None:
        owned = self._demand.matching.owners.get(account.id)
        self._sheltered.add(key.native)
        self.held.append(
            Hold(
                self._live.target,
                reason,
                None if owned is None else owned.claim.vendor,
                None if owned is None else owned.claim.principal,
                account.name,
                key.native.name,
            )
        )

    def accounts(self) -> Iterator[DisableAccount | EnableAccount]:
        matching = self._demand.matching
        given = {key.account for key in self._demand.wanted}
        for account in self._live.population():
            owned = matching.owners.get(account.id)
            if owned is None and (account.enabled or account.lingering):
                yield from self._disable(account)
            elif owned is not None and account.id in given and self._ours_to_open(account):
                yield EnableAccount(
                    **self._subject(account, None),
                    reasons=(Reason(ReasonCode.DECLARED, "declared again", owned.claim.at),),
                    before={"enabled": False},
                    after={"enabled": True},
                )

    def _ours_to_open(self, account: Account) -> bool:
        return not account.enabled and account.reopenable and self._memory.closed(account.id)

    def _disable(self, account: Account) -> Iterator[DisableAccount]:
        doubt = self._doubt(account)
        if doubt is not None:
            self.held.append(Hold(self._live.target, doubt, account=account.name))
            return
        text = "no vendor declares this account"
        if account.lingering:
            text += "; nobody can log in any more, but sessions from before are alive"
        yield DisableAccount(
            **self._subject(account, None),
            reasons=(Reason(ReasonCode.UNLISTED_ACCOUNT, text),),
            before={"enabled": account.enabled, "sessions": account.enabled or account.lingering},
            after={"enabled": False, "sessions": False},
        )

    def roles(self) -> Iterator[CreateRole | UpdateRole | DeleteRole]:
        wanted: dict[Native, Wanted] = {
            key.native: want for key, want in self._demand.wanted.items() if want.grant.definition is not None
        }
        for native, want, found in pair(wanted, self._live.definitions):
            if want is not None:
                yield from self._define(want, found)
            elif found is not None and native not in self._sheltered:
                yield from self._undefine(native, found)

    def _define(self, want: Wanted, found: Definition | None) -> Iterator[CreateRole | UpdateRole]:
        declared = want.grant.definition
        if declared is None:
            return
        wanted = replace(declared, until=want.until)
        subject = self._subject(self._live.accounts[want.key.account], want.grant)
        if found is None:
            yield CreateRole(
                **subject,
                native=wanted.native,
                until=wanted.until,
                reasons=want.reasons,
                after={"definition": wanted.digest, **_end(wanted.until)},
                definition=wanted,
            )
            return
        standing = want.key in self._bindings
        moved = not standing and wanted.native.kind not in self._live.endless and found.until != wanted.until
        reasons = []
        if found.meaning != wanted.meaning:
            text = f"{wanted.native.name} does not allow what the role {want.grant.role} declares"
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
                before={"definition": found.digest, **_end(found.until)},
                after={"definition": wanted.digest, **_end(wanted.until)},
                definition=wanted,
            )

    def _undefine(self, native: Native, found: Definition) -> Iterator[DeleteRole]:
        if self._demand.blind is not None and native not in self._revoked:
            self.held.append(Hold(self._live.target, self._demand.blind, role=native.name))
            return
        yield DeleteRole(
            target=self._live.target,
            stable_id=self._live.stable_id,
            native=native,
            reasons=self._revoked.get(native) or self._demand.ended.get(native) or (UNDECLARED,),
            before={"definition": found.digest, **_end(found.until)},
            definition=found,
        )

    def _subject(self, account: Account, grant: Grant | None) -> _Subject:
        owned = self._demand.matching.owners.get(account.id)
        return {
            "target": self._live.target,
            "stable_id": self._live.stable_id,
            "account": account.id,
            "account_name": account.name,
            "vendor": None if owned is None else owned.claim.vendor,
            "principal": None if owned is None else owned.claim.principal,
            "role": None if grant is None else grant.role,
            "grant": None if grant is None else grant.id,
        }
