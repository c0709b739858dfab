"""Writes of a vault: each reads what it is about to change just before, and changes nothing else of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from connectors.vault.accounts import AccountChange, AccountWriter
from connectors.vault.attaching import Attacher, BindingChange, together
from connectors.vault.closing import Closer
from connectors.vault.roles import RoleChange, RoleWriter
from connectors.vault.undeclared import UndeclaredWriter
from connectors.vault.working import Workplace
from reconciler.model import is_provisional
from reconciler.plan.changes import (
    AnyChange,
    CreateAccount,
    CreateRole,
    DeleteRole,
    DisableAccount,
    EnableAccount,
    GrantBinding,
    RevokeBinding,
    SetEnd,
    UpdateAccount,
    UpdateRole,
)
from reconciler.ports import Outcome, OutcomeStatus

_ALREADY, _DONE, _FAILED = OutcomeStatus.ALREADY, OutcomeStatus.DONE, OutcomeStatus.FAILED


class Writer:
    """Applies the changes of one stage to one vault."""

    def __init__(self, place: Workplace) -> None:
        self._reader = place.reader
        self._made = place.made
        self._accounts = AccountWriter(place)
        self._attacher = Attacher(place, self._accounts)
        self._closer = Closer(place, self._accounts, self._attacher.entity)
        self._roles = RoleWriter(place.client, place.reader, place.population)
        self._undeclared = UndeclaredWriter(place, self._accounts)

    def apply(self, changes: Sequence[AnyChange]) -> Iterator[Outcome]:
        """One outcome for each change, as they are known; changes of one entity or group are written at once."""
        roles: list[RoleChange] = []
        bindings: list[BindingChange] = []
        accounts: list[AccountChange] = []
        closed: list[DisableAccount] = []
        opened: list[EnableAccount] = []
        given: dict[str, AnyChange] = {}
        for asked in changes:
            change = asked
            if is_provisional(asked.account) and not isinstance(asked, CreateAccount):
                if asked.account not in self._made:
                    yield Outcome(asked, _FAILED, "its account could not be created")
                    continue
                change = replace(asked, account=self._made[asked.account])
            given[change.id] = asked
            match change:
                case CreateRole() | UpdateRole() | DeleteRole() | SetEnd():
                    roles.append(change)
                case GrantBinding() | RevokeBinding():
                    bindings.append(change)
                case CreateAccount() | UpdateAccount():
                    accounts.append(change)
                case DisableAccount():
                    closed.append(change)
                case EnableAccount():
                    opened.append(change)
        for outcome in self._write(roles, bindings, accounts, closed, opened):
            yield replace(outcome, change=given[outcome.change.id])

    def residue(self, accounts: Sequence[str]) -> Iterator[str]:
        """What is left of closed accounts."""
        return self._closer.residue(accounts)

    def _write(
        self,
        roles: Sequence[RoleChange],
        bindings: Sequence[BindingChange],
        accounts: Sequence[AccountChange],
        closed: Sequence[DisableAccount],
        opened: Sequence[EnableAccount],
    ) -> Iterator[Outcome]:
        tokens = [role for role in roles if isinstance(role, DeleteRole) and self._undeclared.ends(role)]
        units: list[Callable[[], list[Outcome]]] = [
            partial(together, [role], partial(self._define, role)) for role in roles if role not in tokens
        ]
        yield from chain.from_iterable(self._reader.spread(lambda unit: unit(), units))
        if tokens:
            yield from together(tokens, partial(self._undeclared.end, tokens))
        if bindings:
            yield from self._attacher.apply(bindings)
        if accounts:
            yield from self._accounts.write(accounts, self._attacher.entity)
        if closed:
            yield from self._closer.close(closed)
        if opened:
            yield from self._closer.open(opened)

    def _define(self, change: RoleChange) -> list[Outcome]:
        if isinstance(change, DeleteRole) and self._undeclared.knows(change):
            return [Outcome(change, _DONE if self._undeclared.remove(change) else _ALREADY)]
        return [Outcome(change, _DONE if self._roles.write(change) else _ALREADY)]
